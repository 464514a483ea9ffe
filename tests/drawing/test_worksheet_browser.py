"""The worksheet in a real browser: every line gives what stands at its end, the blanks are blank, and paper holds it."""

import base64
import re

import pytest
from selenium.webdriver.common.by import By

from tests.helpers.browsers import set_media, set_size
from tests.helpers.lines import calculated
from tests.helpers.texts import HOSTILE, read
from tinygrad_scalar import MLP, Value, exp, losses
from tinygrad_scalar.drawing import worksheet
from tinygrad_scalar.drawing.graphs.formulas import by_level
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.drawing.text.numbers import short
from tinygrad_scalar.ops import OPS, floats
from tinygrad_scalar.value import CONSTANT

LINES = r"""
const text = (one) => {
  const copy = one.cloneNode(true);
  for (const raised of copy.querySelectorAll("sup")) if (!raised.closest(".term")) raised.textContent = `^(${raised.textContent})`;
  return copy.textContent.replace(/[\u00a0 ]*([=≈+−·])\u00a0*/g, "$1").replaceAll("\u00a0", " ");
};
const lines = (pass) => [...document.querySelectorAll("article.solution")].map((article) =>
  [...article.querySelectorAll(`ol.${pass} > li`)].map((li) => [...li.querySelectorAll("p")].map(text)));
return [lines("forward"), lines("backward")];
"""


def graph(sizes, activation, output="identity", loss="half_squared_error", rng=0):
    mlp = MLP(sizes[0], sizes[1:], activation, output, rng=rng)
    trace = mlp.trace([Value(0.5123 - j, f"x_{j}") for j in range(1, sizes[0] + 1)])
    y = [Value(float(k == 1), f"y_{k}") for k in range(1, sizes[-1] + 1)]
    E = losses.evaluate(losses.find(loss), output, y, trace.z[-1], trace.a[-1])
    E.label = "E"
    return E


def show(driver, path, page):
    page.save(path)
    driver.get_log("browser")
    driver.get(path.as_uri())
    return driver.execute_script(LINES)


def of_form(form, out, x):
    """What a local derivative's formula gives at printed numbers; a product needs no sign between its factors."""
    parts = []
    for token in form:
        part = f"^({of_form(token, out, x)})" if isinstance(token, list) else token if isinstance(token, str) else f"({out if token < 0 else x[token]!r})"  # fmt: skip
        if (
            parts
            and re.search(r"[\d)]$", parts[-1])
            and part.startswith("(")
            and not (isinstance(token, str) and len(part) > 1)
        ):
            part = "·" + part
        parts.append(part)
    return calculated("".join(parts).replace(", else", " else").replace("≤", "<=").replace("≥", ">="))


def check_forward(nodes, lines, formulas):
    """Every value from the printed numbers of its inputs; every local derivative from its formula at printed numbers."""
    printed = {node: read(short(node.data))[0] for node in nodes if not node.parents}
    for node, (value, *more) in zip([node for node in by_level(nodes) if node.parents], lines, strict=True):
        *_, numbers, result = value.split(" = ") if " = " in value else value.split("=")
        assert short(calculated(numbers)) == result, value
        assert short(OPS[node.op].value(floats, *(printed[p] for p in node.parents))) == result, value
        printed[node] = read(result)[0]
        key = f"{node.op}/{len(node.parents)}"
        places = [k for k, parent in enumerate(node.parents) if parent.op != CONSTANT]
        for one, k in zip(re.split(r" {5}", more[0]), places, strict=True) if more else ():
            if form := formulas[key]["slopes"][k]:
                found = of_form(form, printed[node], [printed[p] for p in node.parents])
                assert short(found) == one.split("=")[-1], one
    return printed


def check_backward(lines):
    for text in (text for lines_of_one in lines for text in lines_of_one):
        *_, numbers, result = text.removesuffix("   so far").split("=")
        assert short(calculated(numbers)) == result, text


