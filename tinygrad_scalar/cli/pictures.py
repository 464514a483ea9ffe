"""What `draw` and `play` do: one example goes through a network and back, and becomes a picture or a page."""

import argparse
from pathlib import Path

from ..arguments import random_source
from ..losses import evaluate, find
from ..nn import Trace
from ..value import Value
from .commands import network_and_examples

KINDS = ("graph", "network", "neuron", "backprop")


def draw(arguments: argparse.Namespace) -> int:
    """Draw a graph, or one of the text's figures, as SVG."""
    from ..drawing import draw_backprop, draw_graph, draw_network, draw_neuron

    if arguments.detail and arguments.what != "graph":
        raise ValueError(f"--detail is for --what graph, not for {arguments.what}")
    if (arguments.layer or arguments.neuron) and arguments.what not in ("neuron", "backprop"):
        raise ValueError(f"--layer and --neuron are for --what neuron or backprop, not for {arguments.what}")
    trace, E = _passes(arguments)
    layer, i = arguments.layer or 1, arguments.neuron or 1
    if arguments.what == "graph":
        picture = draw_graph(E, arguments.detail)
    elif arguments.what == "network":
        picture = draw_network(trace)
    else:
        picture = {"neuron": draw_neuron, "backprop": draw_backprop}[arguments.what](trace, layer, i)
    path = arguments.out or Path(f"{arguments.what}.svg")
    picture.save(path)
    print(f"wrote {path}")
    return 0


def play(arguments: argparse.Namespace) -> int:
    """Write a page that plays both passes."""
    from ..drawing import play

    player = play(_passes(arguments)[1])
    player.save(arguments.out)
    print(f"wrote {arguments.out}: {len(player.steps)} steps; open it in a browser")
    return 0


def _passes(arguments: argparse.Namespace) -> tuple[Trace, Value]:
    """The first example, forward and backward: the trace, and E with every gradient."""
    network, X, Y, loss = network_and_examples(arguments, random_source(arguments.seed))
    x = [Value(number, f"x_{{{j}}}") for j, number in enumerate(X[0].tolist(), start=1)]
    y = Y[0].tolist() if Y.shape[1] > 1 else [Value(Y[0, 0], "y")]  # several targets are constants: fewer cards
    trace = network.trace(x)
    E = evaluate(find(loss), network.activations[-1], y, trace.z[-1], trace.a[-1])
    E.label = "E"
    E.backward()
    return trace, E
