"""Model files: whole or not at all, and nothing foreign is believed."""

import contextlib
import dataclasses
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_scalar import MLP
from tinygrad_scalar.data import DataSet, Standardisation
from tinygrad_scalar.data.encoding import Encoding
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.training import learn, predict, prepare
from tinygrad_scalar.training.models import Model, load, replacing, save

NORMAL = Standardisation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5, 2.0]))
MODEL = Model(
    MatrixMLP.from_scalar(MLP(3, [4, 2], "relu", "softmax", rng=0)),
    NORMAL,
    ("cat", "Düsseldorf <b>"),
    "cross_entropy",
    ("weight", "Größe", "x, y"),
    "kind",
)
REGRESSION = Model(
    MatrixMLP.from_scalar(MLP(3, [4, 1], "tanh", rng=1)),
    NORMAL,
    (),
    "half_squared_error",
    target="4",
    target_standardisation=Standardisation(np.array([100.0]), np.array([25.0])),
)
X = np.random.default_rng(0).normal(size=(5, 3))
ENCODED = ("levels", "level_counts", "medians", "gaps")


# Four columns that become eight inputs: a number, one with gaps, a colour with gaps, and texts of one letter.
MIXED = Model(
    MatrixMLP.from_scalar(MLP(8, [3, 2], "relu", "softmax", rng=2)),
    Standardisation(np.arange(8.0), np.arange(1.0, 9.0)),
    ("no", "yes"),
    "cross_entropy",
    ("age", "height", "colour", "size"),
    "comes",
    encoding=Encoding(
        ((), (), ("rot", "grün"), ("L", "S")), np.array([40.0, 1.7, 0.0, 0.0]), np.array([False, True, True, False])
    ),
)


@pytest.mark.parametrize("model", [MODEL, REGRESSION, MIXED])
def test_a_model_comes_back_bit_for_bit(tmp_path, model):
    X = np.random.default_rng(0).integers(-1, 2, size=(5, len(model.encoding.levels))).astype(float)
    X[0] = np.nan if model is MIXED else 0.0
    save(tmp_path / "model.npz", model)
    back = load(tmp_path / "model.npz")
    assert np.array_equal(back.network.theta, model.network.theta)
    assert back.network.activations == model.network.activations
    assert np.array_equal(back.standardisation.mean, model.standardisation.mean)
    assert np.array_equal(back.standardisation.scale, model.standardisation.scale)
    for name in ("classes", "loss", "columns", "target", "task"):
        assert getattr(back, name) == getattr(model, name)
    assert back.encoding.levels == model.encoding.levels
    assert np.array_equal(back.encoding.gaps, model.encoding.gaps)
    assert back.inputs == model.inputs
    assert back.table(X) == model.table(X)
    assert os.listdir(tmp_path) == ["model.npz"]


def test_a_model_names_the_inputs_that_its_columns_become():
    assert MIXED.inputs == ("age", "height", "height missing", "colour = rot", "colour = grün", "colour missing",
                            "size = L", "size = S")  # fmt: skip
    assert MODEL.inputs == MODEL.columns


