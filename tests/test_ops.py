"""The table of primitives: each row is tested by being there."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_scalar import MLP, Value, apply, grad, hessian, hvp, slopes
from tinygrad_scalar.checking import compare_gradients
from tinygrad_scalar.objective import ROUTES, Objective
from tinygrad_scalar.ops import OPS, Op, arrays, floats
from tinygrad_scalar.replay import record

ROWS = sorted(OPS)
DEMANDED = [
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "neg",
    "abs",
    "maximum",
    "minimum",
    "where",
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tanh",
    "logistic",
    "relu",
    "leaky_relu",
    "elu",
    "softplus",
    "swish",
    "gelu",
    "total",
    "logsumexp",
]
N_ARY = {"total": 3, "logsumexp": 3}
POSITIVE = {"log", "sqrt", "pow"}  # where x < 0 has no real answer
numpy_rules = arrays(np)


def arity(name):
    code = OPS[name].value.__code__
    return N_ARY[name] if name in N_ARY else code.co_argcount - 1


def points(name, rng, n=20):
    """Points away from kinks and poles, one row a point."""
    x = rng.uniform(0.3, 2.0, size=(n, arity(name))) * rng.choice([-1.0, 1.0], size=(n, arity(name)))
    x = np.abs(x) if name in POSITIVE else x
    if name == "where":
        x[:, 0] = x[:, 0] > 0
    return x


def test_the_table_has_every_row_of_the_design():
    assert set(DEMANDED) <= set(OPS)


@pytest.mark.parametrize("name", ROWS)
def test_partials_are_the_derivatives_that_complex_or_central_differences_find(name):
    for x in points(name, np.random.default_rng(0)):
        out = OPS[name].value(floats, *x)
        partials = OPS[name].partials(floats, out, *x)
        for i in range(len(x)):
            if name == "where" and i == 0:
                assert partials[i] == 0.0
                continue
            with mpmath.workdps(40):  # the row's own value in 40 digits: central differences good to 20

                def f(t, i=i, x=x):
                    return VALUES[name](*[t if k == i else mpmath.mpf(v) for k, v in enumerate(x)])

                numeric = (
                    f(mpmath.mpf(x[i]) + mpmath.mpf(10) ** -12) - f(mpmath.mpf(x[i]) - mpmath.mpf(10) ** -12)
                ) / (2 * mpmath.mpf(10) ** -12)
            assert partials[i] == pytest.approx(float(numeric), rel=1e-13, abs=1e-15), (name, x, i)


@pytest.mark.parametrize("name", ROWS)
def test_values_are_those_of_a_forty_digit_calculation(name):
    for x in points(name, np.random.default_rng(1)):
        with mpmath.workdps(40):
            expected = float(VALUES[name](*map(mpmath.mpf, x)))
        assert OPS[name].value(floats, *x) == pytest.approx(expected, rel=1e-14, abs=1e-16)


VALUES = {  # in mpmath, from the textbook definitions
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "neg": lambda x: -x,
    "abs": abs,
    "maximum": max,
    "minimum": min,
    "where": lambda c, x, y: x if c else y,
    "square": lambda x: x * x,
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tanh": mpmath.tanh,
    "logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "leaky_relu": lambda x: x if x > 0 else x * mpmath.mpf(0.01),
    "elu": lambda x: x if x > 0 else mpmath.exp(x) - 1,
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "swish": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(0.044715) * x**3))) / 2,
    "total": lambda *x: mpmath.fsum(x),
    "logsumexp": lambda *x: mpmath.log(mpmath.fsum(map(mpmath.exp, x))),
}


def nested(f, variables):
    """∂f/∂x_i∂x_j… for the variables i, j, …, by grad of grad."""
    if not variables:
        return f
    inner, i = nested(f, variables[1:]), variables[0]
    return lambda *x: grad(lambda x_i: inner(*x[:i], x_i, *x[i + 1 :]))(x[i])


@pytest.mark.parametrize("name", ROWS)
def test_every_mixed_derivative_up_to_the_third_order_is_that_of_forty_digits(name):
    n = arity(name)
    variables = range(1, n) if name == "where" else range(n)  # no gradient passes to a condition
    for x in points(name, np.random.default_rng(4), n=2).tolist():
        for order in (1, 2, 3):
            for mixed in itertools.combinations_with_replacement(variables, order):
                counts = tuple(mixed.count(i) for i in range(n))
                with mpmath.workdps(60):
                    at = tuple(map(mpmath.mpf, x))
                    expected = float(mpmath.diff(VALUES[name], at if n > 1 else at[0], counts if n > 1 else order))
                for these in {mixed, mixed[::-1]}:  # either order of differentiation
                    found = nested(lambda *v: apply(name, *v), these)(*x)
                    assert found == pytest.approx(expected, rel=1e-10, abs=1e-11), (name, x, these)


def test_a_variable_exponent_is_differentiated_as_a_variable():
    f = lambda x, y: x**y  # noqa: E731
    H = hessian(f)(23.0, 0.0)
    np.testing.assert_allclose(H, [[0.0, 1 / 23], [1 / 23, math.log(23.0) ** 2]], rtol=1e-14)
    assert grad(lambda y: grad(grad(lambda x: x**y))(2.0))(1.0) == pytest.approx(0.5, rel=1e-14)
    product = hvp(f)([23.0, 0.0], [1.0, 0.0])
    np.testing.assert_allclose(product, [0.0, 1 / 23], rtol=1e-14)
    slope = record(lambda v: grad(lambda x: x ** v[1])(v[0]), [23.0, 2.0])  # y x^(y − 1)
    _, _, dX = slope([[23.0, 2.0], [0.0, 3.0]], inputs=True)
    np.testing.assert_allclose(dX, [[0.0, 12.0], [1 / 23, 4.0 + 12.0 * math.log(2.0)]], rtol=1e-14)


def test_the_corners_of_a_power():
    f = lambda x, y: x**y  # noqa: E731
    assert grad(f)(0.0, 0.0) == (0.0, 0.0)
    assert grad(f)(0.0, 2.0) == (0.0, 0.0)
    assert grad(f)(0.0, 1.0) == (1.0, 0.0)
    assert grad(f)(-2.0, 2.0)[0] == -4.0
    assert hessian(f)(0.0, 2.0) == [[2.0, 0.0], [0.0, 0.0]]
    assert math.isnan(grad(f)(math.nan, 2.0)[0])
    x, y = -8.0, 3.0  # the slope by y of a negative base is not real
    assert grad(f)(x, y)[0] == 3 * 64.0
    assert math.isnan(grad(f)(x, y)[1])


@pytest.mark.parametrize("name", ["logistic", "swish", "gelu", "softplus", "elu"])
def test_values_and_slopes_keep_their_digits_in_the_tails(name):
    for x in (-20.0, -10.0, -7.0, -6.0, -4.0, 4.0, 7.0, 10.0, 20.0, 30.0):
        with mpmath.workdps(300):
            value, slope = float(VALUES[name](mpmath.mpf(x))), float(mpmath.diff(VALUES[name], mpmath.mpf(x)))
        v = Value(x)
        y = apply(name, v)
        y.backward()
        assert y.data == pytest.approx(value, rel=2e-14)
        assert v.grad == pytest.approx(slope, rel=2e-14), x


@pytest.mark.parametrize("name", ROWS)
def test_floats_values_and_arrays_read_the_same_row(name):
    x = points(name, np.random.default_rng(2))
    on_floats = [OPS[name].value(floats, *row) for row in x.tolist()]
    on_values = [apply(name, *map(Value, row)).data for row in x.tolist()]
    on_arrays = OPS[name].value(numpy_rules, *x.T)
    assert on_values == on_floats
    np.testing.assert_allclose(on_arrays, on_floats, rtol=1e-15, atol=1e-16)  # NumPy's exp is another than math's
    slopes = [OPS[name].partials(floats, out, *row) for out, row in zip(on_floats, x.tolist(), strict=True)]
    array_slopes = np.broadcast_arrays(*OPS[name].partials(numpy_rules, on_arrays, *x.T), x[:, 0])[:-1]
    np.testing.assert_allclose(np.transpose(array_slopes), slopes, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", ROWS)
def test_backward_is_the_row_also_where_it_is_written_out(name):
    for row in points(name, np.random.default_rng(3)).tolist():
        inputs = list(map(Value, row))
        out = apply(name, *inputs)
        out.backward()
        assert [v.grad for v in inputs] == [float(d) for d in OPS[name].partials(floats, out.data, *row)]


@pytest.mark.parametrize("name", ROWS)
def test_second_derivatives_are_the_derivatives_of_the_first(name):
    for row in points(name, np.random.default_rng(4), n=5).tolist():
        free = range(1 if name == "where" else 0, len(row))
        for i in free:

            def along(v, i=i, row=row):
                return apply(name, *[v if k == i else x for k, x in enumerate(row)])

            with mpmath.workdps(40):
                h = mpmath.mpf(10) ** -10
                f = [
                    VALUES[name](*[mpmath.mpf(x) + (d * h if k == i else 0) for k, x in enumerate(row)])
                    for d in (-1, 0, 1)
                ]
                numeric = float((f[0] - 2 * f[1] + f[2]) / h**2)
            assert grad(grad(along))(row[i]) == pytest.approx(numeric, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("name", ["relu", "abs", "leaky_relu", "elu"])
def test_at_a_kink_the_stated_subgradient_is_taken(name):
    assert grad(lambda x: apply(name, x))(0.0) == {"relu": 0.0, "abs": 0.0, "leaky_relu": 0.01, "elu": 1.0}[name]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_share_the_derivative_equally(name):
    assert grad(lambda x, y: apply(name, x, y))(2.0, 2.0) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("div", (1.0, 0.0), math.inf),
        ("div", (-1.0, 0.0), -math.inf),
        ("div", (1.0, -0.0), -math.inf),
        ("div", (0.0, 0.0), math.nan),
        ("log", (0.0,), -math.inf),
        ("log", (-1.0,), math.nan),
        ("exp", (1000.0,), math.inf),
        ("exp", (-1000.0,), 0.0),
        ("sin", (math.inf,), math.nan),
        ("cos", (-math.inf,), math.nan),
        ("sqrt", (-1.0,), math.nan),
        ("pow", (-8.0, 1 / 3), math.nan),
        ("pow", (0.0, -1.0), math.inf),
        ("pow", (-10.0, 309.0), -math.inf),
        ("pow", (10.0, 400.0), math.inf),
        ("mul", (1e308, 10.0), math.inf),
        ("maximum", (math.nan, 1.0), math.nan),
        ("maximum", (1.0, math.nan), math.nan),
        ("relu", (math.nan,), math.nan),
        ("logistic", (800.0,), 1.0),
        ("logistic", (-800.0,), 0.0),
        ("softplus", (800.0,), 800.0),
        ("softplus", (-800.0,), 0.0),
        ("softplus", (-40.0,), math.exp(-40.0)),
        ("logsumexp", (1000.0, 1000.0), 1000.0 + math.log(2.0)),
        ("logsumexp", (-1000.0, -1000.0), -1000.0 + math.log(2.0)),
        ("logsumexp", (math.inf, 0.0), math.inf),
        ("logsumexp", (-math.inf, -math.inf), -math.inf),
    ],
)
def test_arithmetic_follows_ieee_754_as_numpy_does(name, x, expected):
    with np.errstate(all="ignore"):
        on_arrays = OPS[name].value(numpy_rules, *[np.array([v]) for v in x])[0]
    for found in (apply(name, *map(Value, x)).data, OPS[name].value(floats, *x), on_arrays):
        np.testing.assert_array_max_ulp(np.float64(found), np.float64(expected), 1)


@given(st.floats(-1e3, 1e3), st.sampled_from(["logistic", "softplus", "elu", "swish", "gelu", "tanh", "relu"]))
def test_activations_and_their_slopes_are_finite_everywhere(x, name):
    v = Value(x)
    out = apply(name, v)
    out.backward()
    assert math.isfinite(out.data)
    assert math.isfinite(v.grad)


def test_a_power_with_a_constant_exponent_never_takes_the_logarithm_of_its_base(monkeypatch):
    x = Value(-3.0)
    y = x**2
    y.backward()
    assert (y.data, x.grad, y.parents[1].grad) == (9.0, -6.0, 0.0)
    assert grad(lambda x: x**0)(0.0) == 0.0
    assert grad(grad(lambda x: x**2))(0.0) == 2.0
    assert grad(lambda y: Value(0.0) ** y)(2.0) == 0.0


def test_a_new_row_is_usable_everywhere_at_once():
    OPS["cube"] = Op("x³", lambda xp, x: x * x * x, lambda xp, out, x: (3.0 * x * x,))
    try:
        assert apply("cube", Value(2.0)).data == 8.0
        assert grad(grad(lambda x: apply("cube", x)))(2.0) == 12.0
        assert numpy_rules.cube(np.array([2.0])) == 8.0
    finally:
        del OPS["cube"]


@pytest.fixture
def softsign(monkeypatch):
    """A row of one's own: x/(1 + |x|), with the derivative 1/(1 + |x|)²."""
    row = Op("softsign", lambda xp, x: xp.div(x, 1.0 + xp.abs(x)), lambda xp, out, x: (xp.pow(1.0 + xp.abs(x), -2.0),))
    monkeypatch.setitem(OPS, "softsign", row)
    return lambda x: apply("softsign", x)


