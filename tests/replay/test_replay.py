"""A recorded scalar function, run for a batch, is the function itself: its E, its gradient, its derivatives by inputs."""

import copy
import gc
import itertools
import math
import pickle
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.replays import machine_of, products, steps
from tinygrad_scalar import MLP, Value, apply, exp, grad, logsumexp, losses, maximum, nn, relu, tanh, total, where
from tinygrad_scalar.checking import compare_gradients
from tinygrad_scalar.derivatives import topological
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.ops import OPS, Op, arrays
from tinygrad_scalar.replay import record
from tinygrad_scalar.replay.machine import BranchError
from tinygrad_scalar.replay.schedule import Strand

RNG = np.random.default_rng(0)
ROWS = sorted(OPS)
N_ARY = ("total", "logsumexp")
rules = arrays(np)


def eagerly(f, X, parameters):
    """E, ∇E and dX by the scalar engine, example by example, and the size of the largest term in any of them."""
    E, dX, largest = 0.0, np.zeros(X.shape), 1.0
    for p in parameters:
        p.grad = 0.0
    for m in range(X.shape[1]):
        x = [Value(v) for v in X[:, m].tolist()]
        result = f(x)
        if not isinstance(result, Value):
            E += result
            continue
        result.backward()
        E += result.data
        dX[:, m] = [v.grad for v in x]
        sizes = [abs(v) for node in topological(result) for v in (node.grad, node.data)]
        largest = max([largest, *(v for v in sizes if math.isfinite(v))])
    return E / X.shape[1], np.array([p.grad for p in parameters]) / X.shape[1], dX, largest


def assert_same(f, X, parameters=(), replay=None, theta=None):
    """The replay of f says what the engine says."""
    replay = replay or record(f, X[:, 0], parameters)
    E, gradient, dX, largest = eagerly(f, X, parameters)
    for inputs in (False, True, True):  # twice: the second time buffers are used again
        found = replay(X, theta, inputs=inputs)
        np.testing.assert_allclose(found[0], E, rtol=1e-10, atol=1e-10 * largest)
        np.testing.assert_allclose(found[1], gradient, rtol=1e-10, atol=1e-10 * largest)
        if inputs:
            np.testing.assert_allclose(found[2], dX, rtol=1e-10, atol=1e-10 * largest)
    return replay


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


def test_a_graph_from_outside_is_a_constant_and_refused_where_a_parameter_is_below_it():
    w, c = Value(2.0), Value(5.0)
    constant = c * c
    replay = record(lambda x: w * x[0] + constant, [1.0], [w])
    c.data = 6.0
    assert replay([[1.0]])[0] == 27.0  # what is no parameter was a constant
    above = w * 3.0 - 1.0
    with pytest.raises(ValueError, match="computed from a parameter before"):
        record(lambda x: x[0] * above, [1.0], [w])


def test_a_gradient_taken_inside_is_part_of_the_graph():
    w = Value(0.4)

    def f(x):
        return grad(lambda v: tanh(w * v) + relu(v) ** 2)(x[0]) ** 2

    assert_same(f, RNG.normal(size=(1, 8)), [w])


# Matrix products are found.


def test_a_loop_over_neurons_becomes_matrix_products():
    W = [[Value(v) for v in row] for row in RNG.normal(size=(4, 3))]
    b = [Value(v) for v in RNG.normal(size=4)]
    V = [[Value(v) for v in row] for row in RNG.normal(size=(2, 4))]

    def f(x):
        hidden = []
        for i in range(4):
            z = b[i]
            for j in range(3):
                z = z + x[j] * W[i][j]
            hidden.append(tanh(z))
        out = [sum(V[i][j] * hidden[j] for j in range(4)) for i in range(2)]  # no bias
        return out[0] * out[1]

    parameters = [*itertools.chain(*W), *b, *itertools.chain(*V)]
    replay = assert_same(f, RNG.normal(size=(3, 9)), parameters)
    assert [step.weights.shape for step in products(f, 3, parameters)] == [(1, 4, 4), (1, 2, 4)]
    text = replay.program()
    assert "Z1 = W1 @ X + b1" in text
    assert "4×3 · 3×M" in text
    assert "from 4 Σ and 12 ×; W1 = θ[0:12], b1 = θ[12:16]" in text
    assert "A1 = tanh(Z1)" in text
    assert "Z2 = W2 @ A1 " in text
    assert "2×4 · 4×M" in text


