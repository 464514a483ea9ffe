"""`worksheet`: both passes as a sheet for paper, with blanks to fill in and the solutions."""

import argparse
from pathlib import Path
from typing import Any

from .examples import passes, settle
from .options import add_example, add_network, add_overwrite, count, new_command
from .results import refuse_taken
from .terminal import say


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "worksheet",
        run,
        "make sheets for paper: both passes with blanks, and the solutions",
        "Write a page to print: the graph of one example, a line with blanks for each step of both passes, and the "
        "solutions. Inputs and weights have one or two digits, so that all can be done by hand; --count 30 makes "
        "thirty sheets of the same steps with other numbers.",
    )
    add_network(command, [2, 2, 1], "half_squared_error", "relu")
    command.add_argument("--count", type=count, default=1, metavar="N", help="sheets, of the seeds from --seed on (1)")
    command.add_argument("--paper", choices=["a4", "letter"], default="a4", help="what it is printed on (%(default)s)")
    command.add_argument(
        "--tidy",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="choose short numbers (yes, but for a trained model)",
    )
    command.add_argument("--out", type=Path, default=Path("worksheet.html"), metavar="FILE.html", help="(%(default)s)")
    add_example(command)
    add_overwrite(command)
    command.set_defaults(seed=1)


def run(arguments: argparse.Namespace) -> int:
    """Write a page of worksheets."""
    from ..drawing import worksheet

    settle(arguments)
    refuse_taken([arguments.out], arguments.overwrite)
    tidy = not arguments.model if arguments.tidy is None else arguments.tidy
    E = passes(arguments)[1]
    seed = arguments.seed if tidy else None
    page = worksheet(E, tidy=tidy, seed=seed, count=arguments.count, paper=arguments.paper)
    page.save(arguments.out)
    sheets = f"{arguments.count} sheets" if arguments.count > 1 else "a sheet"
    say(f"wrote {arguments.out}: {sheets} and solutions; open it in a browser and print it")
    return 0
