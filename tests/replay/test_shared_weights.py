"""What shares its weights becomes one product: convolutions, recurrent networks, attention; as the engine and JAX say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tinygrad_scalar import Value, exp, logistic, logsumexp, relu, tanh, total
from tinygrad_scalar.replay import record

RNG = np.random.default_rng(0)


class Weights:
    """Named matrices of Values: all of them in θ, in order; the same names as arrays for JAX."""

    def __init__(self, **shapes):
        rng = np.random.default_rng(1)
        self.shapes = shapes
        self.theta = rng.normal(size=sum(r * c for r, c in shapes.values())) * 0.5
        self.values = [Value(number) for number in self.theta]
        of_values = self.cut(self.values)
        self.scalar = {name: [row.tolist() for row in of_values[name]] for name in shapes}

    def cut(self, theta):
        parts, start = {}, 0
        for name, (r, c) in self.shapes.items():
            part = theta[start : start + r * c]
            parts[name] = (np.array(part, dtype=object) if isinstance(part, list) else part).reshape(r, c)
            start += r * c
        return parts


def linear(W, x, b=None):
    return [total([w * v for w, v in zip(row, x, strict=True)] + ([b[i]] if b else [])) for i, row in enumerate(W)]


def softmax(z):
    lse = logsumexp(z)
    return [exp(z_k - lse) for z_k in z]


def convolution(stride):
    """Three filters of length 4 with a bias, on a signal of 14."""
    weights = Weights(w=(3, 4), b=(1, 3))

    def scalar(x, p):
        windows = [x[i : i + 4] for i in range(0, 11, stride)]
        return total([tanh(z) for window in windows for z in linear(p["w"], window, p["b"][0])])

    def arrays(x, p):
        windows = jnp.stack([x[i : i + 4] for i in range(0, 11, stride)])
        return jnp.tanh(windows @ p["w"].T + p["b"][0]).sum()

    return 14, weights, scalar, arrays, (3, 4, len(range(0, 11, stride)))


def images():
    """Two 3×3 filters with stride 2 on an image of 7×7, relu, and a head on the nine positions."""
    weights = Weights(w=(2, 9), head=(1, 18))
    corners = [(i, j) for i in (0, 2, 4) for j in (0, 2, 4)]

    def scalar(x, p):
        patches = [[x[7 * (i + a) + j + b] for a in range(3) for b in range(3)] for i, j in corners]
        a = [relu(z) for patch in patches for z in linear(p["w"], patch)]
        return linear(p["head"], a)[0] ** 2

    def arrays(x, p):
        x = x.reshape(7, 7)
        a = jnp.concatenate([jax.nn.relu(p["w"] @ x[i : i + 3, j : j + 3].ravel()) for i, j in corners])
        return (p["head"] @ a)[0] ** 2

    return 49, weights, scalar, arrays, (2, 9, 9)


def recurrent():
    """50 steps of h ← tanh(W x + U h + b), with an output at each step: the 50 outputs are one product."""
    weights = Weights(w=(3, 2), u=(3, 3), b=(1, 3), v=(4, 3))

    def scalar(x, p):
        h, outputs = [0.1, 0.2, 0.3], []
        for t in range(50):
            h = [
                tanh(total([y, z]))
                for y, z in zip(linear(p["w"], x[2 * t : 2 * t + 2], p["b"][0]), linear(p["u"], h), strict=True)
            ]
            outputs += linear(p["v"], h)
        return logsumexp(outputs)

    def arrays(x, p):
        def step(h, x_t):
            h = jnp.tanh(p["w"] @ x_t + p["u"] @ h + p["b"][0])
            return h, p["v"] @ h

        return jax.nn.logsumexp(jax.lax.scan(step, jnp.array([0.1, 0.2, 0.3]), x.reshape(50, 2))[1])

    return 100, weights, scalar, arrays, (4, 3, 50)


def gated():
    """50 steps of a gated cell: h ← z ⊗ h + (1 − z) ⊗ tanh(W (x; r ⊗ h)), and one output at the end."""
    weights = Weights(z=(3, 5), r=(3, 5), w=(3, 5), head=(1, 3))

    def scalar(x, p):
        h = [Value(0.0)] * 3
        for t in range(50):
            x_t = x[2 * t : 2 * t + 2]
            z, r = ([logistic(v) for v in linear(p[gate], [*x_t, *h])] for gate in "zr")
            new = [tanh(v) for v in linear(p["w"], [*x_t, *(r_i * h_i for r_i, h_i in zip(r, h, strict=True))])]
            h = [z_i * h_i + (1.0 - z_i) * n_i for z_i, h_i, n_i in zip(z, h, new, strict=True)]
        return linear(p["head"], h)[0]

    def arrays(x, p):
        def step(h, x_t):
            z, r = (jax.nn.sigmoid(p[gate] @ jnp.concatenate([x_t, h])) for gate in "zr")
            return z * h + (1.0 - z) * jnp.tanh(p["w"] @ jnp.concatenate([x_t, r * h])), None

        return (p["head"] @ jax.lax.scan(step, jnp.zeros(3), x.reshape(50, 2))[0])[0]

    return 100, weights, scalar, arrays, None


def attention():
    """Causal attention over 7 positions, with one matrix for the embedding and for the head."""
    T, V, D = 7, 5, 3
    weights = Weights(e=(V, D), q=(D, D), k=(D, D), v=(D, D))

    def scalar(x, p):
        embedding = [list(column) for column in zip(*p["e"], strict=True)]
        h = [linear(embedding, x[V * t : V * t + V]) for t in range(T)]
        q, k, v = ([linear(p[name], h_t) for h_t in h] for name in "qkv")
        E = []
        for t in range(T):
            a = softmax([total([a * b for a, b in zip(q[t], k[s], strict=True)]) for s in range(t + 1)])
            o = [h[t][i] + total([a[s] * v[s][i] for s in range(t + 1)]) for i in range(D)]
            z = linear(p["e"], o)
            E.append(logsumexp(z) - z[t % V])
        return total(E)

    def arrays(x, p):
        h = x.reshape(T, V) @ p["e"]
        q, k, v = (h @ p[name].T for name in "qkv")
        a = jax.nn.softmax(jnp.where(jnp.tril(jnp.ones((T, T), bool)), q @ k.T, -jnp.inf), axis=-1)
        z = (h + a @ v) @ p["e"].T
        return (jax.nn.logsumexp(z, axis=-1) - z[jnp.arange(T), jnp.arange(T) % V]).sum()

    return T * V, weights, scalar, arrays, (5, 3, 7)


NETWORKS = {
    "convolution": lambda: convolution(1), "with stride": lambda: convolution(3), "images": images,
    "recurrent": recurrent, "gated": gated, "attention, tied": attention,
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n == "convolution" else pytest.mark.slow) for n in NETWORKS]
)
def test_what_shares_its_weights_is_one_product_and_agrees_with_the_engine_and_with_jax(name):
    n, weights, scalar, arrays, shared = NETWORKS[name]()
    replay = record(lambda x: scalar(x, weights.scalar), RNG.normal(size=n), weights.values)
    if shared:
        r, k, positions = shared
        assert f"{r}×{k} · {k}×({positions}·M)" in replay.program()
        assert f"; one W for {positions} positions" in replay.program()
    for M in (1, 6):
        X = RNG.normal(size=(n, M))
        E, gradient, dX = replay(X, inputs=True)
        eager_E, eager_dX = [], np.zeros((n, M))
        for p in weights.values:
            p.grad = 0.0
        for m in range(M):
            x = [Value(v) for v in X[:, m]]
            result = scalar(x, weights.scalar)
            result.backward()
            eager_E.append(result.data)
            eager_dX[:, m] = [v.grad for v in x]
        with jax.enable_x64(True):
            by_jax = jax.value_and_grad(lambda theta, x: arrays(x, weights.cut(theta)), argnums=(0, 1))
            values, (by_theta, by_x) = jax.jit(jax.vmap(by_jax, (None, 0)))(
                jnp.asarray(weights.theta), jnp.asarray(X.T)
            )
        for witness in (
            (np.mean(eager_E), np.array([p.grad for p in weights.values]) / M, eager_dX),
            (np.mean(np.asarray(values)), np.mean(np.asarray(by_theta), axis=0), np.asarray(by_x).T),
        ):
            for ours, theirs in zip((E, gradient, dX), witness, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


def test_biases_of_their_own_stay_beside_the_one_product():
    w, b = [Value(0.5), Value(-1.0)], [Value(0.1 * i) for i in range(20)]

    def f(x):
        return total([tanh(total([w[0] * x[i], w[1] * x[i + 1], b[i]])) for i in range(20)])

    replay = record(f, RNG.normal(size=21), [*w, *b])
    assert "1×2 · 2×(20·M)" in replay.program()
    X = RNG.normal(size=(21, 3))
    Z = np.array([0.5 * X[i] - X[i + 1] + 0.1 * i for i in range(20)])
    E, gradient = replay(X)
    np.testing.assert_allclose(E, np.tanh(Z).sum(axis=0).mean(), rtol=1e-13)
    np.testing.assert_allclose(gradient[2:], (1.0 - np.tanh(Z) ** 2).mean(axis=1), rtol=1e-12)


def test_a_sum_that_waits_for_others_by_the_same_weights_never_waits_for_itself():
    w = [Value(0.3), Value(0.2)]

    def f(x):
        early = w[0] * x[0] + w[1] * x[1]
        late = w[0] * tanh(early) + w[1] * tanh(tanh(early))  # needs the early one: two products, one after the other
        free = w[0] * x[1] + w[1] * x[0]  # needs nothing, and waits for the late one
        return early * late * free

    X = RNG.normal(size=(2, 5))
    E, gradient = record(f, X[:, 0], w)(X)

    def expected(theta):
        early = theta[0] * X[0] + theta[1] * X[1]
        late = theta[0] * np.tanh(early) + theta[1] * np.tanh(np.tanh(early))
        return (early * late * (theta[0] * X[1] + theta[1] * X[0])).mean()

    assert E == pytest.approx(expected([0.3, 0.2]), rel=1e-13)
    by_complex_step = [expected(np.array([0.3, 0.2]) + 1e-30j * e).imag / 1e-30 for e in np.eye(2)]
    np.testing.assert_allclose(gradient, by_complex_step, rtol=1e-12)


@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan])
def test_sums_of_many_lengths_are_padded_and_no_infinity_meets_what_fills_them_up(special):
    def f(x):
        lengths = range(1, 9)
        return total([tanh(logsumexp(x[:n])) + total([x[i] for i in range(n)]) * 0.1 for n in lengths])

    replay = record(f, RNG.normal(size=8))
    assert "from 8 lse" in replay.program() or "from 7 lse" in replay.program()
    X = RNG.normal(size=(8, 4))
    X[5, 2] = special
    E, _, dX = replay(X, inputs=True)
    each = []
    for m in range(4):
        x = [Value(v) for v in X[:, m]]
        result = f(x)
        result.backward()
        each.append(result.data)
        np.testing.assert_allclose(dX[:, m], [v.grad for v in x], rtol=1e-12)
    np.testing.assert_allclose(E, np.mean(each), rtol=1e-13)
