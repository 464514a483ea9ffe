"""Names for the arrays that rooms hand to each other, and their size where a square would not fit a float."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool]


def exponent(x: npt.ArrayLike, axis: int | None = None) -> Any:
    """The k with |x| < 2ᵏ for all entries, along an axis if one is given: x 2⁻ᵏ can be squared, and is x to the bit.

    >>> print(exponent([3.0, -4.0]), exponent([[3.0, 1e160], [0.1, 1.0]], axis=0))
    3 [  2 532]
    """
    return np.frexp(np.abs(x).max(axis=axis, initial=0.0))[1]


@np.errstate(over="ignore")
def norm(x: npt.ArrayLike) -> float:
    """‖x‖, the root of the sum of squares, also where the squares overflow or underflow; inf if too large itself.

    >>> [f"{norm([3 * size, 4 * size]):.6g}" for size in (1e160, 1e-200)]
    ['5e+160', '5e-200']
    """
    k = exponent(x)
    return float(np.ldexp(np.linalg.norm(np.ldexp(x, -k)), k))
