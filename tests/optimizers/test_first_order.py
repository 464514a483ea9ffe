"""First-order methods against their closed forms and against PyTorch's."""

import numpy as np
import optax
import pytest

from tests.helpers.optax_path import path
from tinygrad_scalar.optimizers import Adam, AdamW, Clipped, GradientDescent, Momentum, RMSProp

A = np.array([[3.0, 1.0], [1.0, 2.0]])
START = np.array([1.0, -2.0])
GRADIENTS = np.random.default_rng(0).normal(size=(30, 4)) * [1.0, 10.0, 1e-3, 0.0]


def quadratic(theta):
    return 0.5 * theta @ A @ theta, A @ theta


def rosenbrock(theta):
    x, y = theta
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2, np.array([2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)])


def run(optimizer, n):
    theta = START
    for _ in range(n):
        theta = optimizer.step(quadratic, theta)
    return theta


def follow(optimizer):
    """The end of a path along the given gradients, whatever θ is."""
    theta = np.array([1.0, 2.0, 3.0, 4.0])
    for g in GRADIENTS:
        theta = optimizer.step(lambda theta, g=g: (0.0, g), theta)
    return theta


def weighted_mean(values, decay):
    """Σ decay^(t−i) values_i / Σ decay^(t−i): the mean whose memory fades."""
    weights = decay ** np.arange(len(values))[::-1]
    return weights @ values / weights.sum()


def test_gradient_descent_goes_to_0_along_each_eigenvector_by_its_own_factor():
    eigenvalues, Q = np.linalg.eigh(A)
    expected = Q @ ((1 - 0.1 * eigenvalues) ** 25 * (Q.T @ START))
    np.testing.assert_allclose(run(GradientDescent(0.1), 25), expected, rtol=1e-13)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_is_a_power_of_its_iteration_matrix(nesterov):
    eta, mu, identity = 0.1, 0.8, np.eye(2)
    ahead = mu * identity - eta * mu * A if nesterov else mu * identity  # what v becomes of v
    block = np.block([[ahead, -eta * A], [ahead, identity - eta * A]])  # (v, θ) → (v, θ)
    v, theta = np.split(np.linalg.matrix_power(block, 25) @ np.concatenate([np.zeros(2), START]), 2)
    optimizer = Momentum(eta, mu, nesterov=nesterov)
    np.testing.assert_allclose(run(optimizer, 25), theta, rtol=1e-12)
    np.testing.assert_allclose(optimizer.state["v"], v, rtol=1e-12)


def test_momentum_at_its_best_setting_contracts_by_root_mu_a_step():
    # η = (2 / (√L + √l))², μ = ((√L − √l) / (√L + √l))²: all eigenvalues of the iteration have modulus √μ (Polyak 1964)
    l, L = np.sqrt(np.linalg.eigvalsh(A))
    mu = ((L - l) / (L + l)) ** 2
    theta = run(Momentum((2 / (L + l)) ** 2, mu), 60)
    assert 60 * 0.8 < np.log(np.linalg.norm(theta)) / np.log(np.sqrt(mu)) < 60 * 1.05


def test_rmsprop_divides_by_the_root_of_a_fading_mean_square_that_starts_at_0():
    rho, theta = 0.8, np.array([1.0, 2.0, 3.0, 4.0])
    for t in range(1, 31):
        v = weighted_mean(GRADIENTS[:t] ** 2, rho) * (1 - rho**t)
        theta = theta - 0.01 * GRADIENTS[t - 1] / (np.sqrt(v) + 1e-3)
    np.testing.assert_allclose(follow(RMSProp(0.01, rho, 1e-3)), theta, rtol=1e-13)


def test_adam_divides_the_fading_mean_by_the_root_of_the_fading_mean_square():
    theta = np.array([1.0, 2.0, 3.0, 4.0])
    for t in range(1, 31):
        m, v = weighted_mean(GRADIENTS[:t], 0.8), weighted_mean(GRADIENTS[:t] ** 2, 0.95)
        theta = theta - 0.01 * m / (np.sqrt(v) + 1e-3)
    np.testing.assert_allclose(follow(Adam(0.01, 0.8, 0.95, 1e-3)), theta, rtol=1e-13)


