"""The ways of links between cards that have their places, and where the labels stand on them."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from ..geometry import Point
from .cards import Card
from .links import Link
from .rendering import Layout

PATCH = 160.0  # wider than a label
PLAIN, LEAN = 4_000, 12_000  # ranks that all links cross together: what dot does with all its care, and at all
SEEN, LEVEL = 24.0, 12.0  # points of a line to be seen beside its label, and of height in which it is level
DEEP = 1_000  # ranks: dot's work grows with their square, and a thread of cards needs no care
LINKS = 1_500
BERNSTEIN = [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3) for t in (i / 16 for i in range(1, 17))]


def work(cards: Sequence[Card], links: Sequence[Link]) -> str:
    """How to have the cards placed: "plain" or "lean" by dot, or, where that would take minutes, "ranked" by us."""
    rank = ranks(cards, links)
    crossed = sum(_crossed(links, rank))
    if crossed > LEAN or max(rank.values(), default=0) > DEEP:
        return "ranked"
    return "lean" if crossed > PLAIN or len(links) > LINKS else "plain"


def _crossed(links: Sequence[Link], rank: Mapping[str, int]) -> Iterator[int]:
    return (abs(rank[link.head] - rank[link.tail]) for link in links)


def ranks(cards: Sequence[Card], links: Sequence[Link]) -> dict[str, int]:
    """A rank for each card: just after all that it needs, a leaf just before its first use."""
    heads: dict[str, list[str]] = defaultdict(list)
    waits = dict.fromkeys((card.key for card in cards), 0)
    for link in links:
        heads[link.tail].append(link.head)
        waits[link.head] += 1
    rank = dict.fromkeys(waits, 0)
    leaves = [key for key, n in waits.items() if n == 0]
    ready = list(leaves)
    while ready:
        key = ready.pop()
        for head in heads[key]:
            rank[head] = max(rank[head], rank[key] + 1)
            waits[head] -= 1
            if waits[head] == 0:
                ready.append(head)
    return rank | {key: min(rank[head] for head in heads[key]) - 1 for key in leaves if heads[key]}


def ranked(cards: Sequence[Card], links: Sequence[Link], between: float) -> Layout:
    """Cards in columns by their rank, each near the middle of what it needs, without groups."""
    rank, tails = ranks(cards, links), defaultdict(list)
    for link in links:
        tails[link.head].append(link.tail)
    columns: dict[int, list[Card]] = defaultdict(list)
    for card in cards:
        columns[rank[card.key]].append(card)
    nodes: dict[str, Point] = {}
    x, height = 0.0, 0.0
    for _, column in sorted(columns.items()):
        wide = max(card.size[0] for card in column)
        middle = {card.key: fmean([nodes[t][1] for t in tails[card.key] if t in nodes] or [0.0]) for card in column}
        y = 0.0
        for card in sorted(column, key=lambda card: middle[card.key]):
            nodes[card.key] = x + wide / 2, y + card.size[1] / 2
            y += card.size[1] + 14.0
        x, height = x + wide + between, max(height, y)
    return Layout(x - between, height, nodes, {}, {})


def ways(
    links: Sequence[Link], sizes: Mapping[str, tuple[float, float]], layout: Layout, reach: float
) -> dict[str, list[Point]]:
    """The spline of each link: our own curve where the cards are within reach, dot's around what is in between.

    Links arrive one below the other, in the order in which they come.
    """
    gated = {link.key for link in links if link.gate_key in layout.nodes}
    size = {**sizes, **{link.gate_key: (link.gate, 0.0) for link in links}}
    arrivals: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for link in links:
        last = link.gate_key if link.key in gated else link.tail
        arrivals[link.head].append((layout.nodes[last][1], link.lane, link.key))
    aside: dict[str, float] = {}
    for card, comers in arrivals.items():
        step = min(9.0, (size[card][1] - 14.0) / max(len(comers) - 1, 1))
        for k, (_, _, key) in enumerate(sorted(comers)):
            aside[key] = step * (k - (len(comers) - 1) / 2)

    def way(edge: str, tail: str, head: str, lane: float, aside: float) -> list[Point]:
        (x0, y0), (x1, y1) = layout.nodes[tail], layout.nodes[head]
        start, end = (x0 + size[tail][0] / 2, y0 + 9.0 * lane), (x1 - size[head][0] / 2, y1 + aside)
        if 0.0 < end[0] - start[0] < reach or edge not in layout.edges:
            return curve(start, end, 16.0 * lane)
        _, *between, (x, y), _ = layout.edges[edge]
        return [start, *((x, y + 24.0 * lane) for x, y in between), (x, y + aside), end]

    found: dict[str, list[Point]] = {}
    for link in links:
        if link.key in gated:
            to_gate = way(f"{link.key}t", link.tail, link.gate_key, link.lane, 0.0)
            from_gate = way(link.key, link.gate_key, link.head, 0.0, aside[link.key])
            found[link.key] = [*to_gate, *curve(to_gate[-1], from_gate[0])[1:3], *from_gate]
        else:
            found[link.key] = way(link.key, link.tail, link.head, link.lane, aside[link.key])
    return found


def label_places(links: Sequence[Link], ways: Mapping[str, Sequence[Point]], layout: Layout) -> dict[str, Point]:
    """Where labels stand: at the gate, on the line near the tip, or beside one that would not be seen under it.

    It is moved along the line where another label is in the way.
    """
    places: dict[str, Point] = {}
    ends: dict[str, list[Link]] = defaultdict(list)
    taken: dict[tuple[int, int], list[tuple[Point, Link]]] = defaultdict(list)  # by patches of the picture

    def is_free(at: Point, link: Link) -> bool:
        column, row = _patch(at)
        near = (other for i in (-1, 0, 1) for j in (-1, 0, 1) for other in taken.get((column + i, row + j), ()))
        return all(
            abs(at[0] - x) > (link.label_width + other.label_width) / 2 + 1.0
            or abs(at[1] - y) > (link.label_height + other.label_height) / 2
            for (x, y), other in near
        )

    def is_clear(at: Point, link: Link) -> bool:
        """Of the lines that begin or end where this one does."""
        others = (other for other in (*ends[link.tail], *ends[link.head]) if other is not link)
        return all(
            abs(at[0] - x) > link.label_width / 2 or abs(at[1] - y) > link.label_height / 2
            for other in others
            for x, y in samples(ways[other.key])
        )

    for link in links:
        ends[link.tail].append(link)
        ends[link.head].append(link)
    for link in links:
        if link.label:
            gate = layout.nodes.get(link.gate_key)
            way = ways[link.key]
            beside = (point for point in _beside(way, link) if is_clear(point, link))
            tries = [gate] if gate else [*beside, *_along(way, link.label_width + 10.0)]
            at = next((point for point in tries if is_free(point, link)), tries[0])
            places[link.key] = at
            taken[_patch(at)].append((at, link))
    return places


def _patch(at: Point) -> tuple[int, int]:
    return int(at[0] // PATCH), int(at[1] // PATCH)


def _beside(spline: Sequence[Point], link: Link) -> Iterator[Point]:
    """Above and below the middle of a level line that a label upon it would hide."""
    points = samples(spline)
    heights, length = [y for _, y in points], sum(math.dist(p, q) for p, q in pairwise(points))
    if length < link.label_width + SEEN and max(heights) - min(heights) < LEVEL:
        x, aside = (points[0][0] + points[-1][0]) / 2, link.label_height / 2 + 1.0
        yield x, min(heights) - aside
        yield x, max(heights) + aside


def _along(spline: Sequence[Point], most: float) -> Iterator[Point]:
    """Points of a spline, the best place for a label first: half way, but not farther than `most` from the tip."""
    points = samples(spline)[::-1]
    lengths = [math.dist(p, q) for p, q in pairwise(points)]
    first = min(sum(lengths) / 2 + 3.0, most)
    for step in (0.0, 10.0, -8.0, 20.0, 34.0, 48.0, 64.0, 80.0):
        distance = first + step
        for point, length in zip(points, lengths, strict=False):
            distance -= length
            if distance <= 0.0:
                yield point
                break


def curve(start: Point, end: Point, aside: float = 0.0) -> list[Point]:
    """A curve that leaves to the right and arrives from the left, its middle moved downwards."""
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    return [start, (middle, y0 + aside), (middle, y1 + aside), end]


def samples(spline: Sequence[Point]) -> list[Point]:
    """Points along a Bézier spline of 1 + 3 n control points."""
    points = [spline[0]]
    for k in range(0, len(spline) - 3, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = spline[k : k + 4]
        points += [(a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3) for a, b, c, d in BERNSTEIN]
    return points
