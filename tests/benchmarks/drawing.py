"""What a picture of a large graph costs, beside what `dot` alone takes for the same graph."""

import statistics
from collections.abc import Callable
from typing import NamedTuple

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import draw_graph
from tinygrad_scalar.drawing.graphs.graph import below, sheet_of
from tinygrad_scalar.drawing.graphs.rendering import lay_out


class Drawn(NamedTuple):
    """Of a graph of so many nodes, CPU seconds of the picture, `dot` included, and of `dot` alone; the ratio."""

    nodes: int
    ours: float
    dot: float
    ratio: float


def network_graph(inputs: int, width: int) -> Value:
    """MLP(inputs, [width, width, 1]) on one example, differentiated."""
    result = MLP(inputs, [width, width, 1], rng=0)([0.1 * k for k in range(inputs)])[0]
    result.backward()
    return result


def drawn(value: Value, pairs: int = 3) -> Drawn:
    """Draw each node, and have `dot` place the same DOT text, in turn: the least of each, the median of the ratios."""
    dot = sheet_of(value, "node").dot()  # what our own picture asks of dot
    ours, alone = [], []
    for _ in range(pairs):
        ours.append(cpu_seconds(lambda: draw_graph(value, "node").svg))
        alone.append(cpu_seconds(lambda: lay_out(dot)))
    ratio = statistics.median(a / b for a, b in zip(ours, alone, strict=True))
    return Drawn(len(below(value)), min(ours), min(alone), ratio)


def cpu_seconds(run: Callable[[], object]) -> float:
    """Of this process and of those that it has waited for."""
    before = _spent()
    run()
    return _spent() - before


def _spent() -> float:
    import resource  # which Windows has not

    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
