"""The points of the training page: what people hold, as the page wants it, and the sets that it draws itself."""

from typing import Any, NamedTuple

import numpy as np

from ...arguments import floats
from ...arrays import Array
from ...data.sets import DataSet
from ...loss_facts import FACTS
from ...matrix import MatrixMLP
from ...objective import examples

MOST_POINTS = 1000  # what can be seen


class Topic(NamedTuple):
    """What a set of points that the page draws itself asks of a network: inputs, classes, a size that learns it.

    `noise` is the standard deviation of its noise, `words` what the page calls it.
    """

    inputs: int
    classes: tuple[str, ...]
    hidden: tuple[int, ...]
    noise: float
    words: str


# fmt: off
TOPICS = {
    "xor":     Topic(2, ("0", "1"),                (4,),   0.06, "XOR"),
    "circles": Topic(2, ("outer", "inner"),        (4,),   0.06, "circles"),
    "moons":   Topic(2, ("upper", "lower"),        (6,),   0.1,  "two moons"),
    "spirals": Topic(2, ("first", "second"),       (8, 8), 0.02, "spirals"),
    "three":   Topic(2, ("top", "left", "right"),  (4,),   0.06, "three classes"),
    "curve":   Topic(1, (),                        (6,),   0.1,  "a curve"),
}
# fmt: on


class Points(NamedTuple):
    """What is to be learned, as the page wants it: the targets are class numbers, or the numbers of a curve."""

    name: str
    X: list[list[float]]
    targets: list[float]
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    low: int  # the target of the lower of two classes, 0 or −1


def lowest(loss: str, output: str = "") -> int:
    """What the lower of two classes is called where nobody says it: −1 for a loss or an output that is made for it."""
    return -1 if FACTS[loss].targets == "signs" or output == "tanh" else 0


def of_topic(name: str, loss: str, output: str) -> Points:
    """A set that holds no points: the page draws them itself."""
    if name not in TOPICS:
        raise ValueError(f"unknown set of points {name!r}; the page draws {', '.join(TOPICS)}")
    topic = TOPICS[name]
    columns = ("x₁", "x₂")[: topic.inputs]
    return Points(name, [], [], topic.classes, columns, lowest(loss, output) if topic.classes else 0)


def points_of(data: Any, matrix: MatrixMLP, loss: str) -> Points:
    """The points of a data set, or of a pair (X, Y)."""
    if isinstance(data, DataSet):
        X, Y = floats(data.X, "X"), data.targets.astype(float)
        name, classes, columns = data.name, data.classes, data.columns
        low = lowest(loss, matrix.activations[-1]) if classes else 0
    elif isinstance(data, tuple) and len(data) == 2:
        X, targets = examples(matrix, *data)
        Y, classes, low = _classes(targets) if X.shape[1] > 1 else (targets[:, 0], (), 0)
        name, columns = "points", ()
    else:
        raise TypeError(f"data is a DataSet, a pair (X, Y), or one of {', '.join(TOPICS)}, not {type(data).__name__}")
    if len(X) > MOST_POINTS:
        raise ValueError(
            f"the page shows {MOST_POINTS} points, {name} has {len(X)}; give it some of them: X[:{MOST_POINTS}]"
        )
    if X.shape[1] not in (1, 2):
        raise ValueError(f"the page shows points of 1 or 2 inputs, {name} has {X.shape[1]} columns: choose two of them")
    for what, numbers in (("X", X), ("Y", Y)):
        if not np.isfinite(numbers).all():
            raise ValueError(f"{what} holds {numbers[~np.isfinite(numbers)][0]}, which has no place in the plane")
    columns = columns or ("x₁", "x₂")[: X.shape[1]]
    return Points(name, X.tolist(), Y.tolist(), tuple(classes), tuple(columns), low)


def _classes(Y: Array) -> tuple[Array, tuple[str, ...], int]:
    """Class numbers, the names of the classes (none of a regression), and what the lower of two is called."""
    low, P = -1 if Y.min() < 0 else 0, Y.shape[1]
    if not ((low == Y) | (Y == 1)).all() or (P > 1 and not ((Y == 1).sum(axis=1) == 1).all()):
        if P > 1:
            raise ValueError(f"targets of {P} outputs are rows with one 1 for the class, as data.one_hot makes them")
        return Y[:, 0], (), 0
    if P == 1:
        return (Y[:, 0] == 1).astype(float), (str(low).replace("-", "−"), "1"), low
    return Y.argmax(axis=1).astype(float), tuple(map(str, range(P))), low
