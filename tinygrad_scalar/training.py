"""fit: look at examples, step, repeat; measure after each epoch; keep the best θ.

>>> from tinygrad_scalar import MLP
>>> from tinygrad_scalar.data import moons
>>> data = moons(100, rng=0)
>>> network = MLP(2, [8, 1], output="logistic", rng=0)
>>> history = fit(network, data.X, data.labels, loss="binary_cross_entropy", epochs=200, batch_size=10, rng=0)
>>> history.accuracy[-1] > 0.95
True
"""

import csv
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from . import losses
from .advice import advice
from .initializers import random_source
from .losses import Loss
from .matrix import MatrixMLP
from .nn import MLP
from .objective import Array, Objective
from .optimizers import Momentum, Optimizer

CLASSIFICATION = {"binary_cross_entropy", "cross_entropy", "max_margin"}


@dataclass
class History:
    """What was measured, one entry per epoch; entry 0 is the network before training. Accuracies are nan in regression.

    E is E(θ) on the whole training set, penalties included; validation_E is the mean loss alone.
    """

    E: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_E: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        """The number of epochs done."""
        return max(len(self.E) - 1, 0)

    def save(self, path: str | Path) -> None:
        """Write a CSV file: a line per epoch."""
        columns = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["epoch", *columns])
            writer.writerows([epoch, *row] for epoch, row in enumerate(zip(*columns.values(), strict=True)))


class DivergenceError(ArithmeticError):
    """Training reached an E or a gradient that is not finite; the network keeps the last good parameters."""


@np.errstate(all="ignore")
def fit(
    network: MLP | MatrixMLP,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    *,
    loss: str | Loss,
    optimizer: Optimizer | None = None,
    epochs: int = 50,
    batch_size: int | None = 32,
    validation: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    route: str = "matrix",
    l1: float = 0.0,
    l2: float = 0.0,
    sample_weight: npt.ArrayLike | None = None,
    progress: bool | Callable[[History], None] | None = None,
    rng: Any = None,
) -> History:
    """Train the network in place.

    Parameters
    ----------
    network : MLP or MatrixMLP
        Gets the θ with the lowest mean loss on the validation set, or the last one if there is no validation set.
    X, Y : arrays, M × d_0 and M × d_L
        Examples in rows; M numbers will do for Y if the network has one output.
    loss : str or callable
        See `losses`.
    optimizer : Optimizer
        Momentum(0.05, 0.9) if not given.
    epochs : int
        How often each example is seen.
    batch_size : int or None
        Examples per step, shuffled anew in each epoch; None takes all of them at once.
    validation : (X, Y), optional
        Held-out examples that choose θ.
    route, l1, l2, sample_weight
        See `Objective`.
    progress : bool or callable, optional
        A bar (True, False; None: if the output is a terminal), or a function that is given the history at each epoch.
    rng : int, random.Random or numpy Generator
        Decides the order of the examples.

    Returns
    -------
    History

    Raises
    ------
    DivergenceError
        When E or its gradient is no longer finite. It names the first layer that went wrong.

    Warns
    -----
    UserWarning
        When the loss does not fit the output or the targets, see `advice`.
    """
    whole = Objective(network, X, Y, loss, route=route, l1=l1, l2=l2, sample_weight=sample_weight)
    held_out = None if validation is None else Objective(network, validation[0], validation[1], loss, route=route)
    optimizer, rng, history = optimizer or Momentum(), random_source(rng), History()
    if not (isinstance(epochs, int) and epochs >= 0 and (batch_size is None or batch_size >= 1)):
        raise ValueError(f"epochs counts from 0 and batch_size from 1, got {epochs} and {batch_size}")
    size = whole.M if batch_size is None else min(batch_size, whole.M)
    steps = -(-whole.M // size)
    for sentence in advice(loss, whole.network.activations[-1], whole.Y):
        warnings.warn(sentence, stacklevel=3)  # errstate stands between the caller and this line
    theta = best = np.asarray(network.theta, dtype=float)
    _measure(history, whole, held_out, theta)
    guard = _Guarded(theta)
    tick, report, close = _reporter(progress, epochs * steps, steps)
    try:
        for _ in range(epochs):
            order = list(range(whole.M))
            if size < whole.M:
                rng.shuffle(order)
            for start in range(0, whole.M, size):
                guard.objective = whole if size == whole.M else whole.batch(order[start : start + size])
                theta = optimizer.step(guard, theta)
                tick()
            _measure(history, whole, held_out, theta)
            if not np.isfinite(history.E[-1]):
                raise DivergenceError(_diagnose(whole, theta))
            if held_out is not None and not np.isfinite(history.validation_E[-1]):
                raise DivergenceError(f"on the validation set, {_diagnose(held_out, theta)}")
            if held_out is None or history.validation_E[-1] <= min(history.validation_E):
                best = theta
            report(history)
    except DivergenceError:
        best = guard.good if held_out is None else best
        raise
    finally:
        close()
        network.theta = best
    return history


def predict(network: MLP | MatrixMLP, X: npt.ArrayLike) -> Array:
    """The outputs a^(L), M × d_L, for M × d_0 examples in rows."""
    matrix = network if isinstance(network, MatrixMLP) else MatrixMLP.from_scalar(network)
    _, A = matrix.forward(np.asarray(X, dtype=float).T)
    return A[-1].T  # type: ignore[no-any-return]


def accuracy(outputs: Array, targets: Array, loss: str | Loss) -> float:
    """The share of examples (rows) in the right class; nan where the targets name no classes.

    With several outputs the largest decides; a single one is cut half way between its two targets, 0 and 1 or −1 and 1.

    >>> accuracy(np.array([[0.9], [0.2]]), np.array([[1.0], [1.0]]), "binary_cross_entropy")
    0.5
    """
    if getattr(losses.find(loss), "__name__", "") not in CLASSIFICATION and not _one_hot(targets):
        return float("nan")
    if targets.shape[1] > 1:
        return float((outputs.argmax(axis=1) == targets.argmax(axis=1)).mean())
    cut = 0.0 if (targets < 0).any() or losses.find(loss) is losses.max_margin else 0.5
    return float(((outputs > cut) == (targets > cut)).mean())


def _one_hot(targets: Array) -> bool:
    one = (targets == 1.0).sum(axis=1) == 1
    return targets.shape[1] > 1 and bool(one.all()) and bool(((targets == 0.0) | (targets == 1.0)).all())


def _measure(history: History, whole: Objective, held_out: Objective | None, theta: Array) -> None:
    history.E.append(whole.value(theta))
    history.accuracy.append(accuracy(whole.forward(theta)[1][-1].T, whole.Y, whole.loss))
    if held_out is not None:
        history.validation_E.append(held_out.value(theta))
        history.validation_accuracy.append(accuracy(held_out.forward(theta)[1][-1].T, held_out.Y, held_out.loss))


class _Guarded:
    """An objective that refuses to go on from a number that is not finite, and remembers the last good θ."""

    objective: Objective

    def __init__(self, theta: Array) -> None:
        self.good = theta

    def __call__(self, theta: Array) -> tuple[float, Array]:
        E, gradient = self.objective(theta)
        if not (np.isfinite(E) and np.isfinite(gradient).all()):
            raise DivergenceError(_diagnose(self.objective, theta))
        self.good = theta
        return E, gradient

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)


