"""A training that can be stopped at any moment, by a power cut too, and goes on as if nothing had happened.

All that the next step depends on is in one file: θ, what the optimiser remembers, the order of this epoch's examples
and how many of them were seen, the state of the random source, and the history. It is written beside its place and
renamed. A checkpoint of another training (other data, another setting) is refused: a mixture of two would be neither.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from .archives import read_archive, replacing
from .history import History
from .objective import Array, Objective

FORMAT = "tinygrad_scalar checkpoint 1"
_ADDRESS = re.compile(" at 0x[0-9a-f]+")  # of a function, in its repr: it changes from run to run


@dataclass(frozen=True)
class Checkpoint:
    """Where a training keeps its state, how often it does, and whether it goes on from what is there.

    Parameters
    ----------
    path : str or Path
    every : int or None
        Write it after so many epochs; None: not at the end of epochs.
    seconds : float, optional
        Write it after the first step that ends so long after the last time.
    resume : bool
        Go on from the file, if there is one; otherwise, and without `resume`, start anew.

    >>> Checkpoint("run.npz", every=10, seconds=60.0, resume=True).every
    10
    """

    path: str | Path
    every: int | None = 1
    seconds: float | None = None
    resume: bool = False

    def __post_init__(self) -> None:
        if (self.every is not None and self.every < 1) or (self.seconds is not None and not self.seconds > 0):
            raise ValueError(f"every counts from 1 and seconds is positive, got {self.every} and {self.seconds}")


@dataclass
class Progress:
    """How far a training is: what the next step depends on, besides the data and the settings."""

    theta: Array
    best: Array  # the θ with the lowest loss on the validation set; without one, the last
    rng: Random
    optimizer: Any
    order: list[int] = field(default_factory=list)  # of this epoch's examples; empty between epochs
    seen: int = 0  # of them
    walked: float = 0.0  # the sum of ‖Δθ‖ in this epoch
    history: History = field(default_factory=History)


class Keeper:
    """Writes checkpoints of one training when they are due, and reads the one it goes on from."""

    def __init__(self, checkpoint: Checkpoint, settings: Mapping[str, Any]) -> None:
        self.checkpoint, self.settings = (
            checkpoint,
            {name: _ADDRESS.sub("", str(value)) for name, value in settings.items()},
        )
        self.written = time.monotonic()

    def due(self, epochs: int | None = None) -> bool:
        """Whether to write now: after a step, or at the end of that many epochs."""
        every, seconds = self.checkpoint.every, self.checkpoint.seconds
        late = seconds is not None and time.monotonic() - self.written >= seconds
        return late or (every is not None and epochs is not None and epochs % every == 0)

    def write(self, progress: Progress) -> None:
        """Put the file in place, at once."""
        version, numbers, gauss = progress.rng.getstate()
        arrays: dict[str, Any] = {
            "format": np.array(FORMAT),
            "settings": np.array(json.dumps(self.settings)),
            "theta": progress.theta,
            "best": progress.best,
            "order": np.array(progress.order, dtype=np.int64),
            "seen": np.array(progress.seen),
            "walked": np.array(progress.walked),
            "random": np.array(numbers, dtype=np.int64),
            "random_version": np.array(version),
            "random_gauss": np.array(np.nan if gauss is None else gauss),
        }
        arrays |= {f"history_{name}": array for name, array in progress.history.arrays().items()}
        arrays |= {f"optimizer_{name}": np.array(value) for name, value in _state(progress.optimizer).items()}
        with replacing(self.checkpoint.path) as file:
            np.savez(file, **arrays)
        self.written = time.monotonic()

    def read(self, progress: Progress) -> bool:
        """Bring the training to where the file says it was; False if there is none to go on from."""
        path = Path(self.checkpoint.path)
        if not self.checkpoint.resume or not path.exists():
            return False
        arrays = read_archive(path, FORMAT, "checkpoint")
        try:
            theirs = json.loads(str(arrays["settings"]))
            for name in self.settings:
                if theirs.get(name) != self.settings[name]:
                    raise ValueError(f"its {name} is {theirs.get(name)}, here it is {self.settings[name]}")
        except ValueError as error:
            raise ValueError(f"{path} is the checkpoint of another training: {error}") from error
        try:
            self._restore(arrays, progress)
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(f"{path} is a damaged checkpoint: {error}") from error
        return True

    @staticmethod
    def _restore(arrays: dict[str, Any], progress: Progress) -> None:
        theta, best, gauss = arrays["theta"], arrays["best"], arrays["random_gauss"].item()
        if theta.shape != progress.theta.shape or best.shape != theta.shape:
            raise ValueError(f"it has {theta.size} and {best.size} parameters, the network has {progress.theta.size}")
        remembered, measured = (
            {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
            for prefix in ("optimizer_", "history_")
        )
        if remembered or hasattr(progress.optimizer, "state"):
            progress.optimizer.state = remembered
        state = tuple(arrays["random"].tolist())
        progress.rng.setstate((arrays["random_version"].item(), state, None if np.isnan(gauss) else gauss))
        progress.history = History.of_arrays(measured)
        progress.theta, progress.best = theta.copy(), best.copy()
        progress.order, progress.seen = arrays["order"].tolist(), arrays["seen"].item()
        progress.walked = arrays["walked"].item()


def _state(optimizer: Any) -> dict[str, Any]:
    return dict(getattr(optimizer, "state", {}))


def fingerprint(*objectives: Objective | None) -> str:
    """A digest of the examples, targets and sample weights: the same for the same data, to the bit."""
    digest = hashlib.sha256()
    for objective in objectives:
        for part in (objective.X, objective.Y, objective.s) if objective else ():
            digest.update(repr(part.shape).encode() + np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]
