"""Which classes are taken for which: the diagonal is right, all else is a mistake that someone can look into."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..style import BLUE, INK, VERMILION
from .canvas import canvas, head, named, save


def draw_confusion(counts: npt.ArrayLike, path: str | Path, *, classes: Sequence[str] = (), title: str = "") -> None:
    """Save a confusion matrix: row the true class, column the predicted one, colour the share of the row.

    Parameters
    ----------
    counts : (C, C) array of int
        As `data.confusion_matrix` counts them.
    path : str or Path
        The SVG or PNG to write.
    classes : sequence of str, optional
        C names.
    title : str

    Raises
    ------
    ValueError
        If the counts are no square of whole numbers from 0, or the names do not fit.
    """
    from matplotlib.colors import to_rgb

    N = np.asarray(counts)
    if N.ndim != 2 or N.shape[0] != N.shape[1] or not N.size or N.dtype.kind not in "iu" or N.min() < 0:
        raise ValueError(f"a confusion matrix is a square of counts, not {N.dtype} of shape {N.shape}")
    C = len(N)
    names = [named(str(name)) for name in classes] or [str(k) for k in range(C)]
    if len(names) != C:
        raise ValueError(f"{len(names)} names do not fit {C} classes")
    share = N / np.maximum(N.sum(axis=1, keepdims=True), 1)
    right, wrong = np.array(to_rgb(BLUE)), np.array(to_rgb(VERMILION))
    colours = np.where(np.eye(C, dtype=bool)[:, :, None], right, wrong)
    with canvas() as figure:
        beside = 0.09 * max(map(len, names))
        figure.set_size_inches(0.46 * C + 2.2 + beside, 0.46 * C + 1.6 + beside)
        axes = figure.subplots()
        depth = np.where(np.eye(C, dtype=bool), share, np.sqrt(share))[:, :, None]  # single mistakes must be seen
        axes.imshow(1.0 - depth * (1.0 - colours), interpolation="nearest")
        for (row, column), count in np.ndenumerate(N):
            if count:
                dark = depth[row, column, 0] > 0.6
                size = min(11.0, 48.0 / len(f"{count}"))
                colour = "white" if dark else INK
                axes.text(column, row, f"{count}", ha="center", va="center", color=colour, fontsize=size)
        axes.set_xticks(range(C), names, rotation=90 if max(map(len, names)) > 3 else 0, parse_math=False)
        axes.set_yticks(range(C), names, parse_math=False)
        axes.set(xlabel="predicted", ylabel="true")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        accuracy = f"{np.trace(N)} of {N.sum()} right"
        head(axes, f"{title}: {accuracy}" if title else accuracy)
        save(figure, path)