def test_a_row_of_ones_own_has_first_second_and_third_derivatives(softsign):
    for x in (-1.5, -0.2, 0.4, 3.0):
        v = Value(x)
        softsign(v).backward()
        assert v.grad == pytest.approx((1 + abs(x)) ** -2, rel=1e-15)
        assert grad(grad(softsign))(x) == pytest.approx(-2 * math.copysign(1, x) * (1 + abs(x)) ** -3, rel=1e-14)
        assert grad(grad(grad(softsign)))(x) == pytest.approx(6 * (1 + abs(x)) ** -4, rel=1e-14)


@pytest.mark.parametrize("route", [route for route in ROUTES if route != "matrix"])
def test_a_row_of_ones_own_bends_neurons_on_every_route_that_reads_the_table(softsign, route):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    network = MLP(2, [3, 1], "softsign", rng=0)
    W, b, V, c = np.split(network.theta, [6, 9, 12])
    Z = X @ W.reshape(3, 2).T + b
    A = Z / (1 + abs(Z))
    r = A @ V + c - Y[:, 0]
    D = r[:, None] * V / (1 + abs(Z)) ** 2
    by_hand = np.concatenate([(D.T @ X).ravel(), D.sum(axis=0), r @ A, [r.sum()]]) / 5
    E, gradient = Objective(network, X, Y, "half_squared_error", route=route)(network.theta)
    assert E == pytest.approx((r @ r) / 10, rel=1e-14)
    np.testing.assert_allclose(gradient, by_hand, rtol=1e-12, atol=1e-15)


