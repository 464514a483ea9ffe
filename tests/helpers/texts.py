"""Texts of every sort, and the numbers that texts show."""

from hypothesis import strategies as st

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=30)
HOSTILE = "</script><script>alert(1)</script><!--\u2028&amp;<img src=x onerror=alert(2)>"


def read(text):
    """The number that a text shows, and half a unit of its last digit."""
    text = text.removeprefix("×").strip("()").replace("−", "-").replace("∞", "inf")
    mantissa, _, power = text.partition("·10")
    exponent = int(
        power.translate({ord(raised): digit for digit, raised in zip("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)}) or 0
    )
    decimals = len(mantissa.partition(".")[2])
    return float(mantissa) * 10.0**exponent, 0.5 * 10.0 ** (exponent - decimals)
