"""Neurons, layers, networks from scalar operations."""

import copy
import pickle
import random
import re

import numpy as np
import pytest

from tinygrad_scalar import MLP, Layer, Neuron, Value, grad, nn
from tinygrad_scalar.initializers import INITIALIZERS, constant
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.training import fit, predict


def test_a_neuron_is_one_product_per_weight_one_sum_with_the_bias_and_one_sigma():
    neuron = Neuron(3, "logistic", rng=0)
    x = [Value(v) for v in (0.5, -1.0, 2.0)]
    a = neuron(x)
    (z,) = a.parents
    assert (a.op, z.op) == ("logistic", "total")
    assert z.parents[-1] is neuron.b
    assert [p.op for p in z.parents[:-1]] == ["mul"] * 3
    assert [p.parents for p in z.parents[:-1]] == list(zip(neuron.w, x, strict=True))


def test_a_layer_of_one_neuron_still_gives_a_list():
    assert len(Layer(2, 1)([1.0, 2.0])) == 1
    assert len(MLP(2, [1])([1.0, 2.0])) == 1


def test_the_trace_holds_every_z_and_a_of_the_forward_pass():
    mlp = MLP(2, [3, 2], "relu", "identity", rng=0)
    x = [Value(0.5), Value(-1.0)]
    trace = mlp.trace(x)
    assert trace.a[0] == x
    assert trace.network is mlp
    assert [len(z) for z in trace.z] == [0, 3, 2]
    assert all(a.parents == (z,) for a, z in zip(trace.a[1], trace.z[1], strict=True))
    assert trace.a[2] is trace.z[2]
    assert [v.data for v in trace.a[2]] == [v.data for v in mlp(x)]


def test_parameters_come_layer_by_layer_all_weights_row_by_row_then_all_biases():
    mlp = MLP(2, [2, 1], rng=0)
    names = [p.label for p in mlp.parameters()]
    assert names == [
        *("w_{1,1}^{(1)}", "w_{1,2}^{(1)}", "w_{2,1}^{(1)}", "w_{2,2}^{(1)}", "b_{1}^{(1)}", "b_{2}^{(1)}"),
        *("w_{1,1}^{(2)}", "w_{1,2}^{(2)}", "b_{1}^{(2)}"),
    ]
    mlp.theta = np.arange(9.0)
    assert mlp.layers[0].neurons[1].w[0].data == 2.0
    assert mlp.layers[1].neurons[0].b.data == 8.0


def test_theta_is_a_fresh_array_and_setting_it_keeps_the_nodes():
    mlp = MLP(2, [1], rng=0)
    nodes, theta = mlp.parameters(), mlp.theta
    theta[:] = 7.0
    assert mlp.theta[0] != 7.0
    mlp.theta = theta
    assert [p.data for p in nodes] == [7.0] * 3
    assert [type(p.data) for p in nodes] == [float] * 3


def test_zero_grad_clears_what_backward_left():
    mlp = MLP(2, [1], rng=0)
    mlp([1.0, 2.0])[0].backward()
    assert [p.grad for p in mlp.parameters()] == [1.0, 2.0, 1.0]
    mlp.zero_grad()
    assert [p.grad for p in mlp.parameters()] == [0.0] * 3


def test_numbers_given_as_inputs_are_constants_and_values_get_their_gradient():
    mlp = MLP(2, [2, 1], rng=0)
    trace = mlp.trace([1.0, 2.0])
    assert [v.op for v in trace.a[0]] == ["constant"] * 2
    x = [Value(1.0), Value(2.0)]
    mlp(x)[0].backward()
    assert all(v.grad != 0.0 for v in x)


@pytest.mark.parametrize("layer", [1, 2])
def test_a_frozen_layer_stays_out_of_theta_training_and_the_gradient(layer):
    mlp = MLP(2, [3, 1], rng=0)
    mlp.freeze(layer)
    frozen = [p.data for p in mlp.layers[layer - 1].parameters()]
    matrix = MatrixMLP.from_scalar(mlp)
    assert len(mlp.parameters()) == len(mlp.theta) == len(matrix.theta) == {1: 4, 2: 9}[layer]
    assert MLP.from_matrix(matrix).frozen == {layer}
    for route in ("scalar", "matrix"):
        before = mlp.theta
        fit(mlp, [[1.0, 2.0], [0.0, 1.0]], [1.0, 2.0], loss="half_squared_error", epochs=2, route=route, rng=0)
        assert [p.data for p in mlp.layers[layer - 1].parameters()] == frozen
        assert (mlp.theta != before).all()
    mlp([1.0, 2.0])[0].backward()
    assert all(p.grad == 0.0 for p in mlp.layers[layer - 1].parameters())
    mlp.freeze(layer, False)
    assert len(mlp.parameters()) == 13


def test_networks_are_copied_and_pickled_whole():
    mlp = MLP(2, [3, 1], rng=0)
    for other in (copy.deepcopy(mlp), pickle.loads(pickle.dumps(mlp))):
        assert np.array_equal(other.theta, mlp.theta)
        assert other.parameters()[0] is not mlp.parameters()[0]
        assert other([1.0, 2.0])[0].data == mlp([1.0, 2.0])[0].data


