"""The graph of any Value: one card a node, one line an edge, and the local derivatives on the lines."""

from collections.abc import Callable, Mapping, Sequence

from ...ops import OPS, floats
from ...value import CONSTANT, Value
from ..picture import Picture
from ..text.numbers import factor, number, short
from .cards import Card, Cell
from .collapse import PREFIXES, collapsed, units
from .formulas import Names, complete, symbol
from .links import Link
from .recognition import Recognised, recognise
from .sheet import Sheet

DETAILS = ("node", "neuron", "layer")
FEW_NODES, FEW_UNITS, FEW_LINKS = 200, 200, 3_000  # what a reader can still follow, and what dot can still arrange
MOST_DRAWN, MOST_SEEN = 6_000, 200_000  # nodes of a picture, and of the graph that it is made of
VALUE, GRADIENT, LOCAL = ("value", "value"), ("gradient", "gradient"), ("× local derivative", "gradient")


def draw_graph(value: Value, detail: str | None = None, around: Value | None = None) -> Picture:
    """Draw the graph that computed `value`.

    Each node is a card with its operation, its name, its value and, after `backward()`, its gradient; on each edge
    stands the local derivative, by which the gradient is multiplied on its way back. Names, neurons and layers of an
    `MLP` are recognised; in a graph of your own, labels with a common prefix (`encoder.w`, `encoder.b`) make a group.

    Parameters
    ----------
    value : Value
        The result.
    detail : "node", "neuron" or "layer", optional
        What one card stands for. By itself: a node up to 200 nodes, beyond that a neuron or group, then a layer.
    around : Value, optional
        Draw only what lies between this node and the result: the paths that the chain rule sums over.

    Returns
    -------
    Picture
        What the Values held when it was drawn. Node k in the order of the forward pass has the id `n<k>`.

    Raises
    ------
    ValueError
        If the graph is too large to draw, or has no part `around`, or nothing that `detail` could stand for.

    >>> a = Value(2.0, "a")
    >>> picture = draw_graph(a + a)
    >>> picture.svg.count('class="card"'), picture.svg.count('class="link"')
    (2, 2)
    """
    return sheet_of(value, detail, around).picture()


def sheet_of(
    value: Value,
    detail: str | None = None,
    around: Value | None = None,
    gradients: Mapping[Value, float] | None = None,
) -> Sheet:
    """What `draw_graph` draws, before it has a place; the gradients are the nodes' own, if no others are given."""
    if detail is not None and detail not in DETAILS:
        raise ValueError(f"unknown detail {detail!r}; there are {', '.join(DETAILS)}")
    nodes = below(value)
    if gradients is None:
        gradients = {node: node.grad for node in nodes} if is_differentiated(value) else {}
    found = recognise(nodes)
    shown = nodes if around is None else between(around, nodes)
    if detail is None:
        detail = readable(shown, found)
    if detail == "node":
        if len(shown) > MOST_DRAWN:
            raise ValueError(
                f"{len(shown):,} nodes are too many to draw one by one, the limit is {MOST_DRAWN:,}; "
                f"{fewer(found)}, and draw_graph(value, around=node) draws what lies between the result "
                "and a node near it"
            )
        sheet = _by_nodes(nodes, shown, found, gradients)
        if len(shown) > FEW_NODES and not found.groups:
            sheet.note = f"{len(shown):,} nodes; labels with {PREFIXES}, would make groups of them"
    else:
        each = len(shown) <= MOST_DRAWN
        if not found.groups:
            how = "detail='node' draws it" if each else "around=node draws what lies between a node and the result"
            raise ValueError(f"there is no {detail} in this graph, nor labels with {PREFIXES}; {how}")
        sheet = collapsed(shown, found, detail, gradients)
        hint = "detail='node' draws each" if each else "around=w draws those between w and the result"
        sheet.note = f"{len(shown):,} nodes, drawn by {detail}; {hint}"
    return sheet


def readable(shown: Sequence[Value], found: Recognised) -> str:
    """The most detail that a reader can follow."""
    if len(shown) <= FEW_NODES or not found.groups:
        return "node"
    by_neuron = units(shown, found, "neuron")
    crossing = sum(len(node.parents) for node in shown if node.op == "mul")
    return "neuron" if len(set(by_neuron.values())) <= FEW_UNITS and crossing <= FEW_LINKS else "layer"


def fewer(found: Recognised) -> str:
    """What makes fewer cards of the nodes of a graph."""
    return "take detail='neuron' or 'layer'" if found.groups else f"labels with {PREFIXES}, would make groups"


