"""The works that are timed: two networks' full gradients, and two graphs of scalars, each the same for all who run it.

A contestant makes a step from a work; the step gives E and its gradient, checked against ours before anything is timed.
What works by scalars brings its operations along, and the work is written once for all of them.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from tinygrad_scalar import MLP
from tinygrad_scalar.arrays import Array
from tinygrad_scalar.data import digits, moons

Answer = tuple[Any, Any]  # E and ∂E/∂θ; of a graph, the numbers and derivatives of all points
Step = Callable[[], Answer]


class Operations(NamedTuple):
    """What an engine of scalars offers beside + and ×."""

    total: Callable[[Sequence[Any]], Any]
    tanh: Callable[[Any], Any]
    relu: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    logsumexp: Callable[[Sequence[Any]], Any] | None = None  # where it is one node


def by_pairs(values: Sequence[Any]) -> Any:
    """Their sum for engines without Σ, as a tree: a chain of thousands would be too deep for those that recurse."""
    values = list(values)
    while len(values) > 1:
        values = [x + y for x, y in zip(values[::2], values[1::2], strict=False)] + values[len(values) & ~1 :]
    return values[0]


@dataclass(frozen=True)
class Network:
    """E(θ) and ∇E(θ) of a network with relu inside: the mean loss over the columns of X, and `decay` times Σ θ²."""

    name: str
    sizes: list[int]
    X: Array  # d_0 × M
    Y: Array  # d_L × M
    margin: bool  # max-margin with targets ±1, else softmax and cross-entropy with one-hot targets
    decay: float
    theta: Array  # as in the package: for each layer W row by row, then b

    @property
    def M(self) -> int:
        """The number of examples."""
        return self.X.shape[1]

    def first(self, n: int) -> "Network":
        """The same with n examples."""
        return replace(self, X=self.X[:, :n], Y=self.Y[:, :n])

    def scalar(self) -> MLP:
        """As a network of scalars."""
        mlp = MLP(self.sizes[0], self.sizes[1:], "relu", "identity" if self.margin else "softmax", initializer="zeros")
        mlp.theta = self.theta
        return mlp

    def layers(self, theta: Any) -> list[tuple[Any, Any]]:
        """W and b of each layer as parts of θ."""
        parts, start = [], 0
        for d, k in zip(self.sizes[1:], self.sizes, strict=False):
            W, b = theta[start : start + d * k], theta[start + d * k : start + d * k + d]
            parts.append((W, b))
            start += d * k + d
        return parts

    def matrices(self) -> list[tuple[Array, Array]]:
        """W and b of each layer, as fresh arrays."""
        return [(W.reshape(len(b), -1).copy(), b.copy()) for W, b in self.layers(self.theta)]

    def flat(self, dW: Sequence[Any], db: Sequence[Any]) -> Array:
        """A gradient in the order of θ."""
        return np.concatenate([np.ravel(part) for pair in zip(dW, db, strict=True) for part in pair])

    def example(self, ops: Operations, theta: Sequence[Any], x: Sequence[Any], y: Sequence[Any]) -> Any:
        """The loss of one example, from scalars, for any engine."""
        a, z = list(x), list(x)
        for W, b in self.layers(theta):
            k = len(a)
            z = [ops.total([*map(_times, W[i * k : (i + 1) * k], a), b_i]) for i, b_i in enumerate(b)]
            a = [ops.relu(z_i) for z_i in z]
        return self.loss(ops, z, y)

    def loss(self, ops: Operations, z: Sequence[Any], y: Sequence[Any]) -> Any:
        """The loss of one example from the outputs z."""
        if self.margin:
            return ops.relu(1.0 + -1.0 * y[0] * z[0])
        scores = ops.total([*map(_times, z, y)])
        return ops.log(ops.total([ops.exp(z_i) for z_i in z])) + -1.0 * scores


def _times(x: Any, y: Any) -> Any:
    return x * y


def moons_network(n: int = 100) -> Network:
    """micrograd's demo: n moons, MLP(2, [16, 16, 1]), relu, max-margin, and 10⁻⁴ times the squares of all parameters."""
    data, sizes = moons(n, rng=0), [2, 16, 16, 1]
    return Network("moons", sizes, data.X.T.copy(), 2.0 * data.labels[None] - 1.0, True, 1e-4, _theta(sizes))


def digits_network(n: int | None = None) -> Network:
    """The digits, all 1797 or n of them: MLP(64, [32, 10]), relu, softmax, cross-entropy."""
    data, sizes = digits(), [64, 32, 10]
    X, Y = data.X[:n].T / 16.0, np.eye(10)[data.labels[:n]].T
    return Network("digits", sizes, np.ascontiguousarray(X), np.ascontiguousarray(Y), False, 0.0, _theta(sizes))


def _theta(sizes: Sequence[int]) -> Array:
    return MLP(sizes[0], sizes[1:], "relu", rng=0).theta


@dataclass(frozen=True)
class ScalarGraph:
    """A function of scalars, f(ops, inputs), of so many nodes, at points in columns."""

    name: str
    nodes: int
    f: Callable[[Operations, Sequence[Any]], Any]
    X: Array


def random_graph(n: int = 100_000, points: int = 100, n_inputs: int = 10, seed: int = 0) -> ScalarGraph:
    """n nodes, each +, × or tanh of earlier ones; the result adds up all that nothing else uses."""
    draw = random.Random(seed).random
    picks, used, size = [], set(), n_inputs
    while size < n + n_inputs - 1:
        kind, a, b = int(3 * draw()), int(size * draw()), int(size * draw())
        picks.append((kind, a, b))
        used |= {a} if kind == 2 else {a, b}
        size += 1
    loose = [i for i in range(size) if i not in used]

    def f(ops: Operations, x: Sequence[Any]) -> Any:
        v, tanh = list(x), ops.tanh
        for kind, a, b in picks:
            v.append(v[a] + v[b] if kind == 0 else v[a] * v[b] if kind == 1 else tanh(v[a]))
        return ops.total([v[i] for i in loose])

    return ScalarGraph("random graph", n, f, np.random.default_rng(seed).normal(0.0, 0.5, size=(n_inputs, points)))


def deep_chain(n: int = 20_000) -> ScalarGraph:
    """n nodes, one a level: × and + and tanh in turn."""

    def f(ops: Operations, x: Sequence[Any]) -> Any:
        y, step, tanh = x[0], x[1], ops.tanh
        for _ in range(n // 3):
            y = tanh(y * step + step)
        return y

    return ScalarGraph("deep chain", n // 3 * 3, f, np.array([[0.5], [0.9]]))
