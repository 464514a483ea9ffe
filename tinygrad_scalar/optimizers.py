"""An optimiser looks at E and its gradient at θ and says where to go next.

`optimizer.step(objective, theta) -> theta`, with `objective(theta) -> (E, gradient)`. A step returns a new array and
leaves θ as it is; it may call the objective as often as it needs. State starts with the first step and is inspectable;
`reset()` forgets it.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Function = Callable[[Array], tuple[float, Array]]


class Optimizer(Protocol):
    """What `training.fit` asks of an optimiser."""

    def step(self, objective: Any, theta: Array) -> Array:
        """The next θ."""

    def reset(self) -> None:
        """Forget all state."""


class GradientDescent:
    """θ ← θ − η ∇E(θ).

    >>> GradientDescent(0.1).step(lambda theta: (theta @ theta, 2 * theta), np.array([1.0, -2.0]))
    array([ 0.8, -1.6])
    """

    def __init__(self, learning_rate: float = 0.1) -> None:
        self.learning_rate = _positive(learning_rate, "learning_rate")

    def step(self, objective: Function, theta: Array) -> Array:
        _, g = objective(theta)
        return theta - self.learning_rate * g

    def reset(self) -> None:
        """There is no state."""


class Momentum:
    """v ← μ v − η ∇E(θ); θ ← θ + v (Polyak 1964). With `nesterov` the gradient is taken at θ + μ v, where v is leading
    (Nesterov 1983, in the form of Sutskever, Martens, Dahl & Hinton 2013).

    >>> momentum = Momentum(0.1, 0.5)
    >>> theta = np.array([1.0])
    >>> for _ in range(2):
    ...     theta = momentum.step(lambda theta: (theta @ theta, 2 * theta), theta)
    >>> theta, momentum.v
    (array([0.54]), array([-0.26]))
    """

    def __init__(self, learning_rate: float = 0.05, momentum: float = 0.9, *, nesterov: bool = False) -> None:
        if not 0.0 <= momentum < 1.0:
            raise ValueError(f"momentum lies in [0, 1), not {momentum}")
        self.learning_rate, self.momentum = _positive(learning_rate, "learning_rate"), momentum
        self.nesterov = nesterov
        self.v: Array | None = None

    def step(self, objective: Function, theta: Array) -> Array:
        v = np.zeros_like(theta) if self.v is None else self.v
        _, g = objective(theta + self.momentum * v if self.nesterov else theta)
        self.v = self.momentum * v - self.learning_rate * g
        return theta + self.v

    def reset(self) -> None:
        """Forget the velocity."""
        self.v = None


def _positive(x: float, name: str) -> float:
    if not (x > 0 and np.isfinite(x)):
        raise ValueError(f"{name} is a positive number, not {x!r}")
    return x