NETWORKS = [
    ([2, 2, 1], "tanh", "identity", "half_squared_error"),
    ([2, 3, 1], "logistic", "logistic", "half_squared_error"),
    ([3, 3, 2], "relu", "identity", "squared_error"),
    ([2, 2, 2], "softplus", "softmax", "cross_entropy"),
    ([2, 3, 1], "swish", "logistic", "binary_cross_entropy"),
    ([2, 2, 1], "elu", "tanh", "huber"),
    ([2, 2, 2], "leaky_relu", "identity", "absolute_error"),
    ([2, 2, 1], "gelu", "identity", "max_margin"),
]


@pytest.mark.parametrize("case", NETWORKS, ids=lambda case: f"{case[1]}-{case[3]}")
@pytest.mark.parametrize("tidy", [False, True])
def test_each_printed_line_gives_what_stands_at_its_end(driver, tmp_path, case, tidy):
    for rng in range(1 if tidy else 3):  # tidy numbers are the same, whatever stood there
        E = graph(*case, rng=rng)
        page = worksheet(E, tidy=True, count=4) if tidy else worksheet(E)
        forward, backward = show(driver, tmp_path / "sheet.html", page)
        formulas = driver.execute_script("return JSON.parse(document.getElementById('data').textContent).formulas")
        assert len(forward) == len(page.values)
        for value, up, down in zip(page.values, forward, backward, strict=True):
            check_forward(below(value), up, formulas)
            check_backward(down)
    assert driver.get_log("browser") == []


def test_the_sheet_is_its_solution_with_blanks_and_gives_the_leaves_alone(driver, tmp_path):
    show(driver, tmp_path / "sheet.html", worksheet(graph([2, 2, 1], "tanh"), tidy=True, count=2))
    kinds = driver.execute_script("return [...document.querySelectorAll('article')].map((a) => a.className)")
    assert kinds == ["", "", "solution", "solution"]
    sheet, solution = driver.execute_script(
        """const words = (article) => [...article.querySelectorAll(".pass p")].map((p) => {
          const copy = p.cloneNode(true);
          copy.querySelectorAll(".value, .gradient, .sofar, .whole, .blank").forEach((one) => { one.textContent = "_"; });
          return copy.textContent.replaceAll("(_)", "_").replace(/([a-zσ])_/, "$1(_)");
        });
        return [0, 2].map((k) => words(document.querySelectorAll("article")[k]));"""
    )
    assert sheet == solution
    widths = "return [...document.querySelectorAll('article:not(.solution) .label rect')].map((one) => one.getAttribute('width'))"
    assert len(set(driver.execute_script(widths))) == 1, "a wider ground would tell a longer number"
    assert driver.execute_script("return document.querySelector('article').querySelectorAll('.pass .value, .pass .gradient, .pass .whole, .pass .sofar').length") == 0  # fmt: skip
    shown = driver.execute_script(
        """return [...document.querySelectorAll("article")[0].querySelectorAll(".card")].map((card) =>
          [card.querySelector("text.f-value")?.textContent ?? "", card.querySelector("text.f-gradient")?.textContent ?? ""]);"""
    )
    page = worksheet(graph([2, 2, 1], "tanh"), tidy=True, seed=1)
    assert shown == [["" if node.parents else short(node.data), ""] for node in below(page.values[0])]


def test_the_solution_says_how_far_rounding_has_led_from_the_exact_numbers(driver, tmp_path):
    page = worksheet(graph([2, 3, 1], "tanh", rng=4))
    show(driver, tmp_path / "sheet.html", page)
    E = page.values[0]
    E.backward()
    said = driver.execute_script("return document.querySelector('.solution .rounding').textContent")
    rounded = driver.execute_script("return document.querySelector('.solution .forward li:last-child p').textContent").split("=")[-1].strip()  # fmt: skip
    assert said.startswith(f"E is {rounded} here and {float(f'{E.data:.6g}')!r} without rounding on the way")
    exact = {f"{float(f'{node.grad:.6g}')!r}".replace("-", "−") for node in below(E)}
    assert re.search(r"here and (−?[\d.]+) without\.$", said)[1] in exact
    show(driver, tmp_path / "sheet.html", worksheet(graph([2, 2, 1], "relu"), tidy=True))
    said = driver.execute_script("return document.querySelector('.solution .rounding').textContent")
    assert said == "Nothing was rounded: every number is exact."


