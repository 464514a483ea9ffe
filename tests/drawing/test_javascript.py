"""The rows and the passes in a real browser: the numbers of the engine."""

import itertools
import json
import math
import random
import re
import struct

import pytest

from tinygrad_scalar import MLP, Value, apply, losses, total
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.drawing.page.bundle import bundle
from tinygrad_scalar.drawing.page.javascript import graph_of, numbers_of, shapes_of, table_script
from tinygrad_scalar.drawing.text import numbers
from tinygrad_scalar.ops import OPS, Op, floats, inputs
from tinygrad_scalar.value import CONSTANT

BITS = "const bits = (x) => (x !== x ? 'nan' : new BigUint64Array(new Float64Array([x]).buffer)[0].toString());"
SHAPES = [(name, n) for name in OPS for n in ([len(inputs(name))] if inputs(name) else [1, 2, 3, 5])]
LIBRARY = re.compile(r"\b(exp|expm1|log|log1p|sin|cos|tanh|pow)\(")  # where libraries of mathematics differ
CORNERS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.3, 2.0, 3.0, -8.0, 40.0, -40.0, 709.0, -745.0, 1e-300, -1e-300, 1e300, -1e300]
CORNERS += [math.nextafter(kink, side) for kink in (0.0, 1.0, 40.0, -40.0) for side in (-math.inf, math.inf)]
CORNERS += [math.inf, -math.inf, math.nan, 1 / 3]


def engine(shapes):
    return bundle("page/table.js", written={"page/table.js": table_script(shapes)})


def table(arity):
    """Every corner, or every pair of them; of more inputs a thousand draws; and random numbers."""
    rng = random.Random(arity)
    corners = itertools.product(CORNERS, repeat=arity) if arity < 3 else (rng.choices(CORNERS, k=arity) for _ in range(1000))  # fmt: skip
    return [*map(list, corners), *([rng.gauss(0, 3) for _ in range(arity)] for _ in range(300))]


def bits(x):
    """The place of a number among all floats: neighbours differ by 1, −0 is -1; "nan" of nan."""
    if x != x:
        return "nan"
    k = struct.unpack("<Q", struct.pack("<d", x))[0]
    return k if k < 1 << 63 else (1 << 63) - 1 - k


def apart(found, expected):
    if found == expected:
        return 0
    if "nan" in (found, expected) or (found < 0) != (expected < 0):
        return math.inf
    return abs(found - expected)


def place(text):
    return text if text == "nan" else bits(struct.unpack("<d", struct.pack("<Q", int(text)))[0])


@pytest.mark.parametrize(("name", "arity"), SHAPES)
def test_a_row_in_the_browser_gives_the_numbers_of_the_engine(driver, name, arity):
    row, X = OPS[name], table(arity)
    rows = table_script([(name, arity)]).partition("export const rows")[2]
    outs = [row.value(floats, *x) for x in X]
    found = driver.execute_script(
        f"""{engine([(name, arity)])}{BITS}
        const row = rows["{name}/{arity}"], outs = {json.dumps(outs)};
        return {json.dumps(X)}.map((x, i) => [row.value(x), ...row.slopes(x, outs[i])].map(bits));"""
    )
    furthest = 2 if LIBRARY.search(rows) else 0
    for x, out, given in zip(X, outs, found, strict=True):
        expected = [out, *row.partials(floats, out, *x)]
        distances = [apart(place(n), bits(e)) for n, e in zip(given, expected, strict=True)]
        assert max(distances) <= furthest, (x, expected, distances)


CUBE = Op("x³", lambda xp, x: x * x * x, lambda xp, out, x: (3.0 * x * x,))
LARGEST = Op("max", lambda xp, *x: xp.max(x), lambda xp, out, *x: [xp.where(v < out, 0.0, 1.0) for v in x])


@pytest.mark.parametrize(("row", "arity"), [(CUBE, 1), (LARGEST, 2), (LARGEST, 3)])
def test_a_new_row_is_in_the_page_the_day_it_is_in_the_table(driver, monkeypatch, row, arity):
    monkeypatch.setitem(OPS, "own", row)
    test_a_row_in_the_browser_gives_the_numbers_of_the_engine(driver, "own", arity)


def test_a_row_that_asks_for_the_numbers_is_refused(monkeypatch):
    monkeypatch.setitem(OPS, "own", Op("own", lambda xp, x: math.atan(x), lambda xp, out, x: (1.0,)))
    with pytest.raises(ValueError, match="the row 'own' cannot be written as JavaScript"):
        table_script([("own", 1)])


@pytest.mark.parametrize("x", [[1.0, 1e100, 1.0, -1e100], [0.1] * 10, [-0.0, -0.0, -0.0], [1e308, 1e308]])
def test_the_sum_of_newer_pythons_keeps_what_each_plus_rounds_away(driver, x):
    exact = -0.0 if not any(x) else math.inf if x[0] == 1e308 else math.fsum(x)
    found = driver.execute_script(f"{engine([])}{BITS} return bits(compensated({json.dumps(x)}, -0));")
    assert place(found) == bits(exact)


def passes(driver, E):
    nodes = below(E)
    E.backward()
    found = driver.execute_script(
        f"""{engine(shapes_of(nodes))}
        const graph = {json.dumps(graph_of(nodes))}, data = {json.dumps(numbers_of(nodes))}.map(Number);
        const start = data.map((number, k) => (graph[k].parents.length ? nan : number));
        return [forward(rows, graph, start), backward(rows, graph, start)];"""
    )
    return nodes, *found


