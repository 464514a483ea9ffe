"""Witnesses that need no derivative: central differences of E, and where they can't be heard.

[E(θ + ε) − E(θ − ε)]/2ε has an error of truncation, ∝ ε², and one of rounding, ∝ 1/ε. Over a kink (of relu and its
kin, of an absolute value) it is the mean of both sides and says nothing; elu and the Huber loss have their kink in the
second derivative, which still costs most of the accuracy.

>>> from tinygrad_scalar import MLP
>>> objective = Objective(MLP(1, [1], rng=0), [[2.0]], [0.0], "half_squared_error")
>>> gradient, kinks = central_differences(objective, np.array([3.0, 0.0]))    # E = ½(3 · 2)²
>>> gradient.round(6), kinks
(array([12.,  6.]), array([False, False]))
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from . import losses
from .objective import Array, Objective

KINKED = {"relu", "leaky_relu", "elu"}
ROUNDING = float(np.finfo(float).eps)


def central_differences(
    objective: Objective, theta: Array, epsilon: float = 1e-5, entries: npt.NDArray[np.intp] | None = None
) -> tuple[Array, npt.NDArray[np.bool]]:
    """The central difference for each entry of θ (or for those named), and whether its step crosses a kink.

    The step is ε, or ε |θ_k| for entries larger than 1.
    """
    entries = np.arange(len(theta)) if entries is None else entries
    numeric, kinks = np.empty(len(entries)), np.zeros(len(entries), dtype=bool)
    for n, k in enumerate(entries):
        ahead, behind = theta.copy(), theta.copy()
        ahead[k] += epsilon * max(1.0, abs(theta[k]))
        behind[k] -= epsilon * max(1.0, abs(theta[k]))
        numeric[n] = (objective.value(ahead) - objective.value(behind)) / (ahead[k] - behind[k])
        kinks[n] = not np.array_equal(sides(objective, ahead), sides(objective, behind))
    return numeric, kinks


def sides(objective: Objective, theta: Array) -> Array:
    """On which side of its kink each piecewise part of E lies at θ, as signs; empty for a smooth E."""
    Z, A = objective.forward(theta)
    parts = [np.sign(part).reshape(-1) for part in kinked(objective, Z, A)]
    if objective.l1:
        network = objective.at(theta)
        parts += [np.sign(network.W[l]).reshape(-1) for l in range(1, network.L + 1) if l not in network.frozen]
    return np.concatenate(parts) if parts else np.empty(0)


def kinked(objective: Objective, Z: list[Any], A: list[Any]) -> list[Any]:
    """What is 0 at a kink of an activation or of the loss: arrays with a column per example."""
    network, Y, loss = objective.network, objective.Y.T, losses.name(objective.loss)
    parts = [Z[l] for l in range(1, network.L + 1) if network.activations[l] in KINKED]
    if loss == "absolute_error":
        parts.append(A[-1] - Y)
    elif loss == "max_margin":
        parts.append(1.0 - Y * A[-1])
    elif loss == "huber":
        parts.append(np.abs(A[-1] - Y) - 1.0)
    return parts


def rounding_of_differences(objective: Objective, theta: Array, epsilon: float) -> float:
    """How much the rounding of E can move a central difference."""
    Z, A = objective.forward(theta)
    size = max(1.0, abs(objective.value(theta)), float(np.abs(Z[-1]).max()), float(np.abs(A[-1]).max()))
    return 4 * ROUNDING * size / epsilon
