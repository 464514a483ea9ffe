"""The node, the backward sweep, and derivatives of derivatives."""

import copy
import gc
import math
import operator
import pickle
import threading
import weakref
from decimal import Decimal
from fractions import Fraction

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_scalar as tg
from tinygrad_scalar import Value, apply, cos, exp, grad, hessian, hvp, losses, sin, total, value_and_grad
from tinygrad_scalar.derivatives import topological
from tinygrad_scalar.replay import record

small = st.floats(-2.0, 2.0).filter(lambda x: abs(x) > 1e-3)


def test_the_texts_worked_example():
    def z(t):
        x, y = exp(t), t**2
        return sin(x**2 + y**2)

    for t in (-1.0, 0.3, 0.5, 1.2):
        direct = math.cos(math.exp(2 * t) + t**4) * (2 * math.exp(2 * t) + 4 * t**3)
        assert grad(z)(t) == pytest.approx(direct, rel=1e-13)
    x, y = Value(0.7), Value(-0.4)
    z = sin(x**2 + y**2)
    z.backward()
    assert x.grad == pytest.approx(2 * 0.7 * math.cos(0.65), rel=1e-14)
    assert y.grad == pytest.approx(-2 * 0.4 * math.cos(0.65), rel=1e-14)


def test_micrograds_published_example():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


def test_shared_nodes_count_once_per_edge():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0
    b = Value(3.0)
    (b * b).backward()
    assert b.grad == 6.0
    a = Value(1.0)
    b = a + a
    c = b + b
    c.backward()
    assert (a.grad, b.grad, c.grad) == (4.0, 2.0, 1.0)
    assert c.parents == (b, b)


def test_a_second_backward_adds_exactly_once_more_on_leaves_and_nothing_on_the_way():
    a, b = Value(0.3), Value(-1.7)
    c = (a * b).tanh()
    d = c * c + a
    d.backward()
    once = a.grad, b.grad, c.grad
    for k in (2, 3):
        d.backward()
        assert a.grad == pytest.approx(k * once[0], rel=1e-15)
        assert b.grad == pytest.approx(k * once[1], rel=1e-15)
        assert c.grad == once[2]


def test_backward_from_a_leaf_is_one():
    a = Value(2.0)
    a.backward()
    assert a.grad == 1.0


def test_gradients_of_several_results_add_up_in_the_leaves():
    a = Value(2.0)
    (a * a).backward()
    (3 * a).backward()
    assert a.grad == 7.0


def test_constants_get_no_gradient_and_count_as_nodes():
    a = Value(2.0)
    result = 3 * a + 4
    result.backward()
    product, four = result.parents
    assert (four.op, four.grad, product.parents[0].op, product.parents[0].grad) == ("constant", 0.0, "constant", 0.0)


@pytest.mark.slow
def test_a_chain_of_a_million_nodes_builds_differentiates_and_is_freed():
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + x
    y.backward()
    assert (y.data, x.grad) == (1_000_001.0, 1_000_001.0)
    watch = weakref.ref(y.parents[0].parents[0])
    del y
    assert watch() is None


def test_without_the_cyclic_collector_dropping_the_loss_frees_the_graph_at_once():
    mlp = tg.MLP(3, [4, 1], rng=0)
    gc.collect()
    gc.disable()
    try:
        loss = (mlp([1.0, 2.0, 3.0])[0] - 1) ** 2
        loss.backward()
        watches = [weakref.ref(node) for node in topological(loss)]
        del loss
        assert all(watch() is None for watch in watches)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_backward_visits_each_node_and_each_edge_once(monkeypatch):
    from tinygrad_scalar.ops import OPS, Op

    calls = []
    row = OPS["tanh"]
    monkeypatch.setitem(OPS, "tanh", Op(row.symbol, row.value, lambda *x: calls.append(1) or row.partials(*x)))
    for n in (10, 100, 1000):
        calls.clear()
        v = Value(0.5)
        for _ in range(n):
            v = v.tanh() + v  # two paths at each stage: 2ⁿ paths, 2n nodes
        v.backward()
        assert len(calls) == n
        assert len(topological(v)) == 2 * n


