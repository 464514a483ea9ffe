"""The gradient of any function: right ones pass, wrong ones are found, and what is wrong with them is said."""

import itertools
import math
import re
import sys

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_scalar as tg
from tinygrad_scalar import Value, apply, cos, exp, relu, sin
from tinygrad_scalar.checking import check_gradients
from tinygrad_scalar.ops import OPS, inputs

THETA = np.array([[0.5, -2.0, 1.5], [3.0, 0.25, -1.0]])


def said(check, route):
    """What one route said."""
    return next(w for w in check.witnesses if w.route == route)


def cubes(x):
    """A function of an array that knows nothing of this package, and its gradient."""
    return np.mean(x**3)


def slope_of_cubes(x):
    return 3.0 * x**2 / x.size


@pytest.mark.parametrize("name", sorted(OPS))
def test_every_row_of_the_table_passes_to_the_second_order(name):
    names = inputs(name) or "xyz"
    x = [1.0 if n == "c" else 0.7 + 0.4 * k for k, n in enumerate(names)]
    check = check_gradients(lambda *x: sin(apply(name, *x)), x, order=2)
    assert check, str(check)
    assert said(check, "forward").error < 1e-13
    assert said(check, "central").verdict == "excellent"


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_random_polynomials_pass_and_with_a_wrong_coefficient_do_not(data):
    n = data.draw(st.integers(1, 4))
    powers = data.draw(st.lists(st.tuples(*[st.integers(0, 3)] * n), min_size=1, max_size=5))
    weights = data.draw(st.lists(st.integers(-4, 4).filter(bool), min_size=len(powers), max_size=len(powers)))
    x = np.array(data.draw(st.lists(st.sampled_from([-2.0, -0.5, 0.3, 1.0, 1.7]), min_size=n, max_size=n)))

    def f(x):
        return sum(w * math.prod(x[k] ** p for k, p in enumerate(row)) for w, row in zip(weights, powers, strict=True))

    def gradient(x, of=1.0):
        slope = np.zeros(n)
        for (w, row), k in itertools.product(zip(weights, powers, strict=True), range(n)):
            if row[k]:
                others = math.prod(x[i] ** p for i, p in enumerate(row) if i != k)
                slope[k] += of * w * row[k] * x[k] ** (row[k] - 1) * others
        return slope

    check = check_gradients(f, x, gradient)
    assert check, str(check)
    if np.abs(gradient(x)).max() > 1e-9:
        assert not check_gradients(f, x, lambda x: gradient(x, 1.0 + 1e-8))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda x: 2 * slope_of_cubes(x), "all entries are 2 times what they should be: a ½ is forgotten"),
        (lambda x: slope_of_cubes(x) / 2, "all entries are 0.5 times what they should be: the 2 of a square is"),
        (lambda x: -slope_of_cubes(x), "all entries are -1 times what they should be: the sign is turned"),
        (lambda x: 6 * slope_of_cubes(x), "6 times what they should be: a sum over 6 in place of a mean?"),
        (lambda x: slope_of_cubes(x) / 6, "0.166667 times what they should be: a mean over 6 in place of a sum?"),
        (lambda x: 1.1 * slope_of_cubes(x), "all entries are 1.1 times what they should be"),
        (lambda x: slope_of_cubes(x).T.reshape(2, 3), "it is transposed, or laid out column by column"),
        (lambda x: np.roll(slope_of_cubes(x), 1), "the right numbers stand in another order"),
        (lambda x: slope_of_cubes(x) + 0.3 * x, "all entries are off by 0.3 x: a penalty"),
        (lambda x: slope_of_cubes(x) * (x != 3.0), r"1 entry of 6, gradient\[1, 0\], is 0 times what it should be: ne"),
        (
            lambda x: slope_of_cubes(x) * (1.0 + (x > 1.0)),
            r"2 entries of 6, gradient\[0, 2\], gradient\[1, 0\], are 2 ",
        ),
        (
            lambda x: slope_of_cubes(x) + np.arange(6).reshape(2, 3),
            r"5 entries of 6, .*, …, differ, by no single factor",
        ),
        (
            lambda x: np.nextafter(slope_of_cubes(x).astype(np.float32), np.float32(9)),
            "right to single precision alone",
        ),
        (lambda x: np.where(x == 3.0, np.nan, slope_of_cubes(x)), r"gradient\[1, 0\] is not finite"),
    ],
)
@pytest.mark.parametrize("f", [cubes, lambda x: cubes(x) + 0.0 * np.linalg.det(x @ x.T)])
def test_what_is_wrong_with_a_gradient_by_hand_is_said(f, wrong, says):
    """The second function takes no Values, for `det` takes none: the complex step and differences judge it."""
    assert check_gradients(f, THETA, slope_of_cubes)
    check = check_gradients(f, THETA, wrong)
    assert not check
    assert re.search(says, check.verdict), check.verdict
    assert check.verdict in repr(check)


