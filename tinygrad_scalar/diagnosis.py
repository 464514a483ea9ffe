"""Where two gradients differ: the worst entry, both numbers, and the slip that explains the difference to the digits.

A diagnosis is not a similarity: each classical slip predicts a whole gradient (`slips`), and one is named only if its
prediction is the candidate, entry by entry. If several predictions are, all are named; if none is, nothing is guessed.

>>> import numpy as np
>>> from tinygrad_scalar import MLP
>>> network, X, Y = MLP(2, [3, 2], rng=0), np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.0]]), np.eye(2)[[0, 1, 1]]
>>> E, gradient = Objective(network, X, Y, "half_squared_error")(network.theta)
>>> print(diagnose(gradient, 3 * gradient, network, X, Y, "half_squared_error").guess)
it looks like a factor M = 3 (the sum over the examples in place of the mean) in every entry
>>> diagnose(gradient, gradient, network, X, Y, "half_squared_error") is None
True
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .comparison import EXACT, Entry, entries, worst_entry
from .losses import Loss
from .matrix import MatrixMLP
from .nn import MLP
from .objective import Array, Objective
from .slips import BackwardPass, Slip, structural
from .terms import relative, term_sizes

SINGLE = 1e-5  # what gradients in single precision, or by central differences, agree to


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """Where a gradient differs most, and what explains the whole difference.

    `slips` holds the slips that do, each with `.kind` and `.sentence`: one if all is clear, several if these examples
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
        return tuple(dict.fromkeys(slip.kind for slip in self.slips))

    @property
    def guess(self) -> str:
        """The slip in words."""
        if not self.slips:
            said = "unclear: no single slip explains it"
        elif len(self.slips) == 1:
            said = f"it looks like {_noun(self.slips[0])}"
        else:
            said = f"it looks like one of these, alike on these examples: {'; '.join(map(_noun, self.slips[:4]))}"
        return f"{said}; {self.remark}" if self.remark else said

    def __str__(self) -> str:
        return f"the gradients differ most at {self.worst}: {self.worst.numbers('right', 'given')}; {self.guess}"


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
    reference, candidate : flat array in the order of θ, or the pair (dW, db) of lists by layer
        The right gradient of E, and the doubtful one. The lists may have None at index 0, as in `matrix`.
    network : MLP or MatrixMLP
        At whose θ the gradients were computed.
    X, Y : arrays, M × d_0 and M × d_L
        Examples in rows.
    loss, l1, l2, sample_weight
        As for `Objective`.

    Raises
    ------
    ValueError
        Where a gradient does not have an entry for each parameter.
    """
    objective = Objective(network, X, Y, loss, route="scalar", l1=l1, l2=l2, sample_weight=sample_weight)
    single = any(getattr(part, "dtype", None) == np.float32 for g in (reference, candidate) for part in _parts(g))
    reference, candidate = (
        _flat(g, objective.network, who) for g, who in ((reference, "first"), (candidate, "second"))
    )
    right = BackwardPass(objective)
    size = term_sizes(objective, right.Delta[-1]).gradient
    own = _distance(right.data + right.penalty, reference, size)
    tolerance = max(EXACT, SINGLE if single else 0.0, 10.0 * own if own < SINGLE else 0.0)
    distance = _distance(candidate, reference, size)
    if distance <= tolerance:
        return None
    worst = worst_entry(objective.network, reference, candidate, relative(candidate - reference, size))
    assert worst is not None
    if not np.isfinite(candidate).all():
        where = entries(objective.network)[int(np.flatnonzero(~np.isfinite(candidate))[0])]
        return Diagnosis(worst, (), f"it is not finite, first at {where[1]} = {where[2]}")
    if own >= SINGLE:
        remark = "the first gradient is not that of this loss, network and data either"
        return Diagnosis(worst, (), remark)
    slips: list[Slip] = []
    for slip in (*_factors(right, candidate, size, tolerance), *_penalties(right, candidate), *structural(right)):
        explains = _distance(slip.gradient, candidate, size) <= tolerance < _distance(slip.gradient, reference, size)
        if explains and not any(np.array_equal(slip.gradient, other.gradient) for other in slips):
            slips.append(slip)
    if slips:
        return Diagnosis(worst, tuple(slips))
    if distance < SINGLE:
        return Diagnosis(
            worst, (), f"a difference of {distance:.0e} may be one of precision (float32, finite differences)"
        )
    return Diagnosis(worst, (), _where(objective.network, candidate, reference, size, tolerance))


def _noun(slip: Slip) -> str:
    return slip.sentence if slip.sentence.startswith("a") else f"this: {slip.sentence}"


def _parts(gradient: Any) -> list[Any]:
    if isinstance(gradient, tuple) and len(gradient) == 2:
        return [part for parts in gradient for part in parts if part is not None]
    return [gradient]


def _flat(gradient: Any, network: MatrixMLP, which: str) -> Array:
    """A flat float64 gradient with an entry for each parameter."""
    if isinstance(gradient, tuple) and len(gradient) == 2:
        dW, db = ([None, *parts] if len(parts) == network.L else list(parts) for parts in gradient)
        for l in range(1, network.L + 1):
            for name, given, wanted in (("dW", dW, network.W), ("db", db, network.b)):
                if len(given) != network.L + 1 or np.shape(given[l]) != wanted[l].shape:
                    got = np.shape(given[l]) if len(given) == network.L + 1 else f"{len(given)} layers"
                    raise ValueError(
                        f"{name}[{l}] has the shape of the layer's parameters, {wanted[l].shape}, not {got}"
                    )
        gradient = network.flat([None, *map(np.asarray, dW[1:])], [None, *map(np.asarray, db[1:])])
    flat = np.asarray(gradient, dtype=float)
    if flat.shape != (network.n_parameters,):
        raise ValueError(
            f"the {which} gradient has shape {flat.shape}, the network has {network.n_parameters} parameters"
        )
    return flat


def _distance(one: Array, other: Array, size: Array) -> float:
    """The largest difference of two gradients, relative to the terms behind each entry."""
    return float(np.max(relative(one - other, size + np.abs(other)), initial=0.0))


class _Scope(NamedTuple):
    """A part of θ that a factor may sit on, in words and as a mask; `cut`: its being 0 is a slip on the way down."""

    words: str
    mask: Any
    cut: bool = False


def _scopes(network: MatrixMLP) -> Iterator[_Scope]:
    layers, names = [l for l in range(1, network.L + 1) if l not in network.frozen], entries(network)
    layer, bias = np.array([l for l, _, _ in names]), np.array([name.startswith("b") for _, name, _ in names])
    yield _Scope("in every entry", np.ones(len(names), dtype=bool))
    yield _Scope("in the weights", ~bias)
    yield _Scope("in the biases", bias)
    for l in layers:
        yield _Scope(f"in layer {l}", layer == l, cut=True)
        yield _Scope(f"in the weights of layer {l}", (layer == l) & ~bias)
        yield _Scope(f"in the biases of layer {l}", (layer == l) & bias)
    for l in layers[1:-1]:
        yield _Scope(f"from δ^({l}) down", layer <= l, cut=True)


def _factors(right: BackwardPass, candidate: Array, size: Array, tolerance: float) -> Iterator[Slip]:
    """Slips that multiply a part of the gradient, of the loss's share or of the penalty's, by a number with a name."""
    whole, seen = right.data + right.penalty, set()
    shares = [("", whole)]
    if right.penalty.any():
        shares = [(" of the loss's share", right.data), (" of the penalty", right.penalty), ("", whole)]
    for share, part in shares:
        for scope in _scopes(right.network):
            moving = np.where(scope.mask, part, 0.0)
            pull = moving / (size + np.abs(part))
            key = moving.tobytes()
            if key in seen or not pull.any():
                continue
            seen.add(key)
            rest = whole - moving
            c = float(pull @ ((candidate - rest) / (size + np.abs(part))) / (pull @ pull))
            if _distance(rest + c * moving, candidate, size) <= tolerance and (named := _named(c, right, scope)):
                kind, words = named
                said = f"{words} {scope.words}{share}".replace("in every entry of the", "of the")
                yield Slip(kind, said, rest + c * moving)


def _named(c: float, right: BackwardPass, scope: _Scope) -> tuple[str, str] | None:
    """The kind of a factor c and its words, if it has a name."""
    M, P, near = right.M, right.network.W[right.L].shape[0], 1e-6
    names = [
        (2.0, "factor", "a factor 2"),
        (0.5, "factor", "a factor ½"),
        (float(M), "sum or mean", f"a factor M = {M} (the sum over the examples in place of the mean)"),
        (1.0 / M, "sum or mean", f"a factor 1/M = 1/{M} (the mean taken twice)"),
        (float(P), "sum or mean", f"a factor P = {P} (the number of outputs)"),
        (1.0 / P, "sum or mean", f"a factor 1/P = 1/{P} (the mean over the outputs in place of the sum)"),
        (-1.0, "sign", "a sign, −1,"),
    ]
    if abs(c) < near:
        kind = "bias" if "biases" in scope.words else "missing"
        return None if scope.cut else (kind, "a missing gradient (0)")
    found = [(kind, words) for value, kind, words in names if value != 1.0 and abs(c / value - 1.0) < near]
    kinds, words = ("/".join(dict.fromkeys(k for k, _ in found)), ", which is also ".join(w for _, w in found))
    return (kinds, words) if found else None


def _penalties(right: BackwardPass, candidate: Array) -> Iterator[Slip]:
    """A penalty where E has none: on the biases, or on the weights."""
    network, whole, M = right.network, right.data + right.penalty, right.M
    zeros = ([0.0 * W for W in network.W[1:]], [0.0 * b for b in network.b[1:]])
    for what, dW, db in (("biases", zeros[0], network.b[1:]), ("weights", network.W[1:], zeros[1])):
        for name, shape in (("L2", lambda p: p), ("L1", np.sign)):
            direction = network.flat([None, *map(shape, dW)], [None, *map(shape, db)])
            if np.count_nonzero(direction) > 1:
                c = float(direction @ (candidate - whole) / (direction @ direction))
                sentence = f"an {name} penalty on the {what}, λ/M = {c:.4g} (λ = {c * M:.4g}), that E does not have"
                yield Slip("penalty", sentence, whole + c * direction)


def _where(network: MatrixMLP, candidate: Array, reference: Array, size: Array, tolerance: float) -> str:
    """Which layers are right, to narrow the search down."""
    layer = np.array([l for l, _, _ in entries(network)])
    error = relative(candidate - reference, size + np.abs(reference))
    wrong = [l for l in range(1, network.L + 1) if (error[layer == l] > tolerance).any()]
    right = [l for l in range(1, network.L + 1) if l not in wrong and l not in network.frozen]
    if not right:
        return "no layer is right"
    return f"layer{'s' * (len(right) > 1)} {', '.join(map(str, right))} right, {', '.join(map(str, wrong))} wrong"
