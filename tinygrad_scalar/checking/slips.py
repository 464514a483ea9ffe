"""The classical slips of backpropagation, each as the wrong gradient that it would give.

A slip in the code leaves a signature in the numbers: without σ′ in one layer the gradient is exactly what the δ
equations give without that σ′. So the backward pass is run once for each slip, wrong in that one place, and whoever
holds a doubtful gradient can look for its double. Δ^(L) and every σ′ come from the table of primitives, not from the
matrix side, which may be the one in doubt.

>>> from tinygrad_scalar import MLP
>>> X, Y = [[1.0, 2.0], [0.0, 1.0]], [[1.0], [0.0]]
>>> right = BackwardPass(Objective(MLP(2, [2, 1], rng=0), X, Y, "half_squared_error"))
>>> [slip.sentence for slip in structural(right)][:2]
['σ′ is missing in δ^(1)', 'σ′ is applied twice in δ^(1)']
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..objective import Objective
from .rounding import output_delta, output_derivative, slope

Carry = Callable[[int, list[Any]], Any]  # (ℓ, Δ so far) → Δ^(ℓ−1)


class Slip(NamedTuple):
    """What went wrong, in a word (or in several, where they mean the same) and in a sentence.

    `gradient` is what it gives, flat, as θ; `scale` by how much it makes the terms behind that larger.
    """

    kinds: tuple[str, ...]
    sentence: str
    gradient: Array
    scale: float = 1.0

    def __repr__(self) -> str:
        return f"Slip({', '.join(self.kinds)}: {self.sentence})"


class BackwardPass:
    """The numbers of one right pass, from which wrong ones are made.

    Attributes: Z, A, Delta, dW and db by layer as in `matrix`; `slope[l]` = σ′(Z^(ℓ)), None for softmax; `data` and
    `penalty`, the two parts of the gradient, flat, and `penalties`, the parts of the latter by name.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.network, self.L, self.M, self.s = objective.network, objective.network.L, objective.M, objective.s
        self.W = self.network.W
        self.Z, self.A = objective.forward(self.network.theta)
        sigmas = self.network.activations
        self.slope = [None] + [
            None if sigmas[l] == "softmax" else slope(sigmas[l], self.Z[l]) for l in range(1, self.L + 1)
        ]
        self.Delta = self.backward(output_delta(objective, self.Z), self.carry)
        self.dW, self.db = self.gradients(self.Delta)
        self.data = self.network.flat(self.dW, self.db)
        self.penalties = {
            name: factor / self.M * self.weights_alone(shape)
            for name, factor, shape in (("L2", objective.l2, np.asarray), ("L1", objective.l1, np.sign))
            if factor
        }
        self.penalty = sum(self.penalties.values(), np.zeros_like(self.data))

    def weights_alone(self, shape: Callable[[Any], Any]) -> Array:
        """shape(W) where θ has weights, 0 where it has biases."""
        b = [None, *(np.zeros_like(b) for b in self.network.b[1:])]
        return self.network.flat([None, *map(shape, self.W[1:])], b)  # type: ignore[no-any-return]

    def biases_alone(self, shape: Callable[[Any], Any]) -> Array:
        """shape(b) where θ has biases, 0 where it has weights."""
        W = [None, *(np.zeros_like(W) for W in self.W[1:])]
        return self.network.flat(W, [None, *map(shape, self.network.b[1:])])  # type: ignore[no-any-return]

    def carry(self, l: int, Delta: list[Any]) -> Any:
        """Δ^(ℓ−1) as it should be, eq. matrixBackprop."""
        return (self.W[l].T @ Delta[l]) * self.slope[l - 1]

    def backward(self, Delta_L: Any, carry: Carry) -> list[Any]:
        """Δ of all layers, with the step from ℓ to ℓ−1 as given."""
        Delta: list[Any] = [None] * self.L + [Delta_L]
        for l in range(self.L, 1, -1):
            Delta[l - 1] = carry(l, Delta)
        return Delta

    def gradients(self, Delta: list[Any], s: Any = None) -> tuple[list[Any], list[Any]]:
        """∂E/∂W and ∂E/∂b by layer, without penalties."""
        s, layers = self.s if s is None else s, range(1, self.L + 1)
        dW = [(s * Delta[l]) @ self.A[l - 1].T / self.M for l in layers]
        return [None, *dW], [None, *((s * Delta[l]).sum(axis=1) / self.M for l in layers)]

    def total(self, Delta: list[Any], s: Any = None) -> Array:
        """The whole gradient from these Δ, flat, penalties included."""
        return self.network.flat(*self.gradients(Delta, s)) + self.penalty  # type: ignore[no-any-return]


def structural(right: BackwardPass) -> Iterator[Slip]:
    """Slips in the equations: of σ′, of W, of the way down, of what is multiplied with Δ, of the mean and the order."""
    yield from _on_the_way_down(right)
    yield from _at_the_output(right)
    yield from _beside_delta(right)
    yield from _in_the_order(right)


class _Step(NamedTuple):
    """A wrong way from Δ^(ℓ) to Δ^(ℓ−1), and for which ℓ it is possible."""

    kind: str
    sentence: str
    possible: Callable[[int], bool]
    carry: Carry


