"""The graph of a Value as a picture: what it shows is what the engine holds."""

import random
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.counting import calls
from tests.helpers.graphs import network
from tests.helpers.texts import ANYTHING, read
from tinygrad_scalar import MLP, Layer, Neuron, Value, exp, losses, nn, pause_gc, sin, total
from tinygrad_scalar.drawing import draw_graph
from tinygrad_scalar.drawing.graphs.graph import below, between, sheet_of
from tinygrad_scalar.drawing.graphs.recognition import recognise
from tinygrad_scalar.drawing.graphs.routing import samples
from tinygrad_scalar.drawing.graphs.sheet import Sheet
from tinygrad_scalar.drawing.text.numbers import number
from tinygrad_scalar.value import CONSTANT, apply

SVG = "{http://www.w3.org/2000/svg}"


def elements(picture, kind):
    """The groups of one class in the SVG, by their ids without the picture's."""
    root = ElementTree.fromstring(picture.svg)
    return {g.get("id").removeprefix(picture.id): g for g in root.iter(f"{SVG}g") if g.get("class") == kind}


def words(element):
    """The texts of an element, a name with its scripts as one."""
    return ["".join(text.itertext()) for text in element.iter(f"{SVG}text")]


def test_every_card_shows_the_value_and_the_gradient_that_the_engine_holds():
    _, E = network()
    nodes, cards = below(E), elements(draw_graph(E), "card")
    assert len(cards) == len(nodes) == 28
    for k, node in enumerate(nodes, start=1):
        shown, tooltip = words(cards[f"n{k}"]), cards[f"n{k}"].find(f"{SVG}title").text
        if node.op == CONSTANT:
            assert read(shown[-1])[0] == node.data
            continue
        assert shown[-2:] == [number(node.data), number(node.grad)]
        value, gradient = re.fullmatch(r".*: value (\S+), gradient (\S+)", tooltip).groups()
        assert (float(value), float(gradient)) == (node.data, node.grad)


def test_on_every_edge_stands_what_moves_the_gradient():
    """Nudging a parent moves its child by the number on the edge between them: the central difference of the child."""
    _, E = network()
    picture, nodes = draw_graph(E), below(E)
    links, labels = elements(picture, "link"), {}
    for g in ElementTree.fromstring(picture.svg).iter(f"{SVG}g"):
        if (g.get("id") or "").endswith("l"):
            labels[g.get("id").removeprefix(picture.id)[:-1]] = words(g)[0]
    edges = [(node, at) for node in nodes for at in range(len(node.parents))]
    assert len(links) == len(edges)
    for key, (node, at) in enumerate(edges, start=1):
        label = labels.get(f"e{key}")
        if node.op == "total" or node.parents[at].op == CONSTANT:
            assert label is None
            continue
        step, parents = 1e-6, [parent.data for parent in node.parents]
        ends = [
            apply(node.op, *[Value(x + sign * step * (k == at)) for k, x in enumerate(parents)]).data
            for sign in (1, -1)
        ]
        shown, half = read(label)
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(shown, abs=half + 1e-8)


def test_before_backward_there_is_no_gradient_not_even_a_zero():
    mlp = MLP(2, [2, 1], rng=0)
    (a,) = mlp([Value(0.5), Value(-1.0)])
    picture = draw_graph(a)
    assert "gradient" not in "".join(words(ElementTree.fromstring(picture.svg)))
    for card in elements(picture, "card").values():
        assert len([text for text in words(card) if re.fullmatch(r"−?[\d.]+(·10.*)?", text)]) == 1
    a.backward()
    assert "gradient" in words(ElementTree.fromstring(draw_graph(a).svg))


def test_a_picture_shows_what_the_values_held_when_it_was_drawn():
    a = Value(1.5, "a")
    b = a * a
    picture = draw_graph(b)
    b.backward()
    a.data = 99.0
    assert "1.500" in picture.svg
    assert "99.000" not in picture.svg
    assert "gradient" not in picture.svg.replace("--gradient", "").replace("f-gradient", "").replace("s-gradient", "")


