"""What all plots share: quiet axes, and files that are the same each time."""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..style import QUIET
from ..text.escaping import clean

LEADING, SMALLEST = 1.25, 6.5  # from line to line, in sizes of type; the smallest type that is read
LONGEST = 40  # characters of a name


@contextmanager
def canvas() -> Iterator[Any]:
    """A matplotlib figure that needs no display and no global state."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'tinygrad_scalar[train]'") from None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    quiet: Any = {
        "svg.hashsalt": "tinygrad_scalar",
        "svg.fonttype": "none",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": QUIET,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
    }
    with warnings.catch_warnings(), matplotlib.rc_context(quiet):
        warnings.filterwarnings("ignore", "Glyph")  # an SVG holds text, and its reader has other fonts than we
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


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
    axes.figure.draw_without_rendering()  # now the panel has the height that titles leave it
    height = 72.0 * axes.get_window_extent().height / axes.figure.dpi
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


def save(figure: Any, path: str | Path) -> None:
    """Write the figure as the SVG or PNG that `path` names, without a date."""
    path = Path(path)
    if path.suffix not in (".svg", ".png"):
        raise ValueError(f"a plot is saved as .svg or .png, not as {path.name}")
    metadata: dict[str, Any] = {"Date": None} if path.suffix == ".svg" else {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # in an SVG the reader's fonts have it
        figure.savefig(path, metadata=metadata, dpi=160)
