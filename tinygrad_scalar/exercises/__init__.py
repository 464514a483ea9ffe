"""A student hands in a function and is told what is right about it, or where it goes wrong."""

from .answers import Answer
from .check import TASKS, check

__all__ = [
    "TASKS",
    "Answer",
    "check",
]
