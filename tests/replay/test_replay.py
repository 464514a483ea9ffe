"""A recorded scalar function, run for a batch, is the function itself: its E, its gradient, its derivatives by inputs."""

import copy
import gc
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.replays import assert_same, small_network
from tinygrad_scalar import Value, apply, exp, grad, logsumexp, relu, tanh, total
from tinygrad_scalar.ops import OPS, Op, arrays
from tinygrad_scalar.replay import record

RNG = np.random.default_rng(0)
ROWS = sorted(OPS)
N_ARY = ("total", "logsumexp")
rules = arrays(np)


# Any graph.


def arity(name):
    return OPS[name].value.__code__.co_argcount - 1


specification = st.tuples(
    st.sampled_from([*ROWS, "add", "mul", "mul", "total", "total"]),
    st.integers(1, 6),
    st.lists(st.tuples(st.sampled_from(["any", "late", "late", "constant"]), st.integers(0, 10**6)), min_size=6, max_size=6),
)  # fmt: skip


def built(specifications, outputs, parameters):
    """A function of Values, from a list of rows of the table, each with the places of its operands."""

    def f(x):
        v = [*x, *parameters]
        for name, n, picks in specifications:
            operands = []
            for how, number in picks[: n if name in N_ARY else arity(name)]:
                if how == "constant":
                    operands.append([0.5, -1.0, 2.0, 3.0][number % 4])
                else:
                    operands.append(v[number % len(v)] if how == "any" else v[-1 - number % min(4, len(v))])
            if name == "where":
                operands[0] = operands[0] > 0.3
            y = apply(name, *operands)
            v.append(apply("tanh", y) if name in ("exp", "div", "pow", "mul") else y)  # so that nothing explodes
        return total([*v[-outputs:], 0.0])

    return f


@settings(max_examples=150, deadline=None)
@given(st.lists(specification, min_size=1, max_size=40), st.integers(1, 5), st.integers(1, 3), st.integers(0, 5))
def test_any_graph_is_replayed(specifications, outputs, n_inputs, n_parameters):
    rng = np.random.default_rng(len(specifications))
    parameters = [Value(v) for v in rng.normal(size=n_parameters)]
    f = built(specifications, outputs, parameters)
    replay = record(f, rng.normal(size=n_inputs), parameters)
    for M in (1, 3, 19):
        assert_same(f, rng.normal(size=(n_inputs, M)), parameters, replay)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_sums_of_products_of_any_pattern_are_replayed(data):
    n, p, k = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    w = [Value(v) for v in np.random.default_rng(k).normal(size=p)]
    terms = st.lists(st.tuples(st.integers(0, p - 1), st.integers(0, n - 1)), min_size=1, max_size=8)
    sums = [
        (data.draw(terms), data.draw(st.sampled_from(["none", "bias", "more", "input"])), data.draw(st.booleans()))
        for _ in range(k)
    ]

    def f(x):
        out = []
        for pairs, extra, one_by_one in sums:
            products = [w[i] * x[j] for i, j in pairs]
            products += {"none": [], "bias": [w[0]], "more": [w[-1], 2.0, w[0] * w[-1]], "input": [x[0]]}[extra]
            out.append(sum(products[1:], products[0]) if one_by_one else total(products))
        return total([tanh(z) for z in out])

    X = np.random.default_rng(n).normal(size=(n, 7))
    replay = assert_same(f, X, w)
    assert_same(f, X[:, :1], w, replay)


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_lowered_to_its_own_values_and_slopes_also_at_kinks_and_infinities(name):
    numbers = [0.0, 1.0, -1.0, 0.5, 2.0, -800.0, 800.0, 1e160, math.inf, -math.inf, math.nan]
    for n in (2, 3, 5) if name in N_ARY else (arity(name),):
        X = np.array(list(itertools.product(numbers if n < 3 else numbers[::3], repeat=n))).T
        with np.errstate(all="ignore"):
            out = OPS[name].value(rules, *X)
            partials = [np.broadcast_to(d, out.shape) for d in OPS[name].partials(rules, out, *X)]
        for copies in (1, 4):  # also as a group of several nodes, of which the result is the mean
            replay = record(lambda x, k=copies: total([apply(name, *x) for _ in range(k)]) / k, [0.5] * n)
            _, _, dX = replay(X, inputs=True)
            np.testing.assert_allclose(dX, partials, rtol=1e-13, atol=1e-300)  # but for subnormal numbers
            for m in range(0, X.shape[1], 7):
                E, _, dx = replay(X[:, m : m + 1], inputs=True)
                np.testing.assert_allclose(E, out[m], rtol=1e-14)
                np.testing.assert_allclose(dx[:, 0], [d[m] for d in partials], rtol=1e-13, atol=0.0)
                assert replay(X[:, [m, m]])[0] == pytest.approx(E, rel=1e-14, nan_ok=True)


