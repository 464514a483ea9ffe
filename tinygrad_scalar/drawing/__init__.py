"""Pictures."""

from .curves import draw_curves, draw_gradient_norms
from .race import draw_race
from .spectrum import draw_spectrum
from .steps import draw_steps

__all__ = ["draw_curves", "draw_gradient_norms", "draw_race", "draw_spectrum", "draw_steps"]
