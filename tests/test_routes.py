"""The replay route of an objective is the scalar and the matrix route."""

import copy
import pickle

import numpy as np
import pytest

from tinygrad_scalar import MLP, losses, nn
from tinygrad_scalar.checking import compare_gradients
from tinygrad_scalar.objective import Objective

RNG = np.random.default_rng(0)


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
