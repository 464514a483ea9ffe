"""fit: look at examples, step, repeat; measure after each epoch; keep the best θ.

>>> from tinygrad_scalar import MLP
>>> from tinygrad_scalar.data import moons
>>> data = moons(100, rng=0)
>>> network = MLP(2, [8, 1], output="logistic", rng=0)
>>> history = fit(network, data.X, data.labels, loss="binary_cross_entropy", epochs=200, batch_size=10, rng=0)
>>> history.accuracy[-1] > 0.95
True
"""

import reprlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arguments import floats, random_source, whole_number
from ..arrays import Array
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
from .targets import misfits
from .watching import Callback, ctrl_c, reporter


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
    route: str | None = None,
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
        warnings.warn(sentence, stacklevel=3)  # errstate stands between the caller and this line
    theta = np.asarray(network.theta, dtype=float)
    state = Progress(theta, theta, random_source(rng), optimizer)
    keeper = None
    if checkpoint is not None:
        place = Checkpoint(checkpoint) if isinstance(checkpoint, (str, Path)) else checkpoint
        penalties = f"l1={float(l1)}, l2={float(l2)}"
        keeper = Keeper(place, _settings(repr(network), whole, held_out, penalties, size, optimizer))
    run = Run(whole, held_out, optimizer, state, epochs, size, patience, callbacks, keeper)
    if run.begin() and at_once:
        warnings.warn(f"{optimizer.method} goes on from θ with a fresh memory, so not bit for bit", stacklevel=3)
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


def _settings(
    network: str, whole: Objective, held_out: Objective | None, penalties: str, size: int, optimizer: Any
) -> dict[str, str]:
    """What a checkpoint must have in common with the training that goes on from it."""
    return {
        "network": network,
        "frozen layers": fingerprints.of_frozen(whole.network),
        "loss": fingerprints.of_loss(whole.loss),
        "penalties": penalties,
        "route": whole.route,
        "batch size": str(size),
        "optimizer": fingerprints.of_setting(optimizer),
        "data": fingerprints.of_data(whole, held_out),
    }


def predict(network: MLP | MatrixMLP, X: npt.ArrayLike) -> Array:
    """The outputs a^(L), M × d_L, for M × d_0 examples in rows."""
    matrix = network if isinstance(network, MatrixMLP) else MatrixMLP.from_scalar(network)
    X, d = floats(X, "X"), matrix.W[1].shape[1]
    if X.ndim != 2 or X.shape[1] != d:
        raise ValueError(f"X holds one example a row, M × {d}; got shape {X.shape}")
    if isinstance(network, MatrixMLP):
        return matrix.forward(X.T)[1][-1].T  # type: ignore[no-any-return]
    return ScalarRoute(matrix, squared_error, network).forward(matrix.theta, X)[1][-1].T  # type: ignore[no-any-return]
