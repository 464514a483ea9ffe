"""Run all benchmarks and print their ratios: `python -m tests.benchmarks`."""

import gc
import platform
import sys
from importlib.metadata import version

import numpy as np

from . import replay
from .curvature import gauss_newton_cost, hvp_cost
from .engine import GRAPHS, MicroValue, chain, demo_speed, peak_bytes_per_node
from .idbd import RELEVANT, fixed_steps, idbd


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
    print(f"  micrograd, y + x{'':6}{peak_bytes_per_node(chain(MicroValue, lambda y, x: y + x, 5_000)):6.0f}")
    print("\nsecond derivatives, digits 1797 × MLP(64, [32, 10]), matrix route: cost in gradients")
    for name, cost in (("Hessian · v", hvp_cost), ("Gauss–Newton · v", gauss_newton_cost)):
        median, ratios = cost()
        print(f"  {name:18}{median:5.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")
    sizes = [0.01, 0.02, 0.03, 0.035, 0.04, 0.05, 0.06]
    fixed, (error, alpha) = fixed_steps(0, sizes), idbd(0)
    print("\nSutton's first experiment: mean squared error, and step sizes at the end")
    print(f"  best fixed step         {fixed.min():5.2f}   {sizes[fixed.argmin()]}")
    print(
        f"  IDBD                    {error:5.2f}   relevant {alpha[:RELEVANT].mean():.3f}, others {alpha[RELEVANT:].mean():.4f}"
    )
    print()
    replay.report()


if __name__ == "__main__":
    main()
