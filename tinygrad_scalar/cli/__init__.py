"""The command tinygrad-scalar."""

from .parser import main

__all__ = [
    "main",
]
