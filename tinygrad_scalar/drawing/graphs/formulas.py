"""What a node is called, and what it computes: the same in graph, explanation and player."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...ops import OPS
from ...value import CONSTANT, Value
from ..text.equations import CLOSE, MOST, OPEN, RAISED, SIGNS
from ..text.notation import Item, Name, raised
from ..text.numbers import short

INFIX = {"sub": " − ", "mul": " · ", "div": " / "}
SUMS = ("add", "total")

Row = list[Item]
Form = list[Any]  # of str, int and Form
Names = Mapping[Value, tuple[Name, ...]]


def complete(names: Names, nodes: Sequence[Value]) -> dict[Value, tuple[Name, ...]]:
    """A name for every node below a result but its constants, no two alike, whatever order the nodes come in.

    Those that have one keep it; where two are the same, the later one gets a prime. The result is E, if nothing else
    is, and the others are v₁, v₂, …, level by level.
    """
    nodes = by_level(nodes)
    named: dict[Value, tuple[Name, ...]] = {}
    alike: Counter[tuple[Name, ...]] = Counter()
    for node in nodes:
        if node in names:
            own = tuple(name.shortened() for name in names[node])
            alike[own] += 1
            named[node] = own if alike[own] == 1 else (*own[:-1], _primed(own[-1], alike[own] - 1))
    taken = {name.letter for own in named.values() for name in own}
    if "E" not in taken:
        named.setdefault(nodes[-1], (Name("E"),))
    letter = next((letter for letter in "vuqh" if letter not in taken), "node ")
    nameless = (node for node in nodes if node not in named and node.op != CONSTANT)
    return named | {node: (Name(letter, str(k)),) for k, node in enumerate(nameless, start=1)}


def by_level(nodes: Sequence[Value]) -> list[Value]:
    """The nodes, each after its parents, by level: one above that of its highest parent, 0 for a leaf."""
    level: dict[Value, int] = {}
    for node in nodes:
        level[node] = 1 + max((level[parent] for parent in node.parents), default=-1)
    return sorted(nodes, key=level.__getitem__)


def _primed(name: Name, k: int) -> Name:
    """The same name with k primes, of many with their number."""
    return Name(name.letter + ("′" * k if k < 4 else f"′{k}"), name.sub, name.sup, name.math)


def symbol(node: Value) -> str:
    """What a node's card and title say it does; of a power with an exponent of few letters, that: x²."""
    if is_power(node):
        power = raised(short(node.parents[1].data))
        return OPS["pow"].symbol if "^" in power else f"x{power}"
    return OPS[node.op].symbol if node.op in OPS else ""


def form(op: str, arity: int, power: bool = False, most: int = MOST) -> Form:
    """How the operation is written: texts, the places of inputs from 0, and lists, which are raised.

    Of a sum of more than `most` terms the first ones and the last are written.

    >>> form("mul", 2), form("pow", 2, power=True), form("total", 6)
    ([0, ' · ', 1], [0, [1]], [0, ' + ', 1, ' + ', 2, ' + ', '…', ' + ', 5])
    """
    places: Form = [*range(arity)]
    if op in SUMS and arity > 1:
        return _joined(" + ", [*places[: most - 1], "…", places[-1]] if arity > most else places)
    if op in INFIX:
        return _joined(INFIX[op], places)
    if op == "neg":
        return ["−", 0]
    if op == "abs":
        return ["|", 0, "|"]
    if op == "square":
        return [0, ["2"]]
    if power:
        return [0, [1]]
    return [op if op in ("pow", "where") else OPS[op].symbol, "(", *_joined(", ", places), ")"]


def is_power(node: Value) -> bool:
    """Whether its exponent is a number, which is raised."""
    return node.op == "pow" and node.parents[1].op == CONSTANT


def formula(node: Value, show: Callable[[Value], Row]) -> Row:
    """The operation on its inputs, each shown by `show`: by their names, or by their numbers."""
    tokens, row = form(node.op, len(node.parents), is_power(node)), list[Item]()
    for k, token in enumerate(tokens):
        before, after = tokens[k - 1] if k else "(", tokens[k + 1] if k + 1 < len(tokens) else ""
        if isinstance(token, int):
            term = show(node.parents[token])
            bound = isinstance(after, list) or not before.endswith(("(", "|", ", "))
            negative = isinstance(term[0], tuple) and term[0][0].startswith("−")
            row += [OPEN, *term, CLOSE] if bound and negative else term
        elif isinstance(token, list):
            raised_by = show(node.parents[token[0]])[0] if isinstance(token[0], int) else token
            row.append((raised_by[0] if isinstance(raised_by, (tuple, list)) else str(raised_by), RAISED))
        else:
            row.append((token.strip() if token.strip() in SIGNS else token, "value" if token == "−" else "ink"))
    return row


def _joined(sign: str, places: Form) -> Form:
    return [part for place in places for part in (sign, place)][1:]
