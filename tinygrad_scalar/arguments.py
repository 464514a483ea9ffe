"""What every room asks of its arguments: a setting out of its range is refused in a sentence, before it can do harm.

Here too: names that things have elsewhere; what a module shows of itself; what Python and NumPy ask of a number, and
what a Value answers; and a rest for the garbage collector.
"""

import gc
import operator
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

import numpy as np

from .arrays import Array

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])
OTHERS = {  # what it is called here: what others call it, without capitals, _ and -
    "logistic": "sigmoid",
    "identity": "linear",
    "swish": "silu",
    "leaky_relu": "leakyrelu",
    "squared_error": "mse l2loss",
    "absolute_error": "mae l1loss",
    "binary_cross_entropy": "bce logloss",
    "cross_entropy": "ce nll categoricalcrossentropy",
    "huber": "smoothl1",
    "max_margin": "hinge",
    "gradient-descent": "sgd gd",
    "l-bfgs": "lbfgs",
    "nesterov": "nag",
    "learning_rate": "lr eta",
    "rng": "seed randomstate",
    "epochs": "nepochs maxiter",
    "batch_size": "batch minibatchsize",
    "epsilon": "eps",
    "l2": "weightdecay alpha",
    "loss": "criterion lossfn",
}
ALIASES = {theirs: ours for ours, names in OTHERS.items() for theirs in names.split()}
BELONGS = {  # where a setting is given, for who gives it to another function
    "learning_rate": "a setting of optimizers such as Adam",
    "epsilon": "a setting of optimizers such as Adam",
    "nesterov": "a setting of Momentum",
    "rng": "an argument of MLP and fit",
    "epochs": "an argument of fit",
    "batch_size": "an argument of fit",
    "l2": "an argument of fit",
    "loss": "an argument of fit",
}
NUMPY = {  # its names: those of our rows, and of Python's operators
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "power": "pow",
    "negative": "neg",
    "absolute": "abs",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "equal": "eq",
    "not_equal": "ne",
}
WORDS = {"(0, inf)": "is a positive number", "[0, inf)": "is a number that is not negative"}


def within(name: str, x: Any, interval: str) -> Any:
    """x, if it is a number in the interval, written as in mathematics: a bracket takes the end, a parenthesis does not.

    Raises
    ------
    ValueError
        If it is not; nan is in no interval, and infinity in none that is open there.

    >>> within("momentum", 0.9, "[0, 1)")
    0.9
    >>> within("momentum", 1.0, "[0, 1)")
    Traceback (most recent call last):
    ValueError: momentum lies in [0, 1), not 1.0
    """
    low, high = map(float, interval[1:-1].split(","))
    try:
        inside = low < x < high or (x == low and interval[0] == "[") or (x == high and interval[-1] == "]")
    except TypeError:
        inside = False
    if not inside:
        raise ValueError(f"{name} {WORDS.get(interval, f'lies in {interval}')}, not {x!r}")
    return x


def _bare(name: Any) -> str:
    return str(name).lower().replace("_", "").replace("-", "").replace(" ", "")


def meant(name: Any, known: Iterable[str]) -> str | None:
    """Which of the known names is meant by one that is none of them: by what others call it, or nearly spelt so.

    >>> meant("SGD", ["Adam", "GradientDescent"]), meant("tahn", ["relu", "tanh"]), meant("pink", ["relu", "tanh"])
    ('GradientDescent', 'tanh', None)
    """
    known = list(known)
    ours = {_bare(ALIASES.get(_bare(own), own)): own for own in known} | {_bare(own): own for own in known}
    bare = _bare(name)
    said = _bare(ALIASES.get(bare, name))
    near = [said] if said in ours else get_close_matches(said, ours, 1, 0.75)
    near = near or [own for own in ours if len(bare) > 3 and own.startswith(bare)]
    return ours[near[0]] if near else None


def chosen(name: Any, among: Mapping[str, _T], what: str) -> _T:
    """The entry of that name; a ValueError says which there are, and which may be meant.

    >>> chosen("sgd", {"adam": 1, "gradient-descent": 2}, "optimizer")
    Traceback (most recent call last):
    ValueError: unknown optimizer 'sgd'; did you mean gradient-descent? There are adam, gradient-descent
    """
    if name not in among:
        guess = meant(name, among)
        hint = f"did you mean {guess}? There are" if guess else "there are"
        raise ValueError(f"unknown {what} {name!r}; {hint} {', '.join(among)}")
    return among[name]


def kindly(f: _F) -> _F:
    """f, which tells who calls it by keywords that others have what these are called here.

    >>> @kindly
    ... def walk(learning_rate): ...
    >>> walk(lr=0.1)
    Traceback (most recent call last):
    TypeError: walk has no argument 'lr'; did you mean learning_rate?
    """
    code = f.__code__
    names = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    who = f.__qualname__.removesuffix(".__init__")

    @wraps(f)
    def call(*arguments: Any, **settings: Any) -> Any:
        for name in (name for name in settings if name not in names):
            guess, elsewhere = meant(name, names), ALIASES.get(_bare(name), "")
            if guess or elsewhere in BELONGS:
                hint = f"did you mean {guess}?" if guess else f"what is called {elsewhere} here is {BELONGS[elsewhere]}"
                raise TypeError(f"{who} has no argument {name!r}; {hint}")
        return f(*arguments, **settings)

    return call  # type: ignore[return-value]


