"""Names, numbers, letters and colours: what every picture is written with."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.texts import ANYTHING, read
from tinygrad_scalar import MLP
from tinygrad_scalar.drawing import style
from tinygrad_scalar.drawing.text import lettering
from tinygrad_scalar.drawing.text.escaping import clean, for_dot, for_xml
from tinygrad_scalar.drawing.text.lettering import names_in_svg, text_in_svg, text_width
from tinygrad_scalar.drawing.text.notation import Name, parse
from tinygrad_scalar.drawing.text.numbers import factor, number, short, span


@pytest.mark.parametrize(
    ("label", "name", "text", "latex"),
    [
        ("w_{1,2}^{(3)}", Name("w", "1,2", "(3)"), "w₁,₂⁽³⁾", "w_{1,2}^{(3)}"),
        ("w_{i,j}^{(ℓ)}", Name("w", "i,j", "(ℓ)"), "wᵢ,ⱼ⁽ˡ⁾", r"w_{i,j}^{(\ell)}"),
        ("a^{(2)}_{1}", Name("a", "1", "(2)"), "a₁⁽²⁾", "a_{1}^{(2)}"),
        ("δ_i^{(ℓ)}", Name("δ", "i", "(ℓ)"), "δᵢ⁽ˡ⁾", r"\delta_{i}^{(\ell)}"),
        ("W^(1)", Name("W", "", "(1)"), "W⁽¹⁾", "W^{(1)}"),
        ("x_12", Name("x", "12"), "x₁₂", "x_{12}"),
        ("ŷ_i", Name("ŷ", "i"), "ŷᵢ", r"\hat{y}_{i}"),
        (r"\hat{y}_i", Name("ŷ", "i"), "ŷᵢ", r"\hat{y}_{i}"),
        ("y\u0302_i", Name("ŷ", "i"), "ŷᵢ", r"\hat{y}_{i}"),
        ("E", Name("E"), "E", "E"),
        ("loss", Name("loss", math=False), "loss", r"\text{loss}"),
        ("y_pred", Name("y_pred", math=False), "y_pred", r"\text{y\_pred}"),
        ("w_{1}_{2}", Name("w_{1}_{2}", math=False), "w_{1}_{2}", r"\text{w\_\{1\}\_\{2\}}"),
        ("w_{", Name("w_{", math=False), "w_{", r"\text{w\_\{}"),
        ("1_2", Name("1_2", math=False), "1_2", r"\text{1\_2}"),
        ("z_Q", Name("z", "Q"), "z_Q", "z_{Q}"),
        ("", Name("", math=False), "", r"\text{}"),
    ],
)
def test_a_label_is_a_name_of_the_texts_or_text(label, name, text, latex):
    assert parse(label) == name
    assert str(name) == text
    assert name.latex == latex


def test_every_parameter_of_a_network_is_a_name():
    for parameter in MLP(12, [11, 2], rng=0).parameters():
        assert parse(parameter.label).math, parameter.label


@given(ANYTHING)
def test_any_label_is_text_that_xml_can_hold_and_shows_all_of_itself(label):
    drawn = ElementTree.fromstring(f"<svg>{names_in_svg([parse(label)], 0, 0, 16)}</svg>")
    shown = "".join(drawn.itertext())
    name = parse(label)
    assert shown == name.letter + name.sup + name.sub
    assert text_width(clean(label), 10.0) >= 0.0
    if not name.math:
        assert shown == clean(label)
    element = ElementTree.fromstring(f'<a b="{for_xml(label)}">{text_in_svg(label, 0, 0, 9)}</a>')
    assert element.get("b") == "".join(element.itertext()) == clean(label)


@given(ANYTHING)
def test_cleaning_keeps_the_length_and_all_that_can_be_printed(label):
    cleaned = clean(label)
    assert len(cleaned) == len(label)
    assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", cleaned)
    assert all(new == old for new, old in zip(cleaned, label, strict=True) if old.isprintable())
    assert clean(cleaned) == cleaned
    cleaned.encode()


def test_no_label_becomes_markup_in_dot():
    import graphviz

    graph = graphviz.Digraph()
    for k, label in enumerate(["<b>bold</b>", '"; evil -> node; "', "\\N\\G\\", "<>", "a\\"]):
        graph.node(f"n{k}", for_dot(label))
    assert graph.source.splitlines()[1:-1] == [
        '\tn0 [label="<b>bold</b>"]',
        '\tn1 [label="\\"; evil -> node; \\""]',
        '\tn2 [label="\\\\N\\\\G\\\\"]',
        '\tn3 [label="<>"]',
        '\tn4 [label="a\\\\"]',
    ]


def core_font(name):
    """The widths of one of the PDF core fonts, as Adobe publishes them: letter -> thousandths of the size."""
    afm = Path(matplotlib.get_data_path()) / "fonts" / "pdfcorefonts" / f"{name}.afm"
    metrics = re.findall(r"^C (\d+) ; WX (\d+)", afm.read_text(encoding="latin-1"), flags=re.MULTILINE)
    return {chr(int(code)): float(width) for code, width in metrics}


@pytest.mark.parametrize(("italic", "font"), [(False, "Helvetica"), (True, "Times-Italic")])
def test_the_widths_of_letters_are_those_of_the_font(italic, font):
    widths = core_font(font)
    for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;()[]+=<>/|_ ":
        assert text_width(letter, 1000.0, italic) == pytest.approx(widths[letter], abs=12.0), letter
    assert text_width("abc", 10.0) == pytest.approx(sum(text_width(letter, 10.0) for letter in "abc"))
    assert text_width("漢", 10.0) == 10.0
    assert text_width("e\u0301", 10.0) == text_width("e", 10.0)


def test_the_superscript_stands_above_the_subscript():
    w, sup, sub = ElementTree.fromstring(names_in_svg([parse("w_{1,2}^{(3)}")], 50, 20, 16))
    assert (w.text, sup.text, sub.text) == ("w", "(3)", "1,2")
    assert float(sup.get("y")) < float(w.get("y")) < float(sub.get("y"))
    assert float(sup.get("x")) == pytest.approx(float(sub.get("x")), abs=1.0)
    assert float(sup.get("font-size")) < 16


@pytest.mark.parametrize(("anchor", "share"), [("start", 0.0), ("middle", 0.5), ("end", 1.0)])
def test_names_are_anchored_where_they_should_be(anchor, share):
    names = [parse("w_{1,2}^{(1)}"), parse("x_2")]
    first = float(ElementTree.fromstring(names_in_svg(names, 100, 20, 16, anchor))[0].get("x"))
    assert first == pytest.approx(100 - share * lettering.width(names, 16), abs=0.01)


@given(st.floats(-1e300, 1e300, allow_subnormal=False) | st.sampled_from([math.inf, -math.inf, math.nan]))
def test_a_printed_number_is_the_number_rounded_to_its_last_digit(x):
    for text in (number(x), short(x), factor(x)):
        shown, half = read(text)
        if math.isfinite(x):
            assert abs(shown - x) <= min(half, max(5e-4, 5e-3 * abs(x))) * (1 + 1e-9), text
        else:
            assert shown == x or math.isnan(shown) is math.isnan(x) is True
        assert "-" not in text
        assert "e" not in text


def test_a_span_is_one_number_or_the_least_and_the_largest():
    assert span([1.0]) == "1.000"
    assert span([3.0, -1.0, 2.0]) == "−1.000 … 3.000"


def luminance(colour):
    """Relative luminance, by the definition of WCAG 2."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("by", style.Colour._fields)
