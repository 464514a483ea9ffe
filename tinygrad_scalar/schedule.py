"""The order of work: which nodes are computed together, in which rows, and which sums are a matrix product.

Nodes of one level need only what lower levels have computed, so those of one operation become one step on neighbouring
rows of one array. Sums of products of columns (a weight) and rows (an activation) over the same activations are one
matrix product, Z = W A + b: it is found here, in the graph; nothing declares it.

The values of a batch stand in two arrays: C, one number per parameter, constant and column; and V, one row per input
and row node and one column per example, with a row of ones on top, and wherever a product takes its bias against one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .graph import COLUMN, CONSTANT, LEAF, PRODUCT, ROW, SUM, Array, Graph, Integers

SMALL = 8  # a product of fewer weights is no faster than the general path
NARROW, LONG = 3, 16  # so many nodes a level, over so many levels, are a thread: too thin for arrays


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

    `weights` is P × r × k, numbers in C; `operands` is P × k, rows of V. With a bias, the first operand is a row of ones
    and the first weight of each row its bias: (b W)(1; A), eq. input-matrix1. `exact` is False where zeros fill W up.
    """

    start: int
    stop: int
    operands: Integers
    weights: Integers
    biased: bool
    exact: bool
    factors: int  # how many × of the graph it stands for


@dataclass
class Thread:
    """Many levels of a node or two: rows start … stop, each node with its operation and the numbers of its operands.

    These count the rows from outside (`rows`, in V), then the columns (`columns`, in C, one for each use), then the
    thread's own nodes.
    """

    start: int
    stop: int
    ops: list[str]
    operands: list[list[int]]
    rows: Integers
    columns: Integers


Step = Group | Product | Thread