def _steps(right: BackwardPass) -> list[_Step]:
    W, slopes, A, L = right.W, right.slope, right.A, right.L
    sigmas, d = right.network.activations, [a.shape[0] for a in right.A]

    def always(l: int) -> bool:
        return True

    def square(l: int) -> bool:
        return bool(d[l] == d[l - 1])

    def bends(k: int) -> bool:
        """Whether σ′ of layer k is something else than 1."""
        return slopes[k] is not None and bool((slopes[k] != 1.0).any())

    def borrowed(k: int) -> _Step:
        sentence = f"σ′ of layer {k} in place of that of layer {{below}} in δ^({{below}})"
        possible = lambda l: l - 1 != k and d[l - 1] == d[k] and bends(k)
        return _Step("σ′", sentence, possible, lambda l, D: (W[l].T @ D[l]) * slopes[k])

    # fmt: off
    return [
        _Step("σ′", "σ′ is missing in δ^({below})", always,               lambda l, D: W[l].T @ D[l]),
        _Step("σ′", "σ′ is applied twice in δ^({below})", always,         lambda l, D: right.carry(l, D) * slopes[l - 1]),
        _Step("σ′", "σ′ is taken at a instead of z in δ^({below})", always,
                                                                          lambda l, D: (W[l].T @ D[l]) * slope(sigmas[l - 1], A[l - 1])),
        _Step("σ′", "σ′ of layer {l} in place of that of layer {below} in δ^({below}), before Wᵀ", bends,
                                                                          lambda l, D: W[l].T @ (D[l] * slopes[l])),
        *map(borrowed, range(1, L + 1)),
        _Step("W", "W^({l}) is not transposed on the way to δ^({below})", square,
                                                                          lambda l, D: (W[l] @ D[l]) * slopes[l - 1]),
        _Step("δ", "δ is not carried past W^({l}): δ^({below}) is δ^({l}) ⊗ σ′", square,
                                                                          lambda l, D: D[l] * slopes[l - 1]),
        _Step("δ", "δ is not carried past layer {l}: δ^({below}) is δ^({l}) again", square, lambda l, D: D[l]),
        _Step("δ", "δ skips layer {l}: δ^({below}) comes from δ^({above})", lambda l: l < L and square(l),
                                                                          lambda l, D: (W[l + 1].T @ D[l + 1]) * slopes[l - 1]),
        _Step("δ", "δ is not carried past layer {l}: nothing arrives below", always, lambda l, D: 0.0 * right.Delta[l - 1]),
    ]
    # fmt: on


def _on_the_way_down(right: BackwardPass) -> Iterator[Slip]:
    """Each wrong step, in one layer, and in all where it is possible."""
    for step in _steps(right):
        possible = [l for l in range(right.L, 1, -1) if step.possible(l)]
        for where in [[l] for l in possible] + ([possible] if len(possible) > 1 else []):

            def carry(l: int, Delta: list[Any], where: list[int] = where, step: _Step = step) -> Any:
                return step.carry(l, Delta) if l in where else right.carry(l, Delta)

            l, others = where[0], ", ".join(f"δ^({k - 1})" for k in where[1:])
            said = step.sentence.format(l=l, below=l - 1, above=l + 1)
            said += f", and likewise in {others}" if others else ""
            yield Slip((step.kind,), said, right.total(right.backward(right.Delta[right.L], carry)))


def _at_the_output(right: BackwardPass) -> Iterator[Slip]:
    L, objective, sigma = right.L, right.objective, right.network.activations[-1]
    dA = output_derivative(objective, right.A[L], objective.loss)
    wrong = [(f"σ′ is missing in δ^({L})", dA)]
    slope_L = right.slope[L]
    if slope_L is not None:
        wrong.append((f"σ′ is applied once too often in δ^({L})", right.Delta[L] * slope_L))
    if sigma == "softmax":
        a = right.A[L]
        wrong.append((f"δ^({L}) takes the diagonal of softmax's Jacobian alone", dA * a * (1.0 - a)))
        wrong.append((f"δ^({L}) takes σ′ = a(1 − a), where it cancels", right.Delta[L] * a * (1.0 - a)))
    if L > 1:
        nowhere = right.backward(dA, lambda l, Delta: right.W[l].T @ Delta[l])
        yield Slip(("σ′",), "σ′ is missing in every δ", right.total(nowhere))
    for sentence, Delta_L in wrong:
        yield Slip(("σ′",), sentence, right.total(right.backward(Delta_L, right.carry)))


def _beside_delta(right: BackwardPass) -> Iterator[Slip]:
    L, M, s, Delta, Z, A = right.L, right.M, right.s, right.Delta, right.Z, right.A

    def with_weights(l: int, a: Any) -> Array:
        dW = list(right.dW)
        dW[l] = (s * Delta[l]) @ a.T / M
        return right.network.flat(dW, right.db) + right.penalty  # type: ignore[no-any-return]

    for l in range(1, L + 1):
        if l > 1:
            yield Slip(("a",), f"z^({l - 1}) in place of a^({l - 1}) in ∂E/∂W^({l})", with_weights(l, Z[l - 1]))
        if A[l].shape == A[l - 1].shape:
            yield Slip(("a",), f"a^({l}) in place of a^({l - 1}) in ∂E/∂W^({l})", with_weights(l, A[l]))
    if not (s == 1.0).all():
        yield Slip(("weights",), "the sample weights are left out", right.total(Delta, np.ones(M)))
    if M > 1:
        last = np.where(np.arange(M) == M - 1, s, 0.0)
        for s_last in (last, M * last):
            yield Slip(("sum",), "only the last example counts: = in place of +=", right.total(Delta, s_last))


def _in_the_order(right: BackwardPass) -> Iterator[Slip]:
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
