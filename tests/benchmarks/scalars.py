"""Contestants that work by scalars: micrograd, XAD's tape in C++, CasADi, ddx; and PyTorch where it is used so."""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .works import Answer, Array, Network, Operations, ScalarGraph, Step, by_pairs

Run = Callable[[Array], Answer]


def _each(X: Array, one: Callable[[list[float]], tuple[float, list[float]]]) -> Answer:
    """For engines that build a graph anew for each point."""
    answers = [one(x) for x in X.T.tolist()]
    return np.array([y for y, _ in answers]), np.array([g for _, g in answers]).T


# micrograd. It has no tanh, exp and log; these are added in its own way.


def _micrograd() -> Operations:
    from micrograd.engine import Value

    def unary(value: Callable[[float], float], slope: Callable[[float, float], float]) -> Callable[[Any], Any]:
        def function(x: Any) -> Any:
            out = Value(value(x.data), (x,), value.__name__)

            def _backward() -> None:
                x.grad += slope(x.data, out.data) * out.grad

            out._backward = _backward
            return out

        return function

    return Operations(
        by_pairs,
        unary(math.tanh, lambda x, y: 1.0 - y * y),
        Value.relu,
        unary(math.exp, lambda x, y: y),
        unary(math.log, lambda x, y: 1.0 / x),
    )


def micrograd(work: Network) -> Step:
    """Its own MLP and, on the moons, its demo as it is shipped."""
    from micrograd.engine import Value
    from micrograd.nn import MLP

    mlp, ops, X, Y = MLP(work.sizes[0], work.sizes[1:]), _micrograd(), work.X.T.tolist(), work.Y.T.tolist()
    for layer, (W, b) in zip(mlp.layers, work.matrices(), strict=True):
        for neuron, w_i, b_i in zip(layer.neurons, W.tolist(), b.tolist(), strict=True):
            neuron.b.data = b_i
            for w, number in zip(neuron.w, w_i, strict=True):
                w.data = number

    def step() -> Answer:
        scores = [mlp(list(map(Value, x))) for x in X]
        if work.margin:
            losses = [(1 + -y[0] * score).relu() for y, score in zip(Y, scores, strict=True)]
        else:
            losses = [work.loss(ops, z, y) for z, y in zip(scores, Y, strict=True)]
        E = sum(losses) * (1.0 / len(losses))
        if work.decay:
            E = E + work.decay * sum(p * p for p in mlp.parameters())
        mlp.zero_grad()
        E.backward()
        dW = [[[w.grad for w in neuron.w] for neuron in layer.neurons] for layer in mlp.layers]
        return E.data, work.flat(dW, [[neuron.b.grad for neuron in layer.neurons] for layer in mlp.layers])

    return step


def build_micrograd(graph: ScalarGraph) -> Run:
    """micrograd, anew for each point."""
    from micrograd.engine import Value

    ops = _micrograd()
    sys.setrecursionlimit(1_000_000)  # it recurses over its graph

    def one(x: list[float]) -> tuple[float, list[float]]:
        inputs = [*map(Value, x)]
        result = graph.f(ops, inputs)
        result.backward()
        return result.data, [v.grad for v in inputs]

    graph.f(ops, [*map(Value, graph.X[:, 0].tolist())])
    return lambda X: _each(X, one)


# XAD: a tape in C++, driven from Python.


def _xad() -> Operations:
    from xad import math as xad_math

    return Operations(by_pairs, xad_math.tanh, lambda x: x if x > 0.0 else 0.0 * x, xad_math.exp, xad_math.log)


def _taped(f: Callable[[list[Any]], Any], numbers: list[float]) -> tuple[float, list[float]]:
    from xad.adj_1st import Real, Tape

    with Tape() as tape:
        inputs = [*map(Real, numbers)]
        for v in inputs:
            tape.registerInput(v)
        tape.newRecording()
        result = f(inputs)
        tape.registerOutput(result)
        result.derivative = 1.0
        tape.computeAdjoints()
        return result.value, [v.derivative for v in inputs]


def xad(work: Network) -> Step:
    """One tape for the batch."""
    ops, X, Y, numbers = _xad(), work.X.T.tolist(), work.Y.T.tolist(), work.theta.tolist()

    def E(theta: list[Any]) -> Any:
        each = by_pairs([work.example(ops, theta, x, y) for x, y in zip(X, Y, strict=True)]) * (1.0 / len(X))
        return each + work.decay * by_pairs([p * p for p in theta]) if work.decay else each

    return lambda: _taped(E, numbers)


def build_xad(graph: ScalarGraph) -> Run:
    """XAD, anew for each point."""
    from xad.adj_1st import Real, Tape

    ops = _xad()
    with Tape() as tape:
        inputs = [*map(Real, graph.X[:, 0].tolist())]
        for v in inputs:
            tape.registerInput(v)
        tape.newRecording()
        graph.f(ops, inputs)
    return lambda X: _each(X, lambda x: _taped(lambda v: graph.f(ops, v), x))


# CasADi: a graph of scalars, mapped over the examples in C++.


def _casadi() -> Operations:
    import casadi as ca

    return Operations(by_pairs, ca.tanh, lambda x: ca.fmax(x, 0.0), ca.exp, ca.log)