def test_a_file_of_format_2_is_read_and_knows_no_gaps(tmp_path):
    save(tmp_path / "model.npz", MODEL)
    with np.load(tmp_path / "model.npz") as file:
        arrays = {name: file[name] for name in file.files if name not in ENCODED}
    arrays["format"] = np.array("tinygrad_scalar model 2")
    np.savez(tmp_path / "old.npz", **arrays)
    old = load(tmp_path / "old.npz")
    assert old.table(X) == MODEL.table(X)
    with pytest.raises(ValueError, match="row 1 has no number in column 2, and the model does not know the median"):
        old.outputs([[1.0, np.nan, 2.0]])
    save(tmp_path / "new.npz", old)
    assert load(tmp_path / "new.npz").table(X) == MODEL.table(X)
    np.savez(tmp_path / "both.npz", **arrays | {"gaps": np.zeros(3)})
    with pytest.raises(ValueError, match="it has gaps, for 2 layers"):
        load(tmp_path / "both.npz")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"gaps": np.zeros(3)}, "do not fit each other"),
        ({"gaps": np.full(4, 0.5)}, "do not fit each other"),
        ({"medians": np.zeros(5)}, "do not fit each other"),
        ({"medians": np.full(4, np.nan)}, "not finite"),
        ({"level_counts": np.array([0.0, 0.0, 1.5, 2.5])}, "do not fit each other"),
        ({"level_counts": np.array([0.0, 0.0, -1.0, 5.0])}, "do not fit each other"),
        ({"level_counts": np.array([0.0, 0.0, 2.0, 1.0])}, "4 levels do not fit 4 columns"),
        ({"level_counts": np.array([0.0, 0.0, 4.0, 4.0])}, "4 levels do not fit 4 columns"),
        ({"levels": np.array(["rot", "rot", "L", "S"])}, "or one is there twice"),
        ({"gaps": np.ones(4)}, "the columns become 10 inputs, the network has 8"),
        ({"level_counts": np.float64(4.0), "gaps": np.float64(0.0)}, "do not fit each other"),
        ({"level_counts": np.zeros(0), "gaps": np.zeros(0)}, "do not fit"),
    ],
)
def test_an_encoding_that_does_not_fit_is_refused_with_the_reason(tmp_path, change, says):
    save(tmp_path / "model.npz", MIXED)
    with np.load(tmp_path / "model.npz") as file:
        arrays = dict(file) | change
    np.savez(tmp_path / "model.npz", **arrays)
    with pytest.raises(ValueError, match=says):
        load(tmp_path / "model.npz")


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
        ({"activations": np.array(["relu", "softmax", "tanh"])}, "it has no W3, for 3 layers"),
        ({"W1": np.ones((4, 3), dtype=complex)}, "holds an array of complex128"),
        ({"mean": np.ones(5)}, "the normalisation does not fit 3 inputs"),
        ({"scale": np.zeros(3)}, "the normalisation does not fit 3 inputs"),
        ({"mean": np.array(["a", "b", "c"])}, "damaged"),
        ({"classes": np.array(["a"])}, "1 classes do not fit 2 outputs"),
        ({"classes": np.array(["a", "a"])}, "a name is there twice: a, a"),
        ({"classes": np.array([], dtype="U1")}, "the target_normalisation does not fit 1 targets"),
        ({"columns": np.array(["a", "b"])}, "2 names of columns do not fit 3 columns"),
        ({"columns": np.array(["a", "b", "a"])}, "a name is there twice: a, b, a"),
        ({"columns": np.array([1.0, 2.0, 3.0])}, "it has no columns in text"),
        ({"classes": np.array(["a", "\udc80"])}, "surrogates not allowed"),
        ({"target": np.array([], dtype="U1")}, "damaged"),
        ({"W1": np.ones((4, 3), dtype=np.float32)}, "W1 holds no 64-bit floats"),
        ({"W1": np.ones((4, 3), dtype=">f8")}, "W1 holds no 64-bit floats"),
        ({"W1": np.ones((4, 3), dtype=int)}, "W1 holds no 64-bit floats"),
        ({"W1": np.ones((4, 0)), "mean": np.ones(0), "scale": np.ones(0)}, "no neurons or no inputs"),
        ({"W1": np.ones((0, 3)), "b1": np.ones(0), "W2": np.ones((2, 0))}, "no neurons or no inputs"),
        ({"extra": np.ones(3)}, "it has extra, for 2 layers"),
        ({"W3": np.ones((3, 3))}, "it has W3, for 2 layers"),
        ({"format": np.array("tinygrad_scalar model 1")}, "it is of an earlier version, train it again"),
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


@pytest.mark.parametrize("name", ["format", "activations", "W1", "b2", "mean", "scale", "classes", "loss", "columns",
                                  "target", "target_mean", *ENCODED])  # fmt: skip
def test_a_file_without_one_of_its_arrays_is_refused(tmp_path, name):
    path = tmp_path / "model.npz"
    save(path, MODEL)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files if key != name}
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="does not say" if name == "format" else f"it has no {name}"):
        load(path)


def npy(header, body=b""):
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", "claims the shape"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1000000000000)}", "claims the shape"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "claims the shape"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': ()}", "array of object"),
        ("{'descr': '<U4000000000', 'fortran_order': False, 'shape': (1,)}", "is no model file"),
        ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", "is no model file"),
        ("(" * 9000, "is no model file"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 5000 + ",)}", "is no model file"),
    ],
)
def test_an_array_that_claims_what_it_has_not_is_refused_before_it_takes_memory(tmp_path, header, says):
    path = tmp_path / "model.npz"
    save(path, MODEL)
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, npy(header, b"\0" * 8) if name == "W1.npy" else content)
    tracemalloc.start()
    with pytest.raises(ValueError, match=says):
        load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_a_small_file_never_becomes_a_large_one(tmp_path):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("W1.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (12500000,)}", bytes(10**8)))
    assert path.stat().st_size < 200_000
    with pytest.raises(ValueError, match="it claims to hold 1000000\\d\\d bytes and has"):
        load(path)


def test_two_arrays_of_one_name_are_refused(tmp_path):
    path = tmp_path / "model.npz"
    save(path, MODEL)
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("W1.npy", b"")
    with pytest.raises(ValueError, match="two arrays of one name"):
        load(path)


