"""A sheet of cards and links, as DOT text for dot to arrange, and as SVG once it has."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import graphviz

from .cards import Card
from .escaping import for_dot
from .lettering import text_in_svg, text_width
from .links import Link, along, curve, length
from .picture import SCOPE, Picture
from .rendering import Layout, Point, lay_out
from .style import COLOURS, paint

MARGIN, FOOT, SMALL = 18.0, 20.0, 11.0
PATCH = 160.0  # wider than a label

Group = tuple[str, ...]  # the titles of a cluster and of those around it, the outermost first


@dataclass
class Sheet:
    """The contents of a picture, before anything has a place.

    Parameters
    ----------
    title : str
        What a screen reader says.
    cards, links : list
    legend : sequence of (str, str)
        Texts and their colours, side by side at the foot.
    note : str
        What the reader should know about this picture, below.
    columns : sequence of sequences of str
        Keys of cards outside all groups that stand one below the other, in this order.
    ranks : float
        Points between two ranks of cards: room for the labels of the links.
    """

    title: str
    cards: list[Card] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    legend: Sequence[tuple[str, str]] = ()
    note: str = ""
    columns: Sequence[Sequence[str]] = ()
    ranks: float = 60.0

    def picture(self) -> Picture:
        """The sheet, fixed."""
        return Picture(self.dot(), self.to_svg, self.title)

    def dot(self, upside_down: bool = False) -> str:
        """The graph as DOT: sizes and connections for dot, names and colours for who reads it or draws it otherwise."""
        graph = graphviz.Digraph("tinygrad_scalar")
        graph.attr(rankdir="LR", nodesep="0.2", ranksep=f"{self.ranks / 72:.3f}", fontname="Helvetica")
        graph.attr("node", shape="box", style="rounded,filled", fixedsize="true", fontname="Helvetica", fontsize="9")
        graph.attr("edge", headport="w", tailport="e", arrowsize="0.7", fontname="Helvetica", fontsize="9")
        turn = list if upside_down else _reversed  # Graphviz 16 puts first what comes last, Graphviz 2 the other way
        cards, gates, inside = defaultdict(list), defaultdict(list), defaultdict(list)
        groups = {card.key: card.group for card in self.cards}
        for card in turn(self.cards):
            cards[card.group].append(card)
        for link in turn(self.links):
            if link.gate:
                gates[groups[link.head]].append(link)
        for group in turn(self._groups()):
            inside[group[:-1]].append(group)

        def fill(graph: graphviz.Digraph, group: Group) -> None:
            for card in cards[group]:
                w, h = (f"{points / 72:.4f}" for points in card.size)
                graph.node(card.key, for_dot(card.text), width=w, height=h, fillcolor=COLOURS[card.role].light)
            for link in gates[group]:
                graph.node(_gate(link), "", width=f"{link.gate / 72:.4f}", height="0.02", style="invis")
            for inner in inside[group]:
                with graph.subgraph(name=_cluster(inner)) as cluster:
                    cluster.attr(label=for_dot(inner[-1]), labeljust="l", fontsize="11", margin="10")
                    fill(cluster, inner)

        fill(graph, ())
        for link in turn(self.links):
            tail = link.tail
            if link.gate:
                tail = _gate(link)
                graph.edge(link.tail, tail, id=f"{link.key}t", arrowhead="none")
            label = for_dot(" ".join(map(str, link.label))) if link.label else None
            graph.edge(tail, link.head, id=link.key, headlabel=label, weight=str(link.weight))
        for column in self.columns:
            with graph.subgraph() as rank:
                rank.attr(rank="same")
                for above, below in pairwise(column):
                    rank.edge(above, below, style="invis", headport="_", tailport="_")
        return str(graph.source)

    def _groups(self) -> list[Group]:
        """All groups that hold a card, the outer before the inner."""
        return list(dict.fromkeys(card.group[: k + 1] for card in self.cards for k in range(len(card.group))))

    def to_svg(self, layout: Layout) -> tuple[float, float, str]:
        """Width, height and the elements: clusters, then lines, then cards, then what stands on lines."""
        if self._is_upside_down(layout):
            layout = lay_out(self.dot(upside_down=True))
        parts = [f'<g transform="translate({MARGIN:g},{MARGIN:g})">']
        parts += [_cluster_in_svg(group, layout) for group in self._groups()]
        ways = self._ways(layout)
        parts += [link.curve_in_svg(SCOPE, ways[link.key]) for link in self.links]
        parts += [card.to_svg(SCOPE, *layout.nodes[card.key]) for card in self.cards]
        places = self._label_places(ways, layout)
        parts += [link.label_in_svg(SCOPE, places[link.key]) for link in self.links if link.label]
        width, y = layout.width, layout.height
        if self.legend:
            y += FOOT
            x = 0.0
            for text, colour in self.legend:
                parts.append(text_in_svg(text, x, y, SMALL, colour, "start"))
                x += text_width(text, SMALL) + 18.0
            width = max(width, x)
        if self.note:
            y += FOOT
            parts.append(text_in_svg(self.note, 0.0, y, SMALL, "quiet", "start"))
            width = max(width, text_width(self.note, SMALL))
        return width + 2 * MARGIN, y + 2 * MARGIN, "\n".join([*parts, "</g>"])

    def _is_upside_down(self, layout: Layout) -> bool:
        """Whether most groups stand above those that come before them."""
        siblings = defaultdict(list)
        for group in self._groups():
            siblings[group[:-1], layout.clusters[_cluster(group)][0] // self.ranks].append(
                layout.clusters[_cluster(group)][1]
            )
        steps = [q - p for tops in siblings.values() for p, q in pairwise(tops)]
        return sum(step < 0.0 for step in steps) > len(steps) / 2

    def _ways(self, layout: Layout) -> dict[str, list[Point]]:
        """The way of each link: our own curve from one rank to the next, dot's around what is in between."""
        size = {card.key: card.size for card in self.cards} | {_gate(link): (link.gate, 0.0) for link in self.links}
        arrivals = defaultdict(list)
        for link in self.links:
            last = _gate(link) if link.gate else link.tail
            arrivals[link.head].append((layout.nodes[last][1], link.lane, link.key))
        aside: dict[str, float] = {}
        for card, comers in arrivals.items():
            step = min(9.0, (size[card][1] - 14.0) / max(len(comers) - 1, 1))
            for k, (_, _, key) in enumerate(sorted(comers)):
                aside[key] = step * (k - (len(comers) - 1) / 2)

        def way(edge: str, tail: str, head: str, lane: float, aside: float) -> list[Point]:
            (x0, y0), (x1, y1) = layout.nodes[tail], layout.nodes[head]
            start, end = (x0 + size[tail][0] / 2, y0 + 9.0 * lane), (x1 - size[head][0] / 2, y1 + aside)
            if 0.0 < end[0] - start[0] < 2 * self.ranks:
                return curve(start, end, 16.0 * lane)
            _, *between, (x, y), _ = layout.edges[edge]
            return [start, *((x, y + 24.0 * lane) for x, y in between), (x, y + aside), end]

        ways: dict[str, list[Point]] = {}
        for link in self.links:
            if link.gate:
                to_gate = way(f"{link.key}t", link.tail, _gate(link), link.lane, 0.0)
                from_gate = way(link.key, _gate(link), link.head, 0.0, aside[link.key])
                ways[link.key] = [*to_gate, *curve(to_gate[-1], from_gate[0])[1:3], *from_gate]
            else:
                ways[link.key] = way(link.key, link.tail, link.head, link.lane, aside[link.key])
        return ways

    def _label_places(self, ways: dict[str, list[Point]], layout: Layout) -> dict[str, Point]:
        """Where labels stand: at the gate, or on the line near the tip, moved back where another one is in the way."""
        places: dict[str, Point] = {}
        taken: dict[tuple[int, int], list[tuple[float, float, float]]] = defaultdict(list)  # by patches of the picture

        def is_free(x: float, y: float, w: float) -> bool:
            column, row = int(x // PATCH), int(y // PATCH)
            near = [place for i in (-1, 0, 1) for j in (-1, 0, 1) for place in taken[column + i, row + j]]
            return all(abs(x - x2) > (w + w2) / 2 + 1.0 or abs(y - y2) > 14.0 for x2, y2, w2 in near)

        for link in self.links:
            if not link.label:
                continue
            way, w = ways[link.key], link.label_width
            if link.gate:
                tries = [layout.nodes[_gate(link)]]
            else:
                first = min(length(way) / 2 + 3.0, w / 2 + 24.0)
                tries = [along(way, first + step) for step in (0.0, 10.0, -8.0, 20.0, 34.0, 48.0, 64.0, 80.0)]
            x, y = next((point for point in tries if is_free(*point, w)), tries[0])
            places[link.key] = x, y
            taken[int(x // PATCH), int(y // PATCH)].append((x, y, w))
        return places


def _reversed(items: Sequence[Any]) -> list[Any]:
    return list(items)[::-1]


def _gate(link: Link) -> str:
    return f"{link.key}g"


def _cluster(group: Group) -> str:
    return "cluster_" + "/".join(part.replace("/", "//") for part in group)


def _cluster_in_svg(group: Group, layout: Layout) -> str:
    left, top, right, bottom = layout.clusters[_cluster(group)]
    colours = paint("neuron", "border") if len(group) > 1 else paint("layer")
    place = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
    title = text_in_svg(group[-1], left + 10.0, top + 16.0, SMALL, "quiet", "start")
    return f'<g class="group"><rect {place} rx="10" {colours}/>{title}</g>'
