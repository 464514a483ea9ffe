"""A training that has reached a number which is not finite stops there, and says where that number comes from."""

from typing import Any

import numpy as np

from .. import losses, slopes
from ..arrays import Array
from ..objective import Objective

BLOWN_UP = 1000.0  # times the E of the start: see check_size


class DivergenceError(ArithmeticError):
    """Training reached an E or a gradient that is not finite; the network keeps the last good parameters."""


class Remembering:
    """An objective that need not compute again what it was asked last: a step starts where the epoch was measured."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self._last: tuple[bytes, float, Array] | None = None

    def __call__(self, theta: Array) -> tuple[float, Array]:
        asked = np.asarray(theta, dtype=float).tobytes()  # bit for bit: 0 and −0 are two
        if self._last is None or self._last[0] != asked:
            self._last = asked, *self.objective(theta)
        _, E, gradient = self._last
        return E, gradient.copy()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)


class Guarded:
    """An objective that refuses to go on from a number that is not finite."""

    def __init__(self, objective: Any, optimizer: Any) -> None:
        self.objective, self.optimizer = objective, optimizer

    def __call__(self, theta: Array) -> tuple[float, Array]:
        E, gradient = self.objective(theta)
        if not (np.isfinite(E) and np.isfinite(gradient).all()):
            raise DivergenceError(where_it_diverged(self.objective, theta, self.optimizer))
        return E, gradient

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)


def where_it_diverged(objective: Any, theta: Array, optimizer: Any) -> str:
    """Where the first number that is not finite appears: in the data, in some z, in the loss, or on the way back.

    The way back is the matrix side's. Of a loss or an activation that it does not know nothing more can be said.
    """
    for name, numbers in (("X", objective.X), ("Y", objective.Y)):
        for row, column in np.argwhere(~np.isfinite(numbers)).tolist()[:1]:
            return (
                f"{name} holds {numbers[row, column]} in row {row + 1}, column {column + 1}, counted from 1; "
                "write a finite number there, or leave the example out"
            )
    network, Y = objective.at(theta), objective.Y.T
    (Z, A), L = objective.forward(theta), network.L
    wrong = [l for l in range(1, L + 1) if not np.isfinite(Z[l]).all()]
    if wrong:
        where = f"layer {wrong[0]} is the first whose pre-activations z are not finite"
    elif not _known(objective):
        where = "the loss or its derivative is not finite"
    elif not np.isfinite(network.losses(Z, A, Y, objective.loss)).all():
        where = f"the loss of layer {L}'s outputs is not finite, they reach {np.abs(A[L]).max():.1e}"
    else:
        Delta = network.deltas(Z, A, Y, objective.loss)
        back = [l for l in range(L, 0, -1) if not np.isfinite(Delta[l]).all()]
        where = (
            f"on the way back layer {back[0]} is the first whose δ are not finite" if back else "the gradient overflows"
        )
    return f"training diverged: {where}; {_advice(optimizer)}"


def check_size(E: float, start: float, epoch: int, optimizer: Any) -> None:
    """Refuse an E that has left where the training started for good, finite as it is.

    The limit is 1000 times the E of the start, and 1000 where that is below 1. With random weights E is about that of
    guessing, so no network is worth more that does worse by such a factor; steps that are only too long for a while
    raise E by ten or so.
    """
    if BLOWN_UP * max(start, 1.0) < E:
        raise DivergenceError(
            f"training diverged: E is {E:.2e} after epoch {epoch}, it was {start:.3g} at the start; "
            f"{_advice(optimizer)}"
        )


def _advice(optimizer: Any) -> str:
    rate = getattr(optimizer, "learning_rate", None)
    such = f" such as {rate / 10:.2g}," if isinstance(rate, (int, float)) else ""
    return f"try a smaller learning rate,{such} or standardise the inputs"


def _known(objective: Any) -> bool:
    """Whether the matrix side has the derivatives of this network and this loss."""
    activations = set(objective.network.activations[1:]) <= {*slopes.ACTIVATIONS, "softmax"}
    return objective.route == "matrix" or (activations and objective.loss in losses.LOSSES.values())
