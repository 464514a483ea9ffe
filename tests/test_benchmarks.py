"""The benchmark measures what it says; what a figure is, is its own affair."""

import gc
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tinygrad_scalar import pause_gc

from .benchmarks import apart, goals, ours, report
from .benchmarks.bars import BARS, Row, measure
from .benchmarks.contest import (
    CONTESTANTS,
    Contestant,
    Timing,
    network_step,
    paired,
    time_graph,
    time_network,
    time_shared,
)
from .benchmarks.drawing import drawn, network_graph
from .benchmarks.memory import GRAPHS, peak_bytes_per_node
from .benchmarks.shared import WORKS
from .benchmarks.works import by_pairs, digits_network, moons_network, random_graph

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("graph", GRAPHS)
def test_a_node_takes_at_most_300_bytes_at_the_peak(graph):
    assert peak_bytes_per_node(GRAPHS[graph](100_000)) <= 300


def test_the_table_of_bars_measures_both_sides_on_the_same_rows():
    (row,) = measure("iris", seeds=[0])
    assert min(row.ours + row.theirs) > 0.85
    assert all(abs(36 * score - round(36 * score)) < 1e-9 for score in row.ours + row.theirs)  # 36 rows held out
    assert str(row).startswith("iris")


def test_a_bar_is_missed_below_it_and_a_rival_is_met_within_one_standard_error():
    theirs = [0.97, 0.99]  # 0.98 ± 0.01
    assert Row("iris", "rival", [0.9701, 0.9701], theirs).within
    assert not Row("iris", "rival", [0.9699, 0.9699], theirs).within
    assert Row("iris", "rival", [0.95, 0.95], theirs).reached
    assert not Row("iris", "rival", [0.949, 0.949], theirs).reached
    assert set(BARS) == {"digits", "iris", "wine", "breast-cancer", "diabetes"}


def test_the_cost_of_a_picture_is_counted_with_that_of_dot():
    picture = drawn(network_graph(2, 2), pairs=1)
    assert picture.nodes == 2 * 10 + 2 + 5 + 5 + 4  # weights and products, inputs, biases, Σ, tanh inside
    assert picture.dot > 0.0
    assert picture.ratio == picture.ours / picture.dot


# The benchmark itself.


@pytest.mark.slow
def test_a_smoke_run_writes_the_table_the_numbers_and_the_curves(tmp_path):
    rivals = ["micrograd", "JAX jit"]
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--out", str(tmp_path), "--only", *rivals]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONWARNINGS": "error"}, capture_output=True, check=True)
    table = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in table for name in ("replay", "eager", "matrix", "tuned NumPy"))
    assert "| micrograd 0.1" in table
    numbers = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    assert set(numbers["works"]) == {*report.COLUMNS, *report.SHARED, "deep chain, build"}
    assert all(timing["ratio"] > 0 for timings in numbers["works"].values() for timing in timings.values())
    assert numbers["works"]["moons"]["micrograd"]["ratio"] > 10
    assert {"NumPy", "BLAS", "CPU", "versions"} <= set(numbers["environment"])
    assert len(numbers["goals"]) > 10
    words = [text for text in ElementTree.parse(tmp_path / "growth.svg").getroot().itertext() if text.strip()]
    assert {"eager", "recording", "replay", "matrix", "nodes", "examples", "width"} <= set(words)


@pytest.mark.slow
@pytest.mark.parametrize("contestant", [c for c in CONTESTANTS if c.network and c.version], ids=lambda c: c.name)
@pytest.mark.parametrize("work", [moons_network(5), digits_network(5)], ids=["moons", "digits"])
def test_each_contestant_that_is_installed_gives_our_gradient(contestant, work):
    network_step(contestant, work)


@pytest.mark.slow
@pytest.mark.parametrize("kind", WORKS)
def test_each_contestant_gives_our_gradient_of_a_work_that_shares_its_weights(kind):
    names = {name for name, _ in time_shared(WORKS[kind](2), 1, lambda c: c.version is not None, 1)}
    assert names >= {"replay", "usual scalar engine"}


def test_a_step_of_another_gradient_is_not_timed_where_weights_are_shared(monkeypatch):
    def wrong(work):
        step = ours.shared(work)
        return lambda: (step()[0], step()[1] + 1e-6)

    monkeypatch.setattr("tests.benchmarks.contest.CONTESTANTS", [Contestant("impostor", shared=wrong)])
    with pytest.raises(AssertionError, match="impostor on RNN"):
        list(time_shared(WORKS["RNN"](2), 1, lambda c: True))


def test_a_contestant_with_another_gradient_is_not_timed():
    work = moons_network(5)

    def wrong(work):
        step = ours.replay(work)
        return lambda: (step()[0], step()[1] + 1e-6)

    with pytest.raises(AssertionError, match="gradient of impostor on moons"):
        network_step(Contestant("impostor", "", wrong), work)


