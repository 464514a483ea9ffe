"""The size of arrays whose squares would not fit a float."""

import mpmath
import numpy as np
import pytest

from tinygrad_scalar.arrays import exponent, norm


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-200, 1.0, 1e160, 1e307])
def test_the_norm_is_that_of_exact_arithmetic_at_every_size(size):
    x = size * np.array([3.0, -4.0, 12.0])
    exact = float(mpmath.sqrt(sum(mpmath.mpf(float(x_i)) ** 2 for x_i in x)))
    assert norm(x) == pytest.approx(exact, rel=1e-15)


def test_the_norm_of_ordinary_numbers_is_numpys_to_the_bit_and_of_nothing_0():
    x = np.random.default_rng(0).normal(size=(50, 7))
    assert norm(x) == np.linalg.norm(x)
    assert norm([]) == norm([0.0, 0.0]) == 0.0
    assert np.isnan(norm([np.nan, 1.0]))
    assert norm([np.inf, 1.0]) == np.inf


def test_the_exponent_bounds_every_entry_along_an_axis():
    X = np.array([[1e-5, 3e200], [2.0, -1e300]])
    k = exponent(X, axis=0)
    assert (np.abs(X) < np.ldexp(1.0, k)).all()
    assert (np.abs(X).max(axis=0) >= np.ldexp(0.5, k)).all()
