"""Online L-BFGS against L-BFGS written with whole matrices, and against gradient descent on noisy gradients."""

import numpy as np
import pytest

from tinygrad_scalar.optimizers import GradientDescent, OnlineLBFGS, constant, inverse_time
from tinygrad_scalar.optimizers.quasi_newton import inverse_hessian_product

RNG = np.random.default_rng(0)
Q = np.linalg.qr(RNG.normal(size=(6, 6)))[0]
A = Q @ np.diag([1.0, 2.0, 3.0, 5.0, 8.0, 13.0]) @ Q.T
START = RNG.normal(size=6)


def quadratic(theta):
    return 0.5 * theta @ A @ theta, A @ theta


def inverse_hessian(pairs, scale):
    """The BFGS update, H ← (I − s yᵀ/yᵀs) H (I − y sᵀ/yᵀs) + s sᵀ/yᵀs, from a multiple of the identity."""
    H = scale * np.eye(6)
    for s, y in pairs:
        V = np.eye(6) - np.outer(y, s) / (y @ s)
        H = V.T @ H @ V + np.outer(s, s) / (y @ s)
    return H


@pytest.mark.parametrize("k", [1, 4, 12])
def test_the_two_loop_recursion_is_the_product_with_the_bfgs_matrix(k):
    S = RNG.normal(size=(k, 6))
    Y, g = S @ A, RNG.normal(size=6)
    scale = np.mean([s @ y / (y @ y) for s, y in zip(S, Y, strict=True)])
    expected = inverse_hessian(zip(S, Y, strict=True), scale) @ g
    np.testing.assert_allclose(inverse_hessian_product(S, Y, g), expected, rtol=1e-10)


@pytest.mark.parametrize("m", [1, 3, 10])
def test_on_a_quadratic_with_c_1_and_eta_1_it_is_textbook_l_bfgs(m):
    optimizer = OnlineLBFGS(1.0, memory=m, c=1.0, damping=0.0)
    theta, expected, pairs = START, START, []
    for k in range(12):
        theta = optimizer.step(quadratic, theta)
        g = A @ expected
        scale = np.mean([s @ y / (y @ y) for s, y in pairs]) if pairs else 0.0  # with m = 1 the textbook's sᵀy / yᵀy
        s = -inverse_hessian(pairs, scale) @ g if k else -1e-10 * g
        pairs = [*pairs, (s, A @ (expected + s) - g)][-m:]
        expected = expected + s
        np.testing.assert_allclose(theta, expected, rtol=1e-7, atol=1e-9)
    assert optimizer.state["S"].shape == (min(m, 12), 6)


def test_the_first_step_is_1e_10_and_a_step_is_eta_over_c_times_the_direction():
    optimizer = OnlineLBFGS(constant(0.02), c=0.5, damping=0.0)
    first = optimizer.step(quadratic, START)
    np.testing.assert_allclose(first - START, -0.04 * 1e-10 * (A @ START), rtol=1e-4)  # what rounding of θ leaves of it
    S, Y = optimizer.state["S"], optimizer.state["Y"]
    second = optimizer.step(quadratic, first)
    np.testing.assert_allclose(second - first, -0.04 * inverse_hessian_product(S, Y, A @ first), rtol=1e-12)


def test_y_is_measured_on_the_batch_of_the_step_and_counts_lambda_more():
    X, y = RNG.normal(size=(40, 6)), RNG.normal(size=40)
    optimizer, theta = OnlineLBFGS(damping=0.3), np.zeros(6)
    for k in range(5):
        rows = slice(8 * k, 8 * k + 8)

        def batch(theta, X=X[rows], y=y[rows]):
            return 0.5 * np.mean((X @ theta - y) ** 2), X.T @ (X @ theta - y) / len(y)

        there = optimizer.step(batch, theta)
        s, H = there - theta, X[rows].T @ X[rows] / 8
        if k:  # the first s is too short for its y to be known well
            np.testing.assert_allclose(optimizer.state["S"][-1], s, rtol=1e-9)
            np.testing.assert_allclose(optimizer.state["Y"][-1], H @ s + 0.3 * s, rtol=1e-8)
        theta = there


def test_the_learning_rate_falls_as_the_paper_has_it():
    optimizer = OnlineLBFGS()
    assert [optimizer.learning_rate(k) for k in (0, 500, 1000)] == pytest.approx([0.1, 0.1 / 1.5, 0.05])
    assert (optimizer.memory, optimizer.c) == (10, 0.1)


def test_a_step_takes_two_gradients():
    calls = []
    optimizer = OnlineLBFGS()
    for _ in range(3):
        optimizer.step(lambda theta: calls.append(1) or quadratic(theta), START)
    assert len(calls) == 6


def test_a_pair_with_no_positive_curvature_is_not_kept_and_the_step_is_the_gradients_until_there_is_one():
    def hill(theta):
        return -0.5 * theta @ theta, -theta

    optimizer = OnlineLBFGS(constant(0.1), damping=0.0)
    first = optimizer.step(hill, START)
    assert optimizer.state["S"].shape == (0, 6)
    np.testing.assert_allclose(optimizer.step(hill, first), 1.1 * first, rtol=1e-14)
    assert optimizer.state["S"].shape == (0, 6)
    assert np.array_equal(OnlineLBFGS().step(lambda theta: (0.0, 0 * theta), START), START)  # s = 0 is no pair either


def excess(optimizer, gradients, seed):
    """How far E is above its minimum after so many gradients, each of a batch of 20, on inputs of very unequal scales."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(2000, 10)) * np.logspace(0, -1.5, 10)
    y = X @ rng.normal(size=10) * 10 + 0.01 * rng.normal(size=2000)
    best, taken, theta = np.linalg.lstsq(X, y)[0], 0, np.zeros(10)

    def batch(theta):
        nonlocal taken
        taken += 1
        return 0.5 * np.mean((X[rows] @ theta - y[rows]) ** 2), X[rows].T @ (X[rows] @ theta - y[rows]) / 20

    while taken < gradients:
        rows = rng.integers(2000, size=20)
        theta = optimizer.step(batch, theta)
    return 0.5 * np.mean((X @ (theta - best)) ** 2)


@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2))])
def test_on_noisy_least_squares_it_leaves_gradient_descent_behind_gradient_for_gradient(seed):
    descents = [excess(GradientDescent(eta), 1000, seed) for eta in (0.4, 0.8, 1.2, 1.6, 2.0)]
    assert excess(OnlineLBFGS(inverse_time(0.02, 200.0), damping=0.0), 1000, seed) < 0.05 * min(descents)


@pytest.mark.parametrize("k", [-900, -540, 540, 900])
def test_the_direction_is_that_of_the_same_pairs_and_gradient_times_a_power_of_two(k):
    S, g = np.random.default_rng(1).normal(size=(3, 5)), np.ones(5)
    Y = S * [1.0, 2.0, 3.0, 4.0, 5.0]
    expected = inverse_hessian_product(S, Y, g)
    assert np.array_equal(
        inverse_hessian_product(np.ldexp(S, k), np.ldexp(Y, k), np.ldexp(g, k)), np.ldexp(expected, k)
    )
    optimizer = OnlineLBFGS(0.1)
    optimizer.step(lambda theta: (0.0, theta), np.ldexp(g, k))
    assert len(optimizer.state["S"]) == 1
