"""Who takes part, and how they are timed: in turn with our replay, in one process, after their gradients were compared."""

import gc
import importlib.metadata
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import arrays, ours, scalars
from .shared import Shared
from .works import Answer, Array, Network, ScalarGraph, Step

ROOT = Path(__file__).parent.parent.parent
BASE = "replay"
# Seconds: a quick step is repeated until a turn takes TURN, one that takes SLOW makes a turn by itself.
TURN, SLOW = 0.02, 0.2
WARM = 60  # turns of a quick step before it is timed: a chain is compiled after 40
ENOUGH = 3.0  # seconds: there are fewer pairs, but three, where all would take longer
LARGE = 4_000_000  # numbers: once an array so large was freed, the C library keeps what smaller ones give back
clock = time.process_time  # of one thread on one core; what else the machine does is not counted


class Contestant(NamedTuple):
    """What takes part: the package it needs, how it makes a step of a network and runs a graph of scalars.

    `shared` makes a step of a work that shares its weights. `share` is how many examples of the digits it is given; the time is multiplied up to all. `batch`: it runs many
    points of a graph at once.
    """

    name: str
    package: str = ""
    network: Callable[[Network], Any] | None = None
    share: int | None = None
    graph: Callable[[ScalarGraph], Any] | None = None
    batch: bool = False
    shared: Callable[[Shared], Step] | None = None
    alone: bool = False  # shared works are timed in a process of its own, see `usual`

    @property
    def version(self) -> str | None:
        """The installed version; "" where none is needed, None where it is missing."""
        try:
            return importlib.metadata.version(self.package) if self.package else ""
        except importlib.metadata.PackageNotFoundError:
            return None


CONTESTANTS = [
    Contestant(BASE, "", ours.replay, None, ours.build_replay, True, ours.shared),
    Contestant("eager", "", ours.eager, 100, ours.build_eager),
    Contestant("matrix", "", ours.matrix),
    Contestant("micrograd", "micrograd", scalars.micrograd, 10, scalars.build_micrograd),
    Contestant("XAD, a tape in C++", "xad", scalars.xad, 100, scalars.build_xad),
    Contestant("CasADi map", "casadi", scalars.casadi, None, scalars.build_casadi, True),
    Contestant("ddx-ad, LLVM", "ddx-ad", scalars.ddx, None, scalars.build_ddx, True),
    Contestant("PyTorch tensors", "torch", arrays.torch_tensors, None, scalars.build_torch),
    Contestant("JAX jit", "jax", arrays.jax_jit, shared=arrays.jax_shared),
    Contestant("plain NumPy", "", arrays.plain),
    Contestant("tuned NumPy", "", arrays.tuned),
    Contestant("usual scalar engine", alone=True),
    Contestant("bare matrix products", "", arrays.products),
]


class Timing(NamedTuple):
    """Seconds of a step (the least), how many times ours it took (the median of pairs), and of how many examples."""

    seconds: float
    ratio: float
    share: int | None = None


def paired(step: Callable[[], Any], base: Callable[[], Any], pairs: int) -> Timing:
    """Time a step and the base in turn.

    A training loop repeats its step: each turn begins with one step that does not count, because what one step leaves
    to the cyclic collector, the next one pays for. All that was there before is kept out of the collector's sight, so
    that nobody pays for the libraries of the others.
    """
    np.empty(LARGE)
    turns = []
    for run in (step, base):
        run()
        once = seconds(run, 1)
        turns.append((run, 1 if once > SLOW else max(2, math.ceil(TURN / once)), once))
    cost = sum(repeats * once for _, repeats, once in turns)
    times: list[list[float]] = [[], []]
    for _ in range(min(pairs, max(3, int(ENOUGH / cost)))):
        for (run, repeats, once), own in zip(turns, times, strict=True):
            gc.collect()
            gc.freeze()
            if once < 10 * SLOW:
                run()
            own.append(seconds(run, repeats))
            gc.unfreeze()
    return Timing(min(times[0]), statistics.median(a / b for a, b in zip(*times, strict=True)))


def seconds(run: Callable[[], Any], repeats: int) -> float:
    """The time of one step, in a loop."""
    start = clock()
    for _ in range(repeats):
        run()
    return (clock() - start) / repeats


