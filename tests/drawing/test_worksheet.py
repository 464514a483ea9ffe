"""The worksheet as a file: what is refused, what the page is told, and that one seed is one sheet."""

import json
import re

import pytest

from tests.helpers.graphs import network
from tests.helpers.texts import HOSTILE
from tinygrad_scalar import MLP, Value, losses
from tinygrad_scalar.drawing import Worksheet, worksheet
from tinygrad_scalar.drawing.graphs.graph import below


def told(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html)[1])


def test_a_sheet_has_the_numbers_of_its_graph_and_changes_none():
    _, E = network()
    before = [(node.data, node.grad) for node in below(E)]
    page = worksheet(E)
    assert isinstance(page, Worksheet)
    assert page.values == [E]
    assert [sheet["data"] for sheet in told(page)["sheets"]] == [[node.data for node in below(E)]]
    assert [(node.data, node.grad) for node in below(E)] == before


def test_thirty_sheets_have_the_same_steps_and_thirty_different_sets_of_numbers():
    _, E = network()
    page = worksheet(E, tidy=True, seed=5, count=30)
    sheets = told(page)["sheets"]
    assert len({tuple(sheet["data"]) for sheet in sheets}) == 30
    assert [sheet["title"] for sheet in sheets] == [f"backpropagation through E, sheet {k}" for k in range(5, 35)]
    assert {tuple(node.op for node in below(value)) for value in page.values} == {tuple(node.op for node in below(E))}
    assert sheets[7] == told(worksheet(E, tidy=True, seed=12))["sheets"][0]
    assert len(page.html) < 300_000


@pytest.mark.parametrize(("paper", "size"), [("a4", "A4 landscape"), ("letter", "letter landscape")])
def test_it_says_on_what_paper_it_is_to_be_printed(paper, size):
    assert f"@page {{ size: {size};" in worksheet(network()[1], paper=paper).html


def test_it_is_one_small_file_that_fetches_nothing_whatever_the_labels(tmp_path):
    mlp = MLP(2, [3, 1], rng=0)
    E = losses.half_squared_error([Value(1.0, HOSTILE)], mlp([Value(0.5, "x_1"), Value(-1.0, "שלום")]))
    page = worksheet(E, title=HOSTILE)
    page.save(tmp_path / "sheet.html")
    html = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert len(html.encode()) < 300_000
    assert html.count("<script") == 2
    assert not re.search(r"(?:src|href)=\"(?!data:)|url\(|@import", html)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 3}, "without tidy=True the graph keeps its own"),
        ({"count": 30}, "without tidy=True the graph keeps its own"),
        ({"tidy": True, "count": 0}, "count must be 1 at least, it is 0"),
        ({"paper": "a3"}, "unknown paper 'a3'; there are a4, letter"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        worksheet(network()[1], **arguments)


def test_a_leaf_and_a_graph_that_is_too_large_are_refused():
    with pytest.raises(ValueError, match="was not computed from anything"):
        worksheet(Value(2.0))
    with pytest.raises(ValueError, match="too much for a sheet of paper, the limit is 150"):
        worksheet(losses.half_squared_error([1.0], MLP(5, [10, 1], rng=0)([1.0] * 5)))
    with pytest.raises(TypeError, match="only a Value has a graph"):
        worksheet(2.0)
