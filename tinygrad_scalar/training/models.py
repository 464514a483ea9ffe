"""A trained network in a file: its weights, and all that it takes to use it on new data.

The file is an `.npz` without pickle, written beside its place and renamed, so that a reader sees the old one or the
new one, never half of one. Nothing in a file is believed before it is checked: it may hold no pickle and claim no more
bytes than it has; names, shapes and types must be those that `save` writes, and every number finite.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import Array, Integers, read_archive, replacing
from ..data.preparation import Standardisation, one_hot
from ..data.sets import DataSet
from ..losses import LOSSES, facts
from ..matrix import MatrixMLP
from ..slopes import ACTIVATIONS
from .fit import predict

FORMAT = "tinygrad_scalar model 2"
TEXTS = ("format", "activations", "classes", "loss", "columns", "target")
NUMBERS = ("mean", "scale", "target_mean", "target_scale")


@dataclass(frozen=True)
class Model:
    """A network between data as people have it and answers in their terms.

    Parameters
    ----------
    network : MatrixMLP
    standardisation : Standardisation
        Of the inputs, by the training set.
    classes : names of the classes, one for each output; none for a regression
    loss : str
        What it was trained with.
    columns : names of the inputs, if they have any
    target : str
        What is predicted, by name; by number from 1 for a column of a file without a header.
    target_standardisation : Standardisation, optional
        Of the one target of a regression, by the training set.
    """

    network: MatrixMLP
    standardisation: Standardisation
    classes: tuple[str, ...]
    loss: str
    columns: tuple[str, ...] = ()
    target: str = "target"
    target_standardisation: Standardisation | None = None

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def gives_probabilities(self) -> bool:
        """Whether the outputs are: a logistic or softmax, and a loss whose mean the true probabilities minimise."""
        proper, output = self.loss in LOSSES and facts(self.loss).proper, self.network.activations[-1]
        return bool(self.classes) and output in ("softmax", "logistic") and proper

    def match(self, columns: tuple[str, ...], width: int) -> list[int]:
        """Which columns of some data are the model's inputs, in its order.

        By name, if both have names: further columns don't matter then. Otherwise by position, and the `width` must fit.
        """
        if columns and self.columns:
            missing = [name for name in self.columns if name not in columns]
            if missing:
                raise ValueError(f"the model needs columns that are missing: {', '.join(missing)}")
            return [columns.index(name) for name in self.columns]
        d = len(self.standardisation.mean)
        if width != d:
            raise ValueError(
                f"layer 1 expects {d} inputs, got {width} columns; without names, give the inputs alone, in their order"
            )
        return list(range(d))

    def examples(self, data: DataSet) -> tuple[Array, Array]:
        """X (M × d_0) and Y (M × d_L) of a data set as the network is trained on them: standardised, one-hot."""
        if data.task != self.task:
            raise ValueError(f"the model was trained for {self.task}, {data.name} is for {data.task}")
        X = self.standardisation(data.X[:, self.match(data.columns, data.X.shape[1])])
        if self.target_standardisation:
            return X, self.target_standardisation(data.targets[:, None])
        unknown = [name for name in data.classes if name not in self.classes]
        if unknown:
            raise ValueError(f"{data.name} has the class {unknown[0]}, the model only {', '.join(self.classes)}")
        numbers = np.array([self.classes.index(name) for name in data.classes])
        return X, one_hot(numbers[data.labels], len(self.classes))

    def outputs(self, X: npt.ArrayLike) -> Array:
        """The network's outputs a^(L), M × d_L, for inputs in the units of the data, M × d_0."""
        with np.errstate(all="ignore"):
            outputs = predict(self.network, self.standardisation(X))
        wild = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if wild.size:
            raise ValueError(
                f"the outputs for row {wild[0] + 1} are not finite; its numbers are too large for the model"
            )
        return outputs

    def answers(self, outputs: Array) -> Integers | Array:
        """What outputs mean: M class numbers, or M numbers in the units of the target."""
        if self.target_standardisation:
            return self.target_standardisation.undo(outputs)[:, 0]
        return np.asarray(outputs.argmax(axis=1))

    def table(self, X: npt.ArrayLike) -> list[list[str]]:
        """Predictions as text: a heading, then a row per example. Of classes, the outputs or probabilities of all too.

        Numbers are written so that reading them gives back the same float.
        """
        outputs = self.outputs(X)
        if not self.classes:
            return [["prediction"], *([repr(y)] for y in self.answers(outputs).tolist())]
        what = "probability of" if self.gives_probabilities else "output for"
        names = [self.classes[k] for k in self.answers(outputs)]
        rows = [[name, *map(repr, row)] for name, row in zip(names, outputs.tolist(), strict=True)]
        return [["prediction", *(f"{what} {name}" for name in self.classes)], *rows]