def test_a_value_used_twice_has_two_edges_that_do_not_lie_on_each_other():
    a = Value(1.0, "a")
    for picture in (draw_graph(a + a), draw_graph(a * a), draw_graph(total([a, a, a]))):
        paths = [link.find(f"{SVG}path").get("d") for link in elements(picture, "link").values()]
        assert len(paths) == len(set(paths)) >= 2


def test_the_same_graph_gives_the_same_picture_to_the_letter():
    one, other = draw_graph(network()[1]), draw_graph(network()[1])
    assert one.svg == other.svg
    assert one.dot == other.dot


def box(label):
    """Left, top, right and bottom of the ground of a label."""
    x, y, w, h = (float(label.find(f"{SVG}rect").get(name)) for name in ("x", "y", "width", "height"))
    return x, y, x + w, y + h


def course(link):
    """Points of a line."""
    numbers = [float(x) for x in re.findall(r"-?[\d.]+", link.find(f"{SVG}path").get("d"))]
    return samples(list(zip(numbers[::2], numbers[1::2], strict=True)))


@pytest.mark.parametrize(("x", "beside"), [(2.781, True), (0.0, False)])
def test_a_label_that_would_hide_its_line_stands_beside_it(x, beside):
    picture = draw_graph(sin(Value(x, "t")))  # ×(−0.936) and ×1
    (line,), (label,) = (elements(picture, kind).values() for kind in ("link", "label"))
    assert (box(label)[3] < min(y for _, y in course(line))) == beside


def test_a_label_beside_its_line_is_on_no_line_that_ends_where_it_does():
    t = Value(0.5, "t")
    sheet = sheet_of(sin(exp(t) ** 2 + (t**2) ** 2))
    sheet.ranks = 40.0  # as on a worksheet: lines are short, and curves of exponents pass above and below
    picture = sheet.picture()
    links, labels = elements(picture, "link"), elements(picture, "label")
    for key, label in labels.items():
        left, top, right, bottom = box(label)
        others = [line for name, line in links.items() if f"{name}l" != key]
        assert not any(left < x < right and top < y < bottom for line in others for x, y in course(line))


# Recognition: the forward pass labels nothing.


@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
@pytest.mark.parametrize("output", [*nn.ACTIVATIONS, "softmax"])
@pytest.mark.parametrize("loss", sorted(losses.LOSSES))
def test_each_z_and_a_of_a_network_is_recognised_and_nothing_else(activation, output, loss):
    mlp = MLP(3, [3, 2], activation, output, rng=0)
    trace = mlp.trace([0.5, -1.0, 2.0])
    E = losses.evaluate(losses.find(loss), output, [1.0, 0.0], trace.z[-1], trace.a[-1])
    nodes = below(E)
    found = recognise(nodes)
    assert set(found.z) == {z for layer in trace.z for z in layer}
    bent = {a for l in (1, 2) for a, z in zip(trace.a[l], trace.z[l], strict=True) if a is not z and a in nodes}
    assert set(found.a) == bent
    for l in (1, 2):
        for i, (z, a) in enumerate(zip(trace.z[l], trace.a[l], strict=True), start=1):
            assert str(found.names[z][0]) == str(found.z[z].name("z"))
            assert (found.z[z].layer, found.z[z].i) == (str(l), str(i))
            if a in found.a:
                assert (found.a[a].layer, found.a[a].i) == (str(l), str(i))
                assert found.names[a][0].letter == "a"
    assert [str(found.names[x][0]) for x in trace.a[0]] == ["x₁", "x₂", "x₃"]
    parameters = {node for node in nodes if found.roles[node] == "parameter"}
    assert parameters == set(mlp.parameters())


def test_layers_and_neurons_stand_in_clusters_that_hold_their_cards():
    mlp, E = network()
    sheet = sheet_of(E)
    groups = {card.key: card.group for card in sheet.cards}
    keys = {node: f"n{k}" for k, node in enumerate(below(E), start=1)}
    for l, layer in enumerate(mlp.layers, start=1):
        for i, neuron in enumerate(layer.neurons, start=1):
            assert {groups[keys[p]] for p in neuron.parameters()} == {(f"layer {l}", f"neuron {i}")}
    assert groups[keys[E]] == ()
    svg = draw_graph(E).svg
    assert [svg.count(f">{title}<") for title in ("layer 1", "layer 2", "neuron 1", "neuron 2")] == [1, 1, 2, 1]


