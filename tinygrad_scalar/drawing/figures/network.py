"""The network, as the text's Figure 1: columns of neurons, all that a layer says heard by all of the next."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...arguments import whole_number
from ...nn import MLP, Trace
from ...value import Value
from ..picture import Picture
from ..text.notation import Item, Name
from ..text.numbers import number, short
from .figure import Figure
from .nodes import activation, ellipsis
from .subject import Subject, gradient, places, shown, subject_of, told

SHOWS = ("names", "weights", "gradients")
MOST = 5_000  # lines that are drawn
RADIUS, PITCH, FAR = 26.0, 104.0, 250.0  # of a circle; from circle to circle down a column; from column to column
TALL = 1200.0  # the height that a column gets, if circles must shrink for it
BIAS = 27.0  # the arrow from above
ROOMY = 20.0  # the radius from which on a circle has room for a name
LINE = 19.0  # points of height for a name on a line
THIN, THICK = 0.4, 4.5  # lines of weight 0 and of the largest


def draw_network(
    net: MLP | Trace, show: str = "names", *, tallest: int | None = None, classes: Sequence[str] = ()
) -> Picture:
    """Draw the columns ℓ = 0…L of a network, with its weights between them and its biases from above (Figure 1).

    What has no room in the picture is in the tooltips of its lines and circles, with every digit.

    Parameters
    ----------
    net : MLP or Trace
        A Trace also shows each activation a and, after `backward()`, each δ.
    show : "names", "weights" or "gradients"
        The text's names of the weights, where there is room; or all weights, or (of a Trace, after `backward()`) all
        ∂E/∂w, as lines: width is size, colour is sign, and the numbers stand where there is room.
    tallest : int, optional
        The most neurons a column shows; of a taller layer the first ones, an ellipsis and the last. By itself 6 for
        names, and no limit for weights and gradients.
    classes : sequence of str, optional
        Names of the outputs, which stand beside them. Inputs are named by their labels.

    Raises
    ------
    ValueError
        If gradients are asked for and there are none, there are more than 5,000 lines to draw, or the names do not fit.

    >>> mlp = MLP(2, [2, 1], rng=0)
    >>> draw_network(mlp)
    Picture('network 2-2-1')
    """
    subject = subject_of(net)
    if show not in SHOWS:
        raise ValueError(f"a network shows {', '.join(SHOWS)}, not {show!r}")
    if tallest is not None:  # the first neuron, an ellipsis, the last
        whole_number(tallest, "tallest, how many neurons a column shows,", 3)
    if show == "gradients" and not subject.differentiated:
        missing = "the trace has no gradient yet: call backward() on E, the loss of trace.a[L]"
        raise ValueError(missing if subject.trace else "gradients belong to a pass: give the trace, after E.backward()")
    sizes = subject.network.sizes
    classes = [str(name) for name in classes]
    if classes and len(classes) != sizes[-1]:
        raise ValueError(f"{len(classes)} names of classes do not fit {sizes[-1]} outputs")
    columns = [shown(n, tallest or (6 if show == "names" else n)) for n in sizes]
    kept = [sum(i is not None for i in column) for column in columns]
    n_lines = sum(d * e for d, e in pairwise(kept))
    if n_lines > MOST:
        raise ValueError(
            f"{n_lines:,} lines are too many to draw, the limit is {MOST:,}; show='names' or tallest=8 draws ellipses, "
            "draw_first_layer shows the weights of each hidden unit as an image"
        )
    title = f"network {'-'.join(map(str, sizes))}" + ("" if show == "names" else f", {show}")
    return _Drawing(subject, show, columns, classes).picture(title)


class _Drawing:
    """One network figure: where everything stands, and the steps in which it is drawn."""

    def __init__(self, subject: Subject, show: str, columns: list[list[int | None]], classes: Sequence[str]) -> None:
        self.subject, self.show, self.columns, self.classes = subject, show, columns, classes
        self.figure = Figure()
        radius = RADIUS + (0.0 if not subject.trace else 10.0 if subject.differentiated else 6.0)
        self.pitch = [max(min(PITCH + 2 * (radius - RADIUS), TALL / len(column)), 9.0) for column in columns]
        self.r = [min(radius, 0.4 * pitch) for pitch in self.pitch]
        self.y = [places(len(column), pitch) for column, pitch in zip(columns, self.pitch, strict=True)]
        tall = max(len(column) * pitch for column, pitch in zip(columns, self.pitch, strict=True))
        lengths = enumerate(pairwise(map(len, columns)), start=1)
        named = max((min(pair) for l, pair in lengths if self._all_named(l)), default=0)
        self.far = max(FAR + max(tall - 420.0, 0.0) / 3, (radius + 40.0) * (named + 1))
        gaps = [list(self._pairs(l)) for l in range(1, len(columns))]
        weights = [self._shown(subject.w(l, i, j)) for l, gap in enumerate(gaps, start=1) for i, j, _, _ in gap]
        self.largest = max((abs(x) for x in weights if x is not None and math.isfinite(x)), default=0.0)
        self.thick = min(THICK, max(THICK / 4, 60.0 / math.sqrt(max(map(len, gaps)))))  # one scale for all layers

    def picture(self, title: str) -> Picture:
        """The whole figure."""
        named = any(self._roomy(l) for l in range(len(self.columns)))
        heads = min(y[0] - r for y, r in zip(self.y, self.r, strict=True)) - (BIAS + 26.0 if named else 16.0)
        for l, column in enumerate(self.columns):
            self._head(l, heads)
            for k, i in enumerate(column):
                if i is None:
                    ellipsis(self.figure, l * self.far, self.y[l][k])
                else:
                    self._neuron(l, i, self.y[l][k])
        for l in range(1, len(self.columns)):
            self._weights(l)
        if self.show != "names":
            self._legend()
        return self.figure.picture(title, self._description())

    def _roomy(self, *layers: int) -> bool:
        """Whether names have room in all these columns."""
        return all(self.r[l] >= ROOMY for l in layers)

    def _head(self, l: int, y: float) -> None:
        x, L = l * self.far, self.subject.L
        kind = "input" if l == 0 else "output" if l == L else "hidden"
        sigma = f", {self.subject.network.activations[l - 1]}" if l else ""
        self.figure.row([Name("ℓ"), (f"= {l}", "ink")], x, y - 38.0, 18.0)
        self.figure.text(f"{kind}{sigma}", x, y - 19.0)
        self.figure.row([Name("d", str(l)), (f"= {self.subject.network.sizes[l]}", "quiet")], x, y, 15.0)

    def _neuron(self, l: int, i: int, y: float) -> None:
        figure, subject, x, r = self.figure, self.subject, l * self.far, self.r[l]
        value, name = subject.a(l, i), subject.name("a", l, i)
        z = subject.z(l, i) if l else None
        words = told(name, value, subject)
        if l:
            words += "; " + told(subject.b_name(l, i), subject.neuron(l, i).b, subject)
        if z is not None:
            words += f"; {told(subject.name('z', l, i), z, subject)}"
        if r < ROOMY:
            figure.circle(x, y, r, "a" if l else "input", words)
        else:
            delta: list[Item] = []
            if z is not None and subject.differentiated and r >= RADIUS:
                delta = [Name("δ"), (number(z.grad), "gradient")]
            activation(figure, subject, (l, i), x, y, r, delta, words)
            if l and self.pitch[l] - 2 * r > BIAS:
                self._bias(l, i, x, y - r)
        if l == subject.L:
            figure.line((x + r, y), (x + r + 46.0, y))
            if r >= ROOMY:
                called = Name(self.classes[i - 1], math=False).shortened(24).letter if self.classes else ""
                named: list[Item] = [Name("ŷ", str(i)), *[(called, "ink")] * bool(called)]
                figure.row(named, x + r + 52.0, y + 5.0, anchor="start")

    def _bias(self, l: int, i: int, x: float, top: float) -> None:
        b, name = self.subject.neuron(l, i).b, self.subject.b_name(l, i)
        colour, width, opacity = self._stroke(b)
        words = told(name, b, self.subject)
        self.figure.line((x, top - BIAS), (x, top), colour, width, opacity=opacity, tooltip=words)
        self.figure.row([self._written(name, b)], x + 6.0, top - BIAS + 9.0, 16.0, "start", ground="paper")

    def _pairs(self, l: int) -> Iterator[tuple[int, int, float, float]]:
        """i, j and their heights, for the weights between the columns l − 1 and l."""
        for i, y in zip(self.columns[l], self.y[l], strict=True):
            for j, y0 in zip(self.columns[l - 1], self.y[l - 1], strict=True):
                if i is not None and j is not None:
                    yield i, j, y, y0

    def _all_named(self, l: int) -> bool:
        """Whether each line from column l − 1 to l has room for a name of its own."""
        before, here = self.columns[l - 1 : l + 1]
        room = min(self.pitch[l - 1 : l + 1]) / (min(len(before), len(here)) + 1)
        return self._roomy(l - 1, l) and room >= LINE

    def _weights(self, l: int) -> None:
        x0, x1, radii = (l - 1) * self.far, l * self.far, (self.r[l - 1], self.r[l])
        pairs = list(self._pairs(l))
        if self.show != "names":
            pairs.sort(key=lambda pair: abs(self._shown(self.subject.w(l, pair[0], pair[1])) or 0.0))
        d, e = len(self.columns[l - 1]), len(self.columns[l])
        all_named = self._all_named(l)
        t = d / (d + 1) if d <= e else 1 / (e + 1)  # where the names on all lines are equally far apart
        outer = {(1, 1), (self.columns[l][-1], self.columns[l - 1][-1])}
        for i, j, y, y0 in pairs:
            w, name = self.subject.w(l, i, j), self.subject.w_name(l, i, j)
            colour, width, opacity = self._stroke(w)
            arrow, words = radii[1] >= ROOMY and len(pairs) <= 60, told(name, w, self.subject)
            how = {"arrow": arrow, "opacity": opacity, "tooltip": words}
            self.figure.join((x0, y0), (x1, y), radii, colour, width, **how)
            named = all_named or (self._roomy(l - 1, l) and (i, j) in outer)
            if named:
                at = t if all_named else 0.5
                x, y = x0 + at * (x1 - x0), y0 + at * (y - y0)
                self.figure.row([self._written(name, w)], x, y + 5.0, 16.0, ground="paper")

    def _shown(self, parameter: Value) -> float | None:
        """The number that a line stands for; a frozen parameter has no gradient."""
        return gradient(parameter, self.subject) if self.show == "gradients" else parameter.data

    def _written(self, name: Name, parameter: Value) -> Item:
        """What stands on a line."""
        x = self._shown(parameter)
        if self.show == "names" or x is None:
            return name
        return number(x), "gradient" if self.show == "gradients" else "value"

    def _stroke(self, parameter: Value) -> tuple[str, float, float]:
        """Colour by sign, width and opacity by size."""
        x = self._shown(parameter)
        if self.show == "names":
            return "line", 1.1, 1.0
        if x is None or not math.isfinite(x) or x == 0.0:
            return "line", 1.0, 1.0
        share = min(abs(x) / self.largest, 1.0) if self.largest else 1.0
        return "positive" if x > 0.0 else "negative", THIN + (self.thick - THIN) * share, 0.4 + 0.6 * share

    def _legend(self) -> None:
        left, _, _, bottom = self.figure.extent
        y, what = bottom + 34.0, "w" if self.show == "weights" else "∂E/∂w"
        x = left
        for colour, word in (("positive", f"{what} > 0"), ("negative", f"{what} < 0")):
            self.figure.line((x, y - 4.0), (x + 34.0, y - 4.0), colour, 3.5, arrow=False)
            x += 42.0
            self.figure.text(word, x, y, anchor="start")
            x += 74.0
        self.figure.text(f"the widest line: |{what}| = {short(self.largest)}", x, y, anchor="start")

    def _description(self) -> str:
        network, sizes = self.subject.network, self.subject.network.sizes
        words = [f"{sizes[0]} inputs"]
        for l, sigma in enumerate(network.activations, start=1):
            words.append(f"layer {l} of {sizes[l]} neurons with {sigma}")
        if self.subject.trace:
            words.append("outputs " + ", ".join(number(a.data) for a in self.subject.trace.a[-1]))
        return "; ".join(words) + "."
