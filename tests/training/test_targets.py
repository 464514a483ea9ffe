"""Warnings for targets and outputs that a loss does not expect; targets that are texts."""

import tracemalloc

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.losses import LOSSES, cross_entropy
from tinygrad_scalar.nn import ACTIVATIONS
from tinygrad_scalar.training import fit, predict
from tinygrad_scalar.training.targets import Labels, misfits

ONE_HOT, BINARY, SIGNS = np.eye(3), np.array([[0.0], [1.0]]), np.array([[-1.0], [1.0]])
USUAL = [
    ("cross_entropy", "softmax", ONE_HOT),
    ("binary_cross_entropy", "logistic", BINARY),
    ("binary_cross_entropy", "logistic", np.array([[0.0, 1.0], [1.0, 1.0]])),  # several labels at once
    ("max_margin", "identity", SIGNS),
    ("max_margin", "tanh", SIGNS),
    *(
        (loss, output, np.array([[0.3, -7.0]]))
        for loss in sorted(set(LOSSES) - {"cross_entropy", "binary_cross_entropy", "max_margin"})
        for output in (*ACTIVATIONS, "softmax")
    ),
]


@pytest.mark.parametrize(("loss", "output", "Y"), USUAL)
def test_what_is_usual_needs_no_advice(loss, output, Y):
    assert misfits(loss, output, Y) == []


@pytest.mark.parametrize(
    ("loss", "output", "Y", "says"),
    [
        ("cross_entropy", "softmax", [[0, 1], [1, 1]], "expects one-hot targets, row 2 is [1.0, 1.0]"),
        ("cross_entropy", "softmax", [[0, 0]], "expects one-hot targets, row 1 is [0.0, 0.0]"),
        ("cross_entropy", "softmax", [[0, 1], [0.3, 0.7]], "row 2 is [0.3, 0.7]; fine, if they are meant as probabil"),
        ("cross_entropy", "softmax", [[0.3, 0.7], [2, -1]], "one-hot targets, row 2 is [2.0, -1.0]"),
        ("half_squared_error", "softmax", [[1]], "a softmax of one output is 1, whatever it is of"),
        ("cross_entropy", "logistic", [[0, 1]], "cross_entropy expects a softmax output, the network has logistic"),
        ("binary_cross_entropy", "logistic", [[0], [2]], "expects targets 0 or 1, row 2 is [2.0]"),
        ("binary_cross_entropy", "logistic", [[0.5]], "row 1 is [0.5]; fine, if they are meant as probabilities"),
        ("binary_cross_entropy", "softmax", [[0, 1]], "expects a logistic output, the network has softmax"),
        ("binary_cross_entropy", "tanh", [[1]], "expects a logistic output, the network has tanh"),
        ("max_margin", "identity", [[1], [0]], "max_margin expects targets −1 or 1, row 2 is [0.0]"),
        ("max_margin", "logistic", [[1], [-1]], "expects an output that reaches −1 and 1, the network has logistic"),
        ("max_margin", "relu", [[1], [-1]], "expects an output that reaches −1 and 1, the network has relu"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(loss, output, Y, says):
    (sentence,) = misfits(loss, output, Y)
    assert says in sentence
    assert ("fine" in sentence) == ("fine" in says)


def test_a_loss_of_ones_own_under_the_name_of_ours_gets_no_advice():
    def max_margin(y, a):
        return cross_entropy(y, a)

    assert misfits(max_margin, "softmax", ONE_HOT) == []


def test_fit_warns_where_it_is_called_and_trains_all_the_same():
    mlp = MLP(2, [3], "tanh", "logistic", rng=0)
    before = mlp.theta
    with pytest.warns(UserWarning, match="cross_entropy expects") as caught:
        fit(mlp, np.ones((3, 2)), ONE_HOT * 0.5, loss="cross_entropy", epochs=1)
    assert [str(w.message).split(",")[0] for w in caught] == [
        "cross_entropy expects a softmax output",
        "cross_entropy expects one-hot targets",
    ]
    assert {w.filename for w in caught} == {__file__}
    assert not np.array_equal(mlp.theta, before)


@pytest.mark.parametrize("loss", ["half_squared_error", "max_margin"])
@pytest.mark.parametrize("P", [1, 3])
def test_an_answer_is_the_class_whose_targets_are_nearest(loss, P):
    labels = Labels.of(["a", "b", "c"][: max(P, 2)], P, loss)
    outputs = np.random.default_rng(0).normal(size=(50, P))
    distances = ((outputs[:, None, :] - labels.codes) ** 2).sum(axis=2)
    assert labels.read(outputs).tolist() == [labels.names[k] for k in distances.argmin(axis=1)]


def test_many_answers_among_many_classes_need_no_array_of_all_distances_by_output():
    M, C = 1000, 100
    labels, outputs = Labels(tuple(map(str, range(C))), np.eye(C)), np.zeros((M, C))
    tracemalloc.start()
    try:
        labels.read(outputs)
        assert (
            tracemalloc.get_traced_memory()[1] < 8 * M * C * 10
        )  # bytes, where M · C · C numbers have 100 times as many
    finally:
        tracemalloc.stop()


def test_outputs_that_are_not_finite_are_nearest_to_no_class():
    network = MLP(1, [2], output="softmax", rng=0)
    fit(network, [[-1.0], [1.0]], ["cold", "hot"], loss="cross_entropy", epochs=1, rng=0)
    X = [[0.0], [float("nan")]]
    with pytest.raises(ValueError, match="the outputs for row 2 are not finite, so that no class is nearest"):
        predict(network, X)
    assert np.isnan(predict(network, X, outputs=True)[1]).all()
