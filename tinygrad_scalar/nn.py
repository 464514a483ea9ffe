"""A neuron weighs, sums and bends; a layer is neurons side by side; a network is layers in a row.

Everything here is made of scalar operations on Values, as in the text's Figure 2: one × per weight, one Σ that also
takes the bias, one σ. Layers and neurons count from 1 in names, as in the text; Python lists count from 0.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any

import numpy as np

from .activations import ACTIVATIONS, Outputs, bend, known
from .arguments import NetworkHabits, kindly, numbered, random_source, whole_number
from .arrays import Array, ArrayLike, Stored
from .initializers import Init, find
from .value import CONSTANT, Value, as_value, total

__all__ = ["ACTIVATIONS", "MLP", "Layer", "Neuron", "Trace"]


def _inputs(x: Iterable[Any], n_in: int, where: str) -> list[Value]:
    if not np.iterable(x):
        raise TypeError(f"{where} takes a list of {n_in} inputs, not {x!r}: write [x]")
    values = [as_value(v) for v in x]
    if len(values) != n_in:
        raise ValueError(f"{where} expects {n_in} inputs, got {len(values)}")
    return values


class Neuron:
    """One neuron: a = σ(Σ_j w_j x_j + b), eq. activation.

    Parameters
    ----------
    n_in : int
        How many inputs it weighs.
    activation : str
        "identity" or a row of the table with one input.
    initializer : str or callable
        How a weight is drawn, see `initializers`. The bias starts at 0.
    rng : int, random.Random or numpy Generator
        Where the randomness comes from.

    >>> neuron = Neuron(2, "tanh", rng=0)
    >>> a = neuron([0.5, -1.0])
    >>> a.op, a.parents[0].op, [p.op for p in a.parents[0].parents]
    ('tanh', 'total', ['mul', 'mul', ''])
    """

    def __init__(
        self,
        n_in: int,
        activation: str = "tanh",
        *,
        initializer: Init = "glorot_uniform",
        rng: Any = None,
        fan_out: int = 1,
    ) -> None:
        n_in, draw, rng = whole_number(n_in, "n_in"), find(initializer), random_source(rng)
        self.activation = known(activation)
        self.w = [Value(draw(rng, n_in, fan_out), f"w_{{{j}}}") for j in range(1, n_in + 1)]
        self.b = Value(0.0, "b")

    def weigh(self, x: Sequence[Value]) -> Value:
        """The pre-activation z = Σ_j w_j x_j + b."""
        return total([*map(mul, self.w, x), self.b])  # type: ignore[no-any-return]

    def __call__(self, x: Iterable[Any]) -> Value:
        x = _inputs(x, len(self.w), "the neuron")
        return bend(self.activation, [self.weigh(x)])[0]

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {self.activation!r})"


class Layer:
    """n_out neurons on the same n_in inputs, eq. activation3; calling it always gives a list.

    >>> layer = Layer(3, 2, rng=0)
    >>> len(layer([1.0, 2.0, 3.0])), len(layer.parameters())
    (2, 8)
    """

    def __init__(
        self, n_in: int, n_out: int, activation: str = "tanh", *, initializer: Init = "glorot_uniform", rng: Any = None
    ) -> None:
        n_in, n_out, rng = whole_number(n_in, "n_in"), whole_number(n_out, "n_out"), random_source(rng)
        self.activation = known(activation)
        own = "identity" if activation == "softmax" else activation  # alone, a neuron under a softmax can only weigh
        self.neurons = [Neuron(n_in, own, initializer=initializer, rng=rng, fan_out=n_out) for _ in range(n_out)]
        for i, neuron in enumerate(self.neurons, start=1):
            neuron.b.label = f"b_{{{i}}}"
            for j, w in enumerate(neuron.w, start=1):
                w.label = f"w_{{{i},{j}}}"

    def weigh(self, x: Sequence[Value]) -> list[Value]:
        """The pre-activations z_i of the layer."""
        return Outputs(neuron.weigh(x) for neuron in self.neurons)

    def __call__(self, x: Iterable[Any]) -> list[Value]:
        x = _inputs(x, len(self.neurons[0].w), "the layer")
        return bend(self.activation, self.weigh(x))

    def parameters(self) -> list[Value]:
        """W row by row, then all of b."""
        return [w for neuron in self.neurons for w in neuron.w] + [neuron.b for neuron in self.neurons]

    def __repr__(self) -> str:
        return f"Layer({len(self.neurons[0].w)}, {len(self.neurons)}, {self.activation!r})"


@dataclass(frozen=True, repr=False)
class Trace:
    """One forward pass, node by node: z[l][i] and a[l][i], with l from 1 (a[0] is x, z[0] is empty) and i from 0."""

    network: "MLP"
    z: list[list[Value]]
    a: list[list[Value]]

    def __repr__(self) -> str:
        return f"Trace({self.network!r})"


class MLP(Stored, NetworkHabits):
    """A feed-forward network of layers ℓ = 1…L with sizes d_0 (the input), d_1, …, d_L.

    Parameters
    ----------
    n_in : int
        d_0, the number of inputs.
    sizes : sequence of int
        [d_1, …, d_L].
    activation : str or sequence of str
        σ of the hidden layers, one for all or one for each.
    output : str
        σ of the last layer; here it may be "softmax".
    initializer, rng
        As for `Neuron`; layers draw in order, weights row by row.

    >>> mlp = MLP(2, [3, 1], rng=0)
    >>> y = mlp([0.5, -1.0])
    >>> len(y), len(mlp.parameters()), mlp.parameters()[1].label
    (1, 13, 'w_{1,2}^{(1)}')
    """

    @kindly
    def __init__(
        self,
        n_in: int,
        sizes: Sequence[int],
        activation: str | Sequence[str] = "tanh",
        output: str = "identity",
        *,
        initializer: Init = "glorot_uniform",
        rng: Any = None,
    ) -> None:
        if np.ndim(sizes) != 1 or not len(sizes):
            raise ValueError("a network needs a list of one layer at least: MLP(n_in, [d1, ..., dL])")
        hidden: list[Any] = [*activation] if isinstance(activation, (list, tuple)) else [activation] * (len(sizes) - 1)
        if len(hidden) != len(sizes) - 1:
            raise ValueError(f"{len(sizes) - 1} hidden layers need as many activations, got {len(hidden)}")
        if "softmax" in hidden:
            raise ValueError("softmax belongs to the output layer: MLP(..., output='softmax')")
        rng, d = random_source(rng), [n_in, *sizes]
        sigmas = enumerate([*hidden, output], start=1)
        self.layers = [Layer(d[l - 1], d[l], sigma, initializer=initializer, rng=rng) for l, sigma in sigmas]
        self.frozen: set[int] = set()
        for l, layer in enumerate(self.layers, start=1):
            for parameter in layer.parameters():
                parameter.label += f"^{{({l})}}"

    @classmethod
    def from_arrays(cls, weights: Sequence[Any], biases: Sequence[Any], activations: Sequence[str]) -> "MLP":
        """The network with these L weights (d_ℓ × d_{ℓ-1}), L biases (d_ℓ) and L activations, the output's the last.

        >>> MLP.from_arrays([[[1.0, -1.0]], [[2.0]]], [[0.5], [0.0]], ["tanh", "identity"])
        MLP(2, [1, 1], ['tanh'], output='identity')

        Raises
        ------
        ValueError
            Where the lists differ in length, or an array does not have its layer's shape.
        """
        d = [np.shape(weights[0])[-1], *map(len, biases)]
        mlp = cls(d[0], d[1:], activations[:-1], activations[-1], initializer="zeros")
        for l, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
            if (np.shape(W), np.shape(b)) != ((d[l], d[l - 1]), (d[l],)):
                raise ValueError(f"layer {l}: W must be {d[l]} × {d[l - 1]}, it is {np.shape(W)}, and b {np.shape(b)}")
        mlp.theta = np.concatenate([np.ravel(part) for layer in zip(weights, biases, strict=True) for part in layer])
        return mlp

    @classmethod
    def from_matrix(cls, network: Any) -> "MLP":
        """The scalar network with the W, b, activations and frozen layers of a matrix network, bit for bit.

        The lists count layers from 1, as `matrix.MatrixMLP` has them: W[l] is d_l × d_{l-1}, b[l] has d_l numbers.

        >>> from tinygrad_scalar.matrix import MatrixMLP
        >>> MLP.from_matrix(MatrixMLP([[[1.0, -1.0]], [[2.0]]], [[0.5], [0.0]], ["tanh", "identity"]))
        MLP(2, [1, 1], ['tanh'], output='identity')
        """
        mlp = cls.from_arrays(network.W[1:], network.b[1:], network.activations[1:])
        for l in network.frozen:
            mlp.freeze(l)
        leaves, tied = mlp.parameters(), network.tied
        return mlp if tied is None else mlp.with_parameters([leaves[network.first[place]] for place in tied])

    @property
    def sizes(self) -> list[int]:
        """[d_0, d_1, …, d_L]."""
        return [len(self.layers[0].neurons[0].w), *(len(layer.neurons) for layer in self.layers)]

    @property
    def activations(self) -> list[str]:
        """σ of the layers 1…L."""
        return [layer.activation for layer in self.layers]

    def trace(self, x: Iterable[Any]) -> Trace:
        """The forward pass on one example of d_0 numbers or Values, with every z and a kept."""
        z: list[list[Value]] = [[]]
        a = [_inputs(x, self.sizes[0], "layer 1")]
        for layer in self.layers:
            z.append(layer.weigh(a[-1]))
            a.append(bend(layer.activation, z[-1]))
        return Trace(self, z, a)

    def __call__(self, x: Iterable[Any]) -> list[Value]:
        return self.trace(x).a[-1]

    def parameters(self) -> list[Value]:
        """θ: `entries` without repetition: a Value that stands in several places is one parameter."""
        return list(dict.fromkeys(self.entries()))

    def entries(self) -> list[Value]:
        """For ℓ = 1…L all of W^(ℓ) row by row, then all of b^(ℓ); frozen layers are left out.

        Raises
        ------
        ValueError
            For what is no leaf, and so no parameter: a number, a constant (of a frozen layer), something computed.
        """
        free = [(l, p) for l, layer in enumerate(self.layers, 1) if l not in self.frozen for p in layer.parameters()]
        for l, p in free:
            if op := getattr(p, "op", "number"):
                what = f"a {op}" if op in ("number", CONSTANT) else f"computed, by {op!r}"
                raise ValueError(f"layer {l} holds {p!r}, which is {what}: a parameter is a leaf, as Value(0.5) is")
        return [p for _, p in free]

    def with_parameters(self, parameters: Sequence[Value]) -> "MLP":
        """The same network on other Values, in the order of θ; this one stays as it is, frozen layers are shared."""
        new = dict(zip(self.parameters(), parameters, strict=True))
        other = copy.copy(self)
        other.frozen = set(self.frozen)
        other.layers = [copy.copy(layer) for layer in self.layers]
        for layer in other.layers:
            layer.neurons = [copy.copy(neuron) for neuron in layer.neurons]
            for neuron in layer.neurons:
                neuron.w, neuron.b = [new.get(w, w) for w in neuron.w], new.get(neuron.b, neuron.b)
        return other

    @property
    def theta(self) -> Array:
        """The parameters' numbers as a fresh float64 array; setting it writes them."""
        return np.array([p.data for p in self.parameters()], dtype=float)

    @theta.setter
    def theta(self, theta: ArrayLike) -> None:
        parameters, numbers = self.parameters(), np.asarray(theta, dtype=float)
        if numbers.shape != (len(parameters),):
            raise ValueError(f"theta has shape {numbers.shape}, the network expects ({len(parameters)},)")
        for parameter, number in zip(parameters, numbers.tolist(), strict=True):
            parameter.data = number

    def zero_grad(self) -> None:
        """Set the gradients of all parameters to 0, before a backward pass that must not add to them."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def freeze(self, layer: int, frozen: bool = True) -> None:
        """Keep a layer (from 1) out of `parameters()`, θ and the gradient; `freeze(layer, False)` takes it back."""
        layer = numbered(layer, len(self.layers), "layer", "the layers are")
        (self.frozen.add if frozen else self.frozen.discard)(layer)
        for parameter in self.layers[layer - 1].parameters():
            parameter.op, parameter.grad = CONSTANT if frozen else "", 0.0

    def __repr__(self) -> str:
        return f"MLP({self.sizes[0]}, {self.sizes[1:]}, {self.activations[:-1]}, output={self.activations[-1]!r})"
