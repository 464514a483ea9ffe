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

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .. import losses
from ..activations import bend
from ..arrays import Array
from ..objective import Objective
from ..replay.replay import record
from .rounding import output_delta, output_derivative, slope
from .words import AT_A, MISSING, TWICE, Z_FOR_A

Carry = Callable[[int, list[Any]], Any]  # (ℓ, Δ so far) → Δ^(ℓ−1)


class Slip(NamedTuple):
    """What went wrong, in a word (or in several, where they mean the same) and in a sentence.

    `gradient` is what it gives, flat, as θ; `scale` by how much it makes the terms behind that larger. Slips of one
    `family` that give one gradient are one slip, told in other words.
    """

    kinds: tuple[str, ...]
    sentence: str
    gradient: Array
    scale: float = 1.0
    family: str = ""

    def __repr__(self) -> str:
        return f"Slip({', '.join(self.kinds)}: {self.sentence})"


class BackwardPass:
    """The numbers of one right pass, from which wrong ones are made.

    Attributes: Z, A, Delta, dW and db by layer as in `matrix`; `slope[l]` = σ′(Z^(ℓ)), None for softmax; `data` and
    `penalty`, the two parts of the gradient, flat, and `penalties`, the parts of the latter by name. A forward pass at
    another θ may be given, with that of the objective on the way back.
    """

    def __init__(
        self,
        objective: Objective,
        forward: Array | None = None,
        output_delta: Callable[[Objective, list[Any]], Any] = output_delta,
    ) -> None:
        self.objective = objective
        self.network, self.L, self.M, self.s = objective.network, objective.network.L, objective.M, objective.s
        self.W = self.network.W
        self.Z, self.A = objective.forward(self.network.theta if forward is None else forward)
        sigmas = self.network.activations
        self.slope = [None] + [
            None if sigmas[l] == "softmax" else slope(sigmas[l], self.Z[l]) for l in range(1, self.L + 1)
        ]
        self.cancels = losses.facts(objective.loss).output == sigmas[self.L]  # δ^(L) is a − y then, with no σ′
        self.Delta = self.backward(output_delta(objective, self.Z), self.carry)
        self.dW, self.db = self.gradients(self.Delta)
        self.data = self.network.flat(self.dW, self.db)
        self.penalties = {
            name: factor / self.M * self.weights_alone(shape)
            for name, factor, shape in (("L2", objective.l2, np.asarray), ("L1", objective.l1, np.sign))
            if factor
        }
        self.penalty = sum(self.penalties.values(), np.zeros_like(self.data))

    def with_other(self, **changes: Any) -> "BackwardPass":
        """The pass with another network, or with other inputs X or targets Y."""
        objective = self.objective
        given = {"network": self.network, "X": objective.X, "Y": objective.Y, **changes}
        how: dict[str, Any] = {"l1": objective.l1, "l2": objective.l2, "route": objective.route}
        other = Objective(**given, loss=objective.loss, sample_weight=self.s, **how)
        return BackwardPass(other, output_delta=self.quick_output_delta)

    def with_forward(self, theta: Array) -> "BackwardPass":
        """The pass whose way up is at another θ."""
        return BackwardPass(self.objective, theta, self.quick_output_delta)

    @cached_property
    def quick_output_delta(self) -> Callable[[Objective, list[Any]], Any]:
        """`rounding.output_delta` for passes by the dozen: ℒ is recorded once, and run for all examples at a time."""
        loss, sigma, P = self.objective.loss, self.network.activations[-1], len(self.Z[-1])

        def of_z_and_y(v: list[Any]) -> Any:
            return losses.evaluate(loss, sigma, v[P:], v[:P], bend(sigma, v[:P]))

        def quick(objective: Objective, Z: list[Any]) -> Any:
            try:
                return replay(np.vstack([Z[-1], objective.Y.T]), inputs=True)[2][:P]
            except ValueError:  # another branch of the loss than that for the first example
                return output_delta(objective, Z)

        try:
            replay = record(of_z_and_y, [*self.Z[-1][:, 0].tolist(), *self.objective.Y[0].tolist()])
        except (TypeError, ValueError):  # a loss of one's own may look at its numbers
            return output_delta
        return quick

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
    """Slips in the equations: of σ′, of W, of the way down, of what is multiplied with Δ, and of the sums."""
    yield from _of_the_slope(right)
    yield from _on_the_way_down(right)
    yield from _at_the_output(right)
    yield from _beside_delta(right)
    yield from _left_out(right)


