"""A page in which a network trains, and shows at any moment that the chain rule on scalars gives the same gradient."""

from itertools import product
from typing import Any

import numpy as np

from ... import losses
from ...activations import ACTIVATIONS
from ...arguments import within
from ...checking.words import on_a_node
from ...data.preparation import one_hot
from ...loss_facts import FACTS
from ...matrix import MatrixMLP
from ...nn import MLP
from ...ops import OPS
from ...replay.recording import COMPARISONS
from ...slopes import DLOSS
from ...training.targets import misfits
from ..graphs.formulas import form
from ..page.bundle import part
from ..page.javascript import number_of, table_script
from ..page.mathematics import slopes
from ..page.page import Page
from ..style import stylesheet
from .points import MOST_POINTS, TOPICS, Points, lowest, of_topic, points_of
from .witness import Tail, condition_rows, rows_for, witness_script

MOST_CLASSES, WIDEST, DEEPEST = 6, 24, 6  # what can be seen on one page
SCALARS = "scalars"  # the id of the picture that the page draws itself
OUTPUTS = ("logistic", "tanh", "identity", "softmax")  # of classes; of a curve all σ but softmax


def playground(network: MLP | MatrixMLP, data: Any, loss: str, *, held_out: float = 0.25) -> Page:
    """Make a page in which the network trains by the δ equations, beside its scalar graph.

    The page starts with this network, its θ, these points and this loss; there all of them can be changed. It trains by
    gradient descent with momentum, on batches, and keeps every epoch. It needs nothing but a browser.

    Parameters
    ----------
    network : MLP or MatrixMLP
        Of two inputs (a plane of points), or of one (a curve). It is left as it is.
    data : DataSet, pair (X, Y), or str
        Examples in rows, M × 2 or M × 1, as the network gets them. Y has M × d_L targets (M will do of one output):
        0 and 1, or −1 and 1, for two classes; one-hot rows for several; else numbers. A name is that of a set that the
        page draws itself: xor, circles, moons, spirals, three (classes), or curve.
    loss : str
        Its name, see `losses`.
    held_out : float
        The share of the points that is not trained on.

    Returns
    -------
    Page
        `.save("playground.html")` writes one file; in a notebook it shows itself.

    Raises
    ------
    ValueError
        If the network has another number of inputs, does not fit the data or the loss, shares or freezes parameters, or
        is too large for one page.

    >>> playground(MLP(2, [4, 1], "tanh", "logistic", rng=0), "moons", "binary_cross_entropy")
    Page('A network learns two moons')
    """
    matrix = network if isinstance(network, MatrixMLP) else MatrixMLP.from_scalar(network)
    sizes = [matrix.W[1].shape[1], *(len(b) for b in matrix.b[1:])]
    loss = losses.name(losses.find(loss))
    if loss not in losses.LOSSES:
        raise ValueError(f"the page trains with the losses {', '.join(losses.LOSSES)}, not with {loss}")
    _check_network(matrix, sizes)
    points = of_topic(data, loss, matrix.activations[-1]) if isinstance(data, str) else points_of(data, matrix, loss)
    _check_pair(points, sizes, matrix.activations[-1], loss)
    return _page(matrix, sizes, points, loss, within("held_out", held_out, "[0, 1)"))


def _page(matrix: MatrixMLP, sizes: list[int], points: Points, loss: str, held_out: float) -> Page:
    pairs = _pairs(max(len(points.classes), 3), (matrix.activations[-1], loss, sizes[-1]))
    tails = {"/".join(map(str, pair)): Tail(*pair) for pair in pairs}
    widest = max(WIDEST, *sizes)
    shapes = rows_for(ACTIVATIONS, widest, tails.values())
    told = {
        "kind": "playground",
        "given": points._asdict(),
        "network": {
            "sizes": sizes,
            "sigmas": [None, *matrix.activations[1:]],
            "theta": [*map(number_of, matrix.theta.tolist())],
        },
        "loss": loss,
        "heldOut": held_out,
        "topics": {name: topic._asdict() for name, topic in TOPICS.items()},
        "sigmas": ACTIVATIONS,
        "outputs": OUTPUTS,
        "natural": {name: row.output for name, row in FACTS.items() if row.output},
        "signs": [name for name, row in FACTS.items() if row.targets == "signs"],
        "player": _player(shapes),
        "tails": {key: tail.nodes for key, tail in tails.items()},
        "most": {"neurons": widest, "layers": DEEPEST, "points": MOST_POINTS},
    }
    what = TOPICS[points.name].words if points.name in TOPICS and not points.X else points.name
    return Page(
        f"A network learns {what}",
        part("playgrounds/playground.html"),
        scripts=["playgrounds/page.js"],
        styles=["playgrounds/playground.css"],
        data=told,
        written={
            "page/table.js": table_script(shapes, condition_rows()),
            "playgrounds/witness.js": witness_script(ACTIVATIONS, [name for name in DLOSS if not FACTS[name].output]),
        },
        pictures=[SCALARS],
    )


