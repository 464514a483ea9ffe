"""`play`: one example goes through a network and back, on a page that plays both passes."""

import argparse
from pathlib import Path
from typing import Any

from .examples import passes
from .options import add_network, new_command


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "play",
        run,
        "make a page that plays the forward and the backward pass",
        "Take one example through a small random network, or through a trained model, and write a page "
        "that plays both passes, a node at a time, with the arithmetic of each step. It needs nothing but a browser.",
    )
    add_network(command, [2, 2, 1], "half_squared_error")
    command.add_argument("--out", type=Path, default=Path("backprop.html"), metavar="FILE.html", help="(%(default)s)")
    command.set_defaults(examples=1)


def run(arguments: argparse.Namespace) -> int:
    """Write a page that plays both passes."""
    from ..drawing import play

    player = play(passes(arguments)[1])
    player.save(arguments.out)
    print(f"wrote {arguments.out}: {len(player.told['graph']):,} nodes; open it in a browser")
    return 0
