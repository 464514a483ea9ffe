"""A schedule at work: θ in, then the batch chunk by chunk, E and the gradients out.

What depends on θ alone is computed once a call, forward before the first chunk and backward after the last. The batch
is cut so that matrix products see 2048 columns at a time and other steps what stays in the cache, and so that the
arrays take no more than 256 MB (one column is the least). Those of the last few widths are kept, in 256 MB together.
"""

import math
from collections import OrderedDict
from typing import Any

import numpy as np

from ..arrays import Array
from .backward import Backward
from .forward import Forward, Picked
from .graph import BY_THETA, BY_X
from .schedule import Group, Place, Product, RowProduct, Schedule, Section, Strand

PRODUCT_COLUMNS, OTHER_COLUMNS = 2048, 256
CACHED, MOST = 1 << 18, 1 << 25  # numbers that fit a cache, and numbers in memory
SIZES = 6  # how many sizes of chunks are kept ready


class BranchError(ValueError):
    """An example or a θ takes another branch than the recorded one: which guard, where, and the numbers compared."""

    def __init__(self, guard: int, example: int | None, x: float, y: float) -> None:
        super().__init__(guard, example, x, y)
        self.guard, self.example, self.x, self.y = guard, example, x, y


class Machine:
    """A schedule with its arrays. One call at a time: the arrays are used again by the next."""

    def __init__(self, plan: Schedule, outcomes: list[bool]) -> None:
        self.plan, self.outcomes = plan, np.array(outcomes, dtype=float)
        self.picked = Picked(plan.rows)
        self.columns = Forward(plan.columns, None, Picked(plan.columns))
        self.to_theta = Backward(self.columns, BY_THETA, filled=True)
        self.columns.V[plan.n_parameters : plan.columns.leaves] = plan.constants
        self.programs: OrderedDict[tuple[int, int], tuple[Forward, Backward]] = OrderedDict()
        self.in_rows = [i for i, (verdict, _, _) in enumerate(plan.guards) if verdict.in_row]
        self.in_columns = [i for i in range(len(plan.guards)) if i not in set(self.in_rows)]
        self.numbers = _numbers(plan.rows)
        best = PRODUCT_COLUMNS if any(isinstance(step, Product) for step in plan.rows.steps) else OTHER_COLUMNS
        self.chunk = max(1, min(MOST // self.numbers, max(best, CACHED // plan.rows.size)))

    def run(self, X: Array, theta: Array, inputs: bool, kept: bool = False) -> tuple[float, Array, Array | None] | None:
        """E, ∇E and, if asked for, dX; None where zeros that fill up a matrix have met a number that is not finite.

        `kept` is the promise that X never changes, so that a second call with it need not copy it again.
        """
        M, plan = X.shape[1], self.plan
        self._load(theta)
        E, gradient = 0.0, np.zeros(len(self.picked.gradient))
        dX = np.zeros(X.shape) if inputs else None
        width = -(-M // -(-M // self.chunk))  # equal chunks
        for a in range(0, M, width):
            part = X[:, a : a + width]
            forward, backward = self._program(part.shape[1], BY_THETA | BY_X if inputs else BY_THETA)
            if forward.held is not X or width != M:
                forward.held = None
                forward.V[1 : plan.rows.leaves] = part.reshape(-1, *forward.tail)
                forward.held = X if kept else None
            for call in forward.calls:
                call()
            if not _finite(forward.met_zeros):
                return None
            self._check(self.in_rows, forward, a)
            if plan.result is None:
                continue
            E += float(np.add.reduce(forward.V[plan.result], axis=None))
            if backward.flat:
                backward.G.fill(0.0)
            backward.G[plan.result] = 1.0
            for call in backward.calls:
                call()
            if not _finite(backward.met_zeros):
                return None
            gradient += self.picked.gradient
            if dX is not None:
                dX[:, a : a + width] = backward.G[1 : plan.rows.leaves].reshape(part.shape)
        E, gradient = self._finish(E / M, gradient, M)
        return E, gradient, dX

    def _load(self, theta: Array) -> None:
        C = self.columns.V
        C[: len(theta)] = theta
        for call in self.columns.calls:
            call()
        self._check(self.in_columns, self.columns, None)
        C.take(self.picked.index, 0, self.picked.numbers, "clip")

    def _finish(self, E: float, gradient: Array, M: int) -> tuple[float, Array]:
        """Hand the gradients of the columns back to θ, and add the columns of the result."""
        G = self.to_theta.G
        np.divide(np.bincount(self.picked.index, gradient, len(G)), M, out=G)
        for i in self.plan.result_columns:
            E += float(self.columns.V[i])
            G[i] += 1.0
        for call in self.to_theta.calls:
            call()
        return E, G[: self.plan.n_parameters].copy()

    def _program(self, M: int, by: int) -> tuple[Forward, Backward]:
        """The program for M columns, kept for the next time."""
        key = (M, by)
        if key not in self.programs:
            forward = Forward(self.plan.rows, None if M == 1 else M, self.picked)
            self.programs[key] = forward, Backward(forward, by)
            while len(self.programs) > 1 and (
                len(self.programs) > SIZES or self.numbers * sum(width for width, _ in self.programs) > MOST
            ):
                self.programs.popitem(last=False)
        self.programs.move_to_end(key)
        return self.programs[key]

    def _check(self, guards: list[int], program: Forward, before: int | None) -> None:
        if not guards:
            return
        places = [self.plan.guards[i][0].place for i in guards]
        found = program.V[places].reshape(len(guards), -1)
        wrong = found != self.outcomes[guards][:, None]
        if wrong.any():
            m = int(np.argmax(wrong.any(axis=0)))
            i = guards[int(np.argmax(wrong[:, m]))]
            x, y = (self._number(place, program, m) for place in self.plan.guards[i][1:])
            raise BranchError(i, None if before is None else before + m, x, y)

    def _number(self, place: Place, program: Forward, m: int) -> float:
        V: Any = program.V if place.in_row else self.columns.V
        return float(V[place.place].flat[m] if place.in_row else V[place.place])


def _numbers(section: Section) -> int:
    """The numbers that a column takes, forward and backward: two for each node, one for each operand, and for one of
    log-sum-exp another, for one of a product of rows two. This is from above: 0.4 to 1.05 of it has been seen.
    """
    found = 2 * section.size
    for step in section.steps:
        if isinstance(step, Strand):
            found += 4 * (step.stop - step.start) + len(step.rows)
        elif isinstance(step, RowProduct):
            found += 3 * (step.left.size + step.right.size) + step.most
        else:
            found += step.operands.size * (2 if isinstance(step, Group) and step.op == "logsumexp" else 1)
    return found


def _finite(arrays: list[Array]) -> bool:
    """Whether there is no inf or nan, which times a zero that only fills up a matrix would give a nan of no graph."""
    return all(math.isfinite(np.add.reduce(a, axis=None)) for a in arrays)
