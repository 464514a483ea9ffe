"""Recording: while a function runs once, its Values remember what was asked of them as well as what was computed.

A graph shows how a result came about for one example. It may only be run again for another if nothing in the function
depended on the numbers themselves. So while it is recorded, inputs and parameters are `Traced`: they add and multiply
as all Values do, but they do not give their numbers away, and a comparison of them is a condition: a node that is 1 or
0. Where the function takes a branch on a condition, the branch is noted: it has become a guard, and the graph holds for
all examples that take the same branch. `where(x > 0, a, b)` takes none: both sides are in the graph.

>>> recording = trace(lambda x: x[0] * x[0] if x[0] > x[1] else x[1], [3.0, 2.0])
>>> recording.op, recording.operand.tolist(), [(guard.text, guard.holds) for guard in recording.guards]
(['', '', 'gt', 'mul'], [0, 1, 0, 0], [('input 1 > input 2', True)])

Parameters are not handed to the function, it finds them where they are, in a network or a closure. So the very objects
that the user holds must become `Traced` and be Values again afterwards, and Python looks operators up in the class:

>>> w, seen = Value(2.0), []
>>> recording = trace(lambda x: seen.append((type(w).__name__, w * x[0])) or w * x[0], [3.0], [w])
>>> seen, type(w).__name__, w.data
([('Traced', Traced(mul))], 'Value', 2.0)
"""

import itertools
import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, NoReturn

import numpy as np

from .. import arguments
from ..arguments import as_float
from ..arrays import Integers
from ..derivatives import topological
from ..ops import OPS, floats
from ..value import CONSTANT, Value, as_value, total

COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {  # no rows of the table: nothing is differentiated
    "lt": ("<", operator.lt),
    "le": ("≤", operator.le),
    "gt": (">", operator.gt),
    "ge": ("≥", operator.ge),
}

THROUGH = (__file__, arguments.__file__)  # ==, & and their like, NumPy's < of arrays: no place of a branch

_number: Callable[[Value], float] = Value.__dict__["data"].__get__  # of any Value, also of one that does not tell it
_new = object.__new__


def _refuse(self: Any, *_: Any) -> Any:
    return self._tape.refuse()


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def compare(x: Any, y: Any) -> Any:
        y = as_value(y)
        condition = x._tape.node(float(COMPARISONS[name][1](x._number, _number(y))), name, ())
        x._tape.compared[condition._place] = (x, y)  # no parents, for no gradient passes here
        return condition

    return compare


class Traced(Value):
    """A Value in a function that is being recorded.

    Each recording has a subclass of its own, which knows its tape: `type(v)` tells whether v is part of it.

    An object may change its class only where both have the same slots, so the two numbers of a node stand in those of a
    Value: `data` holds the number, which is hidden, and `grad`, of no use here, its place on the tape. (Places in a
    dict would make recording take 1.2 to 1.3 times as long.)
    """

    __slots__ = ()
    _number = Value.__dict__["data"]
    _place = Value.__dict__["grad"]
    _tape: ClassVar[Any]

    data = property(_refuse, _refuse)
    grad = property(_refuse, _refuse)
    backward = __float__ = __getstate__ = _refuse
    __lt__, __le__, __gt__, __ge__ = map(_comparison, COMPARISONS)

    def __apply__(self, name: str, parents: tuple[Value, ...]) -> Any:
        return self._tape.node(OPS[name].value(floats, *map(_number, parents)), name, parents)

    def __add__(self, other: Any) -> Any:
        if type(other) is not type(self):
            return self.__apply__("add", (self, as_value(other)))
        return self._tape.node(self._number + other._number, "add", (self, other))

    def __mul__(self, other: Any) -> Any:
        if type(other) is not type(self):
            return self.__apply__("mul", (self, as_value(other)))
        return self._tape.node(self._number * other._number, "mul", (self, other))

    def relu(self) -> Any:
        return self._tape.node(0.0 if self._number < 0.0 else self._number, "relu", (self,))

    def __bool__(self) -> bool:
        if self.op not in COMPARISONS:
            raise TypeError("a Value is neither true nor false; compare: v > 0")
        caller = sys._getframe(1)
        while caller.f_code.co_filename in THROUGH and caller.f_back:
            caller = caller.f_back
        self._tape.guards.setdefault(self._place, (self, f"{caller.f_code.co_filename}, line {caller.f_lineno}"))
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
        return format(str(self), spec) if self.op in COMPARISONS or not spec else _refuse(self)

    def __int__(self) -> int:
        return int(bool(self)) if self.op in COMPARISONS else _refuse(self)

    __index__ = __int__

    def __repr__(self) -> str:
        return f"Traced({self.op or 'leaf'})"