def test_the_layers_of_a_network_are_its_products_and_nothing_else():
    mlp = MLP(5, [7, 3], "tanh", rng=0)
    found = products(lambda v: losses.half_squared_error(v[5:], mlp(v[:5])), 8, mlp.parameters())
    assert [step.weights.shape for step in found] == [(1, 7, 6), (1, 3, 8)]
    assert sum(step.factors for step in found) == 5 * 7 + 7 * 3


def test_a_network_of_two_layers_takes_five_matrix_products_and_six_with_the_inputs():
    mlp = MLP(5, [7, 3], "tanh", rng=0)
    machine = machine_of(lambda v: losses.half_squared_error(v[5:], mlp(v[:5])), 8, mlp.parameters())
    for inputs, n in ((False, 5), (True, 6)):
        machine.run(RNG.normal(size=(8, 4)), mlp.theta, inputs)
        forward, backward = machine.programs[4, 3 if inputs else 1]
        assert sum(getattr(call, "func", None) is np.matmul for call in forward.calls + backward.calls) == n


def test_a_pruned_layer_is_one_product_with_zeros():
    mask = RNG.uniform(size=(6, 8)) < 0.8
    w = {(i, j): Value(RNG.normal()) for i, j in np.argwhere(mask).tolist()}

    def f(x):
        return total([tanh(total([w[i, j] * x[j] for j in range(8) if mask[i, j]])) for i in range(6)])

    replay = assert_same(f, RNG.normal(size=(8, 5)), list(w.values()))
    assert [(step.exact, step.weights.shape) for step in products(f, 8, list(w.values()))] == [(False, (1, 6, 8))]
    assert "zeros filled in" in replay.program()


def full_and_sparse_sums(w, x):
    """Two sums over all four inputs, and one that does not see the first: one product, with one zero filled in."""
    full = [total([w[4 * k + i] * x[i] for i in range(4)]) for k in range(2)]
    return *full, total([w[8 + i] * x[i + 1] for i in range(3)])


