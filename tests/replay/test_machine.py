"""A batch runs in chunks and in threads, and is the same batch."""

import threading

import numpy as np
import pytest

from tests.helpers.replays import machine_of, small_network
from tinygrad_scalar import MLP
from tinygrad_scalar.replay import record
from tinygrad_scalar.replay.machine import BranchError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("chunk", [1, 2, 7, 30, 31, 64])
def test_chunks_add_up_to_the_whole(chunk):
    mlp, f = small_network()
    X = RNG.normal(size=(5, 31))
    machine = machine_of(f, 5, mlp.parameters())
    whole = machine.run(X, mlp.theta, inputs=True)
    machine.chunk = chunk
    for ours, theirs in zip(machine.run(X, mlp.theta, inputs=True), whole, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def test_a_guard_in_a_later_chunk_names_the_right_example():
    machine = machine_of(lambda x: x[0] if x[0] > 0 else -x[0], 1)
    machine.chunk = 4
    X = np.ones((1, 11))
    X[0, 9] = -1.0
    with pytest.raises(BranchError) as error:
        machine.run(X, np.zeros(0), inputs=False)
    assert (error.value.example, error.value.x, error.value.y) == (9, -1.0, 0.0)


def test_the_memory_of_a_chunk_is_bounded():
    mlp = MLP(2, [3, 1], rng=0)
    machine = machine_of(lambda v: mlp(v)[0], 2, mlp.parameters())
    X = RNG.normal(size=(2, 50_000))
    machine.run(X, mlp.theta, inputs=False)
    assert machine.chunk < 50_000
    assert sum(forward.V.nbytes for forward, _ in machine.programs.values()) < 16e6
    for M in range(1, 20):
        machine.run(X[:, :M], mlp.theta, inputs=False)
    assert len(machine.programs) <= 6


def test_threads_may_call_one_replay():
    mlp, f = small_network()
    X = RNG.normal(size=(5, 400))
    replay = record(f, X[:, 0], mlp.parameters())
    thetas = [mlp.theta * (1.0 + 0.1 * i) for i in range(8)]
    expected = [replay(X, theta) for theta in thetas]
    wrong = []

    def work(i):
        for _ in range(20):
            E, gradient = replay(X, thetas[i])
            if E != expected[i][0] or not np.array_equal(gradient, expected[i][1]):
                wrong.append(i)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
