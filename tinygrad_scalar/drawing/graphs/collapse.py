"""A large graph, drawn by neurons or by layers: one card for each, one line for each weight or weight matrix."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ...ops import OPS
from ...value import CONSTANT, Value
from ..text.notation import Name
from ..text.numbers import span
from .cards import Card, Cell, Group
from .links import Link
from .recognition import Recognised
from .sheet import Sheet

FEW_WEIGHTS = 12  # so many lines can carry their numbers
FEW_LABELS = 6  # rows of a card
PREFIXES = "a common prefix, like encoder.w and encoder.b"

Row = tuple[Cell, ...]
Gradients = Mapping[Value, float]  # empty before the backward pass


class Unit(NamedTuple):
    """What becomes one card: a "group" (neuron, layer, prefix), an "input", or the "result" and what only it needs."""

    kind: str
    path: Group = ()


def units(shown: Sequence[Value], found: Recognised, detail: str) -> dict[Value, Unit]:
    """The unit of each node: its group's, or else an input's before the first group, the result's after the last."""
    deep = 1 if detail == "layer" else None
    unit = {node: Unit("group", found.groups[node][:deep]) for node in shown if found.groups.get(node)}
    after = set(unit)
    for node in shown:
        if any(parent in after for parent in node.parents):
            after.add(node)
            unit.setdefault(node, Unit("result"))
    unit.setdefault(shown[-1], Unit("result"))
    for node in reversed(shown):
        for parent in node.parents:
            if unit.get(node) == Unit("result"):
                unit.setdefault(parent, Unit("result"))
    for k, node in enumerate(shown):
        own = " ".join(map(str, found.names.get(node, ()))) or str(k)
        unit.setdefault(node, Unit("input", () if detail == "layer" else (own,)))
    return {node: unit[node] for node in shown}


def collapsed(shown: Sequence[Value], found: Recognised, detail: str, gradients: Gradients) -> Sheet:
    """The sheet for detail "neuron" or "layer"."""
    unit = units(shown, found, detail)
    members: dict[Unit, list[Value]] = defaultdict(list)
    for node in shown:
        members[unit[node]].append(node)
    keys = {key: f"u{k}" for k, key in enumerate(members, start=1)}
    sheet = Sheet(
        f"computation graph of {len(shown):,} nodes by {detail}",
        legend=[("value", "value"), *([("gradient", "gradient")] if gradients else [])],
    )
    sheet.cards = [
        replace(_card(keys[key], key, nodes, found, detail, gradients), nodes=tuple(nodes))
        for key, nodes in members.items()
    ]
    sheet.links = _links(shown, unit, keys, found, detail, gradients)
    columns: dict[Group, list[str]] = defaultdict(list)  # neurons by their layer, and the inputs
    for key in members:
        if key.kind == "input" or len(key.path) > 1:
            columns[key.path[:-1]].append(keys[key])
    sheet.columns = list(columns.values())
    sheet.ranks = 190.0 if any(link.label for link in sheet.links) else 90.0
    if detail == "neuron" and any(link.colour != "line" for link in sheet.links):
        sheet.legend = [*sheet.legend, ("weight > 0", "positive"), ("weight < 0", "negative")]
    return sheet


def _card(key: str, unit: Unit, nodes: Sequence[Value], found: Recognised, detail: str, gradients: Gradients) -> Card:
    count = f"{', '.join(unit.path) or unit.kind}: {len(nodes):,} nodes"
    if any(node in found.z for node in nodes):
        title = (Name(unit.path[-1], math=False),)
        symbol = next((OPS[node.op].symbol for node in nodes if node in found.a and node.op in OPS), "")
        rows = _layer(nodes, found, gradients) if detail == "layer" else _neuron(nodes, found, gradients)
        return Card(key, "a", symbol, title, rows, unit.path[:-1], count)
    if unit.kind == "input" and unit.path:
        row = _numbers(nodes, gradients if any(node.op != CONSTANT for node in nodes) else {})
        return Card(
            key,
            "input",
            names=tuple(name.shortened() for name in found.names.get(nodes[0], ())),
            rows=(row,),
            tooltip=count,
        )
    role = {"group": "operation", "input": "input", "result": "result"}[unit.kind]
    title = (Name("/".join(unit.path) or unit.kind, math=False),)
    return Card(key, role, names=title, rows=_labelled(nodes, found, gradients), tooltip=count)


def _neuron(nodes: Sequence[Value], found: Recognised, gradients: Gradients) -> tuple[Row, ...]:
    zs = [node for node in nodes if node in found.z]
    neuron = found.z[zs[0]]
    rows = [
        _row(neuron.name("b"), [b for b in nodes if found.roles[b] == "parameter" and found.is_bias(b)]),
        _row(neuron.name("z"), zs),
        _row(neuron.name("a"), [node for node in nodes if node in found.a]),
        _row(neuron.name("δ"), zs if gradients else [], gradients),
    ]
    return tuple(row for row in rows if row)


