"""Text in an SVG: how wide it is, and names whose sub- and superscript stand one above the other."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from ..style import SANS_FAMILY, SERIF_FAMILY, paint
from .escaping import for_xml
from .notation import Name, is_right_to_left

# Widths in thousandths of the font size. Those of Helvetica are also Arial's, Arimo's and Liberation Sans's; those of
# Times Italic are also Times New Roman's, Tinos's and Liberation Serif's.
SANS = {
    220: "ijl", 260: "|", 278: "ftI .,;:·[]/!", 333: "r-(){}²ℓ", 390: "*\"'", 500: "cksvxyzJŷ∂", 556: "÷√",
    584: "+−×=<>", 611: "FTZσΣ", 667: "ABEKPSVXY&", 722: "wCDHNRU", 778: "GOQ", 833: "mM½", 890: "%", 944: "W",
    1000: "…@",
}  # fmt: skip
ITALIC = {
    250: " .,·'′", 278: "fijlt/|", 333: "I;:-()!²", 390: "rsz[]{}", 444: "cekvxyJŷδℓ\"", 556: "LTYZ÷√Σ",
    611: "ABEFPRVX", 667: "wCKN+−×=<>", 722: "mDGHOQU½", 833: "MW%&", 900: "…@",
}  # fmt: skip
WIDTHS = [{letter: w / 1000 for w, letters in table.items() for letter in letters} for table in (SANS, ITALIC)]
NUMERIC = re.compile(r"[\d.,()=+−·×∞]{2,}")
SCRIPT, RISE, FALL = 0.66, 0.44, 0.26  # size, rise and fall of a script, in letters' sizes
GAP = 0.14  # between the factors of a product
PLAIN = 0.76  # plain text stands smaller among the text's letters: sans is the larger of two fonts of one size


@lru_cache(maxsize=50_000)
def text_width(text: str, size: float, italic: bool = False) -> float:
    """How wide `text` is, in the unit of `size`: exact in the fonts that pictures ask for, for most letters."""
    return size * sum(_letter_width(letter, italic) for letter in text)


def _letter_width(letter: str, italic: bool) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    return WIDTHS[italic].get(letter, 0.5 if italic else 0.556)


def width(names: Sequence[Name], size: float) -> float:
    """How wide a row of names is, side by side as in a product."""
    return sum(_width(name, size) for name in names) + GAP * size * max(len(names) - 1, 0)


@lru_cache(maxsize=50_000)
def _width(name: Name, size: float) -> float:
    if not name.math:
        return text_width(name.letter, PLAIN * size)
    scripts = max(text_width(script, SCRIPT * size, italic=True) for script in (name.sub, name.sup))
    return text_width(name.letter, size, italic=True) + (scripts + 0.06 * size if scripts else 0.0)


def names_in_svg(names: Sequence[Name], x: float, y: float, size: float, anchor: str = "middle") -> str:
    """The names as one SVG text, its baseline at y; `anchor` says which of its ends or its middle is at x.

    >>> names_in_svg([Name("w", "1,2", "(1)"), Name("x", "2")], 10, 20, 16).count("<tspan")
    5
    """
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width(names, size)
    spans = []
    for name in names:
        if name.math:
            spans += _letter_and_scripts(name, left, y, size)
        else:
            face = f' font-family="{SANS_FAMILY}" font-style="normal" font-size="{PLAIN * size:g}"'
            spans.append(_span(name.letter, left, y, face))
        left += _width(name, size) + GAP * size
    face = f'font-family="{SERIF_FAMILY}" font-style="italic" font-size="{size:g}"'
    return f"<text {paint('ink')} {face}>{''.join(spans)}</text>"


def _letter_and_scripts(name: Name, left: float, y: float, size: float) -> list[str]:
    after = left + text_width(name.letter, size, italic=True) + 0.04 * size
    tall = 0.08 * size if name.letter.isupper() or name.letter in "bdfhklδŷ" else 0.0
    scripts = [(name.sup, after + 0.02 * size + tall / 2, y - RISE * size - tall), (name.sub, after, y + FALL * size)]
    spans = [_span(name.letter, left, y)]
    for script, at, baseline in scripts:
        upright = "" if any(map(str.isalpha, script)) else ' font-style="normal"'  # letters lean, digits stand
        if script:
            spans.append(_span(script, at, baseline, f'{upright} font-size="{SCRIPT * size:.4g}"'))
    return spans


def _span(text: str, x: float, y: float, face: str = "") -> str:
    if is_right_to_left(text):
        face += ' unicode-bidi="isolate"'
    return f'<tspan x="{round(x, 2):g}" y="{round(y, 2):g}"{face}>{for_xml(text)}</tspan>'


def text_in_svg(
    text: str, x: float, y: float, size: float, colour: str = "ink", anchor: str = "middle", fit: bool = False
) -> str:
    """Plain text, its baseline at y; a number that others stand close to is made to `fit` its width in any font.

    >>> print(text_in_svg("1 < 2", 5, 10, 12, "quiet"))
    <text class="f-quiet" fill="#566270" x="5" y="10" font-size="12" text-anchor="middle">1 &lt; 2</text>
    """
    place = f'x="{round(x, 2):g}" y="{round(y, 2):g}" font-size="{size:g}" text-anchor="{anchor}"'
    if fit and NUMERIC.fullmatch(text):
        place += f' textLength="{text_width(text, size):.1f}" lengthAdjust="spacingAndGlyphs"'
    return f"<text {paint(colour)} {place}>{for_xml(text)}</text>"
