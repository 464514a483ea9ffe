"""The δ equations."""

import json
import os
import subprocess
import sys
from itertools import pairwise

import jax
import numpy as np
import pytest

from tinygrad_scalar import losses, slopes
from tinygrad_scalar.matrix import MatrixMLP, augment, with_ones

RNG = np.random.default_rng(0)


def network(sizes=(3, 4, 2), activations=("tanh", "softmax")):
    pairs = list(pairwise(sizes))
    return MatrixMLP([RNG.normal(size=(o, i)) for i, o in pairs], [RNG.normal(size=o) for _, o in pairs], activations)


def test_the_equations_read_as_in_the_text():
    net = network(activations=("tanh", "logistic"))
    X, Y = RNG.normal(size=(3, 5)), RNG.uniform(size=(2, 5))
    Z, A = net.forward(X)
    W, b = net.W, net.b
    np.testing.assert_array_equal(Z[1], W[1] @ X + b[1][:, None])
    np.testing.assert_array_equal(A[1], np.tanh(Z[1]))
    assert (Z[0], A[0] is X) == (None, True)
    Delta = net.deltas(Z, A, Y, "half_squared_error")
    np.testing.assert_allclose(Delta[2], (A[2] - Y) * A[2] * (1 - A[2]), rtol=1e-14)
    np.testing.assert_allclose(Delta[1], (W[2].T @ Delta[2]) * (1 - np.tanh(Z[1]) ** 2), rtol=1e-14)
    E, dW, db = net.gradients(X, Y, "half_squared_error")
    assert E == pytest.approx(0.5 * ((A[2] - Y) ** 2).sum() / 5, rel=1e-14)
    np.testing.assert_allclose(dW[1], sum(np.outer(Delta[1][:, m], X[:, m]) for m in range(5)) / 5, rtol=1e-13)
    np.testing.assert_allclose(db[1], Delta[1].mean(axis=1), rtol=1e-13)


