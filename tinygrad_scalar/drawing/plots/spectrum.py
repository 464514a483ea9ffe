"""The eigenvalues of the Hessian: how few directions curve strongly, how many are flat, and which curve downwards."""

from pathlib import Path

import numpy as np

from ...arrays import Array, ArrayLike
from ..picture import Picture
from ..style import BLUE, QUIET, VERMILION
from .canvas import Axes, canvas, count_along, head, picture_of

MILLIONTH = 1e-6  # what curves less than this part of the largest lies between the logarithmic halves of the axis


def draw_spectrum(
    eigenvalues: ArrayLike,
    path: str | Path | None = None,
    *,
    gauss_newton: ArrayLike | None = None,
    title: str = "",
    ax: Axes = None,
) -> Picture:
    """Draw the eigenvalues of a Hessian, the largest first.

    Parameters
    ----------
    eigenvalues : array of n numbers
        As `numpy.linalg.eigvalsh(objective.hessian(theta))` gives them, in any order.
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    gauss_newton : array of n numbers, optional
        The eigenvalues of the Gauss–Newton matrix, drawn as a line beside them; it has none below 0.
    title : str
    ax : matplotlib axes, optional
        Where to draw, instead of a figure of its own.

    The axis is logarithmic in both directions, and linear in a grey strip around 0.

    Raises
    ------
    ValueError
        If the eigenvalues are no row of finite numbers, or those of Gauss–Newton are not as many.
    """
    spectrum = _largest_first(eigenvalues, "the eigenvalues")
    rank, largest = np.arange(1, len(spectrum) + 1), float(np.abs(spectrum).max())
    flat = MILLIONTH * (largest if largest > 1e-280 else 1.0)  # an axis has no room for less
    with canvas((7.0, 4.4), ax) as [axes]:
        axes.axhspan(-flat, flat, color=QUIET, alpha=0.15, linewidth=0)
        if gauss_newton is not None:
            other = _largest_first(gauss_newton, "the eigenvalues of Gauss–Newton")
            if len(other) != len(spectrum):
                raise ValueError(f"the Hessian has {len(spectrum)} eigenvalues, Gauss–Newton {len(other)}")
            axes.plot(rank, other, color=QUIET, linewidth=1.2, label="Gauss–Newton")
        for kind, chosen, colour, marker in (
            ("curving upwards", spectrum > flat, BLUE, "o"),
            ("flat, within a millionth of the largest", np.abs(spectrum) <= flat, QUIET, "o"),
            ("curving downwards", spectrum < -flat, VERMILION, "v"),
        ):
            if chosen.any():
                axes.plot(rank[chosen], spectrum[chosen], marker, color=colour, markersize=4.5,
                          label=f"{chosen.sum()} {kind}")  # fmt: skip
        axes.set_yscale("symlog", linthresh=flat, linscale=0.4)
        decades = 10.0 ** np.arange(np.ceil(np.log10(flat) + 0.5), np.log10(flat / MILLIONTH) + 1.0)
        up, down = (decades[decades < 10.0 * end] for end in (spectrum[0], -spectrum[-1]))
        axes.set_yticks([*-down, 0.0, *up])
        axes.minorticks_off()
        count_along(axes, 0, len(spectrum) + 1)
        axes.set_xlabel("eigenvalue of the Hessian, the largest first")
        head(axes, title or "how the loss curves")
        axes.legend(frameon=False, loc="upper right", fontsize=9)  # the corner that a falling row of points leaves free
        axes.grid(axis="y", color=QUIET, alpha=0.15)
        return picture_of([axes], ax, path, title or f"{len(spectrum)} eigenvalues of the Hessian, the largest first")


def _largest_first(eigenvalues: ArrayLike, name: str) -> Array:
    values = np.asarray(eigenvalues, dtype=float)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"{name} are one row of numbers, got an array of shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(values))} of {name}, {len(values)} in all, are not finite")
    return np.sort(values)[::-1]
