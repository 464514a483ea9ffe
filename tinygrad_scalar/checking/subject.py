"""A function and a point, and what each route says of its derivatives there; f may be anybody's, and may refuse.

>>> subject = Subject(lambda x: np.sum(x**2), np.array([1.0, 3.0]))
>>> reverse(subject, 1), central(subject, np.array([2.0, 6.0]))[0].round(6), complex_step(subject, 1)
(array([2., 6.]), array([2., 6.]), array([2., 6.]))
"""

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arguments import as_float
from ..arrays import Array, Flags
from ..derivatives import grad, hessian, jvp, topological
from ..value import Value, as_value
from .comparison import PROBABLY_FINE
from .witnesses import ASKED, ROUNDING, VISITS, Refusal, difference_error, import_jax, spread

STEPS = (1e-5, 1e-6, 1e-7)  # of central differences, times |x_k| where that is above 1: the next if one is doubtful
REFUSALS = (TypeError, AttributeError, ValueError, ArithmeticError)  # of a function that wants other arguments


class Subject:
    """f at x, called as its author means it: with one array, or with each number or Value an argument of its own."""

    def __init__(self, f: Callable[..., Any], x: Any) -> None:
        self.f, self.of_array = f, bool(np.shape(x)) and not isinstance(x, (list, tuple))
        if not self.of_array:
            x = x if isinstance(x, (list, tuple)) else [x]
            if any(np.shape(v) for v in x):
                raise TypeError("x is an array, a number, or a sequence of numbers; for rows write np.array(x)")
            x = [as_float(data_of(v)) for v in x]
        self.shape, self.x = np.shape(x), np.array(x, dtype=float).reshape(-1)
        if not self.x.size:
            raise ValueError("x has no entries, so there is nothing to differentiate by")
        self.asked = spread(len(self.x), ASKED)  # by those who answer one by one
        self.f_x = self.value(self.x)

    def at(self, x: Array) -> "Subject":
        """The same f at other entries of x."""
        other = copy.copy(self)
        other.x = x
        return other

    def call(self, f: Callable[..., Any], at: Array) -> Any:
        """f, or a gradient, of other entries: in a fresh array, or one by one."""
        return f(np.array(at).reshape(self.shape)) if self.of_array else f(*at.tolist())

    def of_values(self, *v: Any) -> Any:
        """f as a function of Values, which stand in an array if it takes one."""
        result = self.call(self.f, np.array(v, dtype=object))
        return result.item() if isinstance(result, np.ndarray) and result.size == 1 else result

    def value(self, at: Array) -> float:
        """f as a number: an array is tried in numbers first, single arguments as Values, which follow IEEE 754."""

        def on_values() -> Any:
            return self.of_values(*map(Value, at.tolist()))

        def in_numbers() -> Any:
            return self.call(self.f, at)

        first, second = (in_numbers, on_values) if self.of_array else (on_values, in_numbers)
        try:
            result = first()
        except REFUSALS as error:
            try:
                result = second()
            except REFUSALS:
                how = "one array" if self.of_array else f"{len(at)} arguments, one for each number"
                error.add_note(f"f was called with {how}: it is f(x) for an array x, and f(*x) for a list")
                raise error from None
        result = data_of(result)
        if np.size(result) != 1 or np.asarray(result).dtype.kind not in "biuf":
            raise TypeError(
                f"f must give one real number, it gives {type(result).__name__} of shape {np.shape(result)}"
            )
        return float(np.asarray(result).item())


def data_of(x: Any) -> Any:
    """The number in a Value, anything else as it is."""
    return x.data if isinstance(x, Value) else x


def given(subject: Subject, gradient: Any) -> Array:
    """The gradient that is to be checked, flat: of a function of what f takes, or of an array."""
    found = subject.call(gradient, subject.x) if callable(gradient) else gradient
    found = [data_of(v) for v in found] if isinstance(found, (list, tuple)) else data_of(found)
    found = np.array(found, dtype=float)
    if found.shape != subject.shape and not found.size == 1 == subject.x.size:
        turned = ": is it transposed?" if found.shape == subject.shape[::-1] else ""
        raise ValueError(f"the gradient has shape {found.shape}, x has {subject.shape}{turned}")
    return found.reshape(-1)


def answer(route: Callable[..., Array], what: str, subject: Subject, order: int) -> Any:
    """What a route answers, or a Refusal: f may stop for any reason where it is given what it was not written for."""
    try:
        return route(subject, order)
    except Refusal as refusal:
        return refusal
    except Exception as error:
        said = (str(error).splitlines() or [""])[0]
        return Refusal(f"f does not take {what} ({type(error).__name__}: {said[:100]})")


def reverse(subject: Subject, order: int) -> Array:
    """∇f, and with order 2 the Hessian row by row behind it."""
    first = gradient_of(subject, "reverse")(subject.x)
    return first if order == 1 else np.concatenate([first, *hessian(subject.of_values)(*subject.x.tolist())])


def forward(subject: Subject, order: int) -> Array:
    """The same by a sweep up the graph for each entry, of order 2 through the graph of the gradient."""
    x, n = subject.x.tolist(), len(subject.x)
    nodes = n + len(topological(as_value(subject.of_values(*map(Value, x)))))
    if n * nodes > VISITS:
        raise Refusal(f"{n} sweeps up the graph would pass more than {VISITS:,} nodes")
    axes = np.eye(n).tolist()
    first = [jvp(subject.of_values)(x, axis)[1] for axis in axes]
    if order == 1:
        return np.array(first)
    rows = [np.reshape(jvp(grad(subject.of_values))(x, axis)[1], -1) for axis in axes]
    return np.concatenate([first, *np.transpose(rows)])


