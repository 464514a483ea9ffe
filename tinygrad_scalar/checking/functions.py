"""Is the gradient of any function right? Of Values or of an array, and beside it one that somebody wrote by hand.

>>> from tinygrad_scalar import sin
>>> assert check_gradients(lambda x, y: sin(x * y) + x**2, [0.5, 2.0])             # one line of a test
>>> loss = lambda theta: np.mean((theta - 1.0) ** 2)
>>> gradient = lambda theta: 2.0 * (theta - 1.0)                                   # the mean is forgotten
>>> print(check_gradients(loss, np.array([0.0, 3.0, 5.0]), gradient).verdict.split("; ")[-1])
all entries are 3 times what they should be: a sum over 3 in place of a mean?
"""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..arrays import Array, Flags
from .comparison import EXACT, PROBABLY_FINE, Comparison, Entry, Witness
from .factors import CANCELLED, place, suspicion
from .rounding import relative
from .subject import Subject, answer, central, complex_step, forward, given, gradient_of, jax_gradient, reverse, wobble
from .witnesses import Refusal, difference_error


@np.errstate(all="ignore")
def check_gradients(f: Callable[..., Any], x: Any, gradient: Any = None, *, order: int = 1) -> Comparison:
    """Compare the derivatives of f at x by all routes that f allows: true if they agree; print it for a table.

    The reference is reverse mode, where f takes Values, else JAX, else `gradient`. Compared with it are forward mode,
    central differences, the complex step, JAX where x is an array, and `gradient`. A route that f does not take is
    skipped, and the table says why. Set apart, not judged, are entries at a kink (the slopes ahead and behind stay
    apart as the step shrinks, and the reference lies between them), and numbers so small that rounding explains how
    they differ.

    Parameters
    ----------
    f : callable
        Of one array if x is an array, else of an argument for each number in x. It gives one number.
    x : array, sequence of numbers, or number
    gradient : callable or array, optional
        To be checked: a function of what f takes, which gives an array of x's shape or a sequence, or these themselves.
        Neither it nor f need know of this package. Where it is wrong, the verdict says in which entries, by what
        factor, and what that suggests.
    order : 1 or 2
        With 2 the Hessian too: by Values twice, forward over reverse, differences of the gradient, and JAX.

    Raises
    ------
    ValueError
        Where there is nothing to check: no gradient is given, and f takes neither Values nor arrays of JAX.
    """
    if order not in (1, 2):
        raise ValueError(f"order is 1 or 2, not {order!r}")
    if order == 2 and gradient is not None:
        raise ValueError("order=2 differentiates f twice by its Values, and a given gradient cannot be: leave it out")
    jax = sys.modules.get("jax")  # a function written for JAX would be differenced in float32
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else nullcontext():  # type: ignore[union-attr]
        subject = Subject(f, x)
        return _compare(subject, gradient, order)


def _compare(subject: Subject, gradient: Any, order: int) -> Comparison:
    by_hand = None if gradient is None else given(subject, gradient)
    routes = [("reverse", reverse, "Values"), ("forward", forward, "Values")]
    routes += [("complex", complex_step, "complex numbers")]
    routes += [("jax", jax_gradient, "arrays of JAX")] if subject.of_array else []
    answers = {route: answer(way, what, subject, order) for route, way, what in routes}
    answers |= {} if by_hand is None else {"given": by_hand}
    reference = next((r for r in ("reverse", "jax", "given") if isinstance(answers.get(r), np.ndarray)), None)
    if reference is None:
        reasons = "; ".join(str(answers[route]) for route in ("reverse", "jax") if route in answers)
        raise ValueError(f"there is no gradient to check, give yours: check_gradients(f, x, gradient). {reasons}")
    right = answers.pop(reference)
    way = next((way for route, way, _ in routes if route == reference), lambda near, order: given(near, gradient))
    numeric, kinks, too_small = central(subject, right, gradient_of(subject, reference) if order == 2 else None)
    bench = _Bench(subject, right, order, _rounding(subject, right, lambda near: way(near, order)))
    witnesses = [bench.hear("central", numeric, difference_error(right, numeric), kinks | too_small)]
    witnesses[0].kinks, witnesses[0].too_small = int(kinks.sum()), int(too_small.sum())
    for route, numbers in answers.items():
        if route == "complex" and isinstance(numbers, np.ndarray):
            numbers = _if_analytic(numbers, right, numeric)
        if isinstance(numbers, Refusal):
            witnesses.append(Witness(route, None, [float("nan")] * order, refusal=str(numbers)))
        else:
            witnesses.append(bench.exact(route, numbers))
    if by_hand is not None:
        _suspect(subject, by_hand, right if reference != "given" else None, witnesses)
    title = "largest relative error of the derivatives of f"
    heads = ("gradient", "hessian")[:order]
    return Comparison(reference, witnesses, title=title, heads=heads, needed="given", f_x=subject.f_x)