@dataclass
class Section:
    """Steps that fill one array. The first `leaves` entries are given; `slope` tells what each is differentiated by."""

    leaves: int
    size: int = 0
    steps: list[Step] = field(default_factory=list)
    slope: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.intp))


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
    products = _products(graph, padded)
    result_columns = _split_result(graph)
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

    Where × has one column, it comes first.
    """
    owner, operand = graph.owners(), graph.operand
    a_sum, side = (graph.code == SUM) & (graph.kind == ROW), graph.kind[operand] != ROW
    many = a_sum & (np.bincount(owner[side], minlength=len(graph)) > 1)
    if many.any():
        joined = many[owner] & side
        sums = np.unique(owner[joined])
        terms = np.split(operand[joined], np.flatnonzero(np.diff(owner[joined])) + 1)
        new = graph.add(SUM, COLUMN, terms, 1 + max(int(graph.level[graph.kind == COLUMN].max(initial=0)), 0))
        owner = np.concatenate([owner[~joined], sums, np.repeat(new, [len(t) for t in terms])])
        operand = np.concatenate([operand[~joined], new, *terms])
        a_sum, side = (graph.code == SUM) & (graph.kind == ROW), graph.kind[operand] != ROW
    a_product = (graph.code == graph.ops.index("mul")) & (graph.kind == ROW)
    key = np.where(a_sum[owner], side, a_product[owner] & ~side)
    order = np.lexsort((key, owner))
    graph.edges(owner[order], operand[order])


# Matrix products.


@dataclass
class _Found:
    """Sums (P × r) over the same factors (P × k), by weights (P × r × k) and, if any has one, a bias (P × r)."""

    level: int
    sums: Integers
    factors: Integers
    weights: Integers
    bias: Integers | None
    exact: bool
    count: int


def _products(graph: Graph, padded: bool) -> list[_Found]:
    """Find the matrix products, and take their × and Σ out of the graph."""
    terms = _terms(graph)
    if terms is None:
        return []
    sums, weights, vectors, edges = terms
    bounds = np.flatnonzero(np.diff(sums, prepend=-1, append=-1))
    alike: dict[tuple[int, bytes], list[int]] = defaultdict(list)  # sums of one level over the same factors
    for t, (a, b) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        alike[int(graph.level[sums[a]]), vectors[a:b].tobytes()].append(t)
    by_level: dict[int, list[tuple[Integers, list[int]]]] = defaultdict(list)
    for (l, _), members in alike.items():
        by_level[l].append((vectors[bounds[members[0]] : bounds[members[0] + 1]], members))
    zero = graph.add(LEAF, CONSTANT, [np.zeros(0, dtype=np.intp)])[0]
    bias = _biases(graph)
    found = []
    shallow = len(by_level) <= 2 * LONG
    for l, groups in by_level.items():
        for part, exact in _merged(groups) if padded else [([group], True) for group in groups]:
            factors = part[0][0] if exact else np.unique(np.concatenate([v for v, _ in part]))
            members = [t for _, ts in part for t in ts]
            if len(members) * len(factors) < SMALL and not (shallow and len(groups) == 1):
                continue
            W = np.full((len(members), len(factors)), zero)
            for i, t in enumerate(members):
                span = slice(bounds[t], bounds[t + 1])
                W[i, np.searchsorted(factors, vectors[span])] = weights[span]
            s = sums[bounds[members]]
            b = np.where(bias[s] < 0, zero, bias[s]) if (bias[s] >= 0).any() else None
            count = int(sum(bounds[t + 1] - bounds[t] for t in members))
            found.append(_Found(l, s[None], factors[None], W[None], None if b is None else b[None], exact, count))
    found = _stacked(found)
    _take_out(graph, found, sums, edges)
    return found


def _terms(graph: Graph) -> tuple[Integers, Integers, Integers, Integers] | None:
    """The products weight × row that are terms of a sum and of nothing else: sums, weights, rows and edges, sorted."""
    owner, operand, kind = graph.owners(), graph.operand, graph.kind
    uses = np.bincount(operand, minlength=len(graph))
    uses[graph.result] += 1
    mul = np.flatnonzero((graph.code == graph.ops.index("mul")) & (kind == ROW) & (uses == 1))
    left, right = operand[graph.start[mul]], operand[graph.start[mul] + 1]  # a column comes first
    fits = (kind[left] != ROW) & (kind[right] == ROW)
    weight, vector = np.full(len(graph), -1), np.full(len(graph), -1)
    weight[mul[fits]], vector[mul[fits]] = left[fits], right[fits]
    edges = np.flatnonzero(((graph.code == SUM) & (kind == ROW))[owner] & (weight[operand] >= 0))
    trained = np.zeros(len(graph), dtype=bool)  # one weight at least is no constant
    trained[owner[edges][kind[weight[operand[edges]]] == COLUMN]] = True
    edges = edges[trained[owner[edges]]]
    if not len(edges):
        return None
    s, w, v = owner[edges], weight[operand[edges]], vector[operand[edges]]
    order = np.lexsort((v, s))
    edges, s, w, v = edges[order], s[order], w[order], v[order]
    new = np.append(True, (np.diff(s) != 0) | (np.diff(v) != 0))
    if not new.all():  # a factor that occurs twice has the sum of its weights
        parts = np.split(w, np.flatnonzero(new)[1:])
        several = [i for i, part in enumerate(parts) if len(part) > 1]
        s, w, v = s[new], w[new], v[new]
        w[several] = graph.add(SUM, COLUMN, [parts[i] for i in several], 1 + graph.level[kind == COLUMN].max(initial=0))
    return s, w, v, edges


def _biases(graph: Graph) -> Integers:
    """The column among the terms of each sum, its last one, or −1."""
    bias = np.full(len(graph), -1)
    has = np.flatnonzero((graph.code == SUM) & (graph.kind == ROW))
    last = graph.operand[graph.start[has + 1] - 1]
    bias[has] = np.where(graph.kind[last] != ROW, last, -1)
    return bias


def _merged(groups: list[Any]) -> Iterator[tuple[list[Any], bool]]:
    """Groups of sums over similar factors, put together where more than half of the matrix is filled; else one by one."""
    cluster_of: dict[int, int] = {}  # factor → cluster
    clusters: list[list[Any]] = []
    for vectors, members in sorted(groups, key=lambda group: -len(group[0])):
        votes = Counter(cluster_of[v] for v in vectors.tolist() if v in cluster_of)
        best, shared = votes.most_common(1)[0] if votes else (len(clusters), len(vectors))
        if 2 * shared < len(vectors):
            best = len(clusters)
        if best == len(clusters):
            clusters.append([])
        clusters[best].append((vectors, members))
        for v in vectors.tolist():
            cluster_of.setdefault(v, best)
    for cluster in clusters:
        filled = sum(len(vectors) * len(members) for vectors, members in cluster)
        union = len(np.unique(np.concatenate([vectors for vectors, _ in cluster])))
        if len(cluster) > 1 and 2 * filled > union * sum(len(members) for _, members in cluster):
            yield cluster, False
        else:
            yield from (([group], True) for group in cluster)


def _stacked(found: list[_Found]) -> list[_Found]:
    """Products of one shape on one level, stacked into one."""
    stacks: dict[Any, list[_Found]] = defaultdict(list)
    for f in found:
        stacks[f.level, f.weights.shape, f.bias is None, f.exact].append(f)
    return [
        _Found(
            fs[0].level,
            *(np.concatenate(parts) for parts in zip(*((f.sums, f.factors, f.weights) for f in fs), strict=True)),
            None if fs[0].bias is None else np.concatenate([f.bias for f in fs if f.bias is not None]),
            fs[0].exact,
            sum(f.count for f in fs),
        )
        for fs in stacks.values()
    ]


def _take_out(graph: Graph, found: list[_Found], sums: Integers, edges: Integers) -> None:
    """Remove the products' terms. A sum with nothing left is the product; one with more terms has it as another term."""
    if not found:
        return
    owner, operand = graph.owners(), graph.operand
    taken = np.zeros(len(graph), dtype=bool)
    taken[np.concatenate([f.sums.ravel() for f in found])] = True
    term = np.zeros(len(operand), dtype=bool)
    term[edges] = True
    biased = np.concatenate([f.sums.ravel() for f in found if f.bias is not None] + [np.zeros(0, dtype=np.intp)])
    with_bias = np.zeros(len(graph), dtype=bool)
    with_bias[biased] = True
    gone = taken[owner] & (term | (with_bias[owner] & (graph.kind[operand] != ROW)))
    graph.code[operand[gone & term]] = LEAF
    kept = ~gone & (graph.code[owner] != LEAF)
    rest = np.bincount(owner[kept], minlength=len(graph)) > 0
    new_owner, new_operand = [owner[kept]], [operand[kept]]
    for f in found:
        with_more = rest[f.sums]
        if with_more.any():
            old = f.sums[with_more]
            new = graph.add(PRODUCT, ROW, [np.zeros(0, dtype=np.intp)] * len(old), f.level)
            graph.slope[new] = graph.slope[old]
            f.sums[with_more] = new
            new_owner.append(old)
            new_operand.append(new)
        graph.code[f.sums] = PRODUCT
    owner, operand = np.concatenate(new_owner), np.concatenate(new_operand)
    order = np.lexsort(((graph.kind[operand] != ROW) & (graph.code == SUM)[owner], owner))
    graph.edges(owner[order], operand[order])


