"""The peak of memory: of anything, and per node while a graph is built and differentiated."""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

from tinygrad_scalar import MLP, Value, total
from tinygrad_scalar.data import moons


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


def peak(run: Callable[[], Any]) -> tuple[float, Any]:
    """The peak of memory while it runs, in bytes, and what it gives."""
    gc.collect()
    tracemalloc.start()
    try:
        result = run()
        return float(tracemalloc.get_traced_memory()[1]), result
    finally:
        tracemalloc.stop()


def peak_bytes_per_node(run: Callable[[], int]) -> float:
    """The same per node, of what gives their number."""
    total_bytes, nodes = peak(run)
    return total_bytes / nodes


GRAPHS: dict[str, Callable[[int], Callable[[], int]]] = {
    "y + x": lambda n: chain(Value, lambda y, x: y + x, n),
    "y × x": lambda n: chain(Value, lambda y, x: y * x, n),
    "tanh y": lambda n: chain(Value, lambda y, x: y.tanh(), n),
    "MLP(2, [16, 16, 1])": lambda n: network_graph(n // 400),
}
