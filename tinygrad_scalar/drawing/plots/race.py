"""A race of optimisers: the lowest E so far over the gradients spent, on a log scale."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...training.races import Lap
from ..style import QUIET, TINTS
from .canvas import canvas, save

FLOOR = 1e-12  # below it curves are rounding


def draw_race(laps: Sequence[Lap], path: str | Path, *, title: str = "") -> None:
    """Save the laps of a race as the SVG or PNG that `path` names; each curve carries its name at its end."""
    if not laps:
        raise ValueError("there is no lap to draw")
    ordered = sorted(laps, key=lambda lap: -lap.E[-1])
    with canvas() as figure:
        figure.set_size_inches(8.4, 5.2)
        axes = figure.subplots()
        lowest = max(FLOOR, min(lap.E[-1] for lap in laps))
        ends = np.log10([max(lap.E[-1], lowest) for lap in ordered])
        top, bottom = np.log10(max(lap.E[0] for lap in laps)), np.log10(lowest)
        thread = {"arrowstyle": "-", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2, "relpos": (0, 0.5)}
        places = _apart(ends, (top - bottom + 0.5) / 18.0)
        for k, (lap, end, place) in enumerate(zip(ordered, ends, places, strict=True)):
            colour, style = TINTS[k % len(TINTS)], ("-", "--", ":")[k // len(TINTS) % 3]
            E = np.maximum(lap.E, lowest)
            axes.plot(E, style, color=colour, linewidth=1.7)
            n, rate = len(E) - 1, "" if lap.rate is None else f", {lap.rate:g}"
            axes.annotate(
                lap.name + rate,
                (n, 10.0**end),
                xytext=(1.04 * n, 10.0**place),
                color=colour,
                va="center",
                fontsize=9.5,
                annotation_clip=False,
                arrowprops=thread | {"color": colour},
            )
        axes.set(yscale="log", xlabel="gradients spent", xlim=(0, len(ordered[0].E) - 1))
        axes.set_title(title or "E, the lowest so far", loc="left", fontsize=12)
        axes.grid(color=QUIET, alpha=0.15)
        save(figure, path)


def _apart(ends: np.ndarray, gap: float) -> list[float]:
    """Places for labels, falling, each at least a gap below the one before, as near to the ends as that allows."""
    places = list(ends)
    for _ in range(200):
        moved = False
        for k in range(1, len(places)):
            if (overlap := places[k] + gap - places[k - 1]) > 1e-9:
                places[k - 1] += overlap / 2
                places[k] -= overlap / 2
                moved = True
        if not moved:
            break
    return places
