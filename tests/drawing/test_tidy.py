"""Tidy numbers: short everywhere, different for each seed, equally difficult for all."""

import math

import pytest

from tinygrad_scalar import MLP, Value, losses
from tinygrad_scalar.drawing.graphs.graph import below, local_derivatives
from tinygrad_scalar.drawing.worksheets.tidy import DIGITS, LEAST, MOST, bends, tidy
from tinygrad_scalar.value import CONSTANT


def graph(sizes, activation="relu", output="identity", loss="half_squared_error", y=1.0):
    mlp = MLP(sizes[0], sizes[1:], activation, output, rng=0)
    x = [Value(0.1234567, f"x_{j}") for j in range(1, sizes[0] + 1)]
    z = mlp.trace(x)
    targets = [Value(y, f"y_{k}") for k in range(1, sizes[-1] + 1)]
    E = losses.evaluate(losses.find(loss), output, targets, z.z[-1], z.a[-1])
    E.label = "E"
    return E


def digits(x):
    """How many significant ones a number has."""
    return len(f"{abs(x):.12g}".replace(".", "").strip("0"))


def numbers(E):
    """Every value, local derivative and gradient other than 0."""
    nodes = below(E)
    E.backward()
    found = [node.data for node in nodes]
    found += [node.grad for node in nodes if node.op != CONSTANT and node.parents]
    found += [local for node in nodes for local in local_derivatives(node)]
    return [x for x in found if x]


@pytest.mark.parametrize("sizes", [[1, 1], [2, 2, 1], [2, 3, 1], [3, 2, 2]])
@pytest.mark.parametrize("seed", range(5))
def test_where_short_numbers_stay_short_every_number_has_three_digits_at_most(sizes, seed):
    for x in numbers(tidy(graph(sizes), seed)):
        assert digits(x) <= DIGITS
        assert LEAST <= abs(x) <= MOST


@pytest.mark.parametrize(("activation", "output"), [("tanh", "identity"), ("logistic", "logistic"), ("softplus", "tanh")])  # fmt: skip
@pytest.mark.parametrize("seed", range(5))
def test_where_sigma_makes_long_numbers_all_before_it_are_short_and_none_is_tiny(activation, output, seed):
    E = tidy(graph([2, 2, 1], activation, output), seed)
    assert all(LEAST <= abs(x) <= MOST for x in numbers(E))
    hidden = [node for node in below(E) if node.op == activation][:2]
    assert len(hidden) == 2
    assert all(digits(node.parents[0].data) <= DIGITS for node in hidden)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_inputs_and_weights_have_one_or_two_digits_and_a_target_stays(activation):
    leaves = [node for node in below(tidy(graph([2, 3, 1], activation), 4)) if not node.parents and node.label]
    assert len(leaves) == 2 + 6 + 3 + 3 + 1 + 1
    assert all(digits(leaf.data) <= 2 for leaf in leaves)
    assert {leaf.label: leaf.data for leaf in leaves}["y_1"] == 1.0


@pytest.mark.parametrize(("sizes", "off"), [([2, 2, 1], 0), ([2, 3, 1], 1), ([2, 4, 3, 1], 2)])
def test_of_three_relus_one_is_off_and_never_all(sizes, off):
    for seed in range(3):
        relus = [node.data for node in below(tidy(graph(sizes), seed)) if node.op == "relu"]
        assert relus.count(0.0) == off


def test_thirty_seeds_give_thirty_different_graphs_of_one_difficulty():
    E = graph([2, 2, 1])
    made = [below(tidy(E, seed)) for seed in range(30)]
    assert len({tuple(node.data for node in nodes) for nodes in made}) == 30
    assert {tuple(node.op for node in nodes) for nodes in made} == {tuple(node.op for node in below(E))}
    zeros = {sum(node.data == 0.0 or node.grad == 0.0 for node in nodes if node.op != CONSTANT) for nodes in made}
    assert zeros == {0}
    assert all(digits(x) <= DIGITS for nodes in made for x in numbers(nodes[-1]))


def test_a_seed_decides_and_the_graph_that_was_given_stays_as_it_is():
    E = graph([2, 2, 1], "tanh")
    before = [(node.data, node.grad) for node in below(E)]
    made = [[node.data for node in below(tidy(E, 7))] for _ in range(2)]
    assert made[0] == made[1] != [node.data for node in below(E)]
    assert [(node.data, node.grad) for node in below(E)] == before


def test_a_graph_of_ones_own_is_made_tidy_as_well():
    a, b = Value(0.123, "a"), Value(math.pi, "b")
    E = tidy((a * b + a) ** 2 / 4.0, 3)
    assert [node.op for node in below(E)] == [node.op for node in below((a * b + a) ** 2 / 4.0)]
    assert all(digits(x) <= DIGITS for x in numbers(E))


def test_rows_that_want_a_table_are_told_by_their_numbers():
    assert [op for op in ("tanh", "logistic", "exp", "log", "sin", "softplus", "gelu", "logsumexp") if not bends(op)] == []  # fmt: skip
    assert [op for op in ("add", "mul", "relu", "leaky_relu", "abs", "square", "total", "maximum", "where", "", "constant") if bends(op)] == []  # fmt: skip
