"""A trained network in a file: its weights, and all that it takes to use it on new data.

The file is an `.npz` without pickle, written beside its place and renamed, so that a reader sees the old one or the
new one, never half of one. Nothing in a file is believed before it is checked: it may hold no pickle and claim no more
bytes than it has; names, shapes and types must be those that `save` writes, and every number finite.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arguments import counted, floats
from ..arrays import Array, ArrayLike, Integers, read_archive, replacing
from ..data.encoding import Encoding
from ..data.preparation import Standardisation, one_hot
from ..data.sets import DataSet
from ..losses import LOSSES, facts
from ..matrix import MatrixMLP
from ..slopes import ACTIVATIONS
from .fit import predict

FORMAT, BEFORE = "tinygrad_scalar model 3", "tinygrad_scalar model 2"  # that had numbers alone, and all of them
TEXTS = ("format", "activations", "classes", "loss", "columns", "target")
NUMBERS = ("mean", "scale", "target_mean", "target_scale")
ENCODING = ("levels", "level_counts", "medians", "gaps")


@dataclass(frozen=True)
class Model:
    """A network between data as people have it and answers in their terms.

    Parameters
    ----------
    network : MatrixMLP
    standardisation : Standardisation
        Of the network's inputs, by the training set.
    classes : names of the classes, one for each output; none for a regression
    loss : str
        What it was trained with.
    columns : names of the columns of the data, if they have any
    target : str
        What is predicted, by name; by number from 1 for a column of a file without a header.
    target_standardisation : Standardisation, optional
        Of the one target of a regression, by the training set.
    encoding : Encoding, optional
        How the columns of the data become the network's inputs; without one, they are numbers and stay as they are.
    """

    network: MatrixMLP
    standardisation: Standardisation
    classes: tuple[str, ...]
    loss: str
    columns: tuple[str, ...] = ()
    target: str = "target"
    target_standardisation: Standardisation | None = None
    encoding: Encoding = None  # type: ignore[assignment]  # it is one, once the model is made

    def __post_init__(self) -> None:
        if self.encoding is None:
            object.__setattr__(self, "encoding", Encoding.plain(len(self.standardisation.mean)))

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def gives_probabilities(self) -> bool:
        """Whether the outputs are: a logistic or softmax, and a loss whose mean the true probabilities minimise."""
        proper, output = self.loss in LOSSES and facts(self.loss).proper, self.network.activations[-1]
        return bool(self.classes) and output in ("softmax", "logistic") and proper

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the network's inputs, if the columns have names: age, age missing, colour = red, …"""
        return self.encoding.names(self.columns)

    def match(self, columns: tuple[str, ...], width: int) -> list[int]:
        """Which columns of some data are the model's inputs, in its order.

        By name, if both have names: further columns don't matter then. Otherwise by position, and the `width` must fit.
        """
        if columns and self.columns:
            missing = [name for name in self.columns if name not in columns]
            if missing:
                raise ValueError(f"the model needs columns that are missing: {', '.join(missing)}")
            twice = [name for name in self.columns if columns.count(name) > 1]
            if twice:
                raise ValueError(f"the model needs one column {twice[0]!r}, there are {columns.count(twice[0])}")
            return [columns.index(name) for name in self.columns]
        d = len(self.encoding.levels)
        if width != d:
            raise ValueError(
                f"the model takes {counted(d, 'column')}, got {width}; without names, give the inputs alone, in "
                "their order"
            )
        return list(range(d))

    def columns_of(self, data: DataSet) -> Array:
        """The columns of a data set that the model takes, M × D, as `outputs` wants them."""
        chosen = self.match(data.columns, data.X.shape[1])
        return self.encoding.recoded(data.X[:, chosen], tuple(data.levels[j] if data.levels else () for j in chosen))

    def examples(self, data: DataSet) -> tuple[Array, Array]:
        """X (M × d_0) and Y (M × d_L) of a data set as the network is trained on them: standardised, one-hot."""
        if data.task != self.task:
            raise ValueError(f"the model was trained for {self.task}, {data.name} is for {data.task}")
        X = self.standardisation(self.encoding(self.columns_of(data)))
        if self.target_standardisation:
            return X, self.target_standardisation(data.targets[:, None])
        unknown = [name for name in data.classes if name not in self.classes]
        if unknown:
            raise ValueError(f"{data.name} has the class {unknown[0]}, the model only {', '.join(self.classes)}")
        numbers = np.array([self.classes.index(name) for name in data.classes])
        return X, one_hot(numbers[data.labels], len(self.classes))

    def outputs(self, X: ArrayLike) -> Array:
        """The network's outputs a^(L), M × d_L, for M × D columns as the data have them.

        Numbers in their units, nan for a missing one; of a column of texts their numbers in `encoding.levels`, −1 for
        one that is not there.
        """
        with np.errstate(all="ignore"):
            outputs: Array = predict(self.network, self.standardisation(self.encoding(floats(X, "X"))), outputs=True)
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

    def table(self, X: ArrayLike) -> list[list[str]]:
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
    network, targets, encoding = model.network, model.target_standardisation, model.encoding
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
        "levels": np.array([text for texts in encoding.levels for text in texts], dtype=np.str_),
        "level_counts": np.array([len(texts) for texts in encoding.levels], dtype=float),
        "medians": np.zeros(0) if encoding.medians is None else encoding.medians,
        "gaps": encoding.gaps.astype(float),
    }
    for l in range(1, network.L + 1):
        arrays |= {f"W{l}": network.W[l], f"b{l}": network.b[l]}
    _model(arrays)
    with replacing(path) as file:
        np.savez(file, **arrays)


