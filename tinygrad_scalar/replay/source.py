"""The rows of the table as source: each row is run once on symbols, and what it does to them is written down.

A symbol adds, compares and takes part as a number does, and remembers how it is written. The functions that a row finds
in its namespace write as well: a dialect is such a namespace, here that of plain Python with the functions of
`ops.floats`, so that what is written gives the very numbers that the row gives. What a row uses twice gets a name.

>>> from tinygrad_scalar.ops import OPS
>>> write(OPS["tanh"], 1)
Source(lines=(), value='tanh({x[0]})', slope_lines=(), slopes=('(1.0 - ({out} * {out}))',))
>>> write(OPS["where"], 3).value.format(x=["c", "a", "b"])
'(a if c else b)'

A row that asks for more than its namespace has, or for the numbers themselves, cannot be written: None.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from ..ops import Namespace, Op, floats


class Source(NamedTuple):
    """A row as source: its value, and its slopes, each after the lines that it needs.

    The texts are forms with x[0], x[1], … for the inputs and `out` for the value.
    """

    lines: tuple[str, ...]
    value: str
    slope_lines: tuple[str, ...]
    slopes: tuple[str, ...]


class Symbol:
    """Something with a name, or a form and what stands in its places: symbols and numbers."""

    __slots__ = ("form", "of")
    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __init__(self, form: str, *of: Any) -> None:
        self.form, self.of = form, of

    def __neg__(self) -> "Symbol":
        return Symbol("(-{})", self)

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError("a symbol has no number")

    __bool__ = __float__ = __int__ = __index__ = __iter__ = __len__ = __eq__ = _refuse


def _infix(sign: str, turned: bool = False) -> Callable[[Symbol, Any], Symbol]:
    return lambda x, y: Symbol(f"({{}} {sign} {{}})", *((y, x) if turned else (x, y)))


for _name, _sign in {"add": "+", "sub": "-", "mul": "*", "truediv": "/"}.items():
    setattr(Symbol, f"__{_name}__", _infix(_sign))
    setattr(Symbol, f"__r{_name}__", _infix(_sign, turned=True))
for _name, _sign in {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    setattr(Symbol, f"__{_name}__", _infix(_sign))


def _call(name: str) -> Callable[..., Symbol]:
    return lambda *x: Symbol(f"{name}({', '.join(['{}'] * len(x))})", *x)


def _sum(x: Sequence[Any]) -> Symbol:
    """Of two, + is the same to the last bit; of more, Python's `sum` may keep digits that a chain of + does not."""
    return x[0] + x[1] if len(x) == 2 else Symbol(f"sum([{', '.join(['{}'] * len(x))}], -0.0)", *x)


python = Namespace(**{name: _call(name) for name in vars(floats)} | {
    "where": lambda c, x, y: Symbol("({1} if {0} else {2})", c, x, y),
    "sum": _sum,
    "max": lambda x: Symbol(f"max([{', '.join(['{}'] * len(x))}])", *x),
})  # fmt: skip
NAMES = vars(floats) | {"sum": sum, "inf": float("inf"), "nan": float("nan")}  # what the source of `python` calls


@lru_cache
def write(row: Op, arity: int, dialect: Namespace = python) -> Source | None:
    """The source of a row for so many inputs, or None where it cannot be written."""
    x, out = [Symbol(f"{{x[{i}]}}") for i in range(arity)], Symbol("{out}")
    try:
        value, slopes = row.value(dialect, *x), row.partials(dialect, out, *x)
        lines, (text,) = _texts([value])
        return Source(lines, text, *_texts(slopes))
    except Exception:
        return None


def _texts(results: Sequence[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines that name what is used more than once, t0, t1, …, and the texts of the results."""
    uses: Counter[Symbol] = Counter()
    names: dict[Symbol, str] = {}
    lines: list[str] = []

    def count(s: Any) -> None:
        if isinstance(s, Symbol):
            uses[s] += 1
            if uses[s] == 1:
                for part in s.of:
                    count(part)

    def text(s: Any) -> str:
        if not isinstance(s, Symbol):
            return repr(float(s))
        if s not in names:
            written = s.form.format(*map(text, s.of)) if s.of else s.form
            if uses[s] == 1 or not s.of:
                return written
            names[s] = f"t{len(names)}"
            lines.append(f"{names[s]} = {written}")
        return names[s]

    for result in results:
        count(result)
    texts = tuple(map(text, results))
    return tuple(lines), texts
