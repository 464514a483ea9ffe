"""Where two gradients differ: the worst entry, both numbers, and the slip that explains the difference to the digits.

A diagnosis is not a similarity: each classical slip predicts a whole gradient (`slips`), and one is named only if its
prediction is the candidate, entry by entry. If several predictions are, all are named; if none is, nothing is guessed.

>>> import numpy as np
>>> from tinygrad_scalar import MLP
>>> network, X, Y = MLP(2, [3, 2], rng=0), np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.0]]), np.eye(2)[[0, 1, 1]]
>>> E, gradient = Objective(network, X, Y, "half_squared_error")(network.theta)
>>> print(diagnose(gradient, 3 * gradient, network, X, Y, "half_squared_error").guess)
it looks like this: a factor M = 3 (the sum over the examples in place of the mean) in every entry
>>> diagnose(gradient, gradient, network, X, Y, "half_squared_error") is None
True
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import Array
from ..losses import Loss
from ..matrix import MatrixMLP
from ..nn import MLP
from ..objective import Objective
from .comparison import EXACT, Entry, entries, layer_of_entries, worst_entry
from .rounding import relative, term_sizes
from .slips import BackwardPass, Slip, structural

SINGLE = 1e-5  # what gradients in single precision, or by central differences, agree to


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis:
    """Where a gradient differs most, and what explains the whole difference.

    `slips` holds the slips that do, each with `.kinds` and `.sentence`: one if all is clear, several if these examples
    cannot tell them apart, none if no single slip does.
    """

    worst: Entry
    slips: tuple[Slip, ...]
    remark: str = ""

    def __repr__(self) -> str:
        return f"Diagnosis({self.guess!r})"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the slips, without repeats."""
        return tuple(dict.fromkeys(kind for slip in self.slips for kind in slip.kinds))

    @property
    def guess(self) -> str:
        """The slip in words."""
        if not self.slips:
            return f"unclear: {self.remark}"
        if len(self.slips) == 1:
            return f"it looks like this: {self.slips[0].sentence}"
        words = "; ".join(slip.sentence for slip in self.slips)
        return f"it looks like one of these, alike on these examples: {words}"

    def __str__(self) -> str:
        numbers = self.worst.numbers("reference", "candidate")
        return f"the gradients differ most at {self.worst}: {numbers}; {self.guess}"


@np.errstate(all="ignore")
def diagnose(
    reference: Any,
    candidate: Any,
    network: MLP | MatrixMLP,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    loss: str | Loss,
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    sample_weight: npt.ArrayLike | None = None,
) -> Diagnosis | None:
    """What is wrong with a gradient that a student or another library computed; None if nothing is.

    Parameters
    ----------
    reference, candidate : flat array in the order of θ, or (dW, db), or (E, gradient), or (E, dW, db)
        The right gradient of E, and the doubtful one. dW and db are lists of L arrays by layer, or of L + 1 with
        anything at index 0, as in `matrix`.
    network : MLP or MatrixMLP
        At whose θ the gradients were computed.
    X, Y : arrays, M × d_0 and M × d_L
        Examples in rows.
    loss, l1, l2, sample_weight
        As for `Objective`.

    Notes
    -----
    A candidate that agrees to single precision (1e-5 of the size of the terms) is right, and a slip is looked for first
    to the last digits and then to single precision.

    Raises
    ------
    ValueError
        Where a gradient does not have an entry for each parameter.
    """
    objective = Objective(network, X, Y, loss, route="scalar", l1=l1, l2=l2, sample_weight=sample_weight)
    matrix = objective.network
    return diagnose_on(objective, _flat(reference, matrix, "reference"), _flat(candidate, matrix, "candidate"))


