"""Slips before the backward pass: other inputs, other targets, a sum that ends too early on the way up.

The pass is right, what it is given is not: its gradient is that of another E.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import losses
from ..arrays import Array, exponent
from .slips import BackwardPass, Slip


def of_other_numbers(right: BackwardPass) -> Iterator[Slip]:
    """What the right equations give where z, X or Y are not those of E."""
    yield from _forward(right)
    objective = right.objective
    for said, X in _inputs(objective.X):
        other = right.with_other(X=X)
        yield Slip(("inputs",), said, other.data + right.penalty)
    for said, Y in _targets(objective.Y):
        other = right.with_other(Y=Y)
        yield Slip(("targets",), said, other.data + right.penalty, family=said)
        if right.network.activations[-1] == "softmax" and losses.facts(objective.loss).output == "softmax":
            by_hand = right.backward(right.A[-1] - Y.T, right.carry)  # a − y, whether Σ y is 1 or not
            yield Slip(("targets",), said, right.total(by_hand), family=said)


def _forward(right: BackwardPass) -> Iterator[Slip]:
    network, free = right.network, [l for l in range(1, right.L + 1) if l not in right.network.frozen]

    def at(sentence: str, W: list[Any], b: list[Any]) -> Slip:
        wrong = right.with_forward(network.flat(W, b))
        return Slip(("z",), sentence, wrong.data + right.penalty)

    for l in free:
        W, b = list(network.W), list(network.b)
        b[l] = np.zeros_like(b[l])
        yield at(f"b^({l}) is left out of z^({l})", W, b)
        W[l], b[l] = W[l] * (np.arange(W[l].shape[1]) < W[l].shape[1] - 1), network.b[l]
        yield at(f"the last term of the sum is left out of z^({l})", W, b)
        if l < right.L and l + 1 in free:
            yield _without_its_last_neuron(right, l)
    if len(free) > 1:
        yield at("b is left out of z in every layer", network.W, [None, *(0.0 * b for b in network.b[1:])])


def _without_its_last_neuron(right: BackwardPass, l: int) -> Slip:
    network = right.network
    W = list(network.W)
    W[l + 1] = W[l + 1] * (np.arange(W[l + 1].shape[1]) < W[l + 1].shape[1] - 1)
    wrong = right.with_other(network=network.with_theta(network.flat(W, network.b)))
    wrong.dW[l + 1][:, -1] = 0.0
    said = f"the last neuron of layer {l} is left out, on the way up and on the way down"
    return Slip(("sum",), said, network.flat(wrong.dW, wrong.db) + right.penalty)


Other = tuple[str, Array]  # the sentence, and X or Y


def _inputs(X: Array) -> Iterator[Other]:
    k = exponent(X, axis=0)  # the squares of columns near 1e300 would overflow
    x = np.ldexp(X, -k)
    low, high, mean, spread = x.min(axis=0), x.max(axis=0), x.mean(axis=0), x.std(axis=0)
    for n in (255, 256, 16, 10, 100):  # the greys of a photograph, those of scikit-learn's digits, units
        yield f"the inputs are not divided by {n}: X is {n} times what it should be", n * X
        yield f"the inputs are divided by {n}", X / n
    yield "the inputs are centred: their mean is taken away", np.ldexp(x - mean, k)
    if (spread > 0.0).all():
        yield "the inputs are standardised: mean 0, standard deviation 1", (x - mean) / spread
        yield "the inputs are scaled to [0, 1], column by column", (x - low) / (high - low)


def _targets(Y: Array) -> Iterator[Other]:
    (M, P), low, high = Y.shape, Y.min(), Y.max()
    if low >= 0.0 and high <= 1.0:
        yield "the targets are ±1 in place of 0 and 1", 2.0 * Y - 1.0
        if P != 2:
            yield "the targets are turned round: 1 − y in place of y", 1.0 - Y
    if low == -1.0 and high <= 1.0:
        yield "the targets are 0 and 1 in place of ±1", (Y + 1.0) / 2.0
        yield "the targets are turned round: −y in place of y", -Y
    if P == 1:
        why = "outputs of shape (M, 1) against targets of shape (M,) are M × M differences"
        yield f"every target is replaced by the mean of all ({why})", np.full_like(Y, Y.mean())
    for k in sorted({1, P - 1} - {0, P}):
        yield f"the classes are rolled: y_{k + 1} stands in the place of y_1, and so on", np.roll(Y, -k, axis=1)
    for k in sorted({1, M - 1} - {0, M}):
        said = f"the targets are shifted against the examples: the first example has that of example {k + 1}"
        yield said, np.roll(Y, -k, axis=0)
