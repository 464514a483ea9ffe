"""σ, σ′, σ″ and dℒ/da of the matrix side: to the last digits in the tails, by convention at the kinks."""

import mpmath
import numpy as np
import pytest

from tinygrad_scalar import Value, apply, grad, hessian, losses, slopes

EXACT = {  # σ in mpmath, which differentiates it
    "identity": lambda x: x,
    "logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x: x if x > 0 else mpmath.mpf(0.01) * x,
    "elu": lambda x: x if x > 0 else mpmath.expm1(x),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "swish": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x / (1 + mpmath.exp(-2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(0.044715) * x**3))),
}
POINTS = np.array(
    [-30.0, -20.0, -12.0, -8.0, -7.0, -6.0, -3.0, -0.3, -1e-9, 1e-9, 0.7, 2.0, 5.0, 12.0, 20.0, 30.0, 36.0]
)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", slopes.ACTIVATIONS)
def test_an_activation_and_its_derivatives_keep_their_digits_in_the_tails(name, order):
    """An exponential of u is known to |u| times the rounding of u, and gelu's reaches |2u| = 700 before it is 0."""
    A = slopes.sigma(name, POINTS)
    found = (A, slopes.dsigma(name, POINTS, A), slopes.ddsigma(name, POINTS, A))[order]
    for x, number in zip(POINTS.tolist(), found.tolist(), strict=True):
        with mpmath.workdps(450):  # 20 is 1e-257 from the line that gelu bends from
            expected = float(mpmath.diff(EXACT[name], mpmath.mpf(x), order, h=mpmath.mpf(10) ** -40))
        absolute = 4e-16 if name == "tanh" else 1e-300
        assert number == pytest.approx(expected, rel=2e-13, abs=absolute), x


@pytest.mark.parametrize("x", [-1e300, -800.0, -41.0, 41.0, 800.0, 1e300])
@pytest.mark.parametrize("name", slopes.ACTIVATIONS)
def test_far_out_everything_is_finite(name, x):
    Z = np.array([x])
    with np.errstate(all="ignore"):
        A = slopes.sigma(name, Z)
        assert all(np.isfinite(part).all() for part in (A, slopes.dsigma(name, Z, A), slopes.ddsigma(name, Z, A)))


AT_0 = {"relu": (0.0, 0.0), "leaky_relu": (0.01, 0.0), "elu": (1.0, 1.0)}  # σ′ and σ″ at the kink


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("name", AT_0)
def test_at_its_kink_an_activation_has_the_slope_that_is_said_on_both_sides(name, zero):
    Z = np.array([zero])
    A = slopes.sigma(name, Z)
    assert A[0] == 0.0
    assert (slopes.dsigma(name, Z, A)[0], slopes.ddsigma(name, Z, A)[0]) == AT_0[name]
    assert (grad(lambda x: apply(name, x))(zero), hessian(lambda x: apply(name, x))(zero)[0][0]) == AT_0[name]


@pytest.mark.parametrize(
    ("loss", "y", "a", "first", "second"),
    [
        ("max_margin", 1.0, 1.0, 0.0, 0.0),
        ("max_margin", -1.0, -1.0, 0.0, 0.0),
        ("absolute_error", 0.5, 0.5, 0.0, 0.0),
        ("huber", 0.0, 1.0, 1.0, 1.0),
        ("huber", 0.0, -1.0, -1.0, 1.0),
    ],
)
def test_at_its_kink_a_loss_has_the_derivative_that_is_said_on_both_sides(loss, y, a, first, second):
    Y, A = np.array([[y]]), np.array([[a]])
    assert (slopes.dloss(loss, Y, A)[0, 0], slopes.ddloss(loss, Y, A)[0, 0]) == (first, second)

    def E(a):
        return losses.find(loss)([y], [a])

    assert (grad(E)(a), hessian(E)(a)[0][0]) == (first, second)
    beside = [slopes.dloss(loss, Y, A + step)[0, 0] for step in (-1e-9, 1e-9)]
    assert [grad(E)(a + step) for step in (-1e-9, 1e-9)] == beside


def test_softmax_is_shifted_column_by_column():
    """Shifted by the largest of all, the second column would be 0/0."""
    A = slopes.sigma("softmax", np.array([[800.0, -800.0], [799.0, -801.0]]))
    share = 1.0 / (1.0 + np.exp(-1.0))
    np.testing.assert_allclose(A, [[share, share], [1.0 - share, 1.0 - share]], rtol=1e-15)


@pytest.mark.parametrize(
    ("loss", "y", "a", "first", "second"),
    [
        ("cross_entropy", 0.0, 0.0, 0.0, 0.0),
        ("cross_entropy", 0.0, 0.5, 0.0, 0.0),
        ("cross_entropy", 1.0, 0.5, -2.0, 4.0),
        ("binary_cross_entropy", 0.0, 0.0, 1.0, 1.0),
        ("binary_cross_entropy", 1.0, 1.0, -1.0, 1.0),
    ],
)
def test_what_a_target_of_0_does_not_ask_for_counts_nothing_even_at_0(loss, y, a, first, second):
    """y log a is 0 where y is 0, whatever a is, and so are its derivatives; no warning says 0/0."""
    Y, A = np.array([[y]]), np.array([[a]])
    assert (slopes.dloss(loss, Y, A)[0, 0], slopes.ddloss(loss, Y, A)[0, 0]) == (first, second)
    a_node = Value(a)
    losses.find(loss)([y], [a_node]).backward()
    assert a_node.grad == first
