"""`draw`: one example goes through a network and back, and becomes a picture."""

import argparse
from pathlib import Path
from typing import Any

from .examples import passes
from .options import add_example, add_network, add_overwrite, count, new_command
from .results import refuse_taken
from .terminal import say

KINDS = ("graph", "network", "neuron", "backprop")


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "draw",
        run,
        "draw a network, its graph or one of its neurons",
        "Take one example through a random network, or through a trained model, forward and backward, and "
        "draw what the passes left: every node of the graph with its value and gradient, or a figure of the text's.",
    )
    add_network(command, [2, 2, 1], "half_squared_error")
    command.add_argument("--what", choices=KINDS, default="graph", help="the picture (%(default)s)")
    command.add_argument("--detail", choices=["node", "neuron", "layer"], help="of a graph (what can be read)")
    command.add_argument("--layer", type=count, metavar="N", help="of the neuron, from 1 (1)")
    command.add_argument("--neuron", type=count, metavar="N", help="in its layer, from 1 (1)")
    command.add_argument(
        "--out", type=Path, metavar="FILE", help=".svg, .png, .pdf or, of a graph, .dot (graph.svg, …)"
    )
    add_overwrite(command)
    add_example(command)


def run(arguments: argparse.Namespace) -> int:
    """Draw a graph, or one of the text's figures, in one file."""
    from ..drawing import draw_backprop, draw_graph, draw_network, draw_neuron
    from ..drawing.picture import kind_of

    if arguments.detail and arguments.what != "graph":
        raise ValueError(f"--detail is for --what graph, not for {arguments.what}")
    if (arguments.layer or arguments.neuron) and arguments.what not in ("neuron", "backprop"):
        raise ValueError(f"--layer and --neuron are for --what neuron or backprop, not for {arguments.what}")
    path = arguments.out or Path(f"{arguments.what}.svg")
    kind_of(path)
    refuse_taken([path], arguments.overwrite)
    trace, E, classes = passes(arguments)
    layer, i = arguments.layer or 1, arguments.neuron or 1
    if arguments.what == "graph":
        picture = draw_graph(E, arguments.detail)
    elif arguments.what == "network":
        picture = draw_network(trace, classes=classes)
    else:
        picture = {"neuron": draw_neuron, "backprop": draw_backprop}[arguments.what](trace, layer, i)
    picture.save(path)
    say(f"wrote {path}")
    return 0
