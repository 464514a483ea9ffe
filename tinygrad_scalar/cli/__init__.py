"""The command tinygrad-scalar."""

from .program import main

__all__ = [
    "main",
]
