"""A page that plays backpropagation: forward and backward through a graph, a node at a time, with the arithmetic."""

from collections.abc import Sequence
from string import Template
from typing import Any

from ...arrays import ArrayLike
from ...checking.words import on_a_node
from ...losses import Loss
from ...nn import MLP
from ...value import Value
from ..graphs.cards import Cell
from ..graphs.collapse import units
from ..graphs.formulas import complete, form, is_power, symbol
from ..graphs.graph import below, check, fewer, readable, sheet_of
from ..graphs.recognition import Recognised, recognise
from ..graphs.sheet import Sheet
from ..page.bundle import part
from ..page.javascript import graph_of, numbers_of, shapes_of, table_script
from ..page.mathematics import slopes
from ..page.page import Page
from ..text.equations import MOST as MOST_TERMS
from ..text.equations import in_words
from ..text.notation import Name
from .examples import Examples, of_network
from .layers import Told, equations_of, label

MOST_BY_NODE, MOST = 1_500, 12_000  # nodes: so many have a card each, and so many a page can hold
ROOM = -1.0  # for the sign of a gradient: the page writes the numbers


class Player(Page):
    """What `play` returns: shown by itself in a notebook, saved by `save`.

    Attributes
    ----------
    html : str
        The page: one file with all that it needs. Nothing in it is fetched, and its policy forbids that anything is.
    told : dict
        What the page is told, as `player/told.js` describes it: the graph and its numbers; all else the page computes.
    """

    def __init__(self, value: Value, examples: Examples | None = None, detail: str | None = None) -> None:
        nodes = below(value)
        if len(nodes) > MOST:
            raise ValueError(
                f"a graph of {len(nodes):,} nodes is too large for a page, the limit is {MOST:,} nodes; play a "
                "smaller network of the same kind, or draw this one with draw_graph(value)"
            )
        if not value.parents:
            raise ValueError(f"{value!r} was not computed from anything: there is no pass to play")
        found = recognise(nodes)
        detail = detail or readable(nodes, found)
        if len(nodes) > MOST_BY_NODE and detail == "node":
            raise ValueError(
                f"a graph of {len(nodes):,} nodes has too many cards to follow, the limit is {MOST_BY_NODE:,}; "
                f"{fewer(found)}"
            )
        sheet = sheet_of(value, detail, gradients=dict.fromkeys(nodes, ROOM))
        self.told = told_of(nodes, found)
        if detail != "node":
            self.told |= {"by": detail, **_cards(sheet, nodes)}
        sheet.note = ""
        result = self.told["graph"][-1]["name"]["words"]
        sheet.title = f"backpropagation through {result}, a graph of {len(nodes):,} nodes"
        picture = sheet.picture()
        self.told |= {"title": sheet.title, "picture": picture.id, "slips": on_a_node()}
        if examples:
            self.told["examples"] = examples.told(nodes)
        super().__init__(
            sheet.title,
            Template(part("player/player.html")).substitute(picture=picture.svg),
            scripts=["player/page.js"],
            styles=["player/player.css"],
            data=self.told,
            written={"page/table.js": table_script(shapes_of(nodes))},
            pictures=[picture.id],
        )


