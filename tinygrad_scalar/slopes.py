"""σ, σ′, σ″, dℒ/da and d²ℒ/da² once more, by hand: what the matrix side knows of derivatives.

Nothing here is shared with the table that the scalar engine differentiates by (`ops`): two derivations that agree are a
proof, one derivation read twice is not. The conventions at kinks are the same: relu′(0) = 0, |x|′(0) = 0,
leaky_relu′(0) = 0.01, and 0 at the hinge of the max-margin loss. A kink in the slope itself belongs to its curved side:
elu″(0) = 1, and the second derivative of the Huber loss is 1 up to and at |r| = 1. Slopes keep their digits where σ
saturates, but for tanh′ = 1 − a², the text's, which is known to 1e-16 and no better.

**To add an activation or a loss** to the matrix side, give `ACTIVATIONS` its (σ, σ′) or `DLOSS` its dℒ/da, under the
name that it has in the table or as a function; for second derivatives, `DDSIGMA` its σ″ or `DDLOSS` its d²ℒ/da².
"""

from typing import Any

import numpy as np


def _logistic(xp: Any, Z: Any) -> Any:
    e = xp.exp(xp.where(Z < 0, Z, -Z))  # of −|Z|, so that nothing overflows
    return xp.where(Z < 0, e, 1.0) / (1.0 + e)


def _relu(xp: Any, Z: Any) -> Any:
    """NumPy's `where` takes six times as long on signs that nobody can guess; JAX gives `maximum` the slope ½ at 0."""
    return xp.maximum(Z, 0.0) if xp is np else xp.where(Z <= 0, 0.0, Z)


def _gelu_parts(xp: Any, Z: Any) -> tuple[Any, ...]:
    """Z, 1 + tanh U, 1 − tanh U, U′ and U″ of gelu = ½ Z (1 + tanh U(Z)).

    Where tanh U is near ±1, a sum would lose the digits that an exponential keeps: 1 ± tanh U = 2 σ(±2U).
    """
    c, Z = np.sqrt(2.0 / np.pi), xp.where(xp.abs(Z) < 40.0, Z, xp.where(Z > 0, 40.0, -40.0))  # Z³ must not overflow
    U = c * (Z + 0.044715 * Z * Z * Z)
    dU, ddU = c * (1.0 + 3.0 * 0.044715 * Z * Z), c * 6.0 * 0.044715 * Z
    return Z, 2.0 * _logistic(xp, 2.0 * U), 2.0 * _logistic(xp, -2.0 * U), dU, ddU


def _gelu(xp: Any, Z: Any) -> Any:
    return 0.5 * Z * _gelu_parts(xp, Z)[1]


def _gelu_slope(xp: Any, Z: Any, A: Any) -> Any:
    Z, plus, minus, dU, _ = _gelu_parts(xp, Z)
    return 0.5 * plus + 0.5 * Z * plus * minus * dU  # tanh′ is (1 + tanh)(1 − tanh)


def _gelu_curvature(xp: Any, Z: Any, A: Any) -> Any:
    Z, plus, minus, dU, ddU = _gelu_parts(xp, Z)
    return plus * minus * (dU + 0.5 * Z * (ddU - (plus - minus) * dU**2))


def _ratio(xp: Any, Y: Any, A: Any) -> Any:
    """Y/A, and 0 where Y is 0."""
    return Y / xp.where(Y == 0, 1.0, A)


def _softmax(xp: Any, Z: Any) -> Any:
    e = xp.exp(Z - Z.max(axis=0))
    return e / e.sum(axis=0)


class Rules(dict[str, Any]):
    """Rules by the name of an activation or a loss; asked for what it has not, it says in a sentence what to do."""

    def __init__(self, what: str, rules: dict[str, Any]) -> None:
        super().__init__(rules)
        self.what = what

    def __missing__(self, name: str) -> Any:
        raise ValueError(f"the matrix side has no {self.what.format(name=repr(name), known=', '.join(self))}")


