"""What columns become before they are normalised: texts one-hot, gaps filled, both by the rows to train on alone.

>>> X = np.array([[20.0, 0.0], [np.nan, 1.0], [40.0, 0.0]])          # ages, one unknown; and colours
>>> encoding = Encoding.of(X, ((), ("blue", "red")))
>>> encoding(X)
array([[20.,  0.,  1.,  0.],
       [30.,  1.,  0.,  1.],
       [40.,  0.,  1.,  0.]])
>>> encoding.names(("age", "colour"))
('age', 'age missing', 'colour = blue', 'colour = red')
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Flags

Levels = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Encoding:
    """The parts that each column of a table becomes.

    A number stays a number, and a missing one becomes the median of the training rows. A text becomes a 0 or 1 for each
    of the texts that the training rows have: all 0, if it is none of them, or missing. If a cell of the column was
    missing in the training rows, one more part says by 1 where cells are.

    Parameters
    ----------
    levels : texts of the D columns, none for a column of numbers
    medians : array of D numbers, or None where none are known
        0 for a column of texts.
    gaps : array of D booleans
        Whether the column has that further part.
    """

    levels: Levels
    medians: Array | None
    gaps: Flags

    @classmethod
    def plain(cls, d: int) -> "Encoding":
        """That of d columns of numbers that stay what they are; no cell may be missing."""
        return cls(((),) * d, None, np.zeros(d, dtype=np.bool))

    @classmethod
    def of(cls, X: Array, levels: Levels = (), columns: Sequence[str] = ()) -> "Encoding":
        """That of the rows to train on, M × D; texts are there as their numbers in `levels`, nan is a missing cell.

        Raises
        ------
        ValueError
            If a column has no cell that is not missing in these rows; it goes by its name in `columns`, if it has one.
        """
        own, medians = [], np.zeros(X.shape[1])
        for j, column in enumerate(X.T):
            there = column[~np.isnan(column)]
            of_it = levels[j] if levels else ()
            own.append(tuple(of_it[int(k)] for k in np.unique(there)) if of_it else ())
            if not len(there):
                name, what = columns[j] if columns else f"column {j + 1}", "text" if of_it else "number"
                raise ValueError(f"{name} has no {what} in the {len(X)} rows to train on; leave it out (--drop)")
            if not of_it:
                medians[j] = _median(there)
        return cls(tuple(own), medians, np.array(np.isnan(X).any(axis=0)))

    @property
    def widths(self) -> list[int]:
        """How many parts each column has."""
        return [max(1, len(texts)) + int(gap) for texts, gap in zip(self.levels, self.gaps, strict=True)]

    def names(self, columns: Sequence[str]) -> tuple[str, ...]:
        """What the parts are called, by the names of the columns; none, if these have none."""
        names: list[str] = []
        for name, texts, gap in zip(columns, self.levels, self.gaps, strict=False):
            names += [f"{name} = {text}" for text in texts] or [name]
            names += [f"{name} missing"] * int(gap)
        return tuple(names)

    def __call__(self, X: Array) -> Array:
        """The parts, M × their number, of M × D columns in which texts have the numbers of `levels`, others −1."""
        if X.ndim != 2 or X.shape[1] != len(self.levels):
            raise ValueError(f"the model takes {len(self.levels)} columns, got shape {X.shape}")
        missing = np.isnan(X)
        if not (any(self.levels) or self.gaps.any() or missing.any()):
            return X
        parts: list[Array] = []
        for j, texts in enumerate(self.levels):
            column = X[:, j]
            if texts:
                parts += [(column == k).astype(float) for k in range(len(texts))]
            else:
                parts.append(self._filled(j, column, missing[:, j]))
            if self.gaps[j]:
                parts.append(missing[:, j].astype(float))
        return np.column_stack(parts)

    def _filled(self, j: int, column: Array, missing: Flags) -> Array:
        if not missing.any():
            return column
        if self.medians is None:
            raise ValueError(
                f"row {np.flatnonzero(missing)[0] + 1} has no number in column {j + 1}, and the model does not know "
                "the median to put in its place: train it anew"
            )
        return np.where(missing, self.medians[j], column)

    def recoded(self, X: Array, levels: Levels) -> Array:
        """X with the numbers that texts have here, where it has those of other `levels`; −1 for those unknown here."""
        X, levels = X.copy(), levels or ((),) * X.shape[1]
        for j, (theirs, ours) in enumerate(zip(levels, self.levels, strict=True)):
            if bool(theirs) != bool(ours):
                kinds = ("texts", "numbers") if theirs else ("numbers", "texts")
                raise ValueError(f"column {j + 1} holds {kinds[0]}, the model was trained with {kinds[1]} there")
            numbers = np.array([ours.index(text) if text in ours else -1.0 for text in theirs] + [-1.0])
            texts = ~np.isnan(X[:, j]) & bool(theirs)
            X[texts, j] = numbers[X[texts, j].astype(int)]
        return X

    def summary(self, X: Array, columns: Sequence[str]) -> list[str]:
        """Sentences on what became of columns, by the rows to train on, X."""
        named = list(zip(_named(columns, X.shape[1]), self.levels, self.gaps.tolist(), strict=True))
        texts = [f"{name} ({len(texts)} texts)" for name, texts, _ in named if texts]
        gaps = [name for name, _, gap in named if gap]
        return [
            *([f"one-hot: {', '.join(texts)}"] if texts else []),
            *self.notes(X, columns),
            *([f"an input more, that is 1 where a cell is missing, for each of: {', '.join(gaps)}"] if gaps else []),
        ]

    def notes(self, X: Array, columns: Sequence[str]) -> list[str]:
        """Sentences on the cells of X that are missing, or hold texts that no row to train on had."""
        missing, unseen = [], []
        for j, name in enumerate(_named(columns, X.shape[1])):
            n, others = int(np.isnan(X[:, j]).sum()), int((X[:, j] == -1.0).sum()) if self.levels[j] else 0
            if n and self.levels[j]:
                missing.append(f"{name} {n} (0 for each of its texts)")
            elif n and self.medians is not None:
                missing.append(f"{name} {n} (now the median, {self.medians[j]:g})")
            if others:
                unseen.append(f"{name} {others}")
        return [
            *([f"missing cells: {', '.join(missing)}"] if missing else []),
            *(
                [f"texts that no row to train on has, so 0 for each that one has: {', '.join(unseen)}"]
                if unseen
                else []
            ),
        ]


def _median(x: Array) -> float:
    with np.errstate(over="ignore"):
        median = float(np.median(x))
    return median if np.isfinite(median) else 2.0 * float(np.median(x / 2.0))  # the sum of two near 1e308 overflows


def _named(columns: Sequence[str], d: int) -> Sequence[str]:
    return columns or [f"column {j + 1}" for j in range(d)]
