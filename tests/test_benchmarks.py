"""The figures that are claimed, as ratios in one run."""

import subprocess
import sys
from pathlib import Path

import pytest

from .benchmarks.curvature import gauss_newton_cost, hvp_cost
from .benchmarks.engine import GRAPHS, peak_bytes_per_node


def test_the_demo_step_is_at_least_8_times_faster_than_micrograd():
    # in a process of its own: the cyclic collector walks whatever else a process has in memory, at our expense too
    code = "from tests.benchmarks.engine import demo_speed; print(demo_speed(pairs=3)[0])"
    root = Path(__file__).parent.parent
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert float(told.stdout) >= 8


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_node_takes_at_most_300_bytes_at_the_peak(graph):
    assert peak_bytes_per_node(GRAPHS[graph](100_000)) <= 300


@pytest.mark.parametrize("cost", [hvp_cost, gauss_newton_cost])
def test_a_curvature_product_costs_at_most_4_gradients(cost):
    median, _ = cost(pairs=9)
    assert median <= 4
