"""Pictures."""

from .curves import draw_curves
from .spectrum import draw_spectrum
from .steps import draw_steps

__all__ = ["draw_curves", "draw_spectrum", "draw_steps"]
