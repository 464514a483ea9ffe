"""Backpropagation zoomed in on one neuron, as the text's Figure 3: what it has done wrong, by all that it reaches."""

from ...nn import MLP, Trace
from ..geometry import Point
from ..picture import Picture
from ..text.equations import BY, EQUALS
from ..text.notation import Item, Name
from ..text.numbers import number
from .bending import WIDTH, bend_in_box
from .deltas import Origin, equations, origin_of
from .figure import Figure
from .nodes import activation, ellipsis, node
from .subject import Subject, neuron_of, places, shown, told

TALLEST = 5  # neurons above that are shown
Z, BOX, A, NEXT, E = 0.0, 150.0, 300.0, 660.0, 830.0  # from left to right
PITCH, RADIUS = 130.0, 36.0
RIM = 24.0  # the radius of what is only touched on
BACK = 9.0  # the way back runs this far below the way there
LABEL = 0.52  # where on a line its numbers stand


def draw_backprop(net: MLP | Trace, layer: int, i: int) -> Picture:
    """Draw how neuron i of a layer, both counted from 1, gets its δ from all the neurons that it reaches (Figure 3).

    δ_i^{(ℓ)} = σ′(z_i^{(ℓ)}) Σ_k w_{k,i}^{(ℓ+1)} δ_k^{(ℓ+1)} (eq. cahinrule4), each number where it arises, and the sum
    below. In the output layer δ comes from the loss: σ′(z) ∂E/∂a; or Σ_k ∂a_k/∂z_i ∂E/∂a_k, where the a are a softmax;
    or right away, where E was computed from z itself, as the cross-entropies do.

    Parameters
    ----------
    net : MLP or Trace
        A Trace after `backward()`; an MLP has the weights, and names for the rest.
    layer, i : int

    Raises
    ------
    ValueError
        If there is no such neuron, backward() has not been called, or E depends on z in some other way as well.

    >>> from tinygrad_scalar.losses import half_squared_error
    >>> trace = MLP(2, [2, 1], rng=0).trace([0.5, -1.0])
    >>> half_squared_error([1.0], trace.a[2]).backward()
    >>> draw_backprop(trace, 1, 2)
    Picture('backpropagation to neuron 2 of layer 1')
    """
    subject = neuron_of(net, layer, i)
    if subject.trace and not subject.differentiated:
        raise ValueError("the trace has no δ yet, or each is 0: call backward() on E, the loss of trace.a[L]")
    origin, figure = origin_of(subject, layer, i), Figure()
    start = (A if origin.bends else Z, 0.0)
    _neuron(figure, subject, layer, i, origin)
    if origin.ways:
        _fan(figure, subject, layer, i, origin, start)
        end = (E, 0.0)
    else:
        end = (start[0] + 230.0, 0.0)
        _there_and_back(figure, start, end, (RADIUS, RIM))
    figure.circle(*end, RIM, "result", "E, the error")
    figure.row([Name("E")], end[0], 6.0)
    description = figure.write(equations(subject, layer, i, origin))
    return figure.picture(f"backpropagation to neuron {i} of layer {layer}", description)


def _there_and_back(figure: Figure, start: Point, end: Point, radii: Point, unopened: bool = False) -> None:
    """A line to what comes next, dashed where there is more between than the figure shows, and the way back."""
    figure.join(start, end, radii, dashed=unopened)
    (x0, y0), (x1, y1) = start, end
    figure.join((x1, y1 + BACK), (x0, y0 + BACK), radii[::-1], "gradient", dashed=True)


def _neuron(figure: Figure, subject: Subject, l: int, i: int, origin: Origin) -> None:
    """z, σ and a of the neuron, and the weight for which the δ is wanted."""
    figure.panel(Z - 62.0, -106.0, (A if origin.bends else Z) + 62.0, 92.0)
    figure.text(f"neuron {i} of layer {l}", Z - 50.0, -86.0, anchor="start")
    before, name = Z - 190.0, subject.name("a", l - 1, "j")
    figure.join((before, 0.0), (Z, 0.0), (RIM, RADIUS))
    node(figure, before, 0.0, RIM, "a" if l > 1 else "input", name, str(name))
    figure.row([subject.w_name(l, i, "j")], (before + RIM + Z - 62.0) / 2, 5.0, 16.0, ground="paper")
    _z(figure, subject, l, i, Z, 0.0)
    if origin.bends:
        bend_in_box(figure, subject, l, i, BOX, 0.0)
        _there_and_back(figure, (Z, 0.0), (BOX - WIDTH / 2, 0.0), (RADIUS, 0.0))
        _there_and_back(figure, (BOX + WIDTH / 2, 0.0), (A, 0.0), (0.0, RADIUS))
        _a(figure, subject, l, i, A, 0.0)


def _z(figure: Figure, subject: Subject, l: int, i: int, x: float, y: float) -> None:
    """The circle of a z, with its δ."""
    z, name = subject.z(l, i), subject.name("z", l, i)
    if z is None:
        node(figure, x, y, RADIUS, "z", name, str(name))
        figure.row([subject.name("δ", l, i)], x, y + RADIUS + 20.0, 16.0)
    else:
        delta: list[Item] = [Name("δ"), (number(z.grad), "gradient")]
        node(figure, x, y, RADIUS, "z", name, told(name, z, subject), z.data, delta)


def _a(figure: Figure, subject: Subject, l: int, i: int, x: float, y: float) -> None:
    """The circle of an a, and ∂E/∂a below it."""
    a, names = subject.a(l, i), (BY, subject.name("a", l, i))
    activation(figure, subject, (l, i), x, y, RADIUS)
    slope: list[Item] = [] if a is None else [EQUALS, (number(a.grad), "gradient")]
    figure.row([*names, *slope], x, y + RADIUS + 20.0, 15.0)


def _fan(figure: Figure, subject: Subject, l: int, i: int, origin: Origin, start: Point) -> None:
    """All that the neuron reaches, one below the other, and on to E."""
    column = shown(len(origin.ways), TALLEST)
    half, next_layer = (len(column) - 1) / 2 * PITCH, l + 1 if origin.bends else l
    figure.panel(NEXT - 62.0, -half - 78.0, NEXT + 62.0, half + 66.0)
    figure.text(f"layer {next_layer}", NEXT - 50.0, -half - 56.0, anchor="start")
    for k, y in zip(column, places(len(column), PITCH), strict=True):
        if k is None:
            ellipsis(figure, NEXT, y)
            continue
        way = origin.ways[k - 1]
        _there_and_back(figure, start, (NEXT, y), (RADIUS, RADIUS))
        _there_and_back(figure, (NEXT, y), (E, 0.0), (RADIUS, RIM), unopened=origin.bends)
        (_z if origin.bends else _a)(figure, subject, next_layer, k, NEXT, y)
        there: list[Item] = list(way.local_name)
        back: list[Item] = [*way.local_name, *way.upstream_name]
        if subject.trace or origin.bends:  # of an MLP the weights are known, a softmax's derivatives are not
            there.append((number(way.local), way.colour))
        if subject.trace:
            back = [*way.term, EQUALS, (number(way.product), "gradient")]
        x = start[0] + LABEL * (NEXT - start[0])
        figure.row(there, x, LABEL * y - 1.0, 16.0, ground="paper")
        figure.row(back, x, LABEL * y + 23.0, 16.0, ground="paper")
