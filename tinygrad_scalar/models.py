"""A trained network in a file: its weights, and what is needed to use it on new data.

The file is an `.npz` without pickle, written beside its place and renamed, so that a reader sees the old one or the
new one, never half of one. What is not such a file is refused with the reason.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .data import Standardisation
from .losses import LOSSES
from .matrix import MatrixMLP
from .slopes import ACTIVATIONS

FORMAT = "tinygrad_scalar model 1"


@dataclass(frozen=True)
class Model:
    """A network, the normalisation of its training set, the names of its classes and the loss it was trained with."""

    network: MatrixMLP
    standardisation: Standardisation
    classes: tuple[str, ...]
    loss: str


def save(path: str | Path, model: Model) -> None:
    """Write the model to `path`, at once or not at all."""
    network = model.network
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "activations": np.array(network.activations[1:]),
        "mean": model.standardisation.mean,
        "scale": model.standardisation.scale,
        "classes": np.array(model.classes, dtype=np.str_),
        "loss": np.array(model.loss),
    }
    for l in range(1, network.L + 1):
        arrays |= {f"W{l}": network.W[l], f"b{l}": network.b[l]}
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # a temporary file is for its owner alone
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: str | Path) -> Model:
    """Read a model; a ValueError says why a file is none."""
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # zip and NumPy fail in a dozen ways on bytes that were not written by savez
        raise ValueError(f"{path} is no model file: {error}") from error
    if "format" not in arrays or str(arrays["format"]) != FORMAT:
        raise ValueError(f"{path} is no model file: it does not say {FORMAT!r}")
    try:
        return _model(arrays)
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is a damaged model file: {error}") from error


def _model(arrays: dict[str, Any]) -> Model:
    activations = [str(name) for name in arrays["activations"]]
    W, b = ([arrays[f"{name}{l}"] for l in range(1, len(activations) + 1)] for name in "Wb")
    numbers = [*W, *b, arrays["mean"], arrays["scale"]]
    if not all(part.dtype == np.float64 and np.isfinite(part).all() for part in numbers):
        raise ValueError("some of its numbers are not finite")
    network = MatrixMLP(W, b, activations)
    d, P, classes = W[0].shape[1], W[-1].shape[0], tuple(map(str, arrays["classes"]))
    if arrays["mean"].shape != (d,) or arrays["scale"].shape != (d,) or not (arrays["scale"] > 0).all():
        raise ValueError(f"the normalisation does not fit {d} inputs")
    if len(classes) != P:
        raise ValueError(f"{len(classes)} classes do not fit {P} outputs")
    if str(arrays["loss"]) not in LOSSES or not set(activations) <= {*ACTIVATIONS, "softmax"}:
        raise ValueError(f"there is no loss {str(arrays['loss'])!r} or no activation in {activations}")
    return Model(network, Standardisation(arrays["mean"], arrays["scale"]), classes, str(arrays["loss"]))