@pytest.mark.parametrize(
    "expression",
    [
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: x * y,
        lambda x, y: x / y,
        lambda x, y: x**y,
        lambda x, y: 2**y - 3 / x + (1 - x) + 5 * y + 4 + x * 2,
        lambda x, y: abs(-x) + +y,
        lambda x, y: sum([x, y, x]),
    ],
)
def test_operators_compute_what_floats_compute(expression):
    found, expected = expression(Value(1.3), Value(0.7)), expression(1.3, 0.7)
    assert found.data == pytest.approx(expected, rel=1e-15)
    assert value_and_grad(expression)(1.3, 0.7)[0] == found.data


@pytest.mark.parametrize(
    "scalar", [2, 2.0, True, np.float64(2), np.float32(2), np.int64(2), np.uint8(2), np.bool(True)]
)
def test_numbers_of_every_kind_mix_with_values_on_both_sides(scalar):
    for op in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow):
        for result, expected in (
            (op(scalar, Value(3.0)), op(float(scalar), 3.0)),
            (op(Value(3.0), scalar), op(3.0, float(scalar))),
        ):
            assert type(result) is Value
            assert type(result.data) is float
            assert result.data == pytest.approx(expected)


def test_comparisons_compare_data_and_equality_is_identity():
    a, b = Value(1.0), Value(2.0)
    assert a < b
    assert a <= 1
    assert 3 > b
    assert b >= np.float64(2)
    assert not a > b
    assert a == a
    assert a != b
    assert a != Value(1.0)
    assert a in [b, a]
    assert Value(1.0) not in [a, b]
    assert len({a, b, a}) == 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda v: Value("3"), "one real number, not str"),
        (lambda v: Value(None), "one real number, not NoneType"),
        (lambda v: Value(1j), "one real number, not complex"),
        (lambda v: Value([1.0]), "one real number, not list"),
        (lambda v: Value(v), "one real number, not Value"),
        (lambda v: Value(np.array([1.0])), "not ndarray; for arrays there are the matrix and replay routes"),
        (lambda v: exp(np.ones(2)), "not ndarray; for arrays"),
        (lambda v: v + "a", "not str"),
        (lambda v: v < "a", "not str"),
        (lambda v: bool(v), "write v.data"),
        (lambda v: v and 1, "write v.data"),
        (lambda v: float(v), "write v.data"),
        (lambda v: int(v), "write v.data"),
        (lambda v: math.exp(v), r"or exp\(v\)"),
        (lambda v: v == 3, "write v.data == 3"),
        (lambda v: v != 3, "write v.data"),
        (lambda v: 3 in [v], "write v.data"),
        (lambda v: exp("x"), "not str"),
        (lambda v: total([v, "x"]), "not str"),
        (lambda v: grad(lambda x: [x])(1.0), "not list"),
        (lambda v: pickle.dumps(v * v), "neither copied nor pickled"),
        (lambda v: copy.deepcopy(v * v), "neither copied nor pickled"),
    ],
)
def test_what_cannot_work_is_a_type_error_that_says_what_to_do(wrong, says):
    with pytest.raises(TypeError, match=says):
        wrong(Value(2.0))


def test_an_integer_too_large_for_a_float_is_an_overflow_error():
    with pytest.raises(OverflowError):
        Value(10**400)


def test_leaves_are_copied_and_pickled_with_their_gradient_and_label():
    a = Value(2.0, "weight")
    a.grad = 0.5
    for b in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        assert b is not a
        assert (b.data, b.grad, b.label, b.op, b.parents) == (2.0, 0.5, "weight", "", ())


def test_a_million_node_graph_refuses_to_be_pickled_without_recursion():
    y = Value(1.0)
    for _ in range(100_000):
        y = -y
    with pytest.raises(TypeError, match="copy the leaves"):
        pickle.dumps(y)
    assert len(repr(y)) < 50


def test_graphs_in_different_threads_are_independent():
    found = {}

    def work(k):
        x = Value(k / 10)
        for _ in range(200):
            y = sin(x * k) * exp(x)
            x.grad = 0.0
            y.backward()
        found[k] = x.grad

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, g in found.items():
        assert g == pytest.approx(math.exp(k / 10) * (k * math.cos(k * k / 10) + math.sin(k * k / 10)), rel=1e-13)


