"""The exercises on graphs of Values: counting paths, and writing a sum so that a matrix product can be found in it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..replay import record
from ..value import Value
from .answers import Wrong, ask, number, returned
from .traps import at_most

CALLS = 20_000
ROWS, INPUTS = 2, 3


def n_paths(function: Callable[..., Any]) -> list[str]:
    """Write n_paths(result, leaf): how many paths lead from a leaf to the result of a graph of Values.

    node.parents are the inputs of a node, in order, and one that stands twice is two edges: b = a + a has two paths.
    Visit each node once, for a ladder of 50 sums has 2⁵⁰ paths. If every local derivative were 1, what would the
    gradient of the leaf be?
    """
    a, b = Value(1.0, "a"), Value(2.0, "b")
    square = a * b
    graphs = [
        ("a + a", a + a, 2),
        ("a * b", a * b, 1),
        ("s + s * s with s = a * b", square + square * square, 3),
        ("b * b", b * b, 0),
        ("a", a, 1),
    ]
    for words, result, right in graphs:
        call = f"n_paths({words}, a)"
        found = number(_asked(function, call, result, a), call)
        if found != right:
            edges = "; a parent that stands twice counts twice" if words == "a + a" and found == 1 else ""
            raise Wrong(f"{call} gives {found:g}, there {'is 1' if right == 1 else f'are {right}'}{edges}")
    foot = top = Value(1.0)
    for _ in range(50):
        top = top + top
    call = "n_paths of a ladder of 50 sums b = b + b"
    with at_most(CALLS, f"{call} needs more than {CALLS:,} calls: it walks the paths one by one; visit each node once"):
        found = number(_asked(function, call, top, foot), call)
    if found != 2.0**50:
        raise Wrong(f"{call} gives {found:g}, there are 2⁵⁰")
    return []


def squares(function: Callable[..., Any]) -> list[str]:
    """Write squares(u, x): Σ_i tanh(Σ_j u_ij x_j²), so that a recording finds one product of matrices in it.

    u is a list of 2 rows of 3 Values, x a list of 3 Values; the result is a Value. A product U @ V is found where sums
    multiply the *same nodes*: two squares of x_j are two nodes, even if they are equal.
    """
    rng = np.random.default_rng(0)
    u = [[Value(w) for w in row] for row in rng.normal(size=(ROWS, INPUTS))]
    at, weights = [0.5, -1.0, 2.0], np.array([[w.data for w in row] for row in u])
    result = _asked(function, "squares(u, x)", u, [Value(x) for x in at])
    if not isinstance(result, Value):
        raise Wrong(f"squares(u, x) gives {returned(result)}; a Value is wanted")
    right = float(np.tanh(weights @ np.square(at)).sum())
    if not abs(result.data - right) <= 1e-12:  # nor is nan
        plain = float(np.tanh(weights @ np.array(at)).sum())
        hint = "; x_j is to be squared" if abs(result.data - plain) < 1e-12 else ""
        raise Wrong(f"squares(u, x) at x = (0.5, −1, 2) is {result.data:.6g}, it should be {right:.6g}{hint}")
    if f"{ROWS}×{INPUTS} · {INPUTS}×M" not in _recorded(function, u, at):
        raise Wrong(
            "the number is right, but no product 2×3 · 3×M is found: each neuron has squares of its own; make the "
            "three squares once, before the sums, and let both neurons use them"
        )
    return []


def _recorded(function: Callable[..., Any], u: list[list[Value]], at: list[float]) -> str:
    """The program that a recording of the function makes; what stops it is told like all else."""
    call, weights = "squares(u, x), while it is recorded,", [w for row in u for w in row]
    try:
        return record(lambda x: _asked(function, call, u, x), at, weights).program()
    except Wrong:
        raise
    except Exception as error:  # what the function gave cannot be recorded
        raise Wrong(f"squares(u, x) cannot be recorded: {error}") from error


def _asked(function: Callable[..., Any], call: str, *arguments: Any) -> Any:
    found = ask(function, call, *arguments)
    if found is None:
        raise Wrong(f"{call} gives {returned(found)}")
    return found
