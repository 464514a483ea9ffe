"""Lines in an SVG: points, and the one arrowhead that all pictures have."""

import math
from collections.abc import Iterable

from .style import paint

Point = tuple[float, float]  # x to the right, y downwards


def points(line: Iterable[Point]) -> str:
    """Points as the attributes of an SVG take them.

    >>> points([(0.0, 1.25), (-3.0, 4.0)])
    '0,1.2 -3,4'
    """
    return " ".join(f"{round(x, 1):g},{round(y, 1):g}" for x, y in line)


def arrowhead(before: Point, tip: Point, width: float, colour: str) -> tuple[Point, str]:
    """Where a line of that width from `before` ends, inside its head, and the head with its tip there.

    >>> arrowhead((0.0, 0.0), (20.0, 0.0), 1.0, "line")[0]
    (13.92, 0.0)
    """
    reach = math.dist(before, tip) or 1.0
    dx, dy = (tip[0] - before[0]) / reach, (tip[1] - before[1]) / reach
    length, wide = 6.0 + 1.6 * width, 2.0 + 1.1 * width
    x, y = tip[0] - length * dx, tip[1] - length * dy
    corners = [tip, (x - wide * dy, y + wide * dx), (x + wide * dy, y - wide * dx)]
    end = (tip[0] - 0.8 * length * dx, tip[1] - 0.8 * length * dy)
    return end, f'<polygon points="{points(corners)}" {paint(colour)}/>'
