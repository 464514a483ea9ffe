"""σ bends: without it, layers in a row were one layer.

**To add an activation**, add its row to `ops.OPS`: any row with one input can bend a neuron.
"""

import inspect

from .ops import OPS
from .value import Value, apply, logsumexp

ACTIVATIONS = ("identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "softplus", "swish", "gelu")


def bend(activation: str, z: list[Value]) -> list[Value]:
    """a = σ(z) for the neurons of one layer; softmax is the one that needs them all: a_k = exp(z_k − lse(z))."""
    if activation == "identity":
        return z
    if activation == "softmax":
        lse = logsumexp(z)
        return [(z_k - lse).exp() for z_k in z]
    if activation == "relu":
        return [z_k.relu() for z_k in z]
    return [apply(activation, z_k) for z_k in z]


def known(activation: str) -> str:
    """The name, if it is one of an activation."""
    unary = activation in OPS and len(inspect.signature(OPS[activation].value).parameters) == 2
    if activation in ("identity", "softmax") or (unary and activation not in ("total", "logsumexp")):
        return activation
    raise ValueError(
        f"unknown activation {activation!r}; there are {', '.join(ACTIVATIONS)}, and softmax at the output"
    )
