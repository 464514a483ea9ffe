"""Two gradients, a step apart, tell how E bends along that step; on batches too, if the batch is the same."""

from dataclasses import field
from typing import Any

import numpy as np

from ..arguments import whole_number, within
from ..arrays import Array, exponent
from .base import Optimizer, State, with_settings
from .schedules import Rate, check_rate, inverse_time, rate_at

FIRST_STEP = 1e-10


@with_settings
class OnlineLBFGS(Optimizer):
    """Online L-BFGS (Schraudolph, Yu & Günter 2007): limited-memory BFGS made fit for batches, with no line search.

    One step on a batch, with g the batch's gradient at θ:

    p = −H g, by the two-loop recursion over the last m pairs (s, y), with the mean of sᵀy / yᵀy over them for the
    initial scaling, and p = −1e-10 g at the first step;  s = (η/c) p;  θ ← θ + s;
    y = (gradient at the new θ, *on the same batch*) − g + λ s

    so that y measures curvature along s, and not the difference of two batches. A step takes two gradients. The paper
    lets the learning rate fall as η_0 τ / (τ + t): `inverse_time(eta_0, tau)`; here 0.1 and 1000 if nothing is said. It
    assumes a convex E. Where E is not, a pair with sᵀy ≤ 0 is not kept, and while there is no pair the step is −η g.
    State: t, S, Y (the pairs in rows, m at most, the oldest first).

    Parameters
    ----------
    learning_rate : number or schedule
        η.
    memory : int
        m.
    c : number in (0, 1]
        The paper's 0.1; with c = 1, η = 1 and the full batch this is L-BFGS without a line search.
    damping : number that is not negative
        λ: curvatures count λ more than they are, so that no step is longer than (η/c) ‖g‖ / λ or so. 0 will do where E
        is convex and the batches are large; on networks it blows up, there is no line search that would notice.

    >>> A, optimizer, theta = np.diag([1.0, 100.0]), OnlineLBFGS(damping=0.0), np.array([1.0, 1.0])
    >>> for _ in range(20):
    ...     theta = optimizer.step(lambda theta: (0.5 * theta @ A @ theta, A @ theta), theta)
    >>> bool(np.abs(theta).max() < 1e-6)
    True
    """

    learning_rate: Rate = field(default_factory=lambda: inverse_time(0.1, 1000.0))
    memory: int = field(default=10, kw_only=True)
    c: float = field(default=0.1, kw_only=True)
    damping: float = field(default=0.1, kw_only=True)

    def __post_init__(self) -> None:
        check_rate("learning_rate", self.learning_rate)
        whole_number(self.memory, "memory")
        within("c", self.c, "(0, 1]")
        within("damping", self.damping, "[0, inf)")

    def fresh(self, theta: Array) -> State:
        none = np.zeros((0, theta.size))
        return {"t": 0, "S": none, "Y": none}

    def update(self, objective: Any, theta: Array, t: int, S: Array, Y: Array) -> tuple[Array, State]:
        _, g = objective(theta)
        p = -inverse_hessian_product(S, Y, g) if len(S) else -g * (FIRST_STEP if t == 0 else self.c)
        s = rate_at(self.learning_rate, t) / self.c * p
        _, g_there = objective(theta + s)
        y = g_there - g + self.damping * s
        one, other = np.ldexp([s, y], -exponent([s, y]))  # sᵀy might be 0 by underflow
        if one @ other > 0.0:
            S, Y = np.vstack([S, s])[-self.memory :], np.vstack([Y, y])[-self.memory :]
        return theta + s, {"t": t + 1, "S": S, "Y": Y}


def inverse_hessian_product(S: Array, Y: Array, g: Array) -> Array:
    """H g by the two-loop recursion, H the BFGS estimate of the inverse Hessian from k pairs in rows, the oldest first.

    H starts as a multiple of the identity, the mean of sᵀy / yᵀy over the pairs (Schraudolph, Yu & Günter 2007).

    >>> inverse_hessian_product(np.eye(2), np.diag([2.0, 4.0]), np.array([2.0, 4.0]))  # y = A s with A = diag(2, 4)
    array([1., 1.])
    """
    k = exponent(np.hstack([S, Y]), axis=1)[:, None]  # H is the same for (s, y) times a number; sᵀy might be no float
    S, Y = np.ldexp(S, -k), np.ldexp(Y, -k)
    sy = np.einsum("kn,kn->k", S, Y)
    a, q = np.zeros(len(S)), g
    for k in range(len(S) - 1, -1, -1):
        a[k] = S[k] @ q / sy[k]
        q = q - a[k] * Y[k]
    p = np.mean(sy / np.einsum("kn,kn->k", Y, Y)) * q
    for k in range(len(S)):
        p = p + (a[k] - Y[k] @ p / sy[k]) * S[k]
    return p  # type: ignore[no-any-return]
