"""Learning rates that fall, against their formulas and inside an optimiser."""

import math

import numpy as np
import pytest

from tinygrad_scalar.optimizers import (
    GradientDescent,
    Momentum,
    constant,
    cosine,
    exponential,
    inverse_time,
    step_decay,
)
from tinygrad_scalar.optimizers.schedules import rate_at


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (constant(0.3), lambda t: 0.3),
        (step_decay(0.3, 0.2, every=7), lambda t: 0.3 * 0.2 ** len(range(7, t + 1, 7))),
        (exponential(0.3, 0.9), lambda t: 0.3 * math.exp(t * math.log(0.9))),
        (inverse_time(0.3, 20.0), lambda t: 0.3 / (1 + t / 20.0)),
        (cosine(0.3, 40, end=0.1), lambda t: 0.1 + 0.2 * math.cos(math.pi * min(t, 40) / 80) ** 2),
    ],
)
def test_a_schedule_is_its_formula(schedule, expected):
    for t in range(60):
        assert schedule(t) == pytest.approx(expected(t), rel=1e-14)
        assert rate_at(schedule, t) == schedule(t)


def test_an_optimiser_asks_its_schedule_for_each_step_from_0():
    asked = []
    optimizer = Momentum(lambda t: asked.append(t) or 0.1)
    for _ in range(4):
        optimizer.step(lambda theta: (0.0, theta), np.ones(2))
    assert asked == [0, 1, 2, 3]


def test_gradient_descent_with_a_schedule_is_a_product_of_its_iteration_matrices():
    A, theta = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([1.0, -2.0])
    optimizer, expected = GradientDescent(inverse_time(0.2, 5.0)), theta
    for t in range(25):
        theta = optimizer.step(lambda theta: (0.5 * theta @ A @ theta, A @ theta), theta)
        expected = (np.eye(2) - 0.2 * 5 / (5 + t) * A) @ expected
    np.testing.assert_allclose(theta, expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: constant(-1.0), "eta is a positive number, not -1.0"),
        (lambda: step_decay(0.1, 0.0), r"factor lies in \(0, 1\], not 0.0"),
        (lambda: step_decay(0.1, every=0), "every is a positive number, not 0"),
        (lambda: exponential(0.1, 1.1), r"factor lies in \(0, 1\], not 1.1"),
        (lambda: inverse_time(0.1, 0.0), "tau is a positive number, not 0.0"),
        (lambda: cosine(0.1, 0), "steps is a positive number, not 0"),
        (lambda: cosine(0.1, 10, end=-0.1), "end is a number that is not negative, not -0.1"),
        (lambda: rate_at(lambda t: float("nan"), 3), "the learning rate at step 3 is a number that is not negative, not nan"),
        (lambda: rate_at(lambda t: None, 3), "the learning rate at step 3 is a number that is not negative, not None"),
    ],
)  # fmt: skip
def test_senseless_schedules_are_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()
