"""The exercises on what a network answers: its mistakes, what it wants to see, where it looks, what comes next."""

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from .results import Task

_rng = np.random.default_rng(3)


def confusion(truth: Any, answers: Any, classes: Any) -> Any:
    """Write confusion(truth, answers, classes): a table that counts, for each true class, what was answered.

    truth and answers are arrays of class numbers from 0; entry [i, j] of the result, classes × classes, counts the
    examples of class i that were answered with j.
    """
    table = np.zeros((classes, classes))
    np.add.at(table, (truth, answers), 1)
    return table


def input_gradient(W: Any, A: Any, Y: Any) -> Any:
    """Write input_gradient(W, A, Y): ∂ℒ/∂X, what the loss wants the inputs to be.

    W and A are lists indexed by ℓ: W[l] is d_ℓ × d_{ℓ-1}, W[0] is None; A[l] is d_ℓ × M, and A[0] = X. Every layer
    bends with tanh, and ℒ = ½‖y − a^(L)‖². Carry Δ down to Δ^(1), and one step further: inputs are not bent.
    """
    L = len(W) - 1
    Delta = (A[L] - Y) * (1 - A[L] ** 2)
    for l in range(L, 1, -1):
        Delta = (W[l].T @ Delta) * (1 - A[l - 1] ** 2)
    return W[1].T @ Delta


def attention(Q: Any, K: Any, V: Any) -> Any:
    """Write attention(Q, K, V): what each position gathers from itself and those before it.

    Q, K and V are T × d, one position a row. Position t looks at s ≤ t with the weights softmax over those s of
    q_t · k_s/√d, and gets the sum of these weights times v_s. Return T × d.
    """
    T, d = Q.shape
    weights = np.exp(Q @ K.T / np.sqrt(d)) * np.tri(T)
    return weights / weights.sum(axis=1, keepdims=True) @ V


def pick(p: Any, u: Any) -> Any:
    """Write pick(p, u): the class that a random number u from [0, 1) chooses, where class k has the probability p_k.

    Lay the p_k side by side on [0, 1): u falls into one of the pieces. Return its number, from 0.
    """
    return int(np.searchsorted(np.cumsum(p), u, side="right"))


def _carried(
    W: Any, A: Any, Y: Any, last: Any = lambda X: 1.0, first_slope: Any = True, carry: Any = lambda W, D: W.T @ D
) -> Any:
    L = len(W) - 1
    Delta = (A[L] - Y) * ((1 - A[L] ** 2) if first_slope else 1.0)
    for l in range(L, 1, -1):
        Delta = carry(W[l], Delta) * (1 - A[l - 1] ** 2)
    return carry(W[1], Delta) * last(A[0])


def _untransposed(W: Any, D: Any) -> Any:
    return W @ D if W.shape[0] == W.shape[1] else W.T @ D


def _attend(Q: Any, K: Any, V: Any, scale: Any = None, masked: Any = True, axis: Any = 1) -> Any:
    T, d = Q.shape
    scores = Q @ K.T / (np.sqrt(d) if scale is None else scale)
    weights = np.exp(scores) * (np.tri(T) if masked else 1.0)
    return weights / weights.sum(axis=axis, keepdims=True) @ V


def _masked_late(Q: Any, K: Any, V: Any) -> Any:
    weights = np.exp(Q @ K.T / np.sqrt(Q.shape[1]))
    return weights / weights.sum(axis=1, keepdims=True) * np.tri(len(Q)) @ V


def _once(truth: Any, answers: Any, classes: Any) -> Any:
    table = np.zeros((classes, classes))
    table[truth, answers] += 1
    return table


def _tanh_network(*sizes: Any, M: Any = 4) -> Any:
    W: list[Any] = [None]
    A: list[Any] = [_rng.normal(size=(sizes[0], M))]
    for below, above in pairwise(sizes):
        W.append(_rng.normal(scale=0.7, size=(above, below)))
        A.append(np.tanh(W[-1] @ A[-1]))
    return {"W": W, "A": A, "Y": _rng.uniform(-0.9, 0.9, size=(sizes[-1], M))}


_ANSWERS = [
    {"truth": np.array([0, 0, 1, 2, 2, 2]), "answers": np.array([0, 0, 2, 2, 2, 1]), "classes": 3},
    {"truth": np.array([1, 1, 0]), "answers": np.array([0, 0, 0]), "classes": 2},
]
_HEADS = [{name: _rng.normal(size=(T, d)) for name in "QKV"} for T, d in ((4, 3), (3, 2))]
_PIECES = [{"p": np.array([0.25, 0.5, 0.25]), "u": u} for u in (0.1, 0.25, 0.6, 0.9)]
_PIECES += [{"p": np.array([0.0, 0.125, 0.875]), "u": u} for u in (0.0, 0.5)]

# fmt: off
TASKS = [
    Task(confusion, _ANSWERS, {
        "it lies transposed: rows are what was true": lambda truth, answers, n: confusion(answers, truth, n),
        "each cell counts once: [truth, answers] += 1 adds 1 to a cell however often it is named": _once,
        "shares and not counts: nothing is divided": lambda *x: confusion(*x) / len(x[0]),
    }, "classes × classes"),
    Task(input_gradient, [_tanh_network(3, 4, 2), _tanh_network(3, 3, 3)], {
        "a slope too many: the inputs are not bent": partial(_carried, last=lambda X: 1 - X**2),
        "σ′ is missing at the output": partial(_carried, first_slope=False),
        "W is not transposed": partial(_carried, carry=_untransposed),
        "a sign: this is where the loss would go down": lambda W, A, Y: -_carried(W, A, Y),
        "a mean over the examples: each column belongs to its own": lambda W, A, Y: _carried(W, A, Y) / Y.shape[1],
    }, "d_0 × M"),
    Task(attention, _HEADS, {
        "each position looks at those behind it too: take s ≤ t alone": partial(_attend, masked=False),
        "1/√d is missing": partial(_attend, scale=1.0),
        "divided by d and not by its root": lambda Q, K, V: _attend(Q, K, V, scale=Q.shape[1]),
        "the weights sum to 1 before those behind are left out; leave them out first": _masked_late,
        "the weights of those that look sum to 1, not of those looked at": partial(_attend, axis=0),
    }, "T × d"),
    Task(pick, _PIECES, {
        "the likeliest class, whatever u is": lambda p, u: int(np.argmax(p)),
        "the first p_k above u; take their running sum": lambda p, u: int(np.argmax(p > u)),
        "one too many": lambda p, u: int(np.searchsorted(np.cumsum(p), u, side="right")) + 1,
        "a piece holds its left end, not its right one": lambda p, u: int(np.searchsorted(np.cumsum(p), u)),
    }),
]
# fmt: on
