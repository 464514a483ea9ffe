"""What the project promises about itself: imports, structure, snippets, commands."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tinygrad_scalar"
FILES = sorted(PACKAGE.rglob("*.py"))


def module(path):
    """tinygrad_scalar/replay/graph.py is ("replay", "graph"); a folder's face is the folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {module(path): path for path in FILES}


def imports(path):
    """The modules of this package that a file imports, at its top, for types alone or inside a function."""
    package = path.parent.relative_to(PACKAGE).parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = (*package[: len(package) - node.level + 1], *(node.module or "").split("." if node.module else None))
        for alias in node.names:
            found.add((*base, alias.name) if (*base, alias.name) in MODULES else base)
    return found - {module(path), ()}


def rooms():
    """What each room at the root imports from the others."""
    found = {name[0]: set() for name in MODULES if name}
    for name, path in MODULES.items():
        if name:
            found[name[0]] |= {other[0] for other in imports(path)} - {name[0]}
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
    heights(rooms())


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
        for node in ast.walk(ast.parse(MODULES["matrix",].read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "losses"
        for alias in node.names
    }
    assert taken == {"OF_Z", "Loss"}  # E alone, and of no loss its derivative


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["matplotlib", "scipy", "sklearn", "jax", "graphviz", "tqdm", "torch"]
    code = f"import sys, tinygrad_scalar; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def code(path):
    """The numbers of the lines that are neither blank, nor comment, nor docstring."""
    text = path.read_text(encoding="utf-8")
    documentation = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            documentation |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return {i for i, line in lines if line.strip() and not line.strip().startswith("#")} - documentation


def lines_of_code(path):
    return len(code(path))


def test_no_function_outgrows_sixty_lines():
    long = {}
    for path in FILES:
        lines = code(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.FunctionDef)
                and (n := len(lines & {*range(node.lineno, node.end_lineno + 1)})) > 60
            ):
                long[f"{'.'.join(module(path))}.{node.name}"] = n
    assert long == {}


def test_a_face_is_what_users_import_and_nothing_else():
    for path in PACKAGE.rglob("__init__.py"):
        first, *rest = ast.parse(path.read_text(encoding="utf-8")).body
        assert isinstance(first, ast.Expr), path  # what the room is for
        assert all(isinstance(node, (ast.ImportFrom, ast.Assign)) for node in rest), path


def test_the_tests_have_the_rooms_of_the_house():
    folders = {path.name for path in (ROOT / "tests").iterdir() if list(path.glob("*.py"))}
    rooms = {path.name for path in PACKAGE.iterdir() if list(path.glob("*.py"))}
    assert folders - {"helpers", "benchmarks"} == rooms


def test_no_test_imports_another_test():
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").split(".")[-1].startswith("test_"), path


def test_the_core_is_readable_in_one_sitting():
    assert sum(lines_of_code(PACKAGE / f"{name}.py") for name in ("ops", "value", "nn", "losses", "matrix")) < 600


def test_no_file_outgrows_a_page_of_a_textbook():
    assert {path.name: n for path in PACKAGE.rglob("*.py") if (n := lines_of_code(path)) > 300} == {}


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
