"""Which optimiser is fastest? All start at the same θ_0 and may spend the same number of gradients.

What counts is work, not steps: E with its gradient is 1, a product with the Hessian or the Gauss–Newton matrix 1, the
Gauss–Newton diagonal and the residuals with their Jacobian one for each output, a Hessian one for each entry of θ. A
method with a learning rate gets the best of a few, and says which: nobody loses by a bad setting.

>>> race = Race(rosenbrock(), gradients=50)
>>> best = min(race.run(), key=lambda lap: lap.E[-1])
>>> best.E[-1] < 1e-9
True
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .. import optimizers
from ..arguments import random_source, whole_number
from ..arrays import Array
from ..data.preparation import Standardisation, one_hot
from ..data.sets import digits, moons
from ..nn import MLP
from ..objective import Objective

DENSE = 1000  # parameters
DEAR = {  # what may cost more than all there is to spend
    "hessian": "one Hessian costs",
    "gauss_newton_diagonal": "the Gauss–Newton diagonal costs",
    "residuals": "the residuals with their Jacobian cost",
}
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Problem:
    """Something to minimise: an objective, where to start, and the number of outputs that a Jacobian has rows for."""

    name: str
    objective: Any
    start: Array
    outputs: int = 1


class Bowl:
    """E = ½ Σ c_i θ_i² with curvatures c: a quadratic whose axes are turned, so that no coordinate is special."""

    def __init__(self, curvatures: Array, rng: Any) -> None:
        n, rng = len(curvatures), random_source(rng)
        Q, _ = np.linalg.qr(np.array([[rng.gauss(0.0, 1.0) for _ in range(n)] for _ in range(n)]))
        self.H = Q @ np.diag(curvatures) @ Q.T

    def __call__(self, theta: Array) -> tuple[float, Array]:
        g = self.H @ theta
        return float(0.5 * theta @ g), g

    def hessian(self, theta: Array) -> Array:
        return self.H  # type: ignore[no-any-return]

    def hvp(self, theta: Array, v: Array) -> Array:
        return self.H @ v  # type: ignore[no-any-return]

    def gauss_newton_diagonal(self, theta: Array) -> Array:
        return np.diag(self.H)


class Valley:
    """E = ½ rᵀr with r = (10 (θ_2 − θ_1²), 1 − θ_1): half of Rosenbrock's banana valley (1960); it ends at (1, 1)."""

    def residuals(self, theta: Array) -> tuple[Array, Array]:
        x, y = theta
        return np.array([10.0 * (y - x * x), 1.0 - x]), np.array([[-20.0 * x, 10.0], [-1.0, 0.0]])

    def __call__(self, theta: Array) -> tuple[float, Array]:
        r, J = self.residuals(theta)
        return float(0.5 * r @ r), J.T @ r

    def hessian(self, theta: Array) -> Array:
        r, J = self.residuals(theta)
        return np.asarray(J.T @ J + r[0] * np.array([[-20.0, 0.0], [0.0, 0.0]]))

    def hvp(self, theta: Array, v: Array) -> Array:
        return self.hessian(theta) @ v

    def gauss_newton_diagonal(self, theta: Array) -> Array:
        return (self.residuals(theta)[1] ** 2).sum(axis=0)  # type: ignore[no-any-return]


def quadratic() -> Problem:
    """A bowl in 50 dimensions, with curvatures from 0.01 to 1."""
    return Problem("quadratic", Bowl(np.logspace(-2, 0, 50), 0), np.ones(50))


def rosenbrock() -> Problem:
    """The banana valley from its usual start, (−1.2, 1)."""
    return Problem("rosenbrock", Valley(), np.array([-1.2, 1.0]), 2)


def _network(name: str, X: Array, labels: Any, hidden: list[int], rng: Any) -> Problem:
    Y = one_hot(labels)
    mlp = MLP(X.shape[1], [*hidden, Y.shape[1]], "tanh", "softmax", rng=rng)
    return Problem(name, Objective(mlp, Standardisation.of(X)(X), Y, "cross_entropy"), mlp.theta, Y.shape[1])


