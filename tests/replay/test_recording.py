"""While a function is recorded its Values have no numbers, and whatever would lose the graph is refused in a sentence."""

import copy
import math
import pickle
import threading

import numpy as np
import pytest

from tinygrad_scalar import MLP, Value, total
from tinygrad_scalar.replay import record

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "read",
    [
        lambda v: v.data,
        lambda v: v.grad,
        lambda v: setattr(v, "data", 1.0),
        lambda v: setattr(v, "grad", 0.0),
        lambda v: v.backward(),
        float,
        int,
        math.exp,
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
    ],
)
def test_numbers_are_not_told_while_recording(read):
    w = Value(2.0)
    for choose in (lambda x: x[0], lambda x: w, lambda x: x[0] * w):
        with pytest.raises(TypeError, match="while a function is recorded its Values have no numbers"):
            record(lambda x, choose=choose: read(choose(x)), [1.0], [w])
        assert (type(w), w.data, w.grad) == (Value, 2.0, 0.0)


def test_other_ways_to_lose_the_graph_are_refused_as_ever():
    for wrong, says in (
        (lambda x: 1.0 if x[0] else 0.0, "neither true nor false"),
        (lambda x: x[0] == 3, "== asks"),
        (lambda x: np.isnan(x[0]), "reads numbers, a Value is none"),
        (lambda x: np.array([1.0]) * x[0], "one real number, not ndarray"),
    ):
        with pytest.raises(TypeError, match=says):
            record(wrong, [1.0])


def test_parameters_are_as_they_were_whatever_happens():
    w = Value(2.0, "w")
    w.grad = 5.0
    seen = []

    def f(x):
        seen.append(repr(w))
        raise RuntimeError("out of f")

    with pytest.raises(RuntimeError, match="out of f"):
        record(f, [1.0], [w])
    assert (type(w), w.data, w.grad, w.label, seen) == (Value, 2.0, 5.0, "w", ["Traced(leaf)"])
    record(lambda x: w * x[0], [1.0], [w])
    assert (w.data, w.grad, (w * 3.0).data) == (2.0, 5.0, 6.0)


def test_parameters_that_are_none_are_refused_in_a_sentence():
    w, frozen = Value(1.0), MLP(1, [1], rng=0)
    frozen.freeze(1)
    for parameters, error, says in (
        ([w, w], ValueError, "parameter 2 is listed twice"),
        ([w * 2.0], ValueError, "parameter 1 is computed, by 'mul'"),
        ([w, 3.0], TypeError, "parameter 2 is a Value, not float"),
        (frozen.layers[0].parameters(), ValueError, "parameter 1 is a constant, or frozen"),
    ):
        with pytest.raises(error, match=says):
            record(lambda x: x[0], [1.0], parameters)
        assert type(w) is Value


def test_recordings_do_not_mix():
    w, kept = Value(2.0), []

    def outer(x):
        with pytest.raises(ValueError, match="parameter 1 is part of a recording under way"):
            record(lambda y: y[0] * w, [1.0], [w])
        with pytest.raises(ValueError, match="a Value of another recording"):
            record(lambda y: y[0] * x[0], [1.0])
        with pytest.raises(ValueError, match="a Value of another recording"):
            record(lambda y: x[0], [1.0])
        inner = record(lambda y: y[0] * y[0], [3.0])
        kept.extend((x[0], x[0] > 0))
        return x[0] * w + inner([[3.0]])[0]

    replay = record(outer, [1.0], [w])
    assert replay([[1.0]]) == (11.0, np.array([1.0]))
    with pytest.raises(ValueError, match="a Value of another recording"):
        record(lambda y: y[0] + kept[0], [1.0])
    with pytest.raises(TypeError, match="a recording that has ended"):
        bool(kept[1])


def test_results_that_are_no_value_are_refused():
    with pytest.raises(TypeError, match=r"one Value, not a list; total\(values\) adds them"):
        record(lambda x: x, [1.0])
    with pytest.raises(TypeError, match="one Value, not None; is a return missing"):
        record(lambda x: None, [1.0])


def test_sizes_that_do_not_fit_are_refused_with_both_numbers():
    replay = record(lambda x: x[0] * x[1], [1.0, 2.0], [])
    for X, says in (
        ([1.0, 2.0], r"2 × M; got shape \(2,\)"),
        (np.zeros((3, 4)), r"2 × M; got shape \(3, 4\)"),
        (np.zeros((2, 0)), r"no examples.*got shape \(2, 0\)"),
    ):
        with pytest.raises(ValueError, match=says):
            replay(X)
    with pytest.raises(ValueError, match=r"theta has shape \(1,\), the recording has 0 parameters"):
        replay(np.zeros((2, 1)), theta=[1.0])
    with pytest.raises(TypeError, match="one real number, not list"):
        record(lambda x: x[0], [[1.0, 2.0]])


def test_a_replay_is_neither_copied_nor_pickled():
    replay = record(lambda x: x[0], [1.0])
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="neither copied nor pickled; record the function again"):
            attempt(replay)
    assert repr(replay) == "<Replay of 1 inputs, 0 parameters>"


def test_a_graph_from_outside_is_a_constant_and_refused_where_a_parameter_is_below_it():
    w, c = Value(2.0), Value(5.0)
    constant = c * c
    replay = record(lambda x: w * x[0] + constant, [1.0], [w])
    c.data = 6.0
    assert replay([[1.0]])[0] == 27.0  # what is no parameter was a constant
    above = w * 3.0 - 1.0
    with pytest.raises(ValueError, match="computed from a parameter before"):
        record(lambda x: x[0] * above, [1.0], [w])


def test_threads_may_record_at_once():
    answers = {}

    def work(i):
        w = Value(float(i))
        for _ in range(5):
            answers[i] = record(lambda x: total([w * x[0] for _ in range(300)]), [1.0], [w])([[2.0]])[0]

    workers = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert answers == {i: 600.0 * i for i in range(6)}
