"""What one expects of any library: short reprs, copies and pickles that are equal and apart, threads that do not meet."""

import copy
import pickle
import sys
import threading

import numpy as np
import pytest

import tinygrad_scalar as tg
from tinygrad_scalar import MLP, Layer, Neuron, Value, exercises, grad, hessian, hvp
from tinygrad_scalar.checking import compare_gradients, diagnose
from tinygrad_scalar.data import Standardisation, moons
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import ROUTES, Objective
from tinygrad_scalar.training import fit
from tinygrad_scalar.training.models import Model

X = np.random.default_rng(0).normal(size=(6, 3))
Y = np.tanh(X[:, :2])
NETWORK = MLP(3, [4, 2], "tanh", "logistic", rng=0)
_, GRADIENT = Objective(NETWORK, X, Y, "half_squared_error")(NETWORK.theta)


def same(x):
    return x


def round_trip(x):
    return pickle.loads(pickle.dumps(x))


COPIES = {"deepcopy": copy.deepcopy, "pickle": round_trip}
SHOWN = {  # what it is, and its repr
    "a leaf": (Value(2.0, "w"), "Value(2.0, grad=0.0, label='w')"),
    "Neuron": (Neuron(3, "relu", rng=0), "Neuron(3, 'relu')"),
    "Layer": (Layer(3, 2, rng=0), "Layer(3, 2, 'tanh')"),
    "MLP": (NETWORK, "MLP(3, [4, 2], ['tanh'], output='logistic')"),
    "Trace": (NETWORK.trace(X[0]), "Trace(MLP(3, [4, 2], ['tanh'], output='logistic'))"),
    "MatrixMLP": (MatrixMLP.from_scalar(NETWORK), "MatrixMLP(3, [4, 2], ['tanh'], output='logistic')"),
    "Objective": (
        Objective(NETWORK, X, Y, "huber", route="scalar", l2=0.5),
        "Objective(MatrixMLP(3, [4, 2], ['tanh'], output='logistic'), 6 examples, huber, route='scalar', l2=0.5)",
    ),
    "Diagnosis": (
        diagnose(GRADIENT, -GRADIENT, NETWORK, X, Y, "half_squared_error"),
        "Diagnosis('it looks like this: a sign, −1, in every entry')",
    ),
    "Slip": (
        diagnose(GRADIENT, -GRADIENT, NETWORK, X, Y, "half_squared_error").slips[0],
        "Slip(sign: a sign, −1, in every entry)",
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_repr_is_a_line_that_says_what_it_is(name):
    thing, shown = SHOWN[name]
    assert repr(thing) == shown


def test_the_repr_of_a_comparison_has_its_verdicts_and_no_arrays():
    shown = repr(compare_gradients(NETWORK, X, Y, "huber", routes=("scalar", "matrix", "central")))
    assert shown.startswith("Comparison('scalar', [Witness('matrix', 'agrees', error=")
    assert "Witness('central', 'excellent', error=" in shown
    assert len(shown) < 200


def test_the_repr_of_a_deep_graph_is_no_longer_than_that_of_a_leaf():
    y = Value(1.0)
    for _ in range(10_000):
        y = y * 1.0
    assert repr(y) == "Value(1.0, grad=0.0)"


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("frozen", [(), (1,), (2,), (1, 2)])
def test_a_copied_network_is_equal_apart_and_frozen_where_the_first_is(how, frozen):
    mlp = MLP(3, [4, 2], ["gelu"], "softmax", rng=1)
    for l in frozen:
        mlp.freeze(l)
    for network in (mlp, MatrixMLP.from_scalar(mlp)):
        other = COPIES[how](network)
        assert repr(other) == repr(network)
        assert other.frozen == set(frozen)
        np.testing.assert_array_equal(other.theta, network.theta)
        before = network.theta
        other.theta = other.theta + 1.0
        np.testing.assert_array_equal(network.theta, before)
        if len(before):
            assert not np.array_equal(other.theta, before)
        other.frozen.clear()
        assert network.frozen == set(frozen)
    other = COPIES[how](mlp)
    tg.total(other([1.0, 2.0, 3.0])).backward()
    assert all(p.grad == 0.0 for l in frozen for p in other.layers[l - 1].parameters())
    assert all(p.grad == 0.0 for layer in mlp.layers for p in layer.parameters())
    for l in frozen:
        other.freeze(l, False)
    assert len(other.parameters()) == 26
    assert len(mlp.parameters()) == 26 - sum({1: 16, 2: 10}[l] for l in frozen)


@pytest.mark.parametrize("how", COPIES)
def test_a_copied_network_keeps_numbers_labels_and_gradients_of_its_leaves(how):
    mlp = MLP(2, [2, 1], rng=0)
    mlp([1.0, 2.0])[0].backward()
    other = COPIES[how](mlp)
    for one, two in zip(mlp.parameters(), other.parameters(), strict=True):
        assert one is not two
        assert (one.data, one.grad, one.label, one.op) == (two.data, two.grad, two.label, two.op)


def test_a_shallow_copy_of_a_network_shares_its_nodes():
    mlp = MLP(2, [2, 1], rng=0)
    assert all(one is two for one, two in zip(mlp.parameters(), copy.copy(mlp).parameters(), strict=True))


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("route", ROUTES)
def test_a_copied_objective_says_the_same_and_leaves_the_first_alone(how, route):
    mlp = MLP(3, [4, 2], rng=0)
    mlp.freeze(1)
    first = Objective(mlp, X, Y, "huber", route=route, l1=0.1, l2=0.2, sample_weight=np.arange(6.0))
    theta = mlp.theta
    E, gradient = first(theta)
    other = COPIES[how](first)
    other.X += 1.0
    assert other(theta)[0] != E
    other.X[:] = first.X
    for objective in (other, first, COPIES[how](first.batch([4, 1]))):
        expected = first.batch([4, 1])(theta) if len(objective.X) == 2 else (E, gradient)
        assert objective(theta)[0] == expected[0]
        np.testing.assert_array_equal(objective(theta)[1], expected[1])
    if route == "scalar":
        np.testing.assert_array_equal(other.hvp(theta, theta), first.hvp(theta, theta))
        np.testing.assert_array_equal(COPIES[how](first)(theta)[1], gradient)  # also after second derivatives


@pytest.mark.parametrize("how", COPIES)
def test_what_was_found_is_copied_whole(how):
    comparison = compare_gradients(NETWORK, X, Y, "huber", routes=("scalar", "matrix", "central"))
    assert str(COPIES[how](comparison)) == str(comparison)
    found = diagnose(GRADIENT, 2 * GRADIENT, NETWORK, X, Y, "half_squared_error")
    assert str(COPIES[how](found)) == str(found)
    np.testing.assert_array_equal(COPIES[how](found).slips[0].gradient, found.slips[0].gradient)
    answer = exercises.check(same, "huber")
    assert COPIES[how](answer) == answer
    history = fit(MLP(3, [2], rng=0), X, Y, loss="huber", epochs=2, validation=(X, Y), rng=0)
    np.testing.assert_equal(vars(COPIES[how](history)), vars(history))
    model = Model(MatrixMLP.from_scalar(NETWORK), Standardisation(np.zeros(3), np.ones(3)), ("a", "b"), "huber")
    other = COPIES[how](model)
    assert (other.classes, other.loss) == (model.classes, model.loss)
    np.testing.assert_array_equal(other.network.theta, model.network.theta)
    np.testing.assert_array_equal(COPIES[how](moons(10)).X, moons(10).X)


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_computed_graph_refuses_to_be_copied_in_a_sentence(how):
    x = Value(2.0)
    with pytest.raises(TypeError, match="neither copied nor pickled; copy the leaves and run the forward pass again"):
        how(x.tanh())
    trace = NETWORK.trace(X[0])
    if how is not copy.copy:
        with pytest.raises(TypeError, match="copy the leaves and run the forward pass again"):
            how(trace)


def in_threads(*works):
    """The results of functions run at the same time, with the interpreter switching as often as it can."""
    results, start, interval = [None] * len(works), threading.Barrier(len(works)), sys.getswitchinterval()

    def run(k):
        start.wait()
        results[k] = works[k]()

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(works))]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    return results


