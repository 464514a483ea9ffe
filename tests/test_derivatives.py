"""Forward mode, beside reverse mode: the same rows, walked the other way."""

import math

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_scalar import MLP, Value, apply, exp, grad, hessian, hvp, jacobian, jvp, logsumexp, sin, sqrt, tanh, total
from tinygrad_scalar.ops import OPS, inputs
from tinygrad_scalar.replay import record

from .helpers.counting import calls

ROWS = sorted(OPS)
NUMBERS = st.floats(-3.0, 3.0)


def points(name, seed):
    """Points where the row has a derivative; a condition is 0 or 1."""
    names, rng = inputs(name) or "xyz", np.random.default_rng(seed)
    for row in rng.uniform(0.3, 2.0, size=(10, len(names))).tolist():
        yield [float(x > 1.0) if n == "c" else x for n, x in zip(names, row, strict=True)]


def reverse(f, x):
    """∇f as a list, also of one variable."""
    found = grad(f)(*x)
    return list(found) if len(x) > 1 else [found]


@pytest.mark.parametrize("name", ROWS)
def test_along_each_axis_forward_mode_gives_the_bits_of_reverse_mode(name):
    row = lambda *x: apply(name, *x)  # noqa: E731
    for x in points(name, 0):
        axes = np.eye(len(x)).tolist()
        assert [jvp(row)(x, axis)[1] for axis in axes] == reverse(row, x) == jacobian(row)(x)
        assert jvp(row)(x, axes[0])[0] == row(*x)


@pytest.mark.parametrize("name", ROWS)
def test_forward_and_reverse_mode_nest_in_either_order_on_every_row(name):
    """Three ways to H v, each its own order of a few sums."""
    row = lambda *x: sin(apply(name, *x))  # noqa: E731
    for x in points(name, 1):
        v = [math.cos(k + 1.0) for k in range(len(x))]
        expected = np.array(hessian(row)(*x)) @ v
        forward_over_reverse = jvp(lambda *y: reverse(row, y))(x, v)[1]
        along = lambda *y, v=v: jvp(row)(y, v)[1]  # noqa: E731
        reverse_over_forward = reverse(along, x)
        forward_over_forward = [jvp(along)(x, axis)[1] for axis in np.eye(len(x)).tolist()]
        for found in (forward_over_reverse, reverse_over_forward, forward_over_forward, hvp(row)(x, v)):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def polar(r, phi, shift):
    return [r * phi.cos() + shift, r * phi.sin(), r**2, exp(r) / shift, logsumexp([r, phi, shift])]


@settings(deadline=None)  # JAX compiles in the first
@given(NUMBERS, NUMBERS, st.floats(0.5, 3.0), st.integers(1, 5))
def test_a_jacobian_by_columns_is_that_by_rows_and_that_of_jax(r, phi, shift, results):
    f = lambda *x: polar(*x)[:results]  # noqa: E731
    found = np.array(jacobian(f)([r, phi, shift]))  # by columns from 4 results on
    by_rows = [grad(lambda *x, i=i: f(*x)[i])(r, phi, shift) for i in range(results)]
    np.testing.assert_allclose(found, by_rows, rtol=1e-14, atol=1e-15)

    def in_jax(x):
        xp = jax.numpy
        whole = [x[0] * xp.cos(x[1]) + x[2], x[0] * xp.sin(x[1]), x[0] ** 2, xp.exp(x[0]) / x[2]]
        return xp.stack([*whole, jax.nn.logsumexp(x)][:results])

    with jax.enable_x64(True):
        np.testing.assert_allclose(found, jax.jacfwd(in_jax)(np.array([r, phi, shift])), rtol=1e-12, atol=1e-13)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_the_derivative_along_v_is_the_gradient_times_v_and_linear_in_v(x, y, v, w):
    f = lambda x, y: tanh(x * y) + (x - y) ** 2  # noqa: E731
    value, slope = jvp(f)([x, y], [v, w])
    assert value == f(Value(x), Value(y)).data
    gradient = grad(f)(x, y)
    assert slope == pytest.approx(gradient[0] * v + gradient[1] * w, rel=1e-12, abs=1e-12)
    by_v = grad(lambda v, w: jvp(f)([x, y], [v, w])[1])(v, w)  # v may be differentiated by, also where it is 0
    assert by_v == pytest.approx(gradient, rel=1e-14, abs=1e-15)


