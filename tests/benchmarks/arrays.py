"""Contestants that work by arrays: NumPy in three grades, PyTorch, JAX."""

from typing import Any

import numpy as np

from .shared import Shared
from .tuned import TunedMLP, max_margin, softmax_cross_entropy
from .works import Answer, Network, Step


def plain(work: Network) -> Step:
    """NumPy as one writes it down: readable, every intermediate result a fresh array."""
    layers, X, Y, M = work.matrices(), work.X, work.Y, work.M

    def step() -> Answer:
        A = [X]
        for l, (W, b) in enumerate(layers, start=1):
            Z = W @ A[-1] + b[:, None]
            A.append(np.maximum(Z, 0.0) if l < len(layers) else Z)
        if work.margin:
            margin = np.maximum(1.0 - Y * Z, 0.0)
            E, Delta = margin.mean(), np.where(margin > 0.0, -Y, 0.0) / M
        else:
            Z = Z - Z.max(axis=0)
            e = np.exp(Z)
            E, Delta = (np.log(e.sum(axis=0)) - (Z * Y).sum(axis=0)).mean(), (e / e.sum(axis=0) - Y) / M
        dW, db = [], []
        for l in range(len(layers), 0, -1):
            dW.append(Delta @ A[l - 1].T)
            db.append(Delta.sum(axis=1))
            if l > 1:
                Delta = (layers[l - 1][0].T @ Delta) * (A[l - 1] > 0.0)
        gradient = work.flat(dW[::-1], db[::-1])
        if work.decay:
            return E + work.decay * (work.theta @ work.theta), gradient + 2.0 * work.decay * work.theta
        return E, gradient

    return step


def tuned(work: Network) -> tuple[Step, Any]:
    """NumPy with everything spared that can be, see `tuned`; its gradient has an order of its own."""
    net = TunedMLP(work.sizes, work.X)
    net.load(*zip(*work.matrices(), strict=True))
    step = max_margin(net, work.Y, work.decay) if work.margin else softmax_cross_entropy(net, work.Y)
    return step, lambda _: net.unload()


def products(work: Network) -> tuple[Step, Any]:
    """The matrix products alone, of the right shapes: no network's gradient, but the floor under all of them."""
    net = TunedMLP(work.sizes, work.X)
    net.load(*zip(*work.matrices(), strict=True))

    def step() -> Answer:
        for l, W in enumerate(net.W):
            np.matmul(W, net.A[l], out=net.Z[l])
        for l in range(len(net.W) - 1, -1, -1):
            np.matmul(net.Z[l], net.A[l].T, out=net.dW[l])
            if l:
                np.matmul(net.W[l][:, 1:].T, net.Z[l], out=net.Delta[l - 1])
        return None, None

    return step, None


def torch_tensors(work: Network) -> Step:
    """PyTorch, eagerly, on tensors."""
    import torch

    torch.set_num_threads(1)
    X, Y = torch.tensor(work.X.T), torch.tensor(work.Y.T)
    parameters = [torch.tensor(part, requires_grad=True) for pair in work.matrices() for part in pair]

    def step() -> Answer:
        A = X
        for l in range(0, len(parameters), 2):
            Z = torch.nn.functional.linear(A, parameters[l], parameters[l + 1])
            A = Z.relu()
        E = (1.0 - Y * Z).relu().mean() if work.margin else torch.nn.functional.cross_entropy(Z, Y)
        if work.decay:
            E = E + work.decay * sum((p * p).sum() for p in parameters)
        gradient = torch.autograd.grad(E, parameters)
        return E.item(), gradient

    return step


def jax_jit(work: Network) -> Step:
    """JAX, compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def E(layers: Any, X: Any, Y: Any) -> Any:
        A = X
        for W, b in layers:
            Z = W @ A + b[:, None]
            A = jax.nn.relu(Z)
        if work.margin:
            loss = jax.nn.relu(1.0 - Y * Z).mean()
        else:
            loss = (jax.nn.logsumexp(Z, axis=0) - (Z * Y).sum(axis=0)).mean()
        return loss + work.decay * sum((p * p).sum() for pair in layers for p in pair) if work.decay else loss

    f = jax.jit(jax.value_and_grad(E))
    layers, X, Y = ([(jnp.array(W), jnp.array(b)) for W, b in work.matrices()], jnp.array(work.X), jnp.array(work.Y))

    def step() -> Answer:
        value, gradient = f(layers, X, Y)
        jax.block_until_ready(gradient)
        return value, [part for pair in gradient for part in pair]

    return step


def jax_shared(work: Shared) -> Step:
    """JAX, compiled, on a work that shares its weights."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    f, theta, X = jax.jit(jax.value_and_grad(work.arrays)), jnp.array(work.theta), jnp.array(work.X)
    return lambda: jax.block_until_ready(f(theta, X))  # type: ignore[no-any-return]
