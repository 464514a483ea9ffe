"""fit: what it promises to people who train with it."""

import os
import re
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.data import Standardisation, digits, moons, one_hot, stratified_split
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import ROUTES, Objective
from tinygrad_scalar.optimizers import (
    IDBD,
    Adam,
    GradientDescent,
    LevenbergMarquardt,
    Momentum,
    Newton,
    OnlineLBFGS,
    RProp,
    SciPy,
)
from tinygrad_scalar.training import DivergenceError, History, accuracy, fit, predict

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 3)), np.eye(2)[RNG.integers(2, size=12)]


def network(seed=0):
    return MLP(3, [4, 2], "tanh", "softmax", rng=seed)


@pytest.mark.parametrize("batch_size", [None, 5, 1])
def test_all_routes_walk_the_same_path(batch_size):
    paths = []
    for route in ROUTES:
        mlp = network()
        fit(mlp, X, Y, loss="cross_entropy", epochs=3, batch_size=batch_size, route=route, l2=0.5, rng=1)
        paths.append(mlp.theta)
    for path in paths[1:]:
        np.testing.assert_allclose(path, paths[0], rtol=1e-11, atol=1e-14)


def test_full_batch_training_is_the_optimisers_own_iteration():
    mlp = network()
    theta, optimizer, objective = mlp.theta, Momentum(0.1, 0.9), Objective(mlp, X, Y, "cross_entropy")
    for _ in range(7):
        theta = optimizer.step(objective, theta)
    history = fit(mlp, X, Y, loss="cross_entropy", optimizer=Momentum(0.1, 0.9), epochs=7, batch_size=None)
    assert np.array_equal(mlp.theta, theta)
    assert len(history) == 7
    assert history.E[-1] == pytest.approx(
        objective.value(theta), rel=1e-14
    )  # without a backward pass E may be rounded otherwise


def test_the_same_seed_repeats_to_the_bit_and_another_does_not():
    runs = []
    for seed in (3, 3, 4):
        mlp = network()
        runs.append((fit(mlp, X, Y, loss="cross_entropy", epochs=4, batch_size=5, rng=seed), mlp.theta))
    assert runs[0][0] == runs[1][0]
    assert np.array_equal(runs[0][1], runs[1][1])
    assert not np.array_equal(runs[0][1], runs[2][1])


def test_every_epoch_sees_every_example_once(monkeypatch):
    seen = []
    batch = Objective.batch
    monkeypatch.setattr(Objective, "batch", lambda self, rows: seen.append(list(rows)) or batch(self, rows))
    fit(network(), X, Y, loss="cross_entropy", epochs=2, batch_size=5, rng=0)
    assert [len(rows) for rows in seen] == [5, 5, 2, 5, 5, 2]
    for epoch in (seen[:3], seen[3:]):
        assert sorted(row for rows in epoch for row in rows) == list(range(12))
    assert seen[0] != seen[3]


def test_with_a_validation_set_the_best_theta_is_kept():
    mlp = network()
    validation = RNG.normal(size=(6, 3)), np.eye(2)[RNG.integers(2, size=6)]
    history = fit(mlp, X, Y, loss="cross_entropy", epochs=60, batch_size=4, validation=validation, rng=0)
    assert min(history.validation_E) < history.validation_E[-1]  # it overfits
    assert Objective(mlp, *validation, "cross_entropy").value(mlp.theta) == min(history.validation_E)


def test_history_starts_before_training_and_is_written_as_csv(tmp_path):
    mlp = network()
    E_0, _ = Objective(mlp, X, Y, "cross_entropy")(mlp.theta)
    history = fit(mlp, X, Y, loss="cross_entropy", epochs=3, rng=0)
    assert history.E[0] == E_0
    assert len(history.E) == len(history.accuracy) == 4
    history.save(tmp_path / "history.csv")
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,E,accuracy,gradient_norm_1,gradient_norm_2,step_sizes"
    assert lines[1].startswith(f"0,{E_0}")
    assert len(lines) == 5
    assert len(History()) == 0


