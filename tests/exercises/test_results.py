"""The exercises that are read against a function: right answers pass, each typical wrong one is told what is wrong."""

import inspect
import itertools

import numpy as np
import pytest

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


def test_the_slips_of_a_task_are_told_apart_by_its_cases():
    for name, task in ANSWERS.items():
        answers = [told(slip, name) for slip in task.slips.values()]
        assert all(one != other for one, other in itertools.combinations(answers, 2)), name
