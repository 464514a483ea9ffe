"""A descent: walkers on the contours of a surface, all at the same step, moving where the reader wants motion."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...arrays import Array, ArrayLike
from ..page.page import PAGES, Page
from ..picture import SCOPE, Picture
from ..style import QUIET, TINTS
from .canvas import Axes, canvas, head, named, picture_of, written

FINE = 81  # points of the grid in each direction
WALK, TIMES = 0.85, 3  # the share of the time on the way, the rest is a rest; how often the film is shown
MOST = 250  # steps of a walker that the film has


class Descent(Picture):
    """What `draw_descent` returns: a picture whose walkers stand at the end of their ways, or walk, in a browser.

    It is shown three times over, and not to readers who ask for reduced motion. In a trusted notebook, and as a page of
    its own (`save("descent.html")`), it has a button that stops it and a slider.
    """

    @property
    def page(self) -> Page:
        """The film as a page."""
        body = (
            f'<div id="film">{self.svg}</div>\n<footer><button id="stop">pause</button>'
            '<input id="time" type="range" min="0" max="1000" value="0" aria-label="how far the walkers are"></footer>'
        )
        styles = ["plots/descent.css"]
        return Page(self.title, body, scripts=["plots/descent.js"], styles=styles, pictures=[self.id])

    def save(self, path: str | Path, *, scale: float = 2.0) -> None:
        """Write it as any picture, or as .html, with a button and a slider."""
        if Path(path).suffix in PAGES:
            self.page.save(path)
        else:
            super().save(path, scale=scale)

    def _repr_html_(self) -> str | None:
        """The image, and above it, where frames are let in, the page."""
        image = super()._repr_html_()
        frame = self.page.frame('style="position:absolute;inset:0;width:100%;height:100%;border:0"')
        return image and f'<div style="position:relative;padding-bottom:60px">{image}{frame}</div>'


def draw_descent(
    surface: Callable[[Array], float],
    paths: Mapping[str, ArrayLike],
    path: str | Path | None = None,
    *,
    limits: Sequence[Sequence[float]] | None = None,
    levels: Sequence[float] | None = None,
    names: tuple[str, str] = ("$θ_1$", "$θ_2$"),
    seconds: float = 6.0,
    title: str = "",
    ax: Axes = None,
) -> Picture:
    """Draw the ways of optimizers over a surface of two parameters, as a film where there is motion.

    Parameters
    ----------
    surface : callable
        θ, an array of 2 numbers, ↦ E.
    paths : mapping of str to (n, 2) arrays
        By name, where each walker was after 0, 1, … steps. They walk at the same pace, a step of one in the time of a
        step of another.
    path : str or Path, optional
        The .svg, .html, .png or .pdf to write; the last two show where the walkers went.
    limits : ((least, most), (least, most)), optional
        Of θ_1 and θ_2; by itself what the walkers reach, with a margin.
    levels : sequence of float, optional
        The E of the contours; by itself 14 that divide the plane into equal shares.
    names : (str, str)
        Of the axes.
    seconds : float
        How long the walk takes.
    title : str
    ax : matplotlib axes, optional
        Where to draw, instead of a figure of its own; there nothing moves.

    Raises
    ------
    ValueError
        If there is no path, one is no (n, 2) array of finite numbers, they are more than there are colours, or the
        surface is finite nowhere.

    >>> picture = draw_descent(lambda θ: θ @ θ, {"gradient descent": [[1.0, 1.0], [0.5, 0.5], [0.25, 0.25]]})
    >>> picture
    Picture('the ways of gradient descent over the contours of E')
    """
    ways = {named(name): _way(name, way) for name, way in paths.items()}
    if not 0 < len(ways) <= len(TINTS):
        raise ValueError(f"there are colours for 1 to {len(TINTS)} walkers, got {len(ways)}")
    (x0, x1), (y0, y1) = limits if limits is not None else _reach(np.vstack([*ways.values()]))
    x, y = np.linspace(x0, x1, FINE), np.linspace(y0, y1, FINE)
    heights = np.array([[float(surface(np.array([x_i, y_i]))) for x_i in x] for y_i in y])
    if not np.isfinite(heights).any():
        raise ValueError("the surface is finite nowhere in these limits: there is nothing to draw")
    if levels is None:
        levels = np.unique(np.quantile(heights[np.isfinite(heights)], np.linspace(0.01, 0.95, 14))).tolist()
    with canvas((5.6, 4.2), ax) as [axes]:
        axes.contour(x, y, heights, levels=sorted(levels), colors=[QUIET], alpha=0.35, linewidths=0.8)
        for k, way in enumerate(ways.values()):
            axes.plot(*way.T, color=TINTS[k], linewidth=1.6, gid=f"way{k}", label=f"{k}")
            axes.plot(*way[-1:].T, "o", color=TINTS[k], markersize=7, gid=f"walker{k}")
        axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel=names[0], ylabel=names[1])
        head(axes, title)
        legend = axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, frameon=False)
        for text, name in zip(legend.get_texts(), ways, strict=True):
            text.set(text=name, parse_math=False)
        said = f"the ways of {', '.join(ways)} over the contours of E"
        still = picture_of([axes], ax, None, f"{title}: {said}" if title else said)
        moving = None
        if ax is None:
            axes.figure.draw_without_rendering()
            points = {k: _points(axes, way) for k, way in enumerate(ways.values())}
            film = lambda: _film(still.body, points, seconds)  # noqa: E731
            moving = Descent(None, film, still.title, convert=partial(written, axes.figure))
    picture = still if moving is None else moving
    if path is not None:
        picture.save(path)
    return picture


def _way(name: str, way: ArrayLike) -> Array:
    points = np.asarray(way, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise ValueError(f"the way of {name!r} is an array of n × 2 finite numbers, not of shape {points.shape}")
    return points


def _reach(points: Array) -> list[tuple[float, float]]:
    """What the points reach, with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.15 * np.where(high > low, high - low, 1.0)
    return [(float(a), float(b)) for a, b in zip(low - margin, high + margin, strict=True)]


