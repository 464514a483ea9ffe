"""What a network of two inputs says about every point of the plane, and the examples it was taught with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...arrays import Array, ArrayLike
from ...data import named_classes
from ...matrix import MatrixMLP
from ...nn import MLP
from ...training.fit import predict
from ..picture import Picture
from ..style import PAPER, TINTS
from .canvas import Axes, canvas, head, named, picture_of

FINE = 240  # points of the grid in each direction
MARKERS = "os^Dv<>pP*"


def draw_decision_boundary(
    network: MLP | MatrixMLP,
    X: ArrayLike,
    labels: ArrayLike,
    path: str | Path | None = None,
    *,
    classes: Sequence[str] = (),
    cut: float | None = None,
    title: str = "",
    ax: Axes = None,
) -> Picture:
    """Draw the plane in the colours of the classes that the network answers with, and the examples on it.

    Parameters
    ----------
    network : MLP or MatrixMLP
        Of two inputs. The largest output names the class; a single output is cut.
    X : (M, 2) array
        Examples in rows, normalised as for training.
    labels : M class numbers, or M names of classes
        Names are numbered as `classes` has them, without which they are sorted, as `fit` does it.
    path : str or Path, optional
        The .svg, .png or .pdf to write.
    classes : sequence of str, optional
        Their names.
    cut : float, optional
        Above which a single output means class 1: by itself 0.5 if it is logistic, else 0.
    title : str
    ax : matplotlib axes, optional
        Where to draw, instead of a figure of its own.

    Raises
    ------
    ValueError
        If the inputs are not two, or the examples, their labels, the classes and the network do not fit.
    """
    matrix = network if isinstance(network, MatrixMLP) else MatrixMLP.from_scalar(network)
    X, labels = np.asarray(X, dtype=float), np.asarray(labels)
    if X.ndim != 2 or X.shape[1] != 2 or matrix.W[1].shape[1] != 2:
        raise ValueError(f"a plane has two inputs: X has shape {X.shape}, the network {matrix.W[1].shape[1]} inputs")
    if not X.size or not np.isfinite(X).all():
        raise ValueError("there is no example to draw" if not X.size else "some examples are not finite numbers")
    if labels.dtype.kind in "UO" and labels.shape == (len(X),):
        classes, labels = _numbered(labels, classes)
    if labels.shape != (len(X),) or labels.dtype.kind not in "iu":
        raise ValueError(f"{len(X)} examples need as many class numbers, got {labels.dtype} of shape {labels.shape}")
    n_classes = max(len(matrix.W[matrix.L]), 2)
    if labels.min() < 0 or labels.max() >= n_classes or n_classes > len(TINTS):
        raise ValueError(
            f"labels lie between {labels.min()} and {labels.max()}, the network tells "
            f"{n_classes} classes apart, and there are colours for {len(TINTS)}"
        )
    names = [str(name) for name in classes] or [f"class {k}" for k in range(n_classes)]
    if len(names) != n_classes:
        raise ValueError(f"{len(names)} names do not fit {n_classes} classes")
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.12 * np.where(high > low, high - low, 1.0)
    x, y = (np.linspace(low[k] - margin[k], high[k] + margin[k], FINE) for k in (0, 1))
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    scores = _scores(matrix, points, cut)
    with canvas((5.0 + 0.09 * max(len(named(name)) for name in names), 4.6), ax) as [axes]:
        for k in range(n_classes):
            ahead = (scores[:, k] - np.delete(scores, k, axis=1).max(axis=1)).reshape(FINE, FINE)
            if ahead.max() > 0.0:
                axes.contourf(x, y, ahead, levels=[0.0, np.inf], colors=[TINTS[k]], alpha=0.16)
            if ahead.min() < 0.0 < ahead.max():
                axes.contour(x, y, ahead, levels=[0.0], colors=[PAPER], linewidths=1.2)
            own = labels == k
            axes.scatter(*X[own].T, s=18, color=TINTS[k], marker=MARKERS[k], linewidths=0, label=f"{k}", zorder=3)
        axes.set(xlabel="$x_1$", ylabel="$x_2$")
        legend = axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
        for text, name in zip(legend.get_texts(), names, strict=True):
            text.set(text=named(name), parse_math=False)
        head(axes, title)
        return picture_of([axes], ax, path, title or f"the plane of {', '.join(names)} as the network divides it")


def _scores(matrix: MatrixMLP, points: Array, cut: float | None) -> Array:
    """One column a class, the largest of which decides."""
    outputs: Array = predict(matrix, points, outputs=True)
    if outputs.shape[1] > 1:
        return outputs
    cut = cut if cut is not None else 0.5 if matrix.activations[-1] == "logistic" else 0.0
    return np.hstack([cut - outputs, outputs - cut])


def _numbered(labels: ArrayLike, classes: Sequence[str]) -> tuple[Sequence[str], Array]:
    """The classes, and for each label that is a name the number of its class."""
    found, numbers = named_classes(labels)
    classes = [str(name) for name in classes] or list(found)
    if strangers := [name for name in found if name not in classes]:
        raise ValueError(f"{strangers[0]!r} is none of the classes {', '.join(classes)}")
    return classes, np.array([classes.index(name) for name in found])[numbers]
