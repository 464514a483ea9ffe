"""SciPy's methods behind one name: the same calls, one after the other, with progress and an exact limit."""

import re
from itertools import pairwise

import numpy as np
import pytest
from scipy import optimize

from tinygrad_scalar.optimizers import SciPy
from tinygrad_scalar.optimizers.scipy_methods import METHODS

RNG = np.random.default_rng(0)
START = np.array([-1.2, 1.0])


class Rosenbrock:
    """E = ½ rᵀr with r = (10 (y − x²), 1 − x), and all its derivatives."""

    def residuals(self, theta):
        x, y = theta
        return np.array([10 * (y - x * x), 1 - x]), np.array([[-20 * x, 10.0], [-1.0, 0.0]])

    def __call__(self, theta):
        r, J = self.residuals(theta)
        return 0.5 * r @ r, J.T @ r

    def hessian(self, theta):
        r, J = self.residuals(theta)
        return J.T @ J + r[0] * np.array([[-20.0, 0.0], [0.0, 0.0]])

    def hvp(self, theta, v):
        return self.hessian(theta) @ v


class Bowl(Rosenbrock):
    """The same without the bend, r = (10 y, 1 − x): dogleg wants a Hessian that is positive definite everywhere."""

    def residuals(self, theta):
        return np.array([10 * theta[1], 1 - theta[0]]), np.array([[0.0, 10.0], [-1.0, 0.0]])

    def hessian(self, theta):
        return np.diag([1.0, 100.0])


FINER = {"COBYLA": {"tol": 1e-7}}  # its default leaves θ wherever it is right to two digits


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_a_minimum_silently(method):
    scipy = SciPy(method, 2000, options=FINER.get(method, {}))
    assert Bowl()(scipy.step(Bowl(), START))[0] < 1e-5  # from 52
    assert scipy.message
    assert scipy.state == {}


@pytest.mark.parametrize("method", ["L-BFGS-B", "BFGS", "CG", "Newton-CG", "trust-ncg"])
def test_a_minimisation_is_scipys_own_bit_for_bit(method):
    objective = Rosenbrock()
    hvp = {"hessp": objective.hvp} if METHODS[method] == "hvp" else {}
    theirs = optimize.minimize(
        objective, START, jac=True, method=method, options={"gtol": 1e-9} if not hvp else {}, **hvp
    )
    ours = SciPy(method, options={} if hvp else {"gtol": 1e-9})
    assert np.array_equal(ours.minimise(objective, START, 10_000), theirs.x)
    assert ours.message == theirs.message


@pytest.mark.parametrize("method", METHODS)
def test_max_iterations_stops_at_the_same_iterate_that_a_longer_run_passes(method):
    path, short = [], []
    objective = Bowl() if method == "dogleg" else Rosenbrock()
    end = SciPy(method).minimise(objective, START, 2000, path.append)
    assert len(path) > 2
    scipy = SciPy(method)
    theta = scipy.minimise(objective, START, 2, short.append)
    assert len(short) == 2
    assert np.array_equal(short, path[:2])
    assert np.array_equal(theta, path[1])
    assert not np.array_equal(theta, end)
    assert scipy.message == "stopped after 2 iterations"


@pytest.mark.parametrize("method", METHODS)
def test_a_callback_may_stop_and_may_not_change_anything(method):
    seen = []

    def stop_at_3(theta):
        seen.append(theta.copy())
        theta[:] = np.nan
        if len(seen) == 3:
            raise StopIteration

    objective = Bowl() if method == "dogleg" else Rosenbrock()
    theta = SciPy(method, 1000).minimise(objective, START, callback=stop_at_3)
    assert len(seen) == 3
    assert np.array_equal(theta, seen[-1])


