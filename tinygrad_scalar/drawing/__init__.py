"""Pictures."""

from .figures.backprop import draw_backprop
from .figures.network import draw_network
from .figures.neuron import draw_neuron
from .graphs.explanation import Explanation, explain
from .graphs.graph import draw_graph
from .picture import Picture
from .player.player import Player, play
from .playgrounds.playground import playground
from .plots.boundary import draw_decision_boundary
from .plots.confusion import draw_confusion
from .plots.curves import draw_curves, draw_gradient_norms
from .plots.descent import draw_descent
from .plots.images import draw_first_layer, draw_input_gradient
from .plots.own import draw_figure
from .plots.race import draw_race
from .plots.spectrum import draw_spectrum
from .plots.step_sizes import draw_steps
from .worksheets.worksheet import Worksheet, worksheet

__all__ = [
    "Explanation",
    "Picture",
    "Player",
    "Worksheet",
    "draw_backprop",
    "draw_confusion",
    "draw_curves",
    "draw_decision_boundary",
    "draw_descent",
    "draw_figure",
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
    "playground",
    "worksheet",
]
