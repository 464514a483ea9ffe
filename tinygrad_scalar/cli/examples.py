"""The data, the networks and the examples that the arguments of a command name."""

import argparse
from pathlib import Path
from random import Random

import numpy as np

from ..arguments import counted, random_source
from ..arrays import Array
from ..data.csv_files import read
from ..data.preparation import one_hot
from ..data.sets import DATA_SETS, DataSet
from ..losses import evaluate, facts, find
from ..nn import MLP, Trace
from ..training.lessons import RECIPES, Recipe, prepare
from ..training.models import load
from ..training.targets import impossible
from ..value import Value
from .options import source
from .reports import few, span
from .terminal import say

OF_A_RECIPE = ("hidden", "activation", "epochs", "batch_size", "learning_rate", "momentum", "l2", "optimizer")
OF_A_NETWORK = ("sizes", "activation", "output", "loss")  # options, of one that is made
OF_A_TABLE = ("target", "task", "header")


def data_and_recipe(arguments: argparse.Namespace) -> tuple[DataSet, Recipe]:
    """The data set that is asked for, and how to learn it; options that do not go together are refused before."""
    wanted = {name: getattr(arguments, name) for name in given(arguments, OF_A_RECIPE)}
    recipe = RECIPES.get(arguments.data, Recipe()).but(**wanted)
    if arguments.data in DATA_SETS:
        if given(arguments, OF_A_TABLE):
            raise ValueError(f"--target, --task and --header are for CSV files; {arguments.data} needs none of them")
        return DATA_SETS[arguments.data](), recipe
    table = read(arguments.data, arguments.header)
    data = table.data_set(arguments.target, arguments.task)
    say(table)
    learned = f"{data.task} of {table.name(table.find(data.target))}"
    say(f"{learned}: {few(data.classes)}\n" if data.classes else f"{learned}, {span(data.targets)}\n")
    return data, recipe


def given(arguments: argparse.Namespace, names: tuple[str, ...]) -> list[str]:
    """Which of these options were given."""
    return [name for name in names if getattr(arguments, name, None) is not None]


def network_and_examples(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """What the arguments name: a saved model and examples of its data, or a random network; and the loss."""
    first, data = arguments.model, arguments.data
    if first and (str(first) in DATA_SETS or Path(first).suffix.lower() in (".csv", ".tsv", ".txt")):
        if data:
            raise ValueError(f"{first} is data, and the model comes first: MODEL {first}, or {first} alone")
        first, data = None, source(str(first))
    arguments = argparse.Namespace(**{**vars(arguments), "model": first, "data": data})
    if not data and given(arguments, OF_A_TABLE):
        raise ValueError("--target, --task and --header are for a CSV file, and none is named")
    return _saved(arguments, rng) if first else _random(arguments, rng)


def _random(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """A network with random weights, and random examples, or the first of a data set."""
    n, sizes, loss = arguments.examples, arguments.sizes, arguments.loss
    if sizes and len(sizes) < 2:
        raise ValueError("--sizes takes two numbers at least: the inputs and the outputs")
    if loss and arguments.output:
        _refuse(loss, arguments.output, sizes[-1] if sizes else 2)
    if arguments.data:
        data, recipe = data_and_recipe(arguments)
        lesson = prepare(data, recipe, rng=rng)
        X, Y, loss = lesson.X[:n], lesson.Y[:n], loss or lesson.model.loss
        Y = 2.0 * Y - 1.0 if facts(loss).targets == "signs" else Y
        ends, inner = (X.shape[1], Y.shape[1]), recipe.hidden
        what = f"{loss}, {counted(len(X), 'example')} of {data.name}"
        if sizes and (sizes[0], sizes[-1]) != ends:
            raise ValueError(
                f"{data.name} has {counted(ends[0], 'input')} and {counted(ends[1], 'output')}: --sizes "
                f"{ends[0]},…,{ends[1]}, not {','.join(map(str, sizes))}"
            )
        sizes = sizes or [ends[0], *inner, ends[1]]
    else:
        sizes, loss = sizes or arguments.usual_sizes, loss or arguments.usual_loss
        X, Y = _examples(sizes[0], sizes[-1], loss, n, rng)
        what = f"{loss}, {counted(n, 'random example')}"
    output = arguments.output or facts(loss).output or "identity"
    _refuse(loss, output, sizes[-1])
    mlp = MLP(sizes[0], sizes[1:], arguments.activation or "tanh", output, rng=rng)
    say(f"{mlp}, random weights, {what}\n")
    return mlp, X, Y, loss


def _refuse(loss: str, output: str, P: int) -> None:
    """Refuse a loss and an output that make no sense together: their gradients could not be compared."""
    if why := impossible(loss, output, P):
        raise ValueError(f"--loss {loss} and --output {output}: {why}")


def _saved(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """A trained network, and the first examples of a data set, or random ones."""
    if options := given(arguments, OF_A_NETWORK):
        names = " and ".join(f"--{name}" for name in options)
        raise ValueError(f"{names} would make a random network, and {arguments.model} brings its own: leave one out")
    model = load(arguments.model)
    mlp = MLP.from_matrix(model.network)
    if arguments.data:
        X, Y = model.examples(data_and_recipe(arguments)[0])
        X, Y, what = X[: arguments.examples], Y[: arguments.examples], "example"
        whose = f"{counted(len(X), what)} of {arguments.data}"
    else:
        X, Y = _examples(mlp.sizes[0], mlp.sizes[-1], model.loss, arguments.examples, rng)
        whose = counted(len(X), "random example")
    say(f"{arguments.model}: {mlp}, {model.loss}, {whose}\n")
    return mlp, X, Y, model.loss


def _examples(d: int, P: int, loss: str, n: int, rng: Random) -> tuple[Array, Array]:
    """n random inputs from N(0, 1), and targets that suit the loss."""
    X = np.array([[rng.gauss(0.0, 1.0) for _ in range(d)] for _ in range(n)])
    classes = np.array([rng.randrange(max(P, 2)) for _ in range(n)])
    Y = one_hot(classes, P) if P > 1 else classes[:, None].astype(float)
    return X, 2.0 * Y - 1.0 if facts(loss).targets == "signs" else Y


def passes(arguments: argparse.Namespace) -> tuple[Trace, Value]:
    """The first example, forward and backward: the trace, and E with every gradient."""
    network, X, Y, loss = network_and_examples(arguments, random_source(arguments.seed))
    x = [Value(number, f"x_{{{j}}}") for j, number in enumerate(X[0].tolist(), start=1)]
    y = Y[0].tolist() if Y.shape[1] > 1 else [Value(Y[0, 0], "y")]  # several targets are constants: fewer cards
    trace = network.trace(x)
    E = evaluate(find(loss), network.activations[-1], y, trace.z[-1], trace.a[-1])
    E.label = "E"
    E.backward()
    return trace, E
