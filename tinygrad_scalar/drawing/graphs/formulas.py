"""What a node is called, and what it computes: the same in graph, explanation and player."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ...ops import OPS
from ...value import CONSTANT, Value
from ..text.equations import CLOSE, OPEN, RAISED, sum_of
from ..text.notation import Item, Name, raised
from ..text.numbers import short

INFIX = {"sub": "−", "mul": "·", "div": "/"}
SUMS = ("add", "total")

Row = list[Item]
Names = Mapping[Value, tuple[Name, ...]]


def complete(names: Names, nodes: Sequence[Value], letters: str = "vuqh") -> dict[Value, tuple[Name, ...]]:
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
    letter = next((letter for letter in letters if letter not in taken), "node ")
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
    if node.op == "pow" and node.parents[1].op == CONSTANT:
        power = raised(short(node.parents[1].data))
        return OPS["pow"].symbol if "^" in power else f"x{power}"
    return OPS[node.op].symbol if node.op in OPS else ""


def formula(node: Value, show: Callable[[Value], Row]) -> Row:
    """The operation on its inputs, shown by `show`: by their names, or by their numbers."""
    terms = [show(parent) for parent in node.parents]
    negative = [isinstance(term[0], tuple) and term[0][0].startswith("−") for term in terms]
    apart = [[OPEN, *term, CLOSE] if less else term for term, less in zip(terms, negative, strict=True)]
    if node.op in SUMS and len(terms) > 1:
        return sum_of([terms[0], *apart[1:]])
    if node.op in INFIX:
        return [*terms[0], (INFIX[node.op], "ink"), *apart[1]]
    if node.op == "neg":
        return [("−", "value"), *apart[0]]
    if node.op == "abs":
        return [("|", "ink"), *terms[0], ("|", "ink")]
    if node.op == "square":
        return [*apart[0], ("2", RAISED)]
    if node.op == "pow" and node.parents[1].op == CONSTANT:
        return [*apart[0], (short(node.parents[1].data), RAISED)]
    listed: Row = []
    for term in terms:
        listed += [(", ", "plain"), *term] if listed else term
    name = node.op if node.op in ("pow", "where") else OPS[node.op].symbol
    return [(name, "ink"), OPEN, *listed, CLOSE]
