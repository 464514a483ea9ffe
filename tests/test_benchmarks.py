"""The figures that are claimed, as ratios in one run."""

import pytest

from .benchmarks.engine import GRAPHS, demo_speed, peak_bytes_per_node


def test_the_demo_step_is_at_least_8_times_faster_than_micrograd():
    median, ratios = demo_speed(pairs=3)
    assert median >= 8, ratios


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_node_takes_at_most_300_bytes_at_the_peak(graph):
    assert peak_bytes_per_node(GRAPHS[graph](100_000)) <= 300
