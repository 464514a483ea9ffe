"""Pictures."""

from .backprop import draw_backprop
from .boundary import draw_decision_boundary
from .confusion import draw_confusion
from .curves import draw_curves, draw_gradient_norms
from .explanation import Explanation, explain
from .graph import draw_graph
from .images import draw_first_layer, draw_input_gradient
from .network import draw_network
from .neuron import draw_neuron
from .picture import Picture
from .player import Player, play
from .race import draw_race
from .spectrum import draw_spectrum
from .steps import draw_steps

__all__ = [
    "Explanation",
    "Picture",
    "Player",
    "draw_backprop",
    "draw_confusion",
    "draw_curves",
    "draw_decision_boundary",
    "draw_first_layer",
    "draw_gradient_norms",
    "draw_graph",
    "draw_input_gradient",
    "draw_network",
    "draw_neuron",
    "draw_race",
    "draw_spectrum",
    "draw_steps",
    "explain",
    "play",
]
