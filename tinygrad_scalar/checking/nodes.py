"""Every z and every δ: those of the scalar engine's nodes beside those of the matrix equations.

>>> from tinygrad_scalar import MLP
>>> objective = Objective(MLP(1, [1], rng=0), [[2.0]], [1.0], "half_squared_error")
>>> objective.network.theta = [3.0, 0.0]
>>> [part[1] for part in scalar_nodes(objective)]                # z = a = 3 · 2, δ = a − 1
[array([[6.]]), array([[6.]]), array([[5.]])]
"""

from typing import Any

import numpy as np

from .. import losses
from ..arrays import Flags
from ..nn import MLP
from ..objective import Objective
from .rounding import TermSizes, relative
from .witnesses import kinked

Nodes = tuple[list[Any], list[Any], list[Any]]


def scalar_nodes(objective: Objective) -> Nodes:
    """Z, A and Δ of the scalar engine, by layer, d_ℓ × M: δ is the gradient that backward() leaves at each node z."""
    mlp, L = MLP.from_matrix(objective.network), objective.network.L
    columns: Nodes = ([], [], [])
    for x, y in zip(objective.X.tolist(), objective.Y.tolist(), strict=True):
        trace = mlp.trace(x)
        loss = losses.evaluate(objective.loss, mlp.activations[-1], y, trace.z[L], trace.a[L])
        loss.backward()
        for part, numbers in zip(
            columns,
            (
                [[v.data for v in z] for z in trace.z],
                [[v.data for v in a] for a in trace.a],
                [[v.grad for v in z] for z in trace.z],
            ),
            strict=True,
        ):
            part.append(numbers)
    Z, A, Delta = ([np.array([example[l] for example in part]).T for l in range(L + 1)] for part in columns)
    return Z, A, Delta


def same_side(objective: Objective, passes: list[tuple[list[Any], list[Any]]]) -> Flags:
    """For each example, whether other forward passes (Z, A) see it on the objective's side of all kinks."""
    same, own = np.ones(objective.M, dtype=bool), kinked(objective, *objective.forward(objective.network.theta))
    for other in passes:
        for a, b in zip(own, kinked(objective, *other), strict=True):
            same &= (np.sign(a) == np.sign(b)).all(axis=0) | ~np.isfinite(a).all(axis=0)
    return same


def compare_nodes(objective: Objective, scalar: Nodes, sizes: TermSizes) -> dict[str, list[float]]:
    """z and δ of every neuron and example, scalar against matrix: the largest relative error of each layer."""
    network, layers = objective.network, range(1, objective.network.L + 1)
    Z, A = network.forward(objective.X.T)
    Delta = network.deltas(Z, A, objective.Y.T, objective.loss)
    return {
        "z": [float(relative(scalar[0][l] - Z[l], sizes.z[l]).max()) for l in layers],
        "δ": [float(relative(scalar[2][l] - Delta[l], sizes.delta[l]).max()) for l in layers],
    }
