"""The inputs of a table: numbers, yes and no, categories; or all that is wrong with its columns, in one list.

A column is of numbers if most of its different cells are; else its texts are categories, at most 50 of them. What is
neither (dates, 1.000,50, names of rows) is refused, for a network would learn it by heart and know nothing of others.
"""

import re
import reprlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .cells import TextColumn

MOST_LEVELS = 50
ID = re.compile(
    r"((?i:id|ids|uuid|guid|index|rownames?|row|nr|no|unnamed: 0)|.*[\W_](?i:id|nr|no)|.*[a-z](Id|ID|Nr|No))"
)


class Inputs(NamedTuple):
    """X, M × D: numbers, and of categories their numbers in `levels`; nan is a missing cell, −1 another text.

    `levels` holds the texts of each column, none for numbers; `notes` are sentences on what was read in which way.
    """

    X: Array
    levels: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


class Column(NamedTuple):
    """One column of X, and its texts, if they are categories."""

    values: Array
    levels: tuple[str, ...] = ()


def inputs(
    columns: Mapping[int, TextColumn], complaints: dict[int, str], levels: Sequence[Sequence[str]] | None = None
) -> Inputs:
    """These columns, by their index, as inputs; what is wrong with one goes to the complaints under its index.

    Parameters
    ----------
    columns : TextColumns, by index
    complaints : sentences, by index
    levels : texts of each column, optional
        Those of a model, none for numbers. Without them, columns are taken for what they seem to be.
    """
    found, truths, notes = [], [], []
    for k, (j, column) in enumerate(columns.items()):
        try:
            of_it = _guessed(column) if levels is None else _known(column, levels[k])
        except ValueError as complaint:
            complaints.setdefault(j, str(complaint))
            continue
        found.append(of_it)
        if column.truths and not of_it.levels:
            truths.append(column.name)
        if levels is None and _counts(of_it):
            notes.append(f"{column.name} counts the rows: --drop it, unless it is a time")
    if truths:
        notes.append(f"yes and true are 1, no and false 0: {', '.join(truths)}")
    X = np.column_stack([column.values for column in found]) if found else np.zeros((0, 0))
    return Inputs(X, tuple(column.levels for column in found), tuple(notes))


def _counts(column: Column) -> bool:
    return len(column.values) > 2 and not column.levels and bool((np.diff(column.values) == 1.0).all())


def _guessed(column: TextColumn) -> Column:
    """What a column seems to be; a ValueError says why it is nothing to learn from."""
    if not column.texts:
        raise ValueError(f"{column.name} is empty")
    values, bad = column.numbers()
    wrong = {column.cells[m] for m in bad.tolist()}
    right = len(set(column.texts)) - len(wrong)
    if wrong and (complaint := column.mistaken()):
        raise ValueError(complaint)
    if not wrong:
        if _is_id(column, values):
            raise ValueError(
                f"{column.name} is another whole number in each row: it names the rows, and says nothing of others"
            )
        return Column(values)
    if right >= len(wrong):
        raise ValueError(column.refusal(bad))
    levels = tuple(sorted(set(column.texts)))
    if len(levels) == len(column.texts) > 2:
        raise ValueError(
            f"{column.name} holds another text in each row, such as {reprlib.repr(column.texts[0])}: "
            f"it names the rows, and says nothing of others"
        )
    if len(levels) > MOST_LEVELS:
        raise ValueError(
            f"{column.name} holds {len(levels)} different texts, such as {reprlib.repr(column.texts[0])}, and "
            f"categories are {MOST_LEVELS} at most: put the rare ones together as one"
        )
    return _known(column, levels)


def _is_id(column: TextColumn, values: Array) -> bool:
    """Whether a column is called a number of something, and is another whole one in each row."""
    if not ID.fullmatch(column.heading):
        return False
    return len(values) > 2 and len(np.unique(values)) == len(values) and bool((values == np.floor(values)).all())


def _known(column: TextColumn, levels: Sequence[str]) -> Column:
    """The column as numbers, or as the numbers of these texts."""
    if not levels:
        values, bad = column.numbers()
        if bad.size:
            raise ValueError(column.refusal(bad))
        return Column(values)
    numbers = {text: float(k) for k, text in enumerate(levels)}
    values = np.full(len(column.cells), np.nan)
    values[column.present] = [numbers.get(text, -1.0) for text in column.texts]
    return Column(values, tuple(levels))