def test_the_worst_entry_is_named_with_both_numbers():
    check = check_gradients(cubes, THETA, lambda x: slope_of_cubes(x) * (1.0 + (x == 3.0)))
    assert "given differs at ∂f/∂x_{2,1} = gradient[1, 0]: reverse 4.5, given 9 (ratio 2)" in check.verdict
    assert (check.worst.reference, check.worst.candidate) == (4.5, 9.0)
    assert str(check).splitlines()[1].split() == ["gradient"]


def test_a_gradient_may_be_an_array_a_sequence_or_a_number():
    assert check_gradients(cubes, THETA, slope_of_cubes(THETA))
    assert check_gradients(lambda x, y: x * y, [2.0, 3.0], lambda x, y: (y, x))
    assert check_gradients(lambda x, y: x * y, [2.0, 3.0], [3.0, 2.0])
    assert check_gradients(math.sin, 1.0, math.cos)
    assert not check_gradients(math.sin, 1.0, math.sin)


def test_a_kink_is_set_apart_where_the_slope_lies_between_both_sides_and_judged_where_it_does_not():
    check = check_gradients(lambda x, y: relu(x) + abs(x) + y**2, [0.0, 3.0])
    assert check
    assert (said(check, "central").kinks, said(check, "central").verdict) == (1, "excellent")
    assert "set apart 1 entries at a kink" in str(check)
    f = lambda x: np.sum(np.maximum(x, 0.0))  # noqa: E731
    for x, slope, fine in (
        (0.0, 0.0, True),
        (0.0, 0.25, True),
        (1e-8, 1.0, True),
        (0.0, 1.5, False),
        (0.0, -0.5, False),
    ):
        verdict = said(check_gradients(lambda x: float(f(x)), np.array([x]), np.array([slope])), "central").verdict
        assert verdict == ("not judged" if fine else "a bug"), (x, slope)


def test_second_derivatives_that_jump_set_no_first_one_apart():
    for constant in (0.0, 1.2345, 100.0):
        check = check_gradients(lambda x, c=constant: relu(x) ** 2 + c, 0.0, order=2)
        central = said(check, "central")
        assert (check.agree, central.kinks) == (True, 1)
        assert not central.errors[0] > 1e-5
        assert math.isnan(central.errors[1])


def test_the_complex_step_stands_back_where_a_function_is_not_analytic():
    for f in (lambda x: np.sum(np.abs(x) ** 3), lambda x: np.sum(x.real * x), lambda x: np.linalg.norm(x)):
        check = check_gradients(f, THETA)
        assert said(check, "complex").verdict == "skipped"
    check = check_gradients(lambda x: np.sum(x**2), THETA)
    assert said(check, "complex").error < 1e-15


def test_values_whose_numbers_are_read_are_found_by_differences():
    check = check_gradients(lambda x, y: x * y.data, [2.0, 3.0])
    assert not check
    assert said(check, "forward").agrees
    assert "central a bug at ∂f/∂x_2 = gradient[1]: reverse 0, central 2" in check.verdict


def test_nan_and_infinity_never_pass():
    assert not check_gradients(tg.log, -1.0)
    assert not check_gradients(lambda x: np.sum(np.log(x)), np.array([1.0, -1.0]), lambda x: 1.0 / x)
    assert not check_gradients(tg.sqrt, 0.0)


@pytest.mark.parametrize(("f", "x", "said"), [(tg.log, -1.0, "nan"), (tg.log, 0.0, "-inf"), (lambda x: 0 / x, 0.0, "nan")])  # fmt: skip
def test_where_f_has_no_finite_value_the_verdict_says_that_it_has_no_derivative(f, x, said):
    check = check_gradients(f, x, lambda x: 1.0)
    assert check.verdict == f"f is {said} at x: it has no derivative there"
    assert str(check).endswith(check.verdict)
    assert not check


@pytest.mark.parametrize("size", [1e-20, 1.0, 1e20])
def test_the_size_of_f_hides_no_slip(size):
    f = lambda x: size * np.sum(x**2)  # noqa: E731
    assert check_gradients(f, THETA, lambda x: 2.0 * size * x)
    check = check_gradients(f, THETA, lambda x: 4.0 * size * x)
    assert "all entries are 2 times what they should be" in check.verdict
    assert not check


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
def test_where_all_slopes_are_rounding_no_slip_is_seen_and_no_gradient_by_hand_is_proven(size):
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(30, 4)), rng.normal(size=4)
    y = size * A @ w
    f = lambda w: np.mean((A @ w - y) ** 2)  # noqa: E731
    gradient = lambda w: 2.0 * A.T @ (A @ w - y) / 30  # noqa: E731
    check = check_gradients(f, size * w, gradient)  # a perfect fit: residuals of 1e-16
    assert said(check, "given").silent
    assert check.verdict == "all entries of given are at a kink, or as small as rounding: nothing is proven here"
    assert not check
    assert check_gradients(f, size * w + 1.0, gradient)
    noisy = y + rng.normal(size=30)
    best = np.linalg.lstsq(A, noisy, rcond=None)[0]
    check = check_gradients(lambda w: np.mean((A @ w - noisy) ** 2), best)
    assert all(w.agrees or w.silent for w in check.witnesses), str(check)


