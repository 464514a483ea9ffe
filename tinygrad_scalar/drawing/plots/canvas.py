"""What all plots share: quiet axes, and files that are the same each time."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..style import QUIET


@contextmanager
def canvas() -> Iterator[Any]:
    """A matplotlib figure that needs no display and no global state."""
    import matplotlib
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


def save(figure: Any, path: str | Path) -> None:
    """Write the figure as the SVG or PNG that `path` names, without a date."""
    metadata: dict[str, Any] = {"Date": None} if str(path).endswith(".svg") else {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # in an SVG the reader's fonts have it
        figure.savefig(path, metadata=metadata, dpi=160)