def test_a_jacobian_of_a_gradient_is_the_hessian():
    f = lambda x, y, z: x**2 * y + sin(z) * x  # noqa: E731
    point = [2.0, 3.0, 0.5]
    np.testing.assert_allclose(jacobian(grad(f))(point), hessian(f)(*point), rtol=1e-15)
    twice = jacobian(lambda *x: jacobian(f)(x))(point)
    np.testing.assert_allclose(twice, hessian(f)(*point), rtol=1e-15)


def test_two_directions_do_not_mix():
    """The perturbation confusion of forward mode done naively, which gives 2."""
    assert jvp(lambda x: x * jvp(lambda y: x + y)([1.0], [1.0])[1])([1.0], [1.0]) == (1.0, 1.0)


def test_an_input_that_stands_still_adds_nothing_even_where_the_slope_is_infinite():
    f = lambda x, y: sqrt(x) + y  # noqa: E731
    assert jvp(f)([0.0, 1.0], [0.0, 1.0]) == (1.0, 1.0)
    assert jacobian(lambda x, y: [f(x, y), y, y])([0.0, 1.0]) == [[math.inf, 1.0], [0.0, 1.0], [0.0, 1.0]]


def test_forward_mode_leaves_gradients_alone_and_takes_results_that_do_not_move():
    a = Value(3.0)
    assert jvp(lambda x: [a * a, 5, x])([1.0], [2.0]) == ([9.0, 5.0, 1.0], [0.0, 0.0, 2.0])
    assert jvp(lambda x: 7)([1.0], [2.0]) == (7.0, 0.0)
    assert a.grad == 0.0


def test_forward_mode_is_recorded_and_replayed_as_reverse_mode_is():
    slope = record(lambda x: jvp(lambda a, b: sin(a * b))(x, [1.0, 2.0])[1], [0.5, 2.0])
    X = np.array([[0.5, 0.1, 2.0], [2.0, 0.3, 0.7]])
    expected = np.mean((X[1] + 2.0 * X[0]) * np.cos(X[0] * X[1]))
    assert slope(X)[0] == pytest.approx(expected, rel=1e-14)


def test_a_long_chain_does_not_recurse():
    def chain(x):
        for _ in range(20_000):
            x = x + 1e-3
        return x

    assert jvp(chain)([1.0], [3.0])[1] == 3.0


def test_hessian_vector_products_stay_reverse_over_reverse_for_the_other_way_is_not_cheaper():
    mlp = MLP(3, [8, 8, 3], rng=0)
    E = lambda *p: total([a**2 for a in mlp.with_parameters(p)([0.1, 0.2, 0.3])])  # noqa: E731
    theta, v = mlp.theta.tolist(), np.cos(np.arange(len(mlp.theta))).tolist()
    np.testing.assert_allclose(jvp(grad(E))(theta, v)[1], hvp(E)(theta, v), rtol=1e-12, atol=1e-14)
    ratio = calls(lambda: jvp(grad(E))(theta, v)) / calls(lambda: hvp(E)(theta, v))
    assert 1.0 < ratio < 1.25


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda: jvp(sin)(1.0, 1.0), TypeError, r"jvp\(f\) takes two sequences, the point and the vector"),
        (lambda: jvp(sin)([1.0], [1.0, 2.0]), ValueError, "the vector has 2 entries, the point has 1"),
        (lambda: jacobian(sin)(1.0), TypeError, r"jacobian\(f\) takes one sequence, the point"),
        (lambda: jvp(lambda x: "no")([1.0], [1.0]), TypeError, "one real number, not str"),
        (lambda: jvp(lambda x: x)([1.0], ["no"]), TypeError, "one real number, not str"),
        (lambda: jacobian(lambda x: [[x]])([1.0]), TypeError, "one real number, not list"),
    ],
)
def test_what_forward_mode_does_not_take_is_refused_in_a_sentence(wrong, error, says):
    with pytest.raises(error, match=says):
        wrong()
