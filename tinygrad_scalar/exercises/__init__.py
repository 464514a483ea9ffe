"""A student hands in a function and is told what is right about it, or where it goes wrong."""

from .answers import Answer
from .check import ANSWERS, TASKS, check

__all__ = [
    "ANSWERS",
    "TASKS",
    "Answer",
    "check",
]