def test_slopes_that_are_exactly_zero_are_judged():
    check = check_gradients(lambda x: np.sum(np.clip(x, 0.0, 1.0)), -np.ones(3), np.zeros(3))
    assert (check.agree, said(check, "central").too_small) == (True, 0)
    assert not check_gradients(lambda x: np.sum(np.clip(x, 0.0, 1.0)), -np.ones(3), np.ones(3))


def test_a_minimum_without_rounding_is_judged():
    assert check_gradients(lambda x, y: (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2, [1.0, 1.0], order=2)


def test_a_function_of_jax_is_checked_in_double_precision_also_to_the_second_order():
    before = jax.config.jax_enable_x64
    f = lambda x: jnp.sum(jnp.tanh(x @ x.T))  # noqa: E731
    check = check_gradients(f, THETA, order=2)
    assert (check.agree, check.reference) == (True, "jax")
    assert said(check, "reverse").refusal.startswith("f does not take Values (TypeError")
    assert max(said(check, "central").errors) < 1e-7
    assert check_gradients(f, THETA, jax.grad(f))
    assert jax.config.jax_enable_x64 == before


def test_without_jax_a_function_of_an_array_is_checked_by_the_others(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    check = check_gradients(cubes, THETA, slope_of_cubes)
    assert check
    assert said(check, "jax").refusal == "JAX is not installed: pip install 'tinygrad_scalar[jax]'"


def bent(x):  # its derivative by JAX is wrong: a factor 2
    return jnp.sum(jax.lax.stop_gradient(x) * x)


SMOOTH = {
    "polynomial": lambda x: jnp.sum(x**3 - 2.0 * x),
    "softplus": lambda x: jnp.sum(jax.nn.softplus(x) * x),
    "gelu": lambda x: jnp.mean(jax.nn.gelu(x)),
    "logsumexp": lambda x: jax.nn.logsumexp(x),
    "sqrt": lambda x: jnp.sqrt(jnp.sum(x**2)),
    "stopped": bent,
    "rounded": lambda x: jnp.sum(jnp.round(x) * x),
    "sine": lambda x: jnp.sum(jnp.sin(3.0 * x)),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", SMOOTH)
def test_the_verdict_is_that_of_jax_test_util(name, order):
    x = np.array([0.3, -1.2, 2.1])
    with jax.enable_x64(True):
        try:
            jax.test_util.check_grads(SMOOTH[name], (jnp.asarray(x),), order=order, modes=["rev"])
            passes = True
        except AssertionError:
            passes = False
    assert bool(check_gradients(SMOOTH[name], x, order=order)) == passes
    assert passes == (name != "stopped")


def test_a_large_array_is_asked_for_some_of_its_entries():
    x = np.linspace(0.1, 1.0, 5000)
    check = check_gradients(lambda x: float(np.sum(np.exp(x))), x, np.exp)
    assert check
    assert "central: asked for every 3-th entry alone" in str(check)
    assert not check_gradients(lambda x: float(np.sum(np.exp(x))), x, lambda x: 2.0 * np.exp(x))


def test_f_may_write_into_what_it_is_given():
    def careless(x):
        x *= 2.0
        return np.sum(x**2)

    x = THETA.copy()
    assert check_gradients(careless, x, lambda x: 8.0 * x)
    np.testing.assert_array_equal(x, THETA)


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda: check_gradients(sin, 1.0, order=3), ValueError, "order is 1 or 2, not 3"),
        (lambda: check_gradients(sin, 1.0, cos, order=2), ValueError, "leave it out"),
        (lambda: check_gradients(sin, []), ValueError, "x has no entries"),
        (lambda: check_gradients(sin, [[1.0]]), TypeError, r"for rows write np.array\(x\)"),
        (
            lambda: check_gradients(lambda x: x, np.ones(3)),
            TypeError,
            r"one real number, it gives ndarray of shape \(3,",
        ),
        (lambda: check_gradients(cubes, THETA, lambda x: x.T), ValueError, r"\(3, 2\), x has \(2, 3\): is it transp"),
        (
            lambda: check_gradients(lambda x: float(np.linalg.det(x)), np.eye(2)),
            ValueError,
            "there is no gradient to ch",
        ),
    ],
)
def test_what_cannot_be_checked_is_refused_in_a_sentence(wrong, error, says):
    with pytest.raises(error, match=says):
        wrong()


def test_a_list_for_a_function_of_an_array_is_told_how_it_was_called():
    with pytest.raises(TypeError) as caught:
        check_gradients(cubes, [1.0, 2.0])
    assert caught.value.__notes__ == [
        "f was called with 2 arguments, one for each number: it is f(x) for an array x, and f(*x) for a list"
    ]
    assert check_gradients(lambda x, y: x * exp(y), [Value(1.0), 2])
