"""The table's local derivatives in mathematics: each row is run on symbols, and written down as in a book.

What is written is a form: texts; the places of inputs, from 0, and `OUT` for the node itself; and lists, that are
raised.
A new row has its formula by existing. Where a formula would be too long to help, or is a number, there is none.

>>> slopes("tanh", 1), slopes("logistic", 1), slopes("mul", 2)
([['1', ' − ', -1, ['2']]], [[-1, '(', '1', ' − ', -1, ')']], [[1], [0]])
>>> slopes("relu", 1), slopes("gelu", 1)
([['1', ' if ', 0, ' > ', '0', ', else ', '0']], [None])
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any

from ...ops import OPS, Namespace
from ...replay.source import Symbol
from ..text.numbers import short

Form = list[Any]  # of str, int and Form

OUT = -1
LONGEST = 18  # texts and places of a form
CHOICE, COMPARED, SUM, PRODUCT, POWER, WHOLE = range(6)  # how strongly the parts of a form hold together
INFIX = {" + ": SUM, " - ": SUM, " * ": PRODUCT, " / ": PRODUCT, " < ": COMPARED, " <= ": COMPARED, " > ": COMPARED}
SIGNS = {" - ": " − ", " * ": " · ", " <= ": " ≤ "}


def slopes(name: str, arity: int) -> list[Form | None]:
    """A form for each local derivative of a row with so many inputs; None where the number alone says more."""
    x, out = [Symbol("", place) for place in range(arity)], Symbol("", OUT)
    try:
        derivatives = OPS[name].partials(told(_dialect(), name, x, out), out, *x)
        forms = [_written(s)[0] if isinstance(s, Symbol) else [] for s in derivatives]
    except Exception:
        return [None] * arity
    return [form if 0 < len(list(_flat(form))) <= LONGEST else None for form in forms]


def told(base: Namespace, name: str, x: Sequence[Symbol], out: Symbol) -> Namespace:
    """`base`, as local derivatives of a row are told: σ(−v) is 1 − σ(v), and the row of its own inputs x is `out`."""
    own = tuple(map(id, x))

    def call(row: str) -> Callable[..., Any]:
        return lambda *of: out if row == name and tuple(map(id, of)) == own else getattr(base, row)(*of)

    def logistic(v: Symbol) -> Any:
        return 1.0 - call("logistic")(*v.of) if v.form == "(-{})" else call("logistic")(v)

    return Namespace(**{row: call(row) for row in OPS} | {"logistic": logistic})


def _dialect() -> Namespace:
    """Each row by its name."""

    def where(c: Symbol, p: Any, q: Any) -> Any:
        sign = c.form.strip("({})")
        if sign in (" > ", " <= ") and _is_zero(c.of[1]) and "abs" in _calls(c):  # |x| ≤ 0 holds at one point only
            return p if sign == " > " else q
        return Symbol("where", c, p, q)

    return Namespace(**{row: partial(Symbol, row) for row in OPS} | {"where": where})


def _is_zero(s: Any) -> bool:
    return not isinstance(s, Symbol) and s == 0


def _calls(s: Any) -> set[str]:
    return {s.form}.union(*map(_calls, s.of)) if isinstance(s, Symbol) else set()


def _written(s: Any) -> tuple[Form, int]:
    """The form, and how strongly it holds together."""
    if not isinstance(s, Symbol):
        return [short(s)], WHOLE if s >= 0 else PRODUCT
    if not s.form:
        return [*s.of], WHOLE
    if s.form == "where":
        c, p, q = (_written(part)[0] for part in s.of)
        return [*p, " if ", *c, ", else ", *q], CHOICE
    if s.form == "(-{})":
        return ["−", *_within(s.of[0], PRODUCT)], PRODUCT
    sign = s.form.strip("({})")
    if sign in INFIX:
        return _infix(sign, *s.of)
    if s.form in ("pow", "square"):
        exponent = _written(s.of[1])[0] if s.form == "pow" else ["2"]
        return [*_within(s.of[0], WHOLE), exponent], POWER
    if s.form in ("div", "mul"):
        return _infix(" / " if s.form == "div" else " * ", *s.of)
    if s.form == "abs":
        return ["|", *_written(s.of[0])[0], "|"], WHOLE
    listed = list(chain.from_iterable([", ", *_written(part)[0]] for part in s.of))[1:]
    return [OPS[s.form].symbol, "(", *listed, ")"], WHOLE


def _infix(sign: str, x: Any, y: Any) -> tuple[Form, int]:
    if sign == " * " and x is y:
        return [*_within(x, WHOLE), ["2"]], POWER
    level = INFIX[sign]
    left, right = _within(x, level), _within(y, level + (sign in (" - ", " / ")))
    tight = sign == " * " and (right[0] == "(" or not isinstance(x, Symbol))  # a(1 − a), 2a
    return [*left, *([] if tight else [SIGNS.get(sign, sign)]), *right], level


def _within(s: Any, level: int) -> Form:
    form, own = _written(s)
    return ["(", *form, ")"] if own < level else form


def _flat(form: Form) -> list[Any]:
    return [leaf for part in form for leaf in (_flat(part) if isinstance(part, list) else [part])]
