"""S = A B for each example, of matrices of rows: prepared calls, forward and backward, by the quickest way there is.

A is P × r × k, B is P × k × c and S is P × r × c; several examples are a last axis more, as in V. Matrix products want
them before r and k, so that the arrays are copied, each number once; where that is not many times less than there is to
multiply, they stay as they are and are multiplied and added up in one pass. Either way no array holds all the products.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .kernels import Call

WORTH = 2  # so many × each number must take part in, for the copies to pay
GAP = 16  # numbers between the rows of copies: those of a column would else share a place in the cache


class Way(NamedTuple):
    """A way to compute: the calls forward; and whether backward reads A and B themselves, and not what it has kept."""

    forward: list[Call]
    reads: bool
    kept: tuple[Any, ...] = ()


Temp = Callable[[str, int], Any]  # room for so many numbers, by name
Targets = Sequence[tuple[int, Any]]  # 0 or 1, for A or B, and where to write what goes there


def values(A: Any, B: Any, S: Any, temp: Temp) -> Way:
    """The calls that write A B to S."""
    r, k, c = A.shape[1], A.shape[2], B.shape[2]
    if r == c == 1 and S.ndim == 3:
        return Way([partial(np.vecdot, A[:, 0], B[:, :, 0], out=S[:, 0, 0])], reads=True)
    if r == c == 1:
        return Way([partial(np.einsum, "pkm,pkm->pm", A[:, 0], B[:, :, 0], out=S[:, 0, 0])], reads=True)
    if S.ndim == 3:
        return Way([partial(np.matmul, A, B, out=S)], reads=True)
    if r * k * c <= WORTH * (r * k + k * c + r * c):
        return Way([partial(np.einsum, "prkm,pkcm->prcm", A, B, out=S)], reads=True)
    a, b = _room(np.empty(_size(A)), A), _room(np.empty(_size(B)), B)
    copies: list[Call] = [partial(np.copyto, a, _turned(A)), partial(np.copyto, b, _turned(B))]
    return Way([*copies, *_product(a, b, S, temp)], reads=False, kept=(a, b))


def slopes(way: Way, G: Any, A: Any, B: Any, targets: Targets, temp: Temp) -> list[Call]:
    """The calls that write G Bᵀ to the target of A and Aᵀ G to that of B."""
    if way.kept:
        a, b = way.kept
        g = _room(temp("G turned", _size(G)), G)
        calls: list[Call] = [partial(np.copyto, g, _turned(G))]
        for i, to in targets:
            calls += _product(_transposed(a), g, to, temp) if i else _product(g, _transposed(b), to, temp)
        return calls
    if G.shape[1] == G.shape[2] == 1:
        return [partial(np.multiply, G, (A if i else B).swapaxes(1, 2), to) for i, to in targets]
    if G.ndim == 3:
        return [
            partial(np.matmul, _transposed(A), G, out=to) if i else partial(np.matmul, G, _transposed(B), out=to)
            for i, to in targets
        ]
    return [
        partial(np.einsum, "prkm,prcm->pkcm", A, G, out=to)
        if i
        else partial(np.einsum, "prcm,pkcm->prkm", G, B, out=to)
        for i, to in targets
    ]


def square_slopes(G: Any, A: Any, to: Any, temp: Temp) -> list[Call]:
    """The same where A and Bᵀ are one row, whose squares are added up: 2 G A."""
    twice = temp("G twice", G.size).reshape(G.shape)
    return [partial(np.add, G, G, twice), partial(np.multiply, twice, A, to)]


def _size(x: Any) -> int:
    """How many numbers a copy with the examples second takes."""
    P, r, k, M = x.shape
    return int(P * r * (M * k + GAP))


def _room(space: Any, x: Any) -> Any:
    """Room for the copy in this space: row by row, each for all examples."""
    P, r, k, M = x.shape
    return space.reshape(P, r, M * k + GAP)[:, :, : M * k].reshape(P, r, M, k).swapaxes(1, 2)


def _turned(x: Any) -> Any:
    """The examples as the second axis."""
    return x.transpose(0, 3, 1, 2)


def _transposed(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _product(x: Any, y: Any, out: Any, temp: Temp) -> list[Call]:
    """x y, both with the examples second, where these come last."""
    z = _room(temp("S turned", _size(out)), out)
    return [partial(np.matmul, x, y, out=z), partial(np.copyto, _turned(out), z)]
