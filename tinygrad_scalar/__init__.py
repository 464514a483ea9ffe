"""Backpropagation, made visible and checkable: a scalar autodiff engine, and the matrix equations it agrees with."""

from .collector import pause_gc
from .derivatives import grad, hessian, hvp, value_and_grad
from .nn import MLP, Layer, Neuron, Trace
from .value import (
    Value,
    apply,
    cos,
    elu,
    exp,
    gelu,
    leaky_relu,
    log,
    logistic,
    logsumexp,
    maximum,
    minimum,
    relu,
    sin,
    softplus,
    sqrt,
    swish,
    tanh,
    total,
    where,
)

__version__ = "0.2.0"

__all__ = [
    "MLP",
    "Layer",
    "Neuron",
    "Trace",
    "Value",
    "apply",
    "cos",
    "elu",
    "exp",
    "gelu",
    "grad",
    "hessian",
    "hvp",
    "leaky_relu",
    "log",
    "logistic",
    "logsumexp",
    "maximum",
    "minimum",
    "pause_gc",
    "relu",
    "sin",
    "softplus",
    "sqrt",
    "swish",
    "tanh",
    "total",
    "value_and_grad",
    "where",
]
