"""The three routes of this package: eager, replay, matrix."""

from collections.abc import Callable
from operator import methodcaller
from typing import Any

import numpy as np

from tinygrad_scalar import Value, logsumexp, losses, pause_gc, total
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.replay import Replay, record

from .shared import Shared
from .works import Answer, Array, Network, Operations, ScalarGraph, Step

OPERATIONS = Operations(total, *map(methodcaller, ("tanh", "relu", "exp", "log")), logsumexp)


def eager(work: Network) -> Step:
    """A graph for the whole batch, built and differentiated anew at each step, as a student would write it."""
    mlp, X, Y = work.scalar(), work.X.T.tolist(), work.Y.T.tolist()

    @pause_gc()  # as the library's own loops do
    def step() -> Answer:
        each = []
        for x, y in zip(X, Y, strict=True):
            if work.margin:
                each.append((1 + -y[0] * mlp(map(Value, x))[0]).relu())
            else:
                each.append(losses.cross_entropy.of_z(y, mlp.trace(map(Value, x)).z[-1]))  # type: ignore[attr-defined]
        parameters = mlp.parameters()
        E = total(each) * (1.0 / len(X))
        if work.decay:
            E = E + work.decay * total([p * p for p in parameters])
        mlp.zero_grad()
        E.backward()
        return E.data, [p.grad for p in parameters]

    return step


def recorded(work: Network) -> tuple[Replay, Array]:
    """The recording of a network's loss, and the batch it runs on."""
    mlp, d = work.scalar(), work.sizes[0]
    parameters = mlp.parameters()
    V = np.vstack([work.X, work.Y])

    def f(v: list[Value]) -> Value:
        if work.margin:
            loss = losses.max_margin(v[d:], mlp(v[:d]))
        else:
            loss = losses.cross_entropy.of_z(v[d:], mlp.trace(v[:d]).z[-1])  # type: ignore[attr-defined]
        return loss + work.decay * total([p * p for p in parameters]) if work.decay else loss  # type: ignore[no-any-return]

    return record(f, V[:, 0].tolist(), parameters), V


def replay(work: Network) -> Step:
    """The graph of one example, recorded and run for the batch."""
    program, V = recorded(work)
    on_batch = program.on(V)  # its own copy, made once: the others hold their data as well
    return lambda: on_batch(work.theta)


def shared(work: Shared) -> Step:
    """The graph of one example of a work that shares its weights, recorded and run for the batch."""
    parameters = [*map(Value, work.theta)]
    theta = np.array(parameters)
    program = record(lambda x: work.loss(OPERATIONS, theta, np.array(x)), work.X[:, 0], parameters)
    on_batch = program.on(work.X)
    return lambda: on_batch(work.theta)


def matrix(work: Network) -> Step:
    """The δ equations."""
    network, loss = MatrixMLP.from_scalar(work.scalar()), "max_margin" if work.margin else "cross_entropy"

    def step() -> Answer:
        E, dW, db = network.gradients(work.X, work.Y, loss)
        gradient = network.flat(dW, db)
        if work.decay:
            return E + work.decay * (work.theta @ work.theta), gradient + 2.0 * work.decay * work.theta
        return E, gradient

    return step


# Graphs of scalars: building one gives a function from points to numbers and derivatives.


def build_eager(graph: ScalarGraph) -> Callable[[Array], Answer]:
    """Built anew for each point."""

    @pause_gc()
    def run(X: Array) -> Answer:
        answers = []
        for x in X.T.tolist():
            inputs = [*map(Value, x)]
            result = graph.f(OPERATIONS, inputs)
            result.backward()
            answers.append((result.data, [v.grad for v in inputs]))
        return np.array([y for y, _ in answers]), np.array([g for _, g in answers]).T

    with pause_gc():
        graph.f(OPERATIONS, [*map(Value, graph.X[:, 0].tolist())])
    return run


def build_replay(graph: ScalarGraph) -> Callable[[Array], Answer]:
    """Recorded once."""
    program = record(lambda x: graph.f(OPERATIONS, x), graph.X[:, 0].tolist())

    def run(X: Array) -> tuple[Any, Any]:
        E, _, dX = program(X, inputs=True)
        return E, dX

    return run
