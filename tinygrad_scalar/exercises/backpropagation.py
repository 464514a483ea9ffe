"""The exercises `deltas` and `gradients`: a student's backward pass, read on networks where no slip hides.

>>> deltas(lambda W, Z, A, Y: [None, *((A[l] - Y) * (1 - A[l] ** 2) for l in range(1, len(W)))])[-1]
'on 1 of 4 networks it is right'
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..checking.comparison import EXACT
from ..checking.diagnosis import Diagnosis, diagnose_on
from ..checking.rounding import relative, term_sizes
from ..checking.slips import BackwardPass
from ..matrix import MatrixMLP
from ..objective import Objective
from .answers import Wrong, apart, ask_untouched, by_layer, returned

NETWORKS = (((4, 4, 4, 4), 7), ((2, 5, 4, 3), 6), ((3, 4, 1), 5), ((5, 3), 1))  # sizes d_0…d_L, and M
NO_MEAN = "Δ is the derivative of each example's own ℒ, no mean is taken in it"
NO_TWO = "ℒ has the ½, so δ^(L) = (a − y) ⊗ σ′(z) has neither a 2 nor a ½"


def deltas(function: Callable[..., Any]) -> list[str]:
    """Write deltas(W, Z, A, Y): the backward pass of a network with σ = tanh in every layer, the last one too.

    W, Z and A are lists indexed by ℓ: W[l] is W^(ℓ), d_ℓ × d_{ℓ-1}; Z[l] and A[l] = σ(Z[l]) are d_ℓ × M, one example a
    column; A[0] is X; W[0] and Z[0] are None. Y is d_L × M. The loss of one example is ℒ = ½‖y − a^(L)‖². Return the
    list of Δ^(ℓ) = ∂ℒ/∂Z^(ℓ), d_ℓ × M, for ℓ = 1…L, with None at index 0. Each column belongs to its own example:
    there is no 1/M in it. At the output the loss is next door; one layer further down (W^(ℓ))ᵀ carries Δ^(ℓ), and the
    slope σ′ of the layer that it arrives at bends it.
    """
    return _on_every_network(partial(_read_deltas, function))


def gradients(function: Callable[..., Any]) -> list[str]:
    """Write gradients(W, b, X, Y): all of backpropagation, for a network with σ = tanh in every layer, the last too.

    W and b are lists indexed by ℓ, None at index 0: W[l] is d_ℓ × d_{ℓ-1}, b[l] has d_ℓ entries. X is d_0 × M and Y is
    d_L × M, one example a column. E = (1/M) Σ_m ½‖y_m − a_m^(L)‖². Return dW, db, two such lists: dW[l] = ∂E/∂W^(ℓ) in
    the shape of W[l], with the 1/M of E, and db[l] = ∂E/∂b^(ℓ) in the shape of b[l].
    """
    return _on_every_network(partial(_read_gradients, function))


class _Reading(NamedTuple):
    """What is wrong on one network, and whether a single slip explains it."""

    clear: bool
    sentence: str


def _on_every_network(read: Callable[[Objective], _Reading | None]) -> list[str]:
    """The clearest reading of all, and the first of what stops the function altogether."""
    readings, stopped = [], []
    for sizes, n in NETWORKS:
        where = f"with sizes {' → '.join(map(str, sizes))} and M = {n}"
        try:
            if reading := read(objective_of(sizes, n)):
                readings.append(_Reading(reading.clear, f"{where} {reading.sentence}"))
        except Wrong as wrong:
            stopped.append(f"{where} {wrong}")
    readings.sort(key=lambda reading: not reading.clear)
    found = [*(reading.sentence for reading in readings[:1]), *stopped[:1]]
    right = len(NETWORKS) - len(readings) - len(stopped)
    return [*found, f"on {right} of {len(NETWORKS)} networks it is right"] if found and right else found


def objective_of(sizes: Sequence[int], n: int) -> Objective:
    """E of a network whose sizes, weights, biases and n examples hide no slip."""
    rng, L = np.random.default_rng(0), len(sizes) - 1
    weights = [rng.normal(scale=0.6, size=(sizes[l], sizes[l - 1])) for l in range(1, L + 1)]
    biases = [rng.normal(scale=0.6, size=d) for d in sizes[1:]]
    X, Y = rng.normal(size=(n, sizes[0])), rng.uniform(-0.9, 0.9, (n, sizes[L]))
    return Objective(MatrixMLP(weights, biases, ["tanh"] * L), X, Y, "half_squared_error")


def _read_deltas(function: Callable[..., Any], objective: Objective) -> _Reading | None:
    right = BackwardPass(objective)
    L = right.L
    given = {"W": right.W, "Z": right.Z, "A": right.A, "Y": objective.Y.T}
    answer = ask_untouched(function, "deltas(W, Z, A, Y)", **given)
    Delta = by_layer(answer, [right.Z[l].shape for l in range(1, L + 1)], "Delta", "d_ℓ × M")
    size = term_sizes(objective, right.Delta[L]).delta
    error = [relative(Delta[l] - right.Delta[l], size[l]) if l else np.zeros(1) for l in range(L + 1)]
    wrong = [l for l in range(L, 0, -1) if error[l].max() > EXACT]
    if not wrong:
        return None
    first = wrong[0]
    at = tuple(int(i) for i in np.unravel_index(error[first].argmax(), error[first].shape))
    said = f"your Δ^({L}), the output's, is wrong"
    if first < L:
        said = f"your Δ^({first + 1}) is right and Δ^({first}) is the first that is wrong"
    yours, theirs = apart(Delta[first][at], right.Delta[first][at])
    said += f", most at Delta[{first}]{list(at)}: yours {yours}, right {theirs}"
    finding, more = _slip(objective, right.gradients(Delta)), ""
    if finding is None or len(finding.slips) != 1:  # perhaps there are several: look at this layer's, all below right
        top = Delta[L] if first == L else right.Delta[L]
        alone = right.backward(top, lambda l, D: Delta[first] if l - 1 == first else right.carry(l, D))
        step = _slip(objective, right.gradients(alone))
        if step is not None and len(step.slips) == 1:
            finding, more = step, "; mend this first, there is more further down"
    if finding is None:
        return _Reading(False, f"{said}; the gradients that follow from it are right all the same")
    hints = {"sum or mean": NO_MEAN, "factor": NO_TWO}
    hint = "".join(f"; {hints[k]}" for k in finding.kinds if k in hints)
    return _Reading(len(finding.slips) == 1, f"{said}; {finding.guess}{hint}{more}")


def _read_gradients(function: Callable[..., Any], objective: Objective) -> _Reading | None:
    network = objective.network
    given = {"W": network.W, "b": network.b, "X": objective.X.T, "Y": objective.Y.T}
    answer = ask_untouched(function, "gradients(W, b, X, Y)", **given)
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        got = f"{len(answer)} things" if isinstance(answer, (list, tuple)) else returned(answer)
        raise Wrong(f"gradients(W, b, X, Y) gives {got}; it should end with return dW, db")
    dW = by_layer(answer[0], [W.shape for W in network.W[1:]], "dW", "the shape of W^(ℓ)")
    db = by_layer(answer[1], [b.shape for b in network.b[1:]], "db", "the shape of b^(ℓ)")
    finding = _slip(objective, (dW, db))
    if finding is None:
        return None
    hint = "" if finding.slips else "; the exercise deltas reads each Δ by itself"
    return _Reading(len(finding.slips) == 1, f"your {str(finding).removeprefix('the ')}{hint}")


def _slip(objective: Objective, gradient: tuple[list[Any], list[Any]]) -> Diagnosis | None:
    return diagnose_on(objective, objective(objective.network.theta)[1], objective.network.flat(*gradient))
