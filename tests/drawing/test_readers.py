"""A saved picture is right in whatever opens it: browsers, notebooks, and the libraries that turn SVG into something."""

import base64
import io
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.helpers.browsers import set_media
from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import Picture, draw_backprop, draw_graph, draw_network, draw_neuron
from tinygrad_scalar.drawing.style import COLOURS
from tinygrad_scalar.losses import half_squared_error


def trace_and_E():
    mlp = MLP(2, [2, 1], rng=0)
    trace = mlp.trace([Value(0.5, "x_1"), Value(-1.0, "x_2")])
    E = half_squared_error([Value(1.0, "y")], trace.a[-1])
    E.backward()
    return trace, E


def pictures():
    trace, _ = trace_and_E()
    return {
        "graph": draw_graph(trace.a[1][0]),
        "network": draw_network(trace),
        "weights": draw_network(trace, "weights"),
        "neuron": draw_neuron(trace, 1, 2),
        "backprop": draw_backprop(trace, 1, 1),
    }


PICTURES = pictures()


def with_cairosvg(svg):
    return pytest.importorskip("cairosvg").svg2png(svg.encode(), scale=2)


def with_resvg(svg):
    return bytes(
        pytest.importorskip("resvg_py").svg_to_bytes(
            svg_string=svg, zoom=2, sans_serif_family="DejaVu Sans", serif_family="DejaVu Serif"
        )
    )


def with_pymupdf(svg):
    page = pytest.importorskip("pymupdf").open(stream=svg.encode(), filetype="svg")[0]
    return page.get_pixmap(dpi=144).tobytes("png")


def pixels(png):
    """On white paper: the corners of a picture are round, and beyond them is nothing."""
    from matplotlib.image import imread

    image = imread(io.BytesIO(png))
    opacity = image[:, :, 3:] if image.shape[2] == 4 else 1.0
    return np.round(255 * (image[:, :, :3] * opacity + 1.0 - opacity)).astype(int)


def count(image, colour, near=2):
    """How many pixels have this colour."""
    wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return int((np.abs(image.astype(np.int16) - np.int16(wanted)).max(axis=2) <= near).sum())


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("reader", [with_cairosvg, with_resvg, with_pymupdf])
def test_a_picture_has_its_light_colours_in_every_reader(reader, name):
    svg = PICTURES[name].svg
    image = pixels(reader(svg))
    written = {role for role in ("ink", "value", "gradient") if f'<text class="f-{role}"' in svg}
    filled = {role for role in ("input", "a", "operation", "layer") if re.search(rf'class="f-{role}[ "]', svg)}
    assert len(written) >= 2
    assert filled
    for role in written:
        assert count(image, COLOURS[role].light, near=30) > 30, role
    for role in filled:
        assert count(image, COLOURS[role].light) > 1000, role
    assert count(image, COLOURS["paper"].light) > 0.3 * image[:, :, 0].size
    assert count(image, "#000000") == 0, "black is what a reader paints that has not understood a colour"


@pytest.mark.parametrize("name", PICTURES)
def test_svglib_understands_each_colour_and_each_text(name, caplog):
    svg2rlg = pytest.importorskip("svglib.svglib").svg2rlg
    drawing = svg2rlg(io.StringIO(PICTURES[name].svg))
    assert caplog.records == []

    def texts(shape):
        for inner in getattr(shape, "contents", ()):
            yield from texts(inner)
        if hasattr(shape, "text"):
            yield shape.text, shape.fillColor.hexval().replace("0x", "#")

    found = list(texts(drawing))
    assert len(found) > 5
    assert {colour for _, colour in found} <= {
        COLOURS[role].light for role in ("ink", "value", "gradient", "quiet", "positive", "negative")
    }


def test_a_reader_that_knows_no_variables_meets_none():
    """All rules are inside @supports, and outside of the style no colour is a variable."""
    for picture in PICTURES.values():
        style = re.search(r"<style>\n(.*?)\n</style>", picture.svg, re.DOTALL)[1]
        assert style.startswith("@supports (fill:var(--ink)){")
        depth = np.cumsum([{"{": 1, "}": -1}.get(letter, 0) for letter in style])
        assert (depth[style.index("{") : -1] > 0).all()
        assert depth[-1] == 0
        assert "var(" not in picture.svg.replace(style, "")


def test_the_style_holds_the_colours_that_are_in_the_picture_and_no_others():
    for picture in PICTURES.values():
        svg = picture.svg
        used = set(re.findall(r"\b[fs]-([a-z]+)\b", re.sub(r"<style>.*?</style>", "", svg, flags=re.DOTALL)))
        assert set(re.findall(r"--([a-z]+):", svg)) == used
    assert "<style>" in Picture(None, lambda: (9.0, 9.0, "<text>f-nothing s-oops </text>"), "words").svg


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_the_colours_follow_the_scheme(driver, tmp_path, scheme):
    PICTURES["graph"].save(tmp_path / "graph.svg")
    set_media(driver, prefers_color_scheme=scheme)
    driver.get((tmp_path / "graph.svg").as_uri())
    for kind in ("paper", "value", "gradient", "ink"):
        shown = driver.execute_script(f"return getComputedStyle(document.querySelector('.f-{kind}')).fill")
        red, green, blue = map(int, re.findall(r"\d+", shown))
        assert f"#{red:02x}{green:02x}{blue:02x}" == getattr(COLOURS[kind], scheme)
    set_media(driver)


