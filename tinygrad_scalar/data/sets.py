"""Data as people hold it: examples in rows, and what it takes to feed them to a network.

The bundled sets are real, from scikit-learn's wheel, or made here (two moons). `csv_files` reads people's own.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import numpy as np

from ..arguments import counted, random_source, whole_number
from ..arrays import Array, Integers


@dataclass(frozen=True)
class DataSet:
    """Examples, and what is to be learned of each: its class, or a number.

    Parameters
    ----------
    name : str
    X : array, M × d
        Examples in rows; nan is a missing cell.
    targets : array of M numbers
        Class numbers, 0 to C − 1, or real numbers.
    classes : names of the C classes; none for a regression
    columns : names of the d columns of X, if they have any
    target : str
        What the targets are called.
    levels : texts of the d columns, if some are categories
        X then holds their numbers, 0 to K − 1; of a column of numbers there are none.
    notes : sentences on how the examples were read

    >>> data = DataSet("kettles", np.array([[1.0], [2.0]]), np.array([0, 1]), ("cold", "hot"), ("minutes",), "state")
    >>> data.task, data.labels
    ('classification', array([0, 1]))
    >>> data
    <DataSet kettles: 2 examples of 1 number, classification of state: cold, hot>
    """

    name: str
    X: Array
    targets: Integers | Array
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    target: str = "target"
    levels: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        M, d = self.X.shape
        kinds = f": {textwrap.shorten(', '.join(self.classes), 60, placeholder='…')}" if self.classes else ""
        size = f"{counted(M, 'example')} of {counted(d, 'number')}"
        return f"<DataSet {self.name}: {size}, {self.task} of {self.target}{kinds}>"

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