def _diagnose(objective: Objective, theta: Array) -> str:
    """Where the first number that is not finite appears: on the way up in some z, in the loss, or on the way back."""
    network, Y = objective.at(theta), objective.Y.T
    (Z, A), L = objective.forward(theta), network.L
    wrong = [l for l in range(1, L + 1) if not np.isfinite(Z[l]).all()]
    if not np.isfinite(Y).all():
        where = "the targets Y hold numbers that are not finite"
    elif wrong:
        where = f"layer {wrong[0]} is the first whose pre-activations z are not finite"
    elif not np.isfinite(network.losses(Z, A, Y, objective.loss)).all():
        where = f"the loss of layer {L}'s outputs is not finite, they reach {np.abs(A[L]).max():.1e}"
    else:
        Delta = network.deltas(Z, A, Y, objective.loss)
        back = [l for l in range(L, 0, -1) if not np.isfinite(Delta[l]).all()]
        where = (
            f"on the way back layer {back[0]} is the first whose δ are not finite" if back else "the gradient overflows"
        )
    return (
        f"training diverged: {where}; try a smaller learning rate, standardise the inputs, or look for nan in the data"
    )


def _reporter(
    progress: bool | Callable[[History], None] | None, total: int, steps: int
) -> tuple[Callable[[], Any], Callable[[History], None], Callable[[], Any]]:
    """What to do after each step, after each epoch, and at the end."""
    if callable(progress):
        return lambda: None, progress, lambda: None
    if progress is False or (progress is None and not sys.stderr.isatty()):
        return lambda: None, lambda history: None, lambda: None
    from tqdm.auto import tqdm

    bar = tqdm(total=total, unit="step")

    def report(history: History) -> None:
        share = f", accuracy {history.accuracy[-1]:.3f}" if np.isfinite(history.accuracy[-1]) else ""
        bar.set_postfix_str(f"epoch {len(history)}, E {history.E[-1]:.4f}{share}")

    return bar.update, report, bar.close
