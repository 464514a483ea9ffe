"""A strand as straight-line Python: a line or two a node, for a strand that is replayed again and again.

The lines are those that `strands` would run, in its order and with its functions, so the numbers are the same to the
last bit; what is spared is looking up, node by node, what there is to do. A function takes a thousand nodes, for Python
compiles long ones slowly; it is handed the numbers v of all nodes so far and, on the way back, their gradients g.

>>> print(forward(["mul", "tanh"], [[0, 1], [2]], 2))
def run(v):
    v0 = v[0]
    v1 = v[1]
    v2 = (v0 * v1)
    v3 = tanh(v2)
    v += [v2, v3, ]
"""

from collections.abc import Callable, Sequence
from typing import Any

from ..ops import OPS
from .recording import COMPARISONS
from .source import NAMES, Source, write

PART = 1000  # nodes of one function
SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
Operands = Sequence[Sequence[int]]


class Unwritable(Exception):
    """An operation that is not written as source; the table's row runs as it stands."""


def compiled(ops: Sequence[str], operands: Operands, first: int, needed: Sequence[bool] = ()) -> list[Any]:
    """The functions to call in turn, forward or, with `needed`, backward; none where a row cannot be written.

    Nodes count from `first`: before them come the numbers from outside.
    """
    starts = range(0, len(ops), PART)
    try:
        if needed:
            texts = [backward(ops[a:][:PART], operands[a:][:PART], first + a, needed[a:][:PART]) for a in starts[::-1]]
        else:
            texts = [forward(ops[a:][:PART], operands[a:][:PART], first + a) for a in starts]
    except Unwritable:
        return []
    return [_function(text) for text in texts]


def _function(text: str) -> Callable[..., None]:
    made: dict[str, Any] = dict(NAMES)
    exec(text, made)
    return made["run"]  # type: ignore[no-any-return]


def forward(ops: Sequence[str], operands: Operands, start: int) -> str:
    """Nodes `start`, …: their numbers, put at the end of v."""
    lines = [f"v{i} = v[{i}]" for i in _before(operands, start)]
    for n, (op, x) in enumerate(zip(ops, operands, strict=True), start):
        names = [f"v{i}" for i in x]
        if op in COMPARISONS:
            lines.append(f"v{n} = 1.0 * ({names[0]} {SIGNS[op]} {names[1]})")
        else:
            source = _source(op, x)
            lines += [line.format(x=names) for line in source.lines]
            lines.append(f"v{n} = {source.value.format(x=names)}")
    return "\n    ".join(["def run(v):", *lines, f"v += [{_names('v', start, start + len(ops))}]"])


def backward(ops: Sequence[str], operands: Operands, start: int, needed: Sequence[bool]) -> str:
    """Nodes `start`, …, from the last to the first: what each hands on, added up in g."""
    stop, before = start + len(ops), _before(operands, start)
    lines = [f"{_names(a, start, stop)} = {a}[{start}:{stop}]" for a in "vg"]
    lines += [f"{a}{i} = {a}[{i}]" for a in "vg" for i in before]
    for n, op, x, wanted in zip(range(stop - 1, start - 1, -1), ops[::-1], operands[::-1], needed[::-1], strict=True):
        if wanted:
            source, names = _source(op, x), {"x": [f"v{i}" for i in x], "out": f"v{n}"}
            lines += [line.format(**names) for line in source.slope_lines]
            for i, slope in zip(x, source.slopes, strict=True):
                share = f"g{n}" if slope == "1.0" else f"g{n} * {slope.format(**names)}"
                lines.append(f"g{i} = g{i} + {share}")
    return "\n    ".join(["def run(v, g):", *lines, *(f"g[{i}] = g{i}" for i in before)])


def _before(operands: Operands, start: int) -> list[int]:
    return sorted({i for x in operands for i in x if i < start})


def _source(op: str, x: Sequence[int]) -> Source:
    if op not in OPS or (source := write(OPS[op], len(x))) is None:
        raise Unwritable(op)
    return source


def _names(letter: str, start: int, stop: int) -> str:
    return "".join(f"{letter}{i}, " for i in range(start, stop))
