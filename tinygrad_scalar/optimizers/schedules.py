"""A learning rate may be a number, or a schedule that lets it fall as training goes on.

A schedule is a function t -> learning rate, where t counts an optimiser's steps (batches, not epochs) from 0. Wherever
an optimiser takes a learning rate it takes either; any function of one's own will do.

>>> rate = cosine(0.1, steps=100)
>>> rate(0), round(rate(50), 3), rate(100)
(0.1, 0.05, 0.0)
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi

from ..arguments import within

Schedule = Callable[[int], float]
Rate = float | Schedule  # a number, or a function of the step


@dataclass(frozen=True)
class constant:
    """η at every step: what a plain number means.

    >>> constant(0.1)(7)
    0.1
    """

    eta: float

    def __post_init__(self) -> None:
        within("eta", self.eta, "(0, inf)")

    def __call__(self, t: int) -> float:
        return self.eta


@dataclass(frozen=True)
class step_decay:
    """η · factor^⌊t / every⌋: constant for a while, then a drop.

    >>> [step_decay(8.0, 0.5, every=2)(t) for t in range(5)]
    [8.0, 8.0, 4.0, 4.0, 2.0]
    """

    eta: float
    factor: float = 0.1
    every: int = 1000

    def __post_init__(self) -> None:
        within("eta", self.eta, "(0, inf)")
        within("factor", self.factor, "(0, 1]")
        within("every", self.every, "(0, inf)")

    def __call__(self, t: int) -> float:
        return self.eta * self.factor ** (t // self.every)


@dataclass(frozen=True)
class exponential:
    """η · factor^t.

    >>> [exponential(8.0, 0.5)(t) for t in range(4)]
    [8.0, 4.0, 2.0, 1.0]
    """

    eta: float
    factor: float = 0.999

    def __post_init__(self) -> None:
        within("eta", self.eta, "(0, inf)")
        within("factor", self.factor, "(0, 1]")

    def __call__(self, t: int) -> float:
        return self.eta * self.factor**t


@dataclass(frozen=True)
class inverse_time:
    """η τ / (τ + t): nearly constant until t ~ τ, then as 1/t. The sum diverges and the sum of squares does not, as
    stochastic approximation asks (Robbins & Monro 1951).

    >>> [inverse_time(1.0, 10.0)(t) for t in (0, 10, 90)]
    [1.0, 0.5, 0.1]
    """

    eta: float
    tau: float = 1000.0

    def __post_init__(self) -> None:
        within("eta", self.eta, "(0, inf)")
        within("tau", self.tau, "(0, inf)")

    def __call__(self, t: int) -> float:
        return self.eta * self.tau / (self.tau + t)


@dataclass(frozen=True)
class cosine:
    """Half a cosine from η at t = 0 down to `end` at t = steps, and `end` from there on (Loshchilov & Hutter 2017,
    without the restarts).

    >>> [round(cosine(1.0, 4)(t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """

    eta: float
    steps: int
    end: float = 0.0

    def __post_init__(self) -> None:
        within("eta", self.eta, "(0, inf)")
        within("steps", self.steps, "(0, inf)")
        within("end", self.end, "[0, inf)")

    def __call__(self, t: int) -> float:
        return self.end + (self.eta - self.end) * (1.0 + cos(pi * min(t / self.steps, 1.0))) / 2.0


def check_rate(name: str, rate: Rate, interval: str = "(0, inf)") -> None:
    """Refuse a rate that is neither a schedule nor a number in the interval."""
    if not callable(rate):
        within(name, rate, interval)


def rate_at(rate: Rate, t: int, name: str = "learning rate") -> float:
    """The rate at step t, of a number or of a schedule; a schedule may reach 0 and nothing below.

    >>> rate_at(0.1, 5), rate_at(exponential(8.0, 0.5), 1)
    (0.1, 4.0)
    """
    return float(within(f"the {name} at step {t}", rate(t), "[0, inf)")) if callable(rate) else rate
