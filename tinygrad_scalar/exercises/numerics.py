"""The exercises on numbers and their care: difference quotients, softmax, scales, a judge for two gradients."""

from functools import partial
from typing import Any

import numpy as np

from .results import Task

_rng = np.random.default_rng(1)


def central_difference(f: Any, theta: Any, epsilon: Any) -> Any:
    """Write central_difference(f, theta, epsilon): the gradient of f at theta by central differences.

    theta is an array of n numbers, and f(theta) a number. For each entry k: move that entry alone by +epsilon and by
    −epsilon, and divide the difference of f by the whole step. Return an array of n numbers; leave theta as it was.
    """
    steps = epsilon * np.eye(len(theta))
    return np.array([(f(theta + step) - f(theta - step)) / (2 * epsilon) for step in steps])


def relative_error(a: Any, n: Any) -> Any:
    """Write relative_error(a, n): how far two derivatives a and n are apart, as |a − n| / (|a| + |n|).

    It is 0 where they are equal, 1 where the signs differ or one is missing; where both are 0, they agree: return 0.
    """
    return abs(a - n) / (abs(a) + abs(n)) if a or n else 0.0


def softmax(Z: Any) -> Any:
    """Write softmax(Z): p_k = exp(z_k) / Σ_j exp(z_j) for each column of Z by itself.

    Z is d × M, one example a column, and so is the result: each column is positive and sums to 1. Z may hold 1000,
    whose exp is infinite: a shift of all z of a column changes nothing, so subtract the column's largest first.
    """
    e = np.exp(Z - Z.max(axis=0))
    return e / e.sum(axis=0)


def standardise(train: Any, X: Any) -> Any:
    """Write standardise(train, X): X with each column shifted and scaled as the training set asks.

    train and X have one example a row, and the same columns. Subtract the mean of the training column, and divide by
    its standard deviation (np.std). A column that is constant in the training set has a deviation of 0: divide it by 1.
    """
    spread = train.std(axis=0)
    return (X - train.mean(axis=0)) / np.where(spread == 0, 1.0, spread)


def _bowl(theta: Any) -> Any:
    return float((theta**3).sum() + theta[0] * theta[-1])


def _forward_difference(f: Any, theta: Any, epsilon: Any) -> Any:
    return np.array([(f(theta + step) - f(theta)) / epsilon for step in epsilon * np.eye(len(theta))])


def _all_at_once(f: Any, theta: Any, epsilon: Any) -> Any:
    return np.full(len(theta), (f(theta + epsilon) - f(theta - epsilon)) / (2 * epsilon))


def _softmax(Z: Any, axis: Any = 0, shift: bool = True) -> Any:
    e = np.exp(Z - (Z.max(axis=axis, keepdims=True) if shift else 0.0))
    return e / e.sum(axis=axis, keepdims=True)


def _scaled(train: Any, X: Any, spread: Any = None, mean: Any = None, axis: Any = 0) -> Any:
    spread = train.std(axis=axis) if spread is None else spread
    return (X - (train.mean(axis=axis) if mean is None else mean)) / np.where(spread == 0, 1.0, spread)


def _over_the_sum(a: float, n: float) -> float:
    return abs(a - n) / abs(a + n) if a + n else (np.inf if a or n else 0.0)


_Z = [_rng.normal(size=(3, 4)), np.array([[1000.0, 0.0], [999.0, -1000.0]]), _rng.normal(size=(3, 3))]
_TRAIN = _rng.normal(3.0, [1.0, 20.0, 0.1], size=(8, 3))
_CONSTANT = np.column_stack([_TRAIN[:, 0], np.full(8, 5.0)])
_TABLES = [
    {"train": _TRAIN, "X": _rng.normal(3.0, 5.0, size=(4, 3))},
    {"train": _CONSTANT, "X": _rng.normal(size=(3, 2))},
]
_POINTS = [
    {"f": _bowl, "theta": np.array([0.5, -1.0, 2.0]), "epsilon": 0.125},
    {"f": _bowl, "theta": np.array([1.0, 3.0]), "epsilon": 0.25},
]

# fmt: off
TASKS = [
    Task(central_difference, _POINTS, {
        "a forward difference, f(θ + ε) − f(θ)": _forward_difference,
        "divided by ε; the step from θ − ε to θ + ε is 2ε": lambda *x: 2 * central_difference(*x),
        "all entries are moved at once; move one at a time": _all_at_once,
        "a sign: f(θ − ε) − f(θ + ε)": lambda *x: -central_difference(*x),
    }, "n"),
    Task(relative_error, [{"a": 2.0, "n": 1.0}, {"a": 1e-8, "n": 3e-8}, {"a": -1.0, "n": 1.0}, {"a": 0.0, "n": 0.0}], {
        "the absolute error; of small derivatives it says nothing": lambda a, n: abs(a - n),
        "the sign is kept: a sum of errors could cancel": lambda a, n: (a - n) / (abs(a) + abs(n)) if a or n else 0.0,
        "divided by |n| alone": lambda a, n: abs(a - n) / abs(n) if n else 0.0,
        "divided by |a + n|, which is 0 where the signs differ": _over_the_sum,
    }),
    Task(softmax, [{"Z": Z} for Z in _Z], {
        "exp overflows: subtract the largest z of each column first": partial(_softmax, shift=False),
        "the sum goes along the rows; each example is a column": partial(_softmax, axis=1),
        "the sum goes over the whole matrix; each column sums to 1": partial(_softmax, axis=None),
        "exp without the division by its sum": lambda Z: np.exp(Z - Z.max(axis=0)),
    }, "d × M"),
    Task(standardise, _TABLES, {
        "the mean and the deviation are those of X; they are the training set's": lambda train, X: _scaled(X, X),
        "divided by the variance; it is the standard deviation": lambda train, X: _scaled(train, X, train.var(axis=0)),
        "the mean is not subtracted": lambda train, X: _scaled(train, X, mean=0.0),
        "one mean and one deviation for all columns; each column has its own": partial(_scaled, axis=None),
        "a constant column is divided by its deviation, 0": lambda t, X: (X - t.mean(axis=0)) / t.std(axis=0),
    }, "the shape of X"),
]
# fmt: on