def _split_result(graph: Graph) -> list[int]:
    """A column that is added to the result, as a penalty is, is added to E once and not to each example."""
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


def _lay_out(
    graph: Graph, place: Integers, kind: int, leaves: int, products: list[_Found]
) -> Section:
    """The steps of the nodes of one kind, level by level; fills in `place`."""
    section = Section(leaves)
    parts = [(f.level, 0, f.sums.ravel(), f) for f in products] + [
        (l, 1, nodes, classes) for l, nodes, classes in _groups(graph, kind, {f.level for f in products})
    ]
    parts.sort(key=lambda part: part[:2])
    wanted = {int(f.factors[0, 0]) for f in products if f.bias is not None and len(f.factors) == 1}
    at = leaves
    for _, _, nodes, _ in parts:
        at += int(nodes[0]) in wanted  # a row of ones
        place[nodes] = np.arange(at, at + len(nodes))
        at += len(nodes)
    section.size = at
    section.slope = np.zeros(at, dtype=np.intp)
    first = graph.n_inputs + graph.n_parameters
    own = np.flatnonzero((graph.kind == kind) & ((graph.code != LEAF) | (np.arange(len(graph)) < first)))
    section.slope[place[own]] = graph.slope[own]
    for _, _, nodes, what in parts:
        start, stop = int(place[nodes[0]]), int(place[nodes[-1]]) + 1
        if isinstance(what, _Found):
            section.steps.append(_product(what, place, start, stop, section))
        elif not what:
            section.steps.append(_thread(graph, nodes, place, start, stop, kind))
        else:
            arity = graph.start[nodes[0] + 1] - graph.start[nodes[0]]
            operands = place[graph.operand[graph.start[nodes][:, None] + np.arange(arity)]]
            section.steps.append(Group(graph.ops[graph.code[nodes[0]]], start, stop, operands, what))
    return section


