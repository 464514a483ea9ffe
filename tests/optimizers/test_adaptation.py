"""RProp by traces worked out by hand, IDBD by its derivation and by Sutton's first experiment."""

import warnings

import numpy as np
import pytest

from tests.benchmarks.idbd import LinearUnit, fixed_steps, idbd
from tinygrad_scalar import MLP
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.optimizers import IDBD, RProp
from tinygrad_scalar.training import fit

# one parameter; Δ_0 = 0.1, × 1.2, × 0.5:   same    flip  (0)     flip  zero     same
SIGNS = [+1, +1, -1, -1, +1, 0, +1, +1]
E_ROSE = [10.0, 9.0, 9.5, 8.0, 7.0, 6.0, 5.0, 4.0]  # at the first flip E has risen, at the second it has fallen
TRACES = {  # variant: the sizes Δ after each step, and the steps
    "rprop-": (
        [0.1, 0.12, 0.06, 0.072, 0.036, 0.036, 0.036, 0.0432],
        [-0.1, -0.12, +0.06, +0.072, -0.036, 0.0, -0.036, -0.0432],
    ),
    "rprop+": (
        [0.1, 0.12, 0.06, 0.06, 0.03, 0.03, 0.03, 0.036],
        [-0.1, -0.12, +0.12, +0.06, -0.06, 0.0, -0.03, -0.036],
    ),
    "irprop-": (
        [0.1, 0.12, 0.06, 0.06, 0.03, 0.03, 0.03, 0.036],
        [-0.1, -0.12, 0.0, +0.06, 0.0, 0.0, -0.03, -0.036],
    ),
    "irprop+": (
        [0.1, 0.12, 0.06, 0.06, 0.03, 0.03, 0.03, 0.036],
        [-0.1, -0.12, +0.12, +0.06, 0.0, 0.0, -0.03, -0.036],
    ),
}


def rosenbrock(theta):
    x, y = theta
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2, np.array([2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)])


@pytest.mark.parametrize("magnitude", [1.0, 1e-200, 1e200])
@pytest.mark.parametrize("variant", TRACES)
def test_rprop_follows_the_trace_worked_out_by_hand(variant, magnitude):
    rprop = RProp(variant)
    for E, sign, size, step in zip(E_ROSE, SIGNS, *TRACES[variant], strict=True):
        moved = rprop.step(lambda theta, E=E, sign=sign: (E, np.array([sign * magnitude])), np.zeros(1))
        assert rprop.state["size"][0] == pytest.approx(size, rel=1e-14)
        assert moved[0] == pytest.approx(step, rel=1e-14)


@pytest.mark.parametrize("variant", TRACES)
def test_in_rprop_every_parameter_has_a_trace_of_its_own(variant):
    rprop, theta, alone = RProp(variant), np.zeros(3), RProp(variant)
    start, single = np.zeros(1), []
    for E, sign in zip(E_ROSE, SIGNS, strict=True):
        theta = rprop.step(lambda _, E=E, sign=sign: (E, np.array([sign, -sign, 1.0])), theta)
        start = alone.step(lambda _, E=E, sign=sign: (E, np.array([sign])), start)
        single.append(start[0])
    sizes = [0.1 * 1.2**k for k in range(len(SIGNS))]
    np.testing.assert_allclose(theta, [single[-1], -single[-1], -sum(sizes)], rtol=1e-13)


