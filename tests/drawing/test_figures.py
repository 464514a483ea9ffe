"""The text's three figures: what they show is what the engine has, and nothing else."""

import re
import xml.etree.ElementTree as ET
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import draw_backprop, draw_network, draw_neuron
from tinygrad_scalar.drawing.style import COLOURS
from tinygrad_scalar.drawing.text.escaping import clean
from tinygrad_scalar.drawing.text.notation import parse
from tinygrad_scalar.drawing.text.numbers import number
from tinygrad_scalar.losses import evaluate, find, half_squared_error, squared_error
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.nn import ACTIVATIONS

SVG = "{http://www.w3.org/2000/svg}"
SIZES = [[2, 2, 1], [3, 5, 2], [64, 32, 10], [1, 1], [2, 4, 4, 4, 1], [9, 7]]


def passed(sizes, loss="half_squared_error", backward=True, seed=3, labels=(), **kinds):
    """A trace of Values through a network whose biases are not 0, and its targets."""
    mlp = MLP(sizes[0], sizes[1:], rng=seed, **kinds)
    rng = np.random.default_rng(seed)
    mlp.theta = rng.normal(size=len(mlp.theta))
    x = [Value(v, label) for v, label in zip(rng.normal(size=sizes[0]), [*labels, *[""] * sizes[0]], strict=False)]
    y = [1.0] + [0.0] * (sizes[-1] - 1)
    trace = mlp.trace(x)
    if backward:
        evaluate(find(loss), mlp.activations[-1], y, trace.z[-1], trace.a[-1]).backward()
    return trace


def elements(picture, tag):
    return list(ET.fromstring(picture.svg).iter(SVG + tag))


def texts(picture, colour=None):
    """What stands in the picture; names as their letter, superscript and subscript: w(1)1,2."""
    return [
        "".join(text.itertext())
        for text in elements(picture, "text")
        if colour is None or text.get("class") == f"f-{colour}"
    ]


def tooltips(picture):
    return ["".join(title.itertext()) for title in elements(picture, "title")][1:]


def equations(picture):
    return "".join(elements(picture, "desc")[0].itertext())


def three(trace):
    """Each kind of figure, of each kind of net."""
    for net in (trace, trace.network):
        yield draw_network(net)
        yield draw_network(net, "weights")
        for l in range(1, len(trace.z)):
            for i in {1, len(trace.z[l])}:
                yield draw_neuron(net, l, i)
                yield draw_backprop(net, l, i)
    yield draw_network(trace, "gradients")


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_every_figure_is_one_sound_svg(sizes):
    for picture in three(passed(sizes)):
        root = ET.fromstring(picture.svg)
        assert root.tag == SVG + "svg"
        assert 100 < float(root.get("width")) < 400 + 500 * len(sizes)
        assert 100 < float(root.get("height")) < 1500
        assert [e.tag for e in root][:2] == [SVG + "title", SVG + "desc"]
        assert root.get("aria-describedby") == root[1].get("id")
        assert equations(picture)
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert len(set(ids)) == len(ids)
        assert all(i.startswith(picture.id) for i in ids)
        used = [
            value for e in root.iter() for key, value in e.attrib.items() if key in ("d", "x", "y", "cx", "cy", "r")
        ]
        assert not re.search("nan|inf", " ".join(used))
        assert not re.search("http|href|script|url", picture.svg.replace("http://www.w3.org/2000/svg", ""))


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_all_that_is_drawn_lies_on_the_paper(sizes):
    for picture in three(passed(sizes)):
        root = ET.fromstring(picture.svg)
        dx, dy = map(float, re.findall(r"-?[\d.]+", root.find(SVG + "g").get("transform")))
        width, height = float(root.get("width")), float(root.get("height"))
        for circle in root.iter(SVG + "circle"):
            x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
            assert r - 1 <= x + dx <= width - r + 1
            assert r - 1 <= y + dy <= height - r + 1
        for text in [*root.iter(SVG + "text"), *root.iter(SVG + "tspan")]:
            if text.get("x"):
                assert 0 <= float(text.get("x")) + dx <= width
                assert 0 <= float(text.get("y")) + dy <= height


def test_the_same_numbers_give_the_same_svg_and_others_another():
    one, same, other = (list(three(passed([3, 5, 2], seed=seed))) for seed in (3, 3, 4))
    assert [p.svg for p in one] == [p.svg for p in same]
    assert not {p.id for p in one} & {p.id for p in other if "neuron" in p.title and "−" in p.svg}
    assert len({p.id for p in one}) == len(one)