def _of_the_slope(right: BackwardPass) -> Iterator[Slip]:
    """Something else in the place of σ′: in one layer, in all hidden ones, or in every layer that has a σ′ in its δ."""
    L, sigmas, objective = right.L, right.network.activations, right.objective
    dA = output_derivative(objective, right.A[L], objective.loss)
    hidden = list(range(L - 1, 0, -1))
    layers = hidden if right.cancels or right.slope[L] is None else [L, *hidden]
    wrong: list[tuple[str, tuple[str, ...], Callable[[int], Any]]] = [  # in words, of which σ (of any), and Z, A → σ′
        (MISSING, (), lambda l: np.ones_like(right.Z[l])),
        (TWICE, (), lambda l: right.slope[l] ** 2),
        (AT_A, (), lambda l: slope(sigmas[l], right.A[l])),
        (Z_FOR_A["tanh"], ("tanh",), lambda l: 1.0 - right.Z[l] ** 2),
        (Z_FOR_A["logistic"], ("logistic",), lambda l: right.Z[l] * (1.0 - right.Z[l])),
        ("a(1 − a), which is that of the logistic function,", (), lambda l: right.A[l] * (1.0 - right.A[l])),
        ("1 − a², which is that of tanh,", (), lambda l: 1.0 - right.A[l] ** 2),
        *(
            (f"that of {name}", (), lambda l, name=name: slope(name, right.Z[l]))
            for name in ("logistic", "tanh", "relu")
        ),
    ]
    for words, of, formula in wrong:
        wrong_at = {l: formula(l) for l in layers if not of or sigmas[l] in of}
        fit = [l for l in wrong_at if not np.array_equal(wrong_at[l], right.slope[l])]  # that of identity is 1
        within = [l for l in fit if l < L]
        scopes = {tuple(scope): None for scope in (*([l] for l in fit), within, fit) if scope}
        for scope in scopes:
            slopes = {l: wrong_at[l] for l in scope}
            Delta_L = dA * slopes[L] if L in slopes else right.Delta[L]

            def carry(l: int, Delta: list[Any], slopes: dict[int, Any] = slopes) -> Any:
                return (right.W[l].T @ Delta[l]) * slopes.get(l - 1, right.slope[l - 1])

            where = f"δ^({scope[0]})" + (", and likewise in " if scope[1:] else "") + _deltas(scope[1:])
            said = f"σ′ is {words} in {'every δ' if len(scope) == L > 1 else where}"
            yield Slip(("σ′",), said, right.total(right.backward(Delta_L, carry)), family=f"σ′ is {words}")


def _deltas(layers: Sequence[int]) -> str:
    return ", ".join(f"δ^({l})" for l in layers)


class _Step(NamedTuple):
    """A wrong way from Δ^(ℓ) to Δ^(ℓ−1), and for which ℓ it is possible, alone or only with the others."""

    kind: str
    sentence: str
    possible: Callable[[int], bool]
    carry: Carry
    with_others: Callable[[int], bool] = lambda l: False


def _steps(right: BackwardPass) -> list[_Step]:
    W, slopes, L, d = right.W, right.slope, right.L, [a.shape[0] for a in right.A]

    def always(l: int) -> bool:
        return True

    def square(l: int) -> bool:
        return bool(d[l] == d[l - 1])

    def bends(k: int) -> bool:
        """Whether layer k has a σ′, and another one than 1."""
        return right.network.activations[k] not in ("identity", "softmax")

    def borrowed(k: int) -> _Step:
        sentence = f"σ′ of layer {k} in place of that of layer {{below}} in δ^({{below}})"
        possible = lambda l: l - 1 != k and d[l - 1] == d[k] and bends(k)
        return _Step("σ′", sentence, possible, lambda l, D: (W[l].T @ D[l]) * slopes[k])

    # fmt: off
    return [
        _Step("σ′", "σ′ of layer {l} in place of that of layer {below} in δ^({below}), before Wᵀ", bends,
                                                                          lambda l, D: W[l].T @ (D[l] * slopes[l]),
                                                                          lambda l: slopes[l] is not None),
        *map(borrowed, range(1, L + 1)),
        _Step("W", "W^({l}) is not transposed on the way to δ^({below})", square,
                                                                          lambda l, D: (W[l] @ D[l]) * slopes[l - 1]),
        _Step("δ", "δ is not carried past W^({l}): δ^({below}) is δ^({l}) ⊗ σ′", square,
                                                                          lambda l, D: D[l] * slopes[l - 1]),
        _Step("δ", "δ is not carried past layer {l}: δ^({below}) is δ^({l}) again", square, lambda l, D: D[l]),
        _Step("δ", "δ skips layer {l}: δ^({below}) comes from δ^({above})", lambda l: l < L and square(l),
                                                                          lambda l, D: (W[l + 1].T @ D[l + 1]) * slopes[l - 1]),
        _Step("sum", "the last neuron of layer {l} is left out of the sum Wᵀ δ in δ^({below})", always,
                                                                          lambda l, D: (W[l][:-1].T @ D[l][:-1]) * slopes[l - 1]),
        _Step("δ", "δ is not carried past layer {l}: nothing arrives below", always, lambda l, D: 0.0 * right.Delta[l - 1]),
    ]
    # fmt: on


