"""Is the gradient right? Several witnesses are asked, and their answers compared entry by entry.

The exact routes (scalar, matrix) differ by rounding alone, so their error is measured against the size of the terms
that are summed into an entry: a sum of terms of size 1 that nearly cancels is known to 1e-16 at best, however small.
Central differences are judged as usual by |a − n| / (|a| + |n| + 1e-12). An entry is set apart, not judged, where the
step crosses a kink, or where both numbers are small and differ by no more than the rounding of E explains; a suspicious
one is asked again with smaller steps, so that truncation is not taken for a slip.

>>> from tinygrad_scalar import MLP
>>> comparison = compare_gradients(MLP(2, [3, 1], rng=0), [[0.5, -1.0]], [[1.0]], "half_squared_error")
>>> comparison.agree, comparison.errors["matrix"][0] < 1e-15
(True, True)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from . import losses
from .losses import Loss
from .matrix import MatrixMLP
from .nn import MLP
from .objective import Array, Objective, examples
from .slopes import dsigma
from .witnesses import central_differences, kinked, rounding_of_differences

ROUTES = ("scalar", "matrix", "central")
EXACT = 1e-10  # exact routes in float64 agree to this, relative to the size of the terms


def judge(error: float) -> str:
    """What a relative error of central differences means.

    >>> [judge(error) for error in (1e-9, 1e-6, 1e-4, 1e-2)]
    ['excellent', 'probably fine', 'suspicious', 'a bug']
    """
    verdicts = ((1e-7, "excellent"), (1e-5, "probably fine"), (1e-3, "suspicious"))
    return next((verdict for limit, verdict in verdicts if error < limit), "a bug")


@dataclass(frozen=True)
class Entry:
    """One entry of the gradient on which two routes were compared."""

    layer: int
    name: str  # as the text writes it: w_{1,4}^{(2)}
    index: str  # as code writes it: W[2][0, 3]
    reference: float
    candidate: float
    error: float


@dataclass
class Witness:
    """What one route says, measured against the reference route.

    `errors` has the largest relative error of each layer, from ℓ = 1: nan where no entry of the layer could be judged,
    inf where a number was not finite. `E_error` is that of E, nan for a route that gives no E of its own.
    """

    route: str
    gradient: Array
    errors: list[float]
    worst: Entry | None
    E_error: float = float("nan")
    kinks: int = 0
    too_small: int = 0

    @property
    def error(self) -> float:
        """The largest of all errors; nan if nothing was judged."""
        return float(np.fmax.reduce([self.E_error, *self.errors]))

    @property
    def verdict(self) -> str:
        """The judgement on the largest error."""
        if np.isnan(self.error):
            return "not judged"
        if np.isinf(self.error):
            return "not finite"
        if self.route == "central":
            return judge(self.error)
        return "agrees" if self.error <= EXACT else "differs"

    @property
    def agrees(self) -> bool:
        """Whether the gradient was judged, and nothing speaks against it."""
        return self.verdict in ("agrees", "excellent", "probably fine")


@dataclass
class Comparison:
    """The gradients of several routes side by side; print it, or ask `agree`, `errors`, `worst` and `verdict`."""

    reference: str
    witnesses: list[Witness]
    nodes: dict[str, list[float]] = field(default_factory=dict)  # "z" and "δ": scalar against matrix, by layer
    on_a_kink: int = 0  # examples left out: rounding puts them on different sides of a kink

    @property
    def errors(self) -> dict[str, list[float]]:
        """By route the largest relative error of each layer, from ℓ = 1; also of "z" and "δ", if both were computed."""
        return {witness.route: witness.errors for witness in self.witnesses} | self.nodes

    @property
    def agree(self) -> bool:
        """Whether a witness agrees with the reference, and none that could judge speaks against it."""
        judged = [w for w in self.witnesses if w.verdict != "not judged"]
        nodes = all(e <= EXACT for row in self.nodes.values() for e in row)
        return bool(judged) and all(w.agrees for w in judged) and nodes

    @property
    def worst(self) -> Entry | None:
        """The worst entry of the first witness that disagrees, else of the one with the largest error."""
        return max(self.witnesses, key=lambda w: (not w.agrees, np.nan_to_num(w.error))).worst

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        silent = [w.route for w in self.witnesses if w.verdict == "not judged"]
        if len(silent) == len(self.witnesses):
            return "nothing could be judged"
        against = [self._against(w) for w in self.witnesses if not w.agrees and w.route not in silent]
        if against:
            return f"the gradients do not agree: {'; '.join(against)}"
        apart = [name for name, row in self.nodes.items() if any(not e <= EXACT for e in row)]
        if apart:
            return f"the gradients agree, but not {' and '.join(apart)} of every neuron"
        agreeing = [self.reference, *(w.route for w in self.witnesses if w.route not in silent)]
        return f"{', '.join(agreeing)} agree" + (f"; {', '.join(silent)} could not judge" if silent else "")

    def _against(self, witness: Witness) -> str:
        said, entry = f"{witness.route} {witness.verdict}", witness.worst
        if witness.E_error > EXACT:
            return f"{said}, already in E"
        if entry is None:
            return said
        ratio = f" (ratio {entry.candidate / entry.reference:.4g})" if entry.reference else ""
        numbers = f"{self.reference} {entry.reference:.6g}, {witness.route} {entry.candidate:.6g}{ratio}"
        return f"{said} at {entry.name} = {entry.index}: {numbers}"

    def rows(self) -> list[list[str]]:
        """The table, headings first: E, then a line per layer, then verdicts; a column per witness."""
        columns = [(f"{w.route} : {self.reference}", [w.E_error, *w.errors], w.verdict) for w in self.witnesses]
        for name, row in self.nodes.items():
            agrees = all(e <= EXACT for e in row)
            columns.append((f"{name} scalar : matrix", [float("nan"), *row], "agrees" if agrees else "differs"))
        labels = ["E", *(f"layer {l}" for l in range(1, len(columns[0][1])))]
        table = [["", *(heading for heading, _, _ in columns)]]
        for k, label in enumerate(labels):
            table.append([label, *("–" if np.isnan(errors[k]) else f"{errors[k]:.1e}" for _, errors, _ in columns)])
        return [*table, ["", *(verdict for _, _, verdict in columns)]]

    def notes(self) -> list[str]:
        """What was set apart."""
        notes = [
            f"{w.route}: set apart {w.kinks} entries at a kink and {w.too_small} too small to resolve"
            for w in self.witnesses
            if w.kinks or w.too_small
        ]
        if self.on_a_kink:
            notes.append(f"left out {self.on_a_kink} examples that lie on a kink to within rounding")
        return notes

    def __str__(self) -> str:
        rows = self.rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        title, rule = "largest relative error of E, and of the gradient by layer", "─" * len(lines[0])
        return "\n".join([title, lines[0], rule, *lines[1:], *self.notes(), self.verdict])


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
    routes : of "scalar", "matrix" and "central" two at least
        The first exact one is the reference. Where both "scalar" and "matrix" are named, every z and every δ is
        compared too: δ_i^(ℓ) is the gradient that the scalar engine leaves at the node z_i^(ℓ).
    l1, l2, sample_weight
        As for `Objective`.
    epsilon : float
        The step of the central differences.
    """
    unknown = [route for route in routes if route not in ROUTES]
    if unknown or len(set(routes)) < 2:
        raise ValueError(f"name two or more of the routes {', '.join(ROUTES)}, not {list(routes)}")
    network = mlp if isinstance(mlp, MatrixMLP) else MatrixMLP.from_scalar(mlp)
    X, Y = examples(network, X, Y)
    exact = {
        route: Objective(network, X, Y, loss, route=route, l1=l1, l2=l2, sample_weight=sample_weight)
        for route in ("scalar", "matrix")
        if route in routes
    }
    on_a_kink, nodes, sizes = 0, {}, None
    if len(exact) == 2:
        forward, scalar = exact["matrix"].forward(network.theta), scalar_nodes(exact["matrix"])
        same = same_side(exact["matrix"], forward, scalar[:2])
        if not same.any():
            raise ValueError("all examples lie on a kink to within rounding; move the inputs a little to compare")
        if not same.all():
            on_a_kink, scalar = int((~same).sum()), tuple([a[..., same] for a in part] for part in scalar)  # type: ignore[assignment]
            exact = {
                route: Objective(network, X[same], Y[same], loss, route=route, l1=l1, l2=l2, sample_weight=o.s[same])
                for route, o in exact.items()
            }
        sizes = term_sizes(exact["matrix"])
        nodes = compare_nodes(exact["matrix"], scalar, sizes)
    answers = {route: objective(network.theta) for route, objective in exact.items()}
    reference = next(iter(exact))
    E, gradient = answers[reference]
    witnesses = []
    for route in dict.fromkeys(routes):
        if route == "central":
            witnesses.append(_central(exact[reference], gradient, epsilon))
        elif route != reference and sizes is not None:
            witness = _witness(
                network, route, gradient, answers[route][1], _relative(answers[route][1] - gradient, sizes.gradient)
            )
            witness.E_error = float(_relative(np.array(answers[route][0] - E), np.array(sizes.E)))
            witnesses.append(witness)
    return Comparison(reference, witnesses, nodes, on_a_kink)


