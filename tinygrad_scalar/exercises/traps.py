"""The traps that scalar engines fall into, each an expression whose derivative gives the slip away.

A student's engine builds the expression and runs its backward pass; the right numbers come from `derivatives` on the
same expression. The traps stand in the order in which an engine is best mended, and the first one that it falls into
is reported: who overwrites gradients is not told about all that follows from it.

>>> from tinygrad_scalar import Value
>>> findings(Value)
[]
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..derivatives import value_and_grad
from .answers import Wrong, apart, ask, number

STAGES, CALLS, CHAIN = 40, 20_000, 5_000  # of the ladder, what its backward pass may cost, the length of the chain
EXACT = 1e-12


class Trap(NamedTuple):
    """An expression of leaves a, b, c, the point where it is looked at, and what a wrong derivative means."""

    words: str
    at: tuple[float, ...]
    build: Callable[..., Any]
    hint: str
    method: str = ""  # that the engine must have for it


def _with(node: Any, build: Callable[[Any], Any]) -> Any:
    """`build` of one node, which it may use more than once."""
    return build(node)


ADDED = "a gradient is overwritten where it must be added: += in place of ="
EDGES = "a stands twice and counts twice; a set of parents would keep it once"
ONCE = "a node hands its gradient on once, when all of it has arrived: sort the nodes first, each before its parents"
OPERAND = "a number as an operand becomes a node of its own"
REFLECTED = "Python asks the right operand when the left one, a number, does not know how: define {}"

# fmt: off
TRAPS = [
    Trap("a + b", (2.0, 3.0), lambda a, b: a + b, "a sum hands its gradient on to both terms as it is"),
    Trap("a * b", (2.0, 3.0), lambda a, b: a * b, "the derivative of a product by one factor is the other factor"),
    Trap("a.tanh()", (0.5,), lambda a: a.tanh(), "the derivative of tanh(a) is 1 − tanh(a)²", "tanh"),
    Trap("a.exp()", (0.5,), lambda a: a.exp(), "the derivative of exp(a) is exp(a), the output itself", "exp"),
    Trap("(a * b) * c", (2.0, 3.0, 5.0), lambda a, b, c: (a * b) * c, "the local derivative is to be multiplied with what arrives from above"),
    Trap("a * b + a", (2.0, 3.0), lambda a, b: a * b + a, ADDED),
    Trap("a + a", (1.0,), lambda a: a + a, EDGES),
    Trap("a * a", (3.0,), lambda a: a * a, EDGES),
    Trap("a * a + b * b", (2.0, 2.0), lambda a, b: a * a + b * b, "two nodes with the same number are two nodes: tell them apart by identity, not by =="),
    Trap("(a + a) + (a + a)", (1.0,), lambda a: (a + a) + (a + a), ADDED),
    Trap("b + b with b = a + a", (1.0,), lambda a: _with(a + a, lambda b: b + b), ONCE),
    Trap("b + b * b with b = a * a", (1.5,), lambda a: _with(a * a, lambda b: b + b * b), ONCE),
    Trap("b * b + b with b = a * a", (1.5,), lambda a: _with(a * a, lambda b: b * b + b), ONCE),
    Trap("(b * b) * (b + b) with b = a * a", (0.75,), lambda a: _with(a * a, lambda b: (b * b) * (b + b)), ONCE),
]
NUMBERS = [
    Trap("a + 2", (3.0,), lambda a: a + 2, OPERAND),
    Trap("a * 2", (3.0,), lambda a: a * 2, OPERAND),
    Trap("2 + a", (3.0,), lambda a: 2 + a, REFLECTED.format("__radd__")),
    Trap("2 * a", (3.0,), lambda a: 2 * a, REFLECTED.format("__rmul__")),
]
# fmt: on


def findings(engine: Callable[[float], Any]) -> list[str]:
    """What is wrong with a scalar engine, a sentence each."""
    known = [trap for trap in TRAPS if not trap.method or _has(engine, trap.method)]
    found = _first([_new_node], lambda probe: probe(engine)) or _first(known, lambda trap: _fall(engine, trap))
    if any(wrong.__cause__ for wrong in found):  # where one expression stops, others would too
        return [str(wrong) for wrong in found]
    found += _first(NUMBERS, lambda trap: _operand(engine, trap, judge=not found))
    if not found:
        found += _first([_twice, _ladder], lambda probe: probe(engine))
    found += _first([_chain], lambda probe: probe(engine, judge=not found))
    if not any(trap.method for trap in known):
        found.append(Wrong("it has neither tanh() nor exp(), and cannot bend a neuron"))
    return [str(wrong) for wrong in found]


def _first(probes: list[Any], run: Callable[[Any], None]) -> list[Wrong]:
    """What the first probe that finds something has found, in a list; else none."""
    for probe in probes:
        try:
            run(probe)
        except Wrong as wrong:
            return [wrong]
    return []


def _has(engine: Callable[[float], Any], method: str) -> bool:
    try:
        return callable(ask(lambda: getattr(engine(1.0), method), method))
    except Wrong:
        return False


def _new_node(engine: Callable[[float], Any]) -> None:
    name = getattr(engine, "__name__", "the engine")
    node = ask(engine, f"{name}(2.0)", 2.0)
    for attribute, wanted in (("data", 2.0), ("grad", 0.0)):
        what = f"{name}(2.0).{attribute}"
        found = number(ask(getattr, what, node, attribute), what)
        if found != wanted:
            raise Wrong(f"{what} is {found:g}, a new node has {wanted:g}")


def _fall(engine: Callable[[float], Any], trap: Trap) -> None:
    """Wrong if the engine falls into this trap."""
    point = ", ".join(f"{name} = {x:g}" for name, x in zip("abc", trap.at, strict=False))
    where = f"for {trap.words} at {point}"

    def run() -> tuple[list[Any], Any]:
        leaves = [engine(x) for x in trap.at]
        result = trap.build(*leaves)
        result.backward()
        return [leaf.grad for leaf in leaves], result.data

    gradient, data = ask(run, f"{where} your engine")
    right, derivatives = value_and_grad(trap.build)(*trap.at)
    _compare(number(data, f"{where} your .data"), right, f"{where} your .data", "it should be")
    derivatives = derivatives if isinstance(derivatives, tuple) else (derivatives,)
    for name, given, derivative in zip("abc", gradient, derivatives, strict=False):
        what = f"{where} your ∂/∂{name}"
        _compare(number(given, what), derivative, what, "the chain rule gives", trap.hint)


def _compare(given: float, right: float, what: str, but: str, hint: str = "") -> None:
    if not abs(given - right) <= EXACT * abs(right):
        yours, theirs = apart(given, right)
        raise Wrong(f"{what} is {yours}, {but} {theirs}{': ' if hint else ''}{hint}")


def _operand(engine: Callable[[float], Any], trap: Trap, judge: bool) -> None:
    """Whether numbers may be operands; the derivative counts only if the rest of the engine is in order."""
    try:
        _fall(engine, trap)
    except Wrong as wrong:
        if wrong.__cause__:
            raise Wrong(f"{wrong}; {trap.hint}") from wrong.__cause__
        if judge:
            raise


def _twice(engine: Callable[[float], Any]) -> None:
    """Two backward passes from one result: leaves accumulate, nodes on the way start from 0."""

    def run() -> tuple[Any, Any]:
        a = engine(2.0)
        result = (a * a) * a
        result.backward()
        once = a.grad
        result.backward()
        return once, a.grad

    what = "for (a * a) * a at a = 2, after a second backward(), your ∂/∂a"
    once, twice = (number(g, what) for g in ask(run, "a second backward() of (a * a) * a"))
    hint = "the nodes on the way still hold what the first call left; backward() starts them from 0"
    if twice == once:
        hint = "leaves accumulate, so that the gradients of several results add up; only nodes on the way start from 0"
    _compare(twice, 24.0, what, "twice the first one is", hint)


def _ladder(engine: Callable[[float], Any]) -> None:
    """A ladder of sums, b + b of b + b of …: 2⁴⁰ paths from the top to the foot, but 80 edges."""

    def build() -> tuple[Any, Any]:
        foot = top = engine(1.0)
        for _ in range(STAGES):
            top = top + top
        return foot, top

    where = f"for {STAGES} sums b = b + b, one on top of the other, your"
    call, what = f"{where} engine", f"{where} ∂/∂a"
    foot, top = ask(build, call)
    paths = "it walks each of the 2⁴⁰ paths; visit each node once"
    with at_most(CALLS, f"{call} needs more than {CALLS:,} calls: {paths}"):
        ask(lambda: top.backward(), call)
    _compare(number(ask(lambda: foot.grad, what), what), 2.0**STAGES, what, "the chain rule gives", ONCE)


@contextmanager
def at_most(calls: int, sentence: str) -> Iterator[None]:
    """Wrong, with this sentence, as soon as more calls have been made."""
    made = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal made
        made += event.endswith("call")
        if made > calls:
            raise Wrong(sentence)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def _chain(engine: Callable[[float], Any], judge: bool) -> None:
    """A chain of 5,000 nodes, deeper than Python's stack."""

    def run() -> Any:
        a = result = engine(1.0)
        for _ in range(CHAIN):
            result = result + a
        result.backward()
        return a.grad

    what = f"for a chain of {CHAIN:,} sums your ∂/∂a"
    try:
        grad = ask(run, f"a chain of {CHAIN:,} sums")
    except Wrong as wrong:
        if isinstance(wrong.__cause__, RecursionError):
            loop = "Python's stack is not that deep: walk the graph in a loop, with a list of your own"
            raise Wrong(f"{wrong}; {loop}") from wrong
        raise
    if judge:
        _compare(number(grad, what), CHAIN + 1.0, what, "it should be")
