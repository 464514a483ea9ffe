"""Sutton's first experiment (1992): which of 20 inputs matter, in a world that changes?

The inputs are drawn from N(0, 1), the target is the sum of the first five, each times a sign, and every 20 examples one of
these signs flips. A linear unit learns them online, one example a step; its squared errors are averaged over the last
10,000 of 30,000 examples. No single step size serves all inputs: the relevant ones want to follow, the others to rest.
"""

from dataclasses import dataclass

import numpy as np

from tinygrad_scalar.optimizers import IDBD

LEARN, MEASURE, INPUTS, RELEVANT, PERIOD = 20_000, 10_000, 20, 5, 20


@dataclass
class LinearUnit:
    """E = ½ (w·x − y)² on one example, with its Gauss–Newton diagonal x²."""

    x: np.ndarray
    y: float

    def __call__(self, w):
        error = w @ self.x - self.y
        return 0.5 * error * error, error * self.x

    def gauss_newton_diagonal(self, w):
        return self.x * self.x


def stream(seed):
    """X, one example a row, and the targets y."""
    rng = np.random.default_rng(seed)
    n = LEARN + MEASURE
    X, signs = rng.normal(size=(n, INPUTS)), np.ones(RELEVANT)
    y = np.empty(n)
    for m in range(n):
        if m and m % PERIOD == 0:
            signs[rng.integers(RELEVANT)] *= -1
        y[m] = signs @ X[m, :RELEVANT]
    return X, y


def idbd(seed, meta_step=0.01):
    """The mean squared error of IDBD, and its last step sizes."""
    optimizer, w, squares = IDBD(meta_step), np.zeros(INPUTS), []
    for x, y in zip(*stream(seed), strict=True):
        squares.append((y - w @ x) ** 2)
        w = optimizer.step(LinearUnit(x, y), w)
    return np.mean(squares[LEARN:]), np.exp(optimizer.state["beta"])


def fixed_steps(seed, sizes):
    """The mean squared errors of the delta rule with these step sizes, one each; all run side by side."""
    sizes = np.asarray(sizes)[:, None]
    W, squares = np.zeros((len(sizes), INPUTS)), []
    for x, y in zip(*stream(seed), strict=True):
        errors = y - W @ x
        squares.append(errors**2)
        W = W + sizes * errors[:, None] * x
    return np.mean(squares[LEARN:], axis=0)
