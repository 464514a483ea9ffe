"""Pictures of weights, gradients, boundaries and mistakes: what matplotlib draws for us."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import (
    draw_confusion,
    draw_curves,
    draw_decision_boundary,
    draw_first_layer,
    draw_gradient_norms,
    draw_input_gradient,
    draw_race,
    draw_steps,
)
from tinygrad_scalar.drawing.plots.canvas import apart
from tinygrad_scalar.drawing.style import BLUE, VERMILION
from tinygrad_scalar.drawing.text.escaping import clean
from tinygrad_scalar.losses import half_squared_error
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.training import History
from tinygrad_scalar.training.measures import confusion_matrix
from tinygrad_scalar.training.races import Lap

X = np.random.default_rng(0).uniform(-1.0, 1.0, size=(60, 2))
LABELS = (X[:, 0] > 0).astype(int)
HOSTILE = "<b>$x^2\x00&"


def pixels(path):
    from matplotlib.image import imread

    return np.round(255 * imread(path)[:, :, :3]).astype(int)


def share(path, colour):
    """How much of a PNG has this colour."""
    wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return (np.abs(pixels(path) - wanted).max(axis=2) <= 1).mean()


def words(path):
    return ["".join(text.itertext()).strip() for text in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def images_shown(monkeypatch):
    """The list into which matplotlib will put all images that it is given."""
    from matplotlib.axes import Axes

    seen, imshow = [], Axes.imshow
    monkeypatch.setattr(
        Axes, "imshow", lambda self, image, **how: seen.append((image, how)) or imshow(self, image, **how)
    )
    return seen


def linear(weights, biases=None):
    """A network that is one layer of these weights."""
    return MatrixMLP([weights], [np.zeros(len(weights)) if biases is None else biases], ["identity"])


def through(mlp, x):
    trace = mlp.trace(x)
    half_squared_error([1.0], trace.a[-1]).backward()
    return trace


def test_blue_is_positive_vermilion_negative_and_white_0(tmp_path):
    path, scale = tmp_path / "w.png", tmp_path / "more.png"
    draw_first_layer(linear([[2.0, -2.0, 0.0, 2.0]]), path)
    assert share(path, BLUE) > 1.6 * share(path, VERMILION) > 0.1
    draw_first_layer(linear([[2.0, -2.0, 0.0, 2.0], [0.0, 0.0, 0.0, 4.0]]), scale)  # one scale: 2 is now half of it
    assert share(scale, VERMILION) < 0.01
    assert share(scale, tinted(VERMILION, 0.5)) > 0.02
    assert share(scale, BLUE) < share(path, BLUE) / 2


@pytest.mark.parametrize("net", [MLP(64, [12, 3], rng=0), MatrixMLP.from_scalar(MLP(64, [12, 3], rng=0))])
def test_each_hidden_unit_has_its_image_and_its_number(tmp_path, net):
    draw_first_layer(net, tmp_path / "w.svg")
    assert [w for w in words(tmp_path / "w.svg") if re.fullmatch(r"\d+", w)] == [str(i) for i in range(1, 13)]
    draw_first_layer(net, tmp_path / "w.svg", units=[12, 3], shape=(4, 16))
    said = words(tmp_path / "w.svg")
    assert [w for w in said if re.fullmatch(r"\d+", w)] == ["12", "3"]
    assert "weights of the first layer, 2 of 12 units" in said


def test_a_unit_is_shown_by_its_own_weights(tmp_path, monkeypatch):
    mlp, seen = MLP(6, [3, 1], rng=0), images_shown(monkeypatch)
    draw_first_layer(mlp, tmp_path / "w.png", shape=(2, 3), units=[3, 1])
    for (image, _), unit in zip(seen, (3, 1), strict=True):
        w = [w.data for w in mlp.layers[0].neurons[unit - 1].w]
        assert image.tolist() == [w[:3], w[3:]]


def test_images_that_cannot_be_are_refused(tmp_path):
    path = tmp_path / "w.png"
    with pytest.raises(ValueError, match=r"12 inputs are no square image; give shape="):
        draw_first_layer(MLP(12, [2], rng=0), path)
    for shape, n in (((3, 5), 15), ((-3, -4), 12)):
        with pytest.raises(ValueError, match=f"{shape[0]} × {shape[1]} has {n} pixels, the network has 12 inputs"):
            draw_first_layer(MLP(12, [2], rng=0), path, shape=shape)
    for units in ([0], [3], []):
        with pytest.raises(ValueError, match="there is no unit .* units 1 to 2"):
            draw_first_layer(MLP(4, [2], rng=0), path, units=units)
    assert not path.exists()


def test_the_gradient_of_an_image_is_the_engines(tmp_path, monkeypatch):
    seen = images_shown(monkeypatch)
    trace = through(MLP(6, [3, 1], rng=0), [Value(0.1 * k) for k in range(6)])
    draw_input_gradient(trace, tmp_path / "x.svg", shape=(2, 3))
    (image, _), (slopes, how) = seen
    assert image.tolist() == [[v.data for v in trace.a[0][:3]], [v.data for v in trace.a[0][3:]]]
    assert slopes.tolist() == [[v.grad for v in trace.a[0][:3]], [v.grad for v in trace.a[0][3:]]]
    assert how["vmax"] == -how["vmin"] == np.abs(slopes).max()
    assert {"x", "∂E/∂x"} <= set(words(tmp_path / "x.svg"))


def test_an_image_without_gradient_says_what_to_do(tmp_path):
    mlp = MLP(4, [1], rng=0)
    with pytest.raises(ValueError, match=r"give Values, mlp.trace\(\[Value\(p\) for p in pixels\]\)"):
        draw_input_gradient(through(mlp, [1.0, 2.0, 3.0, 4.0]), tmp_path / "x.png")
    with pytest.raises(ValueError, match=r"no gradient yet.*call backward\(\)"):
        draw_input_gradient(mlp.trace([Value(1.0)] * 4), tmp_path / "x.png")
    with pytest.raises(TypeError, match=r"mlp.trace\(x\).*not in MLP"):
        draw_input_gradient(mlp, tmp_path / "x.png")


@pytest.mark.parametrize(
    ("network", "cut", "at"),
    [
        (linear([[1.0, 0.0]]), None, 0.0),
        (linear([[1.0, 0.0]]), 0.5, 0.5),
        (linear([[-1.0, 0.0], [1.0, 0.0]], [0.5, -0.5]), None, 0.5),
        (MatrixMLP([[[1.0, 0.0]]], [[-0.5]], ["logistic"]), None, 0.5),
    ],
)
def test_the_boundary_is_where_the_network_changes_its_mind(tmp_path, network, cut, at):
    path = tmp_path / "plane.png"
    draw_decision_boundary(network, X, LABELS, path, cut=cut)
    left, right = (share(path, tint) for tint in (tinted(BLUE), tinted(VERMILION)))
    low, high = X[:, 0].min(), X[:, 0].max()
    margin = 0.12 * (high - low)
    assert left + right > 0.4
    assert left / (left + right) == pytest.approx((at - low + margin) / (high - low + 2 * margin), abs=0.02)


def test_names_of_classes_are_numbered_as_fit_numbers_them_or_as_the_classes_are(tmp_path):
    network = linear([[0.0, 0.0], [1.0, 0.0]])
    numbers, names, turned = (tmp_path / f"{name}.png" for name in ("numbers", "names", "turned"))
    draw_decision_boundary(network, X, LABELS, numbers, classes=["cat", "dog"])
    draw_decision_boundary(network, X, np.array(["cat", "dog"])[LABELS], names)
    draw_decision_boundary(network, X, np.array(["dog", "cat"])[LABELS], turned, classes=["dog", "cat"])
    assert names.read_bytes() == numbers.read_bytes() != turned.read_bytes()
    with pytest.raises(ValueError, match="'cow' is none of the classes cat, dog"):
        draw_decision_boundary(network, X, ["cow"] * len(X), classes=["cat", "dog"])


def test_examples_lie_above_the_plane(tmp_path):
    draw_decision_boundary(linear([[0.0, 0.0], [0.0, 0.0]], [1.0, 0.0]), X, LABELS, tmp_path / "plane.png")
    assert share(tmp_path / "plane.png", VERMILION) > 0.002  # class 1, all of it on the ground of class 0


def tinted(colour, alpha=0.16):
    parts = [round(255 - alpha * (255 - int(colour[k : k + 2], 16))) for k in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def test_every_example_and_every_class_is_on_the_plane(tmp_path):
    path = tmp_path / "plane.svg"
    names = ["_first", HOSTILE, "third"]
    draw_decision_boundary(MLP(2, [4, 3], output="softmax", rng=1), X, LABELS, path, classes=names, title=HOSTILE)
    assert {clean(name) for name in names} <= set(words(path))
    assert words(path).count(clean(HOSTILE)) == 2
    for k in (0, 1):
        [marks] = [
            g
            for g in ET.parse(path).iter("{http://www.w3.org/2000/svg}g")
            if g.get("id", "").endswith(f"PathCollection_{k + 1}")
        ]
        assert len(list(marks.iter("{http://www.w3.org/2000/svg}use"))) == (LABELS == k).sum()


@pytest.mark.parametrize(
    ("network", "points", "labels", "classes", "said"),
    [
        (MLP(3, [2], rng=0), X, LABELS, (), r"X has shape \(60, 2\), the network 3 inputs"),
        (MLP(2, [2], rng=0), X[:, :1], LABELS, (), r"X has shape \(60, 1\), the network 2 inputs"),
        (MLP(2, [2], rng=0), X, LABELS[:-1], (), r"60 examples need as many class numbers, got int64 of shape \(59,\)"),
        (MLP(2, [2], rng=0), X, LABELS + 0.5, (), "got float64"),
        (MLP(2, [2], rng=0), X, LABELS + 1, (), "labels lie between 1 and 2, the network tells 2 classes apart"),
        (MLP(2, [2], rng=0), X, LABELS, ("one",), "1 names do not fit 2 classes"),
        (MLP(2, [2], rng=0), X[:0], LABELS[:0], (), "there is no example to draw"),
        (MLP(2, [2], rng=0), X * np.nan, LABELS, (), "some examples are not finite"),
    ],
)
def test_a_plane_that_does_not_fit_is_refused(tmp_path, network, points, labels, classes, said):
    with pytest.raises(ValueError, match=said):
        draw_decision_boundary(network, points, labels, tmp_path / "plane.png", classes=classes)


def test_rows_of_a_confusion_are_true_and_columns_predicted(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    written, text = {}, Axes.text
    monkeypatch.setattr(
        Axes, "text", lambda self, *at, **how: written.update({at[2]: at[:2]}) or text(self, *at, **how)
    )
    draw_confusion(confusion_matrix([0] * 7 + [1] * 3, [1] * 7 + [1] * 3, 2), tmp_path / "confusion.png")
    assert written == {"7": (1, 0), "3": (1, 1)}  # x is the column, y the row, and rows go down


def test_a_confusion_matrix_shows_every_count_once(tmp_path):
    path = tmp_path / "confusion.svg"
    counts = confusion_matrix([0] * 50 + [1] * 40 + [2], [0] * 47 + [2] * 3 + [1] * 40 + [0], 3)
    draw_confusion(counts, path, classes=["a", "b", HOSTILE], title="$x^2$")
    said = words(path)
    assert {"47", "3", "40", "1", "a", "b", clean(HOSTILE), "true", "predicted", "$x^2$: 87 of 91 right"} <= set(said)
    assert sorted(w for w in said if w.isdigit()) == ["1", "3", "40", "47"]
    draw_confusion(counts, tmp_path / "confusion.png")
    assert share(tmp_path / "confusion.png", BLUE) > 0.02  # 40 of 40 right: the full colour
    assert share(tmp_path / "confusion.png", VERMILION) > 0.02  # 1 of 1 wrong


@pytest.mark.parametrize("counts", [[[1, 2]], [1], [[0.5]], [[-1]], np.zeros((0, 0), int)])
def test_what_is_no_confusion_matrix_is_refused(tmp_path, counts):
    with pytest.raises(ValueError, match="a confusion matrix is a square of counts, not"):
        draw_confusion(counts, tmp_path / "confusion.png")


def test_names_of_classes_must_fit(tmp_path):
    with pytest.raises(ValueError, match="3 names do not fit 2 classes"):
        draw_confusion([[1, 0], [0, 1]], tmp_path / "confusion.png", classes="abc")


def test_the_same_picture_is_the_same_file(tmp_path):
    trace = through(MLP(4, [1], rng=0), [Value(0.1 * k) for k in range(4)])
    for kind in ("svg", "png"):
        files = []
        for take in "ab":
            paths = [tmp_path / f"{what}{take}.{kind}" for what in "wxpc"]
            draw_first_layer(trace.network, paths[0])
            draw_input_gradient(trace, paths[1])
            draw_decision_boundary(linear([[1.0, 0.0]]), X, LABELS, paths[2])
            draw_confusion([[3, 1], [0, 2]], paths[3])
            files.append([path.read_bytes() for path in paths])
        assert files[0] == files[1]


def texts(path):
    """What an SVG says: each text, and how far from the left and from above it begins."""
    found = {}
    for text in ET.parse(path).iter("{http://www.w3.org/2000/svg}text"):
        place = re.search(r"translate\(([\d.]+) ([\d.]+)\)", text.get("transform", ""))
        x, y = place.groups() if place else (text.get("x"), text.get("y"))
        found["".join(text.itertext())] = float(x), float(y)
    return found


LAPS = [Lap(f"optimizer {k}", 0.1, [1.0, 10.0 ** -(k / 10.0)]) for k in range(14)]


def test_a_race_is_drawn_down_to_the_lowest_e_and_names_what_reached_0(tmp_path):
    laps = [
        *LAPS,
        Lap("low", None, [1.0, 1.8e-17]),
        Lap("there", None, [1.0, 1e-3, 0.0]),
        Lap("lost", 9.0, [1.0, np.nan]),
    ]
    draw_race(laps, tmp_path / "race.svg")
    said = texts(tmp_path / "race.svg")
    assert min(float(word) for word in said if re.fullmatch(r"1e-\d+", word)) < 1.8e-17
    assert "there: E = 0" in said
    assert said["there: E = 0"][1] > said["low"][1] > said["optimizer 13, 0.1"][1] > said["lost, 9"][1]


@pytest.mark.parametrize("n", [2, 14, 200])
def test_names_at_the_ends_of_curves_stand_one_below_the_other(tmp_path, n):
    norms = [[1.0 + 1e-3 * l for l in range(n)]] * 5
    draw_gradient_norms(History(E=[1.0] * 5, gradient_norms=norms), tmp_path / "norms.svg")
    heights = sorted(y for word, (_, y) in texts(tmp_path / "norms.svg").items() if word.startswith("layer "))
    assert len(heights) == n if n < 20 else len(heights) > 5
    assert np.diff(heights).min() >= 6.5, "the size of the smallest type"


def test_a_layer_without_gradient_is_said_to_have_none(tmp_path):
    draw_gradient_norms(History(E=[1.0] * 2, gradient_norms=[[0.0, 1.0, 0.0]] * 2), tmp_path / "norms.svg")
    assert "epoch    (layers 1, 3: 0 throughout)" in texts(tmp_path / "norms.svg")
    with pytest.raises(ValueError, match="no gradient norm is finite and above 0"):
        draw_gradient_norms(History(E=[1.0], gradient_norms=[[0.0]]), tmp_path / "norms.svg")


def test_training_and_held_out_have_names_of_their_own_also_where_they_end_alike(tmp_path):
    E = [1.0, 0.5, 0.25]
    draw_curves(History(E=E, validation_E=E, accuracy=[np.nan] * 3), tmp_path / "E.svg", title="$E$ of <a_b>")
    said = texts(tmp_path / "E.svg")
    assert abs(said["training"][1] - said["held out"][1]) >= 11.0, "the size of the type"
    assert "$E$ of <a_b>" in said


def test_what_cannot_be_a_plot_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(TypeError, match="the History that fit returns, not list"):
        draw_curves([1.0, 0.5], tmp_path / "E.svg")
    with pytest.raises(ValueError, match="no finite E"):
        draw_curves(History(E=[np.nan]), tmp_path / "E.svg")
    with pytest.raises(ValueError, match=r"saved as .svg, .png, .pdf or .dot, not as E.txt"):
        draw_curves(History(E=[1.0]), tmp_path / "E.txt")
    with pytest.raises(ValueError, match="no lap has an E that is finite and above 0"):
        draw_race([Lap("lost", 0.1, [np.nan])], tmp_path / "race.svg")
    with pytest.raises(ValueError, match="each step has one error"):
        draw_steps([0.1], [1.0, 2.0], tmp_path / "V.svg")


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12), st.floats(0.0, 1.0 / 12.0))
def test_labels_are_a_gap_apart_inside_the_panel_and_no_farther_off_than_they_must(ends, gap):
    ends = sorted(ends)
    places = apart(ends, gap)
    assert all(b - a >= gap - 1e-12 for a, b in itertools.pairwise(places))
    assert places[0] >= -1e-12
    assert places[-1] <= 1.0 + 1e-12
    if all(b - a >= gap for a, b in itertools.pairwise(ends)):
        np.testing.assert_allclose(places, ends, atol=1e-12)


NAN, INF = float("nan"), float("inf")


def names_at_ends(monkeypatch):
    """The list into which matplotlib will put each name that is written at the end of a curve."""
    from matplotlib.axes import Axes

    seen, annotate = [], Axes.annotate
    monkeypatch.setattr(Axes, "annotate", lambda *at, **how: seen.append(annotate(*at, **how)) or seen[-1])
    return seen


def overlapping(notes):
    """The pairs of names of one panel, as they were drawn, that lie upon one another."""
    for figure in {note.figure for note in notes}:
        figure.draw_without_rendering()  # after saving, text still lies where the file's resolution had it
    boxes = [(note.axes, note.get_text(), super(type(note), note).get_window_extent()) for note in notes]
    pairs = [(a, b) for k, a in enumerate(boxes) for b in boxes[:k] if a[0] is b[0]]
    return [(a[1], b[1]) for a, b in pairs if min(a[2].y1, b[2].y1) > max(a[2].y0, b[2].y0)]


def falling(end, n=30):
    return np.geomspace(1.0, end, n).tolist()


HISTORIES = {
    "validation ends where training ends": History(E=falling(0.1), validation_E=falling(0.1), accuracy=[NAN] * 30),
    "the two differ by a hair": History(E=falling(0.1), validation_E=falling(0.1001), accuracy=[0.5] * 30,
                                        validation_accuracy=[0.5] * 30),
    "one epoch": History(E=[1.0, 0.5], validation_E=[1.0, 0.5], accuracy=[0.5, 0.7], validation_accuracy=[0.5, 0.7]),
    "none": History(E=[1.0], validation_E=[1.0], accuracy=[NAN]),
    "a fit without error": History(E=[1.0, 0.0], validation_E=[1.0, 0.0], accuracy=[0.5, 1.0]),
    "a training that diverged": History(E=[1.0, INF, NAN], validation_E=[1.0, 2.0, NAN], accuracy=[0.5, NAN, NAN]),
    "negative E": History(E=[-1.0, -2.0], validation_E=[-1.0, -2.0], accuracy=[NAN, NAN]),
}  # fmt: skip


@pytest.mark.parametrize("case", HISTORIES)
def test_training_and_held_out_are_named_apart_wherever_they_end(case, tmp_path, monkeypatch):
    notes = names_at_ends(monkeypatch)
    draw_curves(HISTORIES[case], tmp_path / "curves.svg", title=HOSTILE)
    assert {note.get_text() for note in notes[:2]} == {"training", "held out"}
    assert overlapping(notes) == []
    assert clean(HOSTILE) in words(tmp_path / "curves.svg")


@pytest.mark.parametrize("norms", [
    [[1.0] * 12] * 5,
    [[1.0 + 1e-9 * l for l in range(12)]] * 5,
    [[10.0**-l for l in range(12)]],
    [[0.3, 0.30001, 0.2999, 1e-9]] * 3 + [[0.3, INF, NAN, 0.0]],
])  # fmt: skip
def test_each_layer_is_named_and_no_name_lies_upon_another(norms, tmp_path, monkeypatch):
    notes = names_at_ends(monkeypatch)
    draw_gradient_norms(History(E=[1.0] * len(norms), gradient_norms=norms), tmp_path / "norms.svg", title="$a_1$")
    said = words(tmp_path / "norms.svg")
    assert {f"layer {l}" for l in range(1, len(norms[0]) + 1)} | {"$a_1$"} <= set(said)
    assert overlapping(notes) == []


def test_layers_that_end_together_are_named_in_their_order(tmp_path, monkeypatch):
    notes = names_at_ends(monkeypatch)
    draw_gradient_norms(History(E=[1.0], gradient_norms=[[0.5] * 12]), tmp_path / "norms.svg")
    from_above = sorted(notes, key=lambda note: -note.xyann[1])
    assert [note.get_text() for note in from_above] == [f"layer {l}" for l in range(1, 13)]


@pytest.mark.parametrize("n", [1, 2, 17, 30, 200])
def test_the_names_of_a_race_stay_apart_and_the_first_and_the_last_are_there(n, tmp_path, monkeypatch):
    notes = names_at_ends(monkeypatch)
    draw_race([Lap(f"lap {k}", 0.1, falling(10.0 ** (-k / 50))) for k in range(1, n + 1)], tmp_path / "race.svg")
    said = {note.get_text() for note in notes}
    assert {"lap 1, 0.1", f"lap {n}, 0.1"} <= said
    assert len(said) == n or n == 200
    assert overlapping(notes) == []


def test_an_axis_of_accuracies_has_no_room_above_100_percent(tmp_path):
    draw_curves(History(E=[1.0, 0.5], accuracy=[1.0, 1.0]), tmp_path / "curves.svg")
    shares = [float(text[:-1]) for text in words(tmp_path / "curves.svg") if text.endswith(" %")]
    assert shares
    assert max(shares) <= 100.0


def test_long_names_of_classes_leave_the_plot_its_room(tmp_path):
    names = ["a" * 200, "b"]
    draw_confusion([[3, 1], [0, 2]], tmp_path / "confusion.svg", classes=names)
    draw_decision_boundary(MLP(2, [2], rng=0), X, LABELS, tmp_path / "plane.svg", classes=names)
    for picture in ("confusion.svg", "plane.svg"):
        assert "a" * 39 + "…" in words(tmp_path / picture)
