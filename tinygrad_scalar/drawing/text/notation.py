"""The text's names, w_{i,j}^{(ℓ)} and all others, as labels, as Unicode and as LaTeX.

A label in the text's notation is a letter (it may wear a hat, ŷ), with a subscript, a superscript, both or neither. Any
other label is text and stays as it stands.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from .escaping import clean

LETTER = r"(?P<letter>[^\W\d_]\u0302?|\\hat\{?[a-z]\}?|∂)"
SUB = r"_(?:\{(?P<sub>[^{}]{1,12})\}|(?P<sub1>\d+|[^\W_]))"
SUP = r"\^(?:\{(?P<sup>[^{}]{1,12})\}|(?P<sup1>\d+|[^\W_]|\(\w+\)))"
NAMES = [re.compile(LETTER + scripts) for scripts in (f"(?:{SUB})?(?:{SUP})?", f"{SUP}{SUB}")]
LOWERED = str.maketrans("0123456789+-−=()aehijklmnoprstuvx,", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ,")
RAISED = str.maketrans("0123456789+-−=()hijklnrswxyℓ", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ʰⁱʲᵏˡⁿʳˢʷˣʸˡ")
COMMANDS = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "η": "eta", "θ": "theta",
            "λ": "lambda", "μ": "mu", "σ": "sigma", "φ": "varphi", "ℓ": "ell", "ŷ": "hat{y}",
            "ℒ": "mathcal{L}"}  # fmt: skip
LATEX = {letter: f"\\{command}" for letter, command in COMMANDS.items()} | {"−": "-"}
ESCAPES = {"\\": r"\backslash ", "^": r"\wedge ", "~": r"\sim "}  # in mathematics, where alone they appear
PLAIN = {letter: "\\" + letter for letter in "#$%&_{}"} | {
    letter: f"}}{code}\\text{{" for letter, code in ESCAPES.items()
}


@dataclass(frozen=True)
class Name:
    """A letter with its scripts, or (not `math`) a piece of plain text."""

    letter: str
    sub: str = ""
    sup: str = ""
    math: bool = True

    def __str__(self) -> str:
        """In Unicode where it has such scripts, else as the label had it.

        >>> print(Name("w", "1,2", "(3)"), Name("z", "q"))
        w₁,₂⁽³⁾ z_q
        """
        text = self.letter + _shifted("_", self.sub, LOWERED) + _shifted("^", self.sup, RAISED)
        return f"\u2068{text}\u2069" if is_right_to_left(text) else text

    def shortened(self, most: int = 40) -> "Name":
        """Itself, or, where a label is a whole sentence, its beginning."""
        return self if len(self.letter) <= most else Name(self.letter[: most - 1] + "…", math=self.math)

    @property
    def latex(self) -> str:
        """For a formula; plain text goes upright.

        >>> print(Name("δ", "i", "(ℓ)").latex, Name("50%", math=False).latex)
        \\delta_{i}^{(\\ell)} \\text{50\\%}
        """
        if not self.math:
            return r"\text{" + "".join(PLAIN.get(letter, letter) for letter in self.letter) + "}"
        letter, sub, sup = ("".join(LATEX.get(c, c) for c in part) for part in (self.letter, self.sub, self.sup))
        return letter + (f"_{{{sub}}}" if sub else "") + (f"^{{{sup}}}" if sup else "")


Item = Name | tuple[str, str]  # a name, or text and its colour


def raised(exponent: str) -> str:
    """An exponent in plain text.

    >>> raised("2"), raised("0.5")
    ('²', '^0.5')
    """
    if all(ord(letter) in RAISED for letter in exponent):
        return exponent.translate(RAISED)
    return f"^({exponent})" if exponent[0] in "−(" else f"^{exponent}"


@lru_cache(maxsize=50_000)
def is_right_to_left(text: str) -> bool:
    """Whether some of it is written from the right: it is isolated, so that what stands around it keeps its order.

    >>> is_right_to_left("שלום"), is_right_to_left("w_1")
    (True, False)
    """
    return not text.isascii() and any(
        unicodedata.bidirectional(letter) in ("R", "AL", "RLE", "RLO", "RLI") for letter in text
    )


def _shifted(mark: str, script: str, table: dict[int, int]) -> str:
    if all(ord(letter) in table for letter in script):
        return script.translate(table)
    return f"{mark}{{{script}}}" if len(script) > 1 else mark + script


def parse(label: str) -> Name:
    """A label as a name of the text's, or as text.

    >>> parse("w_{1,2}^{(3)}")
    Name(letter='w', sub='1,2', sup='(3)', math=True)
    >>> parse("\\\\hat{y}_i") == parse("ŷ_i"), parse("my weight").math
    (True, False)
    """
    label = clean(label)
    found = next((match for pattern in NAMES if (match := pattern.fullmatch(label))), None)
    if not found:
        return Name(label, math=False)
    letter, sub, sup = (found[part] or "" for part in ("letter", "sub", "sup"))
    if letter.startswith("\\hat"):
        letter = letter.removeprefix("\\hat").strip("{}") + "\u0302"
    return Name(unicodedata.normalize("NFC", letter), sub or found["sub1"] or "", sup or found["sup1"] or "")
