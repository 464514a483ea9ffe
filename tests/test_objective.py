"""E(θ), ∇E(θ), H·v by every route."""

import jax
import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import ROUTES, Objective

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(8, 3)), np.eye(2)[RNG.integers(2, size=8)]


def network():
    return MLP(3, [4, 2], "tanh", "softmax", rng=0)


@pytest.mark.parametrize("route", ROUTES)
def test_calling_an_objective_leaves_the_network_as_it_is(route):
    mlp = network()
    mlp.parameters()[0].grad = 3.0
    theta = mlp.theta
    E, gradient = Objective(mlp, X, Y, "cross_entropy", route=route, l2=1.0)(theta + 1.0)
    assert np.array_equal(mlp.theta, theta)
    assert mlp.parameters()[0].grad == 3.0
    assert (type(E), gradient.dtype, gradient.shape) == (float, float, theta.shape)


@pytest.mark.parametrize("route", ROUTES)
def test_an_objective_is_a_function_of_theta_alone(route):
    mlp = network()
    objective = Objective(mlp, X, Y, "cross_entropy", route=route)
    theta = mlp.theta
    E, gradient = objective(theta)
    objective(theta * 2)
    mlp.theta = theta * 0
    again = objective(theta)
    assert E == again[0] == objective(theta.tolist())[0]
    assert np.array_equal(gradient, again[1])
    assert gradient is not again[1]


@pytest.mark.parametrize("route", ROUTES)
def test_the_mean_of_batches_is_the_whole_and_penalties_keep_the_m_of_the_training_set(route):
    mlp, how = network(), {"route": route, "l1": 0.5, "l2": 2.0, "sample_weight": RNG.uniform(0.5, 2.0, 8)}
    whole = Objective(mlp, X, Y, "cross_entropy", **how)
    E, gradient = whole(mlp.theta)
    halves = [whole.batch(rows)(mlp.theta) for rows in ([0, 2, 4, 6], [1, 3, 5, 7])]
    assert np.mean([half[0] for half in halves]) == pytest.approx(E, rel=1e-13)
    np.testing.assert_allclose(np.mean([half[1] for half in halves], axis=0), gradient, rtol=1e-11, atol=1e-15)
    assert whole.value(mlp.theta) == pytest.approx(E, rel=1e-13)


@pytest.mark.parametrize("route", ROUTES)
def test_penalties_take_the_weights_and_no_biases_and_sgn_of_0_is_0(route):
    mlp = MLP(1, [1], rng=0)
    plain = Objective(mlp, [[1.0], [2.0]], [0.0, 0.0], "half_squared_error", route=route)
    theta = np.array([-3.0, 5.0])
    for l1, l2 in ((0.0, 4.0), (6.0, 0.0)):
        E, gradient = Objective(mlp, [[1.0], [2.0]], [0.0, 0.0], "half_squared_error", route=route, l1=l1, l2=l2)(theta)
        extra = l2 / 4 * 9.0 + l1 / 2 * 3.0
        assert E - plain(theta)[0] == pytest.approx(extra, rel=1e-13)
        np.testing.assert_allclose(gradient - plain(theta)[1], [l2 / 2 * -3.0 - l1 / 2, 0.0], rtol=1e-13)
    at_zero = Objective(mlp, [[1.0], [2.0]], [0.0, 0.0], "half_squared_error", route=route, l1=6.0)(np.zeros(2))
    assert at_zero[1].tolist() == [0.0, 0.0]


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES)
def test_second_derivatives_are_those_of_jax(route):
    jax.config.update("jax_enable_x64", True)
    mlp, jnp = MLP(2, [3, 1], "tanh", "logistic", rng=0), jax.numpy
    y = np.array([1.0, 0.0, 1.0, 1.0])
    objective = Objective(mlp, X[:4, :2], y, "binary_cross_entropy", route=route, l2=0.5)

    def E(theta):
        W1, b1, W2, b2 = theta[:6].reshape(3, 2), theta[6:9], theta[9:12], theta[12]
        z = jnp.tanh(X[:4, :2] @ W1.T + b1) @ W2 + b2
        return (jnp.logaddexp(0.0, z) - y * z).mean() + 0.5 / 8 * ((W1**2).sum() + (W2**2).sum())

    theta = mlp.theta + 0.1
    expected = jax.jit(jax.hessian(E))(theta)
    np.testing.assert_allclose(objective.hessian(theta), expected, rtol=1e-9, atol=1e-13)
    v = np.arange(13.0)
    np.testing.assert_allclose(objective.hvp(theta, v), expected @ v, rtol=1e-9, atol=1e-12)


