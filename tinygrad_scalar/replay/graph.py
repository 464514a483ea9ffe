"""A recorded graph as tables of numbers, made ready to be scheduled.

Node i is, in this order, an input, a parameter, from outside, or computed. A **constant** depends on neither inputs nor
parameters, a **column** on parameters alone (one number for all examples), a **row** on the inputs (one per example).
Chains of sums are made one sum here: (a + b) + c is Σ of three.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Flags, Integers
from .recording import COMPARISONS, Recording

CONSTANT, COLUMN, ROW = 0, 1, 2
BY_THETA, BY_X = 1, 2  # what a node is differentiated by
LEAF, PRODUCT, SUM = 0, 1, 2  # codes of operations
OWN = ["", "product", "total", "logsumexp", "add", "mul", *COMPARISONS]  # operations with a code that is known here


@dataclass
class Graph:
    """Nodes and edges. The operands of node i are `operand[start[i] : start[i + 1]]`, in order.

    `code` names the operation, see `ops`: LEAF also for what is no longer needed. `kind` is CONSTANT, COLUMN or ROW,
    with `level` counted among the nodes of the kind; `number` holds the constants; `slope` is 0 where no gradient
    passes, or BY_THETA, BY_X or both.
    """

    n_inputs: int
    n_parameters: int
    ops: list[str]
    code: Integers
    kind: Integers
    level: Integers
    number: Array
    slope: Integers
    start: Integers
    operand: Integers
    result: int
    guards: list[int]

    def __len__(self) -> int:
        return len(self.code)

    def owners(self) -> Integers:
        """The node that each edge leads to."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def uses(self) -> Integers:
        """How often each node is read: as an operand, of a guard's comparison too, and as the result.

        A rewriting may take out, or change, only what nobody reads but the node that it is done for.
        """
        uses = np.bincount(self.operand, minlength=len(self))
        uses[self.result] += 1
        return uses

    def edges(self, owner: Integers, operand: Integers) -> None:
        """Take these edges instead, sorted by owner."""
        self.operand = operand
        self.start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(self)))])

    def add(self, code: int, kind: int, operands: Sequence[Integers], level: Integers | int = 0) -> Integers:
        """New nodes of one operation, one for each array of operands; their numbers."""
        n = len(operands)
        slope = [int(np.bitwise_or.reduce(self.slope[x], initial=0)) for x in operands]
        self.code = np.append(self.code, np.full(n, code))
        self.kind = np.append(self.kind, np.full(n, kind))
        self.level = np.append(self.level, np.broadcast_to(level, n))
        self.number = np.append(self.number, np.zeros(n))
        self.slope = np.append(self.slope, np.array(slope, dtype=np.intp))
        self.start = np.append(self.start, self.start[-1] + np.cumsum([len(x) for x in operands], dtype=np.intp))
        self.operand = np.concatenate([self.operand, *operands])
        return np.arange(len(self) - n, len(self))


def tabulate(recording: Recording) -> Graph:
    """The graph below the result and the guards, as tables."""
    n, p, outside = recording.n_inputs, recording.n_parameters, len(recording.outside)
    ops = list(dict.fromkeys([*OWN, *recording.op]))
    codes = {op: code for code, op in enumerate(ops)}
    code = np.array([codes[op] for op in recording.op])
    code[code == codes["add"]] = SUM
    start, operand = recording.start, recording.operand
    zeros = np.zeros(len(code), dtype=np.intp)
    number = zeros.astype(float)
    number[n + p : n + p + outside] = recording.outside
    graph = Graph(
        n, p, ops, code, zeros, zeros, number, zeros, start, operand, recording.result,
        [guard.node for guard in recording.guards],
    )  # fmt: skip
    passes, needed = _reached(graph, codes)
    graph.code = np.where(needed, code, LEAF)
    _skip_copies(graph, n + p, n + p + outside)
    _flatten(graph)
    _classify(graph, passes)
    return graph


