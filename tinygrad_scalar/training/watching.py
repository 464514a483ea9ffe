"""What a person sees of a training that runs, and how it is stopped: a bar, a line, Ctrl-C."""

import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from .checkpoints import Progress
from .history import History, told

Callback = Callable[[History], Any]
NARROW = 64  # columns of a terminal in which a bar has no place for the accuracy


@contextmanager
def ctrl_c() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, once; a second Ctrl-C interrupts as ever. Only the main thread hears signals."""
    event, before = threading.Event(), signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and before is signal.default_int_handler

    def first(number: int, frame: Any) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)

    if ours:
        signal.signal(signal.SIGINT, first)
    try:
        yield event
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)


class Reporter(NamedTuple):
    """What to do after each step, after each epoch, and at the end."""

    step: Callable[[], Any]
    epoch: Callback
    close: Callable[[], Any]


def reporter(progress: bool | Callback | None, epochs: int, steps: int, state: Progress) -> Reporter:
    """A bar of so many epochs of so many steps, a function of the history, or nothing."""
    if callable(progress):
        return Reporter(lambda: None, progress, lambda: None)
    if progress is False or (progress is None and not bar_is_seen()):
        return Reporter(lambda: None, lambda history: None, lambda: None)
    done = len(state.history) * steps + -(-state.seen * steps // max(len(state.order), 1))
    shown = bar(epochs * steps, done)

    def report(history: History) -> None:
        share = f", accuracy {history.accuracy[-1]:.3f}" if np.isfinite(history.accuracy[-1]) else ""
        share = share if shutil.get_terminal_size().columns >= NARROW else ""
        shown.set_description_str(f"epoch {len(history)}/{epochs}, E {told(history.E[-1])}{share} ")

    return Reporter(shown.update, report, shown.close)


def bar_is_seen() -> bool:
    """Whether there is a bar, which tqdm draws, and somebody who sees it: at a terminal, or in a notebook."""
    seen = sys.stderr is not None and (sys.stderr.isatty() or _in_notebook())
    return seen and find_spec("tqdm") is not None


def bar(total: int, done: int = 0) -> Any:
    """A bar as wide as the terminal, with what is said beside it and the time that is left; tqdm's, by its methods."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise ImportError("the bar is tqdm's: pip install 'tinygrad_scalar[train]', or progress=False") from None
    if _in_notebook() and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm

        return tqdm(total=total, initial=done)
    return tqdm(total=total, initial=done, bar_format="{desc}|{bar}| {elapsed}<{remaining}", dynamic_ncols=True)


def _in_notebook() -> bool:
    """Whether this is the kernel of a notebook, and not just a process that has heard of notebooks."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
