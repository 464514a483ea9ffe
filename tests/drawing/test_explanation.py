"""One derivative as the sum over all paths: the paths are all there, and their sum is the gradient."""

import math
import operator
import random
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.players import computed
from tests.helpers.texts import ANYTHING
from tinygrad_scalar import MLP, Value, losses
from tinygrad_scalar.drawing import draw_graph, explain, play
from tinygrad_scalar.drawing.graphs.explanation import FEW_PATHS, UNCOUNTED
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.drawing.text.notation import Name


def random_graph(seed, size):
    """A graph of sums, products and tanh on three leaves."""
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(-1, 1), f"x_{k}") for k in range(1, 4)]
    for _ in range(size):
        operation = rng.choice([operator.add, operator.mul, operator.sub, lambda x, y: x.tanh()])
        nodes.append(operation(rng.choice(nodes), rng.choice(nodes)))
    result = nodes[0] * nodes[-1]
    for node in nodes[-3:]:
        result = result + node
    return nodes[0], result


def count_by_matrix(result, w):
    """How many paths there are, by the powers of the matrix that says which node needs which."""
    nodes = below(result)
    A = np.zeros((len(nodes), len(nodes)), dtype=object)
    for i, node in enumerate(nodes):
        for parent in node.parents:
            A[i, nodes.index(parent)] = 1
    power, paths = np.eye(len(nodes), dtype=object), 0
    for _ in nodes:
        power = power @ A
        paths += power[-1, nodes.index(w)]
    return paths


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 14))
def test_the_paths_are_all_there_and_their_sum_is_the_gradient(seed, size):
    w, result = random_graph(seed, size)
    told = explain(result, w)
    result.backward()
    assert told.n_paths == count_by_matrix(result, w)
    scale = sum(abs(a * f) for _, _, a, f in told.steps) + 1.0
    assert told.derivative == pytest.approx(w.grad, abs=1e-12 * scale)
    assert sum(n for _, n, _, _ in told.steps) == told.n_paths
    assert math.fsum(a * f for _, _, a, f in told.steps) == pytest.approx(w.grad, abs=1e-12 * scale)
    if told.n_paths <= FEW_PATHS:
        assert len(told.paths) == told.n_paths
        assert math.fsum(path.product for path in told.paths) == pytest.approx(w.grad, abs=1e-12 * scale)
        for path in told.paths:
            assert (path.nodes[0], path.nodes[-1]) == (result, w)
            assert all(q in p.parents for p, q in zip(path.nodes, path.nodes[1:], strict=False))
            assert len(path.factors) == len(path.nodes) - 1
    else:
        assert told.paths == []


def test_a_network_with_two_layers_has_a_path_through_each_hidden_neuron():
    mlp = MLP(2, [3, 1], rng=0)
    x = [Value(0.5, "x_1"), Value(-1.0, "x_2")]
    (a,) = mlp(x)
    told = explain(a, x[0])
    a.backward()
    assert told.n_paths == len(told.paths) == 3
    through = [str(told).count(f"∂a{i}⁽¹⁾/∂z{i}⁽¹⁾") for i in "₁₂₃"]
    assert through == [1, 1, 1]
    assert told.derivative == pytest.approx(x[0].grad, rel=1e-12)


def test_the_text_names_every_factor_and_every_nameless_node():
    a = Value(3.0, "a")
    b = (a * a).tanh() + a
    text = str(explain(b, a))
    assert text.startswith("dE/da, the sum over 2 paths:\n  ∂E/∂v₂ · ∂v₂/∂v₁ · ∂v₁/∂a\n")
    assert text.endswith("where v₁ = a · a, v₂ = tanh(v₁)")
    assert f"sum: {explain(b, a).derivative:.3f}" in text
    assert repr(explain(b, a)) == f"Explanation(dE/da = {explain(b, a).derivative!r}, 2 paths)"


def test_an_input_that_stands_twice_has_one_local_derivative_the_sum_over_both_places():
    a = Value(3.0, "a")
    assert str(explain(a * a, a)).splitlines()[1:3] == ["  ∂E/∂a", "    = 6 = 6.000"]
    v = a
    for _ in range(40):
        v = v + v
    assert (explain(v, a).n_paths, explain(v, a).derivative) == (1, 2.0**40)


def test_a_node_has_one_name_in_the_explanation_in_the_pictures_and_in_the_player(driver):
    mlp = MLP(2, [3, 2], rng=0)
    E = losses.huber([1.0, 0.0], mlp([Value(0.5, "x_1"), Value(-1.0, "x_2")]))
    told, page = explain(E, mlp.layers[0].neurons[0].w[0]), play(E).html
    named = [
        dict(re.findall(r'(n\d+)" class="card"[^>]*><title>(v[₀-₉]+): value', svg))
        for svg in (told.picture.svg, draw_graph(E).svg, page)
    ]
    assert named[0] == named[1] == named[2]
    written = str(told).split("where ")[1]
    assert re.findall("(v[₀-₉]+) = ", written) == [str(Name("v", str(k))) for k in range(1, len(named[0]) + 1)]
    words = " ".join(computed(driver, E).words)
    for formula in re.split(", (?=v[₀-₉]+ = )", written):
        assert f"{formula} = " in words


