"""Matrix products in a graph of scalars: sums of weight × activation over the same activations.

A neuron is Σ_j w_j x_j + b. Where several sums of one level weigh the same rows, their weights are the rows of a matrix
W and the sums are W x + b: nothing in the graph says so, and nothing needs to. A sum with further terms has its product
as one of them. Weights may be shared, absent or computed from other parameters; a factor that occurs twice in a sum has
the sum of its weights. Sums over similar factors are put together where more than half of the matrix is filled, and
zeros fill up the rest. Where many sums weigh different rows by the same weights, as the positions of a convolution do,
W is one matrix for all of them: W [x_1 … x_P]. Other small products of one shape stand side by side. What is left takes
the general path.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, starmap
from typing import Any

import numpy as np

from ..arrays import Flags, Integers
from .graph import COLUMN, CONSTANT, LEAF, PRODUCT, ROW, SUM, Graph

SMALL = 8  # a product of fewer weights is no faster than the general path …
SHALLOW = 32  # … but easier to read, in a graph of few levels
NONE = np.zeros(0, dtype=np.intp)


@dataclass
class Found:
    """Sums (P × r) over the same factors (P × k), by weights (P × r × k) and, if any has one, a bias (P × r).

    Where one W serves all P positions, weights and bias have one position only.
    """

    level: int
    sums: Integers
    factors: Integers
    weights: Integers
    bias: Integers | None
    exact: bool
    count: int


def find_products(graph: Graph, padded: bool) -> list[Found]:
    """Find the matrix products, and take their × and Σ out of the graph.

    With `padded`, zeros may fill up a matrix, and a factor that occurs twice in a sum has the sum of its weights: the
    same for all finite numbers, but not for inf. Without, such sums stay as they are.
    """
    terms = _terms(graph, padded)
    if terms is None:
        return []
    sums, weights, factors, edges, joined = terms
    bounds = np.flatnonzero(np.diff(sums, prepend=-1, append=-1)).tolist()
    spans = list(starmap(slice, pairwise(bounds)))  # of each sum
    positions = _align(graph, spans, sums, weights)
    alike: dict[tuple[int, int, bytes], list[slice]] = defaultdict(list)  # sums over the same factors
    for span in spans:
        s = sums[span.start]
        alike[int(graph.level[s]), int(graph.slope[s]), factors[span].tobytes()].append(span)
    by_level: dict[tuple[int, int], list[list[slice]]] = defaultdict(list)
    for (level, slope, _), members in alike.items():
        by_level[level, slope].append(members)
    zero = graph.add(LEAF, CONSTANT, [NONE])[0]
    bias = _biases(graph)
    found = []
    for (level, _), groups in by_level.items():
        for members, exact in _merged(groups, factors) if padded else [(group, True) for group in groups]:
            union = np.unique(np.concatenate([factors[span] for span in members]))
            alone = len(by_level) <= SHALLOW and len(groups) == 1
            at_once = positions[int(sums[members[0].start])]
            if len(members) * len(union) * at_once < SMALL and not alone:
                continue
            W = np.full((len(members), len(union)), zero)
            for row, span in zip(W, members, strict=True):
                row[np.searchsorted(union, factors[span])] = weights[span]
            s = sums[[span.start for span in members]]
            b = np.where(bias[s] < 0, zero, bias[s])[None] if (bias[s] >= 0).any() else None
            count = sum(span.stop - span.start for span in members)
            found.append(Found(level, s[None], union[None], W[None], b, exact and not joined[s].any(), count))
    found = _stacked(graph, found)
    take_out(graph, found, edges)
    return found


def _terms(graph: Graph, join: bool) -> tuple[Integers, Integers, Integers, Integers, Flags] | None:
    """The products weight × row that are terms of a sum and of nothing else: sums, weights, rows and edges, sorted.

    Also which nodes are sums in which a factor occurs twice; without `join` these have no such terms.
    """
    owner, operand, kind = graph.owners(), graph.operand, graph.kind
    mul = np.flatnonzero((graph.code == graph.ops.index("mul")) & (kind == ROW) & (graph.uses() == 1))
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
    joined = np.zeros(len(graph), dtype=bool)
    joined[s[~new]] = True
    if not join:
        kept = ~joined[s]
        s, w, v, edges = s[kept], w[kept], v[kept], edges[kept]
        if not len(edges):
            return None
    elif not new.all():
        parts = np.split(w, np.flatnonzero(new)[1:])
        several = [i for i, part in enumerate(parts) if len(part) > 1]
        s, w, v = s[new], w[new], v[new]
        w[several] = graph.add(SUM, COLUMN, [parts[i] for i in several], 1 + graph.level[kind == COLUMN].max(initial=0))
    return s, w, v, edges, joined


def _align(graph: Graph, spans: list[slice], sums: Integers, weights: Integers) -> dict[int, int]:
    """Sums by the same weights on several levels wait for the last of them, if nothing that it needs waits for them.

    Tells of each sum how many by its weights stand on its level.
    """
    alike: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for span in spans:
        s = int(sums[span.start])
        alike[int(graph.slope[s]), np.sort(weights[span]).tobytes()].append(s)
    level = graph.level.tolist()
    last: dict[int, int] = {}
    for group in alike.values():
        last |= dict.fromkeys(group, max(level[s] for s in group))
    wait = {s: there for s, there in last.items() if level[s] < there}
    if wait:
        level = _with_waiting(graph, level, wait)
        graph.level = np.array(level)
    counts = [Counter(level[s] for s in group) for group in alike.values()]
    return {s: count[level[s]] for group, count in zip(alike.values(), counts, strict=True) for s in group}


def _with_waiting(graph: Graph, level: list[int], wait: dict[int, int]) -> list[int]:
    """The levels, where some nodes wait for a later one if they may."""
    start, operand = graph.start.tolist(), graph.operand.tolist()
    rows = np.flatnonzero((graph.kind == ROW) & (graph.code != LEAF)).tolist()
    latest = [max(level)] * len(graph)  # the last level on which a node may stand
    for i in reversed(rows):
        before = latest[i] - 1
        for j in operand[start[i] : start[i + 1]]:
            if latest[j] > before:
                latest[j] = before
    of_row = np.where(graph.kind == ROW, level, 0).tolist()
    for i in rows:
        highest = 0
        for j in operand[start[i] : start[i + 1]]:
            if of_row[j] > highest:
                highest = of_row[j]
        there = wait.get(i, 0)
        of_row[i] = there if highest < there <= latest[i] else highest + 1
    return np.where(graph.kind == ROW, of_row, level).tolist()  # type: ignore[no-any-return]


def _biases(graph: Graph) -> Integers:
    """The column among the terms of each sum, its last one, or −1."""
    bias = np.full(len(graph), -1)
    has = np.flatnonzero((graph.code == SUM) & (graph.kind == ROW))
    last = graph.operand[graph.start[has + 1] - 1]
    bias[has] = np.where(graph.kind[last] != ROW, last, -1)
    return bias


def _merged(groups: list[list[slice]], factors: Integers) -> Iterator[tuple[list[slice], bool]]:
    """Groups of sums over similar factors, put together where more than half of the matrix is filled; else one by one.

    Also tells whether all entries of the matrix are there.
    """
    cluster_of: dict[int, int] = {}  # factor → cluster
    clusters: list[list[list[slice]]] = []
    for group in sorted(groups, key=lambda group: group[0].start - group[0].stop):
        own = factors[group[0]].tolist()
        votes = Counter(cluster_of[v] for v in own if v in cluster_of)
        best, shared = votes.most_common(1)[0] if votes else (0, 0)
        if 2 * shared < len(own) or not votes:
            best = len(clusters)
            clusters.append([])
        clusters[best].append(group)
        for v in own:
            cluster_of.setdefault(v, best)
    for cluster in clusters:
        members = [span for group in cluster for span in group]
        filled = sum(span.stop - span.start for span in members)
        union = len(np.unique(np.concatenate([factors[group[0]] for group in cluster])))
        if len(cluster) > 1 and 2 * filled > union * len(members):
            yield members, False
        else:
            yield from ((group, True) for group in cluster)


def _stacked(graph: Graph, found: list[Found]) -> list[Found]:
    """Products on one level, differentiated by the same, put together: those by the same weights into one product over
    all their factors, those that are left and of one shape side by side. Biases that differ stay terms of the sums.
    """
    by_weights: dict[Any, list[Found]] = defaultdict(list)
    for f in found:
        weights = f.weights[:, :, np.lexsort(f.weights[0])].tobytes()
        by_weights[f.level, int(graph.slope[f.sums[0, 0]]), f.weights.shape, f.exact, weights].append(f)
    stacks: dict[Any, list[Found]] = defaultdict(list)
    shared = []
    for (level, slope, shape, exact, _), fs in by_weights.items():
        if len(fs) == 1:
            stacks[level, slope, shape, fs[0].bias is None, exact].append(fs[0])
        else:
            biases = {None if f.bias is None else f.bias.tobytes() for f in fs}
            bias = fs[0].bias if len(biases) == 1 else None
            fs = [_in_order_of_weights(f) for f in fs]
            shared.append(_together(fs, fs[0].weights, bias))
    return shared + [
        _together(
            fs,
            np.concatenate([f.weights for f in fs]),
            None if fs[0].bias is None else np.concatenate([f.bias for f in fs if f.bias is not None]),
        )
        for fs in stacks.values()
    ]


def _in_order_of_weights(f: Found) -> Found:
    """The columns of W sorted by their weights, so that positions with the same weights have the same W."""
    order = np.lexsort(f.weights[0])
    return replace(f, factors=f.factors[:, order], weights=f.weights[:, :, order])


def _together(fs: list[Found], weights: Integers, bias: Integers | None) -> Found:
    sums, factors = np.concatenate([f.sums for f in fs]), np.concatenate([f.factors for f in fs])
    return replace(fs[0], sums=sums, factors=factors, weights=weights, bias=bias, count=sum(f.count for f in fs))


def take_out(graph: Graph, found: Sequence[Any], edges: Integers) -> None:
    """Remove the products' terms. A sum with nothing left is the product, any other has it as one of its terms.

    Those found have `sums`, of which −1 is none, and a `bias` or None.
    """
    if not found:
        return
    owner, operand = graph.owners(), graph.operand
    taken = np.zeros(len(graph), dtype=bool)
    taken[np.concatenate([f.sums[f.sums >= 0] for f in found])] = True
    term = np.zeros(len(operand), dtype=bool)
    term[edges] = True
    with_bias = np.zeros(len(graph), dtype=bool)
    with_bias[np.concatenate([NONE, *(f.sums.ravel() for f in found if f.bias is not None)])] = True
    gone = taken[owner] & (term | (with_bias[owner] & (graph.kind[operand] != ROW)))
    graph.code[operand[gone & term]] = LEAF
    kept = ~gone & (graph.code[owner] != LEAF)
    rest = np.bincount(owner[kept], minlength=len(graph)) > 0
    new_owner, new_operand = [owner[kept]], [operand[kept]]
    for f in found:
        with_more = rest[f.sums] & (f.sums >= 0)
        if with_more.any():
            old = f.sums[with_more]
            new = graph.add(PRODUCT, ROW, [NONE] * len(old), f.level)
            graph.slope[new] = graph.slope[old]
            f.sums[with_more] = new
            new_owner.append(old)
            new_operand.append(new)
        graph.code[f.sums[f.sums >= 0]] = PRODUCT
    owner, operand = np.concatenate(new_owner), np.concatenate(new_operand)
    order = np.lexsort(((graph.kind[operand] != ROW) & (graph.code == SUM)[owner], owner))
    graph.edges(owner[order], operand[order])
