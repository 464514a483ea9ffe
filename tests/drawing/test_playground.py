"""The training page as Python makes it: what it starts with, and what it refuses. What it does is tested in a browser."""

import json
import re

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.cli import main
from tinygrad_scalar.data import DataSet, moons
from tinygrad_scalar.drawing import playground
from tinygrad_scalar.drawing.playgrounds.points import TOPICS
from tinygrad_scalar.drawing.playgrounds.witness import Tail
from tinygrad_scalar.losses import LOSSES
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.training.targets import misfits

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([0.0, 1.0, 1.0, 0.0])


def told(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html).group(1))


def test_the_page_starts_with_the_network_the_points_and_the_loss_it_is_given():
    mlp = MLP(2, [3, 1], "relu", "logistic", rng=1)
    theta = mlp.theta
    start = told(playground(mlp, (X, XOR), "binary_cross_entropy", held_out=0.0))
    assert start["network"] == {"sizes": [2, 3, 1], "sigmas": [None, "relu", "logistic"], "theta": theta.tolist()}
    assert (start["given"]["X"], start["given"]["targets"]) == (X.tolist(), XOR.tolist())
    assert (start["loss"], start["heldOut"]) == ("binary_cross_entropy", 0.0)
    assert mlp.theta.tolist() == theta.tolist()


def test_a_matrix_network_starts_the_same_page():
    mlp = MLP(2, [3, 1], output="logistic", rng=1)
    pages = [playground(net, (X, XOR), "half_squared_error") for net in (mlp, MatrixMLP.from_scalar(mlp))]
    assert told(pages[0]) == told(pages[1])


@pytest.mark.parametrize(
    ("Y", "classes", "targets", "low"),
    [
        (XOR, ["0", "1"], [0, 1, 1, 0], 0),
        (2 * XOR - 1, ["−1", "1"], [0, 1, 1, 0], -1),
        (XOR / 2, [], [0, 0.5, 0.5, 0], 0),
        (np.eye(3)[[0, 2, 1, 2]], ["0", "1", "2"], [0, 2, 1, 2], 0),
    ],
)
def test_targets_say_whether_they_are_classes(Y, classes, targets, low):
    outputs = Y.shape[1] if Y.ndim == 2 else 1
    given = told(playground(MLP(2, [2, outputs], rng=0), (X, Y), "half_squared_error"))["given"]
    assert (given["classes"], given["targets"], given["low"]) == (classes, targets, low)


def test_a_data_set_brings_its_names():
    given = told(playground(MLP(2, [2, 1], rng=0), moons(20), "max_margin"))["given"]
    assert (given["name"], given["classes"], given["columns"], given["low"]) == (
        "moons",
        ["upper", "lower"],
        ["x", "y"],
        -1,
    )


def frozen():
    mlp = MLP(2, [2, 1], rng=0)
    mlp.freeze(1)
    return mlp


def shared():
    mlp = MLP(2, [2, 1], rng=0)
    mlp.layers[0].neurons[0].w[0] = mlp.layers[0].neurons[0].w[1]
    return mlp


def own_loss(y, a):
    return (y[0] - a[0]) ** 4


SMALL = MLP(2, [2, 1], rng=0)


@pytest.mark.parametrize(
    ("network", "data", "loss", "message"),
    [
        (MLP(4, [3, 1], rng=0), "xor", "half_squared_error", "a curve .1 input.; the network has 4 inputs: choose two columns"),
        (MLP(1, [3, 1], rng=0), "xor", "half_squared_error", "the network has 1 inputs, xor has 2; classes want 2"),
        (MLP(2, [3, 3], rng=0), "xor", "half_squared_error", "the network has 3 outputs, 2 classes want 1 or 2"),
        (MLP(2, [30, 1], rng=0), "xor", "half_squared_error", "6 layers of up to 24 neurons; this network has 2 layers, the widest of 30"),
        (MLP(2, [2, 1], "sin", rng=0), "xor", "half_squared_error", "softmax, not 'sin'"),
        (frozen(), "xor", "half_squared_error", "layer 1 is frozen"),
        (shared(), "xor", "half_squared_error", "some of its weights are shared"),
        (SMALL, "xor", own_loss, "trains with the losses half_squared_error, .*, not with own_loss"),
        (SMALL, "xor", "cross_entropy", "cross_entropy expects a softmax output, the network has identity"),
        (SMALL, "yin-yang", "half_squared_error", "unknown set of points 'yin-yang'; the page draws xor, "),
        (SMALL, (X[:, :1], XOR), "half_squared_error", "layer 1 expects 2 inputs, got 1"),
        (SMALL, (np.where(X > 0, np.nan, X), XOR), "half_squared_error", "X holds nan, which has no place in the plane"),
        (SMALL, moons(1001), "half_squared_error", "the page shows 1000 points, moons has 1001"),
        (SMALL, DataSet("four", np.ones((2, 4)), np.array([0, 1]), ("a", "b")), "half_squared_error", "four has 4 columns: choose two"),
        (MLP(2, [2, 7], rng=0), DataSet("seven", np.ones((7, 2)), np.arange(7), tuple("abcdefg")), "half_squared_error", "tells 6 classes apart"),
        (MLP(2, [2, 2], rng=0), (X, np.ones((4, 2))), "half_squared_error", "rows with one 1 for the class, as data.one_hot makes them"),
    ],
)  # fmt: skip
def test_what_a_page_cannot_show_is_refused_in_a_sentence(network, data, loss, message):
    with pytest.raises(ValueError, match=message):
        playground(network, data, loss)