@np.errstate(all="ignore")
def diagnose_on(objective: Objective, reference: Array, candidate: Array) -> Diagnosis | None:
    """The same for flat gradients of an objective that is there already."""
    network, right = objective.network, BackwardPass(objective)
    own, size = right.data + right.penalty, term_sizes(objective, right.Delta[-1]).gradient
    worst = worst_entry(network, reference, candidate, relative(candidate - reference, size))
    for gradient, who in ((reference, "reference"), (candidate, "candidate")):
        if not np.isfinite(gradient).all() and worst:
            _, name, index = entries(network)[int(np.flatnonzero(~np.isfinite(gradient))[0])]
            return Diagnosis(worst, (), f"the {who} is not finite, first at {name} = {index}")
    distance = _distance(candidate, reference, size)
    if worst is None or distance <= EXACT:
        return None
    if _distance(reference, own, size) > SINGLE:
        other = diagnose_on(objective, own, reference)
        what = "candidate is right" if _distance(candidate, own, size) <= SINGLE else "reference is wrong too"
        return Diagnosis(worst, (), f"the {what}; of the reference, {other.guess if other else 'nothing is known'}")
    slips = _explaining(right, candidate, size, EXACT)  # even a small difference may be explained to the last digits
    if not slips and distance <= SINGLE:
        return None
    slips = slips or _explaining(right, candidate, size, SINGLE)
    remark = "" if slips else f"no single slip explains it; {_where(network, candidate, reference, size)}"
    return Diagnosis(worst, slips, remark)


def _explaining(right: BackwardPass, candidate: Array, size: Array, tolerance: float) -> tuple[Slip, ...]:
    """The slips that give the candidate, not the right gradient, and each another gradient than those before."""
    own, slips = right.data + right.penalty, list[Slip]()
    for slip in (*structural(right), *_penalties(right, candidate), *_factors(right, candidate, size, tolerance)):
        if (
            _distance(candidate, slip.gradient, slip.scale * size) <= tolerance
            and _distance(own, slip.gradient, size) > tolerance
            and all(_distance(slip.gradient, other.gradient, slip.scale * size) > tolerance for other in slips)
        ):
            slips.append(slip)
    return tuple(slips)


def _flat(gradient: Any, network: MatrixMLP, which: str) -> Array:
    """A flat float64 gradient with an entry for each parameter."""
    if isinstance(gradient, (tuple, list)):
        if len(gradient) in (2, 3) and all(isinstance(part, (tuple, list)) for part in gradient[-2:]):
            gradient = _flat_of_lists(gradient[-2], gradient[-1], network, which)
        elif len(gradient) == 2 and np.ndim(gradient[0]) == 0 and np.ndim(gradient[1]) == 1:
            gradient = gradient[1]
    flat = np.asarray(gradient, dtype=float)
    if flat.shape != (network.n_parameters,):
        raise ValueError(
            f"the {which} gradient has shape {flat.shape}, the network has {network.n_parameters} parameters"
        )
    return flat


def _flat_of_lists(dW: Any, db: Any, network: MatrixMLP, which: str) -> Array:
    lists = []
    for name, parts, wanted in (("dW", dW, network.W), ("db", db, network.b)):
        if len(parts) not in (network.L, network.L + 1):
            raise ValueError(f"{name} of the {which} has {len(parts)} arrays, the network has {network.L} layers")
        arrays = [None, *parts[-network.L :]]
        for l in range(1, network.L + 1):
            if l not in network.frozen and np.shape(arrays[l]) != wanted[l].shape:
                raise ValueError(
                    f"{name}[{l}] of the {which} must have the shape {wanted[l].shape}, it has {np.shape(arrays[l])}"
                )
        lists.append([None, *(np.asarray(part, dtype=float) if part is not None else None for part in arrays[1:])])
    return network.flat(*lists)  # type: ignore[no-any-return]


def _distance(one: Array, other: Array, size: Array) -> float:
    """The largest difference of two gradients, relative to the terms behind each entry."""
    return float(np.max(relative(one - other, size + np.abs(other)), initial=0.0))


def _scopes(network: MatrixMLP) -> Iterator[tuple[str, Any]]:
    """Parts of θ that a factor may sit on, in words and as a mask."""
    layers, layer = [l for l in range(1, network.L + 1) if l not in network.frozen], layer_of_entries(network)
    bias = np.array([name.startswith("b") for _, name, _ in entries(network)])
    yield "in every entry", np.ones(len(layer), dtype=bool)
    yield "in the weights", ~bias
    yield "in the biases", bias
    for l in layers:
        yield f"in layer {l}", layer == l
        yield f"in the weights of layer {l}", (layer == l) & ~bias
        yield f"in the biases of layer {l}", (layer == l) & bias
    for l in layers[1:-1]:
        yield f"from δ^({l}) down", layer <= l


