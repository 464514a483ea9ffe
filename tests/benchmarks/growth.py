"""How time and memory grow: over the nodes of a graph, the batch, the width of a layer."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_scalar import MLP
from tinygrad_scalar.drawing.plots.canvas import canvas, picture_of
from tinygrad_scalar.drawing.style import BLUE, QUIET, VERMILION

from . import ours
from .contest import seconds
from .memory import peak
from .works import Network, random_graph

GREEN, PURPLE = "#009e73", "#cc79a7"  # Okabe & Ito
COLOURS = {"eager": VERMILION, "recording": GREEN, "replay": BLUE, "matrix": PURPLE}
Curves = dict[str, list[tuple[float, float]]]  # name → points


def best(run: Callable[[], Any]) -> float:
    """The seconds of the best of a few runs, more of them where they are short."""
    times: list[float] = []
    while len(times) < 20 and sum(times) < 0.3:
        times.append(seconds(run, 1))
    return min(times)


def over_nodes(sizes: Sequence[int]) -> tuple[Curves, Curves]:
    """Random graphs: seconds and bytes, forward and backward at one point; recording apart."""
    times: Curves = {"eager": [], "recording": [], "replay": []}
    bytes_: Curves = {"eager": [], "recording": [], "replay": []}
    for n in sizes:
        graph = random_graph(n, points=1)
        runs = {
            "eager": partial(ours.build_eager(graph), graph.X),
            "recording": partial(ours.build_replay, graph),
            "replay": partial(ours.build_replay(graph), graph.X),  # it makes its arrays at the first call
        }
        for name, run in runs.items():
            bytes_[name].append((n, peak(run)[0]))
            times[name].append((n, best(run)))
    return times, bytes_


def over_batch(sizes: Sequence[int]) -> tuple[Curves, Curves]:
    """MLP(64, [32, 10]) on random examples: seconds and bytes of a full gradient."""
    return _networks([(M, 32, M) for M in sizes], {"eager": 300, "replay": None, "matrix": None})


def over_width(widths: Sequence[int], M: int = 256) -> tuple[Curves, Curves]:
    """MLP(64, [width, 10]) on 256 random examples; recording apart. The eager engine takes few of them."""
    return _networks([(w, w, M) for w in widths], {"eager": 4, "recording": None, "replay": None, "matrix": None})


def _networks(works: Sequence[tuple[int, int, int]], routes: dict[str, int | None]) -> tuple[Curves, Curves]:
    times: Curves = {name: [] for name in routes}
    bytes_: Curves = {name: [] for name in routes}
    for at, width, M in works:
        network = random_network(width, M)
        for name, most in routes.items():
            work = network.first(min(M, most or M))
            factor = M / work.M if name == "eager" else 1.0
            run = partial(ours.recorded, work) if name == "recording" else getattr(ours, name)(work)
            bytes_[name].append((at, factor * peak(run)[0]))
            times[name].append((at, factor * best(run)))
    return times, bytes_


def random_network(width: int, M: int) -> Network:
    """MLP(64, [width, 10]) with softmax and cross-entropy on M random examples."""
    rng, sizes = np.random.default_rng(0), [64, width, 10]
    Y = np.eye(10)[rng.integers(10, size=M)].T.copy()
    theta = MLP(64, sizes[1:], "relu", rng=0).theta
    return Network("random", sizes, rng.normal(size=(64, M)), Y, False, 0.0, theta)


def measure(quick: bool) -> dict[str, tuple[Curves, Curves]]:
    """All three."""
    if quick:
        return {"nodes": over_nodes([300, 1000]), "examples": over_batch([10, 30]), "width": over_width([4, 8], M=8)}
    return {
        "nodes": over_nodes([10**3, 10**4, 10**5, 10**6]),
        "examples": over_batch([1, 10, 100, 1000, 10_000]),
        "width": over_width([4, 16, 64, 256]),
    }


def draw(curves: dict[str, tuple[Curves, Curves]], path: Path) -> None:
    """Save the panels: time above, memory below."""
    titles = {
        "nodes": "random graph, one point",
        "examples": "MLP(64, [32, 10]), full gradient",
        "width": "MLP(64, [width, 10]), 256 examples",
    }
    with canvas((12.0, 6.6), grid=(2, len(curves))) as panels:
        for k, (axis, pair) in enumerate(curves.items()):
            above, below = panels[k], panels[len(curves) + k]
            below.sharex(above)
            above.tick_params(labelbottom=False)
            for panel, found, unit in zip((above, below), pair, ("seconds", "bytes"), strict=True):
                _panel(panel, found)
                panel.set_ylabel(unit)
            above.set_title(titles[axis], loc="left", fontsize=12)
            below.set_xlabel(axis)
        note = "eager on networks: extrapolated from 300 examples (middle) and from 4 (right)"
        panels[0].get_figure().supxlabel(note, fontsize=9, color=QUIET, x=0.99, ha="right")
    picture_of(panels, None, path, "how time and memory grow")


def _panel(axes: Any, curves: Curves) -> None:
    from matplotlib.ticker import NullFormatter

    axes.set(xscale="log", yscale="log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    logs = np.log10([y for points in curves.values() for _, y in points])
    line = 0.08 * (logs.max() - logs.min())  # the height of a line of text
    below = -np.inf
    for name, points in sorted(curves.items(), key=lambda item: item[1][-1][1]):
        x, y = zip(*points, strict=True)
        axes.plot(x, y, "o-", color=COLOURS[name], linewidth=1.8, markersize=3.5)
        below = max(np.log10(y[-1]), below + line)  # labels do not overlap
        where = (x[-1], 10**below)
        axes.annotate(name, where, xytext=(6, 0), textcoords="offset points", color=COLOURS[name], va="center")
    axes.grid(color=QUIET, alpha=0.2)
