"""Slips of order: every number of the gradient is right, and stands in the wrong place."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays import Array
from .slips import BackwardPass, Slip


def layouts(right: BackwardPass) -> Iterator[Slip]:
    """Right numbers in the wrong places: transposed, shifted, in another layer, or in another order of θ."""
    network, L = right.network, right.L
    layers = [l for l in range(1, L + 1) if l not in network.frozen]
    full = right.data + right.penalty
    g = network.with_theta(full)
    dW, db = ({l: part[l] for l in layers} for part in (g.W, g.b))

    def laid(parts: list[Any]) -> Array:
        return np.concatenate([part.reshape(-1) for part in parts])

    def transposed(where: list[int]) -> Array:
        return laid([part for l in layers for part in (dW[l].T if l in where else dW[l], db[l])])

    for l in layers:
        yield Slip(("W",), f"∂E/∂W^({l}) is transposed: it is A Δᵀ, or was laid out column by column", transposed([l]))
    if len(layers) > 1:
        yield Slip(("W",), "∂E/∂W is transposed in every layer, or laid out column by column", transposed(layers))
    for l in layers:
        n = db[l].size
        for k in layers:
            if k != l and db[k].size == n:
                moved = [part for m in layers for part in (dW[m], db[k] if m == l else db[m])]
                yield Slip(("bias",), f"the bias gradient of layer {k} stands in layer {l}", laid(moved))
        for shift in {1, n - 1} - {0, n}:
            moved = [part for m in layers for part in (dW[m], np.roll(db[l], shift) if m == l else db[m])]
            yield Slip(("bias",), f"the bias gradient of layer {l} is shifted by {shift}", laid(moved))
    by_neuron = [np.column_stack([dW[l], db[l]]) for l in layers]
    by_neuron_bias_first = [np.column_stack([db[l], dW[l]]) for l in layers]
    rule = "; θ has W row by row, then b, layer by layer"
    for kind, sentence, parts in (
        ("bias", "the biases stand before the weights", [part for l in layers for part in (db[l], dW[l])]),
        ("bias", "all weights come first, then all biases", [*dW.values(), *db.values()]),
        ("bias", "all biases come first, then all weights", [*db.values(), *dW.values()]),
        ("bias", "it is laid out neuron by neuron, weights then bias", by_neuron),
        ("bias", "it is laid out neuron by neuron, bias then weights: (b W)", by_neuron_bias_first),
        ("order", "the layers stand in reverse order", [part for l in reversed(layers) for part in (dW[l], db[l])]),
    ):
        yield Slip((kind,), sentence + rule, laid(parts))