class Room(ModuleType):
    """A module that shows what it defines, and not what it imports: to tab completion, `help` and `import *`.

    The package is one, and each module in it becomes one when the import binds it to its parent; so there is no list to
    keep. What a package shows stands in its `__all__`, and beside that are the modules in it that have been imported.
    """

    def __dir__(self) -> list[str]:
        inside = [name for name, thing in vars(self).items() if isinstance(thing, Room) and _within(thing, self)]
        return sorted({*self.__all__, *(name for name in inside if not name.startswith("_"))})

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return _defined(self)
        guess = None if name.startswith("_") else meant(name, self.__all__)
        hint = f"; did you mean {guess}?" if guess else ""
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}{hint}")

    def __setattr__(self, name: str, thing: Any) -> None:
        super().__setattr__(name, thing)
        if isinstance(thing, ModuleType) and _within(thing, self):
            furnish(thing)


def furnish(module: ModuleType) -> None:
    """Make a module a `Room`, and so those that have been imported within it."""
    module.__class__ = Room
    for other in list(sys.modules.values()) if hasattr(module, "__path__") else []:
        if isinstance(other, ModuleType) and _within(other, module):
            other.__class__ = Room


def _within(module: ModuleType, package: ModuleType) -> bool:
    return module.__name__.startswith(package.__name__ + ".")


def _defined(module: ModuleType) -> list[str]:
    """The names that the source of a module gives a function, a class or another thing, underscores apart."""
    import ast
    import inspect

    own = {name for name, thing in vars(module).items() if getattr(thing, "__module__", None) == module.__name__}
    with suppress(OSError, TypeError):  # without its source, or a folder, which has none
        statements = ast.parse(inspect.getsource(module)).body
        for node in statements:
            statements += [*getattr(node, "orelse", ()), *node.body] if isinstance(node, (ast.If, ast.For)) else []
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            own |= {part.id for target in targets if target for part in ast.walk(target) if isinstance(part, ast.Name)}
    return sorted(name for name in own & vars(module).keys() if not name.startswith("_"))


def floats(x: Any, name: str) -> Array:
    """x as a fresh float64 array, if it holds numbers; TypeError and ValueError say what to write for what does not.

    >>> floats(["no", "yes"], "Y")
    Traceback (most recent call last):
    ValueError: Y holds the text 'no', a network takes numbers: data.named_classes numbers texts, and data.one_hot \
makes targets of class numbers
    """
    if hasattr(x, "toarray"):
        raise TypeError(f"{name} is a sparse {type(x).__name__}, and every entry is wanted: write {name}.toarray()")
    try:
        return np.array(x, dtype=float)
    except ValueError as error:
        texts = [entry for entry in np.array(x, dtype=object).reshape(-1) if isinstance(entry, str)]
        if not texts:
            raise
        raise ValueError(
            f"{name} holds the text {texts[0]!r}, a network takes numbers: data.named_classes numbers texts, and "
            "data.one_hot makes targets of class numbers"
        ) from error


def whole_number(n: Any, what: str, least: int = 1) -> int:
    """n as an int, if it is a whole number (of Python or NumPy, no bool) and not below `least`.

    >>> whole_number(np.int64(3), "epochs", 0)
    3
    >>> whole_number(2.5, "batch_size")
    Traceback (most recent call last):
    ValueError: batch_size is a whole number from 1, not 2.5
    """
    if not _is_whole(n) or n < least:
        raise ValueError(f"{what} is a whole number from {least}, not {n!r}")
    return int(n)


def numbered(k: Any, n: int, what: str, there_are: str) -> int:
    """k as an int, if it is one of the numbers 1 to n that layers, neurons and units have.

    >>> numbered(3, 2, "layer", "the layers are")
    Traceback (most recent call last):
    ValueError: there is no layer 3, the layers are 1 to 2
    """
    if not _is_whole(k) or not 1 <= k <= n:
        raise ValueError(f"there is no {what} {k!r}, {there_are} 1 to {n}")
    return int(k)


def counted(n: int, what: str, many: str = "") -> str:
    """A number of things in words; `many` is the plural, if it is not made by an s.

    >>> counted(1, "row"), counted(1797, "row"), counted(2, "class", "classes")
    ('1 row', '1797 rows', '2 classes')
    """
    return f"{n} {what if n == 1 else many or what + 's'}"


def _is_whole(n: Any) -> bool:
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)


