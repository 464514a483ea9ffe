"""What the project promises about itself: imports, structure, snippets, commands."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tinygrad_scalar"
TESTS = ROOT / "tests"
FILES = sorted(PACKAGE.rglob("*.py"))
# What drawing's parts may import: all that stands on a lower floor.
DRAWING = (
    ("conversion", "style"),
    ("geometry", "text"),
    ("picture",),
    ("graphs", "figures", "page"),
    ("player", "plots"),
    ("worksheets", "playgrounds"),
)
# The names that modules once had, or that a plan had for them: prose that mentions one in backticks sends nobody there.
GONE = "archives collector engines lowering threads tracing"


def module(path):
    """tinygrad_scalar/replay/graph.py is ("replay", "graph"); a folder's face is the folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {module(path): path for path in FILES}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """The modules of this package that a file imports, at its top, for types alone or inside a function."""
    package = path.parent.relative_to(PACKAGE).parts
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("tinygrad_scalar") for alias in node.names), path
        if not isinstance(node, ast.ImportFrom) or not node.level:
            assert not (isinstance(node, ast.ImportFrom) and node.module.startswith("tinygrad_scalar")), path
            continue
        base = (*package[: len(package) - node.level + 1], *(node.module or "").split("." if node.module else None))
        for alias in node.names:
            found.add((*base, alias.name) if (*base, alias.name) in MODULES else base)
    return found - {module(path), ()}


def rooms(*folder):
    """What each room of a folder imports from the others; without a folder, the rooms at the root."""
    depth = len(folder)
    within = {name: path for name, path in MODULES.items() if len(name) > depth and name[:depth] == folder}
    found = {name[depth]: set() for name in within}
    for name, path in within.items():
        others = {other[depth] for other in imports(path) if len(other) > depth and other[:depth] == folder}
        found[name[depth]] |= others - {name[depth]}
    return found


def heights(graph):
    """The floor of each node, the longest way down from it, counted in nodes; a circle is an error."""

    @cache
    def height(node):
        assert node not in open_, f"a circle of imports: {sorted(map(str, open_))}"
        open_.add(node)
        try:
            return 1 + max((height(other) for other in graph[node]), default=0)
        finally:
            open_.discard(node)

    open_ = set()
    return {node: height(node) for node in graph}


def test_no_import_runs_in_a_circle_not_even_inside_a_function():
    heights({name: imports(path) - {name[:-1]} for name, path in MODULES.items()})
    for folder in {name[:-1] for name in MODULES if name}:
        heights(rooms(*folder))


def test_the_rooms_of_drawing_import_downwards():
    floor = {room: k for k, rooms_of_it in enumerate(DRAWING) for room in rooms_of_it}
    found = rooms("drawing")
    assert found.keys() == floor.keys()
    assert {(room, other) for room in found for other in found[room] if floor[other] >= floor[room]} == set()


def test_the_house_has_few_rooms_and_few_floors():
    modules = [path for path in PACKAGE.glob("*.py") if path.stem not in ("__init__", "__main__")]
    folders = [path for path in PACKAGE.iterdir() if path.is_dir() and list(path.glob("*.py"))]
    assert len(modules) <= 16
    assert len(folders) <= 9
    assert max(heights(rooms()).values()) <= 12


def test_the_witness_borrows_nothing_from_the_scalar_side():
    found = rooms()
    assert found["slopes"] <= {"arrays"}
    assert found["matrix"] <= {"losses", "slopes", "arguments", "arrays"}
    assert found["curvature"] <= {"losses", "slopes", "matrix", "arguments", "arrays"}
    taken = {
        alias.name
        for node in ast.walk(tree(MODULES["matrix",]))
        if isinstance(node, ast.ImportFrom) and node.module == "losses"
        for alias in node.names
    }
    assert taken == {"OF_Z", "Loss"}  # E alone, and of no loss its derivative


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["matplotlib", "scipy", "sklearn", "jax", "graphviz", "tqdm", "torch"]
    code = f"import sys, tinygrad_scalar; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@cache
def code(path):
    """The numbers of the lines that are neither blank, nor comment, nor docstring."""
    documentation = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            documentation |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return {i for i, line in lines if line.strip() and not line.strip().startswith("#")} - documentation


def test_the_core_is_readable_in_one_sitting():
    assert sum(len(code(PACKAGE / f"{name}.py")) for name in ("ops", "value", "nn", "losses", "matrix")) < 600


def test_no_file_outgrows_a_page_of_a_textbook():
    assert {path.name: n for path in FILES if (n := len(code(path))) > 300} == {}


