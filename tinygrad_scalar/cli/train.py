"""`train`: a network learns a data set, and is tested on what was held out."""

import argparse
import sys
import time
from typing import Any

from ..activations import ACTIVATIONS
from ..nn import MLP
from ..objective import ROUTES
from ..optimizers.names import OPTIMIZERS
from ..training.checkpoints import Checkpoint, epochs_done
from ..training.lessons import RECIPES, Recipe, learn, prepare
from ..training.models import save
from .examples import data_and_recipe
from .options import DATA, SIGMAS, add_folder, add_table, count, folder_for, new_command, numbers, source
from .reports import plain_progress, verdict

SETTINGS = (
    "hidden",
    "activation",
    "epochs",
    "batch_size",
    "learning_rate",
    "momentum",
    "l2",
    "optimizer",
)  # of a Recipe
CHECKPOINT = "checkpoint.npz"


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
    command.add_argument("--batch-size", type=count, metavar="N", help=f"examples per step ({recipe.batch_size})")
    command.add_argument("--learning-rate", type=float, metavar="η", help=f"step size ({rates})")
    command.add_argument("--momentum", type=float, metavar="μ", help=f"share of the last step ({recipe.momentum})")
    command.add_argument("--l2", type=float, metavar="λ", help=f"adds (λ/2M) Σ w² to E ({recipe.l2}; {tuned} 10)")
    command.add_argument(
        "--optimizer", choices=OPTIMIZERS, metavar="NAME", help=f"{', '.join(OPTIMIZERS)} ({recipe.optimizer})"
    )


def run(arguments: argparse.Namespace) -> int:
    """Train a network on a data set, and say how well it does on what was held out."""
    from ..drawing import draw_curves, draw_gradient_norms

    data, recipe = data_and_recipe(arguments)
    given = {name: getattr(arguments, name) for name in SETTINGS if getattr(arguments, name) is not None}
    lesson = prepare(data, recipe.but(**given), balance=arguments.balance, rng=arguments.seed)
    network, epochs = MLP.from_matrix(lesson.model.network), lesson.recipe.epochs
    n_nodes = sum(2 * i * o + 3 * o for i, o in zip(network.sizes, network.sizes[1:], strict=False))
    what = f"{len(data.classes)} classes" if data.classes else f"a regression of {data.target}"
    print(f"{data.name}: {len(lesson.rows)} examples to train on, {len(lesson.held_out)} held out, {what}")
    print(f"{network}: {len(network.parameters())} parameters, a graph of about {n_nodes} scalar nodes per example\n")

    comparison = lesson.agreement()
    print(f"on {min(20, len(lesson.rows))} real examples: {comparison}\n")
    if not comparison.agree:
        return 1

    done = _epochs_behind(arguments)
    folder = folder_for(arguments.out, data.name)
    checkpoint = Checkpoint(folder / CHECKPOINT, arguments.save_every, resume=arguments.resume)
    start, progress = time.perf_counter(), True if sys.stderr.isatty() else plain_progress(epochs)
    history = learn(lesson, route=arguments.route, checkpoint=checkpoint, progress=progress)
    seconds = time.perf_counter() - start
    if len(history) > done:
        print(f"trained by the {arguments.route} route in {seconds:.1f} s: E {history.E[0]:.4f} → {history.E[-1]:.4f}")
        if history.falling:
            print("E was still falling when the training ended: more --epochs may help")
    else:
        print(f"no epoch was trained: the checkpoint is after epoch {done}, --epochs asks for {epochs}")
    print(f"{verdict(lesson)}\n")

    if len(history) == done and (folder / "model.npz").exists():
        print(f"the files in {folder} stay as they are")
        return 0
    save(folder / "model.npz", lesson.model)
    history.save(folder / "history.csv")
    draw_curves(history, folder / "loss.svg", title=f"{data.name}, {len(network.parameters())} parameters")
    draw_gradient_norms(history, folder / "gradients.svg")
    print(f"wrote loss.svg, gradients.svg, history.csv and model.npz to {folder}")
    return 0


def _epochs_behind(arguments: argparse.Namespace) -> int:
    """How many epochs the training that is to be resumed has done; 0 of a new one."""
    if not arguments.resume:
        return 0
    if arguments.out is None:
        raise ValueError("--resume goes on from a folder: name it with --out")
    if not (arguments.out / CHECKPOINT).exists():
        raise ValueError(f"there is no {CHECKPOINT} in {arguments.out} to go on from; start anew without --resume")
    done = epochs_done(arguments.out / CHECKPOINT)
    print(f"goes on from epoch {done}")
    return done