@pytest.mark.parametrize("variant", TRACES)
def test_rprop_sizes_stay_between_their_bounds(variant):
    rprop = RProp(variant)
    for _ in range(60):
        rprop.step(lambda theta: (0.0, np.ones(1)), np.zeros(1))
    assert rprop.state["size"][0] == 50.0
    for k in range(120):
        rprop.step(
            lambda theta, k=k: (0.0, np.array([(-1.0) ** (k // (1 if variant == "rprop-" else 2))])), np.zeros(1)
        )
    assert rprop.state["size"][0] == 1e-6


def test_irprop_minus_is_the_rule_of_its_paper_entry_by_entry():
    """Igel & Hüsken 2003, algorithm 3, on lists of numbers."""
    ours, theta = RProp("irprop-", start=0.01), np.array([-1.2, 1.0])
    w, size, before = theta.tolist(), [0.01, 0.01], [0.0, 0.0]
    for _ in range(300):
        theta = ours.step(rosenbrock, theta)
        g = rosenbrock(np.array(w))[1].tolist()
        for i in range(2):
            if g[i] * before[i] > 0:
                size[i] = min(size[i] * 1.2, 50.0)
            elif g[i] * before[i] < 0:
                size[i], g[i] = max(size[i] * 0.5, 1e-6), 0.0
            w[i] -= size[i] * np.sign(g[i])
        before = g
        np.testing.assert_allclose(theta, w, rtol=1e-12)


def test_rprop_warns_once_when_it_is_shown_batches_of_a_larger_set():
    X, Y = np.random.default_rng(0).normal(size=(8, 2)), np.zeros(8)
    whole = Objective(MLP(2, [1], rng=0), X, Y, "half_squared_error")
    rprop, theta = RProp(), np.ones(3)
    theta = rprop.step(whole, theta)  # warnings are errors here
    half = whole.batch([0, 1, 2, 3])
    with pytest.warns(UserWarning, match=r"a batch of 4 out of 8\. Train with the full batch") as caught:
        theta = rprop.step(half, theta)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    rprop.step(whole.batch([4, 5, 6, 7]), theta)  # no second warning, which would be an error


def test_fit_makes_rprop_warn_of_mini_batches_and_not_of_the_full_batch():
    X, Y = np.random.default_rng(0).normal(size=(8, 2)), np.zeros(8)
    how = {"loss": "half_squared_error", "epochs": 2, "rng": 0}
    with pytest.warns(UserWarning, match="a batch of 4 out of 8"):
        fit(MLP(2, [1], rng=0), X, Y, optimizer=RProp(), batch_size=4, **how)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(MLP(2, [1], rng=0), X, Y, optimizer=RProp(), batch_size=None, **how)


def test_idbd_on_a_linear_unit_is_suttons_algorithm_line_by_line():
    rng, n, theta = np.random.default_rng(0), 5, 0.02
    w, h, beta = [0.0] * n, [0.0] * n, [np.log(0.05)] * n
    optimizer, ours = IDBD(theta), np.zeros(n)
    for _ in range(300):
        x = rng.normal(size=n) * [1.0, 2.0, 0.1, 5.0, 1.0]
        y = x[0] - x[3] + rng.normal()
        delta = y - sum(w[i] * x[i] for i in range(n))
        for i in range(n):
            beta[i] = beta[i] + theta * delta * x[i] * h[i]
            alpha = np.exp(beta[i])
            w[i] = w[i] + alpha * delta * x[i]
            h[i] = h[i] * max(1 - alpha * x[i] ** 2, 0) + alpha * delta * x[i]
        ours = optimizer.step(LinearUnit(x, y), ours)
    np.testing.assert_allclose(ours, w, rtol=1e-10)
    np.testing.assert_allclose(optimizer.state["h"], h, rtol=1e-10)
    np.testing.assert_allclose(optimizer.state["beta"], beta, rtol=1e-10)
    assert np.ptp(beta) > 0.3  # the step sizes have parted


class LogisticUnit:
    """E = −log p(y) on one example, p = 1/(1 + e^(−w·x)); its Gauss–Newton diagonal is x² p (1 − p)."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __call__(self, w):
        p = 1 / (1 + np.exp(-w @ self.x))
        return -np.log(p if self.y else 1 - p), (p - self.y) * self.x

    def gauss_newton_diagonal(self, w):
        p = 1 / (1 + np.exp(-w @ self.x))
        return self.x**2 * p * (1 - p)


@pytest.mark.parametrize("unit", [LinearUnit, LogisticUnit])
def test_h_is_the_derivative_of_a_single_weight_by_beta(unit):
    # meta step 0, and α x² < 1, so that nothing is clipped: then h is dw/dβ, found here by the complex step
    rng = np.random.default_rng(0)
    examples = [(x, float(x + 0.3 * rng.normal() > 0.2)) for x in rng.uniform(-2, 2, 40)]
    optimizer, w, step = IDBD(0.0, start=0.2), np.zeros(1), 1e-30
    beta, complex_w = np.log(0.2) + 1j * step, 0j
    for x, y in examples:
        a = complex_w * x if unit is LinearUnit else 1 / (1 + np.exp(-complex_w * x))
        complex_w = complex_w - np.exp(beta) * (a - y) * x
        w = optimizer.step(unit(np.array([x]), y), w)
        assert w[0] == pytest.approx(complex_w.real, rel=1e-13)
        assert optimizer.state["h"][0] == pytest.approx(complex_w.imag / step, rel=1e-12)
    assert np.exp(optimizer.state["beta"][0]) == pytest.approx(0.2, rel=1e-15)


def test_h_forgets_all_where_a_step_would_jump_over_the_minimum():
    optimizer, w = IDBD(0.0, start=0.5), np.array([0.0, 1.0])
    for x in ([1.0, 1.0], [2.0, 1.0]):  # α c = 2 for the first weight at the second example
        unit = LinearUnit(np.array(x), 3.0)
        h, (_, g) = optimizer.state.get("h", np.zeros(2)), unit(w)
        w = optimizer.step(unit, w)
    assert h[0] != 0.0
    np.testing.assert_allclose(optimizer.state["h"], [-0.5 * g[0], 0.5 * h[1] - 0.5 * g[1]], rtol=1e-14)


def test_on_suttons_first_experiment_idbd_halves_the_error_of_the_best_fixed_step():
    sizes = [0.01, 0.02, 0.03, 0.035, 0.04, 0.05, 0.06]
    fixed = fixed_steps(0, sizes)
    error, alpha = idbd(0)
    assert 0 < fixed.argmin() < len(sizes) - 1  # the best lies inside
    assert 3.0 < fixed.min() < 3.6  # Sutton (1992): near 3.2
    assert 1.4 < error < 1.7  # Sutton (1992): near 1.5
    assert 0.09 < alpha[:5].min() < alpha[:5].mean() < 0.15
    assert 0.003 < alpha[5:].min() < alpha[5:].max() < 0.02


def test_a_schedule_of_meta_steps_that_is_refused_is_called_by_its_name():
    optimizer = IDBD(meta_step=lambda t: -1.0)
    with pytest.raises(ValueError, match="^the meta step at step 0 is a number that is not negative, not -1.0"):
        optimizer.step(LinearUnit(np.array([1.0, 2.0]), 3.0), np.zeros(2))
