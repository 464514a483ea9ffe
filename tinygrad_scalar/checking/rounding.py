"""How large are the terms that a number is the sum of? Rounding is known only against that.

A sum of terms of size 1 that nearly cancels is known to 1e-16 at best, however small it is. So the gradient is computed
once more with all numbers made positive: what comes out bounds the terms behind each z, each δ and each entry of ∇E.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import losses
from ..activations import bend
from ..arrays import Array
from ..objective import Objective
from ..ops import OPS, arrays
from ..value import Value, as_value

# What the σ′ of a saturated neuron counts at least: it is a difference of terms of size 1, known to a rounding or two.
# Times the tolerance these are 1e-15 (five roundings of 1 in double precision) and 5e-7 (four in single).
SATURATED, SATURATED_IN_SINGLE = 1e-5, 0.05


@dataclass(frozen=True)
class TermSizes:
    """The sizes of the terms that are summed into E, into each z and δ (by layer), and into each entry of ∇E."""

    E: float
    z: list[Any]
    delta: list[Any]
    gradient: Array


def slope(activation: str, Z: Any) -> Any:
    """σ′(Z) by the table of primitives, entry by entry, d_ℓ × M; softmax, which is no row, has none."""
    if activation == "identity":
        return np.ones_like(Z)
    row, xp = OPS[activation], arrays(np)
    return np.broadcast_to(row.partials(xp, row.value(xp, Z), Z)[0], Z.shape)


def output_derivative(objective: Objective, columns: Any, loss: Callable[[Any, Any], Any]) -> Any:
    """∂ℒ_m/∂v for the outputs v in each column, by the chain rule on Values, of ℒ = loss(y, v); d_L × M."""
    derivatives = []
    for v, y in zip(columns.T.tolist(), objective.Y.tolist(), strict=True):
        leaves = [Value(v_i) for v_i in v]
        as_value(loss(y, leaves)).backward()
        derivatives.append([leaf.grad for leaf in leaves])
    return np.array(derivatives).T


def output_delta(objective: Objective, Z: list[Any]) -> Any:
    """Δ^(L): from the loss down to the output's z."""
    sigma = objective.network.activations[-1]
    return output_derivative(
        objective, Z[-1], lambda y, z: losses.evaluate(objective.loss, sigma, y, z, bend(sigma, z))
    )


def term_sizes(objective: Objective, Delta_L: Any, saturated: float = SATURATED) -> TermSizes:
    """The forward pass and the δ equations at the network's θ with all numbers made positive.

    An a carries the rounding of its z, times σ′. σ′ counts `saturated` at least, and so does what a gelu leaves of a z;
    the output's Δ = A − Y has terms |A| + |Y|.
    """
    network, M, Y = objective.network, objective.M, np.abs(objective.Y.T)
    (Z, A), L = objective.forward(network.theta), network.L
    W, s, sigmas = network.W, np.abs(objective.s), network.activations
    a: list[Any] = [np.abs(A[0])]
    z: list[Any] = [None]
    bends: list[Any] = [None]
    delta: list[Any] = [None] * (L + 1)
    dW, db = list(delta), list(delta)
    for l in range(1, L + 1):
        z.append(np.abs(W[l]) @ a[l - 1] + np.abs(network.b[l])[:, None])
        bends.append(np.abs(A[l]) if sigmas[l] == "softmax" else np.abs(slope(sigmas[l], Z[l])))
        a.append(np.abs(A[l]) + bends[l] * z[l] + saturated * np.abs(Z[l]))
    largest = np.abs(Z[L]).max(axis=0)
    softmax = np.abs(A[L]) * largest if sigmas[L] == "softmax" else 0.0
    delta[L] = np.abs(Delta_L) + a[L] + Y + softmax
    for l in range(L, 0, -1):
        dW[l] = (s * delta[l]) @ a[l - 1].T / M + (objective.l2 * np.abs(W[l]) + objective.l1) / M
        db[l] = (s * delta[l]).sum(axis=1) / M
        if l > 1:
            delta[l - 1] = (np.abs(W[l]).T @ delta[l]) * (bends[l - 1] + saturated)
    E = objective.value(network.theta) + float((s * np.maximum(largest, 1.0) * (1.0 + Y.sum(axis=0))).sum() / M)
    return TermSizes(abs(E), z, delta, network.flat(dW, db))


def relative(difference: Any, size: Any) -> Any:
    """|difference| / size, 0 where there is no difference, inf where a number is not finite."""
    error = np.where(difference == 0.0, 0.0, np.abs(difference) / np.maximum(size, np.finfo(float).tiny))
    return np.where(np.isfinite(error), error, np.inf)
