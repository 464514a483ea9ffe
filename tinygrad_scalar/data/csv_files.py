"""A CSV file as people have it becomes numbers and classes, or a sentence that names the line and the column.

What the file does not say is guessed, and the `Table` prints it. The delimiter, of `, ; tab |`, is the one that cuts
the file into rows of equal length and leaves no others in its cells; where there is none of them, it is blanks. A first
line `sep=;`, as spreadsheets write it, says it. Where it is no comma, decimals may be written with one (1,5;2,0). The
first row is a header if none of its cells is a number and some cell below is. A row that begins with # is a comment;
a cell that does is written "#1". Nothing else is guessed: an empty cell, a short row, nan, inf, 1_000 or 1.000,5 is an
error and never a number. One text in two spellings of Unicode (é, or e with an accent put on) is one text.
"""

import csv
import io
import re
import reprlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ..arguments import counted
from ..arrays import Array, Integers
from .sets import DataSet

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
SIGNS = ",;\t|"  # a cell that holds one of them and is no number was not cut by the right one
DECLARED = re.compile(r"sep=(.)[ \t]*(?:\r|\n|$)", re.IGNORECASE)
BLANKS = re.compile(r'("(?:[^"]|"")*")|[ \t]+')
NUMBER = {  # by the decimal sign; float() alone would take nan, 1_000 and ١٢ too
    ".": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII),
    ",": re.compile(r"[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?", re.ASCII),
}
FEW = 20  # whole numbers are taken for classes if they have no more values than this
MOST_CLASSES = 1000


