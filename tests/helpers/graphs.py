"""A small graph to draw."""

from tinygrad_scalar import MLP, Value, losses


def network():
    """A 2-2-1 network with its loss, differentiated."""
    mlp = MLP(2, [2, 1], "tanh", "tanh", rng=1)
    mlp.theta = [-0.52, 0.09, 0.21, 0.25, -0.13, -0.43, -0.97, 0.67, -0.24]
    E = losses.half_squared_error([Value(1.0, "y")], mlp([Value(0.5, "x_1"), Value(-1.0, "x_2")]))
    E.label = "E"
    E.backward()
    return mlp, E
