"""`play`: an example goes through a network and back, on a page on which every number can be changed."""

import argparse
from pathlib import Path
from typing import Any

from ..arguments import random_source
from .examples import network_and_examples, settle, target_names
from .options import add_example, add_network, add_overwrite, new_command
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
    command.add_argument(
        "--detail", choices=["node", "neuron", "layer"], help="what a card stands for (what can be read)"
    )
    command.add_argument("--out", type=Path, default=Path("backprop.html"), metavar="FILE.html", help="(%(default)s)")
    add_example(command, "first")
    add_overwrite(command)


def run(arguments: argparse.Namespace) -> int:
    """Write a page that plays both passes."""
    from ..drawing import play

    settle(arguments)
    refuse_taken([arguments.out], arguments.overwrite)
    first = arguments.first - 1
    arguments.examples = None if arguments.data else max(MOST, arguments.first)
    given = network_and_examples(arguments, random_source(arguments.seed))
    n = len(given.X)
    if first >= n:
        raise ValueError(f"there is no example {first + 1}: {arguments.data or arguments.model} has {n} examples")
    rows = [(first + k) % n for k in range(0, n, -(-n // MOST))]  # all over the data, which may be sorted
    X, Y = given.X[rows], given.Y[rows]
    player = play(
        given.network, X, Y, given.loss, inputs=given.columns, targets=target_names(given), detail=arguments.detail
    )
    player.save(arguments.out)
    say(f"wrote {arguments.out}: {len(player.told['graph']):,} nodes; open it in a browser")
    return 0
