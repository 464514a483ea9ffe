"""Targets: those that are texts become numbers; and do they fit the loss and the output?

They can be trained on all the same, so what `misfits` says is advice.

>>> misfits("cross_entropy", "identity", np.array([[0.0, 1.0], [1.0, 1.0]]))     # doctest: +NORMALIZE_WHITESPACE
['cross_entropy expects a softmax output, the network has identity',
 'cross_entropy expects one-hot targets, row 2 is [1.0, 1.0]']
"""

import reprlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import losses
from ..arguments import counted
from ..arrays import Array, ArrayLike
from ..data.preparation import named_classes
from ..losses import Loss


class Targets(NamedTuple):
    """What targets of a kind look like: in words, and which rows are such."""

    words: str
    usual: Callable[[Any], Any]  # Y -> one bool a row
    possible: Callable[[Any], Any]  # the same for targets that can be meant as probabilities


PROBABILITIES = ("logistic", "softmax")  # outputs between 0 and 1
POSITIVE = (*PROBABILITIES, "relu", "softplus", "swish", "gelu")  # outputs that never reach −1
TARGETS = {
    "distributions": Targets(
        "one-hot targets",
        lambda Y: ((Y == 0) | (Y == 1)).all(axis=1) & (Y.sum(axis=1) == 1),
        lambda Y: (Y >= 0).all(axis=1) & (np.abs(Y.sum(axis=1) - 1) < 1e-6),
    ),
    "probabilities": Targets(
        "targets 0 or 1",
        lambda Y: ((Y == 0) | (Y == 1)).all(axis=1),
        lambda Y: ((Y >= 0) & (Y <= 1)).all(axis=1),
    ),
    "signs": Targets(
        "targets −1 or 1",
        lambda Y: (np.abs(Y) == 1).all(axis=1),
        lambda Y: np.zeros(len(Y), dtype=bool),
    ),
}


def impossible(loss: str | Loss, output: str, P: int) -> str:
    """Why nothing can be learned with this loss from P outputs of this activation; nothing if something can.

    >>> impossible("cross_entropy", "tanh", 2)
    'cross_entropy takes the logarithm of outputs between 0 and 1: softmax belongs to it, tanh gives others'
    >>> impossible("huber", "tanh", 1)
    ''
    """
    facts = losses.facts(loss)
    if output == "softmax" and P == 1:
        return "a softmax of one output is 1, whatever it is of: take output='logistic', or an output for each class"
    if facts.output and output not in PROBABILITIES:
        return (
            f"{losses.name(losses.find(loss))} takes the logarithm of outputs between 0 and 1: {facts.output} belongs "
            f"to it, {output} gives others"
        )
    return ""


class Labels(NamedTuple):
    """The names of classes, sorted, and the targets that stand for each: C × P."""

    names: tuple[str, ...]
    codes: Array

    @classmethod
    def of(cls, Y: ArrayLike, P: int, loss: str | Loss) -> "Labels | None":
        """Those of Y, if it is a list of texts, for P outputs: one-hot, or for one output and two classes 0 and 1.

        For a loss whose targets are signs, −1 stands for 0.

        >>> Labels.of(["no", "yes", "no"], 1, "binary_cross_entropy")
        Labels(names=('no', 'yes'), codes=array([[0.],
               [1.]]))
        """
        if not _are_texts(Y):
            return None
        names, _ = named_classes(Y)
        C = len(names)
        if C != P and (C, P) != (2, 1):
            raise ValueError(
                f"Y has {counted(C, 'class', 'classes')}, {reprlib.repr(list(names))}, and the network "
                f"{counted(P, 'output')}: it takes one for each class, or one for two classes"
            )
        codes = np.array([[0.0], [1.0]]) if P == 1 else np.eye(C)
        return cls(names, 2.0 * codes - 1.0 if losses.facts(loss).targets == "signs" else codes)

    def targets(self, Y: ArrayLike) -> Any:
        """Y as numbers, M × P, if it is a list of these names; other things as they are."""
        if not _are_texts(Y):
            return Y
        names, numbers = named_classes(Y)
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is none of the classes {', '.join(self.names)}")
        return self.codes[np.array([self.names.index(name) for name in names])[numbers]]

    def read(self, outputs: Array) -> Any:
        """The name of the class whose targets are nearest, for each row of outputs: M texts.

        Least ‖a − c‖² is largest a·c − ½‖c‖², for which no array has more than M × C numbers.

        Raises
        ------
        ValueError
            If outputs are not finite: none of the classes is nearest to them.
        """
        wild = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if wild.size:
            raise ValueError(
                f"the outputs for row {wild[0] + 1} are not finite, so that no class is nearest: the row holds nan, or "
                "its numbers are too large for the network; outputs=True shows them"
            )
        return np.array(self.names)[(outputs @ self.codes.T - 0.5 * (self.codes**2).sum(axis=1)).argmax(axis=1)]


def _are_texts(Y: ArrayLike) -> bool:
    array = np.asarray(Y) if not isinstance(Y, (list, tuple)) or (Y and isinstance(Y[0], str)) else np.zeros(0)
    return array.ndim == 1 and array.size > 0 and isinstance(array[0], str)


def misfits(loss: str | Loss, output: str, Y: ArrayLike) -> list[str]:
    """Sentences on a loss with this output activation and these targets Y (examples in rows); none if all is usual."""
    name, facts, Y = losses.name(losses.find(loss)), losses.facts(loss), np.asarray(Y, dtype=float)
    if output == "softmax" and Y.shape[1] == 1:
        return [impossible(loss, output, 1)]
    if facts.targets not in TARGETS:
        return []
    targets, sentences = TARGETS[facts.targets], []
    if facts.output and output != facts.output:
        sentences.append(f"{name} expects a {facts.output} output, the network has {output}")
    if facts.targets == "signs" and output in POSITIVE:
        sentences.append(f"{name} expects an output that reaches −1 and 1, the network has {output}")
    unusual = np.flatnonzero(~targets.usual(Y))
    wrong = np.flatnonzero(~targets.usual(Y) & ~targets.possible(Y))
    if unusual.size:
        row = (wrong if wrong.size else unusual)[0]
        meant = "" if wrong.size else "; fine, if they are meant as probabilities"
        sentences.append(f"{name} expects {targets.words}, row {row + 1} is {reprlib.repr(Y[row].tolist())}{meant}")
    return sentences
