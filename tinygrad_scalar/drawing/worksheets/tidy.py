"""Tidy numbers: inputs and weights of one or two digits, with which a graph can be computed by hand.

A draw of small decimals seldom gives short numbers everywhere, so one leaf at a time is changed, and a change is kept
that does no harm. What is counted as harm stands in `_harm`; it is the same for every seed, so that all sheets that are
made of one graph are equally difficult.
"""

import math
from collections.abc import Sequence
from functools import cache
from random import Random

from ...ops import OPS, floats, inputs
from ...value import CONSTANT, Value, apply
from ..graphs.graph import below, local_derivatives
from ..graphs.recognition import recognise

DIGITS = 3  # significant ones, of every number on a sheet
LEAST, MOST = 0.01, 50.0  # sizes between which a number can be written down and multiplied by hand
TRIES, FRESH = 4_000, 400  # changes in all, and after how many without success all leaves are drawn anew
STRAIGHT = [sign * size for size in (0.5, 1.0, 1.5, 2.0, 3.0) for sign in (1, -1)]
BENT = [sign * size / 10 for size in (2, 3, 4, 5, 6, 8, 10, 15, 20) for sign in (1, -1)]


def tidy(value: Value, seed: int = 0) -> Value:
    """The same graph on other numbers: every leaf but constants and what is short already (a target 1) is chosen.

    With rows that keep short numbers short (+, ×, Σ, relu, x²) every value, local derivative and gradient has three
    significant digits at most, wherever the search succeeds; with others (tanh, σ, exp) those before the first of them.
    None is 0 or so small or large that it cannot be handled; of three relus one is off.

    >>> x, w = Value(0.3712, "x"), Value(-1.2345, "w")
    >>> E = tidy((w * x - 1.0) ** 2, seed=1)
    >>> [len(f"{abs(leaf.data):g}".replace(".", "")) <= 2 for leaf in below(E) if leaf.label]
    [True, True]
    """
    nodes, rng = below(value), Random(seed)
    free = _free(nodes)
    pool = BENT if any(bends(node.op) for node in nodes) else STRAIGHT
    best, least = value, math.inf
    numbers: list[float] = []
    for k in range(TRIES):
        if k % FRESH == 0:
            numbers, harm = [rng.choice(pool) for _ in free], math.inf
        tried = list(numbers)
        if k % FRESH:
            tried[rng.randrange(len(free))] = rng.choice(pool)
        result = _with(nodes, dict(zip(free, tried, strict=True)))
        found = _harm(below(result))
        if found <= harm:
            numbers, harm = tried, found
        if found < least:
            best, least = result, found
        if not found or not free:
            break
    return best


@cache
def bends(op: str) -> bool:
    """Whether a row of one input makes long numbers of short ones, so that it wants a table or a calculator.

    >>> bends("tanh"), bends("relu"), bends("square"), bends("mul")
    (True, False, False, False)
    """
    if op not in OPS or len(inputs(op)) == 2:
        return False
    x = [0.3] * len(inputs(op)) or [0.3, 0.7]
    return not _is_short(OPS[op].value(floats, *x), digits=5)


def _free(nodes: Sequence[Value]) -> list[Value]:
    """The leaves to choose: of a network its inputs and parameters, and all others that are not short."""
    found = recognise(nodes)
    leaves = [node for node in nodes if not node.parents and node.op != CONSTANT]
    own = {node for node in leaves if node in found.x or found.roles[node] == "parameter"} or {*leaves}
    return [node for node in leaves if node in own or not _is_short(node.data, digits=2)]


def _with(nodes: Sequence[Value], numbers: dict[Value, float]) -> Value:
    """The graph anew, with these numbers in its leaves, differentiated."""
    made: dict[Value, Value] = {}
    for node in nodes:
        if node.parents:
            made[node] = apply(node.op, *(made[parent] for parent in node.parents))
        else:
            made[node] = Value(numbers.get(node, node.data))
            made[node].op = node.op
        made[node].label = node.label
    made[nodes[-1]].backward()
    return made[nodes[-1]]


def _harm(nodes: Sequence[Value]) -> int:
    """How many numbers of a sheet could not be found by hand, or would hide a slip."""
    exact: dict[Value, bool] = {}
    off: set[Value] = set()  # the relus that are 0, and their products
    relus = harm = 0
    for node in nodes:
        exact[node] = not bends(node.op) and all(exact[parent] for parent in node.parents)
        relus += node.op == "relu"
        if (node.op == "relu" and node.parents[0].data < 0.0) or (node.op == "mul" and off.intersection(node.parents)):
            off.add(node)
        elif node.parents:
            harm += not _by_hand(node.data, exact[node])
        if node.op in ("total", "add"):  # two terms alike: one could be taken for the other
            terms = [parent.data for parent in node.parents if parent not in off]
            harm += len({*terms}) < len(terms)
    harm += abs(sum(node.op == "relu" for node in off) - relus // 3)
    return harm + _harm_on_the_way_back(nodes, exact[nodes[-1]])


def _harm_on_the_way_back(nodes: Sequence[Value], exact: bool) -> int:
    reached = {nodes[-1]}  # by a gradient other than 0
    harm = 0
    for node in reversed(nodes):
        for parent, local in zip(node.parents, local_derivatives(node), strict=True):
            if local != 0.0:
                harm += not _by_hand(local, exact)
                if node in reached:
                    reached.add(parent)
    return harm + sum(not _by_hand(node.grad, exact) for node in reached if node.op != CONSTANT)


def _by_hand(x: float, exact: bool) -> bool:
    return LEAST <= abs(x) <= MOST and (_is_short(x) or not exact)


def _is_short(x: float, digits: int = DIGITS) -> bool:
    return math.isclose(x, float(f"{x:.{digits}g}"), rel_tol=1e-12) if math.isfinite(x) else False
