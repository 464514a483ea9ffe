"""Rows of V that stand in a pattern, as a view of V: nothing is gathered, and gradients go to their place directly.

Places that grow evenly along each axis are a strided view: a slice, a slice of slices, a matrix of which only some
columns are wanted. An axis along which they do not grow at all repeats what it shows, as broadcasting does; the
gradients along it are added up.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..arrays import Array, Integers

AXES = 3  # so many axes at most


class View(NamedTuple):
    """Place `first` and those from it in steps of `strides` along the axes of `shape`."""

    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def repeated(self) -> tuple[int, ...]:
        """The axes along which the same is seen again and again."""
        return tuple(i for i, (n, step) in enumerate(zip(self.shape, self.strides, strict=True)) if n > 1 and not step)

    @property
    def once(self) -> "View":
        """The same without repetition."""
        return View(self.first, tuple(1 if i in self.repeated else n for i, n in enumerate(self.shape)), self.strides)

    def of(self, V: Array) -> Any:
        """These rows of V."""
        strides = (*(step * V.strides[0] for step in self.strides), *V.strides[1:])
        return as_strided(V[self.first :], (*self.shape, *V.shape[1:]), strides)

    def alike(self, space: Any) -> Any:
        """This space in the shape of the view, with its axes in the same order in memory, the repeated ones outside."""
        order = sorted(range(len(self.shape)), key=lambda i: (i not in self.repeated, -abs(self.strides[i])))
        ordered = space.reshape(*(self.shape[i] for i in order), *space.shape[1:])
        rest = range(len(order), ordered.ndim)
        return ordered.transpose(*(order.index(i) for i in range(len(order))), *rest)


def strided(places: Integers) -> View | None:
    """An array of places as a view, or None; apart from repetitions along an axis, each place may be there only once.

    >>> strided(np.array([[3, 5, 7], [3, 5, 7]]))
    View(first=3, shape=(2, 3), strides=(0, 2))
    >>> strided(np.array([2, 1, 0])), strided(np.array([1, 2, 4])), strided(np.array([[1, 2], [2, 3]]))
    (View(first=2, shape=(3,), strides=(-1,)), None, None)
    """
    first, steps = int(places.flat[0]), []
    for axis, n in enumerate(places.shape):
        line = places[tuple(slice(None) if i == axis else 0 for i in range(places.ndim))]
        steps.append(int(line[1]) - first if n > 1 else 0)
    strides = tuple(steps)
    view = View(first, places.shape, strides)
    expected = np.full(places.shape, first)
    for axis, step in enumerate(steps):
        expected += (step * np.arange(places.shape[axis])).reshape(-1, *(1 for _ in places.shape[axis + 1 :]))
    if not np.array_equal(places, expected):
        return None
    different = int(np.prod(view.once.shape))
    return view if len(np.unique(places)) == different else None


def pattern(columns: Sequence[Integers]) -> tuple[int, ...]:
    """The axes in which these columns of places, which are equally long, are views, as far as they can be.

    >>> pattern([np.arange(6), np.array([7, 8, 9, 7, 8, 9])]), pattern([np.arange(6), np.array([7, 8, 9, 9, 8, 7])])
    ((2, 3), (6,))
    """
    n = len(columns[0])
    ends = {n}
    for places in columns:
        own, block = {n}, places
        while len(block) > 1:
            run = int(np.argmax(np.append(np.diff(block) != block[1] - block[0], True))) + 1
            own.add(n * run // len(block))
            block = block[::run]
        shape = _shape(own)
        if shape and strided(places.reshape(shape)):
            ends |= own
    return _shape(ends) or (n,)


def _shape(ends: set[int]) -> tuple[int, ...]:
    """The axes that end after so many places each, the largest number being all places; none, where they do not fit."""
    sizes = sorted(ends, reverse=True)
    if len(sizes) > AXES or any(a % b for a, b in pairwise(sizes)):
        return ()
    return (*(a // b for a, b in pairwise(sizes)), sizes[-1])
