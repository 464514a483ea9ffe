"""The two passes, step by step: each node takes its value, then each hands its gradient on to its inputs.

The nodes go by levels: a node's level is one above that of its highest input. So the products of a layer come together,
then its Σ, then its σ, as in the matrix equations; and on the way back no node hands on a gradient before it is
complete.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ...value import CONSTANT, Value
from ..graphs.formulas import by_level
from ..graphs.graph import local_derivatives


@dataclass(frozen=True)
class Share:
    """What a node hands to one of its inputs.

    Attributes
    ----------
    parent : Value
    factors : tuple of float
        The local derivatives, one for each edge between the two.
    before, after : float
        ∂result/∂parent as far as it was known, and as it is with this share: `before` + gradient · Σ factors.
    first, complete : bool
        Whether nothing came before, and whether nothing is still to come.
    """

    parent: Value
    factors: tuple[float, ...]
    before: float
    after: float
    first: bool
    complete: bool


@dataclass(frozen=True)
class Step:
    """One step of a pass.

    Attributes
    ----------
    backward : bool
    node : Value or None
        The one whose turn it is; None at the start, where only leaves have values.
    gradient : float
        In a step backward, ∂result/∂node.
    shares : tuple of Share
        What it hands on, one for each of its inputs; none where the backward pass begins, with ∂result/∂result = 1.
    """

    backward: bool
    node: Value | None = None
    gradient: float = 0.0
    shares: tuple[Share, ...] = ()


def factors_of(node: Value) -> dict[Value, list[float]]:
    """The local derivatives towards each input that is no constant: several where it stands in several places."""
    factors: dict[Value, list[float]] = defaultdict(list)
    for parent, local in zip(node.parents, local_derivatives(node), strict=True):
        if parent.op != CONSTANT:
            factors[parent].append(local)
    return factors


def steps_of(nodes: Sequence[Value]) -> tuple[list[Step], dict[Value, float]]:
    """All steps for the nodes below a result, and ∂result/∂node of each; no `.grad` is read or written."""
    computed = [node for node in by_level(nodes) if node.parents]
    gradients = {node: 0.0 for node in nodes if node.op != CONSTANT}
    gradients[nodes[-1]] = 1.0
    edges_to_come = Counter(parent for node in nodes for parent in node.parents)
    total_edges = edges_to_come.copy()
    steps = [Step(False), *(Step(False, node) for node in computed), Step(True, nodes[-1], 1.0)]
    for node in reversed(computed):
        shares = []
        for parent, locals_ in factors_of(node).items():
            before, first = gradients[parent], edges_to_come[parent] == total_edges[parent]
            for local in locals_:
                gradients[parent] += gradients[node] * local  # the chain rule, and the sum over all paths
            edges_to_come[parent] -= len(locals_)
            complete = edges_to_come[parent] == 0
            shares.append(Share(parent, tuple(locals_), before, gradients[parent], first, complete))
        if shares:
            steps.append(Step(True, node, gradients[node], tuple(shares)))
    return steps, gradients