def _buffered(function: Any, arguments: list[Array], shapes: list[tuple[int, ...]]) -> Callable[[], list[Array]]:
    """CasADi's quickest call: arrays in, arrays out, columns in a row."""
    buffer, call = function.buffer()
    inputs = [np.asfortranarray(x) for x in arguments]
    outputs = [np.empty(shape, order="F") for shape in shapes]
    for i, x in enumerate(inputs):
        buffer.set_arg(i, memoryview(x.ravel(order="K")))
    for i, x in enumerate(outputs):
        buffer.set_res(i, memoryview(x.ravel(order="K")))

    def run() -> list[Array]:
        call()
        return outputs

    run.kept = buffer, inputs  # type: ignore[attr-defined]
    return run


def casadi(work: Network) -> Step:
    """CasADi's map, serial: θ shared, E and gradient added up."""
    import casadi as ca

    d, P, n = work.sizes[0], len(work.Y), len(work.theta)
    theta, v = ca.SX.sym("theta", n), ca.SX.sym("v", d + P)
    E = work.example(_casadi(), ca.vertsplit(theta), ca.vertsplit(v[:d]), ca.vertsplit(v[d:]))
    both = ca.Function("both", [theta, v], [E, ca.gradient(E, theta)])
    batch = both.map("batch", "serial", work.M, [0], [0, 1]) if work.M > 1 else both
    run = _buffered(batch, [work.theta, np.vstack([work.X, work.Y])], [(1,), (n,)])

    def step() -> Answer:
        E, gradient = run()
        if work.decay:
            penalty = work.decay * (work.theta @ work.theta)
            return E[0] / work.M + penalty, gradient / work.M + 2.0 * work.decay * work.theta
        return E[0] / work.M, gradient / work.M

    return step


def build_casadi(graph: ScalarGraph) -> Run:
    """CasADi, built once."""
    import casadi as ca

    n = len(graph.X)
    x = ca.SX.sym("x", n)
    y = graph.f(_casadi(), ca.vertsplit(x))
    both = ca.Function("both", [x], [y, ca.gradient(y, x)])
    kept: dict[int, Any] = {}

    def run(X: Array) -> Answer:
        points = X.shape[1]
        if points not in kept:
            kept[points] = _buffered(both.map(points, "serial"), [X], [(1, points), (n, points)])
        value, dX = kept[points]()
        return value[0], dX

    return run


# ddx: a graph of scalars, compiled through LLVM or interpreted.


def _ddx() -> Operations:
    import ddx

    return Operations(by_pairs, ddx.tanh, lambda x: ddx.max(x, 0.0), ddx.exp, ddx.log)


def ddx(work: Network) -> Step:
    """Compiled for the batch; θ is given to every example, the mean is NumPy's."""
    import ddx

    d, P, n, ops = work.sizes[0], len(work.Y), len(work.theta), _ddx()

    def model() -> Any:
        theta = [ddx.var(f"t{i}") for i in range(n)]
        v = [ddx.param(f"v{i}") for i in range(d + P)]
        return work.example(ops, theta, v[:d], v[d:])

    points = np.vstack([np.repeat(work.theta[:, None], work.M, axis=1), work.X, work.Y])
    call = ddx.equation(model).compile(points=work.M).buffer(points)

    def step() -> Answer:
        call.x[:n] = work.theta[:, None]
        call()
        E, gradient = np.mean(call.value), np.reshape(call.jacobian, (n, -1)).mean(axis=1)
        if work.decay:
            return E + work.decay * (work.theta @ work.theta), gradient + 2.0 * work.decay * work.theta
        return E, gradient

    return step


def build_ddx(graph: ScalarGraph) -> Run:
    """Interpreted: a kernel for so many nodes would take minutes to compile."""
    import ddx

    ops, n = _ddx(), len(graph.X)
    equation = ddx.equation(lambda: graph.f(ops, [ddx.var(f"x{i}") for i in range(n)]))
    equation.options = ddx.Options(backend=ddx.Backend.INTERPRET)
    equation.buffer(np.ascontiguousarray(graph.X[:, 0]))()  # the graph of the gradient
    kept: dict[int, Any] = {}

    def run(X: Array) -> Answer:
        points = X.shape[1]
        if points not in kept:
            kept[points] = equation.buffer(np.ascontiguousarray(X))
        kept[points]()
        return np.reshape(kept[points].value, -1), np.reshape(kept[points].jacobian, (n, points))

    return run


# PyTorch with a tensor for each scalar.


def build_torch(graph: ScalarGraph) -> Run:
    """PyTorch, anew for each point."""
    import torch

    torch.set_num_threads(1)
    ops = Operations(lambda v: torch.stack(v).sum(), torch.tanh, torch.relu, torch.exp, torch.log)

    def one(x: list[float]) -> tuple[float, list[float]]:
        inputs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in x]
        result = graph.f(ops, inputs)
        return result.item(), [g.item() for g in torch.autograd.grad(result, inputs)]

    graph.f(ops, [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in graph.X[:, 0].tolist()])
    return lambda X: _each(X, one)
