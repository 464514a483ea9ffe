"""`play`: an example goes through a network and back, on a page on which every number can be changed."""

import argparse
from pathlib import Path
from typing import Any

from ..arguments import random_source
from .examples import network_and_examples
from .options import add_network, add_overwrite, new_command
from .results import refuse_taken
from .terminal import say

MOST = 60  # examples to choose from


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "play",
        run,
        "make a page that plays the forward and the backward pass",
        "Take examples through a small random network, or through a trained model, and write a page that plays both "
        "passes by node, neuron or layer, with the arithmetic of each step; every number can be changed, and the page "
        "follows. It needs nothing but a browser.",
    )
    add_network(command, [2, 2, 1], "half_squared_error")
    command.add_argument("--out", type=Path, default=Path("backprop.html"), metavar="FILE.html", help="(%(default)s)")
    add_overwrite(command)


def run(arguments: argparse.Namespace) -> int:
    """Write a page that plays both passes."""
    from ..drawing import play

    refuse_taken([arguments.out], arguments.overwrite)
    arguments.examples = None if arguments.data else MOST
    network, X, Y, loss = network_and_examples(arguments, random_source(arguments.seed))
    rows = slice(None, None, -(-len(X) // MOST))  # all over the data, which may be sorted
    player = play(network, X[rows], Y[rows], loss)
    player.save(arguments.out)
    say(f"wrote {arguments.out}: {len(player.told['graph']):,} nodes; open it in a browser")
    return 0
