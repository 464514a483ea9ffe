"""The table: what each primitive computes, and how its output moves with each input.

One primitive is one row, `Op(symbol, value, partials)`: the value as a function of a namespace `xp` and the inputs, and
the local derivatives ∂out/∂input, one per input, as a function of `xp`, the output and the inputs. The same row is read
by everything that needs a derivative: on plain floats, on Values (which makes derivatives of derivatives), on arrays.

**Digits.** A slope keeps its digits where its row saturates, but for tanh′ = 1 − a², the text's, which is known to 1e-16
and no better: at x = 7 to eleven digits.

**Conventions at kinks.** A rule never branches on a number, it selects with `xp.where`. At a kink the subgradient 0 is
taken wherever 0 is one: relu′(0) = 0 and |x|′(0) = 0; leaky_relu′(0) is the slope on its left, 0.01. Where maximum and
minimum have a tie, the two inputs share the derivative equally, ½ each.

**To add a primitive**, add a row. `value` may use all of `Namespace`; `partials` only the names of rows, because they
must make sense for Values too. To use a unary row as an activation on the matrix side as well, give
`slopes.ACTIVATIONS` its own σ and σ′: that side borrows nothing from here.

>>> OPS["cube"] = Op("x³", lambda xp, x: x * x * x, lambda xp, out, x: (3.0 * x * x,))
>>> from tinygrad_scalar import Value, apply, grad
>>> cube = lambda x: apply("cube", x)
>>> cube(Value(2.0)).data, grad(cube)(2.0), grad(grad(cube))(2.0)
(8.0, 12.0, 12.0)
>>> del OPS["cube"]
"""

import math
import operator
from collections.abc import Callable
from functools import cache, partial, reduce
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

GELU_SCALE, GELU_CUBE = math.sqrt(8.0 / math.pi), 0.044715  # the tanh form: ½(1 + tanh u) = logistic(2u)

TANH_FORM = """The tanh form (Hendrycks & Gimpel 2016), ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), as jax.nn.gelu has it by
default; it differs from x Φ(x) by up to 0.00048."""
BOTH_SIDES = """x where c holds, else y. Both sides are computed and differentiated, and 0 × ∞ is nan: the derivative of
where(x > 0, sqrt(x), 0.0) at 0 is nan. Choose before, not after: where(x > 0, sqrt(where(x > 0, x, 1.0)), 0.0)."""


class Op(NamedTuple):
    """One primitive: its symbol, its value, its local derivatives, and what help() adds about it."""

    symbol: str
    value: Callable[..., Any]  # (xp, *inputs) -> out
    partials: Callable[..., Any]  # (xp, out, *inputs) -> one ∂out/∂input per input
    about: str = ""


def _within(xp: Any, x: Any) -> Any:
    """x, kept within ±40, where the gate is 0 or 1 to the last bit and x³ cannot overflow."""
    return xp.where(xp.abs(x) < 40.0, x, xp.where(x > 0, 40.0, -40.0))


def _gelu_gate(xp: Any, x: Any) -> Any:
    x = _within(xp, x)
    return xp.logistic(GELU_SCALE * (x + GELU_CUBE * x * x * x))


def _gelu_partials(xp: Any, out: Any, x: Any) -> tuple[Any]:
    s, inner = _gelu_gate(xp, x), _within(xp, x)
    slope = GELU_SCALE * (1.0 + 3.0 * GELU_CUBE * inner * inner)
    return (s * (1.0 + inner * _gelu_gate(xp, -x) * slope),)


def _logsumexp_partials(xp: Any, out: Any, *x: Any) -> tuple[Any, ...]:
    e = [xp.exp(v - out) for v in x]
    whole = xp.total(*e)  # 1, but for the rounding of a large `out`
    return tuple(xp.div(e_i, whole) for e_i in e)


def _logistic(xp: Any, x: Any) -> Any:
    e = xp.exp(xp.where(x > 0, -x, x))  # exp(−|x|) cannot overflow
    return xp.where(x > 0, 1.0, e) / (1.0 + e)