def test_a_figure_has_no_dot_and_says_so(tmp_path):
    picture = draw_network(MLP(2, [1], rng=0))
    assert picture.dot is None
    picture.save(tmp_path / "network.svg")
    assert (tmp_path / "network.svg").read_text(encoding="utf-8") == picture.svg
    with pytest.raises(ValueError, match="save it as .svg"):
        picture.save(tmp_path / "network.dot")
    assert not (tmp_path / "network.dot").exists()
    assert picture._repr_svg_() != picture._repr_svg_()  # two on one page have two ids


def test_the_network_names_all_that_the_text_names():
    shown = texts(draw_network(MLP(3, [5, 2], rng=0)))
    weights = [
        f"w({l}){i},{j}" for l, d, e in ((1, 5, 3), (2, 2, 5)) for i, j in product(range(1, d + 1), range(1, e + 1))
    ]
    names = [*(f"x{i}" for i in (1, 2, 3)), *(f"a(1){i}" for i in range(1, 6)), "a(2)1", "a(2)2", "ŷ1", "ŷ2"]
    biases = [*(f"b(1){i}" for i in range(1, 6)), "b(2)1", "b(2)2"]
    for name in [*weights, *names, *biases]:
        assert shown.count(name) == 1, name
    assert [text for text in shown if text.startswith("= ") and text[2:] in "012"] == ["= 0", "= 1", "= 2", "= 2"]


def test_an_mlp_has_no_activations_and_a_trace_before_backward_no_gradient():
    trace = passed([3, 4, 2], backward=False)
    for draw in (draw_network, lambda net: draw_neuron(net, 1, 2)):
        assert texts(draw(trace), "value")
        assert not texts(draw(trace), "gradient")
    assert not texts(draw_network(trace.network), "value")
    assert texts(draw_neuron(trace.network, 1, 2), "value") == [
        *(number(w.data) for w in trace.network.layers[0].neurons[1].w),
        number(trace.network.layers[0].neurons[1].b.data),
    ]


def test_the_network_of_a_trace_shows_each_a_and_each_delta():
    trace = passed([3, 4, 2])
    shown = draw_network(trace)
    assert texts(shown, "value") == [number(a.data) for layer in trace.a for a in layer]
    assert texts(shown, "gradient") == [number(z.grad) for layer in trace.z for z in layer]


@pytest.mark.parametrize("show", ["weights", "gradients"])
def test_width_is_size_and_colour_is_sign(show):
    trace = passed([3, 4, 2])
    parameters = trace.network.parameters()
    held = {p.label: p.grad if show == "gradients" else p.data for p in parameters}
    picture = draw_network(trace, show)
    drawn = {}
    for line in elements(picture, "g"):
        title = line.find(SVG + "title")
        if title is not None:
            path = line.find(SVG + "path")
            drawn[title.text.split(" = ")[0]] = (float(path.get("stroke-width")), path.get("class"))
    labels = {str(parse(p.label)): held[p.label] for p in parameters}
    assert drawn.keys() == labels.keys()
    for (name, x), (other, y) in product(labels.items(), repeat=2):
        if abs(x) > abs(y) and name[0] == other[0] == "w":
            assert drawn[name][0] >= drawn[other][0]
        assert drawn[name][1] == ("s-positive" if x > 0 else "s-negative")
    colour = "gradient" if show == "gradients" else "value"
    assert {number(x) for x in labels.values()} <= set(texts(picture, colour))
    widest = max((abs(x) for name, x in labels.items() if name[0] == "w"))
    assert f"{widest:.3g}" in " ".join(texts(picture, "quiet"))


def test_tall_layers_show_their_first_and_last_neurons_and_an_ellipsis():
    picture = draw_network(MLP(64, [32, 10], rng=0))
    shown = texts(picture)
    assert {"x1", "x2", "x3", "x4", "x64", "a(1)32", "ŷ10", "w(1)1,1", "w(1)32,64", "w(2)10,32"} <= set(shown)
    assert {"= 64", "= 32", "= 10"} <= set(shown)
    assert "x5" not in shown
    assert "w(1)1,2" not in shown  # no room
    assert "w(1)1,2" in texts(draw_network(MLP(64, [3], rng=0)))
    assert len(elements(picture, "circle")) == 3 * 5 + 3 * 3
    assert len(elements(draw_network(MLP(64, [32, 10], rng=0), tallest=3), "circle")) == 3 * 2 + 3 * 3
    assert "x9" in texts(draw_network(MLP(9, [2], rng=0), tallest=9))


