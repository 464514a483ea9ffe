"""The notebooks of the course: read, executed with what they claim, and what they show compared with what was committed.

What a notebook claims and does not show stands in `tests/course/notebook_01.py` and so on: a function for a cell, named
for it, which runs after the cell in the same kernel, on the notebook's own names.

`python -m tests.helpers.course` executes all of them and writes them back, outputs and all; with names (`04`, `06_losses`)
those alone.
"""

import ast
import base64
import copy
import io
import itertools
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat
from matplotlib.image import imread

ROOT = Path(__file__).parent.parent.parent
DEMOS = ROOT / "demos"
CLAIMS = ROOT / "tests" / "course"
NOTEBOOKS = sorted(path.name for path in DEMOS.glob("*.ipynb"))
STRICT = "error,ignore::PendingDeprecationWarning:ipykernel.kernelbase"  # the last one is raised as a kernel shuts down
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # one: sums are added in one order
HANGS = 1200  # seconds; only a notebook that hangs reaches them

SAME = [  # what two runs or two machines write differently, and what stands for it
    (re.compile(r"\b0x[0-9a-f]{6,}|\bg[0-9a-f]{10}-\d+"), "<address>"),  # of an object, of a picture in a page
    (re.compile(r" *-?(\d(\.\d+)?e-(09|[123]\d)|0(\.0+)?e\+00)\b"), " <rounding>"),  # an error below 1e-8, or none
    (re.compile(r"\d+\.\d{11,}"), lambda found: f"{float(found[0]):.10f}"),
]
FONTS = re.compile(r"Matplotlib is building the font cache.*\n?")  # said where it takes some seconds
DATA = re.compile(r'src="data:image/[^"]*"')
NUMBER = re.compile(r" *[-−+]?\d+(\.\d+)?(e[-+]\d+)?")
# Tag of a cell whose numbers depend on the clock, or on roundings that a long training makes large. Of text the words are
# compared, in any order of the lines; of a picture, that it is one.
VARIES = "varies"
WORDS_A_MINUTE, LINES_A_MINUTE = 100, 10  # text with formulas, and code
SEEN = re.compile(r">([^<>]*[^<>\s][^<>]*)<|(#[0-9a-f]{6})\b")  # of a drawing: the words and the colours
GREY = 0.05  # two plots are the same where no block of 16 × 16 pixels differs by more, on the mean of its brightness


def read(name):
    return json.loads((DEMOS / name).read_text(encoding="utf-8"))