def test_the_hessian_of_a_network_bent_by_a_row_of_ones_own_is_the_slope_of_its_gradient(softsign):
    X, Y = np.random.default_rng(0).normal(size=(2, 5, 2))
    network = MLP(2, [2, 2], "softsign", "softsign", rng=0)
    objective, theta = Objective(network, X, Y, "huber", route="scalar", l2=0.3), network.theta
    H, h = objective.hessian(theta), 1e-6
    for k, row in enumerate(np.eye(len(theta)) * h):
        numeric = (objective(theta + row)[1] - objective(theta - row)[1]) / (2 * h)
        np.testing.assert_allclose(H[k], numeric, atol=1e-8)
    np.testing.assert_allclose(objective.hvp(theta, theta), H @ theta, rtol=1e-12, atol=1e-14)


def test_the_matrix_side_asks_for_a_pair_of_its_own_and_then_agrees(softsign, monkeypatch):
    X, Y = np.random.default_rng(0).normal(size=(2, 5, 2))
    network = MLP(2, [3, 2], "softsign", rng=0)
    with pytest.raises(ValueError, match="the matrix side has no σ and σ′ of 'softsign'"):
        Objective(network, X, Y, "huber", route="matrix")(network.theta)
    pair = (lambda xp, Z: Z / (1.0 + xp.abs(Z)), lambda xp, Z, A: (1.0 - xp.abs(A)) ** 2)
    monkeypatch.setitem(slopes.ACTIVATIONS, "softsign", pair)
    assert compare_gradients(network, X, Y, "huber", routes=(*ROUTES, "central")).agree


