"""Pictures."""

from .curves import draw_curves
from .explanation import Explanation, explain
from .graph import draw_graph
from .picture import Picture
from .steps import draw_steps

__all__ = ["Explanation", "Picture", "draw_curves", "draw_graph", "draw_steps", "explain"]
