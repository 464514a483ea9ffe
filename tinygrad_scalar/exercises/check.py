"""Exercises: write a piece of backpropagation yourself, and let it be read. The answer is words, not a stack trace.

`print(TASKS["deltas"])` shows a task, and `check(function)` answers. `TASKS` has all of them, and one for each loss;
`demos/exercises/` holds an answer key.

>>> import numpy as np
>>> def deltas(W, Z, A, Y):                                  # a student's; what is missing?
...     L = len(W) - 1
...     Delta = [None] * L + [(A[L] - Y) * (1 - A[L] ** 2)]
...     for l in range(L, 1, -1):
...         Delta[l - 1] = W[l].T @ Delta[l]
...     return Delta
>>> check(deltas)                                            # doctest: +NORMALIZE_WHITESPACE
✗ deltas: not yet.
  with sizes 4 → 4 → 4 → 4 and M = 7 your Δ^(3) is right and Δ^(2) is the first that is wrong, most at
    Delta[2][1, 4]: yours 0.964398, right 0.365499; it looks like this: σ′ is missing in δ^(2), and likewise
    in δ^(1)
  on 1 of 4 networks it is right
"""

import inspect
import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import losses
from . import backpropagation, first_steps, formulas, graphs, learning, networks, numerics, results, traps
from .answers import Answer, Wrong, kind


@np.errstate(all="ignore")
def check(function: Any, exercise: str = "") -> Answer:
    """Read a student's function or class, and answer in words; nothing that it does is raised.

    Parameters
    ----------
    function : callable
        The function or class itself, not called: `check(deltas)`.
    exercise : str, optional
        One of `TASKS`; without it, it is recognised by the function's name, its parameters, or its being a class.

    Returns
    -------
    Answer
        `.right`, and as text what is wrong, or what has been checked.

    >>> check(losses.huber).right
    True
    """
    if not callable(function):
        said = f"check takes your function itself, not {kind(function)}: check(deltas), not check(deltas(…))"
        return Answer("exercises", (said,))
    name = exercise or _recognised(function)
    if name not in EXERCISES:
        said = f"there is no exercise {name!r}" if exercise else "it is not clear which exercise this is"
        near = get_close_matches(name, EXERCISES, n=1)
        said += f", did you mean {near[0]!r}?" if near else "."
        said += f" There are {', '.join(EXERCISES)}: name your function so, or check(function, 'deltas')"
        return Answer("exercises", (said,))
    task = EXERCISES[name]
    try:
        return Answer(name, tuple(task.read(function)), task.praise)
    except Wrong as wrong:
        return Answer(name, (str(wrong),))


def _recognised(function: Callable[..., Any]) -> str:
    if isinstance(function, type):
        return "engine"
    own = str(getattr(function, "__name__", ""))
    if own in EXERCISES:
        return own
    try:
        parameters = tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ""
    fitting = [name for name, exercise in EXERCISES.items() if exercise.parameters == parameters]
    return fitting[0] if len(fitting) == 1 else ""


class Exercise(NamedTuple):
    """A task, how an answer is read, what a right one is told, and the parameters by which a function is recognised."""

    task: str
    read: Callable[[Any], list[str]]
    praise: str
    parameters: tuple[str, ...] = ()


def _task(read: Callable[..., Any], **words: str) -> str:
    task = inspect.cleandoc(read.__doc__ or "")
    for word, meaning in words.items():
        task = task.replace(f"{{{word}}}", meaning)
    return task


def _engine(engine: Callable[[float], Any]) -> list[str]:
    """Write a scalar engine in about 40 lines: a class with +, ×, tanh() or exp(), backward(), .data and .grad.

    Value(2.0) is a leaf with .data 2.0 and .grad 0.0. Operations make new nodes, also with plain numbers on either
    side: a + 2, 2 * a. result.backward() leaves ∂result/∂node in the .grad of every node below it. A node may be used
    as often as you like, also twice by the same operation: a + a. At each call the nodes on the way start from 0;
    leaves accumulate, so that the gradients of several results add up (set .grad = 0 yourself to start anew). A graph
    may be a chain of 5,000 nodes, and no path is walked twice.
    """
    return traps.findings(engine)


_ON_NETWORKS = (
    f"right on {len(backpropagation.NETWORKS)} networks, of 1 to 3 layers, with 1 to 7 examples, to 5 digits at least"
)
_ON_GRAPHS = (
    f"right to 12 digits on {len(traps.TRAPS + traps.NUMBERS)} expressions (repeated parents, shared nodes, "
    "diamonds, numbers as operands), after a second backward(), on a ladder with 2⁴⁰ paths and a chain of 5,000 nodes"
)
_ON_EXAMPLES = (
    f"ℒ and ∂ℒ/∂a are right to 10 digits, on {formulas.M} examples and in special places, and so are rows of matrices"
)
EXERCISES = {
    "deltas": Exercise(
        _task(backpropagation.deltas), backpropagation.deltas, f"every Δ is {_ON_NETWORKS}", ("W", "Z", "A", "Y")
    ),
    "gradients": Exercise(
        _task(backpropagation.gradients),
        backpropagation.gradients,
        f"every dW and db is {_ON_NETWORKS}",
        ("W", "b", "X", "Y"),
    ),
    "engine": Exercise(_task(_engine), _engine, _ON_GRAPHS),
    "n_paths": Exercise(_task(graphs.n_paths), graphs.n_paths, "right on five graphs and a ladder", ("result", "leaf")),
    "squares": Exercise(_task(graphs.squares), graphs.squares, "U @ V, a product 2×3 · 3×M, is found", ("u", "x")),
    "batches": Exercise(
        _task(learning.batches), learning.batches, "each example once, in a new order each time", ("M", "size", "rng")
    ),
    "for_delta": Exercise(
        _task(learning.for_delta),
        learning.for_delta,
        "its variance is 2/fan_out, on two layers",
        ("rng", "fan_in", "fan_out"),
    ),
}
ANSWERS = {
    task.right.__name__: task for task in (*first_steps.TASKS, *numerics.TASKS, *learning.TASKS, *networks.TASKS)
}
for _name, _given in ANSWERS.items():
    EXERCISES[_name] = Exercise(
        _task(_given.right),
        partial(results.read, _given),
        f"right in {len(_given.cases)} cases, to {round(-np.log10(_given.tolerance))} digits",
        tuple(inspect.signature(_given.right).parameters),
    )
for _name, _one in losses.LOSSES.items():
    _formula = re.sub(r" \(eq\. \w+\)", "", (_one.__doc__ or "").partition("\n")[0])  # a label is for readers of code
    EXERCISES[_name] = Exercise(
        _task(formulas.loss, name=_name, formula=_formula), partial(formulas.loss, _name), _ON_EXAMPLES
    )
TASKS = {name: exercise.task for name, exercise in EXERCISES.items()}