class _Tape:
    """The nodes of one recording in order, inputs and parameters first; what each comparison among them compares, and
    on which of them, and where, the function took a branch.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.compared: dict[int, tuple[Any, Any]] = {}
        self.guards: dict[int, tuple[Any, str]] = {}
        self.kind: Any = type("Traced", (Traced,), {"__slots__": (), "_tape": self})

    def node(self, number: float, op: str, parents: tuple[Value, ...]) -> Any:
        """A new node, as `value` makes one."""
        new = _new(self.kind)
        new._number = number
        new._place = len(self.nodes)
        new.op = op
        new.parents = parents
        new.label = ""
        self.nodes.append(new)
        return new

    def refuse(self) -> NoReturn:
        """What is said to those who ask for numbers."""
        raise TypeError(
            "while a function is recorded its Values have no numbers to read or to change, a replay would not see it; "
            "compute with the Values themselves, choose with where(x > 0, a, b), and read numbers outside the function"
        )


class _Ended:
    """In the place of a tape once its recording has ended."""

    def __getattr__(self, name: str) -> NoReturn:
        raise TypeError(
            "this Value belongs to a recording that has ended: it tells no number and takes part in no graph; call the "
            "function on Values of your own to look inside"
        )


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
    start: Integers
    operand: Integers
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
    inputs = [tape.node(as_float(x), "", ()) for x in example]
    with _recorded(parameters, tape):
        result = f(list(inputs))
        if not isinstance(result, Value):
            if isinstance(result, (list, tuple)):
                raise TypeError(f"the function gives one Value, not a {type(result).__name__}; total(values) adds them")
            if result is None:
                raise TypeError("the function gives one Value, not None; is a return missing?")
            result = as_value(result)
        return _read(tape, [*inputs, *parameters], len(inputs), result)


@contextmanager
def _recorded(parameters: Sequence[Value], tape: _Tape) -> Iterator[None]:
    """The parameters as Values of the recording, and as they were afterwards, whatever happens."""
    gradients: list[tuple[Value, float]] = []
    try:
        for i, parameter in enumerate(parameters, start=1):
            if not isinstance(parameter, Value):
                raise TypeError(f"parameter {i} is a Value, not {type(parameter).__name__}")
            if type(parameter) is not Value:
                why = (
                    "is part of a recording under way" if isinstance(parameter, Traced) else "is of a subclass of Value"
                )
                raise ValueError(f"parameter {i} {'is listed twice' if type(parameter) is tape.kind else why}")
            if parameter.op:
                what = "a constant, or frozen" if parameter.op == CONSTANT else f"computed, by {parameter.op!r}"
                raise ValueError(f"a parameter is a leaf that may change; parameter {i} is {what}")
            gradients.append((parameter, parameter.grad))
            parameter.__class__ = tape.kind
            parameter._place = len(tape.nodes)  # type: ignore[attr-defined]
            tape.nodes.append(parameter)
        yield
    finally:
        tape.kind._tape = _Ended()
        for parameter, gradient in gradients:
            parameter.__class__ = Value
            parameter.grad = gradient


def _read(tape: _Tape, leaves: Sequence[Value], n_inputs: int, result: Any) -> Recording:
    """The tape as tables, without what came from outside: that is put before all that was computed."""
    n, computed = len(leaves), tape.nodes[len(leaves) :]
    operands = [tape.compared[v._place] if v.op in COMPARISONS else v.parents for v in computed]
    strangers: dict[Value, int] = {}
    places = [
        v._place if type(v) is tape.kind else -1 - strangers.setdefault(v, len(strangers))
        for v in itertools.chain(*operands, [result])
    ]
    outside = _outside([*strangers], tape)
    place = {v: i for i, v in enumerate(outside, start=n)}
    after = np.arange(n, len(tape.nodes)) + len(outside)
    moved = np.concatenate([np.arange(n), after, [place[v] for v in reversed(strangers)]]).astype(np.intp)
    operand = moved[places]  # where the operands have gone, and the result; strangers are counted from the end
    return Recording(
        n_inputs, n - n_inputs,
        [v.op if v.parents or v.op in COMPARISONS else "" for v in (*leaves, *outside, *computed)],
        np.cumsum([0] * (n + 1) + [len(v.parents) for v in outside] + [*map(len, operands)]),
        np.array([*(place[v] for node in outside for v in node.parents), *operand[:-1].tolist()], dtype=np.intp),
        [v.data for v in outside],
        int(operand[-1]),
        [
            Guard(int(moved[i]), condition._number == 1.0, _text(condition, n_inputs), where)
            for i, (condition, where) in tape.guards.items()
        ],
    )  # fmt: skip


def _outside(strangers: list[Value], tape: _Tape) -> list[Value]:
    """The Values from outside that the function has used, and all below them: leaves first, each node after its own."""
    if any(isinstance(v, Traced) for v in strangers):
        raise ValueError("the function uses a Value of another recording, which has its own inputs and parameters")
    nodes = [v for v in strangers if v.parents]
    nodes = topological(total(nodes))[:-1] if nodes else []
    leaves = [v for v in strangers if not v.parents] + [v for node in nodes for v in node.parents if not v.parents]
    if any(type(v) is tape.kind for v in leaves):
        raise ValueError(
            "the function uses a Value that was computed from a parameter before; a replay would not see it branch or "
            "give its number away: compute it inside the function"
        )
    return [*dict.fromkeys(leaves), *nodes]


def _text(condition: Traced, n_inputs: int, depth: int = 3) -> str:
    """The comparison in words: leaves by name, constants by number, the rest by the operation they come from."""

    def name(v: Any) -> str:
        if v.op in COMPARISONS:
            return f"({_text(v, n_inputs, depth - 1)})" if depth else "(…)"
        if v.parents:
            return f"a computed {OPS[v.op].symbol}"
        if not isinstance(v, Traced):
            return v.label or f"{v.data:g}"
        i = v._place + 1
        return f"input {i}" if i <= n_inputs else v.label or f"parameter {i - n_inputs}"

    x, y = condition._tape.compared[condition._place]
    return f"{name(x)} {COMPARISONS[condition.op][0]} {name(y)}"