@dataclass(frozen=True)
class Table:
    """The cells of a file as text, one row an example.

    `header` holds the names of the columns, if the file has any; `lines` says where in the file each row begins;
    `comments` counts the rows that begin with # and were left out.
    """

    path: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    delimiter: str
    decimal: str
    comments: int = 0

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0])

    def __str__(self) -> str:
        between = f" between {DELIMITERS[self.delimiter]}" if self.width > 1 else ""
        header = ", with a header" if self.header else ", without a header"
        decimals = ", decimals written 1,5" if self.decimal == "," else ""
        comments = f", {counted(self.comments, 'comment')} left out" if self.comments else ""
        table = f"{counted(len(self.rows), 'row')} of {counted(self.width, 'column')}"
        return f"{self.path}: {table}{between}{header}{decimals}{comments}"

    def name(self, column: int) -> str:
        """What a sentence calls a column: column 3 (petal width)."""
        return f"column {column + 1}" + (f" ({self.header[column]})" if self.header else "")

    def find(self, column: str) -> int:
        """The index of the column with that name, or with that number, which counts from 1."""
        column = unicodedata.normalize("NFC", column)
        if column in self.header:
            return self.header.index(column)
        if column.isascii() and column.isdecimal() and len(column) < 10 and 1 <= int(column) <= self.width:
            return int(column) - 1
        there = ", ".join(self.header) or "its columns have no names"
        raise ValueError(f"{self.path} has no column {column!r}, but columns 1 to {self.width}: {there}")

    def numbers(self, columns: Iterable[int]) -> Array:
        """These columns as a float64 array, examples in rows."""
        columns = list(columns)
        for j in columns:
            if all(row[j] and self._value(row[j]) is None for row in self.rows):
                raise ValueError(
                    f"{self.path}: {self.name(j)} holds text such as {reprlib.repr(self.rows[0][j])} and no numbers; "
                    "leave it out, or write a column of 0 and 1 for each of its values"
                )
        return np.array([[self._number(m, j) for j in columns] for m in range(len(self.rows))])

    def data_set(
        self, target: str | None = None, task: str | None = None, classes: Sequence[str] | None = None
    ) -> DataSet:
        """The rows as examples: one column is the target, all others are inputs.

        Parameters
        ----------
        target : str, optional
            The name of that column or its number from 1; the last one if not given.
        task : "classification" or "regression", optional
            If not given, guessed from the target: text, or whole numbers of few values, are classes.
        classes : names, optional
            Those of a model, in its order: the rows may then belong to some of them only, and to no others.
        """
        at = self.width - 1 if target is None else self.find(target)
        inputs = [j for j in range(self.width) if j != at]
        if not inputs:
            raise ValueError(f"{self.path} has one column: there is nothing to learn {self.name(at)} from")
        if task not in ("classification", "regression", None):
            raise ValueError(f"the task is classification or regression, not {task!r}")
        names: tuple[str, ...] = ()
        targets: Integers | Array
        if (task or self._guess(at)) == "classification":
            names = tuple(classes or self._classes(at))
            targets = self._labels(at, names)
        else:
            targets = self.numbers([at])[:, 0]
            if classes is None and (targets == targets[0]).all():
                raise ValueError(self._constant(at))
        return DataSet(
            Path(self.path).stem,
            self.numbers(inputs),
            targets,
            names,
            tuple(self.header[j] for j in inputs if self.header),
            self.header[at] if self.header else str(at + 1),
        )

    def _value(self, cell: str) -> float | None:
        return float(cell.replace(",", ".")) if NUMBER[self.decimal].fullmatch(cell) else None

    def _number(self, m: int, j: int) -> float:
        cell, value = self.rows[m][j], self._value(self.rows[m][j])
        if value is None and not cell:
            raise ValueError(f"{self._place(m, j)}: the cell is empty; write a number, or leave the row out")
        if value is None:
            hint = (
                f"; this file has decimals like 1{self.decimal}5, and thousands like 1000" if cell[:1].isdigit() else ""
            )
            raise ValueError(f"{self._place(m, j)}: {reprlib.repr(cell)} is no number{hint}")
        if not np.isfinite(value):
            raise ValueError(f"{self._place(m, j)}: {reprlib.repr(cell)} is too large for a 64-bit float")
        return value

    def _place(self, m: int, j: int) -> str:
        return f"{self.path}, line {self.lines[m]}, {self.name(j)}"

    def _constant(self, j: int) -> str:
        return f"{self.path}: {self.name(j)} is {reprlib.repr(self.rows[0][j])} in every row, there is nothing to learn"

    # The target as classes. A class is a text, or a whole number, however it is written: 1 and 1.0 are one class.

    def _class(self, cell: str) -> str | float:
        value = self._value(cell)
        return cell if value is None or abs(value) >= 2.0**53 else value

    def _guess(self, j: int) -> str:
        values = {self._class(row[j]) for row in self.rows}
        numbers = [value for value in values if isinstance(value, float)]
        if len(numbers) < len(values) - len(numbers):
            return "classification"
        few = len(numbers) <= FEW and 2 * len(values) <= len(self.rows)
        return "classification" if few and all(map(float.is_integer, numbers)) else "regression"

    def _classes(self, j: int) -> list[str]:
        """Names as the file first writes them: numbers in their order, then texts in theirs."""
        names: dict[str | float, str] = {}
        for m, row in enumerate(self.rows):
            value = self._class(row[j])
            if value == "":
                raise ValueError(f"{self._place(m, j)}: the cell is empty; write a class, or leave the row out")
            if isinstance(value, float) and not value.is_integer():
                raise ValueError(
                    f"{self._place(m, j)}: {reprlib.repr(row[j])} is no class: classes are texts or whole numbers; for "
                    "other numbers the task is regression"
                )
            names.setdefault(value, row[j])
        if len(names) == 1:
            raise ValueError(self._constant(j))
        counts = Counter(self._class(row[j]) for row in self.rows)
        single = [value for value in names if counts[value] == 1]
        if len(names) > MOST_CLASSES or 2 * len(single) > len(names):
            raise ValueError(
                f"{self.path}: {self.name(j)} has {len(names)} values in {len(self.rows)} rows, too many for classes, "
                f"which are {MOST_CLASSES} at most with two rows each; is it the right column, or a regression?"
            )
        if single:
            hint = "" if self.header else "; or is the first row a header, and --header missing?"
            raise ValueError(
                f"{self.path}: {self.name(j)} is {reprlib.repr(names[single[0]])} in one row only, and a class takes "
                f"two, one to train on and one to test{hint}"
            )
        return [names[value] for value in sorted(names, key=lambda value: (isinstance(value, str), value))]

    def _labels(self, j: int, names: tuple[str, ...]) -> Integers:
        numbers = {self._class(unicodedata.normalize("NFC", name)): k for k, name in enumerate(names)}
        for m, row in enumerate(self.rows):
            if self._class(row[j]) not in numbers:
                known = ", ".join(names)
                raise ValueError(f"{self._place(m, j)}: {reprlib.repr(row[j])} is none of the classes {known}")
        return np.array([numbers[self._class(row[j])] for row in self.rows], dtype=np.intp)