def test_adamw_decays_apart_from_the_moments_entry_by_entry():
    decay, decayed = np.array([0.0, 0.5, 1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0])
    adam, theta = Adam(0.01), decayed
    for g in GRADIENTS:
        there = adam.step(lambda theta, g=g: (0.0, g), theta)
        decayed, theta = decayed * (1 - 0.01 * decay) + (there - theta), there  # the same step, whatever decays
    np.testing.assert_allclose(follow(AdamW(0.01, weight_decay=decay)), decayed, rtol=1e-13)


def test_the_defaults_are_those_of_the_papers():
    adam = Adam()
    assert (adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon) == (0.001, 0.9, 0.999, 1e-8)


def test_clipping_shortens_long_gradients_to_the_norm_and_leaves_short_ones_bit_for_bit():
    seen = []

    class Recorder(GradientDescent):
        def update(self, objective, theta, t):
            seen.append(objective(theta)[1])
            return super().update(objective, theta, t)

    follow(Clipped(Recorder(0.1), 5.0))
    norms = np.linalg.norm(GRADIENTS, axis=1)
    assert 0 < (norms > 5.0).sum() < 30
    for g, clipped, norm in zip(GRADIENTS, seen, norms, strict=True):
        if norm <= 5.0:
            assert np.array_equal(clipped, g)
        else:
            assert np.linalg.norm(clipped) == pytest.approx(5.0, rel=1e-14)
            np.testing.assert_allclose(clipped / 5.0, g / norm, rtol=1e-14)


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e160, 4e307])
@pytest.mark.parametrize("limit", [1e-305, 2.0, 1e100])
def test_clipping_keeps_the_direction_of_gradients_whose_squares_are_no_floats(size, limit):
    theta = Clipped(GradientDescent(1.0), limit).step(lambda theta: (0.0, size * np.array([3.0, 4.0])), np.zeros(2))
    expected = np.array([-0.6, -0.8]) * min(limit, 5.0 * size)
    np.testing.assert_allclose(theta, expected, rtol=1e-15)


@pytest.mark.parametrize("make", [RMSProp, Adam, AdamW])
def test_a_derivative_whose_square_is_no_float_is_refused_and_nothing_is_remembered(make):
    """Remembered, an infinite mean square would make every later step 0; clipped, it is a gradient like others."""
    optimizer, theta = make(0.1), np.zeros(2)
    with pytest.raises(OverflowError, match=r"a derivative of E is -4\.0e\+160, its square is no float.*Clipped"):
        optimizer.step(lambda theta: (0.0, np.array([3.0, -4e160])), theta)
    assert optimizer.state == {}
    clipped = Clipped(make(0.1), 1.0).step(lambda theta: (0.0, np.array([3e160, -4e160])), theta)
    assert (np.sign(clipped) == [-1.0, 1.0]).all()


def test_a_clipped_objective_is_else_as_it_was():
    class Objective:
        M = 7

        def __call__(self, theta):
            return 3.0, 100 * theta

    class Asks(GradientDescent):
        def update(self, objective, theta, t):
            assert (objective.M, objective(theta)[0], hasattr(objective, "hessian")) == (7, 3.0, False)
            return super().update(objective, theta, t)

    Clipped(Asks(), 1.0).step(Objective(), START)


@pytest.mark.parametrize("function", [quadratic, rosenbrock])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (GradientDescent(0.001), optax.sgd(0.001)),
        (Momentum(0.0005, 0.9), optax.sgd(0.0005, momentum=0.9)),
        (RMSProp(0.01, 0.95, 1e-4), optax.rmsprop(0.01, decay=0.95, eps=1e-4, eps_in_sqrt=False)),
        (Adam(0.01, epsilon=1e-3), optax.adam(0.01, eps=1e-3)),
        (AdamW(0.01, weight_decay=0.1), optax.adamw(0.01, weight_decay=0.1)),
    ],
)
def test_the_path_is_that_of_optax(function, ours, theirs):
    ours.reset()
    theta = START
    for expected in path(theirs, function, START, 200):
        theta = ours.step(function, theta)
        np.testing.assert_allclose(theta, expected, rtol=1e-9, atol=1e-12)


def test_optax_keeps_for_nesterov_the_point_that_momentum_leads_to():
    ours, theta = Momentum(0.0005, 0.9, nesterov=True), START
    for expected in path(optax.sgd(0.0005, momentum=0.9, nesterov=True), rosenbrock, START, 200):
        theta = ours.step(rosenbrock, theta)
        np.testing.assert_allclose(theta + 0.9 * ours.state["v"], expected, rtol=1e-9)