def _product(f: _Found, place: Integers, start: int, stop: int, section: Section) -> Product:
    operands, weights = place[f.factors], place[f.weights]
    order = np.argsort(operands, axis=1)
    operands = np.take_along_axis(operands, order, axis=1)
    weights = np.take_along_axis(weights, np.broadcast_to(order[:, None], weights.shape), axis=2)
    if f.bias is not None:
        first = operands[:, :1] - 1
        alone = len(f.factors) == 1 and (first[0, 0] == 0 or _is_ones(first[0, 0], section))
        operands = np.concatenate([first if alone else np.zeros_like(first), operands], axis=1)
        weights = np.concatenate([place[f.bias][:, :, None], weights], axis=2)
    return Product(start, stop, operands, weights, f.bias is not None, f.exact, f.count)


def _is_ones(row: int, section: Section) -> bool:
    return row >= section.leaves and not any(step.start <= row < step.stop for step in section.steps)


def _thread(graph: Graph, nodes: Integers, place: Integers, start: int, stop: int, kind: int) -> Thread:
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
    return Thread(start, stop, [graph.ops[c] for c in graph.code[nodes].tolist()], operands, rows, columns)


def _groups(graph: Graph, kind: int, with_products: set[int]) -> Iterator[tuple[int, Integers, str]]:
    """Level, nodes and classes of operands of each group, in order; a thread has no classes."""
    nodes = np.flatnonzero((graph.kind == kind) & (graph.code != LEAF) & (graph.code != PRODUCT))
    if not len(nodes):
        return
    for thread in _narrow(graph.level[nodes], with_products):
        members = nodes[(graph.level[nodes] >= thread[0]) & (graph.level[nodes] <= thread[-1])]
        yield int(thread[0]), members[np.argsort(graph.level[members], kind="stable")], ""
        nodes = nodes[(graph.level[nodes] < thread[0]) | (graph.level[nodes] > thread[-1])]
    if not len(nodes):
        return
    owner, arity = graph.owners(), np.diff(graph.start)
    position = np.arange(len(owner)) - graph.start[owner]
    classes = np.zeros(len(graph), dtype=np.uint64)  # a hash of the kinds of the operands
    np.add.at(classes, owner, (graph.kind[graph.operand] + 1).astype(np.uint64) * _scrambled(position))
    keys = [classes, graph.slope, arity, graph.code, graph.level]
    nodes = nodes[np.lexsort([key[nodes] for key in keys])]
    new = np.zeros(len(nodes), dtype=bool)
    for key in keys:
        new[1:] |= key[nodes[1:]] != key[nodes[:-1]]
    for members in np.split(nodes, np.flatnonzero(new)):
        i = int(members[0])
        letters = "".join("kcr"[k] for k in graph.kind[graph.operand[graph.start[i] : graph.start[i + 1]]])
        yield int(graph.level[i]), members, letters if kind == ROW else "r" * len(letters)


def _narrow(level: Integers, with_products: set[int]) -> Iterator[Integers]:
    """Runs of many levels of few nodes each."""
    width = np.bincount(level)
    narrow = (width > 0) & (width <= NARROW)
    narrow[[l for l in with_products if l < len(width)]] = False
    levels = np.flatnonzero(narrow)
    for run in np.split(levels, np.flatnonzero(np.diff(levels) != 1) + 1):
        if len(run) >= LONG:
            yield run


def _scrambled(x: Integers) -> Any:
    """Numbers without pattern (splitmix64, Steele, Lea & Flood 2014)."""
    z = (x.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
