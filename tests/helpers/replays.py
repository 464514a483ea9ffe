"""A replay beside the engine, and what stands beneath it: the plan of a recorded function, the machine that runs it."""

import math

import numpy as np

from tinygrad_scalar import MLP, Value, losses, total
from tinygrad_scalar.derivatives import topological
from tinygrad_scalar.replay import record
from tinygrad_scalar.replay.graph import tabulate
from tinygrad_scalar.replay.machine import Machine
from tinygrad_scalar.replay.recording import trace
from tinygrad_scalar.replay.schedule import Product, schedule


def machine_of(f, n_inputs, parameters=()):
    recording = trace(f, [0.5] * n_inputs, parameters)
    return Machine(schedule(tabulate(recording)), [guard.holds for guard in recording.guards])


def steps(f, n_inputs, parameters=(), kind=object):
    """The steps of a batch, all of them or those of a kind."""
    return [step for step in machine_of(f, n_inputs, parameters).plan.rows.steps if isinstance(step, kind)]


def products(f, n_inputs, parameters=()):
    return steps(f, n_inputs, parameters, Product)


def eagerly(f, X, parameters):
    """E, ∇E and dX by the scalar engine, example by example, and the size of the largest term in any of them."""
    E, dX, largest = 0.0, np.zeros(X.shape), 1.0
    for p in parameters:
        p.grad = 0.0
    for m in range(X.shape[1]):
        x = [Value(v) for v in X[:, m].tolist()]
        result = f(x)
        if not isinstance(result, Value):
            E += result
            continue
        result.backward()
        E += result.data
        dX[:, m] = [v.grad for v in x]
        sizes = [abs(v) for node in topological(result) for v in (node.grad, node.data)]
        largest = max([largest, *(v for v in sizes if math.isfinite(v))])
    return E / X.shape[1], np.array([p.grad for p in parameters]) / X.shape[1], dX, largest


def assert_same(f, X, parameters=(), replay=None, theta=None):
    """The replay of f says what the engine says."""
    replay = replay or record(f, X[:, 0], parameters)
    E, gradient, dX, largest = eagerly(f, X, parameters)
    for inputs in (False, True, True):  # twice: the second time buffers are used again
        found = replay(X, theta, inputs=inputs)
        np.testing.assert_allclose(found[0], E, rtol=1e-10, atol=1e-10 * largest)
        np.testing.assert_allclose(found[1], gradient, rtol=1e-10, atol=1e-10 * largest)
        if inputs:
            np.testing.assert_allclose(found[2], dX, rtol=1e-10, atol=1e-10 * largest)
    return replay


def small_network():
    mlp = MLP(3, [5, 2], "tanh", rng=1)
    return mlp, lambda v: losses.squared_error(v[3:], mlp(v[:3])) + 0.01 * total([p * p for p in mlp.parameters()])
