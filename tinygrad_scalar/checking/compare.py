"""Is the gradient right? Several witnesses are asked, and their answers compared entry by entry.

The exact witnesses (scalar, matrix, complex step, JAX, forward mode) differ by rounding alone, so their error is
measured against the size of the terms that are summed into an entry (`rounding`). Central differences are judged as
usual by |a − n| / (|a| + |n| + 1e-12). An entry is set apart, not judged, where the step crosses a kink, or where both
numbers are small and differ by no more than the rounding of E explains; a suspicious one is asked again with smaller
steps, so that truncation is not taken for a slip.

>>> from tinygrad_scalar import MLP
>>> comparison = compare_gradients(MLP(2, [3, 1], rng=0), [[0.5, -1.0]], [[1.0]], "half_squared_error")
>>> comparison.agree, comparison.errors["matrix"][0] < 1e-15
(True, True)
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arguments import within
from ..arrays import Array, ArrayLike, Integers, norm
from ..losses import Loss
from ..matrix import MatrixMLP
from ..nn import MLP
from ..objective import ROUTES as EXACT_ROUTES
from ..objective import Objective
from .comparison import EXACT, Comparison, Witness, layer_of_entries, worst_entry
from .diagnosis import diagnose_on
from .nodes import compare_nodes, same_side, scalar_nodes
from .rounding import output_delta, relative, term_sizes
from .witnesses import (
    ASKED,
    VISITS,
    Refusal,
    central_differences,
    complex_step,
    forward_mode,
    jax_gradient,
    patient_differences,
    spread,
)

ROUTES = (*EXACT_ROUTES, "central", "complex", "jax")
WITNESSES = (
    *ROUTES,
    "forward",
)  # forward mode by name alone: it is slow, and reads scalar's table


@np.errstate(all="ignore")
def compare_gradients(
    mlp: MLP | MatrixMLP,
    X: ArrayLike,
    Y: ArrayLike,
    loss: str | Loss,
    routes: Sequence[str] = ROUTES,
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    sample_weight: ArrayLike | None = None,
    epsilon: float = 1e-5,
) -> Comparison:
    """Compare ∇E of one network on the same examples, computed by each of the routes.

    Parameters
    ----------
    mlp : MLP or MatrixMLP
    X, Y : arrays with one example a row, M × d_0 and M × d_L
    loss : str or callable
    routes : two of "scalar", "replay", "matrix", "central", "complex", "jax" and "forward", one of the first three
        The first of those is the reference. Where both "scalar" and "matrix" are named, every z and every δ is
        compared too: δ_i^(ℓ) is the gradient that the scalar engine leaves at the node z_i^(ℓ). A witness that cannot
        be asked (no JAX; a complex step through relu) is skipped, and the table says why. Of a network with more than
        2000 parameters central differences and complex step are asked for every second entry, every third, …;
        forward mode, which is asked only if it is named, at a million nodes passed.
    l1, l2, sample_weight
        As for `Objective`.
    epsilon : float
        The step of the central differences, above 0.
    """
    within("epsilon", epsilon, "(0, inf)")
    routes = list(dict.fromkeys(routes))
    own = [route for route in routes if route in EXACT_ROUTES]
    if not set(routes) <= set(WITNESSES) or len(routes) < 2 or not own:
        names, exact_names = ", ".join(WITNESSES), " or ".join(EXACT_ROUTES)
        raise ValueError(f"name two or more of the routes {names}, {exact_names} among them, not {routes}")

    def ask(X: ArrayLike, Y: ArrayLike, s: ArrayLike | None) -> tuple[Any, ...]:
        """The objectives, the scalar nodes if they are compared, JAX's answer, and which examples lie off all kinks."""
        first = Objective(mlp, X, Y, loss, route=own[0], l1=l1, l2=l2, sample_weight=s)
        exact = {route: first.by(route) for route in own}
        nodes = scalar_nodes(first) if {"scalar", "matrix"} <= set(own) else None
        jax = _answer(jax_gradient, first) if "jax" in routes else None
        passes = ([nodes[:2]] if nodes else []) + ([jax[2:]] if isinstance(jax, tuple) else [])
        return exact, nodes, jax, same_side(first, passes)

    exact, nodes, jax, same = ask(X, Y, sample_weight)
    left_out = 0
    while not same.all():  # without them a product may be rounded otherwise, and put others on a kink
        if not same.any():
            raise ValueError("all examples lie on a kink to within rounding; move the inputs a little to compare")
        first, left_out = exact[own[0]], left_out + int((~same).sum())
        exact, nodes, jax, same = ask(first.X[same], first.Y[same], first.s[same])
    bench = _Bench(exact[own[0]])
    witnesses = []
    for route in [route for route in routes if route != own[0]]:
        if route == "central":
            witnesses.append(bench.central(epsilon))
        elif route == "complex":
            witnesses.append(
                bench.hear(route, _answer(complex_step, bench.objective, entries=bench.asked), bench.asked)
            )
        elif route == "forward":
            witnesses.append(bench.forward())
        else:
            witnesses.append(bench.hear(route, jax if route == "jax" else exact[route](bench.theta)))
    of_nodes = compare_nodes(exact["matrix"], nodes, bench.sizes) if nodes else {}
    return Comparison(own[0], witnesses, of_nodes, on_a_kink=left_out)