def _layer(nodes: Sequence[Value], found: Recognised, gradients: Gradients) -> tuple[Row, ...]:
    zs = [node for node in nodes if node in found.z]
    whole = found.z[zs[0]]._replace(i="")
    a = [node for node in nodes if node in found.a]
    rows = [
        _count("neurons", len({found.z[z] for z in zs})),
        _count("parameters", sum(found.roles[node] == "parameter" for node in nodes)),
        _row(whole.name("a"), a) if a else _row(whole.name("z"), zs),
        _row(whole.name("δ"), zs if gradients else [], gradients),
    ]
    return tuple(row for row in rows if row)


def _row(name: Name, nodes: Sequence[Value], gradients: Gradients | None = None) -> Row:
    """A name and its value or gradient, or none where there are no such nodes."""
    return (Cell((name,)), _cell(nodes, gradients)) if nodes else ()


def _cell(nodes: Sequence[Value], gradients: Gradients | None = None) -> Cell:
    """The values of these nodes, or their gradients."""
    if gradients is None:
        return Cell(span([node.data for node in nodes]), "value", tuple(nodes))
    return Cell(span([gradients[node] for node in nodes]), "gradient", tuple(nodes))


def _count(what: str, n: int) -> Row:
    return Cell((Name(what, math=False),)), Cell(f"{n:,}")


def _numbers(nodes: Sequence[Value], gradients: Gradients) -> Row:
    return (_cell(nodes), _cell(nodes, gradients)) if gradients else (_cell(nodes),)


def _labelled(nodes: Sequence[Value], found: Recognised, gradients: Gradients) -> tuple[Row, ...]:
    """How many nodes there are, and the numbers of those that have names: by their letter, where there are many."""
    named: dict[Name, list[Value]] = defaultdict(list)
    for node in nodes:
        if len(found.names.get(node, ())) == 1:
            named[found.names[node][0]].append(node)
    if len(named) > FEW_LABELS:
        letters: dict[Name, list[Value]] = defaultdict(list)
        for name, same in named.items():
            letters[Name(name.letter, math=name.math)] += same
        named = letters
    if not named:
        named = {Name("value", math=False): list(nodes[-1:])}
    rows = [
        ((Cell((name.shortened(),)), *_numbers(same, gradients))) for name, same in list(named.items())[-FEW_LABELS:]
    ]
    return (_count("nodes", len(nodes)), *rows)


def _links(
    shown: Sequence[Value],
    unit: dict[Value, Unit],
    keys: dict[Unit, str],
    found: Recognised,
    detail: str,
    gradients: Gradients,
) -> list[Link]:
    crossing: dict[tuple[Unit, Unit], dict[Value, None]] = defaultdict(dict)  # by units: the nodes that they meet in
    for node in shown:
        for parent in node.parents:
            if parent in unit and unit[parent] != unit[node]:
                crossing[unit[parent], unit[node]][node] = None
    weights = {pair: _weights(nodes, found) for pair, nodes in crossing.items()}
    largest = max((abs(w.data) for ws in weights.values() for w in ws), default=0.0) or 1.0
    with_numbers = len(crossing) <= FEW_WEIGHTS
    links: list[Link] = []
    for (tail, head), ws in weights.items():
        key = f"e{len(links) + 1}"
        link = Link(key, keys[tail], keys[head])
        if detail == "layer" and ws:
            rows = len({found.z[z] for z in unit if z in found.z and unit[z] == head})
            W = Cell((Name("W", "", found.names[ws[0]][0].sup),))
            link = Link(key, keys[tail], keys[head], (W, Cell(f"{rows} × {len(ws) // rows}", "quiet")), width=2.2)
        elif len(ws) == 1:
            (w,) = ws
            label = (Cell(found.names[w]), *_numbers(ws, gradients)) if with_numbers else ()
            colour = "positive" if w.data > 0 else "negative" if w.data < 0 else "line"
            tooltip = f"{found.names[w][0]}: value {w.data!r}" + (f", gradient {gradients[w]!r}" if gradients else "")
            width = round(0.7 + 3.3 * abs(w.data) / largest, 2)
            link = Link(key, keys[tail], keys[head], label, tooltip, colour, width, weight_of=w)
        links.append(link)
    return links


def _weights(products: Iterable[Value], found: Recognised) -> list[Value]:
    """The weights that these products multiply with, once each."""
    return list(
        dict.fromkeys(p for node in products if node.op == "mul" for p in node.parents if found.roles[p] == "parameter")
    )
