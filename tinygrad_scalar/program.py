"""A schedule bound to arrays: two lists of prepared NumPy calls, one forward and one backward.

The gradient of a node is the sum of what its consumers hand back. Where the operands of a step are evenly spaced rows,
the step writes to their gradients directly. Where they are scattered over the array, it leaves what it hands back in
rows of its own, and each node collects its shares when its turn comes: the first shares of all nodes of a step in one
call, then the second ones, and so on. For one example the arrays have one dimension, and scattering them is the faster.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from .graph import Array, Integers
from .lowering import Call, is_unit, reads_operands, slopes, values
from .schedule import Group, Product, Section, Step, Thread
from .threads import Strand

BLOCK = 32768  # numbers that are gathered at once: they stay in the cache
MANY = 16  # a node with more shares than these sums them in a call of its own
NONE = np.zeros(0, dtype=np.intp)


def as_slice(places: Integers) -> slice | None:
    """Evenly spaced places as a slice, or None. The same place again and again is no slice."""
    if len(places) == 1:
        return slice(int(places[0]), int(places[0]) + 1)
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
            if isinstance(step, Group):
                own = [step.operands[:, i] if letter != "r" else NONE for i, letter in enumerate(step.classes)]
            else:
                own = [step.weights.ravel() if isinstance(step, Product) else step.columns]
            self.at.append([begin + sum(map(len, own[:i])) for i in range(len(own))])
            begin += sum(map(len, own))
            parts += own
        self.index = np.concatenate(parts)
        self.numbers, self.gradient = np.zeros(len(self.index)), np.zeros(len(self.index))


class Program:
    """One section for a fixed number of examples: `forward` and `backward` are lists of calls on V and G.

    Parameters
    ----------
    section : Section
    width : int or None
        The number of columns of V and G; None for arrays of one dimension.
    by : int
        What gradients are asked for: BY_THETA, BY_X or both.
    picked : Picked
        Where the columns among the operands are found, and where their gradients go.
    seeded : places whose gradients are there before `backward` runs.
    """

    def __init__(self, section: Section, width: int | None, by: int, picked: Picked, seeded: Integers) -> None:
        self.section, self.picked, self.width = section, picked, width
        self.tail = () if width is None else (width,)
        self.needs = section.slope & by != 0
        self.temps: dict[str, Array] = {}
        self.V = np.ones((section.size, *self.tail))
        self.held: Any = None  # the batch whose inputs V holds
        self.steps = [part for i in range(len(section.steps)) for part in self._parts(i)]
        self.kept: list[Any] = []  # for one example, the operands as they were gathered, for the way back
        self.memory: list[dict[str, Array]] = [{} for _ in self.steps]  # what else a step keeps for it
        self.forward: list[Call] = []
        for step, at in self.steps:
            if isinstance(step, Product):
                self._product_forward(step, at)
            elif isinstance(step, Group):
                self._group_forward(step, at)
            else:
                thread = Strand(step, self.V, self.picked.numbers[at[0] :][: len(step.columns)], self.needs)
                self.forward.append(thread.forward)
                self.kept.append(thread)
        self.shares: dict[tuple[int, int], int] = {}  # (step, operand) → where its shares are left
        self.to, self.source, rows = self._places_of_shares()
        self.G = np.zeros((rows, *self.tail))
        self.touched = np.zeros(section.size, dtype=bool)
        self.touched[seeded if width else slice(None)] = True  # of one dimension, G is all zeros before
        self.backward: list[Call] = []
        self._write_backward()
        inexact = [j for j, (step, _) in enumerate(self.steps) if isinstance(step, Product) and not step.exact]
        self.filled_up = [a for j in inexact for a in (self.kept[j][1], self._rows_of_gradient(j))]

    def _rows_of_gradient(self, j: int) -> Array:
        step, _ = self.steps[j]
        return self.G[step.start : step.stop]

    def filled_up_finite(self) -> bool:
        """Whether all that has met zeros that fill up a matrix is finite: 0 · ∞ would be a nan that is in no graph."""
        return all(np.isfinite(np.add.reduce(a, axis=None)) for a in self.filled_up)

    def _temp(self, name: str, rows: int) -> Array:
        """An array to work in; its numbers do not outlive a step."""
        if name not in self.temps or len(self.temps[name]) < rows:
            self.temps[name] = np.empty((rows, *self.tail))
        return self.temps[name][:rows]

    def _parts(self, i: int) -> list[tuple[Step, list[int]]]:
        """Step i, in parts so small that what is gathered stays in the cache."""
        step, at = self.section.steps[i], self.picked.at[i]
        if not isinstance(step, Group):
            return [(step, at)]
        size = max(BLOCK // (step.operands.shape[1] * (self.width or 1)), 1)
        n = step.stop - step.start
        if n <= size or not any(self._scattered(step)):
            return [(step, at)]
        return [
            (
                Group(step.op, step.start + a, min(step.start + a + size, step.stop), step.operands[a : a + size], step.classes),
                [begin + a for begin in at],
            )
            for a in range(0, n, size)
        ]

    def _scattered(self, step: Group) -> list[bool]:
        return [
            letter == "r" and as_slice(step.operands[:, i]) is None and bool(np.ptp(step.operands[:, i]))
            for i, letter in enumerate(step.classes)
        ]

    # Forward.

    def _stack_of(self, step: Group) -> int:
        """How many operands, from the first, are taken as one array: all rows of a long sum or the like, else 0."""
        n = len(step.classes.rstrip("ck")) if step.op == "total" else len(step.classes)
        return n if n > 3 and "r" * n == step.classes[:n] else 0

    def _operands(self, step: Group, at: list[int]) -> tuple[list[Call], list[Any]]:
        """The calls that gather the operands, and the operands; those that are stacked are one."""
        k, m = len(step.operands), self._stack_of(step)
        x: list[Any] = []
        calls: list[Call] = []
        if m:
            flat = step.operands[:, :m]
            if (block := as_slice(flat.ravel())) is not None and block.step in (1, None):
                x.append(self.V[block].reshape(k, m, *self.tail).swapaxes(0, 1))
            else:
                stack = self._gathered("operands", m * k)
                calls.append(partial(self.V.take, flat.T.ravel(), 0, stack, "clip"))
                x.append(stack.reshape(m, k, *self.tail))
        scattered = [i for i, yes in enumerate(self._scattered(step)) if yes and i >= m]
        gathered = self._gathered("operands", len(scattered) * k).reshape(len(scattered), k, *self.tail)
        if scattered:
            index = step.operands[:, scattered].T.ravel()
            calls.append(partial(self.V.take, index, 0, gathered.reshape(len(index), *self.tail), "clip"))
        for i in range(m, len(step.classes)):
            if step.classes[i] != "r":
                x.append(self.picked.numbers[at[i] : at[i] + k].reshape(k, *(1 for _ in self.tail)))
            elif i in scattered:
                x.append(gathered[scattered.index(i)])
            else:
                first = int(step.operands[0, i])
                x.append(self.V[as_slice(step.operands[:, i]) or slice(first, first + 1)])
        return calls, x

    def _gathered(self, name: str, rows: int) -> Array:
        return np.empty(rows) if self.width is None else self._temp(name, rows)

    def _group_forward(self, step: Group, at: list[int]) -> None:
        calls, x = self._operands(step, at)
        out = self.V[step.start : step.stop]
        m = self._stack_of(step)
        self.forward += calls + values(step.op, out, x[0] if m else x, self._temp_like(out), self.memory[len(self.kept)])
        if m and len(x) > 1:
            self.forward.append(partial(np.add, out, x[1], out=out))
        self.kept.append(x if self.width is None else None)

    def _temp_like(self, out: Array) -> Any:
        return lambda name: self._temp(name, len(out))

    def _product_forward(self, step: Product, at: list[int]) -> None:
        P, r, k = step.weights.shape
        W = self.picked.numbers[at[0] : at[0] + P * r * k].reshape(P, r, k)
        Z = self.V[step.start : step.stop].reshape(P, r, *self.tail)
        rows = as_slice(step.operands.ravel()) if P == 1 else None
        if rows is None:
            A = np.empty((P * k, *self.tail))
            self.forward.append(partial(self.V.take, step.operands.ravel(), 0, A, "clip"))
        else:
            A = self.V[rows]
        A = A.reshape(P, k, *self.tail)
        if self.width is None:
            Z, A = Z[..., None], A[..., None]
        if P == 1:
            W, Z, A = W[0], Z[0], A[0]
        self.forward.append(partial(np.matmul, W, A, out=Z))
        self.kept.append((W, A))

    # Backward.

    def _hands_on(self, step: Step) -> list[int]:
        """The operands that want a gradient, of a step that has one."""
        if not self.needs[step.start : step.stop].any():
            return []
        if isinstance(step, Product):
            return [0] if self.needs[step.operands].any() else []
        if isinstance(step, Thread):
            return [0]
        letters = enumerate(step.classes)
        return [i for i, c in letters if c == "c" or (c == "r" and self.needs[step.operands[:, i]].any())]

    def _is_direct(self, step: Step, i: int) -> bool:
        """Whether a step can write to the gradients of operand i itself."""
        if isinstance(step, Thread):
            return False
        if isinstance(step, Product):
            return len(step.operands) == 1 and as_slice(step.operands[0, step.biased :]) is not None
        m = self._stack_of(step)
        if i < m:
            block = as_slice(step.operands[:, :m].ravel())
            return block is not None and block.step in (1, None)
        return as_slice(step.operands[:, i]) is not None

    def _places_of_shares(self) -> tuple[Integers, Integers, int]:
        """Give the shares that are not written directly a row each; where they belong and where they are, sorted."""
        end, to, source = self.section.size, [NONE], [NONE]
        for j in range(len(self.steps) if self.width else 0):
            step, _ = self.steps[j]
            left = [i for i in self._hands_on(step) if not self._is_direct(step, i)]
            if not isinstance(step, Group):
                if left:
                    rows = step.operands[:, step.biased :].ravel() if isinstance(step, Product) else step.rows
                    self.shares[j, 0] = end
                    to.append(rows)
                    source.append(end + np.arange(len(rows)))
                    end += len(rows)
                continue
            left = [i for i in left if step.classes[i] == "r"]
            if (m := self._stack_of(step)) and step.op != "total" and left:  # one block for all operands
                self.shares[j, 0] = end
                to.append(step.operands.T.ravel())
                source.append(end + np.arange(step.operands.size))
                end += step.operands.size
                continue
            units = [i for i in left if is_unit(step.op, i)]
            others = [i for i in left if i not in units]
            n = step.stop - step.start
            for i in left:
                if i in units or (not units and i == others[-1]):
                    self.shares[j, i] = step.start  # in place of its own gradient, which it does not need any more
                else:
                    self.shares[j, i] = end
                    end += n
                to.append(step.operands[:, i])
                source.append(self.shares[j, i] + np.arange(n))
        all_to, all_source = np.concatenate(to), np.concatenate(source)
        wanted = self.needs[all_to]
        all_to, all_source = all_to[wanted], all_source[wanted]
        order = np.argsort(all_to, kind="stable")
        return all_to[order], all_source[order], end

    def _write_backward(self) -> None:
        for j in range(len(self.steps) - 1, -1, -1):
            step, at = self.steps[j]
            hands_on = self._hands_on(step)
            if not self.needs[step.start : step.stop].any():
                continue
            self._collect(step.start, step.stop)
            if isinstance(step, Product):
                self._product_backward(j, step, at, bool(hands_on))
            elif isinstance(step, Thread):
                self._thread_backward(j, step, at)
            elif hands_on:
                self._group_backward(j, step, at, hands_on)
        self._collect(0, self.section.leaves)

    def _collect(self, start: int, stop: int) -> None:
        """Add up the shares of the nodes start … stop."""
        a, b = np.searchsorted(self.to, [start, stop])
        to, source = self.to[a:b], self.source[a:b]
        if not len(to):
            return
        first = np.flatnonzero(np.diff(to, prepend=-1))
        counts = np.diff(np.append(first, len(to)))
        turn = np.arange(len(to)) - np.repeat(first, counts)
        many = np.repeat(counts > MANY, counts)
        for r in range(min(int(counts.max()), MANY)):
            now = (turn == r) & ~many
            if now.any():
                self._add_rows(to[now], source[now], stop)
        for i in np.flatnonzero(counts > MANY).tolist():
            self._add_sum(int(to[first[i]]), source[first[i] : first[i] + counts[i]])

    def _add_rows(self, to: Integers, source: Integers, stop: int) -> None:
        """Add one share to each of these nodes, or write it where it is the first."""
        later = self.G[stop:]  # all shares stand further down; a view of these alone does not overlap the result
        own = as_slice(to)
        fresh = ~self.touched[to]
        if own is not None and fresh.all():
            self.backward.append(partial(later.take, source - stop, 0, self.G[own], "clip"))
        else:
            self._clear(to[fresh])
            T = self._temp("shares", len(to))
            self.backward.append(partial(later.take, source - stop, 0, T, "clip"))
            target = self.G[own] if own is not None else None
            self.backward.append(
                partial(_add_at, self.G, to, T) if target is None else partial(np.add, target, T, target)
            )
        self.touched[to] = True

    def _add_sum(self, to: int, source: Integers) -> None:
        size = max(BLOCK // (self.width or 1), 1)
        self._clear(np.array([to])[~self.touched[[to]]])
        row, total = self.G[to], self._temp("total", 1)[0]
        for a in range(0, len(source), size):
            part = source[a : a + size]
            T = self._temp("shares", len(part))
            self.backward += [
                partial(self.G.take, part, 0, T, "clip"),
                partial(np.add.reduce, T, axis=0, out=total),
                partial(np.add, row, total, row),
            ]
        self.touched[to] = True

    def _clear(self, rows: Integers) -> None:
        if len(rows):
            own = as_slice(rows)
            if own is None:
                self.backward.append(partial(self.G.__setitem__, rows, 0.0))
            else:
                self.backward.append(partial(self.G[own].fill, 0.0))

    def _direct(self, name: str, rows: Integers, shape: Sequence[int]) -> tuple[Any, list[Call]]:
        """Where to write what goes to these evenly spaced rows, and the calls that then add it to what is there."""
        own = self.G[as_slice(rows)].reshape(shape)
        fresh = ~self.touched[rows]
        self.touched[rows] = True
        if fresh.all():
            return own, []
        self._clear(rows[fresh])
        T = self._temp(name, len(rows)).reshape(shape)
        return T, [partial(np.add, own, T, own)]

    def _group_backward(self, j: int, step: Group, at: list[int], hands_on: list[int]) -> None:
        k, m = step.stop - step.start, self._stack_of(step)
        g, out = self.G[step.start : step.stop], self.V[step.start : step.stop]
        calls, x = ([], self.kept[j]) if self.width is None else self._operands(step, at)
        if reads_operands(step.op):
            self.backward += calls
        if m and any(i < m for i in hands_on):
            self._stack_backward(j, step, x[0], g, out)
            hands_on = [i for i in hands_on if i >= m]
        first: list[tuple[int, Any]] = []
        in_place: list[tuple[int, Any]] = []
        then: list[Call] = []
        scattered = [i for i in hands_on if step.classes[i] == "r" and not self._is_direct(step, i)]
        if scattered and self.width is None:
            T = np.empty((len(scattered), k))
            first += zip(scattered, T, strict=True)
            index = step.operands[:, scattered].T.ravel()
            then.append(partial(np.add.at, self.G, index, T.ravel()))
        for i in hands_on:
            if step.classes[i] == "c":
                to = self.picked.gradient[at[i] : at[i] + k]
                if self.width is None:
                    first.append((i, to))
                elif is_unit(step.op, i):
                    self.backward.append(partial(np.add.reduce, g, axis=1, out=to))
                else:
                    first.append((i, self._temp(f"column {i}", k)))
                    then.append(partial(np.add.reduce, first[-1][1], axis=1, out=to))
            elif self._is_direct(step, i):
                if is_unit(step.op, i):
                    self._add_unit(step.operands[:, i], g, g.shape)
                else:
                    target, more = self._direct(f"direct {i}", step.operands[:, i], g.shape)
                    first.append((i, target))
                    then += more
            elif self.width and not is_unit(step.op, i):
                share = self.shares[j, i]
                (in_place if share == step.start else first).append((i, self.G[share : share + k]))
        if first or in_place:
            self.backward += slopes(step.op, g, out, x, first + in_place, self._temp_like(out), self.memory[j])
        self.backward += then

    def _stack_backward(self, j: int, step: Group, x: Any, g: Array, out: Array) -> None:
        """All operands of a stack at once."""
        m = self._stack_of(step)
        k, flat = len(step.operands), step.operands[:, :m]
        temp, memory = self._temp_like(out), self.memory[j]
        if self._is_direct(step, 0):
            if step.op == "total":
                self._add_unit(flat.ravel(), g[:, None], (k, m, *self.tail))
            else:
                target, then = self._direct("direct", flat.ravel(), (k, m, *self.tail))
                self.backward += slopes(step.op, g, out, x, target.swapaxes(0, 1), temp, memory) + then
        elif self.width is None:
            T = np.empty((m, k))
            calls = [partial(np.copyto, T, g)] if step.op == "total" else slopes(step.op, g, out, x, T, temp, memory)
            self.backward += [*calls, partial(np.add.at, self.G, flat.T.ravel(), T.ravel())]
        elif step.op != "total":
            T = self.G[self.shares[j, 0] :][: m * k].reshape(m, k, *self.tail)
            self.backward += slopes(step.op, g, out, x, T, temp, memory)

    def _add_unit(self, rows: Integers, g: Array, shape: Sequence[int]) -> None:
        """Hand g on as it is."""
        own = self.G[as_slice(rows)].reshape(shape)
        fresh = ~self.touched[rows]
        self.touched[rows] = True
        if fresh.all():
            self.backward.append(partial(np.copyto, own, g))
        else:
            self._clear(rows[fresh])
            self.backward.append(partial(np.add, own, g, own))

    def _product_backward(self, j: int, step: Product, at: list[int], hands_on: bool) -> None:
        P, r, k = step.weights.shape
        W, A = self.kept[j]
        Delta = self.G[step.start : step.stop].reshape(P, r, *self.tail)
        dW = self.picked.gradient[at[0] : at[0] + P * r * k].reshape(P, r, k)
        if self.width is None:
            Delta = Delta[..., None]
        if P == 1:
            Delta, dW = Delta[0], dW[0]
        self.backward.append(partial(np.matmul, Delta, A.swapaxes(-1, -2), out=dW))
        if not hands_on:
            return
        rows = step.operands[:, step.biased :].ravel()
        W = W[..., step.biased :].swapaxes(-1, -2)
        shape = (*W.shape[:-1], *(self.tail or (1,)))
        if self._is_direct(step, 0):
            target, then = self._direct("direct", rows, shape)
            self.backward += [partial(np.matmul, W, Delta, out=target), *then]
        elif self.width is None:
            T = np.empty(shape)
            self.backward += [partial(np.matmul, W, Delta, out=T), partial(np.add.at, self.G, rows, T.reshape(-1))]
        else:
            share = self.shares[j, 0]
            self.backward.append(partial(np.matmul, W, Delta, out=self.G[share : share + len(rows)].reshape(shape)))


    def _thread_backward(self, j: int, step: Thread, at: list[int]) -> None:
        shares = np.zeros((len(step.rows), *self.tail))
        columns = self.picked.gradient[at[0] :][: len(step.columns)]
        if self.width is None:
            self.backward += [
                partial(self.kept[j].backward, self.G[step.start : step.stop], shares, columns),
                partial(np.add.at, self.G, step.rows, shares),
            ]
        else:
            shares = self.G[self.shares[j, 0] :][: len(step.rows)]
            self.backward.append(partial(self.kept[j].backward, self.G[step.start : step.stop], shares, columns))


def _add_at(G: Array, rows: Integers, T: Array) -> None:
    G[rows] += T
