"""What the cells of a column say: numbers, nothing, yes or no, or what people write and no number is.

>>> column = TextColumn("column 2 (age)", ["34", "", "?", "5.5"], [2, 3, 4, 5])
>>> column.numbers()[0], column.missing.tolist()
(array([34. ,  nan,  nan,  5.5]), [1, 2])
"""

import re
import reprlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import Array, Integers

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "?", "nan", "NaN"))  # as they stand: Na may be sodium
TRUTHS = ({"false": 0.0, "true": 1.0}, {"no": 0.0, "yes": 1.0})
NUMBER = {  # by the decimal sign; float() alone would take nan, 1_000 and ١٢ too
    ".": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII),
    ",": re.compile(r"[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?", re.ASCII),
}
PLAIN = {sign: frozenset("0123456789+-eE" + sign) for sign in NUMBER}  # of these alone, float() takes what NUMBER does
CLOCK = r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?"
FORMS = {  # what a text is that many would call a number, how it looks, and what to do about it
    "dates": (
        rf"(\d{{4}}[-/.]\d\d?([-/.]\d\d?)?|\d\d?[-/.]\d\d?[-/.](\d\d)?\d\d)([ T]{CLOCK}(Z|[+-]\d\d:?\d\d)?)?",
        "write what may matter of it as numbers, such as the year, the month, or the days since the first",
    ),
    "times": (CLOCK, "write what may matter of it as one number, such as the hour, or the seconds since the first"),
    "numbers with thousands separators": (
        r"[+-]?(\d{1,3}(,\d{3})+(\.\d*)?|\d{1,3}(\.\d{3})+(,\d*)?|\d{1,3}([ '’]\d{3})+([.,]\d*)?)",
        "write thousands like 1000",
    ),
    "numbers with a decimal comma": (
        r"[+-]?\d+,\d+",
        "write decimals like 1.5, or put semicolons between the cells, as spreadsheets do",
    ),
    "numbers with a decimal point": (r"[+-]?\d+\.\d+", "write decimals like 1,5 in all columns, or like 1.5 in all"),
    "numbers with a sign for their unit": (r"[$€£¥]\s*[+-]?[\d.,]+|[+-]?[\d.,]+\s*[$€£¥%]", "write the number alone"),
}
LOOKS = {what: re.compile(pattern, re.ASCII) for what, (pattern, _) in FORMS.items()}


@dataclass(frozen=True)
class TextColumn:
    """A column as it stands in a file: its name in a sentence, its cells, and the line of each.

    `decimal` is the sign between the whole part of a number and the rest, `heading` the name alone, if there is one.
    """

    name: str
    cells: Sequence[str]
    lines: Sequence[int]
    decimal: str = "."
    heading: str = ""

    def place(self, m: int) -> str:
        """Where the cell of row m stands: line 3, column 2 (age)."""
        return f"line {self.lines[m]}, {self.name}"

    @cached_property
    def present(self) -> Integers:
        """The rows whose cells are not blank, NA, ? or nan."""
        return np.flatnonzero([cell not in MISSING for cell in self.cells])

    @property
    def missing(self) -> Integers:
        """All other rows."""
        return np.setdiff1d(np.arange(len(self.cells)), self.present)

    @cached_property
    def texts(self) -> list[str]:
        """The cells that are not missing."""
        return [self.cells[m] for m in self.present.tolist()]

    @property
    def truths(self) -> dict[str, float] | None:
        """What the cells are as 0 and 1, if all of them say true or false, or all yes or no."""
        words = {text.lower() for text in set(self.texts)}
        return next((truths for truths in TRUTHS if words and words <= truths.keys()), None)

    def number(self, text: str) -> float | None:
        """The number that a text is, or None; it may be too large, and then it is inf."""
        return float(text.replace(",", ".")) if NUMBER[self.decimal].fullmatch(text) else None

    def numbers(self) -> tuple[Array, Integers]:
        """M floats, and the rows that ought to hold a number and don't; nan there, and where a cell is missing."""
        values, texts = np.full(len(self.cells), np.nan), self.texts
        truths = self.truths
        if truths:
            found = [truths[text.lower()] for text in texts]
        elif not PLAIN[self.decimal].issuperset("".join(texts)):
            found = [np.nan if (x := self.number(text)) is None else x for text in texts]
        else:
            try:  # the short way, for most columns
                found = list(map(float, (t.replace(",", ".") for t in texts) if self.decimal == "," else texts))
            except ValueError:
                found = [np.nan if (x := self.number(text)) is None else x for text in texts]
        values[self.present] = found
        bad = self.present[~np.isfinite(values[self.present])]
        values[bad] = np.nan
        return values, bad

    def refusal(self, bad: Integers) -> str:
        """Why the first of these rows holds no number, and how many others are like it."""
        m, others = int(bad[0]), len(bad) - 1
        cell = self.cells[m]
        more = f"; {others} more cells of the column are no numbers either" if others else ""
        if self.number(cell) is not None:
            return f"{self.place(m)}: {reprlib.repr(cell)} is too large for a 64-bit float{more}"
        hint = f"this file has decimals like 1{self.decimal}5, and thousands like 1000"
        hint = hint if cell[:1].isdigit() else "write a number, or nothing"
        return f"{self.place(m)}: {reprlib.repr(cell)} is no number; {hint}{more}"

    def mistaken(self) -> str | None:
        """A sentence, if most cells are dates, 1.000,50 or the like: no numbers, and no categories that help either."""
        counts = Counter(self.texts)
        for what, looks in LOOKS.items():
            like = [text for text in counts if self.number(text) is None and looks.fullmatch(text)]
            if 2 * sum(map(counts.__getitem__, like)) > len(self.texts):
                return f"{self.name} holds {what}, such as {reprlib.repr(like[0])}: {FORMS[what][1]}"
        return None
