"""The files that a command writes: never over others unasked, all of them named, and no empty folder is left behind."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from ..arrays import place
from .terminal import say

BRING = "pip install 'tinygrad_scalar[train]' brings it"


def refuse_taken(paths: Sequence[Path], overwrite: bool, or_else: str = "--out names another place") -> None:
    """Refuse to write where files are, unless they are to be replaced; and where no file can be written."""
    for path in paths:
        place(path)
    taken = [path for path in paths if path.exists()]
    if taken and not overwrite:
        names, one = listed([path.name for path in taken]), len(taken) == 1
        where = f" in {taken[0].parent}" if taken[0].parent != Path() else ""
        raise ValueError(
            f"{names} {'is' if one else 'are'} there already{where}: --overwrite replaces {'it' if one else 'them'}, "
            f"{or_else}"
        )


def refuse_taken_in(out: Path | None, names: Sequence[str], overwrite: bool, or_else: str = "") -> None:
    """The same for files in a folder that is asked for; a new one is empty."""
    if out is not None:
        if out.exists() and not out.is_dir():
            raise ValueError(f"{out} is a file; --out names a folder here")
        if out.exists():
            refuse_taken([out / name for name in names], overwrite, or_else or "--out names another folder")


@contextmanager
def folder_for(out: Path | None, name: str) -> Iterator[Path]:
    """The folder asked for, or a new one under runs/. What is made here and stays empty is taken away again."""
    made = [out, *out.parents] if out is not None else [Path("runs")]
    made = [folder for folder in made if not folder.exists()]
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            yield out
        else:
            Path("runs").mkdir(exist_ok=True)
            made.insert(0, _numbered(name))
            yield made[0]
    finally:
        for folder in made:
            with suppress(OSError):  # it is not empty
                folder.rmdir()


def _numbered(name: str) -> Path:
    """A new folder runs/name-001, or with the next number that is free."""
    for k in range(1, 10_000):
        folder = Path("runs") / f"{name}-{k:03}"
        with suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise ValueError("runs/ is full; name a folder with --out")


def wrote(folder: Path, names: Sequence[str]) -> None:
    """Say which files were written."""
    say(f"wrote {listed(names)} to {folder}")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def lacking(module: str, without: str) -> bool:
    """Whether a library is missing; if it is, say what there will be without it, and what brings it.

    >>> lacking("numpy", "there are no arrays")
    False
    """
    if find_spec(module) is not None:
        return False
    say(f"{module} is not installed, {without}; {BRING}\n")
    return True
