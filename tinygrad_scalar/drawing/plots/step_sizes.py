"""The V of central differences: too large a step cuts the curve short, too small a step drowns in rounding."""

from pathlib import Path

import numpy as np

from ...arrays import Array, ArrayLike
from ..picture import Picture
from ..style import BLUE, QUIET
from .canvas import Axes, canvas, head, picture_of


def draw_steps(
    steps: ArrayLike,
    errors: ArrayLike,
    path: str | Path | None = None,
    *,
    title: str = "",
    ax: Axes = None,
) -> Picture:
    """Draw the error of central differences over their step ε (`checking.errors_by_step`).

    Two thin lines show the laws: truncation falls as ε², rounding rises as 1/ε.

    Parameters
    ----------
    steps, errors : arrays of n numbers
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    title : str
    ax : matplotlib axes, optional
        Where to draw, instead of a figure of its own.

    Raises
    ------
    ValueError
        If a step has no error of its own, or no error is finite and above 0.
    """
    epsilon, error = np.asarray(steps, dtype=float), np.asarray(errors, dtype=float)
    if epsilon.ndim != 1 or epsilon.shape != error.shape:
        raise ValueError(f"each step has one error, got shapes {epsilon.shape} and {error.shape}")
    seen = np.isfinite(error) & (error > 0.0) & np.isfinite(epsilon) & (epsilon > 0.0)
    if not seen.any():
        raise ValueError("no step above 0 has an error above 0 to draw")
    rising = np.argsort(epsilon[seen], kind="stable")
    epsilon, error = epsilon[seen][rising], error[seen][rising]
    best = int(error.argmin())
    with canvas((6.4, 4.4), ax) as [axes]:
        low, high = error.min(), error.max() * 3.0
        for power, at, words in ((2, -1, "truncation ∝ ε²"), (-1, 0, "rounding ∝ 1/ε")):
            middle = _middle(error, best, at)
            law = error[middle] * (epsilon / epsilon[middle]) ** power
            shown = (law > low) & (law < high)
            axes.plot(epsilon[shown], law[shown], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
            if not shown.any():
                continue  # a quadratic E has no truncation
            end = np.flatnonzero(shown)[at]
            axes.annotate(words, (epsilon[end], law[end]), xytext=(0, 6), textcoords="offset points", color=QUIET,
                          ha="right" if at == -1 else "left", fontsize=9)  # fmt: skip
        axes.plot(epsilon, error, "o-", color=BLUE, linewidth=1.8, markersize=3.5)
        note = f"ε = {epsilon[best]:.0e}: error {error[best]:.0e}"
        axes.annotate(note, (epsilon[best], error[best]), xytext=(0, -16), textcoords="offset points",
                      ha="center", color=BLUE)  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="step ε", ylim=(low / 20.0, high))
        head(axes, title or "relative error of central differences")
        axes.grid(color=QUIET, alpha=0.15)
        return picture_of([axes], ax, path, title or "relative error of central differences over their step ε")


def _middle(error: Array, best: int, end: int) -> int:
    """The step half way (in logarithms) up the branch between the best step and that end."""
    branch = range(best, len(error)) if end == -1 else range(best + 1)
    wanted = np.sqrt(error[best] * error[end])
    return min(branch, key=lambda k: abs(np.log(error[k] / wanted)))
