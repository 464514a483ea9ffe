"""Downhill along the gradient, and four ways to do better with nothing but the gradient.

In all of them g = ∇E(θ), η is the learning rate (a number or a schedule t -> η), t counts steps from 0, and products,
squares and roots of vectors are taken entry by entry. E need not be the whole training set's: each works on batches.
"""

from dataclasses import field
from typing import Any

import numpy as np

from ..arguments import within
from ..arrays import Array, exponent, norm
from .base import Optimizer, State, with_settings
from .schedules import Rate, check_rate, rate_at


@with_settings
class GradientDescent(Optimizer):
    """θ ← θ − η g (Cauchy 1847; on batches Robbins & Monro 1951). State: t.

    Parameters
    ----------
    learning_rate : number or schedule
        η.

    >>> GradientDescent(0.1).step(lambda theta: (theta @ theta, 2 * theta), np.array([1.0, -2.0]))
    array([ 0.8, -1.6])
    """

    learning_rate: Rate = 0.1

    def __post_init__(self) -> None:
        check_rate("learning_rate", self.learning_rate)

    def fresh(self, theta: Array) -> State:
        return {"t": 0}

    def update(self, objective: Any, theta: Array, t: int) -> tuple[Array, State]:
        _, g = objective(theta)
        return theta - rate_at(self.learning_rate, t) * g, {"t": t + 1}


@with_settings
class Momentum(Optimizer):
    """v ← μ v − η g; θ ← θ + v (Polyak 1964). State: t, v.

    With `nesterov` the gradient is taken at θ + μ v, where v is leading (Nesterov 1983, in the form of Sutskever,
    Martens, Dahl & Hinton 2013). PyTorch keeps −v/η instead, and with Nesterov the point θ + μ v for its parameters:
    the path is the same while η is constant.

    Parameters
    ----------
    learning_rate : number or schedule
        η.
    momentum : number in [0, 1)
        μ, the share of the velocity v that survives a step.
    nesterov : bool
        Look ahead before the gradient is taken.

    >>> momentum = Momentum(0.1, 0.5)
    >>> theta = np.array([1.0])
    >>> for _ in range(2):
    ...     theta = momentum.step(lambda theta: (theta @ theta, 2 * theta), theta)
    >>> theta, momentum.state
    (array([0.54]), {'t': 2, 'v': array([-0.26])})
    """

    learning_rate: Rate = 0.05
    momentum: float = 0.9
    nesterov: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        check_rate("learning_rate", self.learning_rate)
        within("momentum", self.momentum, "[0, 1)")

    def fresh(self, theta: Array) -> State:
        return {"t": 0, "v": np.zeros_like(theta)}

    def update(self, objective: Any, theta: Array, t: int, v: Array) -> tuple[Array, State]:
        _, g = objective(theta + self.momentum * v if self.nesterov else theta)
        v = self.momentum * v - rate_at(self.learning_rate, t) * g
        return theta + v, {"t": t + 1, "v": v}


@with_settings
class RMSProp(Optimizer):
    """v ← ρ v + (1 − ρ) g²; θ ← θ − η g / (√v + ε) (Tieleman & Hinton 2012, lecture 6.5). State: t, v.

    v starts at 0 and is not corrected for it: the first step is η/√(1−ρ) in every entry. ε stands outside the root, as
    in PyTorch (whose ρ is 0.99).

    Parameters
    ----------
    learning_rate : number or schedule
        η, about the size of a step in an entry of θ.
    decay : number in [0, 1)
        ρ, the memory of the mean square.
    epsilon : positive number
        ε.

    >>> RMSProp(0.1, decay=0.75).step(lambda theta: (theta @ theta, 2 * theta), np.array([1.0, -3.0])).round(6)
    array([ 0.8, -2.8])
    """

    learning_rate: Rate = 0.001
    decay: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        check_rate("learning_rate", self.learning_rate)
        within("decay", self.decay, "[0, 1)")
        within("epsilon", self.epsilon, "(0, inf)")

    def fresh(self, theta: Array) -> State:
        return {"t": 0, "v": np.zeros_like(theta)}

    def update(self, objective: Any, theta: Array, t: int, v: Array) -> tuple[Array, State]:
        _, g = objective(theta)
        v = self.decay * v + (1 - self.decay) * _squared(g)
        return theta - rate_at(self.learning_rate, t) * g / (np.sqrt(v) + self.epsilon), {"t": t + 1, "v": v}


