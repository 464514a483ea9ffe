"""What the training page computes with, written from Python's own pages: nothing is kept twice.

The page trains by the δ equations, with σ, σ′ and dℒ/da as the witness has them (`slopes`), and holds the gradient
against the scalar graph, which is made of the table's rows (`ops`). So the page, too, derives everything by two lists
that share nothing. What follows z^(L), the output's σ and the loss, is recorded here from `losses`, as a graph.

>>> print(witness_script(["tanh"], ["half_squared_error"]).partition("\\n\\n")[2])
export const witness = {
  "tanh": {
    value: (x) => { return tanh(x[0]); },
    slopes: (x, out) => { return [(1.0 - (out * out))]; },
  },
  "half_squared_error": {
    value: (x) => { return (x[1] - x[0]); },
    slopes: (x, out) => { return []; },
  },
};
<BLANKLINE>
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...activations import bend
from ...losses import OF_Z, evaluate, find
from ...ops import OPS, Namespace, Op
from ...replay.recording import COMPARISONS, trace
from ...replay.source import Symbol
from ...slopes import ACTIVATIONS, DLOSS
from ...value import Value
from ..page.bundle import names, part
from ..page.javascript import javascript, row_script

arrays = Namespace(**vars(javascript) | {
    "ones_like": lambda x: 1.0,
    "sign": lambda x: Symbol("Math.sign({})", x),
    "clip": lambda x, low, high: Symbol("minimum(maximum({}, {}), {})", x, low, high),
})  # fmt: skip


def witness_script(sigmas: Iterable[str], losses: Iterable[str]) -> str:
    """The module `playgrounds/witness.js`: of each σ its value and σ′, of each loss dℒ/da as a function of [y, a]."""

    def bent(name: str) -> Op:
        sigma, slope = ACTIVATIONS[name]
        return Op("σ", lambda _, z: sigma(arrays, z), lambda _, a, z: (slope(arrays, z, a),))

    def derived(name: str) -> Op:
        return Op("dℒ/da", lambda _, y, a: DLOSS[name](arrays, y, a), lambda _, out, y, a: ())

    rows = [row_script(name, bent(name), 1) for name in sigmas]
    rows += [row_script(name, derived(name), 2) for name in losses]
    called = ", ".join(names(part("page/rows.js")))
    return "\n".join(
        [f'import {{ {called} }} from "../page/rows.js";', "", "export const witness = {", *rows, "};", ""]
    )


def condition_rows() -> list[str]:
    """The comparisons that a loss may make, as rows for the page: 1 or 0, without a slope."""

    def condition(compare: Callable[[Any, Any], Any]) -> Op:
        return Op("?", lambda xp, x, y: xp.where(compare(x, y), 1.0, 0.0), lambda *_: (0.0, 0.0))

    return [row_script(f"{name}/2", condition(compare), 2) for name, (_, compare) in COMPARISONS.items()]


class Tail:
    """What follows the pre-activations z of the output layer: its σ and the loss, as the package builds them.

    Attributes
    ----------
    nodes : list of numbers and of lists
        After the P places of z and the P of y, each node: a constant, or its row and the places of its parents.
    shapes : list of (str, int)
        The rows of the table that it needs, and for how many inputs.

    >>> Tail("identity", "half_squared_error", 1).nodes
    [0.5, ['sub/2', 0, 1], ['square/1', 3], ['mul/2', 2, 4]]
    """

    def __init__(self, output: str, loss: str, P: int) -> None:
        def example(v: list[Value]) -> Any:
            z, y = v[:P], v[P:]
            a = z if (loss, output) in OF_Z else bend(output, z)  # a cross-entropy of its own output leaves a out
            return evaluate(find(loss), output, y, z, a)

        recording = trace(example, [0.1 * k for k in range(1, 2 * P + 1)])
        if recording.guards:
            raise ValueError(f"{loss} takes a branch that depends on its numbers: {recording.guards[0].text}")
        within = itertools.pairwise(recording.start.tolist())
        places = [recording.operand[start:end].tolist() for start, end in within]
        computed = list(zip(recording.op, places, strict=True))[2 * P + len(recording.outside) :]
        self.nodes: list[Any] = [*map(float, recording.outside)]
        self.nodes += [[f"{op}/{len(parents)}", *parents] for op, parents in computed]
        self.shapes = [(op, len(parents)) for op, parents in computed if op in OPS]


def rows_for(sigmas: Sequence[str], widest: int, tails: Iterable[Tail]) -> list[tuple[str, int]]:
    """The rows that networks of these σ need, whose neurons have up to so many inputs, and these tails."""
    shapes = [("mul", 2), *(("total", n + 1) for n in range(1, widest + 1))]
    shapes += [(name, 1) for name in sigmas if name != "identity"]
    return list(dict.fromkeys([*shapes, *(shape for tail in tails for shape in tail.shapes)]))
