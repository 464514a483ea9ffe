"""Networks and batches for every activation, output and loss."""

import numpy as np

from tinygrad_scalar import MLP, nn

INSIDE = {"binary_cross_entropy": ("logistic", "softmax"), "cross_entropy": ("logistic", "softmax", "softplus")}
OWN = {"binary_cross_entropy": ("logistic",), "cross_entropy": ("softmax",)}
OUTPUTS = (*nn.ACTIVATIONS, "softmax")


def network(d, sizes, activation, output, seed=1):
    mlp = MLP(d, sizes, activation, output, rng=seed)
    theta = mlp.theta
    mlp.theta = theta + np.random.default_rng(seed).normal(0.0, 0.3, len(theta))  # biases that are not 0
    return mlp


def batch(d, P, M, loss, seed=2):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(M, d)), rng.normal(size=(M, P))
    if "entropy" in loss:
        Y = np.eye(P)[rng.integers(P, size=M)] if P > 1 else rng.integers(2, size=(M, 1)).astype(float)
    if loss == "max_margin":
        Y = rng.choice([-1.0, 1.0], size=(M, P))
    return X, Y
