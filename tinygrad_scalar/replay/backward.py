"""A schedule bound to arrays, backward: a list of prepared NumPy calls that fill G, the gradients of V.

The gradient of a node is the sum of what its consumers hand back. Where the operands of a step stand on evenly spaced
rows, the step writes to their gradients directly. Where they are scattered, it leaves their shares in rows of its own
below G, and each node collects its shares when its turn comes: the first shares of all nodes of a step in one call,
then the second ones, and so on. For one example, scattering them at once (`np.add.at`) is the faster.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ..arrays import Array, Integers
from . import products_of_rows
from .forward import BLOCK, NONE, Bound, Forward, Operand, as_slice, product_view
from .kernels import Call, is_unit, reads_operands, slopes
from .schedule import Group, Product, RowProduct, Step, Strand
from .views import View, strided

AT_ONCE = 4 * BLOCK  # numbers of shares that are added up in one call
MANY = 16  # a node with more shares than these sums them in a call of its own


class Backward:
    """The way back through a Forward: `calls` turn the gradient of the seeded rows into that of all others.

    Parameters
    ----------
    forward : Forward
    by : int
        What gradients are asked for: BY_THETA, BY_X or both.
    filled : bool
        Whether all rows may have a gradient before: then everything is added.

    Notes
    -----
    The gradient of the result is there before, and nothing is added to it: what reads the result, as a guard does,
    hands no gradient on. Where arrays have one dimension, G is 0 elsewhere.
    """

    def __init__(self, forward: Forward, by: int, filled: bool = False) -> None:
        self.forward, self.flat = forward, forward.width is None
        self.tail, self.temp, self.gradient = forward.tail, forward.temp, forward.picked.gradient
        section = forward.section
        self.needs = section.slope & by != 0
        self.handing = [self._hands_on(bound) for bound in forward.steps]
        self.at = np.arange(section.size)  # where the gradient of each row stands
        self.lent: set[int] = set() if filled else self._lend()
        self.shares: dict[tuple[int, int], int] = {}  # (step, operand) → the row where its shares begin
        self.to, self.source, rows = self._places_of_shares()
        self.nothing = rows  # a row of zeros
        self.G = np.zeros((rows + 1, *self.tail))
        self.touched = np.full(section.size, filled)  # rows with a gradient so far
        self.space = np.empty(sum(x.rows.size for handing in self.handing for x in handing) if self.flat else 0)
        self.waiting: list[Integers] = []  # where the numbers in `space` belong
        self.calls: list[Call] = []
        for j in range(len(forward.steps) - 1, -1, -1):
            self._hand_back(j, forward.steps[j])
        self._scatter()
        self._collect(0, section.leaves)
        steps = [bound.step for bound in forward.steps]
        self.met_zeros = [self._of(s) for s in steps if isinstance(s, Product | RowProduct) and not s.exact]

    # What is handed on, and where.

    def _hands_on(self, bound: Bound) -> list[Operand]:
        """The operands of a step that want a gradient."""
        step = bound.step
        if not self.needs[step.start : step.stop].any():
            return []
        if isinstance(step, Group):
            return [x for x in bound.operands if x.letter == "c" or (x.letter == "r" and self.needs[x.rows].any())]
        if isinstance(step, Product):
            rows = step.rows(step.biased)
            view = strided(rows) if product_view(step, step.biased) else None
            return [Operand(0, rows, "r", view)] if self.needs[rows].any() else []
        if isinstance(step, RowProduct):
            handing = [x for x in bound.operands if self.needs[x.rows].any()]
            return handing[: 1 if _is_square(step) else 2]
        return [Operand(0, step.rows, "r", None)]

    def _lend(self) -> set[int]:
        """Where a step hands its gradient on as it is, and to one other step that has no other share, both have one.

        Tells where the steps begin that have, so that none writes something else there.
        """
        handed = [x.rows.ravel() for handing in self.handing for x in handing if x.letter == "r"]
        uses = np.bincount(np.concatenate([NONE, *handed]), minlength=len(self.at))
        stops = {bound.step.start: bound.step.stop for bound in self.forward.steps}
        lent: set[int] = set()
        for bound, handing in zip(self.forward.steps[::-1], self.handing[::-1], strict=True):
            step = bound.step
            if not isinstance(step, Group):
                continue
            for x in handing:
                rows = x.rows.ravel()
                first, last = int(rows[0]), int(rows[-1])
                if (
                    x.letter == "r" and is_unit(step.op, x.number) and not x.stacked
                    and stops.get(first) == last + 1 == first + len(rows)
                    and (np.diff(rows) == 1).all() and (uses[rows] == 1).all()
                ):  # fmt: skip
                    self.at[rows] = self.at[step.start : step.stop]
                    lent |= {first, step.start}
        return lent

    def _of(self, step: Step) -> Array:
        """The gradients of a step."""
        first = int(self.at[step.start])
        return self.G[first : first + step.stop - step.start]

    def _places_of_shares(self) -> tuple[Integers, Integers, int]:
        """Give the shares that are not written directly rows; where they belong and where they are, sorted."""
        end, to, source = self.forward.section.size, [NONE], [NONE]
        for j, bound in enumerate(self.forward.steps if not self.flat else []):
            step = bound.step
            left = [x for x in self.handing[j] if x.letter == "r" and x.view is None]
            units = [x.number for x in left if isinstance(step, Group) and is_unit(step.op, x.number)]
            for x in left:
                rows = x.rows.ravel()
                alone = isinstance(step, Group) and step.start not in self.lent
                last = alone and not x.stacked and not units and x is left[-1]
                if x.number in units or last:  # in the place of its own gradient, which is as it is or not needed more
                    begin = step.start
                    share = np.tile(self.at[begin : step.stop], len(rows) // (step.stop - step.start))
                else:
                    begin, end = end, end + len(rows)
                    share = np.arange(begin, end)
                self.shares[j, x.number] = begin
                to.append(rows)
                source.append(share)
        all_to, all_source = np.concatenate(to), np.concatenate(source)
        wanted = self.needs[all_to]
        all_to, all_source = all_to[wanted], all_source[wanted]
        order = np.argsort(all_to, kind="stable")
        return all_to[order], all_source[order], end

    def _hand_back(self, j: int, bound: Bound) -> None:
        step = bound.step
        if not self.needs[step.start : step.stop].any():
            return
        if any(int(rows.max()) >= step.start for rows in self.waiting):
            self._scatter()
        self._collect(step.start, step.stop)
        if isinstance(step, Product):
            self._product(j, bound, step)
        elif isinstance(step, RowProduct):
            self._row_product(j, bound, step)
        elif isinstance(step, Strand):
            self._strand(j, bound, step)
        else:
            self._group(j, bound, step)

    # Collecting shares.

    def _collect(self, start: int, stop: int) -> None:
        """Add up the shares of the nodes start … stop."""
        a, b = np.searchsorted(self.to, [start, stop])
        to, source = self.to[a:b], self.source[a:b]
        if not len(to):
            return
        first = np.flatnonzero(np.diff(to, prepend=-1))
        counts = np.diff(np.append(first, len(to)))
        turn = np.arange(len(to)) - np.repeat(first, counts)
        turn[np.repeat(counts > MANY, counts)] = -1
        few, rounds = counts[counts <= MANY], int(turn.max()) + 1
        size = rounds * len(few)
        if rounds > 2 and size <= 2 * few.sum() and size * (self.forward.width or 1) <= AT_ONCE:
            table = np.full((rounds, len(few)), self.nothing)
            table[turn[turn >= 0], np.repeat(np.arange(len(few)), few)] = source[turn >= 0]
            self._add_table(to[turn == 0], table, stop)
        else:
            for r in range(rounds):
                self._add_shares(to[turn == r], source[turn == r], stop)
        for i in np.flatnonzero(counts > MANY).tolist():
            self._add_many(int(to[first[i]]), source[first[i] : first[i] + counts[i]])

    def _add_shares(self, to: Integers, source: Integers, stop: int) -> None:
        """Add one share to each of these nodes, or write it where it is the first."""
        later = self.G[stop:]  # all shares stand further down; a view of these alone does not overlap the result
        own, fresh = as_slice(to), self._mark(to)
        if own is not None and fresh.all():
            self.calls.append(partial(later.take, source - stop, 0, self.G[own], "clip"))
            return
        self._clear(to[fresh])
        T = self.temp("shares", len(to))
        self.calls.append(partial(later.take, source - stop, 0, T, "clip"))
        self.calls.append(
            partial(_add_at, self.G, to, T) if own is None else partial(np.add, self.G[own], T, self.G[own])
        )

    def _add_table(self, to: Integers, table: Integers, stop: int) -> None:
        """Add all shares of these nodes, one column of the table for each, padded with zeros."""
        own, fresh = as_slice(to), self._mark(to)
        T = self.temp("shares", table.size)
        self.calls.append(partial(self.G[stop:].take, table.ravel() - stop, 0, T, "clip"))
        T = T.reshape(*table.shape, *self.tail)
        if own is not None and fresh.all():
            self.calls.append(partial(np.add.reduce, T, axis=0, out=self.G[own]))
            return
        self._clear(to[fresh])
        S = self.temp("sum", len(to))
        self.calls.append(partial(np.add.reduce, T, axis=0, out=S))
        self.calls.append(
            partial(_add_at, self.G, to, S) if own is None else partial(np.add, self.G[own], S, self.G[own])
        )

    def _add_many(self, to: int, source: Integers) -> None:
        row, size = np.array([to]), max(BLOCK // (self.forward.width or 1), 1)
        self._clear(row[self._mark(row)])
        for a in range(0, len(source), size):
            part, total = source[a : a + size], self.temp("total", 1)[0]
            T = self.temp("shares", len(part))
            self.calls += [
                partial(self.G.take, part, 0, T, "clip"),
                partial(np.add.reduce, T, axis=0, out=total),
                partial(np.add, self.G[to], total, self.G[to]),
            ]

    def _mark(self, rows: Integers) -> Any:
        """Which of these rows have no gradient yet; from now on they have."""
        fresh = ~self.touched[rows]
        self.touched[rows] = True
        return fresh

    def _clear(self, rows: Integers) -> None:
        if len(rows) and not self.flat:
            own = as_slice(rows)
            self.calls.append(partial(self.G.__setitem__, rows if own is None else own, 0.0))

    # Scattering, in one dimension.

    def _wait(self, rows: Integers) -> Array:
        """Where to leave what goes to these rows, until `_scatter` takes it there."""
        begin = sum(map(len, self.waiting))
        self.waiting.append(rows)
        return self.space[begin : begin + len(rows)]

    def _scatter(self) -> None:
        """Take all that waits to its rows, in one call."""
        if self.waiting:
            rows = np.concatenate(self.waiting)
            self.touched[rows] = True
            self.calls.append(partial(np.add.at, self.G, rows, self.space[: len(rows)]))
            self.waiting.clear()

    # Handing back.

    def _target(self, j: int, x: Operand, shape: Sequence[int]) -> tuple[Any, list[Call]]:
        """Where to write what goes to a row operand, in this shape, and the calls that bring it there."""
        if x.view is None and not self.flat:
            begin = self.shares[j, x.number]
            return self.G[begin : begin + x.rows.size].reshape(shape), []
        if x.view is None:
            return self._wait(x.rows.ravel()).reshape(shape), []
        fresh = self._mark(x.rows.ravel())
        if fresh.all() and not x.view.repeated:
            return x.view.of(self.G).reshape(shape), []
        T = x.view.alike(self.temp(f"to {x.number}", x.rows.size))
        return T.reshape(shape), self._add(x, x.view, T, fresh)

    def _add(self, x: Operand, view: View, T: Any, fresh: Any) -> list[Call]:
        """The calls that add T to what the view of an operand shows; where it repeats a row, T is added up."""
        own, again = view.once.of(self.G), view.repeated
        if fresh.all():
            return [
                partial(np.add.reduce, T, axis=again, out=own, keepdims=True) if again else partial(np.copyto, own, T)
            ]
        self._clear(x.rows.ravel()[fresh])
        if not again:
            return [partial(np.add, own, T, own)]
        S = self.temp("sum", math.prod(view.once.shape)).reshape(own.shape)
        return [partial(np.add.reduce, T, axis=again, out=S, keepdims=True), partial(np.add, own, S, own)]

    def _group(self, j: int, bound: Bound, step: Group) -> None:
        shape, size = (*bound.shape, *self.tail), step.stop - step.start
        g, out = self._of(step).reshape(shape), self.forward.V[step.start : step.stop].reshape(shape)
        calls, arrays = ([], bound.memory["operands"]) if self.flat else self.forward.gather(bound)
        if reads_operands(step.op):
            self.calls += calls
        targets: list[tuple[int, Any]] = []
        then: list[Call] = []
        for x in sorted(self.handing[j], key=lambda x: self.shares.get((j, x.number)) == step.start):  # in place last
            if is_unit(step.op, x.number):
                self._unit(bound, x, g)
                continue
            if x.letter == "c":
                target, more = self._column(bound, x)
            else:
                target, more = self._target(j, x, (*x.rows.shape, *self.tail))
            targets.append((x.number, target))
            then += more
        if targets:
            self.calls += slopes(
                step.op, g, out, arrays, targets, lambda name: self.temp(name, size).reshape(shape), bound.memory
            )
        self.calls += then

    def _unit(self, bound: Bound, x: Operand, g: Array) -> None:
        """Hand g on as it is."""
        if x.letter == "c":
            to = self.gradient[bound.at[x.number] :][: x.rows.size].reshape(x.rows.shape)
            self.calls.append(partial(np.copyto, to, g) if self.flat else partial(np.add.reduce, g, axis=-1, out=to))
        elif x.view is not None and self.at[x.rows.flat[0]] != x.rows.flat[0]:
            self._mark(x.rows.ravel())  # lent
        elif x.view is not None:
            share = np.broadcast_to(g, (*x.rows.shape, *self.tail))
            self.calls += self._add(x, x.view, share, self._mark(x.rows.ravel()))
        elif self.flat:
            self.calls.append(partial(np.copyto, self._wait(x.rows.ravel()).reshape(x.rows.shape), g))

    def _column(self, bound: Bound, x: Operand) -> tuple[Any, list[Call]]:
        """Where to write what goes to a column from each example, and the call that adds it up over them."""
        to = self.gradient[bound.at[x.number] :][: x.rows.size].reshape(x.rows.shape)
        if self.flat:
            return to, []
        T = self.temp(f"to {x.number}", x.rows.size).reshape(*x.rows.shape, *self.tail)
        return T, [partial(np.add.reduce, T, axis=-1, out=to)]

    def _row_product(self, j: int, bound: Bound, step: RowProduct) -> None:
        """G Bᵀ goes to A, and Aᵀ G to B."""
        way, G = bound.memory["way"], self._of(step)
        if not step.whole:
            G, rows = self.temp("S", math.prod(step.shape)), np.full(math.prod(step.shape), self.nothing)
            rows[step.entries] = self.at[step.start : step.stop]
            self.calls.append(partial(self.G.take, rows, 0, G, "clip"))
        G = G.reshape(*step.shape, *self.tail)
        calls, (A, B) = self.forward.gather(bound) if way.reads and not self.flat else ([], bound.memory["operands"])
        self.calls += calls
        targets: list[tuple[int, Any]] = []
        then: list[Call] = []
        for x in self.handing[j]:
            target, more = self._target(j, x, (*x.rows.shape, *self.tail))
            targets.append((x.number, target))
            then += more
        if _is_square(step):
            self.calls += products_of_rows.square_slopes(G, A, targets[0][1], self.forward.room)
        else:
            self.calls += products_of_rows.slopes(way, G, A, B, targets, self.forward.room)
        self.calls += then

    def _product(self, j: int, bound: Bound, step: Product) -> None:
        """∂/∂W = Δ Aᵀ, and on to A goes Wᵀ Δ: the text's two, here for any graph."""
        P, r, k = step.weights.shape
        W, A = bound.memory["W"], bound.memory["A"]
        Delta: Any = self._of(step).reshape(P, r, -1)
        dW: Any = self.gradient[bound.at[0] :][: P * r * k].reshape(P, r, k)
        if P == 1:
            Delta, dW = Delta[0], dW[0]
        self.calls.append(partial(np.matmul, Delta, A.swapaxes(-1, -2), out=dW))
        for x in self.handing[j]:
            W = W[..., step.biased :].swapaxes(-1, -2)
            target, then = self._target(j, x, (*W.shape[:-1], Delta.shape[-1]))
            self.calls += [partial(np.matmul, W, Delta, out=target), *then]

    def _strand(self, j: int, bound: Bound, step: Strand) -> None:
        target, then = self._target(j, self.handing[j][0], (len(step.rows), *self.tail))
        columns = self.gradient[bound.at[0] :][: len(step.columns)]
        needed = self.needs[step.start : step.stop].tolist()
        g = self._of(step)
        self.calls += [partial(bound.memory["interpreter"].backward, g, needed, target, columns), *then]


def _is_square(step: RowProduct) -> bool:
    """Whether each sum is one of squares."""
    return step.shape[1:] == (1, 1) and np.array_equal(step.left.ravel(), step.right.ravel())


def _add_at(G: Array, rows: Integers, T: Array) -> None:
    G[rows] += T