def test_softmax_is_exp_of_z_minus_lse_and_sums_to_one():
    mlp = MLP(2, [3], output="softmax", rng=0)
    a = mlp([800.0, -800.0])
    assert sum(v.data for v in a) == pytest.approx(1.0, rel=1e-12)
    assert [v.op for v in a] == ["exp"] * 3


@pytest.mark.parametrize("activation", ["sin", "exp", *nn.ACTIVATIONS])
def test_any_row_with_one_input_is_an_activation(activation):
    assert Neuron(2, activation, rng=0)([0.1, 0.2]).data == MLP(2, [1], output=activation, rng=0)([0.1, 0.2])[0].data


def test_the_same_seed_gives_the_same_network_to_the_bit():
    one = MLP(3, [4, 2], rng=7).theta
    assert np.array_equal(one, MLP(3, [4, 2], rng=7).theta)
    assert np.array_equal(one, MLP(3, [4, 2], rng=random.Random(7)).theta)
    assert not np.array_equal(one, MLP(3, [4, 2], rng=8).theta)
    generated = [MLP(3, [4, 2], rng=np.random.default_rng(7)).theta for _ in range(2)]
    assert np.array_equal(*generated)
    assert not np.array_equal(MLP(3, [4, 2]).theta, MLP(3, [4, 2]).theta)


