"""Labels are text: whatever a student types appears as itself, in XML as in DOT, and never as markup."""

import re
from functools import lru_cache
from xml.sax.saxutils import escape

import graphviz

SUBSTITUTES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}  # ␀, ␊, … for NUL, newline, …
UNWRITABLE = re.compile("[\x80-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def clean(label: str) -> str:
    """`label` with a visible sign for what XML cannot hold: control characters, halves of a surrogate pair.

    >>> clean("a\\x00b\\nc")
    'a␀b␊c'
    """
    return UNWRITABLE.sub("\ufffd", label.translate(SUBSTITUTES))


@lru_cache(maxsize=50_000)  # of a picture's texts most stand in it more than once
def for_xml(label: str) -> str:
    """`label` for the text or an attribute of an SVG or HTML element.

    >>> for_xml("<script>'&\\"")
    '&lt;script&gt;&#39;&amp;&quot;'
    """
    return escape(clean(label), {'"': "&quot;", "'": "&#39;"})


def for_dot(*lines: str) -> str:
    """Lines of text as the graphviz package takes them: no backslash sequence, no HTML-like label."""
    return graphviz.escape("\n".join(map(clean, lines)))  # type: ignore[no-any-return]