def code(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def claims(name):
    """The source of what a notebook claims, by the id of the cell after which it holds."""
    path = CLAIMS / f"notebook_{name[:2]}.py"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {
        node.name.replace("_", "-"): "\n".join(
            ["def _claim():", *text.splitlines()[node.lineno : node.end_lineno], "_claim()"]
        )
        for node in functions
    }


def execute(notebook, folder, claims=()):
    """The notebook as run in a kernel of its own, with claims checked between the cells.

    nbclient.exceptions.CellExecutionError where a cell fails or a claim does not hold.
    """
    fresh = nbformat.reads(json.dumps(notebook), as_version=4)
    cells = []
    for cell in fresh["cells"]:
        cells.append(cell)
        if cell["id"] in claims:
            cells.append(nbformat.v4.new_code_cell(claims[cell["id"]], id=f"claim-{cell['id']}"[:64]))
    own_cells, fresh["cells"] = fresh["cells"], cells
    resources = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(
        fresh, kernel_name="python3", timeout=HANGS, resources=resources, record_timing=False
    )
    here = os.pathsep.join(
        filter(None, [str(ROOT), str(DEMOS), os.environ.get("PYTHONPATH")])
    )  # this package, not one installed
    own = {"PYTHONPATH": here, "PYTHONWARNINGS": STRICT, **dict.fromkeys(THREADS, "1")}
    with tempfile.TemporaryDirectory() as fonts:  # matplotlib's list of them; an older one may name some that have gone
        client.execute(env={**os.environ, **own, "MPLCONFIGDIR": fonts})
    fresh["cells"] = own_cells
    for k, cell in enumerate(code(fresh), start=1):
        cell["execution_count"] = k
        for output in cell["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = k
    fresh["metadata"] = copy.deepcopy(notebook["metadata"])  # the kernel's version is not the notebook's business
    for cell in code(fresh):
        cell["outputs"] = list(_joined(cell["outputs"]))
    return fresh


def _joined(outputs):
    """Pieces of one stream, which come as the clock will have it, are one output."""
    for (kind, stream), run in itertools.groupby(outputs, lambda o: (o["output_type"], o.get("name"))):
        if kind == "stream":
            if said := FONTS.sub("", "".join(o["text"] for o in run)):
                yield nbformat.v4.new_output("stream", name=stream, text=said)
        else:
            yield from run


def differences(committed, fresh):
    """For each cell whose outputs are not the same: its id, and what it showed and shows."""
    for old, new in zip(code(committed), code(fresh), strict=True):
        before, now = forms(old), forms(new)
        if not (len(before) == len(now) and all(map(same, before, now))):
            yield "\n".join([f"cell {old['id']!r}", "--- committed", *map(text, before), "--- fresh", *map(text, now)])


def forms(cell):
    """All that a cell shows, as pairs of kind and text: what two runs may write differently is made equal."""
    varies = VARIES in cell["metadata"].get("tags", ())
    return [
        (kind, _shared(kind, "".join(form), varies))
        for output in cell["outputs"]
        for kind, form in sorted((output.get("data") or {output["name"]: output["text"]}).items())
    ]


def _shared(kind, said, varies):
    if kind.startswith("image/") and varies:
        return ""
    if kind == "image/png":
        return said
    if kind == "text/html":
        said = DATA.sub("", said)  # a picture as an image: its other form is compared
    if kind == "image/svg+xml":
        said = "\n".join(map("".join, SEEN.findall(said)))
    for pattern, common in SAME:
        said = pattern.sub(common, said)
    return "\n".join(sorted(NUMBER.sub(" <number>", said).splitlines())) if varies else said


def same(one, other):
    """Whether two forms are equal, or two plots alike."""
    if one == other or one[0] != "image/png" or other[0] != "image/png":
        return one == other
    blocks = [thumbnail(png) for _, png in (one, other)]
    return blocks[0].shape == blocks[1].shape and abs(blocks[0] - blocks[1]).max() <= GREY


def thumbnail(png, block=16):
    """The mean brightness of each block of pixels, from 0 to 1."""
    grey = imread(io.BytesIO(base64.b64decode(png)))[..., :3].mean(axis=-1)
    rows, columns = (size // block for size in grey.shape)
    return grey[: rows * block, : columns * block].reshape(rows, block, columns, block).mean(axis=(1, 3))


def text(form):
    """A form to be read in a report."""
    kind, said = form
    return f"[{kind}] {said if kind != 'image/png' else len(said)}"


def contents():
    """The rows of the course's table: its notebooks, the minutes to read them, and their exercises."""
    rows = []
    for name in NOTEBOOKS:
        cells = read(name)["cells"]
        words = sum(len("".join(cell["source"]).split()) for cell in cells if cell["cell_type"] == "markdown")
        source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        minutes = words / WORDS_A_MINUTE + sum(bool(line.strip()) for line in source.splitlines()) / LINES_A_MINUTE
        title = "".join(cells[0]["source"]).splitlines()[0].split(" · ")[1]
        tasks = ", ".join(f"`{task}`" for task in re.findall(r'^print\(TASKS\["(\w+)"\]', source, re.MULTILINE))
        rows.append(f"| {int(name[:2])} | [{title}]({name}) | {5 * round(minutes / 5)} | {tasks} |")
    return rows


def with_contents(page):
    """The course's page with its table as it should be."""
    before, head, after = page.partition("|---|---|---|---|\n")
    return before + head + "\n".join(contents()) + "\n\n" + after.partition("\n\n")[2]


def rerun(names):
    """Execute these notebooks and write them back, as `python -m tests.helpers.course` does; and the course's table."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            fresh = execute(read(name), folder, claims(name))
        changed = [report.partition("\n")[0] for report in differences(read(name), fresh)]
        (DEMOS / name).write_text(nbformat.writes(fresh) + "\n", encoding="utf-8")
        print(
            f"{name}: {(DEMOS / name).stat().st_size:,} bytes; changed: {', '.join(changed) or 'nothing'}", flush=True
        )

    page = DEMOS / "README.md"
    page.write_text(with_contents(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    rerun([name for name in NOTEBOOKS if name.startswith(tuple(sys.argv[1:]) or "")])
