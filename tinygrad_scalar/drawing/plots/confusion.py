"""Which classes are taken for which: the diagonal is right, all else is a mistake that someone can look into."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...arrays import ArrayLike
from ..picture import Picture
from ..style import BLUE, INK, PAPER, VERMILION
from .canvas import Axes, canvas, head, named, picture_of


def draw_confusion(
    counts: ArrayLike,
    path: str | Path | None = None,
    *,
    classes: Sequence[str] = (),
    title: str = "",
    ax: Axes = None,
) -> Picture:
    """Draw a confusion matrix: row the true class, column the predicted one, colour the share of the row.

    Parameters
    ----------
    counts : (C, C) array of int
        As `data.confusion_matrix` counts them.
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    classes : sequence of str, optional
        C names.
    title : str
    ax : matplotlib axes, optional
        Where to draw, instead of a figure of its own.

    Raises
    ------
    ValueError
        If the counts are no square of whole numbers from 0, or the names do not fit.
    """
    N = np.asarray(counts)
    if N.ndim != 2 or N.shape[0] != N.shape[1] or not N.size or N.dtype.kind not in "iu" or N.min() < 0:
        raise ValueError(f"a confusion matrix is a square of counts, not {N.dtype} of shape {N.shape}")
    C = len(N)
    names = [named(str(name)) for name in classes] or [str(k) for k in range(C)]
    if len(names) != C:
        raise ValueError(f"{len(names)} names do not fit {C} classes")
    share = N / np.maximum(N.sum(axis=1, keepdims=True), 1)
    beside = 0.09 * max(map(len, names))
    with canvas((0.46 * C + 2.2 + beside, 0.46 * C + 1.6 + beside), ax) as [axes]:
        from matplotlib.patches import Rectangle

        axes.set(xlim=(-0.5, C - 0.5), ylim=(C - 0.5, -0.5), aspect="equal")
        for (row, column), count in np.ndenumerate(N):
            if count:
                depth = share[row, column] if row == column else np.sqrt(share[row, column])  # one mistake must be seen
                tint, colour = BLUE if row == column else VERMILION, PAPER if depth > 0.6 else INK
                axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1.0, 1.0, color=tint, alpha=depth, linewidth=0))
                size = min(11.0, 48.0 / len(f"{count}"))
                axes.text(column, row, f"{count}", ha="center", va="center", color=colour, fontsize=size)
        axes.set_xticks(range(C), names, rotation=90 if max(map(len, names)) > 3 else 0, parse_math=False)
        axes.set_yticks(range(C), names, parse_math=False)
        axes.set(xlabel="predicted", ylabel="true")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        accuracy = f"{np.trace(N)} of {N.sum()} right"
        said = f"{title}: {accuracy}" if title else accuracy
        head(axes, said)
        return picture_of([axes], ax, path, f"confusion matrix, {said}")
