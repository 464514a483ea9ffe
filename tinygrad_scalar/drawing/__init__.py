"""Pictures."""

from .curves import draw_curves
from .steps import draw_steps

__all__ = ["draw_curves", "draw_steps"]