@pytest.mark.parametrize("infinite", [math.inf, math.nan])
def test_a_zero_that_fills_up_a_matrix_meets_no_infinity_among_its_factors(infinite):
    w = [Value(v) for v in RNG.normal(size=11)]

    def f(x):
        a, b, c = full_and_sparse_sums(w, x)
        return tanh(a) + tanh(b) + where(c > -1e300, c, 5.0)  # a nan would vanish without a trace

    replay = assert_same(f, RNG.normal(size=(4, 6)), w)
    assert [step.exact for step in products(f, 4, w)] == [False]
    X = RNG.normal(size=(4, 6))
    X[0, 2] = infinite
    E, gradient, dX, _ = eagerly(f, X, w)
    assert math.isfinite(E) or math.isnan(infinite)
    for found, expected in zip(replay(X, inputs=True), (E, gradient, dX), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_a_zero_that_fills_up_a_matrix_meets_no_infinity_among_the_gradients():
    w = [Value(v) for v in np.abs(RNG.normal(size=11))]

    def f(x):
        a, b, c = full_and_sparse_sums(w, x)
        return tanh(a) + tanh(b) + relu(c) ** 0.5

    replay = assert_same(f, np.abs(RNG.normal(size=(4, 6))), w)
    assert [step.exact for step in products(f, 4, w)] == [False]
    X = -np.abs(RNG.normal(size=(4, 6)))
    expected = eagerly(f, X, w)[2]
    assert np.isfinite(expected[0]).all()
    assert np.isnan(expected[1:]).all()
    np.testing.assert_allclose(replay(X, inputs=True)[2], expected, rtol=1e-12)


def test_a_convolution_shares_its_weights():
    w = [Value(v) for v in RNG.normal(size=(4, 3)).ravel()]

    def f(x):
        return total([tanh(total([w[3 * c + k] * x[i + k] for k in range(3)])) for c in range(4) for i in range(10)])

    replay = assert_same(f, RNG.normal(size=(12, 6)), w)
    (step,) = products(f, 12, w)
    assert (step.positions, *step.weights.shape) == (10, 1, 4, 3)  # one W for ten windows
    assert_same(f, RNG.normal(size=(12, 1)), w, replay)


def test_tied_layers_add_up_their_gradients():
    W = [[Value(v) for v in row] for row in RNG.normal(size=(4, 4)) * 0.5]
    b = Value(0.1)

    def f(x):
        for _ in range(3):
            x = [tanh(total([W[i][j] * x[j] for j in range(4)] + [b])) for i in range(4)]
        return total(x)

    parameters = [*itertools.chain(*W), b]
    assert_same(f, RNG.normal(size=(4, 6)), parameters)
    assert len(products(f, 4, parameters)) == 3


def test_weights_that_are_computed_from_parameters_and_residual_terms():
    w = [Value(v) for v in RNG.normal(size=8)]

    def f(x):
        h = [total([exp(w[4 * i + j]) * x[j] for j in range(4)] + [x[i]]) for i in range(2)]
        return tanh(h[0]) * tanh(h[1]) + total([v * v for v in w]) * 0.1

    assert_same(f, RNG.normal(size=(4, 6)), w)
    assert len(products(f, 4, w)) == 1


# Guards.


def test_a_branch_is_a_guard_and_names_the_comparison_the_example_and_the_numbers():
    w = Value(1.0, "w_{1,2}")

    def f(x):
        return x[0] * w if x[0] * 2.0 > w else -x[0]

    replay = record(f, [3.0], [w])
    assert replay.guards == ["a computed × > w_{1,2} is true"]
    assert replay([[3.0, 4.0]])[0] == 3.5
    with pytest.raises(
        ValueError, match=r"example 2 \(column 1\) .* a computed × > w_\{1,2\} was true .* false here, with -2 and 1"
    ):
        replay([[3.0, -1.0, -2.0]])
    with pytest.raises(ValueError, match=r"example 1 .* with 6 and 7 .*test_replay.py, line"):
        replay([[3.0, 4.0]], theta=[7.0])
    assert replay([[3.0, 4.0]])[0] == 3.5  # and it still works


def test_a_guard_on_parameters_alone_speaks_of_theta():
    w = Value(1.0, "w")
    replay = record(lambda x: x[0] if w > 0 else -x[0], [3.0], [w])
    with pytest.raises(
        ValueError, match="θ takes another branch .*w > 0 was true there and is false here, with -1 and 0"
    ):
        replay([[1.0]], theta=[-1.0])


@pytest.mark.parametrize(
    ("f", "good", "bad"),
    [
        (lambda x: max(x[0], x[1]), [2.0, 1.0], [1.0, 2.0]),
        (lambda x: sorted(x)[0] * 3.0, [1.0, 2.0], [2.0, 1.0]),
        (lambda x: x[0] if x[0] > 0 and not x[1] > 0 else x[1], [1.0, -1.0], [1.0, 1.0]),
        (lambda x: x[0] if 0.0 <= x[0] else x[1], [0.0, 1.0], [-1.0, 1.0]),
        (lambda x: x[0] if 0.0 <= x[0] else x[1], [1.0, 1.0], [math.nan, 1.0]),
        (lambda x: x[1] if not x[0] < 0 else x[0], [math.nan, 1.0], [-1.0, 1.0]),
        (lambda x: x[int(x[0] > x[1])], [1.0, 2.0], [2.0, 1.0]),
        (lambda x: [x[0], x[1]][x[0] > x[1]], [1.0, 2.0], [2.0, 1.0]),
        (lambda x: x[0] if (x[0] > 0) > (x[1] > 0) else x[1], [1.0, -1.0], [1.0, 1.0]),
    ],
)
def test_every_way_to_branch_is_guarded(f, good, bad):
    replay = record(f, good)
    assert replay.guards
    X = np.array([good, good]).T
    assert replay(X)[0] == pytest.approx(eagerly(f, X, ())[0], nan_ok=True)
    for X in (np.array([bad]).T, np.array([good, bad, good]).T):
        with pytest.raises(ValueError, match="another branch"):
            replay(X)


def test_a_nan_that_takes_the_recorded_branch_is_no_reason_to_stop():
    replay = record(lambda x: x[0] if x[0] < 0.0 else x[0] * 2.0, [1.0])
    assert math.isnan(replay([[math.nan]])[0])


def test_what_only_a_guard_needs_has_no_gradient():
    w = Value(2.0)
    f = lambda x: x[0] * w if (w * x[0]).log() < 100.0 else x[0]  # noqa: E731
    replay = record(f, [1.0], [w])
    X = np.array([[1.0, 2.0]])
    np.testing.assert_allclose(replay(X)[1], [1.5])


def test_a_function_that_branches_on_its_own_result_refuses_the_other_branch():
    b = Value(0.0)
    replay = record(lambda x: r if (r := x[0] * x[0] + b) > 0.5 else -r, [1.0], [b])
    assert replay([[1.0, 2.0]])[0] == 2.5
    with pytest.raises(ValueError, match=r"example 2 .* is false here, with 0\.01"):
        replay([[1.0, 0.1]])

    w = Value(1.0)
    hinge = record(lambda x: max(1.0 + (-x[1]) * (w * x[0] + b), 0.0), [0.5, 1.0], [w, b])
    assert hinge([[0.5], [1.0]])[0] == 0.5
    with pytest.raises(ValueError, match="another branch"):
        hinge([[0.5, 3.0], [1.0, 1.0]])


def test_what_a_guard_makes_of_the_result_leaves_the_result_alone():
    w = Value(2.0)

    def sums(x):
        y = x[0] + x[1] * w
        return y if y + 100.0 > 0 else -y

    def products_of_weights(x):
        y = w * x[0]
        return y if y + w * x[1] + 100.0 > 0 else -y

    for f in (sums, products_of_weights):
        assert_same(f, RNG.normal(size=(2, 5)), [w])


def test_a_neuron_that_only_a_guard_looks_at_hands_nothing_to_its_weights():
    w = [Value(v) for v in (0.5, 0.5, 2.0, 3.0)]

    def f(x):
        looked_at = w[2] * x[0] + w[3] * x[1]
        y = tanh(w[0] * x[0] + w[1] * x[1])
        return y if looked_at > -1.0 else -y

    replay = record(f, [1.0, 1.0], w)
    np.testing.assert_array_equal(replay([[math.inf, 1.0], [1.0, 1.0]])[1][2:], [0.0, 0.0])


def test_the_packages_own_losses_and_activations_need_no_guard():
    for activation, loss in itertools.product(nn.ACTIVATIONS, losses.LOSSES):
        mlp = MLP(2, [2, 1], activation, "logistic", rng=0)
        mlp_loss = losses.LOSSES[loss]
        replay = record(lambda v, mlp=mlp, loss=mlp_loss: loss(v[2:], mlp(v[:2])), [0.5, 1.0, 1.0], mlp.parameters())
        assert replay.guards == []


# What a recording refuses.


@pytest.mark.parametrize(
    "read",
    [
        lambda v: v.data,
        lambda v: v.grad,
        lambda v: setattr(v, "data", 1.0),
        lambda v: setattr(v, "grad", 0.0),
        lambda v: v.backward(),
        float,
        int,
        math.exp,
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
    ],
)
def test_numbers_are_not_told_while_recording(read):
    w = Value(2.0)
    for choose in (lambda x: x[0], lambda x: w, lambda x: x[0] * w):
        with pytest.raises(TypeError, match="while a function is recorded its Values have no numbers"):
            record(lambda x, choose=choose: read(choose(x)), [1.0], [w])
        assert (type(w), w.data, w.grad) == (Value, 2.0, 0.0)


def test_other_ways_to_lose_the_graph_are_refused_as_ever():
    for wrong, says in (
        (lambda x: 1.0 if x[0] else 0.0, "neither true nor false"),
        (lambda x: x[0] == 3, "== asks"),
        (lambda x: np.exp(x[0]), "ufunc"),
        (lambda x: np.array([1.0]) * x[0], "one real number"),
    ):
        with pytest.raises(TypeError, match=says):
            record(wrong, [1.0])


def test_parameters_are_as_they_were_whatever_happens():
    w = Value(2.0, "w")
    w.grad = 5.0
    seen = []

    def f(x):
        seen.append(repr(w))
        raise RuntimeError("out of f")

    with pytest.raises(RuntimeError, match="out of f"):
        record(f, [1.0], [w])
    assert (type(w), w.data, w.grad, w.label, seen) == (Value, 2.0, 5.0, "w", ["Traced(leaf)"])
    record(lambda x: w * x[0], [1.0], [w])
    assert (w.data, w.grad, (w * 3.0).data) == (2.0, 5.0, 6.0)


def test_parameters_that_are_none_are_refused_in_a_sentence():
    w, frozen = Value(1.0), MLP(1, [1], rng=0)
    frozen.freeze(1)
    for parameters, error, says in (
        ([w, w], ValueError, "parameter 2 is listed twice"),
        ([w * 2.0], ValueError, "parameter 1 is computed, by 'mul'"),
        ([w, 3.0], TypeError, "parameter 2 is a Value, not float"),
        (frozen.layers[0].parameters(), ValueError, "parameter 1 is a constant, or frozen"),
    ):
        with pytest.raises(error, match=says):
            record(lambda x: x[0], [1.0], parameters)
        assert type(w) is Value


def test_recordings_do_not_mix():
    w, kept = Value(2.0), []

    def outer(x):
        with pytest.raises(ValueError, match="parameter 1 is part of a recording under way"):
            record(lambda y: y[0] * w, [1.0], [w])
        with pytest.raises(ValueError, match="a Value of another recording"):
            record(lambda y: y[0] * x[0], [1.0])
        with pytest.raises(ValueError, match="a Value of another recording"):
            record(lambda y: x[0], [1.0])
        inner = record(lambda y: y[0] * y[0], [3.0])
        kept.extend((x[0], x[0] > 0))
        return x[0] * w + inner([[3.0]])[0]

    replay = record(outer, [1.0], [w])
    assert replay([[1.0]]) == (11.0, np.array([1.0]))
    with pytest.raises(ValueError, match="a Value of another recording"):
        record(lambda y: y[0] + kept[0], [1.0])
    with pytest.raises(TypeError, match="a recording that has ended"):
        bool(kept[1])


def test_results_that_are_no_value_are_refused():
    with pytest.raises(TypeError, match=r"one Value, not a list; total\(values\) adds them"):
        record(lambda x: x, [1.0])
    with pytest.raises(TypeError, match="one Value, not None; is a return missing"):
        record(lambda x: None, [1.0])


def test_sizes_that_do_not_fit_are_refused_with_both_numbers():
    replay = record(lambda x: x[0] * x[1], [1.0, 2.0], [])
    for X, says in (
        ([1.0, 2.0], r"2 × M; got shape \(2,\)"),
        (np.zeros((3, 4)), r"2 × M; got shape \(3, 4\)"),
        (np.zeros((2, 0)), r"no examples.*got shape \(2, 0\)"),
    ):
        with pytest.raises(ValueError, match=says):
            replay(X)
    with pytest.raises(ValueError, match=r"theta has shape \(1,\), the recording has 0 parameters"):
        replay(np.zeros((2, 1)), theta=[1.0])
    with pytest.raises(TypeError, match="one real number, not list"):
        record(lambda x: x[0], [[1.0, 2.0]])


def test_a_replay_is_neither_copied_nor_pickled():
    replay = record(lambda x: x[0], [1.0])
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="neither copied nor pickled; record the function again"):
            attempt(replay)
    assert repr(replay) == "<Replay of 1 inputs, 0 parameters>"


