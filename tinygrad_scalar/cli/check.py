"""`check`: are the gradients of a network the same by every route?"""

import argparse
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..arguments import random_source
from ..checking.compare import compare_gradients, errors_by_step
from .examples import network_and_examples, settle
from .options import add_network, add_overwrite, count, new_command
from .results import BRING, refuse_taken
from .terminal import say


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "check",
        run,
        "compare the gradients of all routes",
        "Compute the gradient of a random network, or of a trained model, by scalars, by their replay, by "
        "matrices, by central differences, by the complex step and by JAX, and compare them entry by entry. The exit "
        "code says whether they agree.",
    )
    add_network(command, [3, 5, 2], "cross_entropy")
    command.add_argument(
        "--examples", type=count, default=5, metavar="N", help="how many random examples (%(default)s)"
    )
    command.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw the error of central differences over their step"
    )
    add_overwrite(command)


def run(arguments: argparse.Namespace) -> int:
    """Compare the gradients of a random network, or of a saved model."""
    settle(arguments)
    if arguments.plot:
        refuse_taken([arguments.plot], arguments.overwrite, "--plot names another place")
        if find_spec("matplotlib") is None:
            raise ImportError(f"--plot needs matplotlib, which is not installed; {BRING}")
    rng = random_source(arguments.seed)
    network, X, Y, loss, *_ = network_and_examples(arguments, rng)
    comparison = compare_gradients(network, X, Y, loss)
    say(comparison)
    if arguments.plot:
        from ..drawing import draw_steps

        draw_steps(*errors_by_step(network, X, Y, loss), arguments.plot)
        say(f"wrote {arguments.plot}")
    return 0 if comparison.agree else 1
