"""The command line: train a network, use it, check that its gradients are right, and see them come about."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from .. import __version__
from ..training.divergence import DivergenceError
from . import check, draw, play, playground, predict, race, tour, train, worksheet
from .options import FAREWELL
from .terminal import Command, Help, Parser, readable_letters, say

COMMANDS = (tour, train, predict, race, check, draw, play, playground, worksheet)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    with readable_letters():
        try:
            return _run(_parser().parse_args(argv))
        except BrokenPipeError:  # the reader of our output has seen enough; nobody hears what is still in the buffer
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141
        except (DivergenceError, OverflowError) as error:
            _complain(error)
            return 1
        except (ValueError, OSError, ImportError, RuntimeError) as error:
            _complain(error)
            return 2
        except KeyboardInterrupt as stopped:
            if sys.stderr and sys.stderr.isatty():
                say(file=sys.stderr)  # the terminal has written ^C
            _complain(stopped if stopped.args else "stopped")
            return 130


def _run(arguments: argparse.Namespace) -> int:
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *where: _complain(f"note: {message}")
        code = int(arguments.run(arguments))
        if sys.stdout:
            sys.stdout.flush()
        return code


def _complain(what: object) -> None:
    say(f"tinygrad-scalar: {what}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="tinygrad-scalar", description=__doc__, epilog=FAREWELL, formatter_class=Help)
    parser.add_argument("--version", action="version", version=f"tinygrad_scalar {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", parser_class=Command)
    for command in COMMANDS:
        command.add_to(subparsers)
    parser.set_defaults(run=tour.run, out=None, overwrite=False)
    return parser
