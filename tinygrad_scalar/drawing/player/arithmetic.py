"""What happens in one step, written out: in names, and in the numbers of this pass."""

from collections.abc import Mapping

from ...value import CONSTANT, Value
from ..graphs.formulas import SUMS, Names, Row, formula, symbol
from ..text.equations import CLOSE, EQUALS, OPEN, PLUS, TIMES, in_product, sum_of
from ..text.notation import Name
from ..text.numbers import number, short
from .passes import Share, Step, factors_of

SYMBOLS = (
    "dE/dv: the derivative of E with respect to v, along all paths from v; for a parameter the matrices call it ∂E/∂w. "
    "∂u/∂v: a local derivative, of a node with respect to one of its inputs, the others held."
)


class Writer:
    """Writes steps; it knows the names, and which nodes are a z, whose derivative is called δ.

    Parameters
    ----------
    names : mapping of Value to tuple of Name
        Of all but constants.
    deltas : mapping of Value to Name
        δ_i^{(ℓ)}, by its z_i^{(ℓ)}.
    result : Value
    """

    def __init__(self, names: Names, deltas: Mapping[Value, Name], result: Value) -> None:
        self._names, self._deltas, self._result = names, deltas, result

    def title(self, step: Step) -> Row:
        """Whose turn it is."""
        if step.node is None:
            return [("The leaves have their values: inputs, parameters, constants", "ink")]
        if not step.backward:
            return [(f"{symbol(step.node)}  computes  ", "ink"), *self.name(step.node)]
        if not step.shares:
            return [("The backward pass begins at the result", "ink")]
        same = all(factor == 1.0 for share in step.shares for factor in share.factors)
        how = "  hands on as it is: " if same else "  hands on, times its local derivatives: "
        row: Row = [(f"{symbol(step.node)}{how}", "ink"), *self._derivative(step.node)]
        return [*row, EQUALS, (number(step.gradient), "gradient")]

    def rows(self, step: Step) -> list[Row]:
        """The arithmetic of a step."""
        if step.node is None:
            return [[(SYMBOLS, "quiet")]]
        if not step.backward:
            return self._forward(step.node)
        if not step.shares:
            return [[*self._by(step.node), EQUALS, ("1", "whole")]]
        return [self._share(step.gradient, share) for share in step.shares]

    def _forward(self, node: Value) -> list[Row]:
        value: Row = [*self.name(node), EQUALS, *formula(node, self._term if node.op in SUMS else self._factor)]
        value += [EQUALS, *formula(node, _number), EQUALS, (number(node.data), "value")]
        if node.op in SUMS:
            return [value, [("each local derivative is 1", "quiet")]]
        locals_: Row = []
        for parent, factors in factors_of(node).items():
            locals_ += [("     " if locals_ else "", "quiet"), Name("∂"), *self._factor(node), Name("/∂")]
            locals_ += [*self._factor(parent), EQUALS]
            if len(factors) > 1:
                locals_ += [(" + ".join([number(factors[0]), *map(in_product, factors[1:])]), "gradient"), EQUALS]
            locals_.append((number(sum(factors)), "gradient"))
        return [value, locals_] if locals_ else [value]

    def _share(self, gradient: float, share: Share) -> Row:
        """dE/d(parent) = what it had + dE/d(node) · ∂node/∂parent."""
        row: Row = [*self._derivative(share.parent), EQUALS]
        if not share.first:
            row += [(number(share.before), "sofar"), PLUS]
        upstream = number(gradient) if share.first else in_product(gradient)
        terms: list[Row] = []
        for factor in share.factors:
            terms.append([(upstream, "gradient"), TIMES, ("1" if factor == 1.0 else in_product(factor), "gradient")])
            upstream = in_product(gradient)
        row += [*sum_of(terms), EQUALS, (number(share.after), "whole" if share.complete else "sofar")]
        return row if share.complete else [*row, ("   so far", "quiet")]

    def name(self, node: Value) -> Row:
        """A node's name."""
        return list(self._names[node])

    def _term(self, node: Value) -> Row:
        """A node in a sum: a constant by its number."""
        return self.name(node) if node in self._names else [(short(node.data), "value")]

    def _factor(self, node: Value) -> Row:
        """A node in a product or another formula: a product of names in parentheses."""
        row = self._term(node)
        return [OPEN, *row, CLOSE] if len(row) > 1 else row

    def _by(self, node: Value) -> Row:
        """dE/d(node)."""
        return [Name("d"), *self._factor(self._result), Name("/d"), *self._factor(node)]

    def _derivative(self, node: Value) -> Row:
        """dE/d(node), of a z under its name δ too."""
        return [self._deltas[node], EQUALS, *self._by(node)] if node in self._deltas else self._by(node)


def _number(node: Value) -> Row:
    return [((short if node.op == CONSTANT else number)(node.data), "value")]
