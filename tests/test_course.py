"""The course reads well as it is committed, and each notebook runs from a clean kernel, with warnings as errors."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imsave
from nbclient.exceptions import CellExecutionError

from tests.helpers.course import (
    DEMOS,
    NOTEBOOKS,
    VARIES,
    claims,
    code,
    contents,
    differences,
    execute,
    read,
    with_contents,
)
from tinygrad_scalar.exercises import ANSWERS, TASKS

QUICK = NOTEBOOKS[:3]  # the others are slow
A_MEGABYTE = 1_000_000
PATHS = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|opt|var|work|mnt|Users|private)/\w|\b[A-Z]:\\\\?\w")


def source(cell):
    return "".join(cell["source"])


def words(output):
    """What an output says, in every form but a bitmap."""
    forms = {kind: form for kind, form in output.get("data", {}).items() if kind not in ("image/png", "image/gif")}
    return "\n".join("".join(form) for form in [*forms.values(), output.get("text", "")] if not isinstance(form, dict))


def cells(*sources):
    """A notebook with these cells."""
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    blank = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    code = [{**blank, "id": f"cell-{k}", "source": text} for k, text in enumerate(sources)]
    return {"cells": code, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.filterwarnings("default")  # the client's own; the kernel has its own filter, `STRICT`
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in NOTEBOOKS]
)
def test_a_notebook_runs_from_a_clean_kernel_with_warnings_as_errors_and_shows_what_was_committed(name, tmp_path):
    fresh = execute(read(name), tmp_path, claims(name))
    assert list(tmp_path.iterdir()) == []  # it leaves no file behind
    assert "\n\n".join(differences(read(name), fresh)) == "", "if it is right: python -m tests.helpers.course"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("slip", ["import warnings; warnings.warn('old')", "assert 1 + 1 == 3"])
def test_a_warning_or_a_false_claim_stops_a_notebook(slip, tmp_path):
    with pytest.raises(CellExecutionError):
        execute(cells("x = 1", slip), tmp_path)


def showing(said, kind="text/plain", tags=()):
    """A notebook of one cell that shows this."""
    notebook = cells("x")
    notebook["cells"][0] |= {
        "metadata": {"tags": [*tags]},
        "outputs": [{"output_type": "display_data", "data": {kind: said}}],
    }
    return notebook


def plot(height):
    """A PNG of one line."""
    canvas = io.BytesIO()
    pixels = np.ones((200, 200))
    pixels[100 - height : 100, 20:180] = 0.0
    imsave(canvas, pixels, cmap="gray", vmin=0.0, vmax=1.0, format="png")
    return base64.b64encode(canvas.getvalue()).decode()


@pytest.mark.parametrize(
    ("committed", "fresh", "how", "alike"),
    [
        ("E = 0.25", "E = 0.25", {}, True),
        ("E = 0.25", "E = 0.26", {}, False),
        ("<f at 0x7f12ab34>", "<f at 0x7f56cd78>", {}, True),
        ("error 1e-16", "error  2.22e-16", {}, True),
        ("error 1e-16", "error 0.0e+00", {}, True),
        ("error 1e-16", "error 1e-06", {}, False),
        ("0.30000000000000004", "0.3000000000000001", {}, True),
        ("0.3000000001", "0.3000000002", {}, False),
        ("scalar  1.06 s", "scalar 10.2 s", {"tags": [VARIES]}, True),
        ("scalar  1.06 s", "replay  1.06 s", {"tags": [VARIES]}, False),
        ('<text x="1">a</text>', '<text x="2">a</text>', {"kind": "image/svg+xml"}, True),
        ('<text x="1">a</text>', '<text x="1">b</text>', {"kind": "image/svg+xml"}, False),
        ('<path stroke="#0072b2"/>', '<path stroke="#d55e00"/>', {"kind": "image/svg+xml"}, False),
        (plot(2), plot(2), {"kind": "image/png"}, True),
        (plot(2), plot(10), {"kind": "image/png"}, False),
        (plot(2), plot(10), {"kind": "image/png", "tags": [VARIES]}, True),
    ],
)
def test_an_output_that_is_older_than_the_code_is_found_and_what_two_runs_may_differ_in_is_not(
    committed, fresh, how, alike
):
    assert (list(differences(showing(committed, **how), showing(fresh, **how))) == []) == alike


def test_a_difference_names_the_cell_and_shows_both_texts():
    assert list(differences(showing("12 paths"), showing("6 paths"))) == [
        "cell 'cell-0'\n--- committed\n[text/plain] 12 paths\n--- fresh\n[text/plain] 6 paths"
    ]
    assert list(differences(showing("6 paths"), cells("x"))) != []  # nothing is shown any more


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_was_run_from_top_to_bottom_before_it_was_committed(name):
    cells = code(read(name))
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    assert sum(bool(cell["outputs"]) for cell in cells) >= len(cells) // 3
    assert [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"] == []
    assert [cell["id"] for cell in cells for o in cell["outputs"] if o.get("name") == "stderr"] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_light_and_has_no_state_but_its_outputs(name):
    notebook = read(name)
    assert (DEMOS / name).stat().st_size < A_MEGABYTE
    assert (notebook["nbformat"], notebook["nbformat_minor"] >= 5) == (4, True)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert "widgets" not in notebook["metadata"]
    assert {tag for cell in notebook["cells"] for tag in cell["metadata"].get("tags", ())} <= {VARIES}
    assert [cell["id"] for cell in notebook["cells"] if "execution" in cell["metadata"]] == []  # times of a run
    forms = {form for cell in code(notebook) for o in cell["outputs"] for form in o.get("data", {})}
    assert not {form for form in forms if "widget" in form}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_cells_of_a_notebook_have_ids_of_their_own(name):
    ids = [cell["id"] for cell in read(name)["cells"]]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id)] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_names_no_path_of_the_machine_it_ran_on(name):
    notebook = read(name)
    said = [(cell["id"], words(output)) for cell in code(notebook) for output in cell["outputs"]]
    said += [(cell["id"], source(cell)) for cell in notebook["cells"]]
    assert [(id, found[0]) for id, text in said if (found := PATHS.search(text))] == []


@pytest.mark.parametrize(
    ("text", "is_path"),
    [
        ("/home/anna/x.py", True),
        ("see (/tmp/ipykernel_12/3.py, line 2)", True),
        ("C:\\Users\\anna", True),
        ("demos/exercises/loss.py", False),
        ("</tmp>", False),
        ("W/b", False),
    ],
)
def test_a_path_of_a_machine_is_recognised(text, is_path):
    assert bool(PATHS.search(text)) == is_path


@pytest.mark.filterwarnings("default")
def test_a_claim_is_held_on_the_names_that_the_notebook_has_after_its_cell(tmp_path):
    notebook = cells("x = 1", "x = 2")
    held = "def _claim():\n    assert x == 1\n_claim()"
    assert len(code(execute(notebook, tmp_path, {"cell-0": held}))) == 2
    with pytest.raises(CellExecutionError, match="AssertionError"):
        execute(notebook, tmp_path, {"cell-1": held})


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_shows_few_checks_and_the_others_are_held_after_its_cells(name):
    shown = re.findall(r"^\s*assert\b", "\n".join(map(source, code(read(name)))), re.MULTILINE)
    held = claims(name)
    assert len(shown) <= 13
    assert len(re.findall(r"^\s*assert\b", "\n".join(held.values()), re.MULTILINE)) >= 10
    assert set(held) <= {cell["id"] for cell in code(read(name))}


def test_the_course_is_numbered_without_a_gap():
    assert [int(name[:2]) for name in NOTEBOOKS] == [*range(len(NOTEBOOKS))]


def test_the_course_says_how_long_it_takes_to_read_and_what_it_asks():
    page = (DEMOS / "README.md").read_text(encoding="utf-8")
    assert with_contents(page) == page
    asked = re.findall(r"`(\w+)`", "\n".join(contents()))
    assert len(asked) == len(set(asked)) >= 24
    assert set(asked) <= set(TASKS)
    assert min(row.split(" | ")[3].count("`") // 2 for row in contents()) >= 2
    assert set(ANSWERS) <= set(asked)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_a_notebook_points_to_is_there(name):
    text = "\n".join(source(cell) for cell in read(name)["cells"] if cell["cell_type"] == "markdown")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if not link.startswith(("http:", "https:", "data:"))]
    files = [path.removeprefix("demos/") for path in re.findall(r"`(demos/[\w/.]+)`", text)]
    assert [path for path in links + files if not (DEMOS / path).exists()] == []


def test_the_linter_reads_notebooks(tmp_path):
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run([ruff, *command, *NOTEBOOKS], cwd=DEMOS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    (tmp_path / "slip.ipynb").write_text(json.dumps(cells("import os")), encoding="utf-8")
    done = subprocess.run([ruff, "check", "--no-cache", "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "F401" in done.stdout