def digits_problem() -> Problem:
    """All 1797 digits at once, MLP(64, [32, 10]), tanh, cross-entropy, no penalty."""
    data = digits()
    return _network("digits", data.X, data.labels, [32], 0)


def moons_problem() -> Problem:
    """400 moons at once, MLP(2, [16, 2]), tanh, cross-entropy, no penalty."""
    data = moons()
    return _network("moons", data.X, data.labels, [16], 0)


PROBLEMS = {"digits": digits_problem, "moons": moons_problem, "quadratic": quadratic, "rosenbrock": rosenbrock}

# fmt: off
RACERS: dict[str, tuple[Callable[[float], Any], bool]] = {  # name: (optimiser for a rate, whether it takes one)
    "gradient descent": (optimizers.GradientDescent, True),
    "momentum":         (lambda rate: optimizers.Momentum(rate, 0.9), True),
    "Nesterov":         (lambda rate: optimizers.Momentum(rate, 0.9, nesterov=True), True),
    "RMSProp":          (optimizers.RMSProp, True),
    "Adam":             (optimizers.Adam, True),
    "iRProp+":          (lambda rate: optimizers.RProp(), False),
    "IDBD":             (lambda rate: optimizers.IDBD(), False),
    "online L-BFGS":    (lambda rate: optimizers.OnlineLBFGS(rate, c=1.0), True),
    "CG":               (lambda rate: optimizers.SciPy("CG", options={"gtol": 0.0}), False),
    "BFGS":             (lambda rate: optimizers.SciPy("BFGS", options={"gtol": 0.0}), False),
    "L-BFGS":           (lambda rate: optimizers.SciPy("L-BFGS-B", options={"gtol": 0.0, "ftol": 0.0}), False),
    "Newton-CG":        (lambda rate: optimizers.SciPy("Newton-CG", options={"xtol": 0.0}), False),
    "trust region":     (lambda rate: optimizers.SciPy("trust-ncg", options={"gtol": 0.0}), False),
    "Newton":           (lambda rate: optimizers.Newton(), False),
    "Levenberg–Marquardt": (lambda rate: optimizers.LevenbergMarquardt(), False),
}
# fmt: on


class _Spent(Exception):
    """All gradients are used up, or what is asked for next costs more than there are."""


class _Meter:
    """An objective that counts the work asked of it, and remembers the lowest E after each unit."""

    def __init__(self, problem: Problem, gradients: int) -> None:
        self.problem, self.gradients = problem, gradients
        self.E: list[float] = []

    def _pay(self, work: int, what: str = "") -> None:
        if len(self.E) + work > self.gradients + 1:
            dear = what and work > self.gradients
            raise _Spent(f"{what} {work} gradients, and there are {self.gradients}" if dear else "")
        self.E += [self.E[-1] if self.E else float("inf")] * work

    def __call__(self, theta: Array) -> tuple[float, Array]:
        self._pay(1)
        E, g = self.problem.objective(theta)
        self.E[-1] = min(self.E[-1], E if np.isfinite(E) else float("inf"))
        return E, g

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.problem.objective, name)
        outputs, n = self.problem.outputs, len(self.problem.start)
        work = {"hvp": 1, "gauss_newton": 1, "hessian": n, "gauss_newton_diagonal": outputs, "residuals": outputs}
        if name not in work:
            raise AttributeError(f"a race does not know what {name} costs")

        def paid(*arguments: Any) -> Any:
            self._pay(work[name], DEAR.get(name, ""))
            return method(*arguments)

        return paid


@dataclass(frozen=True)
class Lap:
    """How one optimiser did: E[k] is the lowest E that it had seen after k gradients; E[0] is that of θ_0.

    It is the best of so many laps as rates were `tried`, each with all the gradients.
    """

    name: str
    rate: float | None
    E: list[float] = field(repr=False)
    tried: int = 1


