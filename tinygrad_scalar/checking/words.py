"""The slips of backpropagation in words: one list, for who reads a gradient and for the page that asks for numbers."""

from typing import Any

from .factors import SUGGESTIONS

MISSING, TWICE, AT_A = "missing", "applied twice", "taken at a instead of z"  # σ′ is …
Z_FOR_A = {"tanh": "1 − z² in place of 1 − a²", "logistic": "z(1 − z) in place of a(1 − a)"}
SLOPE = "σ′ is {}"


def on_a_node() -> dict[str, Any]:
    """The slips that one number of a pass can show, by what the page calls them.

    >>> on_a_node()["twice"], on_a_node()["factors"][0]
    ('σ′ is applied twice', [2.0, 'a ½ is forgotten, or something is added up twice?'])
    """
    return {
        "missing": SLOPE.format(MISSING),
        "twice": SLOPE.format(TWICE),
        "at_a": SLOPE.format(AT_A),
        "z_for_a": {f"{name}/1": SLOPE.format(words) for name, words in Z_FOR_A.items()},
        "factors": [[factor, words] for factor, words in SUGGESTIONS.items() if factor],
        "bend": "σ itself is missing: this is its input",
        "local": "the local derivative is missing",
        "path": "a path of the sum is forgotten",
        "term": "a term of the sum is forgotten",
        "exchanged": "a value and its gradient are exchanged",
        "neighbour": "a neighbour's number is taken",
        "itself": "its own number is taken in place of the other factor's",
    }
