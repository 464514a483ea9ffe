"""Slips with one unknown number in them, which is read off the candidate: a factor, λ of a penalty, a step size.

A number that is fitted explains one entry for free, so a slip must explain more, and a factor must have a name.
"""

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from ..arrays import Array, exponent, norm
from ..matrix import MatrixMLP
from .comparison import EXACT, entries, layer_of_entries
from .rounding import relative
from .slips import BackwardPass, Slip

SINGLE = 1e-5  # what gradients in single precision, or by central differences, agree to
LARGEST_RATE = 10.0  # larger steps are no training, and with any step a zero can be explained
# A fitted factor has the name of a number that it is so near to: 100 times what the entries agree to, or more, because
# the small ones among them say little about it.
NEAR, NEAR_IN_SINGLE = 1e-6, 1e-3


def distance(one: Array, other: Array, size: Array) -> float:
    """The largest difference of two gradients, relative to the terms behind each entry."""
    return float(np.max(relative(one - other, size + np.abs(other)), initial=0.0))


def multiple(x: Array, y: Array) -> float:
    """The c for which c x is nearest to y: xᵀy / xᵀx, also where the squares of x are no floats.

    >>> multiple(np.array([3e200, 4e200]), np.array([6e200, 8e200]))
    2.0
    """
    j, k = exponent(x), exponent(y)
    x = np.ldexp(x, -j)
    return float(np.ldexp(x @ np.ldexp(y, -k) / (x @ x), k - j))


def fitted(right: BackwardPass, candidate: Array, size: Array, rough: Array) -> Iterator[Slip]:
    """Slips whose one number is fitted to the candidate, with the sizes of terms in double and in single precision."""
    yield from _penalties(right, candidate)
    yield from _factors(right, candidate, size, rough)
    yield from _too_early(right, candidate)


def _too_early(right: BackwardPass, candidate: Array) -> Iterator[Slip]:
    """W^(ℓ) − η ∂E/∂W^(ℓ) in place of W^(ℓ) on the way down: linear in η at δ^(L−1), where η is read off."""
    network, L = right.network, right.L
    if L == 1 or {L, L - 1} & network.frozen:
        return

    def at(rate: float) -> Array:
        Delta: list[Any] = [*[None] * L, right.Delta[L]]
        for l in range(L, 1, -1):
            step = (right.s * Delta[l]) @ right.A[l - 1].T / right.M
            step = step + right.objective.l2 / right.M * right.W[l] + right.objective.l1 / right.M * np.sign(right.W[l])
            W = right.W[l] if l in network.frozen else right.W[l] - rate * step
            Delta[l - 1] = (W.T @ Delta[l]) * right.slope[l - 1]
        return right.total(Delta)

    first = layer_of_entries(network) == L - 1
    turn = (at(1.0) - at(0.0))[first]
    if turn.any():
        rate = multiple(turn, (candidate - at(0.0))[first])
        if 0.0 < rate <= LARGEST_RATE:
            said = f"the weights above are updated before the δ below is computed, with η = {rate:.4g}"
            yield Slip(("order",), said, at(rate), max(1.0, rate))


def added_to_an_earlier_one(right: BackwardPass, candidate: Array) -> Iterator[Slip]:
    """∇E plus the gradient g of one step earlier, which led here: θ = θ_before − η g, and ∇E(θ + η g) = g gives η.

    η is looked for from where the two sides are nearest on a grid, by Gauss–Newton steps with the slope of a secant.
    """
    own, network = right.data + right.penalty, right.network
    g = candidate - own

    @cache
    def before(rate: float) -> Array:
        earlier = right.with_other(network=network.with_theta(network.theta + rate * g))
        return earlier.data + earlier.penalty  # type: ignore[no-any-return]

    rates = np.geomspace(1e-4, LARGEST_RATE, 26).tolist()
    errors = [np.inf, *(norm(before(rate) - g) for rate in rates), np.inf]
    for k, (last, rate) in enumerate(itertools.pairwise(rates), start=2):
        if errors[k - 1] >= errors[k] <= errors[k + 1]:
            for _ in range(20):
                turn = (before(rate) - before(last)) / (rate - last)
                last, rate = rate, rate - multiple(turn, before(rate) - g)
                if not 0.0 < rate <= LARGEST_RATE or abs(rate - last) <= 1e-14 * rate:
                    break
            said = f"the gradient of the step before is still in it, not set to 0 (η = {rate:.4g} led from there)"
            yield Slip(("sum",), said, own + before(rate), 2.0, "the step before")


