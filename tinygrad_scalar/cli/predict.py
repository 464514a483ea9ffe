"""`predict`: a trained model answers for the rows of a CSV file."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..arguments import counted
from ..arrays import Array
from ..data.csv_files import read
from ..data.files import csv_text, write_csv
from ..data.sets import DATA_SETS
from ..training.models import Model, load
from .options import DATA, add_header, add_overwrite, new_command, source
from .results import refuse_taken
from .terminal import lacks, say


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "predict",
        run,
        "use a trained model on a CSV file, or on the data that it comes from",
        "Write a CSV file with a prediction for each row, and of classes all outputs. Columns are found by "
        "name, in any order and among others, if the model and the file have names; else by position.",
    )
    command.add_argument("model", type=Path, metavar="MODEL", help="the model.npz that train has written")
    command.add_argument("data", type=source, metavar="DATA", help=DATA)
    add_header(command)
    command.add_argument("--out", type=Path, metavar="FILE", help="where the predictions go (to standard output)")
    add_overwrite(command)


def run(arguments: argparse.Namespace) -> int:
    """Use a trained model on a CSV file, or on a bundled data set."""
    if arguments.data in DATA_SETS and (arguments.header is not None or arguments.encoding):
        raise ValueError(f"--header and --encoding are for CSV files; {arguments.data} needs none")
    if arguments.out is not None:
        refuse_taken([arguments.out], arguments.overwrite)
    model = load(arguments.model)
    X = _inputs(arguments, model)
    for note in model.encoding.notes(X, model.columns):
        say(note, file=sys.stderr)
    rows = model.table(X)
    if arguments.out is None:
        lines = [csv_text([row]) for row in rows]
        if lacks(sys.stdout, "".join(lines)):
            say(
                f"{sys.stdout.encoding} lacks letters of the names, they are replaced: --out keeps them",
                file=sys.stderr,
            )
        sys.stdout.writelines(lines)
        return 0
    write_csv(arguments.out, rows)
    say(f"wrote {counted(len(rows) - 1, 'prediction')} to {arguments.out}")
    return 0


def _inputs(arguments: argparse.Namespace, model: Model) -> Array:
    """The columns that the model takes, in its order."""
    if arguments.data in DATA_SETS:
        return model.columns_of(DATA_SETS[arguments.data]())
    table = read(arguments.data, arguments.header, arguments.encoding or "utf-8")
    if arguments.header is None and model.columns and {*model.columns} <= {*table.rows[0]}:  # no numbers below to tell
        table = read(arguments.data, True, arguments.encoding or "utf-8")
    say(table, file=sys.stderr)
    return table.numbers(model.match(table.header, table.width), model.encoding.levels)