# Calls.


def small_network():
    mlp = MLP(3, [5, 2], "tanh", rng=1)
    return mlp, lambda v: losses.squared_error(v[3:], mlp(v[:3])) + 0.01 * total([p * p for p in mlp.parameters()])


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


def test_threads_may_record_at_once():
    answers = {}

    def work(i):
        w = Value(float(i))
        for _ in range(5):
            answers[i] = record(lambda x: total([w * x[0] for _ in range(300)]), [1.0], [w])([[2.0]])[0]

    workers = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert answers == {i: 600.0 * i for i in range(6)}


# Deep graphs.


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


def test_a_replay_forgets_the_graph():
    gc.collect()
    mlp, f = small_network()
    replay = record(f, [0.1] * 5, mlp.parameters())
    alive = [v for v in gc.get_objects() if isinstance(v, Value) and type(v) is not Value]
    assert alive == []
    assert replay(np.ones((5, 2)))[0] > 0.0


# The objective.


@pytest.mark.parametrize("loss", losses.LOSSES)
@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
def test_the_replay_route_is_the_matrix_route(activation, loss):
    outputs = {"binary_cross_entropy": ("logistic",), "cross_entropy": ("softmax", "logistic")}
    for output in outputs.get(loss, (*nn.ACTIVATIONS, "softmax")):
        mlp = MLP(3, [4, 2], activation, output, rng=1)
        rng = np.random.default_rng(2)
        X, Y = rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
        Y = np.eye(2)[rng.integers(2, size=9)] if "entropy" in loss else np.sign(Y) if loss == "max_margin" else Y
        theta, how = (
            mlp.theta + rng.normal(0.0, 0.3, len(mlp.theta)),
            {"l1": 0.3, "l2": 0.7, "sample_weight": rng.uniform(0.5, 2.0, 9)},
        )
        E, gradient = Objective(mlp, X, Y, loss, route="replay", **how)(theta)
        expected, matrix = Objective(mlp, X, Y, loss, route="matrix", **how)(theta)
        assert E == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(gradient, matrix, rtol=1e-10, atol=1e-12)


