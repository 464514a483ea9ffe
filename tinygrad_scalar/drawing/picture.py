"""A picture: an SVG that stands alone, and, if dot arranged it, the DOT text."""

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from itertools import count
from pathlib import Path

from .style import SANS_FAMILY, paint, stylesheet
from .text.escaping import for_xml

SCOPE = "\0"  # stands for the picture's id while it is drawn: no label can contain it, `clean` sees to that
_shown = count(1)


class Picture:
    """What a drawing function returns: shown by itself in a notebook, saved by `save`.

    What it shows is what the Values held when it was drawn. `dot` runs when the SVG is first asked for.

    Parameters
    ----------
    dot : str or None
        The graph as DOT text; None for a figure whose places are fixed.
    draw : callable
        () -> (width, height, SVG elements), with ids that begin with `SCOPE`.
    title, description : str
        What a screen reader says, in short and in full.

    Attributes
    ----------
    dot : str or None
    svg : str
        The same each time for the same picture. Ids begin with the picture's own, `g` and 10 hexadecimal digits; the
        Values of a graph are `<that id>n1`, `n2`, … in the order of the forward pass, its edges `e1`, `e2`, ….
    """

    def __init__(
        self, dot: str | None, draw: Callable[[], tuple[float, float, str]], title: str, description: str = ""
    ) -> None:
        self.dot, self.title, self.description = dot, title, description
        self._draw = draw

    @cached_property
    def _body(self) -> tuple[float, float, str]:
        return self._draw()

    @cached_property
    def id(self) -> str:
        """The id of the SVG element: a fingerprint of all that is in the picture."""
        return "g" + sha256(repr((self._body, self.title, self.description)).encode()).hexdigest()[:10]

    @property
    def svg(self) -> str:
        """The picture as an SVG file: no script, no address, nothing to fetch."""
        return self.scoped(self.id)

    def scoped(self, scope: str) -> str:
        """The SVG with another id: two SVGs on one page want two."""
        width, height, body = self._body
        title = for_xml(self.title)
        description = f'<desc id="{scope}d">{for_xml(self.description)}</desc>\n' if self.description else ""
        described = f'aria-describedby="{scope}d" ' if self.description else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{scope}" role="img" aria-label="{title}" {described}'
            f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
            f'font-family="{SANS_FAMILY}" style="max-width:100%;height:auto">\n'
            f"<title>{title}</title>\n{description}<style>\n{stylesheet(scope)}\n</style>\n"
            f'<rect width="100%" height="100%" rx="10" {paint("paper")}/>\n{body.replace(SCOPE, scope)}\n</svg>\n'
        )

    def save(self, path: str | Path) -> None:
        """Write the SVG or the DOT text, as the name of the file says.

        Raises
        ------
        ValueError
            If the name ends neither in .svg nor in .dot, or in .dot for a figure that has none.
        """
        path = Path(path)
        if path.suffix not in (".svg", ".dot"):
            raise ValueError(f"a picture is saved as .svg or .dot, not {path.suffix or path.name!r}")
        text = self.svg if path.suffix == ".svg" else self.dot
        if text is None:
            raise ValueError("the places of this figure are fixed, dot has no part in it: save it as .svg")
        path.write_text(text, encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.scoped(f"{self.id}-{next(_shown)}")  # a page may show the same picture twice

    def __repr__(self) -> str:
        return f"Picture({self.title!r})"