def test_a_matrix_network_serves_every_route():
    matrix = MatrixMLP.from_scalar(network())
    answers = [Objective(matrix, X, Y, "cross_entropy", route=route)(matrix.theta)[1] for route in ROUTES]
    np.testing.assert_allclose(answers[0], answers[1], rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: Objective(network(), X[0], Y, "cross_entropy"), r"one example a row, M × 3 and M × 2; got shapes \(3,\)"),
        (lambda: Objective(network(), X[:5], Y, "cross_entropy"), "X has 5 examples, Y has 8"),
        (lambda: Objective(network(), X[:0], Y[:0], "cross_entropy"), "X has 0 examples, Y has 0"),
        (lambda: Objective(network(), X.T, Y[:3], "cross_entropy"), "layer 1 expects 3 inputs, got 8"),
        (lambda: Objective(network(), X, X, "cross_entropy"), "layer 2 has 2 outputs, the targets have 3"),
        (lambda: Objective(network(), X, Y, "cross_entropy", sample_weight=[1.0]), r"8 examples, sample_weight has shape \(1,\)"),
        (lambda: Objective(network(), X, Y, "cross_entropy", route="torch"), "unknown route 'torch'; there are scalar, replay, matrix"),
        (lambda: Objective(network(), X, Y, "cross_entropy")([1.0]), r"theta has shape \(1,\), the network expects \(26,\)"),
    ],
)  # fmt: skip
def test_data_that_does_not_fit_is_refused_with_both_numbers(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


def test_an_objective_by_another_route_is_that_of_the_route():
    mlp, how = network(), {"l1": 0.5, "l2": 2.0, "sample_weight": RNG.uniform(0.5, 2.0, 8)}
    for first in ROUTES:
        for other in ROUTES:
            objective = Objective(mlp, X, Y, "cross_entropy", route=first, **how).by(other)
            expected = Objective(mlp, X, Y, "cross_entropy", route=other, **how)
            assert repr(objective) == repr(expected)
            assert objective(mlp.theta)[0] == expected(mlp.theta)[0]
            np.testing.assert_array_equal(objective(mlp.theta)[1], expected(mlp.theta)[1])


def test_without_a_route_a_scalar_network_goes_by_its_own_graph_and_a_matrix_network_by_its_equations():
    mlp = network()
    for net, route in ((mlp, "replay"), (MatrixMLP.from_scalar(mlp), "matrix")):
        objective, expected = (Objective(net, X, Y, "cross_entropy", l2=0.5, route=name) for name in (None, route))
        assert repr(objective) == repr(expected)
        for ask in (
            lambda o: o(mlp.theta)[1],
            lambda o: o.hvp(mlp.theta, mlp.theta),
            lambda o: o.batch([1, 2])(mlp.theta)[1],
        ):
            np.testing.assert_array_equal(ask(objective), ask(expected))


def test_without_a_route_gauss_newton_is_the_matrix_routes_and_with_one_it_is_that_routes_or_refused():
    mlp, v = MLP(3, [4, 2], rng=0), np.arange(26.0)
    for objective in (
        Objective(mlp, X, Y, "squared_error", l2=0.5),
        Objective(mlp, X, Y, "squared_error", l2=0.5).batch([0, 3]),
    ):
        by_matrix = objective.by("matrix")
        for ask in (
            lambda o: o.gauss_newton(mlp.theta, v),
            lambda o: o.gauss_newton_diagonal(mlp.theta),
            lambda o: np.column_stack(o.residuals(mlp.theta)),
        ):
            np.testing.assert_array_equal(ask(objective), ask(by_matrix))
            with pytest.raises(
                ValueError, match="the replay route gives no Gauss–Newton curvature; route='matrix' does"
            ):
                ask(objective.by("replay"))


def test_a_loss_that_reads_numbers_is_told_of_the_scalar_route():
    def own(y, a):
        return (a[0] - y[0]) ** 2 if a[0].data > y[0] else a[0] - y[0]

    mlp = MLP(3, [1], rng=0)
    with pytest.raises(TypeError, match="have no numbers to read") as error:
        Objective(mlp, X, Y[:, 0], own)(mlp.theta)
    assert error.value.__notes__ == ["the scalar route runs each example on Values that have numbers: route='scalar'"]
    assert np.isfinite(Objective(mlp, X, Y[:, 0], own, route="scalar")(mlp.theta)[0])
