"""`train`: a network learns a data set, and is tested on what was held out."""

import argparse
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..activations import ACTIVATIONS
from ..arguments import counted
from ..nn import MLP
from ..objective import ROUTES
from ..optimizers.names import OPTIMIZERS
from ..training.checkpoints import Checkpoint, epochs_done
from ..training.history import History, told
from ..training.lessons import RECIPES, Lesson, Recipe, learn, prepare
from ..training.models import save
from ..training.watching import bar_is_seen
from .examples import data_and_recipe
from .options import DATA, SIGMAS, add_folder, add_table, count, new_command, numbers, source
from .reports import plain_progress, settings, verdict
from .results import folder_for, lacking, refuse_taken_in, wrote
from .terminal import say

CHECKPOINT, PLOTS, OTHERS = "checkpoint.npz", ("loss.svg", "gradients.svg"), ("history.csv", "model.npz")


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "train",
        run,
        "train a network on a data set",
        "Build a network from scalar operations, show that its scalar and its matrix gradient agree on "
        "real examples, train it, and test it on held-out examples. Loss curve, model and history go to a folder.",
    )
    command.add_argument("data", type=source, metavar="DATA", help=DATA)
    add_table(command)
    command.add_argument("--balance", action="store_true", help="weigh the examples so that all classes count alike")
    _add_recipe(command)
    command.add_argument("--route", choices=ROUTES, default="replay", help="what computes the gradients (%(default)s)")
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help="same seed, same numbers, to the bit (%(default)s)"
    )
    add_folder(command)
    command.add_argument(
        "--save-every", type=count, default=10, metavar="N", help="epochs between checkpoints (%(default)s)"
    )
    command.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder of --out")


def _add_recipe(command: argparse.ArgumentParser) -> None:
    """The settings of a `Recipe`, with their defaults in words."""
    recipe, tuned = Recipe(), ", ".join(name for name in RECIPES if RECIPES[name].l2 == 10.0)
    rates = ", ".join(
        f"{name} {Recipe(optimizer=name).learning_rate}" for name in ("momentum", "gradient-descent", "adam")
    )
    command.add_argument("--hidden", type=numbers, metavar="N,N,…", help="neurons in each hidden layer (32)")
    command.add_argument("--activation", choices=ACTIVATIONS, metavar="σ", help=f"{SIGMAS} ({recipe.activation})")
    command.add_argument(
        "--epochs", type=count, metavar="N", help=f"how often each example is seen ({recipe.epochs}; moons 100)"
    )
    command.add_argument("--batch-size", type=count, metavar="N", help="examples per step (32, or 1/300 of all)")
    command.add_argument("--learning-rate", type=float, metavar="η", help=f"step size ({rates})")
    command.add_argument("--momentum", type=float, metavar="μ", help=f"share of the last step ({recipe.momentum})")
    command.add_argument("--l2", type=float, metavar="λ", help=f"adds (λ/2M) Σ w² to E ({recipe.l2:g}; {tuned} 10)")
    command.add_argument(
        "--optimizer", choices=OPTIMIZERS, metavar="NAME", help=f"{', '.join(OPTIMIZERS)} ({recipe.optimizer})"
    )


def run(arguments: argparse.Namespace) -> int:
    """Train a network on a data set, and say how well it does on what was held out."""
    done = _epochs_behind(arguments)
    if arguments.balance and arguments.task == "regression":
        raise ValueError("--balance makes classes count alike, --task regression has none: leave one out")
    data, recipe = data_and_recipe(arguments)
    lesson = prepare(data, recipe, balance=arguments.balance, rng=arguments.seed)
    if arguments.resume:
        _refuse_another(arguments, lesson)
        say(f"goes on from epoch {done}")
    _introduce(lesson)
    plots = () if lacking("matplotlib", f"so {' and '.join(PLOTS)} will not be drawn") else PLOTS
    comparison = lesson.agreement()
    say(f"on {counted(min(20, len(lesson.rows)), 'real example')}: {comparison}\n")
    if not comparison.agree:
        return 1
    with folder_for(arguments.out, data.name) as folder, _how_to_go_on(folder):
        history, seconds = _train(arguments, lesson, folder)
        if len(history) > done:
            E = "E, penalty included," if recipe.l2 else "E"
            walked = f"{E} {told(history.E[0])} → {told(history.E[-1])}"
            say(f"trained by the {arguments.route} route in {seconds:.1f} s: {walked}")
            if history.falling:
                say("E was still falling when the training ended: more --epochs may help")
        else:
            say(f"no epoch was trained: the checkpoint is after epoch {done}, --epochs asks for {recipe.epochs}")
        say(f"{verdict(lesson)}\n")
        if len(history) == done and (folder / "model.npz").exists():
            say(f"the files in {folder} stay as they are")
            return 0
        _write(lesson, history, folder, plots)
        wrote(folder, [*plots, *OTHERS, CHECKPOINT])
    return 0