def test_every_weight_is_a_line_however_many_there_are_up_to_a_limit():
    mlp = MLP(64, [32, 10], rng=0)
    lines = [title for title in tooltips(draw_network(mlp, "weights")) if title.startswith("w")]
    assert len(lines) == len(set(lines)) == 64 * 32 + 32 * 10
    with pytest.raises(ValueError, match="101,632 lines are too many to draw, the limit is 5,000"):
        draw_network(MLP(784, [128, 10], initializer="zeros"), "weights")
    draw_network(MLP(784, [128, 10], initializer="zeros"))


def test_an_opened_neuron_shows_each_number_where_it_arises():
    trace = passed([3, 4, 2])
    neuron, z, a = trace.network.layers[1].neurons[0], trace.z[2][0], trace.a[2][0]
    picture = draw_neuron(trace, 2, 1)
    values, slopes = texts(picture, "value"), texts(picture, "gradient")
    for value in [*trace.a[1], *neuron.w, neuron.b, *z.parents[:-1], z, a]:
        assert number(value.data) in values
    assert [f for f in slopes if f != "∂E/∂value"] == [
        *(number(w.grad) for w in neuron.w),
        number(neuron.b.grad),
        number(z.grad),
        number(1.0),  # σ′ of the identity
        number(a.grad),
    ]
    told = " ".join(tooltips(picture))
    for value in [*trace.a[1], *neuron.w, neuron.b, *z.parents[:-1], z, a]:
        assert repr(value.data) in told
    products = [f"{factor(w.data)} · {factor(x.data)}" for w, x in zip(neuron.w, trace.a[1], strict=True)]
    assert f"{' + '.join(products)} + {factor(neuron.b.data)} = {number(z.data)}" in equations(picture)


def factor(x):
    return f"({number(x)})" if number(x).startswith("−") else number(x)


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "sin", "log", "exp", "sqrt"])
@pytest.mark.parametrize("scale", [0.3, 30.0, 1e200])
def test_every_sigma_has_a_curve_whatever_its_z(activation, scale):
    mlp = MLP(1, [1, 1], activation, rng=0)
    mlp.theta = [scale, 0.1, 1.0, 0.0]
    for x in (1.0, -1.0):
        trace = mlp.trace([Value(x)])
        half_squared_error([1.0], trace.a[2]).backward()
        picture = draw_neuron(trace, 1, 1)
        places = [e.get("d") for e in elements(picture, "path")]
        assert all(places)
        assert not re.search("nan|inf", " ".join(places))
        assert number(trace.a[1][0].data) in texts(picture, "value")


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", ["half_squared_error", "squared_error"])
def test_the_sum_over_all_ways_is_the_matrix_sides_delta(activation, loss):
    trace = passed([2, 3, 4, 2], loss, activation=activation)
    network = MatrixMLP.from_scalar(trace.network)
    Z, A = network.forward(np.array([[x.data] for x in trace.a[0]]))
    Delta = network.deltas(Z, A, np.array([[1.0], [0.0]]), loss)
    for l in (1, 2, 3):
        for i in range(len(Delta[l])):
            said = equations(draw_backprop(trace, l, i + 1))
            delta = re.split(r" = ", said.split(" ∂E/∂ w")[0])[-1]
            assert delta == number(float(Delta[l][i, 0]))
            if l < 3:
                terms = " + ".join(
                    f"{factor(network.W[l + 1][k, i])} · {factor(Delta[l + 1][k, 0])}" for k in range(len(Delta[l + 1]))
                )
                total = float((network.W[l + 1].T @ Delta[l + 1])[i, 0])
                assert f" · ( {terms} ) = " in said
                assert said.split(" = ")[-3].endswith(f" · {factor(total)}")


def test_every_delta_and_local_derivative_stands_in_the_figure():
    trace = passed([3, 4, 3])
    picture = draw_backprop(trace, 1, 2)
    slopes, values = texts(picture, "gradient"), texts(picture, "value")
    for k, z in enumerate(trace.z[2]):
        w = trace.network.layers[1].neurons[k].w[1]
        assert number(z.grad) in slopes
        assert number(w.data) in values
        assert number(w.data * z.grad) in slopes
    assert {number(trace.z[1][1].grad), number(trace.a[1][1].grad), number(1 - trace.a[1][1].data ** 2)} <= set(slopes)


