"""Newton and Levenberg–Marquardt: their equations, their damping, and SciPy's answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from tinygrad_scalar.optimizers import LevenbergMarquardt, Newton

RNG = np.random.default_rng(0)


class Quadratic:
    """E = ½ (θ − m)ᵀ H (θ − m)."""

    def __init__(self, H, m):
        self.H, self.m = np.asarray(H, dtype=float), np.asarray(m, dtype=float)

    def __call__(self, theta):
        return 0.5 * (theta - self.m) @ self.H @ (theta - self.m), self.H @ (theta - self.m)

    def hessian(self, theta):
        return self.H


class Rosenbrock:
    """E = ½ rᵀr with r = (10 (y − x²), 1 − x)."""

    def residuals(self, theta):
        x, y = theta
        return np.array([10 * (y - x * x), 1 - x]), np.array([[-20 * x, 10.0], [-1.0, 0.0]])

    def __call__(self, theta):
        r, J = self.residuals(theta)
        return 0.5 * r @ r, J.T @ r

    def hessian(self, theta):
        r, J = self.residuals(theta)
        return J.T @ J + r[0] * np.array([[-20.0, 0.0], [0.0, 0.0]])


class Logistic:
    """The mean cross-entropy of logistic regression with a little L2."""

    def __init__(self):
        self.X = RNG.normal(size=(50, 4))
        self.y = (self.X @ [1.0, -2.0, 0.0, 0.5] + RNG.normal(size=50) > 0).astype(float)

    def __call__(self, w):
        z = self.X @ w
        p = 1 / (1 + np.exp(-z))
        return np.mean(np.logaddexp(0, z) - self.y * z) + 0.005 * w @ w, self.X.T @ (p - self.y) / 50 + 0.01 * w

    def hessian(self, w):
        p = 1 / (1 + np.exp(-self.X @ w))
        return (self.X.T * (p * (1 - p))) @ self.X / 50 + 0.01 * np.eye(4)


class Decay:
    """Fitting a e^(−k t) + c to noisy data; n residuals may be fewer than the parameters."""

    def __init__(self, n=20):
        self.t = np.linspace(0, 4, n)
        self.y = 2 * np.exp(-0.7 * self.t) + 0.5 + 0.05 * RNG.normal(size=n)

    def residuals(self, theta):
        a, k, c = theta
        e = np.exp(-k * self.t)
        return a * e + c - self.y, np.stack([e, -a * self.t * e, np.ones_like(e)], axis=1)

    def __call__(self, theta):
        r, J = self.residuals(theta)
        return 0.5 * r @ r, J.T @ r


def test_without_damping_newton_minimises_a_quadratic_in_one_step():
    H = np.array([[3.0, 1.0], [1.0, 2.0]])
    theta = Newton(damping=0.0).step(Quadratic(H, [5.0, -7.0]), np.zeros(2))
    np.testing.assert_allclose(theta, [5.0, -7.0], rtol=1e-14)


def test_a_step_of_newton_solves_the_damped_equations():
    logistic, w, optimizer = Logistic(), np.ones(4), Newton(damping=0.3)
    p = np.linalg.inv(logistic.hessian(w) + 0.3 * np.eye(4)) @ -logistic(w)[1]
    np.testing.assert_allclose(optimizer.step(logistic, w) - w, p, rtol=1e-12)
    assert optimizer.state == {"damping": pytest.approx(0.03)}


def test_newton_finds_scipys_minimum_of_a_logistic_regression_to_the_last_digits_in_ten_steps():
    logistic, w, optimizer = Logistic(), np.zeros(4), Newton()
    for _ in range(10):
        w = optimizer.step(logistic, w)
    assert np.abs(logistic(w)[1]).max() < 1e-15
    found = optimize.root(lambda w: logistic(w)[1], np.zeros(4), jac=logistic.hessian, tol=1e-15)
    np.testing.assert_allclose(w, found.x, rtol=1e-12)


def test_where_the_hessian_has_a_negative_eigenvalue_damping_grows_until_the_step_leads_down():
    saddle, start, optimizer = Quadratic(np.diag([2.0, -1.0]), [0.0, 0.0]), np.array([1.0, 0.5]), Newton(damping=0.03)
    theta = optimizer.step(saddle, start)  # 0.03 and 0.3 leave −1 + λ < 0; 3 makes it 2
    np.testing.assert_allclose(theta, start - [2.0 / 5.0, -0.5 / 2.0], rtol=1e-14)
    assert optimizer.state["damping"] == pytest.approx(0.3)
    assert saddle(theta)[0] < saddle(start)[0]


def test_where_newtons_own_step_would_raise_e_damping_grows_until_none_does():
    class Root:  # E = √(1 + θ²): from |θ| > 1 Newton's step overshoots, θ − θ (1 + θ²) = −θ³
        def __call__(self, theta):
            return np.sqrt(1 + theta[0] ** 2), theta / np.sqrt(1 + theta**2)

        def hessian(self, theta):
            return np.array([[(1 + theta[0] ** 2) ** -1.5]])

    optimizer, theta = Newton(damping=0.0), np.array([3.0])
    for _ in range(12):
        there = optimizer.step(Root(), theta)
        assert abs(there[0]) <= abs(theta[0])
        theta = there
    assert abs(theta[0]) < 1e-12


def test_at_a_saddle_newton_stays():
    start = np.zeros(2)
    there = Newton().step(Quadratic(np.diag([2.0, -1.0]), start), start)
    assert np.array_equal(there, start)
    assert there is not start


@pytest.mark.parametrize("optimizer", [Newton, LevenbergMarquardt])
def test_where_no_step_helps_theta_and_damping_stay(optimizer):
    class Spike(Rosenbrock):  # E is lower at the start than everywhere else, whatever the gradient says
        def __call__(self, theta):
            E, g = super().__call__(theta)
            return (0.0 if np.array_equal(theta, start) else E), g

    start, stuck = np.array([-1.2, 1.0]), optimizer(damping=0.5)
    assert np.array_equal(stuck.step(Spike(), start), start)
    assert stuck.state == {"damping": 0.5}


@pytest.mark.parametrize("optimizer", [Newton, LevenbergMarquardt])
@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.sampled_from([0.0, 1e-3, 10.0]))
def test_e_never_rises(optimizer, x, y, damping):
    damped, theta = optimizer(damping=damping), np.array([x, y])
    for _ in range(60):
        there = damped.step(Rosenbrock(), theta)
        assert Rosenbrock()(there)[0] <= Rosenbrock()(theta)[0] * (1 + 1e-14)
        theta = there
    np.testing.assert_allclose(theta, [1.0, 1.0], atol=1e-6)


def test_the_last_digits_are_found_although_e_is_too_large_to_show_them():
    class Large(Decay):  # E is 10⁶ or so, and its rounding hides the last 8 digits of θ
        def value(self, theta):
            r, _ = self.residuals(theta)
            return 0.5 * np.sum((r + self.far) ** 2) - np.sum(r * self.far)

    for _ in range(30):
        large = Large(200)
        large.y, large.far = 2 * np.exp(-0.7 * large.t) + 0.5, 100 * RNG.normal(size=200)
        theta, optimizer = np.array([1.0, 0.1, 0.0]) + 0.1 * RNG.normal(size=3), LevenbergMarquardt()
        for _ in range(40):
            theta = optimizer.step(large, theta)
        np.testing.assert_allclose(theta, [2.0, 0.7, 0.5], rtol=1e-12)


def test_an_infinite_e_is_a_rise():
    class Wall(Decay):  # beyond k = 1 there is nothing
        def __call__(self, theta):
            E, g = super().__call__(theta)
            return (np.inf if theta[1] > 1.0 else E), g

    theta, optimizer = np.array([1.0, 0.01, 0.0]), LevenbergMarquardt(damping=0.0)
    for _ in range(20):
        theta = optimizer.step(Wall(), theta)
    assert np.abs(Decay.__call__(Wall(), theta)[1]).max() < 1.0
    assert theta[1] < 1.0


def test_a_step_of_levenberg_marquardt_solves_the_damped_normal_equations():
    decay, theta = Decay(), np.array([1.5, 0.5, 0.2])
    r, J = decay.residuals(theta)
    p = np.linalg.solve(J.T @ J + 0.2 * np.eye(3), -J.T @ r)
    optimizer = LevenbergMarquardt(damping=0.2)
    np.testing.assert_allclose(optimizer.step(decay, theta) - theta, p, rtol=1e-12)
    assert optimizer.state == {"damping": pytest.approx(0.02)}


def test_levenberg_marquardt_finds_scipys_least_squares_fit():
    decay, theta, optimizer = Decay(), np.array([1.0, 0.1, 0.0]), LevenbergMarquardt()
    for _ in range(30):
        theta = optimizer.step(decay, theta)
    tight = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
    theirs = optimize.least_squares(
        lambda x: decay.residuals(x)[0], [1.0, 0.1, 0.0], lambda x: decay.residuals(x)[1], method="lm", **tight
    )
    np.testing.assert_allclose(theta, theirs.x, rtol=1e-7)  # they stop where E no longer falls: half the digits
    assert np.abs(decay(theta)[1]).max() < 1e-12


def test_levenberg_marquardt_needs_neither_as_many_residuals_as_parameters_nor_independent_columns():
    few, theta, optimizer = Decay(2), np.array([1.0, 0.1, 0.0]), LevenbergMarquardt()
    for _ in range(30):
        theta = optimizer.step(few, theta)
    assert few(theta)[0] < 1e-20

    class Twice:  # θ₁ and θ₂ do the same, θ₃ nothing
        J = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0]])

        def residuals(self, theta):
            return self.J @ theta - [3.0, 6.0], self.J

        def __call__(self, theta):
            r, J = self.residuals(theta)
            return 0.5 * r @ r, J.T @ r

    np.testing.assert_allclose(LevenbergMarquardt(0.0).step(Twice(), np.zeros(3)), [1.5, 1.5, 0.0], atol=1e-14)


@pytest.mark.parametrize("optimizer", [Newton, LevenbergMarquardt])
def test_steps_are_judged_by_e_alone_where_the_objective_offers_it(optimizer):
    gradients = []

    class Cheap(Rosenbrock):
        def __call__(self, theta):
            gradients.append(theta)
            return super().__call__(theta)

        def value(self, theta):
            return super().__call__(theta)[0]

    theta, second = np.array([-1.2, 1.0]), optimizer()
    for _ in range(40):
        theta = second.step(Cheap(), theta)
    np.testing.assert_allclose(theta, [1.0, 1.0], rtol=1e-7)
    assert len(gradients) == (40 if optimizer is Newton else 0)