def test_data_of_no_kind_are_refused():
    with pytest.raises(TypeError, match=r"data is a DataSet, a pair \(X, Y\), or one of xor, .*, not int"):
        playground(SMALL, 3, "half_squared_error")


def test_a_page_of_a_small_network_is_small_and_fetches_nothing():
    html = playground(MLP(2, [3, 1], "tanh", "logistic", rng=0), "moons", "binary_cross_entropy").html
    assert len(html.encode()) < 300_000
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert set(re.findall(r"https?://[\w./]+", html)) == {"http://www.w3.org/2000/svg"}


def test_hostile_names_stay_text():
    data = DataSet("</script><b>", X, XOR.astype(int), ("<img src=x onerror=alert(1)>", "b"), ('"x', "</title>"))
    html = playground(SMALL, data, "half_squared_error").html
    assert html.count("</script>") == 2
    assert "<img" not in html
    assert "<b>&" not in html


def test_only_outputs_and_losses_that_suit_each_other_can_be_chosen():
    pairs = [key.split("/") for key in told(playground(SMALL, "xor", "half_squared_error"))["tails"]]
    assert {loss for _, loss, _ in pairs} == set(LOSSES)
    for output, loss, P in pairs:
        low = -1.0 if loss == "max_margin" else 0.0
        assert misfits(loss, output, np.where(np.eye(max(int(P), 2))[:, -int(P) :] == 1.0, 1.0, low)) == []


def test_a_loss_that_asks_for_numbers_cannot_be_written_as_a_graph(monkeypatch):
    monkeypatch.setitem(LOSSES, "branching", lambda y, a: a[0] if a[0] > 0 else -a[0])
    with pytest.raises(ValueError, match="branching takes a branch that depends on its numbers"):
        Tail("identity", "branching", 1)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_command_writes_a_page_for_each_set_that_the_page_draws(topic, tmp_path, capsys):
    assert main(["playground", topic, "--out", str(tmp_path / "page.html")]) == 0
    assert "open it in a browser" in capsys.readouterr().out
    start = told_in(tmp_path / "page.html")
    assert start["given"]["name"] == topic
    assert start["network"]["sizes"][1:-1] == list(TOPICS[topic].hidden)


def told_in(path):
    return json.loads(re.search(r'id="data">(.*?)</script>', path.read_text(encoding="utf-8")).group(1))


def test_the_command_takes_two_columns_of_a_table(tmp_path, capsys):
    (tmp_path / "plants.csv").write_text(
        "height,width,kind\n1,2,moss\n2,1,fern\n3,5,moss\n4,4,fern\n", encoding="utf-8"
    )
    assert (
        main(["playground", str(tmp_path / "plants.csv"), "--hidden", "3,2", "--out", str(tmp_path / "page.html")]) == 0
    )
    start = told_in(tmp_path / "page.html")
    assert (start["given"]["columns"], start["given"]["classes"]) == (["height", "width"], ["fern", "moss"])
    assert np.mean(start["given"]["X"], axis=0) == pytest.approx([0.0, 0.0], abs=1e-15)
    assert start["network"]["sizes"] == [2, 3, 2, 1]


def test_the_command_asks_which_columns_and_names_them(tmp_path, capsys):
    assert main(["playground", "iris", "--out", str(tmp_path / "page.html")]) == 2
    assert "choose them with --columns, of sepal length (cm)," in capsys.readouterr().err
    assert main(["playground", "iris", "--columns", "3,petal width (cm)", "--out", str(tmp_path / "page.html")]) == 0
    assert told_in(tmp_path / "page.html")["given"]["columns"] == ["petal length (cm)", "petal width (cm)"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.csv"], "'nothing.csv' is no file, and none of the data sets .* the page itself draws xor"),
        (["iris", "--columns", "1,2,3"], "the page shows two columns, --columns names 3"),
        (["iris", "--columns", "root"], "iris has no column 'root'; there are sepal length"),
    ],
)
def test_the_command_says_what_it_cannot_do(arguments, message, tmp_path, capsys):
    assert main(["playground", *arguments, "--out", str(tmp_path / "page.html")]) == 2
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("options", "output", "loss"),
    [
        ([], "logistic", "binary_cross_entropy"),
        (["--output", "softmax"], "softmax", "cross_entropy"),
        (["--loss", "max_margin"], "identity", "max_margin"),
        (["--loss", "cross_entropy"], "softmax", "cross_entropy"),
        (["--output", "tanh"], "tanh", "half_squared_error"),
    ],
)
def test_the_command_chooses_an_output_and_a_loss_that_suit(options, output, loss, tmp_path, capsys):
    assert main(["playground", "moons", *options, "--out", str(tmp_path / "page.html")]) == 0
    start = told_in(tmp_path / "page.html")
    assert (start["network"]["sigmas"][-1], start["loss"]) == (output, loss)
