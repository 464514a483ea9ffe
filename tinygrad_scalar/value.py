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

import operator
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import partial
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .arguments import Habits, as_float, entrywise
from .arguments import pause_gc as pause_gc
from .ops import OPS, Namespace, floats, inputs

under_way: ContextVar[frozenset["Value"]] = ContextVar("under_way", default=frozenset())  # inputs of `derivatives`
INSTEAD_OF_BACKWARD = "and backward() leaves numbers that it cannot follow; write grad(f)(v) for the inner derivative"
CONSTANT = "constant"  # the op of a leaf that came from a plain number: nothing is differentiated with respect to it


def _row(name: str) -> Callable[..., Any]:
    """Row `name` as a function; of one input, straight to the node where that is a plain Value."""
    (symbol, value, _, about), names = OPS[name], inputs(name)

    def unary(x: Any) -> Any:
        return _node(value(floats, x.data), name, (x,)) if type(x) is Value else apply(name, x)

    def several(*x: Any) -> Any:
        if len(x) != len(names):
            raise TypeError(f"{name} takes {len(names)} inputs, {', '.join(names)}; it was given {len(x)}")
        return apply(name, *x)

    function: Any = unary if len(names) == 1 else several
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{symbol}: a new node where an input is a Value, a float where all are numbers.\n\n{about}"
    function.__signature__ = Signature([Parameter(x, Parameter.POSITIONAL_ONLY) for x in names])
    return function  # type: ignore[no-any-return]


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda y, x: apply(name, x, y)


def _comparison(holds: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda x, y: holds(x.data, as_value(y).data)


class Value(Habits):
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
    __rules__: ClassVar[Namespace]

    def __init__(self, data: Any, label: str = "") -> None:
        if not isinstance(label, str):
            raise TypeError(f'a label is text, not {type(label).__name__}: Value(2.0, "x")')
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

    def __pos__(self) -> "Value":
        return self

    # Comparisons. What a Value refuses to be, `Habits` says.

    __lt__, __le__, __gt__, __ge__ = map(_comparison, (operator.lt, operator.le, operator.gt, operator.ge))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Value):
            return self is other
        raise TypeError(f"== asks whether two names mean the same Value; to compare numbers write v.data == {other!r}")

    __hash__ = object.__hash__

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
        as_float(self.data)  # an array in a leaf's .data is refused here
        order: list[Value] = []  # each node after its parents; the marks are the zeros that the sweep starts from
        zero = float("0")  # an object of its own: what holds it has been seen (a set would cost 8 to 28 % of the time)
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

    NumPy arrays that hold Values, or meet one, are taken entry by entry.

    >>> apply("maximum", Value(2.0), 5).data, apply("maximum", 2, 5)
    (5.0, 5.0)
    """
    kinds = {*map(type, inputs)}
    if kinds != {Value}:
        if np.ndarray in kinds and any(np.asarray(x).dtype == object for x in inputs):
            return entrywise(partial(apply, name), inputs)
        for x in inputs:
            if type(x) is not Value and hasattr(x, "__apply__"):  # one that is being recorded, see `replay.recording`
                return x.__apply__(name, tuple(map(as_value, inputs)))
        if Value not in kinds and not any(isinstance(x, Value) for x in inputs):
            return OPS[name].value(floats, *map(as_float, inputs))
        inputs = tuple(map(as_value, inputs))
    return _node(OPS[name].value(floats, *[x.data for x in inputs]), name, inputs)


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
    """log Σ exp v, one node, stable at any finite v and where some are −∞, which add nothing.

    Where one is +∞, or all are −∞, it is that; its derivative has no limit there that holds for all, and is nan.

    >>> a, b = Value(1000.0), Value(1000.0)
    >>> y = logsumexp([a, b])
    >>> y.backward()
    >>> y.data, a.grad, b.grad
    (1000.6931471805599, 0.5, 0.5)
    """
    terms = tuple(values)
    if not terms:
        raise ValueError("logsumexp wants one Value or number at least, in a list")
    return apply("logsumexp", *terms)


def softmax(values: Iterable[Any]) -> list[Any]:
    """exp(v_k) / Σ exp v for each v_k, as exp(v_k − lse(v)): from 0 to 1, with the sum 1.

    >>> softmax([0.0, 0.0]), [round(a, 3) for a in softmax([Value(0.0), Value(1.0)])]
    ([0.5, 0.5], [0.269, 0.731])
    """
    terms = tuple(values)
    lse = logsumexp(terms)
    return [apply("exp", v - lse) for v in terms]


for _name, _function in {name: _row(name) for name in OPS}.items():  # each row is a function, of one input a method too
    globals().setdefault(_name, _function)
    if len(inputs(_name)) == 1 and _name not in vars(Value):
        setattr(Value, _name, _function)
if TYPE_CHECKING:

    def __getattr__(name: str) -> Callable[..., Any]: ...


Value.__rules__ = values = Namespace(row=lambda name: partial(apply, name))  # each row makes a node
