"""A schedule bound to arrays, forward: a list of prepared NumPy calls that fill V, step by step.

Operands that stand on rows in a pattern are views of V; scattered ones are gathered first. For one example the arrays
of V have one dimension.
"""

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..arrays import Array, Integers
from . import products_of_rows
from .kernels import Call, values
from .schedule import Group, Product, RowProduct, Section, Step, Strand
from .strands import Interpreter
from .views import View, pattern, strided

BLOCK = 32768  # numbers that are gathered at once: they stay in the cache
WIDE = 8  # numbers in a row of a view of several axes, from which on it is no slower than to gather
STACK = 5  # from so many rows on, the operands of a Σ or a log-sum-exp are one array
NONE = np.zeros(0, dtype=np.intp)


def as_slice(places: Integers) -> slice | None:
    """Evenly spaced places as a slice, or None. The same place again and again is no slice.

    >>> as_slice(np.array([3, 5, 7])), as_slice(np.array([2, 1, 0])), as_slice(np.array([1, 2, 4]))
    (slice(3, 8, 2), slice(2, None, -1), None)
    """
    if len(places) == 1:
        return slice(int(places[0]), int(places[0]) + 1, 1)
    step = int(places[1] - places[0])
    if step == 0 or (np.diff(places) != step).any():
        return None
    stop = int(places[-1]) + (1 if step > 0 else -1)
    return slice(int(places[0]), None if stop < 0 else stop, step)


class Picked:
    """Columns where the rows need them: weights of products and operands of groups, picked from C in one call.

    `numbers` and `gradient` have one layout; `at[i]` tells where the weights of step i begin, or each of its operands.
    """

    def __init__(self, section: Section) -> None:
        parts: list[Integers] = [NONE]
        self.at: list[list[int]] = []
        begin = 0
        for step in section.steps:
            self.at.append([])
            if isinstance(step, Group):
                own = [step.operands[:, i] if letter != "r" else NONE for i, letter in enumerate(step.classes)]
            elif isinstance(step, RowProduct):
                own = []
            else:
                own = [step.weights.ravel() if isinstance(step, Product) else step.columns]
            for part in own:
                self.at[-1].append(begin)
                begin += len(part)
            parts += own
        self.index = np.concatenate(parts)
        self.numbers, self.gradient = np.zeros(len(self.index)), np.zeros(len(self.index))


@dataclass
class Operand:
    """One operand of all nodes of a group: its rows or its columns. Or a stack of several, operands × nodes.

    `rows` is as the nodes are arranged, see `pattern`; `view` shows these rows, or is None where they are scattered;
    `letter` as in Group.classes.
    """

    number: int
    rows: Integers
    letter: str
    view: View | None
    stacked: bool = False


@dataclass
class Bound:
    """A step, or a part of one, with its operands, where its columns are, and what it keeps for the way back.

    The nodes of a group are arranged as in `shape`, so that more of their operands are views.
    """

    step: Step
    at: list[int]
    operands: list[Operand]
    shape: tuple[int, ...] = ()
    memory: dict[str, Any] = field(default_factory=dict)


