"""The target of a table: classes or numbers. A class is a text, or a whole number, however it is written: 1 is 1.0."""

import reprlib
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..arrays import Array, Integers
from .cells import TextColumn

FEW = 20  # whole numbers are taken for classes if they have no more values than this
MOST_CLASSES = 1000


def guess(column: TextColumn) -> str:
    """The task that the target suggests: text, or whole numbers of few values, are classes."""
    values = set(_classes(column))
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) < len(values) - len(numbers):
        return "classification"
    few = len(numbers) <= FEW and 2 * len(values) <= len(column.cells)
    return "classification" if few and all(map(float.is_integer, numbers)) else "regression"


def targets(column: TextColumn, fixed: bool) -> Array:
    """The numbers of a regression; unless the target is `fixed`, two of them at least differ."""
    values, bad = column.numbers()
    if bad.size:
        raise ValueError(column.mistaken() or column.refusal(bad))
    if not fixed and (values == values[0]).all():
        raise ValueError(_constant(column))
    return values


def names(column: TextColumn, header: bool) -> tuple[str, ...]:
    """The names of the classes as the file first writes them: numbers in their order, then texts in theirs."""
    if complaint := column.mistaken():
        raise ValueError(complaint)
    found: dict[str | float, str] = {}
    values = _classes(column)
    for m, value in enumerate(values):
        if isinstance(value, float) and not value.is_integer():
            raise ValueError(
                f"{column.place(m)}: {reprlib.repr(column.cells[m])} is no class: classes are texts or whole numbers; "
                "for other numbers the task is regression"
            )
        found.setdefault(value, column.cells[m])
    if len(found) == 1:
        raise ValueError(_constant(column))
    counts = Counter(values)
    single = [value for value in found if counts[value] == 1]
    if len(found) > MOST_CLASSES or 2 * len(single) > len(found):
        raise ValueError(
            f"{column.name} has {len(found)} values in {len(values)} rows, too many for classes, which are "
            f"{MOST_CLASSES} at most with two rows each; is it the right column, or a regression?"
        )
    if single:
        hint = "" if header else "; or is the first row a header, and --header missing?"
        raise ValueError(
            f"{column.name} is {reprlib.repr(found[single[0]])} in one row only, and a class takes two, one to train "
            f"on and one to test{hint}"
        )
    return tuple(found[value] for value in sorted(found, key=lambda value: (isinstance(value, str), value)))


def labels(column: TextColumn, names: Sequence[str]) -> Integers:
    """The class number of each row."""
    numbers = {_class(column, unicodedata.normalize("NFC", name)): k for k, name in enumerate(names)}
    values = _classes(column)
    for m, value in enumerate(values):
        if value not in numbers:
            raise ValueError(
                f"{column.place(m)}: {reprlib.repr(column.cells[m])} is none of the classes {', '.join(names)}"
            )
    return np.array([numbers[value] for value in values], dtype=np.intp)


def _constant(column: TextColumn) -> str:
    return f"{column.name} is {reprlib.repr(column.cells[0])} in every row, there is nothing to learn"


def _class(column: TextColumn, cell: str) -> str | float:
    value = column.number(cell)
    return cell if value is None or abs(value) >= 2.0**53 else value


def _classes(column: TextColumn) -> list[str | float]:
    known = {cell: _class(column, cell) for cell in set(column.cells)}
    return [known[cell] for cell in column.cells]
