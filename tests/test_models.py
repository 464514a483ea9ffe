"""Model files: whole or not at all, and nothing foreign is believed."""

import contextlib
import os
import pickle
import random

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.data import Standardisation
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.models import FORMAT, Model, load, save

MODEL = Model(
    MatrixMLP.from_scalar(MLP(3, [4, 2], "relu", "softmax", rng=0)),
    Standardisation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5, 2.0])),
    ("cat", "Düsseldorf <b>"),
    "cross_entropy",
)


def test_a_model_comes_back_bit_for_bit(tmp_path):
    save(tmp_path / "model.npz", MODEL)
    back = load(tmp_path / "model.npz")
    assert np.array_equal(back.network.theta, MODEL.network.theta)
    assert back.network.activations == MODEL.network.activations
    assert np.array_equal(back.standardisation.scale, MODEL.standardisation.scale)
    assert (back.classes, back.loss) == (MODEL.classes, MODEL.loss)
    assert os.listdir(tmp_path) == ["model.npz"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    save(path, MODEL)
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", lambda file, **arrays: file.write(b"half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(path, MODEL)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.npz"]


def test_a_truncated_file_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "model.npz"
    save(path, MODEL)
    whole = path.read_bytes()
    for n in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match="is no model file"):
            load(path)


def test_a_pickle_is_never_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)

    for name, write in (
        ("plain.npz", lambda path: path.write_bytes(pickle.dumps(Bomb()))),
        ("inside.npz", lambda path: np.savez(path, format=np.array([Bomb()], dtype=object))),
    ):
        write(tmp_path / name)
        with pytest.raises(ValueError, match="is no model file"):
            load(tmp_path / name)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": np.array("another")}, "does not say"),
        ({"W2": np.ones((2, 9))}, "layer 2 expects 9 inputs, got 4"),
        ({"b1": np.ones(9)}, "damaged"),
        ({"W1": np.full((4, 3), np.nan)}, "not finite"),
        ({"activations": np.array(["relu", "evil"])}, "no activation in .*evil"),
        ({"activations": np.array(["relu", "softmax", "tanh"])}, "damaged"),
        ({"W1": np.ones((4, 3), dtype=complex)}, "damaged"),
        ({"mean": np.ones(5)}, "the normalisation does not fit 3 inputs"),
        ({"scale": np.zeros(3)}, "the normalisation does not fit 3 inputs"),
        ({"mean": np.array(["a", "b", "c"])}, "damaged"),
        ({"classes": np.array(["a"])}, "1 classes do not fit 2 outputs"),
        ({"loss": np.array("foo")}, "there is no loss 'foo'"),
    ],
)
def test_a_hostile_file_is_refused_with_the_reason(tmp_path, change, says):
    path = tmp_path / "model.npz"
    save(path, MODEL)
    with np.load(path) as file:
        arrays = dict(file) | change
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=says):
        load(path)


def test_a_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.npz")
    assert FORMAT.endswith("1")


def test_a_file_with_flipped_bytes_is_refused_or_read_never_another_error(tmp_path):
    path, rng = tmp_path / "model.npz", random.Random(0)
    save(path, MODEL)
    whole = path.read_bytes()
    for _ in range(500):
        broken = bytearray(whole)
        for _ in range(rng.choice([1, 1, 8])):
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        with contextlib.suppress(ValueError):
            load(path)