def test_a_history_is_written_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    history, path = History(E=[0.7, 0.4], step_sizes=[0.0, 0.1]), tmp_path / "history.csv"
    history.save(path)
    assert path.read_bytes() == b"epoch,E,step_sizes\n0,0.7,0.0\n1,0.4,0.1\n"

    def full(handle):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        History(E=[0.7]).save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["history.csv"]
    assert path.read_bytes().endswith(b"1,0.4,0.1\n")


@pytest.mark.parametrize("route", ROUTES)
def test_divergence_stops_names_the_layer_and_keeps_the_last_good_parameters(route):
    mlp = MLP(3, [4, 2], "identity", rng=0)
    with pytest.raises(
        DivergenceError, match=r"the loss of layer 2's outputs is not finite, they reach .*; try a smaller"
    ):
        fit(
            mlp, X, Y, loss="squared_error", optimizer=GradientDescent(1e6), epochs=50, batch_size=4, route=route, rng=0
        )
    _, gradient = Objective(mlp, X, Y, "squared_error").batch([0])(mlp.theta)
    assert np.isfinite(mlp.theta).all()
    assert np.isfinite(gradient).all()


def test_divergence_names_the_first_layer_on_the_way_up_or_back():
    mlp = MLP(1, [1, 1, 1], "identity", rng=0)
    mlp.theta = [1.0, 0.0, 1e200, 0.0, 1e200, 0.0]
    with pytest.raises(DivergenceError, match="layer 3 is the first whose pre-activations z are not finite"):
        fit(mlp, [[1.0]], [0.0], loss="absolute_error", epochs=1)
    mlp.theta = [1e-300, 0.0, 1e200, 0.0, 1e200, 0.0]
    with pytest.raises(DivergenceError, match="on the way back layer 1 is the first whose δ are not finite"):
        fit(mlp, [[1.0]], [0.0], loss="absolute_error", epochs=1)
    assert mlp.theta.tolist() == [1e-300, 0.0, 1e200, 0.0, 1e200, 0.0]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["X", "Y"])
@pytest.mark.parametrize("batch_size", [None, 5])
def test_a_number_that_is_not_finite_is_named_by_row_and_column_before_anything_is_learned(value, name, batch_size):
    mlp, broken = network(), {"X": X.copy(), "Y": Y.copy()}
    broken[name][3, 1] = value
    theta = mlp.theta
    with pytest.raises(DivergenceError, match=f"^{name} holds {value} in row 4, column 2, counted from 1; write a fin"):
        fit(mlp, broken["X"], broken["Y"], loss="squared_error", epochs=2, batch_size=batch_size, rng=0)
    assert np.array_equal(mlp.theta, theta)


def test_progress_is_a_bar_a_function_or_nothing(capsys):
    epochs = []
    fit(network(), X, Y, loss="cross_entropy", epochs=3, progress=lambda history: epochs.append(len(history)), rng=0)
    assert epochs == [1, 2, 3]
    fit(network(), X, Y, loss="cross_entropy", epochs=3, rng=0)
    assert capsys.readouterr() == ("", "")
    fit(network(), X, Y, loss="cross_entropy", epochs=3, progress=True, rng=0)
    bar = capsys.readouterr().err
    assert "epoch 3/3, E " in bar
    assert "accuracy " in bar


def test_a_matrix_network_trains_too():
    scalar, matrix = network(), MatrixMLP.from_scalar(network())
    for net in (scalar, matrix):
        fit(net, X, Y, loss="cross_entropy", epochs=3, route="matrix", rng=0)
    assert np.array_equal(scalar.theta, matrix.theta)


def test_the_scalar_route_learns_the_moons():
    data = moons(200, rng=0)
    train, test = stratified_split(data.labels, rng=0)
    mlp = MLP(2, [8, 1], "tanh", "logistic", rng=0)
    fit(mlp, data.X[train], data.labels[train], loss="binary_cross_entropy", optimizer=Momentum(0.3), epochs=40,
        batch_size=16, route="scalar", rng=0)  # fmt: skip
    assert accuracy(predict(mlp, data.X[test]), data.labels[test, None].astype(float), "binary_cross_entropy") >= 0.95


