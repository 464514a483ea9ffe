"""Recording: while a function runs once, its Values remember what was asked of them as well as what was computed.

A graph shows how a result came about for one example. It may only be run again for another if nothing in the function
depended on the numbers themselves. So while it is recorded, inputs and parameters are `Traced`: they add and multiply
as all Values do, but they do not give their numbers away, and a comparison of them is a condition: a node that is 1 or
0. Where the function takes a branch on a condition, the branch is noted: it has become a guard, and the graph holds for
all examples that take the same branch. `where(x > 0, a, b)` takes none: both sides are in the graph.

>>> recording = trace(lambda x: x[0] * x[0] if x[0] > x[1] else x[1], [3.0, 2.0])
>>> recording.op, recording.operand, [(guard.text, guard.holds) for guard in recording.guards]
(['', '', 'gt', 'mul'], [0, 1, 0, 0], [('input 1 > input 2', True)])
"""

import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, ClassVar, NamedTuple, NoReturn

from .ops import OPS, floats
from .value import CONSTANT, Value, as_float, as_value, topological, total

COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {  # no rows of the table: nothing is differentiated
    "lt": ("<", operator.lt),
    "le": ("≤", operator.le),
    "gt": (">", operator.gt),
    "ge": ("≥", operator.ge),
}

_data: Any = Value.__dict__["data"]
_grad: Any = Value.__dict__["grad"]
_number: Callable[[Value], float] = _data.__get__  # of any Value, also of one that does not tell it
_new = object.__new__


def _refuse(self: Value, *_: Any) -> NoReturn:
    raise TypeError(
        "while a function is recorded its Values have no numbers to read or to change, a replay would not see it; "
        "compute with the Values themselves, choose with where(x > 0, a, b), and read numbers outside the function"
    )


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda x: x._node(OPS[name].value(floats, x._number), name, (x,))


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def compare(x: Any, y: Any) -> Any:
        x._one_recording((y,))
        y = as_value(y)
        condition = x._node(float(COMPARISONS[name][1](x._number, _number(y))), name, ())
        condition._compared = (x, y)  # and no parents, for no gradient passes here
        return condition

    return compare


class Traced(Value):
    """A Value in a function that is being recorded; each recording has a subclass of its own, see `_kind`."""

    __slots__ = ()
    _number = _data
    _place = _grad  # a gradient has no use here: the place of the node in the order of creation
    _compared: Any = Value.__dict__["label"]  # of a condition: what is compared
    _node: ClassVar[Any]
    _guards: ClassVar[dict[Any, str] | None]

    data = property(_refuse, _refuse)
    grad = property(_refuse, _refuse)
    backward = __float__ = __getstate__ = _refuse

    def __apply__(self, name: str, parents: tuple[Value, ...]) -> Any:
        self._one_recording(parents)
        return self._node(OPS[name].value(floats, *map(_number, parents)), name, parents)

    def _one_recording(self, others: Iterable[Any]) -> None:
        if any(isinstance(v, Traced) and type(v) is not type(self) for v in others):
            raise ValueError("the function uses a Value of another recording, which has its own inputs and parameters")

    exp, log, sqrt, sin, cos, tanh = map(_unary, ("exp", "log", "sqrt", "sin", "cos", "tanh"))
    logistic, leaky_relu, elu = map(_unary, ("logistic", "leaky_relu", "elu"))
    softplus, swish, gelu = map(_unary, ("softplus", "swish", "gelu"))
    __lt__, __le__, __gt__, __ge__ = map(_comparison, COMPARISONS)

    def __bool__(self) -> bool:
        if self.op not in COMPARISONS:
            raise TypeError("a Value is neither true nor false; compare: v > 0")
        if self._guards is None:
            raise TypeError("this comparison belongs to a recording that has ended")
        caller = sys._getframe(1)
        self._guards.setdefault(self, f"{caller.f_code.co_filename}, line {caller.f_lineno}")
        return bool(self._number == 1.0)

    def __int__(self) -> int:
        return int(bool(self)) if self.op in COMPARISONS else _refuse(self)

    __index__ = __int__

    def __repr__(self) -> str:
        return f"Traced({self.op or 'leaf'})"


def _kind(tape: list[Traced]) -> type[Traced]:
    """The Values of one recording: each node puts itself on its tape."""
    append = tape.append

    def node(number: float, op: str, parents: tuple[Value, ...]) -> Traced:
        new = _new(Kind)
        new._number = number
        new._place = len(tape)
        new.op = op
        new.parents = parents
        new.label = ""
        append(new)
        return new

    class Kind(Traced):
        __slots__ = ()
        _node = staticmethod(node)
        _guards: ClassVar[dict[Any, str] | None] = {}

        def __add__(self, other: Any) -> Any:
            if type(other) is not Kind:
                return self.__apply__("add", (self, as_value(other)))
            return node(self._number + other._number, "add", (self, other))

        def __mul__(self, other: Any) -> Any:
            if type(other) is not Kind:
                return self.__apply__("mul", (self, as_value(other)))
            return node(self._number * other._number, "mul", (self, other))

        def relu(self) -> Any:
            return node(0.0 if self._number < 0.0 else self._number, "relu", (self,))

    return Kind