def test_text_stands_out_at_five_to_one_at_least(by):
    def colour(name):
        return getattr(style.COLOURS[name], by)

    for text in ("value", "gradient", "ink", "quiet"):
        for ground in ("paper", "card", "neuron", "layer"):
            assert contrast(colour(text), colour(ground)) >= 5.0, (text, ground)
    for tint in ("input", "parameter", "operation", "z", "a", "result"):
        assert contrast(colour("ink"), colour(tint)) >= 5.0, tint
        assert contrast(colour("quiet"), colour(tint)) >= 4.0, tint  # the symbol of an operation
    for line in ("line", "positive", "negative"):
        assert contrast(colour(line), colour("paper")) >= 2.5, line


def test_every_rule_of_a_stylesheet_is_scoped():
    rules = style.stylesheet("picture7")
    selectors = re.findall(r"(?:^|[{}])\s*([^{}@]+?)\s*\{", rules, flags=re.MULTILINE)
    assert len(selectors) >= 2 * len(style.COLOURS)
    assert all(selector.startswith("#picture7") for selector in selectors)
    assert "url(" not in rules
    assert "http" not in rules


def test_a_number_among_others_takes_its_width_in_any_font():
    assert f'textLength="{text_width("(−1.000)", 12):.1f}"' in text_in_svg("(−1.000)", 0, 0, 12, fit=True)
    assert "textLength" not in text_in_svg("relu(", 0, 0, 12, fit=True)
    assert "textLength" not in text_in_svg("(−1.000)", 0, 0, 12)
