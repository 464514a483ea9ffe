"""Graphviz decides where things stand: `dot` reads a graph as text and answers with coordinates.

The program is found in this order: what the environment variable `TINYGRAD_SCALAR_DOT` names, the one of the wheel
graphviz-pure (which comes with this package), a `dot` of the system. It gets a time limit, and no more than it can do.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from ..geometry import Point

SETTING = "TINYGRAD_SCALAR_DOT"
LONGEST = 8_000_000  # characters of DOT; some 20,000 nodes, far beyond what can be read
SECONDS = 60.0


@dataclass(frozen=True)
class Layout:
    """Where dot puts things, in points, y downwards.

    Attributes
    ----------
    width, height : float
    nodes : dict of str to (x, y)
        The centre of each node, by its name.
    edges : dict of str to list of (x, y)
        By its `id`, the control points of each edge's Bézier spline from tail to head, 1 + 3 per piece; the last point
        is the tip of the arrow.
    clusters : dict of str to (left, top, right, bottom)
        By the cluster's name.
    """

    width: float
    height: float
    nodes: dict[str, Point]
    edges: dict[str, list[Point]]
    clusters: dict[str, tuple[float, float, float, float]]


def find_dot(setting: str | Path | None = None) -> Path:
    """The program that lays graphs out: `setting`, or else what the environment names, the wheel's, the system's.

    Raises
    ------
    RuntimeError
        If the setting names no program, or there is none; the message says what to install.
    """
    named = setting or os.environ.get(SETTING)
    if named:
        found = shutil.which(named)
        if not found:
            where = "the setting" if setting else SETTING
            raise RuntimeError(f"{where} names {str(named)!r}, which is no program; leave it out to search for one")
        return Path(found)
    program = _of_the_wheel() or shutil.which("dot")
    if not program:
        raise RuntimeError(
            "a picture needs Graphviz, and there is none: pip install graphviz-pure, or install the graphviz of your "
            f"system, or set {SETTING} to a dot program; the picture's .dot text is there without it"
        )
    return Path(program)


def _of_the_wheel() -> Path | None:
    """The program in the wheel graphviz-pure, wherever pip put it: PATH need not lead there."""
    try:
        listed = files("graphviz-pure") or []
    except PackageNotFoundError:
        return None
    programs = (Path(str(file.locate())) for file in listed if file.name in ("graphviz-pure", "graphviz-pure.exe"))
    return next((program.resolve() for program in programs if program.is_file()), None)


def lay_out(dot: str, program: str | Path | None = None, seconds: float = SECONDS) -> Layout:
    """Have `dot` place the graph.

    >>> lay_out('digraph { node [shape=box, fixedsize=true]; a -> b [id=e] }').nodes["b"]
    (27.0, 90.0)

    Raises
    ------
    ValueError
        If the text is too long to be worth trying.
    RuntimeError
        If there is no program, it fails, or it does not finish in time.
    """
    if len(dot) > LONGEST:
        raise ValueError(f"{len(dot):,} characters of DOT are too many to lay out, the limit is {LONGEST:,}")
    command = [str(find_dot(program)), "-Kdot", "-Tjson0"]
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{command[0]} did not finish in {seconds:g} s; draw less, or take detail='layer'") from None
    except OSError as error:
        raise RuntimeError(f"{command[0]} does not run: {error}") from error
    if done.returncode or not done.stdout.strip():  # graphviz-pure says 0 with nothing where it was given nothing
        said = done.stderr.decode(errors="replace").strip() or "it wrote nothing"
        raise RuntimeError(f"{command[0]} failed with code {done.returncode}: {said[:500]}")
    return _read(json.loads(done.stdout.decode(errors="replace")))  # its warnings about letters' widths change nothing


def _read(graph: dict[str, Any]) -> Layout:
    left, bottom, right, top = _numbers(graph["bb"])
    objects = graph.get("objects", [])
    return Layout(
        right - left,
        top - bottom,
        {o["name"]: _points(o["pos"], left, top)[0] for o in objects if "pos" in o},
        {e["id"]: _spline(e["pos"], left, top) for e in graph.get("edges", []) if "id" in e and "pos" in e},
        {o["name"]: _box(_numbers(o["bb"]), left, top) for o in objects if "bb" in o},
    )


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def _points(text: str, left: float, top: float) -> list[Point]:
    return [(x - left, top - y) for x, y in map(_numbers, text.split())]


def _spline(text: str, left: float, top: float) -> list[Point]:
    """dot's "s,start e,tip point control control point …", with ends where there are arrows, as points to the tip."""
    ends = {end[0]: end[2:] for end in text.split() if end[0] in "se"}
    points = _points(" ".join(point for point in text.split() if point[0] not in "se"), left, top)
    if "s" in ends:
        points[0] = _points(ends["s"], left, top)[0]
    if "e" in ends:
        points[-1] = _points(ends["e"], left, top)[0]
    return points


def _box(numbers: list[float], left: float, top: float) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = numbers
    return x0 - left, top - y1, x1 - left, top - y0
