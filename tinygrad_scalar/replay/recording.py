"""Recording: while a function runs once, its Values remember what was asked of them as well as what was computed.

A graph shows how a result came about for one example. It may only be run again for another if nothing in the function
depended on the numbers themselves. So while it is recorded, inputs and parameters are `Traced`: they add and multiply
as all Values do, but they do not give their numbers away, and a comparison of them is a condition: a node that is 1 or
0. Where the function takes a branch on a condition, the branch is noted: it has become a guard, and the graph holds for
all examples that take the same branch. `where(x > 0, a, b)` takes none: both sides are in the graph.

>>> recording = trace(lambda x: x[0] * x[0] if x[0] > x[1] else x[1], [3.0, 2.0])
>>> recording.op, recording.operand.tolist(), [(guard.text, guard.holds) for guard in recording.guards]
(['', '', 'gt', 'mul'], [0, 1, 0, 0], [('input 1 > input 2', True)])
"""

import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from ..derivatives import topological
from ..ops import OPS, floats
from ..value import CONSTANT, Value, as_float, as_value, total

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
    return lambda x: x._node(OPS[name].value(floats, x._number), name, (x,), (x._place,))


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def compare(x: Any, y: Any) -> Any:
        y = as_value(y)
        number = float(COMPARISONS[name][1](x._number, _number(y)))
        condition = x._node(number, name, (), x._places((x, y)))  # no parents, for no gradient passes here
        condition._compared = (x, y)
        return condition

    return compare


