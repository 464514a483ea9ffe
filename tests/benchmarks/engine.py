"""The eager engine against micrograd: one step of micrograd's demo, and bytes per node.

The two sides run in turn in one process; agreement of the gradients is checked before anything is timed.
"""

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from micrograd.engine import Value as MicroValue
from micrograd.nn import MLP as MicroMLP

from tinygrad_scalar import MLP, Value, pause_gc, total
from tinygrad_scalar.data import moons


def demo(n: int = 100) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """micrograd's demo step, theirs and ours: n moons, MLP(2, [16, 16, 1]), relu, max-margin and L2, E and gradient."""
    random.seed(1337)
    data = moons(n, rng=0)
    X, y = data.X.tolist(), [2 * label - 1 for label in data.labels.tolist()]
    theirs = MicroMLP(2, [16, 16, 1])
    ours = MLP(2, [16, 16, 1], "relu")
    for theirs_layer, our_layer in zip(theirs.layers, ours.layers, strict=True):
        for micro, neuron in zip(theirs_layer.neurons, our_layer.neurons, strict=True):
            for w, v in zip(micro.w, neuron.w, strict=True):
                v.data = w.data
            neuron.b.data = float(micro.b.data)

    def step_of_micrograd() -> tuple[float, list[float]]:
        scores = [theirs(list(map(MicroValue, x))) for x in X]
        losses = [(1 + -y_m * score).relu() for y_m, score in zip(y, scores, strict=True)]
        E = sum(losses) * (1.0 / n) + 1e-4 * sum(p * p for p in theirs.parameters())
        theirs.zero_grad()
        E.backward()
        grads = [w.grad for layer in theirs.layers for neuron in layer.neurons for w in neuron.w]
        return E.data, sorted(grads + [neuron.b.grad for layer in theirs.layers for neuron in layer.neurons])

    @pause_gc()  # as the library's own loops do
    def step_of_ours() -> tuple[float, list[float]]:
        scores = [ours(map(Value, x))[0] for x in X]
        losses = [(1 + -y_m * score).relu() for y_m, score in zip(y, scores, strict=True)]
        E = total(losses) * (1.0 / n) + 1e-4 * total([p * p for p in ours.parameters()])
        ours.zero_grad()
        E.backward()
        return E.data, sorted(p.grad for p in ours.parameters())

    return step_of_micrograd, step_of_ours


def paired_ratio(slow: Callable[[], Any], fast: Callable[[], Any], pairs: int) -> tuple[float, list[float]]:
    """The median of slow/fast over pairs of runs, and all ratios.

    A training loop repeats its step, so each side makes three steps in a row and the last two count: what one step
    leaves to the cyclic collector, the next one pays for. Between the sides the heap is cleaned.
    """
    ratios = []
    for _ in range(pairs):
        times = []
        for run in (slow, fast):
            gc.collect()
            run()
            start = time.perf_counter()
            run()
            run()
            times.append(time.perf_counter() - start)
        ratios.append(times[0] / times[1])
    return statistics.median(ratios), ratios


def demo_speed(pairs: int = 5, n: int = 100) -> tuple[float, list[float]]:
    """How many times faster than micrograd the demo step is."""
    theirs, ours = demo(n)
    (E, g), (E_ours, g_ours) = theirs(), ours()
    assert abs(E - E_ours) < 1e-12
    assert max(abs(a - b) for a, b in zip(g, g_ours, strict=True)) < 1e-12
    return paired_ratio(theirs, ours, pairs)


def chain(make: Any, step: Callable[[Any, Any], Any], n: int) -> Callable[[], int]:
    """A chain of n nodes, built and differentiated; returns n."""

    def run() -> int:
        x = make(0.5)
        y = x
        for _ in range(n):
            y = step(y, x)
        y.backward()
        return n

    return run


def network_graph(n: int) -> Callable[[], int]:
    """MLP(2, [16, 16, 1]) on n examples, built and differentiated; returns the number of nodes."""
    mlp, data = MLP(2, [16, 16, 1], "relu", rng=0), moons(n, rng=0).X.tolist()

    def run() -> int:
        total([mlp(x)[0] for x in data]).backward()
        return n * (2 + 2 * (2 * 16 + 16 * 16 + 16) - (2 * 16 + 16 * 16 + 16) + 33 + 32) + 1

    return run


def peak_bytes_per_node(run: Callable[[], int]) -> float:
    """The peak of memory while a graph is built and differentiated, per node."""
    gc.collect()
    tracemalloc.start()
    try:
        nodes = run()
        return tracemalloc.get_traced_memory()[1] / nodes
    finally:
        tracemalloc.stop()


GRAPHS: dict[str, Callable[[int], Callable[[], int]]] = {
    "y + x": lambda n: chain(Value, lambda y, x: y + x, n),
    "y × x": lambda n: chain(Value, lambda y, x: y * x, n),
    "tanh y": lambda n: chain(Value, lambda y, x: y.tanh(), n),
    "MLP(2, [16, 16, 1])": lambda n: network_graph(n // 400),
}
