"""One run: the works, the goals, the curves."""

from collections.abc import Sequence
from pathlib import Path

from . import apart, goals, growth, report
from .contest import BASE, CONTESTANTS, Contestant, time_graph, time_network, time_shared
from .shared import cnn, gpt, rnn
from .works import deep_chain, digits_network, moons_network, random_graph


def run(folder: Path, quick: bool = False, only: Sequence[str] | None = None) -> None:
    """Measure all, print as it goes, and write table and curves to the folder."""
    pairs = 1 if quick else 9
    moons, digits = moons_network(20 if quick else 100), digits_network(100 if quick else None)
    graph = random_graph(2000, points=10) if quick else random_graph()
    chain = deep_chain(300 if quick else 20_000)
    shared = [*map(gpt, (1, 8, 64)), cnn(4 if quick else 100), rnn(4 if quick else 100)]

    def takes_part(contestant: Contestant) -> bool:
        named = only is None or not contestant.package or contestant.name in only or contestant.package in only
        return contestant.version is not None and named

    results: report.Results = {}
    for network in (moons, digits):
        results[network.name] = {}
        for name, timing in time_network(network, pairs, takes_part):
            results[network.name][name] = timing
            _say(network.name, name, timing.seconds, timing.ratio)
    for work in (graph, chain):
        points = (1, work.X.shape[1]) if work.X.shape[1] > 1 else (1,)
        for name, timings in time_graph(work, pairs, takes_part, points):
            for what, timing in timings.items():
                column = f"{work.name}, {'100' if what not in ('1', 'build') else what}"
                results.setdefault(column, {})[name] = timing
                _say(column, name, timing.seconds, timing.ratio)
    micrograd = any(contestant.name == "micrograd" and takes_part(contestant) for contestant in CONTESTANTS)
    duel = apart.duel(moons.M, rounds=1 if quick else 5) if micrograd else None
    for model in shared:
        results[model.name] = {}
        for name, timing in time_shared(model, pairs, takes_part, 1 if quick else 3):
            results[model.name][name] = timing
            _say(model.name, name, timing.seconds, timing.ratio)
    found = [*goals.from_table(results), *goals.duels(moons, digits, pairs, duel), *goals.others(quick)]
    text = "\n".join([
        report.table(results, nodes=graph.nodes, points=graph.X.shape[1]),
        "",
        report.table(results, report.SHARED, images=shared[-2].M, sequences=shared[-1].M),
        "",
        f"CPU time, the least; in brackets how many times that of our {BASE} it is, the median of pairs measured in turn.",
        "",
        *(["A smoke run: the works are too small for the goals.", ""] if quick else []),
        *([str(duel), ""] if duel else []),
        "How many times the time of the replay each took; below 1 it was faster:",
        "",
        report.ratios(results),
        "",
        "| goal | measured | bound | met |",
        "|---|---|---|---|",
        *map(str, found),
        "",
        *(f"{key}: {value}" for key, value in report.environment().items()),
    ])  # fmt: skip
    print(f"\n{text}")
    report.write(folder, results, found, text)
    growth.draw(growth.measure(quick), folder / "growth.svg")
    print(f"\n{folder / 'table.md'}, {folder / 'table.json'}, {folder / 'growth.svg'}")


def _say(work: str, name: str, seconds: float, times: float) -> None:
    print(f"{work:22} {name:22} {seconds:12.3e} s  {report.ratio(times):>8} × replay", flush=True)
