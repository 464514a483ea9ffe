"""What commands say: in lines as wide as the terminal, and in letters that its encoding has.

>>> print(in_lines("    one two three four", 14))
    one two
      three
      four
>>> "η = 10⁻³ → ½, café".encode("ascii", READABLE)
b'eta = 10^-3 -> 1/2, cafe'
"""

import argparse
import codecs
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import takewhile
from typing import Any, NoReturn, TextIO

from ..arguments import meant

PROSE = 88  # characters of a line that are read with ease
READABLE = "readable letters"  # how errors of an encoding are handled
INSTEAD = {"→": "->", "←": "<-", "×": "x", "·": ".", "−": "-", "─": "-", "│": "|", "≤": "<=", "≥": ">=", "≠": "!=",
           "√": "sqrt", "∞": "inf", "∂": "d", "∇": "grad ", "Σ": "Sum", "‖": "||", "⊗": "*", "′": "'", "–": "-",
           "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "⏎": "[Enter]", "✓": "yes", "✗": "no",
           "λ": "lambda", "⁄": "/"}  # fmt: skip


def say(text: object = "", *, file: TextIO | None = None) -> None:
    """Print, at once; where it goes to a terminal, in lines that fit."""
    stream = file or sys.stdout
    at_a_terminal = stream is not None and stream.isatty()
    print(in_lines(str(text), columns()) if at_a_terminal else text, file=stream, flush=True)


def columns() -> int:
    """How many characters a line takes: one less than the terminal has, some break the line after the last."""
    return max(20, shutil.get_terminal_size().columns) - 1


def prose(text: str) -> str:
    """Sentences in lines that fit, and are no longer than is read with ease."""
    return textwrap.fill(text, min(columns(), PROSE), break_on_hyphens=False)


def in_lines(text: str, width: int) -> str:
    """Text in lines that fit: broken at blanks alone, what follows is indented; rows of tables keep their blanks."""
    lines = []
    for line in text.split("\n"):
        indent = line[: min(len(line) - len(line.lstrip()), width // 2)]
        if len(line) > width and len(set(line.strip())) == 1:  # a rule
            line = line[:width]
        fits = len(line) <= width
        parts = textwrap.wrap(
            line.strip(),
            width,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            replace_whitespace=False,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines += [line] if fits else parts
    return "\n".join(lines)


class Help(argparse.HelpFormatter):
    """Help whose names with hyphens, of data and of optimisers, are not torn apart."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """A parser that suggests what may be meant by a name that is none of the choices."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end the program with exit code 2."""
        if found := re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message):
            guess = meant(found[1], re.findall(r"[\w-]+", found[2]))
            message += f"; did you mean {guess}?" if guess else ""
        super().error(message)


class Command(Parser):
    """The parser of one command, which knows its options, and suggests which may be meant."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Refuse what is no option here, before its value is taken for something else; and parse."""
        options = re.findall(r"--[\w-]+", self.format_usage())
        for argument in takewhile(lambda argument: argument != "--", args or ()):
            name = argument.partition("=")[0]
            if name.startswith("--") and not any(option.startswith(name) for option in ("--help", *options)):
                guess = meant(name, options)
                self.error(f"there is no option {name} here" + (f"; did you mean {guess}?" if guess else ""))
        return super().parse_known_args(args, namespace)


@contextmanager
def readable_letters() -> Iterator[None]:
    """Inside, a letter that the encoding of an output lacks becomes one that can be read, and never an error."""
    streams = [(s, s.errors) for s in (sys.stdout, sys.stderr) if hasattr(s, "reconfigure")]
    for stream, _ in streams:
        stream.reconfigure(errors=READABLE)
    try:
        yield
    finally:
        for stream, errors in streams:
            with suppress(OSError, ValueError):  # it may be closed
                stream.reconfigure(errors=errors)


def _readable(error: UnicodeError) -> tuple[str, int]:
    """What is written for letters that an encoding lacks, and where to go on: after fewer blanks, for a table."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    said, raised = "", ""
    for letter in error.object[error.start : error.end]:
        kind, _, _ = unicodedata.decomposition(letter).partition(" ")
        mark = {"<super>": "^", "<sub>": "_"}.get(kind, "")
        said += (mark if mark != raised else "") + _spelled(letter)
        raised = mark
    after = error.object[error.end :]
    blanks, longer = len(after) - len(after.lstrip(" ")), len(said) - (error.end - error.start)
    return said, error.end + max(0, min(longer, blanks - 2))


def _spelled(letter: str) -> str:
    """A letter in ASCII: by its name in Greek, without its accents, or ?.

    >>> [_spelled(letter) for letter in "σΔéℓ目"]
    ['sigma', 'Delta', 'e', 'l', '?']
    """
    family, _, name = unicodedata.name(letter, "").rpartition(" LETTER ")
    if letter not in INSTEAD and family.startswith("GREEK") and name.isalpha():
        return name.lower() if family.endswith("SMALL") else name.capitalize()
    plain = INSTEAD.get(letter) or "".join(INSTEAD.get(x, x) for x in unicodedata.normalize("NFKD", letter))
    return "".join(x for x in plain if x.isascii()) or "?"


codecs.register_error(READABLE, _readable)


def lacks(stream: Any, text: str) -> bool:
    """Whether the encoding of an output lacks letters of a text."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return True
    return False
