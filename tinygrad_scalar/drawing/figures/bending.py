"""σ in its box: the curve, the place where the neuron stands on it, and the line whose slope is σ′ there."""

import math
from collections.abc import Callable
from functools import partial

from ...ops import OPS, floats
from ..geometry import Point
from ..text.notation import Item, Name
from ..text.numbers import number
from .figure import Figure
from .subject import Subject

Bend = Callable[[float], tuple[float, float]]  # z -> σ(z), σ′(z)

WIDTH, HEIGHT = 104.0, 84.0
RUN = 24.0  # of the tangent, to each side
FARTHEST = 1e6  # a z that the box is made wide enough for


def bend_of(subject: Subject, l: int, i: int) -> Bend:
    """σ of that neuron as a function of its z alone: a softmax holds the other z of its layer (0 without a pass)."""
    sigma = subject.network.activations[l - 1]
    if sigma != "softmax":
        return partial(bent, sigma)
    sizes = subject.network.sizes
    others = [z.data for k in range(1, sizes[l] + 1) if k != i and (z := subject.z(l, k)) is not None]
    others = others or [0.0] * (sizes[l] - 1)
    if not others:
        return lambda z: (1.0, 0.0)  # alone, it has no choice
    lse = OPS["logsumexp"].value(floats, *others)
    return lambda z: bent("logistic", z - lse)


def bent(activation: str, z: float) -> tuple[float, float]:
    """σ(z) and σ′(z), from the table."""
    if activation == "identity":
        return z, 1.0
    row = OPS[activation]
    a = row.value(floats, z)
    return a, row.partials(floats, a, z)[0]


def bend_in_box(figure: Figure, subject: Subject, l: int, i: int, x: float, y: float) -> None:
    """The box of that neuron's σ with its centre at (x, y); of a pass, the point on the curve and σ′ there."""
    bend, sigma, value = bend_of(subject, l, i), subject.network.activations[l - 1], subject.z(l, i)
    z = None if value is None else value.data
    figure.box(x - WIDTH / 2, y - HEIGHT / 2, WIDTH, HEIGHT, "a")
    figure.row([Name("σ"), (f"= {sigma}", "ink")], x, y - HEIGHT / 2 - 10.0, 16.0)
    reach = 4.0 if z is None or not 3.0 < abs(z) < FARTHEST else 4.0 / 3.0 * abs(z)
    curve = [(t, bend(t)[0]) for t in (reach * k / 50 for k in range(-50, 51))]
    curve = [(t, a) for t, a in curve if math.isfinite(a)]  # a logarithm has no left half
    low, high = min([0.0, *(a for _, a in curve)]), max([0.0, *(a for _, a in curve)])
    sx, sy = (WIDTH / 2 - 8.0) / reach, (HEIGHT - 20.0) / ((high - low) or 1.0)
    zero = y + HEIGHT / 2 - 10.0 + sy * low

    def place(t: float, a: float) -> Point:
        return x + sx * t, zero - sy * a

    figure.curve([(x - WIDTH / 2 + 6.0, zero), (x + WIDTH / 2 - 6.0, zero)], "line", 0.8)
    figure.curve([(x, y - HEIGHT / 2 + 6.0), (x, y + HEIGHT / 2 - 6.0)], "line", 0.8)
    figure.curve([place(*point) for point in curve], "ink", 2.0)
    if z is None:
        return
    a, rise = bend(z)
    if subject.differentiated and sigma != "softmax":
        slope: list[Item] = [Name("σ′"), ("=", "ink"), (number(rise), "gradient")]
        figure.row(slope, x, y + HEIGHT / 2 + 20.0, 16.0)
    if not (abs(z) <= reach and math.isfinite(a)):
        return
    if subject.differentiated and math.isfinite(rise):
        angle = math.atan2(sy * rise, sx)
        edge = min((WIDTH / 2 - 4.0 - sx * abs(z)) / math.cos(angle), RUN)
        run = edge * math.cos(angle) / sx
        figure.curve([place(z - run, a - run * rise), place(z + run, a + run * rise)], "gradient", 1.8)
    figure.dot(*place(z, a), "value")