@pytest.mark.parametrize("detail", ["node", "neuron"])
def test_neurons_stand_below_each_other_in_the_texts_order(detail):
    mlp = MLP(3, [4, 3], rng=0)
    svg = draw_graph(losses.half_squared_error([1.0, 0.0, 0.0], mlp([1.0, 2.0, 3.0])), detail).svg
    titles = re.findall(r'x="([\d.]+)" y="([\d.]+)"[^>]*>(neuron \d)<', svg)
    assert len(titles) == 7
    for column in {x for x, _, _ in titles}:
        order = sorted((float(y), title) for x, y, title in titles if x == column)
        assert [title for _, title in order] == sorted(title for _, title in order)


def test_an_edge_into_a_neuron_comes_from_its_left_and_crosses_no_other():
    mlp = MLP(3, [4], rng=0)
    picture = draw_graph(total(mlp([1.0, 2.0, 3.0])))
    root = ElementTree.fromstring(picture.svg)
    boxes = []
    for g in root.iter(f"{SVG}g"):
        if g.get("class") == "group" and words(g)[0].startswith("neuron"):
            x, y, w, h = (float(g.find(f"{SVG}rect").get(name)) for name in ("x", "y", "width", "height"))
            boxes.append((x, y, x + w, y + h))
    assert len(boxes) == 4
    for link in elements(picture, "link").values():
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", link.find(f"{SVG}path").get("d"))]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        crossed = {box for box in boxes for x, y in points[1:] if box[0] + 1 < x < box[2] - 1 and box[1] < y < box[3]}
        assert len(crossed) <= 1


def test_a_neuron_and_a_layer_alone_are_recognised_too():
    found = recognise(below(Neuron(2, rng=0)([1.0, 2.0])))
    assert sorted(str(names[0]) for names in found.names.values() if len(names) == 1) == [
        "a",
        "b",
        "w₁",
        "w₂",
        "x₁",
        "x₂",
        "z",
    ]
    found = recognise(below(total(Layer(2, 2, rng=0)([1.0, 2.0]))))
    assert {neuron.group for neuron in found.z.values()} == {("neuron 1",), ("neuron 2",)}


def test_frozen_parameters_keep_their_names_and_show_no_gradient():
    mlp = MLP(2, [2, 1], rng=0)
    mlp.freeze(1)
    (a,) = mlp([1.0, 2.0])
    a.backward()
    cards = {tuple(words(card)[:1]): words(card) for card in elements(draw_graph(a), "card").values()}
    assert cards["w(1)1,1",] == ["w(1)1,1", number(mlp.layers[0].neurons[0].w[0].data)]
    assert len(cards["w(2)1,1",]) == 3


def test_labels_with_a_common_prefix_make_a_group_with_all_between_them():
    w, b, v = Value(0.3, "encoder.w"), Value(0.1, "encoder.b"), Value(0.7, "decoder.v")
    x, alone = Value(2.0, "x"), Value(1.0, "other.alone")
    product = w * x
    hidden = product + b
    h = hidden.tanh()
    h.label = "encoder.h"
    between_groups = v * h
    out = between_groups + alone
    out.label = "decoder.out"
    loss = out**2
    found = recognise(below(loss))
    assert [found.groups.get(node, ()) for node in (w, b, product, hidden, h)] == [("encoder",)] * 5
    assert [found.groups.get(node, ()) for node in (v, between_groups, out)] == [("decoder",)] * 3
    assert all(found.groups.get(node, ()) == () for node in (x, alone, loss))
    assert str(found.names[h][0]) == "h"
    assert str(found.names[alone][0]) == "other.alone"
    assert ">encoder<" in draw_graph(loss).svg


