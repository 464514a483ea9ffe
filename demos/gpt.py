"""A GPT of scalars: a transformer of 4,192 Values learns first names letter by letter, and then makes up some.

NumPy carries the Values about: 83,000 nodes a name, and `record` finds the matrix products in them. The model is
A. Karpathy's microgpt (2026). names.txt: the US Census of 1990, public domain, by way of the package `names` on PyPI.
"""

import argparse
import random
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np

from tinygrad_scalar import Value, logsumexp, pause_gc, relu, softmax, total
from tinygrad_scalar.optimizers import Adam
from tinygrad_scalar.replay import record

NAMES = (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").split()
LETTERS = "abcdefghijklmnopqrstuvwxyz."  # the dot begins and ends a name
V, T, D, H = len(LETTERS), 16, 16, 4  # letters, positions in the block, dimensions, heads
SHAPES = {"token": (V, D), "position": (T, D), "q": (D, D), "k": (D, D), "v": (D, D), "o": (D, D),
          "up": (4 * D, D), "down": (D, 4 * D), "head": (V, D)}  # fmt: skip


def matrices(theta):
    """θ cut into the matrices by name."""
    parts = zip(SHAPES.items(), np.cumsum([rows * k for rows, k in SHAPES.values()]).tolist(), strict=True)
    return {name: theta[end - rows * k : end].reshape(rows, k) for (name, (rows, k)), end in parts}


def linear(W, x):
    return np.array([total(row * x) for row in W])


def norm(x):
    return x * (total(x * x) / len(x) + 1e-5) ** -0.5


def attend(q, k, v):
    """A head: each position takes from itself and those before it their v, weighted by how well their k fits its q."""
    a = [softmax([total(q_t * k_s) / len(q_t) ** 0.5 for k_s in k[: t + 1]]) for t, q_t in enumerate(q)]
    return a, [linear(v[: len(a_t)].T, a_t) for a_t in a]


def gpt(p, x):
    """From one-hot letters: the scores z of the next letter at each position, and the weights a of each head."""
    h = [norm(linear(p["token"].T, x_t) + e_t) for x_t, e_t in zip(x, p["position"], strict=False)]
    n = [norm(h_t) for h_t in h]
    q, k, v = np.array([[linear(p[name], n_t) for n_t in n] for name in "qkv"])
    a, o = zip(*(attend(*(y[:, i : i + D // H] for y in (q, k, v))) for i in range(0, D, D // H)), strict=True)
    h = [h_t + linear(p["o"], np.concatenate(o_t)) for h_t, *o_t in zip(h, *o, strict=True)]
    h = [h_t + linear(p["down"], [relu(z) for z in linear(p["up"], norm(h_t))]) for h_t in h]
    return [linear(p["head"], h_t) for h_t in h], a


def loss(p, column, positions=T):
    """The mean of −log p(next letter) = lse(z) − y·z over a name: what is beyond its end weighs 0."""
    x, y = np.reshape(column[: 2 * T * V], (2, T, V))[:, :positions]
    return total([m * (logsumexp(z) - total(y_t * z)) for m, y_t, z in zip(column[-T:], y, gpt(p, x)[0], strict=False)])


def columns(names):
    """A name a column: T one-hot letters to read, the T that follow, and T weights."""
    X = np.zeros((2 * T * V + T, len(names)))
    for m, name in enumerate(names):
        for t, (letter, following) in enumerate(pairwise(f".{name}.")):
            X[V * t + LETTERS.index(letter), m] = X[V * (T + t) + LETTERS.index(following), m] = 1.0
            X[2 * T * V + t, m] = 1.0 / (len(name) + 1)
    return X


def recorded(rng):
    """A model at random, and the graph of one name."""
    parameters = [Value(rng.gauss(0.0, 0.08)) for rows, k in SHAPES.values() for _ in range(rows * k)]
    return record(
        lambda column: loss(matrices(np.array(parameters)), np.array(column)), columns(NAMES[:1])[:, 0], parameters
    )


def node_by_node(X, theta):
    """E and ∇E by the engine, at the positions that the names have."""
    leaves = np.array([*map(Value, theta)])
    with pause_gc():
        E = total([loss(matrices(leaves), x, np.count_nonzero(x[-T:])) for x in X.T]) / X.shape[1]
        E.backward()
    return E.data, np.array([leaf.grad for leaf in leaves])


def sample(p, rng):
    """A new name, and the weights of each head over it."""
    name = ""
    while "." not in name and len(name) < T:
        z, a = gpt(p, columns([name])[: T * V].reshape(T, V)[: len(name) + 1])
        name += rng.choices(LETTERS, softmax(2.0 * z[-1]))[0]  # at temperature ½
    return name.rstrip("."), a


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--scalar", action="store_true", help="walk the steps node by node")
    options, rng = parser.parse_args(), random.Random(0)
    inspected = import_module("gpt_inspected")  # which looks into this file
    replay, names = recorded(rng), rng.sample(NAMES, len(NAMES))
    theta, everything = np.array([parameter.data for parameter in replay.parameters]), columns(NAMES)
    inspected.compare(replay, columns(names[:3]), theta)
    adam = Adam(lambda t: 0.01 * (1.0 - t / options.steps), beta1=0.85, beta2=0.99)
    run, before = node_by_node if options.scalar else replay, replay(everything, theta)[0]
    for t in inspected.progress(options.steps):
        theta = adam.step(partial(run, columns([names[t % len(names)]])), theta)
    print(f"E over all {len(NAMES)} names: {before:.3f} before, {replay(everything, theta)[0]:.3f} after the steps")
    made_up = [sample(matrices(theta), rng) for _ in range(20)]
    print(*(name for name, _ in made_up))
    inspected.draw(*max(made_up, key=lambda made: len(made[0])), "attention.svg")


if __name__ == "__main__":
    main()