def _scopes(network: MatrixMLP) -> Iterator[tuple[str, Any]]:
    """Parts of θ that a factor may sit on, in words and as a mask."""
    layers, layer = [l for l in range(1, network.L + 1) if l not in network.frozen], layer_of_entries(network)
    bias = np.array([name.startswith("b") for _, name, _ in entries(network)])
    yield "in every entry", np.ones(len(layer), dtype=bool)
    yield "in the weights", ~bias
    yield "in the biases", bias
    for l in layers:
        yield f"in layer {l}", layer == l
        yield f"in the weights of layer {l}", (layer == l) & ~bias
        yield f"in the biases of layer {l}", (layer == l) & bias
    for l in layers[1:-1]:
        yield f"from δ^({l}) down", layer <= l


def _factors(right: BackwardPass, candidate: Array, size: Array, rough: Array) -> Iterator[Slip]:
    """Slips that multiply a part of the gradient, of the loss's share or of a penalty's, by a number with a name."""
    whole, seen = right.data + right.penalty, set()
    shares = [("", whole)]
    if right.penalties:
        shares = [(" of the loss's share", right.data), *shares]
        shares += [(f" of the {name} penalty", part) for name, part in right.penalties.items()]
    if len(right.penalties) > 1:
        shares.append((" of the penalties", right.penalty))
    for share, part in shares:
        for scope, mask in _scopes(right.network):
            moving = np.where(mask, part, 0.0)
            pull = moving / (rough + np.abs(part))
            if moving.tobytes() in seen or not pull.any():
                continue
            seen.add(moving.tobytes())
            rest = whole - moving
            c = multiple(pull, (candidate - rest) / (rough + np.abs(part)))
            scale = max(1.0, abs(c))
            if distance(candidate, rest + c * moving, scale * rough) <= SINGLE:
                exact = distance(candidate, rest + c * moving, scale * size) <= EXACT
                kinds, words = _named(c, right, "biases" in scope, NEAR if exact else NEAR_IN_SINGLE)
                said = f"{words} {scope}{share}".replace("in every entry of the", "of the")
                if "penalty" in share and not kinds and c > 0.0 and scope == "in every entry":
                    kinds, said = ("penalty",), f"λ is {c:.4g} times what it should be{share.replace(' of', ' in')}"
                if abs(c / 2.0 - 1.0) < NEAR_IN_SINGLE and scope == "in every entry" and not share:
                    said += " (is it added to an earlier one, which was not set to 0?)"
                if kinds:  # that nothing arrives below is another word for the first of these
                    family = "missing" if not abs(c) > NEAR and scope.startswith(("in layer", "from")) else ""
                    yield Slip(kinds, said, rest + c * moving, scale, family)


def _named(c: float, right: BackwardPass, on_biases: bool, near: float) -> tuple[tuple[str, ...], str]:
    """The kinds of a factor c and its words, if it has a name."""
    M, P = right.M, right.network.W[right.L].shape[0]
    if abs(c) < near:
        return ("bias" if on_biases else "missing",), "a missing gradient (0)"
    names = [
        (2.0, "factor", "a factor 2"),
        (0.5, "factor", "a factor ½"),
        (float(M), "sum or mean", f"a factor M = {M} (the sum over the examples in place of the mean)"),
        (1.0 / M, "sum or mean", f"a factor 1/M = 1/{M} (the mean taken twice)"),
        (float(P), "sum or mean", f"a factor P = {P} (the number of outputs)"),
        (
            M / max(M - 1, 1),
            "sum or mean",
            f"a factor M/(M − 1) = {M}/{M - 1} (M − 1 in place of M)",
        ),
        (1.0 / P, "sum or mean", f"a factor 1/P = 1/{P} (the mean over the outputs in place of the sum)"),
        (-1.0, "sign", "a sign, −1,"),
    ]
    found = [(kind, words) for value, kind, words in names if value != 1.0 and abs(c / value - 1.0) < near]
    return tuple(dict.fromkeys(kind for kind, _ in found)), ", which is also ".join(words for _, words in found)


def _penalties(right: BackwardPass, candidate: Array) -> Iterator[Slip]:
    """A penalty where E has none: on the biases, or on the weights. Its size λ is read off, so it must explain more."""
    whole, objective, M = right.data + right.penalty, right.objective, right.M
    wheres = [
        ("biases", right.biases_alone, {"L2", "L1"}),
        ("weights", right.weights_alone, {"L2", "L1"} - {*right.penalties}),
    ]
    for where, alone, names in wheres:
        for name, shape, known in (("L2", np.asarray, objective.l2), ("L1", np.sign, objective.l1)):
            direction = alone(shape)
            if name in names and direction.any():
                c = multiple(direction, candidate - whole)
                if c > 0.0 and (np.count_nonzero(direction) > 2 or abs(c * M - known) < 1e-6 * known):
                    said = f"an {name} penalty on the {where}, λ/M = {c:.4g} (λ = {c * M:.4g}), that E does not have"
                    yield Slip(("penalty",), said, whole + c * direction)
    if len(right.penalties) > 1:
        both = (objective.l2 * right.biases_alone(np.asarray) + objective.l1 * right.biases_alone(np.sign)) / M
        yield Slip(("penalty",), "both penalties on the biases too", whole + both)
