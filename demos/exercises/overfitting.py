"""Answer key for the exercises of the notebook on overfitting: when to stop, and weight decay."""

import numpy as np

from tinygrad_scalar import MLP
from tinygrad_scalar.data import moons
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.optimizers import GradientDescent
from tinygrad_scalar.training import fit


def stop(validation_E, patience):
    best = 0
    for epoch in range(1, len(validation_E)):
        if validation_E[epoch] < validation_E[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch
    return len(validation_E) - 1


def decay(theta, gradient, learning_rate, l2, M, is_weight):
    return theta * (1 - learning_rate * l2 / M * is_weight) - learning_rate * gradient


# As in the notebook, on two moons: the epochs of `fit` with patience, and a step on E with its penalty.

data = moons(80, noise=0.3, rng=0)
X, Y, validation = data.X[::2], data.labels[::2], (data.X[1::2], data.labels[1::2])
how = {"loss": "binary_cross_entropy", "validation": validation, "progress": False, "rng": 0}
whole, stopped = (
    fit(MLP(2, [8, 1], output="logistic", rng=0), X, Y, epochs=300, patience=patience, **how) for patience in (None, 5)
)
print(f"stop says {stop(whole.validation_E, 5)} epochs, fit took {len(stopped)} of {len(whole)}")
assert stop(whole.validation_E, 5) == len(stopped) < len(whole)

mlp, eta, l2, M = MLP(2, [8, 1], output="logistic", rng=0), 0.1, 3.0, len(X)
theta, is_weight = mlp.theta + 0.1, np.repeat([1, 0, 1, 0], [16, 8, 8, 1])
wanted = GradientDescent(eta).step(Objective(mlp, X, Y, "binary_cross_entropy", l2=l2), theta)
gradient = Objective(mlp, X, Y, "binary_cross_entropy")(theta)[1]
decayed = decay(theta, gradient, eta, l2, M, is_weight)
print(f"decay differs from a step on the penalised E by {np.abs(decayed - wanted).max():.0e}")
assert np.allclose(decayed, wanted, rtol=1e-12, atol=1e-15)
