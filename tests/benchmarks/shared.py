"""Works that share their weights, among positions or steps: a GPT, a convolution, a recurrent network.

Each is written twice: for scalars of any engine, one example at a time, and in the arrays of JAX, as an expert would.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_scalar.arrays import Array
from tinygrad_scalar.data import digits

from .works import Operations

DEMOS = Path(__file__).parent.parent.parent / "demos"
STEPS, INPUTS, HIDDEN = 32, 4, 16  # of the recurrent network


@dataclass(frozen=True)
class Shared:
    """E(θ) and ∇E(θ), means over the columns of X, of a loss(ops, θ, x) and of its arrays(θ, X)."""

    kind: str  # in WORKS
    name: str
    theta: Array
    X: Array
    loss: Callable[[Operations, Any, Any], Any]
    arrays: Callable[[Any, Any], Any]

    @property
    def M(self) -> int:
        """The number of examples."""
        return self.X.shape[1]

    def first(self, n: int) -> "Shared":
        """The same with n examples."""
        return replace(self, X=self.X[:, :n])


def _logsumexp(ops: Operations, z: Any) -> Any:
    return ops.logsumexp(z) if ops.logsumexp else ops.log(ops.total([ops.exp(z_k) for z_k in z]))


def _linear(ops: Operations, W: Any, x: Any, b: Any) -> list[Any]:
    return [ops.total([*(row * x), b_i]) for row, b_i in zip(W, b, strict=True)]


# The GPT of the demo, its own equations with the operations of another engine.


@cache
def _demo(name: str) -> Any:
    """A copy of a demo's module, of which functions may be exchanged."""
    sys.path.insert(0, str(DEMOS))
    before = sys.modules.pop(name, None)
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(DEMOS))
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before


def gpt(M: int) -> Shared:
    """M names a step."""
    demo = _demo("gpt")

    def loss(ops: Operations, theta: Any, x: Any) -> Any:
        demo.total, demo.relu, demo.logsumexp = ops.total, ops.relu, partial(_logsumexp, ops)
        demo.softmax = lambda z: [ops.exp(z_k - lse) for lse in [_logsumexp(ops, z)] for z_k in z]
        return demo.loss(demo.matrices(theta), x, T if x.dtype == object else int(np.count_nonzero(x[-T:])))

    def arrays(theta: Any, X: Any) -> Any:
        return _demo("gpt_inspected").of_arrays()(theta, X)

    T = demo.T
    size = sum(rows * columns for rows, columns in demo.SHAPES.values())
    theta = np.random.default_rng(0).normal(0.0, 0.08, size)
    names = [name for name in demo.NAMES if len(name) == 6][::10][:M]
    return Shared("GPT", f"GPT, {M}", theta, demo.columns(names), loss, arrays)


def cnn(M: int) -> Shared:
    """The digits' images: twelve 3×3 filters, relu, means of 2×2, and a layer with softmax."""
    data = digits()
    X = np.vstack([data.X[:M].T / 16.0, np.eye(10)[data.labels[:M]].T])
    theta = np.random.default_rng(0).normal(0.0, 0.2, 12 * 9 + 12 + 10 * 108 + 10)
    corners = [(i, j) for i in range(6) for j in range(6)]

    def parts(theta: Any) -> tuple[Any, Any, Any, Any]:
        return theta[:108].reshape(12, 9), theta[108:120], theta[120:1200].reshape(10, 108), theta[1200:]

    def loss(ops: Operations, theta: Any, x: Any) -> Any:
        F, f, W, b = parts(theta)
        image, y = x[:64].reshape(8, 8), x[64:]
        a = np.array([[ops.relu(z) for z in _linear(ops, F, image[i : i + 3, j : j + 3].ravel(), f)]
                      for i, j in corners]).reshape(3, 2, 3, 2, 12)  # fmt: skip
        pooled = [ops.total([*a[i, :, j, :, k].ravel()]) * 0.25 for i in range(3) for j in range(3) for k in range(12)]
        z = np.array(_linear(ops, W, np.array(pooled), b))
        return _logsumexp(ops, z) + ops.total([*(y * z)]) * -1.0

    def arrays(theta: Any, X: Any) -> Any:
        import jax

        F, f, W, b = parts(theta)
        images = X[:64].T.reshape(-1, 1, 8, 8)
        a = jax.nn.relu(jax.lax.conv(images, F.reshape(12, 1, 3, 3), (1, 1), "VALID") + f[:, None, None])
        pooled = a.reshape(-1, 12, 3, 2, 3, 2).mean((3, 5)).transpose(0, 2, 3, 1).reshape(-1, 108)
        z = pooled @ W.T + b
        return (jax.nn.logsumexp(z, axis=1) - (X[64:].T * z).sum(1)).mean()

    return Shared("CNN", "CNN", theta, X, loss, arrays)


def rnn(M: int) -> Shared:
    """32 steps of h ← tanh(W (x; h) + b); E is the mean of (v·h − y)²."""
    draw, k = np.random.default_rng(0), INPUTS + HIDDEN
    theta, X = draw.normal(0.0, 0.2, HIDDEN * (k + 2)), draw.normal(size=(M, STEPS * INPUTS + 1)).T

    def parts(theta: Any) -> tuple[Any, Any, Any]:
        return theta[: HIDDEN * k].reshape(HIDDEN, k), theta[HIDDEN * k : -HIDDEN], theta[-HIDDEN:]

    def loss(ops: Operations, theta: Any, x: Any) -> Any:
        W, b, v = parts(theta)
        h = [ops.tanh(z) for z in _linear(ops, W[:, :INPUTS], x[:INPUTS], b)]
        for t in range(INPUTS, STEPS * INPUTS, INPUTS):
            h = [ops.tanh(z) for z in _linear(ops, W, np.array([*x[t : t + INPUTS], *h], dtype=object), b)]
        r = ops.total([*(v * np.array(h)), x[-1] * -1.0])
        return r * r

    def arrays(theta: Any, X: Any) -> Any:
        import jax
        import jax.numpy as jnp

        W, b, v = parts(theta)
        z = jnp.einsum("hi,tim->thm", W[:, :INPUTS], X[:-1].reshape(STEPS, INPUTS, -1)) + b[:, None]
        h, _ = jax.lax.scan(lambda h, z: (jnp.tanh(z + W[:, INPUTS:] @ h), None), jnp.zeros((HIDDEN, X.shape[1])), z)
        return ((v @ h - X[-1]) ** 2).mean()

    return Shared("RNN", "RNN", theta, X, loss, arrays)


WORKS = {"GPT": gpt, "CNN": cnn, "RNN": rnn}
