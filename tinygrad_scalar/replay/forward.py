"""A schedule bound to arrays, forward: a list of prepared NumPy calls that fill V, step by step.

Operands that stand on evenly spaced rows are views of V; scattered ones are gathered first. For one example the arrays
have one dimension.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..arrays import Array, Integers
from .kernels import Call, values
from .schedule import Group, Product, Section, Step, Strand
from .strands import Interpreter

BLOCK = 32768  # numbers that are gathered at once: they stay in the cache
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
    """One operand of all nodes of a group: its rows or its columns. Or a stack of several, nodes × operands.

    `view` is the slice of rows, or None where they are scattered; `letter` as in Group.classes.
    """

    number: int
    rows: Integers
    letter: str
    view: slice | None

    @property
    def stacked(self) -> bool:
        """Whether this is a stack."""
        return self.rows.ndim == 2


@dataclass
class Bound:
    """A step, or a part of one, with its operands, where its columns are, and what it keeps for the way back."""

    step: Step
    at: list[int]
    operands: list[Operand]
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
            else:
                self._strand(bound, bound.step)

    def temp(self, name: str, rows: int) -> Array:
        """An array to work in; its numbers do not outlive a step."""
        if name not in self._temps or len(self._temps[name]) < rows:
            self._temps[name] = np.empty((rows, *self.tail))
        return self._temps[name][:rows]

    def _parts(self, step: Step, at: list[int]) -> list[Bound]:
        """The step, in parts so small that what is gathered stays in the cache."""
        if not isinstance(step, Group):
            return [Bound(step, at, [])]
        n, operands = step.stop - step.start, _operands(step)
        size = max(BLOCK // (step.operands.shape[1] * (self.width or 1)), 1)
        if n <= size or not any(is_scattered(x) for x in operands) or any(x.stacked for x in operands[1:]):
            return [Bound(step, at, operands)]
        parts = []
        for a in range(0, n, size):
            b = min(a + size, n)
            part = Group(step.op, step.start + a, step.start + b, step.operands[a:b], step.classes)
            parts.append(Bound(part, [begin + a for begin in at], _operands(part)))
        return parts

    def gather(self, bound: Bound) -> tuple[list[Call], list[Any]]:
        """The calls that gather the scattered operands of a group, and all operands as arrays, a stack as one."""
        scattered = [x for x in bound.operands if is_scattered(x)]
        index = np.concatenate([NONE, *(x.rows.T.ravel() for x in scattered)])
        space = np.empty(len(index)) if self.width is None else self.temp("operands", len(index))
        begin, arrays = 0, []
        for x in bound.operands:
            if x.letter != "r":
                numbers = self.picked.numbers[bound.at[x.number] :][: x.rows.size]
                arrays.append(numbers.reshape(*x.rows.T.shape, *(1 for _ in self.tail)))
            elif is_scattered(x):
                part = space[begin : begin + x.rows.size]
                arrays.append(part.reshape(*x.rows.T.shape, *self.tail))
                begin += x.rows.size
            elif x.view is None:  # one row for all nodes
                arrays.append(self.V[x.rows[0] : x.rows[0] + 1])
            elif x.stacked:
                arrays.append(self.V[x.view].reshape(*x.rows.shape, *self.tail).swapaxes(0, 1))
            else:
                arrays.append(self.V[x.view])
        return [partial(self.V.take, index, 0, space, "clip")] if scattered else [], arrays

    def _group(self, bound: Bound, step: Group) -> None:
        calls, x = self.gather(bound)
        out = self.V[step.start : step.stop]
        self.calls += calls
        self.calls += values(step.op, out, x, lambda name: self.temp(name, len(out)), bound.memory)
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

    def _strand(self, bound: Bound, step: Strand) -> None:
        interpreter = Interpreter(step, self.V, self.picked.numbers[bound.at[0] :][: len(step.columns)])
        self.calls.append(interpreter.forward)
        bound.memory["interpreter"] = interpreter


def product_view(step: Product, first: int = 0) -> slice | None:
    """The rows of A as a slice, from operand `first` on, or None where they must be gathered."""
    view = as_slice(step.rows(first)) if len(step.weights) == 1 else None
    return view if view and (view.step == 1 or step.positions == 1) else None


def _operands(step: Group) -> list[Operand]:
    """The operands of a group. The rows of a long Σ or log-sum-exp are a stack, the columns of the latter another.

    Rows come first; a Σ has one column at most.
    """
    arity, rows, begin = len(step.classes), len(step.classes.rstrip("ck")), 0
    found = []
    if (step.op == "total" and rows >= STACK) or (step.op == "logsumexp" and arity >= STACK):
        found.append(Operand(0, step.operands[:, :rows], "r", as_slice(step.operands[:, :rows].ravel())))
        begin = rows
    if step.op == "logsumexp" and 0 < begin < arity:
        found.append(Operand(begin, step.operands[:, begin:], min(step.classes[begin:]), None))
        begin = arity
    for i in range(begin, arity):
        column = step.operands[:, i]
        found.append(Operand(i, column, step.classes[i], as_slice(column) if step.classes[i] == "r" else None))
    return found


def is_scattered(x: Operand) -> bool:
    """Whether the operand has to be gathered: rows that are neither a slice nor one row for all nodes."""
    return x.letter == "r" and x.view is None and (x.stacked or bool((x.rows != x.rows[0]).any()))
