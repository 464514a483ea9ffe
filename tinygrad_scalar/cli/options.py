"""What several commands take: a network or a saved model, a table, numbers."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..activations import ACTIVATIONS
from ..data.sets import DATA_SETS
from ..losses import LOSSES
from .terminal import Help

SIGMAS = f"of the hidden layers: {', '.join(ACTIVATIONS)}"
DATA = f"{', '.join(DATA_SETS)}, or a CSV file"
NAMES = f"one of {', '.join(sorted(LOSSES))}"
FAREWELL = (
    "exit codes: 0 all is well; 1 the gradients do not agree, or training diverged; 2 the command can't be done; 130 "
    "stopped by Ctrl-C"
)


def new_command(
    subparsers: Any, name: str, run: Callable[[argparse.Namespace], int], words: str, description: str
) -> argparse.ArgumentParser:
    """A command of that name, which `run` carries out."""
    command: argparse.ArgumentParser = subparsers.add_parser(
        name, help=words, description=description, epilog=FAREWELL, formatter_class=Help
    )
    command.set_defaults(run=run)
    return command


def add_network(command: argparse.ArgumentParser, sizes: list[int], loss: str, activation: str = "tanh") -> None:
    """A trained model and its data, or how a random network is made; what is not given is None.

    `usual_sizes`, `usual_loss` and `usual_activation` are those of a random network for random examples.
    """
    command.add_argument(
        "model", nargs="?", metavar="MODEL", help="the model.npz that train has written (a random network)"
    )
    command.add_argument(
        "data", type=source, nargs="?", metavar="DATA", help=f"examples: {DATA} (random ones); also without a MODEL"
    )
    add_table(command)
    default = ",".join(map(str, sizes))
    command.add_argument("--sizes", type=numbers, metavar="N,N,…", help=f"d_0, d_1, …, d_L ({default})")
    command.add_argument("--activation", choices=ACTIVATIONS, metavar="σ", help=f"{SIGMAS} ({activation})")
    command.add_argument(
        "--output", choices=(*ACTIVATIONS, "softmax"), metavar="σ", help="of the output (what suits the loss)"
    )
    command.add_argument("--loss", choices=sorted(LOSSES), metavar="ℒ", help=f"{NAMES} ({loss})")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="decides weights and examples (%(default)s)")
    command.set_defaults(usual_sizes=sizes, usual_loss=loss, usual_activation=activation)


def add_example(command: argparse.ArgumentParser, name: str = "example") -> None:
    """Which example goes through the network, first or alone; `name` is the attribute."""
    command.add_argument(
        "--example", dest=name, type=count, default=1, metavar="N", help="which one, from 1 (%(default)s)"
    )


def add_table(command: argparse.ArgumentParser) -> None:
    """How a CSV file is read."""
    command.add_argument("--target", metavar="COLUMN", help="of a CSV file: name, or number from 1 (the last column)")
    command.add_argument("--task", choices=["classification", "regression"], help="of a CSV file (guessed)")
    command.add_argument("--columns", metavar="COLUMN,…", help="the inputs (all columns but the target)")
    command.add_argument("--drop", metavar="COLUMN,…", help="columns to leave out")
    add_header(command)


def add_header(command: argparse.ArgumentParser) -> None:
    """What a CSV file is written in, and whether it has a header."""
    command.add_argument("--encoding", metavar="NAME", help="of a CSV file, such as cp1252 of Excel (utf-8)")
    command.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether the first row of a CSV file holds the names of the columns (guessed)",
    )


def add_folder(command: argparse.ArgumentParser, what: str = "files") -> None:
    """Where the files go."""
    command.add_argument("--out", type=Path, metavar="FOLDER", help=f"where the {what} go (a new folder under runs/)")
    add_overwrite(command)


def add_overwrite(command: argparse.ArgumentParser) -> None:
    """Whether files that are there may be replaced."""
    command.add_argument("--overwrite", action="store_true", help="replace files that are there already")


def source(text: str) -> str:
    """The name of a data set, or the path of a file that exists."""
    if text not in DATA_SETS and not Path(text).exists():
        raise argparse.ArgumentTypeError(f"{text!r} is no file, and none of the data sets {', '.join(DATA_SETS)}")
    return text


def numbers(text: str) -> list[int]:
    """Whole numbers from 1, with commas between them."""
    return [count(part) for part in text.split(",")]


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.strip().isdecimal() or len(text) > 12 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 1")
    return int(text)
