"""What each command does: its answer goes to standard output, its exit code to the shell."""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np

from ..arguments import random_source
from ..arrays import Array
from ..checking.compare import compare_gradients, errors_by_step
from ..data.csv_files import read
from ..data.files import csv_text, write_csv
from ..data.sets import DATA_SETS, DataSet, one_hot
from ..losses import facts
from ..nn import MLP
from ..training.checkpoints import epochs_done
from ..training.fit import Checkpoint
from ..training.lessons import RECIPES, Recipe, learn, prepare
from ..training.models import load, save
from ..training.races import PROBLEMS, Race
from ..training.races import table as race_table
from . import tour as guided
from .reports import few, plain_progress, span, verdict

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


def train(arguments: argparse.Namespace) -> int:
    """Train a network on a data set, and say how well it does on what was held out."""
    from ..drawing import draw_curves, draw_gradient_norms

    data, recipe = _data(arguments)
    given = {name: getattr(arguments, name) for name in SETTINGS if getattr(arguments, name) is not None}
    lesson = prepare(data, replace(recipe, **given), balance=arguments.balance, rng=arguments.seed)
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
    folder = _folder(arguments.out, data.name)
    checkpoint = Checkpoint(folder / CHECKPOINT, arguments.save_every, resume=arguments.resume)
    start, progress = time.perf_counter(), True if sys.stderr.isatty() else plain_progress(epochs)
    history = learn(lesson, route=arguments.route, checkpoint=checkpoint, progress=progress)
    seconds = time.perf_counter() - start
    if len(history) > done:
        print(f"trained by the {arguments.route} route in {seconds:.1f} s: E {history.E[0]:.4f} → {history.E[-1]:.4f}")
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


def _data(arguments: argparse.Namespace) -> tuple[DataSet, Recipe]:
    """The data set that is asked for, and how to learn it."""
    if arguments.data in DATA_SETS:
        if any(option is not None for option in (arguments.target, arguments.task, arguments.header)):
            raise ValueError(f"--target, --task and --header are for CSV files; {arguments.data} needs none of them")
        return DATA_SETS[arguments.data](), RECIPES.get(arguments.data, Recipe())
    table = read(arguments.data, arguments.header)
    data = table.data_set(arguments.target, arguments.task)
    print(table)
    learned = f"{data.task} of {table.name(table.find(data.target))}"
    print(f"{learned}: {few(data.classes)}\n" if data.classes else f"{learned}, {span(data.targets)}\n")
    return data, Recipe()


def predict(arguments: argparse.Namespace) -> int:
    """Use a trained model on a CSV file."""
    model, table = load(arguments.model), read(arguments.file, arguments.header)
    rows = model.table(table.numbers(model.match(table.header, table.width)))
    print(table, file=sys.stderr)
    if arguments.out is None:
        sys.stdout.writelines(csv_text([row]) for row in rows)
        return 0
    write_csv(arguments.out, rows)
    print(f"wrote {len(rows) - 1} predictions to {arguments.out}")
    return 0


def race(arguments: argparse.Namespace) -> int:
    """Let all optimisers start at the same θ, and say how far each comes."""
    from ..drawing import draw_race

    contest = Race(PROBLEMS[arguments.problem](), arguments.gradients)
    E, n = contest.problem.objective(contest.problem.start)[0], len(contest.problem.start)
    print(f"{arguments.problem}: {n} parameters, E = {E:.4g} at the start, {contest.gradients} gradients each\n")
    laps = list(contest.run())
    print(race_table(laps, contest.gradients))
    folder = _folder(arguments.out, f"race-{arguments.problem}")
    draw_race(laps, folder / "race.svg", title=f"{arguments.problem}: E, the lowest so far, and the rate")
    lines = zip(range(contest.gradients + 1), *(lap.E for lap in laps), strict=True)
    write_csv(folder / "race.csv", [["gradients", *(lap.name for lap in laps)], *lines])
    print(f"\nwrote race.svg and race.csv to {folder}")
    return 0


def tour(arguments: argparse.Namespace) -> int:
    """Show what there is, in two minutes."""
    guided.tour(_folder(arguments.out, "tour"), guided.wait)
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Compare the gradients of a random network, or of a saved model."""
    rng = random_source(arguments.seed)
    network, X, Y, loss = network_and_examples(arguments, rng)
    comparison = compare_gradients(network, X, Y, loss)
    print(comparison)
    if arguments.plot:
        from ..drawing import draw_steps

        draw_steps(*errors_by_step(network, X, Y, loss), arguments.plot)
        print(f"wrote {arguments.plot}")
    return 0 if comparison.agree else 1


def network_and_examples(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """What the arguments name: a saved model and examples of its data, or a random network; and the loss."""
    return _saved(arguments, rng) if arguments.model else _random(arguments, rng)


def _random(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """A network with random weights, and random examples."""
    output = arguments.output or facts(arguments.loss).output or "identity"
    if len(arguments.sizes) < 2:
        raise ValueError("--sizes takes two numbers at least: the inputs and the outputs")
    d, *sizes = arguments.sizes
    mlp = MLP(d, sizes, arguments.activation, output, rng=rng)
    print(f"{mlp}, {arguments.loss}, {arguments.examples} random examples\n")
    return mlp, *_examples(d, sizes[-1], arguments.loss, arguments.examples, rng), arguments.loss


def _saved(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """A trained network, and the first examples of a data set, or random ones."""
    model = load(arguments.model)
    mlp = MLP.from_matrix(model.network)
    if arguments.data:
        X, Y = model.examples(_data(arguments)[0])
        X, Y, what = X[: arguments.examples], Y[: arguments.examples], f"examples of {arguments.data}"
    else:
        X, Y = _examples(mlp.sizes[0], mlp.sizes[-1], model.loss, arguments.examples, rng)
        what = "random examples"
    print(f"{arguments.model}: {mlp}, {model.loss}, {len(X)} {what}\n")
    return mlp, X, Y, model.loss


def _examples(d: int, P: int, loss: str, n: int, rng: Random) -> tuple[Array, Array]:
    """n random inputs from N(0, 1), and targets that suit the loss."""
    X = np.array([[rng.gauss(0.0, 1.0) for _ in range(d)] for _ in range(n)])
    classes = np.array([rng.randrange(max(P, 2)) for _ in range(n)])
    Y = one_hot(classes, P) if P > 1 else classes[:, None].astype(float)
    return X, 2.0 * Y - 1.0 if facts(loss).targets == "signs" else Y


def _folder(out: Path | None, name: str) -> Path:
    """The folder asked for, or a new one under runs/."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        return out
    Path("runs").mkdir(exist_ok=True)
    for k in range(1, 10_000):
        folder = Path("runs") / f"{name}-{k:03}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise ValueError("runs/ is full; name a folder with --out")