def below(result: Value, most: int = MOST_SEEN) -> list[Value]:
    """The result and all that it was computed from, each node after its parents.

    Raises
    ------
    ValueError
        As soon as more than `most` are found.
    """
    check(result)
    order: list[Value] = []
    seen: set[Value] = set()
    stack: list[Value | None] = [result]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())  # type: ignore[arg-type]
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            stack += reversed(node.parents)
        if len(seen) > most:
            raise ValueError(
                f"the graph has more than {most:,} nodes, too many for a picture; draw one example instead of a batch, "
                "or a smaller network of the same kind"
            )
    return order


def between(start: Value, nodes: Sequence[Value]) -> list[Value]:
    """Those of the nodes below a result, in the order of `below`, that `start` takes part in, itself included."""
    check(start)
    reached = {start}
    for node in nodes:
        if any(parent in reached for parent in node.parents):
            reached.add(node)
    if nodes[-1] not in reached or start not in nodes:
        raise ValueError(f"{start!r} takes no part in {nodes[-1]!r}: no path leads from the one to the other")
    return [node for node in nodes if node in reached]


def check(value: object) -> None:
    """Refuse what has no graph."""
    if not isinstance(value, Value):
        several = "; take one of them, a[0]" if isinstance(value, (list, tuple)) else ""
        raise TypeError(f"only a Value has a graph to draw, not {type(value).__name__}{several}")


def is_differentiated(result: Value) -> bool:
    """Whether `backward()` has been called, as far as the result can tell: it seeds the result's gradient with 1."""
    return result.grad != 0.0


def local_derivatives(node: Value) -> Sequence[float]:
    """∂node/∂parent for each parent, by the node's row of the table."""
    if not node.parents:
        return ()
    return OPS[node.op].partials(floats, node.data, *[parent.data for parent in node.parents])  # type: ignore[no-any-return]


def _by_nodes(
    nodes: Sequence[Value], shown: Sequence[Value], found: Recognised, gradients: Mapping[Value, float]
) -> Sheet:
    keys = {node: f"n{k}" for k, node in enumerate(nodes, start=1)}
    names = complete(found.names, nodes)
    sheet = Sheet(
        f"computation graph of {len(shown)} nodes",
        legend=[VALUE, GRADIENT, LOCAL] if gradients else [VALUE, LOCAL],
    )
    cards = {node: _card(node, keys[node], found, names, gradients.get(node)) for node in shown}
    sheet.cards = list(cards.values())
    sheet.columns = [[keys[x] for x in found.x if x in cards]]
    edge = 0
    for node in nodes:
        for k, (parent, local) in enumerate(zip(node.parents, local_derivatives(node), strict=True)):
            edge += 1
            if node not in cards or parent not in cards:
                continue
            same = [at for at, other in enumerate(node.parents) if other is parent]
            beside = _beside(parent, node, found, cards.__contains__)
            link = Link(
                f"e{edge}",
                keys[parent],
                keys[node],
                () if node.op in ("add", "total") or parent.op == CONSTANT else (Cell(factor(local), "gradient"),),
                tooltip=f"local derivative {local!r}",
                gate=max((cards[other].size[0] for other in beside), default=0.0),
                weight=8 if found.roles[parent] in ("z", "a") and len(same) == 1 and not beside else 1,
                lane=same.index(k) - (len(same) - 1) / 2,
            )
            sheet.links.append(link)
    return sheet


def _beside(tail: Value, head: Value, found: Recognised, is_shown: Callable[[Value], bool]) -> list[Value]:
    """What stands before `head` in its group, if `tail` does not: the edge comes in beside it."""
    group = found.groups.get(head, ())

    def within(node: Value) -> bool:
        return found.groups.get(node, ())[: len(group)] == group

    return (
        [] if not group or within(tail) else [parent for parent in head.parents if within(parent) and is_shown(parent)]
    )


def _card(node: Value, key: str, found: Recognised, names: Names, gradient: float | None) -> Card:
    role, group = found.roles[node], found.groups.get(node, ())
    words = f"{' '.join(map(str, found.names.get(node) or names.get(node, ()))) or node.op}: value {node.data!r}"
    if role == "constant":
        return Card(key, "operation", short(node.data), group=group, tooltip=words)
    row = [Cell(number(node.data), "value")]
    if gradient is not None and node.op != CONSTANT:
        row.append(Cell(number(gradient), "gradient"))
        words += f", gradient {gradient!r}"
    return Card(key, role, symbol(node), names.get(node, ()), (tuple(row),), group, words)
