"""What the project promises about itself: imports, structure, snippets, commands."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tinygrad_scalar"
ORDER = [
    "ops",
    "value",
    "collector",
    "derivatives",
    "initializers",
    "nn",
    "losses",
    "slopes",
    "matrix",
    "tracing",
    "graph",
    "products",
    "schedule",
    "lowering",
    "threads",
    "forward",
    "backward",
    "machine",
    "listing",
    "replay",
    "curvature",
    "objective",
    "witnesses",
    "terms",
    "comparison",
    "slips",
    "diagnosis",
    "checking",
    "answers",
    "engines",
    "exercises",
    "ranges",
    "schedules",
    "steps",
    "first_order",
    "adaptation",
    "quasi_newton",
    "scipy_methods",
    "second_order",
    "optimizers",
    "advice",
    "archives",
    "history",
    "fingerprints",
    "checkpoints",
    "divergence",
    "training",
    "data",
    "measures",
    "tables",
    "models",
    "learning",
    "races",
    "reports",
    "drawing",
    "tour",
    "commands",
    "pictures",
    "cli",
    "__main__",
]


def imports(path):
    """The modules of this package that a file imports when it is imported."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            found |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
    return found & set(ORDER)


@pytest.mark.parametrize("name", [name for name in ORDER if name != "drawing"])
def test_imports_point_one_way(name):
    earlier = set(ORDER[: ORDER.index(name)])
    exception = {"initializers"} if name == "data" else set()
    assert imports(PACKAGE / f"{name}.py") <= earlier | exception


def test_the_house_has_no_room_that_the_order_does_not_know():
    rooms = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"} | {"drawing"}
    assert rooms == set(ORDER)


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["matplotlib", "scipy", "sklearn", "jax", "graphviz", "tqdm", "torch"]
    code = f"import sys, tinygrad_scalar; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def lines_of_code(path):
    """Lines that are neither blank, nor comment, nor docstring."""
    text = path.read_text(encoding="utf-8")
    documentation = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            documentation |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(1 for i, line in lines if line.strip() and not line.strip().startswith("#") and i not in documentation)


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


@pytest.mark.parametrize(
    "demo", sorted(str(path.relative_to(ROOT / "demos")) for path in (ROOT / "demos").rglob("*.py"))
)
def test_demos_run(demo, tmp_path):
    for extra in ("jax", "sklearn", "matplotlib"):
        if f"import {extra}" in (ROOT / "demos" / demo).read_text(encoding="utf-8"):
            pytest.importorskip(extra)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "demos" / demo)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
