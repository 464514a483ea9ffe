"""`tour`, or no command at all: two minutes from one derivative to a trained network, with pictures at the end."""

import argparse
import sys
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..checking.compare import compare_gradients
from ..checking.diagnosis import diagnose
from ..data.sets import moons
from ..losses import half_squared_error
from ..matrix import MatrixMLP
from ..nn import MLP, Trace
from ..objective import Objective
from ..replay.replay import record
from ..training.fit import fit, predict
from ..training.history import accuracy
from ..value import Value, exp, sin
from .options import add_folder, new_command
from .results import folder_for, refuse_taken_in
from .terminal import prose, say


class Stop(NamedTuple):
    """A station of the tour: a heading, what there is to know, and what the code there says."""

    heading: str
    words: str
    said: str


def stops() -> Iterator[Stop]:
    """The stations, each computed when it is reached.

    >>> first = next(stops())
    >>> first.heading, first.said.splitlines()[-1]
    ('A derivative', 'dz/dt = t.grad = -5.554313566586')
    """
    yield _derivative()
    mlp = MLP(2, [2, 1], "tanh", rng=1)
    yield _twice(mlp)
    X = np.random.default_rng(0).normal(size=(30, 2))
    Y = np.sin(X[:, :1]) * X[:, 1:]
    yield Stop(
        "Is the gradient right?",
        "Every weight and bias, by all witnesses: the scalar graph, its replay, the matrices, central differences, the "
        "complex step, and JAX where it is installed:",
        str(compare_gradients(mlp, X, Y, "half_squared_error")),
    )
    yield _slip(mlp, X, Y)
    replay = record(lambda v: half_squared_error(v[2:], mlp(v[:2])), [0.5, -1.0, 1.0], mlp.parameters())
    yield Stop(
        "From scalars to matrices",
        "Recorded once for one example, the scalar graph runs for a whole batch. Its sums of products have become "
        "matrix products by themselves:",
        replay.program(),
    )
    yield _training()


def _derivative() -> Stop:
    t = Value(0.5, "t")
    x, y = exp(t), t**2
    z = sin(x**2 + y**2)
    z.backward()
    return Stop(
        "A derivative",
        "A Value remembers where it came from; backward() walks that memory in reverse, and hands each gradient, times "
        "the local derivative, to the parents. For z = sin(x² + y²) with x = eᵗ and y = t², at t = 0.5:",
        f"z = {z.data:.12f}\ndz/dt = t.grad = {t.grad:.12f}",
    )


def _twice(mlp: MLP) -> Stop:
    """The same δ by the chain rule on scalars and by matrices."""
    trace = mlp.trace([0.5, -1.0])
    half_squared_error([1.0], trace.a[-1]).backward()
    matrix = MatrixMLP.from_scalar(mlp)
    Z, A = matrix.forward(np.array([[0.5], [-1.0]]))
    Delta = matrix.deltas(Z, A, np.array([[1.0]]), "half_squared_error")
    lines = [f"{'':9}{'chain rule on scalars':>24}{'δ equations in matrices':>26}"]
    lines += [
        f"δ_{i + 1}^({l})  {node.grad:24.17f}{Delta[l][i, 0]:26.17f}"
        for l in (1, 2)
        for i, node in enumerate(trace.z[l])
    ]
    return Stop(
        "A network, twice",
        "The same small network once as a graph of scalars, one × per weight, one Σ and one σ per neuron, and once as "
        "matrices. The chain rule, applied blindly to scalars, gives the δ of the textbook, digit by digit:",
        "\n".join(lines),
    )


def _slip(mlp: MLP, X: Array, Y: Array) -> Stop:
    """A backward pass without σ′, and what is said of it."""
    matrix = MatrixMLP.from_scalar(mlp)
    _, A = matrix.forward(X.T)
    Delta2 = A[2] - Y.T
    Delta1 = matrix.W[2].T @ Delta2
    dW, db = [Delta1 @ A[0].T / 30, Delta2 @ A[1].T / 30], [Delta1.mean(axis=1), Delta2.mean(axis=1)]
    _, right = Objective(mlp, X, Y, "half_squared_error")(mlp.theta)
    return Stop(
        "And if it is wrong?",
        "A student forgets σ′ on the way down. The wrong gradient is compared with what each classical slip gives:",
        str(diagnose(right, (dW, db), mlp, X, Y, "half_squared_error")),
    )


def _training() -> Stop:
    data = moons(rng=0)
    network = MLP(2, [16, 1], "tanh", "logistic", rng=0)
    history = fit(
        network, data.X, data.labels, loss="binary_cross_entropy", epochs=60, route="replay", progress=False, rng=0
    )
    share = accuracy(predict(network, data.X), data.labels[:, None].astype(float), "binary_cross_entropy")
    return Stop(
        "It learns",
        "A network of scalars, trained by its replay on 400 points of two moons, 60 epochs:",
        f"E {history.E[0]:.4f} → {history.E[-1]:.4f}, {share:.1%} of the points on the right side",
    )


PICTURES = (
    "graph.svg      every number of the network, with its gradient",
    "network.svg    the network as a textbook draws it",
    "backprop.svg   one δ, and all that it is the sum of",
    "backprop.html  the forward and the backward pass, step by step: open it in a browser",
)


def pictures(folder: Path) -> None:
    """Write the tour's pictures and the player to a folder."""
    from ..drawing import draw_backprop, draw_graph, draw_network, play

    mlp = MLP(2, [2, 1], "tanh", rng=1)
    trace: Trace = mlp.trace([0.5, -1.0])
    E = half_squared_error([1.0], trace.a[-1])
    E.label = "E"
    E.backward()
    draw_graph(E).save(folder / "graph.svg")
    draw_network(trace).save(folder / "network.svg")
    draw_backprop(trace, 1, 1).save(folder / "backprop.svg")
    play(E).save(folder / "backprop.html")


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "tour",
        run,
        "two minutes that show what there is; without any command, this",
        "From one derivative to a trained network, with pictures and a page that plays backpropagation.",
    )
    add_folder(command, "pictures")


def run(arguments: argparse.Namespace) -> int:
    """Print the stations one after the other, and write the pictures."""
    refuse_taken_in(arguments.out, [line.split()[0] for line in PICTURES], arguments.overwrite)
    for number, stop in enumerate(stops(), start=1):
        say(f"{number}. {stop.heading}\n")
        say(prose(stop.words) + "\n")
        say(textwrap.indent(stop.said, "    ") + "\n")
        _wait()
    with folder_for(arguments.out, "tour") as folder:
        pictures(folder)
    say(f"To see it, open what is now in {folder}:\n")
    say(textwrap.indent("\n".join(PICTURES), "    "))
    say("\n" + prose("Next: tinygrad-scalar train digits, tinygrad-scalar --help, and the course in demos/."))
    return 0


def _wait() -> None:
    """Wait for Enter where somebody sits at a terminal."""
    if sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty():
        with suppress(EOFError):  # Ctrl-D goes on, too
            input("    ⏎ ")
        say()
