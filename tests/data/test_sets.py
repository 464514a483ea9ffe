"""Data sets, normalisation, splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from tinygrad_scalar.data import (
    DATA_SETS,
    Standardisation,
    balanced_weights,
    diabetes,
    digits,
    moons,
    named_classes,
    one_hot,
    random_split,
    stratified_split,
)

RNG = np.random.default_rng(0)


def test_the_digits_are_scikit_learns():
    data = digits()
    assert data.X.shape == (1797, 64)
    assert np.bincount(data.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


SKLEARN = {
    "breast-cancer": datasets.load_breast_cancer,
    "diabetes": lambda: datasets.load_diabetes(scaled=False),
    "digits": datasets.load_digits,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
}


@pytest.mark.parametrize("name", SKLEARN)
def test_the_bundled_sets_are_scikit_learns_with_their_names(name):
    data, bunch = DATA_SETS[name](), SKLEARN[name]()
    assert np.array_equal(data.X, bunch.data)
    assert np.array_equal(data.targets, bunch.target)
    assert data.columns == tuple(bunch.feature_names)
    assert data.classes == tuple(map(str, getattr(bunch, "target_names", ())))
    assert data.name == name


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_set_is_whole(name):
    data = DATA_SETS[name]()
    assert data.X.dtype == np.float64
    assert data.X.shape == (len(data.targets), len(data.columns))
    if data.task == "classification":
        assert np.unique(data.labels).tolist() == list(range(len(data.classes)))


def test_a_data_set_is_told_in_a_line():
    assert repr(DATA_SETS["iris"]()) == (
        "<DataSet iris: 150 examples of 4 numbers, classification of species: setosa, versicolor, virginica>"
    )
    assert repr(diabetes()) == "<DataSet diabetes: 442 examples of 10 numbers, regression of progression>"


def test_a_regression_has_no_labels():
    with pytest.raises(ValueError, match="diabetes is a regression: it has targets and no labels"):
        _ = diabetes().labels


def test_moons_without_noise_are_two_half_circles():
    data = moons(100, noise=0.0)
    upper, lower = data.X[data.labels == 0], data.X[data.labels == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1.0, rtol=1e-14)
    np.testing.assert_allclose(np.hypot(*(lower - [1.0, 0.5]).T), 1.0, rtol=1e-14)
    assert np.array_equal(moons(51, rng=5).X, moons(51, rng=5).X)
    assert len(moons(51).X) == 51


def test_standardising_is_scikit_learns_and_constant_columns_stay_finite():
    X, new = RNG.normal(3.0, 5.0, size=(20, 4)), RNG.normal(size=(3, 4))
    X[:, 2] = 0.1  # its mean is not exactly 0.1
    ours, theirs = Standardisation.of(X), StandardScaler().fit(X)
    np.testing.assert_allclose(ours(X), theirs.transform(X), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours(new), theirs.transform(new), rtol=1e-12, atol=1e-12)
    assert np.isfinite(ours(np.zeros((1, 4)))).all()
    np.testing.assert_allclose(ours.undo(ours(new)), new, rtol=1e-12, atol=1e-12)


def test_columns_of_any_size_are_standardised_alike():
    """Powers of two change no bit: a column is standardised as the same one times 2ᵏ, to the largest and smallest."""
    X = RNG.normal(3.0, 5.0, size=(20, 4))
    X /= np.abs(X).max() + 1.0
    expected = Standardisation.of(X)
    for k in (-960, -600, 0, 600, 1024):
        ours = Standardisation.of(np.ldexp(X, k))
        assert np.array_equal(ours(np.ldexp(X, k)), expected(X))
        assert np.array_equal(ours.scale, np.ldexp(expected.scale, k))
    widest = [[1.5e308], [-1.5e308]]
    assert Standardisation.of(widest)(widest).tolist() == [[1.0], [-1.0]]


def test_a_column_with_a_number_that_is_not_finite_is_refused_by_name():
    with pytest.raises(ValueError, match="column 2 has no finite standard deviation, it reaches from -inf to 1"):
        Standardisation.of([[1.0, 1.0], [2.0, -np.inf]])
    with pytest.raises(ValueError, match="mass has no finite"):
        Standardisation.of([[1.0, np.nan], [2.0, 1.0]], ["time", "mass"])


@given(st.integers(2, 50), st.floats(0.01, 0.99), st.integers(0, 9))
def test_a_random_split_keeps_every_row_once(n, share, seed):
    train, test = random_split(n, share, rng=seed)
    assert sorted([*train, *test]) == list(range(n))
    assert len(test) == min(max(round(n * share), 1), n - 1)
    assert np.array_equal(random_split(n, share, rng=seed)[0], train)


def test_balanced_weights_are_scikit_learns_and_give_every_class_the_same_weight():
    labels = RNG.choice(4, p=[0.7, 0.2, 0.05, 0.05], size=200)
    weights = balanced_weights(labels)
    np.testing.assert_allclose(weights, compute_sample_weight("balanced", labels), rtol=1e-14)
    np.testing.assert_allclose(np.bincount(labels, weights), 200 / 4, rtol=1e-13)


@given(st.lists(st.integers(0, 3), min_size=8, max_size=200), st.floats(0.05, 0.95), st.integers(0, 9))
def test_a_stratified_split_keeps_every_row_once_and_every_class_in_proportion(labels, share, seed):
    train, test = stratified_split(labels, share, rng=seed)
    assert sorted([*train, *test]) == list(range(len(labels)))
    labels = np.array(labels)
    for label in np.unique(labels):
        n, n_test = (labels == label).sum(), (labels[test] == label).sum()
        assert n_test <= n - 1
        assert abs(n_test - n * share) <= 1
    again = stratified_split(labels, share, rng=seed)
    assert np.array_equal(train, again[0])
    assert np.array_equal(test, again[1])


def test_one_hot_and_back():
    labels = RNG.integers(4, size=20)
    assert np.array_equal(one_hot(labels, 4).argmax(axis=1), labels)
    assert one_hot([0, 1], 5).shape == (2, 5)


@pytest.mark.parametrize("labels", [[0.5, 1.0], [-1, 0], [[0, 1]], ["a"]])
def test_labels_that_are_no_class_numbers_are_refused(labels):
    with pytest.raises(ValueError, match="labels are a flat list of class numbers"):
        one_hot(labels)


def test_a_label_beyond_the_classes_is_refused():
    with pytest.raises(ValueError, match="there are 2 classes, got the label 2"):
        one_hot([0, 2], 2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: Standardisation.of(np.ones((5, 3)))(np.ones((4, 1))), r"for 3 columns, got shape \(4, 1\)"),
        (lambda: stratified_split(np.eye(3), rng=0), "labels are a flat list"),
        (lambda: moons(1), "points two moons have is a whole number from 2, not 1"),
        (lambda: stratified_split([0, 1], 1.5), "the test share lies between 0 and 1"),
        (lambda: random_split(9, 0.0), "the test share lies between 0 and 1"),
        (lambda: random_split(1), "to train and to test with is a whole number from 2, not 1"),
        (lambda: balanced_weights([0.5]), "labels are a flat list"),
        (lambda: Standardisation.of(np.ones((0, 3))), r"one at least, not shape \(0, 3\)"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


def test_texts_are_numbered_and_two_spellings_of_one_text_are_one_class():
    classes, numbers = named_classes(["caf\u00e9", "bar", "cafe\u0301"])
    assert classes == ("bar", "caf\u00e9")
    assert numbers.tolist() == [1, 0, 1]
    assert one_hot(numbers).tolist() == [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    with pytest.raises(ValueError, match="flat list of texts; one is nan"):
        named_classes(["a", float("nan")])
    with pytest.raises(ValueError, match=r"flat list of texts; their shape is \(1, 2\)"):
        named_classes([["a", "b"]])
    with pytest.raises(ValueError, match=r"class numbers 0, 1, 2, …; data\.named_classes numbers texts"):
        one_hot(["a", "b"])


def test_a_standardised_number_comes_back_though_its_product_with_the_scale_is_no_float():
    X = np.array([[1.7e308]] * 9 + [[-1.7e308]])
    ours = Standardisation.of(X)
    np.testing.assert_allclose(ours(X)[-1], -3.0, rtol=1e-14)
    np.testing.assert_allclose(ours.undo(ours(X)), X, rtol=1e-14)
