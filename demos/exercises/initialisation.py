"""Answer key for the exercise of the notebook on initialisation: weights for a funnel that keep the size of δ."""

import itertools
import random
from math import sqrt

import numpy as np

from tinygrad_scalar.initializers import glorot_normal, he
from tinygrad_scalar.matrix import MatrixMLP


def for_delta(rng, fan_in, fan_out):
    # Down through W, the mean square of δ is multiplied by d_ℓ · Var(w) · ½, where d_ℓ is the number of neurons above
    # that δ comes from: fan_out, where He's has fan_in.
    return rng.gauss(0.0, sqrt(2 / fan_out))


def sizes_of_delta(initializer):
    """The standard deviations of δ^(1) to δ^(5) in a funnel of relu layers, from random δ^(5)."""
    source, widths, rng = random.Random(0), [512, 256, 128, 64, 32, 16], np.random.default_rng(0)
    weights = [[[initializer(source, n, m) for _ in range(n)] for _ in range(m)] for n, m in itertools.pairwise(widths)]
    funnel = MatrixMLP(weights, [np.zeros(m) for m in widths[1:]], ["relu"] * 5)
    Z, A = funnel.forward(rng.normal(size=(512, 300)))
    return [float(Delta.std()) for Delta in funnel.backward(Z, A, rng.normal(size=(16, 300)))[1:]]


def keeps_delta(initializer):
    return all(0.75 < size < 1.35 for size in sizes_of_delta(initializer))


for initializer in (for_delta, he, glorot_normal):
    print(f"{initializer.__name__:13}", [round(size, 3) for size in sizes_of_delta(initializer)])
assert keeps_delta(for_delta)
assert not keeps_delta(he)
assert not keeps_delta(glorot_normal)
