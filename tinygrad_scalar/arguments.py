"""What every room asks of its arguments: a setting out of its range is refused in a sentence, before it can do harm."""

import random
from typing import Any

import numpy as np

from .arrays import Array

WORDS = {"(0, inf)": "is a positive number", "[0, inf)": "is a number that is not negative"}


def within(name: str, x: Any, interval: str) -> Any:
    """x, if it is a number in the interval, written as in mathematics: a bracket takes the end, a parenthesis does not.

    Raises
    ------
    ValueError
        If it is not; nan is in no interval, and infinity in none that is open there.

    >>> within("momentum", 0.9, "[0, 1)")
    0.9
    >>> within("momentum", 1.0, "[0, 1)")
    Traceback (most recent call last):
    ValueError: momentum lies in [0, 1), not 1.0
    """
    low, high = map(float, interval[1:-1].split(","))
    try:
        inside = low < x < high or (x == low and interval[0] == "[") or (x == high and interval[-1] == "]")
    except TypeError:
        inside = False
    if not inside:
        raise ValueError(f"{name} {WORDS.get(interval, f'lies in {interval}')}, not {x!r}")
    return x


def floats(x: Any, name: str) -> Array:
    """x as a fresh float64 array, if it holds numbers; TypeError and ValueError say what to write for what does not.

    >>> floats(["no", "yes"], "Y")
    Traceback (most recent call last):
    ValueError: Y holds the text 'no', a network takes numbers: data.named_classes numbers texts, and data.one_hot \
makes targets of class numbers
    """
    if hasattr(x, "toarray"):
        raise TypeError(f"{name} is a sparse {type(x).__name__}, and every entry is wanted: write {name}.toarray()")
    try:
        return np.array(x, dtype=float)
    except ValueError as error:
        texts = [entry for entry in np.array(x, dtype=object).reshape(-1) if isinstance(entry, str)]
        if not texts:
            raise
        raise ValueError(
            f"{name} holds the text {texts[0]!r}, a network takes numbers: data.named_classes numbers texts, and "
            "data.one_hot makes targets of class numbers"
        ) from error


def whole_number(n: Any, what: str, least: int = 1) -> int:
    """n as an int, if it is a whole number (of Python or NumPy, no bool) and not below `least`.

    >>> whole_number(np.int64(3), "epochs", 0)
    3
    >>> whole_number(2.5, "batch_size")
    Traceback (most recent call last):
    ValueError: batch_size is a whole number from 1, not 2.5
    """
    if not _is_whole(n) or n < least:
        raise ValueError(f"{what} is a whole number from {least}, not {n!r}")
    return int(n)


def numbered(k: Any, n: int, what: str, there_are: str) -> int:
    """k as an int, if it is one of the numbers 1 to n that layers, neurons and units have.

    >>> numbered(3, 2, "layer", "the layers are")
    Traceback (most recent call last):
    ValueError: there is no layer 3, the layers are 1 to 2
    """
    if not _is_whole(k) or not 1 <= k <= n:
        raise ValueError(f"there is no {what} {k!r}, {there_are} 1 to {n}")
    return int(k)


def _is_whole(n: Any) -> bool:
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)


def random_source(rng: Any = None) -> random.Random:
    """A random.Random from an int seed, a random.Random (itself), a NumPy Generator (a draw seeds it) or None (fresh).

    >>> random_source(3).random() == random.Random(3).random()
    True
    """
    if isinstance(rng, random.Random):
        return rng
    if rng is None or _is_whole(rng):
        return random.Random(rng if rng is None else int(rng))
    if isinstance(rng, np.random.Generator):
        return random.Random(int(rng.integers(2**63)))
    raise TypeError(f"rng is an int, a random.Random or a NumPy Generator, not {type(rng).__name__}")
