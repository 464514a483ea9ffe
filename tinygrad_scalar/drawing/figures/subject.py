"""What a figure is about: a network and, where one was kept, a forward pass with its numbers.

Layers and neurons count from 1 here, as in the text.
"""

from dataclasses import dataclass
from typing import Any

from ...arguments import numbered
from ...nn import MLP, Neuron, Trace
from ...value import CONSTANT, Value
from ..text.notation import Name, parse

LONGEST = 18  # letters of a label of one's own; the tooltip has them all


@dataclass(frozen=True)
class Subject:
    """A network, the pass that is shown, and whether backward() has been through it."""

    network: MLP
    trace: Trace | None
    differentiated: bool

    @property
    def L(self) -> int:
        """The number of layers with weights."""
        return len(self.network.layers)

    def neuron(self, l: int, i: int) -> Neuron:
        """Neuron i of layer l ≥ 1."""
        return self.network.layers[l - 1].neurons[i - 1]

    def a(self, l: int, i: int) -> Value | None:
        """a_i^{(l)}, if there is a pass; a_i^{(0)} is x_i."""
        return self.trace.a[l][i - 1] if self.trace else None

    def z(self, l: int, i: int) -> Value | None:
        """z_i^{(l)}, if there is a pass."""
        return self.trace.z[l][i - 1] if self.trace else None

    def w(self, l: int, i: int, j: int) -> Value:
        """w_{i,j}^{(l)}."""
        return self.neuron(l, i).w[j - 1]

    def product(self, l: int, i: int, j: int) -> Value | None:
        """The × of w_{i,j}^{(l)}, if there is a pass."""
        z = self.z(l, i)
        return None if z is None else z.parents[j - 1]

    def name(self, letter: str, l: int, i: int | str) -> Name:
        """a, z, b or δ of neuron i in layer l; a_i^{(0)} is called x_i, or what its label says."""
        if letter == "a" and l == 0:
            value = self.a(0, i) if isinstance(i, int) else None
            return name_of(value, Name("x", str(i)))
        return Name(letter, str(i), f"({l})")

    def w_name(self, l: int, i: int | str, j: int | str) -> Name:
        """w_{i,j}^{(l)}, or what its label says."""
        named = isinstance(i, int) and isinstance(j, int)
        return name_of(self.w(l, i, j) if named else None, Name("w", f"{i},{j}", f"({l})"))  # type: ignore[arg-type]

    def b_name(self, l: int, i: int) -> Name:
        """b_i^{(l)}, or what its label says."""
        return name_of(self.neuron(l, i).b, Name("b", str(i), f"({l})"))


def subject_of(net: Any) -> Subject:
    """The network and its numbers, or a sentence about what is wrong with them."""
    if isinstance(net, MLP):
        return Subject(net, None, False)
    if not isinstance(net, Trace):
        raise TypeError(f"a figure shows an MLP or the trace of one, mlp.trace(x), not {type(net).__name__}")
    for l, layer in enumerate(net.network.layers, start=1):
        for i, (neuron, z) in enumerate(zip(layer.neurons, net.z[l], strict=True), start=1):
            now = sum([*(w.data * a.data for w, a in zip(neuron.w, net.a[l - 1], strict=True)), neuron.b.data], -0.0)
            if now != z.data and (now == now or z.data == z.data):
                raise ValueError(
                    f"neuron {i} of layer {l} had z = {z.data:.6g} in this trace, now its weights and inputs give "
                    f"{now:.6g}; run trace(x), and backward(), again"
                )
    return Subject(net.network, net, any(z.grad for layer in net.z for z in layer))


def neuron_of(net: Any, layer: int, i: int) -> Subject:
    """The subject, once it is sure that it has this neuron."""
    subject = subject_of(net)
    numbered(layer, subject.L, "layer", "the network has layers")
    numbered(i, subject.network.sizes[layer], "neuron", f"layer {layer} has neurons")
    return subject


def name_of(value: Value | None, name: Name) -> Name:
    """What the value's label says, cut where it is long; without a label, `name`."""
    if value is None or not value.label:
        return name
    own = parse(value.label)
    if own.math or len(own.letter) <= LONGEST:
        return own
    return Name(own.letter[: LONGEST - 1] + "…", math=False)


def gradient(value: Value | None, subject: Subject) -> float | None:
    """∂E/∂(value), where there is one."""
    return value.grad if value is not None and subject.differentiated and value.op != CONSTANT else None


def told(name: Name, value: Value | None, subject: Subject) -> str:
    """A tooltip: the name and every digit."""
    if value is None:
        return str(name)
    own = f"{parse(value.label)}" if value.label else str(name)
    slope = gradient(value, subject)
    return f"{own} = {value.data!r}" + ("" if slope is None else f", ∂E/∂{own} = {slope!r}")


def shown(n: int, tallest: int) -> list[int | None]:
    """Which of n neurons stand in a column: all, or the first ones, an ellipsis (None) and the last.

    >>> shown(4, 4), shown(64, 4)
    ([1, 2, 3, 4], [1, 2, None, 64])
    """
    return [*range(1, n + 1)] if n <= tallest else [*range(1, tallest - 1), None, n]


def places(n: int, pitch: float) -> list[float]:
    """The y of n things in a column whose middle is at 0."""
    return [(k - (n - 1) / 2) * pitch for k in range(n)]
