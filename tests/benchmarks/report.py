"""The results as a table, as JSON, and with the machine they were measured on."""

import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_scalar import __version__

from .contest import BASE, CONTESTANTS, Timing

COLUMNS = {  # of the table: key, heading, unit
    "moons": ("moons", "ms"),
    "digits": ("digits", "ms"),
    "random graph, build": ("random graph of {nodes:,} nodes: build", "µs/node"),
    "random graph, 1": ("… forward and backward, one point", "ns/node"),
    "random graph, 100": ("… {points} points", "ns/node and point"),
    "deep chain, 1": ("deep chain", "ns/node"),
}
SHARED = {  # of the table of works that share their weights
    "GPT, 1": ("GPT, one name", "ms"),
    "GPT, 8": ("8 names", "ms"),
    "GPT, 64": ("64 names", "ms"),
    "CNN": ("CNN, {images} digits", "ms"),
    "RNN": ("RNN of 32 steps, {sequences} sequences", "ms"),
}
UNITS = {"ms": 1e3, "µs": 1e6, "ns": 1e9}
Results = dict[str, dict[str, Timing]]  # column → contestant → timing


def environment() -> dict[str, Any]:
    """Versions and machine."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index]
    return {
        "tinygrad_scalar": __version__,
        "versions": {c.package: c.version for c in CONTESTANTS if c.package},
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "BLAS": f"{blas.get('name')} {blas.get('version')}",
        "machine": platform.machine(),
        "CPU": _cpu(),
        "cores": os.cpu_count(),
        "used": "one thread" + (f", core {min(os.sched_getaffinity(0))}" if _pinned() else ""),
        "system": f"{platform.system()} {platform.release()}",
        "load at the end": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def _pinned() -> bool:
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) == 1


def table(results: Results, chosen: Mapping[str, tuple[str, str]] = COLUMNS, **sizes: int) -> str:
    """Markdown: a contestant a row, a work a column; times, and in brackets how many times ours they are."""
    columns = [(key, *chosen[key]) for key in chosen if results.get(key)]
    head = ["", *(heading.format(**sizes) for _, heading, _ in columns)]
    rows = [head, ["---"] * len(head)]
    for contestant in CONTESTANTS:
        name = f"{contestant.name} {contestant.version}" if contestant.version else contestant.name
        if contestant.version is None:
            rows.append([contestant.name, *["not installed"] * len(columns)])
        elif any(contestant.name in results[key] for key, _, _ in columns):
            rows.append([name, *(_cell(results[key], contestant.name, unit) for key, _, unit in columns)])
    return _markdown(rows)


def ratios(results: Results) -> str:
    """The same in how many times the replay's time each took, and that in brackets."""
    columns = [key for key in COLUMNS if BASE in results.get(key, {})]
    rows = [["", *columns], ["---"] * (len(columns) + 1)]
    for contestant in CONTESTANTS:
        found = [results[key].get(contestant.name) for key in columns]
        if contestant.name == BASE:
            rows.append([BASE, *(f"1 ({_time(results[key][BASE], COLUMNS[key][1])})" for key in columns)])
        elif any(found):
            rows.append([contestant.name, *(ratio(timing.ratio) if timing else "" for timing in found)])
    return _markdown(rows)


def _markdown(rows: Iterable[Iterable[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(column: Mapping[str, Timing], name: str, unit: str) -> str:
    if name not in column:
        return "–"
    timing = column[name]
    more = "" if name == BASE else f" ({ratio(timing.ratio)} ×)"
    return _time(timing, unit) + more + (f", from {timing.share} examples" if timing.share else "")


def _time(timing: Timing, unit: str) -> str:
    number = timing.seconds * UNITS[unit.split("/")[0]]
    return f"{number:.{max(0, 2 - len(str(int(number))) + (number < 1))}f} {unit}"


def ratio(x: float) -> str:
    """Two digits, or all before the point.

    >>> [ratio(x) for x in (0.123, 1.239, 12.39, 12_345.6)]
    ['0.12', '1.2', '12', '12346']
    """
    return f"{x:.2f}" if x < 1 else f"{x:.1f}" if x < 10 else f"{x:.0f}"


def write(folder: Path, results: Results, goals: Iterable[Any], text: str) -> None:
    """`table.md` and `table.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(text + "\n", encoding="utf-8")
    works = {column: {name: t._asdict() for name, t in timings.items()} for column, timings in results.items()}
    data = {"environment": environment(), "works": works, "goals": [goal._asdict() for goal in goals]}
    (folder / "table.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
