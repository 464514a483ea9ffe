"""A plot of your own as a picture of ours: it follows the reader's scheme, and saves as the others do."""

import sys
from pathlib import Path
from typing import Any

from ..picture import Picture
from .canvas import picture_of


def draw_figure(figure: Any, path: str | Path | None = None, *, title: str = "") -> Picture:
    """Make a picture of a matplotlib figure: in a notebook it is light by day and dark by night.

    Black becomes ink, white becomes paper, and the colours of `style` their counterparts; others stay. The picture is
    as large as what it shows: no word is cut at its edges. A figure of pyplot is closed, so that it is not shown again.

    Parameters
    ----------
    figure : matplotlib Figure
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    title : str, optional
        What a screen reader says; without one, the titles of the panels.

    Raises
    ------
    TypeError
        If it is no figure, or one without panels.

    >>> from matplotlib.figure import Figure
    >>> figure = Figure((4.0, 3.0))
    >>> _ = figure.subplots().set(title="nothing yet")
    >>> draw_figure(figure)
    Picture('nothing yet')
    """
    panels = getattr(figure, "axes", None)
    if not panels or not hasattr(figure, "savefig"):
        what = f"not {type(figure).__name__}" if panels is None else "and this one has none"
        raise TypeError(f"draw_figure takes a matplotlib figure with panels, {what}")
    titles = [words for panel in panels for words in (panel.get_title(), panel.get_title("left")) if words]
    picture = picture_of(panels, None, path, title or ", ".join(titles) or "plot", tight=True)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)
    return picture
