"""`predict`: a trained model answers for the rows of a CSV file."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..data.csv_files import read
from ..data.files import csv_text, write_csv
from ..training.models import load
from .options import add_header, new_command


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "predict",
        run,
        "use a trained model on a CSV file",
        "Write a CSV file with a prediction for each row, and of classes all outputs. Columns are found by "
        "name, in any order and among others, if the model and the file have names; else by position.",
    )
    command.add_argument("model", type=Path, metavar="MODEL", help="the model.npz that train has written")
    command.add_argument("file", type=Path, metavar="FILE", help="a CSV file")
    add_header(command)
    command.add_argument("--out", type=Path, metavar="FILE", help="where the predictions go (to standard output)")


def run(arguments: argparse.Namespace) -> int:
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
