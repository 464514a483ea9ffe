"""Whatever a function branches on, its replay is right or it is refused: random programs, held to the engine."""

import math
import operator

import numpy as np
import pytest

from tinygrad_scalar import Value, apply, grad, hessian, logsumexp, tanh, total, where
from tinygrad_scalar.derivatives import topological
from tinygrad_scalar.ops import OPS
from tinygrad_scalar.replay import record


def row(name):
    arity = OPS[name].value.__code__.co_argcount - 1 or 3  # three operands of Σ and log-sum-exp
    return lambda program, p, *operands: apply(name, *operands[:arity])


def gradient_with_a_branch(program, p, a, b, c):
    return grad(lambda v: v * v * p if program.holds(v > 0.1) else -v * p)(total([a, p]))


FORMS = {name: row(name) for name in OPS} | {  # of a program, one of its parameters, and three operands
    "a copy": lambda program, p, a, b, c: total([a]),
    "one times": lambda program, p, a, b, c: 1.0 * a,
    "from zero": lambda program, p, a, b, c: sum([a, b, p]),
    "flat": lambda program, p, a, b, c: (a + b) + (c - 0.5) + p,
    "a neuron": lambda program, p, a, b, c: total([p * a, p * b, c, 0.5]),
    "columns": lambda program, p, a, b, c: total([a, p * p, p, 2.0]),
    "a tied weight": lambda program, p, a, b, c: p * a + 2.0 * p * a + b,
    "neurons": lambda program, p, a, b, c: tanh(p * a + b) * tanh(p * a - c * b) + tanh(p * b),
    "a power": lambda program, p, a, b, c: a**2 + abs(b) ** 0.5,
    "an exponent": lambda program, p, a, b, c: 2.0 ** tanh(a) + abs(b) ** p,
    "mixed": lambda program, p, a, b, c: logsumexp([a, 0.0, p, b, c, a]),
    "a condition": lambda program, p, a, b, c: (a > b) * c + p,
    "a choice": lambda program, p, a, b, c: where(a <= b, b, c) + p,
    "a gradient": lambda program, p, a, b, c: tanh(grad(lambda v: tanh(v * p) * v)(total([a, p]))),
    "a gradient with a branch": gradient_with_a_branch,
}


def sides(program, y, z, t):
    """Two conditions, asked whether they are the same."""
    a, b = y > t, z > 0.0
    program.taken.append((bool(a), bool(b)))
    return y if a == b else y * 2.0


def hidden(program, y, z, t):
    """A number that nothing but the guard needs."""
    return y if program.holds(tanh(y * program.parameters[0] + z) + program.parameters[1] > t) else -y


def of_columns(program, y, z, t):
    p, q = program.parameters
    return y if program.holds(p * q + t <= 0.3) else y * q


def largest(program, y, z, t):
    return program.chosen(max(y, z), z)


def smallest(program, y, z, t):
    return program.chosen(sorted([y, z])[0], z)


BRANCHES = {  # of a program, a node, another node and a number
    "none": lambda program, y, z, t: y,
    "above": lambda program, y, z, t: y if program.holds(y > t) else -y,
    "not above": lambda program, y, z, t: y + program.parameters[0] if program.holds(y <= t) else y,
    "another": lambda program, y, z, t: y if program.holds(y < z) else y * program.parameters[1],
    "between": lambda program, y, z, t: y if program.holds(t - 1.0 < y) and program.holds(y <= t + 1.0) else tanh(y),
    "the hinge": lambda program, y, z, t: total([program.chosen(max(y, t), y), program.parameters[0]]),
    "an index": lambda program, y, z, t: [y, -y][int(program.holds(y > t))],
    "the larger": largest,
    "the smaller": smallest,
    "two conditions": sides,
    "hidden": hidden,
    "of columns": of_columns,
}
RESULTS = {  # of a program, its last node and an input
    "itself": lambda program, y, x: y,
    "and a column": lambda program, y, x: total([y, program.parameters[0]]),
    "and a penalty": lambda program, y, x: y + program.parameters[0] * program.parameters[1],
    "and a number": lambda program, y, x: 1.0 + y,
    "and a neuron": lambda program, y, x: total([program.parameters[1], y, program.parameters[0] * x]),
}


class Program:
    """A random function of two inputs and two parameters that branches on its nodes, and on its result."""

    def __init__(self, rng):
        self.parameters = [Value(v) for v in rng.normal(size=2)]
        self.outside = [0.5, -1.0, 0.0, 1.0, Value(0.7), Value(-2.0) * 1.5]
        n = int(rng.integers(1, 8)) if rng.random() < 0.9 else 40  # the longer ones are strands
        forms = [*FORMS, *["add", "mul", "total", "a neuron", "from zero", "flat"] * 3]
        self.lines = [(rng.choice(forms), rng.random((4, 2)), self.drawn(rng, 0.6)) for _ in range(n)]
        self.result, self.last = rng.choice([*RESULTS]), self.drawn(rng, 0.1)
        self.taken = []

    def drawn(self, rng, none):
        """A branch, the number it compares with, and where the other node stands."""
        kind = "none" if rng.random() < none else rng.choice([*BRANCHES])
        return kind, float(rng.choice([0.0, 0.3, -0.5, 1.0])), float(rng.random())

    def holds(self, condition):
        self.taken.append(bool(condition))
        return self.taken[-1]

    def chosen(self, one, of):
        self.taken.append(one is of)
        return one

    def operand(self, v, how, where):
        """A number or a Value from outside, a parameter, one of the last nodes, or any."""
        last = v[-1:] if len(self.lines) > 8 else v[-4:]
        some = self.outside if how < 0.15 else self.parameters if how < 0.35 else last if how < 0.8 else v
        return some[int(where * len(some))]

    def branch(self, y, v, kind, t, where):
        return BRANCHES[kind](self, y, v[int(where * len(v))], t)

    def __call__(self, x):
        self.taken = []
        v = [*x, *self.parameters]
        for form, ((which, _), *picks), branch in self.lines:
            p = self.parameters[int(which * 2)]
            y = FORMS[form](self, p, *(self.operand(v, *pick) for pick in picks))
            v.append(self.branch(y if isinstance(y, Value) else y + p, v, *branch))
        return self.branch(RESULTS[self.result](self, v[-1], x[0]), v, *self.last)


