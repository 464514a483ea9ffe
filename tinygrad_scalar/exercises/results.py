"""Exercises whose answer is a number or an array: read against the right function, and against the usual wrong ones.

Such a task is a function that does it right, whose docstring is what the student reads; cases to try it on; and slips,
each the function as it is often written. A slip is named only if it explains every case, to the last digits.

>>> def double(x):
...     '''Write double(x): twice the number.'''
...     return 2 * x
>>> task = Task(double, [{"x": 2.0}, {"x": 3.0}], {"x is squared": lambda x: x**2})
>>> read(task, lambda x: x * x)
['double(2) gives 4, as it should; double(3) gives 9, it should give 6; it looks like this: x is squared']
>>> read(task, lambda x: x + x)
[]
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..checking.comparison import EXACT
from .answers import Wrong, apart, array, ask_untouched, number, returned

FEW = 8  # entries of an array that are shown as they are


@dataclass(frozen=True)
class Task:
    """What is to be written.

    Attributes
    ----------
    right : callable
        An answer; its docstring is the task.
    cases : sequence of dict
        Arguments by name.
    slips : mapping of str to callable
        Wrong answers by what is wrong with them, the likeliest first.
    layout : str
        The shape of a result that is an array, in letters.
    tolerance : float
        How far a result may be from the right one, beside 1 plus its size.
    """

    right: Callable[..., Any]
    cases: Sequence[Mapping[str, Any]]
    slips: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    layout: str = "the shape"
    tolerance: float = EXACT


def read(task: Task, function: Callable[..., Any]) -> list[str]:
    """What is wrong with a student's function, a sentence, or nothing."""
    name, given, said = task.right.__name__, [], ""
    first_right = ""
    for case in task.cases:
        call = f"{name}({', '.join(_given(*argument) for argument in case.items())})"
        expected = _parts(task.right(*case.values()))
        result = ask_untouched(function, call, **case)
        found = _alike(result, expected, call, task.layout)
        given.append(found)
        if said:
            continue
        if wrong := _first_difference(found, expected, task.tolerance):
            yours, theirs = wrong
            said = f"{call} gives {yours}, it should give {theirs}"
        elif not first_right:
            first_right = f"{call} gives {_shown(found[0])}, as it should; " if len(found) == 1 else ""
    if not said:
        return []
    return [f"{first_right}{said}{_named(task, given)}"]


def _named(task: Task, given: Sequence[Sequence[Any]]) -> str:
    """The slip that gives the same on every case."""
    for words, slip in task.slips.items():
        try:
            results = [_parts(slip(*case.values())) for case in task.cases]
            if all(
                len(one) == len(other) and all(_same(x, y, task.tolerance) for x, y in zip(one, other, strict=True))
                for one, other in zip(given, results, strict=True)
            ):
                return f"; it looks like this: {words}"
        except Exception:  # where the student's function does not stop, it is another slip
            continue
    return ""


def _parts(result: Any) -> list[Any]:
    """A result as numbers and arrays: one, or those of a tuple."""
    return [np.asarray(part, dtype=float) for part in (result if isinstance(result, tuple) else (result,))]


def _alike(result: Any, expected: Sequence[Any], call: str, layout: str) -> list[Any]:
    """A student's result in the form of the right one."""
    if len(expected) > 1:
        if not isinstance(result, (tuple, list)) or len(result) != len(expected):
            got = f"{len(result)} things" if isinstance(result, (tuple, list)) else returned(result)
            raise Wrong(f"{call} gives {got}, it should give {len(expected)}")
        results = list(result)
    else:
        results = [result]
    if result is None:
        raise Wrong(f"{call} gives {returned(result)}")
    return [
        array(one, right.shape, f"what {call} gives", layout, finite=False)  # nan is wrong, a slip may explain it
        if right.ndim
        else np.asarray(number(one, f"what {call} gives"))
        for one, right in zip(results, expected, strict=True)
    ]


def _first_difference(found: Sequence[Any], expected: Sequence[Any], tolerance: float) -> tuple[str, str] | None:
    """Yours and theirs, where they differ first."""
    for k, (one, other) in enumerate(zip(found, expected, strict=True)):
        if _same(one, other, tolerance):
            continue
        which = f"its {('first', 'second', 'third')[k]} result " if len(found) > 1 else ""
        if not one.ndim:
            yours, theirs = apart(float(one), float(other))
            return f"{which}{yours}", theirs
        at = tuple(np.argwhere(~_close(one, other, tolerance))[0].tolist())
        yours, theirs = apart(float(one[at]), float(other[at]))
        return f"{which}{yours} at index {list(at)}", theirs
    return None


def _close(one: Any, other: Any, tolerance: float) -> Any:
    with np.errstate(all="ignore"):
        return (
            (np.abs(one - other) <= tolerance * (1.0 + np.abs(other)))
            | ((one != one) & (other != other))
            | np.equal(one, other)
        )


def _same(one: Any, other: Any, tolerance: float) -> bool:
    return one.shape == other.shape and bool(_close(one, other, tolerance).all())


def _given(name: str, x: Any) -> str:
    """An argument in a call: a function by its own name, unless only Python calls it so, as it does __matmul__."""
    if callable(x):
        own = str(getattr(x, "__name__", name))
        return name if own.startswith("__") else own.strip("_")
    return _shown(x)


def _shown(x: Any) -> str:
    if isinstance(x, (list, tuple)) and not all(np.ndim(part) == 0 and part is not None for part in x):
        return "[…]"
    x = np.asarray(x)
    if not x.ndim:
        return f"{x.item():.6g}" if x.dtype.kind in "fiu" else str(x.item())
    if x.ndim == 1 and x.size <= FEW:
        return f"({', '.join(f'{entry:.4g}' for entry in x.tolist())})"
    return f"[{' × '.join(map(str, x.shape))}]"