def entry_names(network: MatrixMLP) -> list[tuple[int, str, str]]:
    """Layer, name and index of each entry of θ."""
    names = []
    for l in range(1, network.L + 1):
        if l not in network.frozen:
            rows, columns = network.W[l].shape
            for i in range(rows):
                names += [(l, f"w_{{{i + 1},{j + 1}}}^{{({l})}}", f"W[{l}][{i}, {j}]") for j in range(columns)]
            names += [(l, f"b_{{{i + 1}}}^{{({l})}}", f"b[{l}][{i}]") for i in range(rows)]
    return names


def _relative(difference: Array, size: Array) -> Array:
    """|difference| / size, 0 where there is no difference, inf where a number is not finite."""
    error = np.where(difference == 0.0, 0.0, np.abs(difference) / np.maximum(size, np.finfo(float).tiny))
    return np.where(np.isfinite(error), error, np.inf)


def _witness(network: MatrixMLP, route: str, reference: Array, candidate: Array, error: Array) -> Witness:
    """The witness with its largest error by layer; entries whose error is nan are not judged, frozen layers are 0."""
    entries = entry_names(network)
    layers = np.array([layer for layer, _, _ in entries])
    errors = [
        0.0 if l in network.frozen else float(np.fmax.reduce(error[layers == l], initial=np.nan))
        for l in range(1, network.L + 1)
    ]
    worst = None
    if not np.isnan(error).all():
        k = int(np.nanargmax(error))
        worst = Entry(*entries[k], float(reference[k]), float(candidate[k]), float(error[k]))
    return Witness(route, candidate, errors, worst)


