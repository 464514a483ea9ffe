"""What was aimed at, what was measured, and whether it is met."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

from tinygrad_scalar import MLP, losses
from tinygrad_scalar.replay import record

from . import arrays, ours
from .apart import Duel
from .contest import paired, seconds
from .drawing import drawn, network_graph
from .memory import GRAPHS, peak_bytes_per_node
from .report import Results
from .shared import gpt
from .works import Network


class Goal(NamedTuple):
    """A figure with its bound, a largest one or a least one."""

    what: str
    measured: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether it is on the right side."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def __str__(self) -> str:
        side = "≥" if self.at_least else "≤"
        return f"| {self.what} | {self.measured:.3g} | {side} {self.bound:g} | {'yes' if self.met else 'NO'} |"


def from_table(results: Results) -> Iterator[Goal]:
    """Those that the table of results answers."""
    for work, bound in (("moons", 1.4), ("digits", 1.1)):
        yield Goal(f"{work}: replay, times tuned NumPy", 1.0 / results[work]["tuned NumPy"].ratio, bound)
        for rival in ("JAX jit", "PyTorch tensors", "CasADi map", "ddx-ad, LLVM"):
            if rival in results[work]:
                yield Goal(f"{work}: {rival}, times replay", results[work][rival].ratio, 1.0, at_least=True)
    for column, what, unit, bound in (
        ("random graph, build", "random graph: recording, µs a node", 1e6, 3.0),
        ("random graph, 1", "random graph: replay at one point, ns a node", 1e9, 18.0),
        ("random graph, 100", "random graph: replay at 100 points, ns a node and point", 1e9, 11.0),
    ):
        yield Goal(what, results[column]["replay"].seconds * unit, bound)
    if "ddx-ad, LLVM" in results["random graph, 100"]:
        times = results["random graph, 100"]["ddx-ad, LLVM"].ratio
        yield Goal("random graph, 100 points: ddx-ad, times replay", times, 1.0, at_least=True)
    yield Goal("deep chain: replay, ns a node", results["deep chain, 1"]["replay"].seconds * 1e9, 250.0)
    usual = results["GPT, 1"]["usual scalar engine"].ratio
    yield Goal("GPT, one name: usual scalar engine, times replay", usual, 300.0, at_least=True)
    for names, bound in ((1, 1.0), (64, 1.3)):
        if "JAX jit" in results[f"GPT, {names}"]:
            times = 1.0 / results[f"GPT, {names}"]["JAX jit"].ratio
            yield Goal(f"GPT, names a step {names}: replay, times JAX jit", times, bound)
    yield Goal("deep chain: replay, times eager", 1.0 / results["deep chain, 1"]["eager"].ratio, 1.5)


def duels(moons: Network, digits: Network, pairs: int, micrograd: Duel | None) -> Iterator[Goal]:
    """Those that need two others side by side."""
    if micrograd:
        times = statistics.median(micrograd.ratios)
        yield Goal("moons: micrograd, times our eager engine, apart", times, 25.0, at_least=True)
    for work in (moons, digits):
        times = paired(ours.matrix(work), arrays.plain(work), pairs).ratio
        yield Goal(f"{work.name}: matrix path, times plain NumPy", times, 1.0)


def others(quick: bool) -> Iterator[Goal]:
    """Those that stand for themselves; in a smoke run of small pictures, and of one import."""
    yield Goal("import tinygrad_scalar after numpy, ms", 1e3 * import_seconds(1 if quick else 9), 30.0)
    yield Goal("recording MLP(784, [30, 10]), s", record_wide(), 2.0)
    yield Goal("recording the GPT, s", seconds(lambda: ours.shared(gpt(1)), 1), 0.3)
    for inputs, width, bound in ((4, 4, 1.5), (6, 6, 2.0)) if quick else ((15, 15, 1.5), (36, 34, 2.0)):
        picture = drawn(network_graph(inputs, width), 1 if quick else 3)
        what = f"network of {picture.nodes:,} nodes drawn node by node, times dot alone ({picture.dot:.2f} s of CPU)"
        yield Goal(what, picture.ratio, bound)
    yield Goal("bytes per node at the peak, y + x", peak_bytes_per_node(GRAPHS["y + x"](50_000)), 300.0)


def import_seconds(times: int) -> float:
    """What `import tinygrad_scalar` costs when NumPy is there: the median over fresh processes, the first one apart."""
    code = (
        "from time import process_time as clock; import numpy; t = clock(); import tinygrad_scalar; print(clock() - t)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder  # the first run compiles
        runs = [
            subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
            for _ in range(times + 1)
        ]
    return statistics.median(float(run.stdout) for run in runs[1:])


def record_wide() -> float:
    """The seconds to record MLP(784, [30, 10]) with its loss: about 48,000 nodes."""
    mlp = MLP(784, [30, 10], "relu", "softmax", rng=0)
    loss = losses.cross_entropy.of_z  # type: ignore[attr-defined]
    return seconds(lambda: record(lambda v: loss(v[784:], mlp.trace(v[:784]).z[-1]), [0.5] * 794, mlp.parameters()), 1)