def eagerly(program, X):
    """Which ways the engine takes, example by example; E, ∇E and dX; and the largest number on the way to them."""
    ways, E, dX, largest_number = [], 0.0, np.zeros(X.shape), 1.0
    for p in program.parameters:
        p.grad = 0.0
    for m in range(X.shape[1]):
        x = [Value(v) for v in X[:, m].tolist()]
        result = program(x)
        ways.append(program.taken)
        result.backward()
        E += result.data / X.shape[1]
        dX[:, m] = [v.grad for v in x]
        nodes = topological(result)
        numbers = [
            abs(v) for node in nodes for v in (node.grad, node.data, *(node.grad * y.data for y in node.parents))
        ]
        largest_number = max([largest_number, *filter(math.isfinite, numbers)])
    return ways, (E, np.array([p.grad for p in program.parameters]) / X.shape[1], dX), largest_number


@pytest.mark.parametrize("infinite", [False, True])
def test_a_replay_of_any_program_with_branches_is_right_or_refused_where_the_engine_turns_off(infinite):
    """Ten digits, counted from the largest number on the way. (Two numbers that are equal but for rounding may compare
    either way: none of these programs draws such.)"""
    rng = np.random.default_rng(3)
    answered = refused = 0
    for number in range(400 if infinite else 750):
        program = Program(rng)
        replay = record(program, rng.normal(size=2), program.parameters)
        recorded = program.taken
        for M in (1,) if infinite else (1, 3):
            X = rng.normal(size=(2, M))
            if M == 3 and number % 2:
                for p in program.parameters:
                    p.data = float(rng.normal())
            if infinite:
                X[rng.integers(2)] = rng.choice([math.inf, -math.inf, math.nan])
            ways, expected, size = eagerly(program, X)
            if any(way != recorded for way in ways):
                refused += 1
                with pytest.raises(ValueError, match="another branch"):
                    replay(X)
                continue
            answered += 1
            for ours, theirs in zip(replay(X, inputs=True), expected, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10 * size, err_msg=f"program {number}")
    assert min(answered, refused) > 100


@pytest.mark.parametrize("other", [0.0, 2.0, Value(2.0)])
@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
def test_numbers_that_are_equal_compare_as_floats_do(compare, other):
    w, number = Value(2.0), other.data if isinstance(other, Value) else other
    for f in (lambda x, y: compare(x[0], y), lambda x, y: compare(y, w), lambda x, y: compare(w, x[0] + y * 0.0)):
        replay = record(lambda x, f=f: w * x[0] if f(x, other) else -x[0], [number], [w])
        assert replay.guards == [] or replay.guards[0].endswith(str(f([number], number)).lower())
        assert replay([[number]])[0] == (2.0 * number if f([Value(number)], number) else -number)


@pytest.mark.parametrize(
    "use",
    [
        lambda v: v.data,
        lambda v: v.grad,
        lambda v: v * 2.0,
        lambda v: v + v,
        lambda v: Value(1.0) + v,
        lambda v: v.relu(),
        lambda v: tanh(v),
        lambda v: total([v, 1.0]),
        lambda v: v > 0.0,
        lambda v: Value(1.0) > v,
        lambda v: v.backward(),
        lambda v: f"{v:.3f}",
        float,
    ],
)
def test_a_value_that_outlives_its_recording_says_so(use):
    w, kept = Value(2.0), []
    record(lambda x: kept.append(w * x[0]) or w, [1.0], [w])
    with pytest.raises(TypeError, match="is a return missing"):
        record(lambda x: kept.append(w * x[0]), [1.0], [w])
    for v in kept:
        with pytest.raises(TypeError, match="belongs to a recording that has ended: .* on Values of your own"):
            use(v)
    assert repr(kept) == "[Traced(mul), Traced(mul)]"
    assert (w * 3.0).data == 6.0


def test_numbers_are_not_printed_while_recording():
    assert record(lambda x: x[0] if f"{x[0]}" == "Traced(leaf)" else None, [1.0])([[2.0]])[0] == 2.0
    with pytest.raises(TypeError, match="while a function is recorded its Values have no numbers"):
        record(lambda x: x[0] if f"{x[0]:.1f}" == "1.0" else -x[0], [1.0])


def test_a_derivative_at_a_number_that_a_parameter_has_part_in_is_recorded():
    w = Value(2.0)
    replay = record(lambda x: grad(lambda v: v * v * w)(3.0) * x[0], [1.5], [w])
    assert replay([[1.5, 2.5]]) == (24.0, np.array([12.0]))  # 6 w x
    assert record(lambda x: hessian(lambda u, v: u * u * v * w)(1.0, 2.0)[0][1] * x[0], [1.5], [w])([[1.0]])[0] == 4.0


def test_a_comparison_of_comparisons_is_named_as_far_as_one_can_read():
    def f(x):
        holds = x[0] > 0.0
        for _ in range(5000):
            holds = holds > x[1]
        return x[0] if holds else x[1]

    assert record(f, [1.0, 2.0]).guards == ["((((…) > input 2) > input 2) > input 2) > input 2 is false"]
