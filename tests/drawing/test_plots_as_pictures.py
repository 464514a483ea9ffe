"""Plots are pictures as all others: they show themselves, follow the reader's scheme, and draw on axes of yours."""

import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.helpers.browsers import set_media
from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import (
    Picture,
    draw_confusion,
    draw_curves,
    draw_decision_boundary,
    draw_figure,
    draw_first_layer,
    draw_gradient_norms,
    draw_input_gradient,
    draw_race,
    draw_spectrum,
    draw_steps,
)
from tinygrad_scalar.drawing.style import BLUE, COLOURS, INK, TINTS, VERMILION
from tinygrad_scalar.losses import half_squared_error
from tinygrad_scalar.training import History
from tinygrad_scalar.training.races import Lap

NAN = float("nan")
SVG = "{http://www.w3.org/2000/svg}"
X = np.random.default_rng(0).uniform(-1.0, 1.0, size=(60, 2))
HISTORY = History(
    E=[1.0, 0.5, 0.3],
    validation_E=[1.0, 0.6, 0.5],
    accuracy=[0.5, 0.7, 0.9],
    validation_accuracy=[0.5, 0.6, 0.8],
    gradient_norms=[[1.0, 0.1]] * 3,
)


def trace():
    kept = MLP(4, [1], rng=0).trace([Value(0.25 * k) for k in range(4)])
    half_squared_error([1.0], kept.a[-1]).backward()
    return kept


PLOTS = {  # what draws it, and on how many axes
    "curves": (lambda **how: draw_curves(HISTORY, **how), 2),
    "gradient norms": (lambda **how: draw_gradient_norms(HISTORY, **how), 1),
    "boundary": (lambda **how: draw_decision_boundary(MLP(2, [3], rng=0), X, (X[:, 0] > 0).astype(int), **how), 1),
    "confusion": (lambda **how: draw_confusion([[9, 1], [0, 5]], **how), 1),
    "race": (lambda **how: draw_race([Lap("one", 0.1, [1.0, 0.1]), Lap("two", None, [1.0, 0.2])], **how), 1),
    "spectrum": (lambda **how: draw_spectrum([3.0, 1.0, -0.5], **how), 1),
    "steps": (lambda **how: draw_steps([1e-6, 1e-4, 1e-2], [1e-9, 1e-8, 1e-4], **how), 1),
    "first layer": (lambda **how: draw_first_layer(MLP(4, [3], rng=0), **how), 3),
    "input gradient": (lambda **how: draw_input_gradient(trace(), **how), 2),
}