@dataclass(frozen=True)
class Absent:
    """An optimiser that cannot come below θ_0 here, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Race:
    """All optimisers on one problem, for so many gradients each.

    Absent is who cannot come below θ_0: a Hessian of a thousand parameters costs more than all there is to spend, and
    residuals are for squared errors.
    """

    problem: Problem
    gradients: int = 50

    def __post_init__(self) -> None:
        whole_number(self.gradients, "gradients")

    def run(self) -> Iterator[Lap]:
        """A lap for each optimiser that can be used here, in the order of `RACERS`."""
        return (result for result in self.results() if isinstance(result, Lap))

    def results(self, watch: Callable[[str, float | None], object] | None = None) -> Iterator[Lap | Absent]:
        """The best lap of each optimiser, or why it has none; `watch` is told each name and rate before its lap."""
        for name, (make, takes_a_rate) in RACERS.items():
            laps: list[Lap | Absent] = []
            for rate in RATES if takes_a_rate else (None,):
                if watch:
                    watch(name, rate)
                laps.append(self.lap(name, make, rate))
            done = [lap for lap in laps if isinstance(lap, Lap)]
            yield replace(min(done, key=lambda lap: lap.E[-1]), tried=len(laps)) if done else laps[0]

    @np.errstate(all="ignore")
    def lap(self, name: str, make: Callable[[Any], Any], rate: float | None) -> Lap | Absent:
        """One optimiser's lap, or why it cannot come below θ_0."""
        try:
            meter, optimizer = _Meter(self.problem, self.gradients), make(rate)
        except ImportError as error:
            return Absent(name, str(error))
        n, why = len(self.problem.start), "no step of it came below the start"
        if getattr(optimizer, "method", "") == "BFGS" and n > DENSE:  # minutes, where the others take a second
            return Absent(name, f"it keeps a matrix of {n} × {n} numbers, {DENSE} × {DENSE} are the limit here")
        start, theta = self.problem.objective(self.problem.start)[0], self.problem.start
        try:
            if hasattr(optimizer, "minimise"):
                while True:  # a method that has converged, or lost its way, starts anew with a fresh memory
                    before = len(meter.E)
                    theta = optimizer.minimise(meter, theta, self.gradients)
                    if len(meter.E) - before < 2:
                        raise _Spent
            while True:
                theta = optimizer.step(meter, theta)
        except _Spent as spent:
            why = str(spent) or why
        except (ValueError, OverflowError) as error:  # it needs residuals, and there are none; or it left all numbers
            why = str(error)
        E = np.minimum.accumulate([start, *meter.E[1:]]).tolist()
        if not min(E) < start:
            return Absent(name, why)
        return Lap(name, rate, [*E, *[E[-1]] * (self.gradients + 1 - len(E))])


def table(laps: Sequence[Lap], gradients: int) -> str:
    """E after a tenth, a half and all of the gradients, best first."""
    marks = sorted({max(1, gradients // 10), max(1, gradients // 2), gradients})
    lines = ["optimiser".ljust(22) + "rate".rjust(7) + "".join(f"E after {k}".rjust(14) for k in marks)]
    for lap in sorted(laps, key=lambda lap: lap.E[-1]):
        rate = "" if lap.rate is None else f"{lap.rate:g}"
        lines.append(lap.name.ljust(22) + rate.rjust(7) + "".join(f"{lap.E[k]:.2e}".rjust(14) for k in marks))
    return "\n".join(lines)


def remarks(results: Sequence[Lap | Absent], gradients: int) -> list[str]:
    """What the table does not show: that rates were searched, and at what cost; who is missing, and why."""
    said, tried = [], max((lap.tried for lap in results if isinstance(lap, Lap)), default=1)
    if tried > 1:
        said.append(
            f"rate: the best of {tried} from {min(RATES):g} to {max(RATES):g}, by E at the end. Each had "
            f"{gradients} gradients: the search cost {tried * gradients}, a method without a rate {gradients}"
        )
    return said + [f"{result.name} is missing: {result.why}" for result in results if isinstance(result, Absent)]
