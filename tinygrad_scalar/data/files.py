"""Tables in files, as `.csv` in UTF-8: there as a whole or not at all."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..arrays import replacing


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as the text of a CSV file.

    >>> csv_text([["x, in m", "y"], [1, 0.5]])
    '"x, in m",y\\n1,0.5\\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def write_csv(path: str | Path, rows: Iterable[Iterable[Any]]) -> None:
    """A CSV file of these rows, in UTF-8."""
    with replacing(path) as file:
        file.write(csv_text(rows).encode())