@pytest.mark.slow
def test_the_matrix_route_learns_the_digits_as_the_command_line_does():
    data = digits()
    train, test = stratified_split(data.labels, rng=0)
    inputs, targets = Standardisation.of(data.X[train])(data.X), one_hot(data.labels)
    mlp = MLP(64, [32, 10], "tanh", "softmax", rng=0)
    fit(mlp, inputs[train], targets[train], loss="cross_entropy", epochs=20, l2=1.0, rng=0)
    assert accuracy(predict(mlp, inputs[test]), targets[test], "cross_entropy") >= 0.95


def test_accuracy_knows_one_hot_binary_and_margin_targets_and_no_regression():
    outputs, targets = np.array([[0.2, 0.8], [0.6, 0.4]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    assert accuracy(outputs, targets, "half_squared_error") == 0.5
    assert accuracy(np.array([[0.4], [-0.1]]), np.array([[1.0], [-1.0]]), "max_margin") == 1.0
    assert accuracy(np.array([[0.4], [0.6]]), np.array([[1.0], [1.0]]), "binary_cross_entropy") == 0.5
    assert np.isnan(accuracy(np.array([[0.4], [0.6]]), np.array([[1.3], [1.0]]), "squared_error"))


@pytest.mark.parametrize("targets", [[[1.0, 1.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 1.0]]])
def test_several_labels_of_an_example_are_counted_one_by_one(targets):
    outputs, targets = np.array([[0.9, 0.8], [0.1, 0.2]]), np.array(targets)
    right = [(a > 0.5) == (y == 1.0) for a, y in zip(outputs.ravel(), targets.ravel(), strict=True)]
    assert accuracy(outputs, targets, "binary_cross_entropy") == sum(right) / 4
    margins = accuracy(2 * outputs - 1, 2 * targets - 1, "max_margin")
    assert margins == sum(right) / 4
    assert np.isnan(accuracy(outputs, targets, "half_squared_error"))


def test_the_largest_output_decides_where_the_targets_name_one_class():
    outputs, one_hot = np.array([[0.9, 0.8], [0.1, 0.2]]), np.eye(2)
    assert accuracy(outputs, one_hot, "binary_cross_entropy") == 1.0
    assert accuracy(outputs, 2 * one_hot - 1, "max_margin") == 1.0
    assert accuracy(outputs, np.array([[0.4, 0.6], [0.4, 0.6]]), "cross_entropy") == 0.5  # distributions
    assert np.isnan(accuracy(outputs, np.array([[0.5, 0.5], [0.4, 0.6]]), "cross_entropy"))

    def cross_entropy(y, a):
        return a[0]

    assert np.isnan(accuracy(outputs, np.array([[0.4, 0.6], [0.4, 0.6]]), cross_entropy))  # not ours


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"epochs": -1}, "epochs is a whole number from 0, not -1"),
        ({"epochs": 2.0}, "epochs is a whole number from 0, not 2.0"),
        ({"batch_size": 0}, "batch_size is a whole number from 1, not 0"),
        ({"batch_size": 2.5}, "batch_size is a whole number from 1, not 2.5"),
        ({"patience": 0, "validation": (X, Y)}, "patience is a whole number from 1, not 0"),
    ],
)
def test_senseless_settings_are_refused(how, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        fit(network(), X, Y, loss="cross_entropy", **how)


def test_numpys_whole_numbers_are_whole_numbers():
    histories = [
        fit(network(), X, Y, loss="cross_entropy", epochs=kind(3), batch_size=kind(5), rng=0)
        for kind in (int, np.int64)
    ]
    assert len(histories[0]) == 3
    assert histories[0] == histories[1]


def squares(y, a):
    """A loss of one's own that insists on Values."""
    return sum(((a_i - y_i) ** 2 for y_i, a_i in zip(y, a, strict=True)), Value(0.0) * a[0].tanh())


@pytest.mark.parametrize("route", ["scalar", "replay"])
def test_the_divergence_of_a_loss_of_ones_own_is_one_too(route):
    mlp = MLP(3, [4, 2], "identity", rng=0)
    says = "training diverged: (the loss or its derivative is not finite|layer 1 is the first)"
    with pytest.raises(DivergenceError, match=says):
        fit(mlp, X, Y, loss=squares, optimizer=GradientDescent(1e6), epochs=50, batch_size=4, route=route, rng=0)
    assert np.isfinite(Objective(mlp, X, Y, "squared_error").value(mlp.theta))


def test_the_divergence_of_a_network_that_only_the_scalar_side_knows_is_one_too():
    mlp = MLP(3, [4, 2], "sin", "identity", rng=0)
    mlp.theta = np.full(26, 1e200)
    with pytest.raises(DivergenceError, match="training diverged: the loss or its derivative is not finite"):
        fit(mlp, X, Y, loss="squared_error", epochs=1, route="scalar", rng=0)


@pytest.mark.parametrize(("batch_size", "rate", "first"), [(None, 1e5, 0), (1, 1e50, 1)])  # E too large; overflow
def test_nesterov_diverges_and_leaves_an_iterate_and_no_look_ahead(batch_size, rate, first):
    class Told(Momentum):
        def step(self, objective, theta):
            iterates.append(np.copy(theta))
            return super().step(objective, theta)

    iterates, mlp = [], MLP(3, [4, 2], "identity", rng=0)
    with pytest.raises(DivergenceError):
        fit(
            mlp,
            X,
            Y,
            loss="squared_error",
            optimizer=Told(rate, nesterov=True),
            epochs=50,
            batch_size=batch_size,
            rng=0,
        )
    assert len(iterates) == 2 * first + 1
    assert np.array_equal(mlp.theta, iterates[first])


METHODS = ["L-BFGS-B", "CG", "Newton-CG", "trust-ncg", "trust-exact", "lm", "Nelder-Mead"]


@pytest.mark.parametrize("method", METHODS)
def test_a_nan_is_an_error_with_scipys_methods_too_before_they_start(method):
    broken, mlp = X.copy(), MLP(3, [1], rng=0)
    broken[3, 1] = np.nan
    theta = mlp.theta
    with pytest.raises(DivergenceError, match="X holds nan in row 4, column 2"):
        fit(mlp, broken, Y[:, :1], loss="half_squared_error", optimizer=SciPy(method), epochs=3, batch_size=None)
    assert np.array_equal(mlp.theta, theta)
    untrained = fit(
        mlp, broken, Y[:, :1], loss="half_squared_error", optimizer=SciPy(method), epochs=0, batch_size=None
    )
    assert np.isnan(untrained.E[0])


def test_what_scipy_returns_is_looked_at_too():
    class Lost(SciPy):
        def minimise(self, objective, theta, iterations, callback):
            callback(theta - 0.01 * objective(theta)[1])
            return np.full(len(theta), np.nan)

    mlp = MLP(3, [1], rng=0)
    with pytest.raises(DivergenceError, match="layer 1 is the first"):
        fit(mlp, X, Y[:, :1], loss="half_squared_error", optimizer=Lost(), epochs=3, batch_size=None)
    assert np.isfinite(mlp.theta).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_network_gets_what_scipy_has_found(method):
    mlp, found = MLP(3, [1], rng=0), SciPy(method, options={} if method == "lm" else {"maxiter": 400})
    objective = Objective(mlp, X, Y[:, :1], "half_squared_error")
    theta = found.minimise(objective, mlp.theta, 400)
    history = fit(mlp, X, Y[:, :1], loss="half_squared_error", optimizer=found, epochs=400, batch_size=None)
    assert np.array_equal(mlp.theta, theta)
    assert history.E[-1] == pytest.approx(objective(theta)[0], rel=1e-14)


OURS = {
    "GradientDescent": GradientDescent(0.1),
    "Nesterov": Momentum(0.1, 0.9, nesterov=True),
    "Adam": Adam(0.1),
    "RProp": RProp(),
    "OnlineLBFGS": OnlineLBFGS(),
    "Newton": Newton(),
    "LevenbergMarquardt": LevenbergMarquardt(),
    "IDBD": IDBD(),
}


@pytest.mark.parametrize("optimizer", OURS)
def test_no_gradient_of_the_full_batch_is_taken_twice_and_nothing_changes(monkeypatch, optimizer):
    asked, call, mlp = [], Objective.__call__, MLP(3, [4, 2], "tanh", rng=0)
    theta, objective = mlp.theta, Objective(mlp, X, Y, "half_squared_error")
    for _ in range(10):
        theta = OURS[optimizer].step(objective, theta)
    with monkeypatch.context() as patch:
        patch.setattr(Objective, "__call__", lambda self, theta: asked.append(theta.tobytes()) or call(self, theta))
        fit(mlp, X, Y, loss="half_squared_error", optimizer=OURS[optimizer], epochs=10, batch_size=None, rng=0)
    assert np.array_equal(mlp.theta, theta)
    if optimizer in ("GradientDescent", "Adam", "RProp"):
        assert len(asked) == 11
    assert all(one != two for one, two in pairwise(asked))


def test_an_optimiser_that_writes_into_its_gradient_does_not_spoil_the_next_one():
    class Careless(GradientDescent):
        def update(self, objective, theta, t):
            _, g = objective(theta)
            g *= 0.1
            return theta - objective(theta)[1] * 0.1, {"t": t + 1}

    one, two = network(), network()
    fit(one, X, Y, loss="cross_entropy", optimizer=Careless(), epochs=3, batch_size=None)
    fit(two, X, Y, loss="cross_entropy", optimizer=GradientDescent(0.1), epochs=3, batch_size=None)
    assert np.array_equal(one.theta, two.theta)


def test_a_nan_in_the_validation_set_is_an_error_and_not_a_silent_return_to_the_start():
    held_out = X[:5].copy()
    held_out[0, 0] = np.nan
    with pytest.raises(DivergenceError, match="on the validation set, X holds nan in row 1, column 1, "):
        fit(network(), X, Y, loss="cross_entropy", epochs=2, validation=(held_out, Y[:5]), rng=0)


@pytest.mark.parametrize("route", [None, "scalar"])
def test_a_network_that_only_the_scalar_side_knows_trains_and_predicts_by_scalars(route):
    mlp = MLP(3, [4, 2], "sin", "softmax", rng=0)
    history = fit(mlp, X, Y, loss="cross_entropy", epochs=5, route=route, rng=0)
    assert history.E[-1] < history.E[0]
    np.testing.assert_array_equal(predict(mlp, X), [[a.data for a in mlp(x)] for x in X])
    with pytest.raises(ValueError, match="no σ and σ′ of 'sin'"):
        fit(mlp, X, Y, loss="cross_entropy", epochs=5, route="matrix", rng=0)


def test_predict_speaks_of_rows():
    with pytest.raises(ValueError, match=r"one example a row, M × 2; got shape \(1, 3\)"):
        predict(MLP(2, [1]), [[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match=r"one example a row, M × 2; got shape \(2,\)"):
        predict(MLP(2, [1]), [1.0, 2.0])


@pytest.mark.parametrize("optimizer", ["GradientDescent(1000.0)", "SciPy"])
def test_an_e_that_is_finite_and_a_thousand_times_that_of_the_start_is_divergence(optimizer):
    mlp, theta = network(), network().theta
    if optimizer == "SciPy":  # its line search never lets E rise
        history = fit(mlp, X, Y, loss="cross_entropy", optimizer=SciPy("CG"), epochs=5, batch_size=None, l2=1.0)
        assert history.E[-1] < history.E[0]
        return
    with pytest.raises(
        DivergenceError, match=r"E is \d\.\d+e\+\d+ after epoch 1, it was .* at the start; .* such as 1e\+02"
    ):
        fit(mlp, X, Y, loss="cross_entropy", optimizer=GradientDescent(1000.0), epochs=5, batch_size=4, l2=1.0, rng=0)
    assert np.array_equal(mlp.theta, theta)  # that of the epoch before


def test_an_optimizer_may_be_named_and_a_class_or_anything_else_is_refused_with_what_to_write():
    one, two = network(), network()
    fit(one, X, Y, loss="cross_entropy", optimizer="adam", epochs=3, rng=0)
    fit(two, X, Y, loss="cross_entropy", optimizer=Adam(), epochs=3, rng=0)
    assert np.array_equal(one.theta, two.theta)
    for wrong, kind, sentence in (
        (Adam, TypeError, r"the optimizer is a class, and an object is wanted: write Adam\(\), or a name"),
        ("Adagrad", ValueError, "unknown optimizer 'Adagrad'; there are gradient-descent, momentum"),
        (0.1, TypeError, "not 0.1; the names are gradient-descent, momentum"),
    ):
        with pytest.raises(kind, match=sentence):
            fit(network(), X, Y, loss="cross_entropy", optimizer=wrong)


@pytest.mark.parametrize("validation", [0.2, X, (X, Y, Y)])
def test_a_validation_set_that_is_no_pair_is_refused_with_what_splits_the_rows(validation):
    with pytest.raises(TypeError, match=r"validation is a pair \(X, Y\).*data\.random_split\(len\(X\), 0\.2, rng=0\)"):
        fit(network(), X, Y, loss="cross_entropy", validation=validation)


def test_texts_and_sparse_matrices_are_refused_with_what_to_write():
    with pytest.raises(ValueError, match=r"Y holds the text 'no', .*data\.named_classes .*data\.one_hot"):
        fit(MLP(3, [1], output="logistic"), X, [["no"], ["yes"]] * 6, loss="binary_cross_entropy")
    with pytest.raises(ValueError, match="X holds the text 'red'"):
        predict(MLP(2, [1]), [[1.0, "red"]])
    for call in (lambda S: fit(network(), S, Y, loss="cross_entropy"), lambda S: predict(network(), S)):
        with pytest.raises(TypeError, match=r"X is a sparse csr_array, .* write X\.toarray\(\)"):
            call(csr_array(X))


def test_a_history_says_that_e_was_still_falling():
    falling = [1.0 / (k + 1) for k in range(31)]
    assert History(E=falling, accuracy=[0.5] * 31).falling
    assert repr(History(E=falling, accuracy=[0.5] * 31)) == (
        "History(30 epochs, E 1 → 0.03226, accuracy 0.5, E was still falling)"
    )
    assert History(E=falling, accuracy=[float("nan")] * 31).falling  # a regression
    for done in (
        History(E=falling, accuracy=[1.0] * 31),
        History(E=[*falling[:-2], falling[-2], falling[-2]], accuracy=[0.5] * 31),  # one of the last three did not fall
        History(E=[1.0 - 1e-4 * k for k in range(31)], accuracy=[0.5] * 31),  # by 0.03 % only
        History(E=falling, accuracy=[0.5] * 31, validation_E=falling[::-1]),
        History(E=[1.0, 0.5]),
        History(),
    ):
        assert not done.falling
        assert "falling" not in repr(done)


def test_of_xor_with_the_defaults_a_history_says_right_or_still_falling():
    """Of 30 seeds 14 and 16; a network of four neurons may also stand on a plateau, which its accuracy shows."""
    said = []
    for seed in range(10):
        mlp = MLP(2, [8, 1], output="logistic", rng=seed)
        history = fit(mlp, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], loss="binary_cross_entropy", rng=seed)
        said.append((history.accuracy[-1] == 1.0, history.falling))
    assert {*said} == {(True, False), (False, True)}
