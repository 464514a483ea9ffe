"""What was measured while a network learned: one entry per epoch, and entry 0 before the first.

>>> history = History(E=[0.7, 0.4], accuracy=[0.5, 0.9])
>>> len(history), history.arrays()["E"]
(1, array([0.7, 0.4]))
"""

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from .. import losses
from ..arrays import Array, norm
from ..data.files import write_csv
from ..losses import Loss
from ..objective import Objective


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
        if not self.E:
            return "History(empty)"
        share = f", accuracy {self.accuracy[-1]:.4g}" if self.accuracy and np.isfinite(self.accuracy[-1]) else ""
        falling = ", E was still falling" if self.falling else ""
        return f"History({len(self)} epochs, E {self.E[0]:.4g} → {self.E[-1]:.4g}{share}{falling})"

    @property
    def falling(self) -> bool:
        """Whether more epochs may well help: E was still falling at the end, and not all is in the right class yet.

        E, on the validation set if there is one, fell in each of the last tenth of the epochs (of the last two, if they
        are few), and by more than 0.1 % in all.
        """
        n, shares = max(2, len(self) // 10), self.validation_accuracy or self.accuracy
        E = np.array((self.validation_E or self.E)[-n - 1 :])
        done = bool(shares) and shares[-1] == 1.0
        return len(E) > n and not done and bool((np.diff(E) < 0.0).all() and E[0] - E[-1] > 1e-3 * abs(E[0]))

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
        lines = ([epoch, *row] for epoch, row in enumerate(zip(*columns.values(), strict=True)))
        write_csv(path, [["epoch", *columns], *lines])

    def measure(
        self,
        whole: Objective,
        held_out: Objective | None,
        theta: Array,
        E_and_gradient: tuple[float, Array],
        size: float,
    ) -> None:
        """Add an entry: the network at θ, its E and ∇E on the whole set, after an epoch with steps of that size."""
        E, gradient = E_and_gradient
        network = whole.network
        g = network.with_theta(gradient)
        self.E.append(E)
        self.accuracy.append(accuracy(whole.forward(theta)[1][-1].T, whole.Y, whole.loss))
        self.step_sizes.append(size)
        norms = [float(np.hypot(norm(g.W[l]), norm(g.b[l]))) for l in range(1, network.L + 1)]
        self.gradient_norms.append([0.0 if l in network.frozen else norms[l - 1] for l in range(1, network.L + 1)])
        if held_out is not None:
            self.validation_E.append(held_out.value(theta))
            self.validation_accuracy.append(accuracy(held_out.forward(theta)[1][-1].T, held_out.Y, held_out.loss))


def told(x: float) -> str:
    """A number as people read it: with four decimals, or as a power of ten where they would hide it, or be many.

    >>> told(0.16732), told(0.0), told(1.5e-7), told(-1e230)
    ('0.1673', '0.0000', '1.50e-07', '-1.00e+230')
    """
    return f"{x:.4f}" if x == 0.0 or 1e-3 <= abs(x) < 1e6 else f"{x:.2e}"


def accuracy(outputs: Array, targets: Array, loss: str | Loss) -> float:
    """The share of examples (rows) in the right class; nan where the targets name no classes.

    - A single output is cut half way between its two targets, 0 and 1 or −1 and 1.
    - Of several outputs the largest decides, where the targets are one-hot: a 1 among zeros, with max_margin a 1 among
      −1s; with cross_entropy, whose targets are distributions, where one entry is the largest in each.
    - Other targets of binary_cross_entropy and max_margin are several labels for each example, and each output is cut
      half way: the share of right labels.

    >>> accuracy(np.array([[0.9], [0.2]]), np.array([[1.0], [1.0]]), "binary_cross_entropy")
    0.5
    >>> accuracy(np.array([[0.9, 0.8], [0.1, 0.6]]), np.array([[1.0, 1.0], [0.0, 0.0]]), "binary_cross_entropy")
    0.75
    """
    kind = losses.facts(loss).targets
    if targets.shape[1] > 1 and _one_class(targets, kind):
        return float((outputs.argmax(axis=1) == targets.argmax(axis=1)).mean())
    if kind not in ("probabilities", "signs") and not (kind == "distributions" and targets.shape[1] == 1):
        return float("nan")
    cut = 0.0 if (targets < 0).any() or kind == "signs" else 0.5
    return float(((outputs > cut) == (targets > cut)).mean())


def _one_class(targets: Array, kind: str) -> bool:
    """Whether the targets of each example, of that kind, name one class."""
    if kind == "distributions":
        return bool(((targets == targets.max(axis=1, keepdims=True)).sum(axis=1) == 1).all())
    low = -1.0 if kind == "signs" and (targets < 0).any() else 0.0
    return bool(((targets == 1.0).sum(axis=1) == 1).all() and ((targets == low) | (targets == 1.0)).all())