def read(path: str | Path, header: bool | None = None) -> Table:
    """Read a CSV file in UTF-8, with or without byte order mark; rows without any content are left out.

    Parameters
    ----------
    path : str or Path
    header : bool, optional
        Whether the first row names the columns; guessed if not given.

    Raises
    ------
    ValueError
        The file is no such table; the sentence names the line.
    """
    text = _text(Path(path))
    declared = DECLARED.match(text)
    if declared and declared[1] not in DELIMITERS:
        between = ", ".join(DELIMITERS.values())
        raise ValueError(f"{path}, line 1 says {declared[0].strip()!r}; cells may stand between {between}")
    delimiter = declared[1] if declared else max(DELIMITERS, key=lambda delimiter: _plausibility(text, delimiter))
    rows, lines, comments, trouble = _cut(text, delimiter)
    if trouble:
        raise ValueError(f"{path}, {trouble}")
    if not rows:
        raise ValueError(f"{path} is empty" + (", but for its comments" if comments else ""))
    decimal = _decimal(rows, delimiter)
    first, *others = ([NUMBER[decimal].fullmatch(cell) for cell in row] for row in rows)
    if header if header is not None else not any(first) and (not others or any(map(any, others))):
        names, first_line = tuple(rows.pop(0)), lines.pop(0)
        _check_names(names, f"{path}, line {first_line}")
    else:
        names, first_line = (), lines[0]
    if not rows:
        raise ValueError(f"{path} has a header and no rows: {', '.join(names)}")
    width = len(names or rows[0])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            raise ValueError(f"{path}, line {line} has {len(row)} cells, line {first_line} has {width}")
    return Table(str(path), names, rows, lines, delimiter, decimal, comments)


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line} is not written in UTF-8; save the file as CSV in UTF-8") from error
    if "\0" in text:
        raise ValueError(f"{path} holds zero bytes: it is no text in UTF-8")
    return unicodedata.normalize("NFC", text)


def _cut(text: str, delimiter: str, most: int | None = None) -> tuple[list[list[str]], list[int], int, str]:
    """The rows that have content (`most` of them), the line where each begins, how many others are comments, and what
    stopped the reading, if anything did."""
    rows: list[list[str]] = []
    lines: list[int] = []
    comments: list[int] = []
    begins = 1

    def remaining() -> Iterator[str]:
        """The lines; one at which a row begins is empty if it is a comment or says what the delimiter is."""
        for number, line in enumerate(io.StringIO(text, newline=""), start=1):
            if number != begins:  # inside a quoted cell
                yield line
            elif line.lstrip(" ").startswith("#"):
                comments.append(number)
                yield "\n"
            elif number == 1 and DECLARED.match(line):
                yield "\n"
            else:
                yield BLANKS.sub(lambda found: found[1] or " ", line.strip()) + "\n" if delimiter == " " else line

    reader = csv.reader(remaining(), delimiter=delimiter, skipinitialspace=delimiter != " ", strict=True)
    try:
        for row in islice(reader, most):
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        return rows, lines, len(comments), f"line {begins}: {error}"
    return rows, lines, len(comments), ""


def _plausibility(text: str, delimiter: str) -> tuple[bool, bool, bool, float]:
    """How well a delimiter explains the first rows. A cell in which others remain is explained if it is a number; one
    of several numbers between blanks is not. Blanks explain all or nothing."""
    rows, _, _, trouble = _cut(text, delimiter, 200)
    if not rows:
        return False, False, False, 0.0
    number = NUMBER[_decimal(rows, delimiter)]
    cells = [cell for row in rows for cell in row]
    explained = sum(bool(number.fullmatch(cell)) or not _uncut(cell) for cell in cells)
    if delimiter == " " and explained < len(cells):
        return False, False, False, 0.0
    return len(rows[0]) > 1, not trouble, len({len(row) for row in rows}) == 1, explained / len(cells)


def _uncut(cell: str) -> bool:
    """Whether a cell looks like several."""
    words = cell.split()
    return any(map(cell.count, SIGNS)) or (len(words) > 1 and all(map(NUMBER[","].fullmatch, words)))


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    """The decimal sign of a file: what most of its numbers have that have one."""
    if delimiter == ",":
        return "."
    commas, points = (
        sum(sign in cell and bool(NUMBER[sign].fullmatch(cell)) for row in rows for cell in row) for sign in ",."
    )
    return "," if commas > points else "."


def _check_names(names: tuple[str, ...], place: str) -> None:
    for j, name in enumerate(names):
        if not name:
            raise ValueError(
                f"{place}: column {j + 1} has no name; name it, or leave it out if it only counts the rows"
            )
        if name in names[:j]:
            raise ValueError(f"{place}: columns {names.index(name) + 1} and {j + 1} are both called {name!r}")
