"""A chain has nothing to put side by side: it runs as a strand, of any length."""

import sys

import numpy as np
import pytest

from tests.helpers.replays import assert_same, steps
from tinygrad_scalar import Value, maximum, tanh, total, where
from tinygrad_scalar.replay import record
from tinygrad_scalar.replay.schedule import Strand

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("M", [1, 3, 30])
@pytest.mark.parametrize(
    "step",
    [
        lambda y, x, w: tanh(y * w + x),
        lambda y, x, w: maximum(y * 0.9, x) - w * y * 0.1,
        lambda y, x, w: where(y > 0.0, y * w, x),
        lambda y, x, w: tanh(y / (w - w) + x),
    ],
)
def test_a_strand_of_the_graph_is_replayed(step, M):
    w = Value(0.6)

    def f(x):
        y = x[0]
        for _ in range(40):
            y = step(y, x[1], w)
        return total([y, x[1] * w])

    assert_same(f, RNG.normal(size=(2, M)), [w])
    assert steps(f, 2, [w], Strand)
    assert_same(lambda x: f([w, w]), RNG.normal(size=(2, M)), [w])  # a strand of columns


def test_nothing_recurses_over_a_long_chain():
    n = 50 * sys.getrecursionlimit()
    w = Value(1.0 - 1e-6)

    def f(x):
        y = x[0]
        for _ in range(n):
            y = y * w
        return y

    replay = record(f, [2.0], [w])
    E, gradient = replay([[2.0]])
    assert E == pytest.approx(2.0 * w.data**n, rel=1e-10)
    assert gradient[0] == pytest.approx(2.0 * n * w.data ** (n - 1), rel=1e-10)


def test_a_long_sum_made_of_pairs_is_one_level():
    w = Value(0.5)
    assert len(steps(lambda x: sum([tanh(w * x[0]) * float(i) for i in range(3000)]), 1, [w])) < 10
