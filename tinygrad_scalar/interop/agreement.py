"""A network is handed over only if both sides give the same outputs."""

from collections.abc import Callable

import numpy as np

from ..arrays import Array
from ..matrix import MatrixMLP
from ..nn import MLP

TOLERANCE = 1e-12  # of the largest output: sums in another order differ in the last digits of float64, no more


class NoCounterpart(ValueError):
    """What the other library has and this package has not, or the reverse, in a sentence."""


def agreeing(mlp: MLP, theirs: Callable[[Array], Array]) -> None:
    """Raise NoCounterpart unless `theirs`, of 32 random examples in rows, gives the outputs of the network."""
    X = np.random.default_rng(0).normal(size=(32, mlp.sizes[0]))
    ours, other = MatrixMLP.from_scalar(mlp).forward(X.T)[1][-1].T, theirs(X)
    if other.shape != ours.shape:
        raise NoCounterpart(f"the outputs have the shapes {other.shape} there and {ours.shape} here")
    apart = np.abs(other - ours) / max(1.0, np.abs(ours).max())
    if not (worst := apart.max()) <= TOLERANCE:
        i = np.unravel_index(np.argmax(apart), ours.shape)
        raise NoCounterpart(f"the outputs differ by {worst:.1e}, as {other[i]} there, {ours[i]} here: not handed over")
