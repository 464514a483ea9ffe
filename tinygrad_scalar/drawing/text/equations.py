"""Equations as rows of names and texts: names in ink, values in blue, derivatives in vermilion."""

from collections.abc import Sequence

from .notation import Item, Name, raised
from .numbers import number

PLUS, EQUALS, TIMES, OPEN, CLOSE = ((sign, "ink") for sign in "+=·()")
BY = Name("∂E/∂")  # before what E is differentiated by
SIGNS = ("=", "+", "−", "·", "/", "⊗")  # with space around them
RAISED = "raised"  # the colour of an exponent
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


def in_words(items: Sequence[Item]) -> str:
    """A row as plain text, for a screen reader and for a terminal.

    >>> in_words([Name("x", "2"), ("=", "ink"), ("0.5", "value"), ("2", "raised")])
    'x₂ = 0.5²'
    """
    return "".join(str(item) if isinstance(item, Name) else _plain(*item) for item in items).strip()


def _plain(text: str, colour: str) -> str:
    if colour == RAISED:
        return raised(text)
    return f" {text} " if text in SIGNS and colour == "ink" else text
