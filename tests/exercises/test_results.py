"""The exercises that are read against a function: right answers pass, each typical wrong one is told what is wrong."""

import inspect
import itertools
import random

import numpy as np
import pytest

from tinygrad_scalar import Value
from tinygrad_scalar.exercises import ANSWERS, TASKS, check
from tinygrad_scalar.exercises.results import Task, read

SLIPS = [(name, words) for name, task in ANSWERS.items() for words in task.slips]


def told(function, exercise=""):
    return " ".join(check(function, exercise).findings)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_right_function_is_right_and_is_recognised_by_its_name(name):
    answer = check(ANSWERS[name].right)
    assert answer.right
    assert str(answer).startswith(f"✓ {name}: right in ")


@pytest.mark.parametrize("name", ANSWERS)
def test_three_typical_wrong_answers_at_least_are_known(name):
    assert len(ANSWERS[name].slips) >= 3


@pytest.mark.parametrize(("name", "words"), SLIPS)
def test_a_typical_wrong_answer_is_told_what_is_wrong_and_shown_both_numbers(name, words):
    said = told(ANSWERS[name].slips[words], name)
    assert said.endswith(f"it looks like this: {words}")
    assert "it should give" in said


@pytest.mark.parametrize("name", ANSWERS)
def test_a_task_names_its_function_and_every_argument(name):
    parameters = inspect.signature(ANSWERS[name].right).parameters
    assert TASKS[name].startswith(f"Write {name}({', '.join(parameters)}): ")


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize(
    "odd", [lambda *x: None, lambda *x: "0.5", lambda *x: [], lambda *x: 1 / 0, lambda: 0, print, np.zeros]
)
def test_whatever_a_function_does_the_answer_is_a_sentence(name, odd):
    answer = check(odd, name)
    assert not answer.right
    assert all(len(finding.split()) > 3 for finding in answer.findings)


def test_another_mistake_is_shown_in_numbers_and_no_slip_is_named():
    assert told(lambda w, b, x: np.sin(w @ x + b), "neuron").count("it looks like this") == 0
    assert "it should give" in told(lambda w, b, x: np.sin(w @ x + b), "neuron")


def test_two_slips_at_once_are_not_taken_for_one():
    said = told(lambda theta, v, g, eta, mu: (theta + v, mu * v + eta * g), "momentum_step")
    assert "its second result" in said or "its first result" in said
    assert "it looks like this" not in said


def test_an_array_that_was_given_and_changed_is_named():
    def central_difference(f, theta, epsilon):
        gradient = np.zeros(len(theta))
        for k in range(len(theta)):
            theta[k] += epsilon
            above = f(theta)
            theta[k] -= 2 * epsilon
            gradient[k] = (above - f(theta)) / (2 * epsilon)
        return gradient

    assert "changes theta, which it was given" in told(central_difference)


def test_an_answer_that_is_right_on_one_case_alone_says_so():
    task = Task(lambda x: x**2, [{"x": 2.0}, {"x": 3.0}], {})
    assert read(task, lambda x: 2 * x)[0].startswith("<lambda>(2) gives 4, as it should; <lambda>(3) gives 6")


def walked(result, leaf):
    return 1 if result is leaf else sum(walked(parent, leaf) for parent in result.parents)


def as_a_set(result, leaf):
    return 1 if result is leaf else sum(as_a_set(parent, leaf) for parent in set(result.parents))


def once_each(result, leaf):
    order, seen, stack = [], set(), [(result, False)]
    while stack:
        node, placed = stack.pop()
        if placed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack += [(node, True), *((parent, False) for parent in node.parents)]
    ways = dict.fromkeys(order, 0) | {leaf: 0, result: 1}
    for node in reversed(order):
        for parent in node.parents:
            ways[parent] += ways[node]
    return ways[leaf]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (once_each, ""),
        (walked, "it walks the paths one by one; visit each node once"),
        (as_a_set, "a parent that stands twice counts twice"),
        (lambda result, leaf: len(result.parents), "gives 2, there is 1"),
        (lambda result, leaf: None, "is a return missing?"),
    ],
)
def test_paths_are_counted_with_repeats_and_without_walking_them(function, words):
    assert words in told(function, "n_paths")
    assert check(function, "n_paths").right == (not words)


