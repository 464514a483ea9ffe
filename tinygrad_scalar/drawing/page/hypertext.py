"""Names and numbers in HTML: sub- and superscripts one above the other, as in the text."""

from collections.abc import Sequence
from itertools import groupby

from ..text.equations import RAISED, SIGNS
from ..text.escaping import for_xml
from ..text.notation import Item, Name


def in_html(items: Sequence[Item]) -> str:
    """A row of names and texts.

    >>> from tinygrad_scalar.drawing.text.notation import parse
    >>> in_html([parse("w_{1,2}"), ("=", "ink"), ("0.5", "value")])
    '<span class="term"><i>w</i><sub>1,2</sub></span><span class="sign">=</span><span class="value">0.5</span>'
    """
    parts = []
    for together, group in groupby(items, lambda item: isinstance(item, Name) or item[0] in "()"):
        html = "".join(_name(item) if isinstance(item, Name) else _text(*item) for item in group)
        parts.append(f'<span class="term">{html}</span>' if together else html)
    return "".join(parts)


def _name(name: Name) -> str:
    if not name.math:
        return f'<bdi class="text">{for_xml(name.letter)}</bdi>'
    sub, sup = map(for_xml, (name.sub, name.sup))
    scripts = f"<sub>{sub}</sub>" * bool(sub) + f"<sup>{sup}</sup>" * bool(sup)
    if sub and sup:
        scripts = f'<span class="scripts"><span>{sup}</span><span>{sub}</span></span>'
    return f"<i>{for_xml(name.letter)}</i>{scripts}"


def _text(text: str, colour: str) -> str:
    if colour == RAISED:
        return f"<sup>{for_xml(text)}</sup>"
    kind = "sign" if text in SIGNS and colour == "ink" else colour
    return f'<span class="{kind}">{for_xml(text)}</span>'
