"""The matrix equations of a layer, beside its scalar steps: the same numbers, a column for the one example."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ...arrays import Array
from ...value import Value
from ..graphs.graph import local_derivatives
from ..graphs.recognition import Recognised, product_of
from ..page.hypertext import in_html
from ..text.notation import Name
from ..text.numbers import number

ROUNDING = 1e-9
ALL = -1  # marks a whole row or column
TRANSPOSED = Name("", "", "⊤")

Mark = tuple[int, int, int]  # a matrix of the equation from 0, its row, its column
Turn = tuple[bool, Value]  # whether backward, and the node whose turn it is


class Matrix(NamedTuple):
    """What stands in an equation: a name, and its numbers in two dimensions."""

    name: tuple[Name, ...]
    numbers: Array
    colour: str = "value"

    @property
    def T(self) -> "Matrix":
        """Transposed."""
        return Matrix((*self.name, TRANSPOSED), self.numbers.T, self.colour)

    def to_html(self) -> str:
        """The numbers between brackets, the name below."""
        rows = "".join(f"<tr>{''.join(f'<td>{number(x)}</td>' for x in row)}</tr>" for row in self.numbers.tolist())
        table = f'<table class="matrix {self.colour}"><tbody>{rows}</tbody></table>'
        return f'<span class="factor">{table}<span class="name">{in_html(self.name)}</span></span>'


class Equation(NamedTuple):
    """Matrices with signs between them; and beside which steps it stands, with which entries marked."""

    parts: tuple[Matrix | str, ...]
    beside: dict[Turn, list[Mark]]

    def to_html(self) -> str:
        """All parts in a row."""
        return "".join(
            f'<span class="sign">{part}</span>' if isinstance(part, str) else part.to_html() for part in self.parts
        )


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

    def name(self, letter: str) -> Name:
        """A matrix of this layer."""
        return Name(letter, "", f"({self.label})" if self.label else "")


def equations_of(nodes: Sequence[Value], found: Recognised, gradients: Mapping[Value, float]) -> list[Equation]:
    """The matrix equations that hold in the graph of these nodes, given in the order of the forward pass."""
    columns = _columns(nodes, found)
    return [
        equation
        for column in columns
        for equation in _equations(
            column,
            next((other for other in columns if other.outputs == column.x), None),
            next((other for other in columns if other.x == column.outputs), None),
            gradients,
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


def _equations(
    column: Column, before: Column | None, after: Column | None, gradients: Mapping[Value, float]
) -> Iterator[Equation]:
    def values(name: Name, nodes: Sequence[Value]) -> Matrix:
        return Matrix((name,), np.array([[node.data] for node in nodes]))

    def derivatives(name: tuple[Name, ...], nodes: Sequence[Value]) -> Matrix:
        return Matrix(name, np.array([[gradients.get(node, 0.0)] for node in nodes]), "gradient")

    def weights(column: Column) -> Matrix:
        return Matrix((column.name("W"),), np.array([[w.data for w in row] for row in column.w]))

    I, J = range(len(column.z)), range(len(column.x))
    by = Name("∂E/∂")
    W, Z, A = weights(column), values(column.name("Z"), column.z), values(column.name("A"), column.a)
    X = values(before.name("A") if before else Name("X"), column.x)
    Delta = derivatives((column.name("Δ"),), column.z)

    # forward: Z = W A + b, A = σ(Z)
    here: dict[Turn, list[Mark]] = {
        (False, column.products[i][j]): [(0, i, 0), (1, i, j), (2, j, 0)] for i in I for j in J
    }
    here |= {(False, column.z[i]): [(0, i, 0), (1, i, ALL), (2, ALL, 0), (3, i, 0)] for i in I}
    yield Equation((Z, "=", W, X, "+", values(column.name("b"), column.b)), here)
    if column.a:
        sigma = "σ" if column.is_bent else "softmax"
        yield Equation((A, "=", f"{sigma}(", Z, ")"), {(False, column.a[i]): [(0, i, 0), (1, i, 0)] for i in I})

    # backward: Δ = Wᵀ Δ ⊗ σ′(Z), with W and Δ of the layer above
    if column.is_bent:
        slopes = np.array([[*local_derivatives(a)] for a in column.a])
        slope = Matrix((Name("σ′"), Name("("), *Z.name, Name(")")), slopes, "gradient")
        dA = derivatives((by, *A.name), column.a)
        if after:
            above = weights(after), derivatives((after.name("Δ"),), after.z)
            if np.allclose(above[0].numbers.T @ above[1].numbers, dA.numbers, ROUNDING, ROUNDING, equal_nan=True):
                marks = {(True, column.a[i]): [(0, i, 0), (1, i, ALL), (2, ALL, 0), (3, i, 0)] for i in I}
                yield Equation((Delta, "=", above[0].T, above[1], "⊗", slope), marks)
        else:
            marks = {(True, column.a[i]): [(0, i, 0), (1, i, 0), (2, i, 0)] for i in I}
            yield Equation((Delta, "=", dA, "⊗", slope), marks)
    turns = [((True, column.products[i][j]), i, j) for i in I for j in J]
    dW = Matrix((by, *W.name), np.array([[gradients.get(w, 0.0) for w in row] for row in column.w]), "gradient")
    if np.allclose(Delta.numbers @ X.numbers.T, dW.numbers, ROUNDING, ROUNDING, equal_nan=True):
        yield Equation((dW, "=", Delta, X.T), {turn: [(0, i, j), (1, i, 0), (2, 0, j)] for turn, i, j in turns})
        db = derivatives((by, column.name("b")), column.b)
        yield Equation((db, "=", Delta), {(True, column.z[i]): [(0, i, 0), (1, i, 0)] for i in I})
    dX = derivatives((by, *X.name), column.x)
    if np.allclose(W.numbers.T @ Delta.numbers, dX.numbers, ROUNDING, ROUNDING, equal_nan=True):
        yield Equation((dX, "=", W.T, Delta), {turn: [(0, j, 0), (1, j, i), (2, i, 0)] for turn, i, j in turns})


def by_turn(equations: Sequence[Equation]) -> dict[Turn, list[tuple[int, list[Mark]]]]:
    """For each turn the equations that stand beside it, by their places, and what is marked in them."""
    found: dict[Turn, list[tuple[int, list[Mark]]]] = defaultdict(list)
    for k, equation in enumerate(equations):
        for turn, marks in equation.beside.items():
            found[turn].append((k, marks))
    return found
