"""The product in one file: the chain rule on scalars is the matrix δ equations, over everything that can be combined."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.networks import INSIDE, OUTPUTS, OWN, batch, network
from tinygrad_scalar import MLP, losses, nn
from tinygrad_scalar.checking import EXACT, compare_gradients
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import Objective

SHAPES = [(3, [4, 1, 2], 30), (2, [1], 1), (4, [3, 3], 2), (1, [1, 1], 1)]  # d_0, sizes, M: narrow ones, one layer only


@pytest.mark.parametrize("loss", losses.LOSSES)
@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
def test_scalar_and_matrix_agree_on_every_gradient_z_and_delta(activation, loss):
    for output in INSIDE.get(loss, OUTPUTS):
        for d, sizes, M in SHAPES:
            if (loss, output, sizes[-1]) == ("binary_cross_entropy", "softmax", 1):
                continue  # a softmax of one is always 1, and a target of 0 infinitely wrong
            mlp = network(d, sizes, activation, output)
            X, Y = batch(d, sizes[-1], M, loss)
            comparison = compare_gradients(mlp, X, Y, loss, ("scalar", "matrix"))
            worst = max(max(row) for row in comparison.errors.values())
            assert set(comparison.errors) == {"matrix", "z", "δ"}
            assert worst < 1e-12, (output, sizes, str(comparison))  # far below EXACT: only rounding is left
            assert comparison.agree


@pytest.mark.slow
@pytest.mark.parametrize("loss", losses.LOSSES)
@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
def test_central_differences_find_nothing_against_either(activation, loss):
    for output in INSIDE.get(loss, OUTPUTS):
        mlp = network(3, [3, 2], activation, output)
        X, Y = batch(3, 2, 4, loss)
        comparison = compare_gradients(mlp, X, Y, loss, ("scalar", "replay", "matrix", "central", "complex"))
        assert not any(e >= 1e-5 for e in comparison.errors["central"]), (output, str(comparison))  # nan: not judged
        assert comparison.agree


@pytest.mark.parametrize("z", [-800.0, 800.0])
@pytest.mark.parametrize(
    ("loss", "output"),
    [
        *(("half_squared_error", output) for output in OUTPUTS),
        *(("huber", output) for output in OUTPUTS),
        ("binary_cross_entropy", "logistic"),
        ("cross_entropy", "softmax"),
    ],
)
@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
def test_the_routes_agree_and_stay_finite_where_every_neuron_is_saturated(activation, loss, output, z):
    mlp = MLP(1, [2, 2], activation, output, rng=3)
    for layer in mlp.layers:
        for neuron in layer.neurons:
            neuron.b.data = z
    for y in ([1.0, 0.0], [0.0, 1.0]):
        E, gradient = Objective(mlp, [[0.5]], [y], loss, route="matrix")(mlp.theta)
        assert np.isfinite(E)
        assert np.isfinite(gradient).all()
        assert compare_gradients(mlp, [[0.5]], [y], loss, ("scalar", "matrix")).agree


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_network_on_any_numbers(data):
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    d, M = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 5))
    activations = [data.draw(st.sampled_from(nn.ACTIVATIONS)) for _ in sizes[1:]]
    loss = data.draw(st.sampled_from(list(losses.LOSSES)))
    output = data.draw(st.sampled_from(OWN.get(loss, OUTPUTS)))
    mlp = MLP(d, sizes, activations, output, rng=data.draw(st.integers(0, 99)))
    scale = data.draw(st.sampled_from([0.01, 1.0, 30.0]))
    numbers = st.floats(-scale, scale)
    mlp.theta = data.draw(st.lists(numbers, min_size=len(mlp.theta), max_size=len(mlp.theta)))
    X = data.draw(st.lists(st.lists(numbers, min_size=d, max_size=d), min_size=M, max_size=M))
    _, Y = batch(d, sizes[-1], M, loss)
    how = {
        "l1": data.draw(st.sampled_from([0.0, 0.5])),
        "l2": data.draw(st.sampled_from([0.0, 2.0])),
        "sample_weight": data.draw(st.sampled_from([None, [0.5 + m for m in range(M)]])),
    }
    E_matrix, g_matrix = Objective(mlp, X, Y, loss, route="matrix", **how)(mlp.theta)
    E_scalar, g_scalar = Objective(mlp, X, Y, loss, route="scalar", **how)(mlp.theta)
    if not (np.isfinite(E_matrix) and np.isfinite(g_matrix).all()):  # 30 to a high power
        assert not (np.isfinite(E_scalar) and np.isfinite(g_scalar).all())
        return
    assert E_scalar == pytest.approx(E_matrix, rel=1e-9, abs=1e-9)
    comparison = compare_gradients(mlp, X, Y, loss, ("scalar", "matrix"), **how)
    assert max(comparison.errors["matrix"]) <= EXACT, str(comparison)


def test_theta_goes_to_the_matrices_and_back_bit_for_bit():
    mlp = network(3, [4, 1, 2], ["tanh", "relu"], "softmax")
    theta = mlp.theta
    matrix = MatrixMLP.from_scalar(mlp)
    assert np.array_equal(matrix.theta, theta)
    assert np.array_equal(MLP.from_matrix(matrix).theta, theta)
    assert MLP.from_matrix(matrix).activations == mlp.activations
    assert np.array_equal(MatrixMLP.from_scalar(MLP.from_matrix(matrix)).theta, theta)


def test_both_sides_agree_with_jax():
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    mlp = network(3, [4, 2], "tanh", "softmax")
    X, Y = batch(3, 2, 6, "cross_entropy")
    s, l1, l2 = np.linspace(0.5, 2.0, 6), 0.3, 0.7
    M = MatrixMLP.from_scalar(mlp)

    def E(W1, b1, W2, b2):
        z = jnp.tanh(X @ W1.T + b1) @ W2.T + b2
        losses = -(Y * jax.nn.log_softmax(z)).sum(axis=1)
        squares = (W1**2).sum() + (W2**2).sum()
        return (s * losses).mean() + l2 / 12 * squares + l1 / 6 * (jnp.abs(W1).sum() + jnp.abs(W2).sum())

    value, (W1, b1, W2, b2) = jax.value_and_grad(E, argnums=(0, 1, 2, 3))(M.W[1], M.b[1], M.W[2], M.b[2])
    expected = M.flat([None, W1, W2], [None, b1, b2])
    for route in ("scalar", "matrix"):
        found, gradient = Objective(mlp, X, Y, "cross_entropy", route=route, l1=l1, l2=l2, sample_weight=s)(mlp.theta)
        assert found == pytest.approx(float(value), rel=1e-13)
        np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-15)