def test_a_missing_file_is_a_file_not_found_error_and_a_folder_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no model file "):
        load(tmp_path / "nothing.npz")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)


def test_what_could_not_be_read_is_not_written(tmp_path):
    for wrong in (
        {"classes": ("a", "a")},
        {"columns": ("a", "b")},
        {"loss": "my_loss"},
        {"classes": ()},
        {"standardisation": Standardisation(np.zeros(3), np.zeros(3))},
    ):
        with pytest.raises(ValueError, match=r"twice|do not fit|there is no loss|does not fit"):
            save(tmp_path / "model.npz", dataclasses.replace(MODEL, **wrong))
    assert os.listdir(tmp_path) == []


def unchanged(model):
    """Whether a model is MODEL, to the bit."""
    same = ("classes", "loss", "columns", "target", "task")
    return model.table(X) == MODEL.table(X) and all(getattr(model, name) == getattr(MODEL, name) for name in same)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_file_with_changed_bytes_is_refused_or_the_same_model(tmp_path_factory, changes):
    path = tmp_path_factory.getbasetemp() / "changed.npz"
    save(path, MODEL)
    broken = bytearray(path.read_bytes())
    for at, byte in changes:
        broken[at % len(broken)] = byte
    path.write_bytes(broken)
    with contextlib.suppress(ValueError):
        assert unchanged(load(path))


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(0, 300), st.binary(max_size=20))
def test_a_file_with_a_piece_replaced_is_refused_or_the_same_model(tmp_path_factory, at, length, new):
    path = tmp_path_factory.getbasetemp() / "pieces.npz"
    save(path, MODEL)
    whole = path.read_bytes()
    at %= len(whole)
    path.write_bytes(whole[:at] + new + whole[at + length :])
    with contextlib.suppress(ValueError):
        assert unchanged(load(path))


@settings(deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_are_no_model(tmp_path_factory, content, as_zip):
    path = tmp_path_factory.getbasetemp() / "random.npz"
    if as_zip:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("format.npy", content)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match="is no model file"):
        load(path)


ARRAYS = st.one_of(
    npst.arrays(np.float64, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
    npst.arrays(
        st.sampled_from(["U3", "f4", "i8", "c16", "b1"]), npst.array_shapes(min_dims=0, max_dims=2, max_side=4)
    ),
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["format", "activations", "W1", "b1", "W2", "b2", "mean", "scale", "classes",
       "loss", "columns", "target", "target_mean", "target_scale", "W3", *ENCODED]), ARRAYS, min_size=1, max_size=3))  # fmt: skip
def test_a_file_with_other_arrays_is_refused_or_a_model_that_works(tmp_path_factory, change):
    path = tmp_path_factory.getbasetemp() / "arrays.npz"
    save(path, MODEL)
    with np.load(path) as file:
        arrays = dict(file) | change
    np.savez(path, **arrays)
    try:
        model = load(path)
    except ValueError:
        return
    with contextlib.suppress(ValueError):  # numbers too large for float64
        assert len(model.table(np.zeros((1, 3)))) == 2


# What a model does with people's data.


def test_outputs_are_the_networks_own_on_standardised_inputs():
    inputs = (X - NORMAL.mean) / NORMAL.scale
    np.testing.assert_array_equal(MODEL.outputs(X), predict(MODEL.network, inputs))
    np.testing.assert_array_equal(MODEL.answers(MODEL.outputs(X)), predict(MODEL.network, inputs).argmax(axis=1))
    np.testing.assert_allclose(
        REGRESSION.answers(REGRESSION.outputs(X)), 100.0 + 25.0 * predict(REGRESSION.network, inputs)[:, 0], rtol=1e-14
    )


def test_a_table_of_predictions_says_probability_only_where_it_is_one():
    table = MODEL.table(X)
    assert table[0] == ["prediction", "probability of cat", "probability of Düsseldorf <b>"]
    numbers = np.array([row[1:] for row in table[1:]], dtype=float)
    assert np.array_equal(numbers, MODEL.outputs(X))
    np.testing.assert_allclose(numbers.sum(axis=1), 1.0, rtol=1e-14)
    assert [row[0] for row in table[1:]] == [MODEL.classes[k] for k in numbers.argmax(axis=1)]
    assert REGRESSION.table(X)[0] == ["prediction"]
    hinge = dataclasses.replace(MODEL, loss="max_margin")
    assert hinge.table(X)[0] == ["prediction", "output for cat", "output for Düsseldorf <b>"]


