"""Where a δ comes from: by which ways, with which local derivatives, and what they add up to."""

from dataclasses import dataclass
from typing import NamedTuple

from ..text.equations import BY, CLOSE, EQUALS, OPEN, PLUS, TIMES, in_product, sum_of
from ..text.notation import Item, Name
from ..text.numbers import number
from .bending import bend_of
from .subject import Subject

ROUNDING = 1e-9  # of the terms that are summed


class Way(NamedTuple):
    """One way from the neuron towards E: the local derivative, ∂E/∂ of what it leads to, and their names."""

    local: float
    upstream: float
    local_name: tuple[Item, ...]
    upstream_name: tuple[Item, ...]
    colour: str  # of the local derivative: blue where it is a weight

    @property
    def product(self) -> float:
        """What comes back on this way."""
        return self.local * self.upstream

    @property
    def term(self) -> list[Item]:
        """The product, written out."""
        return [(in_product(self.local), self.colour), TIMES, (in_product(self.upstream), "gradient")]


@dataclass(frozen=True)
class Origin:
    """δ = σ′(z) (Σ over the ways + rest); the numbers are 0 where there is no pass.

    Attributes
    ----------
    ways : list of Way
        Through the weights to the next layer, or through a softmax to each a of its own; none straight from the loss.
    bends : bool
        Whether σ′ is a factor; not if σ is a softmax, nor if E was computed from z itself.
    slope, total, rest : float
        σ′(z); ∂E/∂a; what E takes from a on no way through the next layer, such as a penalty on activations.
    """

    ways: list[Way]
    bends: bool
    slope: float = 0.0
    total: float = 0.0
    rest: float = 0.0


def origin_of(subject: Subject, l: int, i: int) -> Origin:
    """Where δ_i^{(l)} comes from.

    Raises
    ------
    ValueError
        If E depends on z in a way that is none of these.
    """
    softmax = subject.network.activations[l - 1] == "softmax"
    from_z = l == subject.L and subject.trace is not None and not any(a.grad for a in subject.trace.a[l])
    ways = _through_weights(subject, l, i) if l < subject.L else _through_softmax(subject, l, i) if softmax else []
    ways, bends = [] if from_z else ways, not (softmax or from_z)
    z, a = subject.z(l, i), subject.a(l, i)
    if z is None or a is None or from_z:
        return Origin(ways, bends)
    terms = [way.product for way in ways]
    size = sum(map(abs, terms))
    slope = bend_of(subject, l, i)(z.data)[1] if bends else 1.0
    rest = a.grad - sum(terms) if bends and ways else 0.0
    rest = rest if abs(rest) > ROUNDING * (size + abs(a.grad)) else 0.0
    total = a.grad if bends else sum(terms)
    if abs(slope * total - z.grad) > ROUNDING * (abs(slope) * size + abs(z.grad)):
        raise ValueError(
            f"δ is {z.grad:.6g} in this trace, all ways together give {slope * total:.6g}: E depends on "
            f"{subject.name('z', l, i)} in a way of its own, which this figure does not show"
        )
    return Origin(ways, bends, slope, total, rest)


def _through_weights(subject: Subject, l: int, i: int) -> list[Way]:
    ways = []
    for k in range(1, subject.network.sizes[l + 1] + 1):
        names = subject.w_name(l + 1, k, i), subject.name("δ", l + 1, k)
        z = subject.z(l + 1, k)
        ways.append(Way(subject.w(l + 1, k, i).data, 0.0 if z is None else z.grad, names[:1], names[1:], "value"))
    return ways


def _through_softmax(subject: Subject, l: int, i: int) -> list[Way]:
    """By ∂a_k/∂z_i = a_k ([k = i] − a_i)."""
    outputs = subject.trace.a[l] if subject.trace else [None] * subject.network.sizes[l]
    ways = []
    for k, a in enumerate(outputs, start=1):
        name = subject.name("a", l, k)
        local = 0.0 if a is None else a.data * ((k == i) - outputs[i - 1].data)  # type: ignore[union-attr]
        names = (Name("∂"), name, Name("/∂"), subject.name("z", l, i))
        ways.append(Way(local, 0.0 if a is None else a.grad, names, (BY, name), "gradient"))
    return ways


def equations(subject: Subject, l: int, i: int, origin: Origin) -> list[list[Item]]:
    """The sum in names and, of a pass, in numbers; and what δ is wanted for."""
    delta, z, ways = subject.name("δ", l, i), subject.z(l, i), origin.ways
    z_name, a_name = subject.name("z", l, i), subject.name("a", l, i)
    names: list[Item] = [BY, a_name if origin.bends else z_name]
    if ways and origin.bends:
        names = [Name("Σ", "k"), subject.w_name(l + 1, "k", i), subject.name("δ", l + 1, "k")]
    elif ways:
        a_k = subject.name("a", l, "k")
        names = [Name("Σ", "k"), Name("∂"), a_k, Name("/∂"), z_name, TIMES, BY, a_k]
    if origin.rest:
        names = [OPEN, *names, PLUS, ("what E takes from", "ink"), a_name, ("itself", "ink"), CLOSE]
    before: list[Item] = [Name("σ′"), OPEN, z_name, CLOSE, TIMES] if origin.bends else []
    rows: list[list[Item]] = [[delta, EQUALS, *before, *names]]
    if z is not None:
        before = [(in_product(origin.slope), "gradient"), TIMES] if origin.bends else []
        terms = [way.term for way in ways]
        if origin.rest:
            terms.append([(in_product(origin.rest), "gradient")])
        if ways:
            bare = len(terms) == 1 or not before
            rows.append([EQUALS, *before, *(sum_of(terms) if bare else [OPEN, *sum_of(terms), CLOSE])])
        if before:
            rows.append([EQUALS, *before, (in_product(origin.total), "gradient")])
        rows[-1] += [EQUALS, (number(z.grad), "gradient")]
        if not before and not ways:
            rows.append([("E was computed from z itself; in a cross-entropy σ′ cancels: δ = a − y*", "quiet")])
    return [*rows, [BY, subject.w_name(l, i, "j"), EQUALS, delta, subject.name("a", l - 1, "j")]]