# Derivatives of derivatives.


@given(small)
def test_nested_grad_is_exact(x):
    f = lambda x: sin(x) * exp(x) + x**4 / 3  # noqa: E731
    s, c, e = math.sin(x), math.cos(x), math.exp(x)
    assert grad(f)(x) == pytest.approx((s + c) * e + 4 * x**3 / 3, rel=1e-12, abs=1e-14)
    assert grad(grad(f))(x) == pytest.approx(2 * c * e + 4 * x**2, rel=1e-12, abs=1e-13)
    assert grad(grad(grad(f)))(x) == pytest.approx(2 * (c - s) * e + 8 * x, rel=1e-12, abs=1e-12)
    assert grad(grad(grad(grad(f))))(x) == pytest.approx(-4 * s * e + 8, rel=1e-12, abs=1e-12)


def test_nested_grad_keeps_the_variables_apart():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(2.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6.0  # d(x · x)/dx, not of x · (x + y)
    assert grad(lambda x, y: x * x * y)(Value(2.0), Value(2.0))[0].data == 8.0
    v = Value(2.0)
    a, b = grad(lambda x, y: x * x * y)(v, v)  # one Value for both arguments: still two partial derivatives
    assert (a.data, b.data) == (8.0, 4.0)
    (a + b).backward()
    assert v.grad == 4 * 2.0 + 2 * 2.0 + 0.0


def test_an_inner_derivative_at_a_number_still_depends_on_the_outer_variable():
    assert grad(lambda x: grad(lambda y: x * y)(2.0))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(1.0))(1.0) == 2.0
    assert grad(lambda c: hessian(lambda x: c * x**2)(1.0)[0][0])(2.0) == 2.0
    assert grad(lambda v: hvp(lambda x: x**3)([1.0], [v])[0])(2.0) == 6.0
    assert grad(lambda c: value_and_grad(lambda x: c * x)(1.0)[0])(2.0) == 1.0
    assert grad(lambda x: grad(lambda y: y * y)(2.0) * x)(3.0) == 4.0  # the inner one does not depend on x: a number
    v = Value(3.0)
    outer = grad(lambda x: grad(lambda y: x * x * y)(2.0))(v)
    assert outer.data == 6.0
    outer.backward()
    assert v.grad == 2.0


def test_zeros_keep_their_sign():
    assert math.copysign(1.0, total([Value(-0.0)]).data) == -1.0
    assert value_and_grad(lambda x: 1 / x)(Value(-0.0))[0].data == -math.inf


def test_the_sweep_is_the_rule_also_for_an_infinite_gradient():
    x = Value(-1.0)
    x.relu().sqrt().backward()
    assert math.isnan(x.grad)
    assert math.isnan(grad(lambda x: x.relu().sqrt())(-1.0))


def test_grad_returns_what_it_was_called_with_and_touches_no_grad():
    w = Value(3.0)
    assert type(grad(lambda x: w * x)(2.0)) is float
    assert w.grad == 0.0
    derivative = grad(lambda x: w * x)(Value(2.0))
    assert type(derivative) is Value
    derivative.backward()
    assert w.grad == 1.0
    assert grad(lambda x, y: x * y)(2.0, 3.0) == (3.0, 2.0)
    assert grad(lambda x: 5.0)(2.0) == 0.0
    assert grad(lambda x: x)(2.0) == 1.0
    assert value_and_grad(lambda x: x)(2.0) == (2.0, 1.0)
    assert type(grad(lambda x: 5.0)(Value(2.0))) is Value


