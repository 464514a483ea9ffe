"""A step size for every parameter, learnt on the way: from signs alone (RProp), or by a gradient of its own (IDBD)."""

import warnings
from dataclasses import field
from typing import Any

import numpy as np

from ..arguments import within
from ..arrays import Array
from .base import Optimizer, State, ability, with_settings
from .schedules import Rate, check_rate, rate_at

VARIANTS = ("rprop-", "rprop+", "irprop-", "irprop+")


@with_settings
class RProp(Optimizer):
    """Resilient propagation: only the sign of each partial derivative g_i counts, with a step size Δ_i of its own.

    Where the sign of g_i is that of the step before, Δ_i ← min(1.2 Δ_i, Δ_max) and θ_i ← θ_i − sgn(g_i) Δ_i. Where it
    has flipped, a minimum was jumped over: Δ_i ← max(0.5 Δ_i, Δ_min), and then the variants part:

    - "rprop-" (Riedmiller & Braun 1993, without taking back): steps on, θ_i ← θ_i − sgn(g_i) Δ_i with the new Δ_i;
    - "rprop+" (Riedmiller & Braun 1993): takes the last step in θ_i back, and counts g_i as 0 next time;
    - "irprop-" (Igel & Hüsken 2003): counts g_i as 0, now and next time: θ_i stays;
    - "irprop+" (Igel & Hüsken 2003): takes the last step in θ_i back only if E rose, else θ_i stays; and counts g_i as
      0 next time.

    Where one of the two g_i is 0, Δ_i stays and θ_i ← θ_i − sgn(g_i) Δ_i. (PyTorch's Rprop is "irprop-".)
    State: g (as counted), size (Δ), step (the last change of θ), E (of the step before).

    For the full training set only: on batches a sign flips by chance. A batch of a larger set gives a `UserWarning`,
    once; an objective without `M`, the size of the training set, or `X`, its own examples, is taken as full.

    Parameters
    ----------
    variant : "irprop+", "irprop-", "rprop+" or "rprop-"
    start : positive number
        Δ_0, the step size of all parameters at first.
    smallest, largest : positive numbers
        Δ_min and Δ_max.
    grow, shrink : numbers above 1, and between 0 and 1
        η⁺ and η⁻.

    >>> rprop = RProp()
    >>> theta = np.array([1.0, -200.0])
    >>> for _ in range(3):
    ...     theta = rprop.step(lambda theta: (theta @ theta, 2 * theta), theta)
    >>> theta.round(3), rprop.state["size"].round(3)
    (array([   0.636, -199.636]), array([0.144, 0.144]))
    """

    variant: str = "irprop+"
    start: float = field(default=0.1, kw_only=True)
    smallest: float = field(default=1e-6, kw_only=True)
    largest: float = field(default=50.0, kw_only=True)
    grow: float = field(default=1.2, kw_only=True)
    shrink: float = field(default=0.5, kw_only=True)
    _warned: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise ValueError(f"unknown variant {self.variant!r}; there are {', '.join(VARIANTS)}")
        within("largest", self.largest, "(0, inf)")
        within("smallest", self.smallest, f"(0, {self.largest}]")
        within("start", self.start, f"[{self.smallest}, {self.largest}]")
        within("grow", self.grow, "(1, inf)")
        within("shrink", self.shrink, "(0, 1)")

    def fresh(self, theta: Array) -> State:
        zero = np.zeros_like(theta)
        return {"g": zero, "size": np.full_like(theta, self.start), "step": zero, "E": np.inf}

    def update(self, objective: Any, theta: Array, g: Array, size: Array, step: Array, E: float) -> tuple[Array, State]:
        self._warn_of_batches(objective)
        E_before, g_before = E, g
        E, g = objective(theta)
        agreement = np.sign(g) * np.sign(g_before)  # a product of small derivatives would be 0 by underflow
        flipped = agreement < 0
        size = np.where(agreement > 0, np.minimum(self.grow * size, self.largest), size)
        size = np.where(flipped, np.maximum(self.shrink * size, self.smallest), size)
        if self.variant != "rprop-":
            g = np.where(flipped, 0.0, g)
        back = flipped & (self.variant == "rprop+" or (self.variant == "irprop+" and E_before < E))
        step = np.where(back, -step, -np.sign(g) * size)
        return theta + step, {"g": np.copy(g), "size": size, "step": step, "E": float(E)}

    def _warn_of_batches(self, objective: Any) -> None:
        M, X = getattr(objective, "M", None), getattr(objective, "X", None)
        if M is not None and X is not None and len(X) < M and not self._warned:
            self._warned = True
            warnings.warn(
                f"RProp compares the signs of successive gradients, which must be of the same examples; it was given a "
                f"batch of {len(X)} out of {M}. Train with the full batch, or with Adam or RMSProp.",
                UserWarning,
                stacklevel=4,
            )


@with_settings
class IDBD(Optimizer):
    """Incremental delta-bar-delta (Sutton 1992): the logarithms β of the step sizes go down a gradient of their own.

    In this order, entry by entry, with g = ∂E/∂w and a diagonal curvature c ≥ 0:

    β ← β − θ g h;  α = exp β;  w ← w − α g;  h ← h [1 − α c]⁺ − α g

    with [x]⁺ = max(x, 0) and θ the meta step size, as in the paper. h is the derivative of w with respect to β, as far
    as w_i depends on β_i alone: where a step is like those before, g h < 0 and β grows. For one example of a linear
    unit with half squared error g = −δ x and c = x², which gives the paper's β ← β + θ δ x h; w ← w + α δ x;
    h ← h [1 − α x²]⁺ + α δ x. For a logistic unit with cross-entropy c = x² p (1 − p); for a network c is the diagonal
    of the Gauss–Newton matrix. State: t, beta, h.

    The objective must have `gauss_newton_diagonal(theta) -> c`, n numbers; with no curvature, h would never forget.

    Parameters
    ----------
    meta_step : number that is not negative, or schedule
        θ; with 0 the step sizes stay what they are. The default is near the best for Sutton's first experiment.
    start : positive number
        α_0, all step sizes at first.

    >>> class Square:  # E = w²/2
    ...     def __call__(self, w):
    ...         return 0.5 * w @ w, w
    ...
    ...     def gauss_newton_diagonal(self, w):
    ...         return np.ones_like(w)
    >>> idbd, w = IDBD(meta_step=0.1), np.array([1.0])
    >>> for _ in range(3):
    ...     w = idbd.step(Square(), w)
    >>> w.round(4), np.exp(idbd.state["beta"]).round(4)
    (array([0.8566]), array([0.0507]))
    """

    meta_step: Rate = 0.01
    start: float = 0.05

    def __post_init__(self) -> None:
        check_rate("meta_step", self.meta_step, "[0, inf)")
        within("start", self.start, "(0, inf)")

    def fresh(self, theta: Array) -> State:
        return {"t": 0, "beta": np.full_like(theta, np.log(self.start)), "h": np.zeros_like(theta)}

    def update(self, objective: Any, theta: Array, t: int, beta: Array, h: Array) -> tuple[Array, State]:
        _, g = objective(theta)
        c = ability(objective, "gauss_newton_diagonal", "IDBD")(theta)
        beta = beta - rate_at(self.meta_step, t, "meta step") * g * h
        alpha = np.exp(beta)
        h = h * np.maximum(1.0 - alpha * c, 0.0) - alpha * g
        return theta - alpha * g, {"t": t + 1, "beta": beta, "h": h}