def test_a_new_row_is_replayed_at_once():
    OPS["cube"] = Op("x³", lambda xp, x: x * x * x, lambda xp, out, x: (3.0 * x * x,))
    try:
        w = Value(2.0)
        assert_same(lambda x: apply("cube", w * x[0]) + apply("cube", w), RNG.normal(size=(1, 6)), [w])
    finally:
        del OPS["cube"]


def test_special_shapes_of_graphs():
    w, b = Value(0.7, "w"), Value(-0.2, "b")
    X = RNG.normal(size=(3, 5))
    for f in (
        lambda x: x[0],  # an input itself
        lambda x: w,  # a parameter itself
        lambda x: 3.0,  # a number
        lambda x: Value(3.0),
        lambda x: w * w + b,  # nothing of the inputs
        lambda x: x[0] + x[0],
        lambda x: w * x[0] + w * x[0] + w * x[1],
        lambda x: (x[0] + w) + (x[0] + w),
        lambda x: total([x[0]]),
        lambda x: x[0] * 0.0 + exp(w),
        lambda x: x[0] ** 2 + 2.0 ** x[1],  # no logarithm of a negative base
        lambda x: sum(x) * sum(x),
        lambda x: logsumexp([*x, w, 1.0, *x]),
        lambda x: total([relu(x[0])] * 40),  # one node, many shares
        lambda x: total([(x[0] > 0) * x[1], x[2]]),  # a condition is a number as well
        lambda x: (x[0] > x[1]) + w,
    ):
        assert_same(f, X, [w, b])
        assert_same(f, X[:, :1], [w, b])


def test_a_gradient_taken_inside_is_part_of_the_graph():
    w = Value(0.4)

    def f(x):
        return grad(lambda v: tanh(w * v) + relu(v) ** 2)(x[0]) ** 2

    assert_same(f, RNG.normal(size=(1, 8)), [w])


# Calls.


def test_theta_stands_for_the_parameters_numbers_which_are_otherwise_read_at_each_call():
    mlp, f = small_network()
    X = RNG.normal(size=(5, 8))
    replay = record(f, X[:, 0], mlp.parameters())
    theta, before = mlp.theta, replay(X)
    at = replay(X, theta * 2.0)
    mlp.theta = theta * 2.0
    assert replay(X)[0] == at[0] != before[0]
    assert_same(f, X, mlp.parameters(), replay)
    mlp.parameters()[0].data = math.nan
    assert replay(X, theta)[0] == before[0]


def test_what_is_handed_out_is_never_overwritten():
    mlp, f = small_network()
    X = RNG.normal(size=(5, 8))
    replay = record(f, X[:, 0], mlp.parameters())
    first = replay(X, inputs=True)
    kept = copy.deepcopy(first)
    replay(X * 2.0, mlp.theta * 3.0, inputs=True)
    assert first[0] == kept[0]
    assert np.array_equal(first[1], kept[1])
    assert np.array_equal(first[2], kept[2])


def test_a_batch_may_change_between_calls_and_one_that_is_kept_is_a_copy():
    mlp, f = small_network()
    X = RNG.normal(size=(5, 8))
    replay = record(f, X[:, 0], mlp.parameters())
    replay(X)
    X[0] += 1.0
    assert_same(f, X, mlp.parameters(), replay)
    X.flags.writeable = False
    replay(X)
    X.flags.writeable = True
    X[0] += 1.0
    X.flags.writeable = False
    assert_same(f, X, mlp.parameters(), replay)
    expected, kept = replay(X), replay.on(X)
    X.flags.writeable = True
    X[0] = 9.0
    for _ in range(2):
        E, gradient = kept()
        assert E == expected[0]
        assert np.array_equal(gradient, expected[1])
        replay(X)


def test_any_layout_and_type_of_numbers_will_do():
    mlp, f = small_network()
    X = RNG.integers(-3, 4, size=(5, 6))
    replay = record(f, X[:, 0].tolist(), mlp.parameters())
    expected = replay(X.astype(float))
    for same in (X, X.tolist(), np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.astype(np.float32)):
        E, gradient = replay(same)
        assert E == expected[0]
        np.testing.assert_array_equal(gradient, expected[1])


def test_a_replay_forgets_the_graph():
    gc.collect()
    mlp, f = small_network()
    replay = record(f, [0.1] * 5, mlp.parameters())
    alive = [v for v in gc.get_objects() if issubclass(type(v), Value) and type(v) is not Value]
    assert alive == []
    assert replay(np.ones((5, 2)))[0] > 0.0


def test_complex_numbers_are_refused_and_not_cut():
    w = Value(2.0)
    replay = record(lambda x: w * x[0], [1.0], [w])
    with pytest.raises(TypeError, match="theta is complex"):
        replay([[1.0]], [1.0 + 1e-20j])
    with pytest.raises(TypeError, match="X is complex"):
        replay([[1.0j]])
