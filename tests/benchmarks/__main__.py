"""Run all benchmarks and print their ratios: `python -m tests.benchmarks`."""

import gc
import platform
import sys
from importlib.metadata import version

import numpy as np

from . import replay
from .engine import GRAPHS, MicroValue, chain, demo_speed, peak_bytes_per_node


def main() -> None:
    """Print one table."""
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"Python {python}, NumPy {np.__version__}, micrograd {version('micrograd')}, {platform.machine()}\n")
    median, ratios = demo_speed(pairs=7)
    print("micrograd's demo: 100 moons, MLP(2, [16, 16, 1]), relu, max-margin + L2, one forward and backward pass")
    print(f"  times faster than micrograd: median {median:.1f}, from {min(ratios):.1f} to {max(ratios):.1f}")
    gc.disable()
    print(f"  the same with the cyclic collector off on both sides: {demo_speed(pairs=3)[0]:.1f}\n")
    gc.enable()
    print("peak memory while a graph is built and differentiated, bytes per node")
    for name, graph in GRAPHS.items():
        print(f"  {name:22}{peak_bytes_per_node(graph(200_000)):6.0f}")
    sys.setrecursionlimit(100_000)  # micrograd recurses over its graph
    print(f"  micrograd, y + x{'':6}{peak_bytes_per_node(chain(MicroValue, lambda y, x: y + x, 5_000)):6.0f}\n")
    replay.report()


if __name__ == "__main__":
    main()
