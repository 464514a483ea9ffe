"""σ bends: without it, layers in a row were one layer.

**To add an activation**, add its row to `ops.OPS`: any row with one input can bend a neuron.
"""

from typing import Any, NoReturn

from .arguments import meant
from .ops import OPS, inputs
from .value import Value, apply, softmax

ACTIVATIONS = ("identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "softplus", "swish", "gelu")


class Outputs(list[Value]):
    """What the neurons of a layer give, a list also of one; it says so where it is taken for a number.

    >>> Outputs([Value(2.0)]) - 1.0
    Traceback (most recent call last):
    TypeError: this is a list of 1 output, one a neuron, and no number: take one of them, as y[0]
    """

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(self._say() if hasattr(Value, name) else f"a list has no attribute {name!r}")

    def __add__(self, other: Any) -> Any:
        return super().__add__(other) if isinstance(other, list) else self._refuse(other)

    def _refuse(self, *other: Any) -> NoReturn:
        raise TypeError(self._say())

    def _say(self) -> str:
        what = f"a list of {len(self)} output{'s' * (len(self) != 1)}, one a neuron, and no number"
        return f"this is {what}: take one of them, as y[0]"


for _name in ("radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg"):
    setattr(Outputs, f"__{_name}__", Outputs._refuse)


def bend(activation: str, z: list[Value]) -> list[Value]:
    """a = σ(z) for the neurons of one layer; softmax is the one that needs them all."""
    if activation == "identity":
        return z
    if activation == "softmax":
        return Outputs(softmax(z))
    if activation == "relu":
        return Outputs(z_k.relu() for z_k in z)
    return Outputs(apply(activation, z_k) for z_k in z)


def known(activation: Any) -> str:
    """The name, if it is one of an activation."""
    if not isinstance(activation, str):
        name = getattr(activation, "__name__", "tanh")
        raise TypeError(f"an activation is given by its name, as {name!r}, not as {activation!r}")
    if activation in ("identity", "softmax") or (activation in OPS and len(inputs(activation)) == 1):
        return activation
    name = meant(activation, (*ACTIVATIONS, "softmax"))
    if name:
        raise ValueError(f"unknown activation {activation!r}; it is called {name} here")
    raise ValueError(
        f"unknown activation {activation!r}; there are {', '.join(ACTIVATIONS)}, and softmax at the output"
    )
