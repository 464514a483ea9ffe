"""A worksheet: both passes through a graph as a sheet for paper, with blanks to fill in and a page of solutions."""

import re
from string import Template

from ...value import Value
from ..graphs.formulas import complete
from ..graphs.graph import below, sheet_of
from ..graphs.recognition import recognise
from ..page.bundle import part
from ..page.javascript import numbers_of, shapes_of, table_script
from ..page.page import Page
from ..player.player import ROOM, told_of
from ..style import COLOURS
from ..text.equations import in_words
from .tidy import bends
from .tidy import tidy as tidied

MOST = 150  # nodes: about five pages of steps
PAPERS = {"a4": "A4", "letter": "letter"}
RANKS = 40.0  # points between the ranks of the picture, which is to be large enough to write in


class Worksheet(Page):
    """What `worksheet` returns: shown by itself in a notebook, saved by `save`.

    Attributes
    ----------
    html : str
        The page: one file with all that it needs. Nothing in it is fetched, and its policy forbids that anything is.
    values : list of Value
        The results of the sheets' graphs, one a sheet.
    """

    def __init__(self, values: list[Value], titles: list[str], paper: str) -> None:
        self.values = values
        nodes = below(values[0])
        drawn = sheet_of(values[0], "node", gradients=dict.fromkeys(nodes, ROOM))
        drawn.ranks, drawn.legend = RANKS, ()
        picture = drawn.picture()
        told = told_of(nodes, recognise(nodes), most=len(nodes)) | {
            "kind": "worksheet",
            "picture": picture.id,
            "sheets": [
                {"title": title, "data": numbers_of(below(value))} for title, value in zip(titles, values, strict=True)
            ],
            "bent": sorted({f"{node.op}/1" for node in nodes if len(node.parents) == 1 and bends(node.op)}),
        }
        super().__init__(
            titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more",
            f"<style>@page {{ size: {PAPERS[paper]} landscape; margin: 12mm; }}\n{_colours()}</style>\n"
            + Template(part("worksheets/worksheet.html")).substitute(picture=_bare(picture.svg)),
            scripts=["worksheets/worksheet.js"],
            styles=["worksheets/worksheet.css"],
            data=told,
            written={"page/table.js": table_script(shapes_of(nodes))},
        )


def worksheet(
    value: Value, *, tidy: bool = False, seed: int | None = None, count: int = 1, paper: str = "a4", title: str = ""
) -> Worksheet:
    """Make a sheet for paper: both passes through the graph that computed `value`, with blanks, and the solutions.

    The sheet has the picture with names and blanks, the formulas, and a line for each step of both passes; the
    solutions come behind it on pages of their own. Each result is rounded to three digits, and what follows is computed
    from the rounded number, as one does by hand: every line gives the number that stands at its end. The solution says
    how far that has led from the exact numbers.

    Parameters
    ----------
    value : Value
        The result, such as the loss of one example. `backward()` need not have been called; no number of it changes.
    tidy : bool
        Choose other inputs and weights, of one or two digits, with which every number can be found by hand. Where all
        rows keep short numbers short (+, ×, Σ, relu, x²) nothing is rounded then; for σ there is a table on the sheet.
    seed : int, optional
        Which of the tidy numbers (1): another seed gives another sheet of the same steps and the same difficulty.
    count : int
        So many sheets in one file, of the seeds seed, seed + 1, …; all solutions come behind all sheets.
    paper : "a4" or "letter"
        What it is printed on, in landscape.
    title : str
        Of the sheet.

    Returns
    -------
    Worksheet
        `.save("worksheet.html")` writes one file; a browser prints it. In a notebook it shows itself.

    Raises
    ------
    ValueError
        If the graph has more than 150 nodes, or value is a leaf, or a seed or several sheets are wanted that are not
        tidy: then all would have the same numbers.

    >>> w, x = Value(0.7312, "w"), Value(2.0, "x")
    >>> worksheet((w * x - 1.0) ** 2, tidy=True, seed=3)
    Worksheet('backpropagation through E, sheet 3')
    """
    if paper not in PAPERS:
        raise ValueError(f"unknown paper {paper!r}; there are {', '.join(PAPERS)}")
    if not tidy and (seed is not None or count != 1):
        raise ValueError("a seed or a count chooses among tidy numbers, and without tidy=True the graph keeps its own")
    if count < 1:
        raise ValueError(f"count must be 1 at least, it is {count}")
    nodes = below(value)
    if not value.parents:
        raise ValueError(f"{value!r} was not computed from anything: there is no pass to do by hand")
    if len(nodes) > MOST:
        raise ValueError(
            f"a graph of {len(nodes):,} nodes is too much for a sheet of paper, the limit is {MOST}; take a smaller "
            "network of the same kind, or play(value)"
        )
    name = title or f"backpropagation through {in_words(complete(recognise(nodes).names, nodes)[value])}"
    if not tidy:
        return Worksheet([value], [name], paper)
    first = 1 if seed is None else seed
    seeds = range(first, first + count)
    return Worksheet([tidied(value, k) for k in seeds], [f"{name}, sheet {k}" for k in seeds], paper)


def _bare(svg: str) -> str:
    """A picture that takes its colours from the page, which shows it many times."""
    return re.sub(r"<style>.*?</style>", "", svg, flags=re.DOTALL)


def _colours() -> str:
    return "".join(f".f-{name}{{fill:var(--{name})}}.s-{name}{{stroke:var(--{name})}}" for name in COLOURS)