def complex_step(subject: Subject, order: int, h: float = 1e-30) -> Array:
    """Im f(x + ih)/h for each entry asked for; of no second derivative, where it is nan."""
    n = len(subject.x)
    found = np.full(n if order == 1 else n + n * n, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for k in subject.asked:
            ahead = subject.x.astype(complex)
            ahead[k] += 1j * h
            result = subject.call(subject.f, ahead)
            if not np.iscomplexobj(result):
                raise Refusal("f makes a real number of a complex one: it is not analytic")
            found[k] = np.asarray(result).item().imag / h
    return found


def jax_gradient(subject: Subject, order: int) -> Array:
    """∇f, and the Hessian, by JAX in float64."""
    jax = import_jax()
    with jax.enable_x64(True):
        x = jax.numpy.asarray(subject.x.reshape(subject.shape))
        ways = (jax.grad, jax.hessian)[:order]
        return np.concatenate([np.asarray(way(subject.f)(x), dtype=float).reshape(-1) for way in ways])


def gradient_of(subject: Subject, route: str) -> Callable[[Array], Array]:
    """∇f as a function of x, flat, by reverse mode or by JAX."""
    if route == "jax":
        return lambda at: jax_gradient(subject.at(at), 1)
    return lambda at: np.reshape(grad(subject.of_values)(*at.tolist()), -1)


def wobble(function: Callable[[Array], Any], x: Array) -> Any:
    """How far a function moves when x is moved by a rounding or two: it shows what rounding does on the way."""
    signs = np.resize([1.0, -1.0, -1.0], len(x))
    moved = [function(x * (1.0 + ROUNDING * size * signs)) for size in (-2.0, -1.0, 1.0, 2.0)]
    return np.nan_to_num(np.abs(np.asarray(moved) - function(x))).max(axis=0)


def central(
    subject: Subject, right: Array, gradient: Callable[[Array], Array] | None = None
) -> tuple[Array, Flags, Flags]:
    """Central differences of f, and of its gradient if it is given; which lie at a kink, and which are too small.

    `right` is what they are compared with: smaller steps are tried where they differ. Not asked for is nan.
    """
    n = len(subject.x)
    numeric, kinks, noise = np.full(len(right), np.nan), np.zeros(len(right), dtype=bool), np.zeros(len(right))
    size = 4 * (ROUNDING * max(1.0, abs(subject.f_x)) + wobble(subject.value, subject.x))
    if gradient:
        slope = gradient(subject.x)
        of_slope = 4 * (ROUNDING * np.maximum(1.0, np.abs(right[:n])) + wobble(gradient, subject.x))
    for k in subject.asked:
        numeric[k], kinks[k], noise[k] = _differences(subject.value, subject.x, subject.f_x, k, right[k], size)
        if gradient:
            column = slice(n + k, None, n)
            numeric[column], kinks[column], noise[column] = _differences(
                gradient, subject.x, slope, k, right[column], of_slope
            )
    too_small = ~kinks & (right != numeric) & (np.abs(right - numeric) <= noise)
    return numeric, kinks, too_small & (PROBABLY_FINE * (np.abs(right) + np.abs(numeric)) < noise)


def _differences(
    function: Callable[[Array], Any], x: Array, middle: Any, k: int, right: Any, size: Any
) -> tuple[Any, Any, Any]:
    """The best of the differences by x_k, whether there is a kink, and how much rounding, `size` of f, can move it.

    `middle` is f at x.

    At a kink the slopes ahead and behind stay apart as the step shrinks, and the right one lies between them. Where the
    slope itself has a kink, the error shrinks as h, and both last steps together are free of it.
    """
    best = np.full(np.shape(right), np.nan)
    noise, numbers, gaps = size / STEPS[0], [], []
    for step in STEPS:
        h = step * max(1.0, abs(x[k]))
        ahead, behind = x.copy(), x.copy()
        ahead[k] += h
        behind[k] -= h
        up, down = np.asarray(function(ahead)), np.asarray(function(behind))
        numbers.append((up - down) / (ahead[k] - behind[k]))
        gaps.append(np.abs(up - 2.0 * middle + down) / h)
        best = np.where(difference_error(right, numbers[-1]) < difference_error(right, best), numbers[-1], best)
        if (difference_error(right, best) <= PROBABLY_FINE).all():
            return best, np.zeros(best.shape, dtype=bool), noise
    best = np.where(np.isnan(best), numbers[0], best)
    doubtful, rough = difference_error(right, best) > PROBABLY_FINE, 2 * size / STEPS[-1]
    between = np.abs(right - numbers[-1]) <= 0.5 * gaps[-1] + rough
    kinks = doubtful & between & (gaps[-1] > 0.5 * gaps[-2]) & (gaps[-1] > 4 * rough)
    both = (10.0 * numbers[-1] - numbers[-2]) / 9.0
    better = doubtful & (difference_error(right, both) < difference_error(right, best))
    return np.where(better, both, best), kinks, np.where(better, rough, noise)