@pytest.mark.parametrize("initializer", ["zeros", constant(0.5)])
@pytest.mark.parametrize("route", ["scalar", "matrix"])
def test_equal_neurons_stay_equal_the_rank_of_the_first_weights_never_grows(initializer, route):
    """Zeros and constants do not break the symmetry: W^(1) keeps rank 0 or 1 however long it is trained."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
    mlp = MLP(3, [4, 2], "tanh", initializer=initializer, rng=0)
    fit(mlp, X, Y, loss="half_squared_error", epochs=5, batch_size=4, route=route, rng=0)
    W = MatrixMLP.from_scalar(mlp).W[1]
    assert np.linalg.matrix_rank(W, tol=1e-12) <= 1
    random_start = MLP(3, [4, 2], "tanh", rng=0)
    fit(random_start, X, Y, loss="half_squared_error", epochs=5, batch_size=4, route=route, rng=0)
    assert np.linalg.matrix_rank(MatrixMLP.from_scalar(random_start).W[1], tol=1e-12) == 3


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_initializers_have_the_spread_of_their_paper_and_biases_start_at_zero(name):
    fan_in, fan_out = 200, 50
    variance = {"zeros": 0, "lecun": 1 / fan_in, "glorot": 2 / (fan_in + fan_out), "he": 2 / fan_in}[name.split("_")[0]]
    layer = Layer(fan_in, fan_out, initializer=name, rng=0)
    w = np.array([[v.data for v in neuron.w] for neuron in layer.neurons])
    assert w.var() == pytest.approx(variance, rel=0.05)
    assert abs(w.mean()) <= 4 * np.sqrt(variance / w.size)
    assert {neuron.b.data for neuron in layer.neurons} == {0.0}
    if name.endswith("uniform"):
        assert abs(w).max() <= np.sqrt(3 * variance)


def test_a_students_own_function_of_values_works():
    def energy(x, v):
        return 0.5 * v**2 + 9.81 * x.relu() if x > 0 else 0.5 * v * v

    assert grad(energy)(2.0, 3.0) == (9.81, 3.0)
    assert grad(energy)(-2.0, 3.0) == (0.0, 3.0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: MLP(3, [2])([1.0, 2.0]), "layer 1 expects 3 inputs, got 2"),
        (lambda: Layer(3, 2)([1.0]), "the layer expects 3 inputs, got 1"),
        (lambda: Neuron(3)([1.0] * 4), "the neuron expects 3 inputs, got 4"),
        (lambda: MLP(3, []), "one layer at least"),
        (lambda: MLP(2, 3), "a list of one layer at least"),
        (lambda: MLP(2, np.array([[3, 1]])), "a list of one layer at least"),
        (lambda: MLP(2, [3, 1], "sigmoid"), "unknown activation 'sigmoid'; it is called logistic here"),
        (lambda: MLP(2, [3, 1], "ReLU"), "unknown activation 'ReLU'; it is called relu here"),
        (lambda: MLP(2, [1]).freeze(1.0), "there is no layer 1.0"),
        (lambda: MLP(2, [1]).freeze(True), "there is no layer True"),
        (lambda: MLP(0, [1]), "whole number from 1, not 0"),
        (lambda: MLP(2, [1.5]), "whole number from 1, not 1.5"),
        (lambda: MLP(2, [3, 1], "tahn"), "unknown activation 'tahn'; it is called tanh here"),
        (lambda: MLP(2, [3, 1], "mul"), "unknown activation 'mul'"),
        (lambda: MLP(2, [3, 1], "softmax"), "softmax belongs to the output layer"),
        (lambda: MLP(2, [3, 3, 1], ["tanh"]), "2 hidden layers need as many activations, got 1"),
        (lambda: MLP(2, [1], initializer="glorot"), "unknown initializer 'glorot'"),
        (lambda: setattr(MLP(2, [1]), "theta", [1.0]), r"theta has shape \(1,\), the network expects \(3,\)"),
        (lambda: MLP(2, [1]).freeze(2), "there is no layer 2, the layers are 1 to 1"),
    ],
)
def test_a_wrong_network_is_a_value_error_with_both_numbers(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


ELSEWHERE = {  # a name of other libraries: what to write here, in words and in code
    "fit": ("training.fit(mlp, X, Y, loss=…)", lambda mlp, X: fit(mlp, X, [[1.0]], loss="half_squared_error")),
    "predict": ("training.predict(mlp, X)", predict),
    "forward": ("mlp(x), or mlp.trace(x)", lambda mlp, X: (mlp(X[0]), mlp.trace(X[0]))),
    "weights": ("MatrixMLP.from_scalar(mlp).W[l]", lambda mlp, X: MatrixMLP.from_scalar(mlp).W[2]),
    "biases": ("MatrixMLP.from_scalar(mlp).b[l]", lambda mlp, X: MatrixMLP.from_scalar(mlp).b[2]),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_name_from_elsewhere_is_answered_with_what_to_write(name):
    mlp, (says, write) = MLP(2, [3, 1], rng=0), ELSEWHERE[name]
    assert not hasattr(mlp, name), "who asks whether it is there is told no"
    with pytest.raises(AttributeError, match=f"MLP has no attribute '{name}'; .*{re.escape(says)}"):
        getattr(mlp, name)
    write(mlp, [[0.5, -1.0]])


def test_a_subclass_may_have_the_names_from_elsewhere():
    class Mine(MLP):
        def forward(self, x):
            return self(x)

    mlp = Mine(2, [1], rng=0)
    mlp.weights = "mine"
    assert mlp.weights == "mine"
    assert mlp.forward([1.0, 2.0])[0].data == mlp([1.0, 2.0])[0].data


def test_sizes_may_be_numpys():
    assert MLP(2, np.array([3, 1]), rng=0).sizes == MLP(np.int64(2), (3, 1), rng=0).sizes == [2, 3, 1]


@pytest.mark.parametrize("activation", [np.tanh, Value.tanh, None])
def test_an_activation_is_given_by_its_name(activation):
    for make in (
        lambda: MLP(2, [3, 1], activation),
        lambda: MLP(2, [3, 1], [activation]),
        lambda: Neuron(2, activation),
    ):
        with pytest.raises(TypeError, match="an activation is given by its name, as 'tanh', not as"):
            make()


def test_one_input_is_a_list_too():
    for net in (MLP(1, [1]), Layer(1, 1), Neuron(1)):
        for x in (1.0, Value(1.0), np.float64(1.0), np.array(1.0)):
            with pytest.raises(TypeError, match=r"takes a list of 1 inputs, not .*: write \[x\]"):
                net(x)


TAKEN_FOR_A_NUMBER = [
    *(lambda y: y - 1.0, lambda y: 1.0 - y, lambda y: y - Value(1.0), lambda y: y + 1.0, lambda y: 1.0 + y),
    *(lambda y: y * 2, lambda y: 2 * y, lambda y: y / 2, lambda y: 2 / y, lambda y: y**2, lambda y: 2**y, lambda y: -y),
]


@pytest.mark.parametrize("output", ["identity", "relu", "tanh", "softmax"])
def test_outputs_taken_for_a_number_say_that_they_are_a_list(output):
    for net in (MLP(1, [1], output=output, rng=0), Layer(1, 1, output, rng=0)):
        y = net([1.0])
        assert isinstance(y, list)
        assert y + y == [*y, *y]
        for taken in TAKEN_FOR_A_NUMBER:
            with pytest.raises(TypeError, match=r"a list of 1 output, .* take one of them, as y\[0\]"):
                taken(y)
        for name in ("backward", "data", "grad", "tanh"):
            with pytest.raises(AttributeError, match=r"take one of them, as y\[0\]"):
                getattr(y, name)
        assert not hasattr(y, "shape")
    with pytest.raises(TypeError, match="a list of 3 outputs"):
        MLP(1, [3])([1.0]) * 2


def test_an_rng_of_another_kind_is_a_type_error():
    with pytest.raises(TypeError, match="an int, a random.Random or a NumPy Generator, not str"):
        MLP(2, [1], rng="seed")


def test_arrays_of_examples_are_pointed_to_the_matrix_route():
    with pytest.raises(TypeError, match="for arrays there are the matrix and replay routes"):
        MLP(2, [1])(np.ones((2, 5)))


def test_arrays_of_the_wrong_shape_are_refused_by_layer():
    with pytest.raises(ValueError, match="layer 2: W must be 1 × 2"):
        MLP.from_arrays([np.ones((2, 3)), np.ones((1, 3))], [np.ones(2), np.ones(1)], ["tanh", "identity"])
