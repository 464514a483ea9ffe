"""What all plots share: quiet axes, and files that are the same each time."""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..picture import Picture
from ..style import INK, QUIET
from ..text.escaping import clean
from .recolouring import recoloured

LEADING, SMALLEST = 1.25, 6.5  # from line to line, in sizes of type; the smallest type that is read
LONGEST = 40  # characters of a name
MARGIN = 0.08  # around a panel, in inches


Axes = Any  # of matplotlib: one, or for several panels a sequence of them


@contextmanager
def canvas(size: tuple[float, float], ax: Axes = None, grid: tuple[int, int] = (1, 1)) -> Iterator[list[Any]]:
    """The panels to draw in: those of `ax`, or of a new figure, `size` in inches, with rows and columns of them.

    A new figure needs no display and no global state.

    Raises
    ------
    ImportError
        If matplotlib is missing; the message says how to get it.
    ValueError
        If `ax` has another number of panels.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'tinygrad_scalar[train]'") from None
    with _quietly():
        if ax is None:
            figure = Figure(size, layout=ConstrainedLayoutEngine(w_pad=MARGIN, h_pad=MARGIN))
            FigureCanvasAgg(figure)
            yield list(figure.subplots(*grid, squeeze=False).ravel())
            return
        panels = list(np.ravel(np.array(ax, dtype=object)))
        if len(panels) != grid[0] * grid[1]:
            several = "" if grid == (1, 1) else ", ax is a sequence of them"
            raise ValueError(f"this plot has panels for {grid[0] * grid[1]} axes, not for {len(panels)}{several}")
        yield panels


@contextmanager
def _quietly() -> Iterator[None]:
    """Our settings, while something is drawn or written."""
    import matplotlib

    quiet: Any = {
        "svg.hashsalt": "tinygrad_scalar",
        "svg.fonttype": "none",
        "font.size": 11,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": QUIET,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
    }
    with warnings.catch_warnings(), matplotlib.rc_context(quiet):
        warnings.filterwarnings("ignore", "Glyph")  # an SVG holds text, and its reader has other fonts than we
        yield


def picture_of(panels: Sequence[Any], ax: Axes, path: str | Path | None, title: str, tight: bool = False) -> Picture:
    """What has been drawn, in all of its figure, saved where a path is given; on axes of yours it does not show itself.

    `title` is what a screen reader says; `tight`: with all that stands outside the figure's edges, and no more.
    """
    figure = panels[0].get_figure(root=True)
    convert = partial(written, figure, tight=tight)
    draw = lambda: recoloured(convert(".svg", 1.0).decode())  # noqa: E731
    picture = Picture(None, draw, clean(title), convert=convert, shows=ax is None)
    if path is not None:
        picture.save(path)
    return picture


def written(figure: Any, kind: str, scale: float, *, tight: bool = False) -> bytes:
    """The figure as a file of that kind, without a date."""
    undated: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(kind, {})
    how: dict[str, Any] = {"facecolor": "none"} if kind == ".svg" else {}  # a picture has its own paper
    how |= {"bbox_inches": "tight"} if tight else {}
    with _quietly(), BytesIO() as file:
        figure.savefig(file, format=kind[1:], metadata=undated, dpi=96 * scale, **how)
        return file.getvalue()


def head(axes: Any, title: str) -> None:
    """The title of one panel: text, whatever signs of mathematics it holds."""
    axes.set_title(words(title), loc="left", fontsize=12, wrap=True)


def words(text: str) -> str:
    """Text that may be wrapped, a $ in it is a $: where lines are broken, matplotlib does not ask for `parse_math`."""
    return clean(text).replace("$", r"\$")


def named(name: str) -> str:
    """A name as a plot has room for it.

    >>> named("a" * 50)
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'
    """
    return clean(name if len(name) <= LONGEST else name[: LONGEST - 1] + "…")


class End(NamedTuple):
    """Where a curve ends, and what is to be written there."""

    name: str
    x: float
    y: float
    colour: str
    alpha: float = 1.0


def name_ends(axes: Any, ends: Sequence[End], size: float = 11.0) -> None:
    """Write the names of curves at the right of a panel with its scales and titles: by their ends, none upon another.

    Curves that end at one height are named in their order, from above. Where there are too many to be read, only some
    are named, evenly spread, and always the first and the last.
    """
    axes.get_figure(root=True).draw_without_rendering()  # now the panel has the height that titles leave it
    height = 72.0 * axes.get_window_extent().height / axes.get_figure(root=True).dpi
    most = int(height / (LEADING * SMALLEST))
    if len(ends) > most:
        ends = [ends[round(k * (len(ends) - 1) / (most // 2 - 1))] for k in range(most // 2)]
    if not ends:
        return
    size = min(size, height / (LEADING * len(ends)))
    inside = axes.transScale + axes.transLimits  # to shares of the panel's width and height
    heights = [round(float(inside.transform((end.x, end.y))[1]), 6) for end in ends]
    rising = sorted(range(len(ends)), key=lambda k: (heights[k], -k))
    places = apart([heights[k] for k in rising], LEADING * size / height)
    thread = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2, "relpos": (0, 0.5)}
    for end, place in zip([ends[k] for k in rising], places, strict=True):
        axes.annotate(named(end.name), (end.x, end.y), xytext=(1.035, place), textcoords="axes fraction", va="center",
                      color=end.colour, alpha=end.alpha, fontsize=size, parse_math=False, annotation_clip=False,
                      arrowprops=thread)  # fmt: skip


def apart(ends: Sequence[float], gap: float) -> list[float]:
    """Places for labels in a panel from 0 to 1, each a gap above the one before, as near to the rising ends as can be.

    >>> apart([0.25, 0.5, 0.5, 0.75], 0.125)
    [0.25, 0.4375, 0.5625, 0.75]
    """
    blocks: list[tuple[float, int]] = []  # labels that touch: the place of the first, and how many they are
    for k, end in enumerate(ends):
        lowest, n = end - k * gap, 1
        while blocks and blocks[-1][0] > lowest:
            before, m = blocks.pop()
            lowest, n = (before * m + lowest * n) / (m + n), m + n
        blocks.append((lowest, n))
    highest = 1.0 - gap * (len(ends) - 1)
    first = [min(max(lowest, 0.0), highest) for lowest, n in blocks for _ in range(n)]
    return [place + k * gap for k, place in enumerate(first)]


def log_if_positive(axes: Any, numbers: Sequence[float]) -> None:
    """A logarithmic axis, if all numbers that are finite allow one and they span more than a factor 2."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    finite = [x for x in numbers if math.isfinite(x)]
    if not finite or min(finite) <= 0.0 or max(finite) / 2.0 <= min(finite):
        return
    axes.set_yscale("log")
    plain = FuncFormatter(lambda y, _: f"{y:g}")
    axes.yaxis.set_major_formatter(plain)
    if max(finite) / 10.0 < min(finite):
        axes.yaxis.set_minor_locator(LogLocator(subs=(2, 3, 4, 6)))
        axes.yaxis.set_minor_formatter(plain)


def count_along(axes: Any, first: int, last: int) -> None:
    """An axis of whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim((first, last) if last > first else (first - 0.5, first + 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def last_finite(series: Sequence[float]) -> int | None:
    """The place of the last number that is finite."""
    found = np.flatnonzero(np.isfinite(series))
    return int(found[-1]) if len(found) else None
