"""Pictures."""

from .curves import draw_curves

__all__ = ["draw_curves"]
