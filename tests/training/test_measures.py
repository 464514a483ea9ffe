"""Measures, against scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics

from tinygrad_scalar.training.measures import confusion_matrix, r_squared, recalls, root_mean_squared_error

RNG = np.random.default_rng(0)
TRUTH, SAID = RNG.integers(3, size=50), RNG.integers(3, size=50)


def test_the_confusion_matrix_is_scikit_learns():
    assert np.array_equal(confusion_matrix(TRUTH, SAID, 3), metrics.confusion_matrix(TRUTH, SAID, labels=[0, 1, 2]))


def test_recalls_are_scikit_learns_and_their_mean_is_the_balanced_accuracy():
    found = recalls(confusion_matrix(TRUTH, SAID, 3))
    np.testing.assert_allclose(found, metrics.recall_score(TRUTH, SAID, average=None), rtol=1e-15)
    np.testing.assert_allclose(found.mean(), metrics.balanced_accuracy_score(TRUTH, SAID), rtol=1e-15)


def test_a_class_without_examples_has_no_recall():
    np.testing.assert_array_equal(recalls(confusion_matrix([0, 0], [0, 1], 2)), [0.5, np.nan])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_r_squared_and_the_error_are_scikit_learns(scale):
    y, a = RNG.normal(3.0, scale, size=40), RNG.normal(3.0, scale, size=40)
    np.testing.assert_allclose(r_squared(y, a), metrics.r2_score(y, a), rtol=1e-12)
    np.testing.assert_allclose(root_mean_squared_error(y, a), metrics.root_mean_squared_error(y, a), rtol=1e-12)


@pytest.mark.parametrize("k", [-900, -600, 600, 1000])
def test_the_measures_of_numbers_whose_squares_are_no_floats_are_those_of_the_same_times_a_power_of_two(k):
    y, a = RNG.normal(size=40), RNG.normal(size=40)
    assert r_squared(np.ldexp(y, k), np.ldexp(a, k)) == r_squared(y, a)
    assert root_mean_squared_error(np.ldexp(y, k), np.ldexp(a, k)) == np.ldexp(root_mean_squared_error(y, a), k)


def test_r_squared_is_1_for_the_truth_0_for_its_mean_and_nan_where_nothing_varies():
    y = RNG.normal(size=9)
    assert r_squared(y, y) == 1.0
    assert r_squared(y, np.full(9, y.mean())) == 0.0
    assert np.isnan(r_squared([0.1] * 3, [0.1] * 3))  # the mean of three 0.1 is not 0.1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: confusion_matrix([0], [0, 1, 1], 2), "there are 1 labels and 3 predictions"),
        (lambda: confusion_matrix([-1], [0], 2), "labels are a flat list"),
        (lambda: r_squared([[1.0], [2.0]], [1.0, 2.0]), r"got shapes \(2,\) and \(2, 1\)"),
        (lambda: root_mean_squared_error([], []), "one prediction for each target"),
    ],
)
def test_what_does_not_pair_up_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()
