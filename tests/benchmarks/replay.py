"""The replay against NumPy tuned by hand: micrograd's demo, the digits, random graphs; and what recording costs.

Each work checks first that both sides give one gradient. Run with one thread: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_scalar import MLP, Value, losses, total
from tinygrad_scalar.data import digits, moons
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.replay import Replay, record

from .tuned import TunedMLP, max_margin, softmax_cross_entropy

Step = Callable[[], Any]


def seconds(step: Step, repeats: int) -> float:
    """The time of one step, in a loop."""
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats


def ratio(slow: Step, fast: Step, pairs: int, repeats: int) -> float:
    """How many times longer `slow` takes, the median over pairs measured in turn."""
    slow(), fast()
    return statistics.median(seconds(slow, repeats) / seconds(fast, repeats) for _ in range(pairs))


def moons_steps(n: int = 100) -> tuple[Step, Step]:
    """micrograd's demo, replayed and tuned: n moons, MLP(2, [16, 16, 1]), relu, max-margin + L2 on all parameters."""
    data, mlp = moons(n, rng=0), MLP(2, [16, 16, 1], "relu", rng=0)
    y = 2.0 * data.labels - 1.0
    V = np.vstack([data.X.T, y])
    parameters = mlp.parameters()

    def f(v: list[Value]) -> Value:
        return losses.max_margin(v[2:], mlp(v[:2])) + 1e-4 * total([p * p for p in parameters])

    replay, theta = record(f, V[:, 0], parameters), mlp.theta
    on_batch = replay.on(V)  # its own copy; the tuned side holds the batch as well
    net = TunedMLP([2, 16, 16, 1], V[:2])
    return lambda: on_batch(theta), _same(replay, V, mlp, net, max_margin(net, V[2:], 1e-4))


def digits_steps() -> tuple[Step, Step]:
    """The digits, replayed and tuned: 1797 × MLP(64, [32, 10]), relu, softmax, cross-entropy, the full gradient."""
    data, mlp = digits(), MLP(64, [32, 10], "relu", "softmax", rng=0)
    X, Y = data.X.T / 16.0, np.eye(10)[data.labels].T
    V = np.vstack([X, Y])
    replay = record(lambda v: losses.cross_entropy.of_z(v[64:], mlp.trace(v[:64]).z[-1]), V[:, 0], mlp.parameters())
    net, theta, on_batch = TunedMLP([64, 32, 10], np.ascontiguousarray(X)), mlp.theta, replay.on(V)
    return lambda: on_batch(theta), _same(replay, V, mlp, net, softmax_cross_entropy(net, np.ascontiguousarray(Y)))


def _same(replay: Replay, V: Any, mlp: MLP, net: TunedMLP, step: Callable[[], Any]) -> Step:
    matrix = MatrixMLP.from_scalar(mlp)
    net.load(matrix.W[1:], matrix.b[1:])
    (E, _), (found, gradient) = step(), replay(V)
    np.testing.assert_allclose(found, E, rtol=1e-12)
    np.testing.assert_allclose(gradient, net.unload(), rtol=1e-9, atol=1e-14)
    return step


def random_function(n: int, n_inputs: int = 10, seed: int = 0) -> Callable[[list[Value]], Value]:
    """A function of n nodes: each is +, × or tanh of earlier ones; the result adds up all that nothing else uses."""
    draw = random.Random(seed).random
    picks, used, size = [], set(), n_inputs
    while size < n + n_inputs - 1:
        kind, a, b = int(3 * draw()), int(size * draw()), int(size * draw())
        picks.append((kind, a, b))
        used |= {a} if kind == 2 else {a, b}
        size += 1
    loose = [i for i in range(size) if i not in used]

    def f(x: list[Value]) -> Value:
        v = list(x)
        for kind, a, b in picks:
            v.append(v[a] + v[b] if kind == 0 else v[a] * v[b] if kind == 1 else v[a].tanh())
        return total([v[i] for i in loose])  # type: ignore[no-any-return]

    return f


@dataclass
class GraphCosts:
    """Nanoseconds a node (and example): building eagerly, recording, and forward and backward by each way."""

    build: float
    record: float
    eager: float
    one: float
    many: float


def random_graph(n: int = 100_000, examples: int = 100, repeats: int = 5) -> GraphCosts:
    """What a random graph of n nodes costs."""
    f, X = random_function(n), np.random.default_rng(0).normal(0.0, 0.5, size=(10, examples))
    with_gc = gc.isenabled()
    gc.disable()
    build, recorded, eager = [], [], []
    for _ in range(3):
        start = time.perf_counter()
        inputs = [Value(x) for x in X[:, 0]]
        result = f(inputs)
        build.append(time.perf_counter() - start)
        result.backward()
        eager.append(time.perf_counter() - start)
        start = time.perf_counter()
        replay = record(f, X[:, 0])
        recorded.append(time.perf_counter() - start)
    if with_gc:
        gc.enable()
    E, _, dX = replay(X[:, :1], inputs=True)
    np.testing.assert_allclose(E, result.data, rtol=1e-10)
    np.testing.assert_allclose(dX[:, 0], [x.grad for x in inputs], rtol=1e-9)
    replay(X, inputs=True)
    one = min(seconds(lambda: replay(X[:, :1], inputs=True), repeats) for _ in range(3))
    many = min(seconds(lambda: replay(X, inputs=True), max(repeats // 3, 1)) for _ in range(3))
    return GraphCosts(*(1e9 * t / n for t in (min(build), min(recorded), min(eager), one, many / examples)))


def record_wide() -> float:
    """The seconds to record MLP(784, [30, 10]) with its loss: about 48,000 nodes."""
    mlp = MLP(784, [30, 10], "relu", "softmax", rng=0)
    start = time.perf_counter()
    record(lambda v: losses.cross_entropy.of_z(v[784:], mlp.trace(v[:784]).z[-1]), [0.5] * 794, mlp.parameters())
    return time.perf_counter() - start


def report() -> None:
    """Print the figures."""
    print(f"moons:  replay : tuned NumPy {ratio(*moons_steps(), pairs=15, repeats=200):.2f}")
    print(f"digits: replay : tuned NumPy {ratio(*digits_steps(), pairs=15, repeats=20):.2f}")
    print(f"MLP(784, [30, 10]) recorded in {record_wide():.2f} s")
    g = random_graph()
    print(
        f"random graph, ns a node: built {g.build:.0f}, recorded {g.record:.0f}; forward and backward "
        f"{g.eager:.0f} eagerly with the building, {g.one:.1f} replayed, {g.many:.1f} a node and example for 100"
    )


if __name__ == "__main__":
    report()
