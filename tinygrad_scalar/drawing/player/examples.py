"""A network on one of many examples: its graph, whose inputs and targets can be exchanged."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...arrays import Array, ArrayLike
from ...losses import Loss, evaluate, find
from ...matrix import MatrixMLP
from ...nn import MLP
from ...objective import examples
from ...value import CONSTANT, Value


class Examples(NamedTuple):
    """Examples in rows, and the leaves that take their numbers."""

    X: Array
    Y: Array
    inputs: list[Value]
    targets: list[Value]

    def told(self, nodes: Sequence[Value]) -> dict[str, Any]:
        """As the page is told: see `player/told.js`; a leaf that the result does not need has no place there."""
        place = {node: k for k, node in enumerate(nodes)}
        columns = {
            rows: [(j, place[leaf]) for j, leaf in enumerate(leaves) if leaf in place]
            for rows, leaves in (("X", self.inputs), ("Y", self.targets))
        }
        return {
            "X": self.X[:, [j for j, _ in columns["X"]]].tolist(),
            "Y": self.Y[:, [j for j, _ in columns["Y"]]].tolist(),
            "inputs": [k for _, k in columns["X"]],
            "targets": [k for _, k in columns["Y"]],
        }


def of_network(
    network: MLP,
    X: ArrayLike,
    Y: ArrayLike,
    loss: str | Loss,
    inputs: Sequence[str] = (),
    targets: Sequence[str] = (),
) -> tuple[Value, Examples]:
    """The loss of the first example, and all of them. Targets are constants: nothing is differentiated by them."""
    X, Y = examples(MatrixMLP.from_scalar(network), X, Y)
    d, P = X.shape[1], Y.shape[1]
    inputs = inputs or [f"x_{{{j}}}" for j in range(1, d + 1)]
    targets = targets or (["y"] if P == 1 else [f"y_{{{k}}}" for k in range(1, P + 1)])
    if (len(inputs), len(targets)) != (d, P):
        raise ValueError(f"{len(inputs)} and {len(targets)} names do not fit {d} inputs and {P} targets")
    x = [Value(number, name) for number, name in zip(X[0].tolist(), inputs, strict=True)]
    y = [Value(number, name) for number, name in zip(Y[0].tolist(), targets, strict=True)]
    for target in y:
        target.op = CONSTANT
    trace = network.trace(x)
    E = evaluate(find(loss), network.activations[-1], y, trace.z[-1], trace.a[-1])
    E.label = "E"
    return E, Examples(X, Y, x, y)
