"""`playground`: a page in which a network trains on points in the plane, or on a curve."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..activations import ACTIVATIONS
from ..data.encoding import Encoding
from ..data.preparation import Standardisation
from ..data.sets import DATA_SETS, DataSet
from ..losses import LOSSES, facts
from ..nn import MLP
from .examples import data_and_recipe
from .options import DATA, NAMES, SIGMAS, add_overwrite, add_table, new_command, numbers, source
from .results import listed, refuse_taken
from .terminal import say


def add_to(subparsers: Any) -> None:
    """The command and its options."""
    command = new_command(
        subparsers,
        "playground",
        run,
        "make a page in which a network trains",
        "Write a page in which a network of your sizes trains: points that can be drawn, the decision boundary, every "
        "weight and δ, and a slider back to any epoch. It needs nothing but a browser.",
    )
    command.add_argument(
        "data",
        metavar="DATA",
        help=f"xor, circles, moons, spirals, three (classes) or curve, which the page draws; or two columns of {DATA}",
    )
    add_table(command)
    command.add_argument(
        "--hidden", type=numbers, metavar="N,N,…", help="neurons in each hidden layer (what suits the data)"
    )
    command.add_argument(
        "--activation", choices=ACTIVATIONS, default="tanh", metavar="σ", help=f"{SIGMAS} (%(default)s)"
    )
    command.add_argument(
        "--output", choices=(*ACTIVATIONS, "softmax"), metavar="σ", help="of the output (what suits the data)"
    )
    command.add_argument("--loss", choices=sorted(LOSSES), metavar="ℒ", help=f"{NAMES} (what suits the data)")
    command.add_argument("--held-out", type=float, default=0.25, metavar="SHARE", help="of the points (%(default)s)")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="decides the weights (%(default)s)")
    command.add_argument("--out", type=Path, default=Path("playground.html"), metavar="FILE.html", help="(%(default)s)")
    add_overwrite(command)


def run(arguments: argparse.Namespace) -> int:
    """Write a page in which a network trains."""
    from ..drawing import playground
    from ..drawing.playgrounds.points import TOPICS

    refuse_taken([arguments.out], arguments.overwrite)
    if arguments.data in TOPICS:
        topic = TOPICS[arguments.data]
        data: DataSet | str = arguments.data
        inputs, classes, hidden = topic.inputs, topic.classes, topic.hidden
    else:
        data = _columns(arguments)
        inputs, classes, hidden = data.X.shape[1], data.classes, (6,)
    output, loss = _suiting(len(classes), arguments.output, arguments.loss)
    outputs = len(classes) if len(classes) > 2 or output == "softmax" else 1
    sizes = [*(arguments.hidden or hidden), outputs]
    network = MLP(inputs, sizes, arguments.activation, output, rng=arguments.seed)
    playground(network, data, loss, held_out=arguments.held_out).save(arguments.out)
    say(f"wrote {arguments.out}: {network}, {loss}; open it in a browser")
    return 0


def _suiting(classes: int, output: str | None, loss: str | None) -> tuple[str, str]:
    """The output and the loss that suit so many classes, 0 of a regression, where they are not given."""
    own = "identity" if not classes else "logistic" if classes == 2 else "softmax"
    output = output or (facts(loss).output if loss else "") or ("identity" if loss and classes == 2 else own)
    fitting = {"logistic": "binary_cross_entropy", "softmax": "cross_entropy"} if classes else {}
    return output, loss or fitting.get(output, "half_squared_error")


def _columns(arguments: argparse.Namespace) -> DataSet:
    """A data set with the columns that are asked for, standardised."""
    from ..drawing.playgrounds.points import TOPICS

    try:
        source(arguments.data)
    except argparse.ArgumentTypeError as error:
        raise ValueError(f"{error}; the page itself draws {', '.join(TOPICS)}") from None
    wanted = None
    if arguments.data in DATA_SETS:  # it has no file from which columns are read, so they are chosen below
        wanted, arguments.columns = arguments.columns, None
    data, _ = data_and_recipe(arguments)
    texts = [name for name, levels in zip(data.columns, data.levels, strict=False) if levels]
    if texts:
        raise ValueError(f"the page shows numbers, and {', '.join(texts)} holds texts: choose with --columns")
    names = list(data.columns) or [f"column {j}" for j in range(1, data.X.shape[1] + 1)]
    chosen = _chosen(wanted, names, data.name)
    shown = [names[j] for j in chosen]
    X = data.X[:, chosen]
    encoding = Encoding.of(X, columns=shown)
    for note in (*data.notes, *encoding.notes(X, shown)):
        say(note)
    only_filled = replace(encoding, gaps=np.zeros(len(shown), dtype=np.bool))  # no input says where cells were missing
    X = only_filled(X)
    targets = data.targets if data.classes else Standardisation.of(data.targets[:, None])(data.targets[:, None])[:, 0]
    say(f"{data.name}: {listed(shown)}, shifted and scaled to mean 0 and deviation 1")
    return replace(data, X=Standardisation.of(X)(X), targets=targets, columns=tuple(shown))


def _chosen(columns: str | None, names: list[str], what: str) -> list[int]:
    """The places of the columns asked for."""
    if columns is None:
        if len(names) > 2:
            raise ValueError(
                f"{what} has {len(names)} columns to learn from, the page shows two: choose them with --columns, of "
                f"{', '.join(names)}"
            )
        return list(range(len(names)))
    places = []
    for column in columns.split(","):
        text = column.strip()
        if text in names:
            places.append(names.index(text))
        elif text.isdecimal() and 1 <= int(text) <= len(names):
            places.append(int(text) - 1)
        else:
            raise ValueError(f"{what} has no column {text!r}; there are {', '.join(names)}")
    if len(set(places)) < len(places):
        raise ValueError(f"--columns {columns} names a column twice")
    if len(places) > 2:
        raise ValueError(f"the page shows two columns, --columns names {len(places)}")
    return places
