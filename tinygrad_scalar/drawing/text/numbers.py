"""Numbers as a textbook prints them: a true minus sign, three digits, powers of ten where they are needed."""

import math
from collections.abc import Collection

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(x: float) -> str:
    """x with three decimals, or as a power of ten where that would hide it.

    >>> number(-0.48), number(0.0), number(1.5e-7), number(-12345678.0), number(float("-inf"))
    ('−0.480', '0.000', '1.50·10⁻⁷', '−1.23·10⁷', '−∞')
    """
    if not math.isfinite(x):
        return {math.inf: "∞", -math.inf: "−∞"}.get(x, "nan")
    if x == 0.0:
        return "0.000"
    if 1e-3 <= abs(x) < 1e4:
        return f"{x:.3f}".replace("-", "−")
    mantissa, exponent = f"{x:.2e}".split("e")
    return f"{mantissa}·10{str(int(exponent)).translate(RAISED)}".replace("-", "−")


def short(x: float) -> str:
    """x with three significant digits, and no zeros that say nothing.

    >>> short(-0.5), short(2.0), short(0.87512), short(999.7), short(-123456.0)
    ('−0.5', '2', '0.875', '1000', '−1.23·10⁵')
    """
    if not math.isfinite(x) or (x and not 1e-3 <= abs(x) < 1e4):
        return number(x)
    x = x or 0.0  # not −0
    return (f"{x:.3g}" if abs(x) < 999.5 else f"{x:.0f}").replace("-", "−")


def factor(x: float) -> str:
    """x as something to multiply with.

    >>> factor(0.5), factor(-0.5)
    ('×0.5', '×(−0.5)')
    """
    return f"×({short(x)})" if short(x).startswith("−") else f"×{short(x)}"


def span(numbers: Collection[float]) -> str:
    """One number, or the least and the largest of several.

    >>> span([0.5]), span([0.5, -1.0, 0.25])
    ('0.500', '−1.000 … 0.500')
    """
    low, high = min(numbers), max(numbers)
    return number(low) if len(numbers) == 1 else f"{number(low)} … {number(high)}"
