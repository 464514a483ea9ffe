"""Products of rows in a graph of scalars: sums of products of two numbers that both differ from example to example.

Attention weighs by Σ_k q_k k_k and mixes by Σ_s a_s v_s. Where such sums share their factors, they are a matrix product
S = A B for each example: sums with the same left factors are a row of S, those with the same right factors a column.
Sums over some of the factors of others, as the earlier positions of causal attention have, join them: zeros fill A and
B up, and entries of S that nobody asked for are computed and not read; both where more than half is filled. A sum that
shares with no other is a product of 1 × 1. Products of one shape stand side by side.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..arrays import Flags, Integers
from .graph import ROW, SUM, Graph
from .products import SMALL, Found, take_out

SHORT = 4  # a sum of fewer products, that shares its factors with no other, takes the general path


@dataclass
class FoundRows:
    """P products S = A B: `sums` is P × r × c, `left` P × r × k, `right` P × k × c; −1 stands for what is not there.

    `exact` is False where a zero that fills up may meet a number, or an entry of S is not asked for.
    """

    level: int
    sums: Integers
    left: Integers
    right: Integers
    exact: bool
    count: int
    bias: None = None


class Block(NamedTuple):
    """One S = A B."""

    sums: Integers
    left: Integers
    right: Integers

    @property
    def turned(self) -> "Block":
        """Sᵀ = Bᵀ Aᵀ."""
        return Block(self.sums.T, self.right.T, self.left.T)

    @property
    def full(self) -> bool:
        """Whether nothing is missing."""
        return all(bool((x >= 0).all()) for x in self)


class Sum(NamedTuple):
    """A sum with its left and right factors."""

    node: int
    left: tuple[int, ...]
    right: tuple[int, ...]


def find_row_products(graph: Graph, padded: bool, before: Sequence[Found]) -> list[FoundRows]:
    """Find the products of rows, and take their × and Σ out of the graph; `before` has been taken out already.

    With `padded`, zeros may fill up A and B, and S may have entries that the graph has not.
    """
    sums, edges = _sums(graph, before)
    found = []
    for (level, _), members in sums.items():
        blocks = list(_blocks(members, padded))
        if padded:
            blocks = [b.turned for b in _merged([b.turned for b in _merged(blocks)])]
        for stack, full in _stacks([b for b in blocks if b.left.shape[1] >= (SHORT if b.sums.size == 1 else 2)]):
            P, r, k = stack.left.shape
            if P * r * k * stack.right.shape[2] >= SMALL:
                found.append(FoundRows(level, *stack, full, _count(stack)))
    if found:
        alone = np.concatenate([f.sums.ravel() for f in found])
        alone = alone[(alone >= 0) & (graph.code[alone] != SUM)]
        owner = graph.owners()
        kept = ~np.isin(owner, alone)
        term = np.zeros(len(owner), dtype=bool)
        term[edges] = True
        graph.edges(owner[kept], graph.operand[kept])
        take_out(graph, found, np.flatnonzero(term[kept]))
    return found


def _count(stack: Block) -> int:
    """How many × of the graph it stands for."""
    there = (stack.left >= 0).astype(int) @ (stack.right >= 0).astype(int)
    return int(there[stack.sums >= 0].sum())


def _sums(graph: Graph, before: Sequence[Found]) -> tuple[dict[tuple[int, int], list[Sum]], Integers]:
    """The sums with products of rows among their terms, by level and slope, and the edges of these terms.

    A product that is no term of a sum is a sum of one, if its readers can wait for it.
    """
    owner, operand, kind = graph.owners(), graph.operand, graph.kind
    mul = np.flatnonzero((graph.code == graph.ops.index("mul")) & (kind == ROW))
    pair = operand[graph.start[mul][:, None] + [0, 1]]
    both = (kind[pair] == ROW).all(axis=1)
    mul, pair = mul[both], pair[both]
    factors = np.full((len(graph), 2), -1)
    factors[mul] = pair
    is_sum = (graph.code == SUM) & (kind == ROW)
    edges = np.flatnonzero(is_sum[owner] & (factors[operand, 0] >= 0) & (graph.uses()[operand] == 1))
    found: dict[tuple[int, int], list[Sum]] = defaultdict(list)
    if not (np.bincount(owner[edges], minlength=1) > 1).any():
        return found, edges
    level, slope = graph.level, graph.slope
    bounds = np.flatnonzero(np.diff(owner[edges], prepend=-1, append=-1)).tolist()
    pairs = factors[operand[edges]].T.tolist()
    for s, (a, b) in zip(owner[edges[bounds[:-1]]].tolist(), pairwise(bounds), strict=True):
        found[int(level[s]), int(slope[s])].append(Sum(s, tuple(pairs[0][a:b]), tuple(pairs[1][a:b])))
    found = {key: members for key, members in found.items() if any(len(s.left) > 1 for s in members)}
    alone = np.setdiff1d(mul, operand[edges])
    for i in alone[_may_wait(graph, before)[alone]].tolist():
        if (key := (int(level[i]) + 1, int(slope[i]))) in found:
            found[key].append(Sum(i, (int(factors[i, 0]),), (int(factors[i, 1]),)))
    return found, edges


def _may_wait(graph: Graph, before: Sequence[Found]) -> Flags:
    """Which nodes could stand one level later."""
    earliest = np.full(len(graph), np.iinfo(np.intp).max)
    np.minimum.at(earliest, graph.operand, graph.level[graph.owners()])
    for f in before:
        np.minimum.at(earliest, f.factors.ravel(), f.level)
    return np.asarray(earliest > graph.level + 1)


def _blocks(members: list[Sum], padded: bool) -> Iterator[Block]:
    """Sums that share factors with each other, from one to the next, as one product, or else row by row."""
    by_left: dict[tuple[int, ...], dict[tuple[int, ...], int]] = defaultdict(dict)
    by_right: dict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
    for s in members:
        if s.right not in by_left[s.left]:  # the same sum again takes the general path
            by_left[s.left][s.right] = s.node
            by_right[s.right].append(s.left)
    seen: set[tuple[int, ...]] = set()
    for start in by_left:
        if start in seen:
            continue
        seen.add(start)
        lefts, rights = [start], set(by_left[start])
        queue = list(rights)
        while queue:
            for left in by_right[queue.pop()]:
                if left not in seen:
                    seen.add(left)
                    lefts.append(left)
                    queue += by_left[left].keys() - rights
                    rights |= by_left[left].keys()
        filled, size = sum(len(by_left[left]) for left in lefts), len(lefts) * len(rights)
        whole = filled == size or (padded and 2 * filled > size)
        for rows in [sorted(lefts)] if whole else [[left] for left in lefts]:
            columns = sorted(rights if whole else by_left[rows[0]])
            sums = [[by_left[left].get(right, -1) for right in columns] for left in rows]
            yield Block(np.array(sums), np.array(rows), np.array(columns).T)


def _merged(blocks: Sequence[Block]) -> Iterator[Block]:
    """Blocks over some of the same columns of A, side by side where more than half of B is filled; else one by one."""
    cluster_of: dict[bytes, int] = {}  # column of A → cluster
    clusters: list[list[tuple[Block, list[bytes]]]] = []
    for block in sorted(blocks, key=lambda block: -block.left.shape[1]):
        own = [column.tobytes() for column in block.left.T]
        if len(set(own)) < len(own):  # two rows of B by one column of A have no common place
            yield block
            continue
        votes = Counter(cluster_of[v] for v in own if v in cluster_of)
        best, shared = votes.most_common(1)[0] if votes else (0, 0)
        if 2 * shared < len(own) or not votes:
            best = len(clusters)
            clusters.append([])
        clusters[best].append((block, own))
        for v in own:
            cluster_of.setdefault(v, best)
    for cluster in clusters:
        place = {v: k for k, v in enumerate(dict.fromkeys(v for _, own in cluster for v in own))}
        widths = [block.sums.shape[1] for block, _ in cluster]
        filled = sum(len(own) * width for (_, own), width in zip(cluster, widths, strict=True))
        if len(cluster) == 1 or 2 * filled <= len(place) * sum(widths):
            yield from (block for block, _ in cluster)
            continue
        cluster.sort(key=lambda part: int(part[0].sums[part[0].sums >= 0].min()))
        parts = []
        for block, own in cluster:
            part = np.full((len(place), block.sums.shape[1]), -1)
            part[[place[v] for v in own]] = block.right
            parts.append(part)
        left = np.array([np.frombuffer(v, dtype=np.intp) for v in place]).T
        yield Block(np.hstack([block.sums for block, _ in cluster]), left, np.hstack(parts))


def _stacks(blocks: Sequence[Block]) -> Iterator[tuple[Block, bool]]:
    """Blocks of one shape as one, in the order of their sums, and whether they are exact.

    Sums that share with no other are padded to the longest by 0 · 0, which is 0 whatever the numbers.
    """
    single = [b for b in blocks if b.sums.size == 1]
    longest, filled = max([b.left.size for b in single], default=0), sum(b.left.size for b in single)
    if 2 * filled > longest * len(single):
        padded = [(b, (0, longest - b.left.size)) for b in single]
        single = [b._replace(left=np.pad(b.left, ((0, 0), n), constant_values=-1),
                             right=np.pad(b.right, (n, (0, 0)), constant_values=-1)) for b, n in padded]  # fmt: skip
    stacks: dict[tuple[bool, tuple[int, ...], tuple[int, ...]], list[Block]] = defaultdict(list)
    for b in [*single, *(b for b in blocks if b.sums.size > 1)]:
        stacks[b.sums.size == 1 or b.full, b.left.shape, b.right.shape].append(b)
    for (exact, _, _), stack in stacks.items():
        stack.sort(key=lambda b: int(b.sums[b.sums >= 0].min()))
        yield Block(*map(np.array, zip(*stack, strict=True))), exact
