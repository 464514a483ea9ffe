"""The command line: train a network, use it, check that its gradients are right, and see them come about."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from .. import __version__
from ..training.divergence import DivergenceError
from . import check, draw, play, predict, race, tour, train
from .options import FAREWELL

COMMANDS = (tour, train, predict, race, check, draw, play)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *where: print(f"tinygrad-scalar: note: {message}", file=sys.stderr)
            code = int(arguments.run(arguments))
            sys.stdout.flush()
            return code
    except BrokenPipeError:  # the reader of our output has seen enough; nobody hears what is still in the buffer
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (DivergenceError, OverflowError) as error:
        print(f"tinygrad-scalar: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f"tinygrad-scalar: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stopped:
        print(f"tinygrad-scalar: {stopped or 'stopped'}", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tinygrad-scalar", description=__doc__, epilog=FAREWELL)
    parser.add_argument("--version", action="version", version=f"tinygrad_scalar {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(subparsers)
    parser.set_defaults(run=tour.run, out=None)
    return parser
