"""PyTorch's networks: a Linear has W as the text has it, d_l × d_{l-1}, and σ is a module of its own."""

import copy
from typing import Any

import numpy as np

from ..arrays import Array
from ..nn import MLP
from .agreement import NoCounterpart, agreeing

# σ here, the module there, and what the module must be told to be the same function.
MODULES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("identity", "Identity", {}),
    ("logistic", "Sigmoid", {}),
    ("tanh", "Tanh", {}),
    ("relu", "ReLU", {}),
    ("leaky_relu", "LeakyReLU", {"negative_slope": 0.01}),
    ("elu", "ELU", {"alpha": 1.0}),
    ("softplus", "Softplus", {"beta": 1.0}),
    ("swish", "SiLU", {}),
    ("gelu", "GELU", {"approximate": "tanh"}),
    ("softmax", "Softmax", {"dim": -1}),
)


def from_torch(network: Any) -> MLP:
    """The network of an nn.Sequential of Linear layers, each with or without an activation after it.

    PyTorch's losses, here: nn.MSELoss is 2/P of "half_squared_error" for P outputs; nn.CrossEntropyLoss and
    nn.BCEWithLogitsLoss bend the outputs themselves, so hand over `nn.Sequential(*network, nn.Softmax(-1))` with
    "cross_entropy", or `nn.Sequential(*network, nn.Sigmoid())` with "binary_cross_entropy".

    Parameters
    ----------
    network : torch.nn.Sequential
        In any precision: numbers in float32 are float64 numbers too, and a copy in float64 is compared; the network
        itself rounds its outputs to its own precision. A Linear without bias gets b = 0, a parameter here. A layer
        that needs no gradient is frozen.

    Raises
    ------
    NoCounterpart
        A ValueError: for a module that has none here, or where an output differs by more than 1e-12 of the largest.
    TypeError
        For what is no nn.Sequential.
    """
    import torch

    if not isinstance(network, torch.nn.Sequential):
        raise TypeError(f"from_torch takes an nn.Sequential, not {type(network).__name__}")
    linear: list[Any] = []
    activations: list[str] = []
    for part in _parts(network):
        if type(part) is torch.nn.Linear:
            if not part.weight.is_floating_point():
                raise NoCounterpart(f"the weights of {part} are {part.weight.dtype}: here they are real numbers")
            linear.append(part)
            activations.append("identity")
        elif (name := _activation(part)) != "identity":
            if not linear or activations[-1] != "identity":
                raise NoCounterpart(f"{part} does not stand after a Linear: here each layer weighs, then bends once")
            activations[-1] = name
    if not linear:
        raise NoCounterpart("there is no Linear in it, so no layer")
    if len({id(part.weight) for part in linear}) < len(linear):
        raise NoCounterpart("two of its layers share their weights: a copy would train them apart")
    weights = [part.weight.detach().cpu().double().numpy() for part in linear]
    biases = [
        np.zeros(len(W)) if part.bias is None else part.bias.detach().cpu().double().numpy()
        for W, part in zip(weights, linear, strict=True)
    ]
    try:
        mlp = MLP.from_arrays(weights, biases, activations)
    except ValueError as error:
        raise NoCounterpart(f"this network has no counterpart here: {error}") from None
    agreeing(mlp, lambda X: _outputs(network, X))
    for l, part in enumerate(linear, start=1):
        if not any(parameter.requires_grad for parameter in part.parameters()):
            mlp.freeze(l)
    return mlp


def to_torch(mlp: MLP) -> Any:
    """The same network as an nn.Sequential in float64; frozen layers need no gradient there.

    `to_torch(mlp).float()` rounds it to float32, PyTorch's habit.

    Raises
    ------
    NoCounterpart
        A ValueError: for an activation that PyTorch has no module for, for a Value in several places, or where an
        output differs by more than 1e-12 of the largest.
    """
    import torch

    leaves = [value for layer in mlp.layers for value in layer.parameters()]
    if len(set(leaves)) < len(leaves):
        raise NoCounterpart("a Value stands in several places: PyTorch's layers would train them apart")
    parts: list[Any] = []
    for l, layer in enumerate(mlp.layers, start=1):
        row = next((row for row in MODULES if row[0] == layer.activation), None)
        if row is None:
            raise NoCounterpart(f"the activation {layer.activation!r} of layer {l} has no module in PyTorch")
        W = torch.tensor([[w.data for w in neuron.w] for neuron in layer.neurons], dtype=torch.float64)
        b = torch.tensor([neuron.b.data for neuron in layer.neurons], dtype=torch.float64)
        linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64)
        linear.load_state_dict({"weight": W, "bias": b})
        parts.append(linear.requires_grad_(l not in mlp.frozen))
        if layer.activation != "identity":
            parts.append(getattr(torch.nn, row[1])(**row[2]))
    network = torch.nn.Sequential(*parts)
    agreeing(mlp, lambda X: _outputs(network, X))
    return network


def _parts(network: Any) -> list[Any]:
    """The modules in order; a Sequential inside a Sequential is its own."""
    return [p for part in network for p in (_parts(part) if type(part) is type(network) else [part])]


def _activation(part: Any) -> str:
    name = type(part).__name__
    for ours, theirs, told in MODULES:
        if name == theirs:
            for option, wanted in told.items():
                given = getattr(part, option)
                if given != wanted and (option, given) != ("dim", 1):  # of M × d_L outputs, 1 is the last
                    raise NoCounterpart(f"{part} has no counterpart here: {ours} is {name} with {option}={wanted!r}")
            return ours
    modules = ", ".join(row[1] for row in MODULES)
    raise NoCounterpart(f"the layer {part} has no counterpart here; there are Linear, {modules}")


def _outputs(network: Any, X: Array) -> Array:
    """Of a copy in float64, at rest."""
    import torch

    with torch.no_grad():
        return copy.deepcopy(network).cpu().double().eval()(torch.from_numpy(X)).numpy()  # type: ignore[no-any-return]