def test_the_derivatives_of_logsumexp_sum_to_one_at_any_size():
    assert grad(lambda a, b: apply("logsumexp", a, b))(1e16, 1e16) == (0.5, 0.5)


def test_gelu_and_elu_have_the_right_slopes_far_out():
    assert [grad(lambda x: apply("gelu", x))(x) for x in (-1e160, -50.0, 50.0, 1e160)] == [0.0, 0.0, 1.0, 1.0]
    assert grad(grad(lambda x: apply("gelu", x)))(1e160) == 0.0
    assert grad(lambda x: apply("elu", x))(-40.0) == pytest.approx(math.exp(-40.0), rel=1e-14)


def test_a_row_of_ones_own_may_use_expm1_and_log1p_without_an_exception():
    assert floats.expm1(1000.0) == math.inf
    assert math.isnan(floats.log1p(-2.0))


def test_an_array_module_that_lacks_a_function_is_refused_by_name_and_never_divides_instead():
    class Poor:
        exp, log = np.exp, np.log

    xp = arrays(Poor)
    assert xp.div(6.0, 3.0) == 2.0
    assert xp.exp(np.zeros(1)) == 1.0
    with pytest.raises(AttributeError, match="has no function 'minimum', which this operation needs"):
        xp.minimum(6.0, 3.0)
    with pytest.raises(AttributeError, match="maximum"):
        OPS["logsumexp"].value(xp, np.zeros(1), np.ones(1))
