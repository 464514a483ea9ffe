"""Lines of arithmetic as a page prints them, read and computed."""

import re
from functools import partial

from tinygrad_scalar.ops import OPS, floats

RAISED, LOWERED = "[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]", str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
NAMED = ("abs", "pow", "where")  # rows that are called by their names
CALLS = {row.symbol if row.symbol.isalpha() else name: partial(row.value, floats) for name, row in OPS.items() if row.symbol.isalpha() or name in NAMED}  # fmt: skip


def calculated(text):
    """What a line of numbers gives, each as it is printed."""
    text = re.sub(f"·10({RAISED}+)", lambda found: f"e{found[1].translate(LOWERED)}", text)
    text = re.sub(f"{RAISED}+", lambda found: f"**{found[0].translate(LOWERED)}", text)
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text).replace("−", "-").replace("·", "*").replace("^", "**")
    text = re.sub(r"(?<![\w.])-([\d.]+(?:e-?\d+)?)\*\*", r"(-\1)**", text)
    return eval(text, {"__builtins__": {}}, CALLS)
