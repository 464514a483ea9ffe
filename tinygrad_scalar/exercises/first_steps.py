"""The exercises of the first notebooks: a neuron, a slope, a forward pass, a derivative by hand.

>>> from tinygrad_scalar.exercises import check
>>> def neuron(w, b, x):
...     return math.tanh(w @ x)
>>> check(neuron).findings[0].split("; ")[-1]
'it looks like this: b is missing'
"""

import math
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from .results import Task

_rng = np.random.default_rng(0)


def neuron(w: Any, b: Any, x: Any) -> Any:
    """Write neuron(w, b, x): what one neuron makes of its inputs, a = tanh(w₁x₁ + … + w_dx_d + b).

    w and x are arrays of d numbers, b is a number. Weigh, sum, bend; return a.
    """
    return np.tanh(w @ x + b)


def nudge(f: Any, x: Any, h: Any) -> Any:
    """Write nudge(f, x, h): how steep f is at x, found by moving x a little: by h.

    f is a function of a number; look at what it does to f when x becomes x + h, and return that change per unit of x.
    """
    return (f(x + h) - f(x)) / h


def n_parameters(sizes: Any) -> Any:
    """Write n_parameters(sizes): how many weights and biases a network has, where sizes is [d₀, d₁, …, d_L].

    Layer ℓ has a weight from each of the d_{ℓ-1} neurons below to each of its own d_ℓ, and a bias for each of its own.
    """
    return sum(above * (below + 1) for below, above in pairwise(sizes))


def forward(W: Any, b: Any, X: Any) -> Any:
    """Write forward(W, b, X): the output A^(L) of a network on a batch with one example a column.

    W and b are lists indexed by ℓ, None at index 0: W[l] is d_ℓ × d_{ℓ-1}, b[l] has d_ℓ entries; X is d_0 × M. In each
    layer Z = W A + b, with b added to every column; A = tanh(Z), but in the last layer A = Z.
    """
    A = X
    for l in range(1, len(W)):
        Z = W[l] @ A + b[l][:, None]
        A = np.tanh(Z) if l < len(W) - 1 else Z
    return A


def forward_in_rows(W: Any, b: Any, X: Any) -> Any:
    """Write forward_in_rows(W, b, X): the same network, with one example a row.

    W and b are as in `forward`: W[l] is d_ℓ × d_{ℓ-1}. X is M × d_0, and the result is M × d_L: transpose the equation
    Z = W A + b 1ᵀ, and the bias becomes a row. A = tanh(Z), but in the last layer A = Z.
    """
    A = X
    for l in range(1, len(W)):
        Z = A @ W[l].T + b[l]
        A = np.tanh(Z) if l < len(W) - 1 else Z
    return A


def by_hand(t: Any) -> Any:
    """Write by_hand(t): dz/dt of z = sin(x² + y²) with x = eᵗ and y = t², by the chain rule, at a number t.

    z depends on t by two ways, through x and through y. Take the local derivatives, multiply along each way, and add.
    """
    x, y = math.exp(t), t**2
    return math.cos(x**2 + y**2) * (2 * x * x + 2 * y * 2 * t)


def _forward(W: Any, b: Any, X: Any, hidden: Any = np.tanh, output: Any = lambda z: z) -> Any:
    for l in range(1, len(W)):
        X = W[l] @ X + b[l][:, None]
        X = hidden(X) if l < len(W) - 1 else output(X)
    return X


def _network(*sizes: int) -> dict[str, Any]:
    layers = list(pairwise(sizes))
    return {
        "W": [None, *(_rng.normal(scale=0.7, size=(above, below)) for below, above in layers)],
        "b": [None, *(_rng.normal(size=above) for _, above in layers)],
    }


def _cube(x: float) -> float:
    return x**3


def _cosine(x: float) -> float:
    return math.cos(x)


def _cosine_of(t: float) -> float:
    return math.cos(math.exp(2 * t) + t**4)


def _without_bias(b: Any) -> Any:
    return [None if one is None else 0 * one for one in b]


_NEURONS = [{"w": _rng.normal(size=d), "b": b, "x": _rng.normal(size=d)} for d, b in ((2, 0.5), (3, -0.25), (1, 1.0))]
_COLUMNS = [
    {**_network(3, 4, 2), "X": _rng.normal(size=(3, 5))},
    {**_network(3, 3, 3, 3), "X": _rng.normal(size=(3, 3))},
]
_ROWS = [{**case, "X": case["X"].T.copy()} for case in _COLUMNS]

# fmt: off
TASKS = [
    Task(neuron, _NEURONS, {
        "b is missing": lambda w, b, x: np.tanh(w @ x),
        "the sum is not bent: tanh is missing": lambda w, b, x: w @ x + b,
        "b is added after tanh; it belongs to the sum that is bent": lambda w, b, x: np.tanh(w @ x) + b,
        "tanh bends every product; it bends their sum": lambda w, b, x: np.tanh(w * x).sum() + b,
    }),
    Task(nudge, [{"f": _cube, "x": 2.0, "h": 0.001}, {"f": _cosine, "x": 1.0, "h": 0.01}], {
        "the change itself: divide it by h": lambda f, x, h: f(x + h) - f(x),
        "the change runs backwards, from x + h to x": lambda f, x, h: (f(x) - f(x + h)) / h,
        "f changes from x − h to x + h, which is a step of 2h": lambda f, x, h: (f(x + h) - f(x - h)) / h,
        "the divisor is x + h; the step is h": lambda f, x, h: (f(x + h) - f(x)) / (x + h),
    }),
    Task(n_parameters, [{"sizes": [2, 3, 1]}, {"sizes": [3, 4, 2]}, {"sizes": [5, 1]}], {
        "the weights alone: each neuron has a bias too": lambda d: sum(p * q for p, q in pairwise(d)),
        "inputs have no bias: layer 0 has nothing to learn": lambda d: sum(p * q for p, q in pairwise(d)) + sum(d),
        "a bias for each neuron below; each neuron above has one": lambda d: sum((q + 1) * p for p, q in pairwise(d)),
    }),
    Task(forward, _COLUMNS, {
        "tanh bends the last layer too": partial(_forward, output=np.tanh),
        "no layer is bent: tanh is missing": lambda W, b, X: _forward(W, b, X, hidden=lambda z: z),
        "b is missing": lambda W, b, X: _forward(W, _without_bias(b), X),
    }, "d_L × M"),
    Task(forward_in_rows, _ROWS, {
        "tanh bends the last layer too": lambda W, b, X: _forward(W, b, X.T, output=np.tanh).T,
        "no layer is bent: tanh is missing": lambda W, b, X: _forward(W, b, X.T, hidden=lambda z: z).T,
        "b is missing": lambda W, b, X: _forward(W, _without_bias(b), X.T).T,
    }, "M × d_L"),
    Task(by_hand, [{"t": 0.5}, {"t": -1.0}, {"t": 0.1}], {
        "the way through x alone": lambda t: _cosine_of(t) * 2 * math.exp(2 * t),
        "the way through y alone": lambda t: _cosine_of(t) * 4 * t**3,
        "the two ways are multiplied; they are added": lambda t: _cosine_of(t) ** 2 * 2 * math.exp(2 * t) * 4 * t**3,
        "the derivative of the sine, a cosine, is missing": lambda t: 2 * math.exp(2 * t) + 4 * t**3,
        "dx/dt and dy/dt are missing": lambda t: _cosine_of(t) * (2 * math.exp(t) + 2 * t**2),
    }),
]
# fmt: on
