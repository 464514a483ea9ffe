"""Does the loss fit the output and the targets? It can be trained all the same, so the answers are advice.

>>> advice("cross_entropy", "identity", np.array([[0.0, 1.0], [1.0, 1.0]]))     # doctest: +NORMALIZE_WHITESPACE
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


class Fit(NamedTuple):
    """What a loss expects: words for the output, whether a σ is one; words for the targets, and which rows are such."""

    output: str
    fits: Callable[[str], bool]
    targets: str
    usual: Callable[[Any], Any]  # Y -> one bool a row
    possible: Callable[[Any], Any]  # the same for targets that can be meant as probabilities


POSITIVE = ("logistic", "softmax", "relu", "softplus", "swish", "gelu")  # outputs that never reach −1
FITS = {
    "cross_entropy": Fit(
        "a softmax output",
        lambda sigma: sigma == "softmax",
        "one-hot targets",
        lambda Y: ((Y == 0) | (Y == 1)).all(axis=1) & (Y.sum(axis=1) == 1),
        lambda Y: (Y >= 0).all(axis=1) & (np.abs(Y.sum(axis=1) - 1) < 1e-6),
    ),
    "binary_cross_entropy": Fit(
        "a logistic output",
        lambda sigma: sigma == "logistic",
        "targets 0 or 1",
        lambda Y: ((Y == 0) | (Y == 1)).all(axis=1),
        lambda Y: ((Y >= 0) & (Y <= 1)).all(axis=1),
    ),
    "max_margin": Fit(
        "an output that reaches −1 and 1",
        lambda sigma: sigma not in POSITIVE,
        "targets −1 or 1",
        lambda Y: (np.abs(Y) == 1).all(axis=1),
        lambda Y: np.zeros(len(Y), dtype=bool),
    ),
}


def advice(loss: str | Loss, output: str, Y: npt.ArrayLike) -> list[str]:
    """Sentences on a loss with this output activation and these targets Y (examples in rows); none if all is usual."""
    name, Y = losses.name(losses.find(loss)), np.asarray(Y, dtype=float)
    if name not in FITS:
        return []
    fit, sentences = FITS[name], []
    if not fit.fits(output):
        sentences.append(f"{name} expects {fit.output}, the network has {output}")
    unusual = np.flatnonzero(~fit.usual(Y))
    wrong = np.flatnonzero(~fit.usual(Y) & ~fit.possible(Y))
    if unusual.size:
        row = (wrong if wrong.size else unusual)[0]
        meant = "" if wrong.size else "; fine, if they are meant as probabilities"
        sentences.append(f"{name} expects {fit.targets}, row {row + 1} is {reprlib.repr(Y[row].tolist())}{meant}")
    return sentences
