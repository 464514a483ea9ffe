"""Loss and accuracy by epoch: is it still learning, and is it learning the right thing?"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..training import History

BLUE, VERMILION, GREY = "#0072b2", "#d55e00", "#5f6b76"  # Okabe & Ito


def draw_curves(history: History, path: str | Path, *, title: str = "") -> None:
    """Save E and, where there are classes, the accuracy by epoch, as the SVG or PNG that `path` names."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    with_accuracy = bool(np.isfinite(history.accuracy).any())
    with (
        warnings.catch_warnings(),
        matplotlib.rc_context({"svg.hashsalt": "tinygrad_scalar", "svg.fonttype": "none", "font.size": 11}),
    ):
        warnings.filterwarnings("ignore", "Glyph")  # an SVG holds text, and its reader has other fonts than we
        figure = Figure(figsize=(9.0 if with_accuracy else 5.0, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(1, 2 if with_accuracy else 1, squeeze=False)[0]
        _panel(panels[0], "E", history.E, history.validation_E)
        panels[0].set_yscale("log")
        panels[0].yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        if with_accuracy:
            _panel(panels[1], "accuracy", history.accuracy, history.validation_accuracy)
            panels[1].yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:g} %"))
        for panel in panels:
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        if title:
            figure.suptitle(title, fontsize=12, parse_math=False)
        metadata: dict[str, Any] = {"Date": None} if str(path).endswith(".svg") else {}
        figure.savefig(path, metadata=metadata, dpi=160)


def _panel(axes: Any, name: str, training: list[float], validation: list[float]) -> None:
    for label, series, colour, style in (("training", training, BLUE, "-"), ("held out", validation, VERMILION, "--")):
        if series:
            axes.plot(range(len(series)), series, style, color=colour, linewidth=1.8)
            axes.annotate(
                label,
                (len(series) - 1, series[-1]),
                xytext=(5, 0),
                textcoords="offset points",
                color=colour,
                va="center",
            )
    axes.set_xlabel("epoch")
    axes.set_title(name, loc="left", fontsize=12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY)
    axes.grid(axis="y", color=GREY, alpha=0.2)
