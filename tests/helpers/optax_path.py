"""The path that an optimiser of optax takes, in float64: a witness from outside for each of ours."""

import jax
import numpy as np
import optax


def path(transform, function, theta, steps):
    """θ after each of so many steps of `optax` on function(theta) -> (E, gradient)."""
    with jax.enable_x64(True):
        state = transform.init(theta)
        for _ in range(steps):
            updates, state = transform.update(function(np.asarray(theta))[1], state, theta)
            theta = np.asarray(optax.apply_updates(theta, updates))
            yield theta