def _points(axes: Any, way: Array) -> Array:
    """Where the film has them, in its points, y downwards; of a long way not every step."""
    figure = axes.figure
    kept = way[np.unique(np.linspace(0, len(way) - 1, min(len(way), MOST)).round().astype(int))]
    x, y = 72.0 * axes.transData.transform(kept).T / figure.dpi
    return np.column_stack([x, 72.0 * figure.get_figheight() - y, np.linspace(0.0, len(way) - 1.0, len(kept))])


def _film(body: tuple[float, float, str], points: Mapping[int, Array], seconds: float) -> tuple[float, float, str]:
    """The still picture with rules that move what has the classes way<k> and walker<k>."""
    width, height, elements = body
    last = max(way[-1, 2] for way in points.values()) or 1.0
    frames, rules = [], []
    for k, way in points.items():
        gone = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way[:, :2], axis=0).T))])
        at = [f"{100 * WALK * t / last:.4g}%" for t in way[:, 2]]
        left = [f"stroke-dashoffset:{gone[-1] - s:.1f}px" for s in gone]
        moved = [f"transform:translate({x:.1f}px,{y:.1f}px)" for x, y in way[:, :2] - way[-1, :2]]
        for what, states, end in (("way", left, "stroke-dashoffset:0"), ("walker", moved, "transform:none")):
            steps = "".join(f"{t}{{{state}}}" for t, state in zip(at, states, strict=True))
            frames.append(f"@keyframes {SCOPE}{what}{k}{{{steps}to{{{end}}}}}")
        how = f"{seconds / WALK:g}s linear {TIMES}"
        rules.append(f"way{k}{{stroke-dasharray:{gone[-1] + 1:.1f}px;animation:{SCOPE}way{k} {how}}}")
        rules.append(f"walker{k}{{animation:{SCOPE}walker{k} {how}}}")
    moving = "".join(f"#{SCOPE}.moves #{SCOPE}{rule}" for rule in rules)
    wanted = "".join(f"#{SCOPE}{rule}" for rule in rules)
    unasked = f"@media (prefers-reduced-motion:no-preference){{{wanted}}}"
    style = f"@supports (fill:var(--ink)){{{''.join(frames)}{moving}{unasked}}}"  # other readers skip all of it
    return width, height, f"<style>{style}</style>\n{elements}"
