"""A sheet as DOT text that stands on its own, for `dot -Tpng` and for who goes on drawing with other programs.

Our own pictures ask dot for less: only where cards of a known size go. Here dot does all, in fonts that it has.
"""

from collections import defaultdict
from collections.abc import Sequence

import graphviz

from ..style import COLOURS
from ..text.escaping import for_dot
from . import routing
from .cards import Card, Group, groups_of
from .links import Link


def dot_text(title: str, cards: Sequence[Card], links: Sequence[Link]) -> str:
    """The graph as DOT: boxes that hold their text, groups in frames, local derivatives beside the lines.

    In a graph of very many lines they have no texts, and dot no long way round.
    """
    tint = {name: colour.light for name, colour in COLOURS.items()}
    graph = graphviz.Digraph("tinygrad_scalar")
    graph.attr(rankdir="LR", nodesep="0.15", ranksep="0.35", fontname="Helvetica", fontcolor=tint["quiet"])
    graph.attr(tooltip=for_dot(title), bgcolor=tint["paper"])
    graph.attr("node", shape="box", style="rounded,filled", color=tint["border"], margin="0.12,0.06", height="0.3",
               width="0.3", fontname="Helvetica", fontsize="12", fontcolor=tint["ink"])  # fmt: skip
    graph.attr("edge", color=tint["line"], arrowsize="0.6", fontname="Helvetica", fontsize="10",
               fontcolor=tint["gradient"])  # fmt: skip
    plain = routing.work(cards, links) == "plain"
    if not plain:
        graph.attr(splines="line", nslimit="1", nslimit1="1", mclimit="0.2", ranksep="1")
    inside, own = defaultdict(list), defaultdict(list)
    for group in groups_of(cards):
        inside[group[:-1]].append(group)
    for card in cards:
        own[card.group].append(card)

    def fill(graph: graphviz.Digraph, group: Group) -> None:
        for card in own[group]:
            graph.node(card.key, for_dot(*card.lines), fillcolor=tint[card.role], tooltip=for_dot(card.tooltip))
        for inner in inside[group]:
            with graph.subgraph(name=cluster_name(inner)) as cluster:
                ground = tint["neuron" if len(inner) > 1 else "layer"]
                cluster.attr(label=for_dot(inner[-1]), labeljust="l", fontsize="12", margin="10",
                             style="rounded,filled", color=tint["border"], fillcolor=ground)  # fmt: skip
                fill(cluster, inner)

    fill(graph, ())
    for link in links:
        label = f" {for_dot(' '.join(map(str, link.label)))} " if link.label and plain else None
        graph.edge(link.tail, link.head, label, weight=str(link.weight), tooltip=for_dot(link.tooltip))
    return str(graph.source)


def cluster_name(group: Group) -> str:
    """What a group is called in DOT text: no two groups have one name."""
    return "cluster_" + "/".join(part.replace("/", "//") for part in group)
