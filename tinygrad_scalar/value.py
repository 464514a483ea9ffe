"""A Value is a number that remembers where it came from; backward() walks that memory in reverse.

Every operation on Values makes a node that keeps its inputs, its `parents`. The chain rule then needs one sweep from
the result back to the leaves, in which each node hands its gradient, times the local derivative, to its parents.

>>> t = Value(0.5)
>>> x, y = exp(t), t**2                          # the text's example: z = sin(x² + y²), x = eᵗ, y = t²
>>> z = sin(x**2 + y**2)
>>> z.backward()
>>> print(f"{t.grad:.12f}")                      # cos(e²ᵗ + t⁴) (2 e²ᵗ + 4 t³), the text's direct method
-5.554313566586

Nodes point only at their parents, so a graph has no reference cycle: it is freed the moment its result is dropped. One
graph belongs to one thread; different graphs in different threads are independent.
"""

import gc
import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, ClassVar

import numpy as np

from .ops import OPS, Namespace, floats

under_way: ContextVar[frozenset["Value"]] = ContextVar("under_way", default=frozenset())  # inputs of `derivatives`
INSTEAD_OF_BACKWARD = "and backward() leaves numbers that it cannot follow; write grad(f)(v) for the inner derivative"
CONSTANT = "constant"  # the op of a leaf that came from a plain number: nothing is differentiated with respect to it


def as_float(data: Any) -> float:
    """`data` as a float, or a TypeError that says what to use instead."""
    if isinstance(data, (int, float, np.integer, np.floating, np.bool)):
        return float(data)
    hint = "; for arrays there are the matrix and replay routes" if hasattr(data, "__array__") else ""
    raise TypeError(f"a Value holds one real number, not {type(data).__name__}{hint}")


