"""Does the loss fit the output and the targets? It can be trained all the same, so the answers are advice.

>>> misfits("cross_entropy", "identity", np.array([[0.0, 1.0], [1.0, 1.0]]))     # doctest: +NORMALIZE_WHITESPACE
['cross_entropy expects a softmax output, the network has identity',
 'cross_entropy expects one-hot targets, row 2 is [1.0, 1.0]']
"""

import reprlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .. import losses
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


def misfits(loss: str | Loss, output: str, Y: npt.ArrayLike) -> list[str]:
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
