"""A picture: an SVG that stands alone, and, if dot arranged it, the DOT text."""

import re
from base64 import b64encode
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from itertools import count
from pathlib import Path

from .conversion import to_pdf, to_png
from .style import COLOURS, SANS_FAMILY, paint, stylesheet
from .text.escaping import for_xml

SCOPE = "\0"  # stands for the picture's id while it is drawn: no label can contain it, `clean` sees to that
WIDE, SMALLER = 1800.0, 0.75  # a picture that is wider is scrolled, not fitted to the page, and drawn so much smaller
_shown = count(1)


def kind_of(path: str | Path) -> str:
    """The suffix of a file that a picture can be saved as; a ValueError says what the suffixes are.

    >>> kind_of("graph.svg")
    '.svg'
    """
    path = Path(path)
    if path.suffix not in (".svg", ".png", ".pdf", ".dot"):
        raise ValueError(f"a picture is saved as .svg, .png, .pdf or .dot, not as {path.name}")
    return path.suffix


class Picture:
    """What a drawing function returns: shown by itself in a notebook, saved by `save`.

    What it shows is what the Values held when it was drawn. `dot` runs when the SVG is first asked for.

    Parameters
    ----------
    dot : callable or None
        () -> the graph as DOT text; None for a figure whose places are fixed, and for a plot.
    draw : callable
        () -> (width, height, SVG elements), with ids that begin with `SCOPE`.
    title, description : str
        What a screen reader says, in short and in full.
    convert : callable, optional
        (".png" or ".pdf", scale) -> bytes, for a plot: who drew it writes these itself.
    shows : bool
        Whether it shows itself; a plot on axes of yours is shown with them.

    Attributes
    ----------
    dot : str or None
    svg : str
        The same each time for the same picture. Ids begin with the picture's own, `g` and 10 hexadecimal digits; the
        Values of a graph are `<that id>n1`, `n2`, … in the order of the forward pass, its edges `e1`, `e2`, ….
    """

    def __init__(
        self,
        dot: Callable[[], str] | None,
        draw: Callable[[], tuple[float, float, str]],
        title: str,
        description: str = "",
        *,
        convert: Callable[[str, float], bytes] | None = None,
        shows: bool = True,
    ) -> None:
        self.title, self.description = title, description
        self._dot, self._draw, self._convert, self._shows = dot, draw, convert, shows

    @cached_property
    def dot(self) -> str | None:
        """The graph as DOT text, if it is one."""
        return self._dot() if self._dot else None

    @cached_property
    def body(self) -> tuple[float, float, str]:
        """Width, height and elements, as they were drawn."""
        return self._draw()

    @cached_property
    def id(self) -> str:
        """The id of the SVG element: a fingerprint of all that is in the picture."""
        return "g" + sha256(repr((self.body, self.title, self.description)).encode()).hexdigest()[:10]

    @property
    def svg(self) -> str:
        """The picture as an SVG file: no script, no address, nothing to fetch."""
        return self.scoped(self.id)

    def scoped(self, scope: str) -> str:
        """The SVG with another id: two SVGs on one page want two."""
        width, height, body = self.body
        title = for_xml(self.title)
        description = f'<desc id="{scope}d">{for_xml(self.description)}</desc>\n' if self.description else ""
        described = f'aria-describedby="{scope}d" ' if self.description else ""
        colours = {"paper", *re.findall(r"(?<=[ \"][fs]-)[a-z]+(?=[ \"])", body)} & COLOURS.keys()
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{scope}" role="img" aria-label="{title}" {described}'
            f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
            f'font-family="{SANS_FAMILY}">\n'
            f"<title>{title}</title>\n{description}<style>\n{stylesheet(scope, colours)}\n</style>\n"
            f'<rect width="100%" height="100%" rx="10" {paint("paper")}/>\n{body.replace(SCOPE, scope)}\n</svg>\n'
        )

    def save(self, path: str | Path, *, scale: float = 2.0) -> None:
        """Write the picture as its file's name says: .svg, .png, .pdf, or .dot.

        PNG and PDF show the light colours. Those of graphs and figures need the extra `pictures`: resvg-py for PNG, as
        it draws what browsers draw and its wheels hold all they need; CairoSVG for PDF, as text stays text there.

        Parameters
        ----------
        path : str or Path
        scale : float
            Pixels of a PNG for each pixel of the SVG.

        Raises
        ------
        ValueError
            If the name ends otherwise, or in .dot for a picture that has none, or the scale is not above 0.
        ImportError
            If what writes such files is missing; the message says how to get it.
        """
        path, kind = Path(path), kind_of(path)
        if not 0.0 < scale <= 20.0:
            raise ValueError(f"the scale of a PNG lies above 0 and at most at 20, got {scale:g}")
        if kind == ".dot":
            if self.dot is None:
                raise ValueError("the places of this picture are fixed, dot has no part in it: save it as .svg")
            data = self.dot.encode()
        elif kind == ".svg":
            data = self.svg.encode()
        elif self._convert:
            data = self._convert(kind, scale)
        else:
            data = to_png(self.svg, scale) if kind == ".png" else to_pdf(self.svg)
        path.write_bytes(data)

    def _repr_svg_(self) -> str | None:
        if not self._shows:
            return None
        return self.scoped(f"{self.id}-{next(_shown)}")  # a page may show the same picture twice

    def _repr_html_(self) -> str | None:
        """The picture as an image: notebooks that are not trusted yet drop an SVG, and show this.

        It fits the column; one that would be too small to read then is scrolled, and begins at its right, the result.
        """
        if not self._shows:
            return None
        width, height, _ = self.body
        words = for_xml(f"{self.title}. {self.description}" if self.description else self.title)
        source = f"data:image/svg+xml;base64,{b64encode(self.svg.encode()).decode()}"
        small = SMALLER if width > WIDE else 1.0
        fit = "max-width:none" if width > WIDE else "max-width:100%;height:auto"
        size = f'width="{small * width:.0f}" height="{small * height:.0f}"'
        image = f'<img alt="{words}" {size} style="{fit}" src="{source}">'
        return f'<div dir="rtl" style="overflow-x:auto;direction:rtl">{image}</div>' if width > WIDE else image

    def __repr__(self) -> str:
        return f"Picture({self.title!r})"
