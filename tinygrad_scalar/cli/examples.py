"""The data, the networks and the examples that the arguments of a command name."""

import argparse
from random import Random

import numpy as np

from ..arguments import random_source
from ..arrays import Array
from ..data.csv_files import read
from ..data.preparation import one_hot
from ..data.sets import DATA_SETS, DataSet
from ..losses import evaluate, facts, find
from ..nn import MLP, Trace
from ..training.lessons import RECIPES, Recipe
from ..training.models import load
from ..value import Value
from .reports import few, span


def data_and_recipe(arguments: argparse.Namespace) -> tuple[DataSet, Recipe]:
    """The data set that is asked for, and how to learn it."""
    if arguments.data in DATA_SETS:
        if any(option is not None for option in (arguments.target, arguments.task, arguments.header)):
            raise ValueError(f"--target, --task and --header are for CSV files; {arguments.data} needs none of them")
        return DATA_SETS[arguments.data](), RECIPES.get(arguments.data, Recipe())
    table = read(arguments.data, arguments.header)
    data = table.data_set(arguments.target, arguments.task)
    print(table)
    learned = f"{data.task} of {table.name(table.find(data.target))}"
    print(f"{learned}: {few(data.classes)}\n" if data.classes else f"{learned}, {span(data.targets)}\n")
    return data, Recipe()


def network_and_examples(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """What the arguments name: a saved model and examples of its data, or a random network; and the loss."""
    return _saved(arguments, rng) if arguments.model else _random(arguments, rng)


def _random(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """A network with random weights, and random examples."""
    output = arguments.output or facts(arguments.loss).output or "identity"
    if len(arguments.sizes) < 2:
        raise ValueError("--sizes takes two numbers at least: the inputs and the outputs")
    d, *sizes = arguments.sizes
    mlp = MLP(d, sizes, arguments.activation, output, rng=rng)
    print(f"{mlp}, {arguments.loss}, {arguments.examples} random examples\n")
    return mlp, *_examples(d, sizes[-1], arguments.loss, arguments.examples, rng), arguments.loss


def _saved(arguments: argparse.Namespace, rng: Random) -> tuple[MLP, Array, Array, str]:
    """A trained network, and the first examples of a data set, or random ones."""
    model = load(arguments.model)
    mlp = MLP.from_matrix(model.network)
    if arguments.data:
        X, Y = model.examples(data_and_recipe(arguments)[0])
        X, Y, what = X[: arguments.examples], Y[: arguments.examples], f"examples of {arguments.data}"
    else:
        X, Y = _examples(mlp.sizes[0], mlp.sizes[-1], model.loss, arguments.examples, rng)
        what = "random examples"
    print(f"{arguments.model}: {mlp}, {model.loss}, {len(X)} {what}\n")
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
