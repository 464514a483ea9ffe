"""The data, the networks and the examples that the arguments of a command name."""

import argparse
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from ..arguments import counted, random_source
from ..arrays import Array
from ..data.csv_files import read
from ..data.preparation import one_hot
from ..data.sets import DATA_SETS, DataSet
from ..losses import evaluate, facts, find
from ..nn import MLP, Trace
from ..training.lessons import RECIPES, Recipe, prepare
from ..training.models import Model, load
from ..training.targets import impossible
from ..value import Value
from .options import source
from .reports import few, span
from .results import listed
from .terminal import say

OF_A_RECIPE = ("hidden", "activation", "epochs", "batch_size", "learning_rate", "momentum", "l2", "optimizer")
OF_A_NETWORK = ("sizes", "activation", "output", "loss")  # options, of one that is made
OF_A_TABLE = ("target", "task", "columns", "drop", "encoding", "header")


def data_and_recipe(arguments: argparse.Namespace, model: Model | None = None) -> tuple[DataSet, Recipe]:
    """The data set that is asked for, read as the model has learned it if there is one; and how to learn it.

    Options that do not go together are refused before.
    """
    wanted = {name: getattr(arguments, name) for name in given(arguments, OF_A_RECIPE)}
    recipe = RECIPES.get(arguments.data, Recipe()).but(**wanted)
    if arguments.data in DATA_SETS:
        if given(arguments, OF_A_TABLE):
            raise ValueError(f"{of_a_table()} are for CSV files; {arguments.data} needs none of them")
        return DATA_SETS[arguments.data](), recipe
    table = read(arguments.data, arguments.header, arguments.encoding or "utf-8")
    how: dict[str, Any] = {"columns": arguments.columns, "drop": arguments.drop or ()}
    target = arguments.target
    if model and model.columns and table.header and not given(arguments, ("columns", "drop")):
        model.match(table.header, table.width)
        how = {"columns": model.columns, "levels": model.encoding.levels, "classes": model.classes}
        target = target or (model.target if model.target in table.header else None)
    data = table.data_set(target, arguments.task or (model.task if model else None), **how)
    say(table)
    learned = f"{data.task} of {table.name(table.find(data.target))}"
    say(f"{learned}: {few(data.classes)}\n" if data.classes else f"{learned}, {span(data.targets)}\n")
    return data, recipe


def of_a_table() -> str:
    """The options of a CSV file, in a row."""
    return listed([f"--{name}" for name in OF_A_TABLE])


def given(arguments: argparse.Namespace, names: tuple[str, ...]) -> list[str]:
    """Which of these options were given."""
    return [name for name in names if getattr(arguments, name, None) is not None]


class Given(NamedTuple):
    """A network, examples and their targets in rows, the loss; and names of inputs and outputs, if they have any."""

    network: MLP
    X: Array
    Y: Array
    loss: str
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def settle(arguments: argparse.Namespace) -> None:
    """Take what stands first for the data, if it is data and no model; a command does so before it looks at either."""
    first = arguments.model
    if first and (first in DATA_SETS or Path(first).suffix.lower() in (".csv", ".tsv", ".txt")):
        if arguments.data:
            raise ValueError(f"{first} is data, and the model comes first: MODEL {first}, or {first} alone")
        try:
            arguments.model, arguments.data = None, source(first)
        except argparse.ArgumentTypeError as error:  # argparse itself no longer listens
            raise ValueError(str(error)) from None
    if not arguments.data and given(arguments, OF_A_TABLE):
        raise ValueError(f"{of_a_table()} are for a CSV file, and none is named")


def network_and_examples(arguments: argparse.Namespace, rng: Random) -> Given:
    """What settled arguments name: a saved model and examples of its data, or a random network; and the loss."""
    return _saved(arguments, rng) if arguments.model else _random(arguments, rng)