def _row(name: str) -> Callable[..., Any]:
    def function(*x: Any) -> Any:
        return apply(name, *x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{OPS[name].symbol}: a new node where an input is a Value, a float where all are numbers."
    return function


def _unary(name: str) -> Callable[[Any], Any]:
    """Row `name` of one input: as `_row`, but straight to the node for a Value, plain or recorded."""
    general, value = _row(name), OPS[name].value

    @wraps(general)
    def function(x: Any) -> Any:
        return _node(value(floats, x.data), name, (x,)) if type(x) is Value else general(x)

    return function


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda y, x: apply(name, x, y)


def _comparison(holds: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda x, y: holds(x.data, as_value(y).data)


class Value:
    """One real number, a node of the computation graph.

    Parameters
    ----------
    data : int, float, bool or NumPy scalar
        The number. Anything else is a TypeError; an int too large for a float is an OverflowError.
    label : str
        A name for pictures and messages.

    Attributes
    ----------
    grad : float
        ∂(result)/∂(this) after `result.backward()`.
    op : str
        The row of `ops.OPS` that made this node; "" for a leaf, "constant" for a leaf made from a plain number.
    parents : tuple of Value
        The inputs of `op`, in order, with repeats.

    Notes
    -----
    `<`, `>`, `<=`, `>=` compare data, `==` is identity. Arithmetic follows IEEE 754: 1/0 is inf, log(−1) is nan. After
    changing `.data` of a leaf, run the forward pass again: what was computed from it does not follow. A subclass may
    add to a leaf; what is computed from it is a plain Value.

    >>> a, b = Value(-4.0), Value(2.0)               # the example that micrograd publishes
    >>> c, d = a + b, a * b + b**3
    >>> c = c + c + 1
    >>> c = c + 1 + c - a
    >>> d = d + d * 2 + (b + a).relu()
    >>> d = d + 3 * d + (b - a).relu()
    >>> f = (c - d) ** 2
    >>> g = f / 2.0 + 10.0 / f
    >>> g.backward()
    >>> print(f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}")
    24.7041 138.8338 645.5773
    """

    __slots__ = ("__weakref__", "data", "grad", "label", "op", "parents")
    __array_ufunc__ = None  # so that np.float64(2) * Value(3) asks Value, not NumPy
    __rules__: ClassVar[Namespace]

    def __init__(self, data: Any, label: str = "") -> None:
        self.data = as_float(data)
        self.grad = 0.0
        self.op = ""
        self.parents: tuple[Value, ...] = ()
        self.label = label

    # Operators. `+`, `×`, Σ and relu are written out, here and in backward(), because nearly all nodes of a network are
    # these; a test holds them equal to their rows.

    def __add__(self, other: Any) -> "Value":
        if type(other) is not Value:
            return apply("add", self, other)  # type: ignore[no-any-return]
        return _node(self.data + other.data, "add", (self, other))

    def __mul__(self, other: Any) -> "Value":
        if type(other) is not Value:
            return apply("mul", self, other)  # type: ignore[no-any-return]
        return _node(self.data * other.data, "mul", (self, other))

    def relu(self) -> "Value":
        return _node(0.0 if self.data < 0.0 else self.data, "relu", (self,))

    __sub__, __truediv__, __pow__ = map(_row, ("sub", "div", "pow"))
    __radd__, __rmul__, __rsub__, __rtruediv__, __rpow__ = map(_reflected, ("add", "mul", "sub", "div", "pow"))
    __neg__, __abs__ = map(_row, ("neg", "abs"))
    exp, log, sqrt, sin, cos, tanh = map(_unary, ("exp", "log", "sqrt", "sin", "cos", "tanh"))
    logistic, leaky_relu, elu = map(_unary, ("logistic", "leaky_relu", "elu"))
    softplus, swish, gelu = map(_unary, ("softplus", "swish", "gelu"))

    def __pos__(self) -> "Value":
        return self

    # Comparisons, and what a Value refuses to be.

    __lt__, __le__, __gt__, __ge__ = map(_comparison, (operator.lt, operator.le, operator.gt, operator.ge))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Value):
            return self is other
        raise TypeError(f"== asks whether two names mean the same Value; to compare numbers write v.data == {other!r}")

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError("a Value is neither true nor false; write v.data != 0, or compare: v > 0")

    def __float__(self) -> float:
        raise TypeError("a Value is no float, its graph would be lost; write v.data, or exp(v) for math.exp(v)")

    __int__ = __float__

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value({self.data!r}, grad={self.grad!r}{label})"

    def __getstate__(self) -> object:
        if self.parents:
            raise TypeError(
                "a computed Value is neither copied nor pickled; copy the leaves and run the forward pass again"
            )
        return super().__getstate__()

    def backward(self) -> None:
        """Set `.grad` of every node below to ∂self/∂node: the chain rule, from the result back to the leaves.

        The gradients of computed nodes start from 0 at each call; leaves accumulate, so that the gradients of several
        results add up. Constants get none. The work is proportional to the number of nodes and edges; nothing recurses.

        >>> a = Value(1.0)
        >>> b = a + a                       # used twice: both edges count
        >>> c = b + b
        >>> c.backward()
        >>> a.grad
        4.0
        >>> c.backward()                    # leaves accumulate
        >>> a.grad
        8.0
        """
        order: list[Value] = []  # each node after its parents; the marks are the zeros that the sweep starts from
        zero = float(
            "0"
        )  # an object of its own: what holds it has been seen (a set of nodes costs 8 to 28 % more time)
        stack: list[Any] = [self]
        while stack:
            node = stack.pop()
            if node is None:
                order.append(stack.pop())
            elif node.grad is not zero and (parents := node.parents):
                node.grad = zero
                stack += (node, None)
                stack += parents
        outer = under_way.get()
        if outer and not outer.isdisjoint(p for node in order for p in (node, *node.parents)):
            raise ValueError(f"an outer derivative follows these Values, {INSTEAD_OF_BACKWARD}")
        self.grad += 1.0
        for node in reversed(order):
            g, op = node.grad, node.op
            if op == "mul":
                x, y = node.parents
                if x.op != CONSTANT:
                    x.grad += g * y.data
                if y.op != CONSTANT:
                    y.grad += g * x.data
            elif op == "total" or op == "add":
                for parent in node.parents:
                    if parent.op != CONSTANT:
                        parent.grad += g
            elif op == "relu":
                if node.parents[0].op != CONSTANT:
                    node.parents[0].grad += g * (1.0 if node.data > 0.0 else 0.0)
            else:
                partials = OPS[op].partials(floats, node.data, *[parent.data for parent in node.parents])
                for parent, local in zip(node.parents, partials, strict=True):
                    if parent.op != CONSTANT:
                        parent.grad += g * local


_new = object.__new__


def _node(data: float, op: str, parents: tuple[Value, ...]) -> Value:
    node = _new(Value)
    node.data = data
    node.grad = 0.0
    node.op = op
    node.parents = parents
    node.label = ""
    return node


def as_value(x: Any) -> Value:
    """`x` itself if it is a Value, else a constant leaf that holds the number."""
    return x if isinstance(x, Value) else _node(as_float(x), CONSTANT, ())


def apply(name: str, *inputs: Any) -> Any:
    """Row `name` of the table on Values and numbers: a new node, or a float where no input is a Value.

    >>> apply("maximum", Value(2.0), 5).data, apply("maximum", 2, 5)
    (5.0, 5.0)
    """
    if not any(isinstance(x, Value) for x in inputs):
        return OPS[name].value(floats, *map(as_float, inputs))
    parents = tuple(map(as_value, inputs))
    for parent in parents:
        if hasattr(parent, "__apply__"):  # one that is being recorded, see `replay.recording`
            return parent.__apply__(name, parents)
    return _node(OPS[name].value(floats, *[parent.data for parent in parents]), name, parents)


def total(values: Iterable[Any]) -> Any:
    """Σ: one node that adds any number of Values and numbers (the sum of no Values at all is a float).

    >>> z = total([Value(1.0), Value(2.0), 3])
    >>> z.data, z.op, len(z.parents)
    (6.0, 'total', 3)
    """
    parents = tuple(values)
    if not {*map(type, parents)} <= {Value}:
        return apply("total", *parents)
    return _node(sum([parent.data for parent in parents], -0.0), "total", parents) if parents else 0.0


def logsumexp(values: Iterable[Any]) -> Any:
    """log Σ exp v, one node, stable at any v."""
    return apply("logsumexp", *values)


exp, log, sqrt, sin, cos, tanh = Value.exp, Value.log, Value.sqrt, Value.sin, Value.cos, Value.tanh
logistic, leaky_relu, elu = Value.logistic, Value.leaky_relu, Value.elu
softplus, swish, gelu = Value.softplus, Value.swish, Value.gelu
relu, maximum, minimum, where = map(_row, ("relu", "maximum", "minimum", "where"))


class _ValueRules(Namespace):
    """The rules' namespace over Values: each row of the table makes a node."""

    def row(self, name: str) -> Callable[..., Any]:
        return partial(apply, name)


Value.__rules__ = values = _ValueRules()


@contextmanager
def pause_gc() -> Iterator[None]:
    """Let Python's cyclic collector rest inside `with pause_gc():`; afterwards it is as it was found.

    It walks all that is alive again and again while a graph grows, and finds nothing: a graph has no reference cycles,
    and is freed without it. Pauses may be nested, and an exception ends them too. The collector is one for the whole
    process, so cyclic garbage of other code waits until the pause is over.

    >>> import gc
    >>> from tinygrad_scalar import Value
    >>> with pause_gc():
    ...     y = sum(Value(x) ** 2 for x in range(100)); y.backward(); gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
