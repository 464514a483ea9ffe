"""The command line: train a network, use it, check that its gradients are right, and see them come about."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from .. import __version__
from ..activations import ACTIVATIONS
from ..data.sets import DATA_SETS
from ..losses import LOSSES
from ..objective import ROUTES
from ..training.fit import DivergenceError
from ..training.lessons import OPTIMIZERS, RECIPES, Recipe
from ..training.races import PROBLEMS
from . import commands, pictures

SIGMAS = f"of the hidden layers: {', '.join(ACTIVATIONS)}"
DATA = f"{', '.join(DATA_SETS)}, or a CSV file"
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
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f"tinygrad-scalar: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stopped:
        print(f"tinygrad-scalar: {stopped or 'stopped'}", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tinygrad-scalar", description=__doc__, epilog=FAREWELL)
    parser.add_argument("--version", action="version", version=f"tinygrad_scalar {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND")
    parser.set_defaults(run=commands.tour, out=None)

    tour = subparsers.add_parser(
        "tour",
        help="two minutes that show what there is; without any command, this",
        description="From one derivative to a trained network, with pictures and a page that plays backpropagation.",
        epilog=FAREWELL,
    )
    tour.add_argument("--out", type=Path, metavar="FOLDER", help="where the pictures go (a new folder under runs/)")
    tour.set_defaults(run=commands.tour)

    train = subparsers.add_parser(
        "train",
        help="train a network on a data set",
        description="Build a network from scalar operations, show that its scalar and its matrix gradient agree on "
        "real examples, train it, and test it on held-out examples. Loss curve, model and history go to a folder.",
        epilog=FAREWELL,
    )
    train.add_argument("data", type=_source, metavar="DATA", help=DATA)
    _add_table(train)
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
    train.add_argument(
        "--optimizer", choices=OPTIMIZERS, metavar="NAME", help=f"{', '.join(OPTIMIZERS)} ({recipe.optimizer})"
    )
    train.add_argument("--route", choices=ROUTES, default="replay", help="what computes the gradients (%(default)s)")
    train.add_argument(
        "--seed", type=int, default=0, metavar="N", help="same seed, same numbers, to the bit (%(default)s)"
    )
    train.add_argument("--out", type=Path, metavar="FOLDER", help="where the files go (a new folder under runs/)")
    train.add_argument(
        "--save-every", type=_count, default=10, metavar="N", help="epochs between checkpoints (%(default)s)"
    )
    train.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder of --out")
    train.set_defaults(run=commands.train)

    predict = subparsers.add_parser(
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
    predict.set_defaults(run=commands.predict)

    race = subparsers.add_parser(
        "race",
        help="let all optimisers start at the same θ",
        description="Minimise one problem with every optimiser, from the same start and with the same number of "
        "gradients each. A table goes to standard output, race.svg and race.csv to a folder.",
        epilog=FAREWELL,
    )
    race.add_argument("problem", choices=PROBLEMS, help="what to minimise, the digits and the moons in full batch")
    race.add_argument("--gradients", type=_count, default=50, metavar="N", help="how many each may spend (%(default)s)")
    race.add_argument("--out", type=Path, metavar="FOLDER", help="where the files go (a new folder under runs/)")
    race.set_defaults(run=commands.race)

    check = subparsers.add_parser(
        "check",
        help="compare the gradients of all routes",
        description="Compute the gradient of a random network, or of a trained model, by scalars, by their replay, by "
        "matrices, by central differences, by the complex step and by JAX, and compare them entry by entry. The exit "
        "code says whether they agree.",
        epilog=FAREWELL,
    )
    _add_network(check, [3, 5, 2], "cross_entropy")
    check.add_argument("--examples", type=_count, default=5, metavar="N", help="how many random examples (%(default)s)")
    check.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw the error of central differences over their step"
    )
    check.set_defaults(run=commands.check)

    draw = subparsers.add_parser(
        "draw",
        help="draw a network, its graph or one of its neurons",
        description="Take one example through a random network, or through a trained model, forward and backward, and "
        "draw what the passes left: every node of the graph with its value and gradient, or a figure of the text's.",
        epilog=FAREWELL,
    )
    _add_network(draw, [2, 2, 1], "half_squared_error")
    draw.add_argument("--what", choices=pictures.KINDS, default="graph", help="the picture (%(default)s)")
    draw.add_argument("--detail", choices=["node", "neuron", "layer"], help="of a graph (what can be read)")
    draw.add_argument("--layer", type=_count, metavar="N", help="of the neuron, from 1 (1)")
    draw.add_argument("--neuron", type=_count, metavar="N", help="in its layer, from 1 (1)")
    draw.add_argument("--out", type=Path, metavar="FILE.svg", help="where it goes (graph.svg, network.svg, …)")
    draw.set_defaults(run=pictures.draw, examples=1)

    play = subparsers.add_parser(
        "play",
        help="make a page that plays the forward and the backward pass",
        description="Take one example through a small random network, or through a trained model, and write a page "
        "that plays both passes, a node at a time, with the arithmetic of each step. It needs nothing but a browser.",
        epilog=FAREWELL,
    )
    _add_network(play, [2, 2, 1], "half_squared_error")
    play.add_argument("--out", type=Path, default=Path("backprop.html"), metavar="FILE.html", help="(%(default)s)")
    play.set_defaults(run=pictures.play, examples=1)
    return parser


def _add_network(command: argparse.ArgumentParser, sizes: list[int], loss: str) -> None:
    """A trained model and its data, or how a random network is made."""
    command.add_argument("model", type=Path, nargs="?", metavar="MODEL", help="the model.npz that train has written")
    command.add_argument("data", type=_source, nargs="?", metavar="DATA", help=f"its examples: {DATA} (random ones)")
    _add_table(command)
    default = ",".join(map(str, sizes))
    command.add_argument("--sizes", type=_sizes, default=sizes, metavar="N,N,…", help=f"d_0, d_1, …, d_L ({default})")
    command.add_argument(
        "--activation", choices=ACTIVATIONS, default="tanh", metavar="σ", help=f"{SIGMAS} (%(default)s)"
    )
    command.add_argument(
        "--output", choices=(*ACTIVATIONS, "softmax"), metavar="σ", help="of the output (what suits the loss)"
    )
    command.add_argument("--loss", choices=sorted(LOSSES), default=loss, metavar="ℒ", help=f"{NAMES} (%(default)s)")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="decides weights and examples (%(default)s)")


def _add_table(command: argparse.ArgumentParser) -> None:
    command.add_argument("--target", metavar="COLUMN", help="of a CSV file: name, or number from 1 (the last column)")
    command.add_argument("--task", choices=["classification", "regression"], help="of a CSV file (guessed)")
    _add_header(command)


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