class Guard(NamedTuple):
    """A condition on which the function took a branch: its node, which way, how to name it, where it stands."""

    node: int
    holds: bool
    text: str
    place: str


class Recording(NamedTuple):
    """The tape of one run. Nodes count from 0: inputs, parameters, leaves and nodes from outside, then all others in
    order; node i has operation op[i] ("" for a leaf) and the operands operand[start[i] : start[i + 1]].
    """

    n_inputs: int
    n_parameters: int
    op: list[str]
    start: list[int]
    operand: list[int]
    outside: list[float]  # the numbers of the nodes from outside
    result: int
    guards: list[Guard]


def trace(f: Callable[[list[Value]], Any], example: Sequence[Any], parameters: Sequence[Value] = ()) -> Recording:
    """Run f(list of Values) once, on the numbers of one example, and keep what it did.

    Parameters
    ----------
    f : callable
        Gives one Value or number. Leaves it uses beside the inputs and the parameters are constants.
    example : sequence of numbers
        One number per input.
    parameters : sequence of Values
        Leaves that f uses. While f runs they do not give their numbers away, afterwards they are as before.
    """
    tape: list[Any] = []
    kind = _kind(tape)
    for x in example:
        kind._node(as_float(x), "", ())
    n = len(tape)
    with _recorded(parameters, kind, tape):
        try:
            result = f(tape[:n])
        finally:
            guards, kind._guards = kind._guards, None
        if not isinstance(result, Value):
            if isinstance(result, (list, tuple)):
                raise TypeError(f"the function gives one Value, not a {type(result).__name__}; total(values) adds them")
            result = as_value(result)
        return _read(tape, n, len(parameters), result, guards or {}, kind)


@contextmanager
def _recorded(parameters: Sequence[Value], kind: type[Traced], tape: list[Any]) -> Iterator[None]:
    """The parameters as Values of the recording, and as they were afterwards, whatever happens."""
    gradients: list[tuple[Value, float]] = []
    try:
        for i, parameter in enumerate(parameters, start=1):
            if not isinstance(parameter, Value):
                raise TypeError(f"parameter {i} is a Value, not {type(parameter).__name__}")
            if type(parameter) is not Value:
                why = "is listed twice" if type(parameter) is kind else "is part of a recording under way"
                raise ValueError(f"parameter {i} {why}")
            if parameter.op:
                what = "a constant, or frozen" if parameter.op == CONSTANT else f"computed, by {parameter.op!r}"
                raise ValueError(f"a parameter is a leaf that may change; parameter {i} is {what}")
            gradients.append((parameter, parameter.grad))
            parameter.__class__ = kind
            parameter._place = len(tape)  # type: ignore[attr-defined]
            tape.append(parameter)
        yield
    finally:
        for parameter, gradient in gradients:
            parameter.__class__ = Value
            parameter.grad = gradient


def _read(tape: list[Any], n: int, p: int, result: Value, guards: dict[Any, str], kind: Any) -> Recording:
    """The tape in numbers. What came from outside is put before all that was computed."""
    strangers: dict[Value, int] = {}

    def stranger(v: Value) -> int:
        if isinstance(v, Traced):
            raise ValueError("the function gives a Value of another recording")
        return -1 - strangers.setdefault(v, len(strangers))

    leaves, computed = tape[: n + p], tape[n + p :]
    operand = [
        v._place if type(v) is kind else stranger(v) for node in computed for v in node.parents or node._compared
    ]
    last = result._place if type(result) is kind else stranger(result)  # type: ignore[attr-defined]
    before = [v for v in strangers if v.parents]
    before = topological(total(before))[:-1] if before else []
    below = [v for v in strangers if not v.parents] + [v for node in before for v in node.parents if not v.parents]
    outside = [v for v in dict.fromkeys(below) if type(v) is not kind] + before
    place = {v: n + p + i for i, v in enumerate(outside)}
    place |= {v: i for i, v in enumerate(leaves)}
    shift = len(outside)
    new_place = [*range(n + p), *range(n + p + shift, len(tape) + shift), *(place[v] for v in reversed(strangers))]
    sizes = [len(node.parents) for node in outside] + [len(node.parents or node._compared) for node in computed]
    names = {v: f"input {i}" if i <= n else v.label or f"parameter {i - n}" for i, v in enumerate(leaves, start=1)}
    return Recording(
        n, p,
        [""] * (n + p) + [v.op if v.parents else "" for v in outside] + [node.op for node in computed],
        [0] * (n + p) + [*accumulate(sizes, initial=0)],
        [place[v] for node in outside for v in node.parents] + [new_place[i] for i in operand],
        [0.0 if type(v) is kind else v.data for v in outside],
        new_place[last],
        [Guard(new_place[c._place], c._number == 1.0, _text(c, names), where) for c, where in guards.items()],
    )  # fmt: skip


def _text(condition: Traced, names: dict[Any, str]) -> str:
    """The comparison in words: leaves by name, constants by number, the rest by the operation they come from."""

    def name(v: Any) -> str:
        if v in names:
            return names[v]
        if v.op in COMPARISONS:
            return f"({_text(v, names)})"
        return f"a computed {OPS[v.op].symbol}" if v.parents else v.label or f"{_number(v):g}"

    x, y = condition._compared
    return f"{name(x)} {COMPARISONS[condition.op][0]} {name(y)}"
