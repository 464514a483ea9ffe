"""The exercises on steps: momentum, Adam, batches, weight decay, when to stop, where to go when E curves both ways."""

import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from .answers import Wrong, ask, kind, number, returned
from .results import Task

_rng = np.random.default_rng(2)
BATCHES = ((10, 3), (12, 4), (5, 8))  # M and the size of a batch
DRAWS, FANS = 4000, ((300, 100), (64, 256))
SHORT = 0.1  # how far the variance of 4000 draws may be from the right one: four of its standard deviations


def momentum_step(theta: Any, v: Any, g: Any, eta: Any, mu: Any) -> Any:
    """Write momentum_step(theta, v, g, eta, mu): one step of momentum; return the new theta and the new v.

    v ← μ v − η g, and then θ ← θ + v. theta, v and the gradient g are arrays of n numbers.
    """
    v = mu * v - eta * g
    return theta + v, v


def adam_step(theta: Any, m: Any, v: Any, g: Any, t: Any, eta: Any) -> Any:
    """Write adam_step(theta, m, v, g, t, eta): step number t = 1, 2, … of Adam; return the new theta, m and v.

    m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g² are running means; both began at 0, so m̂ = m/(1 − β₁ᵗ) and
    v̂ = v/(1 − β₂ᵗ) make up for it; θ ← θ − η m̂/(√v̂ + ε). Take β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    """
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    return theta - eta * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


def decay(theta: Any, gradient: Any, learning_rate: Any, l2: Any, M: Any, is_weight: Any) -> Any:
    """Write decay(theta, gradient, learning_rate, l2, M, is_weight): a step of gradient descent with weight decay.

    It is a step on E with the penalty (λ/2M) Σ w² over the weights. `gradient` is that of the loss alone; is_weight is
    1 where θ has a weight, and 0 where it has a bias, which no penalty touches. Return the new theta.
    """
    return theta - learning_rate * (gradient + l2 / M * is_weight * theta)


