"""Equations, one below the other: names in ink, values in blue, derivatives in vermilion."""

from collections.abc import Sequence

from ..text.notation import Name
from ..text.numbers import number
from .figure import NAME, Figure, Item

PLUS, EQUALS, TIMES, OPEN, CLOSE = ((sign, "ink") for sign in "+=·()")
BY = Name("∂E/∂")  # before what E is differentiated by
MOST = 4  # terms of a sum that are written out


def in_product(x: float) -> str:
    """A number as a factor.

    >>> in_product(0.5), in_product(-0.5)
    ('0.500', '(−0.500)')
    """
    return f"({number(x)})" if number(x).startswith("−") else number(x)


def sum_of(terms: Sequence[Sequence[Item]]) -> list[Item]:
    """Terms with a + between them; of too many, the first ones and the last."""
    kept = [*terms[: MOST - 1], [("…", "ink")], terms[-1]] if len(terms) > MOST else terms
    row: list[Item] = []
    for term in kept:
        row += [PLUS, *term] if row else term
    return row


def write(figure: Figure, rows: Sequence[Sequence[Item]]) -> str:
    """The equations below all that has been drawn, and as plain text. A row that begins with = goes on."""
    left, _, _, y = figure.extent
    y += 26.0
    for row in rows:
        y += 32.0
        figure.row(row, left + (28.0 if row[0] == EQUALS else 0.0), y, NAME + 2.0, "start")
    return " ".join(str(item) if isinstance(item, Name) else item[0] for row in rows for item in row)