def _on_the_way_down(right: BackwardPass) -> Iterator[Slip]:
    """Each wrong step, in one layer, and in all where it is possible."""
    for step in _steps(right):
        possible = [l for l in range(right.L, 1, -1) if step.possible(l)]
        together = [l for l in range(right.L, 1, -1) if step.possible(l) or step.with_others(l)]
        for where in [[l] for l in possible] + ([together] if possible and len(together) > 1 else []):

            def carry(l: int, Delta: list[Any], where: list[int] = where, step: _Step = step) -> Any:
                return step.carry(l, Delta) if l in where else right.carry(l, Delta)

            l, others = where[0], _deltas([k - 1 for k in where[1:]])
            said = step.sentence.format(l=l, below=l - 1, above=l + 1)
            said += f", and likewise in {others}" if others else ""
            family = "missing" if "nothing arrives" in said else step.sentence
            yield Slip((step.kind,), said, right.total(right.backward(right.Delta[right.L], carry)), family=family)


def _at_the_output(right: BackwardPass) -> Iterator[Slip]:
    """Slips in a δ^(L) that has no σ′ of its own to leave out: it cancels, or is the whole Jacobian of softmax."""
    L, objective, a, Delta_L = right.L, right.objective, right.A[right.L], right.Delta[right.L]
    dA = output_derivative(objective, a, objective.loss)
    wrong = []
    if right.cancels or right.slope[L] is None:
        wrong.append((f"σ′ is missing in δ^({L})", dA))
    if right.cancels and right.slope[L] is not None:
        wrong.append((f"σ′ is applied once too often in δ^({L})", Delta_L * right.slope[L]))
    if right.slope[L] is None:
        wrong.append((f"δ^({L}) takes the diagonal of softmax's Jacobian alone", dA * a * (1.0 - a)))
        wrong.append((f"δ^({L}) takes σ′ = a(1 − a), where it cancels", Delta_L * a * (1.0 - a)))
    for sentence, wrong_Delta in wrong:
        yield Slip(("σ′",), sentence, right.total(right.backward(wrong_Delta, right.carry)))


def _beside_delta(right: BackwardPass) -> Iterator[Slip]:
    """Something else than a^(ℓ−1) and s beside Δ^(ℓ)."""
    s, Z, A, layers = right.s, right.Z, right.A, range(1, right.L + 1)
    for word, others in (
        ("z^({below})", {l: Z[l - 1] for l in layers if l > 1}),
        ("a^({l})", {l: A[l] for l in layers if A[l].shape == A[l - 1].shape}),
    ):
        for where in [[l] for l in others] + ([list(others)] if len(others) > 1 else []):
            dW = list(right.dW)
            for l in where:
                dW[l] = (s * right.Delta[l]) @ others[l].T / right.M
            said = (word + " in place of a^({below}) in ∂E/∂W^({l})").format(l=where[0], below=where[0] - 1)
            said += f", and likewise in {', '.join(f'∂E/∂W^({l})' for l in where[1:])}" if where[1:] else ""
            yield Slip(("a",), said, right.network.flat(dW, right.db) + right.penalty)
    if not (s == 1.0).all():
        yield Slip(("weights",), "the sample weights are left out", right.total(right.Delta, np.ones(right.M)))


def _left_out(right: BackwardPass) -> Iterator[Slip]:
    """Loops that end too early, or that add up what they should have set to 0."""
    L, M, s, network, Delta = right.L, right.M, right.s, right.network, right.Delta
    before = np.arange(M) < M - 1
    for said, weights in (
        ("only the last example counts: = in place of +=", ~before * 1.0),
        ("only the last example counts: = in place of +=", ~before * float(M)),
        ("the last example is left out", before * 1.0),
        ("the last example is left out, of the sum and of its M", before * M / max(M - 1, 1)),
        ("dW and db are not set to 0 between the examples: what was added up is added again", np.arange(M, 0.0, -1.0)),
    ):
        if M > 1:
            yield Slip(("sum",), said, right.total(Delta, s * weights))
    for l in range(1, L + 1):
        row, column = (np.arange(n) < n - 1 for n in right.W[l].shape)  # all but the last
        dW, db = list(right.dW), list(right.db)
        dW[l] = right.dW[l] * column
        yield Slip(("sum",), f"the last column of ∂E/∂W^({l}) is left at 0", network.flat(dW, db) + right.penalty)
        dW[l], db[l] = right.dW[l] * row[:, None], right.db[l] * row
        yield Slip(("sum",), f"the last neuron of layer {l} gets no gradient", network.flat(dW, db) + right.penalty)
        if l > 1:
            said = f"δ of the last neuron of layer {l} is left at 0, and adds nothing to the δ below"
            yield Slip(("sum",), said, _below(right, l, Delta[l] * row[:, None]))


def _below(right: BackwardPass, l: int, Delta_l: Any) -> Array:
    """The gradient with another Δ^(ℓ), and all that follows from it."""
    Delta: list[Any] = [*right.Delta[:l], Delta_l, *right.Delta[l + 1 :]]
    for k in range(l, 1, -1):
        Delta[k - 1] = right.carry(k, Delta)
    return right.total(Delta)