def test_what_only_some_outputs_go_through_is_no_activation():
    trace = MLP(2, [2], rng=0).trace([1.0, 2.0])
    one, other = trace.z[1]
    found = recognise(below(one.tanh() + other.tanh() * other))
    assert set(found.z) == {one, other}
    assert found.a == {}


def test_edges_arrive_below_each_other_in_the_order_in_which_they_come():
    a, b, c = (Value(1.0, name) for name in "abc")
    arrivals = []
    for link in elements(draw_graph(total([a, b, c])), "link").values():
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", link.find(f"{SVG}path").get("d"))]
        arrivals.append((numbers[1], numbers[-1]))
    starts, ends = zip(*sorted(arrivals), strict=True)
    assert list(ends) == sorted(set(ends))
    assert len(set(starts)) == 3


# What is shown, and how much of it.


def test_a_cut_out_holds_all_that_lies_between_and_nothing_else():
    mlp, E = network()
    w = mlp.layers[0].neurons[0].w[0]
    nodes = below(E)
    reaches = {w}
    for node in nodes:  # by definition: w is among what it was computed from
        if w in below(node):
            reaches.add(node)
    assert set(between(w, nodes)) == reaches
    cards = elements(draw_graph(E, around=w), "card")
    assert set(cards) == {f"n{k}" for k, node in enumerate(nodes, start=1) if node in reaches}


def test_up_to_200_nodes_are_drawn_one_by_one_and_more_by_neurons_then_layers():
    small, medium, large = ([4, 6], [8, 8, 4], [64, 32, 10])
    cards = []
    for d, *sizes in (small, medium, large):
        E = losses.half_squared_error([0.0] * sizes[-1], MLP(d, sizes, rng=0)([0.1] * d))
        picture = draw_graph(E)
        cards.append((len(below(E)), len(elements(picture, "card")), "drawn by" in picture.svg))
    assert cards == [(85, 85, False), (247, 8 + 8 + 4 + 1, True), (4949, 4, True)]


@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_a_collapsed_picture_agrees_with_the_engine(detail):
    mlp = MLP(2, [3, 1], "tanh", rng=0)
    trace = mlp.trace([Value(0.5), Value(-1.0)])
    E = losses.half_squared_error([1.0], trace.a[2])
    E.backward()
    cards = [words(card) for card in elements(draw_graph(E, detail), "card").values()]
    if detail == "neuron":
        for i in range(3):
            (card,) = [card for card in cards if f"z(1){i + 1}" in card]
            told = dict(zip(card[2::2], card[3::2], strict=True))
            assert told[f"z(1){i + 1}"] == number(trace.z[1][i].data)
            assert told[f"a(1){i + 1}"] == number(trace.a[1][i].data)
            assert told[f"δ(1){i + 1}"] == number(trace.z[1][i].grad)
            assert told[f"b(1){i + 1}"] == number(mlp.layers[0].neurons[i].b.data)
    else:
        (card,) = [card for card in cards if "δ(1)" in card]
        told = dict(zip(card[2::2], card[3::2], strict=True))
        assert (told["neurons"], told["parameters"]) == ("3", "9")
        deltas = [z.grad for z in trace.z[1]]
        assert told["δ(1)"] == f"{number(min(deltas))} … {number(max(deltas))}"
        assert "W(1)" in words(ElementTree.fromstring(draw_graph(E, detail).svg))


def test_a_weights_width_is_its_size_and_its_colour_its_sign():
    mlp, E = network()
    sheet = sheet_of(E, "neuron")
    links = {str(link.label[0]): link for link in sheet.links if link.label}
    weights = {w.label: w.data for layer in mlp.layers for neuron in layer.neurons for w in neuron.w}
    assert len(links) == len(weights) == 6
    by_size = sorted(links.values(), key=lambda link: link.width)
    shown = [read(str(link.label[1]))[0] for link in by_size]
    assert [abs(w) for w in shown] == sorted(abs(w) for w in weights.values())
    assert [link.colour == "positive" for link in by_size] == [w > 0 for w in shown]