def play(
    subject: Value | MLP,
    X: ArrayLike | None = None,
    Y: ArrayLike | None = None,
    loss: str | Loss | None = None,
    *,
    inputs: Sequence[str] = (),
    targets: Sequence[str] = (),
    detail: str | None = None,
) -> Player:
    """Make a page that plays the forward and the backward pass, on which every number can be changed.

    It steps through the graph by node, by neuron or by layer, shows what flows on which edge, and writes the arithmetic
    of each step below the picture; beside it stands the matrix equation of the layer. All inputs, targets, weights,
    biases and constants can be changed in place: typed, by the arrow keys, or dragged sideways; both passes follow at
    once, and so they do at a step down the gradient, θ ← θ − η ∂E/∂θ. The page computes by the rows of the engine's own
    table, one backward pass with seed 1; the gradients of the Values are neither read nor changed.

    Parameters
    ----------
    subject : Value or MLP
        A result, such as the loss of one example; `backward()` need not have been called. Or a network, of which the
        graph of one example's loss is played.
    X, Y : array, with a network
        Examples in rows, M × d_0 and M × d_L (or M, for one output): the page goes from one to the other.
    loss : str or callable, with a network
        See `losses`.
    inputs, targets : sequence of str, optional
        Their names; by themselves x_1, x_2, … and y, or y_1, y_2, ….
    detail : "node", "neuron" or "layer", optional
        What one card stands for, as in `draw_graph`: by itself a node up to 200 nodes, beyond that a neuron or group,
        then a layer. The numbers are live in each.

    Returns
    -------
    Player
        `.save("backprop.html")` writes one file that needs nothing else; in a notebook it shows itself.

    Raises
    ------
    ValueError
        If the graph has more than 12,000 nodes, or more than 1,500 to be shown one by one; if the subject is a leaf; if
        X and Y do not fit the network.
    TypeError
        If examples and loss come without a network, or a network without them.

    >>> a = Value(2.0, "a")
    >>> play(a * a + a)
    Player('backpropagation through E, a graph of 3 nodes')
    >>> play(MLP(2, [3, 1], rng=0), [[0.0, 1.0], [1.0, 1.0]], [1.0, 0.0], "half_squared_error").told["examples"]["X"]
    [[0.0, 1.0], [1.0, 1.0]]
    """
    if isinstance(subject, MLP):
        if X is None or Y is None or loss is None:
            raise TypeError("a network is played on examples: play(network, X, Y, loss)")
        return Player(*of_network(subject, X, Y, loss, inputs, targets), detail)
    if X is not None or Y is not None or loss is not None:
        check(subject)
        raise TypeError("X, Y and loss go with a network; of a Value the graph is there already: play(value)")
    return Player(subject, detail=detail)


def told_of(nodes: Sequence[Value], found: Recognised, most: int = MOST_TERMS) -> Told:
    """The graph, its numbers and how they are written; of longer sums than `most` terms the first ones and the last."""
    names = complete(found.names, nodes)
    graph = [
        rowed
        | {
            "name": label(names[node]) if node in names else None,
            "symbol": symbol(node),
            "formula": _formula_key(node),
            "role": found.roles[node],
            "delta": label([found.z[node].name("δ")]) if node in found.z else None,
        }
        for node, rowed in zip(nodes, graph_of(nodes), strict=True)
    ]
    return {
        "kind": "player",
        "graph": graph,
        "data": numbers_of(nodes),
        "formulas": {_formula_key(node): _formula(node, most) for node in nodes if node.parents},
        "equations": equations_of(nodes, found),
        "groupings": {detail: _grouping(nodes, found, detail) for detail in ("neuron", "layer") if found.groups},
    }


def _grouping(nodes: Sequence[Value], found: Recognised, detail: str) -> Told:
    """The neurons or the layers, or what prefixes of labels make, and to which each node belongs."""
    unit = units(nodes, found, detail)
    paths = list(dict.fromkeys(unit[node].path for node in nodes if unit[node].kind == "group"))
    return {
        "names": [label([Name(", ".join(path), math=False)]) for path in paths],
        "of": [paths.index(unit[node].path) if unit[node].kind == "group" else -1 for node in nodes],
    }


def _formula_key(node: Value) -> str:
    """What the nodes that are written alike have in common."""
    return f"{node.op}/{len(node.parents)}{'^' * is_power(node)}" if node.parents else ""


def _formula(node: Value, most: int) -> dict[str, Any]:
    arity = len(node.parents)
    return {"value": form(node.op, arity, is_power(node), most), "slopes": slopes(node.op, arity)}


def _row_name(row: Sequence[Cell]) -> Told:
    names = row[0].content
    return {} if isinstance(names, str) else {"row": in_words(names)}


def _cards(sheet: Sheet, nodes: Sequence[Value]) -> Told:
    """The cards and links of a picture by neuron or layer."""
    place = {node: k for k, node in enumerate(nodes)}
    cards = [
        {
            "key": card.key,
            "name": label(card.names),
            "nodes": [place[node] for node in card.nodes],
            "shows": [
                {"nodes": [place[node] for node in cell.nodes], "what": cell.colour} | _row_name(row)
                for row in card.rows
                for cell in row
                if cell.nodes
            ],
        }
        for card in sheet.cards
    ]
    at = {card.key: k for k, card in enumerate(sheet.cards)}
    links = [
        {"key": link.key, "tail": at[link.tail], "head": at[link.head], "weight": place.get(link.weight_of, -1)}  # type: ignore[arg-type]
        for link in sheet.links
    ]
    return {"cards": cards, "links": links}
