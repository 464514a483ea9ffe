"""What the page of a player computes, in a browser, without the page; and the page itself."""

import json
from types import SimpleNamespace

from tinygrad_scalar.drawing import play
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.drawing.page.bundle import bundle
from tinygrad_scalar.drawing.page.javascript import shapes_of, table_script


def script(E):
    """The modules that compute, and what the page of E is told."""
    table = {"page/table.js": table_script(shapes_of(below(E)))}
    modules = bundle("player/live.js", "player/arithmetic.js", "player/matrices.js", written=table)
    return f"{modules} const told = {json.dumps(play(E).told)};"


def computed(driver, E):
    """The numbers of the graph of E, all turns, the words of all steps, and the matrix equations."""
    found = driver.execute_script(
        f"""{script(E)}
        const live = new Live(told), writer = new Writer(told, live.data);
        const parts = ({{ parts }}) => parts.map((part) => (
          typeof part === "string" ? part : {{ name: part.name.words, numbers: numbersIn(part, live) }}));
        return {{
          data: live.data, gradients: live.gradients, turns: live.steps.flatMap((step) => step.turns),
          words: live.steps.map((step) => writer.words(step)),
          equations: told.equations.map((e) => ({{ parts: parts(e), holds: holds(e, live), beside: e.beside }})),
        }};"""
    )
    return SimpleNamespace(**found)
