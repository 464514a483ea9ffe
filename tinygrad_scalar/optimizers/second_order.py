"""The second derivatives tell how far to go: a step to where the quadratic around θ has its minimum, kept on a leash.

The leash is the damping λ. A large one makes the step short and turns it towards −∇E; as it goes to 0 the step becomes
Newton's. A step that would raise E is not taken: λ grows tenfold until one does not; after each step λ falls tenfold.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arguments import within
from ..arrays import Array
from .base import Optimizer, State, ability, with_settings

FACTOR, TRIES = 10.0, 40


@with_settings
class Newton(Optimizer):
    """Newton's method with damping: (H + λ I) p = −g; θ ← θ + p, H the Hessian of E. State: damping (λ).

    Where H + λ I is not positive definite (its Cholesky factorisation fails) the quadratic has no minimum, and Newton's
    step might lead up, or to a saddle: λ grows tenfold until it is. So does it while E(θ + p) > E(θ), beyond rounding.
    If no λ helps, θ and λ stay as they are. At a saddle, where g = 0, θ stays too.

    The objective must have `hessian(theta)`, n × n; the work grows with n³, so this is for small networks.

    Parameters
    ----------
    damping : number that is not negative
        λ at the start. With 0 the first step is Newton's own, if H allows.

    >>> class Quartic:  # E = θ₁⁴ + (θ₂ − 3)²
    ...     def __call__(self, theta):
    ...         x, y = theta
    ...         return x**4 + (y - 3) ** 2, np.array([4 * x**3, 2 * (y - 3)])
    ...
    ...     def hessian(self, theta):
    ...         return np.diag([12 * theta[0] ** 2, 2.0])
    >>> Newton(damping=0.0).step(Quartic(), [3.0, 0.0])
    array([2., 3.])
    """

    damping: float = 0.001

    def __post_init__(self) -> None:
        within("damping", self.damping, "[0, inf)")

    def fresh(self, theta: Array) -> State:
        return {"damping": float(self.damping)}

    def update(self, objective: Any, theta: Array, damping: float) -> tuple[Array, State]:
        _, g = objective(theta)
        H = np.asarray(ability(objective, "hessian", "Newton")(theta))

        def solve(damping: float) -> Array:
            damped = H + damping * np.eye(theta.size)
            np.linalg.cholesky(damped)  # raises where it is not positive definite
            return -np.linalg.solve(damped, g)

        theta, damping = _damped_step(objective, theta, damping, np.abs(H).max(), solve)
        return theta, {"damping": damping}


@with_settings
class LevenbergMarquardt(Optimizer):
    """Newton's step with JᵀJ for the Hessian: (JᵀJ + λ I) p = −Jᵀ r; θ ← θ + p, for E = ½ rᵀ r and J = ∂r/∂θ
    (Levenberg 1944, Marquardt 1963; for networks Hagan & Menhaj 1994). State: damping (λ).

    JᵀJ is the Gauss–Newton matrix, what remains of H where the residuals r are small or nearly linear in θ; it has no
    negative eigenvalue, so that with λ > 0 a step always exists. The damping is λ I as in Hagan & Menhaj, without
    Marquardt's scaling by the diagonal of JᵀJ, which would set units that hardly matter free. p is found as a least
    squares problem of J above √λ I: JᵀJ, whose condition is that of J squared, is not formed.

    The objective must have `residuals(theta) -> r, J`, R numbers and R × n.

    Parameters
    ----------
    damping : number that is not negative
        λ at the start.

    >>> class Line:  # r = (θ₁ + θ₂ x − y) / √3 for (x, y) = (0, 1), (1, 3), (2, 5)
    ...     J = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]) / np.sqrt(3)
    ...
    ...     def residuals(self, theta):
    ...         return self.J @ theta - np.array([1.0, 3.0, 5.0]) / np.sqrt(3), self.J
    ...
    ...     def __call__(self, theta):
    ...         r, J = self.residuals(theta)
    ...         return 0.5 * r @ r, J.T @ r
    >>> LevenbergMarquardt(damping=0.0).step(Line(), [0.0, 0.0]).round(12)
    array([1., 2.])
    """

    damping: float = 0.01

    def __post_init__(self) -> None:
        within("damping", self.damping, "[0, inf)")

    def fresh(self, theta: Array) -> State:
        return {"damping": float(self.damping)}

    def update(self, objective: Any, theta: Array, damping: float) -> tuple[Array, State]:
        r, J = ability(objective, "residuals", "LevenbergMarquardt")(theta)

        def solve(damping: float) -> Array:
            stacked = np.vstack([J, np.sqrt(damping) * np.eye(theta.size)])
            p: Array = np.linalg.lstsq(stacked, np.concatenate([-r, np.zeros(theta.size)]))[0]
            return p

        theta, damping = _damped_step(objective, theta, damping, (J * J).sum(axis=0).max(), solve)
        return theta, {"damping": damping}


def _damped_step(
    objective: Any, theta: Array, damping: float, scale: float, solve: Callable[[float], Array]
) -> tuple[Array, float]:
    """The first step, of growing λ, that does not raise E, and the λ for the next one; scale is that of the matrix."""
    value = getattr(objective, "value", None) or (lambda theta: objective(theta)[0])  # E alone costs less
    E, first = value(theta), damping
    for _ in range(TRIES):
        try:
            there = theta + solve(damping)
        except np.linalg.LinAlgError:
            pass
        else:
            if np.array_equal(there, theta):
                break
            if value(there) <= E + 8 * np.finfo(float).eps * abs(E):
                return there, damping / FACTOR
        damping = max(FACTOR * damping, 1e-8 * float(scale))
    return theta, first
