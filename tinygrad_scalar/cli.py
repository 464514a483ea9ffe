"""The command line: train a network on data, use it on more, and check that its gradients are right."""

import argparse
import csv
import io
import os
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from . import __version__
from .checking import compare_gradients
from .data import DATA_SETS, DataSet, one_hot
from .initializers import random_source
from .learning import RECIPES, Recipe, learn, prepare
from .losses import LOSSES
from .models import load, replacing, save
from .nn import ACTIVATIONS, MLP
from .objective import ROUTES
from .reports import few, plain_progress, span, verdict
from .tables import read
from .training import DivergenceError

SETTINGS = ("hidden", "activation", "epochs", "batch_size", "learning_rate", "momentum", "l2")  # of a Recipe
SIGMAS = f"of the hidden layers: {', '.join(ACTIVATIONS)}"
NAMES = f"one of {', '.join(sorted(LOSSES))}"
FAREWELL = "exit codes: 0 all is well; 1 the gradients do not agree, or training diverged; 2 the command can't be done"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *where: print(f"tinygrad-scalar: note: {message}", file=sys.stderr)
            code = int(arguments.run(arguments))
            sys.stdout.flush()
            return code
    except BrokenPipeError:  # the reader of our output has seen enough; nobody hears what is still in the buffer
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except DivergenceError as error:
        print(f"tinygrad-scalar: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError, ImportError) as error:
        print(f"tinygrad-scalar: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tinygrad-scalar: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tinygrad-scalar", description=__doc__, epilog=FAREWELL)
    parser.add_argument("--version", action="version", version=f"tinygrad_scalar {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train",
        help="train a network on a data set",
        description="Build a network from scalar operations, show that its scalar and its matrix gradient agree on "
        "real examples, train it, and test it on held-out examples. Loss curve, model and history go to a folder.",
        epilog=FAREWELL,
    )
    train.add_argument("data", type=_source, metavar="DATA", help=f"{', '.join(DATA_SETS)}, or a CSV file")
    train.add_argument("--target", metavar="COLUMN", help="of a CSV file: name, or number from 1 (the last column)")
    train.add_argument("--task", choices=["classification", "regression"], help="of a CSV file (guessed)")
    _add_header(train)
    train.add_argument("--balance", action="store_true", help="weigh the examples so that all classes count alike")
    recipe, tuned = Recipe(), ", ".join(name for name in RECIPES if RECIPES[name].l2 == 10.0)
    train.add_argument("--hidden", type=_sizes, metavar="N,N,…", help="neurons in each hidden layer (32)")
    train.add_argument("--activation", choices=ACTIVATIONS, metavar="σ", help=f"{SIGMAS} ({recipe.activation})")
    train.add_argument(
        "--epochs", type=_count, metavar="N", help=f"how often each example is seen ({recipe.epochs}; moons 100)"
    )
    train.add_argument("--batch-size", type=_count, metavar="N", help=f"examples per step ({recipe.batch_size})")
    train.add_argument("--learning-rate", type=float, metavar="η", help=f"step size ({recipe.learning_rate})")
    train.add_argument("--momentum", type=float, metavar="μ", help=f"share of the last step ({recipe.momentum})")
    train.add_argument("--l2", type=float, metavar="λ", help=f"adds (λ/2M) Σ w² to E ({recipe.l2}; {tuned} 10)")
    train.add_argument("--route", choices=ROUTES, default="matrix", help="what computes the gradients (%(default)s)")
    train.add_argument(
        "--seed", type=int, default=0, metavar="N", help="same seed, same numbers, to the bit (%(default)s)"
    )
    train.add_argument("--out", type=Path, metavar="FOLDER", help="where the files go (a new folder under runs/)")
    train.set_defaults(run=_train)

    predict = commands.add_parser(
        "predict",
        help="use a trained model on a CSV file",
        description="Write a CSV file with a prediction for each row, and of classes all outputs. Columns are found by "
        "name, in any order and among others, if the model and the file have names; else by position.",
        epilog=FAREWELL,
    )
    predict.add_argument("model", type=Path, metavar="MODEL", help="the model.npz that train has written")
    predict.add_argument("file", type=Path, metavar="FILE", help="a CSV file")
    _add_header(predict)
    predict.add_argument("--out", type=Path, metavar="FILE", help="where the predictions go (to standard output)")
    predict.set_defaults(run=_predict)

    check = commands.add_parser(
        "check",
        help="compare the gradients of all routes on a small network",
        description="Compute the gradient of a random network by scalars, by matrices and by central differences, "
        "and compare them entry by entry. The exit code says whether they agree.",
        epilog=FAREWELL,
    )
    check.add_argument("--sizes", type=_sizes, default=[3, 5, 2], metavar="N,N,…", help="d_0, d_1, …, d_L (3,5,2)")
    check.add_argument("--activation", choices=ACTIVATIONS, default="tanh", metavar="σ", help=f"{SIGMAS} (%(default)s)")
    check.add_argument(
        "--output", choices=(*ACTIVATIONS, "softmax"), metavar="σ", help="of the output (what suits the loss)"
    )
    check.add_argument(
        "--loss", choices=sorted(LOSSES), default="cross_entropy", metavar="ℒ", help=f"{NAMES} (%(default)s)"
    )
    check.add_argument("--examples", type=_count, default=5, metavar="N", help="how many random examples (%(default)s)")
    check.add_argument("--seed", type=int, default=0, metavar="N", help="decides weights and examples (%(default)s)")
    check.set_defaults(run=_check)
    return parser


def _add_header(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether the first row of a CSV file holds the names of the columns (guessed)",
    )


def _source(text: str) -> str:
    if text not in DATA_SETS and not Path(text).exists():
        raise argparse.ArgumentTypeError(f"{text!r} is no file, and none of the data sets {', '.join(DATA_SETS)}")
    return text


def _sizes(text: str) -> list[int]:
    return [_count(part) for part in text.split(",")]


def _count(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _train(arguments: argparse.Namespace) -> int:
    from .drawing import draw_curves

    data, recipe = _data(arguments)
    given = {name: getattr(arguments, name) for name in SETTINGS if getattr(arguments, name) is not None}
    lesson = prepare(data, replace(recipe, **given), balance=arguments.balance, rng=arguments.seed)
    network, epochs = lesson.model.network.to_scalar(), lesson.recipe.epochs
    n_nodes = sum(2 * i * o + 3 * o for i, o in zip(network.sizes, network.sizes[1:], strict=False))
    what = f"{len(data.classes)} classes" if data.classes else f"a regression of {data.target}"
    print(f"{data.name}: {len(lesson.rows)} examples to train on, {len(lesson.held_out)} held out, {what}")
    print(f"{network}: {len(network.parameters())} parameters, a graph of about {n_nodes} scalar nodes per example\n")

    comparison = lesson.agreement()
    print(f"on {min(20, len(lesson.rows))} real examples: {comparison}\n")
    if not comparison.agree:
        return 1

    start, progress = time.perf_counter(), True if sys.stderr.isatty() else plain_progress(epochs)
    history = learn(lesson, route=arguments.route, progress=progress)
    seconds = time.perf_counter() - start
    print(f"trained by the {arguments.route} route in {seconds:.1f} s: E {history.E[0]:.4f} → {history.E[-1]:.4f}")
    print(f"{verdict(lesson)}\n")

    folder = _folder(arguments.out, data.name)
    save(folder / "model.npz", lesson.model)
    history.save(folder / "history.csv")
    draw_curves(history, folder / "loss.svg", title=f"{data.name}, {len(network.parameters())} parameters")
    print(f"wrote loss.svg, history.csv and model.npz to {folder}")
    return 0


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


def _predict(arguments: argparse.Namespace) -> int:
    model, table = load(arguments.model), read(arguments.file, arguments.header)
    rows = model.table(table.numbers(model.match(table.header, table.width)))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    print(table, file=sys.stderr)
    if arguments.out is None:
        sys.stdout.writelines(io.StringIO(text.getvalue()))
        return 0
    with replacing(arguments.out) as file:
        file.write(text.getvalue().encode())
    print(f"wrote {len(rows) - 1} predictions to {arguments.out}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    rng = random_source(arguments.seed)
    suits = {"cross_entropy": "softmax", "binary_cross_entropy": "logistic"}
    output = arguments.output or suits.get(arguments.loss, "identity")
    if len(arguments.sizes) < 2:
        raise ValueError("--sizes takes two numbers at least: the inputs and the outputs")
    d, *sizes = arguments.sizes
    mlp = MLP(d, sizes, arguments.activation, output, rng=rng)
    X = np.array([[rng.gauss(0.0, 1.0) for _ in range(d)] for _ in range(arguments.examples)])
    classes = np.array([rng.randrange(max(sizes[-1], 2)) for _ in range(arguments.examples)])
    Y = one_hot(classes, sizes[-1]) if sizes[-1] > 1 else classes[:, None].astype(float)
    if arguments.loss == "max_margin":
        Y = 2.0 * Y - 1.0
    print(f"{mlp}, {arguments.loss}, {arguments.examples} random examples\n")
    comparison = compare_gradients(mlp, X, Y, arguments.loss)
    print(comparison)
    return 0 if comparison.agree else 1


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