def _logsumexp(xp: Any, *x: Any) -> Any:
    largest = xp.max(x)
    shift = xp.where(xp.isfinite(largest), largest, 0.0)
    return shift + xp.log(xp.sum([xp.exp(v - shift) for v in x]))


# fmt: off
OPS: dict[str, Op] = {
    "add":        Op("+",      lambda xp, x, y: x + y,                        lambda xp, out, x, y: (1.0, 1.0)),
    "sub":        Op("−",      lambda xp, x, y: x - y,                        lambda xp, out, x, y: (1.0, -1.0)),
    "mul":        Op("×",      lambda xp, x, y: x * y,                        lambda xp, out, x, y: (y, x)),
    "div":        Op("÷",      lambda xp, x, y: xp.div(x, y),                 lambda xp, out, x, y: (xp.div(1.0, y), -xp.div(out, y))),
    "pow":        Op("xʸ",     lambda xp, x, y: xp.pow(x, y),                 lambda xp, out, x, y: (
        y * xp.pow(xp.where(xp.abs(x) + xp.abs(y) <= 0, 1.0, x), y - 1.0),  # at x = y = 0 it is 0
        out * xp.log(xp.where(xp.abs(x) > 0, x, 1.0)))),                    # at x = 0 it is 0: 0ʸ stays 0
    "neg":        Op("−",      lambda xp, x: -x,                              lambda xp, out, x: (-1.0,)),
    "abs":        Op("|·|",    lambda xp, x: xp.abs(x),                       lambda xp, out, x: (xp.where(x > 0, 1.0, xp.where(x < 0, -1.0, 0.0)),)),
    "maximum":    Op("max",    lambda xp, x, y: xp.maximum(x, y),             lambda xp, out, x, y: (
        xp.where(x > y, 1.0, xp.where(x < y, 0.0, 0.5)), xp.where(x > y, 0.0, xp.where(x < y, 1.0, 0.5)))),
    "minimum":    Op("min",    lambda xp, x, y: xp.minimum(x, y),             lambda xp, out, x, y: (
        xp.where(x < y, 1.0, xp.where(x > y, 0.0, 0.5)), xp.where(x < y, 0.0, xp.where(x > y, 1.0, 0.5)))),
    "where":      Op("?:",     lambda xp, c, x, y: xp.where(c, x, y),         lambda xp, out, c, x, y: (0.0, xp.where(c, 1.0, 0.0), xp.where(c, 0.0, 1.0)), BOTH_SIDES),
    "square":     Op("x²",     lambda xp, x: x * x,                           lambda xp, out, x: (2.0 * x,)),
    "exp":        Op("exp",    lambda xp, x: xp.exp(x),                       lambda xp, out, x: (out,)),
    "log":        Op("log",    lambda xp, x: xp.log(x),                       lambda xp, out, x: (xp.div(1.0, x),)),
    "sqrt":       Op("√",      lambda xp, x: xp.sqrt(x),                      lambda xp, out, x: (xp.div(0.5, out),)),
    "sin":        Op("sin",    lambda xp, x: xp.sin(x),                       lambda xp, out, x: (xp.cos(x),)),
    "cos":        Op("cos",    lambda xp, x: xp.cos(x),                       lambda xp, out, x: (-xp.sin(x),)),
    "tanh":       Op("tanh",   lambda xp, x: xp.tanh(x),                      lambda xp, out, x: (1.0 - out * out,)),
    "logistic":   Op("σ",      _logistic,                                     lambda xp, out, x: (out * xp.logistic(-x),)),  # 1 − out, with all its digits
    "relu":       Op("relu",   lambda xp, x: xp.where(x < 0, 0.0, x),         lambda xp, out, x: (xp.where(x > 0, 1.0, 0.0),)),
    "leaky_relu": Op("lrelu",  lambda xp, x: xp.where(x > 0, x, 0.01 * x),    lambda xp, out, x: (xp.where(x > 0, 1.0, 0.01),)),
    "elu":        Op("elu",    lambda xp, x: xp.where(x > 0, x, xp.expm1(xp.where(x > 0, 0.0, x))),  lambda xp, out, x: (xp.exp(xp.where(x > 0, 0.0, x)),)),
    "softplus":   Op("softplus", lambda xp, x: xp.where(x > 0, x, 0.0) + xp.log1p(xp.exp(xp.where(x > 0, -x, x))),  lambda xp, out, x: (xp.logistic(x),)),
    "swish":      Op("swish",  lambda xp, x: x * xp.logistic(x),              lambda xp, out, x: (xp.logistic(x) * (1.0 + x * xp.logistic(-x)),)),
    "gelu":       Op("gelu",   lambda xp, x: x * _gelu_gate(xp, x),           _gelu_partials, TANH_FORM),
    "total":      Op("Σ",      lambda xp, *x: xp.sum(x),                      lambda xp, out, *x: (1.0,) * len(x)),
    "logsumexp":  Op("lse",    _logsumexp,                                    _logsumexp_partials),
}
# fmt: on


