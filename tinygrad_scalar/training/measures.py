"""How good are the answers? Measured on examples that were held out, in the units of the data."""

import numpy as np

from ..arrays import Array, ArrayLike, Integers, exponent, norm
from ..data.preparation import class_numbers


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, n_classes: int) -> Integers:
    """C × C counts: row the true class, column the predicted one.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2)
    array([[1, 1],
           [0, 1]])
    """
    labels, predicted = class_numbers(labels, n_classes), class_numbers(predicted, n_classes)
    if len(labels) != len(predicted):
        raise ValueError(f"there are {len(labels)} labels and {len(predicted)} predictions")
    counts = np.zeros((n_classes, n_classes), dtype=np.intp)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def recalls(counts: ArrayLike) -> Array:
    """From a confusion matrix, the share of each class that was found; nan for a class without examples.

    Their mean is the balanced accuracy, which a rare class moves as much as a common one.

    >>> recalls([[8, 2], [0, 1]])
    array([0.8, 1. ])
    """
    counts = np.asarray(counts, dtype=float)
    with np.errstate(invalid="ignore"):
        return counts.diagonal() / counts.sum(axis=1)  # type: ignore[no-any-return]


@np.errstate(all="ignore")
def r_squared(targets: ArrayLike, predictions: ArrayLike) -> float:
    """R² = 1 − Σ (y* − y)² / Σ (y* − ȳ*)²: 1 is perfect, 0 no better than the mean; nan where all targets are equal.

    >>> r_squared([1.0, 2.0, 3.0], [1.0, 2.0, 2.5])
    0.875
    """
    y, a = _paired(targets, predictions)
    if y.min() == y.max():
        return float("nan")
    k = exponent([y, a])  # the squares of numbers near 1e200 would overflow, those of numbers near 1e-200 be 0
    y, a = np.ldexp(y, -k), np.ldexp(a, -k)
    return 1.0 - float(((y - a) ** 2).sum() / ((y - y.mean()) ** 2).sum())


@np.errstate(all="ignore")
def root_mean_squared_error(targets: ArrayLike, predictions: ArrayLike) -> float:
    """√((1/M) Σ (y* − y)²), in the units of the targets.

    >>> round(root_mean_squared_error([1.0, 2.0], [4.0, 6.0]), 12)
    3.535533905933
    """
    y, a = _paired(targets, predictions)
    return norm(y - a) / float(np.sqrt(len(y)))


def _paired(targets: ArrayLike, predictions: ArrayLike) -> tuple[Array, Array]:
    y, a = np.asarray(targets, dtype=float), np.asarray(predictions, dtype=float)
    if y.ndim != 1 or y.shape != a.shape or not len(y):
        raise ValueError(f"one prediction for each target, got shapes {a.shape} and {y.shape}")
    return y, a
