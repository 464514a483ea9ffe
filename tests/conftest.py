"""What each process of tests has to itself: a core for its products, and a place for what JAX compiles.

Both are variables of the environment, so that what a test starts has them too.
"""

import os
from tempfile import TemporaryDirectory


def pytest_configure(config):
    for library in ("OMP", "OPENBLAS", "MKL"):  # products of several threads would wait for each other's cores
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    compiled = TemporaryDirectory(ignore_cleanup_errors=True)  # no two processes write into one
    config.add_cleanup(compiled.cleanup)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
