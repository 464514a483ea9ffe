"""A strand of the graph, a node or two a level: prepared calls on arrays of one node do not pay.

This is the engine of `value` once more, forward and backward, over lists of numbers instead of nodes. For few examples
the numbers are plain floats, and the examples take turns; for more they are arrays, one number per example. A strand
that is run on floats again and again is compiled, see `chains`.
"""

from typing import Any

import numpy as np

from ..arrays import Array
from ..ops import OPS, floats
from .chains import compiled
from .kernels import rules
from .recording import COMPARISONS
from .schedule import Strand

FEW = 4  # examples up to which plain floats are quicker
OFTEN = 40  # turns after which it is compiled: in what that takes, so many are interpreted


class Interpreter:
    """One strand on the columns of V, with the numbers of its columns."""

    def __init__(self, strand: Strand, V: Array, numbers: Array) -> None:
        self.strand, self.V, self.numbers = strand, V, numbers
        self.work = list(zip(strand.ops, strand.operands, strict=True))
        width = V[:1].size
        self.turns: list[Any] = list(range(width)) if width <= FEW else [slice(None)]
        self.xp = floats if width <= FEW else rules
        self.values: list[list[Any]] = []
        self.first = len(strand.rows) + len(strand.columns)
        self.turns_run = 0
        self.ahead: list[Any] = []  # forward and backward, compiled
        self.back: list[Any] = []

    def _list(self, rows: Array, turn: Any) -> list[Any]:
        """One entry per row: a float, or an array of all examples."""
        column = rows.reshape(len(rows), -1)[:, turn]
        return column.tolist() if self.xp is floats else [*column]

    def forward(self) -> None:
        """Compute the strand's rows of V."""
        strand, xp = self.strand, self.xp
        outside = self.V[strand.rows]
        columns = self.numbers.tolist() if xp is floats else [*self.numbers]  # NumPy's floats divide by 0
        result = self.V[strand.start : strand.stop].reshape(len(self.work), -1)
        self.values.clear()
        before, self.turns_run = self.turns_run, self.turns_run + len(self.turns)
        if xp is floats and before <= OFTEN < self.turns_run:
            self.ahead = compiled(strand.ops, strand.operands, self.first)
        for turn in self.turns:
            v = self._list(outside, turn) + columns
            for part in self.ahead:
                part(v)
            for op, x in self.work if not self.ahead else ():
                if op == "mul":
                    v.append(v[x[0]] * v[x[1]])
                elif op == "total":
                    v.append(sum([v[i] for i in x], -0.0))
                elif op in COMPARISONS:
                    v.append(1.0 * COMPARISONS[op][1](v[x[0]], v[x[1]]))
                else:
                    v.append(OPS[op].value(xp, *[v[i] for i in x]))
            result[:, turn] = v[-len(self.work) :]
            self.values.append(v)

    def backward(self, G: Array, needed: list[bool], shares: Array, columns: Array) -> None:
        """From the gradients G of the strand's rows to those of the rows and columns it has used.

        A node that is not needed hands nothing on.
        """
        R, first, xp = len(self.strand.rows), self.first, self.xp
        shares = shares.reshape(R, self.V[:1].size)
        columns.fill(0.0)
        if self.ahead and not self.back:
            self.back = compiled(self.strand.ops, self.strand.operands, first, needed)
        for turn, v in zip(self.turns, self.values, strict=True):
            grad = [0.0] * first + self._list(G, turn)
            for part in self.back:
                part(v, grad)
            for n in range(len(self.work) - 1, -1, -1) if not self.back else ():
                if not needed[n]:
                    continue
                op, x = self.work[n]
                g = grad[first + n]
                if op == "mul":
                    a, b = x
                    grad[a] = grad[a] + g * v[b]
                    grad[b] = grad[b] + g * v[a]
                elif op == "total":
                    for i in x:
                        grad[i] = grad[i] + g
                else:
                    for i, local in zip(x, OPS[op].partials(xp, v[first + n], *[v[i] for i in x]), strict=True):
                        grad[i] = grad[i] + g * local
            for i in range(R):
                shares[i, turn] = grad[i]
            columns += grad[R:first] if xp is floats else [np.sum(g) for g in grad[R:first]]
