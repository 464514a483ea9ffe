"""A primitive of your own is one row of the table; all that differentiates reads it there.

The row here is mish(x) = x tanh(softplus(x)), smooth everywhere, a little below 0 on the left (Misra 2019). With
w = tanh(softplus(x)) its derivative is w + x (1 − w²) softplus′(x), and softplus′ is the logistic function.
"""

import numpy as np

from tinygrad_scalar import MLP, Value, apply, grad, hessian
from tinygrad_scalar.checking import compare_gradients
from tinygrad_scalar.checking.witnesses import central_differences
from tinygrad_scalar.objective import ROUTES, Objective
from tinygrad_scalar.ops import OPS, Op, namespace
from tinygrad_scalar.slopes import ACTIVATIONS, DLOSS


def mish_partials(xp, out, x):
    w = xp.tanh(xp.softplus(x))
    return (w + x * (1.0 - w * w) * xp.logistic(x),)


# The row: its symbol, its value, its local derivative. Both are written with `xp` alone, and with no if.
OPS["mish"] = Op("mish", lambda xp, x: x * xp.tanh(xp.softplus(x)), mish_partials)


def mish(x):
    return apply("mish", x)


# 1. Scalars: the backward sweep knows it, and so does the table's own reader for derivatives of derivatives.
v = Value(0.7)
y = mish(v)
y.backward()
h = 1e-5
slope = (mish(0.7 + h) - mish(0.7 - h)) / (2 * h)
bend = (grad(mish)(0.7 + h) - grad(mish)(0.7 - h)) / (2 * h)
print(f"mish(0.7) = {y.data:.6f}   mish′ = {v.grad:.10f}, by differences {slope:.10f}")
print(f"                       mish″ = {grad(grad(mish))(0.7):.10f}, by differences {bend:.10f}")
assert abs(v.grad - slope) < 1e-9
assert abs(grad(grad(mish))(0.7) - bend) < 1e-9
(xx, xy), (yx, yy) = hessian(lambda x, y: mish(x * y))(0.7, -1.2)
assert abs(xy - yx) < 1e-14
print(f"Hessian of mish(xy) at (0.7, −1.2): {xx:.6f} {xy:.6f} {yy:.6f}\n")

# 2. Networks: its name is an activation, on each route that differentiates by the table.
X = np.random.default_rng(0).normal(size=(12, 2))
Y = np.sin(X[:, :1]) * X[:, 1:]
network = MLP(2, [4, 1], "mish", rng=0)
theta = network.theta
numeric, _ = central_differences(Objective(network, X, Y, "half_squared_error", route="scalar"), theta)
for route in ROUTES:
    if route != "matrix":  # which does not know it yet
        E, gradient = Objective(network, X, Y, "half_squared_error", route=route)(theta)
        error = abs(gradient - numeric).max()
        print(f"{route}: E = {E:.6f}, gradient within {error:.0e} of central differences")
        assert error < 1e-9
H = Objective(network, X, Y, "half_squared_error", route="scalar").hessian(theta)
print(f"its Hessian is {H.shape[0]} × {H.shape[1]}, symmetric to {abs(H - H.T).max():.0e}\n")
assert abs(H - H.T).max() < 1e-14

# 3. The matrix side borrows nothing from the table: there it has a σ and a σ′ of its own, by another way of thinking.
# With n = (1 + eᶻ)² it is tanh(softplus(z)) = (n − 1)/(n + 1), and in terms of e^(−|z|) nothing overflows.


def gate(xp, Z):
    e = xp.exp(-xp.abs(Z))
    above, below = xp.where(Z > 0, 1.0, e * e), xp.where(Z > 0, e * e, 1.0)
    return (above + 2.0 * e) / (above + 2.0 * e + 2.0 * below)


def mish_slope(xp, Z, A):
    w, e = gate(xp, Z), xp.exp(-xp.abs(Z))
    return w + Z * (1.0 - w**2) * xp.where(Z > 0, 1.0, e) / (1.0 + e)


ACTIVATIONS["mish"] = (lambda xp, Z: Z * gate(xp, Z), mish_slope)


# 4. A loss of your own is a function of (y, a): log cosh(a − y), nearly ½r² when r is small and |r| − log 2 when it is
# large. The scalar side differentiates it as it stands; the matrix side wants dℒ/da, under the function's name.
def log_cosh(y, a):
    xp = namespace(*a, *y)
    residuals = [a_i - y_i for y_i, a_i in zip(y, a, strict=True)]
    return xp.total(*[xp.softplus(2.0 * r) - r - np.log(2.0) for r in residuals])


DLOSS["log_cosh"] = lambda xp, Y, A: xp.tanh(A - Y)

comparison = compare_gradients(network, X, Y, log_cosh, routes=(*ROUTES, "central"))
print(comparison)
assert comparison.agree
