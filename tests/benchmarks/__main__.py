"""Run all benchmarks: `python -m tests.benchmarks`; `--quick` for a smoke run, `--out FOLDER` to say where results go.

Everything is measured in one process, on one core, with one thread, in float64. Rivals that are not installed are left
out, and the table says so; `pip install -e '.[bench,jax]'` brings all of them but PyTorch.
"""

import argparse
import os
import sys
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: list[str] | None = None) -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Benchmarks, as ratios in one run.")
    parser.add_argument("--quick", action="store_true", help="small works, one pair each: a smoke run")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks"), help="folder of the results")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="no contestants but these (and ours)")
    options = parser.parse_args(arguments)
    from . import run  # here and not above: NumPy reads the number of threads when it is imported

    run.run(options.out, options.quick, options.only)
    if not options.quick:
        further()


def further() -> None:
    """What second derivatives cost, and Sutton's first experiment."""
    from .curvature import gauss_newton_cost, hvp_cost
    from .idbd import RELEVANT, fixed_steps, idbd

    print("\nsecond derivatives, digits 1797 × MLP(64, [32, 10]), matrix route: cost in gradients")
    for name, cost in (("Hessian · v", hvp_cost), ("Gauss–Newton · v", gauss_newton_cost)):
        median, ratios = cost()
        print(f"  {name:18}{median:5.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")
    sizes = [0.01, 0.02, 0.03, 0.035, 0.04, 0.05, 0.06]
    fixed, (error, alpha) = fixed_steps(0, sizes), idbd(0)
    relevant, others = alpha[:RELEVANT].mean(), alpha[RELEVANT:].mean()
    print("\nSutton's first experiment: mean squared error, and step sizes at the end")
    print(f"  best fixed step         {fixed.min():5.2f}   {sizes[fixed.argmin()]}")
    print(f"  IDBD                    {error:5.2f}   relevant {relevant:.3f}, others {others:.4f}")


if __name__ == "__main__":
    if any(os.environ.get(name) != "1" for name in THREADS):
        os.environ.update(dict.fromkeys(THREADS, "1"))
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]])
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # some libraries count cores, whatever they are told
    main()
