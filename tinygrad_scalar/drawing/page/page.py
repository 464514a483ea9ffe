"""A page: one file of HTML with all that it needs, which fetches nothing and runs no script but its own."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from string import Template

from ..style import COLOURS
from ..text.escaping import for_xml
from .bundle import bundle, part

HEIGHT = 760  # of the frame in a notebook, in pixels
PAGES = (".html", ".htm")  # how names of files of pages end


class Page:
    """Shown by itself in a notebook, saved by `save`.

    Parameters
    ----------
    title : str
    body : str
        HTML.
    scripts, styles : sequence of str
        The modules that run and the sheets that hold, by their paths in `drawing`: `player/player.js`. What a module
        imports comes along; `page/page.css` is in every page.
    data : object
        What the script is told, as JSON in the element of id `data`.
    written : mapping of str to str
        Modules that Python writes, by path: `{"page/table.js": table_script(shapes)}`.
    pictures : iterable of str
        The ids of the pictures within, which take the page's colours.

    Attributes
    ----------
    html : str
        The page. Nothing in it is fetched, and its policy forbids that anything is.
    """

    def __init__(
        self,
        title: str,
        body: str,
        *,
        scripts: Sequence[str],
        styles: Sequence[str],
        data: object = None,
        written: Mapping[str, str] | None = None,
        pictures: Iterable[str] = (),
    ) -> None:
        self.title = title
        script = bundle(*scripts, written=written)
        self.html = Template(part("page/page.html")).substitute(
            title=for_xml(title),
            policy=b64encode(sha256(script.encode()).digest()).decode(),
            colours=_colours(pictures),
            style="\n".join(map(part, ("page/page.css", *styles))),
            body=body,
            data=in_script(data),
            script=script,
        )

    def save(self, path: str | Path) -> None:
        """Write the page as an .html file; ValueError if its name ends otherwise."""
        path = Path(path)
        if path.suffix not in PAGES:
            raise ValueError(f"a page is saved as .html, not {path.suffix or path.name!r}")
        path.write_text(self.html, encoding="utf-8")

    def frame(self, size: str) -> str:
        """The page in a frame of its own, which may run its script and nothing else; `size` are attributes of HTML."""
        html = self.html.replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe title="{for_xml(self.title)}" sandbox="allow-scripts" {size} srcdoc="{html}"></iframe>'

    def _repr_html_(self) -> str:
        return self.frame(f'width="100%" height="{HEIGHT}" style="border:0"')

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"


def in_script(data: object) -> str:
    """JSON that no browser can mistake for markup: < and > and & and all beyond ASCII are escaped."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _colours(pictures: Iterable[str]) -> str:
    """All colours as variables: the reader's choice beats what the system prefers, and paper beats both."""
    light, dark = (
        "".join(f"--{name}:{getattr(pair, by)};" for name, pair in COLOURS.items()) for by in ("light", "dark")
    )
    ids = [f"#{picture}" for picture in pictures]

    def all_of(root: str) -> str:
        return ",".join([root, *(f"{root} {one}" for one in ids)])

    return "\n".join(
        [
            f":root{{color-scheme:light;{light}}}",
            f"@media(prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}}}",
            *(
                f"{all_of(f':root[data-theme={by}]')}{{color-scheme:{by};{colours}}}"
                for by, colours in (("light", light), ("dark", dark))
            ),
            f"@media print{{{all_of(':root:root:root')}{{color-scheme:light;{light}}}}}",
        ]
    )