def random_source(rng: Any = None) -> random.Random:
    """A random.Random from an int seed, a random.Random (itself), a NumPy Generator (a draw seeds it) or None (fresh).

    >>> random_source(3).random() == random.Random(3).random()
    True
    """
    if isinstance(rng, random.Random):
        return rng
    if rng is None or _is_whole(rng):
        return random.Random(rng if rng is None else int(rng))
    if isinstance(rng, np.random.Generator):
        return random.Random(int(rng.integers(2**63)))
    raise TypeError(f"rng is an int, a random.Random or a NumPy Generator, not {type(rng).__name__}")


# What every room asks of a number; and what Python and NumPy ask of a Value.


def as_float(data: Any) -> float:
    """`data` as a float, if it is one real number: of Python, of NumPy, or the one entry of an array without axes.

    >>> from fractions import Fraction
    >>> as_float(np.float32(0.5)), as_float(Fraction(1, 4)), as_float(np.array(2))
    (0.5, 0.25, 2.0)
    """
    if hasattr(data, "as_integer_ratio") or (  # int, float, Fraction, Decimal
        getattr(data, "shape", None) == () and getattr(data.dtype, "kind", "") in ("b", "i", "u", "f")
    ):
        return float(data)
    hint = "; for arrays there are the matrix and replay routes" if hasattr(data, "__array__") else ""
    hint = "; take one of its entries, as y[0]" if isinstance(data, (list, tuple)) else hint
    raise TypeError(f"a Value holds one real number, not {type(data).__name__}{hint}")


def entrywise(f: Callable[..., Any], x: Sequence[Any], method: str = "__call__", **options: Any) -> Any:
    """f, or a NumPy ufunc, on the entries of arrays and numbers: an array of objects, or one object."""
    ufunc = f if isinstance(f, np.ufunc) else np.frompyfunc(f, len(x), 1)
    return getattr(ufunc, method)(*(np.asarray(v).astype(object) for v in x), **options)


class _Elsewhere:
    """A name that others have for something: it says what to write here. A subclass may give it a meaning."""

    def __init__(self, hint: str) -> None:
        self.hint = hint

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, thing: Any, owner: type) -> NoReturn:
        raise AttributeError(f"{owner.__name__} has no attribute {self.name!r}; {self.hint}")


class NetworkHabits:
    """What a scalar network answers to the names that other libraries have for what it does."""

    fit = _Elsewhere("training.fit(mlp, X, Y, loss=…) trains it")
    forward = _Elsewhere("write mlp(x), or mlp.trace(x), which keeps every z and a")
    predict = _Elsewhere("training.predict(mlp, X) gives the answers for the rows of X")
    weights = _Elsewhere("MatrixMLP.from_scalar(mlp).W[l] are those of layer l")
    biases = _Elsewhere("MatrixMLP.from_scalar(mlp).b[l] are those of layer l")


class Habits:
    """What a Value answers where a number is expected: its digits, an array of Values, or what to write instead."""

    __slots__ = ()
    sigmoid, silu = (_Elsewhere(f"it is called {ALIASES[name]} here") for name in ("sigmoid", "silu"))
    backwards = _Elsewhere("did you mean backward?")
    value = _Elsewhere("its number is v.data")
    gradient = _Elsewhere("after backward() it is v.grad")
    if TYPE_CHECKING:
        data: float
        __rules__: ClassVar[Any]

        def __getattr__(self, name: str) -> Callable[..., Any]: ...  # the rows of one input are methods, see `value`

    def __bool__(self) -> bool:
        raise TypeError("a Value is neither true nor false; write v.data != 0, or compare: v > 0")

    def __float__(self) -> float:
        raise TypeError("a Value is no float, its graph would be lost; write v.data, or exp(v) for math.exp(v)")

    __int__ = __float__

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.data, digits)

    def __array_ufunc__(self, ufunc: Any, method: str, *x: Any, **options: Any) -> Any:
        """The row of the table by that name, else what Python's operators give; of arrays entry by entry."""
        name = NUMPY.get(ufunc.__name__, ufunc.__name__)
        row = getattr(self.__rules__, name, None)
        if not row and not any("O" in types for types in ufunc.types):
            raise TypeError(f"NumPy's {ufunc.__name__} reads numbers, a Value is none: give it v.data")
        x = tuple(v.item() if isinstance(v, np.ndarray) and not v.ndim else v for v in x)
        one = row or getattr(operator, name, None)
        if one and method == "__call__" and not options and not any(isinstance(v, np.ndarray) for v in x):
            return one(*x)
        return entrywise(row or ufunc, x, method, **options)


@contextmanager
def pause_gc() -> Iterator[None]:
    """Let Python's cyclic collector rest inside `with pause_gc():`; afterwards it is as it was found.

    It walks all that is alive again and again while a graph grows, and finds nothing: a graph has no reference cycles,
    and is freed without it. Pauses may be nested, and an exception ends them too. The collector is one for the whole
    process, so cyclic garbage of other code waits until the pause is over.

    >>> import gc
    >>> from tinygrad_scalar import Value
    >>> with pause_gc():
    ...     y = sum(Value(x) ** 2 for x in range(100)); y.backward(); gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


furnish(sys.modules[__name__.rpartition(".")[0]])  # the package, whose rooms all import this one
