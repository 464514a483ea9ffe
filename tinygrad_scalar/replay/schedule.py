"""The order of work: which nodes are computed together, in which rows, and which sums are a matrix product.

Nodes of one level need only what lower levels have computed, so those of one operation become one step on neighbouring
rows of one array. Sums of products of columns (a weight) and rows (an activation) over the same activations are one
matrix product, Z = W A + b: it is found here, in the graph; nothing declares it.

The values of a batch stand in two arrays: C, one number per parameter, constant and column; and V, one row per input
and row node and one column per example, with a row of ones on top, and wherever a product takes its bias against one.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ..arrays import Array, Integers
from .graph import COLUMN, CONSTANT, LEAF, PRODUCT, ROW, SUM, Graph
from .products import Found, find_products
from .row_products import FoundRows, find_row_products

NARROW, LONG = 3, 16  # so many nodes a level, over so many levels, are a strand: too thin for arrays
LENGTHS = 4  # so many lengths of sums on one level are padded to one: fewer calls, for a few terms more
PADS = {"total": -0.0, "logsumexp": -np.inf}  # what adds nothing
LARGE = 64  # a group of more nodes is sorted by how often they are used

Key = tuple[int, int, int, int, str]  # of a group: level, code, arity, slope, and a letter for each operand


@dataclass
class Group:
    """Nodes of one operation on one level: rows start … stop. `operands` is (nodes × arity); `classes` has one letter
    per operand: r, a row of V (in the columns' own section, an entry of C); c, a column; k, a constant.
    """

    op: str
    start: int
    stop: int
    operands: Integers
    classes: str


@dataclass
class Product:
    """P matrix products side by side (P is nearly always 1): Z = W A, rows start … stop.

    `weights` is P × r × k, numbers in C; `operands` is P × k, rows of V. With a bias, the first operand is a row of
    ones and the first weight of each row its bias: (b W)(1; A), eq. input-matrix1. `exact` is False where zeros fill W
    up.

    Where one W serves many positions, as in a convolution, `operands` is positions × k: Z = W [A_1 … A_positions]. The
    rows of Z, and those of A, then stand factor by factor, each for all positions, so that all is one product of r × k
    by k × (positions · M).
    """

    start: int
    stop: int
    operands: Integers
    weights: Integers
    biased: bool
    exact: bool
    factors: int  # how many × of the graph it stands for

    @property
    def positions(self) -> int:
        """How many positions one W serves."""
        return len(self.operands) // len(self.weights)

    def rows(self, first: int = 0) -> Integers:
        """The rows of V in the order in which A has them, from operand `first` on."""
        operands = self.operands[:, first:]
        return (operands.T if len(self.weights) == 1 else operands).ravel()


@dataclass
class RowProduct:
    """P matrix products for each example, S = A B: rows start … stop.

    `left` is P × r × k and `right` P × k × c, rows of V. `entries` are those of S, P × r × c, that are in the graph, in
    the order of their rows. `exact` is False where these are not all, or a row of zeros fills A or B up.
    """

    start: int
    stop: int
    left: Integers
    right: Integers
    entries: Integers
    exact: bool
    factors: int  # how many × of the graph it stands for

    @property
    def shape(self) -> tuple[int, int, int]:
        """P, r and c of S."""
        return (*self.left.shape[:2], self.right.shape[2])

    @property
    def most(self) -> int:
        """The rows of the largest of A, B and S."""
        return max(self.left.size, self.right.size, math.prod(self.shape))

    @property
    def whole(self) -> bool:
        """Whether all entries of S are in the graph."""
        return len(self.entries) == math.prod(self.shape)


@dataclass
class Strand:
    """Many levels of a node or two: rows start … stop, each node with its operation and the numbers of its operands.

    These count the rows from outside (`rows`, in V), then the columns (`columns`, in C, one for each use), then the
    strand's own nodes.
    """

    start: int
    stop: int
    ops: list[str]
    operands: list[list[int]]
    rows: Integers
    columns: Integers


Step = Group | Product | RowProduct | Strand


@dataclass
class Section:
    """Steps that fill one array. The first `leaves` entries are given; `slope` tells what each is differentiated by.

    `pads` are rows of one number each, which stand for the operands that a shorter sum or log-sum-exp, or a product of
    rows, has not.
    """

    leaves: int
    size: int = 0
    steps: list[Step] = field(default_factory=list)
    slope: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    pads: dict[int, float] = field(default_factory=dict)


class Place(NamedTuple):
    """Where a node stands: in V or in C, and there."""

    in_row: bool
    place: int


@dataclass
class Schedule:
    """The columns' section, then the rows'; where the result stands (a row, and columns that are added to it), and for
    each guard where its verdict and the two numbers compared stand.
    """

    n_inputs: int
    n_parameters: int
    constants: Array
    columns: Section
    rows: Section
    result: int | None
    result_columns: list[int]
    guards: list[tuple[Place, Place, Place]]


def schedule(graph: Graph, padded: bool = True) -> Schedule:
    """Find products and groups, and give each node its place; with `padded`, zeros may fill up a matrix."""
    guards = [(i, *graph.operand[graph.start[i] : graph.start[i + 1]].tolist()) for i in graph.guards]
    _join_columns(graph)
    alone = graph.uses()[graph.result] == 1  # asked before products take their × out of the graph
    found = find_products(graph, padded)
    products: list[Found | FoundRows] = [*found, *find_row_products(graph, padded, found)]
    result_columns = _split_result(graph) if alone else []
    n, p = graph.n_inputs, graph.n_parameters
    constants = np.flatnonzero(graph.kind == CONSTANT)
    place = np.zeros(len(graph), dtype=np.intp)
    place[:n] = 1 + np.arange(n)
    place[n : n + p] = np.arange(p)
    place[constants] = p + np.arange(len(constants))
    columns = _lay_out(graph, place, COLUMN, p + len(constants), [])
    rows = _lay_out(graph, place, ROW, 1 + n, products)
    in_row = graph.kind == ROW
    if not in_row[graph.result]:
        result_columns.append(graph.result)

    def at(i: int) -> Place:
        return Place(bool(in_row[i]), int(place[i]))

    return Schedule(
        n, p, graph.number[constants], columns, rows, int(place[graph.result]) if in_row[graph.result] else None,
        [int(place[i]) for i in result_columns],
        [(at(i), at(x), at(y)) for i, x, y in guards],
    )  # fmt: skip


def _join_columns(graph: Graph) -> None:
    """Let each sum that is a row have one column at most among its terms: the sum of its columns, last in order.

    The 0 from which Python's `sum` starts goes. Columns of a log-sum-exp come last, too; where × has one, it is first.
    """
    owner, operand = graph.owners(), graph.operand
    a_sum = (graph.code == SUM) & (graph.kind == ROW)
    kept = ~(a_sum[owner] & (graph.kind[operand] == CONSTANT) & (graph.number[operand] == 0.0))
    owner, operand = owner[kept], operand[kept]
    side = graph.kind[operand] != ROW
    many = a_sum & (np.bincount(owner[side], minlength=len(graph)) > 1)
    if many.any():
        joined = many[owner] & side
        sums = np.unique(owner[joined])
        terms = np.split(operand[joined], np.flatnonzero(np.diff(owner[joined])) + 1)
        new = graph.add(SUM, COLUMN, terms, 1 + max(int(graph.level[graph.kind == COLUMN].max(initial=0)), 0))
        owner = np.concatenate([owner[~joined], sums, np.repeat(new, [len(t) for t in terms])])
        operand = np.concatenate([operand[~joined], new, *terms])
    rank = ROW - graph.kind[operand]  # columns last, and constants after these
    key = np.select(
        [graph.code[owner] == graph.ops.index(op) for op in ("total", "logsumexp", "mul")], [rank, rank, -rank]
    )
    order = np.lexsort((key, owner))
    graph.edges(owner[order], operand[order])


def _split_result(graph: Graph) -> list[int]:
    """A column that is added to the result, as a penalty is, is added to E once and not to each example.

    For a result that nothing else reads: a guard, or a node, would find a row without its column.
    """
    i = graph.result
    terms = graph.operand[graph.start[i] : graph.start[i + 1]]
    if graph.code[i] != SUM or graph.kind[i] != ROW or graph.kind[terms[-1]] == ROW:
        return []
    keep = np.ones(len(graph.operand), dtype=bool)
    keep[graph.start[i + 1] - 1] = False
    owner = graph.owners()
    if len(terms) == 2:
        graph.code[i], graph.result = LEAF, int(terms[0])
        keep &= owner != i
    graph.edges(owner[keep], graph.operand[keep])
    return [int(terms[-1])]


# Places.


def _lay_out(graph: Graph, place: Integers, kind: int, leaves: int, products: list[Found | FoundRows]) -> Section:
    """The steps of the nodes of one kind, level by level; fills in `place`."""
    section = Section(leaves)
    parts = [(f.level, 0, _in_order(f), f) for f in products] + [
        (l, 1, nodes, classes) for l, nodes, classes in _groups(graph, kind, {f.level for f in products})
    ]
    parts.sort(key=lambda part: part[:2])
    wanted = {
        int(f.factors[0, 0]) for f in products if isinstance(f, Found) and f.bias is not None and len(f.factors) == 1
    }
    at, ones, starts = leaves, set(), []
    for i, (level, turn, nodes, what) in enumerate(parts):
        if isinstance(what, str) and what:
            nodes = _as_operands_stand(graph, nodes, place)
            parts[i] = level, turn, nodes, what
        if (pad := _pad(graph, nodes, what)) is not None:
            section.pads[at] = pad
            at += 1
        if int(nodes[0]) in wanted:
            ones.add(at)
            at += 1
        starts.append(at)
        place[nodes] = np.arange(at, at + len(nodes))
        at += len(nodes)
    section.size = at
    section.slope = np.zeros(at, dtype=np.intp)
    first = graph.n_inputs + graph.n_parameters
    own = np.flatnonzero((graph.kind == kind) & ((graph.code != LEAF) | (np.arange(len(graph)) < first)))
    section.slope[place[own]] = graph.slope[own]
    for start, (_, _, nodes, what) in zip(starts, parts, strict=True):
        stop, pad_row = start + len(nodes), start - 1 - (start - 1 in ones)
        if isinstance(what, Found):
            section.steps.append(_product(what, place, start, stop, ones))
        elif isinstance(what, FoundRows):
            left, right = (np.where(x >= 0, place[x], pad_row) for x in (what.left, what.right))
            entries = np.flatnonzero(what.sums.ravel() >= 0)
            section.steps.append(RowProduct(start, stop, left, right, entries, what.exact, what.count))
        elif not what:
            section.steps.append(_strand(graph, nodes, place, start, stop, kind))
        else:
            operands = _operands(graph, nodes, len(what), place, pad_row)
            section.steps.append(Group(graph.ops[graph.code[nodes[0]]], start, stop, operands, what))
    return section


def _in_order(f: Found | FoundRows) -> Integers:
    """The sums as their rows stand."""
    return (f.sums.T if isinstance(f, Found) and len(f.weights) == 1 else f.sums[f.sums >= 0]).ravel()


def _pad(graph: Graph, nodes: Integers, what: Found | FoundRows | str) -> float | None:
    """What fills operands up, if something has to."""
    if isinstance(what, FoundRows):
        return 0.0 if min(what.left.min(), what.right.min()) < 0 else None
    if isinstance(what, str) and what and (np.diff(graph.start)[nodes] != len(what)).any():
        return PADS[graph.ops[graph.code[nodes[0]]]]
    return None


def _as_operands_stand(graph: Graph, nodes: Integers, place: Integers) -> Integers:
    """A group in the order of its first operands' rows, if these are neighbours: then they need not be gathered."""
    first = place[graph.operand[graph.start[nodes]]]
    order = np.argsort(first, kind="stable")
    return nodes[order] if (np.diff(first[order]) == 1).all() else nodes


def _product(f: Found, place: Integers, start: int, stop: int, ones: set[int]) -> Product:
    operands, weights = place[f.factors], place[f.weights]
    order = np.argsort(operands[: len(weights)], axis=1)  # where one W serves all positions, one order does
    operands = np.take_along_axis(operands, np.broadcast_to(order, operands.shape), axis=1)
    weights = np.take_along_axis(weights, np.broadcast_to(order[:, None], weights.shape), axis=2)
    if f.bias is not None:
        first = operands[:, :1] - 1
        alone = len(f.factors) == 1 and int(first[0, 0]) in ones
        operands = np.concatenate([first if alone else np.zeros_like(first), operands], axis=1)
        weights = np.concatenate([place[f.bias][: len(weights), :, None], weights], axis=2)
    return Product(start, stop, operands, weights, f.bias is not None, f.exact, f.count)


def _operands(graph: Graph, nodes: Integers, arity: int, place: Integers, pad: int) -> Integers:
    """The places of the operands of a group, nodes × arity; the row `pad` stands for those that a node has not."""
    first, count = graph.start[nodes], np.diff(graph.start)[nodes]
    if (count == arity).all():
        return np.asarray(place[graph.operand[first[:, None] + np.arange(arity)]])
    has = np.arange(arity) < count[:, None]
    operands = np.full(has.shape, pad)
    operands[has] = place[graph.operand[(first[:, None] + np.arange(arity))[has]]]
    return operands


def _strand(graph: Graph, nodes: Integers, place: Integers, start: int, stop: int, kind: int) -> Strand:
    edges = np.concatenate([np.arange(graph.start[i], graph.start[i + 1]) for i in nodes.tolist()])
    operand = graph.operand[edges]
    there, side = place[operand], (graph.kind[operand] != ROW) & (kind == ROW)
    inside = ~side & (there >= start)
    rows, row_numbers = np.unique(there[~side & ~inside], return_inverse=True)
    columns = there[side]  # one for each use
    local = there - start + len(rows) + len(columns)
    local[~side & ~inside] = row_numbers
    local[side] = len(rows) + np.arange(len(columns))
    ends = np.cumsum(graph.start[nodes + 1] - graph.start[nodes]).tolist()
    numbers = local.tolist()
    operands = [numbers[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    return Strand(start, stop, [graph.ops[c] for c in graph.code[nodes].tolist()], operands, rows, columns)


def _groups(graph: Graph, kind: int, with_products: set[int]) -> Iterator[tuple[int, Integers, str]]:
    """Level, nodes and classes of operands of each group, in order; a strand has no classes."""
    nodes = np.flatnonzero((graph.kind == kind) & (graph.code != LEAF) & (graph.code != PRODUCT))
    for strand in _narrow(graph.level[nodes], with_products):
        inside = (graph.level[nodes] >= strand[0]) & (graph.level[nodes] <= strand[-1])
        members = nodes[inside]
        yield int(strand[0]), members[np.argsort(graph.level[members], kind="stable")], ""
        nodes = nodes[~inside]
    letters = np.frombuffer(b"kcr", dtype=np.uint8)[graph.kind[graph.operand]].tobytes().decode()
    groups: dict[Key, list[int]] = defaultdict(list)
    keys = (key[nodes].tolist() for key in (graph.level, graph.code, graph.slope, graph.start, graph.start[1:]))
    for i, level, code, slope, a, b in zip(nodes.tolist(), *keys, strict=True):
        groups[level, code, b - a, slope, letters[a:b]].append(i)
    if kind == ROW:
        groups = _padded(graph, groups)
    uses = np.bincount(graph.operand, minlength=len(graph))
    for (level, _, arity, _, classes), group in sorted(groups.items()):
        members = np.array(group)
        if len(members) > LARGE:  # so that those with a first, a second, … further use stand together
            members = members[np.argsort(-uses[members], kind="stable")]
        yield level, members, classes if kind == ROW else "r" * arity


def _padded(graph: Graph, groups: dict[Key, list[int]]) -> dict[Key, list[int]]:
    """Sums, and log-sum-exps, of rows that differ in length alone become one group, where more than half is filled."""
    lengths: dict[tuple[int, int, int], list[Key]] = defaultdict(list)
    for level, code, arity, slope, letters in groups:
        if graph.ops[code] in PADS and letters == "r" * arity:
            lengths[level, code, slope].append((level, code, arity, slope, letters))
    for (level, code, slope), keys in lengths.items():
        longest, filled = max(key[2] for key in keys), sum(key[2] * len(groups[key]) for key in keys)
        if len(keys) >= LENGTHS and 2 * filled > longest * sum(len(groups[key]) for key in keys):
            groups[level, code, longest, slope, "r" * longest] = [i for key in sorted(keys) for i in groups.pop(key)]
    return groups


def _narrow(level: Integers, with_products: set[int]) -> Iterator[Integers]:
    """Runs of many levels of few nodes each."""
    width = np.bincount(level)
    narrow = (width > 0) & (width <= NARROW)
    narrow[[l for l in with_products if l < len(width)]] = False
    levels = np.flatnonzero(narrow)
    for run in np.split(levels, np.flatnonzero(np.diff(levels) != 1) + 1):
        if len(run) >= LONG:
            yield run
