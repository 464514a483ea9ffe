"""One neuron, as the text's Figure 2: weighs, sums, bends; closed as the network shows it, and opened."""

from dataclasses import replace

from ...nn import MLP, Trace
from ...value import Value
from ..picture import Picture
from ..text.equations import BY, CLOSE, EQUALS, OPEN, PLUS, TIMES, in_product, sum_of
from ..text.notation import Item, Name
from ..text.numbers import number
from .bending import WIDTH, bend_in_box
from .figure import Figure, row_width
from .nodes import activation, ellipsis
from .subject import Subject, gradient, neuron_of, places, shown, told

TALLEST = 5  # inputs that are shown
IN, CROSS, SUM, BOX, OUT = 0.0, 200.0, 400.0, 600.0, 760.0  # from left to right: a_j, ×, Σ, σ and a_i
LEFT, RIGHT, ABOVE = CROSS - 125.0, OUT - 80.0, 96.0  # the frame, and its height above the first ×
PITCH, CLOSED, RADIUS = 104.0, 66.0, 32.0  # from input to input, opened and closed


def draw_neuron(net: MLP | Trace, layer: int, i: int) -> Picture:
    """Draw neuron i of a layer, both counted from 1: as one circle and, below, opened (Figure 2).

    Opened, it has one × for each input and its weight, one Σ that also takes the bias, and one σ, with its curve.

    Parameters
    ----------
    net : MLP or Trace
        Of an MLP the weights have numbers; of a Trace all that is computed and, after `backward()`, the gradients.
    layer, i : int

    Raises
    ------
    ValueError
        If there is no such neuron, or the weights have changed since the trace.

    >>> draw_neuron(MLP(2, [3, 1], rng=0), 1, 3)
    Picture('neuron 3 of layer 1')
    """
    subject = neuron_of(net, layer, i)
    columns = shown(subject.network.sizes[layer - 1], TALLEST)
    figure = Figure()
    _closed(figure, subject, layer, i, columns, -200.0 - (PITCH + CLOSED) * (len(columns) - 1) / 2)
    _opened(figure, subject, layer, i, columns)
    return figure.picture(f"neuron {i} of layer {layer}", _equations(figure, subject, layer, i))


def _closed(figure: Figure, subject: Subject, l: int, i: int, column: list[int | None], y: float) -> None:
    """The neuron as the network shows it, and two lines down to what is inside."""
    x, r, inputs, bare = SUM - 20.0, 40.0, IN + 120.0, replace(subject, trace=None)
    for j, dy in zip(column, places(len(column), CLOSED), strict=True):
        if j is None:
            ellipsis(figure, inputs, y + dy)
            continue
        figure.join((inputs, y + dy), (x, y), (22.0, r))
        activation(figure, bare, (l - 1, j), inputs, y + dy, 22.0)
        figure.row([subject.w_name(l, i, j)], (inputs + x) / 2, y + dy / 2 + 5.0, 16.0, ground="paper")
    figure.circle(x, y, r, "a", f"neuron {i} of layer {l}")
    figure.curve([(x, y - r), (x, y + r)], "border", 1.3)
    figure.row([("Σ", "ink")], x - 19.0, y + 7.0, 27.0)
    figure.row([Name("σ")], x + 18.0, y + 7.0, 24.0)
    figure.line((x, y - r - 30.0), (x, y - r))
    figure.row([subject.b_name(l, i)], x + 7.0, y - r - 20.0, 16.0, "start")
    figure.line((x + r, y), (x + r + 90.0, y))
    figure.row([subject.name("a", l, i)], x + r + 98.0, y + 6.0, anchor="start")
    top = -PITCH * (len(column) - 1) / 2 - ABOVE + 4.0
    for side, corner in ((-1.0, LEFT + 6.0), (1.0, RIGHT - 6.0)):
        figure.line((x + side * 0.72 * r, y + 0.72 * r), (corner, top), arrow=False, dashed=True)


