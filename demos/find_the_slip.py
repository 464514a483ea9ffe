"""Find the slip: scikit-learn's MLPRegressor with L-BFGS hands the optimiser a gradient that is not its loss's.

With P outputs the loss it reports is a mean over examples *and* outputs, but its gradient is that of the sum over the
outputs (scikit-learn issue 8349). L-BFGS then searches along a line on which E falls P times slower than it was told.

Then a training loop in PyTorch, where it is installed, with the three slips that fill the forums.
"""

import importlib.util
from unittest import mock

import numpy as np
import scipy.optimize
import sklearn
from sklearn.neural_network import MLPRegressor

from tinygrad_scalar import MLP
from tinygrad_scalar.checking import diagnose
from tinygrad_scalar.interop import from_torch, to_torch
from tinygrad_scalar.losses import half_squared_error
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import Objective

M, P, alpha = 40, 3, 0.1
rng = np.random.default_rng(0)
X = rng.normal(size=(M, 4))
Y = np.column_stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2], X[:, 3] ** 2])

# What the optimiser is told: listen in on the call that MLPRegressor makes to SciPy.
told = {}


def listen(loss_and_gradient, theta, args, **_):
    told["E"], gradient = loss_and_gradient(theta, *args)
    told["gradient"] = gradient.copy()
    told["E of"] = lambda theta: loss_and_gradient(theta, *args)[0]
    return scipy.optimize.OptimizeResult(x=theta, fun=told["E"], nit=1, status=0, success=True, message="")


model = MLPRegressor(hidden_layer_sizes=[5], activation="tanh", solver="lbfgs", alpha=alpha, random_state=0)
with mock.patch("scipy.optimize.minimize", listen):
    model.fit(X, Y)

# The same network here, with its gradient unpacked: all weights (transposed) come first, then all biases.
network = MatrixMLP([W.T for W in model.coefs_], model.intercepts_, ["tanh", "identity"])
shapes = [part.shape for part in (*model.coefs_, *model.intercepts_)]
ends = np.cumsum([np.prod(shape) for shape in shapes])
parts = [part.reshape(s) for part, s in zip(np.split(told["gradient"], ends[:-1]), shapes, strict=True)]
candidate = ([dW.T for dW in parts[:2]], parts[2:])


def mean(y, a):
    """½ the mean, over the outputs, of the squared errors: what scikit-learn reports, up to this day."""
    return half_squared_error(y, a) / P


E, gradient = Objective(network, X, Y, mean, route="scalar", l2=alpha)(network.theta)
reported = mean
if abs(E - told["E"]) > 1e-12:  # a later release reports the sum
    reported = half_squared_error
    E, gradient = Objective(network, X, Y, reported, route="scalar", l2=alpha)(network.theta)
print(f"scikit-learn {sklearn.__version__}, {P} outputs: it reports E = {told['E']:.12f}, here E = {E:.12f}")
assert abs(E - told["E"]) < 1e-12

# Who is right? A third party: the central difference of the loss that scikit-learn itself reports, for one weight.
theta, step = np.concatenate([part.ravel() for part in (*model.coefs_, *model.intercepts_)]), np.zeros(ends[-1])
step[0] = 1e-6
numeric = (told["E of"](theta + step) - told["E of"](theta - step)) / 2e-6
print(f"∂E/∂w_{{1,1}}^(1): here {gradient[0]:.8f}, difference of its E {numeric:.8f}, told {told['gradient'][0]:.8f}\n")
assert abs(numeric - gradient[0]) < 1e-8

finding = diagnose(gradient, candidate, network, X, Y, reported, l2=alpha)
print(finding or "no slip: this release of scikit-learn has it right")


def second_gradient(slip):
    """What PyTorch holds in .grad at the second step of gradient descent, and what is wrong with it."""
    import torch

    inputs, targets = torch.tensor(X), torch.tensor(Y[:, :1])
    net = to_torch(MLP(4, [5, 1], rng=0))  # in float64, so that slips are seen to the last digits
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(2):
        if slip != "zero_grad forgotten":
            optimizer.zero_grad()
        y = targets.flatten() if slip == "targets of shape (M,)" else targets
        errors = (net(inputs) - y) ** 2
        (errors.sum() if slip == "sum for mean" else errors.mean()).backward()
        if step == 0:
            optimizer.step()
    mlp = from_torch(net)
    _, right = Objective(mlp, X, Y[:, :1], "squared_error")(mlp.theta)
    return diagnose(right, [p.grad for p in net.parameters()], mlp, X, Y[:, :1], "squared_error")


if importlib.util.find_spec("torch") is None:
    print("\nThe loop in PyTorch is left out: it is not installed; pip install torch brings it.")
else:
    for slip in ("no slip", "zero_grad forgotten", "sum for mean", "targets of shape (M,)"):
        found = second_gradient(slip)
        print(f"\nPyTorch, {slip}: {found.guess if found else 'the gradients agree'}")
        assert (found is None) == (slip == "no slip")