@given(st.lists(small, min_size=3, max_size=3), st.lists(small, min_size=3, max_size=3))
def test_hessian_and_hvp_agree_with_the_closed_form(x, v):
    def f(x, y, z):
        return sin(x * y) + exp(z) * x**2 + y * z

    a, b, c = x
    s, co, e = math.sin(a * b), math.cos(a * b), math.exp(c)
    expected = np.array(
        [
            [-b * b * s + 2 * e, co - a * b * s, 2 * a * e],
            [co - a * b * s, -a * a * s, 1.0],
            [2 * a * e, 1.0, a * a * e],
        ]
    )
    np.testing.assert_allclose(hessian(f)(*x), expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(hvp(f)(x, v), expected @ v, rtol=1e-11, atol=1e-12)


def test_hvp_refuses_a_vector_of_another_length():
    with pytest.raises(ValueError, match="the vector has 1 entries, the point has 2"):
        hvp(lambda x, y: x * y)([1.0, 2.0], [1.0])


@pytest.mark.slow
def test_grad_and_hessian_agree_with_jax():
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy

    def ours(x, y):
        return (
            tg.gelu(x * y)
            + tg.swish(x) * tg.logsumexp([x, y, 1.0])
            - tg.elu(y) / tg.softplus(x)
            + tg.maximum(x, y) ** 2
        )

    def theirs(p):
        x, y = p
        nn = jax.nn
        return (
            nn.gelu(x * y, approximate=True)
            + nn.swish(x) * nn.logsumexp(jnp.stack([x, y, 1.0]))
            - nn.elu(y) / nn.softplus(x)
            + jnp.maximum(x, y) ** 2
        )

    for point in ([0.3, -0.8], [1.5, 0.4], [-0.7, -1.1]):
        np.testing.assert_allclose(grad(ours)(*point), jax.grad(theirs)(np.array(point)), rtol=1e-12)
        np.testing.assert_allclose(
            hessian(ours)(*point), jax.jit(jax.hessian(theirs))(np.array(point)), rtol=1e-11, atol=1e-12
        )


# Random graphs, against micrograd where it has the operation.


@given(st.data())
def test_random_graphs_have_micrograds_gradients(data):
    from micrograd.engine import Value as Micro

    leaves = data.draw(st.lists(small, min_size=2, max_size=4))
    ours, theirs = list(map(Value, leaves)), list(map(Micro, leaves))
    for _ in range(data.draw(st.integers(1, 12))):
        op = data.draw(st.sampled_from(["add", "mul", "sub", "relu", "neg", "square"]))
        i, j = (data.draw(st.integers(0, len(ours) - 1)) for _ in range(2))
        for graph in (ours, theirs):
            x, y = graph[i], graph[j]
            graph.append(
                {
                    "add": lambda x=x, y=y: x + y,
                    "mul": lambda x=x, y=y: x * y * 0.5,
                    "sub": lambda x=x, y=y: x - y,
                    "relu": lambda x=x: x.relu(),
                    "neg": lambda x=x: -x,
                    "square": lambda x=x: (x * 0.25) ** 2,
                }[op]()
            )
    ours[-1].backward()
    theirs[-1].backward()
    assert ours[-1].data == pytest.approx(theirs[-1].data, rel=1e-12, abs=1e-300)
    for a, b in zip(ours[: len(leaves)], theirs, strict=False):
        assert a.grad == pytest.approx(b.grad, rel=1e-9, abs=1e-12)


def test_the_sum_of_one_is_a_node_and_of_numbers_a_number():
    a = Value(2.0)
    assert total([a]).parents == (a,)
    assert total([1, 2.5]) == 3.5
    assert total([]) == 0.0
    assert total(v for v in (a, 3)).data == 5.0
    assert apply("total", a, a, a).data == 6.0


def test_functions_take_values_and_numbers():
    assert exp(0.0) == 1.0
    assert tg.where(True, 2.0, 3.0) == 2.0
    assert cos(Value(0.0)).data == 1.0
    for name in (
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
    ):
        v = Value(0.7)
        assert getattr(v, name)().data == getattr(tg, name)(v).data == getattr(tg, name)(0.7)
        assert getattr(v, name)().op == name


class Labelled(Value):
    """A leaf that knows more than a Value."""

    def __init__(self, data, unit):
        super().__init__(data, unit)
        self.unit = unit


def test_a_subclass_may_add_to_a_leaf_and_what_is_computed_is_a_plain_value():
    p, q = Labelled(2.0, "m"), Value(3.0)
    for make in (lambda: p * 2, lambda: 2 * p, lambda: p + q, lambda: q * p, lambda: p.relu(), lambda: p.tanh(),
                 lambda: exp(p), lambda: p**2, lambda: total([p, q]), lambda: -p, lambda: tg.maximum(p, 0.0)):  # fmt: skip
        y = make()
        p.grad = 0.0
        y.backward()
        assert type(y) is Value
        assert p.grad != 0.0
    assert grad(lambda x: x * p)(3.0) == 2.0
    with pytest.raises(ValueError, match="parameter 1 is of a subclass of Value"):
        record(lambda x: x[0] * p, [1.0], [p])


def test_backward_inside_an_outer_derivative_is_refused_where_that_derivative_would_lose_it():
    def by_hand(x):
        v = Value(2.0)
        (v * v * x).backward()
        return v.grad

    for derivative in (grad, value_and_grad, hessian):
        with pytest.raises(ValueError, match=r"an outer derivative follows these Values.*write grad\(f\)\(v\)"):
            derivative(by_hand)(3.0)
    with pytest.raises(ValueError, match="an outer derivative follows"):
        hvp(by_hand)([3.0], [1.0])
    assert grad(lambda x: grad(lambda v: v * v * x)(2.0))(3.0) == 4.0

    def aside(x):  # what the outer derivative does not follow may be differentiated as ever
        v = Value(2.0)
        (v * v).backward()
        return x * v.grad

    assert grad(aside)(3.0) == 4.0


# What each mutation that once survived would break.


def test_a_leaf_that_is_its_own_result_accumulates_too():
    a = Value(2.0)
    a.backward()
    a.backward()
    assert a.grad == 2.0


def test_three_nested_derivatives_each_follow_their_own_variable():
    # ∂/∂x of x y z² at y = 1, then by z: the innermost derivative sees the variable of the outermost
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * z * z)(2.0) + 0.0 * y)(1.0) + x)(3.0) == 1.0
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * z * z)(2.0) * y)(1.0))(3.0) == 4.0
    assert grad(lambda x: value_and_grad(lambda y: x)(1.0)[0])(3.0) == 1.0  # the result is the outer variable itself