def test_of_many_ways_some_are_written_out_and_all_are_summed():
    trace = passed([2, 3, 12])
    said = equations(draw_backprop(trace, 1, 1))
    assert said.count(" + ") == 4
    assert "…" in said
    total = sum(n.w[0].data * z.grad for n, z in zip(trace.network.layers[1].neurons, trace.z[2], strict=True))
    assert f" · {factor(total)} = {number(trace.z[1][0].grad)} " in said


def test_under_a_softmax_delta_is_a_sum_over_the_whole_jacobian():
    trace = passed([2, 3], "squared_error", output="softmax")
    a = np.array([v.data for v in trace.a[1]])
    J, up = np.diag(a) - np.outer(a, a), 2 * (a - [1.0, 0.0, 0.0])
    for i in range(3):
        said = equations(draw_backprop(trace, 1, i + 1))
        terms = " + ".join(f"{factor(J[k, i])} · {factor(up[k])}" for k in range(3))
        assert f"= {terms} = {number(float(J[i] @ up))}" in said


@pytest.mark.parametrize(("loss", "output"), [("cross_entropy", "softmax"), ("binary_cross_entropy", "logistic")])
def test_a_cross_entropy_with_its_own_output_has_no_sigma_prime(loss, output):
    trace = passed([2, 4, 3], loss, output=output)
    said = equations(draw_backprop(trace, 2, 1))
    assert f"= {number(trace.a[2][0].data - 1.0)} " in said
    assert "σ′ cancels" in said
    assert "σ′ (" not in said
    assert "∂E/∂" not in " ".join(texts(draw_neuron(trace, 2, 1))).replace("∂E/∂value", "")
    assert equations(draw_backprop(trace, 1, 1))


def test_what_e_takes_from_an_activation_itself_is_a_term_of_its_own():
    trace = passed([2, 3, 2], backward=False)
    E = half_squared_error([1.0, 0.0], trace.a[2]) + trace.a[1][1] ** 2
    E.backward()
    said = equations(draw_backprop(trace, 1, 2))
    assert f" + {factor(2 * trace.a[1][1].data)} )" in said
    assert said.split(" ∂E/∂ w")[0].endswith(f"= {number(trace.z[1][1].grad)}")
    assert "itself" not in equations(draw_backprop(trace, 1, 1))


@pytest.mark.parametrize("place", [(1, 2), (2, 1)])
def test_a_delta_that_no_sum_explains_is_not_drawn(place):
    trace = passed([2, 3, 2], backward=False, output="logistic")
    l, i = place
    E = half_squared_error([1.0, 0.0], trace.a[2]) + trace.z[l][i - 1] ** 2
    E.backward()
    with pytest.raises(ValueError, match="in a way of its own"):
        draw_backprop(trace, l, i)


def test_weights_that_have_changed_since_the_trace_are_noticed():
    trace = passed([2, 3, 1])
    trace.network.layers[0].neurons[1].w[0].data += 1.0
    for draw in (draw_network, lambda t: draw_neuron(t, 2, 1), lambda t: draw_backprop(t, 1, 1)):
        with pytest.raises(ValueError, match=r"neuron 2 of layer 1 had z = .* now its weights and inputs give .*again"):
            draw(trace)
    draw_network(trace.network)


def test_numbers_that_are_none_are_drawn_as_such():
    mlp = MLP(2, [2, 1], rng=0)
    mlp.layers[0].neurons[0].w[0].data = float("nan")
    mlp.layers[0].neurons[1].w[0].data = float("inf")
    trace = mlp.trace([Value(1.0), Value(2.0)])
    half_squared_error([1.0], trace.a[2]).backward()
    for picture in (draw_network(trace, "weights"), draw_neuron(trace, 1, 1), draw_neuron(trace, 1, 2)):
        assert {"nan", "∞"} & set(texts(picture, "value"))
        assert not re.search('"[^"]*nan', " ".join(e.get("d", "") for e in elements(picture, "path")))
    draw_backprop(trace, 1, 1)


def test_a_frozen_layer_has_no_gradient_to_show():
    trace = passed([2, 2, 1], backward=False)
    trace.network.freeze(1)
    half_squared_error([1.0], trace.a[2]).backward()
    assert "w₁,₁⁽¹⁾ = " in " ".join(tooltips(draw_network(trace, "gradients")))
    assert not [t for t in tooltips(draw_network(trace, "gradients")) if t.startswith("w₁,₁⁽¹⁾") and "∂E" in t]
    assert texts(draw_neuron(trace, 1, 1), "gradient")[:1] == [number(trace.z[1][0].grad)]


