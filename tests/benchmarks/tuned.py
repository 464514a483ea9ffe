"""The baseline by hand: what a network's gradient costs in NumPy when everything that can be spared is spared.

Examples stand in columns, all buffers are allocated once and written with `out=`, the bias is a column of the weight
matrix against a row of ones, θ is one flat array of which the matrices are views, and so is the gradient. A network of L
layers takes 3 L − 1 matrix products: five on the digits.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tinygrad_scalar.arrays import Array


class TunedMLP:
    """(b W) of each layer as a view of one θ; relu inside; E and ∇E by `step`. The order of θ is its own."""

    def __init__(self, sizes: Sequence[int], X: Array) -> None:
        self.M, L = X.shape[1], len(sizes) - 1
        shapes = [(sizes[l], 1 + sizes[l - 1]) for l in range(1, L + 1)]
        ends = np.cumsum([0, *(a * b for a, b in shapes)])
        self.theta, self.gradient = np.zeros(ends[-1]), np.zeros(ends[-1])
        self.W = [self.theta[a:b].reshape(s) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
        self.dW = [self.gradient[a:b].reshape(s) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
        self.A = [np.ones((1 + d, self.M)) for d in sizes[:-1]]
        self.A[0][1:] = X
        self.Z = [np.empty((d, self.M)) for d in sizes[1:]]
        self.Delta = [np.empty((d, self.M)) for d in sizes[1:]]
        self.positive = [np.empty((d, self.M), dtype=bool) for d in sizes[1:]]

    def forward(self) -> Array:
        """The pre-activations of the last layer."""
        for l, W in enumerate(self.W):
            np.matmul(W, self.A[l], out=self.Z[l])
            if l + 1 < len(self.W):
                np.maximum(self.Z[l], 0.0, out=self.A[l + 1][1:])
        return self.Z[-1]

    def backward(self) -> None:
        """From the last Delta, already divided by M, to the gradient."""
        for l in range(len(self.W) - 1, -1, -1):
            np.matmul(self.Delta[l], self.A[l].T, out=self.dW[l])
            if l:
                np.matmul(self.W[l][:, 1:].T, self.Delta[l], out=self.Delta[l - 1])
                np.greater(self.Z[l - 1], 0.0, out=self.positive[l - 1])
                np.multiply(self.Delta[l - 1], self.positive[l - 1], out=self.Delta[l - 1])

    def load(self, weights: Sequence[Array], biases: Sequence[Array]) -> None:
        """Take these parameters."""
        for W, w, b in zip(self.W, weights, biases, strict=True):
            W[:, 0], W[:, 1:] = b, w

    def unload(self) -> Array:
        """The gradient in the order of the package's θ."""
        return np.concatenate([part.ravel() for dW in self.dW for part in (dW[:, 1:], dW[:, 0])])


def softmax_cross_entropy(net: TunedMLP, Y: Array) -> Callable[[], tuple[float, Array]]:
    """A step on one-hot targets, P × M: E and ∇E of the mean cross-entropy under softmax."""
    largest, total, e = np.empty(net.M), np.empty(net.M), net.Delta[-1]
    product = np.empty_like(Y)

    def step() -> tuple[float, Array]:
        Z = net.forward()
        np.maximum.reduce(Z, axis=0, out=largest)
        np.subtract(Z, largest, out=Z)
        np.exp(Z, out=e)
        np.add.reduce(e, axis=0, out=total)
        np.multiply(Z, Y, out=product)
        E = (np.log(total).sum() - product.sum()) / net.M
        np.divide(e, total, out=e)
        np.subtract(e, Y, out=e)
        np.multiply(e, 1.0 / net.M, out=e)
        net.backward()
        return float(E), net.gradient

    return step


def max_margin(net: TunedMLP, y: Array, l2: float) -> Callable[[], tuple[float, Array]]:
    """A step on targets ±1, 1 × M: E and ∇E of the mean hinge, and l2 times the sum of squares of all parameters."""
    margin, missed, toward = np.empty_like(y), np.empty(y.shape, dtype=bool), -y / net.M
    decay = np.empty_like(net.theta)

    def step() -> tuple[float, Array]:
        Z = net.forward()
        np.multiply(Z, y, out=margin)
        np.subtract(1.0, margin, out=margin)
        np.greater(margin, 0.0, out=missed)
        np.maximum(margin, 0.0, out=margin)
        E = np.add.reduce(margin, axis=None) / net.M + l2 * (net.theta @ net.theta)
        np.multiply(toward, missed, out=net.Delta[-1])
        net.backward()
        np.multiply(net.theta, 2.0 * l2, out=decay)
        np.add(net.gradient, decay, out=net.gradient)
        return float(E), net.gradient

    return step
