"""What second derivatives cost beside a gradient: digits, all 1797 examples, MLP(64, [32, 10]).

The two run in turn in one process; the product is first held against a central difference of the gradient.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_scalar import MLP
from tinygrad_scalar.data import digits, one_hot
from tinygrad_scalar.objective import Objective


def digits_objective() -> Objective:
    """Cross-entropy of MLP(64, [32, 10]) on all digits, tanh and softmax, by the matrix route."""
    data = digits()
    network = MLP(64, [32, 10], "tanh", "softmax", rng=0)
    return Objective(network, data.X / 16.0, one_hot(data.labels), "cross_entropy", route="matrix", l2=1.0)


def cost_in_gradients(
    product: Callable[[Any, Any], Any], objective: Objective, pairs: int
) -> tuple[float, list[float]]:
    """The time of product(θ, v) over that of E and ∇E, which run in turn: the median, and all ratios."""
    theta = objective.network.theta
    v = np.random.default_rng(0).normal(size=len(theta))
    ratios = []
    for _ in range(pairs + 1):  # the first pair warms up
        times = []
        for run in (lambda: product(theta, v), lambda: objective(theta)):
            start = time.perf_counter()
            run()
            run()
            times.append(time.perf_counter() - start)
        ratios.append(times[0] / times[1])
    return statistics.median(ratios[1:]), ratios[1:]


def hvp_cost(pairs: int = 15) -> tuple[float, list[float]]:
    """How many gradients one Hessian-vector product costs."""
    objective = digits_objective()
    theta = objective.network.theta
    v = np.random.default_rng(0).normal(size=len(theta))
    ahead, behind = (objective(theta + sign * 1e-5 * v)[1] for sign in (1.0, -1.0))
    found = objective.hvp(theta, v)
    assert np.abs(found - (ahead - behind) / 2e-5).max() < 1e-7 * np.abs(found).max()
    return cost_in_gradients(objective.hvp, objective, pairs)


def gauss_newton_cost(pairs: int = 15) -> tuple[float, list[float]]:
    """How many gradients one Gauss–Newton product costs."""
    objective = digits_objective()
    return cost_in_gradients(objective.gauss_newton, objective, pairs)
