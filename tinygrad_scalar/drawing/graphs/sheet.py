"""A sheet of cards and links, as DOT text for dot to arrange, and as SVG once it has."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import graphviz
from graphviz.quoting import quote

from ..geometry import Point
from ..picture import SCOPE, Picture
from ..style import paint
from ..text.escaping import for_dot
from ..text.lettering import text_in_svg, text_width
from . import routing
from .cards import Card, Group, groups_of
from .dot_text import cluster_name, dot_text
from .links import Link
from .rendering import Layout, lay_out

MARGIN, FOOT, SMALL = 18.0, 20.0, 11.0


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
        Keys of cards that are to stand in this order where they stand one below the other.
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
        return Picture(partial(dot_text, self.title, self.cards, self.links), self.to_svg, self.title)

    def dot(self, older: bool = False) -> str:
        """The graph as DOT, for dot to find places: the sizes of cards and gates, what is connected, and the groups.

        Graphviz 16 likes to put on top what a group lists last, and gets it so; `older` is the order for Graphviz 2.
        """
        step = 1 if older else -1
        graph = graphviz.Digraph("tinygrad_scalar")
        graph.attr(rankdir="LR", nodesep="0.2", ranksep=f"{self.ranks / 72:.3f}", fontname="Helvetica")
        graph.attr("node", shape="box", fixedsize="true", fontname="Helvetica", fontsize="9")
        graph.attr("edge", headport="w", tailport="e", arrowsize="0.7", fontname="Helvetica", fontsize="9")
        plain = routing.work(self.cards, self.links) == "plain"
        if not plain:
            graph.attr(splines="false", nslimit="1", nslimit1="1", mclimit="0.2")
        cards, gates, inside = defaultdict(list), defaultdict(list), defaultdict(list)
        groups = {card.key: card.group for card in self.cards}
        for card in sorted(self.cards, key=lambda card: bool(card.rows)):
            cards[card.group].append(card)
        for link in self.links:
            if link.gate and plain:
                gates[groups[link.head]].append(link)
        for group in groups_of(self.cards):
            inside[group[:-1]].append(group)

        def fill(graph: graphviz.Digraph, group: Group) -> None:
            for card in cards[group][:: step if group else 1]:
                w, h = (f"{points / 72:.4f}" for points in card.size)
                graph.body.append(f'\t{card.key} [label="" height={h} width={w}]\n')
            for link in gates[group][::step]:
                width = f"{link.gate / 72:.4f}"
                graph.body.append(f'\t{link.gate_key} [label="" height=0.02 style=invis width={width}]\n')
            for inner in inside[group][::step]:
                with graph.subgraph(name=cluster_name(inner)) as cluster:
                    cluster.attr(label=for_dot(inner[-1]), labeljust="l", fontsize="11", margin="10")
                    fill(cluster, inner)

        fill(graph, ())
        for link in reversed(self.links):
            tail = link.tail
            if link.gate and plain:
                tail = link.gate_key
                graph.body.append(f"\t{link.tail} -> {tail} [arrowhead=none id={link.key}t]\n")
            label = f"headlabel={quote(for_dot(' '.join(map(str, link.label))))} " if link.label else ""
            graph.body.append(f"\t{tail} -> {link.head} [{label}id={link.key} weight={link.weight}]\n")
        return str(graph.source)

    def to_svg(self) -> tuple[float, float, str]:
        """Width, height and the elements: clusters, then lines, then cards, then what stands on lines."""
        layout, groups = self._layout(), groups_of(self.cards)
        parts = [f'<g transform="translate({MARGIN:g},{MARGIN:g})">']
        parts += [_cluster_in_svg(group, layout) for group in groups if cluster_name(group) in layout.clusters]
        sizes = {card.key: card.size for card in self.cards}
        ways = routing.ways(self.links, sizes, layout, reach=2 * self.ranks)
        parts += [link.curve_in_svg(SCOPE, ways[link.key]) for link in self.links]
        parts += [card.to_svg(SCOPE, *layout.nodes[card.key]) for card in self.cards]
        places = routing.label_places(self.links, ways, layout)
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

    def _layout(self) -> Layout:
        if routing.work(self.cards, self.links) == "ranked":
            return routing.ranked(self.cards, self.links, self.ranks)
        layout = lay_out(self.dot())
        if self._upside_down(layout) > 0.5:  # the other order turns the groups round, all of them
            layout = min(layout, lay_out(self.dot(older=True)), key=self._upside_down)
        return replace(layout, nodes=layout.nodes | dict(self._places_in_order(layout)))

    def _places_in_order(self, layout: Layout) -> Iterator[tuple[str, Point]]:
        """Cards of a column that are equally high change places among themselves."""
        high = {card.key: card.size[1] for card in self.cards}
        for column in self.columns:
            alike: dict[tuple[float, float], list[str]] = defaultdict(list)
            for key in column:
                alike[round(layout.nodes[key][0]), high[key]].append(key)
            for keys in alike.values():
                yield from zip(
                    keys, sorted((layout.nodes[key] for key in keys), key=lambda place: place[1]), strict=True
                )

    def _upside_down(self, layout: Layout) -> float:
        """The share of groups that stand above the one before them in the same column of the same group."""
        columns: dict[tuple[Group, float], list[float]] = defaultdict(list)
        for group in groups_of(self.cards):
            left, top, _, _ = layout.clusters[cluster_name(group)]
            columns[group[:-1], left // self.ranks].append(top)
        upwards = [q < p for tops in columns.values() for p, q in pairwise(tops)]
        return sum(upwards) / max(len(upwards), 1)


def _cluster_in_svg(group: Group, layout: Layout) -> str:
    left, top, right, bottom = layout.clusters[cluster_name(group)]
    colours = paint("neuron", "border") if len(group) > 1 else paint("layer")
    place = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
    title = text_in_svg(group[-1], left + 10.0, top + 16.0, SMALL, "quiet", "start")
    return f'<g class="group"><rect {place} rx="10" {colours}/>{title}</g>'