def _opened(figure: Figure, subject: Subject, l: int, i: int, column: list[int | None]) -> None:
    """The neuron's inside, in a frame, between what goes in and what comes out."""
    half, z, a = PITCH * (len(column) - 1) / 2, subject.z(l, i), subject.a(l, i)
    figure.panel(LEFT, -half - ABOVE, RIGHT, half + 58.0)
    figure.text(f"neuron {i} of layer {l}", RIGHT - 12.0, -half - ABOVE + 20.0, anchor="end")
    for j, y in zip(column, places(len(column), PITCH), strict=True):
        if j is None:
            ellipsis(figure, IN, y)
            ellipsis(figure, CROSS, y)
        else:
            _product(figure, subject, l, i, j, y)
    figure.circle(SUM, 0.0, 26.0, "z", told(subject.name("z", l, i), z, subject))
    figure.row([("Σ", "ink")], SUM, 9.0, 32.0)
    figure.line((SUM, -52.0), (SUM, -26.0))
    _parameter(figure, subject, subject.b_name(l, i), subject.neuron(l, i).b, SUM, -65.0, to_right=True)
    figure.line((SUM + 26.0, 0.0), (BOX - WIDTH / 2, 0.0))
    middle = (SUM + 26.0 + BOX - 60.0) / 2
    figure.row([subject.name("z", l, i)], middle, -11.0)
    if z is not None:
        figure.row([(number(z.data), "value")], middle, 18.0, 17.0)
        if subject.differentiated:
            figure.row([Name("δ"), EQUALS, (number(z.grad), "gradient")], middle, 38.0, 16.0)
    bend_in_box(figure, subject, l, i, BOX, 0.0)
    if subject.network.activations[l - 1] == "softmax":
        figure.line((BOX, 72.0), (BOX, 42.0))
        figure.row([("all", "quiet"), Name("z", "k", f"({l})")], BOX - 8.0, 66.0, 16.0, "end")
    figure.line((BOX + WIDTH / 2, 0.0), (OUT - RADIUS, 0.0))
    activation(figure, subject, (l, i), OUT, 0.0, RADIUS)
    slope = gradient(a, subject)
    if slope is not None and (slope or l < subject.L):  # cross-entropies take z itself: E has then no ∂E/∂a
        figure.row([BY, subject.name("a", l, i), EQUALS, (number(slope), "gradient")], OUT, 54.0, 16.0)
    if subject.differentiated:
        figure.row([("value", "value"), ("∂E/∂value", "gradient")], RIGHT - 12.0, half + 46.0, 16.0, "end")


def _product(figure: Figure, subject: Subject, l: int, i: int, j: int, y: float) -> None:
    """One input, its weight, the × of the two, and the way of the product to Σ."""
    product = subject.product(l, i, j)
    activation(figure, subject, (l - 1, j), IN, y, RADIUS)
    figure.line((IN + RADIUS, y), (CROSS - 14.0, y))
    figure.circle(CROSS, y, 14.0, "operation", told(Name("product", math=False), product, subject))
    figure.row([("×", "ink")], CROSS, y + 6.0, 23.0)
    figure.line((CROSS, y - 33.0), (CROSS, y - 14.0))
    _parameter(figure, subject, subject.w_name(l, i, j), subject.w(l, i, j), CROSS, y - 46.0)
    figure.join((CROSS, y), (SUM, 0.0), (14.0, 26.0))
    if product is not None:
        x = CROSS + 0.45 * (SUM - CROSS)
        figure.row([(number(product.data), "value")], x, 0.55 * y + 5.0, 16.0, ground="layer")


def _parameter(
    figure: Figure, subject: Subject, name: Name, value: Value, x: float, y: float, to_right: bool = False
) -> None:
    """A weight or a bias with its numbers, in a box above where it goes in; it grows to one side."""
    items: list[Item] = [name, (number(value.data), "value")]
    slope = gradient(value, subject)
    if slope is not None:
        items.append((number(slope), "gradient"))
    w = row_width(items, 16.0) + 16.0
    side = max(w / 2 - 40.0, 0.0) * (1.0 if to_right else -1.0)
    figure.box(x + side - w / 2, y - 13.0, w, 26.0, "card", told(name, value, subject), rx=13.0)
    figure.row(items, x + side, y + 4.0, 16.0)


def _equations(figure: Figure, subject: Subject, l: int, i: int) -> str:
    """z and a, in names and in numbers."""
    z, a, sigma = subject.z(l, i), subject.a(l, i), subject.network.activations[l - 1]
    name, b = subject.name("z", l, i), subject.neuron(l, i).b
    terms: list[Item] = [Name("Σ", "j"), Name("w", f"{i},j", f"({l})"), subject.name("a", l - 1, "j")]
    rows: list[list[Item]] = [[name, EQUALS, *terms, PLUS, subject.b_name(l, i)]]
    bent: list[Item] = [subject.name("a", l, i), EQUALS, (sigma, "ink"), OPEN, name, CLOSE]
    if sigma == "softmax":
        bent = [subject.name("a", l, i), EQUALS, ("exp", "ink"), OPEN, name, CLOSE, ("/", "ink"), Name("Σ", "k"),
                ("exp", "ink"), OPEN, subject.name("z", l, "k"), CLOSE]  # fmt: skip
    if subject.trace and z is not None and a is not None:
        factors = [(w.data, x.data) for w, x in zip(subject.neuron(l, i).w, subject.trace.a[l - 1], strict=True)]
        numbers = sum_of([[(in_product(w), "value"), TIMES, (in_product(x), "value")] for w, x in factors])
        rows.append([EQUALS, *numbers, PLUS, (in_product(b.data), "value"), EQUALS, (number(z.data), "value")])
        bent += [EQUALS, (number(a.data), "value")]
    return figure.write([*rows, bent])
