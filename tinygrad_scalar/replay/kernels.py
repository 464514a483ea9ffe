"""Rows of the table as NumPy calls that write where they are told.

`values` gives the calls that compute one operation on whole arrays, `slopes` those that hand its gradient back, each a
function without arguments that is prepared once and called often. Any row of the table works as it stands; the frequent
ones are written out with `out=`, so that nothing is allocated, and a test holds each of them equal to its row.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..ops import OPS, arrays

Call = Callable[[], Any]
Temp = Callable[[str], Any]  # an array of the shape of the result to work in, by name
rules = arrays(np)
ZERO, ONE = np.zeros(()), np.ones(())  # NumPy is quicker with these than with Python's numbers

UFUNCS: dict[str, Any] = {
    "add": np.add, "mul": np.multiply, "sub": np.subtract, "div": np.divide, "neg": np.negative,
    "abs": np.abs, "maximum": np.maximum, "minimum": np.minimum, "exp": np.exp, "log": np.log, "sqrt": np.sqrt,
    "square": np.square, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip


def values(op: str, out: Any, x: Any, temp: Temp, memory: dict[str, Any]) -> list[Call]:
    """The calls that write op(x) to `out`; x has one array per operand, or per stack of operands.

    What they leave in `memory` helps `slopes`.
    """
    stacked = x[0].ndim > out.ndim
    if op in UFUNCS:
        return [partial(UFUNCS[op], *x, out=out)]
    if op == "pow" and memory.get("known", {}).get(1) == 2.0:  # np.power takes a hundred times as long
        return [partial(np.multiply, x[0], x[0], out=out)]
    if op == "pow":
        return [partial(np.power, *x, out=out)]
    if op == "relu":
        return [partial(np.maximum, x[0], ZERO, out=out)]
    if op == "total" and stacked:
        one = len(out) == 1  # one node: one axis less is quicker
        stack, to = (x[0][:, 0], out.reshape(out.shape[1:])) if one else (x[0], out)
        return [partial(np.add.reduce, stack, axis=0, out=to), *(partial(np.add, out, y, out=out) for y in x[1:])]
    if op == "total":
        first = partial(np.add, x[0], x[1], out=out) if len(x) > 1 else partial(np.copyto, out, x[0])
        return [first, *(partial(np.add, out, y, out=out) for y in x[2:])]
    if op == "logsumexp" and stacked:
        return _logsumexp(out, x, temp, memory)
    return [partial(_value, op, out, x)]


def _logsumexp(out: Any, x: Sequence[Any], temp: Temp, memory: dict[str, Any]) -> list[Call]:
    """The rows are a stack, and the columns, if there are any, another."""
    e, s = np.empty((sum(map(len, x)), *out.shape)), np.empty(out.shape)
    memory["exp"], memory["sum"] = [*np.split(e, [len(x[0])])], s
    infinite = np.empty(out.shape, dtype=bool)
    calls = [partial(np.maximum.reduce, x[0], axis=0, out=out)]
    for columns in x[1:]:
        largest = np.empty(columns.shape[1:])
        calls += [partial(np.maximum.reduce, columns, axis=0, out=largest), partial(np.maximum, out, largest, out=out)]
    return [
        *calls,
        *(partial(np.subtract, stack, out, part) for stack, part in zip(x, memory["exp"], strict=False)),
        partial(np.exp, e, e),
        partial(np.add.reduce, e, axis=0, out=s),
        partial(np.isinf, out, infinite),
        partial(_add_log, out, s, temp("log"), ~infinite, infinite),
    ]


def _add_log(out: Any, s: Any, t: Any, finite: Any, infinite: Any) -> None:
    """out += log s; what is infinite stays so."""
    np.logical_not(infinite, finite)
    np.log(s, t)
    np.add(out, t, out=out, where=finite)


def _value(op: str, out: Any, x: Sequence[Any]) -> None:
    out[...] = OPS[op].value(rules, *x)


def slopes(op: str, g: Any, out: Any, x: Any, targets: Any, temp: Temp, memory: dict[str, Any]) -> list[Call]:
    """The calls that write g · ∂out/∂x_i to the targets.

    These are pairs of i, of a stack its first, and an array; the last may be g itself.
    """
    if "exp" in memory:  # a log-sum-exp of stacks
        t = temp("slope")
        products = (partial(np.multiply, t, memory["exp"][i > 0], target) for i, target in targets)
        return [partial(np.divide, g, memory["sum"], t), *products]
    first = targets[0][1]
    if op in ("add", "total"):
        return [partial(np.copyto, target, g) for _, target in targets]
    if op == "mul":
        return [partial(np.multiply, g, x[1 - i], target) for i, target in targets]
    if op == "sub":
        return [partial(np.negative, g, target) if i else partial(np.copyto, target, g) for i, target in targets]
    if op == "neg":
        return [partial(np.negative, g, first)]
    if op == "exp":
        return [partial(np.multiply, g, out, first)]
    if op == "relu":
        positive = np.empty(out.shape, dtype=bool)
        return [partial(np.greater, out, ZERO, positive), partial(np.multiply, g, positive, first)]
    if op == "tanh":
        t = temp("slope")
        return [partial(np.multiply, out, out, t), partial(np.subtract, ONE, t, t), partial(np.multiply, g, t, first)]
    if op == "div" and len(targets) == 1 and targets[0][0] == 0:
        if 1 in memory.get("known", {}):
            return [partial(np.multiply, g, np.divide(ONE, x[1]), first)]
        t = np.empty(x[1].shape) if x[1].size < out.size else temp("slope")
        return [partial(np.divide, ONE, x[1], t), partial(np.multiply, g, t, first)]
    if op == "pow" and len(targets) == 1 and targets[0][0] == 0:
        return _power_slope(g, out, x, first, temp("slope"), memory.get("known", {}).get(1, 0.0))
    return [partial(_slopes, op, g, out, x, targets)]


def _power_slope(g: Any, out: Any, x: Sequence[Any], target: Any, t: Any, y: float) -> list[Call]:
    """By the base alone, without the logarithm that the row needs for the exponent; y is that where it is known, or 0.

    Where y < 0, xʸ⁻¹ is as finite as xʸ / x; elsewhere 0 / 0 would not be.
    """
    if y == 2.0:
        return [partial(np.add, x[0], x[0], t), partial(np.multiply, g, t, target)]
    if y < 0.0:
        slope = [partial(np.multiply, out, x[1], t), partial(np.divide, t, x[0], t)]
    elif y > 0.0:
        slope = [partial(np.power, x[0], np.array(y - 1.0), t), partial(np.multiply, t, x[1], t)]
    else:
        slope = [partial(_any_power_slope, x[0], x[1], t)]
    return [*slope, partial(np.multiply, g, t, target)]


def _any_power_slope(x: Any, y: Any, t: Any) -> None:
    base = np.where((x == 0.0) & (y == 0.0), 1.0, x)  # at x = y = 0 the slope is 0
    np.multiply(y, np.power(base, y - 1.0), out=t)


def _slopes(op: str, g: Any, out: Any, x: Sequence[Any], targets: Sequence[tuple[int, Any]]) -> None:
    partials = OPS[op].partials(rules, out, *x)
    for i, target in targets:
        np.multiply(g, partials[i], out=target)


def is_unit(op: str, i: int) -> bool:
    """Whether the slope by operand i is 1 whatever the numbers, so that the gradient may be handed on as it is."""
    return op in ("add", "total") or (op == "sub" and i == 0)


def reads_operands(op: str) -> bool:
    """Whether the slopes need the operands, and not the result alone."""
    return op not in ("add", "total", "sub", "neg", "exp", "tanh", "relu")
