"""The table's rows in JavaScript: the page computes with the very rules of the engine, and nobody keeps them twice.

A row is written by `replay.source`. JavaScript's infix operators are Python's; what the rows call stands in `rows.js`,
and computes what `ops.floats` computes: inf and nan where mathematics has no number.

>>> print(rows_script([("square", 1), ("where", 3)]))
const rows = {
  "square/1": {
    value: (x) => { return (x[0] * x[0]); },
    slopes: (x, out) => { return [(2.0 * x[0])]; },
  },
  "where/3": {
    value: (x) => { return (x[0] != 0 ? x[1] : x[2]); },
    slopes: (x, out) => { return [0.0, (x[0] != 0 ? 1.0 : 0.0), (x[0] != 0 ? 0.0 : 1.0)]; },
  },
};
"""

import json
import sys
from collections.abc import Iterable, Sequence
from importlib.resources import files

from ...ops import OPS, Namespace
from ...replay.source import Source, Symbol, python, write
from ...value import CONSTANT, Value

javascript = Namespace(**vars(python) | {
    "div": lambda x, y: Symbol("({} / {})", x, y),
    "where": lambda c, x, y: Symbol("({} != 0 ? {} : {})", c, x, y),  # nan holds, as in Python
})  # fmt: skip
SUM = "compensated" if sys.version_info >= (3, 12) else "added"  # as the engine that made the page adds


def engine_script() -> str:
    """What the rows call, and the forward and the backward pass over a graph."""
    return files(__package__).joinpath("rows.js").read_text("utf-8") + f"\nconst sum = {SUM};\n"


def rows_script(shapes: Iterable[tuple[str, int]]) -> str:
    """Rows, each for a number of inputs, as the JavaScript object `rows`.

    Raises
    ------
    ValueError
        If a row cannot be written.
    """
    return "\n".join(["const rows = {", *(_row(name, arity) for name, arity in shapes), "};"])


def graph_script(nodes: Sequence[Value]) -> str:
    """Nodes, each after its parents, as `rows`, `graph` and `data`, for `forward` and `backward`."""
    place = {node: k for k, node in enumerate(nodes)}
    shapes = dict.fromkeys((node.op, len(node.parents)) for node in nodes if node.parents)
    graph = [
        {
            "row": f"{node.op}/{len(node.parents)}",
            "parents": [place[p] for p in node.parents],
            "constant": node.op == CONSTANT,
        }
        for node in nodes
    ]
    data = [float(node.data) for node in nodes]
    return f"{rows_script(shapes)}\nconst graph = {json.dumps(graph)};\nconst data = {json.dumps(data)};"


def _row(name: str, arity: int) -> str:
    source = write(OPS[name], arity, javascript)
    if source is None:
        raise ValueError(f"the row {name!r} cannot be written as JavaScript: it asks for more than its namespace has")
    x = [f"x[{i}]" for i in range(arity)]
    lines, value, slope_lines, slopes = _in_place(source, x)
    return (
        f'  "{name}/{arity}": {{\n'
        f"    value: (x) => {{ {lines}return {value}; }},\n"
        f"    slopes: (x, out) => {{ {slope_lines}return [{slopes}]; }},\n"
        "  },"
    )


def _in_place(source: Source, x: Sequence[str]) -> tuple[str, str, str, str]:
    def written(text: str) -> str:
        return text.format(x=x, out="out")

    def lines(of: Iterable[str]) -> str:
        return "".join(f"const {written(line)}; " for line in of)

    slopes = ", ".join(map(written, source.slopes))
    return lines(source.lines), written(source.value), lines(source.slope_lines), slopes