def test_an_activation_that_the_matrix_side_does_not_know_is_replayed():
    mlp = MLP(2, [3, 1], "sin", rng=0)
    X, y = RNG.normal(size=(6, 2)), RNG.normal(size=6)
    E, gradient = Objective(mlp, X, y, "half_squared_error", route="replay")(mlp.theta)
    expected, scalar = Objective(mlp, X, y, "half_squared_error", route="scalar")(mlp.theta)
    assert E == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(gradient, scalar, rtol=1e-12, atol=1e-15)


def test_frozen_layers_stay_out_of_the_gradient_and_of_the_penalty():
    mlp = MLP(2, [3, 3, 1], rng=0)
    mlp.freeze(2)
    X, y = RNG.normal(size=(6, 2)), RNG.normal(size=6)
    routes = [Objective(mlp, X, y, "huber", route=route, l1=0.2, l2=0.3)(mlp.theta) for route in ("replay", "matrix")]
    assert routes[0][0] == pytest.approx(routes[1][0], rel=1e-13)
    np.testing.assert_allclose(routes[0][1], routes[1][1], rtol=1e-12, atol=1e-15)


def test_batches_share_one_recording():
    calls = []

    def loss(y, a):
        calls.append(1)
        return losses.squared_error(y, a)

    mlp = MLP(2, [3, 1], rng=0)
    objective = Objective(mlp, RNG.normal(size=(9, 2)), RNG.normal(size=9), loss, route="replay", l2=0.1)
    for rows in ([0, 1], [2, 3, 4], list(range(9))):
        objective.batch(rows)(mlp.theta)
    assert len(calls) == 1


