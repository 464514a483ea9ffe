"""Colour is role: the same thing looks the same in every picture, by day and by night.

The tints are Okabe and Ito's, which everyone can tell apart, and nothing depends on them alone. Values are always blue,
derivatives always vermilion, each at 5:1 or more on what it stands on. One SVG serves light and dark: each shape has a
plain colour, for programs that know no more, and a class whose colour follows the reader's `prefers-color-scheme`.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple


class Colour(NamedTuple):
    """A colour by day and by night."""

    light: str
    dark: str


COLOURS = {
    "paper":     Colour("#ffffff", "#11161d"),
    "ink":       Colour("#1f2933", "#e8ebef"),
    "quiet":     Colour("#566270", "#a9b5c2"),   # symbols, titles of groups, notes
    "value":     Colour("#005a92", "#7cc4fa"),
    "gradient":  Colour("#a94100", "#ffa869"),   # and local derivatives
    "line":      Colour("#8d99a8", "#7f8fa1"),   # edges
    "border":    Colour("#c3ccd6", "#465363"),
    "card":      Colour("#ffffff", "#1a222c"),
    "layer":     Colour("#f3f6fa", "#161d26"),
    "neuron":    Colour("#fcfdfe", "#1b242f"),
    "input":     Colour("#d6ebf9", "#1d4160"),   # sky blue
    "parameter": Colour("#cdeee2", "#0d4b3a"),   # bluish green
    "operation": Colour("#e7eaef", "#35414e"),   # grey
    "z":         Colour("#fdebc6", "#5b430e"),   # orange
    "a":         Colour("#f4dbe9", "#5d2c49"),   # reddish purple
    "result":    Colour("#fbd9c5", "#6e3014"),   # vermilion
    "positive":  Colour("#0072b2", "#56a9e0"),   # the sign of a weight
    "negative":  Colour("#d55e00", "#f08a3c"),
    "green":     Colour("#009e73", "#2fc598"),   # the lines and the classes of plots, from here
    "pink":      Colour("#cc79a7", "#e39ac2"),
    "amber":     Colour("#e69f00", "#edb538"),
    "sky":       Colour("#56b4e9", "#b5e1ff"),
    "brown":     Colour("#8c564b", "#c49085"),
    "olive":     Colour("#b8a500", "#d3c644"),
}  # fmt: skip

BLUE, VERMILION = COLOURS["positive"].light, COLOURS["negative"].light
INK, QUIET, PAPER = (COLOURS[name].light for name in ("ink", "quiet", "paper"))
# Ten that tell the lines and the classes of a plot apart: all of Okabe and Ito's but their yellow, and two more.
TINTS = tuple(
    COLOURS[name].light
    for name in ("positive", "negative", "green", "pink", "amber", "sky", "ink", "brown", "olive", "quiet")
)

NAMES = {
    colour.light: name for name, colour in reversed(COLOURS.items())
}  # what has that colour by day; white is paper

TURNED = "turned"  # the class of an image whose white is black by night

# The first that the reader has is taken; all of one family are equally wide.
SANS_FAMILY = "Helvetica, Arial, 'Liberation Sans', Arimo, sans-serif"
SERIF_FAMILY = "'Times New Roman', Times, 'Liberation Serif', Tinos, serif"


@cache
def paint(fill: str = "none", stroke: str = "none") -> str:
    """The attributes that give a shape these colours, in light and dark.

    >>> paint("card")
    'class="f-card" fill="#ffffff"'
    >>> paint(stroke="line")
    'class="s-line" fill="none" stroke="#8d99a8"'
    """
    classes = [f"{kind}-{name}" for kind, name in (("f", fill), ("s", stroke)) if name != "none"]
    colours = [f'fill="{COLOURS[fill].light if fill != "none" else fill}"']
    if stroke != "none":
        colours.append(f'stroke="{COLOURS[stroke].light}"')
    return f'class="{" ".join(classes)}" {" ".join(colours)}'


def stylesheet(scope: str, names: Iterable[str] = COLOURS) -> str:
    """The rules of one picture, for the colours that it has, all inside the element of id `scope`.

    No picture can repaint another. A reader that knows no variables skips the rules whole, by `@supports`, and keeps
    the attributes of `paint`: one that took half of the rules would paint all black, or nothing.
    """
    used = sorted(names, key=list(COLOURS).index)
    light, dark = ("".join(f"--{name}:{getattr(COLOURS[name], by)};" for name in used) for by in Colour._fields)
    rules = [
        "@supports (fill:var(--ink)){",
        f"#{scope}{{{light}max-width:100%;height:auto}}",
        f"@media (prefers-color-scheme:dark){{#{scope}{{{dark}}}",
        f"#{scope} .{TURNED}{{filter:invert(1) hue-rotate(180deg);mix-blend-mode:screen}}}}",
        *(f"#{scope} .f-{name}{{fill:var(--{name})}}#{scope} .s-{name}{{stroke:var(--{name})}}" for name in used),
        "}",
    ]
    return "\n".join(rules)
