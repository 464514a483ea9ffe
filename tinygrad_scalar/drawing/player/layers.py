"""The matrix equations of a layer, for one example: whose numbers stand where, and beside which steps.

The page writes the numbers, and shows an equation only where it holds for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...value import Value
from ..graphs.recognition import Recognised, product_of
from ..page.hypertext import in_html
from ..text.equations import BY, in_words
from ..text.notation import Name

ALL = -1  # marks a whole row or column
TRANSPOSED = Name("", "", "⊤")

Mark = tuple[int, int, int]  # a matrix of the equation from 0, its row, its column
Place = Mapping[Value, int]
Told = dict[str, Any]  # what the page is told: see `player/told.js`


class Matrix(NamedTuple):
    """What stands in an equation: a name, the nodes row by row, and what of them it shows."""

    name: tuple[Name, ...]
    nodes: list[list[Value]]
    show: str = "value"  # or "gradient", or "slope"

    @property
    def T(self) -> "Matrix":
        """Transposed."""
        return self._replace(name=(*self.name, TRANSPOSED), nodes=[list(row) for row in zip(*self.nodes, strict=True)])

    def by(self) -> "Matrix":
        """∂E/∂ of its entries."""
        return self._replace(name=(BY, *self.name), show="gradient")

    def told(self, place: Place) -> Told:
        """As the page is told."""
        nodes = [[place[node] for node in row] for row in self.nodes]
        return {"name": label(self.name), "nodes": nodes, "show": self.show}


def label(names: Sequence[Name]) -> Told:
    """Names as the page is told: as HTML and as words."""
    told: Told = {"html": in_html(names), "words": in_words(names)}
    return told | {"product": True} if len(names) > 1 else told


@dataclass
class Column:
    """One layer on one example: what its neurons made of the same inputs.

    Attributes
    ----------
    label : str
        ℓ; empty where a layer or a neuron stands alone.
    x, z, a : list of Value
        Inputs, pre-activations, and the activations of those z that have one.
    products, w : list of list of Value
        By neuron and input.
    b : list of Value
    """

    label: str
    x: list[Value]
    z: list[Value] = field(default_factory=list)
    a: list[Value] = field(default_factory=list)
    products: list[list[Value]] = field(default_factory=list)
    w: list[list[Value]] = field(default_factory=list)
    b: list[Value] = field(default_factory=list)

    @property
    def outputs(self) -> list[Value]:
        """What the next layer weighs; where σ is the identity, a is z."""
        return self.a or self.z

    @property
    def is_bent(self) -> bool:
        """Whether each a is σ of its own z."""
        return [a.parents for a in self.a] == [(z,) for z in self.z]

    def matrix(self, letter: str) -> Matrix:
        """A matrix of this layer; X has no layer."""
        name = Name(letter, "", f"({self.label})" if self.label and letter != "X" else "")
        columns = {"X": self.x, "Z": self.z, "A": self.outputs, "Δ": self.z, "b": self.b}
        nodes = self.w if letter == "W" else [[node] for node in columns[letter]]
        return Matrix((name,), nodes, "gradient" if letter == "Δ" else "value")


def equations_of(nodes: Sequence[Value], found: Recognised) -> list[Told]:
    """The matrix equations of the graph of these nodes, given in the order of the forward pass."""
    columns, place = _columns(nodes, found), {node: k for k, node in enumerate(nodes)}
    return [
        equation
        for column in columns
        for equation in _equations(
            column,
            next((other for other in columns if other.outputs == column.x), None),
            next((other for other in columns if other.x == column.outputs), None),
            place,
        )
    ]


def _columns(nodes: Sequence[Value], found: Recognised) -> list[Column]:
    columns: dict[tuple[str, tuple[Value, ...]], Column] = {}
    for z in nodes:
        if z not in found.z:
            continue
        products = [product for node in z.parents[:-1] if (product := product_of(node))]
        label, x = found.z[z].layer, [product.x for product in products]
        column = columns.setdefault((label, tuple(x)), Column(label, x))
        column.z.append(z)
        column.products.append([product.node for product in products])
        column.w.append([product.w for product in products])
        column.b.append(z.parents[-1])
    activations = {_bent_by(a): a for a in found.a}
    for column in columns.values():
        a = [activations[z] for z in column.z if z in activations]
        column.a = a if len(a) == len(column.z) else []
    return list(columns.values())


def _bent_by(a: Value) -> Value:
    """The z of an a; of a softmax's, exp(z − lse), that z."""
    return a.parents[0].parents[0] if a.op == "exp" else a.parents[0]


def _equations(column: Column, before: Column | None, after: Column | None, place: Place) -> Iterator[Told]:
    W, Z, A = column.matrix("W"), column.matrix("Z"), column.matrix("A")
    X = before.matrix("A") if before else column.matrix("X")
    Delta = column.matrix("Δ")
    b, (dW, db, dX, dA) = column.matrix("b"), (M.by() for M in (W, column.matrix("b"), X, A))
    I, J = range(len(column.z)), range(len(column.x))

    def equation(backward: bool, parts: Sequence["Matrix | str"], beside: dict[Value, list[Mark]]) -> Told:
        return {
            "parts": [part if isinstance(part, str) else part.told(place) for part in parts],
            "beside": [[backward, place[node], marks] for node, marks in beside.items()],
        }

    # forward: Z = W A + b, A = σ(Z)
    here: dict[Value, list[Mark]] = {column.products[i][j]: [(0, i, 0), (1, i, j), (2, j, 0)] for i in I for j in J}
    here |= {column.z[i]: [(0, i, 0), (1, i, ALL), (2, ALL, 0), (3, i, 0)] for i in I}
    yield equation(False, (Z, "=", W, X, "+", b), here)
    if column.a:
        sigma = "σ" if column.is_bent else "softmax"
        yield equation(False, (A, "=", f"{sigma}(", Z, ")"), {column.a[i]: [(0, i, 0), (1, i, 0)] for i in I})

    # backward: Δ = Wᵀ Δ ⊗ σ′(Z), with W and Δ of the layer above
    if column.is_bent:
        slope = Matrix((Name("σ′"), Name("("), *Z.name, Name(")")), A.nodes, "slope")
        if after:
            marks: dict[Value, list[Mark]] = {column.a[i]: [(0, i, 0), (1, i, ALL), (2, ALL, 0), (3, i, 0)] for i in I}
            yield equation(True, (Delta, "=", after.matrix("W").T, after.matrix("Δ"), "⊗", slope), marks)
        else:
            marks = {column.a[i]: [(0, i, 0), (1, i, 0), (2, i, 0)] for i in I}
            yield equation(True, (Delta, "=", dA, "⊗", slope), marks)
    turns = [(column.products[i][j], i, j) for i in I for j in J]
    yield equation(True, (dW, "=", Delta, X.T), {turn: [(0, i, j), (1, i, 0), (2, 0, j)] for turn, i, j in turns})
    yield equation(True, (db, "=", Delta), {column.z[i]: [(0, i, 0), (1, i, 0)] for i in I})
    yield equation(True, (dX, "=", W.T, Delta), {turn: [(0, j, 0), (1, j, i), (2, i, 0)] for turn, i, j in turns})
