"""The batch methods that MATLAB knows as fminunc and fmincg, from SciPy's shelf: a whole minimisation in one call."""

from collections.abc import Callable, Mapping
from dataclasses import field
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..arguments import whole_number
from ..arrays import Array, ArrayLike
from .base import Optimizer, State, ability, flat, with_settings

GRADIENT, VALUE, HVP, HESSIAN, RESIDUALS = "gradient", "value", "hvp", "hessian", "residuals"
METHODS = {  # what each of them asks of the objective
    "L-BFGS-B": GRADIENT,
    "BFGS": GRADIENT,
    "CG": GRADIENT,
    "TNC": GRADIENT,
    "SLSQP": GRADIENT,
    "Newton-CG": HVP,
    "trust-ncg": HVP,
    "trust-krylov": HVP,
    "trust-constr": HVP,
    "trust-exact": HESSIAN,
    "dogleg": HESSIAN,
    "lm": RESIDUALS,
    "Nelder-Mead": VALUE,
    "Powell": VALUE,
    "COBYLA": VALUE,
    "COBYQA": VALUE,
}


@with_settings
class SciPy(Optimizer):
    """One of `scipy.optimize.minimize`'s methods by name, or "lm", `least_squares` by MINPACK's Levenberg–Marquardt.

    Their memory (pairs, conjugate directions, trust regions) lives inside one call and cannot be carried to the next.
    So `minimise` is one call for a whole training, and `step` is one call too, of max_iterations, that starts *with a
    fresh memory*: it continues from θ alone, and the state is empty. Two minimisations of 10 iterations are not one of
    20. The objective stays the same during a call: the full batch, or a large one.

    Newton-CG and the trust-region methods use `objective.hvp(theta, v)`, but trust-exact and dogleg
    `objective.hessian(theta)`, dogleg one without negative eigenvalues; lm uses `objective.residuals(theta) -> r, J`,
    with E = ½ rᵀ r and as many residuals as parameters at least.

    Parameters
    ----------
    method : str
        "L-BFGS-B" (Byrd, Lu, Nocedal & Zhu 1995), "CG" (Polak–Ribière), "BFGS", "Newton-CG", "trust-ncg", "lm", or
        another name in `METHODS`; upper and lower case are one.
    max_iterations : int
        For a step; `minimise` may be given its own.
    options : dict
        SciPy's own, handed on: tolerances such as {"gtol": 1e-10}, and limits on evaluations. SciPy stops at its own
        limits too, where they are smaller than max_iterations. For lm the keywords of `least_squares`, such as ftol.

    Attributes
    ----------
    message : str
        Why the last call stopped, in SciPy's words.

    >>> scipy = SciPy("L-BFGS-B")
    >>> scipy.step(lambda theta: (theta @ theta, 2 * theta), [1.0, -200.0]).round(6) + 0.0
    array([0., 0.])
    """

    method: str = "L-BFGS-B"
    max_iterations: int = 100
    options: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    message: str = field(default="", init=False, repr=False)

    def __post_init__(self) -> None:
        if find_spec("scipy") is None:
            raise ImportError("these methods are SciPy's: pip install 'tinygrad_scalar[train]'")
        known = {name.lower(): name for name in METHODS}
        if str(self.method).lower() not in known:
            raise ValueError(f"unknown method {self.method!r}; there are {', '.join(METHODS)}")
        self.method = known[self.method.lower()]
        self.max_iterations = whole_number(self.max_iterations, "max_iterations", 0)

    def fresh(self, theta: Array) -> State:
        return {}

    def update(self, objective: Any, theta: Array) -> tuple[Array, State]:
        return self.minimise(objective, theta), {}

    def minimise(
        self,
        objective: Any,
        theta: ArrayLike,
        max_iterations: int | None = None,
        callback: Callable[[Array], object] | None = None,
    ) -> Array:
        """One call of SciPy from θ, with a fresh memory, for max_iterations at most.

        Parameters
        ----------
        objective : callable
            `objective(theta) -> (E, gradient)`, with what else the method needs.
        theta : array of n numbers
        max_iterations : int, optional
            Instead of the setting.
        callback : callable, optional
            Given θ, a copy, after each iteration; it may raise StopIteration, and the minimisation stops there.

        Returns
        -------
        array of n numbers
            Where SciPy stopped: after max_iterations, the θ of the last of them.
        """
        from scipy import optimize

        limit = self.max_iterations if max_iterations is None else whole_number(max_iterations, "max_iterations", 0)
        progress = _Progress(flat(theta), limit, callback)
        try:
            if limit == 0:
                raise StopIteration
            if METHODS[self.method] == RESIDUALS:
                result = self._least_squares(optimize, objective, progress)
            else:
                result = optimize.minimize(
                    **self._needs(objective),
                    x0=progress.theta,
                    method=self.method,
                    callback=progress,
                    options=dict(self.options),
                )
        except StopIteration:
            result = None
        if result is None or progress.stopped:
            self.message = f"stopped after {progress.done} iterations"
            return progress.theta
        self.message = str(result.message)
        return np.array(result.x, dtype=float)

    def _needs(self, objective: Any) -> dict[str, Any]:
        need = METHODS[self.method]
        if need == VALUE:
            return {"fun": getattr(objective, "value", None) or (lambda theta: objective(theta)[0])}
        second = {} if need == GRADIENT else {"hessp" if need == HVP else "hess": ability(objective, need, self.method)}
        return {"fun": objective, "jac": True, **second}

    def _least_squares(self, optimize: Any, objective: Any, progress: "_Progress") -> Any:
        """MINPACK tells no one of its iterations, but asks for J at each θ that it accepts, and there alone."""
        residuals = ability(objective, RESIDUALS, self.method)
        R = len(residuals(progress.theta)[0])
        if progress.theta.size > R:
            raise ValueError(
                f"lm needs as many residuals as parameters, there are {R} and {progress.theta.size}; "
                "LevenbergMarquardt does without"
            )

        def jacobian(theta: Array) -> Array:
            if not np.array_equal(theta, progress.theta):
                progress(theta)
            return residuals(theta)[1]  # type: ignore[no-any-return]

        return optimize.least_squares(
            lambda theta: residuals(theta)[0], progress.theta, jacobian, method="lm", **self.options
        )


class _Progress:
    """Counts iterations, keeps their last θ, and stops at the limit."""

    def __init__(self, theta: Array, limit: int, callback: Callable[[Array], object] | None) -> None:
        self.theta, self.limit, self.callback = theta, limit, callback
        self.done, self.stopped = 0, False

    def __call__(self, theta: Array, *rest: object) -> None:
        self.theta, self.done = np.array(theta, dtype=float), self.done + 1
        try:
            if self.callback:
                self.callback(self.theta.copy())
            if self.done >= self.limit:
                raise StopIteration
        except StopIteration:
            self.stopped = True
            raise
