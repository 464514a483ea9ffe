"""Loss and accuracy by epoch: is it still learning, and is it learning the right thing?"""

from pathlib import Path
from typing import Any

import numpy as np

from ...training.history import History
from ..style import BLUE, QUIET, VERMILION
from .canvas import canvas, save


def draw_curves(history: History, path: str | Path, *, title: str = "") -> None:
    """Save E and, where there are classes, the accuracy by epoch, as the SVG or PNG that `path` names."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    with_accuracy = bool(np.isfinite(history.accuracy).any())
    with canvas() as figure:
        figure.set_size_inches(9.0 if with_accuracy else 5.0, 3.6)
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
        save(figure, path)


def draw_gradient_norms(history: History, path: str | Path, *, title: str = "") -> None:
    """Save the norm of each layer's gradient by epoch: lines that lie decades apart vanish, or explode, downwards."""
    norms = np.array(history.gradient_norms)
    if not norms.size:
        raise ValueError("the history has no gradient norms to draw")
    with canvas() as figure:
        figure.set_size_inches(6.4, 3.8)
        axes = figure.subplots()
        L = norms.shape[1]
        for l in range(1, L + 1):
            shade = 0.25 + 0.75 * l / L
            line = np.where(norms[:, l - 1] > 0.0, norms[:, l - 1], np.nan)
            axes.plot(line, color=BLUE, alpha=shade, linewidth=1.8)
            if np.isfinite(line[-1]):
                place = {"xytext": (5, 0), "textcoords": "offset points", "va": "center"}
                axes.annotate(f"layer {l}", (len(line) - 1, line[-1]), color=BLUE, alpha=shade, **place)
        axes.set(yscale="log", xlabel="epoch")
        axes.set_title(title or "norm of ∂E/∂θ by layer", loc="left", fontsize=12)
        axes.grid(color=QUIET, alpha=0.15)
        save(figure, path)


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
    axes.grid(axis="y", color=QUIET, alpha=0.2)
