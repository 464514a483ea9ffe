"""A Value that stands in several places of a network is one parameter, on every route; what is no leaf is none."""

import copy
import pickle

import numpy as np
import pytest

from tinygrad_scalar import MLP, Value, grad, hessian
from tinygrad_scalar.checking import compare_gradients
from tinygrad_scalar.losses import half_squared_error
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import ROUTES, Objective
from tinygrad_scalar.optimizers import IDBD, GradientDescent, LevenbergMarquardt, Newton
from tinygrad_scalar.training import fit

RNG = np.random.default_rng(0)
X, Y, S = RNG.normal(size=(6, 2)), RNG.normal(size=(6, 2)), RNG.uniform(0.5, 2.0, 6)


def tied():
    """2-2-2, where the second layer's matrix is the first's transposed, and the two biases of the first are one."""
    mlp = MLP(2, [2, 2], "tanh", rng=0)
    one, two = mlp.layers
    for i in range(2):
        for j in range(2):
            two.neurons[j].w[i] = one.neurons[i].w[j]
    one.neurons[1].b = one.neurons[0].b
    one.neurons[0].b.data = 0.3
    return mlp


def by_jax(l1=0.0, l2=0.0):
    """E of `tied`, as a function of θ = (W row by row, b, c)."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy

    def E(theta):
        W, b, c = theta[:4].reshape(2, 2), theta[4], theta[5:]
        A = jnp.tanh(X @ W.T + b) @ W + c
        penalty = (l2 * (W**2).sum() + 2.0 * l1 * jnp.abs(W).sum()) / len(X)  # every weight stands in two places
        return (S * 0.5 * ((A - Y) ** 2).sum(axis=1)).mean() + penalty

    return jax, E


def test_theta_lists_a_shared_value_once_where_it_stands_first():
    mlp = tied()
    labels = [p.label for p in mlp.parameters()]
    assert labels == [
        *("w_{1,1}^{(1)}", "w_{1,2}^{(1)}", "w_{2,1}^{(1)}", "w_{2,2}^{(1)}", "b_{1}^{(1)}"),
        *("b_{1}^{(2)}", "b_{2}^{(2)}"),
    ]
    mlp.theta = np.arange(7.0)
    assert [w.data for w in mlp.layers[1].neurons[0].w] == [0.0, 2.0]
    np.testing.assert_array_equal(mlp.theta, np.arange(7.0))


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_sums_the_derivatives_of_all_places_as_jax_does(route):
    jax, E = by_jax(l1=0.5, l2=0.7)
    mlp = tied()
    objective = Objective(mlp, X, Y, "half_squared_error", route=route, l1=0.5, l2=0.7, sample_weight=S)
    theta, v = mlp.theta, np.arange(7.0)
    value, gradient = objective(theta)
    assert value == pytest.approx(float(E(theta)), rel=1e-14)
    assert objective.value(theta) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(gradient, jax.jit(jax.grad(E))(theta), rtol=1e-12)
    H = jax.jit(jax.hessian(E))(theta)
    np.testing.assert_allclose(objective.hessian(theta), H, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(objective.hvp(theta, v), H @ v, rtol=1e-11, atol=1e-14)


def test_the_engine_and_the_routes_give_one_gradient():
    mlp = tied()
    half_squared_error(Y[0], mlp(X[0])).backward()
    engine = [p.grad for p in mlp.parameters()]
    for route in ROUTES:
        gradient = Objective(mlp, X[:1], Y[:1], "half_squared_error", route=route)(mlp.theta)[1]
        np.testing.assert_allclose(gradient, engine, rtol=1e-13)


def test_gauss_newton_and_residuals_of_shared_weights_are_those_of_jax():
    mlp, (jax, _) = tied(), by_jax()
    objective = Objective(mlp, X, Y, "half_squared_error", route="matrix", l2=0.7, sample_weight=S)

    def residuals(theta):
        W, b, c = theta[:4].reshape(2, 2), theta[4], theta[5:]
        A = jax.numpy.tanh(X @ W.T + b) @ W + c
        return ((S / len(X))[:, None] ** 0.5 * (A - Y)).reshape(-1)

    theta = mlp.theta
    ridge = np.diag([0.7 * 2 / len(X)] * 4 + [0.0] * 3)
    J = np.asarray(jax.jacobian(residuals)(theta))
    r, ours = objective.residuals(theta)
    np.testing.assert_allclose(r @ r / 2, objective(theta)[0], rtol=1e-13)
    np.testing.assert_allclose(ours.T @ r, objective(theta)[1], rtol=1e-12)
    np.testing.assert_allclose(ours[: r.size - 4], J, rtol=1e-12, atol=1e-15)
    G = J.T @ J + ridge
    np.testing.assert_allclose(ours.T @ ours, G, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(objective.gauss_newton_diagonal(theta), np.diag(G), rtol=1e-12)
    np.testing.assert_allclose(objective.gauss_newton(theta, np.arange(7.0)), G @ np.arange(7.0), rtol=1e-12)


def test_all_witnesses_agree_on_shared_weights():
    comparison = compare_gradients(tied(), X, Y, "half_squared_error", l2=0.5)
    assert comparison.agree, str(comparison)
    assert {witness.verdict for witness in comparison.witnesses} <= {"agrees", "excellent", "skipped"}


@pytest.mark.parametrize(
    ("route", "make"),
    [
        *((route, make) for route in ROUTES for make in (GradientDescent, Newton)),
        ("matrix", IDBD),
        ("matrix", LevenbergMarquardt),
    ],
)
def test_training_leaves_the_network_whose_e_it_reports_and_keeps_the_ties(route, make):
    mlp = tied()
    history = fit(mlp, X, Y, loss="half_squared_error", optimizer=make(), epochs=3, batch_size=None, route=route)
    assert history.E[-1] < history.E[0]
    E = sum(half_squared_error(y, mlp(x)).data for x, y in zip(X, Y, strict=True)) / len(X)
    assert pytest.approx(history.E[-1], rel=1e-13) == E
    assert mlp.layers[1].neurons[0].w[1] is mlp.layers[0].neurons[1].w[0]


@pytest.mark.parametrize("how", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_the_way_to_matrices_and_back_keep_the_ties(how):
    mlp = tied()
    matrix = MatrixMLP.from_scalar(mlp)
    for other in (how(mlp), MLP.from_matrix(matrix), MLP.from_matrix(how(matrix))):
        assert len(other.parameters()) == 7
        assert other.layers[1].neurons[0].w[1] is other.layers[0].neurons[1].w[0]
        np.testing.assert_array_equal(other.theta, mlp.theta)
    matrix.theta = np.arange(7.0)
    np.testing.assert_array_equal(matrix.W[2], matrix.W[1].T)
    np.testing.assert_array_equal(matrix.theta, np.arange(7.0))


def test_a_network_on_other_values_leaves_the_first_as_it_is():
    mlp = tied()
    before = mlp.theta

    def E(*parameters):
        return half_squared_error(Y[0], mlp.with_parameters(parameters)(X[0]))

    gradient = Objective(mlp, X[:1], Y[:1], "half_squared_error", route="matrix")(before)[1]
    np.testing.assert_allclose(grad(E)(*before), gradient, rtol=1e-13)
    assert np.allclose(hessian(E)(*before), np.transpose(hessian(E)(*before)), rtol=1e-12)
    np.testing.assert_array_equal(mlp.theta, before)
    other = mlp.with_parameters([Value(0.0) for _ in before])
    other.freeze(1)
    assert (mlp.frozen, [p.op for p in mlp.parameters()]) == (set(), [""] * 7)


def replaced(value):
    mlp = MLP(2, [2, 1], rng=0)
    mlp.layers[1].neurons[0].w[0] = value
    return mlp


def shared_with_a_frozen_layer():
    mlp = tied()
    mlp.freeze(1)
    return mlp


def constant():
    return Value(2.0).__mul__(0.5).parents[1]


@pytest.mark.parametrize(
    ("mlp", "says"),
    [
        (replaced(0.5), "layer 2 holds 0.5, which is a number"),
        (replaced(constant()), r"layer 2 holds Value\(0.5, .*\), which is a constant"),
        (replaced(Value(2.0) * Value(0.25)), r"layer 2 holds Value\(0.5, .*\), which is computed, by 'mul'"),
        (shared_with_a_frozen_layer(), r"layer 2 holds Value\(.*, label='w_.*\(1\)}'\), which is a constant"),
    ],
)
def test_what_is_no_leaf_is_refused_by_name(mlp, says):
    x, y = [[1.0, 2.0]], np.ones((1, mlp.sizes[-1]))
    for ask in (
        lambda: mlp.theta,
        lambda: Objective(mlp, x, y, "huber"),
        lambda: fit(mlp, x, y, loss="huber"),
        lambda: compare_gradients(mlp, x, y, "huber"),
    ):
        with pytest.raises(ValueError, match=says):
            ask()


@pytest.mark.parametrize("route", ROUTES)
def test_a_weight_shared_with_another_network_is_trained_with_this_one(route):
    other = MLP(2, [2, 1], rng=1)
    mlp = replaced(other.layers[0].neurons[0].w[1])
    history = fit(mlp, X, Y[:, 0], loss="half_squared_error", epochs=2, route=route, rng=0)
    assert other.layers[0].neurons[0].w[1].data == mlp.theta[6]
    assert Objective(mlp, X, Y[:, 0], "half_squared_error", route=route)(mlp.theta)[0] == history.E[-1]