class Traced(Value):
    """A Value in a function that is being recorded; each recording has a subclass of its own, see `_kind`."""

    __slots__ = ()
    _number = _data
    _place = _grad  # a gradient has no use here: the place of the node on the tape
    _compared: Any = Value.__dict__["label"]  # of a condition: what is compared
    _node: ClassVar[Any]
    _places: ClassVar[Any]
    _guards: ClassVar[dict[int, tuple[Any, str]] | None]  # by place: the condition, and where the branch stands

    data = property(_refuse, _refuse)
    grad = property(_refuse, _refuse)
    backward = __float__ = __getstate__ = _refuse

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
        while caller.f_code.co_filename == __file__ and caller.f_back:  # through ==, & and their like
            caller = caller.f_back
        self._guards.setdefault(self._place, (self, f"{caller.f_code.co_filename}, line {caller.f_lineno}"))
        return bool(self._number == 1.0)

    def __eq__(self, other: object) -> bool:
        if self.op in COMPARISONS or (isinstance(other, Traced) and other.op in COMPARISONS):
            return bool(self) == bool(other)  # of conditions it is asked whether they hold, not whether they are one
        return Value.__eq__(self, other)

    def __hash__(self) -> int:
        if self.op in COMPARISONS:
            raise TypeError("while a function is recorded a comparison is no key of a set or dict; write bool(x > y)")
        return object.__hash__(self)

    def __and__(self, other: Any) -> bool:
        return bool(self) & bool(other)

    def __or__(self, other: Any) -> bool:
        return bool(self) | bool(other)

    def __xor__(self, other: Any) -> bool:
        return bool(self) ^ bool(other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __str__(self) -> str:
        return str(bool(self)) if self.op in COMPARISONS else repr(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __int__(self) -> int:
        return int(bool(self)) if self.op in COMPARISONS else _refuse(self)

    __index__ = __int__

    def __repr__(self) -> str:
        return f"Traced({self.op or 'leaf'})"


class _Tape:
    """What a recording writes down of each node: its operation, the places of its operands, and where these end.

    A Value that is neither input nor parameter nor computed in the function is a stranger; they count down from −1.
    """

    def __init__(self) -> None:
        self.op: list[str] = []
        self.operand: list[int] = []
        self.end: list[int] = []
        self.strangers: dict[Value, int] = {}

    def stranger(self, v: Value) -> int:
        if isinstance(v, Traced):
            raise ValueError("the function uses a Value of another recording, which has its own inputs and parameters")
        return -1 - self.strangers.setdefault(v, len(self.strangers))


def _kind(tape: _Tape) -> type[Traced]:
    """The Values of one recording, which write all that is done with them on its tape."""
    ops, operands, ends = tape.op, tape.operand, tape.end

    def node(number: float, op: str, parents: tuple[Value, ...], places: Sequence[int]) -> Traced:
        new = _new(Kind)
        new._number = number
        new._place = len(ops)
        new.op = op
        new.parents = parents
        new.label = ""
        ops.append(op)
        operands.extend(places)
        ends.append(len(operands))
        return new

    def places(values: Sequence[Any]) -> list[int]:
        return [v._place if type(v) is Kind else tape.stranger(v) for v in values]

    class Kind(Traced):
        __slots__ = ()
        _node = staticmethod(node)
        _places = staticmethod(places)
        _guards: ClassVar[dict[int, tuple[Any, str]] | None] = {}

        def __apply__(self, name: str, parents: tuple[Value, ...]) -> Any:
            return node(OPS[name].value(floats, *map(_number, parents)), name, parents, places(parents))

        def __add__(self, other: Any) -> Any:
            if type(other) is not Kind:
                return self.__apply__("add", (self, as_value(other)))
            return node(self._number + other._number, "add", (self, other), (self._place, other._place))

        def __mul__(self, other: Any) -> Any:
            if type(other) is not Kind:
                return self.__apply__("mul", (self, as_value(other)))
            return node(self._number * other._number, "mul", (self, other), (self._place, other._place))

        def relu(self) -> Any:
            return node(0.0 if self._number < 0.0 else self._number, "relu", (self,), (self._place,))

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
    start: npt.NDArray[np.intp]
    operand: npt.NDArray[np.intp]
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
    tape = _Tape()
    kind = _kind(tape)
    inputs = [kind._node(as_float(x), "", (), ()) for x in example]
    with _recorded(parameters, kind, tape):
        try:
            result = f(list(inputs))
        finally:
            guards, kind._guards = kind._guards or {}, None
        if not isinstance(result, Value):
            if isinstance(result, (list, tuple)):
                raise TypeError(f"the function gives one Value, not a {type(result).__name__}; total(values) adds them")
            result = as_value(result)
        return _read(tape, kind, [*inputs, *parameters], len(inputs), result, guards)


@contextmanager
def _recorded(parameters: Sequence[Value], kind: type[Traced], tape: _Tape) -> Iterator[None]:
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
            parameter._place = len(tape.op)  # type: ignore[attr-defined]
            tape.op.append("")
            tape.end.append(0)
        yield
    finally:
        for parameter, gradient in gradients:
            parameter.__class__ = Value
            parameter.grad = gradient


def _read(
    tape: _Tape, kind: Any, leaves: Sequence[Value], n_inputs: int, result: Any, guards: dict[int, tuple[Any, str]]
) -> Recording:
    """The tape as a whole. What came from outside is put before all that was computed."""
    n = len(leaves)
    last = result._place if type(result) is kind else tape.stranger(result)
    before = [v for v in tape.strangers if v.parents]
    before = topological(total(before))[:-1] if before else []
    below = [v for v in tape.strangers if not v.parents] + [v for node in before for v in node.parents if not v.parents]
    if any(type(v) is kind for v in below):
        raise ValueError(
            "the function uses a Value that was computed from a parameter before; a replay would not see it branch or "
            "give its number away: compute it inside the function"
        )
    outside = [*dict.fromkeys(below), *before]
    place = {v: i for i, v in enumerate([*leaves, *outside])}
    computed = np.arange(n + len(outside), len(tape.op) + len(outside))
    strangers = np.array([place[v] for v in reversed(tape.strangers)], dtype=np.intp)
    moved = np.concatenate([np.arange(n), computed, strangers])  # −1 is the last
    start = np.cumsum([0] * (n + 1) + [len(v.parents) for v in outside])
    operand = np.array([place[v] for node in outside for v in node.parents], dtype=np.intp)
    names = {
        v: f"input {i}" if i <= n_inputs else v.label or f"parameter {i - n_inputs}" for i, v in enumerate(leaves, 1)
    }
    return Recording(
        n_inputs, n - n_inputs,
        tape.op[:n] + [v.op if v.parents else "" for v in outside] + tape.op[n:],
        np.concatenate([start, start[-1] + np.array(tape.end[n:], dtype=np.intp)]),
        np.concatenate([operand, moved[np.array(tape.operand, dtype=np.intp)]]),
        [v.data for v in outside],
        int(moved[last]),
        [Guard(int(moved[c._place]), c._number == 1.0, _text(c, names), where) for c, where in guards.values()],
    )  # fmt: skip


def _text(condition: Traced, names: dict[Any, str]) -> str:
    """The comparison in words: leaves by name, constants by number, the rest by the operation they come from."""

    def name(v: Any) -> str:
        if v.op in COMPARISONS:
            return f"({_text(v, names)})"
        if v in names:
            return names[v]
        return f"a computed {OPS[v.op].symbol}" if v.parents else v.label or f"{_number(v):g}"

    x, y = condition._compared
    return f"{name(x)} {COMPARISONS[condition.op][0]} {name(y)}"
