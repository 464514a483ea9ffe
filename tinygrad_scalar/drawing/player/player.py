"""A page that plays backpropagation: forward and backward through a graph, a node at a time, with the arithmetic."""

from collections.abc import Sequence
from string import Template
from typing import Any

from ...value import CONSTANT, Value
from ..graphs.formulas import complete
from ..graphs.graph import below, check, sheet_of
from ..graphs.recognition import recognise
from ..page.bundle import part
from ..page.hypertext import in_html
from ..page.page import Page
from ..text.equations import in_words
from ..text.numbers import number, short
from .arithmetic import Writer
from .layers import by_turn, equations_of
from .passes import Step, steps_of

MOST = 1_500  # nodes: twice as many steps


class Player(Page):
    """What `play` returns: shown by itself in a notebook, saved by `save`.

    Attributes
    ----------
    html : str
        The page: one file with all that it needs. Nothing in it is fetched, and its policy forbids that anything is.
    steps : list of Step
        What it plays.
    """

    def __init__(self, value: Value) -> None:
        check(value)
        nodes = below(value)
        if len(nodes) > MOST:
            raise ValueError(
                f"a graph of {len(nodes):,} nodes has too many steps to follow, the limit is {MOST:,} nodes; play a "
                "smaller network of the same kind, or draw this one with draw_graph(value)"
            )
        if not value.parents:
            raise ValueError(f"{value!r} was not computed from anything: there is no pass to play")
        self.steps, gradients = steps_of(nodes)
        found = recognise(nodes)
        names = complete(found.names, nodes)
        deltas = {z: neuron.name("δ") for z, neuron in found.z.items()}
        self._keys = {node: f"n{k}" for k, node in enumerate(nodes, start=1)}
        self._edges = _edges(nodes)
        self._writer = Writer(names, deltas, value)
        self._equations = equations_of(nodes, found, gradients)
        self._values = {self._keys[node]: _shown(node) for node in nodes}
        sheet = sheet_of(value, "node", gradients=gradients)
        self._spoken = {card.key: in_words(card.names) or card.symbol for card in sheet.cards}
        sheet.title = f"backpropagation through {in_words(names[value])}, a graph of {len(nodes)} nodes"
        picture = sheet.picture()
        super().__init__(
            sheet.title,
            Template(part("player/player.html")).substitute(
                picture=picture.svg,
                steps="\n".join(map(self._section, self.steps)),
                equations="\n".join(f'<div class="equation" hidden>{e.to_html()}</div>' for e in self._equations),
            ),
            scripts=["player/player.js"],
            styles=["player/player.css"],
            data={"picture": picture.id, "names": self._spoken, "steps": self._data()},
            pictures=[picture.id],
        )

    def __repr__(self) -> str:
        return f"Player({self.title!r}, {len(self.steps)} steps)"

    # What the page is told: the text of each step as HTML, and which cards and edges to light up as JSON.

    def _section(self, step: Step) -> str:
        rows = "".join(f"<p>{in_html(row)}</p>" for row in self._writer.rows(step))
        return f"<li hidden><h2>{in_html(self._writer.title(step))}</h2>{rows}</li>"

    def _data(self) -> list[dict[str, Any]]:
        beside = by_turn(self._equations)
        return [self._told(step, beside.get((step.backward, step.node), [])) for step in self.steps]  # type: ignore[arg-type]

    def _told(self, step: Step, equations: Sequence[Any]) -> dict[str, Any]:
        words = ". ".join(in_words(row) for row in [self._writer.title(step), *self._writer.rows(step)])
        told: dict[str, Any] = {"backward": step.backward, "words": words, "equations": equations}
        told["values"] = told["gradients"] = {}
        if step.node is None:
            leaves = [self._keys[node] for node in self._keys if not node.parents]
            return told | {"values": {key: self._values[key] for key in leaves}, "node": None, "edges": []}
        key = self._keys[step.node]
        told |= {"node": key, "edges": self._edges[step.node]}
        if not step.backward:
            told["values"] = {key: self._values[key]}
        elif not step.shares:
            told |= {"gradients": {key: number(1.0)}, "edges": []}
        else:
            told["gradients"] = {self._keys[share.parent]: number(share.after) for share in step.shares}
            wanted = {share.parent for share in step.shares}
            into = zip(step.node.parents, self._edges[step.node], strict=True)
            told["edges"] = [edge for parent, edge in into if parent in wanted]
        return told


def play(value: Value) -> Player:
    """Make a page that plays the forward and the backward pass of the graph that computed `value`.

    It steps through the graph node by node, shows what flows on which edge, and writes the arithmetic of each step
    below the picture; beside it stands the matrix equation of the layer. The numbers are computed here, by the engine's
    rules, for one backward pass with seed 1; the gradients of the Values are neither read nor changed.

    Parameters
    ----------
    value : Value
        The result, such as the loss of one example. `backward()` need not have been called.

    Returns
    -------
    Player
        `.save("backprop.html")` writes one file that needs nothing else; in a notebook it shows itself.

    Raises
    ------
    ValueError
        If the graph has more than 1,500 nodes, or value is a leaf.

    >>> a = Value(2.0, "a")
    >>> play(a * a + a)
    Player('backpropagation through E, a graph of 3 nodes', 6 steps)
    """
    return Player(value)


def _shown(node: Value) -> str:
    """The node's value as its card shows it."""
    return short(node.data) if node.op == CONSTANT and not node.label else number(node.data)


def _edges(nodes: Sequence[Value]) -> dict[Value, list[str]]:
    """The keys of the edges into each node, as `graph` numbers them."""
    keys, edge = {}, 0
    for node in nodes:
        keys[node] = [f"e{edge + k}" for k in range(1, len(node.parents) + 1)]
        edge += len(node.parents)
    return keys