def test_networks_in_different_threads_are_trained_as_if_each_were_alone():
    def work(seed, route):
        def train():
            network = MLP(3, [4, 2], rng=seed)
            fit(network, X, Y, loss="huber", epochs=5, batch_size=2, route=route, l2=0.1, rng=seed)
            return network.theta

        return train

    works = [work(seed, route) for seed in range(3) for route in ROUTES]
    for alone, together in zip([train() for train in works], in_threads(*works), strict=True):
        np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("route", ROUTES)
def test_one_objective_serves_several_threads(route):
    objective = Objective(NETWORK, X, Y, "huber", route=route, l2=0.1)
    thetas = [NETWORK.theta * k for k in range(1, 5)]
    works = [
        lambda theta=theta: [(*objective(theta), objective.hvp(theta, theta)) for _ in range(5)] for theta in thetas
    ]
    for alone, together in zip([work() for work in works], in_threads(*works), strict=True):
        for (E, gradient, product), others in zip(alone, together, strict=True):
            assert E == others[0]
            np.testing.assert_array_equal(gradient, others[1])
            np.testing.assert_array_equal(product, others[2])


def test_derivatives_of_derivatives_in_different_threads_know_nothing_of_each_other():
    def work(k):
        def f(x, y):
            return tg.sin(k * x * y) + grad(lambda z: z**3 * x)(y)

        return lambda: [
            (hessian(f)(0.1 * i, 0.7), hvp(f)([0.3, 0.1 * i], [1.0, k]), grad(grad(grad(lambda x: f(x, x))))(0.2))
            for i in range(20)
        ]

    works = [work(k) for k in range(4)]
    assert in_threads(*works) == [one() for one in works]


def test_a_derivative_under_way_in_one_thread_is_not_open_in_another():
    def outer(x):
        inner = []
        thread = threading.Thread(target=lambda: inner.append(grad(lambda y: y * y)(3.0)))
        thread.start()
        thread.join()
        return x * inner[0]

    assert grad(outer)(2.0) == 6.0