def network_step(contestant: Contestant, work: Network) -> Callable[[], Any]:
    """The contestant's step, after its E and gradient were held against ours."""
    assert contestant.network is not None
    made = contestant.network(work)
    step, read = made if isinstance(made, tuple) else (made, _flat)
    if read is not None:
        E, gradient = ours.replay(work)()
        found, theirs = step()
        theirs = read(theirs)
        np.testing.assert_allclose(float(found), E, rtol=1e-9, err_msg=f"E of {contestant.name} on {work.name}")
        np.testing.assert_allclose(
            theirs, gradient, rtol=1e-8, atol=1e-12, err_msg=f"gradient of {contestant.name} on {work.name}"
        )
    return step  # type: ignore[no-any-return]


def _flat(gradient: Any) -> Array:
    parts = gradient if isinstance(gradient, (list, tuple)) else [gradient]
    return np.concatenate([np.ravel(part) for part in parts])


def time_network(work: Network, pairs: int, only: Callable[[Contestant], bool]) -> Iterator[tuple[str, Timing]]:
    """All contestants on a network."""
    base = ours.replay(work)
    for contestant in CONTESTANTS:
        if contestant.network is None or not only(contestant):
            continue
        share = min(contestant.share or work.M, work.M) if work.name == "digits" else work.M
        timing = paired(network_step(contestant, work.first(share)), base, pairs)
        factor = work.M / share
        yield contestant.name, Timing(timing.seconds * factor, timing.ratio * factor, share if factor > 1 else None)


def time_shared(
    work: Shared, pairs: int, only: Callable[[Contestant], bool], repeats: int = 3
) -> Iterator[tuple[str, Timing]]:
    """All contestants on a work that shares its weights; a usual engine on one example, multiplied up to all."""
    base = ours.shared(work)
    for contestant in CONTESTANTS:
        if not only(contestant) or not (contestant.shared or contestant.alone):
            continue
        if contestant.shared:
            step = contestant.shared(work)
            _agrees(contestant, work, step(), base())
            yield contestant.name, paired(step, base, pairs)
        else:
            one = work.first(1)
            answer = _by_usual(one, repeats)
            _agrees(contestant, one, (answer["E"], answer["gradient"]), ours.shared(one)())
            least = paired(base, base, pairs).seconds
            whole = answer["seconds"] * work.M
            yield contestant.name, Timing(whole, whole / least, 1 if work.M > 1 else None)


def _agrees(contestant: Contestant, work: Shared, found: Answer, expected: Answer) -> None:
    where = f"{contestant.name} on {work.name}"
    np.testing.assert_allclose(float(found[0]), expected[0], rtol=1e-9, err_msg=where)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-8, atol=1e-12, err_msg=where)


def _by_usual(work: Shared, repeats: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.usual", work.kind, str(work.M), str(repeats)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def time_graph(
    work: ScalarGraph, pairs: int, only: Callable[[Contestant], bool], points: tuple[int, ...]
) -> Iterator[tuple[str, dict[str, Timing]]]:
    """All contestants on a graph of scalars: building it, and forward and backward at so many points; per node (and
    point)."""
    base = ours.build_replay(work)
    values, dX = base(work.X)
    one = work.X[:, :1]
    at_one = base(one)
    for contestant in CONTESTANTS:
        if contestant.graph is None or not only(contestant):
            continue
        build = contestant.graph
        run, timings = build(work), {}
        _same(contestant, work, run(one), at_one)
        if contestant.batch and work.X.shape[1] > 1:
            _same(contestant, work, run(work.X), (values, dX))
        for m in points:
            X = work.X[:, :m]
            if m == 1 or contestant.batch:
                for step in (run, base):
                    warm(partial(step, X))
                timings[f"{m}"] = _each(paired(partial(run, X), partial(base, X), pairs), m * work.nodes)
        timings["build"] = _each(paired(partial(build, work), partial(ours.build_replay, work), pairs), work.nodes)
        yield contestant.name, timings


def warm(step: Callable[[], Any]) -> None:
    """Run a quick step until whoever compiles what is often run has done so: that is not the time of a step."""
    once = seconds(step, 1)
    for _ in range(WARM if once < SLOW else 0):
        step()


def _same(contestant: Contestant, work: ScalarGraph, found: Any, expected: Any) -> None:
    where = f"{contestant.name} on the {work.name}"
    np.testing.assert_allclose(np.mean(found[0]), np.mean(expected[0]), rtol=1e-9, err_msg=where)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-8, atol=1e-12, err_msg=where)


def _each(timing: Timing, n: int) -> Timing:
    return Timing(timing.seconds / n, timing.ratio)