def test_columns_are_matched_by_name_in_any_order_or_by_position_in_the_right_number():
    assert MODEL.match(("kind", "x, y", "Größe", "weight"), 4) == [3, 2, 1]
    assert MODEL.match((), 3) == [0, 1, 2]
    assert REGRESSION.match(("a", "b", "c"), 3) == [0, 1, 2]  # the model has no names
    with pytest.raises(ValueError, match="columns that are missing: weight, x, y"):
        MODEL.match(("Größe", "kind", "Weight"), 3)
    with pytest.raises(ValueError, match="the model takes 3 columns, got 4; without names"):
        MODEL.match((), 4)


def test_examples_are_what_the_network_was_trained_on():
    data = DataSet("pets", X[:, ::-1], np.array([1, 0, 0, 1, 1]), MODEL.classes[::-1], MODEL.columns[::-1], "kind")
    inputs, targets = MODEL.examples(data)
    np.testing.assert_array_equal(inputs, NORMAL(X))
    np.testing.assert_array_equal(targets, np.eye(2)[[0, 1, 1, 0, 0]])
    numbers = DataSet("numbers", X, np.array([100.0, 125.0, 75.0, 100.0, 150.0]))
    assert REGRESSION.examples(numbers)[1].tolist() == [[0.0], [1.0], [-1.0], [0.0], [2.0]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            DataSet("pets", X, np.zeros(5, dtype=int), ("dog",), MODEL.columns),
            "pets has the class dog, the model only cat",
        ),
        (DataSet("pets", X, np.zeros(5)), "the model was trained for classification, pets is for regression"),
        (DataSet("pets", X[:, :2], np.zeros(5, dtype=int), ("cat",)), "the model takes 3 columns, got 2"),
    ],
)
def test_examples_that_do_not_fit_the_model_are_refused(data, says):
    with pytest.raises(ValueError, match=says):
        MODEL.examples(data)


def test_outputs_that_are_not_finite_are_an_error_that_names_the_row():
    large = Model(MatrixMLP([[[1e308, 1e308]]], [[0.0]], ["identity"]), Standardisation.of(X[:, :2]), (), "huber",
                  target_standardisation=Standardisation(np.zeros(1), np.ones(1)))  # fmt: skip
    with pytest.raises(ValueError, match="the outputs for row 1 are not finite"):
        large.outputs([[1e5, 1e5]])


def test_a_file_is_replaced_whole_and_only_if_it_is_a_file(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "old")
    with replacing(tmp_path / "link") as file:
        file.write(b"new")
        assert (tmp_path / "old").read_bytes() == b"old"
    assert (tmp_path / "old").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()
    for special in (tmp_path, "/dev/null"):
        with pytest.raises(ValueError, match="is no regular file"), replacing(special):
            pass
    assert sorted(os.listdir(tmp_path)) == ["link", "old"]


def test_a_table_with_gaps_and_texts_is_trained_on_and_answered_for_as_it_is(tmp_path):
    """The levels and medians are those of the rows to train on; the file keeps them, and other rows are read by them."""
    colours, rng = ("blue", "green", "red"), np.random.default_rng(0)
    data_X = np.column_stack([rng.normal(size=40), np.r_[np.zeros(20), np.ones(19), 2.0]])
    data_X[[3, 8, 21], 0] = np.nan
    data = DataSet("mixed", data_X, np.arange(40) % 2, ("a", "b"), ("size", "colour"), levels=((), colours))
    lesson = next(lesson for lesson in (prepare(data, rng=seed) for seed in range(9)) if 39 in lesson.held_out)
    assert lesson.model.encoding.levels == ((), ("blue", "green"))
    there = data_X[lesson.rows, 0]
    assert lesson.model.encoding.medians[0] == np.median(there[~np.isnan(there)])
    assert "held out, texts that no row to train on has, so 0 for each that one has: colour 1" in lesson.notes()
    learn(lesson)
    save(tmp_path / "model.npz", lesson.model)
    model = load(tmp_path / "model.npz")
    assert np.array_equal(model.answers(model.outputs(model.columns_of(data)[lesson.held_out])), lesson.answers())
    inputs, _ = model.examples(data)
    assert inputs.shape == (40, sum(model.encoding.widths))
    np.testing.assert_allclose(inputs[lesson.rows].mean(axis=0), 0.0, atol=1e-14)


def test_columns_are_found_by_name_and_two_of_one_name_are_refused():
    assert MODEL.match(("x, y", "other", "weight", "other", "Größe"), 5) == [2, 4, 0]
    with pytest.raises(ValueError, match="the model needs one column 'weight', there are 2"):
        MODEL.match(("weight", "x, y", "weight", "Größe"), 4)
    with pytest.raises(ValueError, match="the model takes 3 columns, got 4"):
        MODEL.match((), 4)