def test_a_graph_of_another_result_is_not_timed(monkeypatch):
    def wrong(graph):
        run = ours.build_replay(graph)
        return lambda X: (run(X)[0], run(X)[1] * (1 + 1e-6))

    contestants = [Contestant("impostor", "", None, None, wrong)]
    graph = random_graph(100, points=2)
    monkeypatch.setattr("tests.benchmarks.contest.CONTESTANTS", contestants)
    with pytest.raises(AssertionError, match="impostor on the random graph"):
        list(time_graph(graph, 1, lambda c: True, (1,)))


def test_the_table_says_who_is_missing_and_what_was_extrapolated(monkeypatch):
    missing = Contestant("Absent", "no-such-package-anywhere", ours.replay)
    monkeypatch.setattr(report, "CONTESTANTS", [Contestant("replay"), missing, Contestant("eager")])
    results = {"moons": {"replay": Timing(1e-4, 1.0), "eager": Timing(0.05, 500.0, 10)}}
    rows = report.table(results, nodes=1000, points=10).splitlines()
    assert rows[2:] == [
        "| replay | 0.10 ms |",
        "| Absent | not installed |",
        "| eager | 50 ms (500 ×), from 10 examples |",
    ]


def test_the_table_of_ratios_puts_each_beside_the_replay():
    results = {
        "moons": {"replay": Timing(1e-4, 1.0), "eager": Timing(0.05, 500.0)},
        "deep chain, 1": {"replay": Timing(1e-7, 1.0)},
    }
    assert report.ratios(results).splitlines() == [
        "|  | moons | deep chain, 1 |",
        "| --- | --- | --- |",
        "| replay | 1 (0.10 ms) | 1 (100 ns/node) |",
        "| eager | 500 |  |",
    ]


def test_the_share_of_the_collector_is_what_it_takes_of_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("tests.benchmarks.apart.clock", lambda: now[0])

    def step():
        now[0] += 0.75
        for phase in ("start", "stop"):  # as the collector calls those who watch it
            now[0] += 0.25 * (phase == "stop")
            for watch in gc.callbacks:
                if watch.__module__ == apart.__name__:
                    watch(phase, {})

    with pause_gc():
        assert apart.measure(step) == apart.Cost(1.0, 0.25)
    assert not [watch for watch in gc.callbacks if watch.__module__ == apart.__name__]


def test_a_duel_says_its_range_and_what_the_collector_took():
    duel = apart.Duel([apart.Cost(1.0, 0.0)] * 3, [apart.Cost(seconds, 0.9) for seconds in (20.0, 40.0, 30.0)])
    assert duel.ratios == [20.0, 40.0, 30.0]
    assert "micrograd takes 20 to 40 times as long as our eager engine, median 30.0" in str(duel)
    assert "90% of micrograd's time and 0% of ours; without it the median is 3.0" in str(duel)


@pytest.mark.slow
def test_an_engine_is_measured_by_a_process_of_its_own():
    cost = apart.in_a_process("eager", 2)
    assert cost.seconds > 0.0
    assert 0.0 <= cost.collector < 1.0


def test_what_is_measured_on_some_examples_is_multiplied_up_to_all(monkeypatch):
    timed = []
    monkeypatch.setattr("tests.benchmarks.contest.CONTESTANTS", [Contestant("slow", "", ours.replay, 5)])
    monkeypatch.setattr("tests.benchmarks.contest.paired", lambda *steps: timed.append(steps) or Timing(2.0, 3.0))
    assert list(time_network(digits_network(20), 1, lambda c: True)) == [("slow", Timing(8.0, 12.0, 5))]
    ((step, base, _),) = timed
    assert (step()[0], base()[0]) == (ours.replay(digits_network(5))()[0], ours.replay(digits_network(20))()[0])


@pytest.mark.slow
def test_a_ratio_counts_how_many_times_longer_a_step_takes(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("tests.benchmarks.contest.clock", lambda: now[0])

    def takes(seconds):
        return lambda: now.__setitem__(0, now[0] + seconds)

    assert paired(takes(4.0), takes(1.0), 5).ratio == 4.0


def test_a_goal_is_met_on_its_side_of_the_bound():
    assert goals.Goal("at most", 1.0, 1.0).met
    assert not goals.Goal("at most", 1.1, 1.0).met
    assert not goals.Goal("at least", 24.9, 25.0, at_least=True).met
    assert str(goals.Goal("at least", 25.0, 25.0, at_least=True)) == "| at least | 25 | ≥ 25 | yes |"


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8])
def test_a_sum_by_pairs_adds_all(n):
    assert by_pairs(range(n)) == sum(range(n))