def stop(validation_E: Any, patience: Any) -> Any:
    """Write stop(validation_E, patience): the epoch after which training ends.

    Entry k of the list is E on the validation set after k epochs, entry 0 before training. Training ends as soon as
    `patience` epochs have passed since the best one so far; without that, with the last epoch of the list.
    """
    best = 0
    for epoch in range(1, len(validation_E)):
        if validation_E[epoch] < validation_E[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch
    return len(validation_E) - 1


def newton_direction(H: Any, g: Any) -> Any:
    """Write newton_direction(H, g): a step like Newton's that always goes downhill.

    −H⁻¹ g goes uphill along eigenvectors of H with a negative eigenvalue. Take |c| in place of each eigenvalue c of the
    symmetric n × n matrix H (np.linalg.eigh gives c and the eigenvectors, in columns). Return an array of n numbers.
    """
    c, Q = np.linalg.eigh(H)
    return -Q @ ((Q.T @ g) / np.abs(c))


def largest_eigenvalue(Hv: Any, n: Any) -> Any:
    """Write largest_eigenvalue(Hv, n): the eigenvalue of H that is largest in size, with its sign, to six digits.

    H is symmetric and n × n, and you have it only as a function: Hv(v) gives H v. Begin with random numbers, multiply
    again and again, and keep the vector at length 1 (the power method); at the end c = q · Hv(q).
    """
    q = np.random.default_rng(0).normal(size=n)
    for _ in range(200):
        q = Hv(q)
        q = q / np.linalg.norm(q)
    return q @ Hv(q)


def batches(function: Callable[..., Any]) -> list[str]:
    """Write batches(M, size, rng): the batches of one epoch, as a list of arrays of row numbers.

    Shuffle 0 … M − 1 with the NumPy generator rng, and cut it into pieces of `size`; the last one may be shorter. Each
    example stands in exactly one batch.
    """
    for M, size in BATCHES:
        call, rng = f"batches({M}, {size}, rng)", np.random.default_rng(0)
        epochs = [_epoch(ask(function, call, M, size, rng), call, M) for _ in range(3)]
        for cut in epochs:
            sizes, wanted = [len(piece) for piece in cut], [size] * (M // size) + [M % size] * (M % size > 0)
            rows = np.concatenate(cut) if cut else np.zeros(0, dtype=int)
            missing, twice = M - len(set(rows.tolist())), len(rows) - len(set(rows.tolist()))
            if twice:
                raise Wrong(f"{call} has {twice} of {len(rows)} rows a second time: draw without putting back")
            if missing:
                raise Wrong(f"{call} leaves {missing} of {M} examples out: the last batch may be shorter")
            if sizes != wanted:
                raise Wrong(f"{call} has batches of {sizes}, it should have {wanted}")
        orders = [np.concatenate(cut).tolist() for cut in epochs]
        if orders[0] == sorted(orders[0]):
            raise Wrong(f"{call} gives the rows in the order of the table: shuffle them")
        if orders[0] == orders[1] == orders[2]:
            raise Wrong(f"{call} gives the same order at every call: take it from the rng that you are given")
    return []


def for_delta(function: Callable[..., Any]) -> list[str]:
    """Write for_delta(rng, fan_in, fan_out): a random weight for a layer of relu, of a size that suits δ.

    rng is a random.Random, so rng.gauss(0.0, s) is a normal number of standard deviation s. fan_in is the number of
    neurons below, fan_out that of the layer itself. The mean square of δ below the layer is fan_out · Var(w) · ½ times
    that above it; let it be the same. (He's variance, 2/fan_in, keeps the size of a instead.)
    """
    for fan_in, fan_out in FANS:
        call, rng = f"for_delta(rng, {fan_in}, {fan_out})", random.Random(0)
        w = np.array([number(ask(function, call, rng, fan_in, fan_out), call) for _ in range(DRAWS)])
        variance, right = float(w.var()), 2 / fan_out
        if not abs(w.mean()) <= 5 * np.sqrt(right / DRAWS):  # nor is nan
            raise Wrong(f"{call} has a mean of {w.mean():.3g}; weights of both signs, with mean 0, are wanted")
        if not abs(variance / right - 1) <= SHORT:
            others = {
                "that is He's 2/fan_in, which keeps the size of a": 2 / fan_in,
                "that is Glorot's 2/(fan_in + fan_out), half way between the two": 2 / (fan_in + fan_out),
                "that is 1/fan_out: relu lets half of the mean square through, so twice as much is needed": 1 / fan_out,
                "gauss wants the standard deviation, the root of the variance": right**2,
            }
            looks = [words for words, other in others.items() if abs(variance / other - 1) < SHORT]
            said = f"{call} has a variance of {variance:.3g}, it should be {right:.3g}"
            raise Wrong(f"{said}; {looks[0]}" if looks else said)
    return []


def _epoch(cut: Any, call: str, M: int) -> list[Any]:
    if not isinstance(cut, (list, tuple)):
        raise Wrong(f"{call} gives {returned(cut)}; a list of arrays is wanted")
    return [_rows(piece, f"{call} holds {kind(piece)} at index {k}", M) for k, piece in enumerate(cut)]


def _rows(piece: Any, holds: str, M: int) -> Any:
    """One batch of a student's as an array; `holds` says what and where it is."""
    with suppress(Exception):  # lists of unequal length make no array, and objects may do anything
        rows = np.asarray(piece)
        if rows.ndim == 1 and rows.dtype.kind in "iu" and ((rows >= 0) & (rows < M)).all():
            return rows
    raise Wrong(f"{holds} that is no array of row numbers from 0 to {M - 1}")


def _steps(*names: str, n: int = 3) -> list[dict[str, Any]]:
    return [{name: _rng.normal(size=size) for name in names} for size in (n, n + 1)]


_MOMENTUM = [{**case, "eta": 0.1, "mu": 0.9} for case in _steps("theta", "v", "g")]
_ADAM = [
    {**case, "v": np.abs(case["v"]) * scale, "m": case["m"] * scale, "g": _rng.normal(size=3), "t": t, "eta": 0.01}
    for t, scale, case in zip((1, 4), (0.0, 1.0), [_steps("theta", "m", "v")[0] for _ in range(2)], strict=True)
]
_DECAY = [
    {**case, "learning_rate": 0.1, "l2": 3.0, "M": M, "is_weight": 1.0 * (np.arange(len(case["theta"])) % 2)}
    for M, case in zip((5, 20), _steps("theta", "gradient"), strict=True)
]
_CURVES = [
    {"validation_E": [1.0, 0.8, 0.9, 0.7, 0.75, 0.74, 0.73, 0.72], "patience": 3},
    {"validation_E": [1.0, 0.9, 0.8, 0.7], "patience": 2},
    {"validation_E": [0.5, 0.6, 0.55, 0.4, 0.45, 0.41, 0.42, 0.39], "patience": 2},
]


def _saddle(*c: float) -> Any:
    n = len(c)
    Q = np.linalg.qr(_rng.normal(size=(n, n)))[0]
    return (Q * np.array(c)) @ Q.T


_SADDLES = [
    {"H": _saddle(4.0, -1.0, 0.5), "g": _rng.normal(size=3)},
    {"H": _saddle(2.0, 1.0), "g": _rng.normal(size=2)},
]
_OPERATORS = [{"Hv": _saddle(*c).__matmul__, "n": len(c)} for c in ((5.0, 2.0, 1.0), (1.0, -3.0, 0.5, 0.1))]


def _adam(
    theta: Any, m: Any, v: Any, g: Any, t: Any, eta: Any, correct: Any = True, root: Any = np.sqrt, power: Any = 2
) -> Any:
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * np.abs(g) ** power
    one, two = (1 - 0.9**t, 1 - 0.999**t) if correct else (1.0, 1.0)
    return theta - eta * (m / one) / (root(v / two) + 1e-8), m, v


def _momentum(theta: Any, v: Any, g: Any, eta: Any, mu: Any, sign: Any = -1, keep: Any = None) -> Any:
    v = mu * v + sign * eta * g if keep is None else keep * v + sign * eta * g
    return theta + v, v


def _decayed(theta: Any, gradient: Any, eta: Any, l2: Any, M: Any, is_weight: Any, factor: Any = 1) -> Any:
    return theta - eta * (gradient + factor * l2 / M * is_weight * theta)


def _curved(H: Any, g: Any, scale: Any) -> Any:
    c, Q = np.linalg.eigh(H)
    return -Q @ (scale(c) * (Q.T @ g))


def _eigenvalues(Hv: Any, n: int) -> Any:
    return np.linalg.eigvalsh(np.column_stack([Hv(e) for e in np.eye(n)]))


def _rises_in_all(validation_E: Any, patience: Any) -> Any:
    rises = 0
    for epoch in range(1, len(validation_E)):
        rises += validation_E[epoch] > validation_E[epoch - 1]
        if rises == patience:
            return epoch
    return len(validation_E) - 1


def _rises_in_a_row(validation_E: Any, patience: Any) -> Any:
    rises = 0
    for epoch in range(1, len(validation_E)):
        rises = rises + 1 if validation_E[epoch] > validation_E[epoch - 1] else 0
        if rises == patience:
            return epoch
    return len(validation_E) - 1


# fmt: off
TASKS = [
    Task(momentum_step, _MOMENTUM, {
        "θ moves by the old v; renew v first": lambda theta, v, g, eta, mu: (theta + v, mu * v - eta * g),
        "a sign: η g is added, and the ball runs uphill": partial(_momentum, sign=1),
        "the gradient is damped by 1 − μ as well":
            lambda theta, v, g, eta, mu: _momentum(theta, v, g, (1 - mu) * eta, mu),
        "v forgets nothing: μ is missing": partial(_momentum, keep=1.0),
        "v remembers nothing: this is plain gradient descent": partial(_momentum, keep=0.0),
    }, "n"),
    Task(adam_step, _ADAM, {
        "m and v are not corrected for their start at 0": partial(_adam, correct=False),
        "divided by v̂ and not by its root": partial(_adam, root=lambda v: v),
        "v takes |g| and not g²": partial(_adam, power=1),
        "a sign: the step goes uphill": lambda theta, *x: (2 * theta - _adam(theta, *x)[0], *_adam(theta, *x)[1:]),
    }, "n"),
    Task(decay, _DECAY, {
        "biases decay too; the penalty takes weights alone":
            lambda theta, g, eta, l2, M, w: _decayed(theta, g, eta, l2, M, 1.0),
        "M is missing: the penalty is (λ/2M) Σ w²": lambda theta, g, eta, l2, M, w: _decayed(theta, g, eta, l2, 1, w),
        "a 2 too many: the ½ of the penalty meets the 2 of the square": partial(_decayed, factor=2),
        "a sign: the weights grow": partial(_decayed, factor=-1),
        "the new θ decays; the penalty's gradient is that at the old θ":
            lambda theta, g, eta, l2, M, w: (theta - eta * g) * (1 - eta * l2 / M * w),
    }, "n"),
    Task(stop, _CURVES, {
        "it counts the rises in all; count the epochs since the best": _rises_in_all,
        "it counts rises in a row; an epoch that falls and is no new best counts too": _rises_in_a_row,
        "it gives the best epoch; training ends later, when patience is lost":
            lambda *x: int(np.argmin(x[0][: stop(*x) + 1])),
        "one epoch too late": lambda *x: min(stop(*x) + 1, len(x[0]) - 1),
    }),
    Task(newton_direction, _SADDLES, {
        "−H⁻¹ g itself: it goes uphill along negative eigenvalues": lambda H, g: -np.linalg.solve(H, g),
        "a sign: it goes uphill": lambda H, g: -newton_direction(H, g),
        "the gradient's own direction, without the curvature": lambda H, g: -g,
        "multiplied by |c| and not divided": lambda H, g: _curved(H, g, np.abs),
        "eigenvalues below 0 are left out; take their size": lambda H, g: _curved(H, g, lambda c: (c > 0) / np.abs(c)),
    }, "n"),
    Task(largest_eigenvalue, _OPERATORS, {
        "the sign is lost: the length of H q is |c|": lambda *x: abs(largest_eigenvalue(*x)),
        "the largest with its sign; the largest in size may be negative": lambda *x: _eigenvalues(*x)[-1],
        "the smallest": lambda *x: _eigenvalues(*x)[0],
    }, tolerance=1e-6),
]
# fmt: on