def svg_of(picture):
    return ET.fromstring(picture.svg)


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_shows_itself_and_writes_nothing_unless_it_is_told_where(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw, _ = PLOTS[name]
    picture = draw()
    assert isinstance(picture, Picture)
    assert picture._repr_svg_().startswith("<svg")
    assert f'alt="{picture.title}' in picture._repr_html_()
    assert list(tmp_path.iterdir()) == []
    saved = draw(path=tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text(encoding="utf-8") == saved.svg == picture.svg
    picture.save(tmp_path / "plot.pdf")
    assert (tmp_path / "plot.pdf").read_bytes().startswith(b"%PDF-")
    assert b"CreationDate" not in (tmp_path / "plot.pdf").read_bytes()


@pytest.mark.parametrize("name", PLOTS)
def test_an_svg_of_a_plot_stands_beside_others_on_a_page(name):
    """All ids are its own, all that refers to one finds it, and no rule reaches beyond it."""
    svg = PLOTS[name][0]().svg
    root = ET.fromstring(svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(found.startswith(root.get("id")) for found in ids)
    assert set(re.findall(r'(?:url\(|href=")#([^")]+)', svg)) <= set(ids)
    assert [
        rule
        for rule in re.findall(r"([^{}@]+?)\{", root.find(f"{SVG}style").text)
        if "#" not in rule and "(" not in rule
    ] == []
    assert "style=" not in re.sub(r"<text.*?</text>", "", svg, flags=re.DOTALL), "attributes, for who knows no more"


@pytest.mark.parametrize("name", PLOTS)
def test_each_colour_of_a_plot_is_one_of_ours_and_changes_by_night(name):
    by_day = {colour.light: key for key, colour in COLOURS.items()}
    for element in svg_of(PLOTS[name][0]()).iter():
        for kind in ("fill", "stroke"):
            colour = element.get(kind, "none")
            if colour != "none":
                assert colour in by_day, f"{element.tag} has {colour}"
                assert any(COLOURS[c[2:]].light == colour for c in element.get("class").split() if c[0] == kind[0])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_a_plot_follows_the_scheme(driver, tmp_path, scheme):
    draw_confusion([[9, 1], [0, 5]], tmp_path / "plot.svg")
    set_media(driver, prefers_color_scheme=scheme)
    driver.get((tmp_path / "plot.svg").as_uri())
    for kind in ("paper", "positive", "negative", "ink", "quiet"):
        shown = driver.execute_script(f"return getComputedStyle(document.querySelector('.f-{kind}')).fill")
        assert "#{:02x}{:02x}{:02x}".format(*map(int, re.findall(r"\d+", shown)[:3])) == getattr(COLOURS[kind], scheme)
    set_media(driver)


def test_in_a_browser_the_marks_at_an_axis_are_seen_by_night(driver, tmp_path):
    PLOTS["boundary"][0](path=tmp_path / "plot.svg")
    set_media(driver, prefers_color_scheme="dark")
    driver.get((tmp_path / "plot.svg").as_uri())
    at = driver.execute_script("return document.querySelector('use').getBoundingClientRect()")
    x, y = round(at["x"]), round(at["y"])
    mark = pixels(driver.get_screenshot_as_png())[y + 1 : y + 4, x - 1 : x + 2]
    assert np.abs(mark - rgb(COLOURS["quiet"].dark)).max(axis=2).min() < 64
    set_media(driver)


def test_images_of_weights_are_turned_by_night_and_photographs_are_not():
    def turned(picture):
        return [image.get("class") for image in svg_of(picture).iter(f"{SVG}image")]

    one_is_0 = MLP(4, [3], rng=0)
    one_is_0.theta = [0.0] * 4 + [*one_is_0.theta[4:]]
    assert turned(draw_first_layer(one_is_0)) == ["turned"] * 4  # three units and their scale
    assert sorted(map(str, turned(draw_input_gradient(trace())))) == ["None", "None", "turned", "turned"]


def test_a_path_is_told_to_a_hundredth_of_a_point_on_one_line():
    paths = [path.get("d") for path in svg_of(PLOTS["race"][0]()).iter(f"{SVG}path")]
    assert max(len(x.partition(".")[2]) for d in paths for x in d.split()) == 2
    assert not any("\n" in d for d in paths)


@pytest.mark.parametrize("name", PLOTS)
def test_every_reader_draws_a_plot_as_matplotlib_does(name, tmp_path):
    """Not letter for letter, but each of our colours that matplotlib's own PNG shows is there, about as often."""
    cairosvg = pytest.importorskip("cairosvg")
    picture = PLOTS[name][0]()
    picture.save(tmp_path / "plot.png", scale=1.0)
    own, read = pixels((tmp_path / "plot.png").read_bytes()), pixels(cairosvg.svg2png(picture.svg.encode()))
    assert own.shape == pytest.approx(read.shape, abs=1)
    for colour in (BLUE, VERMILION):
        share = [(np.abs(image - rgb(colour)).max(axis=2) < 30).mean() for image in (own, read)]
        assert share[1] == pytest.approx(share[0], rel=0.35, abs=5e-4)
    assert (read.min(axis=2) > 250).mean() == pytest.approx((own.min(axis=2) > 250).mean(), abs=0.06)


def pixels(png):
    from matplotlib.image import imread

    image = imread(io.BytesIO(png))
    opacity = image[:, :, 3:] if image.shape[2] == 4 else 1.0
    return np.round(255 * (image[:, :, :3] * opacity + 1.0 - opacity)).astype(int)


def rgb(colour):
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_on_axes_of_yours_is_in_your_figure_and_does_not_show_itself(name, tmp_path):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    draw, n = PLOTS[name]
    figure = Figure(figsize=(3.0 * n + 3.0, 3.0))
    FigureCanvasAgg(figure)
    first, *mine = figure.subplots(1, n + 1)
    first.set_title("what stood there before")
    picture = draw(ax=mine[0] if n == 1 else mine)
    for axes in mine:
        assert axes.has_data() or axes.patches
        assert axes.get_position().width < 0.5
    assert (picture._repr_svg_(), picture._repr_html_()) == (None, None)
    picture.save(tmp_path / "all.svg")
    said = "".join(ET.parse(tmp_path / "all.svg").getroot().itertext())
    assert "what stood there before" in said, "the figure is saved with all that is on it"
    with pytest.raises(ValueError, match=f"this plot has panels for {n} axes, not for {n + 1}"):
        draw(ax=[first, *mine])


def test_a_plot_on_your_axes_leaves_your_settings_and_other_axes_alone():
    import matplotlib
    from matplotlib.figure import Figure

    before = dict(matplotlib.rcParams)
    mine, other = Figure().subplots(1, 2)
    draw_curves(History(E=[1.0, 0.5], accuracy=[NAN] * 2), title="mine", ax=mine)
    assert mine.get_title(loc="left") == "mine: E"
    assert not other.has_data()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("in_a_list", [False, True])
def test_curves_of_classes_on_one_axis_are_those_of_e_alone(in_a_list):
    from matplotlib.figure import Figure

    mine, other = Figure().subplots(1, 2)
    history = History(E=[1.0, 0.5], accuracy=[0.5, 0.75])
    picture = draw_curves(history, ax=[mine] if in_a_list else mine)
    assert picture.title == "E by epoch"
    assert list(mine.get_lines()[0].get_ydata()) == history.E
    assert mine.get_title(loc="left") == "E"
    assert not other.has_data()
    draw_curves(history, ax=[mine, other])
    assert other.get_title(loc="left") == "accuracy"


def test_laps_have_their_colours_by_their_last_e_that_is_a_number():
    """With nan among what is sorted, the order of the others would be whatever it was."""
    laps = [Lap(f"lap {k}", None, [1.0, 10.0**-k]) for k in range(1, 6)]
    broken = [Lap("lost", None, [1.0, 3.0, NAN]), Lap("never", None, [NAN, NAN])]

    def colours(given):
        named = svg_of(draw_race(given)).iter(f"{SVG}text")
        return {text.text: text.get("fill", INK) for text in named if text.text.startswith(("lap", "lost", "never"))}

    seen = {tuple(sorted(colours(order).items())) for order in ([*laps, *broken], [*broken, *laps], [*laps[:2], *broken, *laps[:1:-1]])}  # fmt: skip
    assert len(seen) == 1
    assert [colours([*laps, *broken])[f"lap {k}"] for k in range(1, 6)] == list(TINTS[2:7])
    assert colours([*laps, *broken])["lost"] == TINTS[1]


def test_no_text_of_two_panels_with_held_out_examples_lies_upon_another(monkeypatch):
    """Names at the ends of curves, numbers of the axes, titles: nothing is printed over anything."""
    from matplotlib.text import Text

    for E in ([1.0, 0.5, 0.3], [1.0, 1.0, 1.0], [1e5, 1e-5, 0.1]):
        for size in (3, 200):
            history = History(E=np.resize(E, size).tolist(), validation_E=np.resize(E, size).tolist(),
                              accuracy=[0.5] * size, validation_accuracy=[0.5] * size)  # fmt: skip
            drawn, draw = {}, Text.draw
            monkeypatch.setattr(Text, "draw", lambda self, *given, seen=drawn, way=draw: (seen.update({self: self.get_window_extent()}), way(self, *given)))  # fmt: skip
            assert "held out" in draw_curves(history, title="a title").svg
            monkeypatch.setattr(Text, "draw", draw)
            boxes = [(text.get_text(), box) for text, box in drawn.items() if text.get_text() and box.width]
            upon = [(a, b) for k, (a, p) in enumerate(boxes) for b, q in boxes[:k] if overlap(p, q)]
            assert upon == []


def overlap(p, q):
    return min(p.x1, q.x1) > max(p.x0, q.x0) + 1.0 and min(p.y1, q.y1) > max(p.y0, q.y0) + 1.0


def test_a_figure_of_ones_own_follows_the_readers_scheme_and_is_not_shown_twice():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([0, 1], [1, 0], color="#0072b2")
    axes.set(title="falls", xlabel="step $t$")
    picture = draw_figure(figure)
    assert picture.title == "falls"
    assert figure.number not in plt.get_fignums()
    svg = picture.svg
    assert 'class="s-positive"' in svg
    assert "f-ink" in svg
    assert "falls" in svg
    assert "prefers-color-scheme:dark" in svg


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_a_figure_of_ones_own_is_not_cut_where_its_words_pass_its_edges(layout):
    figure = Figure((2.0, 1.0), layout=layout)
    figure.subplots().set(xlabel="examples seen", title="a title that is wider than the figure was")
    svg = svg_of(draw_figure(figure))
    assert float(svg.get("width")) > 2.5 * 96  # pixels, of 2 inches
    (words,) = (text for text in svg.iter(f"{SVG}text") if "".join(text.itertext()) == "examples seen")
    assert float(words.get("y")) + 2.0 < float(svg.get("height")) / (4 / 3)  # points, and pixels


def test_a_prime_in_mathematics_is_one_in_our_letters_too():
    figure = Figure()
    figure.subplots().set(xlabel=r"$\sigma'(z)$", title="$f''$ of 0")
    texts = svg_of(draw_figure(figure)).iter(f"{SVG}text")
    assert {"σz′()", "f′′\xa0of\xa00"} <= {"".join(text.itertext()).replace("\n", "") for text in texts}


@pytest.mark.parametrize("odd", [None, "figure", Figure()])
def test_what_is_no_figure_with_panels_is_refused(odd):
    with pytest.raises(TypeError, match="draw_figure takes a matplotlib figure with panels"):
        draw_figure(odd)
