"""A training that can be stopped at any moment, by a power cut too, and goes on as if nothing had happened.

All that the next step depends on is in one file: θ, what the optimiser remembers, the order of this epoch's examples
and how many of them were seen, the state of the random source, and the history. It is written beside its place and
renamed. A checkpoint of another training (other data, another setting) is refused: a mixture of two would be neither;
`fingerprints` says what counts. The code of an optimiser of one's own is not looked at, its public attributes are.
"""

import copy
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from ..arguments import whole_number, within
from ..arrays import Array, place, read_archive, replacing
from ..objective import Objective
from .history import History

FORMAT = "tinygrad_scalar checkpoint 1"


@dataclass(frozen=True)
class Checkpoint:
    """Where a training keeps its state, how often it does, and whether it goes on from what is there.

    It is written when the training ends, too.

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
        if self.every is not None:
            whole_number(self.every, "every")
        if self.seconds is not None:
            within("seconds", self.seconds, "(0, inf)")


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

    def __init__(self, checkpoint: Checkpoint, settings: Mapping[str, str]) -> None:
        self.checkpoint, self.settings = checkpoint, dict(settings)
        self.written, self.at = time.monotonic(), (0, 0)  # the epochs and examples of what is in the file
        place(checkpoint.path)

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
        self.written, self.at = time.monotonic(), (len(progress.history), progress.seen)

    def finish(self, progress: Progress) -> None:
        """Write it at the end, if anything was learned since the last time."""
        if self.at != (len(progress.history), progress.seen):
            self.write(progress)

    def read(self, progress: Progress, whole: Objective, held_out: Objective | None) -> bool:
        """Bring the training to where the file says it was; False if there is none to go on from.

        All is checked before anything changes: a refusal leaves training, optimiser and random source as they are.
        """
        path = Path(self.checkpoint.path)
        if not self.checkpoint.resume or not path.exists():
            return False
        arrays = read_archive(path, FORMAT, "checkpoint")
        with _damage_named(path):
            theirs = dict(json.loads(str(arrays["settings"])))
        for name, ours in self.settings.items():
            if theirs.get(name) != ours:
                raise ValueError(
                    f"{path} is the checkpoint of another training: its {name} is {theirs.get(name)}, here it is {ours}"
                )
        with _damage_named(path):
            state = _checked(arrays, progress, whole, held_out)
        progress.theta, progress.best = state.theta, state.best
        progress.rng.setstate(state.rng.getstate())
        if hasattr(progress.optimizer, "state"):
            progress.optimizer.state = state.optimizer.state
        progress.order, progress.seen, progress.walked = state.order, state.seen, state.walked
        progress.history = state.history
        self.at = (len(state.history), state.seen)
        return True


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise ValueError(f"{path} is a damaged checkpoint: it has no {error}") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{path} is a damaged checkpoint: {error}") from error


def _checked(arrays: dict[str, Any], now: Progress, whole: Objective, held_out: Objective | None) -> Progress:
    """The training in the file, if it is one that could have been written; all in it is new."""
    theta, best = arrays["theta"], arrays["best"]
    for part in (theta, best):
        if part.shape != now.theta.shape:
            raise ValueError(
                f"it has {theta.size} and {best.size} parameters, the network has {now.theta.size} in a row"
            )
        if part.dtype.kind != "f" or not np.isfinite(part).all():
            raise ValueError("its parameters are not all finite numbers")
    order, seen, walked = arrays["order"], arrays["seen"].item(), arrays["walked"].item()
    if order.dtype.kind != "i" or sorted(order.tolist()) not in ([], list(range(whole.M))):
        raise ValueError(f"its order is not one of {whole.M} examples")
    if not isinstance(seen, int) or not 0 <= seen <= order.size:
        raise ValueError(f"it has seen {seen} of {order.size} examples in order")
    if not (np.isfinite(walked) and walked >= 0.0):
        raise ValueError(f"it has walked {walked}, which is no length")
    return Progress(
        theta.copy(),
        best.copy(),
        _random_of(arrays),
        _optimizer_of(arrays, now),
        order.tolist(),
        seen,
        walked,
        _history_of(arrays, whole, held_out),
    )


def _random_of(arrays: dict[str, Any]) -> Random:
    rng, gauss = Random(), arrays["random_gauss"].item()
    numbers = tuple(arrays["random"].tolist())
    rng.setstate((arrays["random_version"].item(), numbers, None if np.isnan(gauss) else gauss))
    return rng


def _optimizer_of(arrays: dict[str, Any], now: Progress) -> Any:
    """A copy of the optimiser, with the memory that is in the file."""
    optimizer, remembered = copy.copy(now.optimizer), _named("optimizer_", arrays)
    for name, array in remembered.items():
        if array.ndim and array.shape[-1] != now.theta.size:
            raise ValueError(f"it remembers {name} for {array.shape[-1]} parameters, there are {now.theta.size}")
    if remembered or hasattr(optimizer, "state"):
        optimizer.state = remembered
    return optimizer


def _history_of(arrays: dict[str, Any], whole: Objective, held_out: Objective | None) -> History:
    measured = _named("history_", arrays)
    wanted = [f.name for f in fields(History) if held_out is not None or not f.name.startswith("validation")]
    if sorted(measured) != sorted(wanted):
        raise ValueError(f"its history is of {', '.join(sorted(measured))}, not of {', '.join(sorted(wanted))}")
    epochs = measured["E"].size
    for name, array in measured.items():
        shape = (epochs, whole.network.L) if name == "gradient_norms" else (epochs,)
        if array.shape != shape or array.dtype.kind != "f" or not epochs:
            raise ValueError(f"the history of {name} has shape {array.shape}, not {shape} as that of E has")
    return History.of_arrays(measured)


def _named(prefix: str, arrays: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def epochs_done(path: str | Path) -> int:
    """The number of epochs behind the training in a file."""
    arrays = read_archive(path, FORMAT, "checkpoint")
    with _damage_named(Path(path)):
        return int(arrays["history_E"].size) - 1


def _state(optimizer: Any) -> dict[str, Any]:
    return dict(getattr(optimizer, "state", {}))
