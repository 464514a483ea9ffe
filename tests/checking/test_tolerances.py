"""What central differences and their judge can resolve: each limit holds, and a tenth of it would not."""

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.checking import central_differences, compare_gradients, errors_by_step
from tinygrad_scalar.checking.witnesses import patient_differences, rounding_of_differences
from tinygrad_scalar.objective import Objective

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), np.eye(2)[RNG.integers(2, size=6)]
PAIRS = [("identity", "half_squared_error"), ("softmax", "cross_entropy"), ("logistic", "binary_cross_entropy")]


def objective(seed=0, output="softmax", loss="cross_entropy", **how):
    return Objective(MLP(3, [4, 2], "tanh", output, rng=seed), X, Y, loss, **how)


@pytest.mark.parametrize("epsilon", [1e-9, 1e-8, 1e-7])
def test_the_rounding_of_e_moves_a_central_difference_by_less_than_is_allowed_and_by_more_than_a_tenth(epsilon):
    shares = []
    for seed in range(30):
        ours = objective(seed, *PAIRS[seed % 3])
        theta = ours.network.theta
        off = np.abs(central_differences(ours, theta, epsilon)[0] - ours(theta)[1]).max()
        shares.append(off / rounding_of_differences(ours, theta, epsilon))
    assert 0.1 < max(shares) < 1.0


def test_an_entry_is_too_small_to_judge_where_rounding_alone_makes_it_doubtful():
    ours = objective()
    theta = ours.network.theta
    noise = rounding_of_differences(ours, theta, 1e-5)
    reference = ours(theta)[1]
    for size, too_small in ((0.9, True), (1.1, False)):
        reference[0] = size * 0.5 * noise / 1e-5  # |a| + |n| = size × noise / 1e-5
        shifted = _Shifted(ours, reference)
        assert patient_differences(shifted, reference, 1e-5, np.array([0]))[3].tolist() == [too_small]


class _Shifted:
    """E of an objective plus a plane that makes the first entry of its gradient what one wants."""

    def __init__(self, ours, gradient):
        self._ours, self.network, self.l1 = ours, ours.network, 0.0
        self._slope = gradient[0] - ours(ours.network.theta)[1][0]

    def value(self, theta):
        return self._ours.value(theta) + self._slope * (theta[0] - self.network.theta[0])

    def __getattr__(self, name):
        return getattr(self._ours, name)


@pytest.mark.parametrize("epsilon", [0, -1e-5, float("nan"), float("inf"), "small"])
def test_a_step_that_is_none_is_refused_by_name(epsilon):
    for ask in (
        lambda: compare_gradients(objective().network, X, Y, "cross_entropy", epsilon=epsilon),
        lambda: central_differences(objective(), objective().network.theta, epsilon),
    ):
        with pytest.raises(ValueError, match="epsilon is a positive number, not"):
            ask()


def test_a_step_that_is_lost_in_theta_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match="epsilon = 1e-20 is too small a step: .* ± ε is .* again"):
        compare_gradients(objective().network, X, Y, "cross_entropy", epsilon=1e-20)
    with pytest.raises(ValueError, match="epsilon is a positive number, not 0"):
        errors_by_step(objective().network, X, Y, "cross_entropy", [1e-5, 0.0])
