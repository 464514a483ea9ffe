"""Finding dot, running it within limits, and doing without it."""

import json
import os
import shutil
import stat
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import draw_graph
from tinygrad_scalar.drawing.graphs import rendering
from tinygrad_scalar.drawing.graphs.rendering import find_dot, lay_out
from tinygrad_scalar.losses import half_squared_error

SMALL = "digraph { node [shape=box, fixedsize=true, width=1, height=0.5]; a -> b [id=e] }"
SYSTEM_DOT = shutil.which("dot")


def no_wheel(name):
    raise PackageNotFoundError(name)


@pytest.fixture
def no_path(monkeypatch, tmp_path):
    """A PATH without any program, and no setting."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(rendering.SETTING, raising=False)
    return tmp_path


def program(path, body):
    """A program of our own in place of dot."""
    path.write_text(f"#!{sys.executable}\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def picture():
    x = Value(2.0, "x_1")
    return draw_graph(x * x)


def test_the_wheels_dot_is_found_without_any_path(no_path):
    found = find_dot()
    assert found.name.startswith("graphviz-pure")
    assert found.is_file()
    assert 'class="card"' in picture().svg


def test_without_the_wheel_the_dot_of_the_system_is_found(no_path, monkeypatch):
    monkeypatch.setattr(rendering, "files", no_wheel)
    stand_in = program(no_path / "dot", "")
    assert find_dot() == stand_in


@pytest.mark.skipif(SYSTEM_DOT is None, reason="no dot on this system")
def test_the_dot_of_the_system_draws_the_same_cards(monkeypatch):
    monkeypatch.delenv(rendering.SETTING, raising=False)
    ours = picture().svg
    monkeypatch.setattr(rendering, "files", no_wheel)
    assert find_dot() == Path(SYSTEM_DOT)
    theirs = picture().svg
    texts = [sorted(ElementTree.fromstring(svg).itertext()) for svg in (ours, theirs)]
    assert [text for text in texts[0] if "--paper" not in text] == [text for text in texts[1] if "--paper" not in text]


def test_without_any_dot_the_text_is_there_and_the_error_says_what_to_install(no_path, monkeypatch, tmp_path):
    monkeypatch.setattr(rendering, "files", no_wheel)
    drawn = picture()
    assert drawn.dot.startswith("digraph")
    drawn.save(tmp_path / "graph.dot")
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == drawn.dot
    with pytest.raises(RuntimeError, match="pip install graphviz-pure.*the graphviz of your system"):
        _ = drawn.svg


def test_a_wheel_that_lists_a_program_which_is_gone_is_passed_over(no_path, monkeypatch):
    class Gone:
        name = "graphviz-pure"

        def locate(self):
            return no_path / "gone" / "graphviz-pure"

    monkeypatch.setattr(rendering, "files", lambda name: [Gone()])
    with pytest.raises(RuntimeError, match="there is none"):
        find_dot()


def test_a_setting_overrides_both_and_an_argument_overrides_the_setting(monkeypatch, tmp_path):
    one, other = program(tmp_path / "one", ""), program(tmp_path / "other", "")
    monkeypatch.setenv(rendering.SETTING, str(one))
    assert find_dot() == one
    assert find_dot(other) == other


@pytest.mark.parametrize("how", ["environment", "argument"])
def test_a_setting_that_names_no_program_is_an_error_that_names_it(how, monkeypatch):
    monkeypatch.setenv(rendering.SETTING, "/nowhere/dot")
    with pytest.raises(RuntimeError, match="'/nowhere/dot', which is no program"):
        find_dot("/nowhere/dot" if how == "argument" else None)


def test_a_layout_says_where_nodes_edges_and_clusters_are():
    layout = lay_out(
        "digraph { rankdir=LR; node [shape=box, fixedsize=true, width=1, height=0.5]; subgraph cluster_a { b } a -> b [id=e] }"
    )
    (ax, ay), (bx, by) = layout.nodes["a"], layout.nodes["b"]
    assert ax < bx
    assert ay == pytest.approx(by, abs=1.0)
    left, top, right, bottom = layout.clusters["cluster_a"]
    assert left < bx - 36 < bx + 36 < right
    assert 0 <= top < by - 18 < by + 18 < bottom <= layout.height
    start, *_, tip = layout.edges["e"]
    assert len(layout.edges["e"]) % 3 == 1
    assert start == pytest.approx((ax + 36, ay), abs=1.0)
    assert tip == pytest.approx((bx - 36, by), abs=1.0)


def test_letters_that_the_wheel_has_no_widths_for_are_no_error(recwarn):
    assert "ℓ" in lay_out('digraph { "ℓ" -> "δ̂漢🙂" [label="ŷ", id=e] }').nodes
    assert not recwarn


def test_dot_gets_a_time_limit(tmp_path):
    slow = program(tmp_path / "slow", "import time; time.sleep(60)")
    with pytest.raises(RuntimeError, match="did not finish in 0.5 s"):
        lay_out(SMALL, slow, seconds=0.5)


def test_dot_is_not_started_on_a_text_that_is_too_long(monkeypatch, tmp_path):
    ran = tmp_path / "ran"
    witness = program(tmp_path / "witness", f"open({str(ran)!r}, 'w')")
    monkeypatch.setattr(rendering, "LONGEST", len(SMALL) - 1)
    with pytest.raises(ValueError, match=f"{len(SMALL)} characters of DOT are too many.*limit is {len(SMALL) - 1}"):
        lay_out(SMALL, witness)
    assert not ran.exists()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "code 0: it wrote nothing"),
        ("import sys; sys.exit('no such font')", "code 1: no such font"),
    ],
)
def test_a_dot_that_fails_or_says_nothing_is_an_error(body, says, tmp_path):
    with pytest.raises(RuntimeError, match=says):
        lay_out(SMALL, program(tmp_path / "dot", body))


def test_empty_text_and_wrong_text_are_errors_of_dots_own():
    with pytest.raises(RuntimeError, match="wrote nothing"):
        lay_out("")
    with pytest.raises(RuntimeError, match="syntax error"):
        lay_out("digraph { a -> ")


def test_a_file_that_does_not_run_is_an_error_in_words(tmp_path):
    broken = tmp_path / "dot"
    broken.write_bytes(b"\x00\x01 this is no program")
    broken.chmod(0o755)
    with pytest.raises(RuntimeError, match="does not run|failed with code"):
        lay_out(SMALL, broken)


def test_the_program_of_the_wheel_is_found_without_a_path(no_path):
    assert os.access(find_dot(), os.X_OK)


def test_the_dot_text_of_a_picture_stands_on_its_own():
    """Every box is large enough for its text, every line leads from box to box, and no text lies on another."""
    mlp = MLP(2, [2, 1], rng=0)
    E = half_squared_error([Value(1.0, "y")], mlp.trace([Value(0.5, "x_1"), Value(-1.0, "x_2")]).a[-1])
    E.backward()
    laid_out = subprocess.run([str(find_dot()), "-Tjson"], input=draw_graph(E).dot.encode(), capture_output=True, check=True)  # fmt: skip
    assert b"too small" not in laid_out.stderr, "what dot says of a box whose text does not fit"
    graph = json.loads(laid_out.stdout)
    boxes = [o for o in graph["objects"] if "pos" in o]
    assert len(boxes) == draw_graph(E).svg.count('class="card"')
    assert all(box["label"].strip() and "invis" not in box.get("style", "") for box in boxes)
    for box in boxes:
        widest = max(operation["width"] for operation in box["_ldraw_"] if operation["op"] == "T")
        assert 0 < widest < 72 * float(box["width"])
    assert (
        len([edge for edge in graph["edges"] if edge.get("label")]) == len(draw_graph(E).svg.split('class="label"')) - 1
    )
    ends = {name for edge in graph["edges"] for name in (edge["tail"], edge["head"])}
    assert ends == {box["_gvid"] for box in boxes}
    places = [(*map(float, edge["lp"].split(",")), 5.0 * len(edge["label"])) for edge in graph["edges"] if edge.get("label")]  # fmt: skip
    close = [(p, q) for k, p in enumerate(places) for q in places[:k] if abs(p[1] - q[1]) < 9.0 and abs(p[0] - q[0]) < (p[2] + q[2]) / 2]  # fmt: skip
    assert close == []


def test_the_dot_text_of_a_large_graph_is_drawn_soon_and_has_frames():
    net = MLP(30, [20, 20, 10], rng=0)
    E = half_squared_error([1.0] * 10, net([0.1 * k for k in range(30)]))
    dot = draw_graph(E, "neuron").dot
    assert dot.count("subgraph") == 3
    drawn = subprocess.run([str(find_dot()), "-Tjson0"], input=dot.encode(), capture_output=True, check=True)
    assert len(json.loads(drawn.stdout)["edges"]) > 1000