def _reached(graph: Graph, codes: dict[str, int]) -> tuple[Flags, Flags]:
    """Which nodes a gradient passes (those below the result, but for comparisons), and which are needed at all."""
    compares = np.isin(graph.code, [codes[name] for name in COMPARISONS])
    used = np.bincount(graph.operand, minlength=len(graph)) > 0
    used[graph.result] = True
    if not compares.any() and used[graph.code != LEAF].all():  # all that is computed ends in the result
        return used, used
    start, operand, comparison = graph.start.tolist(), graph.operand.tolist(), compares.tolist()
    reach = bytearray(len(graph))
    for i in graph.guards:
        reach[i] = 1
    reach[graph.result] = 2
    for i in range(len(graph) - 1, -1, -1):
        if how := reach[i]:
            if comparison[i]:
                how = reach[i] = 1
            for j in operand[start[i] : start[i + 1]]:
                reach[j] |= how
    reached = np.frombuffer(reach, dtype=np.uint8)
    return reached >= 2, reached > 0


def _skip_copies(graph: Graph, first: int, last: int) -> None:
    """Σ of one and 1 · x are x; a gradient that is itself a graph is full of them. Nodes first … last are from
    outside."""
    n, start, sizes = len(graph), graph.start[:-1], np.diff(graph.start)
    same = np.arange(n)
    single = np.flatnonzero((graph.code == SUM) & (sizes == 1))
    same[single] = graph.operand[start[single]]
    ones = np.zeros(n, dtype=bool)
    ones[first:last] = (graph.number[first:last] == 1.0) & (sizes[first:last] == 0)
    products = np.flatnonzero(graph.code == graph.ops.index("mul"))
    for this, other in ((0, 1), (1, 0)):
        by_one = products[ones[graph.operand[start[products] + this]]]
        same[by_one] = graph.operand[start[by_one] + other]
    graph.code = np.where(same == np.arange(n), graph.code, LEAF)
    same = _followed(same)
    graph.operand, graph.result = same[graph.operand], int(same[graph.result])


def _followed(into: Integers) -> Integers:
    """Where each chain of pointers ends; each round doubles the distance."""
    while not np.array_equal(into, further := into[into]):
        into = further
    return into


def _flatten(graph: Graph) -> None:
    """A sum that is only a term of another sum becomes part of it; edges of what is not needed go."""
    owner, needed = graph.owners(), graph.code[graph.owners()] != LEAF
    graph.edges(owner[needed], graph.operand[needed])
    n, owner, operand, is_sum = len(graph), owner[needed], graph.operand, graph.code == SUM
    into = np.arange(n)
    into[operand] = owner
    absorbed = is_sum & (graph.uses() == 1) & is_sum[into] & (into != np.arange(n))
    into = _followed(np.where(absorbed, into, np.arange(n)))
    kept = ~absorbed[operand]
    owner, operand = into[owner[kept]], operand[kept]
    order = np.argsort(owner, kind="stable")
    graph.code = np.where(absorbed, LEAF, graph.code)
    graph.edges(owner[order], operand[order])


def _classify(graph: Graph, passes: Flags) -> None:
    """Kind, level and slope of each node, from those of its operands."""
    n, p = graph.n_inputs, graph.n_parameters
    of_theta, of_x = COLUMN | BY_THETA << 2, ROW | BY_X << 2  # two bits for the kind, two for the slope
    flags = [of_x] * n + [of_theta] * p + [CONSTANT] * (len(graph) - n - p)
    level, column_level = [0] * len(graph), [0] * len(graph)
    start, operand = graph.start.tolist(), graph.operand.tolist()
    mask = np.where(passes, of_theta | of_x, COLUMN | ROW).tolist()
    for i in np.flatnonzero(graph.code).tolist():
        flag = highest = 0
        for j in (operands := operand[start[i] : start[i + 1]]):
            flag |= flags[j]
            if level[j] > highest:
                highest = level[j]
        flags[i] = flag & mask[i]
        if flag & ROW:
            level[i] = highest + 1
        else:
            column_level[i] = 1 + max([column_level[j] for j in operands])
    bits = np.array(flags)
    graph.kind, graph.slope = np.where(bits & ROW, ROW, bits & COLUMN), bits >> 2
    graph.level = np.maximum(level, column_level)
    graph.code = np.where(graph.kind == CONSTANT, LEAF, graph.code)
    owner = graph.owners()
    kept = graph.kind[owner] != CONSTANT
    graph.edges(owner[kept], graph.operand[kept])