def save(path: str | Path, model: Model) -> None:
    """Write the model to `path`, at once or not at all; a ValueError says why `load` would not take it.

    What is written are numbers: in the model that `load` gives no layer is frozen and no two weights are one.
    """
    network, targets = model.network, model.target_standardisation
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "activations": np.array(network.activations[1:]),
        "mean": model.standardisation.mean,
        "scale": model.standardisation.scale,
        "classes": np.array(model.classes, dtype=np.str_),
        "loss": np.array(model.loss),
        "columns": np.array(model.columns, dtype=np.str_),
        "target": np.array(model.target),
        "target_mean": targets.mean if targets else np.zeros(0),
        "target_scale": targets.scale if targets else np.zeros(0),
    }
    for l in range(1, network.L + 1):
        arrays |= {f"W{l}": network.W[l], f"b{l}": network.b[l]}
    _model(arrays)
    with replacing(path) as file:
        np.savez(file, **arrays)


def load(path: str | Path) -> Model:
    """Read a model; a ValueError says why a file is none."""
    arrays = read_archive(path, FORMAT, "model file")
    try:
        return _model(arrays)
    except ValueError as error:
        raise ValueError(f"{path} is a damaged model file: {error}") from error


def _model(arrays: dict[str, Any]) -> Model:
    """The model that these arrays make, if all of them fit."""
    L = len(_texts(arrays, "activations"))
    expected = {*TEXTS, *NUMBERS, *(f"{name}{l}" for l in range(1, L + 1) for name in "Wb")}
    for name in sorted(expected ^ set(arrays)):
        raise ValueError(f"it has {'no ' if name in expected else ''}{name}, for {L} layers")
    activations, classes, columns = (_texts(arrays, name) for name in ("activations", "classes", "columns"))
    (loss,), (target,) = _texts(arrays, "loss"), _texts(arrays, "target")
    if loss not in LOSSES or not set(activations) <= {*ACTIVATIONS, "softmax"}:
        raise ValueError(f"there is no loss {loss!r} or no activation in {list(activations)}")
    W, b = ([_numbers(arrays, f"{name}{l}") for l in range(1, L + 1)] for name in "Wb")
    network = MatrixMLP(W, b, activations)
    d, P = W[0].shape[1], W[-1].shape[0]
    if 0 in (d, *(part.shape[0] for part in W)):
        raise ValueError("a layer has no neurons or no inputs")
    standardisation = _standardisation(arrays, "", d)
    targets = None if classes else _standardisation(arrays, "target_", 1)
    if (len(classes) or 1) != P:
        raise ValueError(f"{len(classes)} classes do not fit {P} outputs")
    if len(columns) not in (0, d):
        raise ValueError(f"{len(columns)} names of columns do not fit {d} inputs")
    for names in (classes, columns):
        if len(set(names)) < len(names):
            raise ValueError(f"a name is there twice: {', '.join(names)}")
    return Model(network, standardisation, classes, loss, columns, target, targets)


def _standardisation(arrays: dict[str, Any], which: str, d: int) -> Standardisation:
    mean, scale = _numbers(arrays, f"{which}mean"), _numbers(arrays, f"{which}scale")
    if mean.shape != (d,) or scale.shape != (d,) or not (scale > 0).all():
        raise ValueError(f"the {which}normalisation does not fit {d} {'targets' if which else 'inputs'}")
    return Standardisation(mean, scale)


def _numbers(arrays: dict[str, Any], name: str) -> Array:
    numbers = arrays[name]
    if numbers.dtype != np.float64 or not np.isfinite(numbers).all():
        raise ValueError(f"{name} holds no 64-bit floats, or some that are not finite")
    return numbers  # type: ignore[no-any-return]


def _texts(arrays: dict[str, Any], name: str) -> tuple[str, ...]:
    """The texts of an array; all of them can be written in UTF-8."""
    array = arrays.get(name)
    if array is None or array.dtype.kind != "U" or array.ndim > 1:
        raise ValueError(f"it has no {name} in text")
    for text in array.reshape(-1).tolist():
        text.encode()
    return tuple(array.reshape(-1).tolist())
