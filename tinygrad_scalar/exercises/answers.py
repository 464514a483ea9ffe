"""What a student's code did, in words: an exception, a None, a wrong shape are answers too, and none of them is raised.

>>> def halve(x):
...     return x / 0
>>> try:
...     ask(halve, "halve(1)", 1)
... except Wrong as wrong:
...     print(wrong)
halve(1) stops with ZeroDivisionError: division by zero (line 2: return x / 0)
"""

import copy
import textwrap
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array

HERE = str(Path(__file__).parent)


class Wrong(Exception):
    """Something in a student's answer is wrong; the message says what."""


@dataclass(frozen=True, repr=False)
class Answer:
    """What `exercises.check` answers: print it, or ask `right`; `findings` says what is wrong, a sentence each."""

    exercise: str
    findings: tuple[str, ...]
    praise: str = ""

    @property
    def right(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        if self.right:
            return textwrap.fill(f"✓ {self.exercise}: {self.praise}", 110, subsequent_indent="    ")
        lines = [
            textwrap.fill(finding, 110, initial_indent="  ", subsequent_indent="    ") for finding in self.findings
        ]
        return "\n".join([f"✗ {self.exercise}: not yet.", *lines])

    __repr__ = __str__


def ask(function: Callable[..., Any], call: str, *arguments: Any) -> Any:
    """function(*arguments), its exceptions as a sentence; `call` says what was called."""
    try:
        return function(*arguments)
    except Wrong:
        raise
    except (Exception, SystemExit) as error:
        last = traceback.format_exception_only(error)[-1].strip()
        raise Wrong(f"{call} stops with {_first_line(last)}{_place(error)}") from error


def ask_untouched(function: Callable[..., Any], call: str, **arguments: Any) -> Any:
    """The same with arguments that the function must leave as they are; it is given copies."""
    given = {name: copy.deepcopy(part) for name, part in arguments.items()}
    result = ask(function, call, *given.values())
    for name, part in arguments.items():
        if (changed := _changed(part, given[name])) is not None:
            raise Wrong(
                f"{call} changes {name}{changed}, which it was given; write into arrays of your own "
                f"(X = X * c makes a new one, X *= c does not)"
            )
    return result


def by_layer(parts: Any, shapes: Sequence[tuple[int, ...]], name: str, layout: str) -> list[Any]:
    """A student's list of arrays by layer, None at index 0, of these shapes for ℓ = 1…L, `layout` in letters."""
    L = len(shapes)
    if not isinstance(parts, (list, tuple)):
        raise Wrong(f"{name} is {returned(parts)}; a list is wanted, indexed by ℓ = 1…{L}, with None at index 0")
    if len(parts) != L + 1 or parts[0] is not None:
        first = f" and {kind(parts[0])} at index 0" if parts and parts[0] is not None else ""
        wanted = f"it should have {L + 1}, indexed by ℓ = 1…{L}, with None at index 0"
        raise Wrong(f"{name} has {len(parts)} {'entry' if len(parts) == 1 else 'entries'}{first}; {wanted}")
    return [None, *(array(parts[l], shapes[l - 1], f"{name}[{l}]", layout) for l in range(1, L + 1))]


def array(x: Any, shape: tuple[int, ...], name: str, layout: str, *, finite: bool = True) -> Array:
    """A student's array of real numbers of this shape, in float64; they are to be `finite`, or may be anything."""
    try:
        found = np.asarray(x)
    except Exception as error:
        raise Wrong(f"{name} is {kind(x)} that makes no array: {_first_line(str(error))}") from error
    if found.dtype.kind not in "fiub":
        inside = f"holds {kind(found.flat[0])}" if found.ndim and found.size else f"is {kind(x)}"
        raise Wrong(f"{name} {inside}; real numbers are wanted")
    if found.shape != shape:
        transposed = "; it lies transposed" if found.shape == shape[::-1] else ""
        raise Wrong(f"{name} has shape {found.shape}, it should have {layout} = {shape}{transposed}")
    if finite and not np.isfinite(found).all():
        at = tuple(np.argwhere(~np.isfinite(found))[0].tolist())
        raise Wrong(f"{name} is not finite: it is {found[at]} at index {at}")
    return found.astype(float)


def number(x: Any, name: str) -> float:
    """A student's number."""
    try:
        return float(x)
    except Exception as error:
        raise Wrong(f"{name} is {kind(x)}, not a number") from error


def apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers, with as many digits as show that they differ, six at least.

    >>> apart(1.5, 2.0), apart(0.1234567, 0.1234568)
    (('1.5', '2'), ('0.1234567', '0.1234568'))
    """
    spelled = ((f"{one:.{digits}g}", f"{other:.{digits}g}") for digits in range(6, 18))
    return next((pair for pair in spelled if pair[0] != pair[1]), (repr(one), repr(other)))


def returned(x: Any) -> str:
    """What a function returned, and for None the likely reason."""
    return f"{kind(x)} (is a return missing?)" if x is None else kind(x)


def kind(x: Any) -> str:
    """What x is, with its article; None has no other name."""
    name = type(x).__name__
    return (
        "None" if x is None else f"{'an' if name.lower().startswith(('a', 'e', 'i', 'o', 'u', 'nd')) else 'a'} {name}"
    )


def _changed(before: Any, after: Any) -> str | None:
    """The index of what differs, "" for the whole; None if nothing does."""
    if isinstance(before, list):
        if not isinstance(after, list) or len(after) != len(before):
            return ""
        inner = (_changed(x, y) for x, y in zip(before, after, strict=True))
        return next((f"[{l}]{where}" for l, where in enumerate(inner) if where is not None), None)
    if not isinstance(before, np.ndarray):  # a number, a text, a function: nothing that can be written into
        return None if type(before) is type(after) else ""
    return None if isinstance(after, np.ndarray) and np.array_equal(before, after) else ""


def _place(error: BaseException) -> str:
    """The line of the student's own file that the exception passed last."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(HERE)]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    if not own or isinstance(error, RecursionError):
        return ""
    line = f": {own[-1].line}" if own[-1].line else ""
    return f" (line {own[-1].lineno}{line})"


def _first_line(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return line if len(line) < 200 else line[:200] + "…"