def test_a_constant_gets_nothing_and_takes_nothing_from_its_neighbour():
    assert grad(lambda x: x**3 * 2.0 + 5.0)(2.0) == 24.0
    assert grad(grad(lambda x: (-2.0) ** 2 * x * x))(1.0) == 8.0


def test_the_softmax_of_values_sums_to_one_and_has_the_jacobian_of_the_text():
    z = [0.3, -1.2, 2.0]
    a = [v.data for v in tg.softmax(map(Value, z))]
    assert sum(a) == pytest.approx(1.0, rel=1e-15)
    assert tg.softmax(z) == a
    for k in range(3):
        expected = [a[k] * ((k == j) - a[j]) for j in range(3)]
        assert grad(lambda *z, k=k: tg.softmax(z)[k])(*z) == pytest.approx(expected, rel=1e-13)
    far = [Value(-1000.0), Value(0.0)]
    loss = losses.cross_entropy([1.0, 0.0], tg.softmax(far))  # seen as a softmax: the stable form
    loss.backward()
    assert (loss.data, far[0].grad, far[1].grad) == (1000.0, -1.0, 1.0)


def test_numpys_functions_and_arrays_take_values():
    v, A = Value(0.5), np.array([Value(1.0), Value(3.0), Value(2.0)])
    assert (np.exp(v).op, np.exp(v).data) == ("exp", math.exp(0.5))
    assert grad(np.sin)(1.0) == math.cos(1.0)
    assert grad(lambda x: np.maximum(x, 1.0))(1.0) == 0.5
    assert [w.data for w in A - A.max()] == [-2.0, 0.0, -1.0]
    for product in (np.array([1.0, 2.0]) * v, v * np.array([1.0, 2.0])):
        assert [w.data for w in product] == [0.5, 1.0]
    assert [w.data for w in np.tanh(A)] == [math.tanh(x) for x in (1.0, 3.0, 2.0)]
    assert (A < Value(2.5)).tolist() == [True, False, True]
    assert np.float64(0.4) < v
    with pytest.raises(TypeError, match=r"NumPy's isnan reads numbers, a Value is none: give it v\.data"):
        np.isnan(v)