def test_the_table_holds_what_is_looked_up_and_other_numbers(driver, tmp_path):
    forward, _ = show(driver, tmp_path / "sheet.html", worksheet(graph([2, 2, 1], "logistic"), tidy=True))
    table = driver.execute_script(
        """return [...document.querySelector("article .tables").querySelectorAll("tr")].map((row) =>
          [...row.cells].map((cell) => cell.textContent))"""
    )
    pairs = dict(zip(table[0][1:], table[1][1:], strict=True))
    asked = [line for (line, *_) in forward[0] if "σ" in line]
    assert len(asked) == 2
    for line in asked:
        *_, numbers, result = line.split("=")
        assert pairs[numbers.removeprefix("σ(").removesuffix(")")] == result
    assert len(pairs) >= 6
    assert all(short(OPS["logistic"].value(floats, read(x)[0])) == y for x, y in pairs.items())


@pytest.mark.parametrize(("paper", "size"), [("a4", (841.92, 594.96)), ("letter", (792, 612))])
def test_a_small_network_takes_two_pages_and_its_solution_two(driver, tmp_path, paper, size):
    show(driver, tmp_path / "sheet.html", worksheet(graph([2, 2, 1], "relu"), tidy=True, paper=paper))
    pdf = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    pages = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    assert len(pages) == 4
    assert all((float(w), float(h)) == pytest.approx(size, abs=1) for w, h in pages)


@pytest.mark.parametrize("width", [400, 1024])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window_and_follows_the_readers_colours(driver, tmp_path, width, scheme):
    set_size(driver, width, 800)
    set_media(driver, prefers_color_scheme=scheme)
    show(driver, tmp_path / "sheet.html", worksheet(graph([2, 2, 1], "tanh"), tidy=True))
    assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    card, paper = driver.execute_script(
        """return [".picture .card rect.f-card", "body"].map((one) => getComputedStyle(document.querySelector(one)))
          .map((style, k) => k ? style.backgroundColor : style.fill)"""
    )
    assert (card, paper) == (("rgb(255, 255, 255)", "rgb(255, 255, 255)") if scheme == "light" else ("rgb(26, 34, 44)", "rgb(17, 22, 29)"))  # fmt: skip
    set_media(driver, "print", prefers_color_scheme=scheme)
    assert driver.execute_script("return getComputedStyle(document.querySelector('.picture .card rect.f-card')).fill") == "rgb(255, 255, 255)"  # fmt: skip
    set_media(driver)
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_hostile_label_appears_as_text_and_runs_nothing(driver, tmp_path):
    a = Value(2.0, HOSTILE)
    E = exp(a * Value(0.3, "<b>bold</b>"))
    show(driver, tmp_path / "sheet.html", worksheet(E, title=HOSTILE))
    assert driver.execute_script("return document.scripts.length") == 2
    assert driver.execute_script("return document.images.length + document.querySelectorAll('b').length") == 0
    assert "</script><script>alert(" in driver.find_element(By.CSS_SELECTOR, "h1").text
    assert driver.get_log("browser") == []


def test_a_graph_with_numbers_that_are_none_is_still_a_sheet(driver, tmp_path):
    a = Value(-1.0, "a")
    forward, backward = show(driver, tmp_path / "sheet.html", worksheet((a * 1e300) ** 3 + a**0.5))
    assert any(line.endswith("=nan") for lines in forward[0] for line in lines)
    assert backward[0]
    assert driver.get_log("browser") == []
