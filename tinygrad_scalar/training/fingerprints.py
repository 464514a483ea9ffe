"""Two trainings are the same if their settings and their numbers are: here both become short texts to compare.

A function is known by what it does and not by where it lies in memory: its compiled code (of this version of Python),
its defaults, and the variables that it takes from around it. Its source would not do: what is typed in a console has
none, two lambdas of one line have the same, and a comment changes it. Objects are known by the name of their class and
by their public attributes, arrays by a digest.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from .. import losses
from ..losses import Loss
from ..matrix import MatrixMLP
from ..objective import Objective

_ADDRESS = re.compile(" at 0x[0-9a-f]+")  # of an object, in its repr: it changes from run to run


def of_data(*objectives: Objective | None) -> str:
    """A digest of the examples, targets and sample weights: the same for the same data, to the bit."""
    parts = [(objective.X, objective.Y, objective.s) if objective else () for objective in objectives]
    return _digest(of_array(part) for three in parts for part in three)


def of_frozen(network: MatrixMLP) -> str:
    """The layers that are not in θ, and a digest of their numbers."""
    layers = sorted(network.frozen)
    numbers = _digest(of_array(part) for l in layers for part in (network.W[l], network.b[l]))
    return f"{layers} with {numbers}" if layers else "none"


def of_loss(loss: Loss) -> str:
    """The name of one of our losses; of another one what it does."""
    return losses.name(loss) if loss in losses.LOSSES.values() else of_setting(loss)


def of_array(array: Any) -> str:
    """Its shape, and a digest of its numbers."""
    numbers = np.asarray(array, dtype=float) if array.dtype.kind in "biuf" else np.asarray(array)
    return f"array of {array.shape} {hashlib.sha256(numbers.tobytes()).hexdigest()[:12]}"


def of_setting(x: Any, around: tuple[Any, ...] = ()) -> str:
    """A text that is the same for settings that do the same; `around` are the objects that x was found in.

    >>> of_setting(0.1) == of_setting(np.float64(0.1)), of_setting([1.0, "tanh", None])
    (True, "[1, 'tanh', None]")
    >>> of_setting(lambda t: 0.1 / (1 + t)) == of_setting(lambda t: 0.2 / (1 + t))
    False
    """
    if isinstance(x, np.generic):
        x = x.item()
    if any(x is outer for outer in around):
        return "itself"
    inside = (*around, x)
    if isinstance(x, (int, float)) and not isinstance(x, bool):
        return repr(float(x)).removesuffix(".0") if x == float(x) or x != x else repr(x)
    if isinstance(x, np.ndarray) and x.dtype.kind != "O":
        return of_setting(x.item(), around) if x.ndim == 0 else of_array(x)
    if isinstance(x, (list, tuple)):
        return f"[{', '.join(of_setting(part, inside) for part in x)}]"
    if isinstance(x, (set, frozenset)):
        return f"{{{', '.join(sorted(of_setting(part, inside) for part in x))}}}"
    if isinstance(x, Mapping):
        return f"{{{', '.join(sorted(f'{key!r}: {of_setting(value, inside)}' for key, value in x.items()))}}}"
    if isinstance(x, FunctionType):
        parts = [_code(x.__code__), x.__defaults__, x.__kwdefaults__, *_variables(x)]
        return f"{x.__name__} {_digest(of_setting(part, inside) for part in parts)}"
    if isinstance(x, MethodType):
        return f"{of_setting(x.__func__, inside)} of {of_setting(x.__self__, inside)}"
    if isinstance(x, type) or not hasattr(x, "__dict__"):
        return _ADDRESS.sub("", repr(x))
    return _of_object(x, inside)


def _of_object(x: Any, inside: tuple[Any, ...]) -> str:
    """The class and the public attributes, but for the state and what a dataclass leaves out of its repr."""
    hidden = {"state"} | ({field.name for field in fields(x) if not field.repr} if is_dataclass(x) else set())
    public = {k: v for k, v in vars(x).items() if k not in hidden and not k.startswith("_")}
    if {"func", "args", "keywords"} <= {*dir(x)}:  # functools.partial
        public |= {"func": x.func, "args": x.args, "keywords": x.keywords}
    call = getattr(type(x), "__call__", None)  # noqa: B004 (the function, not whether there is one)
    own = isinstance(call, FunctionType) and not type(x).__module__.startswith(f"{__package__.partition('.')[0]}.")
    does = f", {of_setting(call, inside)}" if own else ""
    return f"{type(x).__name__}({', '.join(f'{k}={of_setting(v, inside)}' for k, v in public.items())}{does})"


def _code(code: CodeType) -> list[Any]:
    """What a function does, without its place in a file."""
    constants = [_code(part) if isinstance(part, CodeType) else part for part in code.co_consts]
    return [code.co_code.hex(), constants, code.co_names, code.co_varnames, code.co_freevars]


def _variables(function: FunctionType) -> list[Any]:
    """What a function takes from around it: cells, and the numbers, arrays and functions of its own module."""
    cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    named = [function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__]
    plain = (int, float, str, list, tuple, np.ndarray, np.generic)
    ours = [x for x in named if isinstance(x, plain) or _is_of(x, function.__module__)]
    return [cells, ours]


def _names(code: CodeType) -> list[str]:
    """The names that a function reads, with those of the functions inside it."""
    inner = [name for part in code.co_consts if isinstance(part, CodeType) for name in _names(part)]
    return [*code.co_names, *inner]


def _is_of(x: Any, module: str) -> bool:
    return isinstance(x, FunctionType) and x.__module__ == module


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a variable that has no value yet
        return False


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]
