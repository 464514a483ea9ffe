"""micrograd beside our eager engine on micrograd's demo, each in processes of its own, and what the collector takes.

In one process the graphs that one engine leaves behind are searched at the other's expense. `python -m tests.benchmarks.apart`
prints what a few processes of each, started in turn, measured.
"""

import gc
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from . import ours, scalars
from .contest import clock
from .works import Network, Step, moons_network

ENGINES: dict[str, Callable[[Network], Step]] = {"eager": ours.eager, "micrograd": scalars.micrograd}
ENOUGH = 3.0  # seconds of steps in a process, after one that does not count


class Cost(NamedTuple):
    """Seconds of a step, and the part of them that Python's cyclic collector took."""

    seconds: float
    collector: float


class Duel(NamedTuple):
    """What processes started in turn measured: a pair a round."""

    eager: list[Cost]
    micrograd: list[Cost]

    @property
    def ratios(self) -> list[float]:
        """How many times our time micrograd took, round by round."""
        return [theirs.seconds / own.seconds for theirs, own in zip(self.micrograd, self.eager, strict=True)]

    def __str__(self) -> str:
        ratios = self.ratios
        shares = [statistics.median(cost.collector for cost in costs) for costs in (self.micrograd, self.eager)]
        without = statistics.median(
            theirs.seconds * (1.0 - theirs.collector) / (own.seconds * (1.0 - own.collector))
            for theirs, own in zip(self.micrograd, self.eager, strict=True)
        )
        return (
            f"moons, each engine in {len(ratios)} processes of its own: micrograd takes {min(ratios):.0f} to {max(ratios):.0f} "
            f"times as long as our eager engine, median {statistics.median(ratios):.1f}; the cyclic collector's share is "
            f"{shares[0]:.0%} of micrograd's time and {shares[1]:.0%} of ours; without it the median is {without:.1f}"
        )


def duel(examples: int = 100, rounds: int = 5) -> Duel:
    """Both engines in turn, each time in a new process."""
    costs: dict[str, list[Cost]] = {name: [] for name in ENGINES}
    for _ in range(rounds):
        for name, own in costs.items():
            own.append(in_a_process(name, examples))
    return Duel(**costs)


def in_a_process(name: str, examples: int) -> Cost:
    """Measured by a fresh interpreter."""
    command = [sys.executable, "-m", "tests.benchmarks.apart", name, str(examples)]
    run = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=True)
    return Cost(*json.loads(run.stdout))


def measure(step: Step) -> Cost:
    """Steps until it is enough, as a training loop takes them."""
    step()
    with collecting() as spent:
        start, steps = clock(), 0
        while (taken := clock() - start) < ENOUGH:
            step()
            steps += 1
    return Cost(taken / steps, spent[0] / taken)


@contextmanager
def collecting() -> Iterator[list[float]]:
    """One number, to which the seconds are added that the collector takes."""
    spent, since = [0.0], [0.0]

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            since[0] = clock()
        else:
            spent[0] += clock() - since[0]

    gc.callbacks.append(watch)
    try:
        yield spent
    finally:
        gc.callbacks.remove(watch)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(ENGINES[sys.argv[1]](moons_network(int(sys.argv[2]))))))
    else:
        print(duel())