def digits_network(n):
    trace = MLP(20, [n // 65, 10], output="softmax", rng=0).trace([0.5] * 20)
    return losses.cross_entropy.of_z([1.0] + [0.0] * 9, trace.z[-1])


def chain(n):
    v = Value(1.0)
    for _ in range(n // 2):
        v = v * 1.001
    return v


def recurrent(n):
    w, u, h = Value(0.9, "w"), Value(0.5, "u"), Value(0.0, "h")
    for t in range(n * 2 // 11):
        h = (w * h + u * Value(0.1, f"x_{t}")).tanh()
    return h


def tangle(n):
    rng, nodes = random.Random(0), [Value(1.0 + k) for k in range(n // 50)]
    for _ in range(n * 24 // 25):
        nodes.append(rng.choice(nodes[-300:]) * rng.choice(nodes[-300:]))
    return total(nodes)


@pytest.mark.parametrize("graph", [digits_network, chain, recurrent, pytest.param(tangle, marks=pytest.mark.slow)])
def test_twice_the_nodes_are_little_more_than_twice_the_work_to_draw(graph):
    few, many = graph(250), graph(500)
    ratio = len(below(many)) / len(below(few))
    assert 1.5 < ratio < 2.5
    assert calls(lambda: draw_graph(many, "node").svg) < 1.3 * ratio * calls(lambda: draw_graph(few, "node").svg)


@pytest.mark.slow
@pytest.mark.parametrize("graph", [digits_network, chain, recurrent, tangle])
def test_five_thousand_nodes_are_drawn(graph):
    E = graph(5_000)
    assert 4_500 < len(below(E)) <= 5_200
    assert len(elements(draw_graph(E, "node"), "card")) == len(below(E))


@pytest.mark.slow
def test_a_million_nodes_are_refused_at_once_with_advice():
    v = Value(1.0)
    with pause_gc():
        for _ in range(1_000_000):
            v = v + 1.0

    def draw():
        with pytest.raises(ValueError, match="more than 200,000 nodes.*draw one example instead of a batch"):
            draw_graph(v)

    assert calls(draw) < 2_000_000  # of a million nodes, no more than it takes to see that they are too many


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (
            lambda: draw_graph(Value(1.0) + 1, "nodes"),
            ValueError,
            "unknown detail 'nodes'; there are node, neuron, layer",
        ),
        (lambda: draw_graph(Value(1.0) + 1, "neuron"), ValueError, "there is no neuron in this graph"),
        (lambda: draw_graph(3.0), TypeError, "only a Value has a graph to draw, not float"),
        (lambda: draw_graph([Value(3.0)]), TypeError, r"not list; take one of them, a\[0\]"),
        (lambda: draw_graph(Value(1.0), around=Value(2.0)), ValueError, r"Value\(2.0.*takes no part in Value\(1.0"),
        (lambda: draw_graph(Value(1.0), around=2.0), TypeError, "not float"),
        (
            lambda: draw_graph(digits_and_more(), "node"),
            ValueError,
            "9,145 nodes are too many.*the limit is 6,000.*detail='neuron'",
        ),
        (
            lambda: draw_graph(chain(8_000)),
            ValueError,
            "8,001 nodes are too many.*labels with a common prefix.*around=node",
        ),
        (
            lambda: draw_graph(chain(8_000), "layer"),
            ValueError,
            "no layer in this graph.*around=node draws what lies between",
        ),
        (lambda: draw_graph(Value(1.0)).save("a.gif"), ValueError, "saved as .svg, .png, .pdf or .dot, not as a.gif"),
        (lambda: draw_graph(Value(1.0)).save("a"), ValueError, "saved as .svg, .png, .pdf or .dot, not as a"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(wrong, error, says):
    with pytest.raises(error, match=says):
        wrong()


def digits_and_more():
    return total(MLP(64, [60, 10], rng=0)([0.5] * 64))


@pytest.mark.parametrize("x", [float("nan"), float("inf"), -0.0, 1e-300, -1e300])
def test_any_number_can_be_drawn(x):
    v = Value(x, "x")
    out = v * 2.0 + abs(v)
    out.backward()
    ElementTree.fromstring(draw_graph(out).svg)


# Safety.


@settings(max_examples=30, deadline=None)
@given(st.lists(ANYTHING, min_size=5, max_size=5))
def test_any_label_appears_as_itself_and_never_as_markup(labels):
    a, b = Value(1.0, labels[0]), Value(2.0, labels[1])
    c = a * b
    c.label = labels[2]
    d = c + a
    d.label = labels[3]
    e = d.tanh()
    e.label = f"{labels[4]}.{labels[4]}"
    picture = draw_graph(e)
    root = ElementTree.fromstring(picture.svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "title",
        "style",
        "rect",
        "g",
        "path",
        "polygon",
        "text",
        "tspan",
    }
    cards = elements(picture, "card")
    found = recognise(below(e))
    for k, node in enumerate(below(e), start=1):
        for name in found.names.get(node, ()):
            name = name.shortened()
            assert any(name.letter in text for text in words(cards[f"n{k}"]))
    ids = re.findall(r'\bid="([^"]*)"', picture.svg)
    assert len(ids) == len(set(ids))
    picture.dot.encode()


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<b>",
    '"',
    "'",
    "\\N",
    "&amp;",
    "]]>",
    "<!--",
    "\0",
    "a\nb",
    "\u202eabc",
    "<svg onload=alert(1)>",
    "url(http://evil)",
    "x" * 5000,
]


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_harmless(label):
    a = Value(1.0, label)
    svg = draw_graph(a * a + Value(2.0, f"{label}.b") + Value(3.0, f"{label}.c")).svg
    root = ElementTree.fromstring(svg)
    assert not {"script", "b", "image", "a", "foreignObject"} & {
        element.tag.removeprefix(SVG) for element in root.iter()
    }
    for element in root.iter():
        assert not any(name.startswith("on") or "href" in name for name in element.attrib)
    assert "<script" not in svg


def test_a_label_as_long_as_a_page_is_cut_and_kept_whole_in_the_tooltip():
    svg = draw_graph(Value(1.0, "x" * 5000) * 2.0).svg
    (card,) = [
        g
        for g in ElementTree.fromstring(svg).iter(f"{SVG}g")
        if "xxx" in "".join(words(g)) and g.get("class") == "card"
    ]
    assert words(card)[0] == "x" * 39 + "…"
    assert "x" * 5000 in card.find(f"{SVG}title").text
    assert float(ElementTree.fromstring(svg).get("width")) < 1000


def test_no_address_and_nothing_to_fetch_is_in_a_picture():
    svg = draw_graph(network()[1]).svg
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|@import|<script|<image|src=", svg)


def test_twenty_pictures_on_one_page_do_not_disturb_one_another():
    pictures = [draw_graph(network()[1]) for _ in range(5)] + [draw_graph(Value(1.0 * k, "x") + 1.0) for k in range(15)]
    page = "".join(picture._repr_svg_() for picture in pictures)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids)) > 200
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        root = ElementTree.fromstring(svg)
        own = root.get("id")
        selectors = re.findall(r"(?:^|[{}])\s*([^{}@]+?)\s*\{", root.find(f"{SVG}style").text, flags=re.MULTILINE)
        assert selectors
        assert all(re.match(rf"#{own}( |$)", selector) for selector in selectors)
        assert all(element.get("id", own).startswith(own) for element in root.iter())


def test_the_dot_text_can_be_read_by_itself():
    _, E = network()
    dot = draw_graph(E).dot
    assert 'label="layer 1"' in dot
    assert "w₁,₁⁽¹⁾\n−0.520   0.438" in dot
    assert "×0.976" in dot


def test_a_picture_is_saved_as_svg_and_shown_in_notebooks(tmp_path):
    picture = draw_graph(network()[1])
    picture.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == picture.svg
    assert "prefers-color-scheme:dark" in picture.svg
    assert picture._repr_svg_().startswith("<svg")
    assert repr(picture) == "Picture('computation graph of 28 nodes')"


def test_a_sheet_with_nothing_on_it_is_no_error():
    assert "<svg" in Sheet("empty").picture().svg
