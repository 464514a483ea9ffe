"""Optimisers against their closed forms on a quadratic E = ½ θᵀ A θ."""

import numpy as np
import pytest

from tinygrad_scalar.optimizers import GradientDescent, Momentum

A = np.array([[3.0, 1.0], [1.0, 2.0]])
START = np.array([1.0, -2.0])


def quadratic(theta):
    return 0.5 * theta @ A @ theta, A @ theta


def run(optimizer, n):
    theta = START
    for _ in range(n):
        theta = optimizer.step(quadratic, theta)
    return theta


def test_gradient_descent_is_a_power_of_its_iteration_matrix():
    expected = np.linalg.matrix_power(np.eye(2) - 0.1 * A, 25) @ START
    np.testing.assert_allclose(run(GradientDescent(0.1), 25), expected, rtol=1e-13)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_is_a_power_of_its_iteration_matrix(nesterov):
    eta, mu, identity = 0.1, 0.8, np.eye(2)
    ahead = mu * identity - eta * mu * A if nesterov else mu * identity  # what v becomes of v
    block = np.block([[ahead, -eta * A], [ahead, identity - eta * A]])  # (v, θ) → (v, θ)
    v, theta = np.split(np.linalg.matrix_power(block, 25) @ np.concatenate([np.zeros(2), START]), 2)
    optimizer = Momentum(eta, mu, nesterov=nesterov)
    np.testing.assert_allclose(run(optimizer, 25), theta, rtol=1e-12)
    np.testing.assert_allclose(optimizer.v, v, rtol=1e-12)


@pytest.mark.parametrize("optimizer", [GradientDescent(0.1), Momentum(0.1), Momentum(0.1, nesterov=True)])
def test_a_step_leaves_theta_as_it_is_and_reset_forgets(optimizer):
    theta = START.copy()
    first = optimizer.step(quadratic, theta)
    assert np.array_equal(theta, START)
    optimizer.step(quadratic, first)
    optimizer.reset()
    assert np.array_equal(optimizer.step(quadratic, theta), first)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: GradientDescent(0.0), "learning_rate is a positive number, not 0.0"),
        (lambda: GradientDescent(float("nan")), "learning_rate is a positive number, not nan"),
        (lambda: Momentum(0.1, 1.0), r"momentum lies in \[0, 1\), not 1.0"),
    ],
)
def test_senseless_settings_are_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()
