"""Data sets, normalisation, splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as sklearn_confusion
from sklearn.preprocessing import StandardScaler

from tinygrad_scalar.data import Standardisation, confusion_matrix, digits, moons, one_hot, stratified_split

RNG = np.random.default_rng(0)


def test_the_digits_are_scikit_learns():
    data = digits()
    assert data.X.shape == (1797, 64)
    assert np.bincount(data.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


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


def test_the_confusion_matrix_is_scikit_learns():
    truth, said = RNG.integers(3, size=50), RNG.integers(3, size=50)
    assert np.array_equal(confusion_matrix(truth, said, 3), sklearn_confusion(truth, said, labels=[0, 1, 2]))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: Standardisation.of(np.ones((5, 3)))(np.ones((4, 1))), r"for 3 columns, got shape \(4, 1\)"),
        (lambda: stratified_split(np.eye(3), rng=0), "labels are a flat list"),
        (lambda: confusion_matrix([0], [0, 1, 1], 2), "there are 1 labels and 3 predictions"),
        (lambda: confusion_matrix([-1], [0], 2), "labels are a flat list"),
        (lambda: moons(1), "two points at least, not 1"),
        (lambda: stratified_split([0, 1], 1.5), "the test share lies between 0 and 1"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()
