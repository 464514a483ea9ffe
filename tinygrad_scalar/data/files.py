"""Files that are there as a whole or not at all: tables as `.csv`, arrays as `.npz` without pickle.

An archive that was not written here is refused with the reason.
"""

import csv
import io
import math
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np


def place(path: str | Path) -> Path:
    """The full path, if a file can be written there."""
    path = Path(path).resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} for {path.name}; make it first")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no regular file, nothing was written to it")
    return path


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A new file for `path`, which gets there when all is written: at once, or not at all."""
    path = place(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # a temporary file is for its owner alone
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as the text of a CSV file.

    >>> csv_text([["x, in m", "y"], [1, 0.5]])
    '"x, in m",y\\n1,0.5\\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def write_csv(path: str | Path, rows: Iterable[Iterable[Any]]) -> None:
    """A CSV file of these rows, in UTF-8."""
    with replacing(path) as file:
        file.write(csv_text(rows).encode())


def read_archive(path: str | Path, form: str, what: str) -> dict[str, Any]:
    """The arrays by name of a file that says `form` of itself; a ValueError says why a file is no `what`."""
    data = Path(path).read_bytes()
    try:
        arrays = _arrays(data)
    except Exception as error:  # zip and NumPy fail in a dozen ways on bytes that were not written by savez
        raise ValueError(f"{path} is no {what}: {error}") from error
    said = str(arrays.get("format", "nothing"))
    if said != form:
        again = "; it is of an earlier version, train it again" if said == "tinygrad_scalar model 1" else ""
        raise ValueError(f"{path} is no {what}: it does not say {form!r}{again}")
    return arrays


def _arrays(data: bytes) -> dict[str, Any]:
    """The arrays of an archive that savez wrote, all of them together no larger than its bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        claimed = sum(member.file_size for member in members)
        if claimed > len(data):
            raise ValueError(f"it claims to hold {claimed} bytes and has {len(data)}")
        names = [m.filename.removesuffix(".npy") for m in members]
        if len(set(names)) < len(names):
            raise ValueError("it holds two arrays of one name")
        return {name: _array(archive.read(member)) for name, member in zip(names, members, strict=True)}


def _array(data: bytes) -> Any:
    """An array of numbers or text from the bytes of an `.npy` file."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("its arrays are in another version of NumPy's format")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    numbers = stream.read()
    if dtype.kind not in "fiU":
        raise ValueError(f"it holds an array of {dtype}, not of numbers or text")
    if dtype.itemsize * math.prod(shape) != len(numbers):
        raise ValueError(f"an array claims the shape {shape} and has {len(numbers)} bytes")
    return np.frombuffer(numbers, dtype).reshape(shape, order="F" if by_columns else "C")