def inputs(name: str) -> list[str]:
    """What a row calls its inputs; [] if it takes any number of them.

    >>> inputs("where"), inputs("tanh"), inputs("total")
    (['c', 'x', 'y'], ['x'], [])
    """
    parameters = signature(OPS[name].value).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD][1:]


class Namespace:
    """What the rules compute with: a few functions, and every row of the table by its name."""

    def __init__(self, **functions: Callable[..., Any]) -> None:
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPS:
            raise AttributeError(f"the table of primitives has no row {name!r}")
        return self.row(name)

    def row(self, name: str) -> Callable[..., Any]:
        """One row of the table, as a function of its inputs."""
        return partial(OPS[name].value, self)


def _ieee(function: Callable[..., float], numpy_function: Callable[..., Any]) -> Callable[..., float]:
    """`function` on floats, with NumPy's answer (inf or nan) where Python raises."""

    def wrapped(*x: float) -> float:
        try:
            return function(*x)
        except (ArithmeticError, ValueError):
            with np.errstate(all="ignore"):
                return float(numpy_function(*x))

    return wrapped


floats = Namespace(
    exp=_ieee(math.exp, np.exp), log=_ieee(math.log, np.log), sqrt=_ieee(math.sqrt, np.sqrt), sin=_ieee(math.sin, np.sin),
    cos=_ieee(math.cos, np.cos), tanh=math.tanh, log1p=_ieee(math.log1p, np.log1p), expm1=_ieee(math.expm1, np.expm1), isfinite=math.isfinite,
    div=_ieee(lambda x, y: x / y, np.divide), pow=_ieee(math.pow, np.power), abs=abs, sum=lambda x: sum(x, -0.0), max=max,
    where=lambda c, x, y: x if c else y,
    maximum=lambda x, y: x if x > y or x != x else y, minimum=lambda x, y: x if x < y or x != x else y,
)  # fmt: skip


@cache
def arrays(module: Any) -> Namespace:
    """The rules' namespace over an array module: NumPy, JAX, or another that speaks the array API."""
    own = {"div": operator.truediv, "sum": partial(reduce, operator.add), "max": lambda x: reduce(module.maximum, x)}
    functions = {name: getattr(module, name, partial(_missing, name)) for name in vars(floats)}
    own |= {"relu": partial(np.maximum, 0.0)} if module is np else {}  # its `where` is slow where signs alternate
    return Namespace(**functions | own)


def _missing(name: str, *x: Any) -> Any:
    raise AttributeError(f"the array module has no function {name!r}, which this operation needs")


def namespace(*x: Any) -> Any:
    """The namespace that fits the operands: that of Values, of arrays, or of plain floats."""
    for v in x:
        if hasattr(v, "__rules__"):
            return v.__rules__
    arrays_given = [v for v in x if hasattr(v, "__array_namespace__")]
    return arrays(arrays_given[0].__array_namespace__()) if arrays_given else floats