def test_both_passes_over_a_network_give_its_values_and_gradients(driver):
    mlp = MLP(2, [3, 1], "tanh", "logistic", rng=4)
    nodes, data, gradient = passes(driver, losses.half_squared_error([Value(1.0)], mlp([Value(0.5), Value(-1.0)])))
    assert data == pytest.approx([node.data for node in nodes], rel=1e-15, abs=0)
    for node, g in zip(nodes, gradient, strict=True):
        assert g == (0.0 if node.op == CONSTANT else pytest.approx(node.grad, rel=1e-15, abs=0))


@pytest.mark.parametrize("seed", range(20))
def test_both_passes_over_a_random_graph_give_its_values_and_gradients(driver, seed):
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(0.5, 2.0)) for _ in range(4)]
    bounded = ["tanh", "logistic", "sin", "cos", "softplus", "relu", "gelu", "add", "sub", "mul", "maximum", "total"]
    for _ in range(40):
        name = rng.choice(bounded)
        nodes.append(apply(name, *rng.sample([*nodes, 0.7], len(inputs(name)) or 3)))
    nodes, data, gradient = passes(driver, total(node * 0.1 for node in nodes))
    assert data == pytest.approx([node.data for node in nodes], rel=1e-15, abs=1e-15)
    largest = max(abs(node.grad) for node in nodes)
    for node, g in zip(nodes, gradient, strict=True):
        assert g == (0.0 if node.op == CONSTANT else pytest.approx(node.grad, rel=1e-15, abs=1e-15 * largest))


def test_the_page_prints_numbers_as_the_pictures_do(driver):
    rng = random.Random(0)
    X = [
        *CORNERS,
        *(k / 16 for k in range(-40, 40)),
        0.0625,
        9.9995,
        0.0125,
        999.5,
        999.7,
        1000.5,
        9999.96,
        1.125e-5,
        2.5e7,
    ]
    X += [rng.choice((-1, 1)) * 10 ** rng.uniform(-9, 9) for _ in range(2000)]
    X += [round(x, digits) for x in X if math.isfinite(x) for digits in (1, 2, 3, 4)]
    found = driver.execute_script(
        f"""{bundle("page/numbers.js")}
        const real = (x) => (x === null ? NaN : Number(x));
        return {json.dumps([repr(x).replace("inf", "Infinity") if x == x else None for x in X])}.map(real).map((x) => [number(x), short(x), factor(x)]);"""
    )
    assert found == [[numbers.number(x), numbers.short(x), numbers.factor(x)] for x in X]


NOTATIONS = {
    "0.5": 0.5, ".5": 0.5, "0,5": 0.5, ",5": 0.5, "1/2": 0.5, " 1 / 2 ": 0.5, "5e-1": 0.5, "5E-1": 0.5, "+0.5": 0.5, "5.": 5.0,
    "−0.5": -0.5, "-0.5": -0.5, "–0,5": -0.5, "(−0.5)": -0.5, "-1/2": -0.5, "−.5": -0.5, "1/-2": -0.5,
    "1.50·10⁻⁷": 1.5e-7, "−1.23·10⁷": -1.23e7, "1.5*10^-7": 1.5e-7, "1,5 × 10^3": 1500.0, "∞": math.inf, "−∞": -math.inf, "1/0": math.inf,
}  # fmt: skip
NO_NUMBERS = ["", " ", "-", ".", ",", "e", "1e", "e5", "0x10", "1,000,000", "1.000,5", "1..2", "1/2/3", "/", "1/", "half", "0.5;", "--1", "Infinity0", "nan"]  # fmt: skip


def test_a_number_is_read_however_people_write_it(driver):
    texts = [*NOTATIONS, *NO_NUMBERS]
    found = driver.execute_script(
        f"{bundle('page/numbers.js')} return {json.dumps(texts)}.map((t) => String(read(t)));"
    )
    expected = [*NOTATIONS.values(), *[math.nan] * len(NO_NUMBERS)]
    assert [(text, repr(float(x.replace("Infinity", "inf")))) for text, x in zip(texts, found, strict=True)] == [
        (text, repr(x)) for text, x in zip(texts, expected, strict=True)
    ]


def test_what_the_page_prints_it_reads_again_to_the_digits_shown(driver):
    rng = random.Random(1)
    X = [rng.choice((-1, 1)) * 10 ** rng.uniform(-9, 9) for _ in range(2000)]
    found = driver.execute_script(
        f"{bundle('page/numbers.js')} return {json.dumps(X)}.map((x) => [short, number].map((show) => show(read(show(x))) === show(x)));"
    )
    assert found == [[True, True]] * len(X)


@pytest.mark.parametrize("k", range(3))
def test_a_name_stands_once_in_a_script(k):
    other = ["const", "export function", "export const { abs,"][k]
    text = other + {0: " inf = 1;", 1: " forward() {}", 2: " x } = Math;"}[k] + "\n"
    with pytest.raises(ValueError, match=r"own/(one|two)\.js and|rows\.js and"):
        bundle("page/rows.js", "own/one.js", written={"own/one.js": text})


def test_a_module_comes_after_those_it_imports():
    written = {
        "a/one.js": 'import { two } from "../b/two.js";\nexport const one = two;\n',
        "b/two.js": "export const two = 2;\n",
    }
    assert bundle("a/one.js", written=written) == '"use strict";\n\nconst two = 2;\n\nconst one = two;\n'