def _central(objective: Objective, reference: Array, epsilon: float) -> Witness:
    theta = objective.network.theta
    numeric, kinks = central_differences(objective, theta, epsilon)
    noise = rounding_of_differences(objective, theta, epsilon)
    difference, size = np.abs(reference - numeric), np.abs(reference) + np.abs(numeric)
    too_small = ~kinks & (difference <= noise) & (size < 1e5 * noise)
    error = np.where(np.isfinite(difference), difference / (size + 1e-12), np.inf)
    for smaller in (epsilon / 10, epsilon / 100):
        doubtful = np.flatnonzero(~kinks & ~too_small & (error > 1e-5))
        again, _ = central_differences(objective, theta, smaller, doubtful)
        a, n = reference[doubtful], again
        closer = np.abs(a - n) / (np.abs(a) + np.abs(n) + 1e-12) < error[doubtful]
        error[doubtful[closer]] = (np.abs(a - n) / (np.abs(a) + np.abs(n) + 1e-12))[closer]
        numeric[doubtful[closer]] = again[closer]
    error[kinks | too_small] = np.nan
    witness = _witness(objective.network, "central", reference, numeric, error)
    witness.kinks, witness.too_small = int(kinks.sum()), int(too_small.sum())
    return witness


@dataclass(frozen=True)
class TermSizes:
    """The sizes of the terms that are summed into E, into each z and δ (by layer), and into each entry of ∇E."""

    E: float
    z: list[Any]
    delta: list[Any]
    gradient: Array


def term_sizes(objective: Objective) -> TermSizes:
    """The forward pass and the δ equations at the network's θ with all numbers made positive.

    σ′ counts 1e-5 at least: that of a saturated neuron is itself a difference of terms of size 1. So does what a
    softmax or gelu leaves of a z, and the output's Δ = A − Y has terms |A| + |Y|.
    """
    network, M, Y = objective.network, objective.M, np.abs(objective.Y.T)
    (Z, A), L = network.forward(objective.X.T), network.L
    W, s, sigmas = network.W, np.abs(objective.s), network.activations
    a = [np.abs(A[0]), *(np.abs(A[l]) + 1e-5 * np.abs(Z[l]) for l in range(1, L + 1))]
    z: list[Any] = [None]
    delta: list[Any] = [None] * (L + 1)
    dW, db = list(delta), list(delta)
    for l in range(1, L + 1):
        z.append(np.abs(W[l]) @ a[l - 1] + np.abs(network.b[l])[:, None])
    largest = np.abs(Z[L]).max(axis=0)
    softmax = np.abs(A[L]) * largest if sigmas[L] == "softmax" else 0.0
    own = np.abs(network.deltas(Z, A, objective.Y.T, objective.loss)[L])
    delta[L] = own + np.abs(A[L]) + Y + softmax + 1e-5 * np.abs(Z[L])
    for l in range(L, 0, -1):
        dW[l] = (s * delta[l]) @ a[l - 1].T / M + (objective.l2 * np.abs(W[l]) + objective.l1) / M
        db[l] = (s * delta[l]).sum(axis=1) / M
        if l > 1:
            slope = np.abs(dsigma(sigmas[l - 1], Z[l - 1], A[l - 1])) + 1e-5
            delta[l - 1] = (np.abs(W[l]).T @ delta[l]) * slope
    E = objective.value(network.theta) + float((s * np.maximum(largest, 1.0) * (1.0 + Y.sum(axis=0))).sum() / M)
    return TermSizes(abs(E), z, delta, network.flat(dW, db))


def scalar_nodes(objective: Objective) -> tuple[list[Any], list[Any], list[Any]]:
    """Z, A and Δ of the scalar engine, by layer, d_ℓ × M: δ is the gradient that backward() leaves at each node z."""
    mlp, L = objective.network.to_scalar(), objective.network.L
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
        "z": [float(_relative(scalar[0][l] - Z[l], sizes.z[l]).max()) for l in layers],
        "δ": [float(_relative(scalar[2][l] - Delta[l], sizes.delta[l]).max()) for l in layers],
    }