@pytest.mark.parametrize("draw", [draw_neuron, draw_backprop])
@pytest.mark.parametrize("layer", [0, 3, -1, True, 1.0, "1", None])
def test_a_layer_that_is_not_there_is_named(draw, layer):
    with pytest.raises(ValueError, match=re.escape(f"there is no layer {layer!r}, the network has layers 1 to 2")):
        draw(MLP(2, [3, 1], rng=0), layer, 1)


@pytest.mark.parametrize("draw", [draw_neuron, draw_backprop])
@pytest.mark.parametrize("i", [0, 4, True, 1.0])
def test_a_neuron_that_is_not_there_is_named(draw, i):
    with pytest.raises(ValueError, match=re.escape(f"there is no neuron {i!r}, layer 1 has neurons 1 to 3")):
        draw(MLP(2, [3, 1], rng=0), 1, i)


def test_what_is_no_network_and_what_has_no_numbers_is_refused_in_a_sentence():
    trace = passed([2, 3, 1], backward=False)
    for draw in (draw_network, lambda n: draw_neuron(n, 1, 1), lambda n: draw_backprop(n, 1, 1)):
        with pytest.raises(TypeError, match=r"an MLP or the trace of one, mlp.trace\(x\), not Layer"):
            draw(trace.network.layers[0])
    with pytest.raises(ValueError, match=r"no δ yet.*call backward\(\)"):
        draw_backprop(trace, 1, 1)
    with pytest.raises(ValueError, match=r"no gradient yet: call backward\(\)"):
        draw_network(trace, "gradients")
    with pytest.raises(ValueError, match="give the trace"):
        draw_network(trace.network, "gradients")
    with pytest.raises(ValueError, match="names, weights, gradients, not 'size'"):
        draw_network(trace, "size")
    for tallest in (2, True, 3.5):
        with pytest.raises(ValueError, match=f"a column shows, is a whole number from 3, not {tallest!r}"):
            draw_network(trace, tallest=tallest)


HOSTILE = ["</script><script>alert(1)</script>", "\x00\n\x1b", "\"'&<>]]>", "\ud800\uffff", "$x$", "שלום", "\\hat{y}_1"]


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_text(label):
    trace = passed([2, 2, 1], labels=[label, "z_9"])
    for picture in three(trace):
        ET.fromstring(picture.svg)
        assert "<script" not in picture.svg
    shown = texts(draw_network(trace))
    assert {"\\hat{y}_1": "ŷ1", HOSTILE[0]: "</script><script>…"}.get(label, clean(label)) in shown[:8]
    assert "z9" in shown
    assert any(t.startswith(f"{parse(label)} = ") for t in tooltips(draw_network(trace)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=3, max_size=3))
def test_any_label_leaves_the_svg_sound(labels):
    mlp = MLP(1, [1], rng=0)
    x = Value(0.5, labels[0])
    mlp.layers[0].neurons[0].w[0].label, mlp.layers[0].neurons[0].b.label = labels[1:]
    trace = mlp.trace([x])
    squared_error([1.0], trace.a[1]).backward()
    for picture in three(trace):
        assert ET.fromstring(picture.svg).get("id") == picture.id


def test_drawing_changes_nothing():
    trace = passed([3, 4, 2], "cross_entropy", output="softmax")
    nodes = [*trace.network.parameters(), *(v for layers in (trace.z, trace.a) for layer in layers for v in layer)]
    before = [(v.data, v.grad, v.label) for v in nodes]
    for picture in three(trace):
        assert picture.svg
    assert [(v.data, v.grad, v.label) for v in nodes] == before


def test_texts_can_be_read_on_what_they_stand_on():
    grounds = {"value": ["card", "layer", "paper"], "gradient": ["card", "layer", "paper"], "quiet": ["layer", "paper"]}
    grounds["ink"] = ["input", "a", "z", "result", "operation", "layer", "paper", "card"]
    for text, on in grounds.items():
        for ground in on:
            for mode in range(2):
                assert contrast(COLOURS[text][mode], COLOURS[ground][mode]) >= 5.0, (text, ground, mode)


def contrast(one, other):
    """The ratio of WCAG 2."""

    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_names_of_classes_stand_beside_the_outputs_and_must_fit():
    mlp = MLP(2, [3], rng=0)
    said = texts(draw_network(mlp, classes=["rose", "<b>", "n" * 30]))
    assert {"rose", "<b>", "n" * 23 + "…"} <= set(said)
    assert {"0", "1", "2"} <= {*texts(draw_network(mlp, classes=np.arange(3)))}
    with pytest.raises(ValueError, match="2 names of classes do not fit 3 outputs"):
        draw_network(mlp, classes=["rose", "tulip"])