def _factors(right: BackwardPass, candidate: Array, size: Array, tolerance: float) -> Iterator[Slip]:
    """Slips that multiply a part of the gradient, of the loss's share or of a penalty's, by a number with a name."""
    whole, seen = right.data + right.penalty, set()
    shares = [("", whole)]
    if right.penalties:
        shares = [(" of the loss's share", right.data), *shares]
        shares += [(f" of the {name} penalty", part) for name, part in right.penalties.items()]
    if len(right.penalties) > 1:
        shares.append((" of the penalties", right.penalty))
    for share, part in shares:
        for scope, mask in _scopes(right.network):
            moving = np.where(mask, part, 0.0)
            pull = moving / (size + np.abs(part))
            if moving.tobytes() in seen or not pull.any():
                continue
            seen.add(moving.tobytes())
            rest = whole - moving
            c = float(pull @ ((candidate - rest) / (size + np.abs(part))) / (pull @ pull))
            scale = max(1.0, abs(c))
            if _distance(candidate, rest + c * moving, scale * size) <= tolerance:
                kinds, words = _named(c, right, "biases" in scope, max(1e-6, 100.0 * tolerance))
                said = f"{words} {scope}{share}".replace("in every entry of the", "of the")
                if "penalty" in share and not kinds and c > 0.0 and scope == "in every entry":
                    kinds, said = ("penalty",), f"λ is {c:.4g} times what it should be{share.replace(' of', ' in')}"
                if kinds:
                    yield Slip(kinds, said, rest + c * moving, scale)


def _named(c: float, right: BackwardPass, on_biases: bool, near: float) -> tuple[tuple[str, ...], str]:
    """The kinds of a factor c and its words, if it has a name."""
    M, P = right.M, right.network.W[right.L].shape[0]
    if abs(c) < near:
        return ("bias",) if on_biases else ("missing",), "a missing gradient (0)"
    names = [
        (2.0, "factor", "a factor 2"),
        (0.5, "factor", "a factor ½"),
        (float(M), "sum or mean", f"a factor M = {M} (the sum over the examples in place of the mean)"),
        (1.0 / M, "sum or mean", f"a factor 1/M = 1/{M} (the mean taken twice)"),
        (float(P), "sum or mean", f"a factor P = {P} (the number of outputs)"),
        (1.0 / P, "sum or mean", f"a factor 1/P = 1/{P} (the mean over the outputs in place of the sum)"),
        (-1.0, "sign", "a sign, −1,"),
    ]
    found = [(kind, words) for value, kind, words in names if value != 1.0 and abs(c / value - 1.0) < near]
    return tuple(dict.fromkeys(kind for kind, _ in found)), ", which is also ".join(words for _, words in found)


def _penalties(right: BackwardPass, candidate: Array) -> Iterator[Slip]:
    """A penalty where E has none: on the biases, or on the weights. Its size λ is read off, so it must explain more."""
    whole, objective, M = right.data + right.penalty, right.objective, right.M
    wheres = [
        ("biases", right.biases_alone, {"L2", "L1"}),
        ("weights", right.weights_alone, {"L2", "L1"} - {*right.penalties}),
    ]
    for where, alone, names in wheres:
        for name, shape, known in (("L2", np.asarray, objective.l2), ("L1", np.sign, objective.l1)):
            direction = alone(shape)
            if name in names and direction.any():
                c = float(direction @ (candidate - whole) / (direction @ direction))
                if c > 0.0 and (np.count_nonzero(direction) > 2 or abs(c * M - known) < 1e-6 * known):
                    said = f"an {name} penalty on the {where}, λ/M = {c:.4g} (λ = {c * M:.4g}), that E does not have"
                    yield Slip(("penalty",), said, whole + c * direction)
    if len(right.penalties) > 1:
        both = (objective.l2 * right.biases_alone(np.asarray) + objective.l1 * right.biases_alone(np.sign)) / M
        yield Slip(("penalty",), "both penalties on the biases too", whole + both)


def _where(network: MatrixMLP, candidate: Array, reference: Array, size: Array) -> str:
    """Which layers are right, to narrow the search down."""
    layer, error = layer_of_entries(network), relative(candidate - reference, size + np.abs(reference))
    wrong = [l for l in range(1, network.L + 1) if (error[layer == l] > SINGLE).any()]
    right = [l for l in range(1, network.L + 1) if l not in wrong and l not in network.frozen]
    if not right:
        return "no layer is right"
    return f"layer{'s' * (len(right) > 1)} {', '.join(map(str, right))} right, {', '.join(map(str, wrong))} wrong"
