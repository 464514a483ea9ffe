"""Names for the arrays that rooms hand to each other, and their size where a square would not fit a float."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool]


def exponent(x: npt.ArrayLike, axis: int | None = None) -> Any:
    """The k with |x| < 2ᵏ for all entries, along an axis if one is given: x 2⁻ᵏ can be squared, and is x to the bit.

    >>> exponent([3e160, -4e160]), np.ldexp(1.0, exponent(1e-200)) > 1e-200
    (534, np.True_)
    """
    return np.frexp(np.abs(x).max(axis=axis, initial=0.0))[1]


@np.errstate(over="ignore")
def norm(x: npt.ArrayLike) -> float:
    """‖x‖, the root of the sum of squares, also where the squares overflow or underflow; inf if too large itself.

    >>> norm([3e160, 4e160]) / 5e160, norm([3e-200, 4e-200]) / 5e-200
    (1.0, 1.0)
    """
    k = exponent(x)
    return float(np.ldexp(np.linalg.norm(np.ldexp(x, -k)), k))
