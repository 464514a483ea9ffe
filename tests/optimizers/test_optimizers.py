"""What holds for every optimiser: θ is left alone, the state continues bit for bit, all routes are served alike."""

import io
import re

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.objective import ROUTES, Objective
from tinygrad_scalar.optimizers import (
    IDBD,
    Adam,
    AdamW,
    Clipped,
    GradientDescent,
    LevenbergMarquardt,
    Momentum,
    Newton,
    OnlineLBFGS,
    RMSProp,
    RProp,
    SciPy,
    cosine,
    inverse_time,
)
from tinygrad_scalar.training import fit

RNG = np.random.default_rng(0)
START = RNG.normal(size=3)

OPTIMIZERS = {
    "gradient descent": lambda: GradientDescent(inverse_time(1.0, 1000.0)),
    "momentum": lambda: Momentum(0.1),
    "nesterov": lambda: Momentum(cosine(0.1, 400), nesterov=True),
    "rmsprop": lambda: RMSProp(0.02),
    "adam": lambda: Adam(0.05),
    "adamw": lambda: AdamW(cosine(0.05, 400), weight_decay=0.001),
    "clipped": lambda: Clipped(Momentum(0.1), 0.2),
    "rprop-": lambda: RProp("rprop-"),
    "rprop+": lambda: RProp("rprop+"),
    "irprop-": lambda: RProp("irprop-"),
    "irprop+": lambda: RProp("irprop+"),
    "idbd": lambda: IDBD(start=0.3),
    "online l-bfgs": lambda: OnlineLBFGS(memory=4),
    "newton": Newton,
    "levenberg-marquardt": LevenbergMarquardt,
    "l-bfgs-b": lambda: SciPy("L-BFGS-B", 5),
}


class Fit:
    """E = ½ rᵀr, r = (tanh(X θ) − y)/√20: a neuron, with all that an optimiser may ask for, written out."""

    def __init__(self):
        self.X = RNG.normal(size=(20, 3))
        self.y = np.tanh(self.X @ [1.0, -2.0, 0.5]) + 0.01 * RNG.normal(size=20)

    def residuals(self, theta):
        a = np.tanh(self.X @ theta)
        return (a - self.y) / np.sqrt(20), (1 - a * a)[:, None] * self.X / np.sqrt(20)

    def __call__(self, theta):
        r, J = self.residuals(theta)
        return 0.5 * r @ r, J.T @ r

    def gauss_newton_diagonal(self, theta):
        return (self.residuals(theta)[1] ** 2).sum(axis=0)

    def hessian(self, theta):
        a = np.tanh(self.X @ theta)
        r, J = self.residuals(theta)
        return J.T @ J + (self.X.T * (r * -2 * a * (1 - a * a) / np.sqrt(20))) @ self.X


FIT = Fit()


