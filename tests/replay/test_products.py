"""Sums of products over the same inputs become matrix products by themselves."""

import itertools
import math

import numpy as np
import pytest

from tests.helpers.replays import assert_same, eagerly, machine_of, products
from tinygrad_scalar import MLP, Value, exp, losses, relu, tanh, total, where
from tinygrad_scalar.replay import record

RNG = np.random.default_rng(0)


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


def test_a_factor_that_occurs_twice_meets_infinity_as_the_engine_does():
    a, b = Value(2.0), Value(-1.0)
    f = lambda x: (a * x[0] + b * x[0] + a * x[1]).tanh()  # noqa: E731
    replay = record(f, [1.0, 1.0], [a, b])
    for x in ([np.inf, 1.0], [-np.inf, 0.5], [3.0, 2.0]):
        E, _ = replay(np.array([x]).T)
        np.testing.assert_equal(E, f([*map(Value, x)]).data)
