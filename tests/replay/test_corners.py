"""Corners of the schedule and of the machine that few functions reach, each by one that does."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest

from tests.helpers.counting import calls
from tests.helpers.replays import machine_of, products, steps
from tinygrad_scalar import Value, logsumexp, maximum, ops, relu, sqrt, tanh, total
from tinygrad_scalar.ops import Namespace
from tinygrad_scalar.replay import record, strands
from tinygrad_scalar.replay.forward import Forward, Picked
from tinygrad_scalar.replay.schedule import Strand


def weights(n):
    return [Value(v) for v in np.random.default_rng(n).normal(size=n)]


def test_a_full_matrix_and_one_with_a_zero_filled_in_are_not_stacked():
    """Of two 3×4 products only one must beware of infinities; x_5 = ∞ meets the zero, and vanishes in tanh elsewhere."""
    w = weights(24)

    def f(x):
        full = [total([w[4 * i + j] * x[j] for j in range(4)]) for i in range(3)]
        sparse = [total([w[12 + 4 * i + j] * x[4 + j] for j in range(4) if (i, j) != (2, 0)]) for i in range(3)]
        return total([tanh(z) for z in full + sparse])

    assert sorted((step.exact, step.weights.shape) for step in products(f, 8, w)) == [
        (False, (1, 3, 4)),
        (True, (1, 3, 4)),
    ]
    for M in (1, 3):
        X = np.random.default_rng(M).normal(size=(8, M))
        X[4] = math.inf
        values = [f([Value(v) for v in column]).data for column in X.T.tolist()]
        assert record(f, [0.5] * 8, w)(X)[0] == pytest.approx(np.mean(values), rel=1e-14)


def test_weights_are_put_together_however_they_are_computed():
    """A weight is there before the batch, be it a parameter or the end of a long computation."""
    w = weights(12)

    def f(x):
        made = [*w[:4], *(tanh(v) for v in w[4:8]), *(sqrt(v * v + 1.0) for v in w[8:])]
        return total([tanh(total([made[4 * i + j] * x[j] for j in range(4)])) for i in range(3)])

    assert [(step.exact, step.weights.shape) for step in products(f, 4, w)] == [(True, (1, 3, 4))]


@pytest.mark.parametrize("step", [1, 2, -1])
def test_one_w_serves_positions_that_stand_apart(step):
    w = weights(6)

    def f(x):
        return total([tanh(w[2 * c] * v + w[2 * c + 1]) for c in range(3) for v in x[::step]])

    X = np.random.default_rng(0).normal(size=(20, 7))
    (product,) = products(f, 20, w)
    assert product.positions == 20 // abs(step)
    A = np.tanh(np.stack([w[2 * c].data * X[::step] + w[2 * c + 1].data for c in range(3)]))
    E, gradient, dX = record(f, X[:, 0], w)(X, inputs=True)
    assert E == pytest.approx(A.sum(axis=(0, 1)).mean(), rel=1e-13)
    np.testing.assert_allclose(gradient[1::2], (1.0 - A**2).sum(axis=1).mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(gradient[::2], ((1.0 - A**2) * X[::step]).sum(axis=1).mean(axis=1), rtol=1e-11)
    expected = np.zeros(X.shape)
    expected[::step] = sum(w[2 * c].data * (1.0 - A[c] ** 2) for c in range(3))
    np.testing.assert_allclose(dX, expected, rtol=1e-12)


def test_two_weights_of_one_factor_whose_sum_overflows_meet_it_one_by_one():
    a, b = Value(1.0), Value(2.0)
    replay = record(lambda x: tanh(a * x[0] + b * x[0] + a * x[1]), [1.0, 1.0], [a, b])
    a.data, b.data = 1e308, 1.5e308
    assert replay([[1e-310], [0.0]])[0] == pytest.approx(math.tanh(2.5e-2), rel=1e-12)


@pytest.mark.parametrize("M", [1, 3])
def test_a_node_that_a_guard_alone_looks_at_stands_apart_from_its_like_that_has_a_gradient(M):
    """√x₂ has an infinite slope at 0, and no gradient: 0 · ∞ would be nan."""
    replay = record(lambda x: sqrt(x[0]) if sqrt(x[1]) < 5.0 else sqrt(x[1]), [1.0, 1.0])
    X = np.array([[4.0] * M, [0.0] * M])
    assert replay(X)[0] == 2.0
    np.testing.assert_array_equal(replay(X, inputs=True)[2], [[0.25] * M, [0.0] * M])


@pytest.mark.parametrize("M", [1, 3])
def test_a_column_that_is_added_to_the_result_and_used_elsewhere_has_both_derivatives(M):
    w, X = Value(0.5), np.linspace(1.0, 2.0, M)[None]
    gradient = record(lambda x: tanh(w * x[0]) + w, [1.0], [w])(X)[1]
    assert gradient == pytest.approx(np.mean(X * (1.0 - np.tanh(0.5 * X) ** 2)) + 1.0, rel=1e-14)


def test_a_batch_that_is_kept_is_read_chunk_by_chunk():
    X = np.arange(12.0)[None]
    machine = machine_of(lambda x: x[0] * x[0], 1)
    machine.chunk = 4
    for _ in range(2):  # E and dX of all of it, the second time too
        E, _, dX = machine.run(X, np.zeros(0), inputs=True, kept=True)
        assert E == np.mean(X**2)
        np.testing.assert_array_equal(dX, 2.0 * X)


def test_the_arrays_of_the_widths_used_last_are_kept():
    machine = machine_of(lambda x: x[0] * x[0], 1)
    for M in (2, 3, 4, 5, 6, 7, 2, 8):
        machine.run(np.ones((1, M)), np.zeros(0), inputs=False)
    assert [M for M, _ in machine.programs] == [4, 5, 6, 7, 2, 8]


@pytest.mark.parametrize("x", [-1.0, 1.0])
@pytest.mark.parametrize("known", [False, True])
def test_a_truth_known_before_and_a_condition_meet_on_either_side(known, x):
    for meet in (
        lambda v: known | (v > 0),
        lambda v: known & (v > 0),
        lambda v: known ^ (v > 0),
        lambda v: (v > 0) | known,
        lambda v: (v > 0) & known,
        lambda v: (v > 0) ^ known,
    ):
        replay = record(lambda v, meet=meet: v[0] * (2.0 if meet(v[0]) else 3.0), [x])
        assert replay([[x]])[0] == x * (2.0 if meet(x) else 3.0)
        with pytest.raises(ValueError, match="another branch"):
            replay([[-x]])


def test_a_group_too_large_for_the_cache_is_computed_in_parts():
    n, M = 300, 200
    order = np.random.default_rng(0).permutation(n).tolist()

    def f(x):
        return total([x[i] * x[j] * w[0] - x[j] for i, j in itertools.pairwise(order)])

    w = weights(1)
    plan = machine_of(f, n, w).plan
    assert len(Forward(plan.rows, M, Picked(plan.rows)).steps) > len(plan.rows.steps)
    X = np.random.default_rng(1).normal(size=(n, M))
    replay, pairs = record(f, X[:, 0], w), X[order[:-1]] * X[order[1:]]
    E, gradient, dX = replay(X, inputs=True)
    assert E == pytest.approx(np.mean(np.sum(w[0].data * pairs - X[order[1:]], axis=0)), rel=1e-12)
    assert gradient == pytest.approx(np.mean(np.sum(pairs, axis=0)), rel=1e-12)
    expected = np.zeros((n, M))
    expected[order[:-1]] += w[0].data * X[order[1:]]
    expected[order[1:]] += w[0].data * X[order[:-1]] - 1.0
    np.testing.assert_allclose(dX, expected, rtol=1e-12, atol=1e-14)


def test_the_columns_of_a_group_in_parts_are_its_own():
    n, M = 300, 200
    order, w = np.random.default_rng(0).permutation(n).tolist(), weights(n)
    X = np.random.default_rng(1).normal(size=(n, M))
    E, gradient, dX = record(lambda x: total([maximum(w[i], x[order[i]]) for i in range(n)]), X[:, 0], w)(
        X, inputs=True
    )
    larger = X[order] > np.array([[v.data] for v in w])
    assert E == pytest.approx(np.mean(np.sum(np.maximum(X[order], [[v.data] for v in w]), axis=0)), rel=1e-13)
    np.testing.assert_allclose(gradient, np.mean(~larger, axis=1), rtol=1e-13)
    np.testing.assert_array_equal(dX[order], larger)


def test_a_node_used_more_often_than_the_cache_holds_has_the_sum_of_all_shares():
    n, M = 60, 2000
    replay = record(lambda x: total([relu(x[0]) * x[i] for i in range(1, n + 1)]), [1.0] * (n + 1))
    X = np.random.default_rng(0).uniform(1.0, 2.0, size=(n + 1, M))
    np.testing.assert_allclose(replay(X, inputs=True)[2][0], X[1:].sum(axis=0), rtol=1e-14)


def many_log_sum_exps(x):
    return total([logsumexp([x[0] * float(i), *x[1:]]) for i in range(20)])


def many_uses(x):
    return total([x[i] * x[j] for i in range(60) for j in range(60)])


def a_chain(x):
    y = x[0]
    for v in x * 4:
        y = tanh(y + v)
    return y


@pytest.mark.parametrize("f", [many_log_sum_exps, many_uses, a_chain])
def test_the_arrays_of_a_chunk_take_no_more_memory_than_was_planned_for(f):
    """Bytes are counted; indices and calls, which do not grow with the chunk, may take 1 MB."""
    machine = machine_of(f, 100)
    X, theta = np.ones((100, machine.chunk)), np.zeros(0)
    tracemalloc.start()
    try:
        machine.run(X, theta, inputs=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * machine.numbers * machine.chunk + 1e6


def tied_layers(depth):
    w = weights(20)

    def f(x):
        for _ in range(depth):
            x = [tanh(total([w[4 * i + j] * x[j] for j in range(4)] + [w[16 + i]])) for i in range(4)]
        return total(x)

    return f, w


def sums_of_many_lengths(depth):
    def f(x):
        v = [*x, *x]
        for _ in range(depth):
            v = [tanh(total(v[i % 6 :])) for i in range(8)]
        return total(v)

    return f, []


@pytest.mark.parametrize("layers", [tied_layers, sums_of_many_lengths])
def test_the_work_of_recording_grows_in_proportion_to_the_depth(layers):
    few, many = (calls(lambda f=f, w=w: record(f, [0.5] * 4, w)) for f, w in (layers(50), layers(100)))
    assert many < 2.1 * few


# Log-sum-exp of rows, columns and constants.


def mixed(n_rows, n_columns, n_constants, n_nodes=1):
    """A sum of log-sum-exps of these, in no order, and its parameters."""
    w = weights(n_columns)

    def f(x):
        terms = [*x[:n_rows], *w, *np.linspace(-1.0, 1.0, n_constants).tolist()]
        return total([logsumexp([*terms[k:], *terms[:k]]) for k in range(n_nodes)])

    return f, w


@pytest.mark.parametrize(("n_nodes", "M"), [(1, 1), (1, 3), (5, 1), (5, 40), (40, 400)])
@pytest.mark.parametrize("terms", [(1, 1, 0), (1, 0, 3), (1, 5, 5), (6, 0, 1), (6, 1, 0), (6, 4, 2)])
def test_a_log_sum_exp_of_rows_columns_and_constants_has_their_softmax_as_gradient(terms, n_nodes, M):
    f, w = mixed(*terms, n_nodes)
    X = np.random.default_rng(0).normal(size=(terms[0], M))
    E, gradient, dX = record(f, X[:, 0], w)(X, inputs=True)
    columns = [*(v.data for v in w), *np.linspace(-1.0, 1.0, terms[2])]
    e = np.exp(np.concatenate([X, np.tile(np.array(columns)[:, None], M)]))
    assert E == pytest.approx(n_nodes * np.mean(np.log(e.sum(axis=0))), rel=1e-13)
    softmax = n_nodes * e / e.sum(axis=0)
    np.testing.assert_allclose(dX, softmax[: terms[0]], rtol=1e-13)
    np.testing.assert_allclose(gradient, softmax[terms[0] : terms[0] + terms[1]].mean(axis=1), rtol=1e-13)


@pytest.mark.parametrize("terms", [(1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1), (0, 1, 1)])
def test_the_calls_of_a_log_sum_exp_do_not_grow_with_its_terms(terms):
    def prepared(n):
        f, w = mixed(*(n * k for k in terms))
        machine = machine_of(f, n * max(terms[0], 1), w)
        machine.run(np.ones((n * max(terms[0], 1), 3)), np.ones(len(w)), inputs=False)
        programs = [(machine.columns, machine.to_theta), *machine.programs.values()]
        return sum(len(part.calls) for program in programs for part in program)

    assert prepared(10) == prepared(1000)


def counting(namespace, count):
    """The namespace again, which adds what its functions are given to count[0]: numbers, arrays and their elements."""

    def counted(function):
        def wrapped(*x):
            count[0] += sum(len(v) if isinstance(v, (list, tuple)) else np.size(v) for v in x)
            return function(*x)

        return wrapped

    return Namespace(**{name: counted(function) for name, function in vars(namespace).items()})


@pytest.mark.parametrize("M", [1, 3, 10])
def test_the_work_of_a_strand_of_log_sum_exps_grows_in_proportion_to_their_terms(M, monkeypatch):
    def work(n):
        w, count = weights(n), [0]
        monkeypatch.setattr(strands, "floats", counting(ops.floats, count))
        monkeypatch.setattr(strands, "rules", counting(ops.arrays(np), count))

        def f(x):
            y = x[0]
            for _ in range(20):
                y = logsumexp([*x, *w, y, 0.5])
            return y

        assert steps(f, n, w, Strand)
        record(f, [1.0] * n, w)(np.ones((n, M)))
        return count[0]

    assert 0 < work(40) < 2.0 * work(20)


@pytest.mark.parametrize("M", [1, 3])
def test_a_gradient_that_goes_on_as_it_is_is_not_copied(M):
    def f(x):
        a, b = [tanh(v) for v in x[:10]], [relu(v) for v in x[10:]]
        return total([(u + v + 1.0) * 3.0 for u, v in zip(a, b, strict=True)])

    machine = machine_of(f, 20)
    X = np.random.default_rng(0).normal(size=(20, M))
    _, _, dX = machine.run(X, np.zeros(0), inputs=True)
    np.testing.assert_allclose(dX[:10], 3.0 * (1.0 - np.tanh(X[:10]) ** 2), rtol=1e-13)
    np.testing.assert_array_equal(dX[10:], 3.0 * (X[10:] > 0.0))
    ((_, backward),) = machine.programs.values()
    assert sum(getattr(call, "func", None) is np.copyto for call in backward.calls) == 1  # from the one Σ to its terms