def test_a_recording_takes_numpys_functions_and_keeps_both_sides_of_a_choice():
    replay = record(lambda x: tg.where(np.float64(0.5) < x[0], np.exp(x[0]), x[0] * x[0]), [1.0])
    np.testing.assert_allclose(replay([[1.0, 0.25]])[0], (math.e + 0.0625) / 2, rtol=1e-15)


@pytest.mark.parametrize("read", [round, "{:.3f}".format, lambda v: round(v, 2), float, int])
def test_a_recording_gives_no_digits_away(read):
    with pytest.raises(TypeError, match="its Values have no numbers to read"):
        record(lambda x: x[0] * read(x[0]), [1.0])


def test_digits_of_a_value_and_numbers_of_other_kinds():
    v = Value(1.26)
    assert (f"{v:.1f}", f"{v}", round(v), round(v, 1)) == ("1.3", repr(v), 1, 1.3)
    for number in (Fraction(1, 2), Decimal("0.5"), np.array(0.5)):
        assert Value(number).data == 0.5
        assert (v + number).data == (number + v).data == 1.76


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda v: v.sigmoid(), AttributeError, "it is called logistic here"),
        (lambda v: v.backwards(), AttributeError, r"Value has no attribute 'backwards'; did you mean backward\?"),
        (lambda v: v.value, AttributeError, r"its number is v\.data"),
        (lambda v: v.gradient, AttributeError, r"after backward\(\) it is v\.grad"),
        (lambda v: tg.maximum(v), TypeError, "maximum takes 2 inputs, x, y; it was given 1"),
        (lambda v: grad(lambda x, y: x * y)([1.0, 2.0]), TypeError, r"write grad\(f\)\(\*x\)"),
        (lambda v: grad(lambda x: x)(x=1.0), TypeError, "by arguments given by position"),
        (lambda v: grad(lambda x: x, argnums=1)(1.0), TypeError, "there are 1, argnums is 1"),
        (lambda v: hvp(lambda x: x)(1.0, 1.0), TypeError, "takes two sequences"),
        (lambda v: Value(1.0, 5), TypeError, "a label is text, not int"),
        (lambda v: v - tg.MLP(1, [1], rng=0)([1.0]), TypeError, r"take one of its entries, as y\[0\]"),
        (lambda v: tg.MLP(1, [1], rng=0)([1.0]) - v, TypeError, r"take one of them, as y\[0\]"),
        (lambda v: tg.logsumexp([]), ValueError, "one Value or number at least"),
    ],
)
def test_a_habit_from_elsewhere_is_answered_with_what_to_write(wrong, error, says):
    with pytest.raises(error, match=says):
        wrong(Value(2.0))


def test_an_array_written_into_a_leaf_is_refused_where_it_is_differentiated():
    v = Value(1.0)
    v.data = np.ones(2)
    with pytest.raises(TypeError, match="one real number, not ndarray"):
        (v * 2).backward()
    with pytest.raises(TypeError, match="one real number, not ndarray"):
        grad(lambda x: x * v)(1.0)


def test_argnums_choose_and_what_is_given_by_name_is_handed_on():
    f = lambda x, y, n=1: x**n * y  # noqa: E731
    assert grad(f)(2.0, 5.0, n=3) == (60.0, 8.0)
    assert grad(f, argnums=1)(2.0, 5.0) == grad(f, argnums=np.int64(-1))(2.0, 5.0) == 2.0
    assert grad(f, argnums=(1, 0))(2.0, 5.0) == (2.0, 5.0)


def test_help_says_what_a_row_hides():
    assert "0 × ∞ is nan" in tg.where.__doc__
    assert "tanh form" in tg.gelu.__doc__
    assert math.isnan(grad(lambda x: tg.where(x > 0, tg.sqrt(x), 0.0))(0.0))
    assert grad(lambda x: tg.where(x > 0, tg.sqrt(tg.where(x > 0, x, 1.0)), 0.0))(0.0) == 0.0
