"""One derivative, explained: the sum over all paths, along each the product of the local derivatives."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ...value import CONSTANT, Value
from ..picture import Picture
from ..text.equations import CLOSE, OPEN, in_words
from ..text.numbers import number, short
from .formulas import Row, complete, formula
from .graph import FEW_NODES, below, between, check, local_derivatives, sheet_of
from .recognition import recognise

FEW_PATHS = 12  # so many are written out
UNCOUNTED = 10**18  # paths; nobody wants to know more exactly
LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

Term = tuple[tuple[Value, ...], tuple[float, ...], str]


@dataclass(frozen=True)
class Path:
    """One way from w to the result.

    Attributes
    ----------
    nodes : tuple of Value
        From the result down to w.
    factors : tuple of float
        The local derivative of each node with respect to the next.
    """

    nodes: tuple[Value, ...]
    factors: tuple[float, ...]

    @property
    def product(self) -> float:
        """What this path contributes to the derivative."""
        return math.prod(self.factors)


class Explanation:
    """What `explain` returns: text by `print`, a formula in notebooks.

    Attributes
    ----------
    derivative : float
        d(result)/dw, from the local derivatives alone; it leaves every `.grad` as it is.
    n_paths : int
        How many paths there are; `UNCOUNTED` stands for that many or more.
    paths : list of Path
        All of them, or, where they are more than a dozen, none.
    steps : list of (Value, int, float, float)
        For each node that w goes into: the node, the number of paths that begin so, d(result)/d(that node) and
        ∂(that node)/∂w. The sum of the products of the last two is the derivative too.
    picture : Picture
        The graph with the paths highlighted.
    """

    def __init__(self, result: Value, w: Value) -> None:
        nodes = below(result)
        check(w)
        if w.op == CONSTANT:
            raise ValueError(f"{w!r} is a constant: nothing is differentiated with respect to it")
        self._result, self._w = result, w
        self._on_paths = between(w, nodes)
        own = recognise(nodes).names
        self._names = complete(own, nodes)
        self._nameless = {node for node in nodes if node.parents and node not in own and node is not result}
        self._sweep()
        self.n_paths, self.derivative = self._count[w], self._adjoint[w]
        self.paths = list(self._enumerated()) if self.n_paths <= FEW_PATHS else []
        self.steps = [
            (node, self._count[node], self._adjoint[node], factor)
            for node in self._on_paths
            for parent, factor in self._edges[node]
            if parent is w
        ]

    def _sweep(self) -> None:
        """Count the paths from the result to each node, and sum their products: one sweep, however many there are."""
        inside = set(self._on_paths)
        self._count, self._adjoint = dict.fromkeys(self._on_paths, 0), dict.fromkeys(self._on_paths, 0.0)
        self._edges: dict[Value, list[tuple[Value, float]]] = {}
        self._count[self._result], self._adjoint[self._result] = 1, 1.0
        for node in reversed(self._on_paths):
            edges = zip(node.parents, local_derivatives(node), strict=True) if node is not self._w else ()
            local: dict[Value, float] = defaultdict(float)  # of x·x with respect to x: x + x
            for parent, factor in edges:
                if parent in inside:
                    local[parent] += factor
            self._edges[node] = list(local.items())
            for parent, factor in self._edges[node]:
                self._count[parent] = min(self._count[parent] + self._count[node], UNCOUNTED)
                self._adjoint[parent] += self._adjoint[node] * factor

    def _enumerated(self) -> Iterator[Path]:
        nodes: list[Value] = []
        factors: list[float] = []
        stack = [(0, self._result, 1.0)]
        while stack:
            depth, node, factor = stack.pop()
            del nodes[depth:], factors[depth:]
            nodes.append(node)
            factors.append(factor)
            if node is self._w:
                yield Path(tuple(nodes), tuple(factors[1:]))
            stack += [(depth + 1, parent, local) for parent, local in reversed(self._edges[node])]

    @property
    def picture(self) -> Picture:
        """The graph, the paths strong and the rest faint; of a large graph the paths alone."""
        whole = len(below(self._result)) <= FEW_NODES
        sheet = sheet_of(self._result, "node", None if whole else self._w)
        on_paths = set(self._on_paths)
        strong = {f"n{k}" for k, node in enumerate(below(self._result), start=1) if node in on_paths}
        sheet.cards = [replace(card, emphasis="strong" if card.key in strong else "faint") for card in sheet.cards]
        sheet.links = [
            replace(link, colour="gradient", width=2.2)
            if {link.tail, link.head} <= strong
            else replace(link, emphasis="faint")
            for link in sheet.links
        ]
        sheet.title = f"the paths from {self._text(self._w)} to {self._text(self._result)}"
        return sheet.picture()

    # Words and formulas: the same terms, ∂E/∂a · ∂a/∂z · … with their numbers.

    def _terms(self) -> list[Term]:
        """For each path its nodes, its factors and a remark; where the paths are too many, for each step at w."""
        if self.paths:
            return [(path.nodes, path.factors, "") for path in self.paths]
        return [
            ((self._result, node, self._w), (adjoint, factor), f"   ({_paths(count)})")
            for node, count, adjoint, factor in self.steps
        ]

    def _text(self, node: Value) -> str:
        names = self._names[node]
        return " ".join(map(str, names)) if len(names) == 1 else f"({' '.join(map(str, names))})"

    def _latex(self, node: Value) -> str:
        names = [name.latex for name in self._names[node]]
        return names[0] if len(names) == 1 else rf"({' '.join(names)})"

    def _symbols(self, nodes: tuple[Value, ...], fraction: Callable[[str, Value, Value], str], times: str) -> str:
        """The factors of a term: local derivatives with ∂; where the paths are not listed, the first is a total d."""
        first = "∂" if self.paths else "d"
        pairs = enumerate(pairwise(nodes))
        return times.join(fraction("∂" if k else first, p, q) for k, (p, q) in pairs) or "1"

    def _fraction(self, d: str, p: Value, q: Value) -> str:
        return f"{d}{self._text(p)}/{d}{self._text(q)}"

    def __str__(self) -> str:
        how = "along the only path" if self.n_paths == 1 else f"the sum over {_paths(self.n_paths)}"
        lines = [f"{self._fraction('d', self._result, self._w)}, {how}:"]
        if not self.paths:
            lines.append("  too many to write out; by the node to which they lead first:")
        for nodes, factors, remark in self._terms():
            symbols = self._symbols(nodes, self._fraction, " · ")
            lines += [f"  {symbols}{remark}", f"    = {_product(factors)} = {number(math.prod(factors))}"]
        lines.append(f"sum: {number(self.derivative)}")
        told = {node for nodes, _, _ in self._terms() for node in nodes} & self._nameless
        formulas = [f"{self._text(node)} = {self._formula(node)}" for node in self._names if node in told]
        return "\n".join([*lines, *([f"where {', '.join(formulas)}"] if formulas else [])])

    def _formula(self, node: Value) -> str:
        def show(p: Value) -> Row:
            names = self._names.get(p) or ((short(p.data), "value"),)
            return [OPEN, *names, CLOSE] if len(names) > 1 else [*names]

        return in_words(formula(node, show))

    def _repr_latex_(self) -> str:
        def fraction(d: str, p: Value, q: Value) -> str:
            d = r"\partial " if d == "∂" else "d"
            return rf"\frac{{{d}{self._latex(p)}}}{{{d}{self._latex(q)}}}"

        line = r" \\ &\quad + "
        symbols = line.join(self._symbols(nodes, fraction, r" \cdot ") for nodes, _, _ in self._terms())
        products = [_latex_number(_product(factors)) for _, factors, _ in self._terms()]
        numbers = line.join([*products[:1], *(f"({p})" if p.startswith("-") else p for p in products[1:])])
        whole, end = fraction("d", self._result, self._w), _latex_number(number(self.derivative))
        return rf"$$\begin{{aligned}} {whole} &= {symbols} \\ &= {numbers} \\ &= {end} \end{{aligned}}$$"

    def __repr__(self) -> str:
        return (
            f"Explanation({self._fraction('d', self._result, self._w)} = {self.derivative!r}, {_paths(self.n_paths)})"
        )


def explain(result: Value, w: Value) -> Explanation:
    """Explain dE/dw as the sum over all paths from w to the result E, of the product of the local derivatives.

    As in the text's chain rule, d is for a derivative along all paths, ∂ for a local one: of a node with respect to one
    of its inputs, the others held.

    It needs no `backward()` and changes nothing. Where there are more than a dozen paths (their number can grow
    exponentially with the depth), they are counted but not listed: the sum is then given by the nodes that w goes into,
    which is the step that backpropagation makes at w. Where an input stands twice, as in a · a, the local derivative is
    the sum over both places.

    >>> a = Value(3.0, "a")
    >>> b = a * a + a
    >>> b.label = "b"
    >>> print(explain(b, a))
    db/da, the sum over 2 paths:
      ∂b/∂v₁ · ∂v₁/∂a
        = 1 · 6 = 6.000
      ∂b/∂a
        = 1 = 1.000
    sum: 7.000
    where v₁ = a · a

    Raises
    ------
    ValueError
        If no path leads from w to the result, or w is a constant.
    """
    return Explanation(result, w)


def _paths(n: int) -> str:
    return "10¹⁸ paths or more" if n >= UNCOUNTED else f"{n:,} path{'s' * (n != 1)}"


def _product(factors: Sequence[float]) -> str:
    shown = [short(x) for x in factors] or ["1"]
    return " · ".join(f"({x})" if k and x.startswith("−") else x for k, x in enumerate(shown))


def _latex_number(text: str) -> str:
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: f"^{{{found[0].translate(LOWERED)}}}", text)
    return text.replace("−", "-").replace("·", r"\cdot").replace("∞", r"\infty").replace(r"\cdot10", r"\cdot 10")
