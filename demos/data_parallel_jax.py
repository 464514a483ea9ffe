"""Past one machine: the batch is split among devices, and the δ equations run on each of them as they stand.

Every column of Z, A and Δ belongs to one example, so a device that has the examples has all it needs; W and b are
everywhere. Only the sum over the examples in ∂E/∂W = (1/M) Δ Aᵀ crosses from device to device, as an all-reduce. The
four devices here are threads of one processor, made by the next two lines; without these it runs on what JAX finds.
"""

import os

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"

import re

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from tinygrad_scalar import MLP
from tinygrad_scalar.data import digits, one_hot
from tinygrad_scalar.matrix import MatrixMLP

jax.config.update("jax_enable_x64", True)

data = digits()
network = MatrixMLP.from_scalar(MLP(64, [32, 10], "tanh", "softmax", rng=0))
X, Y = data.X.T / 16.0, one_hot(data.labels, 10).T  # examples in columns

# Four devices share evenly, so the batch is filled up with examples that weigh nothing.
devices = np.array(jax.devices())
M = X.shape[1]
missing = -M % len(devices)
X, Y = (np.pad(part, ((0, 0), (0, missing))) for part in (X, Y))
s = np.pad(np.full(M, (M + missing) / M), (0, missing))  # E stays the mean over the M true ones


@jax.jit
def step(theta, velocity, X, Y, s):
    """One step of gradient descent with momentum: the package's own δ equations, on whatever devices X lies."""
    E, dW, db = network.with_theta(theta).gradients(X, Y, "cross_entropy", s)
    velocity = 0.9 * velocity - 0.3 * network.flat(dW, db)
    return theta + velocity, velocity, E


def train(place_examples, place_everywhere, steps=40):
    """θ after some full-batch steps, and the E on the way."""
    theta = jax.device_put(network.theta, place_everywhere)
    batch = [jax.device_put(part, place_examples[part.ndim]) for part in (X, Y, s)]
    velocity, history = jax.device_put(0.0 * network.theta, place_everywhere), []
    for _ in range(steps):
        theta, velocity, E = step(theta, velocity, *batch)
        history.append(float(E))
    return theta, history, step.lower(theta, velocity, *batch).compile().as_text()


one = devices[0]
alone, history, program = train({1: one, 2: one}, one)
mesh = Mesh(devices, ["examples"])
columns = {2: NamedSharding(mesh, PartitionSpec(None, "examples")), 1: NamedSharding(mesh, PartitionSpec("examples"))}
shared, history_shared, program_shared = train(columns, NamedSharding(mesh, PartitionSpec()))

COMMUNICATION = r"(all-reduce|all-gather|all-to-all|reduce-scatter|collective-\w+|send|recv)(?:-start)?\("
calls, calls_shared = (re.findall(COMMUNICATION, text) for text in (program, program_shared))
print(f"{M} digits on {len(devices)} devices, {X.shape[1] // len(devices)} columns each, {len(history)} steps")
print(f"E falls from {history[0]:.4f} to {history[-1]:.4f}; on {len(devices)} devices to {history_shared[-1]:.4f}")
print(f"communication in one step: on one device {calls or 'none'}, on {len(devices)} {calls_shared}")
difference = float(np.abs(np.asarray(alone) - np.asarray(shared)).max())
print(f"largest difference in θ: {difference:.1e}")
assert not calls
assert set(calls_shared) == {"all-reduce"}
assert difference < 1e-12
assert history[-1] < 0.3 < history[0]