def of_shared_squares(u, x):
    squares = [x_j * x_j for x_j in x]
    return sum(sum(w * s for w, s in zip(row, squares, strict=True)).tanh() for row in u)


def of_squares_of_their_own(u, x):
    return sum(sum(w * (x_j * x_j) for w, x_j in zip(row, x, strict=True)).tanh() for row in u)


def of_no_squares(u, x):
    return sum(sum(w * x_j for w, x_j in zip(row, x, strict=True)).tanh() for row in u)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (of_shared_squares, ""),
        (of_squares_of_their_own, "each neuron has squares of its own"),
        (of_no_squares, "x_j is to be squared"),
        (lambda u, x: of_shared_squares(u, x).data, "a Value is wanted"),
        (lambda u, x: 2.0 * of_shared_squares(u, x), "it should be"),
    ],
)
def test_a_product_is_found_where_neurons_share_their_squares(function, words):
    assert words in told(function, "squares")
    assert check(function, "squares").right == (not words)


def cut(M, size, rng):
    rows = rng.permutation(M)
    return [rows[k : k + size] for k in range(0, M, size)]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (cut, ""),
        (lambda M, size, rng: cut(M, size, np.random.default_rng(0)), "the same order at every call"),
        (
            lambda M, size, rng: [np.arange(M)[k : k + size] for k in range(0, M, size)],
            "in the order of the table: shuffle",
        ),
        (lambda M, size, rng: [rng.integers(M, size=size) for _ in range(0, M, size)], "a second time: draw without"),
        (lambda M, size, rng: cut(M, size, rng)[: M // size], "out: the last batch may be shorter"),
        (lambda M, size, rng: [rng.permutation(M)], "has batches of [10], it should have [3, 3, 3, 1]"),
        (lambda M, size, rng: [np.array([M])], "no array of row numbers from 0 to 9"),
        (lambda M, size, rng: iter(cut(M, size, rng)), "a list of arrays is wanted"),
    ],
)
def test_batches_hold_each_example_once_in_a_new_order(function, words):
    assert words in told(function, "batches")
    assert check(function, "batches").right == (not words)


def normal(variance):
    return lambda rng, fan_in, fan_out: rng.gauss(0.0, variance(fan_in, fan_out) ** 0.5)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (normal(lambda below, above: 2 / above), ""),
        (normal(lambda below, above: 2 / below), "He's 2/fan_in"),
        (normal(lambda below, above: 2 / (below + above)), "Glorot's"),
        (normal(lambda below, above: 1 / above), "twice as much is needed"),
        (normal(lambda below, above: 4 / above**2), "the root of the variance"),
        (lambda rng, fan_in, fan_out: abs(rng.gauss(0.0, 0.1)), "with mean 0, are wanted"),
    ],
)
def test_the_weights_that_keep_delta_have_the_variance_two_over_fan_out(function, words):
    assert words in told(function, "for_delta")
    assert check(function, "for_delta").right == (not words)


def test_the_slips_of_a_task_are_told_apart_by_its_cases():
    for name, task in ANSWERS.items():
        answers = [told(slip, name) for slip in task.slips.values()]
        assert all(one != other for one, other in itertools.combinations(answers, 2)), name


def test_the_engine_s_own_values_count_paths_right():
    rng = random.Random(0)
    a = Value(1.0)
    nodes = [a]
    for _ in range(15):
        nodes.append(rng.choice(nodes) + rng.choice(nodes))
    assert once_each(nodes[-1], a) == walked(nodes[-1], a)
