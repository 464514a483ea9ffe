"""Witnesses: central differences, the complex step and JAX, which ask none of our derivatives; and forward mode.

*Central differences*: [E(θ + ε) − E(θ − ε)]/2ε has an error of truncation, ∝ ε², and one of rounding, ∝ 1/ε. Over a
kink (of relu and its kin, of an absolute value) it is the mean of both sides and says nothing; elu and the Huber loss
have their kink in the second derivative, which still costs most of the accuracy.

*Complex step*: for an analytic E, E(θ + ih) = E(θ) + ih E′(θ) − …, so Im E(θ + ih)/h is the derivative with nothing
subtracted: at h = 1e-30 no truncation is left, and no rounding but that of E itself (Squire & Trapp 1998).

*JAX*: a forward pass of its own, differentiated by `jax.grad` in float64.

*Forward mode*: the rows of our own table, but carried up from one entry of θ at a time, by no backward sweep.

>>> from tinygrad_scalar import MLP
>>> objective = Objective(MLP(1, [1], rng=0), [[2.0]], [0.0], "half_squared_error")
>>> gradient, kinks = central_differences(objective, np.array([3.0, 0.0]))    # E = ½(3 · 2)²
>>> gradient.round(6), kinks
(array([12.,  6.]), array([False, False]))
>>> complex_step(objective, np.array([3.0, 0.0]))[1]
array([12.,  6.])
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import losses, slopes
from ..arguments import within
from ..arrays import Array, Flags, Integers
from ..derivatives import jvp
from ..objective import Objective
from ..value import Value
from .comparison import PROBABLY_FINE

KINKED = {"relu", "leaky_relu", "elu", "abs"}
ANALYTIC = {*slopes.ACTIVATIONS, "softmax"} - KINKED  # complex numbers pass through these
ROUNDING = float(np.finfo(float).eps)
ASKED = 2000  # central differences and complex step cost a forward pass or two for each entry of θ: no more of them
VISITS = 1_000_000  # forward mode passes, for each entry, all the graph, about a node for each weight and example


class Refusal(ValueError):
    """A witness can say nothing about this E, and why."""


def spread(n: int, most: int) -> Integers:
    """The numbers of n entries, or every second, every third, … of them: `most` at most.

    >>> spread(7, 3)
    array([0, 3, 6])
    """
    return np.arange(0, n, -(-n // most) or 1)


def central_differences(
    objective: Objective, theta: Array, epsilon: float = 1e-5, entries: Integers | None = None
) -> tuple[Array, Flags]:
    """The central difference for each entry of θ (or for those named), and whether its step crosses a kink.

    The step is ε, or ε |θ_k| for entries larger than 1; it must not be lost in θ_k, where ε is 1e-16 or less.
    """
    within("epsilon", epsilon, "(0, inf)")
    entries = np.arange(len(theta)) if entries is None else entries
    numeric, kinks = np.empty(len(entries)), np.zeros(len(entries), dtype=bool)
    smooth = not sides(objective, theta).size
    for n, k in enumerate(entries):
        ahead, behind = theta.copy(), theta.copy()
        ahead[k] += epsilon * max(1.0, abs(theta[k]))
        behind[k] -= epsilon * max(1.0, abs(theta[k]))
        if ahead[k] == behind[k]:
            raise ValueError(f"epsilon = {epsilon:g} is too small a step: {theta[k]:.6g} ± ε is {theta[k]:.6g} again")
        numeric[n] = (objective.value(ahead) - objective.value(behind)) / (ahead[k] - behind[k])
        kinks[n] = not smooth and not np.array_equal(sides(objective, ahead), sides(objective, behind))
    return numeric, kinks


def patient_differences(
    objective: Objective, reference: Array, epsilon: float, entries: Integers
) -> tuple[Array, Array, Flags, Flags]:
    """Central differences, their errors |a − n| / (|a| + |n| + 1e-12), which lie at a kink, which are too small.

    Where the error is doubtful, smaller steps are tried, so that truncation is not taken for a slip. Too small to judge
    are numbers that differ by no more than the rounding of E explains, and that this makes doubtful.
    """
    within("epsilon", epsilon, "(0, inf)")
    noise, a = rounding_of_differences(objective, objective.network.theta, epsilon), reference[entries]
    n, kinks = central_differences(objective, objective.network.theta, epsilon, entries)
    too_small = ~kinks & (np.abs(a - n) <= noise) & (PROBABLY_FINE * (np.abs(a) + np.abs(n)) < noise)
    error = difference_error(a, n)
    for smaller in (epsilon / 10, epsilon / 100):
        doubtful = np.flatnonzero(~kinks & ~too_small & (error > PROBABLY_FINE))
        again, _ = central_differences(objective, objective.network.theta, smaller, entries[doubtful])
        anew = difference_error(a[doubtful], again)
        closer = anew < error[doubtful]
        error[doubtful[closer]], n[doubtful[closer]] = anew[closer], again[closer]
    return n, error, kinks, too_small


def difference_error(a: Array, n: Array) -> Array:
    """|a − n| / (|a| + |n| + 1e-12), by which differences n are judged; inf where a number is not finite."""
    error = np.abs(a - n) / (np.abs(a) + np.abs(n) + 1e-12)
    return np.where(np.isfinite(error), error, np.inf)


def sides(objective: Objective, theta: Array) -> Array:
    """On which side of its kink each piecewise part of E lies at θ, as signs; empty for a smooth E."""
    Z, A = objective.forward(theta)
    parts = [np.sign(part).reshape(-1) for part in kinked(objective, Z, A)]
    if objective.l1:
        network = objective.at(theta)
        parts += [np.sign(network.W[l]).reshape(-1) for l in range(1, network.L + 1) if l not in network.frozen]
    return np.concatenate(parts) if parts else np.empty(0)


def kinked(objective: Objective, Z: list[Any], A: list[Any]) -> list[Any]:
    """What is 0 at a kink of an activation or of the loss: arrays with a column per example."""
    network, kink = objective.network, losses.facts(objective.loss).kink
    parts = [Z[l] for l in range(1, network.L + 1) if network.activations[l] in KINKED]
    return [*parts, kink(objective.Y.T, A[-1])] if kink else parts


def rounding_of_differences(objective: Objective, theta: Array, epsilon: float) -> float:
    """How much the rounding of E can move a central difference: 2 ε of it lie below two values of E.

    Each value is off by a few roundings of its largest term. Of many networks the worst was a quarter of this.
    """
    Z, A = objective.forward(theta)
    size = max(1.0, abs(objective.value(theta)), float(np.abs(Z[-1]).max()), float(np.abs(A[-1]).max()))
    return 4 * ROUNDING * size / epsilon


def complex_step(
    objective: Objective, theta: Array, h: float = 1e-30, entries: Integers | None = None
) -> tuple[float, Array]:
    """E and, for each entry of θ (or for those named), Im E(θ + ih)/h, by the matrix network in complex numbers.

    A Refusal says which part of E is not analytic, as relu, |x| and their kin are not.
    """
    parts = [f"the activation {name}" for name in objective.network.activations[1:] if name not in ANALYTIC]
    if not losses.facts(objective.loss).analytic:
        parts.append(f"the loss {losses.name(objective.loss)}")
    if objective.l1:
        parts.append("the L1 penalty")
    if parts:
        raise Refusal(f"{parts[0]} is not analytic, or not known to be; a complex step would not see its derivative")
    steps = []
    for k in range(len(theta)) if entries is None else entries:
        ahead = theta.astype(complex)
        ahead[k] += 1j * h
        steps.append(objective.value(ahead).imag / h)
    return objective.value(theta), np.array(steps)


def forward_mode(objective: Objective, theta: Array, entries: Integers | None = None) -> tuple[float, Array]:
    """E and, for each entry of θ (or for those named), ∂E by one sweep up the graph of scalars: `derivatives.jvp`."""
    chosen = np.arange(len(theta)) if entries is None else entries
    slopes = [jvp(objective.of_values)(theta.tolist(), axis)[1] for axis in np.eye(len(theta))[chosen].tolist()]
    return objective.of_values(*map(Value, theta)).data, np.array(slopes)


def jax_gradient(objective: Objective, theta: Array) -> tuple[float, Array, list[Any], list[Any]]:
    """E and ∇E by JAX in float64, and the Z and A of its forward pass, d_ℓ × M, with None for Z[0].

    A Refusal says that JAX is not installed, or that an activation or the loss is not among those written here.
    """
    jax = import_jax()
    jnp = jax.numpy
    sigmas, of_a, of_z = in_jax(jax, jnp)
    network, loss = objective.network, losses.name(objective.loss)
    L, activations = network.L, network.activations
    own = (loss, activations[L])
    unknown = [name for name in activations[1:] if name not in sigmas]
    if unknown or (loss not in of_a and own not in of_z):
        raise Refusal(f"its forward pass does not know {unknown[0] if unknown else loss}")
    with jax.enable_x64(True):

        def E(theta: Any, X: Any, Y: Any, s: Any) -> Any:
            at = network.with_theta(theta)
            Z: list[Any] = [None]
            A: list[Any] = [X]
            for l in range(1, L + 1):
                Z.append(jnp.matmul(at.W[l], A[-1], precision="highest") + jnp.reshape(at.b[l], (-1, 1)))
                A.append(sigmas[activations[l]](Z[-1]))
            each = of_z[own](Y, Z[L]) if own in of_z else of_a[loss](Y, A[L])
            value = jnp.mean(s * jnp.sum(each, axis=0))
            for l in range(1, L + 1):
                if l not in network.frozen:
                    value += objective.l2 / (2 * objective.M) * jnp.sum(at.W[l] ** 2)
                    value += objective.l1 / objective.M * jnp.sum(_absolute(jnp, at.W[l]))
            return value, (Z, A)

        at = (jnp.asarray(part) for part in (theta, objective.X.T, objective.Y.T, objective.s))
        (value, (Z, A)), gradient = jax.jit(jax.value_and_grad(E, has_aux=True))(
            *at
        )  # one program, not one an operation
        Z, A = ([None if part is None else np.asarray(part) for part in parts] for parts in (Z, A))
        return float(value), np.asarray(gradient), Z, A


def import_jax() -> Any:
    """JAX, if it is installed and can be asked for float64; else a Refusal says what is wrong."""
    try:
        import jax
    except ImportError:
        raise Refusal("JAX is not installed: pip install 'tinygrad_scalar[jax]'") from None
    if not hasattr(jax, "enable_x64"):
        raise Refusal(f"JAX {jax.__version__} is too old, 0.8 or later can be asked")
    return jax


def in_jax(jax: Any, jnp: Any) -> tuple[dict[Any, Callable[..., Any]], ...]:
    """σ(z), the losses of a (terms to be summed over the outputs), and the losses of z, in JAX's own functions."""
    nn = jax.nn

    def xlog(y: Any, a: Any) -> Any:
        return jnp.where(y == 0.0, 0.0, y * jnp.log(jnp.where(y == 0.0, 1.0, a)))

    sigmas = {
        "identity": lambda z: z,
        "logistic": nn.sigmoid,
        "tanh": jnp.tanh,
        "relu": nn.relu,
        "leaky_relu": lambda z: jnp.where(z > 0.0, z, 0.01 * z),  # nn.leaky_relu takes the slope 1 at 0
        "elu": nn.elu,
        "softplus": nn.softplus,
        "swish": nn.swish,
        "gelu": nn.gelu,
        "softmax": lambda z: nn.softmax(z, axis=0),
    }
    of_a = {
        "half_squared_error": lambda y, a: 0.5 * (y - a) ** 2,
        "squared_error": lambda y, a: (y - a) ** 2,
        "absolute_error": lambda y, a: _absolute(jnp, a - y),
        "huber": lambda y, a: jnp.where(jnp.abs(a - y) <= 1.0, 0.5 * (a - y) ** 2, jnp.abs(a - y) - 0.5),
        "max_margin": lambda y, a: nn.relu(1.0 - y * a),
        "cross_entropy": lambda y, a: -xlog(y, a),
        "binary_cross_entropy": lambda y, a: -xlog(y, a) - xlog(1.0 - y, 1.0 - a),
    }
    of_z = {
        ("cross_entropy", "softmax"): lambda y, z: -y * nn.log_softmax(z, axis=0),
        ("binary_cross_entropy", "logistic"): lambda y, z: -y * nn.log_sigmoid(z) - (1.0 - y) * nn.log_sigmoid(-z),
    }
    return sigmas, of_a, of_z


def _absolute(jnp: Any, x: Any) -> Any:
    """|x| with the derivative 0 at 0, where jnp.abs takes 1."""
    return jnp.where(x > 0.0, x, jnp.where(x < 0.0, -x, 0.0))