def test_no_function_outgrows_the_eye():
    """60 lines of code; what is defined inside a function counts as its own and as that function's."""
    long = {
        node.name
        for path in [*FILES, *TESTS.rglob("*.py"), *(ROOT / "demos").rglob("*.py")]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and len(code(path) & set(range(node.lineno, node.end_lineno + 1))) > 60
    }
    assert long == set()


def test_the_tests_mirror_the_house():
    folders = {name[0] for name, path in MODULES.items() if path.parent != PACKAGE and name}
    found = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("*.py") if path.parent != TESTS}
    assert found <= folders | {"helpers", "benchmarks", "course"}


def test_no_test_imports_another_test():
    for path in TESTS.rglob("test_*.py"):
        imports = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
        ours = [node.module or "" for node in imports if node.level or (node.module or "").startswith("tests.")]
        assert not [name for name in ours if name.split(".")[-1].startswith("test_")], path


def test_the_tests_look_at_nothing_private():
    """No name that begins with one underscore, if the package has such a name, is imported, read or replaced."""
    ours = set()
    for node in (node for path in FILES for node in ast.walk(tree(path))):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            ours.add(node.name)
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            ours.add(node.id if isinstance(node, ast.Name) else node.attr)
    seen = set()
    tests = [path for path in TESTS.rglob("*.py") if "benchmarks" not in path.parts]  # those look into other engines
    for node in (node for path in tests for node in ast.walk(tree(path))):
        if isinstance(node, ast.ImportFrom):
            seen |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) != "self":
            seen.add(node.attr)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("monkeypatch.setattr", "getattr", "setattr"):
            seen |= {name.value for name in node.args if isinstance(name, ast.Constant) and isinstance(name.value, str)}
    assert {name for name in seen & ours if re.fullmatch(r"_[^_]\w*[^_]", name)} == set()


def test_a_face_shows_what_is_inside_and_does_nothing_itself():
    for name, path in MODULES.items():
        if path.name == "__init__.py":
            about, *lines = tree(path).body
            assert isinstance(about, ast.Expr), path
            for line in lines:
                assert isinstance(line, ast.ImportFrom) or ast.unparse(line.targets[0]) in ("__all__", "__version__"), (
                    path
                )
            face = importlib.import_module(".".join(("tinygrad_scalar", *name)))
            assert sorted(set(face.__all__)) == sorted(face.__all__), path
            for shown in face.__all__:
                thing = getattr(face, shown)
                if inspect.isclass(thing) or inspect.isroutine(thing):  # not the signature that a dataclass puts there
                    assert thing.__doc__, f"{name}: {shown} has no docstring"
                    assert not thing.__doc__.startswith(f"{shown}("), f"{name}: {shown} has no docstring"


def prose():
    """All that people read: the sources, the README, the course."""
    files = [*FILES, *TESTS.rglob("*.py"), *(ROOT / "demos").rglob("*.py"), *(ROOT / "demos").glob("*.ipynb")]
    return {path: path.read_text(encoding="utf-8") for path in [*files, ROOT / "README.md"]}


def test_no_sentence_names_a_module_that_is_not_there():
    last = {name[-1] for name in MODULES if name} | {part for name in MODULES for part in name}
    gone = set(GONE.split()) - last
    for path, text in prose().items():
        for words in re.findall(r"`([\w.]+)`", text):
            assert not gone & set(words.split(".")), f"{path}: `{words}`"
        for words in re.findall(r"\btinygrad_scalar((?:\.[a-z]\w*)+)", text):
            room = words.split(".")[1]
            assert room in last or hasattr(importlib.import_module("tinygrad_scalar"), room), f"{path}: {words}"


def test_the_top_level_holds_what_it_should_and_nothing_else():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    allowed = {
        "pyproject.toml",
        "tinygrad_scalar",
        "tests",
        "demos",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        ".ci",
        ".gitignore",
    }
    assert {path.split("/")[0] for path in tracked} == allowed


def test_the_command_and_the_module_are_the_same_program():
    told = subprocess.run(
        [sys.executable, "-m", "tinygrad_scalar", "--help"], capture_output=True, text=True, check=True
    )
    assert "usage: tinygrad-scalar" in told.stdout


DEMOS = sorted(str(path.relative_to(ROOT / "demos")) for path in (ROOT / "demos").rglob("*.py"))


@pytest.mark.parametrize(
    "demo", [pytest.param(d, marks=[] if d == "scalar_vs_matrix.py" else pytest.mark.slow) for d in DEMOS]
)
def test_demos_run(demo, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "demos" / demo)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
