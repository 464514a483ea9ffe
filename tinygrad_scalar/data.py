"""Data as people hold it: examples in rows, and what it takes to feed them to a network.

The bundled sets are real (scikit-learn's handwritten digits, shipped in its wheel) or made here (two moons).
"""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import numpy as np
import numpy.typing as npt

from .initializers import random_source

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class DataSet:
    """X (M × d examples in rows), labels (M class numbers, 0 to C − 1) and the names of the C classes."""

    name: str
    X: Array
    labels: Indices
    classes: tuple[str, ...]


def digits() -> DataSet:
    """1797 handwritten digits, 8 × 8 pixels of 0 to 16 (Alpaydin & Kaynak 1998; the copy in scikit-learn's wheel)."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("the digits come with scikit-learn: pip install 'tinygrad_scalar[train]'") from error
    bunch = load_digits()
    return DataSet("digits", bunch.data.astype(float), bunch.target.astype(np.intp), tuple("0123456789"))


def moons(n: int = 400, *, noise: float = 0.1, rng: Any = 0) -> DataSet:
    """Two interleaved half circles of n/2 points each, with Gaussian noise of that standard deviation.

    >>> data = moons(6, noise=0.0)
    >>> data.X.shape, data.labels.tolist()
    ((6, 2), [0, 0, 0, 1, 1, 1])
    """
    if n < 2:
        raise ValueError(f"two moons need two points at least, not {n}")
    rng = random_source(rng)
    upper = [pi * k / max(n // 2 - 1, 1) for k in range(n // 2)]
    lower = [pi * k / max(n - n // 2 - 1, 1) for k in range(n - n // 2)]
    points = [(cos(t), sin(t)) for t in upper] + [(1.0 - cos(t), 0.5 - sin(t)) for t in lower]
    X = np.array([(x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)) for x, y in points])
    return DataSet("moons", X, np.repeat([0, 1], [len(upper), len(lower)]), ("upper", "lower"))


DATA_SETS = {"digits": digits, "moons": moons}


@dataclass(frozen=True)
class Standardisation:
    """Columns shifted to mean 0 and scaled to standard deviation 1, by the numbers of the training set.

    A constant column has no spread to divide by: it becomes 0 and stays finite.

    >>> Standardisation.of([[1.0, 5.0], [3.0, 5.0]])([[2.0, 5.0], [4.0, 6.0]])
    array([[0., 0.],
           [2., 1.]])
    """

    mean: Array
    scale: Array

    @classmethod
    def of(cls, X: npt.ArrayLike) -> "Standardisation":
        """The shift and scale of X, M × d, examples in rows."""
        X = np.asarray(X, dtype=float)
        mean, scale = X.mean(axis=0), X.std(axis=0)
        constant = scale <= 1e-12 * np.abs(mean)  # rounding leaves a constant column a spread of some 1e-16 of its mean
        return cls(mean, np.where(constant, 1.0, scale))

    def __call__(self, X: npt.ArrayLike) -> Array:
        """(X − mean) / scale."""
        X = np.asarray(X, dtype=float)
        if X.shape[-1:] != self.mean.shape:
            raise ValueError(f"the normalisation is for {len(self.mean)} columns, got shape {X.shape}")
        return (X - self.mean) / self.scale


def _class_numbers(labels: npt.ArrayLike, n_classes: int | None = None) -> Indices:
    labels = np.asarray(labels)
    if labels.size == 0:
        labels = labels.astype(np.intp)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.min(initial=0) < 0:
        raise ValueError("labels are a flat list of class numbers 0, 1, 2, …")
    if n_classes is not None and labels.max(initial=-1) >= n_classes:
        raise ValueError(f"there are {n_classes} classes, got the label {labels.max()}")
    return labels


def one_hot(labels: npt.ArrayLike, n_classes: int | None = None) -> Array:
    """M × C targets: 1 in the column of the label, else 0.

    >>> one_hot([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    labels = _class_numbers(labels, n_classes)
    return np.eye(n_classes or labels.max(initial=-1) + 1, dtype=float)[labels]


def stratified_split(labels: npt.ArrayLike, test: float = 0.25, *, rng: Any = None) -> tuple[Indices, Indices]:
    """Row numbers for training and for testing, shuffled, each class in the same proportion in both.

    A class of n examples gives round(n · test) of them to the test set, but at least one and never its last.

    >>> train, held_out = stratified_split([0] * 8 + [1] * 4, 0.25, rng=0)
    >>> len(train), sorted(np.array([0] * 8 + [1] * 4)[held_out].tolist())
    (9, [0, 0, 1])
    """
    if not 0.0 < test < 1.0:
        raise ValueError(f"the test share lies between 0 and 1, not {test}")
    rng, labels = random_source(rng), _class_numbers(labels)
    parts: tuple[list[int], list[int]] = ([], [])
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label).tolist()
        rng.shuffle(rows)
        n_test = min(max(round(len(rows) * test), 1), len(rows) - 1)
        parts[1].extend(rows[:n_test])
        parts[0].extend(rows[n_test:])
    for part in parts:
        rng.shuffle(part)
    return np.array(parts[0], dtype=np.intp), np.array(parts[1], dtype=np.intp)


def confusion_matrix(labels: npt.ArrayLike, predicted: npt.ArrayLike, n_classes: int) -> Indices:
    """C × C counts: row the true class, column the predicted one.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2)
    array([[1, 1],
           [0, 1]])
    """
    labels, predicted = _class_numbers(labels, n_classes), _class_numbers(predicted, n_classes)
    if len(labels) != len(predicted):
        raise ValueError(f"there are {len(labels)} labels and {len(predicted)} predictions")
    counts = np.zeros((n_classes, n_classes), dtype=np.intp)
    np.add.at(counts, (labels, predicted), 1)
    return counts
