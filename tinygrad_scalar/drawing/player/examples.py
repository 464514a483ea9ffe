"""A network on one of many examples: its graph, whose inputs and targets can be exchanged."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy.typing as npt

from ...arrays import Array
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


def of_network(network: MLP, X: npt.ArrayLike, Y: npt.ArrayLike, loss: str | Loss) -> tuple[Value, Examples]:
    """The loss of the first example, and all of them. Targets are constants: nothing is differentiated by them."""
    X, Y = examples(MatrixMLP.from_scalar(network), X, Y)
    x = [Value(number, f"x_{{{j}}}") for j, number in enumerate(X[0].tolist(), start=1)]
    names = ["y"] if Y.shape[1] == 1 else [f"y_{{{k}}}" for k in range(1, Y.shape[1] + 1)]
    y = [Value(number, name) for number, name in zip(Y[0].tolist(), names, strict=True)]
    for target in y:
        target.op = CONSTANT
    trace = network.trace(x)
    E = evaluate(find(loss), network.activations[-1], y, trace.z[-1], trace.a[-1])
    E.label = "E"
    return E, Examples(X, Y, x, y)
