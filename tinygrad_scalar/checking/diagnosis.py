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

from ..arrays import Array, ArrayLike
from ..losses import Loss
from ..matrix import MatrixMLP
from ..nn import MLP
from ..objective import Objective
from .comparison import EXACT, Entry, entries, layer_of_entries, worst_entry
from .fitted import SINGLE, added_to_an_earlier_one, distance, fitted
from .layouts import layouts
from .other_numbers import of_other_numbers
from .rounding import SATURATED_IN_SINGLE, relative, term_sizes
from .slips import BackwardPass, Slip, structural


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
    X: ArrayLike,
    Y: ArrayLike,
    loss: str | Loss,
    *,
    l1: float = 0.0,
    l2: float = 0.0,
    sample_weight: ArrayLike | None = None,
) -> Diagnosis | None:
    """What is wrong with a gradient that a student or another library computed; None if nothing is.

    Parameters
    ----------
    reference, candidate : flat array in the order of θ, or (dW, db), or (E, gradient), or (E, dW, db)
        The right gradient of E, and the doubtful one. dW and db are lists of L arrays by layer, or of L + 1 with
        anything at index 0, as in `matrix`. Or as others give them, arrays or tensors: PyTorch's
        `[p.grad for p in net.parameters()]`, which is dW, db, dW, db, ..., and scikit-learn's coefficients, whose dW
        are d_in × d_out (seen by the shapes: where all layers are square, transpose them).
    network : MLP or MatrixMLP
        At whose θ the gradients were computed.
    X, Y : arrays, M × d_0 and M × d_L
        Examples in rows.
    loss, l1, l2, sample_weight
        As for `Objective`.

    Notes
    -----
    Gradients in float32 are judged by float32's rounding: a candidate that agrees to single precision (1e-5 of the size
    of the terms) is right, and a slip is looked for first to the last digits and then to single precision.

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
    if worst is None or distance(candidate, reference, size) <= EXACT:
        return None

    def right_to_single(gradient: Array) -> bool:
        return distance(gradient, own, _rough(right, gradient, size)) <= SINGLE

    if not right_to_single(reference):
        other = diagnose_on(objective, own, reference)
        what = "candidate is right" if right_to_single(candidate) else "reference is wrong too"
        return Diagnosis(worst, (), f"the {what}; of the reference, {other.guess if other else 'nothing is known'}")
    rough = _rough(right, candidate, size)
    slips, to_the_last = _explaining(right, candidate, size, rough)
    if right_to_single(candidate) and (rough is not size or not to_the_last):
        return None  # in double precision, even a small difference may be explained to the last digits
    remark = "" if slips else f"no single slip explains it; {_where(network, candidate, reference, size)}"
    return Diagnosis(worst, slips, remark)


def _rough(right: BackwardPass, gradient: Array, size: Array) -> Array:
    """The sizes that single precision is judged by: a gradient in float32 has σ′ = 0 where its a is rounded to 1."""
    in_single = gradient.dtype == np.float32 or (gradient.any() and (gradient == gradient.astype(np.float32)).all())
    return term_sizes(right.objective, right.Delta[-1], SATURATED_IN_SINGLE).gradient if in_single else size


def _explaining(right: BackwardPass, candidate: Array, size: Array, rough: Array) -> tuple[tuple[Slip, ...], bool]:
    """The slips that give the candidate and not the right gradient, and whether to the last digits.

    All of them, also where these examples make two slips the same gradient; of one family the first.
    """
    own, found, to_the_last = right.data + right.penalty, list[Slip](), False

    def all_slips() -> Iterator[Slip]:
        yield from structural(right)
        yield from layouts(right)
        yield from of_other_numbers(right)
        yield from fitted(right, candidate, size, rough)
        if not found:  # it costs some passes, and would be tried on all that is unclear
            yield from added_to_an_earlier_one(right, candidate)

    for slip in all_slips():
        exact = distance(candidate, slip.gradient, slip.scale * size) <= EXACT
        tolerance, sizes = (EXACT, size) if exact else (SINGLE, rough)
        if (to_the_last and not exact) or (
            not exact and distance(candidate, slip.gradient, slip.scale * rough) > SINGLE
        ):
            continue
        if distance(own, slip.gradient, sizes) <= tolerance:
            continue
        if exact and not to_the_last:
            found, to_the_last = [], True
        alike = (other.gradient for other in found if other.family == slip.family != "")
        if all(distance(slip.gradient, other, slip.scale * sizes) > tolerance for other in alike):
            found.append(slip)
    return tuple(found), to_the_last


def _flat(gradient: Any, network: MatrixMLP, which: str) -> Array:
    """A flat float64 gradient with an entry for each parameter."""
    if isinstance(gradient, (tuple, list)):
        if len(gradient) == 2 * network.L and [getattr(part, "ndim", 0) for part in gradient] == [2, 1] * network.L:
            gradient = (list(gradient[::2]), list(gradient[1::2]))
        if len(gradient) in (2, 3) and all(isinstance(part, (tuple, list)) for part in gradient[-2:]):
            gradient = _flat_of_lists(gradient[-2], gradient[-1], network, which)
        elif len(gradient) == 2 and np.ndim(gradient[0]) == 0 and np.ndim(gradient[1]) == 1:
            gradient = gradient[1]
    flat = _floats(gradient)
    if flat.shape != (network.n_parameters,):
        raise ValueError(
            f"the {which} gradient has shape {flat.shape}, the network has {network.n_parameters} parameters"
        )
    return flat


def _flat_of_lists(dW: Any, db: Any, network: MatrixMLP, which: str) -> Array:
    lists, square = [], all(W.shape == W.shape[::-1] for W in network.W[1:])
    for name, parts, wanted in (("dW", dW, network.W), ("db", db, network.b)):
        if len(parts) not in (network.L, network.L + 1):
            raise ValueError(f"{name} of the {which} has {len(parts)} arrays, the network has {network.L} layers")
        arrays = [None, *parts[-network.L :]]
        if [np.shape(part) for part in arrays[1:]] == [part.shape[::-1] for part in wanted[1:]]:
            arrays = [None, *(_floats(part).T for part in arrays[1:])] if name == "dW" and not square else arrays
        for l in range(1, network.L + 1):
            if l not in network.frozen and np.shape(arrays[l]) != wanted[l].shape:
                raise ValueError(
                    f"{name}[{l}] of the {which} must have the shape {wanted[l].shape}, it has {np.shape(arrays[l])}"
                )
        lists.append([None, *(_floats(part) if part is not None else None for part in arrays[1:])])
    return network.flat(*lists)  # type: ignore[no-any-return]


def _floats(x: Any) -> Array:
    """An array in double precision, or in single if it is given so."""
    x = np.asarray(x.detach().cpu() if hasattr(x, "detach") else x)
    return x if x.dtype == np.float32 else x.astype(float)  # type: ignore[no-any-return]


def _where(network: MatrixMLP, candidate: Array, reference: Array, size: Array) -> str:
    """Which layers are right, to narrow the search down."""
    layer, error = layer_of_entries(network), relative(candidate - reference, size + np.abs(reference))
    wrong = [l for l in range(1, network.L + 1) if (error[layer == l] > SINGLE).any()]
    right = [l for l in range(1, network.L + 1) if l not in wrong and l not in network.frozen]
    if not right:
        return "no layer is right"
    return f"layer{'s' * (len(right) > 1)} {', '.join(map(str, right))} right, {', '.join(map(str, wrong))} wrong"