def _rounding(subject: Subject, right: Array, way: Callable[[Subject], Array]) -> Array:
    """How far rounding may move each entry: as far as it moves when x is moved by its own, and where terms cancel."""
    scale = max(abs(subject.f_x), float(np.abs(right).max()))
    return CANCELLED * scale + 50.0 * wobble(lambda at: way(subject.at(at)), subject.x)  # type: ignore[no-any-return]


def _if_analytic(numbers: Array, right: Array, numeric: Array) -> Array | Refusal:
    """The complex step's answer; refused where differences side with the reference against it, as for |x|."""
    wrong = relative(numbers - right, np.abs(numbers) + np.abs(right)) > EXACT
    if (wrong & (np.abs(numbers - numeric) > 10.0 * np.abs(right - numeric))).any():
        return Refusal("f is not analytic: the complex step does not see |x|, a maximum or a real part")
    return numbers


class _Bench:
    """The reference, and what witnesses are judged by."""

    def __init__(self, subject: Subject, right: Array, order: int, rounding: Array) -> None:
        self.subject, self.right, self.order, self.n = subject, right, order, len(subject.x)
        self.rounding = rounding

    def exact(self, route: str, numbers: Array) -> Witness:
        """What an exact route says; what differs by no more than rounding explains is set apart."""
        difference = numbers - self.right
        error = relative(difference, np.abs(numbers) + np.abs(self.right))
        too_small = (np.abs(difference) <= self.rounding) & (error > EXACT)
        witness = self.hear(route, numbers, error, too_small)
        witness.too_small = int(too_small.sum())
        return witness

    def hear(self, route: str, numbers: Array, error: Array, apart: Flags) -> Witness:
        """The witness with its largest error, and of the Hessian; nan where none is judged."""
        n, asked = self.n, np.ones(len(error), dtype=bool)
        some = len(self.subject.asked) < n and route in ("central", "complex")
        if some:
            asked[:n] = np.isin(np.arange(n), self.subject.asked)
        if route == "complex":
            asked[n:] = False
        error = np.where(asked & ~apart, error, np.nan)
        errors = [float(np.fmax.reduce(part, initial=np.nan)) for part in (error[:n], error[n:])[: self.order]]
        unasked = int(self.subject.asked[1]) - 1 if some else 0
        witness = Witness(route, numbers, errors, unasked=unasked)
        if not np.isnan(error).all():
            k = int(np.nanargmax(error))
            witness.worst = self._entry(k, float(self.right[k]), float(numbers[k]), float(error[k]))
        return witness

    def _entry(self, k: int, *numbers: float) -> Entry:
        """Entry k by name, of the gradient or, from n on, of the Hessian."""
        shape, n = self.subject.shape or (1,), self.n

        def by(k: int) -> str:
            places = ",".join(str(int(i) + 1) for i in np.unravel_index(k, shape))
            return f"∂x_{{{places}}}" if len(shape) > 1 else f"∂x_{places}"

        if k < n:
            return Entry(1, f"∂f/{by(k)}", place(k, shape), *numbers)
        i, j = divmod(k - n, n)
        return Entry(2, f"∂²f/{by(i)}{by(j)}", f"hessian[{i}, {j}]", *numbers)


def _suspect(subject: Subject, by_hand: Array, right: Array | None, witnesses: list[Witness]) -> None:
    """Let the first witness against the given gradient, an exact one if there is, say what the slip looks like."""
    for witness in sorted(witnesses, key=lambda w: w.route == "central"):
        if witness.agrees or witness.silent or (right is not None and witness.route != "given"):
            continue
        numbers = witness.gradient if right is None else right
        tolerance = PROBABLY_FINE if right is None and witness.route == "central" else EXACT
        if numbers is not None:
            witness.diagnosis = suspicion(by_hand, numbers, subject.x, tolerance, subject.shape or (1,))
        return
