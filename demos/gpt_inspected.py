"""The GPT of `gpt.py`, looked at: is its gradient right, what does a step take, and where do its heads look?

The engine is one witness, and JAX, with the model in its matrices, the other, and the rival for speed.
"""

import random
import time
from importlib import import_module
from importlib.util import find_spec

import gpt
import numpy as np
from gpt import D, H, T, V

from tinygrad_scalar.drawing.plots.canvas import canvas, picture_of


def of_arrays():
    """E of θ and X, in the matrices of JAX."""
    import jax
    import jax.numpy as jnp

    def norm(h):
        return h * ((h * h).mean(-1, keepdims=True) + 1e-5) ** -0.5

    def loss(theta, X):
        p, x, mask = gpt.matrices(theta), X[: 2 * T * V].T.reshape(-1, 2, T, V), X[2 * T * V :].T
        h = norm(x[:, 0] @ p["token"] + p["position"])
        q, k, v = ((norm(h) @ p[name].T).reshape(-1, T, H, D // H).swapaxes(1, 2) for name in "qkv")
        z = q @ k.swapaxes(2, 3) / (D // H) ** 0.5
        a = jax.nn.softmax(jnp.where(np.tri(T, dtype=bool), z, -jnp.inf))
        h = h + (a @ v).swapaxes(1, 2).reshape(-1, T, D) @ p["o"].T
        h = h + jax.nn.relu(norm(h) @ p["up"].T) @ p["down"].T
        z = h @ p["head"].T
        return (mask * (jax.nn.logsumexp(z, axis=-1) - (x[:, 1] * z).sum(-1))).sum(1).mean()

    return loss


def in_jax():
    """The function X, θ ↦ E, ∇E, compiled."""
    import jax

    step = jax.jit(jax.value_and_grad(of_arrays()))

    def run(X, theta):
        with jax.enable_x64(True):
            E, gradient = step(theta, X)
        return float(E), np.asarray(gradient)

    return run


def compare(replay, X, theta):
    """Print how far E and ∇E of the replay are from those of the engine and of JAX."""
    E, gradient = replay(X, theta)
    witnesses = {"the engine": gpt.node_by_node} | ({"JAX": in_jax()} if find_spec("jax") else {})
    for name, run in witnesses.items():
        E_too, gradient_too = run(X, theta)
        difference = abs(gradient - gradient_too).max()
        print(f"E {E:.12f} by the replay, {E_too:.12f} by {name}; ∇E differs by {difference:.0e}")
        assert abs(E - E_too) < 1e-12
        assert difference < 1e-12
    if "JAX" not in witnesses:
        print("JAX is not installed, so it was not asked")


def progress(steps):
    """The numbers of the steps, with a bar where there is tqdm."""
    return import_module("tqdm").trange(steps, unit="step") if find_spec("tqdm") else range(steps)


def picture(name, a, path=None):
    """The weights of each head: each letter, a row, looks at itself and at those before it."""
    places = range(len(a[0]))
    letters = [*f".{name}"[: len(places)]]
    with canvas((2.6 * H, 3.0), grid=(1, H)) as panels:
        for h, (panel, weights) in enumerate(zip(panels, a, strict=True), start=1):
            square = [row + [0.0] * (len(places) - len(row)) for row in weights]
            panel.imshow(square, cmap="Blues", vmin=0.0, vmax=1.0, interpolation="nearest")
            panel.set(title=f"head {h}", xticks=places, yticks=places, xticklabels=letters, yticklabels=letters)
            panel.tick_params(length=0)
        return picture_of(panels, None, path, f"where each of {H} heads looks in {name}")


def draw(name, a, path):
    """Save that picture, and say where it is, or why there is none."""
    if not find_spec("matplotlib"):
        print("matplotlib is not installed, so there is no picture of the heads: pip install 'tinygrad_scalar[train]'")
        return
    picture(name, a, path)
    print(f"wrote {path}: where the heads look in {name}")


def milliseconds(run, X, theta, times=50):
    """The least time of a call."""
    seconds = []
    for _ in range(times + 1):
        start = time.perf_counter()
        run(X, theta)
        seconds.append(time.perf_counter() - start)
    return 1e3 * min(seconds)


if __name__ == "__main__":
    replay = gpt.recorded(random.Random(0))
    theta = np.array([parameter.data for parameter in replay.parameters])
    compare(replay, gpt.columns(gpt.NAMES[:3]), theta)
    rivals = {"replay": replay} | ({"JAX": in_jax()} if find_spec("jax") else {})
    for M in (1, 8, 64):
        X = gpt.columns(gpt.NAMES[:M])
        took = [f"{name} {milliseconds(run, X, theta):.2f} ms" for name, run in rivals.items()]
        print(f"{M:2} names a step: {', '.join(took)}")
