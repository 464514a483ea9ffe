"""The page that plays backpropagation: what it is made of, and what it computes; `test_player_browser.py` uses it."""

import json
import random
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.graphs import network
from tests.helpers.lines import calculated
from tests.helpers.players import computed, script
from tests.helpers.texts import ANYTHING, HOSTILE, read
from tinygrad_scalar import (
    MLP,
    Value,
    apply,
    exp,
    gelu,
    log,
    logistic,
    losses,
    maximum,
    nn,
    relu,
    sin,
    softplus,
    swish,
    tanh,
    total,
)
from tinygrad_scalar.activations import bend
from tinygrad_scalar.drawing import play
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.drawing.page.bundle import bundle
from tinygrad_scalar.drawing.page.javascript import shapes_of, table_script
from tinygrad_scalar.drawing.player.examples import of_network
from tinygrad_scalar.drawing.text.numbers import number
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.ops import OPS, Op
from tinygrad_scalar.value import CONSTANT


class Reader(HTMLParser):
    """All tags, the text of each kind of tag, and the rows of the steps, as a browser's parser finds them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.attributes, self._open = [], {}, [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        self._open.append(tag)

    def handle_endtag(self, tag):
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data):
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)


def told(player):
    """What the script is told."""
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', player.html)
    return json.loads(data)


def loss_of(activation, output, loss):
    mlp = MLP(3, [3, 2], activation, output, rng=0)
    trace = mlp.trace([Value(x) for x in (0.5, -1.0, 2.0)])
    return mlp, trace, losses.evaluate(losses.find(loss), output, [1.0, 0.0], trace.z[-1], trace.a[-1])


# The passes.


@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("softmax", "cross_entropy"),
        ("logistic", "binary_cross_entropy"),
        ("tanh", "huber"),
        ("softmax", "squared_error"),
    ],
)
def test_the_backward_steps_end_at_the_gradients_of_the_engine(driver, activation, output, loss):
    _, _, E = loss_of(activation, output, loss)
    nodes = below(E)
    page = computed(driver, E)
    assert all(node.grad == 0.0 for node in nodes)
    E.backward()
    last = {share["parent"]: share["after"] for turn in page.turns for share in turn["shares"]}
    for k, node in enumerate(nodes):
        assert page.data[k] == pytest.approx(node.data, rel=1e-12, abs=1e-15)
        if node.op != CONSTANT:
            assert page.gradients[k] == pytest.approx(node.grad, rel=1e-12, abs=1e-15)
            assert last.get(k, 1.0) == page.gradients[k]


def graphs():
    """Small graphs in which nodes are used any number of times."""

    @st.composite
    def graph(draw):
        nodes = [Value(x) for x in draw(st.lists(st.floats(-2, 2), min_size=1, max_size=3))]
        for _ in range(draw(st.integers(1, 8))):
            pick = st.sampled_from(nodes)
            make = draw(st.sampled_from([lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x - 0.5 * y,
                                         lambda x, y: total([x, y, x]), lambda x, y: sin(x)]))  # fmt: skip
            nodes.append(make(draw(pick), draw(pick)))
        return nodes[-1]

    return graph()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(E=graphs())
def test_no_node_takes_its_turn_before_it_is_complete_and_what_adds_up_is_the_gradient(driver, E):
    nodes, page = below(E), computed(driver, E)
    result = len(nodes) - 1
    known = {k for k, node in enumerate(nodes) if not node.parents}
    so_far, finished = {result: 1.0}, {result}
    for turn in page.turns:
        if not turn["backward"]:
            assert {nodes.index(parent) for parent in nodes[turn["node"]].parents} <= known
            known.add(turn["node"])
            continue
        assert turn["node"] in finished
        assert turn["gradient"] == so_far[turn["node"]]
        for share in turn["shares"]:
            parent = share["parent"]
            assert share["first"] == (parent not in so_far)
            assert share["before"] == so_far.get(parent, 0.0)
            step_sum = share["before"] + turn["gradient"] * sum(share["factors"])
            assert share["after"] == pytest.approx(step_sum, rel=1e-12, abs=1e-12)
            so_far[parent] = share["after"]
            finished |= {parent} if share["complete"] else set()
    assert finished == {k for k, node in enumerate(nodes) if node.op != CONSTANT}
    E.backward()
    for k, node in enumerate(nodes):
        if node.op != CONSTANT:
            assert page.gradients[k] == pytest.approx(node.grad, rel=1e-10, abs=1e-10)


def test_a_network_is_played_layer_by_layer_products_then_sums_then_activations(driver):
    _, E = network()
    forward = [below(E)[turn["node"]].op for turn in computed(driver, E).turns if not turn["backward"]]
    assert forward == ["mul"] * 4 + ["total"] * 2 + ["tanh"] * 2 + ["mul"] * 2 + ["total", "tanh", "sub", "square", "mul"]  # fmt: skip


def test_playing_neither_reads_nor_changes_the_gradients():
    _, E = network()
    before = [node.grad for node in below(E)]
    html = play(E).html
    assert [node.grad for node in below(E)] == before
    E.backward()
    E.backward()
    assert play(E).html == html


def example_of(numbers):
    """Two graphs of these numbers: their leaves in the order of the numbers, and E."""
    leaves = [Value(x, f"v{k}") for k, x in enumerate(numbers)]
    w, x, y = leaves[:6], leaves[6:8], leaves[8]
    a = [tanh(total([w[3 * i] * x[0], w[3 * i + 1] * x[1], w[3 * i + 2]])) for i in range(2)]
    return leaves, softplus(a[0] * a[1] - y) ** 2.0 + gelu(a[0] / (1.0 + exp(y))) + maximum(a[0], a[1])


def test_a_thousand_edits_of_leaves_give_the_values_and_the_gradients_of_the_engine(driver):
    rng = random.Random(0)
    numbers = [rng.gauss(0.0, 1.0) for _ in range(9)]
    leaves, E = example_of(numbers)
    places = [below(E).index(leaf) for leaf in leaves]
    edits = [(rng.randrange(9), rng.choice([rng.gauss(0.0, 2.0), round(rng.gauss(0.0, 1.0), 1)])) for _ in range(1000)]
    found = driver.execute_script(
        f"""{script(E)}
        const live = new Live(told);
        return {json.dumps([(places[k], x) for k, x in edits])}.map(([node, x]) => {{
          live.set(node, x);
          return [[...live.data], live.gradients];
        }});"""
    )
    for (k, x), (data, gradients) in zip(edits, found, strict=True):
        numbers[k] = x
        _, E = example_of(numbers)
        nodes = below(E)
        E.backward()
        assert data == pytest.approx([node.data for node in nodes], rel=1e-12, abs=1e-12)
        assert gradients == pytest.approx([0.0 if node.op == CONSTANT else node.grad for node in nodes], rel=1e-12, abs=1e-12)  # fmt: skip


def test_steps_down_the_gradient_are_those_of_the_optimiser_and_undo_takes_them_back_one_by_one(driver):
    mlp, E = network()
    found = driver.execute_script(
        f"""{script(E)}
        const live = new Live(told);
        const theta = () => live.parameters.map((k) => live.data[k]);
        const all = [theta()];
        for (let k = 0; k < 5; k++) {{ live.descend(0.1); all.push(theta()); }}
        const back = [];
        for (let k = 0; k < 5; k++) {{ live.undo(); back.push(theta()); }}
        live.descend(1); live.set(live.leaves[0], 7); live.restart();
        return {{ all, back, restarted: [theta(), live.past.length, live.E] }};"""
    )
    order = [below(E).index(w) for w in mlp.parameters()]
    nodes = sorted(order)
    objective = Objective(mlp, [[0.5, -1.0]], [[1.0]], "half_squared_error")
    theta = mlp.theta
    for k, shown in enumerate(found["all"]):
        assert shown == pytest.approx([theta[order.index(node)] for node in nodes], rel=1e-12)
        theta = theta - 0.1 * objective(theta)[1]
        if k < 5:
            assert found["back"][4 - k] == shown
    assert found["restarted"] == [found["all"][0], 0, pytest.approx(E.data, rel=1e-15)]


@pytest.mark.parametrize("epsilon", [1e-2, 1e-5, 1e-8])
def test_the_check_of_a_leaf_is_the_central_difference(driver, epsilon):
    _, E = network()
    nodes = below(E)
    found = driver.execute_script(
        f"{script(E)} const live = new Live(told); return live.leaves.map((k) => [k, live.centralDifference(k, {epsilon})]);"
    )
    for k, difference in found:
        if nodes[k].op != CONSTANT:
            assert difference == pytest.approx(nodes[k].grad, rel=epsilon, abs=epsilon**2 + 1e-15 / epsilon)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(E=graphs(), cuts=st.lists(st.integers(-1, 2), min_size=30, max_size=30))
def test_steps_of_units_hold_all_turns_once_and_none_before_what_it_needs(driver, E, cuts):
    """Whatever the units are, even such as need each other in turn."""
    steps = driver.execute_script(
        f"""{script(E)}
        told.groupings = {{ neuron: {{ names: [], of: {json.dumps(cuts[: len(below(E))])} }} }};
        const live = new Live(told);
        live.group("neuron");
        return live.steps.map(({{ turns, unit }}) => ({{ unit, nodes: turns.map(({{ node }}) => node), back: turns.map((t) => t.backward) }}));"""
    )
    nodes = below(E)
    done = {k for k, node in enumerate(nodes) if not node.parents}
    turns = [(node, back) for step in steps for node, back in zip(step["nodes"], step["back"], strict=True)]
    forward = [node for node, back in turns if not back]
    assert sorted(forward) == [k for k, node in enumerate(nodes) if node.parents]
    for k in forward:
        assert {nodes.index(parent) for parent in nodes[k].parents} <= done
        done.add(k)
    backward = [node for node, back in turns if back]
    assert len(set(backward)) == len(backward)
    for place, k in enumerate(backward):
        children = [c for c, node in enumerate(nodes) if nodes[k] in node.parents]
        assert set(children) <= set(backward[:place])
    for step in steps:
        assert all(cuts[k] == step["unit"] for k in step["nodes"] if step["unit"] >= 0)


def test_of_examples_inputs_and_targets_are_exchanged_and_the_loss_is_that_of_each(driver):
    mlp = MLP(3, [4, 2], "relu", "softmax", rng=0)
    rng = random.Random(1)
    X = [[rng.gauss(0.0, 1.0) for _ in range(3)] for _ in range(5)]
    Y = [[1.0, 0.0], [0.0, 1.0], [0.3, 0.7], [1.0, 0.0], [0.5, 0.5]]
    player = play(mlp, X, Y, "cross_entropy")
    found = driver.execute_script(
        f"""{bundle("player/live.js", written={"page/table.js": table_script(shapes_of(below(of_network(mlp, X, Y, "cross_entropy")[0])))})}
        const told = {json.dumps(player.told)}, live = new Live(told);
        return [0, 1, 2, 3, 4, 0].map((row) => {{ live.choose(row); return [live.E, live.parameters.map((k) => live.gradients[k])]; }});"""
    )
    nodes = below(of_network(mlp, X, Y, "cross_entropy")[0])
    place = {node.label: k for k, node in enumerate(k for k in nodes if not k.parents and k.label[:1] in ("w", "b"))}
    for row, (E, gradient) in zip([0, 1, 2, 3, 4, 0], found, strict=True):
        expected, by_engine = Objective(mlp, X[row : row + 1], Y[row : row + 1], "cross_entropy")(mlp.theta)
        assert E == pytest.approx(expected, rel=1e-12)
        of = {w.label: g for w, g in zip(mlp.parameters(), by_engine, strict=True)}
        assert gradient == pytest.approx([of[label] for label in place], rel=1e-12, abs=1e-15)


# The arithmetic.


def test_the_line_of_the_text_shows_how_a_gradient_accumulates(driver):
    _, E = network()
    words = computed(driver, E).words
    assert any("dE/dx₂ = −0.551 · 0.250 = −0.138   so far" in text for text in words)
    assert any("dE/dx₂ = −0.138 + 0.875 · 0.090 = −0.059" in text for text in words)
    assert any("δ₁⁽¹⁾ = dE/dz₁⁽¹⁾ = 1.093 · 0.801 = 0.875" in text for text in words)
    assert any(
        "z₁⁽¹⁾ = w₁,₁⁽¹⁾x₁ + w₁,₂⁽¹⁾x₂ + b₁⁽¹⁾ = −0.260 + (−0.090) + (−0.130) = −0.480" in text for text in words
    )
    assert any("a₁⁽¹⁾ = tanh(z₁⁽¹⁾) = tanh(−0.480) = −0.446" in text for text in words)
    assert words[16].endswith("dE/dE = 1")


def test_local_and_whole_derivative_have_symbols_of_their_own_and_the_first_step_says_which_is_which(driver):
    a = Value(0.5, "a")
    words = computed(driver, a * exp(a)).words
    assert "dE/dv: the derivative of E with respect to v, along all paths" in words[0]
    assert "∂u/∂v: a local derivative" in words[0]
    assert "∂E/∂a = v₁ = 1.649" in words[2]
    assert "dE/da = 1.649 + 0.500 · 1.649 ≈ 2.473" in words[-1]


def test_an_input_that_stands_twice_has_one_local_derivative(driver):
    a = Value(3.0, "a")
    assert "∂E/∂a = 3.000 + 3.000 = 6.000" in computed(driver, a * a).words[1]
    assert "v₁ = Σ(a) = Σ(3.000) = 3.000" in computed(driver, total([a]) * 2.0).words[1]


def test_a_square_is_one_node_and_a_sum_of_one_is_none(driver):
    _, E = network()
    assert [node.op for node in below(E)[-3:]] == ["sub", "square", "mul"]
    told_of = "\n".join(computed(driver, E).words)
    assert told_of.count("∂v₂/∂v₁") == 1
    assert "v₂ = v₁² = " in told_of


def test_a_line_ends_with_what_its_printed_numbers_give_or_says_about(driver):
    """Of a 3-5-4-2 network: 179 lines, as many as have an = of numbers before their end."""
    mlp = MLP(3, [5, 4, 2], "tanh", rng=0)
    x = [Value(number, f"x_{j}") for j, number in enumerate((0.5, -1.0, 0.3), start=1)]
    words = computed(driver, losses.half_squared_error([Value(1.0, "y_1"), Value(0.0, "y_2")], mlp(x))).words
    signs = {"=": 0, "≈": 0}
    for line in (line for told in words for line in re.split(r"\. (?=\S)", told)):
        found = re.search(r" = ([^=≈…a-zA-Z∂]+|tanh\([^=≈]+\)) ([=≈]) ([^=≈]+)$", line.removesuffix("   so far"))
        if found:
            numbers, sign, result = found.groups()
            assert sign == ("=" if number(calculated(numbers)) == result else "≈"), line
            signs[sign] += 1
    assert signs["="] > 140
    assert signs["≈"] > 5


def test_each_line_backward_adds_up_and_says_where_its_printed_numbers_do_not(driver):
    _, E = network()
    steps = computed(driver, E).words
    lines = [
        line for words in steps[1 + sum(bool(node.parents) for node in below(E)) :] for line in words.split(". ")[1:]
    ]
    signs = []
    for line in lines:
        *_, sum_, sign, after = re.split(r" ([=≈]) ", line.removesuffix("   so far"))
        if sum_ == after or " · " not in sum_:
            continue
        value, slack = 0.0, 0.0
        for term in sum_.split(" + "):
            factors = [read(factor.strip("()")) if factor != "1" else (1.0, 0.0) for factor in term.split(" · ")]
            sizes = [abs(x) + half for x, half in factors]
            value += np.prod([x for x, _ in factors])
            slack += np.prod(sizes) - np.prod([abs(x) for x, _ in factors])
        shown, half = read(after)
        assert value == pytest.approx(shown, abs=slack + half), line
        assert sign == ("=" if number(value) == after else "≈"), line
        signs.append(sign)
    assert len(signs) == 28  # one for each input of each node, but for the constant ½
    assert {*signs} == {"=", "≈"}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a: -a, "E = −a = −(−0.500) = 0.500"),
        (lambda a: a**2, "E = a² = (−0.500)² = 0.250"),
        (lambda a: 2**a, "E = pow(2, a) = pow(2, −0.500) = 0.707"),
        (lambda a: a - a, "E = a − a = −0.500 − (−0.500) = 0.000"),
        (lambda a: 3 / a, "E = 3/a = 3/(−0.500) = −6.000"),
        (lambda a: abs(a), "E = |a| = |−0.500| = 0.500"),
        (lambda a: maximum(a, 0.25), "E = max(a, 0.25) = max(−0.500, 0.25) = 0.250"),
    ],
)
def test_every_kind_of_operation_is_written_as_a_textbook_would(driver, make, words):
    E = make(Value(-0.5, "a"))
    assert words in computed(driver, E).words[1].replace(" / ", "/")


def test_an_input_that_is_used_twice_gets_both_shares_in_one_line(driver):
    a = Value(3.0, "a")
    assert "dE/da = 1.000 · 3.000 + 1.000 · 3.000 = 6.000" in computed(driver, a * a).words[-1]


def test_a_nameless_node_has_the_same_name_on_its_card_and_in_the_arithmetic(driver):
    a = Value(0.5, "a")
    E = log(exp(a) + 1.0)
    words = computed(driver, E).words
    assert "v₁ = exp(a)" in words[1]
    assert "v₂ = v₁ + 1" in words[2]
    assert len(re.findall(r">v</tspan>", play(E).html)) == 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (tanh, "∂E/∂a = 1 − E² ≈ 0.786"),
        (logistic, "∂E/∂a = E(1 − E) = 0.235"),
        (softplus, "∂E/∂a = σ(a) = 0.378"),
        (swish, "∂E/∂a = σ(a)(1 + a(1 − σ(a))) = 0.260"),
        (relu, "∂E/∂a = 1 if a > 0, else 0 = 0.000"),
        (gelu, "∂E/∂a = 0.133"),
        (lambda a: a**2.0, "∂E/∂a = 2 · a^(2 − 1) = −1.000"),
        (lambda a: a**3.0, "∂E/∂a = 3 · a^(3 − 1) = 0.750"),
        (lambda a: 1.0 / a, "∂E/∂a = −E / a = −4.000"),
        (lambda a: a * 0.5, "∂E/∂a = 0.500"),
        (lambda a: a * a, "∂E/∂a = −0.500 + (−0.500) = −1.000"),
        (lambda a: (a * 1.0) * 3.0, "∂v₁/∂a = 1.000"),
        (lambda a: maximum(a, 0.25), "∂E/∂a = 1 if a > 0.25, else 0 if a < 0.25, else 0.5 = 0.000"),
    ],
)
def test_a_local_derivative_stands_with_its_formula_from_the_table(driver, make, words):
    assert words in computed(driver, make(Value(-0.5, "a"))).words[1]


def test_a_new_row_has_its_formula_by_existing(driver, monkeypatch):
    cube = Op("x³", lambda xp, x: x * x * x, lambda xp, out, x: (3.0 * x * x,))
    monkeypatch.setitem(OPS, "cube", cube)
    said = computed(driver, apply("cube", Value(2.0, "a")) + 1.0).words[1]
    assert said.endswith("v₁ = x³(a) = x³(2.000) = 8.000. ∂v₁/∂a = 3a · a = 12.000")


# The matrix equations.


def test_the_matrices_beside_the_steps_are_those_of_the_matrix_side(driver):
    mlp, E = network()
    matrix = MatrixMLP.from_scalar(mlp)
    x, y = np.array([[0.5], [-1.0]]), np.array([[1.0]])
    Z, A = matrix.forward(x)
    Delta = matrix.deltas(Z, A, y, "half_squared_error")
    _, dW, db = matrix.gradients(x, y, "half_squared_error")
    shown = {}
    for equation in computed(driver, E).equations:
        assert equation["holds"]
        shown |= {part["name"]: part["numbers"] for part in equation["parts"] if not isinstance(part, str)}
    for l, raised in ((1, "⁽¹⁾"), (2, "⁽²⁾")):
        for letter, right in (("W", matrix.W), ("Z", Z), ("A", A), ("Δ", Delta), ("∂E/∂W", dW)):
            np.testing.assert_allclose(shown[letter + raised], right[l], rtol=1e-12)
        np.testing.assert_allclose(shown[f"∂E/∂b{raised}"], db[l].reshape(-1, 1), rtol=1e-12)
        np.testing.assert_allclose(shown[f"σ′(Z{raised})"], 1.0 - A[l] ** 2, rtol=1e-12)


def right_side(equation, bends):
    """The right side, computed, beside the left one; `bends` are the activations of the layers."""
    left, _, *right = equation["parts"]
    if ")" in right:  # σ of the numbers that stand between the parentheses
        bent = bend(bends["⁽¹⁾⁽²⁾".index(left["name"][1:]) // 3], [Value(z) for (z,) in right[1]["numbers"]])
        return left, np.array([[a.data] for a in bent])
    value, sign = None, ""
    for part in right:
        if isinstance(part, str):
            sign = part
        elif value is None:
            value = part["numbers"]
        else:
            value = {"": np.matmul, "+": np.add, "⊗": np.multiply}[sign](value, part["numbers"])
            sign = ""
    return left, value


@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("softmax", "cross_entropy"),
        ("logistic", "binary_cross_entropy"),
        ("tanh", "huber"),
        ("softmax", "squared_error"),
    ],
)
def test_every_matrix_equation_holds_and_every_marked_entry_exists(driver, activation, output, loss):
    _, _, E = loss_of(activation, output, loss)
    equations = computed(driver, E).equations
    for equation in equations:
        left, value = right_side(equation, (activation, output))
        assert equation["beside"]
        assert equation["holds"]
        np.testing.assert_allclose(left["numbers"], value, rtol=1e-9, atol=1e-12)
        matrices = [part for part in equation["parts"] if not isinstance(part, str)]
        for _, _, marks in equation["beside"]:
            for k, row, column in marks:
                rows, columns = np.shape(matrices[k]["numbers"])
                assert -1 <= row < rows
                assert -1 <= column < columns
    assert len(equations) >= 8


def test_where_something_else_adds_to_a_gradient_no_wrong_equation_is_shown(driver):
    mlp, trace, E = loss_of("tanh", "tanh", "half_squared_error")
    penalised = E + 0.1 * total([w * w for w in mlp.layers[0].neurons[0].w]) + trace.a[1][0] * 0.5
    left = [e["parts"][0]["name"] for e in computed(driver, penalised).equations if e["holds"]]
    assert "∂E/∂W⁽²⁾" in left
    assert "Z⁽¹⁾" in left
    assert "∂E/∂W⁽¹⁾" not in left
    assert "Δ⁽¹⁾" not in left


# The page.


def test_a_page_is_one_small_file_that_asks_for_nothing():
    _, E = network()
    html = play(E).html
    assert len(html.encode()) < 200_000
    assert set(re.findall(r"\w+://[^\s\"'<>]*", html)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in html
    assert not {"src", "srcset", "action"} & {name for _, name, _ in Reader(html).attributes}
    assert [value for _, name, value in Reader(html).attributes if name == "href"] == ["data:,"]


def test_the_same_graph_gives_the_same_page_to_the_letter():
    assert play(network()[1]).html == play(network()[1]).html


def test_a_hostile_label_is_text_everywhere():
    a, b = Value(2.0, HOSTILE), Value(3.0, "b")
    E = a * b
    E.label = HOSTILE
    page = play(E)
    harmless = play(Value(2.0, "a") * Value(3.0, "b"))
    assert Reader(page.html).tags.count("script") == Reader(harmless.html).tags.count("script") == 2
    assert "img" not in Reader(page.html).tags
    data = re.search(r'id="data">(.*?)</script>', page.html)[1]
    assert not re.search("[<>&\u2028\u2029]", data)
    frame = Reader(page._repr_html_())
    assert frame.tags == ["iframe"]


@settings(max_examples=40, deadline=None)
@given(ANYTHING, ANYTHING)
def test_no_label_changes_what_the_page_is_made_of(label, other):
    a = Value(2.0, label)
    E = a * 3.0 + Value(1.0, other)
    E.label = other
    page = play(E).html
    page.encode()
    reader = Reader(page)
    assert set(reader.tags) - {"i", "sub", "sup"} == set(PLAIN) - {"i", "sub", "sup"}  # a group has no tag of its own
    assert reader.tags.count("script") == 2
    assert len(told(play(E))["graph"]) == 5


PLAIN = Reader(play(Value(2.0, "a") * 3.0 + Value(1.0, "b")).html).tags


def test_in_a_notebook_it_sits_in_a_frame_that_may_run_its_script_and_nothing_else():
    _, E = network()
    player = play(E)
    (frame,) = [{name: value for _, name, value in Reader(player._repr_html_()).attributes}]
    assert frame["sandbox"] == "allow-scripts"
    assert frame["srcdoc"] == player.html


def test_a_page_is_saved_as_html_and_as_nothing_else(tmp_path):
    player = play(Value(2.0, "a") * 3.0)
    player.save(tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == player.html
    with pytest.raises(ValueError, match=r"saved as \.html, not '\.svg'"):
        player.save(tmp_path / "a.svg")


def test_what_cannot_be_played_is_refused_with_advice():
    with pytest.raises(TypeError, match="not float"):
        play(2.0)
    with pytest.raises(TypeError, match=r"take one of them, a\[0\]"):
        play([Value(1.0)])
    with pytest.raises(ValueError, match="not computed from anything"):
        play(Value(1.0))
    a = Value(0.5)
    for _ in range(1000):
        a = a + 1.0
    with pytest.raises(ValueError, match="2,001 nodes has too many cards to follow, the limit is 1,500"):
        play(a)
    deep = Value(0.5)
    for _ in range(300_000):
        deep = -deep
    with pytest.raises(ValueError, match=r"more than 200,000 nodes"):
        play(deep)


def test_a_network_is_played_on_examples_and_a_value_without(driver):
    mlp = MLP(2, [2, 1], rng=0)
    with pytest.raises(TypeError, match=r"play\(network, X, Y, loss\)"):
        play(mlp)
    with pytest.raises(TypeError, match="X, Y and loss go with a network"):
        play(Value(1.0) * 2.0, [[1.0, 2.0]])
    with pytest.raises(ValueError, match="layer 1 expects 2 inputs, got 3"):
        play(mlp, [[1.0, 2.0, 3.0]], [[1.0]], "half_squared_error")
    with pytest.raises(ValueError, match="unknown detail 'nodes'; there are node, neuron, layer"):
        play(mlp, [[1.0, 2.0]], [1.0], "half_squared_error", detail="nodes")


def test_a_large_network_has_a_card_for_each_neuron_or_layer_and_all_its_numbers_are_told():
    mlp = MLP(4, [32, 3], "tanh", "softmax", rng=0)
    X, Y = [[0.1, 0.2, 0.3, 0.4]], [[0.0, 1.0, 0.0]]
    for detail, cards in ((None, 4 + 32 + 3 + 1), ("layer", 1 + 2 + 1), ("node", None)):
        told = play(mlp, X, Y, "cross_entropy", detail=detail).told
        assert len(told.get("cards", [])) == (cards or 0)
        assert len(told["graph"]) == 565
    neurons = play(mlp, X, Y, "cross_entropy").told
    assert sorted(k for card in neurons["cards"] for k in card["nodes"]) == list(range(565))
    assert sum(link["weight"] >= 0 for link in neurons["links"]) == 4 * 32 + 32 * 3


def test_what_is_not_a_number_is_played_as_it_is(driver):
    E = log(Value(0.0, "x")) * 0.0
    words = computed(driver, E).words
    assert any("= −∞" in text for text in words)
    assert "= nan" in words[2]


def test_a_frozen_parameter_has_a_value_and_no_gradient(driver):
    mlp = MLP(2, [2, 1], rng=0)
    mlp.freeze(1)
    E = losses.half_squared_error([1.0], mlp([Value(0.5), Value(-1.0)]))
    words = computed(driver, E).words
    assert not any("dE/dw₁,₁⁽¹⁾ =" in text for text in words)
    assert any("dE/dw₁,₁⁽²⁾ =" in text for text in words)
