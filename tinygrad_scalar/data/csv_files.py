"""A CSV file as people have it becomes numbers, categories and classes, or a sentence that names line and column.

What the file does not say is guessed, and the `Table` prints it. The delimiter, of `, ; tab |`, is the one that cuts
the file into rows of equal length and leaves no others in its cells; where there is none of them, it is blanks. A first
line `sep=;`, as spreadsheets write it, says it. Where it is no comma, decimals may be written with one (1,5;2,0). The
first row is a header if none of its cells is a number and some cell below is; or if none begins with a digit, and all
below in some column do (5%, 2 kg). A line break in the name of a column becomes a blank. A row that begins with # is a
comment; a cell that does is written "#1". Blank, NA, ? and nan are missing cells. Nothing else is guessed: a short row,
inf, 1_000 or 1.000,5 is an error and never a number. One text in two spellings of Unicode (é, or e with an accent put
on) is one text.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from ..arguments import counted
from ..arrays import Array, Integers
from . import labels
from .cells import MISSING, NUMBER, TextColumn
from .columns import inputs
from .sets import DataSet

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
SIGNS = ",;\t|"  # a cell that holds one of them and is no number was not cut by the right one
DECLARED = re.compile(r"sep=(.)[ \t]*(?:\r|\n|$)", re.IGNORECASE)
BLANKS = re.compile(r'("(?:[^"]|"")*")|[ \t]+')
MEASURE = re.compile(r"[+-]?[$€£¥]?\s*\.?\d", re.ASCII)  # how a number begins, whatever its unit is
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)  # may be thousands, in a file that has no other commas


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

    @cached_property
    def columns(self) -> tuple[TextColumn, ...]:
        """The columns as text."""
        cells, headings = zip(*self.rows, strict=True), self.header or ("",) * self.width
        return tuple(
            TextColumn(self.name(j), of_it, self.lines, self.decimal, heading)
            for j, (of_it, heading) in enumerate(zip(cells, headings, strict=True))
        )

    def __str__(self) -> str:
        between = f" between {DELIMITERS[self.delimiter]}" if self.width > 1 else ""
        header = ", with a header" if self.header else ", without a header"
        decimals = f", decimals written {self._example()}" if self.decimal == "," else ""
        comments = f", {counted(self.comments, 'comment')} left out" if self.comments else ""
        table = f"{counted(len(self.rows), 'row')} of {counted(self.width, 'column')}"
        return f"{self.path}: {table}{between}{header}{decimals}{comments}"

    def _example(self) -> str:
        """How decimals are written; where all of them might be thousands as well, as one of them is read."""
        commas = [cell for row in self.rows for cell in row if "," in cell and NUMBER[","].fullmatch(cell)]
        doubtful = commas and all(map(GROUPED.fullmatch, commas))
        return f"with a comma: {commas[0]} is {commas[0].replace(',', '.')}" if doubtful else "1,5"

    def name(self, column: int) -> str:
        """What a sentence calls a column: column 3 (petal width)."""
        named = self.header and self.header[column]
        return f"column {column + 1}" + (f" ({named})" if named else "")

    def find(self, column: str) -> int:
        """The index of the column with that name, or with that number, which counts from 1."""
        column = _in_a_line(unicodedata.normalize("NFC", column))
        if self.header.count(column) > 1:
            first, second = [j + 1 for j, name in enumerate(self.header) if name == column][:2]
            raise ValueError(f"{self.path}: columns {first} and {second} are both called {column!r}; give the number")
        if column and column in self.header:
            return self.header.index(column)
        if column.isascii() and column.isdecimal() and len(column) < 10 and 1 <= int(column) <= self.width:
            return int(column) - 1
        there = ", ".join(self.header) or "its columns have no names"
        raise ValueError(f"{self.path} has no column {column!r}, but columns 1 to {self.width}: {there}")

    def find_all(self, columns: str | Sequence[str]) -> list[int]:
        """The indices of columns; one text may be a name or a number, or several with commas between them."""
        if isinstance(columns, str):
            whole = _in_a_line(unicodedata.normalize("NFC", columns)) in self.header
            columns = [columns] if whole else next(csv.reader([columns], skipinitialspace=True), [])
        return [self.find(column) for column in columns]

    def numbers(self, columns: Iterable[int], levels: Sequence[Sequence[str]] | None = None) -> Array:
        """These columns as a float64 array, examples in rows; nan for what is missing.

        With the `levels` of a model (the texts of each column, none for numbers), texts are their numbers in it, and
        −1 if they are none of them.
        """
        chosen, complaints = {j: self.columns[j] for j in columns}, dict[int, str]()
        found = inputs(chosen, complaints, levels or [()] * len(chosen))
        self._refuse(complaints)
        return found.X

    def data_set(
        self,
        target: str | None = None,
        task: str | None = None,
        classes: Sequence[str] | None = None,
        *,
        columns: str | Sequence[str] | None = None,
        drop: str | Sequence[str] = (),
        levels: Sequence[Sequence[str]] | None = None,
    ) -> DataSet:
        """The rows as examples: one column is the target, all others are inputs. Rows without a target are left out.

        Parameters
        ----------
        target : str, optional
            The name of that column or its number from 1; the last one if not given.
        task : "classification" or "regression", optional
            If not given, guessed from the target: text, or whole numbers of few values, are classes.
        classes : names, optional
            Those of a model, in its order: the rows may then belong to some of them only, and to no others.
        columns, drop : names or numbers, optional
            The inputs, if not all other columns; or the columns to leave out.
        levels : texts of each of these inputs, optional
            Those of a model, none for numbers; without them, columns are taken for what they seem to be.

        Raises
        ------
        ValueError
            With all that is wrong with the columns, a line each.
        """
        at, chosen = self._choose(target, columns, drop)
        if task not in ("classification", "regression", None):
            raise ValueError(f"the task is classification or regression, not {task!r}")
        complaints = self._misnamed([*chosen, at])
        rows = self.columns[at].present
        if not rows.size:
            raise ValueError(f"{self.path}, {self.name(at)} is empty, and it is the target")
        part = self if len(rows) == len(self.rows) else self._only(rows)
        names: tuple[str, ...] = ()
        targets: Integers | Array = np.zeros(0)
        try:
            if (task or labels.guess(part.columns[at])) == "classification":
                names = tuple(classes or labels.names(part.columns[at], bool(self.header)))
                targets = labels.labels(part.columns[at], names)
            else:
                targets = labels.targets(part.columns[at], classes is not None)
        except ValueError as complaint:
            complaints.setdefault(at, str(complaint))
        found = inputs({j: part.columns[j] for j in chosen}, complaints, levels)
        self._refuse(complaints, [j for j in complaints if j != at])
        left_out = len(self.rows) - len(rows)
        return DataSet(
            Path(self.path).stem,
            found.X,
            targets,
            names,
            tuple(self.header[j] for j in chosen if self.header),
            self.header[at] if self.header else str(at + 1),
            found.levels if any(found.levels) else (),
            ((f"left out: {counted(left_out, 'row')} without {self.name(at)}",) if left_out else ()) + found.notes,
        )

    def _choose(
        self, target: str | None, columns: str | Sequence[str] | None, drop: str | Sequence[str]
    ) -> tuple[int, list[int]]:
        """The target and the inputs."""
        if columns is not None and drop:
            raise ValueError("either columns are chosen or some are dropped: give --columns or --drop, not both")
        dropped = set(self.find_all(drop))
        stay = [j for j in range(self.width) if j not in dropped]
        if not stay:
            raise ValueError(f"{self.path}: every column is dropped; one is the target, and another an input")
        at = stay[-1] if target is None else self.find(target)
        chosen = [j for j in stay if j != at] if columns is None else self.find_all(columns)
        if at in dropped or at in chosen:
            raise ValueError(f"{self.path}: {self.name(at)} is the target, it cannot be an input or dropped too")
        if not chosen:
            left = "has one column" if self.width == 1 else "has no input left"
            raise ValueError(f"{self.path} {left}: there is nothing to learn {self.name(at)} from")
        if twice := [j for k, j in enumerate(chosen) if j in chosen[:k]]:
            raise ValueError(f"{self.path}: {self.name(twice[0])} is chosen twice as an input; once is enough")
        return at, chosen

    def _only(self, rows: Integers) -> "Table":
        """The table of these rows."""
        return replace(self, rows=[self.rows[m] for m in rows], lines=[self.lines[m] for m in rows])

    def _misnamed(self, columns: Sequence[int]) -> dict[int, str]:
        """What is wrong with the names of these columns, by column."""
        complaints, seen = dict[int, str](), dict[str, int]()
        for j in sorted(columns) if self.header else ():
            name = self.header[j]
            if not name:
                complaints[j] = f"column {j + 1} has no name: name it, or leave it out if it only counts the rows"
            elif name in seen:
                complaints[j] = f"columns {seen[name] + 1} and {j + 1} are both called {name!r}"
            seen.setdefault(name, j)
        return complaints

    def _refuse(self, complaints: Mapping[int, str], droppable: Sequence[int] = ()) -> None:
        """All that is wrong with columns, in one error, and how to do without them."""
        if not complaints:
            return
        sentences = [complaints[j] for j in sorted(complaints)]
        names = [self.header[j] if self.header else "" for j in sorted(droppable)]
        shown = ",".join(
            name if name and not set(name) & set(',"') and self.header.count(name) == 1 else str(j + 1)
            for j, name in zip(sorted(droppable), names, strict=True)
        )
        if len(sentences) == 1:
            advice = f"; --drop {shown} leaves it out" if shown and not sentences[0].startswith("line") else ""
            raise ValueError(f"{self.path}, {sentences[0]}{advice}")
        lines = "".join(f"\n  {sentence}" for sentence in sentences)
        advice = f"\n--drop {shown} leaves out what is not the target" if shown else ""
        raise ValueError(f"{self.path}, {len(sentences)} columns cannot be used as they are:{lines}{advice}")


def read(path: str | Path, header: bool | None = None, encoding: str = "utf-8") -> Table:
    """Read a CSV file; rows without any content are left out.

    Parameters
    ----------
    path : str or Path
    header : bool, optional
        Whether the first row names the columns; guessed if not given.
    encoding : str
        What the file is written in, such as "cp1252"; UTF-8 may begin with a byte order mark.

    Raises
    ------
    ValueError
        The file is no such table; the sentence names the line.
    """
    text = _text(Path(path), encoding)
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
    first_line = lines[0]
    names: tuple[str, ...] = ()
    if header if header is not None else _is_headed(rows, decimal):
        rows[0] = list(map(_in_a_line, rows[0]))
        names, rows, lines = tuple(rows[0]), rows[1:], lines[1:]
    if not rows:
        raise ValueError(f"{path} has a header and no rows: {', '.join(names)}")
    width = len(names or rows[0])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            raise ValueError(f"{path}, line {line} has {len(row)} cells, line {first_line} has {width}")
    return Table(str(path), names, rows, lines, delimiter, decimal, comments)


def _text(path: Path, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding).name
    except LookupError as error:
        raise ValueError(f"there is no encoding {encoding!r}; utf-8, cp1252 and utf-16 are such names") from error
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "; if a spreadsheet has written it, try --encoding cp1252" if codec == "utf-8" else ""
        raise ValueError(
            f"{path}, line {line} is not written in {codec.upper()}; save the file as CSV in UTF-8{hint}"
        ) from error
    if "\0" in text:
        raise ValueError(f"{path} holds zero bytes: it is no text in {codec.upper()}")
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


def _is_headed(rows: list[list[str]], decimal: str) -> bool:
    """Whether the first row seems to hold names."""
    numbers = (any(map(NUMBER[decimal].fullmatch, row)) for row in rows)  # one by one, as far as they are asked for
    if next(numbers):
        return False
    if len(rows) == 1 or any(numbers):
        return True
    below = ([cell for cell in cells if cell not in MISSING] for cells in zip(*rows[1:], strict=False))
    return not any(map(MEASURE.match, rows[0])) and any(cells and all(map(MEASURE.match, cells)) for cells in below)


def _in_a_line(name: str) -> str:
    return re.sub(r"\s*[\r\n]\s*", " ", name)


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    """The decimal sign of a file: what most of its numbers have that have one."""
    if delimiter == ",":
        return "."
    commas, points = (
        sum(sign in cell and bool(NUMBER[sign].fullmatch(cell)) for row in rows for cell in row) for sign in ",."
    )
    return "," if commas > points else "."
