"""Edges: a curve from where a number comes from to where it goes, and on the curve what it is multiplied with."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ...value import Value
from ..geometry import Point, arrowhead, points
from ..style import paint
from ..text.escaping import for_xml
from .cards import Cell

LABEL = 10.5  # size of type


@dataclass(frozen=True)
class Link:
    """An edge from the card `tail` to the card `head`, by their keys.

    Parameters
    ----------
    key, tail, head : str
    label : tuple of Cell
        The local derivative, as a factor; or a weight's name and numbers.
    tooltip : str
    colour : str
    width : float
        Of the line, in points.
    gate : float
        0, or how wide a gate it takes into the head's cluster, beside the cards that stand there before the head.
    weight : int
        How straight and short dot should keep it.
    lane : float
        Its place among the links between the same two cards: 0 alone, −½ and ½ for two.
    emphasis : "" or "faint"
    weight_of : Value, optional
        The weight that its colour and its width show.
    """

    key: str
    tail: str
    head: str
    label: tuple[Cell, ...] = ()
    tooltip: str = ""
    colour: str = "line"
    width: float = 1.1
    gate: float = 0.0
    weight: int = 1
    lane: float = 0.0
    emphasis: str = ""
    weight_of: Value | None = None

    def curve_in_svg(self, scope: str, spline: Sequence[Point]) -> str:
        """The curve and its arrow."""
        end, tip = arrowhead(*_last_two(spline), self.width, self.colour)
        title = f"<title>{for_xml(self.tooltip)}</title>" if self.tooltip else ""
        way = f"M{points(spline[:1])}C{points([*spline[1:-1], end])}"
        line = f'<path d="{way}" stroke-width="{self.width:g}" {paint(stroke=self.colour)}/>'
        return f'<g id="{scope}{self.key}" class="link"{self._fading}>{title}{line}{tip}</g>'

    @property
    def _fading(self) -> str:
        return ' opacity="0.35"' if self.emphasis == "faint" else ""

    @cached_property
    def label_width(self) -> float:
        """In points, with a margin."""
        return sum(cell.width(LABEL) + 6.0 for cell in self.label)

    @cached_property
    def label_height(self) -> float:
        """In points; names with scripts are taller than numbers."""
        return 14.0 if all(isinstance(cell.content, str) for cell in self.label) else 20.0

    def label_in_svg(self, scope: str, at: Point) -> str:
        """The label with its middle there, on a ground of its own so that the line does not cross it out."""
        (x, y), w, h = at, self.label_width, self.label_height
        place = f'x="{x - w / 2:.1f}" y="{y - h / 2:.1f}" width="{w:.1f}" height="{h:g}" rx="5"'
        ground = f'<rect {place} fill-opacity="0.9" {paint("neuron")}/>'
        parts = [f'<g id="{scope}{self.key}l" class="label"{self._fading}>{ground}']
        left = x - w / 2 + 3.0
        for cell in self.label:
            parts.append(cell.to_svg(left, y + 3.7, "start", LABEL))
            left += cell.width(LABEL) + 6.0
        return "".join([*parts, "</g>"])

    @property
    def gate_key(self) -> str:
        """The name of its gate in the DOT text."""
        return f"{self.key}g"


def _last_two(spline: Sequence[Point]) -> tuple[Point, Point]:
    tip = spline[-1]
    return next((p for p in reversed(spline[:-1]) if math.dist(p, tip) > 0.5), (tip[0] - 1.0, tip[1])), tip