@pytest.mark.parametrize("method", ["L-BFGS-B", "lm", "TNC"])
def test_what_the_objective_or_the_callback_raises_arrives(method):
    def fails(theta):
        raise ArithmeticError("diverged")

    class Failing(Rosenbrock):
        def residuals(self, theta):
            raise ArithmeticError("diverged")

    with pytest.raises(ArithmeticError, match="diverged"):
        SciPy(method).minimise(Rosenbrock(), START, callback=fails)
    with pytest.raises(ArithmeticError, match="diverged"):
        SciPy(method).minimise(Failing(), START)


def test_0_iterations_leave_theta_where_it_is():
    theta = SciPy().minimise(Rosenbrock(), START, 0)
    assert np.array_equal(theta, START)
    assert theta is not START


def test_a_step_is_one_call_with_a_fresh_memory():
    objective = Rosenbrock()
    whole = SciPy("L-BFGS-B").minimise(objective, START, 20)
    scipy = SciPy("L-BFGS-B", 10)
    half = scipy.step(objective, START)
    assert np.array_equal(half, SciPy("L-BFGS-B").minimise(objective, START, 10))
    twice = scipy.step(objective, half)
    assert np.array_equal(twice, SciPy("L-BFGS-B").minimise(objective, half, 10))
    assert not np.allclose(twice, whole, rtol=1e-6)


@pytest.mark.parametrize("method", [name for name, need in METHODS.items() if need == "hvp"])
def test_hessian_free_methods_ask_for_products_and_never_for_the_hessian(method):
    products = []

    class Counting(Bowl):
        hessian = None

        def hvp(self, theta, v):
            products.append(v)
            return np.array([1.0, 100.0]) * v

    SciPy(method).step(Counting(), START)
    assert products


@pytest.mark.parametrize("method", [name for name, need in METHODS.items() if need == "value"])
def test_derivative_free_methods_use_e_alone_where_the_objective_offers_it(method):
    class Cheap(Bowl):
        def __call__(self, theta):
            raise AssertionError("a gradient was computed for nothing")

        def value(self, theta):
            return Bowl.__call__(self, theta)[0]

    assert Cheap().value(SciPy(method, 500, options=FINER.get(method, {})).step(Cheap(), START)) < 1e-5


def test_lm_is_scipys_least_squares_and_reports_its_iterations():
    t = np.linspace(0, 4, 15)
    y = 2 * np.exp(-0.7 * t) + 0.01 * RNG.normal(size=15)

    class Decay:
        def residuals(self, theta):
            e = np.exp(-theta[1] * t)
            return (theta[0] * e - y), np.stack([e, -theta[0] * t * e], axis=1)

    objective, start, path = Decay(), np.array([1.0, 0.1]), []
    theirs = optimize.least_squares(
        lambda theta: objective.residuals(theta)[0],
        start,
        lambda theta: objective.residuals(theta)[1],
        method="lm",
    )
    ours = SciPy("lm").minimise(objective, start, callback=path.append)
    assert np.array_equal(ours, theirs.x)
    assert np.array_equal(path[-1], ours)
    E = [0.5 * (objective.residuals(theta)[0] ** 2).sum() for theta in [start, *path]]
    assert len(path) >= 4
    assert all(later < earlier for earlier, later in pairwise(E))


def test_lm_says_when_there_are_too_few_residuals():
    class Few:
        def residuals(self, theta):
            return theta[:1], np.array([[1.0, 0.0]])

    says = "lm needs as many residuals as parameters, there are 1 and 2; LevenbergMarquardt does without"
    with pytest.raises(ValueError, match=says):
        SciPy("lm").step(Few(), START)


def test_names_are_the_same_in_any_case():
    assert SciPy("l-bfgs-b").method == "L-BFGS-B"
    assert {name.lower() for name in METHODS} - {"lm"} == {name.lower() for name in optimize._minimize.MINIMIZE_METHODS}


def test_a_setting_of_iterations_that_is_no_count_is_refused():
    for wrong in (-1, 2.5):
        with pytest.raises(ValueError, match=re.escape(f"max_iterations is a whole number from 0, not {wrong}")):
            SciPy().minimise(Rosenbrock(), START, wrong)
