"""What is done to numbers before a network sees them: normalised, encoded, split, weighed."""

import reprlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arguments import floats, random_source, whole_number
from ..arrays import Array, ArrayLike, Integers, exponent


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
    def of(cls, X: ArrayLike, names: Sequence[str] = ()) -> "Standardisation":
        """The shift and scale of X, M × d, examples in rows; an error calls the columns by these names, if any."""
        X = floats(X, "X")
        if X.ndim != 2 or not len(X):
            raise ValueError(f"a normalisation takes examples in rows, one at least, not shape {X.shape}")
        with np.errstate(all="ignore"):
            k = exponent(X, axis=0)  # sums and squares of columns near 1e300 would overflow
            scaled = np.ldexp(X, -k)
            mean, scale = np.ldexp(scaled.mean(axis=0), k), np.ldexp(scaled.std(axis=0), k)
        for j in np.flatnonzero(~np.isfinite(scale)).tolist():
            name, x = names[j] if names else f"column {j + 1}", X[:, j]
            raise ValueError(f"{name} has no finite standard deviation, it reaches from {x.min():g} to {x.max():g}")
        constant = scale <= 1e-12 * np.abs(mean)  # rounding leaves a constant column a spread of some 1e-16 of its mean
        return cls(np.where(constant, X[0], mean), np.where(constant, 1.0, scale))

    @np.errstate(all="ignore")
    def __call__(self, X: ArrayLike) -> Array:
        """(X − mean) / scale."""
        X = np.asarray(X, dtype=float)
        if X.shape[-1:] != self.mean.shape:
            raise ValueError(f"the normalisation is for {len(self.mean)} columns, got shape {X.shape}")
        k = exponent([self.mean, self.scale], axis=0)  # X − mean might overflow
        return (np.ldexp(X, -k) - np.ldexp(self.mean, -k)) / np.ldexp(self.scale, -k)  # type: ignore[no-any-return]

    @np.errstate(all="ignore")
    def undo(self, Z: ArrayLike) -> Array:
        """Z · scale + mean: back in the units of the training set."""
        k = exponent([self.mean, self.scale], axis=0)  # Z · scale might overflow
        scale, mean = np.ldexp(self.scale, -k), np.ldexp(self.mean, -k)
        return np.ldexp(np.asarray(Z, dtype=float) * scale + mean, k)  # type: ignore[no-any-return]


def class_numbers(labels: ArrayLike, n_classes: int | None = None) -> Integers:
    """The labels as an array, if they are class numbers (below n_classes)."""
    labels = np.asarray(labels)
    if labels.size == 0:
        labels = labels.astype(np.intp)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.min(initial=0) < 0:
        raise ValueError("labels are a flat list of class numbers 0, 1, 2, …; data.named_classes numbers texts")
    if n_classes is not None and labels.max(initial=-1) >= n_classes:
        raise ValueError(f"there are {n_classes} classes, got the label {labels.max()}")
    return labels


def named_classes(labels: ArrayLike) -> tuple[tuple[str, ...], Integers]:
    """The classes of labels that are texts, sorted, and the class number of each label.

    One text in two spellings of Unicode (é, or e with an accent) is one class, in its composed form.

    >>> named_classes(["no", "yes", "no"])
    (('no', 'yes'), array([0, 1, 0]))
    """
    labels = np.array(labels, dtype=object)
    other = [label for label in labels.reshape(-1) if not isinstance(label, str)]
    if labels.ndim != 1 or other:
        found = f"one is {reprlib.repr(other[0])}" if other else f"their shape is {labels.shape}"
        raise ValueError(f"named classes come from a flat list of texts; {found}")
    texts = [unicodedata.normalize("NFC", label) for label in labels]
    classes = tuple(sorted(set(texts)))
    numbers = {name: k for k, name in enumerate(classes)}
    return classes, np.array([numbers[text] for text in texts], dtype=np.intp)


def one_hot(labels: ArrayLike, n_classes: int | None = None) -> Array:
    """M × C targets: 1 in the column of the label, else 0.

    >>> one_hot([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    labels = class_numbers(labels, n_classes)
    return np.eye(n_classes or labels.max(initial=-1) + 1, dtype=float)[labels]


def stratified_split(labels: ArrayLike, test: float = 0.25, *, rng: Any = None) -> tuple[Integers, Integers]:
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


def balanced_weights(labels: ArrayLike) -> Array:
    """Sample weights s_m = M / (C · the count of m's class): each class weighs as much as any other, M/C.

    >>> balanced_weights([0, 0, 0, 1]).round(3)
    array([0.667, 0.667, 0.667, 2.   ])
    """
    labels = class_numbers(labels)
    _, which, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return len(labels) / (len(counts) * counts[which])
