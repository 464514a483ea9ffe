"""The size of arrays whose squares would not fit a float; networks in files."""

import os
import pickle

import mpmath
import numpy as np
import pytest

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.arrays import exponent, norm
from tinygrad_scalar.data import iris
from tinygrad_scalar.training import load, prepare, save


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-200, 1.0, 1e160, 1e307])
def test_the_norm_is_that_of_exact_arithmetic_at_every_size(size):
    x = size * np.array([3.0, -4.0, 12.0])
    exact = float(mpmath.sqrt(sum(mpmath.mpf(float(x_i)) ** 2 for x_i in x)))
    assert norm(x) == pytest.approx(exact, rel=1e-15)


def test_the_norm_of_ordinary_numbers_is_numpys_to_the_bit_and_of_nothing_0():
    x = np.random.default_rng(0).normal(size=(50, 7))
    assert norm(x) == np.linalg.norm(x)
    assert norm([]) == norm([0.0, 0.0]) == 0.0
    assert np.isnan(norm([np.nan, 1.0]))
    assert norm([np.inf, 1.0]) == np.inf


def test_the_exponent_bounds_every_entry_along_an_axis():
    X = np.array([[1e-5, 3e200], [2.0, -1e300]])
    k = exponent(X, axis=0)
    assert (np.abs(X) < np.ldexp(1.0, k)).all()
    assert (np.abs(X).max(axis=0) >= np.ldexp(0.5, k)).all()


def test_a_network_comes_back_bit_for_bit_with_any_row_as_activation(tmp_path):
    mlp = MLP(3, [4, 2, 2], ["sin", "relu"], "softmax", rng=0)
    mlp.theta = mlp.theta * 1e-300
    mlp.save(tmp_path / "mlp.npz")
    back = MLP.load(tmp_path / "mlp.npz")
    assert repr(back) == repr(mlp)
    assert back.theta.tobytes() == mlp.theta.tobytes()
    assert [p.label for p in back.parameters()] == [p.label for p in mlp.parameters()]
    assert os.listdir(tmp_path) == ["mlp.npz"]


def test_frozen_layers_and_shared_weights_come_back_as_numbers_of_their_own(tmp_path):
    mlp = MLP(2, [2, 2], rng=0)
    mlp.layers[1].neurons[1].w[0] = mlp.layers[1].neurons[0].w[0]
    mlp.freeze(1)
    mlp.save(str(tmp_path / "mlp.npz"))
    back = MLP.load(str(tmp_path / "mlp.npz"))
    assert len(back.parameters()) == 12
    assert [v.data for v in back([0.3, -0.7])] == [v.data for v in mlp([0.3, -0.7])]


def test_a_trained_model_is_a_network_too_and_a_network_alone_no_model(tmp_path):
    lesson = prepare(iris(), rng=0)
    save(tmp_path / "model.npz", lesson.model)
    mlp = MLP.load(tmp_path / "model.npz")
    assert mlp.theta.tobytes() == lesson.model.network.theta.tobytes()
    mlp.save(tmp_path / "mlp.npz")
    with pytest.raises(ValueError, match="is no model file: .*; it is a network that MLP.save wrote, and MLP.load"):
        load(tmp_path / "mlp.npz")


def test_what_could_not_be_read_is_not_written_and_the_old_file_stays(tmp_path, monkeypatch):
    mlp, path = MLP(2, [1], rng=0), tmp_path / "mlp.npz"
    mlp.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", lambda file, **arrays: file.write(b"half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mlp.save(path)
    mlp.layers[0].neurons[0].b = Value(float("nan"))
    with pytest.raises(ValueError, match="b1 holds numbers that are not finite"):
        mlp.save(path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        MLP(2, [1]).save(tmp_path / "nowhere" / "mlp.npz")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["mlp.npz"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": np.array("another")}, "is no network file: it does not say 'tinygrad_scalar network 1'"),
        ({"activations": np.array([1.0])}, "damaged network file: it has no activations in text"),
        ({"activations": np.array(["tanh", "evil"])}, "damaged network file: unknown activation 'evil'"),
        ({"activations": np.array(["softmax", "softmax"])}, "softmax belongs to the output layer"),
        ({"activations": np.array(["tanh"] * 3)}, "it has no W3 of 64-bit floats, for 3 layers"),
        ({"W1": np.ones((4, 3), dtype=np.float32)}, "it has no W1 of 64-bit floats"),
        ({"W1": np.ones(3)}, "it has no W1 of 64-bit floats"),
        ({"W1": np.full((4, 3), np.nan)}, "W1 holds numbers that are not finite"),
        ({"W1": np.ones((4, 3))}, "layer 1: W must be"),
        ({"W1": np.ones((2, 0))}, "n_in is a whole number from 1, not 0"),
        ({"b2": np.ones(9)}, "layer 2: W must be"),
    ],
)
def test_a_foreign_or_damaged_network_is_refused_with_the_reason(tmp_path, change, says):
    path = tmp_path / "mlp.npz"
    MLP(3, [2, 2], rng=0).save(path)
    with np.load(path) as file:
        arrays = dict(file) | change
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=says):
        MLP.load(path)


def test_a_truncated_network_and_a_pickle_are_refused(tmp_path):
    path = tmp_path / "mlp.npz"
    MLP(3, [2, 2], rng=0).save(path)
    whole = path.read_bytes()
    for content in (b"", whole[:10], whole[: len(whole) // 2], whole[:-1], pickle.dumps([1.0])):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no network file"):
            MLP.load(path)