def _answer(witness: Callable[..., Any], objective: Objective, **how: Any) -> Any:
    """What a witness answers of E at the network's θ; a Refusal is an answer too."""
    try:
        return witness(objective, objective.network.theta, **how)
    except Refusal as refusal:
        return refusal


class _Bench:
    """The reference's answer, and what those of the witnesses are judged by."""

    def __init__(self, objective: Objective) -> None:
        self.objective, self.network, self.theta = objective, objective.network, objective.network.theta
        self.E, self.gradient = objective(self.theta)
        self.sizes = term_sizes(objective, output_delta(objective, objective.forward(self.theta)[0]))
        self.asked = spread(len(self.theta), ASKED)  # by those who answer one by one

    def forward(self) -> Witness:
        """What forward mode says, of as many entries as may be asked."""
        visits = len(self.theta) * self.objective.M
        if 2 * visits > VISITS:
            refusal = Refusal(f"two sweeps up the graph would pass more than {VISITS:,} nodes; take fewer examples")
            return self.hear("forward", refusal)
        asked = spread(len(self.theta), min(ASKED, VISITS // (visits or 1)))
        return self.one_by_one("forward", forward_mode, asked)

    def one_by_one(self, route: str, witness: Callable[..., Any], asked: Integers) -> Witness:
        """What a witness says that is asked for some entries."""
        return self.hear(route, _answer(witness, self.objective, entries=asked), asked)

    def hear(self, route: str, answer: Any, asked: Integers | None = None) -> Witness:
        """What (E, ∇E, …) says, entry by entry against the size of the terms; or why it says nothing.

        `asked` are the entries that it answers for, if not all.
        """
        if isinstance(answer, Refusal):
            return Witness(route, None, [float("nan")] * self.network.L, refusal=str(answer))
        E, asked = answer[0], np.arange(len(self.theta)) if asked is None else asked
        error = relative(answer[1] - self.gradient[asked], self.sizes.gradient[asked])
        E_error = float(relative(np.array(E - self.E), np.array(self.sizes.E)))
        return self._witness(route, asked, answer[1], error, E_error=E_error)

    def central(self, epsilon: float) -> Witness:
        """What central differences say; entries at a kink or too small to resolve are not judged."""
        numeric, error, kinks, too_small = patient_differences(self.objective, self.gradient, epsilon, self.asked)
        error[kinks | too_small] = np.nan
        counts = {"kinks": int(kinks.sum()), "too_small": int(too_small.sum())}
        return self._witness("central", self.asked, numeric, error, **counts)

    def _witness(self, route: str, asked: Integers, numbers: Array, errors: Array, **facts: Any) -> Witness:
        """The witness with its largest error by layer: nan where none is judged, 0 for a frozen layer."""
        candidate, error = np.full((2, len(self.theta)), np.nan)
        candidate[asked], error[asked] = numbers, errors
        layer, frozen = layer_of_entries(self.network), self.network.frozen
        by_layer = [
            0.0 if l in frozen else float(np.fmax.reduce(error[layer == l], initial=np.nan))
            for l in range(1, self.network.L + 1)
        ]
        worst = worst_entry(self.network, self.gradient, candidate, error)
        unasked = int(asked[1] - asked[0]) - 1 if len(asked) < len(self.theta) else 0
        witness = Witness(route, candidate, by_layer, worst, unasked=unasked, **facts)
        if witness.verdict in ("differs", "suspicious", "a bug") and not witness.E_error > EXACT and not unasked:
            found = diagnose_on(self.objective, self.gradient, candidate)
            witness.diagnosis = found.guess if found else ""
        return witness


@np.errstate(all="ignore")
def errors_by_step(
    mlp: MLP | MatrixMLP, X: ArrayLike, Y: ArrayLike, loss: str | Loss, epsilons: ArrayLike | None = None
) -> tuple[Array, Array]:
    """The steps ε, and the largest error of central differences at each: ‖a − n‖ / (‖a‖ + ‖n‖), a V on log scales.

    Truncation falls as ε², rounding rises as 1/ε; without `epsilons`, 1e-12 to 1 in steps of half a decade.
    `drawing.draw_steps` draws it.
    """
    objective = Objective(mlp, X, Y, loss)
    theta = objective.network.theta
    a = objective(theta)[1]
    steps = np.logspace(-12, 0, 25) if epsilons is None else np.asarray(epsilons, dtype=float)
    numeric = [central_differences(objective, theta, float(step))[0] for step in steps]
    return steps, np.array([norm(a - n) / (norm(a) + norm(n) or 1.0) for n in numeric])
