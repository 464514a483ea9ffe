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


if __name__ == "__main__":
    if any(os.environ.get(name) != "1" for name in THREADS):
        os.environ.update(dict.fromkeys(THREADS, "1"))
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]])
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # some libraries count cores, whatever they are told
    main()
