"""Data as people hold it: examples in rows, and what it takes to feed them to a network.

The bundled sets are real, from scikit-learn's wheel, or made here (two moons). `csv_files` reads people's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arguments import random_source, whole_number
from ..arrays import Array, Integers


@dataclass(frozen=True)
class DataSet:
    """Examples, and what is to be learned of each: its class, or a number.

    Parameters
    ----------
    name : str
    X : array, M × d
        Examples in rows.
    targets : array of M numbers
        Class numbers, 0 to C − 1, or real numbers.
    classes : names of the C classes; none for a regression
    columns : names of the d columns of X, if they have any
    target : str
        What the targets are called.

    >>> data = DataSet("kettles", np.array([[1.0], [2.0]]), np.array([0, 1]), ("cold", "hot"), ("minutes",), "state")
    >>> data.task, data.labels
    ('classification', array([0, 1]))
    """

    name: str
    X: Array
    targets: Integers | Array
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    target: str = "target"

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def labels(self) -> Integers:
        """The targets of a classification, which are class numbers."""
        if not self.classes:
            raise ValueError(f"{self.name} is a regression: it has targets and no labels")
        return self.targets.astype(np.intp)


def digits() -> DataSet:
    """1797 handwritten digits, 8 × 8 pixels of 0 to 16 (Alpaydin & Kaynak 1998)."""
    return _bundled("digits", "load_digits", "digit")


def iris() -> DataSet:
    """150 flowers of three species, four lengths of each (Fisher 1936)."""
    return _bundled("iris", "load_iris", "species")


def wine() -> DataSet:
    """178 wines of three cultivars, 13 measurements of each (Aeberhard & Forina 1992)."""
    return _bundled("wine", "load_wine", "cultivar")


def breast_cancer() -> DataSet:
    """569 tumours, malignant or benign, 30 measurements of each (Wolberg, Street & Mangasarian 1995)."""
    return _bundled("breast-cancer", "load_breast_cancer", "diagnosis")


def diabetes() -> DataSet:
    """442 patients, ten numbers of each, and a measure of how the disease went on (Efron et al. 2004): a regression."""
    return _bundled("diabetes", "load_diabetes", "progression", scaled=False)


def _bundled(name: str, loader: str, target: str, **how: Any) -> DataSet:
    """A set of scikit-learn's; a regression is one without target_names."""
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(f"the {name} data come with scikit-learn: pip install 'tinygrad_scalar[train]'") from error
    bunch = getattr(datasets, loader)(**how)
    classes = tuple(map(str, getattr(bunch, "target_names", ())))
    targets = bunch.target.astype(np.intp if classes else float)
    return DataSet(name, bunch.data.astype(float), targets, classes, tuple(map(str, bunch.feature_names)), target)


def moons(n: int = 400, *, noise: float = 0.1, rng: Any = 0) -> DataSet:
    """Two interleaved half circles of n/2 points each, with Gaussian noise of that standard deviation.

    >>> data = moons(6, noise=0.0)
    >>> data.X.shape, data.labels.tolist()
    ((6, 2), [0, 0, 0, 1, 1, 1])
    """
    n, rng = whole_number(n, "how many points two moons have", 2), random_source(rng)
    upper = [pi * k / max(n // 2 - 1, 1) for k in range(n // 2)]
    lower = [pi * k / max(n - n // 2 - 1, 1) for k in range(n - n // 2)]
    points = [(cos(t), sin(t)) for t in upper] + [(1.0 - cos(t), 0.5 - sin(t)) for t in lower]
    X = np.array([(x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)) for x, y in points])
    return DataSet("moons", X, np.repeat([0, 1], [len(upper), len(lower)]), ("upper", "lower"), ("x", "y"), "moon")


DATA_SETS: dict[str, Callable[[], DataSet]] = {
    "breast-cancer": breast_cancer,
    "diabetes": diabetes,
    "digits": digits,
    "iris": iris,
    "moons": moons,
    "wine": wine,
}


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
    def of(cls, X: npt.ArrayLike, names: Sequence[str] = ()) -> "Standardisation":
        """The shift and scale of X, M × d, examples in rows; an error calls the columns by these names, if any."""
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or not len(X):
            raise ValueError(f"a normalisation takes examples in rows, one at least, not shape {X.shape}")
        with np.errstate(all="ignore"):
            mean, scale = X.mean(axis=0), X.std(axis=0)
        for j in np.flatnonzero(~np.isfinite(scale)).tolist():
            name, x = names[j] if names else f"column {j + 1}", X[:, j]
            raise ValueError(f"{name} has no finite standard deviation, it reaches from {x.min():g} to {x.max():g}")
        constant = scale <= 1e-12 * np.abs(mean)  # rounding leaves a constant column a spread of some 1e-16 of its mean
        return cls(np.where(constant, X[0], mean), np.where(constant, 1.0, scale))

    @np.errstate(all="ignore")
    def __call__(self, X: npt.ArrayLike) -> Array:
        """(X − mean) / scale."""
        X = np.asarray(X, dtype=float)
        if X.shape[-1:] != self.mean.shape:
            raise ValueError(f"the normalisation is for {len(self.mean)} columns, got shape {X.shape}")
        return (X - self.mean) / self.scale

    @np.errstate(all="ignore")
    def undo(self, Z: npt.ArrayLike) -> Array:
        """Z · scale + mean: back in the units of the training set."""
        return np.asarray(Z, dtype=float) * self.scale + self.mean


def class_numbers(labels: npt.ArrayLike, n_classes: int | None = None) -> Integers:
    """The labels as an array, if they are class numbers (below n_classes)."""
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
    labels = class_numbers(labels, n_classes)
    return np.eye(n_classes or labels.max(initial=-1) + 1, dtype=float)[labels]


def stratified_split(labels: npt.ArrayLike, test: float = 0.25, *, rng: Any = None) -> tuple[Integers, Integers]:
    """Row numbers for training and for testing, shuffled, each class in the same proportion in both.

    A class of n examples gives round(n · test) of them to the test set, but at least one and never its last.

    >>> train, held_out = stratified_split([0] * 8 + [1] * 4, 0.25, rng=0)
    >>> len(train), sorted(np.array([0] * 8 + [1] * 4)[held_out].tolist())
    (9, [0, 0, 1])
    """
    if not 0.0 < test < 1.0:
        raise ValueError(f"the test share lies between 0 and 1, not {test}")
    rng, labels = random_source(rng), class_numbers(labels)
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


def random_split(n: int, test: float = 0.25, *, rng: Any = None) -> tuple[Integers, Integers]:
    """Row numbers 0 to n − 1 for training and for testing, shuffled: round(n · test) for the test, 1 to n − 1 of them.

    >>> [len(part) for part in random_split(10, 0.25, rng=0)]
    [8, 2]
    """
    if not 0.0 < test < 1.0:
        raise ValueError(f"the test share lies between 0 and 1, not {test}")
    n = whole_number(n, "how many examples there are to train and to test with", 2)
    order = list(range(n))
    random_source(rng).shuffle(order)
    n_test = min(max(round(n * test), 1), n - 1)
    return np.array(order[n_test:], dtype=np.intp), np.array(order[:n_test], dtype=np.intp)


def balanced_weights(labels: npt.ArrayLike) -> Array:
    """Sample weights s_m = M / (C · the count of m's class): each class weighs as much as any other, M/C.

    >>> balanced_weights([0, 0, 0, 1]).round(3)
    array([0.667, 0.667, 0.667, 2.   ])
    """
    labels = class_numbers(labels)
    _, which, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return len(labels) / (len(counts) * counts[which])
