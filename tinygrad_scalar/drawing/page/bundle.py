"""A page's scripts are modules that import each other; the page itself is one file, with one script in it.

Each module is a file of JavaScript beside the Python that needs it, with its imports written out, so that editors and
type checkers understand it. `bundle` follows the imports and puts each module after those it imports. One may also be
written by Python, as `page/table.js` is, which holds the rows that a page computes with.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from posixpath import dirname, join, normpath

ROOT = __package__.rpartition(".")[0]
IMPORT = re.compile(r'^import\s+\{[^}]*\}\s+from\s+"(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function |const |class |let )", re.MULTILINE)
NAMES = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|class|let) (?:\{([^}]*)\}|\[([^]]*)\]|(\w+))", re.M)


def part(path: str) -> str:
    """The text of a file in this folder's parent: `player/player.css`.

    >>> part("page/rows.js").splitlines()[0]
    '// What the rows of the table call, as the engine computes it, and the two passes over a graph of rows.'
    """
    return files(ROOT).joinpath(path).read_text("utf-8")


def bundle(*paths: str, written: Mapping[str, str] | None = None) -> str:
    """The modules at these paths and all that they import, as one script; those `written` by Python as given.

    Raises
    ------
    ValueError
        If two modules give the same name to something of their own: one script has one place for it.
    """
    order: dict[str, str] = {}
    owner: dict[str, str] = {}

    def add(path: str) -> None:
        if path in order:
            return
        text = written[path] if written and path in written else part(path)
        for other in IMPORT.findall(text):
            add(normpath(join(dirname(path), other)))
        for name in names(text):
            if owner.setdefault(name, path) != path:
                raise ValueError(f"{path} and {owner[name]} both have a {name!r} of their own; rename one of them")
        order[path] = EXPORT.sub("", IMPORT.sub("", text)).strip()

    for path in paths:
        add(path)
    return "\n\n".join(['"use strict";', *order.values()]) + "\n"


def names(text: str) -> list[str]:
    """What a module gives names to at its top, where no line is indented.

    >>> names("export const { abs, log: ln } = Math;\\nfunction twice(x) {\\n  const y = x;\\n")
    ['abs', 'ln', 'twice']
    """
    found = []
    for several, listed, one in NAMES.findall(text):
        found += [one] if one else [name.split(":")[-1].strip() for name in (several or listed).split(",")]
    return [name for name in found if name]
