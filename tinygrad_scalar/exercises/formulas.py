"""The exercise of each loss: a student's formula for ℒ, read in its values and in its derivatives."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from ..checking.comparison import EXACT
from ..losses import LOSSES, facts
from ..slopes import DLOSS
from ..value import Value
from .answers import Wrong, apart, array, ask, ask_untouched, returned

P, M = 3, 5  # outputs and examples on which a loss is judged
ZERO_LOG = "where y is 0, y log a is 0 whatever a is; select a safe number with where before taking the log"
KINK = "at the kink the derivative 0 is taken"
EDGES = {  # y, a, and what is special there
    "cross_entropy": ([0.0, 1.0, 0.0], [0.0, 1.0, 0.0], ZERO_LOG),
    "binary_cross_entropy": ([0.0, 1.0, 0.0], [0.0, 1.0, 0.5], ZERO_LOG),
    "absolute_error": ([1.0, -2.0, 0.5], [1.0, -2.0, 0.5], KINK),
    "max_margin": ([1.0, -1.0, 1.0], [1.0, -1.0, 0.5], KINK),
}


def loss(name: str, function: Callable[..., Any]) -> list[str]:
    """Write the loss {name}(y, a):
    {formula}

    y and a are sequences of P entries, the target's and the output's. Use operations of Values alone (+ − × ÷, **, abs,
    exp, log, …): ℒ is then a Value, and its derivative comes by itself. The same function shall take rows of
    matrices, P × M, and give M losses, one per example; `xp = ops.namespace(*a)` has functions (xp.log, xp.where, …)
    that fit either. ℒ is a sum over the outputs: no mean over them, and none over the examples, which is E's business.
    """
    _read_loss(name, function, *_targets_and_outputs(name))
    if name in EDGES:
        y, a, hint = EDGES[name]
        try:
            _read_loss(name, function, np.array([y]).T, np.array([a]).T)
        except Wrong as wrong:
            raise Wrong(f"{wrong}; {hint}") from wrong
    return []


def _targets_and_outputs(name: str) -> tuple[Array, Array]:
    """Y and A, P × M, in the range of that loss."""
    rng = np.random.default_rng(0)
    targets = facts(name).targets
    if targets in ("probabilities", "distributions"):
        Y, A = rng.uniform(0.1, 0.9, size=(2, P, M))
        Y[:, 1:] = np.eye(P)[:, [0, 1, 2, 1]]
        return Y, A
    Y, A = rng.normal(size=(2, P, M)) * [[[1.0]], [[2.0]]]
    return np.sign(Y) if targets == "signs" else Y, A


def _read_loss(name: str, function: Callable[..., Any], Y: Array, A: Array) -> None:
    """Wrong if ℒ or its derivative is, by Values or by rows."""
    right, slopes, call = LOSSES[name](Y, A), DLOSS[name](np, Y, A), f"{name}(y, a)"
    for m, (y, a) in enumerate(zip(Y.T.tolist(), A.T.tolist(), strict=True)):
        leaves = [Value(a_i) for a_i in a]
        result, where = ask(function, call, list(y), list(leaves)), f"for y = {_row(y)}, a = {_row(a)}"
        if not isinstance(result, Value):
            wanted = "a Value is wanted: .data, float() and math lose its graph"
            raise Wrong(f"{call} of Values gives {returned(result)}; {wanted}")
        if not abs(result.data - right[m]) <= EXACT * (1.0 + abs(right[m])):
            yours, theirs = apart(result.data, right[m] + 0.0)
            raise Wrong(f"{where} your ℒ is {yours}, it should be {theirs}{_what_it_is(name, function, Y, A)}")
        ask(result.backward, f"backward() of {call}")
        for i, leaf in enumerate(leaves):
            if not abs(leaf.grad - slopes[i, m]) <= EXACT * (1.0 + abs(slopes[i, m])):
                yours, theirs = apart(leaf.grad, slopes[i, m])
                raise Wrong(f"{where} your ℒ is right, but its ∂ℒ/∂a_{i + 1} is {yours}, it should be {theirs}")
    of_rows = f"{call} of rows of matrices"
    try:
        rows = array(ask_untouched(function, of_rows, y=Y, a=A), right.shape, of_rows, "M, a loss per example,")
    except Wrong as wrong:
        raise Wrong(f"with Values it is right, but {wrong}") from wrong
    if not (np.abs(rows - right) <= EXACT * (1.0 + np.abs(right))).all():
        raise Wrong(f"with Values it is right, but {of_rows} gives {_row(rows)}, it should be {_row(right)}")


def _what_it_is(name: str, function: Callable[..., Any], Y: Array, A: Array) -> str:
    """What the student's ℒ is in place of the right one, on all examples at once."""
    results = [
        ask(function, name, y, [Value(a_i) for a_i in a]) for y, a in zip(Y.T.tolist(), A.T.tolist(), strict=True)
    ]
    given = np.array([result.data if isinstance(result, Value) else np.nan for result in results])
    right = LOSSES[name](Y, A)
    looks = {
        "twice the right one: is a ½ missing?": 2.0 * right,
        "half the right one: a ½ too many?": 0.5 * right,
        f"the right one divided by P = {P}: ℒ sums over the outputs, it takes no mean": right / P,
        "the right one with its sign changed": -right,
        "ℒ(a, y): the target is the first argument, the output the second": LOSSES[name](A, Y),
    }
    looks |= {f"the {other}": formula(Y, A) for other, formula in LOSSES.items() if other != name}
    found = [words for words, numbers in looks.items() if np.allclose(given, numbers, rtol=EXACT, atol=EXACT)]
    return f"; it is {found[0]}" if found else ""


def _row(x: Any) -> str:
    return f"({', '.join(f'{x_i:.4g}' for x_i in x)})"
