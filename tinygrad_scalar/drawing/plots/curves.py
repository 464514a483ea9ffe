"""Loss and accuracy by epoch: is it still learning, and is it learning the right thing?"""

from pathlib import Path
from typing import Any

import numpy as np

from ...training.history import History
from ..picture import Picture
from ..style import BLUE, QUIET, VERMILION
from .canvas import Axes, End, canvas, count_along, head, last_finite, log_if_positive, name_ends, picture_of, words


def draw_curves(history: History, path: str | Path | None = None, *, title: str = "", ax: Axes = None) -> Picture:
    """Draw E and, where there are classes, the accuracy by epoch.

    Parameters
    ----------
    history : History
        As `fit` returns it.
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    title : str
    ax : matplotlib axes, optional
        Where to draw, instead of a figure of its own; where there are classes, two of them, or one for E alone.

    Raises
    ------
    TypeError
        If it is no History.
    ValueError
        If no E of the history is finite.
    """
    _check(history)
    if last_finite([*history.E, *history.validation_E]) is None:
        raise ValueError("the history has no finite E to draw")
    with_accuracy = bool(np.isfinite(history.accuracy).any()) and (ax is None or np.size(ax) > 1)
    size, grid = ((9.0, 3.6), (1, 2)) if with_accuracy else ((5.4, 3.6), (1, 1))
    with canvas(size, ax, grid) as panels:
        if title and ax is None:
            panels[0].figure.suptitle(words(title), fontsize=12, wrap=True)
        log_if_positive(panels[0], [*history.E, *history.validation_E])
        _panel(panels[0], f"{title}: E" if title and ax is not None else "E", history.E, history.validation_E)
        if with_accuracy:
            panels[1].set_ylim(*_room(history.accuracy + history.validation_accuracy))
            _panel(panels[1], "accuracy", history.accuracy, history.validation_accuracy)
            panels[1].yaxis.set_major_formatter(lambda y, _: f"{100 * y:g} %")
        said = f"E {'and accuracy ' * with_accuracy}by epoch"
        return picture_of(panels, ax, path, f"{title}: {said}" if title else said)


def draw_gradient_norms(
    history: History, path: str | Path | None = None, *, title: str = "", ax: Axes = None
) -> Picture:
    """Draw the norm of each layer's gradient by epoch: lines that lie decades apart vanish, or explode, downwards.

    A norm of 0, as of a frozen layer, has no place on a logarithmic axis: the layer is named as such.

    Parameters
    ----------
    history : History
        As `fit` returns it.
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    title : str
    ax : matplotlib axes, optional
        Where to draw, instead of a figure of its own.

    Raises
    ------
    TypeError
        If it is no History.
    ValueError
        If the history has no norms, or none that is finite and above 0.
    """
    _check(history)
    norms = np.array(history.gradient_norms, dtype=float)
    if not norms.size:
        raise ValueError("the history has no gradient norms to draw")
    shown = np.where(np.isfinite(norms) & (norms > 0.0), norms, np.nan)
    if np.isnan(shown).all():
        raise ValueError("no gradient norm is finite and above 0: there is nothing to draw on a logarithmic axis")
    L = norms.shape[1]
    with canvas((6.4, 3.8), ax) as [axes]:
        head(axes, title or "norm of ∂E/∂θ by layer")
        log_if_positive(axes, shown.ravel().tolist())
        curves = [(f"layer {l}", shown[:, l - 1].tolist(), BLUE, "-", 0.25 + 0.75 * l / L) for l in range(1, L + 1)]
        _curves(axes, curves)
        missing = [l for l in range(1, L + 1) if np.isnan(shown[:, l - 1]).all()]
        if missing:
            what = "0" if not norms[:, [l - 1 for l in missing]].any() else "0 or not finite"
            layers = f"layer{'s' * (len(missing) > 1)} {', '.join(map(str, missing))}"
            axes.set_xlabel(f"epoch    ({layers}: {what} throughout)")
        axes.grid(color=QUIET, alpha=0.15)
        return picture_of([axes], ax, path, title or f"norm of ∂E/∂θ by epoch, for each of {L} layers")


def _check(history: History) -> None:
    if not isinstance(history, History):
        raise TypeError(f"what is drawn is the History that fit returns, not {type(history).__name__}")


def _room(shares: list[float]) -> tuple[float, float]:
    """The ends of an axis for shares, with a margin, and without room for less than nothing or more than all."""
    low, high = np.nanmin(shares), np.nanmax(shares)
    margin = max(0.05 * (high - low), 0.02)
    return max(low - margin, 0.0), min(high + margin, 1.0)


def _panel(axes: Any, name: str, training: list[float], validation: list[float]) -> None:
    head(axes, name)
    _curves(axes, [("training", training, BLUE, "-", 1.0), ("held out", validation, VERMILION, "--", 1.0)])
    axes.grid(axis="y", color=QUIET, alpha=0.2)


def _curves(axes: Any, curves: list[tuple[str, list[float], str, str, float]]) -> None:
    """Curves by epoch, each with its name at its end; one of a single epoch is a point."""
    ends = []
    for name, series, colour, style, alpha in curves:
        k = last_finite(series)
        if k is not None:
            marker = "o" if k == 0 else ""
            axes.plot(series, style, color=colour, alpha=alpha, linewidth=1.8, marker=marker, clip_on=False)
            ends.append(End(name, k, series[k], colour, alpha))
    count_along(axes, 0, max(len(series) for _, series, *_ in curves) - 1)
    axes.set_xlabel("epoch")
    name_ends(axes, ends)
