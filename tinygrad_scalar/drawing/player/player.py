"""A page that plays backpropagation: forward and backward through a graph, a node at a time, with the arithmetic."""

from collections.abc import Sequence
from string import Template
from typing import Any

from ...value import Value
from ..graphs.formulas import complete, form, is_power, symbol
from ..graphs.graph import below, check, sheet_of
from ..graphs.recognition import recognise
from ..page.bundle import part
from ..page.javascript import graph_of, numbers_of, shapes_of, table_script
from ..page.mathematics import slopes
from ..page.page import Page
from .layers import Told, equations_of, label

MOST = 1_500  # nodes: twice as many steps


class Player(Page):
    """What `play` returns: shown by itself in a notebook, saved by `save`.

    Attributes
    ----------
    html : str
        The page: one file with all that it needs. Nothing in it is fetched, and its policy forbids that anything is.
    told : dict
        What the page is told, as `player/told.js` describes it: the graph and its numbers; all else the page computes.
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
        sheet = sheet_of(value, "node", gradients=dict.fromkeys(nodes, 0.0))
        self.told = _told(nodes)
        sheet.title = (
            f"backpropagation through {self.told['graph'][-1]['name']['words']}, a graph of {len(nodes)} nodes"
        )
        picture = sheet.picture()
        self.told |= {"title": sheet.title, "picture": picture.id}
        super().__init__(
            sheet.title,
            Template(part("player/player.html")).substitute(picture=picture.svg),
            scripts=["player/page.js"],
            styles=["player/player.css"],
            data=self.told,
            written={"page/table.js": table_script(shapes_of(nodes))},
            pictures=[picture.id],
        )


def play(value: Value) -> Player:
    """Make a page that plays the forward and the backward pass of the graph that computed `value`.

    It steps through the graph node by node, shows what flows on which edge, and writes the arithmetic of each step
    below the picture; beside it stands the matrix equation of the layer. The page computes by the engine's rules, one
    backward pass with seed 1; the gradients of the Values are neither read nor changed.

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
    Player('backpropagation through E, a graph of 3 nodes')
    """
    return Player(value)


def _told(nodes: Sequence[Value]) -> Told:
    """The graph, its numbers and how they are written."""
    found = recognise(nodes)
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
        "formulas": {_formula_key(node): _formula(node) for node in nodes if node.parents},
        "equations": equations_of(nodes, found),
    }


def _formula_key(node: Value) -> str:
    """What the nodes that are written alike have in common."""
    return f"{node.op}/{len(node.parents)}{'^' * is_power(node)}" if node.parents else ""


def _formula(node: Value) -> dict[str, Any]:
    arity = len(node.parents)
    return {"value": form(node.op, arity, is_power(node)), "slopes": slopes(node.op, arity)}
