"""A figure is drawn by hand: lines, circles and names at exact places, on a sheet that grows to hold them."""

import math
from collections.abc import Sequence
from typing import Any

from ..geometry import Point, arrowhead, points
from ..picture import Picture
from ..style import paint
from ..text.equations import EQUALS
from ..text.escaping import for_xml
from ..text.lettering import PLAIN, names_in_svg, text_in_svg, text_width, width
from ..text.notation import Item, Name

NAME, SMALL, MARGIN = 18.0, 12.0, 24.0  # sizes of type, and the paper around the figure
SPACE = 0.22  # between two things in a row, in sizes of type


class Figure:
    """Panels below lines below shapes below letters, in whatever order they are drawn."""

    def __init__(self) -> None:
        self._panels: list[str] = []
        self._lines: list[str] = []
        self._shapes: list[str] = []
        self._letters: list[str] = []
        self._x: list[float] = []
        self._y: list[float] = []

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what has been drawn."""
        return min(self._x), min(self._y), max(self._x), max(self._y)

    def line(
        self,
        start: Point,
        end: Point,
        colour: str = "line",
        width: float = 1.1,
        *,
        arrow: bool = True,
        dashed: bool = False,
        opacity: float = 1.0,
        tooltip: str = "",
    ) -> None:
        """A straight line, with an arrow at its end."""
        last, head = arrowhead(start, end, width, colour) if arrow else (end, "")
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        path = f'<path d="M{points([start, last])}" stroke-width="{width:.3g}"{dash} {paint(stroke=colour)}/>'
        faint = f' opacity="{opacity:.2f}"' if opacity < 1.0 else ""
        self._lines.append(f"<g{faint}>{_title(tooltip)}{path}{head}</g>")
        self._reach(start, end)

    def join(
        self, start: Point, end: Point, radii: Point, colour: str = "line", width: float = 1.1, **how: Any
    ) -> None:
        """A line between two circles, from rim to rim."""
        reach = math.dist(start, end)
        dx, dy = (end[0] - start[0]) / reach, (end[1] - start[1]) / reach
        rims = [(start, radii[0]), (end, -radii[1])]
        first, last = [(x + r * dx, y + r * dy) for (x, y), r in rims]
        self.line(first, last, colour, width, **how)

    def circle(self, x: float, y: float, r: float, role: str, tooltip: str = "", edge: str = "border") -> None:
        """A circle with its centre at (x, y)."""
        place = f'cx="{x:.4g}" cy="{y:.4g}" r="{r:.4g}"'
        self._shapes.append(f'<circle {place} stroke-width="1.3" {paint(role, edge)}>{_title(tooltip)}</circle>')
        self._reach((x - r, y - r), (x + r, y + r))

    def cap(self, x: float, y: float, r: float, role: str, height: float) -> None:
        """The upper part of such a circle, down to `height` below its centre."""
        half = math.sqrt(r * r - height * height)
        side = f"{2 * half:.4g}"
        arc = f"M{x - half:.5g},{y + height:.5g}a{r:g},{r:g},0,{int(height > 0)},1,{side},0z"
        self._shapes.append(f'<path d="{arc}" pointer-events="none" {paint(role)}/>')

    def box(self, left: float, top: float, w: float, h: float, role: str, tooltip: str = "", rx: float = 10.0) -> None:
        """A rectangle with round corners."""
        self._shapes.append(_box(left, top, w, h, rx, role, tooltip))
        self._reach((left, top), (left + w, top + h))

    def panel(self, left: float, top: float, right: float, bottom: float) -> None:
        """A ground on which other things stand together."""
        self._panels.append(_box(left, top, right - left, bottom - top, 16.0, "layer", ""))
        self._reach((left, top), (right, bottom))

    def curve(self, line: Sequence[Point], colour: str, width: float, dashed: bool = False) -> None:
        """A line through many points, above the shapes."""
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        path = f'<path d="M{points(line)}" stroke-width="{width:g}" stroke-linejoin="round"{dash}'
        self._shapes.append(f"{path} {paint(stroke=colour)}/>")
        self._reach(*line)

    def dot(self, x: float, y: float, colour: str) -> None:
        """A point on a curve."""
        self._shapes.append(f'<circle cx="{x:.4g}" cy="{y:.4g}" r="3.6" {paint(colour)}/>')

    def row(
        self, items: Sequence[Item], x: float, y: float, size: float = NAME, anchor: str = "middle", ground: str = ""
    ) -> float:
        """Names and texts side by side, their baseline at y, and how wide they are; `ground` hides what is behind."""
        w = row_width(items, size)
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * w
        if ground:
            place = (
                f'x="{left - 3:.1f}" y="{y - 0.92 * size:.1f}" width="{w + 6:.1f}" height="{1.34 * size:.1f}" rx="5"'
            )
            self._letters.append(f'<rect {place} fill-opacity="0.92" {paint(ground)}/>')
        self._reach((left, y - size), (left + w, y + 0.4 * size))
        for item in items:
            if isinstance(item, Name):
                self._letters.append(names_in_svg([item], left, y, size, "start"))
            else:
                self._letters.append(text_in_svg(item[0], left, y, PLAIN * size, item[1], "start", fit=True))
            left += row_width([item], size) + SPACE * size
        return w

    def text(
        self, text: str, x: float, y: float, size: float = SMALL, colour: str = "quiet", anchor: str = "middle"
    ) -> None:
        """Plain text, its baseline at y."""
        self.row([(text, colour)], x, y, size / PLAIN, anchor)

    def _reach(self, *points: Point) -> None:
        self._x += [x for x, _ in points]
        self._y += [y for _, y in points]

    def write(self, rows: Sequence[Sequence[Item]]) -> str:
        """The equations below all that has been drawn, and as plain text. A row that begins with = goes on."""
        left, _, _, y = self.extent
        y += 26.0
        for row in rows:
            y += 32.0
            self.row(row, left + (28.0 if row[0] == EQUALS else 0.0), y, NAME + 2.0, "start")
        return " ".join(str(item) if isinstance(item, Name) else item[0] for row in rows for item in row)

    def picture(self, title: str, description: str) -> Picture:
        """The figure, fixed."""
        left, top, right, bottom = self.extent
        parts = [
            f'<g transform="translate({MARGIN - left:.1f},{MARGIN - top:.1f})">',
            *self._panels,
            *self._lines,
            *self._shapes,
            '<g pointer-events="none">',
            *self._letters,
            "</g></g>",
        ]
        body = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN, "\n".join(parts)
        return Picture(None, lambda: body, title, description)


def row_width(items: Sequence[Item], size: float = NAME) -> float:
    """How wide names and texts are, side by side."""
    widths = [width([item], size) if isinstance(item, Name) else text_width(item[0], PLAIN * size) for item in items]
    return sum(widths) + SPACE * size * max(len(items) - 1, 0)


def _box(left: float, top: float, w: float, h: float, rx: float, role: str, tooltip: str) -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{rx:g}"'
    return f"<rect {place} {paint(role, 'border')}>{_title(tooltip)}</rect>"


def _title(tooltip: str) -> str:
    return f"<title>{for_xml(tooltip)}</title>" if tooltip else ""