def load(path: str | Path) -> Model:
    """Read a model; a ValueError says why a file is none."""
    arrays = read_archive(path, (FORMAT, BEFORE), "model file")
    try:
        return _model(arrays)
    except ValueError as error:
        raise ValueError(f"{path} is a damaged model file: {error}") from error


def _model(arrays: dict[str, Any]) -> Model:
    """The model that these arrays make, if all of them fit."""
    L = len(_texts(arrays, "activations"))
    encoded = ENCODING if str(arrays.get("format")) == FORMAT else ()
    expected = {*TEXTS, *NUMBERS, *encoded, *(f"{name}{l}" for l in range(1, L + 1) for name in "Wb")}
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
    encoding = _encoding(arrays, d) if encoded else Encoding.plain(d)
    if len(columns) not in (0, D := len(encoding.levels)):
        raise ValueError(f"{len(columns)} names of columns do not fit {D} columns")
    for names in (classes, columns):
        if len(set(names)) < len(names):
            raise ValueError(f"a name is there twice: {', '.join(names)}")
    return Model(network, standardisation, classes, loss, columns, target, targets, encoding)


def _encoding(arrays: dict[str, Any], d: int) -> Encoding:
    """What makes d inputs of columns, if its parts fit."""
    texts, (counts, medians, gaps) = _texts(arrays, "levels"), (_numbers(arrays, name) for name in ENCODING[1:])
    D = len(np.atleast_1d(counts))
    shapes = counts.shape == gaps.shape == (D,) and medians.shape in ((D,), (0,))
    if not shapes or not (np.isin(gaps, (0.0, 1.0)).all() and np.isin(counts, np.arange(len(texts) + 1)).all()):
        raise ValueError("level_counts, medians and gaps do not fit each other")
    ends = np.cumsum(counts, dtype=int)
    levels = tuple(texts[end - int(n) : end] for n, end in zip(counts, ends, strict=True))
    if any(len(set(of_it)) < len(of_it) for of_it in levels) or counts.sum() != len(texts):
        raise ValueError(f"{len(texts)} levels do not fit {D} columns, or one is there twice")
    encoding = Encoding(levels, medians if medians.shape == (D,) else None, gaps == 1.0)
    if sum(encoding.widths) != d:
        raise ValueError(f"the columns become {sum(encoding.widths)} inputs, the network has {d}")
    return encoding


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