def test_both_bias_forms_are_equal_forward_and_in_the_gradient():
    net = network()
    X, Y = RNG.normal(size=(3, 6)), np.eye(2)[RNG.integers(2, size=6)].T
    Z, A = net.forward(X)
    Delta = net.deltas(Z, A, Y, "cross_entropy")
    _, dW, db = net.gradients(X, Y, "cross_entropy")
    for l in (1, 2):
        np.testing.assert_allclose(augment(net.W[l], net.b[l]) @ with_ones(A[l - 1]), Z[l], rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(Delta[l] @ with_ones(A[l - 1]).T / 6, augment(dW[l], db[l]), rtol=1e-12, atol=1e-15)


PAIRS = [
    (loss, output)
    for loss in losses.LOSSES
    for output in [*slopes.ACTIVATIONS, "softmax"]
    if "entropy" not in loss or output in ("logistic", "softmax")  # no log of an output that may be negative
]


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_the_output_delta_of_every_pair_is_the_complex_step_derivative_of_the_loss(loss, output):
    """Kinked and non-analytic pairs by central differences instead, at points away from the kinks."""
    Z = RNG.uniform(0.2, 0.9, size=(3, 4)) * RNG.choice([-1, 1], size=(3, 4))
    Y = RNG.choice([-1.0, 1.0], size=(3, 4)) if loss == "max_margin" else RNG.uniform(0.1, 0.8, size=(3, 4))
    net = MatrixMLP([np.eye(3)], [np.zeros(3)], [output])

    def E(Z):
        Z, A = net.forward(Z)
        return net.losses(Z, A, Y, loss)

    Delta = net.deltas(*net.forward(Z), Y, loss)[1]
    smooth = output not in ("relu", "leaky_relu") and loss not in ("absolute_error", "huber", "max_margin")
    for i in range(3):
        e = np.eye(3)[:, [i]]
        if smooth:
            np.testing.assert_allclose(Delta[i], E(Z + 1e-30j * e).imag / 1e-30, rtol=1e-12, atol=1e-15)
        else:
            np.testing.assert_allclose(Delta[i], (E(Z + 1e-6 * e) - E(Z - 1e-6 * e)) / 2e-6, rtol=1e-7, atol=1e-9)


def test_cross_entropy_meets_its_own_activation_and_sigma_prime_cancels():
    Y = np.array([[1.0, 0.0], [0.0, 1.0]])
    for loss, output in (("cross_entropy", "softmax"), ("binary_cross_entropy", "logistic")):
        net = network((3, 2), (output,))
        Z, A = net.forward(RNG.normal(size=(3, 2)))
        np.testing.assert_allclose(net.deltas(Z, A, Y, loss)[1], A[1] - Y, rtol=1e-14)


def test_the_cross_entropy_delta_is_right_for_targets_whose_sum_is_not_one():
    net = network((3, 2), ("softmax",))
    X, Y = RNG.normal(size=(3, 4)), RNG.uniform(0.5, 3.0, size=(2, 4))
    Z, A = net.forward(X)
    net.b[1] = net.b[1] + 1e-30j * np.array([1.0, 0.0])
    np.testing.assert_allclose(
        net.losses(*net.forward(X), Y, "cross_entropy").imag / 1e-30, (A[1] * Y.sum(axis=0) - Y)[0], rtol=1e-12
    )
    assert np.allclose(
        MatrixMLP(net.W[1:], [net.b[1].real], ["softmax"]).deltas(Z, A, Y, "cross_entropy")[1], A[1] * Y.sum(axis=0) - Y
    )


def test_the_functions_are_pure_and_pass_jax_arrays_through():
    jax.config.update("jax_enable_x64", True)
    net = network()
    X, Y = RNG.normal(size=(3, 6)), np.eye(2)[RNG.integers(2, size=6)].T

    def gradients(theta, X, Y):
        E, dW, db = net.with_theta(theta).gradients(X, Y, "cross_entropy")
        return E, net.flat(dW, db)

    E, gradient = jax.jit(gradients)(*map(jax.numpy.asarray, (net.theta, X, Y)))
    by_jax = jax.grad(lambda theta: gradients(theta, jax.numpy.asarray(X), jax.numpy.asarray(Y))[0])(
        jax.numpy.asarray(net.theta)
    )
    expected = gradients(net.theta, X, Y)
    assert float(E) == pytest.approx(float(expected[0]), rel=1e-13)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(by_jax, expected[1], rtol=1e-11, atol=1e-15)


ON_FOUR_DEVICES = """
import json, re
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tinygrad_scalar import MLP
from tinygrad_scalar.curvature import Curvature
from tinygrad_scalar.matrix import MatrixMLP

jax.config.update("jax_enable_x64", True)
mesh = Mesh(np.array(jax.devices()), ["examples"])
rng, told = np.random.default_rng(0), {"devices": len(jax.devices())}
columns, everywhere = NamedSharding(mesh, PartitionSpec(None, "examples")), NamedSharding(mesh, PartitionSpec())
for loss, output in (("cross_entropy", "softmax"), ("huber", "softmax")):
    net = MatrixMLP.from_scalar(MLP(5, [7, 6, 3], ["tanh", "gelu"], output, rng=0))
    X, Y, v = rng.normal(size=(5, 400)), np.eye(3)[rng.integers(3, size=400)].T, rng.normal(size=net.theta.size)
    def E_and_gradient(theta, X, Y):
        E, dW, db = net.with_theta(theta).gradients(X, Y, loss)
        return E, net.flat(dW, db)
    def hvp(theta, X, Y):
        return Curvature(net.with_theta(theta), X, Y, loss).hvp(v)
    def gauss_newton(theta, X, Y):
        return Curvature(net.with_theta(theta), X, Y, loss).gauss_newton(v)
    def by_jax(theta, X, Y):
        return jax.grad(lambda theta: E_and_gradient(theta, X, Y)[0])(theta)
    placed = jax.device_put(net.theta, everywhere), *(jax.device_put(part, columns) for part in (X, Y))
    for f in (E_and_gradient, hvp, gauss_newton, by_jax):
        expected = jax.tree.leaves(E_and_gradient(net.theta, X, Y)[1] if f is by_jax else f(net.theta, X, Y))
        program = jax.jit(f).lower(*placed).compile()
        found = jax.tree.leaves(program(*placed))
        error = max(float(np.abs(np.asarray(a) - b).max()) for a, b in zip(found, expected, strict=True))
        calls = re.findall(r"(all-reduce|all-gather|all-to-all|reduce-scatter|collective-[\\w-]+)(?:-start)?\\(", program.as_text())
        whole = re.findall(r"f64\\[\\d+,400\\]", program.as_text())
        told[f"{loss}, {output}, {f.__name__}"] = error, sorted(set(calls)), len(whole)
print(json.dumps(told))
"""


@pytest.mark.slow
def test_on_four_devices_the_sum_over_examples_is_the_only_communication():
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    code = [sys.executable, "-W", "error", "-c", ON_FOUR_DEVICES]
    done = subprocess.run(code, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told.pop("devices"), len(told)) == (4, 8)
    for what, (error, communication, arrays_of_all_examples) in told.items():
        assert error < 1e-13, what
        assert communication == ["all-reduce"], what
        assert arrays_of_all_examples == 0, what  # no device holds a Z, A or Δ of the whole batch


def test_gradients_leave_their_inputs_as_they_are():
    net = network()
    X, Y = RNG.normal(size=(3, 6)), np.eye(2)[RNG.integers(2, size=6)].T
    kept = [array.copy() for array in (X, Y, net.theta)]
    net.gradients(X, Y, "cross_entropy")
    assert all(np.array_equal(a, b) for a, b in zip(kept, (X, Y, net.theta), strict=True))


def test_sample_weights_are_repeats():
    net = network()
    X, Y = RNG.normal(size=(3, 3)), np.eye(2)[[0, 1, 1]].T
    repeats = [0, 0, 1, 2, 2, 2]
    E, dW, db = net.gradients(X[:, repeats], Y[:, repeats], "cross_entropy")
    weighted, dW_s, db_s = net.gradients(X, Y, "cross_entropy", np.array([2.0, 1.0, 3.0]))
    assert weighted / 2 == pytest.approx(E, rel=1e-14)
    np.testing.assert_allclose(net.flat(dW_s, db_s) / 2, net.flat(dW, db), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: MatrixMLP([np.ones((2, 3)), np.ones((1, 3))], [np.ones(2), np.ones(1)], ["tanh", "tanh"]), "layer 2 expects 3 inputs, got 2"),
        (lambda: MatrixMLP([np.ones((2, 3))], [np.ones(3)], ["tanh"]), r"layer 1 has weights of shape \(2, 3\), biases of shape \(3,\)"),
        (lambda: MatrixMLP([np.ones((2, 3))], [], ["tanh"]), "got 1, 0, 1"),
        (lambda: MatrixMLP([np.ones((2, 3))], [np.ones(2)], ["sine"]).forward(np.ones((3, 1))), "no σ and σ′ of 'sine'"),
        (lambda: MatrixMLP([np.ones((2, 2))] * 2, [np.ones(2)] * 2, ["softmax", "tanh"]), "softmax belongs to the output layer"),
        (lambda: MatrixMLP([np.ones((2, 2))], [np.ones(2)], ["tanh"], frozen=[7]), r"the layers are 1 to 1, frozen are \[7\]"),
        (lambda: network().forward(np.ones((5, 3))), r"layer 1 expects 3 inputs, one a row, got X of shape \(5, 3\)"),
        (lambda: network().gradients(np.ones((3, 5)), np.ones((2, 4)), "squared_error"), r"the targets Y have shape \(2, 4\), the outputs \(2, 5\)"),
        (lambda: setattr(network(), "theta", np.ones(3)), r"theta has shape \(3,\), the network expects \(26,\)"),
    ],
)  # fmt: skip
def test_wrong_shapes_are_value_errors_with_both_numbers(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


def test_array_routes_give_inf_and_nan_without_warnings():
    net = MatrixMLP([[[1e200]], [[1e200]]], [[0.0], [0.0]], ["identity", "logistic"])
    E, dW, _ = net.gradients(np.array([[1e200]]), np.array([[0.0]]), "binary_cross_entropy")
    assert not np.isfinite(E)
    assert dW[1].shape == (1, 1)


def test_relu_and_gelu_keep_their_limits_and_relu_has_slope_0_at_its_kink():
    net = MatrixMLP([[[1.0]]], [[0.0]], ["relu"])
    _, A = net.forward(np.array([[-np.inf, np.nan, np.inf, 0.0]]))
    np.testing.assert_array_equal(A[1], [[0.0, np.nan, np.inf, 0.0]])
    Z = np.array([[-1.0, -0.0, 0.0, 1.0, np.nan]])
    np.testing.assert_array_equal(slopes.dsigma("relu", Z, Z), [[0.0, 0.0, 0.0, 1.0, 0.0]])
    assert jax.grad(lambda z: slopes.sigma("relu", z))(0.0 * jax.numpy.ones(())) == 0.0
    far = np.array([[-1e90, -50.0, 50.0, 1e90]])
    np.testing.assert_array_equal(slopes.dsigma("gelu", far, slopes.sigma("gelu", far)), [[0.0, 0.0, 1.0, 1.0]])


def test_a_network_owns_its_arrays():
    W = np.ones((1, 1))
    net = MatrixMLP([W], [np.zeros(1)], ["identity"])
    W[:] = 7.0
    assert net.W[1] == 1.0