def test_a_png_is_as_large_as_its_scale_says(tmp_path):
    pytest.importorskip("resvg_py")
    picture = PICTURES["network"]
    width, height = (float(re.search(rf' {side}="(\d+)"', picture.svg)[1]) for side in ("width", "height"))
    for scale in (1.0, 3.0):
        picture.save(tmp_path / "network.png", scale=scale)
        image = pixels((tmp_path / "network.png").read_bytes())
        assert image.shape[:2] == (scale * height, scale * width)
        assert count(image, COLOURS["value"].light) > 30
    picture.save(tmp_path / "twice.png")
    picture.save(tmp_path / "network.png")
    assert (tmp_path / "twice.png").read_bytes() == (tmp_path / "network.png").read_bytes()
    for scale in (0.0, -1.0, 21.0, float("nan")):
        with pytest.raises(ValueError, match="scale of a PNG lies above 0 and at most at 20, got"):
            picture.save(tmp_path / "network.png", scale=scale)


def test_a_pdf_has_no_date_and_its_text_can_be_found(tmp_path):
    pytest.importorskip("cairosvg")
    PICTURES["graph"].save(tmp_path / "graph.pdf")
    data = (tmp_path / "graph.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"CreationDate" not in data
    assert b"/Font" in data or b"/ObjStm" in data, "letters are text, not shapes"
    page = pytest.importorskip("pymupdf").open(tmp_path / "graph.pdf")
    assert page.metadata["creationDate"] == ""
    assert "layer 1" in page[0].get_text()
    assert count(pixels(page[0].get_pixmap().tobytes("png")), COLOURS["value"].light, near=40) > 30


@pytest.mark.parametrize(("kind", "module", "said"), [("png", "resvg_py", "needs resvg-py"), ("pdf", "cairosvg.surface", "needs CairoSVG")])  # fmt: skip
def test_a_library_that_is_missing_is_named_with_the_command_that_brings_it(kind, module, said, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"{said}: pip install 'tinygrad_scalar\[pictures\]', or save it as .svg"):
        PICTURES["graph"].save(tmp_path / f"graph.{kind}")
    assert list(tmp_path.iterdir()) == []


class Image(HTMLParser):
    """The one image of some HTML, and what stands around it."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)
        [self.image] = [dict(attributes) for tag, attributes in self.tags if tag == "img"]

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, attributes))


def test_a_notebook_that_is_not_trusted_shows_an_image_with_words():
    """Of HTML such a notebook keeps images, whose source may be data; scripts, styles and SVG elements it drops."""
    trace, E = trace_and_E()
    for picture in (draw_graph(E), draw_network(MLP(2, [1]))):
        html = Image(picture._repr_html_())
        assert {tag for tag, _ in html.tags} <= {"img", "div"}
        kind, data = html.image["src"].split(",")
        assert kind == "data:image/svg+xml;base64"
        assert base64.b64decode(data).decode() == picture.svg
        assert html.image["alt"].startswith(picture.title)
        assert picture._repr_svg_().startswith("<svg"), "an SVG of its own for who prefers one"
    assert "neurons with tanh" in Image(draw_network(trace)._repr_html_()).image["alt"]
    assert Image(draw_graph(Value(1.0, '"><b>'))._repr_html_()).image["alt"] == "computation graph of 1 nodes"


@pytest.mark.parametrize("steps", [1, 12])
def test_a_wide_graph_fits_its_column_or_is_scrolled_with_the_result_in_view(steps, driver, tmp_path):
    h = Value(0.1, "h")
    for k in range(steps):
        h = (h * Value(0.5, f"w_{k}") + Value(1.0, f"x_{k}")).tanh()
    picture = draw_graph(h)
    wide = float(re.search(r' width="(\d+)"', picture.svg)[1]) > 1800
    assert wide == (steps > 1)
    page = f'<!DOCTYPE html><div id="column" style="width:700px">{picture._repr_html_()}</div>'
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    driver.get((tmp_path / "page.html").as_uri())
    column, image = (
        driver.execute_script(
            f"const r = document.querySelector('{what}').getBoundingClientRect(); return [r.left, r.right, r.height]"
        )
        for what in ("#column", "img")
    )
    assert image[1] <= column[1] + 1.0, "the right end, where the result stands, is in view"
    assert (image[0] < column[0] - 100.0) == wide, "what is too wide reaches out to the left, to be scrolled"
    assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth"), "the page itself is not"
    assert image[2] > 40.0
