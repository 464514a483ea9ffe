"""Exercises: write a piece of backpropagation yourself, and let it be read. The answer is words, not a stack trace.

`print(TASKS["deltas"])` shows a task, and `check(function)` answers. The tasks are `deltas`, `gradients`, `engine` and
one for each loss; `demos/exercises/` holds an answer key.

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
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import losses
from ..checking.comparison import EXACT
from ..checking.diagnosis import Diagnosis, diagnose
from ..checking.rounding import relative, term_sizes
from ..checking.slips import BackwardPass
from ..matrix import MatrixMLP
from ..objective import Array, Objective
from ..slopes import DLOSS
from ..value import Value
from . import traps as engines
from .answers import Answer, Wrong, apart, array, ask, ask_untouched, by_layer, kind, returned

NETWORKS = (((4, 4, 4, 4), 7), ((2, 5, 4, 3), 6), ((3, 4, 1), 5), ((5, 3), 1))  # sizes d_0…d_L, and M
P, M = 3, 5  # outputs and examples on which a loss is judged
NO_MEAN = "Δ is the derivative of each example's own ℒ, no mean is taken in it"
NO_TWO = "ℒ has the ½, so δ^(L) = (a − y) ⊗ σ′(z) has neither a 2 nor a ½"
ZERO_LOG = "where y is 0, y log a is 0 whatever a is; select a safe number with where before taking the log"
KINK = "at the kink the derivative 0 is taken"
EDGES = {  # y, a, and what is special there
    "cross_entropy": ([0.0, 1.0, 0.0], [0.0, 1.0, 0.0], ZERO_LOG),
    "binary_cross_entropy": ([0.0, 1.0, 0.0], [0.0, 1.0, 0.5], ZERO_LOG),
    "absolute_error": ([1.0, -2.0, 0.5], [1.0, -2.0, 0.5], KINK),
    "max_margin": ([1.0, -1.0, 1.0], [1.0, -1.0, 0.5], KINK),
}


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
        said += f"; there are {', '.join(EXERCISES)}: name your function so, or check(function, 'deltas')"
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
    return next((name for name, exercise in EXERCISES.items() if exercise.parameters == parameters), "")


# Backpropagation by matrices.


def _deltas(function: Callable[..., Any]) -> list[str]:
    """Write deltas(W, Z, A, Y): the backward pass of a network with σ = tanh in every layer, the last one too.

    W, Z and A are lists indexed by ℓ: W[l] is W^(ℓ), d_ℓ × d_{ℓ-1}; Z[l] and A[l] = σ(Z[l]) are d_ℓ × M, one example a
    column; A[0] is X; W[0] and Z[0] are None. Y is d_L × M. The loss of one example is ℒ = ½‖y − a^(L)‖². Return the
    list of Δ^(ℓ) = ∂ℒ/∂Z^(ℓ), d_ℓ × M, for ℓ = 1…L, with None at index 0. Each column belongs to its own example:
    there is no 1/M in it. At the output it is eq. cahinrule5, one layer further down eq. matrixBackprop, each time.
    """
    return _on_every_network(partial(_read_deltas, function))


def _gradients(function: Callable[..., Any]) -> list[str]:
    """Write gradients(W, b, X, Y): all of backpropagation, for a network with σ = tanh in every layer, the last too.

    W and b are lists indexed by ℓ, None at index 0: W[l] is d_ℓ × d_{ℓ-1}, b[l] has d_ℓ entries. X is d_0 × M and Y is
    d_L × M, one example a column. E = (1/M) Σ_m ½‖y_m − a_m^(L)‖². Return dW, db, two such lists: dW[l] = ∂E/∂W^(ℓ) in
    the shape of W[l], eq. finalbackprop3 with the 1/M of E, and db[l] = ∂E/∂b^(ℓ) in the shape of b[l].
    """
    return _on_every_network(partial(_read_gradients, function))


class _Reading(NamedTuple):
    """What is wrong on one network, and whether a single slip explains it."""

    clear: bool
    sentence: str


def _on_every_network(read: Callable[[Objective], _Reading | None]) -> list[str]:
    """The clearest reading of all, and the first of what stops the function altogether."""
    readings, stopped = [], []
    for sizes, n in NETWORKS:
        where = f"with sizes {' → '.join(map(str, sizes))} and M = {n}"
        try:
            if reading := read(_objective(sizes, n)):
                readings.append(_Reading(reading.clear, f"{where} {reading.sentence}"))
        except Wrong as wrong:
            stopped.append(f"{where} {wrong}")
    readings.sort(key=lambda reading: not reading.clear)
    found = [*(reading.sentence for reading in readings[:1]), *stopped[:1]]
    right = len(NETWORKS) - len(readings) - len(stopped)
    return [*found, f"on {right} of {len(NETWORKS)} networks it is right"] if found and right else found


def _objective(sizes: Sequence[int], n: int) -> Objective:
    """E of a network whose sizes, weights, biases and n examples hide no slip."""
    rng, L = np.random.default_rng(0), len(sizes) - 1
    weights = [rng.normal(scale=0.6, size=(sizes[l], sizes[l - 1])) for l in range(1, L + 1)]
    biases = [rng.normal(scale=0.6, size=d) for d in sizes[1:]]
    X, Y = rng.normal(size=(n, sizes[0])), rng.uniform(-0.9, 0.9, (n, sizes[L]))
    return Objective(MatrixMLP(weights, biases, ["tanh"] * L), X, Y, "half_squared_error")


def _read_deltas(function: Callable[..., Any], objective: Objective) -> _Reading | None:
    right = BackwardPass(objective)
    L = right.L
    given = {"W": right.W, "Z": right.Z, "A": right.A, "Y": objective.Y.T}
    answer = ask_untouched(function, "deltas(W, Z, A, Y)", **given)
    Delta = by_layer(answer, [right.Z[l].shape for l in range(1, L + 1)], "Delta", "d_ℓ × M")
    size = term_sizes(objective, right.Delta[L]).delta
    error = [relative(Delta[l] - right.Delta[l], size[l]) if l else np.zeros(1) for l in range(L + 1)]
    wrong = [l for l in range(L, 0, -1) if error[l].max() > EXACT]
    if not wrong:
        return None
    first = wrong[0]
    at = tuple(int(i) for i in np.unravel_index(error[first].argmax(), error[first].shape))
    said = f"your Δ^({L}), the output's, is wrong"
    if first < L:
        said = f"your Δ^({first + 1}) is right and Δ^({first}) is the first that is wrong"
    yours, theirs = apart(Delta[first][at], right.Delta[first][at])
    said += f", most at Delta[{first}]{list(at)}: yours {yours}, right {theirs}"
    finding, more = _slip(objective, right.gradients(Delta)), ""
    if finding is None or len(finding.slips) != 1:  # perhaps there are several: look at this layer's, all below right
        top = Delta[L] if first == L else right.Delta[L]
        alone = right.backward(top, lambda l, D: Delta[first] if l - 1 == first else right.carry(l, D))
        step = _slip(objective, right.gradients(alone))
        if step is not None and len(step.slips) == 1:
            finding, more = step, "; mend this first, there is more further down"
    if finding is None:
        return _Reading(False, f"{said}; the gradients that follow from it are right all the same")
    hints = {"sum or mean": NO_MEAN, "factor": NO_TWO}
    hint = "".join(f"; {hints[k]}" for k in finding.kinds if k in hints)
    return _Reading(len(finding.slips) == 1, f"{said}; {finding.guess}{hint}{more}")


def _read_gradients(function: Callable[..., Any], objective: Objective) -> _Reading | None:
    network = objective.network
    given = {"W": network.W, "b": network.b, "X": objective.X.T, "Y": objective.Y.T}
    answer = ask_untouched(function, "gradients(W, b, X, Y)", **given)
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        got = f"{len(answer)} things" if isinstance(answer, (list, tuple)) else returned(answer)
        raise Wrong(f"gradients(W, b, X, Y) gives {got}; it should end with return dW, db")
    dW = by_layer(answer[0], [W.shape for W in network.W[1:]], "dW", "the shape of W^(ℓ)")
    db = by_layer(answer[1], [b.shape for b in network.b[1:]], "db", "the shape of b^(ℓ)")
    finding = _slip(objective, (dW, db))
    if finding is None:
        return None
    hint = "" if finding.slips else "; the exercise deltas reads each Δ by itself"
    return _Reading(len(finding.slips) == 1, f"your {str(finding).removeprefix('the ')}{hint}")


def _slip(objective: Objective, gradient: tuple[list[Any], list[Any]]) -> Diagnosis | None:
    right = objective(objective.network.theta)[1]
    return diagnose(right, gradient, objective.network, objective.X, objective.Y, objective.loss)


# Losses.


def _loss(name: str, function: Callable[..., Any]) -> list[str]:
    """Write the loss {name}(y, a):
    {formula}

    y and a are sequences of P entries, the target's and the output's. Use operations of Values alone (+ − × ÷, **, abs,
    exp, log, …): ℒ is then a Value, and its derivative comes by itself. The same function shall take rows of
    matrices, P × M, and give M losses, one per example; `xp = ops.namespace(*a)` has functions (xp.log, xp.where, …)
    that fit either. ℒ is a sum over the outputs: no mean over them, and none over the examples, which is E's business.
    """
    _read_loss(name, function, *_targets_and_outputs(name))
    if name in EDGES:
        y, a, hint = EDGES[name]
        try:
            _read_loss(name, function, np.array([y]).T, np.array([a]).T)
        except Wrong as wrong:
            raise Wrong(f"{wrong}; {hint}") from wrong
    return []


def _targets_and_outputs(name: str) -> tuple[Array, Array]:
    """Y and A, P × M, in the range of that loss."""
    rng = np.random.default_rng(0)
    targets = losses.facts(name).targets
    if targets in ("probabilities", "distributions"):
        Y, A = rng.uniform(0.1, 0.9, size=(2, P, M))
        Y[:, 1:] = np.eye(P)[:, [0, 1, 2, 1]]
        return Y, A
    Y, A = rng.normal(size=(2, P, M)) * [[[1.0]], [[2.0]]]
    return np.sign(Y) if targets == "signs" else Y, A


def _read_loss(name: str, function: Callable[..., Any], Y: Array, A: Array) -> None:
    """Wrong if ℒ or its derivative is, by Values or by rows."""
    right, slopes, call = losses.LOSSES[name](Y, A), DLOSS[name](np, Y, A), f"{name}(y, a)"
    for m, (y, a) in enumerate(zip(Y.T.tolist(), A.T.tolist(), strict=True)):
        leaves = [Value(a_i) for a_i in a]
        result, where = ask(function, call, list(y), list(leaves)), f"for y = {_row(y)}, a = {_row(a)}"
        if not isinstance(result, Value):
            wanted = "a Value is wanted: .data, float() and math lose its graph"
            raise Wrong(f"{call} of Values gives {returned(result)}; {wanted}")
        if not abs(result.data - right[m]) <= EXACT * (1.0 + abs(right[m])):
            yours, theirs = apart(result.data, right[m] + 0.0)
            raise Wrong(f"{where} your ℒ is {yours}, it should be {theirs}{_what_it_is(name, function, Y, A)}")
        ask(result.backward, f"backward() of {call}")
        for i, leaf in enumerate(leaves):
            if not abs(leaf.grad - slopes[i, m]) <= EXACT * (1.0 + abs(slopes[i, m])):
                yours, theirs = apart(leaf.grad, slopes[i, m])
                raise Wrong(f"{where} your ℒ is right, but its ∂ℒ/∂a_{i + 1} is {yours}, it should be {theirs}")
    of_rows = f"{call} of rows of matrices"
    try:
        rows = array(ask_untouched(function, of_rows, y=Y, a=A), right.shape, of_rows, "M, a loss per example,")
    except Wrong as wrong:
        raise Wrong(f"with Values it is right, but {wrong}") from wrong
    if not (np.abs(rows - right) <= EXACT * (1.0 + np.abs(right))).all():
        raise Wrong(f"with Values it is right, but {of_rows} gives {_row(rows)}, it should be {_row(right)}")


def _what_it_is(name: str, function: Callable[..., Any], Y: Array, A: Array) -> str:
    """What the student's ℒ is in place of the right one, on all examples at once."""
    results = [
        ask(function, name, y, [Value(a_i) for a_i in a]) for y, a in zip(Y.T.tolist(), A.T.tolist(), strict=True)
    ]
    given = np.array([result.data if isinstance(result, Value) else np.nan for result in results])
    right = losses.LOSSES[name](Y, A)
    looks = {
        "twice the right one: is a ½ missing?": 2.0 * right,
        "half the right one: a ½ too many?": 0.5 * right,
        f"the right one divided by P = {P}: ℒ sums over the outputs, it takes no mean": right / P,
        "the right one with its sign changed": -right,
        "ℒ(a, y): the target is the first argument, the output the second": losses.LOSSES[name](A, Y),
    }
    looks |= {f"the {other}": loss(Y, A) for other, loss in losses.LOSSES.items() if other != name}
    found = [words for words, numbers in looks.items() if np.allclose(given, numbers, rtol=EXACT, atol=EXACT)]
    return f"; it is {found[0]}" if found else ""