def test_total_and_local_derivative_have_symbols_of_their_own():
    x = Value(2.0, "x")
    y = (x**2).sin() + x
    y.label = "y"
    assert str(explain(y, x)).splitlines()[0] == "dy/dx, the sum over 2 paths:"
    assert str(explain(y, x)).endswith("where v₁ = x², v₂ = sin(v₁)")
    assert "  ∂y/∂x\n" in str(explain(y, x))


def test_names_are_unique_and_the_labels_given_stay_visible():
    one, other = Value(2.0), Value(3.0)
    assert str(explain(one * other, one)).startswith("dE/dv₁, along the only path:\n  ∂E/∂v₁\n")
    a, b, E = Value(2.0, "a"), Value(3.0, "a"), Value(4.0, "E")
    assert str(explain(a * b, b)).startswith("dE/da′, ")
    assert str(explain(a * E, E)).startswith("dv₁/dE, ")


def test_exponentially_many_paths_are_counted_not_listed():
    x = Value(1.0, "x")
    v = x
    for _ in range(40):
        v = v + v * 1.0
    told = explain(v, x)
    assert (told.n_paths, told.paths, told.derivative) == (2**40, [], 2.0**40)
    assert f"{2**40:,} paths" in str(told)
    assert str(told).count(f"({2**39:,} paths)") == 2
    for _ in range(60):
        v = v + v * 1.0
    assert explain(v, x).n_paths == UNCOUNTED
    assert "10¹⁸ paths or more" in str(explain(v, x))


@pytest.mark.slow
def test_a_deep_graph_is_explained_without_recursion():
    x = Value(1.0, "x")
    v = x
    for _ in range(50_000):
        v = v + 1.0
    told = explain(v, x)
    assert (told.n_paths, told.derivative, len(told.paths[0].nodes)) == (1, 1.0, 50_001)


def test_explaining_changes_nothing():
    w, result = random_graph(1, 10)
    result.backward()
    before = [(node.data, node.grad) for node in below(result)]
    str(explain(result, w))
    assert [(node.data, node.grad) for node in below(result)] == before


def test_nothing_is_differentiated_towards_constants():
    a = Value(-2.0, "a")
    b = a**2  # its partial towards the exponent would need log(−2)
    assert explain(b, a).derivative == -4.0
    with pytest.raises(ValueError, match="is a constant: nothing is differentiated"):
        explain(b, b.parents[1])


def test_the_derivative_of_a_value_by_itself_is_one():
    x = Value(2.0, "x")
    told = explain(x, x)
    assert (told.derivative, told.n_paths) == (1.0, 1)
    assert "along the only path" in str(told)


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda: explain(Value(1.0), Value(2.0)), ValueError, "no path leads from the one to the other"),
        (lambda: explain(1.0, Value(2.0)), TypeError, "only a Value has a graph"),
        (lambda: explain(Value(1.0), 2.0), TypeError, "only a Value has a graph"),
        (lambda: explain([Value(1.0)], Value(1.0)), TypeError, r"take one of them, a\[0\]"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_words(wrong, error, says):
    with pytest.raises(error, match=says):
        wrong()


@settings(max_examples=40, deadline=None)
@given(ANYTHING, ANYTHING)
def test_the_formula_is_well_formed_whatever_the_labels_are(one, other):
    a = Value(1.5, one)
    b = a * a + 1e-7 * a
    b.label = other
    latex = explain(b, a)._repr_latex_()
    assert latex.startswith("$$\\begin{aligned}")
    assert latex.endswith("\\end{aligned}$$")
    inside = re.sub(r"\\[{}]", "", latex[2:-2])
    depth = 0
    for letter in inside:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"(?<!\\)[$%#]", inside)
    assert not re.search("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]", re.sub(r"\\text\{.*?\}", "", inside)) or any(
        c in one + other for c in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
    )


def test_the_formula_is_the_texts():
    t = Value(0.5, "t")
    x = t.exp()
    x.label = "x"
    z = x.sin()
    z.label = "z"
    assert explain(z, t)._repr_latex_() == (
        r"$$\begin{aligned} \frac{dz}{dt} &= \frac{\partial z}{\partial x} \cdot \frac{\partial x}{\partial t} "
        r"\\ &= -0.0778 \cdot 1.65 \\ &= -0.128 \end{aligned}$$"
    )


def test_the_paths_are_strong_in_the_picture_and_the_rest_is_faint():
    mlp = MLP(2, [2, 1], rng=0)
    E = losses.half_squared_error([1.0], mlp([Value(0.5, "x_1"), Value(-1.0, "x_2")]))
    w = mlp.layers[0].neurons[0].w[0]
    told = explain(E, w)
    nodes = below(E)
    on_paths = {node for path in told.paths for node in path.nodes}
    root = ElementTree.fromstring(told.picture.svg)
    faint = {
        g.get("id").removeprefix(told.picture.id): g.get("opacity") is not None
        for g in root.iter()
        if g.get("class") == "card"
    }
    assert faint == {f"n{k}": node not in on_paths for k, node in enumerate(nodes, start=1)}
    links = [g for g in root.iter() if g.get("class") == "link"]
    edges = {
        (p, q, k)
        for path in told.paths
        for p, q in zip(path.nodes, path.nodes[1:], strict=False)
        for k, r in enumerate(p.parents)
        if r is q
    }
    assert sum(g.get("opacity") is None for g in links) == len(edges)