class Forward:
    """One section for a fixed number of examples: `calls` fill the rows of V beyond the leaves.

    Parameters
    ----------
    section : Section
    width : int or None
        The number of columns of V; None for arrays of one dimension.
    picked : Picked
        Where the columns among the operands are found.
    """

    def __init__(self, section: Section, width: int | None, picked: Picked) -> None:
        self.section, self.width, self.picked = section, width, picked
        self.tail = () if width is None else (width,)
        self.V = np.ones((section.size, *self.tail))
        for row, number in section.pads.items():
            self.V[row] = number
        self.held: Any = None  # the batch whose inputs V holds
        self._temps: dict[str, Array] = {}
        self.calls: list[Call] = []
        self.met_zeros: list[Array] = []  # matrices with zeros that fill them up, and what they are multiplied with
        self.steps = [part for step, at in zip(section.steps, picked.at, strict=True) for part in self._parts(step, at)]
        for bound in self.steps:
            if isinstance(bound.step, Product):
                self._product(bound, bound.step)
            elif isinstance(bound.step, Group):
                self._group(bound, bound.step)
            elif isinstance(bound.step, RowProduct):
                self._row_product(bound, bound.step)
            else:
                self._strand(bound, bound.step)

    def temp(self, name: str, rows: int) -> Array:
        """An array to work in; its numbers do not outlive a step."""
        if name not in self._temps or len(self._temps[name]) < rows:
            self._temps[name] = np.empty((rows, *self.tail))
        return self._temps[name][:rows]

    def room(self, name: str, numbers: int) -> Array:
        """The same, for so many numbers."""
        return self.temp(name, -(-numbers // (self.width or 1))).reshape(-1)[:numbers]

    def _parts(self, step: Step, at: list[int]) -> list[Bound]:
        """The step, in parts so small that what is gathered stays in the cache."""
        if not isinstance(step, Group):
            return [Bound(step, at, _factors(step) if isinstance(step, RowProduct) else [])]
        n, (shape, operands) = step.stop - step.start, _operands(step, self.width or 1)
        size = max(BLOCK // (step.operands.shape[1] * (self.width or 1)), 1)
        if n <= size or not any(is_scattered(x) for x in operands) or any(x.stacked for x in operands[1:]):
            return [Bound(step, at, operands, shape)]
        parts = []
        for a in range(0, n, size):
            b = min(a + size, n)
            part = Group(step.op, step.start + a, step.start + b, step.operands[a:b], step.classes)
            shape, operands = _operands(part, self.width or 1)
            parts.append(Bound(part, [begin + a for begin in at], operands, shape))
        return parts

    def gather(self, bound: Bound) -> tuple[list[Call], list[Any]]:
        """The calls that gather the scattered operands of a group, and all operands as arrays, a stack as one."""
        scattered = [x for x in bound.operands if is_scattered(x)]
        index = np.concatenate([NONE, *(x.rows.ravel() for x in scattered)])
        space = np.empty(len(index)) if self.width is None else self.temp("operands", len(index))
        begin, arrays = 0, []
        for x in bound.operands:
            if x.letter != "r":
                numbers = self.picked.numbers[bound.at[x.number] :][: x.rows.size]
                if x.letter == "k" and not x.stacked and (numbers == numbers[0]).all():
                    bound.memory.setdefault("known", {})[x.number] = float(numbers[0])
                    arrays.append(numbers[:1].reshape(()))
                    continue
                arrays.append(numbers.reshape(*x.rows.shape, *(1 for _ in self.tail)))
            elif x.view is None:
                part = space[begin : begin + x.rows.size]
                arrays.append(part.reshape(*x.rows.shape, *self.tail))
                begin += x.rows.size
            else:
                arrays.append(x.view.of(self.V))
        return [partial(self.V.take, index, 0, space, "clip")] if scattered else [], arrays

    def _group(self, bound: Bound, step: Group) -> None:
        calls, x = self.gather(bound)
        shape = (*bound.shape, *self.tail)
        out = self.V[step.start : step.stop].reshape(shape)
        self.calls += calls
        self.calls += values(
            step.op, out, x, lambda name: self.temp(name, step.stop - step.start).reshape(shape), bound.memory
        )
        if self.width is None:
            bound.memory["operands"] = x

    def _product(self, bound: Bound, step: Product) -> None:
        P, r, k = step.weights.shape
        W: Any = self.picked.numbers[bound.at[0] :][: P * r * k].reshape(P, r, k)
        Z: Any = self.V[step.start : step.stop].reshape(P, r, -1)
        rows = product_view(step)
        if rows is None:
            A: Any = np.empty((step.operands.size, *self.tail))
            self.calls.append(partial(self.V.take, step.rows(), 0, A, "clip"))
        else:
            A = self.V[rows]
        A = A.reshape(P, k, -1)
        if P == 1:
            W, Z, A = W[0], Z[0], A[0]
        self.calls.append(partial(np.matmul, W, A, out=Z))
        bound.memory.update(W=W, A=A)
        if not step.exact:
            self.met_zeros += [A, W]

    def _row_product(self, bound: Bound, step: RowProduct) -> None:
        calls, (A, B) = self.gather(bound)
        own = self.V[step.start : step.stop]
        S = own if step.whole else self.temp("S", math.prod(step.shape))
        way = products_of_rows.values(A, B, S.reshape(*step.shape, *self.tail), self.room)
        bound.memory.update(way=way, operands=(A, B))
        self.calls += [*calls, *way.forward]
        if not step.whole:
            self.calls.append(partial(S.take, step.entries, 0, own, "clip"))
        if not step.exact:  # what is not finite in A or B is not in S
            self.met_zeros.append(own)

    def _strand(self, bound: Bound, step: Strand) -> None:
        interpreter = Interpreter(step, self.V, self.picked.numbers[bound.at[0] :][: len(step.columns)])
        self.calls.append(interpreter.forward)
        bound.memory["interpreter"] = interpreter


def product_view(step: Product, first: int = 0) -> slice | None:
    """The rows of A as a slice, from operand `first` on, or None where they must be gathered."""
    view = as_slice(step.rows(first)) if len(step.weights) == 1 else None
    return view if view and (view.step == 1 or step.positions == 1) else None


def _operands(step: Group, width: int) -> tuple[tuple[int, ...], list[Operand]]:
    """How the nodes of a group are arranged, and its operands. The rows of a long Σ or log-sum-exp are a stack, the
    columns of the latter another.

    Rows come first; a Σ has one column at most.
    """
    arity, rows = len(step.classes), len(step.classes.rstrip("ck"))
    stacked = (step.op == "total" and rows >= STACK) or (step.op == "logsumexp" and arity >= STACK)
    begin = rows if stacked else 0
    alone = [step.operands[:, i] for i in range(begin, arity) if step.classes[i] == "r"]
    shape = pattern(alone + [step.operands[:, 0]] * (stacked and rows > 0))
    if shape[-1] * width < WIDE:
        shape = (len(step.operands),)
    found = []

    def add(number: int, places: Integers, letter: str, stack: bool) -> None:
        places = places.T.reshape(*places.shape[1:], *shape)
        found.append(Operand(number, places, letter, strided(places) if letter == "r" else None, stack))

    if stacked:
        add(0, step.operands[:, :rows], "r", True)
    if step.op == "logsumexp" and 0 < begin < arity:
        add(begin, step.operands[:, begin:], min(step.classes[begin:]), True)
        begin = arity
    for i in range(begin, arity):
        add(i, step.operands[:, i], step.classes[i], False)
    return shape, found


def _factors(step: RowProduct) -> list[Operand]:
    return [Operand(i, rows, "r", strided(rows)) for i, rows in enumerate((step.left, step.right))]


def is_scattered(x: Operand) -> bool:
    """Whether the operand has to be gathered."""
    return x.letter == "r" and x.view is None
