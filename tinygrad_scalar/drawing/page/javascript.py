"""The table's rows in JavaScript: the page computes with the very rules of the engine, and nobody keeps them twice.

A row is written by `replay.source`. JavaScript's infix operators are Python's; what the rows call stands in `rows.js`,
and computes what `ops.floats` computes: inf and nan where mathematics has no number.

>>> print("export const rows" + table_script([("square", 1), ("where", 3)]).partition("export const rows")[2])
export const rows = {
  "square/1": {
    value: (x) => { return (x[0] * x[0]); },
    slopes: (x, out) => { return [(2.0 * x[0])]; },
  },
  "where/3": {
    value: (x) => { return (x[0] != 0 ? x[1] : x[2]); },
    slopes: (x, out) => { return [0.0, (x[0] != 0 ? 1.0 : 0.0), (x[0] != 0 ? 0.0 : 1.0)]; },
  },
};
<BLANKLINE>
"""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from ...ops import OPS, Namespace, Op
from ...replay.source import Source, Symbol, python, write
from ...value import CONSTANT, Value
from .bundle import names, part
from .mathematics import told
from .page import in_script

javascript = Namespace(**vars(python) | {
    "div": lambda x, y: Symbol("({} / {})", x, y),
    "where": lambda c, x, y: Symbol("({} != 0 ? {} : {})", c, x, y),  # nan holds, as in Python
})  # fmt: skip
SUM = "compensated" if sys.version_info >= (3, 12) else "added"  # as the engine that made the page adds


def table_script(shapes: Iterable[tuple[str, int]], others: Iterable[str] = ()) -> str:
    """The module `page/table.js`: `rows`, each for a number of inputs, and `sum` as the engine adds.

    Others are rows that are not the table's, written by `row_script`.

    Raises
    ------
    ValueError
        If a row cannot be written.
    """
    called = ", ".join(names(part("page/rows.js")))
    rows = [row_script(f"{name}/{arity}", OPS[name], arity) for name, arity in shapes]
    lines = [f'import {{ {called} }} from "./rows.js";', "", f"export const sum = {SUM};"]
    return "\n".join([*lines, "export const rows = {", *rows, *others, "};"]) + "\n"


def shapes_of(nodes: Iterable[Value]) -> list[tuple[str, int]]:
    """The rows that a graph of these nodes needs, each once: its name, and the number of its inputs."""
    return list(dict.fromkeys((node.op, len(node.parents)) for node in nodes if node.parents))


def graph_of(nodes: Sequence[Value]) -> list[dict[str, Any]]:
    """Nodes, each after its parents, as `forward` and `backward` in `page/rows.js` want them."""
    place = {node: k for k, node in enumerate(nodes)}
    return [
        {
            "row": f"{node.op}/{len(node.parents)}",
            "parents": [place[p] for p in node.parents],
            "constant": node.op == CONSTANT,
        }
        for node in nodes
    ]


def numbers_of(nodes: Iterable[Value]) -> list[float | str]:
    """Their values, as JSON can hold them.

    >>> numbers_of([Value(0.1), Value(float("-inf")), Value(float("nan"))])
    [0.1, '-Infinity', 'NaN']
    """
    return [number_of(float(node.data)) for node in nodes]


def number_of(x: float) -> float | str:
    """A number as JSON can hold it: itself, or the text that JavaScript's Number reads."""
    return x if math.isfinite(x) else json.dumps(x)


def row_script(key: str, row: Op, arity: int) -> str:
    """A row in JavaScript, under a key.

    Raises
    ------
    ValueError
        If it cannot be written.
    """
    source, name = write(row, arity, javascript), key.partition("/")[0]
    if source is None:
        raise ValueError(f"the row {name!r} cannot be written as JavaScript: it asks for more than its namespace has")
    x = [f"x[{i}]" for i in range(arity)]
    lines, value, slope_lines, slopes = _in_place(source, x)
    as_told = write(_told(name, row), arity, javascript) if OPS.get(name) is row else None
    written = _in_place(as_told, x)[2:] if as_told and as_told[2:] != source[2:] else None
    return (
        f"  {in_script(key)}: {{\n"
        f"    value: (x) => {{ {lines}return {value}; }},\n"
        f"    slopes: (x, out) => {{ {slope_lines}return [{slopes}]; }},\n"
        + (f"    written: (x, out) => {{ {written[0]}return [{written[1]}]; }},\n" if written else "")
        + "  },"
    )


def _told(name: str, row: Op) -> Op:
    """The row with its local derivatives as their formulas are written, for numbers that have been rounded."""
    symbol, value, partials, about = row
    return Op(symbol, value, lambda xp, out, *x: partials(told(xp, name, x, out), out, *x), about)


def _in_place(source: Source, x: Sequence[str]) -> tuple[str, str, str, str]:
    def written(text: str) -> str:
        return text.format(x=x, out="out")

    def lines(of: Iterable[str]) -> str:
        return "".join(f"const {written(line)}; " for line in of)

    slopes = ", ".join(map(written, source.slopes))
    return lines(source.lines), written(source.value), lines(source.slope_lines), slopes
