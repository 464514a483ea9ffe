"""What was measured while a network learned: one entry per epoch, and entry 0 before the first.

>>> history = History(E=[0.7, 0.4], accuracy=[0.5, 0.9])
>>> len(history), history.arrays()["E"]
(1, array([0.7, 0.4]))
"""

import csv
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from . import losses
from .losses import Loss
from .objective import Array, Objective

CLASSIFICATION = {"binary_cross_entropy", "cross_entropy", "max_margin"}


@dataclass
class History:
    """What was measured, one entry per epoch; entry 0 is the network before training. Accuracies are nan in regression.

    Attributes
    ----------
    E : E(θ) on the whole training set, penalties included
    accuracy : share of the training set in the right class
    validation_E, validation_accuracy : the mean loss alone, and the accuracy, on the validation set; empty without one
    gradient_norms : by layer ‖(∂E/∂W^(ℓ), ∂E/∂b^(ℓ))‖, 0 if frozen. Vanishing and exploding gradients show here.
    step_sizes : the mean ‖Δθ‖ of the epoch's steps; 0 before training
    """

    E: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_E: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    gradient_norms: list[list[float]] = field(default_factory=list)
    step_sizes: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        """The number of epochs done."""
        return max(len(self.E) - 1, 0)

    def __repr__(self) -> str:
        return f"History({len(self)} epochs, E {self.E[0]:.4g} → {self.E[-1]:.4g})" if self.E else "History(empty)"

    def arrays(self) -> dict[str, Array]:
        """Each measure that was taken, as an array of epochs + 1 numbers; of the gradient norms, a column per layer."""
        return {f.name: np.array(getattr(self, f.name), dtype=float) for f in fields(self) if getattr(self, f.name)}

    @classmethod
    def of_arrays(cls, arrays: dict[str, Array]) -> "History":
        """The history that gave these arrays."""
        return cls(**{name: array.tolist() for name, array in arrays.items()})

    def save(self, path: str | Path) -> None:
        """Write a CSV file: a line per epoch."""
        columns = {}
        for name, array in self.arrays().items():
            if array.ndim == 1:
                columns[name] = array.tolist()
            else:
                columns |= {f"{name[:-1]}_{l}": part.tolist() for l, part in enumerate(array.T, start=1)}
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["epoch", *columns])
            writer.writerows([epoch, *row] for epoch, row in enumerate(zip(*columns.values(), strict=True)))

    def measure(self, whole: Objective, held_out: Objective | None, theta: Array, step_size: float) -> None:
        """Add an entry: the network at θ, after an epoch with steps of that size."""
        E, gradient = whole(theta)
        network = whole.network
        g = network.with_theta(gradient)
        self.E.append(E)
        self.accuracy.append(accuracy(whole.forward(theta)[1][-1].T, whole.Y, whole.loss))
        self.step_sizes.append(step_size)
        self.gradient_norms.append(
            [
                0.0 if l in network.frozen else float(np.hypot(np.linalg.norm(g.W[l]), np.linalg.norm(g.b[l])))
                for l in range(1, network.L + 1)
            ]
        )
        if held_out is not None:
            self.validation_E.append(held_out.value(theta))
            self.validation_accuracy.append(accuracy(held_out.forward(theta)[1][-1].T, held_out.Y, held_out.loss))


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
