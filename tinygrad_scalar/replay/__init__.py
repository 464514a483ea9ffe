"""A scalar graph, recorded once for one example, runs for a whole batch in a few NumPy calls."""

from .replay import Replay, record

__all__ = [
    "Replay",
    "record",
]