def test_a_loss_that_branches_in_python_is_guarded():
    def loss(y, a):
        r = a[0] - y[0]
        return r * r if r > 0 else -r

    mlp = MLP(1, [1], rng=0)
    theta, X = np.array([1.0, 0.0]), np.array([[1.0], [2.0]])
    assert Objective(mlp, X, [0.0, 0.0], loss, route="replay")(theta)[0] == 2.5
    with pytest.raises(ValueError, match=r"example 2 .*another branch"):
        Objective(mlp, X, [0.0, 3.0], loss, route="replay")(theta)


@pytest.mark.parametrize("activation", ["tanh", "softplus", "relu", "gelu"])
def test_products_with_the_hessian_are_those_of_the_scalar_route(activation):
    mlp = MLP(2, [3, 2], activation, "softmax", rng=0)
    X, Y = RNG.normal(size=(5, 2)), np.eye(2)[RNG.integers(2, size=5)]
    replay, scalar = (
        Objective(mlp, X, Y, "cross_entropy", route=route, l1=0.1, l2=0.4) for route in ("replay", "scalar")
    )
    for _ in range(2):
        theta, v = mlp.theta + RNG.normal(size=len(mlp.theta)), RNG.normal(size=len(mlp.theta))
        np.testing.assert_allclose(replay.hvp(theta, v), scalar.hvp(theta, v), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(replay.hessian(theta), scalar.hessian(theta), rtol=1e-10, atol=1e-13)
    with pytest.raises(ValueError, match=r"the direction has shape \(2,\), θ has \(17,\)"):
        replay.hvp(theta, [1.0, 2.0])


def test_the_whole_network_agrees_with_the_check_of_the_other_routes():
    mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
    X, Y = RNG.normal(size=(6, 3)), np.eye(2)[RNG.integers(2, size=6)]
    assert compare_gradients(mlp, X, Y, "cross_entropy").agree
    gradient = Objective(mlp, X, Y, "cross_entropy", route="replay")(mlp.theta)[1]
    np.testing.assert_allclose(
        gradient, Objective(mlp, X, Y, "cross_entropy", route="matrix")(mlp.theta)[1], rtol=1e-11, atol=1e-15
    )


@pytest.mark.parametrize(
    "f",
    [
        lambda w, x: w * x[0] if (x[0] > 0) == (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) != (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) in [x[1] > 0] else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) & (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) | (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if True ^ (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if str(x[0] > 0) == "True" else -w * x[0],
        lambda w, x: w * x[0] if f"{x[0] > 0}" == "True" else -w * x[0],
        lambda w, x: w * x[0] if len({bool(v > 0) for v in x}) == 1 else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) == True else -w * x[0],  # noqa: E712
    ],
)
def test_whatever_is_asked_of_two_conditions_is_a_guard(f):
    w = Value(2.0)
    for example in ([1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]):
        replay = record(lambda x: f(w, x), example, [w])
        assert replay.guards
        E, _ = replay(np.array([example]).T)
        assert E == f(w, [*map(Value, example)]).data
        with pytest.raises(ValueError, match="another branch"):
            replay(-np.array([example]).T * [[1.0], [-1.0]] if len(replay.guards) > 1 else -np.array([example]).T)


def test_a_condition_is_no_key_of_a_set():
    with pytest.raises(TypeError, match="no key of a set or dict"):
        record(lambda x: x[0] if len({v > 0 for v in x}) == 1 else x[1], [1.0, 2.0])


def test_a_factor_that_occurs_twice_meets_infinity_as_the_engine_does():
    a, b = Value(2.0), Value(-1.0)
    f = lambda x: (a * x[0] + b * x[0] + a * x[1]).tanh()  # noqa: E731
    replay = record(f, [1.0, 1.0], [a, b])
    for x in ([np.inf, 1.0], [-np.inf, 0.5], [3.0, 2.0]):
        E, _ = replay(np.array([x]).T)
        np.testing.assert_equal(E, f([*map(Value, x)]).data)


def test_complex_numbers_are_refused_and_not_cut():
    w = Value(2.0)
    replay = record(lambda x: w * x[0], [1.0], [w])
    with pytest.raises(TypeError, match="theta is complex"):
        replay([[1.0]], [1.0 + 1e-20j])
    with pytest.raises(TypeError, match="X is complex"):
        replay([[1.0j]])


def test_second_derivatives_leave_the_objective_as_it_was():
    mlp = MLP(3, [4, 2], rng=0)
    objective = Objective(mlp, RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2)), "half_squared_error", route="replay")
    before = objective.value(mlp.theta)
    objective.hvp(mlp.theta, np.ones(len(mlp.theta)))
    assert copy.deepcopy(objective).value(mlp.theta) == before
    assert pickle.loads(pickle.dumps(objective))(mlp.theta)[0] == pytest.approx(before, rel=1e-14)
    for route in ("scalar", "replay", "matrix"):
        with pytest.raises(TypeError, match="objective.value takes a complex θ"):
            Objective(mlp, np.ones((2, 3)), np.ones((2, 2)), "half_squared_error", route=route)(mlp.theta + 1e-20j)
