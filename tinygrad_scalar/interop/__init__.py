"""Networks of others: what scikit-learn or PyTorch has trained, here and back; each is loaded when asked for."""

from .agreement import NoCounterpart
from .pytorch import from_torch, to_torch
from .scikit_learn import from_sklearn

__all__ = ["NoCounterpart", "from_sklearn", "from_torch", "to_torch"]