def run(optimizer, theta, steps, objective=FIT):
    for _ in range(steps):
        theta = optimizer.step(objective, theta)
    return theta


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_leaves_theta_as_it_is_and_returns_a_new_array(name):
    theta, optimizer = START.copy(), OPTIMIZERS[name]()
    for _ in range(3):
        there = optimizer.step(FIT, theta)
        assert np.array_equal(theta, START)
        assert not np.shares_memory(there, theta)
        assert (there.dtype, there.shape) == (theta.dtype, theta.shape)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_minimum_is_found(name):
    theta = run(OPTIMIZERS[name](), START, 400)
    best = run(Newton(), START, 50)
    assert FIT(theta)[0] - FIT(best)[0] < 1e-3 * FIT(START)[0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_reset_forgets_everything(name):
    optimizer = OPTIMIZERS[name]()
    first = run(optimizer, START, 7)
    optimizer.reset()
    assert optimizer.state == {}
    assert np.array_equal(run(optimizer, START, 7), first)


@pytest.mark.parametrize("steps", [0, 1, 7])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_from_a_file_without_pickle_continues_bit_for_bit(name, steps):
    optimizer, file = OPTIMIZERS[name](), io.BytesIO()
    theta = run(optimizer, START, steps)
    np.savez(file, **optimizer.state)
    expected = run(optimizer, theta, 13)
    file.seek(0)
    resumed = OPTIMIZERS[name]()
    with np.load(file, allow_pickle=False) as saved:
        resumed.state = dict(saved)
    assert np.array_equal(run(resumed, theta, 13), expected)
    assert repr(resumed.state) == repr(optimizer.state)


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - {"l-bfgs-b"}))
def test_what_is_remembered_matters(name):
    optimizer = OPTIMIZERS[name]()
    theta = run(optimizer, START, 7)
    assert optimizer.state
    assert not np.array_equal(run(optimizer, theta, 2), run(OPTIMIZERS[name](), theta, 2))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_that_was_taken_does_not_change_any_more(name):
    optimizer = OPTIMIZERS[name]()
    theta = run(optimizer, START, 3)
    taken, spoiled = optimizer.state, optimizer.state
    before = repr(taken)
    for value in spoiled.values():
        if np.ndim(value):
            value[...] = np.nan
    expected = run(optimizer, theta, 2)
    assert np.isfinite(expected).all()
    assert repr(taken) == before
    optimizer.state = taken
    for value in taken.values():
        if np.ndim(value):
            value[...] = np.nan
    assert np.array_equal(run(optimizer, theta, 2), expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_that_fails_half_way_leaves_the_state_as_it_was(name):
    optimizer = OPTIMIZERS[name]()
    theta = run(optimizer, START, 3)
    before = repr(optimizer.state)

    class Failing(Fit):
        def __call__(self, theta):
            raise ArithmeticError("no")

    with pytest.raises(ArithmeticError):
        optimizer.step(Failing(), theta)
    assert repr(optimizer.state) == before


@pytest.mark.parametrize("name", ["momentum", "adam", "irprop+", "idbd", "online l-bfgs"])
def test_a_state_belongs_to_the_length_of_theta(name):
    optimizer = OPTIMIZERS[name]()
    run(optimizer, START, 2)
    with pytest.raises(ValueError, match=r"remembers \w+ for 3 parameters, θ has 2; reset\(\) makes it forget"):
        optimizer.step(lambda theta: (0.0, theta), np.ones(2))
    optimizer.reset()
    objective = Fit()
    objective.X = objective.X[:, :2]
    assert optimizer.step(objective, np.ones(2)).shape == (2,)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_theta_is_one_flat_vector(name):
    with pytest.raises(ValueError, match=r"θ is one flat vector of numbers, it has shape \(1, 3\)"):
        OPTIMIZERS[name]().step(FIT, START[None])


def test_the_state_of_another_optimiser_is_refused_with_both_inventories():
    adam, momentum = Adam(), Momentum()
    run(adam, START, 1)
    says = "the state of Momentum is t (a number), v (a vector); this one is t (a number), m (a vector), v (a vector)"
    with pytest.raises(ValueError, match=re.escape(says)):
        momentum.state = adam.state
    with pytest.raises(ValueError, match=re.escape("this one is t (a number), v (a number)")):
        momentum.state = {"t": 1, "v": 2.0}
    assert momentum.state == {}


def objectives():
    """The same E by every route, and a θ."""
    mlp, X = MLP(2, [3, 1], "tanh", rng=0), RNG.normal(size=(10, 2))
    y = np.sin(X[:, 0]) * X[:, 1]
    return [Objective(mlp, X, y, "half_squared_error", route=route) for route in ROUTES], mlp.theta


GRADIENT_ALONE = sorted(set(OPTIMIZERS) - {"idbd", "newton", "levenberg-marquardt", "online l-bfgs", "l-bfgs-b"})


@pytest.mark.parametrize("name", GRADIENT_ALONE)
def test_every_route_leads_to_the_same_theta_after_20_steps(name):
    routes, start = objectives()
    first, *others = [run(OPTIMIZERS[name](), start, 20, objective) for objective in routes]
    assert not np.allclose(first, start, atol=1e-3)
    for other in others:
        np.testing.assert_allclose(other, first, rtol=0, atol=1e-12)


def test_every_route_leads_l_bfgs_to_the_same_theta_after_20_iterations():
    routes, start = objectives()
    first, *others = [SciPy("L-BFGS-B").minimise(objective, start, 20) for objective in routes]
    for other in others:  # its pairs are differences of gradients, which magnifies their rounding
        np.testing.assert_allclose(other, first, rtol=0, atol=1e-9)


def test_every_route_leads_online_l_bfgs_to_the_same_theta_20_steps_after_its_first_pair_is_forgotten():
    # that pair comes from a step of 1e-10: its y, a difference of gradients, has 6 digits on any route
    routes, start = objectives()
    warm = OnlineLBFGS(memory=2)
    start, ends = run(warm, start, 4, routes[0]), []
    for objective in routes:
        optimizer = OnlineLBFGS(memory=2)
        optimizer.state = warm.state
        ends.append(run(optimizer, start, 20, objective))
    assert not np.allclose(ends[0], start, atol=1e-3)
    for end in ends[1:]:
        np.testing.assert_allclose(end, ends[0], rtol=0, atol=1e-11)


def test_newton_finds_the_minimum_of_a_network_by_the_scalar_route():
    mlp, X = MLP(2, [2, 1], "tanh", rng=0), RNG.normal(size=(6, 2))
    objective = Objective(mlp, X, X[:, 0] * X[:, 1], "half_squared_error", route="scalar", l2=0.05)
    optimizer, theta = Newton(), mlp.theta
    theta = run(optimizer, theta, 30, objective)
    assert np.abs(objective(theta)[1]).max() < 1e-12


@pytest.mark.parametrize("name", ["momentum", "adam", "clipped", "irprop+", "online l-bfgs"])
def test_fit_trains_with_it(name):
    mlp, X = MLP(2, [4, 1], "tanh", rng=0), RNG.normal(size=(30, 2))
    history = fit(
        mlp, X, X[:, 0] * X[:, 1], loss="squared_error", optimizer=OPTIMIZERS[name](), epochs=60, batch_size=None
    )
    assert history.E[-1] < 0.5 * history.E[0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: GradientDescent(0.0), "learning_rate is a positive number, not 0.0"),
        (lambda: GradientDescent(-0.1), "learning_rate is a positive number, not -0.1"),
        (lambda: GradientDescent(float("nan")), "learning_rate is a positive number, not nan"),
        (lambda: GradientDescent(float("inf")), "learning_rate is a positive number, not inf"),
        (lambda: GradientDescent("fast"), "learning_rate is a positive number, not 'fast'"),
        (lambda: GradientDescent(lambda t: -0.1).step(FIT, START), "the learning rate at step 0 is a number that is not negative, not -0.1"),
        (lambda: Momentum(0.1, 1.0), "momentum lies in [0, 1), not 1.0"),
        (lambda: Momentum(0.1, -0.1), "momentum lies in [0, 1), not -0.1"),
        (lambda: Momentum(0.1, float("nan")), "momentum lies in [0, 1), not nan"),
        (lambda: RMSProp(decay=1.0), "decay lies in [0, 1), not 1.0"),
        (lambda: RMSProp(epsilon=0.0), "epsilon is a positive number, not 0.0"),
        (lambda: Adam(beta1=1.0), "beta1 lies in [0, 1), not 1.0"),
        (lambda: Adam(beta2=1.5), "beta2 lies in [0, 1), not 1.5"),
        (lambda: Adam(epsilon=-1e-8), "epsilon is a positive number, not -1e-08"),
        (lambda: AdamW(weight_decay=-0.1), "weight_decay is a number that is not negative, not -0.1"),
        (lambda: AdamW(weight_decay=np.array([0.1, -0.2])), "weight_decay is a number that is not negative, not -0.2"),
        (lambda: AdamW(weight_decay=np.ones(2)).step(FIT, START), "weight_decay has shape (2,), θ has (3,)"),
        (lambda: Clipped(Momentum(), 0.0), "max_norm is a positive number, not 0.0"),
        (lambda: RProp("rprop"), "unknown variant 'rprop'; there are rprop-, rprop+, irprop-, irprop+"),
        (lambda: RProp(start=100.0), "start lies in [1e-06, 50.0], not 100.0"),
        (lambda: RProp(smallest=0.0), "smallest lies in (0, 50.0], not 0.0"),
        (lambda: RProp(largest=-1.0), "largest is a positive number, not -1.0"),
        (lambda: RProp(grow=1.0), "grow lies in (1, inf), not 1.0"),
        (lambda: RProp(shrink=1.0), "shrink lies in (0, 1), not 1.0"),
        (lambda: IDBD(-0.1), "meta_step is a number that is not negative, not -0.1"),
        (lambda: IDBD(start=0.0), "start is a positive number, not 0.0"),
        (lambda: OnlineLBFGS(0.0), "learning_rate is a positive number, not 0.0"),
        (lambda: OnlineLBFGS(memory=0), "memory is a whole number from 1, not 0"),
        (lambda: OnlineLBFGS(c=1.5), "c lies in (0, 1], not 1.5"),
        (lambda: OnlineLBFGS(damping=-1.0), "damping is a number that is not negative, not -1.0"),
        (lambda: Newton(-1.0), "damping is a number that is not negative, not -1.0"),
        (lambda: LevenbergMarquardt(float("inf")), "damping is a number that is not negative, not inf"),
        (lambda: SciPy("fminunc"), "unknown method 'fminunc'; there are L-BFGS-B, BFGS, CG, TNC,"),
        (lambda: SciPy(max_iterations=-1), "max_iterations is a whole number from 0, not -1"),
    ],
)  # fmt: skip
def test_senseless_settings_are_refused(wrong, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        wrong()


@pytest.mark.parametrize(
    ("optimizer", "says"),
    [
        (IDBD(), "IDBD needs an objective with gauss_newton_diagonal, and this one has none"),
        (Newton(), "Newton needs an objective with hessian, and this one has none"),
        (LevenbergMarquardt(), "LevenbergMarquardt needs an objective with residuals, and this one has none"),
        (SciPy("lm"), "lm needs an objective with residuals, and this one has none"),
        (SciPy("Newton-CG"), "Newton-CG needs an objective with hvp, and this one has none"),
        (SciPy("dogleg"), "dogleg needs an objective with hessian, and this one has none"),
    ],
)
def test_what_an_objective_cannot_do_is_said_by_name(optimizer, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        optimizer.step(lambda theta: (0.0, theta), START)


@pytest.mark.parametrize("name", ["gradient descent", "momentum", "adam", "irprop+"])
def test_a_gradient_of_another_shape_is_refused_and_changes_nothing(name):
    optimizer = OPTIMIZERS[name]()
    with pytest.raises(ValueError, match=r"one number per parameter; with this one, \(3,\) became \(3, 3\)"):
        optimizer.step(lambda theta: (0.0, theta[:, None]), START)
    assert optimizer.state == {}


def test_every_route_leads_newton_to_the_same_theta():
    routes, start = objectives()
    first, *others = [run(Newton(), start, 5, objective) for objective in routes]
    assert not np.allclose(first, start, atol=1e-3)
    for other in others:
        np.testing.assert_allclose(other, first, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["idbd", "levenberg-marquardt"])
def test_what_needs_gauss_newton_learns_by_the_matrix_route_and_says_so_on_the_others(name):
    routes, start = objectives()
    for objective in routes:
        if objective.route == "matrix":
            assert objective(run(OPTIMIZERS[name](), start, 20, objective))[0] < 0.9 * objective(start)[0]
        else:
            with pytest.raises(ValueError, match=f"the {objective.route} route gives no .*; route='matrix' does"):
                run(OPTIMIZERS[name](), start, 1, objective)
