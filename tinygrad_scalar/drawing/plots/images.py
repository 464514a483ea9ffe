"""Numbers that belong to pixels, as images: what a hidden unit looks for, and which pixels E would change with."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...arguments import numbered
from ...arrays import Array
from ...matrix import MatrixMLP
from ...nn import MLP, Trace
from ...value import CONSTANT
from ..picture import Picture
from ..style import BLUE, PAPER, QUIET, VERMILION
from .canvas import Axes, canvas, picture_of

MOST = 100  # hidden units in one picture

Shape = tuple[int, int]


def draw_first_layer(
    net: MLP | MatrixMLP,
    path: str | Path | None = None,
    *,
    shape: Shape | None = None,
    units: Sequence[int] | None = None,
    ax: Axes = None,
) -> Picture:
    """Draw the weights of the first hidden layer as images, one a unit, in one diverging scale centred at 0.

    Where a weight is blue, a bright pixel speaks for the unit; where it is vermilion, against it. Biases are left out.

    Parameters
    ----------
    net : MLP or MatrixMLP
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    shape : (int, int), optional
        Rows and columns of the images; by itself a square, 8 × 8 for 64 inputs.
    units : sequence of int, optional
        Which units, from 1; by itself all, up to 100.
    ax : sequence of matplotlib axes, optional
        Where to draw, one for each unit, instead of a figure of its own.

    Raises
    ------
    ValueError
        If the inputs do not fill such an image, or there is no such unit.
    """
    matrix = net if isinstance(net, MatrixMLP) else MatrixMLP.from_scalar(net)
    W = matrix.W[1]
    rows, columns = _shape(W.shape[1], shape)
    chosen = list(range(1, min(len(W), MOST) + 1)) if units is None else list(units)
    if not chosen:
        raise ValueError(f"there is no unit to draw, the first layer has units 1 to {len(W)}")
    for unit in chosen:
        numbered(unit, len(W), "unit", "the first layer has units")
    images = {f"{unit}": W[unit - 1].reshape(rows, columns) for unit in chosen}
    across = min(len(images), math.ceil(math.sqrt(1.6 * len(images))))
    down = math.ceil(len(images) / across)
    size, grid = 0.9, (down, across) if ax is None else (1, len(images))
    with canvas((size * across + 1.3, (size * rows / columns + 0.22) * down + 0.5), ax, grid) as panels:
        figure, limit = panels[0].figure, _limit(W[[unit - 1 for unit in chosen]])
        for panel in panels[len(images) :]:
            panel.set_axis_off()
        for panel, (name, image) in zip(panels, images.items(), strict=False):
            shown = _image(panel, image, limit)
            panel.set_title(name, fontsize=8, color=QUIET, pad=2)
        figure.colorbar(shown, ax=panels, shrink=0.7, aspect=30, label="weight")
        left_out = f", {len(chosen)} of {len(W)} units" if len(chosen) < len(W) else ""
        said = f"weights of the first layer{left_out}"
        if ax is None:
            figure.suptitle(said, fontsize=12)
        return picture_of(panels, ax, path, said)


def draw_input_gradient(
    trace: Trace, path: str | Path | None = None, *, shape: Shape | None = None, ax: Axes = None
) -> Picture:
    """Draw an image that went into a network beside ∂E/∂x: what a little more of each pixel does to E.

    Parameters
    ----------
    trace : Trace
        Of Values, `mlp.trace([Value(p) for p in pixels])`, after `backward()`; plain numbers get no gradient.
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    shape : (int, int), optional
        Rows and columns of the image; by itself a square.
    ax : two matplotlib axes, optional
        Where to draw, instead of a figure of its own.

    Raises
    ------
    ValueError
        If the inputs have no gradient, or do not fill such an image.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"the image is in the trace of a network, mlp.trace(x), not in {type(trace).__name__}")
    x = trace.a[0]
    shape = _shape(len(x), shape)
    if any(v.op == CONSTANT for v in x):
        raise ValueError("plain numbers get no gradient: give Values, mlp.trace([Value(p) for p in pixels])")
    if not any(v.grad for v in x):
        raise ValueError("the inputs have no gradient yet, or each is 0: call backward() on E, the loss of trace.a[L]")
    pixels, slopes = (np.array(numbers).reshape(shape) for numbers in ([v.data for v in x], [v.grad for v in x]))
    with canvas((7.6, max(1.6, 2.9 * shape[0] / shape[1]) + 0.7), ax, (1, 2)) as [left, right]:
        figure = left.figure
        figure.colorbar(left.imshow(pixels, cmap="gray", interpolation="nearest"), ax=left, shrink=0.8)
        figure.colorbar(_image(right, slopes, _limit(slopes)), ax=right, shrink=0.8)
        for panel, title in ((left, "x"), (right, "∂E/∂x")):
            panel.set_title(title, fontsize=12)
            _frame(panel)
        return picture_of([left, right], ax, path, "an image x, and ∂E/∂x for each of its pixels")


def _shape(n: int, shape: Shape | None) -> Shape:
    if shape is None:
        side = math.isqrt(n)
        if side * side != n:
            raise ValueError(f"{n} inputs are no square image; give shape=(rows, columns)")
        return side, side
    rows, columns = shape
    if rows < 1 or columns < 1 or rows * columns != n:
        raise ValueError(f"an image of {rows} × {columns} has {rows * columns} pixels, the network has {n} inputs")
    return rows, columns


def _limit(numbers: Array) -> float:
    """The end of a scale that is as long to both sides of 0."""
    finite = np.abs(numbers[np.isfinite(numbers)])
    return float(finite.max(initial=0.0)) or 1.0


def _image(panel: Any, image: Array, limit: float) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    diverging = LinearSegmentedColormap.from_list("sign", [VERMILION, PAPER, BLUE])
    _frame(panel)
    return panel.imshow(image, cmap=diverging, vmin=-limit, vmax=limit, interpolation="nearest")


def _frame(panel: Any) -> None:
    """A thin frame instead of axes."""
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set(visible=True, linewidth=0.5)
