"""fit: look at examples, step, repeat; measure after each epoch; keep the best θ.

>>> from tinygrad_scalar import MLP
>>> from tinygrad_scalar.data import moons
>>> data = moons(100, rng=0)
>>> network = MLP(2, [8, 1], output="logistic", rng=0)
>>> history = fit(network, data.X, data.labels, loss="binary_cross_entropy", epochs=200, batch_size=10, rng=0)
>>> history.accuracy[-1] > 0.95
True
"""

from __future__ import annotations  # so that `help` shows names of types, and not what they stand for

import reprlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..arguments import floats, kindly, random_source, whole_number
from ..arrays import Array, ArrayLike
from ..losses import Loss, squared_error
from ..matrix import MatrixMLP
from ..nn import MLP
from ..objective import Objective
from ..optimizers import OPTIMIZERS, Momentum, named
from ..routes import ScalarRoute
from . import fingerprints
from .checkpoints import Checkpoint, Keeper, Progress
from .history import History
from .run import Run
from .targets import Labels, misfits
from .watching import Callback, ctrl_c, reporter


@np.errstate(all="ignore")
@kindly
def fit(
    network: MLP | MatrixMLP,
    X: ArrayLike,
    Y: ArrayLike,
    *,
    loss: str | Loss,
    optimizer: Any = None,
    epochs: int = 50,
    batch_size: int | None = 32,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    patience: int | None = None,
    route: str | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    sample_weight: ArrayLike | None = None,
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
        Examples in rows; M numbers will do for Y if the network has one output. M texts are names of classes: a network
        of as many outputs, or of one for two classes, learns them, and `predict` answers with them.
    loss : str or callable
        See `losses`.
    optimizer : one of `optimizers`, or the name of one, such as "adam"
        Momentum(0.05, 0.9) if not given. `SciPy` methods make one minimisation of the whole, an iteration is an epoch.
    epochs : int
        How often each example is seen; epochs of a resumed training that are done count.
    batch_size : int or None
        Examples per step, shuffled anew in each epoch; None takes all of them at once.
    validation : (X, Y), optional
        Held-out examples that choose θ; `data.random_split` and `data.stratified_split` say which.
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
    DivergenceError, or OverflowError of an optimiser that squares the gradient
        When E or its gradient is not finite, from the start on. It names the first layer that went wrong; the network
        keeps the last good θ: where the last step began that was taken, or the end of the epoch if that was measured.
        And when an epoch ends with an E above 1000 times that of the start (above 1000, if that was below 1): the
        network then keeps the θ of the epoch before.
    KeyboardInterrupt
        After Ctrl-C, when the step is done and a checkpoint is written; the message says where.

    Warns
    -----
    UserWarning
        When the loss does not fit the output or the targets, see `targets`; when a SciPy method is resumed.
    """
    labels, Y, validation = _of_texts(network, Y, validation, loss)
    whole = Objective(network, X, Y, loss, route=route, l1=l1, l2=l2, sample_weight=sample_weight)
    held_out = None if validation is None else Objective(network, *_pair(validation), loss, route=route)
    optimizer = _made(optimizer)
    epochs = whole_number(epochs, "epochs", 0)
    patience = None if patience is None else whole_number(patience, "patience")
    size = whole.M if batch_size is None else min(whole_number(batch_size, "batch_size"), whole.M)
    if patience is not None and held_out is None:
        raise ValueError(f"patience counts epochs on a validation set, and there is none; got {patience}")
    at_once = hasattr(optimizer, "minimise")
    if at_once and size < whole.M:
        raise ValueError(f"{optimizer.method} needs all examples at once; write batch_size=None")
    for sentence in misfits(loss, whole.network.activations[-1], whole.Y):
        warnings.warn(sentence, stacklevel=4)  # errstate and kindly stand between the caller and this line
    theta = np.asarray(network.theta, dtype=float)
    state = Progress(theta, theta, random_source(rng), optimizer)
    keeper, place = None, Checkpoint(checkpoint) if isinstance(checkpoint, (str, Path)) else checkpoint
    if place is not None:
        keeper = Keeper(place, _settings(repr(network), whole, held_out, size, optimizer))
    run = Run(whole, held_out, optimizer, state, epochs, size, patience, callbacks, keeper)
    if run.begin() and at_once:
        warnings.warn(f"{optimizer.method} goes on from θ with a fresh memory, so not bit for bit", stacklevel=4)
    vars(network)["labels"] = labels
    watched = reporter(progress, epochs, run.steps, state)
    with ctrl_c() as run.stop:
        try:
            (run.minimise if at_once else run.walk)(watched)
            run.heed_ctrl_c()
            if keeper:
                keeper.finish(state)
        except KeyboardInterrupt:
            state.best = state.theta if held_out is None else state.best
            raise
        except ArithmeticError:
            state.best = run.good if held_out is None else state.best
            raise
        finally:
            watched.close()
            network.theta = state.best
    return state.history


def _of_texts(network: MLP | MatrixMLP, Y: ArrayLike, validation: Any, loss: str | Loss) -> tuple[Any, Any, Any]:
    """What texts in Y stand for, if there are such; and Y and the validation set with numbers in their place."""
    P = len(network.b[network.L]) if isinstance(network, MatrixMLP) else network.sizes[-1]
    labels = Labels.of(Y, P, loss)
    if not labels:
        return None, Y, validation
    if validation is not None:
        held_out, theirs = _pair(validation)
        validation = held_out, labels.targets(theirs)
    return labels, labels.targets(Y), validation


def _pair(validation: Any) -> tuple[Any, Any]:
    """The (X, Y) of a validation set, if it is such a pair."""
    if not (isinstance(validation, Sequence) and len(validation) == 2):
        raise TypeError(
            f"validation is a pair (X, Y) of held-out examples, not {reprlib.repr(validation)}; "
            "rows, held_out = data.random_split(len(X), 0.2, rng=0) chooses a fifth of them"
        )
    return validation[0], validation[1]


def _made(optimizer: Any) -> Any:
    """The optimiser that is meant: an object, its name, or nothing."""
    if optimizer is None:
        return Momentum()
    if isinstance(optimizer, str):
        return named(optimizer)
    if isinstance(optimizer, type):
        raise TypeError(f"the optimizer is a class, and an object is wanted: write {optimizer.__name__}(), or a name")
    if not hasattr(optimizer, "step"):
        raise TypeError(
            f"the optimizer is one of tinygrad_scalar.optimizers or a name, not {reprlib.repr(optimizer)}; "
            f"the names are {', '.join(OPTIMIZERS)}"
        )
    return optimizer


def _settings(network: str, whole: Objective, held_out: Objective | None, size: int, optimizer: Any) -> dict[str, str]:
    """What a checkpoint must have in common with the training that goes on from it."""
    return {
        "network": network,
        "frozen layers": fingerprints.of_frozen(whole.network),
        "loss": fingerprints.of_loss(whole.loss),
        "penalties": f"l1={float(whole.l1)}, l2={float(whole.l2)}",
        "route": whole.route,
        "batch size": str(size),
        "optimizer": fingerprints.of_setting(optimizer),
        "data": fingerprints.of_data(whole, held_out),
    }


@kindly
def predict(network: MLP | MatrixMLP, X: ArrayLike, *, outputs: bool = False) -> Any:
    """The outputs a^(L), M × d_L, for M × d_0 examples in rows; M names of classes, if `fit` was given such.

    With `outputs=True` it is the outputs in any case.

    >>> network = MLP(1, [2], output="softmax", rng=0)
    >>> history = fit(network, [[-1.0], [1.0]], ["cold", "hot"], loss="cross_entropy", rng=0)
    >>> predict(network, [[-2.0], [3.0]]).tolist(), predict(network, [[3.0]], outputs=True).shape
    (['cold', 'hot'], (1, 2))
    """
    labels: Labels | None = None if outputs else vars(network).get("labels")
    matrix = network if isinstance(network, MatrixMLP) else MatrixMLP.from_scalar(network)
    X, d = floats(X, "X"), matrix.W[1].shape[1]
    if X.ndim != 2 or X.shape[1] != d:
        raise ValueError(f"X holds one example a row, M × {d}; got shape {X.shape}")
    a: Array
    if isinstance(network, MatrixMLP):
        a = matrix.forward(X.T)[1][-1].T
    else:
        a = ScalarRoute(matrix, squared_error, network).forward(matrix.theta, X)[1][-1].T
    return labels.read(a) if labels else a
