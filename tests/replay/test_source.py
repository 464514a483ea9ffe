"""Rows written as source, and strands compiled from it: the very numbers that the table gives, to the last bit."""

import itertools
import math
import struct

import numpy as np
import pytest

from tinygrad_scalar import Value, apply, where
from tinygrad_scalar.ops import OPS, Op, floats
from tinygrad_scalar.replay import record
from tinygrad_scalar.replay.source import NAMES, write
from tinygrad_scalar.replay.strands import OFTEN

NUMBERS = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.3,
    2.0,
    7.0,
    40.0,
    -745.0,
    1e-300,
    1e300,
    -1e300,
    math.inf,
    -math.inf,
    math.nan,
]
ARITIES = {"where": (3,), "total": (1, 2, 3), "logsumexp": (1, 2, 3)} | dict.fromkeys(
    ("add", "sub", "mul", "div", "pow", "maximum", "minimum"), (2,)
)
CASES = [(name, n) for name in OPS for n in ARITIES.get(name, (1,))]


def bits(numbers):
    return [struct.pack("d", x) if x == x else "nan" for x in numbers]


@pytest.mark.parametrize(("name", "arity"), CASES)
def test_the_source_of_a_row_gives_the_numbers_of_the_row(name, arity):
    row = OPS[name]
    source = write(row, arity)
    inputs = {"x": [f"x{i}" for i in range(arity)], "out": "out"}
    lines = [*source.lines, f"out = {source.value}", *source.slope_lines, f"slopes = [{', '.join(source.slopes)}]"]
    program = compile("\n".join(line.format(**inputs) for line in lines), name, "exec")
    for x in itertools.product(NUMBERS, repeat=arity):
        found = NAMES | {f"x{i}": v for i, v in enumerate(x)}
        exec(program, found)
        out = row.value(floats, *x)
        assert bits([found["out"], *found["slopes"]]) == bits([out, *row.partials(floats, out, *x)]), x


def answers(f, X, parameters, times):
    replay = record(f, X[:, 0].tolist(), parameters)
    return [[*map(bits, map(np.ravel, replay(X, inputs=True)))] for _ in range(times)]


@pytest.mark.parametrize("name", [name for name, arity in CASES if arity == 1])
@pytest.mark.parametrize("M", [1, 3])
def test_a_strand_that_is_replayed_often_keeps_its_numbers(name, M):
    w = Value(0.7)

    def f(x):
        y = x[0]
        for i in range(350):  # more than one function takes
            y = apply(name, y) * w + (x[1] if i % 3 else where(y > x[1], x[0] - y, x[1]))
        return y

    X = np.array([[0.5, -1.0, 2.0], [0.1, 0.0, -0.0]])[:, :M]
    first, *later = answers(f, X, [w], OFTEN + 3)
    assert all(again == first for again in later)


@pytest.mark.parametrize("value", [lambda xp, x: x + 1.0 if x > 0.0 else x, lambda xp, x: math.atan(x)])
def test_what_cannot_be_written_is_replayed_all_the_same(monkeypatch, value):
    monkeypatch.setitem(OPS, "own", Op("own", value, lambda xp, out, x: (1.0,)))
    assert write(OPS["own"], 1) is None

    def f(x):
        y = x[0]
        for _ in range(40):
            y = apply("own", y) * x[1]
        return y

    first, *later = answers(f, np.array([[0.5], [0.9]]), [], OFTEN + 3)
    assert all(again == first for again in later)
