"""Witnesses from outside, each against exact gradients."""

import itertools

import jax
import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.checking.witnesses import (
    ANALYTIC,
    Refusal,
    central_differences,
    complex_step,
    jax_gradient,
)
from tinygrad_scalar.losses import LOSSES, facts
from tinygrad_scalar.nn import ACTIVATIONS
from tinygrad_scalar.objective import Objective

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), np.eye(2)[RNG.integers(2, size=6)]
PAIRS = [
    (hidden, output, loss)
    for hidden, output, loss in itertools.product(ACTIVATIONS, (*ACTIVATIONS, "softmax"), LOSSES)
    if np.isfinite(Objective(MLP(3, [4, 2], hidden, output, rng=0), X, Y, loss)(MLP(3, [4, 2], rng=0).theta)[0])
]


def objective(hidden, output, loss, **how):
    return Objective(MLP(3, [4, 2], hidden, output, rng=0), X, Y, loss, **how)


@pytest.mark.parametrize(
    ("hidden", "output", "loss"), [p for p in PAIRS if p[0] == "tanh" or p[1:] == ("softmax", "cross_entropy")]
)
def test_jax_gives_the_same_e_and_gradient_to_rounding(hidden, output, loss):
    ours = objective(hidden, output, loss, l1=0.1, l2=0.3, sample_weight=np.arange(1.0, 7.0))
    theta = ours.network.theta
    E, gradient = ours(theta)
    E_jax, gradient_jax, Z, A = jax_gradient(ours, theta)
    assert E_jax == pytest.approx(E, rel=1e-12)
    np.testing.assert_allclose(gradient_jax, gradient, rtol=1e-11, atol=1e-13 * np.abs(gradient).max())
    for part, of_jax in zip(ours.forward(theta), (Z, A), strict=True):
        for l in (1, 2):
            np.testing.assert_allclose(of_jax[l], part[l], rtol=1e-13, atol=1e-14)


def test_jax_is_left_in_the_precision_it_was_in():
    before = jax.config.jax_enable_x64
    ours = objective("tanh", "softmax", "cross_entropy")
    assert jax_gradient(ours, ours.network.theta)[1].dtype == np.float64
    assert jax.config.jax_enable_x64 == before


@pytest.mark.parametrize(
    ("hidden", "output", "loss"),
    [p for p in PAIRS if p[0] in ANALYTIC and p[1] in ANALYTIC and facts(p[2]).analytic],
)
def test_a_complex_step_is_exact_to_rounding(hidden, output, loss):
    ours = objective(hidden, output, loss, l2=0.3, sample_weight=np.arange(1.0, 7.0))
    theta = ours.network.theta
    E, gradient = ours(theta)
    E_complex, gradient_complex = complex_step(ours, theta)
    assert E_complex == pytest.approx(E, rel=1e-14)
    np.testing.assert_allclose(gradient_complex, gradient, rtol=1e-12, atol=2e-15 * np.abs(gradient).max())


@pytest.mark.parametrize(
    ("hidden", "loss", "how", "says"),
    [
        ("relu", "squared_error", {}, "the activation relu is not analytic"),
        ("elu", "squared_error", {}, "the activation elu is not analytic"),
        ("tanh", "huber", {}, "the loss huber is not analytic"),
        ("tanh", "max_margin", {}, "the loss max_margin is not analytic"),
        ("tanh", "squared_error", {"l1": 1.0}, "the L1 penalty is not analytic"),
    ],
)
def test_what_is_not_analytic_refuses_a_complex_step_in_a_sentence(hidden, loss, how, says):
    ours = objective(hidden, "identity", loss, **how)
    with pytest.raises(Refusal, match=says):
        complex_step(ours, ours.network.theta)


def test_frozen_layers_have_no_entries_in_any_witness():
    mlp = MLP(3, [4, 2], rng=0)
    mlp.freeze(1)
    ours = Objective(mlp, X, Y, "squared_error", l2=0.5)
    theta = ours.network.theta
    _, gradient = ours(theta)
    assert gradient.shape == (10,)
    np.testing.assert_allclose(complex_step(ours, theta)[1], gradient, rtol=1e-12)
    np.testing.assert_allclose(central_differences(ours, theta)[0], gradient, rtol=1e-6)
    np.testing.assert_allclose(jax_gradient(ours, theta)[1], gradient, rtol=1e-12)


def test_the_error_of_central_differences_shrinks_as_the_square_of_the_step():
    ours = objective("tanh", "softmax", "cross_entropy")
    theta = ours.network.theta
    exact = ours(theta)[1]
    errors = [np.abs(central_differences(ours, theta, e)[0] - exact).max() for e in (1e-1, 1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100.0, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(100.0, rel=0.05)
