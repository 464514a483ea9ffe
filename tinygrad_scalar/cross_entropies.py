"""The two cross-entropies, from the outputs a and from the pre-activations z; the second form is stable at any z.

At z = 40 a logistic output is 1 to the last digit: log(1 − a) is −∞, and what z was is forgotten. Nobody needs a there:

- log a = −softplus(−z) and log(1 − a) = −softplus(z) for a = logistic(z),
- log a_k = z_k − lse(z) for a = softmax(z).

A cross-entropy that is given the very Values that a logistic or a softmax made sees it by their `op` and their parents,
and takes this form by itself; so does a recording. The graph then runs from z to ℒ and leaves a out: `a.grad` stays as
it was.

>>> from tinygrad_scalar import Value, logistic
>>> z = Value(40.0)
>>> loss = binary_cross_entropy([0.0], [z.logistic()])
>>> loss.backward()
>>> loss.data, z.grad, binary_cross_entropy([0.0], [logistic(40.0)])      # from the number a alone
(40.0, 1.0, inf)
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .ops import arrays, namespace


def summed(one: Callable[[Any, Any, Any], Any], y: Any, a: Any) -> Any:
    """Σ over the P outputs of one(xp, y_i, a_i), xp the namespace that fits them; of two arrays all rows in one call.

    >>> summed(lambda xp, y, a: xp.square(y - a), [1.0, 0.0], [0.5, 0.25])
    0.3125
    >>> summed(lambda xp, y, a: xp.square(y - a), 2, [0.5, 0.25, 0.25])
    Traceback (most recent call last):
    TypeError: the target has an entry for each output, it is not 2; a class becomes zeros and a 1, see data.one_hot
    """
    matched(y, a)
    if _is_array(y) and _is_array(a):
        rows = one(arrays(a.__array_namespace__()), y, a)
        return rows.sum(axis=0) if len(rows) != 1 else rows[0]  # of one output alone there is nothing to add
    xp = namespace(*a, *y)
    each = [one(xp, y_i, a_i) for y_i, a_i in zip(y, a, strict=True)]
    return xp.total(*each) if len(each) != 1 else each[0]


def matched(y: Sequence[Any], a: Sequence[Any]) -> None:
    """A target and an output have P entries, both, or there is an error that says what has not."""
    what, part = "output", a
    try:
        P = len(a)
        what, part = "target", y
        if len(y) != P:
            raise ValueError(f"the target has {len(y)} entries, the output {P}")
    except TypeError:
        a_class = part is y and len(a) > 1
        hint = "a class becomes zeros and a 1, see data.one_hot" if a_class else "put it into a list"
        raise TypeError(f"the {what} has an entry for each output, it is not {part!r}; {hint}") from None


def binary_cross_entropy(y: Sequence[Any], a: Sequence[Any]) -> Any:
    """−Σ y_i log a_i + (1 − y_i) log(1 − a_i) for one example; with logistic outputs δ^L = a − y."""
    matched(y, a)
    if all(_op(a_i) == "logistic" for a_i in a):
        return binary_cross_entropy_of_z(y, [a_i.parents[0] for a_i in a])
    return -summed(lambda xp, y, a: _xlog(xp, y, a) + _xlog(xp, 1.0 - y, 1.0 - a), y, a)


def binary_cross_entropy_of_z(y: Sequence[Any], z: Sequence[Any], a: Any = None) -> Any:
    """Σ softplus(z_i) − y_i z_i: the binary cross-entropy of a = logistic(z); a itself would lose digits."""
    matched(y, z)
    if all(map(_is_node, z)):
        return summed(lambda xp, y, z: xp.softplus(z) - y * z, y, z)

    def one(xp: Any, y: Any, z: Any) -> Any:
        return xp.where(z >= math.inf, _times(xp, 1.0 - y, z), xp.softplus(z) - _times(xp, y, z))

    return summed(one, y, z)


def cross_entropy(y: Sequence[Any], a: Sequence[Any]) -> Any:
    """−Σ y_i log a_i for one example, y one-hot or a distribution; with softmax outputs δ^L = a − y."""
    matched(y, a)
    exponents = [a_i.parents[0] for a_i in a if _op(a_i) == "exp"]
    made = [exponent.parents for exponent in exponents if _op(exponent) == "sub"]  # softmax: a_i = exp(z_i − lse(z))
    if len(made) == len(a) and all(lse is made[0][1] for _, lse in made):
        return _below(made[0][1], y, [z_i for z_i, _ in made])
    return -summed(_xlog, y, a)


def cross_entropy_of_z(y: Any, z: Any, a: Any = None) -> Any:
    """(Σ y) lse(z) − y·z: the cross-entropy of a = softmax(z), the negative log-likelihood.

    An array a spares the exponentials, lse(z) = max z − log max a, and as long as all is finite the guards too.
    """
    matched(y, z)
    if isinstance(a, np.ndarray):
        lse = z.max(axis=0) - np.log(a.max(axis=0))
        each = y.sum(axis=0) * lse - (y * z).sum(axis=0)
        if np.isfinite(each).all():
            return each
    return _below(_lse(z) if _is_array(z) else namespace(*z, *y).logsumexp(*z), y, z)


def _below(lse: Any, y: Sequence[Any], z: Sequence[Any]) -> Any:
    """Σ y_i (lse − z_i)."""
    xp = namespace(lse, *y)
    if all(map(_is_node, z)):
        return xp.total(*y) * lse - summed(lambda xp, y, z: y * z, y, z)
    certain = xp.where(lse >= math.inf, 0.0, lse)  # −log a_i where z_i is +inf: 0, or nan if another z is

    def one(xp: Any, y: Any, z: Any) -> Any:
        return _times(xp, y, xp.where(z >= math.inf, certain, lse - z))

    return summed(one, y, z)


def _lse(Z: Any) -> Any:
    """Row logsumexp of the table for each column of an array, in a few calls."""
    xp, largest = Z.__array_namespace__(), Z.max(axis=0)
    shift = xp.where(xp.isfinite(largest), largest, 0.0)
    return shift + xp.log(xp.exp(Z - shift).sum(axis=0))


def _is_array(a: Any) -> bool:
    return hasattr(a, "__array_namespace__")


def _op(a: Any) -> str:
    """The operation that made a Value, "" for what is none."""
    return getattr(a, "op", "") if hasattr(a, "__rules__") else ""


def _is_node(z: Any) -> bool:
    """Whether z is a node of a graph, and not at ±inf as far as one knows."""
    if not hasattr(z, "__rules__"):
        return False
    try:
        return not math.isinf(z.data)
    except TypeError:  # a recording hides its numbers
        return True


def _times(xp: Any, y: Any, v: Any) -> Any:
    """y v, which is 0 where y is 0, whatever v is."""
    return y * xp.where(xp.abs(y) > 0, v, 0.0)


def _xlog(xp: Any, y: Any, a: Any) -> Any:
    """y log a, which is 0 where y is 0, whatever a is."""
    present = xp.abs(y) > 0
    return y * xp.log(xp.where(present, a, 1.0))


binary_cross_entropy.of_z = binary_cross_entropy_of_z  # type: ignore[attr-defined]
cross_entropy.of_z = cross_entropy_of_z  # type: ignore[attr-defined]