def _player(shapes: list[tuple[str, int]]) -> dict[str, Any]:
    """What a player in a frame is made of: its elements and style, and how each row is written."""
    known = {f"{name}/{n}": {"value": form(name, n), "slopes": slopes(name, n)} for name, n in shapes}
    compared = {f"{name}/2": sign for name, (sign, _) in COMPARISONS.items()}
    known |= {key: {"value": [0, f" {sign} ", 1], "slopes": [None, None]} for key, sign in compared.items()}
    return {
        "body": part("player/player.html"),
        "style": "\n".join([part("page/page.css"), part("player/player.css"), stylesheet(SCALARS)]),
        "symbols": {f"{name}/{n}": OPS[name].symbol for name, n in shapes} | compared,
        "formulas": known,
        "slips": on_a_node(),
    }


def _check_network(matrix: MatrixMLP, sizes: list[int]) -> None:
    """Whether a page can show it."""
    if sizes[0] not in (1, 2):
        raise ValueError(
            f"the page shows points in a plane (2 inputs) or a curve (1 input); the network has {sizes[0]} inputs: "
            "choose two columns of X"
        )
    if len(sizes) - 1 > DEEPEST or max(sizes) > WIDEST:
        raise ValueError(
            f"the page shows {DEEPEST} layers of up to {WIDEST} neurons; this network has {len(sizes) - 1} layers, the "
            f"widest of {max(sizes)}"
        )
    if matrix.frozen or matrix.tied is not None:
        what = f"layer {min(matrix.frozen)} is frozen" if matrix.frozen else "some of its weights are shared"
        raise ValueError(f"the page trains every parameter on its own, and of this network {what}")
    for sigma in matrix.activations[1:]:
        if sigma not in (*ACTIVATIONS, "softmax"):
            raise ValueError(f"the page knows the activations {', '.join(ACTIVATIONS)} and softmax, not {sigma!r}")


def _check_pair(points: Points, sizes: list[int], output: str, loss: str) -> None:
    """Whether network, points and loss fit each other."""
    C, P = len(points.classes), sizes[-1]
    possible = (1, 2) if C == 2 else (C or 1,)
    inputs = 2 if C else len(points.columns)
    if sizes[0] != inputs or len(points.columns) != inputs:
        raise ValueError(
            f"the network has {sizes[0]} inputs, {points.name} has {len(points.columns)}" + "; classes want 2" * bool(C)
        )
    if P not in possible:
        what = f"{C} classes" if C else "a curve"
        raise ValueError(f"the network has {P} outputs, {what} want {' or '.join(map(str, possible))}")
    if C > MOST_CLASSES:
        raise ValueError(f"the page tells {MOST_CLASSES} classes apart by colour and shape, {points.name} has {C}")
    for sentence in _misfits(output, loss, P, points.low):
        raise ValueError(sentence)


def _pairs(most: int, own: tuple[str, str, int]) -> list[tuple[str, str, int]]:
    """Output activation, loss and number of outputs: one's own, and all that make sense for 2, 3 or `most` classes."""
    sizes = {1: ACTIVATIONS, **dict.fromkeys((2, 3, most), OUTPUTS)}
    possible = [(output, loss, P) for P, sigmas in sizes.items() for output, loss in product(sigmas, losses.LOSSES)]
    return list(dict.fromkeys([own, *(pair for pair in possible if not _misfits(*pair, lowest(pair[1])))]))


def _misfits(output: str, loss: str, P: int, low: int) -> list[str]:
    """Why the loss does not suit so many outputs with targets `low` and 1."""
    return misfits(loss, output, np.where(one_hot(np.arange(max(P, 2)))[:, -P:] > 0, 1.0, float(low)))