# fmt: off
ACTIVATIONS = Rules("σ and σ′ of {name}; it has {known}, and softmax at the output", {  # name: (σ(xp, Z), σ′(xp, Z, A) with A = σ(Z))
    "identity":   (lambda xp, Z: Z,                                  lambda xp, Z, A: xp.ones_like(Z)),
    "logistic":   (_logistic,                                        lambda xp, Z, A: A * _logistic(xp, -Z)),  # 1 − A, with all its digits
    "tanh":       (lambda xp, Z: xp.tanh(Z),                         lambda xp, Z, A: 1.0 - A * A),
    "relu":       (_relu,                                            lambda xp, Z, A: A > 0),
    "leaky_relu": (lambda xp, Z: xp.where(Z > 0, Z, 0.01 * Z),       lambda xp, Z, A: xp.where(Z > 0, 1.0, 0.01)),
    "elu":        (lambda xp, Z: xp.where(Z > 0, Z, xp.expm1(xp.where(Z > 0, 0.0 * Z, Z))),
                                                                     lambda xp, Z, A: xp.where(Z > 0, 1.0, xp.exp(xp.where(Z > 0, 0.0, Z)))),
    "softplus":   (lambda xp, Z: xp.where(Z > 0, Z, 0.0) + xp.log1p(xp.exp(xp.where(Z > 0, -Z, Z))),
                                                                     lambda xp, Z, A: _logistic(xp, Z)),
    "swish":      (lambda xp, Z: Z * _logistic(xp, Z),               lambda xp, Z, A: _logistic(xp, Z) * (1.0 + Z * _logistic(xp, -Z))),
    "gelu":       (_gelu,                                            _gelu_slope),
})
DLOSS = Rules("dℒ/da of {name}; put it into slopes.DLOSS, or take the scalar route", {  # name: dℒ/da(xp, Y, A)
    "half_squared_error":   lambda xp, Y, A: A - Y,
    "squared_error":        lambda xp, Y, A: 2.0 * (A - Y),
    "absolute_error":       lambda xp, Y, A: xp.sign(A - Y),
    "huber":                lambda xp, Y, A: xp.clip(A - Y, -1.0, 1.0),
    "max_margin":           lambda xp, Y, A: xp.where(Y * A < 1.0, -Y, 0.0),
    "cross_entropy":        lambda xp, Y, A: -_ratio(xp, Y, A),
    "binary_cross_entropy": lambda xp, Y, A: _ratio(xp, 1.0 - Y, 1.0 - A) - _ratio(xp, Y, A),
})
DDSIGMA = Rules("σ″ of {name}; put it into slopes.DDSIGMA, or take the scalar route", {  # name: σ″(xp, Z, A) with A = σ(Z)
    "identity":   lambda xp, Z, A: xp.zeros_like(Z),
    "logistic":   lambda xp, Z, A: -A * _logistic(xp, -Z) * xp.tanh(0.5 * Z),  # 2 A − 1 is tanh ½Z
    "tanh":       lambda xp, Z, A: -2.0 * A * (1.0 - A**2),
    "relu":       lambda xp, Z, A: xp.zeros_like(Z),
    "leaky_relu": lambda xp, Z, A: xp.zeros_like(Z),
    "elu":        lambda xp, Z, A: xp.where(Z > 0, 0.0, xp.exp(xp.where(Z > 0, 0.0, Z))),
    "softplus":   lambda xp, Z, A: _logistic(xp, Z) * _logistic(xp, -Z),
    "swish":      lambda xp, Z, A: _logistic(xp, Z) * _logistic(xp, -Z) * (2.0 + Z * (1.0 - 2.0 * _logistic(xp, Z))),
    "gelu":       _gelu_curvature,
})
DDLOSS = Rules("d²ℒ/da² of {name}; put it into slopes.DDLOSS, or take the scalar route", {  # name: d²ℒ/da²(xp, Y, A)
    "half_squared_error":   lambda xp, Y, A: xp.ones_like(A),
    "squared_error":        lambda xp, Y, A: 2.0 * xp.ones_like(A),
    "absolute_error":       lambda xp, Y, A: xp.zeros_like(A),
    "huber":                lambda xp, Y, A: xp.where(xp.abs(A - Y) > 1.0, 0.0, 1.0),
    "max_margin":           lambda xp, Y, A: xp.zeros_like(A),
    "cross_entropy":        lambda xp, Y, A: _ratio(xp, Y, A * A),
    "binary_cross_entropy": lambda xp, Y, A: _ratio(xp, Y, A * A) + _ratio(xp, 1.0 - Y, (1.0 - A) ** 2),
})
# fmt: on


def _namespace(Z: Any) -> Any:
    return np if type(Z) is np.ndarray else Z.__array_namespace__()  # asking takes as long as a small product


def sigma(activation: str, Z: Any) -> Any:
    """A = σ(Z), eq. input-matrix1; softmax runs down each column."""
    return (_softmax if activation == "softmax" else ACTIVATIONS[activation][0])(_namespace(Z), Z)


def dsigma(activation: str, Z: Any, A: Any) -> Any:
    """σ′(Z), entry by entry, with A = σ(Z)."""
    return ACTIVATIONS[activation][1](_namespace(Z), Z, A)


def dloss(name: str, Y: Any, A: Any) -> Any:
    """dℒ/da, entry by entry, without σ′."""
    return DLOSS[name](_namespace(A), Y, A)


def ddsigma(activation: str, Z: Any, A: Any) -> Any:
    """σ″(Z), entry by entry, with A = σ(Z)."""
    return DDSIGMA[activation](_namespace(Z), Z, A)


def ddloss(name: str, Y: Any, A: Any) -> Any:
    """d²ℒ/da², entry by entry: no loss here couples two outputs."""
    return DDLOSS[name](_namespace(A), Y, A)
