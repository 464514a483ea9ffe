"""Names in HTML: sub- and superscripts one above the other, as in the text."""

from collections.abc import Sequence

from ..text.escaping import for_xml
from ..text.notation import Name


def in_html(names: Sequence[Name]) -> str:
    """One name, or those of the factors of a product.

    >>> from tinygrad_scalar.drawing.text.notation import parse
    >>> in_html([parse("w_{1,2}")])
    '<i>w</i><sub>1,2</sub>'
    """
    return "".join(map(_name, names))


def _name(name: Name) -> str:
    if not name.math:
        return f'<bdi class="text">{for_xml(name.letter)}</bdi>'
    sub, sup = map(for_xml, (name.sub, name.sup))
    scripts = f"<sub>{sub}</sub>" * bool(sub) + f"<sup>{sup}</sup>" * bool(sup)
    if sub and sup:
        scripts = f'<span class="scripts"><span>{sup}</span><span>{sub}</span></span>'
    return f"<i>{for_xml(name.letter)}</i>{scripts}"
