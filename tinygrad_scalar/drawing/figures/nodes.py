"""A circle is how a figure shows a number of the network: its name above, its number and its derivative below."""

from collections.abc import Sequence

from ..text.notation import Item, Name
from ..text.numbers import number
from .figure import Figure, row_width
from .subject import Subject, told


def node(
    figure: Figure,
    x: float,
    y: float,
    r: float,
    role: str,
    name: Name,
    words: str,
    value: float | None = None,
    below: Sequence[Item] = (),
) -> None:
    """A circle with its centre at (x, y); without a value it holds the name alone, `below` stands under the value."""
    if value is None:
        figure.circle(x, y, r, role, words)
        _fit(figure, [name], x, y + 6.0, 18.0, 1.7 * r)
        return
    figure.circle(x, y, r, "card", words)
    figure.cap(x, y, r, role, 1.0)
    _fit(figure, [name], x, y - 0.22 * r, 17.0, 1.6 * r)
    _fit(figure, [(number(value), "value")], x, y + 0.42 * r, 15.0, 1.7 * r)
    if below:
        _fit(figure, below, x, y + 0.78 * r, min(14.0, 0.4 * r), 1.4 * r)


def activation(
    figure: Figure,
    subject: Subject,
    place: tuple[int, int],
    x: float,
    y: float,
    r: float,
    below: Sequence[Item] = (),
    words: str = "",
) -> None:
    """The circle of a_i^{(l)}, with l, i = `place`; an input that has a label of its own has it at its left."""
    name, value = subject.name("a", *place), subject.a(*place)
    words = words or told(name, value, subject)
    if not name.math:
        figure.row([name], x - r - 8.0, y + 5.0, anchor="end")
        name = Name("x", str(place[1]))
    node(figure, x, y, r, "a" if place[0] else "input", name, words, None if value is None else value.data, below)


def ellipsis(figure: Figure, x: float, y: float) -> None:
    """Three dots, one above the other."""
    for k in (-1, 0, 1):
        figure.dot(x, y + 12.0 * k, "quiet")


def _fit(figure: Figure, items: Sequence[Item], x: float, y: float, size: float, room: float) -> None:
    """A row that is made smaller where it is wider than its room."""
    figure.row(items, x, y, min(size, size * room / row_width(items, size)))