def _random(arguments: argparse.Namespace, rng: Random) -> Given:
    """A network with random weights, and random examples, or the first of a data set."""
    n, sizes, loss = arguments.examples, arguments.sizes, arguments.loss
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    if sizes and len(sizes) < 2:
        raise ValueError("--sizes takes two numbers at least: the inputs and the outputs")
    if loss and arguments.output:
        _refuse(loss, arguments.output, sizes[-1] if sizes else 2)
    if arguments.data:
        data, recipe = data_and_recipe(arguments)
        lesson = prepare(data, recipe, rng=rng)
        _say_all(lesson.notes())
        X, Y, loss = lesson.X[:n], lesson.Y[:n], loss or lesson.model.loss
        columns, classes = lesson.model.inputs, lesson.model.classes
        Y = 2.0 * Y - 1.0 if facts(loss).targets == "signs" else Y
        ends, inner = (X.shape[1], Y.shape[1]), recipe.hidden
        what = f"{loss}, {_said(arguments, len(X))} of {data.name}"
        if sizes and (sizes[0], sizes[-1]) != ends:
            raise ValueError(
                f"{data.name} has {counted(ends[0], 'input')} and {counted(ends[1], 'output')}: --sizes "
                f"{ends[0]},…,{ends[1]}, not {','.join(map(str, sizes))}"
            )
        sizes = sizes or [ends[0], *inner, ends[1]]
    else:
        sizes, loss = sizes or arguments.usual_sizes, loss or arguments.usual_loss
        X, Y = _examples(sizes[0], sizes[-1], loss, n, rng)
        what = f"{loss}, {_said(arguments, n, 'random ')}"
    output = arguments.output or facts(loss).output or "identity"
    _refuse(loss, output, sizes[-1])
    mlp = MLP(sizes[0], sizes[1:], arguments.activation or arguments.usual_activation, output, rng=rng)
    say(f"{mlp}, random weights, {what}\n")
    return Given(mlp, X, Y, loss, columns, classes if len(classes) == Y.shape[1] else ())


def _refuse(loss: str, output: str, P: int) -> None:
    """Refuse a loss and an output that make no sense together: their gradients could not be compared."""
    if why := impossible(loss, output, P):
        raise ValueError(f"--loss {loss} and --output {output}: {why}")


def _saved(arguments: argparse.Namespace, rng: Random) -> Given:
    """A trained network, and the first examples of a data set, or random ones."""
    if options := given(arguments, OF_A_NETWORK):
        names = listed([f"--{name}" for name in options])
        raise ValueError(f"{names} would make a random network, and {arguments.model} brings its own: leave one out")
    model = load(arguments.model)
    mlp = MLP.from_matrix(model.network)
    if arguments.data:
        data = data_and_recipe(arguments, model)[0]
        X, Y = model.examples(data)
        _say_all([*data.notes, *model.encoding.notes(model.columns_of(data), model.columns)])
        X, Y = X[: arguments.examples], Y[: arguments.examples]
        whose = f"{_said(arguments, len(X))} of {arguments.data}"
    else:
        X, Y = _examples(mlp.sizes[0], mlp.sizes[-1], model.loss, arguments.examples, rng)
        whose = _said(arguments, len(X), "random ")
    say(f"{arguments.model}: {mlp}, {model.loss}, {whose}\n")
    return Given(mlp, X, Y, model.loss, model.inputs, model.classes)


def _say_all(notes: list[str]) -> None:
    """Say how a file was read, if there is anything to say."""
    if notes:
        say("\n".join(notes) + "\n")


def _said(arguments: argparse.Namespace, n: int, kind: str = "") -> str:
    """Which examples these are: n of them, or, for a command that takes one, which one."""
    return f"{kind}example {arguments.example}" if "example" in arguments else counted(n, f"{kind}example")


def _examples(d: int, P: int, loss: str, n: int, rng: Random) -> tuple[Array, Array]:
    """n random inputs from N(0, 1), and targets that suit the loss."""
    X = np.array([[rng.gauss(0.0, 1.0) for _ in range(d)] for _ in range(n)])
    classes = np.array([rng.randrange(max(P, 2)) for _ in range(n)])
    Y = one_hot(classes, P) if P > 1 else classes[:, None].astype(float)
    return X, 2.0 * Y - 1.0 if facts(loss).targets == "signs" else Y


def passes(arguments: argparse.Namespace) -> tuple[Trace, Value, tuple[str, ...]]:
    """The example that is asked for, forward and backward: the trace, E with every gradient; and the classes' names."""
    settle(arguments)
    arguments.examples = n = arguments.example
    given = network_and_examples(arguments, random_source(arguments.seed))
    if len(given.X) < n:
        raise ValueError(f"there is no example {n}: {arguments.data or arguments.model} has {len(given.X)} examples")
    columns = given.columns or [f"x_{{{j}}}" for j in range(1, given.X.shape[1] + 1)]
    x = [Value(number, name) for number, name in zip(given.X[n - 1].tolist(), columns, strict=True)]
    y = [Value(number, name) for number, name in zip(given.Y[n - 1].tolist(), target_names(given), strict=True)]
    trace = given.network.trace(x)
    E = evaluate(find(given.loss), given.network.activations[-1], y, trace.z[-1], trace.a[-1])
    E.label = "E"
    E.backward()
    return trace, E, given.classes


def target_names(given: Given) -> list[str]:
    """What the targets are called: y, with the number or the name of its output where there are several."""
    P = given.Y.shape[1]
    if P == 1:
        return ["y"]
    names = given.classes or tuple(str(i) for i in range(1, P + 1))
    return [f"y_{{{name}}}" if len(name) <= 12 and not set(name) & set("{}") else f"y of {name}" for name in names]
