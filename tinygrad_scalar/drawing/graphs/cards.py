"""A card is how a picture shows a Value: its name on a coloured head, its numbers below."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ...value import Value
from ..style import paint
from ..text.escaping import for_xml
from ..text.lettering import names_in_svg, text_in_svg, text_width, width
from ..text.notation import Name

HEAD, ROW, NAMED_ROW, ROUND, PADDING = 27.0, 21.0, 25.0, 8.0, 9.0
NAME, NUMBER, SYMBOL = 18.0, 12.5, 12.5  # sizes of type
LARGER = 1.2  # names beside numbers, whose sans is the larger of two fonts of one size
LEAST = 52.0  # a cell's width, so that columns of cards look like columns


Group = tuple[str, ...]  # the titles of a cluster and of those around it, the outermost first


@dataclass(frozen=True)
class Cell:
    """One thing in a row: a name, or text in a colour."""

    content: str | tuple[Name, ...]
    colour: str = "ink"
    nodes: tuple[Value, ...] = ()  # whose value or gradient it is; of several it shows the least and the largest

    def __str__(self) -> str:
        return self.content if isinstance(self.content, str) else " ".join(map(str, self.content))

    def width(self, size: float = NUMBER) -> float:
        """In points, in type of that size."""
        return text_width(self.content, size) if isinstance(self.content, str) else width(self.content, size * LARGER)

    def to_svg(self, x: float, y: float, anchor: str, size: float = NUMBER) -> str:
        """The cell, its baseline at y."""
        if isinstance(self.content, str):
            return text_in_svg(self.content, x, y, size, self.colour, anchor)
        return names_in_svg(self.content, x, y, size * LARGER, anchor)


@dataclass(frozen=True)
class Card:
    """What stands for a Value, or for a neuron or a layer of them.

    Parameters
    ----------
    key : str
        Its id in the picture, without the picture's own.
    role : str
        A colour of the head.
    symbol : str
        The operation; at the left of the head, or in its middle where there is no name.
    names : tuple of Name
        The name, or the factors of a product.
    rows : tuple of tuple of Cell
        What stands below the head. A row of two cells has one in each half; with a name first, name left, number right.
    group : tuple of str
        The titles of the clusters it is in, the outermost first.
    tooltip : str
        All of it in words, with every digit.
    emphasis : "", "strong" or "faint"
    nodes : tuple of Value
        What it stands for, where it is more than one.
    """

    key: str
    role: str
    symbol: str = ""
    names: tuple[Name, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    group: Group = ()
    tooltip: str = ""
    emphasis: str = ""
    nodes: tuple[Value, ...] = ()

    @cached_property
    def size(self) -> tuple[float, float]:
        """Width and height in points; a card without rows is a low one, for a constant."""
        symbol, name = text_width(self.symbol, SYMBOL), width(self.names, NAME)
        head = symbol + name + (2 if symbol and name else 0) * PADDING
        body = max((_row_width(row) for row in self.rows), default=0.0)
        height = HEAD + sum(map(_row_height, self.rows)) if self.rows else 22.0
        return round(max(head + 2 * PADDING, body, 1.5 * LEAST if self.rows else 0.0)), height

    @property
    def lines(self) -> list[str]:
        """The card in plain text, for DOT."""
        head = " ".join(filter(None, (self.symbol, " ".join(map(str, self.names)))))
        return [head, *("   ".join(map(str, row)) for row in self.rows)]

    def to_svg(self, scope: str, x: float, y: float) -> str:
        """The card with its centre at (x, y)."""
        w, h = self.size
        left, top = round(x - w / 2, 2), round(y - h / 2, 2)
        faint = ' opacity="0.35"' if self.emphasis == "faint" else ""
        parts = [f'<g id="{scope}{self.key}" class="card"{faint}>', f"<title>{for_xml(self.tooltip)}</title>"]
        if self.rows:
            parts.append(
                f'<rect x="{left:g}" y="{top:g}" width="{w:g}" height="{h:g}" rx="{ROUND:g}" {paint("card")}/>'
            )
            r, side = ROUND, HEAD - ROUND
            head = (
                f"M{left:g},{top + HEAD:g}v{-side:g}q0,{-r:g},{r:g},{-r:g}h{w - 2 * r:g}q{r:g},0,{r:g},{r:g}v{side:g}z"
            )
            parts.append(f'<path d="{head}" {paint(self.role)}/>')
        radius = ROUND if self.rows else h / 2
        body = paint("none" if self.rows else self.role, "border")
        if self.emphasis == "strong":
            body = f'{paint("none" if self.rows else self.role, "gradient")} stroke-width="2.2"'
        parts.append(f'<rect x="{left:g}" y="{top:g}" width="{w:g}" height="{h:g}" rx="{radius:g}" {body}/>')
        parts += self._head(left, top + (18.0 if self.rows else 15.5))
        y = top + HEAD
        for row in self.rows:
            parts += _row_in_svg(row, left, w, y + _row_height(row) / 2 + 4.5)
            y += _row_height(row)
        return "".join([*parts, "</g>"])

    def _head(self, left: float, y: float) -> list[str]:
        w, symbol, name = self.size[0], text_width(self.symbol, SYMBOL), width(self.names, NAME)
        if not self.names:
            size, colour = (SYMBOL + 3.0, "ink") if self.rows else (NUMBER, "value")
            return [text_in_svg(self.symbol, left + w / 2, y, size, colour)]
        if not self.symbol:
            return [names_in_svg(self.names, left + w / 2, y, NAME)]
        middle = max(left + w / 2, left + 3 * PADDING + symbol + name / 2 - 2)  # in the card's middle if there is room
        return [
            text_in_svg(self.symbol, left + PADDING, y, SYMBOL, "quiet", "start"),
            names_in_svg(self.names, middle, y, NAME),
        ]


def _row_height(row: Sequence[Cell]) -> float:
    return ROW if isinstance(row[0].content, str) else NAMED_ROW


def _row_width(row: Sequence[Cell]) -> float:
    first, *rest = row
    if isinstance(first.content, str):
        return len(row) * max(map(_column, row))
    return first.width() + sum(map(_column, rest)) + 2 * PADDING


def _column(cell: Cell) -> float:
    return max(LEAST, cell.width() + 1.4 * PADDING)


def _row_in_svg(row: Sequence[Cell], left: float, w: float, y: float) -> list[str]:
    first, *rest = row
    if isinstance(first.content, str):
        share = w / len(row)
        return [cell.to_svg(left + share * (k + 0.5), y, "middle") for k, cell in enumerate(row)]
    parts, right = [first.to_svg(left + PADDING, y, "start")], left + w - PADDING
    for cell in reversed(rest):
        parts.append(cell.to_svg(right, y, "end"))
        right -= _column(cell)
    return parts


def groups_of(cards: Sequence[Card]) -> list[Group]:
    """All groups that hold a card, the outer before the inner."""
    return list(dict.fromkeys(card.group[: k + 1] for card in cards for k in range(len(card.group))))