def _introduce(lesson: Lesson) -> None:
    """The data, the network, and how it will be trained."""
    data, network = lesson.data, MLP.from_matrix(lesson.model.network)
    n_nodes = sum(2 * i * o + 3 * o for i, o in zip(network.sizes, network.sizes[1:], strict=False))
    what = counted(len(data.classes), "class", "classes") if data.classes else f"a regression of {data.target}"
    examples, parameters = counted(len(lesson.rows), "example"), counted(len(network.parameters()), "parameter")
    say(f"{data.name}: {examples} to train on, {len(lesson.held_out)} held out, {what}")
    for note in lesson.notes():
        say(note)
    say(f"{network}: {parameters}, a graph of about {n_nodes} scalar nodes per example")
    say(f"{settings(lesson)}\n")


def _train(arguments: argparse.Namespace, lesson: Lesson, folder: Path) -> tuple[History, float]:
    """The history of the training, and how long it took."""
    checkpoint = Checkpoint(folder / CHECKPOINT, arguments.save_every, resume=arguments.resume)
    progress = True if bar_is_seen() else plain_progress(lesson.recipe.epochs)
    start = time.perf_counter()
    with _few_threads(lesson.model.network.n_parameters):
        history = learn(lesson, route=arguments.route, checkpoint=checkpoint, progress=progress)
    return history, time.perf_counter() - start


@contextmanager
def _how_to_go_on(folder: Path) -> Iterator[None]:
    """Inside, Ctrl-C says how to go on, if there is a checkpoint to go on from."""
    try:
        yield
    except KeyboardInterrupt as stopped:
        if not (folder / CHECKPOINT).exists():
            raise
        said, done = stopped if stopped.args else "stopped", epochs_done(folder / CHECKPOINT)
        raise KeyboardInterrupt(
            f"{said}; the same command with --resume --out {folder} goes on from epoch {done}"
        ) from None


def _write(lesson: Lesson, history: History, folder: Path, plots: tuple[str, ...]) -> None:
    """What was learned, and how, in files."""
    from ..drawing import draw_curves, draw_gradient_norms

    save(folder / "model.npz", lesson.model)
    history.save(folder / "history.csv")
    if plots:
        title = f"{lesson.data.name}, {counted(lesson.model.network.n_parameters, 'parameter')}"
        draw_curves(history, folder / "loss.svg", title=title)
        draw_gradient_norms(history, folder / "gradients.svg")


def _few_threads(n_parameters: int) -> AbstractContextManager[Any]:
    """One thread for NumPy's matrix products, if they are small: several would wait for each other more than they work.

    On two cores, 37,500 rows of 20 numbers took two and a half times as long with two threads. threadpoolctl comes with
    scikit-learn; without it, all threads stay.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return nullcontext() if n_parameters > 50_000 else threadpool_limits(1, "blas")


def _epochs_behind(arguments: argparse.Namespace) -> int:
    """How many epochs the training that is to be resumed has done; 0 of a new one, whose files have their place."""
    if not arguments.resume:
        names = [*PLOTS, *OTHERS, CHECKPOINT]
        refuse_taken_in(arguments.out, names, arguments.overwrite, "--resume goes on from the checkpoint")
        return 0
    if arguments.overwrite:
        raise ValueError("--resume goes on with what is there, --overwrite starts anew: leave one out")
    if arguments.out is None:
        raise ValueError("--resume goes on from a folder: name it with --out")
    if not (arguments.out / CHECKPOINT).exists():
        raise ValueError(f"there is no {CHECKPOINT} in {arguments.out} to go on from; start anew without --resume")
    return epochs_done(arguments.out / CHECKPOINT)


def _refuse_another(arguments: argparse.Namespace, lesson: Lesson) -> None:
    """Refuse the checkpoint of another training before much is said: a copy goes on from it, for no epoch."""
    model, recipe = replace(lesson.model, network=deepcopy(lesson.model.network)), lesson.recipe.but(epochs=0)
    trial = replace(lesson, model=model, recipe=recipe, rng=deepcopy(lesson.rng))
    with warnings.catch_warnings():  # the training itself warns
        warnings.simplefilter("ignore")
        learn(
            trial, route=arguments.route, checkpoint=Checkpoint(arguments.out / CHECKPOINT, resume=True), progress=False
        )
