"""fit: look at examples, step, repeat; measure after each epoch; keep the best θ.

>>> from tinygrad_scalar import MLP
>>> from tinygrad_scalar.data import moons
>>> data = moons(100, rng=0)
>>> network = MLP(2, [8, 1], output="logistic", rng=0)
>>> history = fit(network, data.X, data.labels, loss="binary_cross_entropy", epochs=200, batch_size=10, rng=0)
>>> history.accuracy[-1] > 0.95
True
"""

import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arguments import random_source, whole_number
from ..arrays import Array
from ..losses import Loss
from ..matrix import MatrixMLP
from ..nn import MLP
from ..objective import Objective
from ..optimizers import Momentum
from . import fingerprints
from .advice import advice
from .checkpoints import Checkpoint, Keeper, Progress
from .divergence import DivergenceError, Guarded, Remembering, diagnosis
from .history import History, accuracy

__all__ = ["Checkpoint", "DivergenceError", "History", "accuracy", "fit", "predict"]

Callback = Callable[[History], Any]


@np.errstate(all="ignore")
def fit(
    network: MLP | MatrixMLP,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    *,
    loss: str | Loss,
    optimizer: Any = None,
    epochs: int = 50,
    batch_size: int | None = 32,
    validation: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    patience: int | None = None,
    route: str = "matrix",
    l1: float = 0.0,
    l2: float = 0.0,
    sample_weight: npt.ArrayLike | None = None,
    checkpoint: Checkpoint | str | Path | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool | Callback | None = None,
    rng: Any = None,
) -> History:
    """Train the network in place.

    Parameters
    ----------
    network : MLP or MatrixMLP
        Gets the θ with the lowest mean loss on the validation set, or the last one if there is no validation set.
    X, Y : arrays, M × d_0 and M × d_L
        Examples in rows; M numbers will do for Y if the network has one output.
    loss : str or callable
        See `losses`.
    optimizer : one of `optimizers`
        Momentum(0.05, 0.9) if not given. `SciPy` methods make one minimisation of the whole, an iteration is an epoch.
    epochs : int
        How often each example is seen; epochs of a resumed training that are done count.
    batch_size : int or None
        Examples per step, shuffled anew in each epoch; None takes all of them at once.
    validation : (X, Y), optional
        Held-out examples that choose θ.
    patience : int, optional
        Stop early: when the loss on the validation set has not been lower for so many epochs.
    route, l1, l2, sample_weight
        See `Objective`.
    checkpoint : Checkpoint, or where to write one after each epoch
        With `Checkpoint(path, resume=True)` a training goes on bit for bit as if it had never been stopped.
    callbacks : functions of the history
        Called after each epoch; one that returns True (Python's or NumPy's) ends the training.
    progress : bool or callable, optional
        A bar (True, False; None: in a terminal or a notebook), or a function that is given the history at each epoch.
    rng : int, random.Random or numpy Generator
        Decides the order of the examples.

    Returns
    -------
    History

    Raises
    ------
    DivergenceError
        When E or its gradient is not finite, from the start on. It names the first layer that went wrong; the network
        keeps the last good θ: where the last step began that was taken, or the end of the epoch if that was measured.
    KeyboardInterrupt
        After Ctrl-C, when the step is done and a checkpoint is written; the message says where.

    Warns
    -----
    UserWarning
        When the loss does not fit the output or the targets, see `advice`; when a SciPy method is resumed.
    """
    whole = Objective(network, X, Y, loss, route=route, l1=l1, l2=l2, sample_weight=sample_weight)
    held_out = None if validation is None else Objective(network, validation[0], validation[1], loss, route=route)
    optimizer = optimizer or Momentum()
    epochs = whole_number(epochs, "epochs", 0)
    patience = None if patience is None else whole_number(patience, "patience")
    size = whole.M if batch_size is None else min(whole_number(batch_size, "batch_size"), whole.M)
    if patience is not None and held_out is None:
        raise ValueError(f"patience counts epochs on a validation set, and there is none; got {patience}")
    at_once = hasattr(optimizer, "minimise")
    if at_once and size < whole.M:
        raise ValueError(f"{optimizer.method} needs all examples at once; write batch_size=None")
    for sentence in advice(loss, whole.network.activations[-1], whole.Y):
        warnings.warn(sentence, stacklevel=3)  # errstate stands between the caller and this line
    theta = np.asarray(network.theta, dtype=float)
    run = Progress(theta, theta, random_source(rng), optimizer)
    if isinstance(checkpoint, (str, Path)):
        checkpoint = Checkpoint(checkpoint)
    keeper = checkpoint and Keeper(
        checkpoint,
        {
            "network": repr(network),
            "frozen layers": fingerprints.of_frozen(whole.network),
            "loss": fingerprints.of_loss(whole.loss),
            "penalties": f"l1={float(l1)}, l2={float(l2)}",
            "route": route,
            "batch size": str(size),
            "optimizer": fingerprints.of_setting(optimizer),
            "data": fingerprints.of_data(whole, held_out),
        },
    )
    remembering = Remembering(whole)
    guarded = Guarded(remembering, optimizer)
    resumed = bool(keeper and keeper.read(run, whole, held_out))
    if resumed and at_once:
        warnings.warn(f"{optimizer.method} goes on from θ with a fresh memory, so not bit for bit", stacklevel=3)
    if not resumed:
        optimizer.reset()
        run.history.measure(whole, held_out, theta, (guarded if epochs else whole)(theta), 0.0)
    good = run.theta  # the θ where the last step began that was taken, or that was measured since
    tick, report, close = _reporter(progress, epochs, -(-whole.M // size), run)

    def epoch_done() -> bool:
        """Measure and keep; whether to stop here."""
        nonlocal good
        walked = run.walked / max(1, -(-whole.M // size))
        run.history.measure(whole, held_out, run.theta, guarded(run.theta), walked)
        good = run.theta
        run.order, run.seen, run.walked = [], 0, 0.0
        if held_out is not None and not np.isfinite(run.history.validation_E[-1]):
            raise DivergenceError(f"on the validation set, {diagnosis(held_out, run.theta, optimizer)}")
        if held_out is None or run.history.validation_E[-1] <= min(run.history.validation_E):
            run.best = run.theta
        report(run.history)
        said = [callback(run.history) for callback in callbacks]
        if keeper and keeper.due(len(run.history)):
            keeper.write(run)
        return any(isinstance(x, (bool, np.bool)) and bool(x) for x in said) or _impatient(run.history, patience)

    def iteration_done(theta: Array) -> None:
        run.walked, run.theta = float(np.linalg.norm(theta - run.theta)), theta
        tick()
        stopping = epoch_done()
        interrupted()
        if stopping:
            raise StopIteration

    def interrupted() -> None:
        if stop.is_set():
            if keeper:
                keeper.write(run)
            where = f"; the checkpoint is {keeper.checkpoint.path}" if keeper else ""
            raise KeyboardInterrupt(f"stopped after {len(run.history)} epochs and {run.seen} examples{where}")

    with _ctrl_c() as stop:
        try:
            stopping = len(run.history) >= epochs or _impatient(run.history, patience)
            if at_once and not stopping:
                theta = optimizer.minimise(remembering, run.theta, epochs - len(run.history), iteration_done)
                if not np.array_equal(theta, run.theta):  # a last iteration that SciPy did not tell of
                    with suppress(StopIteration):
                        iteration_done(theta)
                stopping = True
            while not stopping and len(run.history) < epochs:
                if not run.order:
                    run.order = list(range(whole.M))
                    if size < whole.M:
                        run.rng.shuffle(run.order)
                while run.seen < whole.M:
                    rows = run.order[run.seen : run.seen + size]
                    objective = guarded if size == whole.M else Guarded(whole.batch(rows), optimizer)
                    theta = optimizer.step(objective, run.theta)
                    run.walked += float(np.linalg.norm(theta - run.theta))
                    good, run.theta, run.seen = run.theta, theta, run.seen + len(rows)
                    tick()
                    if keeper and keeper.due():
                        keeper.write(run)
                    interrupted()
                stopping = epoch_done()
            interrupted()
            if keeper:
                keeper.finish(run)
        except KeyboardInterrupt:
            run.best = run.theta if held_out is None else run.best
            raise
        except DivergenceError:
            run.best = good if held_out is None else run.best
            raise
        finally:
            close()
            network.theta = run.best
    return run.history


def _impatient(history: History, patience: int | None) -> bool:
    return patience is not None and len(history) - int(np.argmin(history.validation_E)) >= patience


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, once; a second Ctrl-C interrupts as ever. Only the main thread hears signals."""
    event, before = threading.Event(), signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and before is signal.default_int_handler

    def first(number: int, frame: Any) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)

    if ours:
        signal.signal(signal.SIGINT, first)
    try:
        yield event
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)


def predict(network: MLP | MatrixMLP, X: npt.ArrayLike) -> Array:
    """The outputs a^(L), M × d_L, for M × d_0 examples in rows."""
    matrix = network if isinstance(network, MatrixMLP) else MatrixMLP.from_scalar(network)
    _, A = matrix.forward(np.asarray(X, dtype=float).T)
    return A[-1].T  # type: ignore[no-any-return]


def _in_notebook() -> bool:
    """Whether this is the kernel of a notebook, and not just a process that has heard of notebooks."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _reporter(
    progress: bool | Callback | None, epochs: int, steps: int, run: Progress
) -> tuple[Callable[[], Any], Callback, Callable[[], Any]]:
    """What to do after each step, after each epoch, and at the end."""
    if callable(progress):
        return lambda: None, progress, lambda: None
    notebook = _in_notebook()
    if progress is False or (progress is None and not (sys.stderr.isatty() or notebook)):
        return lambda: None, lambda history: None, lambda: None
    if notebook and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm
    else:
        from tqdm import tqdm

    done = len(run.history) * steps + -(-run.seen * steps // max(len(run.order), 1))
    bar = tqdm(total=epochs * steps, initial=done, unit="step")

    def report(history: History) -> None:
        share = f", accuracy {history.accuracy[-1]:.3f}" if np.isfinite(history.accuracy[-1]) else ""
        bar.set_postfix_str(f"epoch {len(history)}, E {history.E[-1]:.4f}{share}")

    return bar.update, report, bar.close