def _row(x: Any) -> str:
    return f"({', '.join(f'{x_i:.4g}' for x_i in x)})"


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
    return engines.findings(engine)


_ON_NETWORKS = f"right on {len(NETWORKS)} networks, of 1 to 3 layers, with 1 to 7 examples, to 5 digits at least"
_ON_GRAPHS = (
    f"right to 12 digits on {len(engines.TRAPS + engines.NUMBERS)} expressions (repeated parents, shared nodes, "
    "diamonds, numbers as operands), after a second backward(), on a ladder with 2⁴⁰ paths and a chain of 5,000 nodes"
)
_ON_EXAMPLES = f"ℒ and ∂ℒ/∂a are right to 10 digits, on {M} examples and in special places, and so are rows of matrices"
EXERCISES = {
    "deltas": Exercise(_task(_deltas), _deltas, f"every Δ is {_ON_NETWORKS}", ("W", "Z", "A", "Y")),
    "gradients": Exercise(_task(_gradients), _gradients, f"every dW and db is {_ON_NETWORKS}", ("W", "b", "X", "Y")),
    "engine": Exercise(_task(_engine), _engine, _ON_GRAPHS),
}
for _name, _one in losses.LOSSES.items():
    _formula = (_one.__doc__ or "").partition("\n")[0]
    EXERCISES[_name] = Exercise(_task(_loss, name=_name, formula=_formula), partial(_loss, _name), _ON_EXAMPLES)
TASKS = {name: exercise.task for name, exercise in EXERCISES.items()}
