"""Is the gradient right? Several witnesses are asked, and their answers compared entry by entry.

The exact witnesses (scalar, matrix, complex step, JAX) differ by rounding alone, so their error is measured against the
size of the terms that are summed into an entry (`rounding`). Central differences are judged as usual by
|a − n| / (|a| + |n| + 1e-12). An entry is set apart, not judged, where the step crosses a kink, or where both numbers
are small and differ by no more than the rounding of E explains; a suspicious one is asked again with smaller steps, so
that truncation is not taken for a slip.

>>> from tinygrad_scalar import MLP
>>> comparison = compare_gradients(MLP(2, [3, 1], rng=0), [[0.5, -1.0]], [[1.0]], "half_squared_error")
>>> comparison.agree, comparison.errors["matrix"][0] < 1e-15
(True, True)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import losses
from ..losses import Loss
from ..matrix import MatrixMLP
from ..nn import MLP
from ..objective import ROUTES as EXACT_ROUTES
from ..objective import Array, Objective, examples
from .comparison import EXACT, Comparison, Witness, judge, layer_of_entries, worst_entry
from .diagnosis import Diagnosis, diagnose
from .rounding import TermSizes, output_delta, relative, term_sizes
from .witnesses import Refusal, central_differences, complex_step, jax_gradient, kinked, rounding_of_differences

__all__ = ["ROUTES", "Comparison", "Diagnosis", "compare_gradients", "diagnose", "errors_by_step", "judge"]

ROUTES = (*EXACT_ROUTES, "central", "complex", "jax")
ASKED = 2000  # central differences and complex step cost a forward pass or two for each entry of θ: no more of them


@np.errstate(all="ignore")
def compare_gradients(
    mlp: MLP | MatrixMLP,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    loss: str | Loss,
    routes: Sequence[str] = ROUTES,
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    sample_weight: npt.ArrayLike | None = None,
    epsilon: float = 1e-5,
) -> Comparison:
    """Compare ∇E of one network on the same examples, computed by each of the routes.

    Parameters
    ----------
    mlp : MLP or MatrixMLP
    X, Y : arrays with one example a row, M × d_0 and M × d_L
    loss : str or callable
    routes : of "scalar", "matrix", "central", "complex" and "jax" two at least, one of them "scalar" or "matrix"
        The first of these is the reference. Where both "scalar" and "matrix" are named, every z and every δ is
        compared too: δ_i^(ℓ) is the gradient that the scalar engine leaves at the node z_i^(ℓ). A witness that cannot
        be asked (no JAX; a complex step through relu) is skipped, and the table says why. Of a network with more than
        2000 parameters central differences and complex step are asked for every second entry, every third, …
    l1, l2, sample_weight
        As for `Objective`.
    epsilon : float
        The step of the central differences.
    """
    routes = list(dict.fromkeys(routes))
    if not set(routes) <= set(ROUTES) or len(routes) < 2 or not set(routes) & set(EXACT_ROUTES):
        raise ValueError(
            f"name two or more of the routes {', '.join(ROUTES)}, {' or '.join(EXACT_ROUTES)} among them, not {routes}"
        )
    network = mlp if isinstance(mlp, MatrixMLP) else MatrixMLP.from_scalar(mlp)
    X, Y = examples(network, X, Y)
    how: dict[str, Any] = {"l1": l1, "l2": l2}
    exact = {
        route: Objective(network, X, Y, loss, route=route, sample_weight=sample_weight, **how)
        for route in routes
        if route in EXACT_ROUTES
    }
    reference, theta = next(iter(exact)), network.theta
    nodes: Any = None
    answers: dict[str, tuple[float, Array]] = {}
    refusals: dict[str, str] = {}
    first = exact[reference]
    same = np.ones(first.M, dtype=bool)
    if {"scalar", "matrix"} <= set(exact):
        nodes = scalar_nodes(first)
        same &= same_side(first, exact["matrix"].forward(theta), nodes[:2])
    if "jax" in routes:
        try:
            *answers["jax"], Z, A = jax_gradient(first, theta)  # type: ignore[assignment]
            same &= same_side(first, first.forward(theta), (Z, A))
        except Refusal as refusal:
            refusals["jax"] = str(refusal)
    if not same.any():
        raise ValueError("all examples lie on a kink to within rounding; move the inputs a little to compare")
    if not same.all():
        exact = {
            route: Objective(network, X[same], Y[same], loss, route=route, sample_weight=o.s[same], **how)
            for route, o in exact.items()
        }
        nodes = nodes and tuple([a[..., same] for a in part] for part in nodes)
        first = exact[reference]
        if "jax" in answers:
            answers["jax"] = jax_gradient(first, theta)[:2]
    answers |= {route: objective(theta) for route, objective in exact.items()}
    asked = _asked(len(theta))
    if "complex" in routes:
        try:
            E, some = complex_step(first, theta, entries=asked)
            answers["complex"] = E, np.full(len(theta), np.nan)
            answers["complex"][1][asked] = some
        except Refusal as refusal:
            refusals["complex"] = str(refusal)
    E, gradient = answers[reference]
    sizes = term_sizes(first, output_delta(first, first.forward(theta)[0]))
    witnesses = []
    for route in routes:
        if route in refusals:
            witnesses.append(Witness(route, None, [float("nan")] * network.L, refusal=refusals[route]))
        elif route == "central":
            witnesses.append(_central(first, gradient, epsilon, asked))
        elif route != reference:
            error = relative(answers[route][1] - gradient, sizes.gradient)
            if route == "complex":
                error[np.setdiff1d(np.arange(len(theta)), asked)] = np.nan
            witness = _witness(network, route, gradient, answers[route][1], error)
            witness.E_error = float(relative(np.array(answers[route][0] - E), np.array(sizes.E)))
            witnesses.append(witness)
    for witness in witnesses:
        if witness.route in ("central", "complex"):
            witness.unasked = 0 if len(asked) == len(theta) else int(asked[1] - asked[0]) - 1
        if (
            witness.verdict in ("differs", "suspicious", "a bug")
            and not witness.E_error > EXACT
            and not witness.unasked
        ):
            X, Y, s, given = first.X, first.Y, first.s, witness.gradient
            slip = diagnose(gradient, given, network, X, Y, loss, sample_weight=s, **how)
            witness.diagnosis = slip.guess if slip else ""
    apart = int((~same).sum())
    return Comparison(reference, witnesses, compare_nodes(exact["matrix"], nodes, sizes) if nodes else {}, apart)


def _asked(n: int) -> npt.NDArray[np.intp]:
    """The entries of θ that witnesses are asked for which answer one at a time: all, or every n-th of very many."""
    return np.arange(0, n, -(-n // ASKED) or 1)


def _witness(network: MatrixMLP, route: str, reference: Array, candidate: Array, error: Array) -> Witness:
    """The witness with its largest error by layer; entries whose error is nan are not judged, frozen layers are 0."""
    layer = layer_of_entries(network)
    errors = [
        0.0 if l in network.frozen else float(np.fmax.reduce(error[layer == l], initial=np.nan))
        for l in range(1, network.L + 1)
    ]
    return Witness(route, candidate, errors, worst_entry(network, reference, candidate, error))


def _central(objective: Objective, reference: Array, epsilon: float, asked: npt.NDArray[np.intp]) -> Witness:
    theta = objective.network.theta
    noise = rounding_of_differences(objective, theta, epsilon)
    a = reference[asked]
    n, kinks = central_differences(objective, theta, epsilon, asked)
    too_small = ~kinks & (np.abs(a - n) <= noise) & (np.abs(a) + np.abs(n) < 1e5 * noise)
    error = _central_error(a, n)
    for smaller in (epsilon / 10, epsilon / 100):
        doubtful = np.flatnonzero(~kinks & ~too_small & (error > 1e-5))
        again, _ = central_differences(objective, theta, smaller, asked[doubtful])
        anew = _central_error(a[doubtful], again)
        closer = anew < error[doubtful]
        error[doubtful[closer]], n[doubtful[closer]] = anew[closer], again[closer]
    error[kinks | too_small] = np.nan
    numeric, errors = np.full(len(theta), np.nan), np.full(len(theta), np.nan)
    numeric[asked], errors[asked] = n, error
    witness = _witness(objective.network, "central", reference, numeric, errors)
    witness.kinks, witness.too_small = int(kinks.sum()), int(too_small.sum())
    return witness


def _central_error(a: Array, n: Array) -> Array:
    error = np.abs(a - n) / (np.abs(a) + np.abs(n) + 1e-12)
    return np.where(np.isfinite(error), error, np.inf)


@np.errstate(all="ignore")
def errors_by_step(
    mlp: MLP | MatrixMLP, X: npt.ArrayLike, Y: npt.ArrayLike, loss: str | Loss, epsilons: npt.ArrayLike | None = None
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
    norm = np.linalg.norm
    return steps, np.array([norm(a - n) / (norm(a) + norm(n) + 1e-12) for n in numeric])


def scalar_nodes(objective: Objective) -> tuple[list[Any], list[Any], list[Any]]:
    """Z, A and Δ of the scalar engine, by layer, d_ℓ × M: δ is the gradient that backward() leaves at each node z."""
    mlp, L = MLP.from_matrix(objective.network), objective.network.L
    columns: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
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


def same_side(objective: Objective, one: tuple[list[Any], list[Any]], other: tuple[list[Any], list[Any]]) -> Any:
    """For each example, whether two forward passes see it on the same sides of all kinks."""
    same = np.ones(objective.M, dtype=bool)
    for a, b in zip(kinked(objective, *one), kinked(objective, *other), strict=True):
        same &= (np.sign(a) == np.sign(b)).all(axis=0) | ~np.isfinite(a).all(axis=0)
    return same


def compare_nodes(
    objective: Objective, scalar: tuple[list[Any], list[Any], list[Any]], sizes: TermSizes
) -> dict[str, list[float]]:
    """z and δ of every neuron and example, scalar against matrix: the largest relative error of each layer."""
    network, layers = objective.network, range(1, objective.network.L + 1)
    Z, A = network.forward(objective.X.T)
    Delta = network.deltas(Z, A, objective.Y.T, objective.loss)
    return {
        "z": [float(relative(scalar[0][l] - Z[l], sizes.z[l]).max()) for l in layers],
        "δ": [float(relative(scalar[2][l] - Delta[l], sizes.delta[l]).max()) for l in layers],
    }
