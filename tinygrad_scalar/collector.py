"""Python's cyclic collector, and how to let it rest while graphs grow that have no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
