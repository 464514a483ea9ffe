"""What a person sees of a training that runs, and how it is stopped: a bar, a line, Ctrl-C."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from .checkpoints import Progress
from .history import History

Callback = Callable[[History], Any]


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
    notebook = _in_notebook()
    if progress is False or (progress is None and not (sys.stderr.isatty() or notebook)):
        return Reporter(lambda: None, lambda history: None, lambda: None)
    if notebook and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm
    else:
        from tqdm import tqdm

    done = len(state.history) * steps + -(-state.seen * steps // max(len(state.order), 1))
    bar = tqdm(total=epochs * steps, initial=done, unit="step")

    def report(history: History) -> None:
        share = f", accuracy {history.accuracy[-1]:.3f}" if np.isfinite(history.accuracy[-1]) else ""
        bar.set_postfix_str(f"epoch {len(history)}, E {history.E[-1]:.4f}{share}")

    return Reporter(bar.update, report, bar.close)


def _in_notebook() -> bool:
    """Whether this is the kernel of a notebook, and not just a process that has heard of notebooks."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
