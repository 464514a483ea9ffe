"""Every slip is planted in a backward pass written here, and read off its gradient; nothing is guessed beyond that."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.checking import Diagnosis, compare_gradients, diagnose
from tinygrad_scalar.checking.witnesses import central_differences
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.training import fit

SIGMA = {
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "logistic": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "identity": (lambda z: z, np.ones_like),
}
NETWORKS = {  # sizes, hidden σ, output σ; square layers, ragged ones, a single output, a deep one
    "square": ([4, 4, 4, 3], "tanh", "logistic"),
    "ragged": ([3, 5, 4, 3], "logistic", "identity"),
    "deep": ([3, 4, 4, 4, 5], "tanh", "tanh"),
    "shallow": ([5, 3], "tanh", "logistic"),
}
M = 7


def student(name, slip=None, at=1):
    """A textbook backward pass for the half squared error with one slip in it: (dW, db), its network, X, Y."""
    sizes, hidden, output = NETWORKS[name]
    rng = np.random.default_rng(3)
    L = len(sizes) - 1
    W = [None] + [rng.normal(size=(sizes[l], sizes[l - 1])) for l in range(1, L + 1)]
    b = [None] + [rng.normal(size=sizes[l]) for l in range(1, L + 1)]
    X, Y = rng.normal(size=(M, sizes[0])), rng.uniform(0.2, 0.8, size=(M, sizes[-1]))
    sigma = [None, *[hidden] * (L - 1), output]
    Z, A = [None], [X.T]
    for l in range(1, L + 1):
        Z.append(W[l] @ A[-1] + b[l][:, None])
        A.append(SIGMA[sigma[l]][0](Z[l]))
    slope = [None] + [SIGMA[sigma[l]][1](Z[l]) for l in range(1, L + 1)]
    D = [None] * (L + 1)
    D[L] = A[L] - Y.T if slip in ("no σ′ at the output", "no σ′ at all") else (A[L] - Y.T) * slope[L]
    for l in range(L, 1, -1):
        back, bend = W[l].T @ D[l], 1.0 if slip == "no σ′ at all" else slope[l - 1]
        if l - 1 == at:
            if slip == "no σ′":
                bend = 1.0
            elif slip == "σ′ of the layer above":
                back, bend = W[l].T @ (D[l] * slope[l]), 1.0
            elif slip == "σ′ of layer 2":
                bend = slope[2]
            elif slip == "W not transposed":
                back = W[l] @ D[l]
            elif slip == "no W":
                back = D[l]
            elif slip == "stops":
                back = 0 * back
            elif slip == "skips":
                back = W[l + 1].T @ D[l + 1]
        D[l - 1] = back * bend
    scale = 1.0 if slip == "sum" else 1.0 / M
    dW = [None] + [D[l] @ A[l - 1].T * scale for l in range(1, L + 1)]
    db = [None] + [D[l].sum(axis=1) * scale for l in range(1, L + 1)]
    if slip == "dW transposed":
        dW[at] = (A[at - 1] @ D[at].T * scale).reshape(dW[at].shape)
    elif slip == "no db":
        db[at] = 0 * db[at]
    elif slip == "no db anywhere":
        db = [None, *(0 * part for part in db[1:])]
    elif slip == "db of another layer":
        db[1] = db[2]
    elif slip == "sum in db":
        db = [None, *(M * part for part in db[1:])]
    elif slip == "z for a":
        dW[at + 1] = D[at + 1] @ Z[at].T * scale
    elif slip == "last example":
        dW = [None] + [np.outer(D[l][:, -1], A[l - 1][:, -1]) for l in range(1, L + 1)]
        db = [None] + [D[l][:, -1] for l in range(1, L + 1)]
    elif slip == "penalty on the biases":
        db = [None, *(part + 0.3 * b[l] for l, part in enumerate(db[1:], start=1))]
    return dW, db, MatrixMLP(W[1:], b[1:], sigma[1:]), X, Y


def read(name, slip, at=1, change=lambda dW, db: (dW, db)):
    """The diagnosis of a planted slip."""
    dW, db, network, X, Y = student(name, slip, at)
    _, reference = Objective(network, X, Y, "half_squared_error")(network.theta)
    return diagnose(reference, change(dW, db), network, X, Y, "half_squared_error")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_right_gradient_gets_none(name):
    assert read(name, None) is None
    dW, db, network, X, Y = student(name)
    flat = network.flat(dW, db)
    assert diagnose(flat, flat, network, X, Y, "half_squared_error") is None
    assert diagnose(flat.astype(np.float32), flat, network, X, Y, "half_squared_error") is None
    assert diagnose((dW[1:], db[1:]), (dW, db), network, X, Y, "half_squared_error") is None


FACTORS = [
    (2.0, "a factor 2 "),
    (0.5, "a factor ½ "),
    (-1.0, "a sign, −1, "),
    (M, f"a factor M = {M} (the sum over the examples in place of the mean) "),
    (1 / M, f"a factor 1/M = 1/{M} (the mean taken twice) "),
]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("factor", "words"), FACTORS)
def test_a_factor_and_where_it_sits_are_named(name, factor, words):
    times = lambda parts: [None, *(factor * part for part in parts[1:])]  # noqa: E731
    everywhere = read(name, None, change=lambda dW, db: (times(dW), times(db)))
    assert everywhere.guess.startswith(f"it looks like this: {words}in every entry")
    assert read(name, None, change=lambda dW, db: (times(dW), db)).guess.endswith(f"{words}in the weights")
    assert read(name, None, change=lambda dW, db: (dW, times(db))).guess.endswith(f"{words}in the biases")
    if len(NETWORKS[name][0]) > 2:
        second = lambda dW, db: ([None, dW[1], factor * dW[2], *dW[3:]], [None, db[1], factor * db[2], *db[3:]])  # noqa: E731
        assert read(name, None, change=second).guess.endswith(f"{words}in layer 2")


@pytest.mark.parametrize("name", NETWORKS)
def test_the_number_of_outputs_as_a_factor_is_named(name):
    P = NETWORKS[name][0][-1]
    for factor, words in ((P, f"P = {P}"), (1 / P, f"1/P = 1/{P}")):
        times = lambda parts, factor=factor: [None, *(factor * part for part in parts[1:])]  # noqa: E731
        found = read(name, None, change=lambda dW, db, t=times: (t(dW), t(db)))
        assert f"a factor {words}" in found.guess
        assert found.kinds == ("sum or mean",)


SLIPS = [  # what is planted, in which networks, at which layer, the kind that is read, and the words in it
    ("no σ′", ("square", "ragged", "deep"), 1, "σ′", "σ′ is missing in δ^(1)"),
    ("no σ′", ("square", "ragged", "deep"), 2, "σ′", "σ′ is missing in δ^(2)"),
    ("σ′ of the layer above", ("square", "ragged", "deep"), 1, "σ′", "σ′ of layer 2 in place of that of layer 1 in δ^(1), before Wᵀ"),
    ("σ′ of layer 2", ("square", "deep"), 1, "σ′", "σ′ of layer 2 in place of that of layer 1 in δ^(1)"),
    ("no σ′ at the output", ("square", "deep"), 1, "σ′", "σ′ is missing in δ^("),
    ("no σ′ at the output", ("shallow",), 1, "σ′", "σ′ is missing in δ^(1)"),
    ("no σ′ at all", ("square", "deep"), 1, "σ′", "σ′ is missing in every δ"),
    ("W not transposed", ("square", "deep"), 1, "W", "W^(2) is not transposed on the way to δ^(1)"),
    ("no W", ("square", "deep"), 1, "δ", "δ is not carried past W^(2)"),
    ("stops", ("square", "ragged", "deep"), 2, "δ", "δ is not carried past layer 3"),
    ("skips", ("square", "deep"), 1, "δ", "δ skips layer 2: δ^(1) comes from δ^(3)"),
    ("dW transposed", ("square", "ragged", "deep", "shallow"), 1, "W", "∂E/∂W^(1) is transposed"),
    ("no db", ("square", "ragged", "deep"), 2, "bias", "a missing gradient (0) in the biases of layer 2"),
    ("no db anywhere", ("square", "ragged", "deep", "shallow"), 1, "bias", "a missing gradient (0) in the biases"),
    ("db of another layer", ("square", "deep"), 1, "bias", "the bias gradient of layer 2 stands in layer 1"),
    ("sum", tuple(NETWORKS), 1, "sum or mean", "the sum over the examples in place of the mean) in every entry"),
    ("sum in db", tuple(NETWORKS), 1, "sum or mean", "the sum over the examples in place of the mean) in the biases"),
    ("z for a", ("square", "ragged", "deep"), 1, "a", "z^(1) in place of a^(1) in ∂E/∂W^(2)"),
    ("last example", tuple(NETWORKS), 1, "sum", "only the last example counts"),
    ("penalty on the biases", tuple(NETWORKS), 1, "penalty", "an L2 penalty on the biases, λ/M = 0.3 (λ = 2.1)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("slip", "name", "at", "kind", "words"), [(slip, name, *rest) for slip, names, *rest in SLIPS for name in names]
)
def test_a_planted_slip_is_read_off_the_gradient_and_nothing_else_is(slip, name, at, kind, words):
    found = read(name, slip, at)
    assert found.kinds == (kind,), found
    assert len(found.slips) == 1, found
    assert words in found.guess


def test_a_bias_gradient_in_the_wrong_place_is_recognised_by_the_order():
    dW, db, network, X, Y = student("square")
    right = network.flat(dW, db)
    layouts = {
        "the biases stand before the weights": [p for l in (1, 2, 3) for p in (db[l], dW[l].ravel())],
        "all weights come first, then all biases": [*(dW[l].ravel() for l in (1, 2, 3)), *db[1:]],
        "neuron by neuron, weights then bias": [np.column_stack([dW[l], db[l]]).ravel() for l in (1, 2, 3)],
        "the bias gradient of layer 2 is shifted by 1": [dW[1].ravel(), db[1], dW[2].ravel(), np.roll(db[2], 1), dW[3].ravel(), db[3]],
    }  # fmt: skip
    for words, parts in layouts.items():
        found = diagnose(right, np.concatenate(parts), network, X, Y, "half_squared_error")
        assert (found.kinds, len(found.slips)) == (("bias",), 1)
        assert words in found.guess


@pytest.mark.parametrize("name", ["square", "ragged", "deep"])
@pytest.mark.parametrize(
    "slip", ["no σ′", "σ′ of the layer above", "no db", "dW transposed", "z for a", "last example"]
)
def test_two_slips_at_once_are_unclear_and_the_right_layers_are_named(name, slip):
    negative = lambda parts: [None, *(-part for part in parts[1:])]  # noqa: E731
    found = read(name, slip, change=lambda dW, db: (negative(dW), negative(db)))
    assert found.slips == ()
    assert found.guess.startswith("unclear: no single slip explains it")
    last = NETWORKS[name][0].__len__() - 1
    doubled = read(name, slip, change=lambda dW, db: ([*dW[:1], 2 * dW[1], *dW[2:]], db))
    assert doubled.slips == ()
    if slip in ("no σ′", "σ′ of the layer above", "no db"):
        assert f", {last} right" in doubled.guess or f" {last} right" in doubled.guess


def test_an_unnamed_factor_is_not_guessed():
    times = lambda parts: [None, *(3.7 * part for part in parts[1:])]  # noqa: E731
    assert read("ragged", None, change=lambda dW, db: (times(dW), times(db))).slips == ()


def test_the_report_names_the_worst_entry_in_both_spellings_and_prints_both_numbers():
    dW, db, network, X, Y = student("ragged")
    reference = network.flat(dW, db)
    wrong = reference.copy()
    wrong[5 * 3 + 5 + 2 * 5 + 3] += 1.0  # W^(2), row 3, column 4
    found = diagnose(reference, wrong, network, X, Y, "half_squared_error")
    assert isinstance(found, Diagnosis)
    assert (found.worst.name, found.worst.index) == ("w_{3,4}^{(2)}", "W[2][2, 3]")
    assert "w_{3,4}^{(2)} = W[2][2, 3]" in str(found)
    assert f"reference {found.worst.reference:.6g}, candidate {found.worst.candidate:.6g} (ratio " in str(found)
    assert found.guess == "unclear: no single slip explains it; layers 1, 3 right, 2 wrong"


def test_slips_that_these_examples_cannot_tell_apart_are_all_named():
    network, X, Y = MLP(2, [2], rng=0), np.array([[1.0, 2.0], [0.5, -1.0]]), np.ones((2, 2))
    _, gradient = Objective(network, X, Y, "half_squared_error")(network.theta)
    found = diagnose(gradient, 2 * gradient, network, X, Y, "half_squared_error")
    assert "a factor 2, which is also a factor M = 2" in found.guess
    assert "which is also a factor P = 2" in found.guess


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "squared_error", "huber", "absolute_error"])
def test_penalties_weights_and_any_loss_are_understood(loss):
    rng = np.random.default_rng(0)
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "logistic"}.get(loss, "identity")
    network, X, Y = MLP(3, [4, 3], "sin", output, rng=0), rng.normal(size=(5, 3)), np.eye(3)[[0, 1, 2, 1, 0]]
    how = {"l1": 0.2, "l2": 0.5, "sample_weight": np.arange(1.0, 6.0)}
    objective = Objective(network, X, Y, loss, route="scalar", **how)
    theta = network.theta
    _, right = objective(theta)
    assert diagnose(right, right, network, X, Y, loss, **how) is None
    network.frozen = set()
    _, bare = Objective(network, X, Y, loss, route="scalar", sample_weight=how["sample_weight"])(theta)
    penalty = right - bare
    for wrong, words in (
        (bare, "a missing gradient (0) of the penalties"),
        (right + penalty, "a factor 2 of the penalties"),
        (bare + 5 * penalty, "a factor M = 5 (the sum over the examples in place of the mean) of the penalties"),
        (5 * bare + penalty, "a factor M = 5 (the sum over the examples in place of the mean) of the loss's share"),
        (Objective(network, X, Y, loss, route="scalar", l1=0.2, l2=0.5)(theta)[1], "the sample weights are left out"),
    ):
        found = diagnose(right, wrong, network, X, Y, loss, **how)
        assert len(found.slips) == 1, found.guess
        assert words in found.guess


def test_a_penalty_on_the_biases_beside_that_on_the_weights_is_read_with_its_size():
    dW, db, network, X, Y = student("square")
    _, right = Objective(network, X, Y, "half_squared_error", l2=0.7)(network.theta)
    everywhere = network.flat(dW, db) + 0.1 * network.theta
    found = diagnose(right, everywhere, network, X, Y, "half_squared_error", l2=0.7)
    assert found.kinds == ("penalty",)
    assert "an L2 penalty on the biases, λ/M = 0.1 (λ = 0.7)" in found.guess


def test_softmax_slips_are_read():
    rng = np.random.default_rng(1)
    network, X, Y = MLP(3, [4, 3], "tanh", "softmax", rng=0), rng.normal(size=(5, 3)), np.eye(3)[[0, 1, 2, 1, 0]]
    matrix = MatrixMLP.from_scalar(network)
    _, A = matrix.forward(X.T)
    _, right = Objective(network, X, Y, "squared_error")(network.theta)
    D2 = 2 * (A[2] - Y.T) * A[2] * (1 - A[2])
    D1 = (matrix.W[2].T @ D2) * (1 - A[1] ** 2)
    dW = [None, D1 @ A[0].T / 5, D2 @ A[1].T / 5]
    db = [None, D1.mean(axis=1), D2.mean(axis=1)]
    found = diagnose(right, (dW, db), network, X, Y, "squared_error")
    assert found.guess == "it looks like this: δ^(2) takes the diagonal of softmax's Jacobian alone"


def test_frozen_layers_are_left_out():
    dW, db, network, X, Y = student("square", "no σ′")
    network.frozen = {2}
    _, reference = Objective(network, X, Y, "half_squared_error")(network.theta)
    assert diagnose(reference, (dW, db), network, X, Y, "half_squared_error").kinds == ("σ′",)
    assert diagnose(reference, 2 * reference, network, X, Y, "half_squared_error").kinds == ("factor",)


def test_a_gradient_of_another_loss_as_reference_is_said_to_be_one():
    dW, db, network, X, Y = student("square")
    found = diagnose(3.3 * network.flat(dW, db), (dW, db), network, X, Y, "half_squared_error")
    assert "the candidate is right; of the reference, unclear: no single slip" in found.guess


def test_central_differences_will_do_as_a_reference():
    dW, db, network, X, Y = student("deep", "no σ′", 2)
    numeric, _ = central_differences(Objective(network, X, Y, "half_squared_error"), network.theta)
    found = diagnose(numeric, (dW, db), network, X, Y, "half_squared_error")
    assert "σ′ is missing in δ^(2)" in found.guess
    dW, db, *_ = student("deep")
    assert diagnose(numeric, (dW, db), network, X, Y, "half_squared_error") is None


def test_a_number_that_is_not_finite_is_pointed_at():
    dW, db, *_ = student("square")
    dW[2][1, 2] = np.nan
    found = read("square", None, change=lambda *_: (dW, db))
    assert "not finite, first at w_{2,3}^{(2)} = W[2][1, 2]" in found.guess


@pytest.mark.parametrize(
    ("gradient", "says"),
    [
        (np.zeros(5), r"the candidate gradient has shape \(5,\), the network has 55 parameters"),
        (([np.zeros((4, 4))], [np.zeros(4)]), "dW of the candidate has 1 arrays, the network has 3 layers"),
        (([np.zeros((4, 4))] * 2 + [np.zeros((5, 3))], [np.zeros(4)] * 3), r"dW\[3\] of the candidate must have the shape \(3, 4\), it has \(5, 3\)"),
    ],
)  # fmt: skip
def test_gradients_of_the_wrong_size_are_refused(gradient, says):
    dW, db, network, X, Y = student("square")
    with pytest.raises(ValueError, match=says):
        diagnose((dW, db), gradient, network, X, Y, "half_squared_error")


def test_the_comparison_carries_the_diagnosis(monkeypatch):
    from tinygrad_scalar import slopes

    monkeypatch.setitem(slopes.ACTIVATIONS, "tanh", (slopes.ACTIVATIONS["tanh"][0], lambda xp, Z, A: xp.ones_like(Z)))
    _, _, _, X, Y = student("square")
    comparison = compare_gradients(MLP(4, [5, 3], rng=0), X, Y, "half_squared_error")
    assert not comparison.agree
    assert "it looks like this: σ′ is missing in δ^(1)" in comparison.verdict


# Harder cases.

CLASSES = np.eye(3)[[0, 1, 1, 2, 1, 0]]


def plain(output="identity", rng=0):
    return MLP(3, [4, 4, 3], "tanh", output, rng=rng), np.random.default_rng(5).normal(size=(6, 3)), CLASSES


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ({"l2": 0.5}, {}, "a missing gradient (0) of the L2 penalty"),
        ({"l1": 0.5}, {}, "a missing gradient (0) of the L1 penalty"),
        ({"l2": 0.5}, {"l2": 1.0}, "a factor 2 of the L2 penalty"),
        ({"l2": 0.5}, {"l2": 1.6}, "λ is 3.2 times what it should be in the L2 penalty"),
        ({"l2": 0.5}, {"l2": 3.0}, "a factor M = 6 (the sum over the examples in place of the mean) of the L2 penalty"),
        ({"l1": 0.2, "l2": 0.5}, {"l2": 0.5}, "a missing gradient (0) of the L1 penalty"),
        ({"l1": 0.2, "l2": 0.5}, {"l1": 0.2, "l2": 1.0}, "a factor 2 of the L2 penalty"),
        ({}, {"l2": 0.5}, "an L2 penalty on the weights, λ/M = 0.08333 (λ = 0.5), that E does not have"),
    ],
)
def test_one_penalty_forgotten_or_miscounted_is_named_alone(right, wrong, words):
    network, X, Y = plain()
    reference, candidate = (
        Objective(network, X, Y, "squared_error", **how)(network.theta)[1] for how in (right, wrong)
    )
    found = diagnose(reference, candidate, network, X, Y, "squared_error", **right)
    assert found.guess == f"it looks like this: {words}"


def test_both_penalties_on_the_biases_too_are_named():
    network, X, Y = plain()
    network.theta = network.theta + np.linspace(-0.3, 0.4, len(network.theta))
    how = {"l1": 0.2, "l2": 0.5}
    _, right = Objective(network, X, Y, "squared_error", **how)(network.theta)
    matrix = MatrixMLP.from_scalar(network)
    zeros = [None, *(0 * W for W in matrix.W[1:])]
    wrong = right + matrix.flat(zeros, [None, *((0.5 * b + 0.2 * np.sign(b)) / 6 for b in matrix.b[1:])])
    found = diagnose(right, wrong, network, X, Y, "squared_error", **how)
    assert found.guess == "it looks like this: both penalties on the biases too"


@pytest.mark.parametrize("l2", [0.0, 0.5])
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_a_layer_whose_gradient_is_left_at_0_is_named(layer, l2):
    network, X, Y = plain()
    matrix = MatrixMLP.from_scalar(network)
    _, right = Objective(network, X, Y, "squared_error", l2=l2)(network.theta)
    g = matrix.with_theta(right.copy())
    g.W[layer][:], g.b[layer][:] = 0.0, 0.0
    found = diagnose(right, (g.W, g.b), network, X, Y, "squared_error", l2=l2)
    assert len(found.slips) == 1
    assert f"a missing gradient (0) in layer {layer}" in found.guess or (layer, l2) == (1, 0.0)
    if (layer, l2) == (1, 0.0):
        assert "δ is not carried past layer 2: nothing arrives below" in found.guess


def test_sigma_prime_forgotten_everywhere_is_one_slip():
    network, X, Y = plain("logistic")
    matrix = MatrixMLP.from_scalar(network)
    _, A = matrix.forward(X.T)
    D3 = A[3] - Y.T
    D2 = matrix.W[3].T @ D3
    D1 = matrix.W[2].T @ D2
    D = [None, D1, D2, D3]
    wrong = [D[l] @ A[l - 1].T / 6 for l in (1, 2, 3)], [D[l].mean(axis=1) for l in (1, 2, 3)]
    _, right = Objective(network, X, Y, "half_squared_error")(network.theta)
    found = diagnose(right, wrong, network, X, Y, "half_squared_error")
    assert found.guess == "it looks like this: σ′ is missing in every δ"


def test_two_biases_of_opposite_sign_are_not_explained_by_a_penalty():
    network = MLP(3, [2], output="softmax", rng=0)
    network.theta = np.r_[network.theta[:6], 0.3, -0.2]
    _, X, Y = plain()
    Y = Y[:, :2] + Y[:, 2:]
    Y[:, 1] = 1.0 - Y[:, 0]
    _, right = Objective(network, X, Y, "cross_entropy")(network.theta)
    wrong = right.copy()
    wrong[-2:] *= 3.7
    assert diagnose(right, wrong, network, X, Y, "cross_entropy").slips == ()


@pytest.mark.parametrize("seed", range(8))
def test_single_precision_is_no_slip_even_near_a_minimum_and_hides_none(seed):
    network, X, Y = plain("softmax", rng=seed)
    fit(network, X, Y, loss="cross_entropy", epochs=200, batch_size=None, l2=0.1, rng=0)
    _, right = Objective(network, X, Y, "cross_entropy", l2=0.1)(network.theta)
    rounded = right.astype(np.float32).astype(float)
    assert diagnose(right, rounded, network, X, Y, "cross_entropy", l2=0.1) is None
    assert diagnose(right, rounded.tolist(), network, X, Y, "cross_entropy", l2=0.1) is None
    found = diagnose(right, 6 * rounded, network, X, Y, "cross_entropy", l2=0.1)
    assert "a factor M = 6 (the sum over the examples in place of the mean) in every entry" in found.guess


def test_central_differences_as_the_candidate_are_right_and_their_double_is_a_factor():
    network, X, Y = plain()
    objective = Objective(network, X, Y, "squared_error")
    _, right = objective(network.theta)
    for epsilon in (1e-4, 1e-5, 1e-6):
        numeric, _ = central_differences(objective, network.theta, epsilon)
        assert diagnose(right, numeric, network, X, Y, "squared_error") is None
        assert "a factor 2" in diagnose(right, 2 * numeric, network, X, Y, "squared_error").guess


def test_where_the_reference_is_wrong_it_is_not_the_candidate_that_is_blamed():
    network, X, Y = plain()
    _, right = Objective(network, X, Y, "squared_error")(network.theta)
    found = diagnose(0.5 * right, right, network, X, Y, "squared_error")
    assert "the candidate is right; of the reference, it looks like this: a factor ½ in every entry" in found.guess
    found = diagnose(np.full_like(right, np.nan), right, network, X, Y, "squared_error")
    assert found.guess.startswith("unclear: the reference is not finite, first at w_{1,1}^{(1)} = W[1][0, 0]")
    assert "nan (ratio" not in str(found)


def test_gradients_are_taken_in_every_natural_form():
    network, X, Y = plain()
    matrix = MatrixMLP.from_scalar(network)
    E, dW, db = matrix.gradients(X.T, Y.T, "squared_error")
    objective = Objective(network, X, Y, "squared_error")
    flat = objective(network.theta)[1]
    for gradient in (flat, flat.tolist(), (dW, db), [dW, db], (dW[1:], db[1:]), (E, dW, db), objective(network.theta)):
        assert diagnose(flat, gradient, network, X, Y, "squared_error") is None
    one = MLP(1, [1], rng=0)
    assert diagnose((-1.0, -1.0), (-2.0, -2.0), one, [[1.0]], [[1.0 + one.theta[0]]], "half_squared_error") is not None
    network.freeze(2)
    dW[2] = db[2] = None
    assert diagnose((dW, db), (dW, db), network, X, Y, "squared_error") is None


def test_a_loss_that_insists_on_values_is_diagnosed_too():
    network, X, Y = plain("softmax")

    def likelihood(y, a):
        return -sum(y_i * a_i.log() for y_i, a_i in zip(y, a, strict=True) if y_i > 0)

    _, right = Objective(network, X, Y, likelihood, route="scalar")(network.theta)
    assert diagnose(right, right, network, X, Y, likelihood) is None
    assert "a factor 2" in diagnose(right, 2 * right, network, X, Y, likelihood).guess
    assert compare_gradients(network, X, Y, likelihood, ("scalar", "central")).agree


def test_slips_that_are_one_and_the_same_number_keep_both_kinds():
    X, Y = np.ones((4, 3)), np.ones((4, 2))
    network = MLP(3, [2], rng=0)
    _, right = Objective(network, X, Y, "squared_error")(network.theta)
    assert diagnose(right, 2 * right, network, X, Y, "squared_error").kinds == ("factor", "sum or mean")


def test_a_diagnosis_can_be_compared_hashed_and_shown():
    found = read("square", "no σ′")
    assert found == found
    assert hash(found)
    assert len(repr(found)) < 300
    assert "array" not in repr(found)


def test_the_slip_in_scikit_learns_regressor_is_found_where_its_own_loss_shows_it():
    demo = Path(__file__).parent.parent.parent / "demos" / "find_the_slip.py"
    said = subprocess.run([sys.executable, str(demo)], capture_output=True, text=True, check=True).stdout
    here, difference, told = map(float, re.search(r"here (\S+), difference of its E (\S+), told (\S+)", said).groups())
    assert here == pytest.approx(difference, abs=1e-8)
    if told == pytest.approx(difference, abs=1e-8):
        assert "no slip" in said
    else:
        assert "it looks like this: a factor P = 3 (the number of outputs) of the loss's share" in said


def test_a_loss_that_looks_at_its_numbers_is_no_obstacle():
    def lopsided(y, a):
        return sum((a_i - y_i) ** 2 * (2.0 if a_i.data > y_i else 1.0) for y_i, a_i in zip(y, a, strict=True))

    def branching(y, a):
        return sum((a_i - y_i) ** 2 * (2.0 if a_i > y_i else 1.0) for y_i, a_i in zip(y, a, strict=True))

    network, X, Y = plain()
    for loss in (lopsided, branching):
        _, right = Objective(network, X, Y, loss, route="scalar")(network.theta)
        assert diagnose(right, 2 * right, network, X, Y, loss).kinds == ("factor",)
        _, rolled = Objective(network, X, np.roll(Y, 1, axis=1), loss, route="scalar")(network.theta)
        assert "the classes are rolled" in diagnose(right, rolled, network, X, Y, loss).guess
