"""A setting out of its range is refused in a sentence, before it can do harm."""

import operator
from typing import Any

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


def count(name: str, n: Any, least: int) -> int:
    """n as an int, if it is a whole number (of Python or NumPy) and not below `least`.

    >>> count("epochs", 3, 0)
    3
    >>> count("batch_size", 2.5, 1)
    Traceback (most recent call last):
    ValueError: batch_size counts from 1 in whole numbers, not 2.5
    """
    try:
        whole = operator.index(n)
    except TypeError:
        whole = least - 1
    if whole < least:
        raise ValueError(f"{name} counts from {least} in whole numbers, not {n!r}")
    return whole