@with_settings
class Adam(Optimizer):
    """m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; θ ← θ − η m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and
    v̂ = v / (1 − β₂ᵗ), t = 1 at the first step (Kingma & Ba 2015, algorithm 1). State: t (steps done), m, v.

    The hats undo the start at 0: at t = 1, m̂ = g and v̂ = g², so that the first step is η in every entry.

    Parameters
    ----------
    learning_rate : number or schedule
        η.
    beta1, beta2 : numbers in [0, 1)
        The memory of the mean and of the mean square.
    epsilon : positive number
        ε, beside the root of the corrected v̂, as in the paper.

    >>> Adam(0.1).step(lambda theta: (theta @ theta, 2 * theta), np.array([1.0, -3.0])).round(6)
    array([ 0.9, -2.9])
    """

    learning_rate: Rate = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        check_rate("learning_rate", self.learning_rate)
        within("beta1", self.beta1, "[0, 1)")
        within("beta2", self.beta2, "[0, 1)")
        within("epsilon", self.epsilon, "(0, inf)")

    def fresh(self, theta: Array) -> State:
        return {"t": 0, "m": np.zeros_like(theta), "v": np.zeros_like(theta)}

    def update(self, objective: Any, theta: Array, t: int, m: Array, v: Array) -> tuple[Array, State]:
        _, g = objective(theta)
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * _squared(g)
        m_hat, v_hat = m / (1 - self.beta1 ** (t + 1)), v / (1 - self.beta2 ** (t + 1))
        step = rate_at(self.learning_rate, t) * m_hat / (np.sqrt(v_hat) + self.epsilon)
        return theta - step, {"t": t + 1, "m": m, "v": v}


@with_settings
class AdamW(Adam):
    """Adam with decoupled weight decay: θ ← θ − η (m̂ / (√v̂ + ε) + λ θ), so that λ θ does not pass through m and v
    (Loshchilov & Hutter 2019, algorithm 2; the decay is multiplied by η, as in PyTorch and Optax). State: t, m, v.

    θ holds weights and biases alike, and a single number λ makes *all* of them decay, biases too; unlike the penalty
    `l2` of an objective, which takes weights alone. To spare the biases give λ entry by entry, 0 for each bias.

    Parameters
    ----------
    learning_rate, beta1, beta2, epsilon
        As for Adam.
    weight_decay : number, or array with an entry per parameter; not negative
        λ.

    >>> AdamW(0.1, weight_decay=np.array([0.5, 0.0])).step(lambda theta: (0.0, np.zeros(2)), np.array([1.0, 1.0]))
    array([0.95, 1.  ])
    """

    weight_decay: float | Array = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        for decay in np.ravel(self.weight_decay).tolist():
            within("weight_decay", decay, "[0, inf)")

    def update(self, objective: Any, theta: Array, t: int, m: Array, v: Array) -> tuple[Array, State]:
        if np.ndim(self.weight_decay) and np.shape(self.weight_decay) != theta.shape:
            raise ValueError(f"weight_decay has shape {np.shape(self.weight_decay)}, θ has {theta.shape}")
        decay = rate_at(self.learning_rate, t) * np.asarray(self.weight_decay) * theta
        theta, state = super().update(objective, theta, t, m, v)
        return theta - decay, state


@with_settings
class Clipped(Optimizer):
    """Another optimiser, shown gradients of norm max_norm at most: g ← g · max_norm / ‖g‖ where ‖g‖ is larger (Pascanu,
    Mikolov & Bengio 2013). The direction stays. State: that of the optimiser inside, kept here.

    For optimisers that go by the gradient alone. A line search or a curvature model wants E's own gradient.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rule is followed.
    max_norm : positive number
        The largest ‖g‖, over the whole of θ.

    >>> Clipped(GradientDescent(0.1), max_norm=1.0).step(lambda theta: (0.0, np.array([30.0, 40.0])), np.zeros(2))
    array([-0.06, -0.08])
    """

    optimizer: Optimizer
    max_norm: float

    def __post_init__(self) -> None:
        within("max_norm", self.max_norm, "(0, inf)")

    def fresh(self, theta: Array) -> State:
        return self.optimizer.fresh(theta)

    def update(self, objective: Any, theta: Array, **state: Any) -> tuple[Array, State]:
        return self.optimizer.update(_Shortened(objective, self.max_norm), theta, **state)


class _Shortened:
    """An objective with its gradient clipped, and all else as it is."""

    def __init__(self, objective: Any, max_norm: float) -> None:
        self.objective, self.max_norm = objective, max_norm

    def __call__(self, theta: Array) -> tuple[float, Array]:
        E, g = self.objective(theta)
        if norm(g) <= self.max_norm:
            return E, g
        g = np.ldexp(g, -exponent(g))  # of the same direction, and of a norm that does not overflow
        return E, g * (self.max_norm / norm(g))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)


def _squared(g: Array) -> Array:
    """g², if it fits a float: a mean square that is infinite would make all later steps 0."""
    with np.errstate(over="ignore", under="ignore"):
        squares = g * g
    wild = np.isinf(squares) & np.isfinite(g)
    if wild.any():
        raise OverflowError(
            f"a derivative of E is {g[wild][0]:.1e}, its square is no float any more; scale the data, or clip the "
            "gradient: Clipped(optimizer, max_norm)"
        )
    return squares
