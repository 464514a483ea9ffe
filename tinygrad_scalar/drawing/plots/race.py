"""A race of optimisers: the lowest E so far over the gradients spent, on a log scale."""

import math
from collections.abc import Sequence
from pathlib import Path

from ...training.races import Lap
from ..picture import Picture
from ..style import QUIET, TINTS
from .canvas import Axes, End, canvas, count_along, head, last_finite, log_if_positive, name_ends, named, picture_of


def draw_race(laps: Sequence[Lap], path: str | Path | None = None, *, title: str = "", ax: Axes = None) -> Picture:
    """Draw the laps of a race; each curve carries its name at its end.

    An E of exactly 0 has no place on a logarithmic axis: it is drawn at the foot, and the name says so.

    Parameters
    ----------
    laps : sequence of Lap
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    title : str
    ax : matplotlib axes, optional
        Where to draw, instead of a figure of its own.

    Raises
    ------
    ValueError
        If there is no lap, or none with an E that is finite and above 0.
    """
    if not laps:
        raise ValueError("there is no lap to draw")
    numbers = [E for lap in laps for E in lap.E if math.isfinite(E) and E > 0.0]
    if not numbers:
        raise ValueError("no lap has an E that is finite and above 0: there is nothing to draw on a logarithmic axis")
    finished = any(E <= 0.0 for lap in laps for E in lap.E)
    foot = min(numbers) / (10.0 if finished else 1.0)
    with canvas((8.4, 5.2), ax) as [axes]:
        log_if_positive(axes, [*numbers, foot])
        ends = []
        for k, lap in enumerate(sorted(laps, key=_last)):
            colour, style = TINTS[k % len(TINTS)], ("-", "--", ":")[k // len(TINTS) % 3]
            E = [max(x, foot) if math.isfinite(x) else math.nan for x in lap.E]
            axes.plot(E, style, color=colour, linewidth=1.7, marker="o" if len(E) == 1 else "")
            end = last_finite(E)
            if end is not None:
                rate = "" if lap.rate is None else f", {lap.rate:g}"
                reached = f": E = {lap.E[end]:g}" if lap.E[end] <= 0.0 else ""
                ends.append(End(f"{lap.name}{rate}{reached}", end, E[end], colour))
        axes.set_xlabel("gradients spent")
        head(axes, title or "E, the lowest so far")
        count_along(axes, 0, max(len(lap.E) for lap in laps) - 1)
        name_ends(axes, ends, 9.5)
        axes.grid(color=QUIET, alpha=0.15)
        said = ", ".join(named(lap.name) for lap in laps)
        return picture_of([axes], ax, path, f"{title or 'E, the lowest so far'}, over the gradients spent, of {said}")


def _last(lap: Lap) -> float:
    """What sorts laps by the last E that is a number, the highest first; one without any comes before all."""
    end = last_finite(lap.E)
    return -math.inf if end is None else -lap.E[end]
