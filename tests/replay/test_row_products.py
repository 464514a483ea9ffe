"""Sums of products of two rows, as in attention, become matrix products for each example, and mean what they meant."""

import math
import tracemalloc

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.replays import assert_same, eagerly, machine_of, steps
from tinygrad_scalar import Value, exp, logsumexp, relu, softmax, tanh, total, where
from tinygrad_scalar.replay import products_of_rows, record
from tinygrad_scalar.replay.schedule import RowProduct

RNG = np.random.default_rng(0)


def dot(a, b):
    return total([x * y for x, y in zip(a, b, strict=True)])


def shapes(f, n, parameters=()):
    """r × k × c of each step, how many of them stand side by side, and whether zeros fill them up."""
    found = steps(f, n, parameters, RowProduct)
    return [(*step.left.shape, step.right.shape[2], step.exact) for step in found]


def agree(f, X, replay):
    """E and dX of the replay are those of the engine: nan where they are, and infinite where they are."""
    E, _, dX, _ = eagerly(f, X, [])
    found = replay(X, inputs=True)
    np.testing.assert_allclose(found[0], E, rtol=1e-12)
    np.testing.assert_allclose(found[2], dX, rtol=1e-12, atol=1e-14)


# Attention.


def cut(x, heads, T, D):
    """q, k and v of each head, from a list of Values or an array."""
    size = T * D
    parts = [x[i * size : (i + 1) * size] for i in range(3 * heads)]
    return [[[part[t * D : (t + 1) * D] for t in range(T)] for part in parts[h::heads]] for h in range(heads)]


def attention(heads, T, D, causal=True):
    def f(x):
        E = []
        for q, k, v in cut(x, heads, T, D):
            for t in range(T):
                seen = t + 1 if causal else T
                a = softmax([dot(q[t], k_s) / D**0.5 for k_s in k[:seen]])
                E += [tanh(dot(a, [v_s[i] for v_s in v[:seen]])) * (t + i + 1.0) for i in range(D)]
        return total(E)

    return f


def attention_in_jax(x, heads, T, D, causal):
    q, k, v = x.reshape(3, heads, T, D)
    z = jnp.einsum("htd,hsd->hts", q, k) / D**0.5
    a = jax.nn.softmax(jnp.where(jnp.tril(jnp.ones((T, T), bool)) | (not causal), z, -jnp.inf), axis=-1)
    return (jnp.tanh(a @ v) * (jnp.arange(T)[:, None] + jnp.arange(D) + 1.0)).sum()


@pytest.mark.parametrize(("heads", "T", "D"), [(1, 2, 4), (2, 5, 3), (3, 9, 4)])
@pytest.mark.parametrize("causal", [True, False])
def test_attention_agrees_with_the_engine_and_with_jax(heads, T, D, causal):
    f, n = attention(heads, T, D, causal), 3 * heads * T * D
    replay = record(f, RNG.normal(size=n))
    with jax.enable_x64(True):
        by_jax = jax.jit(jax.vmap(jax.value_and_grad(lambda x: attention_in_jax(x, heads, T, D, causal))))
        for M in (1, 2, 20):
            X = RNG.normal(size=(n, M))
            assert_same(f, X, replay=replay)
            E, _, dX = replay(X, inputs=True)
            values, derivatives = by_jax(jnp.asarray(X.T))
            np.testing.assert_allclose(E, np.mean(np.asarray(values)), rtol=1e-12)
            np.testing.assert_allclose(dX, np.asarray(derivatives).T, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("causal", [True, False])
def test_attention_is_two_products_whatever_its_length(causal):
    """The mixture of the first position has one product, which its reader does not let wait."""
    for T in (5, 8):
        first, second = shapes(attention(2, T, 3, causal), 18 * T)
        assert first == (2, T, 3, T, not causal)
        assert second == (2, T - causal, T, 3, not causal)


def test_the_calls_of_attention_do_not_grow_with_its_length():
    def prepared(T, M):
        machine = machine_of(attention(2, T, 3), 18 * T)
        machine.run(RNG.normal(size=(18 * T, M)), np.zeros(0), inputs=True)
        ((forward, backward),) = machine.programs.values()
        return len(forward.calls) + len(backward.calls)

    for M in (1, 2):
        assert prepared(6, M) == prepared(12, M)


def test_the_program_says_what_is_multiplied_with_what():
    w = [Value(v) for v in RNG.normal(size=48)]

    def f(x):
        q, k = ([[dot(w[a + 4 * i : a + 4 * i + 4], x[4 * t : 4 * t + 4]) for i in range(6)] for t in range(3)]
                for a in (0, 24))  # fmt: skip
        return logsumexp([dot(q_t, k_s) for q_t in q for k_s in k])

    assert "= Z1[0:18] @ Z1[18:36]" in record(f, [0.5] * 12, w).program()
    assert "3×6 · 6×3, for each of M" in record(f, [0.5] * 12, w).program()
    assert "from 9 Σ and 54 ×" in record(f, [0.5] * 12, w).program()


# Infinities.


def scores(x):
    """Causal q·k of four positions, each through a function that forgets an infinity."""
    q, k = [x[3 * t : 3 * t + 3] for t in range(4)], [x[3 * t : 3 * t + 3] for t in range(4, 8)]
    return total([tanh(dot(q[t], k[s])) for t in range(4) for s in range(t + 1)])


@pytest.mark.parametrize("M", [1, 5])
@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("row", [0, 11, 12, 23])
def test_an_infinity_is_seen_by_those_who_look_at_it_and_by_no_others(row, number, M):
    """The last key is seen by the last query alone, and the first one by all of them."""
    replay = record(scores, [0.5] * 24)
    assert [step.exact for step in steps(scores, 24, kind=RowProduct)] == [False]
    X = RNG.normal(size=(24, M))
    agree(scores, X, replay)
    X[row, -1] = number
    agree(scores, X, replay)
    touched = np.isnan(replay(X, inputs=True)[2][:, -1])
    if math.isinf(number) and row == 23:
        assert np.flatnonzero(touched).tolist() == [9, 10, 11] or touched.sum() < 7
    agree(scores, RNG.normal(size=(24, M)), replay)  # and afterwards


def mixture(x):
    """Causal Σ a v of four positions."""
    a, v = iter(x[:10]), [x[10 + 3 * s : 13 + 3 * s] for s in range(4)]
    o = [dot(a_t, column) for a_t in [[next(a) for _ in range(t + 1)] for t in range(4)]
         for column in zip(*v[: len(a_t)], strict=True)]  # fmt: skip
    return total([where(o_i > -1e300, relu(o_i) ** 0.5, 5.0) for o_i in o])  # a nan would vanish without a trace


@pytest.mark.parametrize("M", [1, 5])
@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("row", [0, 9, 10, 21])
def test_a_zero_that_fills_up_meets_no_infinity(row, number, M):
    assert [step.exact for step in steps(mixture, 22, kind=RowProduct)] == [False]
    replay = record(mixture, [0.5] * 22)
    X = np.abs(RNG.normal(size=(22, M))) + 0.1
    agree(mixture, X, replay)
    X[row, 0] = number
    agree(mixture, X, replay)


@pytest.mark.parametrize("M", [1, 5])
def test_a_zero_that_fills_up_meets_no_infinity_among_the_gradients(M):
    """√ at 0 has an infinite slope; where the sum of the last position is negative, it is the only one."""
    replay = record(mixture, [0.5] * 22)
    X = np.abs(RNG.normal(size=(22, M))) + 0.1
    X[19:, 0] = -1e6
    agree(mixture, X, replay)
    dX = replay(X, inputs=True)[2]
    assert np.isnan(dX[6:10, 0]).all()
    assert np.isfinite(dX[:6]).all()


# Who wants a gradient.


@pytest.mark.parametrize("trained", [(True, False), (False, True), (False, False)])
def test_frozen_weights_hand_nothing_on_and_change_nothing(trained):
    matrices = RNG.normal(size=(2, 3, 4))
    leaves = [[[Value(v) for v in row] for row in W] for W in matrices]
    parameters = [w for W, yes in zip(leaves, trained, strict=True) for row in W for w in row if yes]

    def f(x):
        h = [x[4 * t : 4 * t + 4] for t in range(5)]
        q, k = ([[dot(row, h_t) for row in W] for h_t in h] for W in leaves)
        return total([exp(dot(q[t], k[s]) * 0.1) for t in range(5) for s in range(t + 1)])

    for M in (1, 6):
        assert_same(f, RNG.normal(size=(20, M)), parameters)


def test_a_guard_may_look_at_an_entry():
    def f(x):
        S = [[dot(x[2 * t : 2 * t + 2], x[2 * s : 2 * s + 2]) for s in range(2, 4)] for t in range(2)]
        E = total([tanh(s) for row in S for s in row])
        return E if S[1][1] > 0 else -E

    replay = record(f, [1.0] * 8)
    assert shapes(f, 8) == [(1, 2, 2, 2, True)]
    assert_same(f, np.abs(RNG.normal(size=(8, 3))), replay=replay)
    with pytest.raises(ValueError, match="another branch"):
        replay(np.array([[1.0] * 6 + [-1.0] * 2]).T)


# Families of all kinds.


def test_sums_of_squares_are_one_product_and_their_gradient_is_twice_the_row():
    def f(x):
        return total([tanh(dot(x[5 * t : 5 * t + 5], x[5 * t : 5 * t + 5])) for t in range(4)])

    assert shapes(f, 20) == [(4, 1, 5, 1, True)]
    X = RNG.normal(size=(20, 7)) * 0.3
    assert_same(f, X)
    squares = np.square(X).reshape(4, 5, 7).sum(axis=1)
    slope = np.repeat(1.0 - np.tanh(squares) ** 2, 5, axis=0)
    np.testing.assert_allclose(record(f, X[:, 0])(X, inputs=True)[2], 2.0 * X * slope, rtol=1e-12)


def test_sums_of_many_lengths_are_padded_to_one_product():
    def f(x):
        return total([tanh(dot(x[15 * i : 15 * i + i], x[15 * i : 15 * i + 2 * i : 2])) for i in range(4, 8)])

    assert shapes(f, 120) == [(4, 1, 7, 1, True)]
    for M in (1, 4):
        assert_same(f, RNG.normal(size=(120, M)))


def test_further_terms_stay_beside_the_product():
    w = Value(0.7)

    def f(x):
        return total([tanh(dot(x[i : i + 4], x[8:12]) + x[i] + w * x[3] + 0.5 + w) for i in range(4)])

    assert shapes(f, 12, [w]) == [(1, 4, 4, 1, True)]
    for M in (1, 4):
        assert_same(f, RNG.normal(size=(12, M)), [w])


def test_the_same_sum_twice_and_a_factor_that_occurs_twice():
    def f(x):
        a, b = x[:4], x[4:8]
        return exp(dot(a, b)) + exp(dot(a, b) * 0.5) + exp(dot([*a, *a], [*b, *a]) * 0.1) + exp(dot(a, a) * 0.1)

    for M in (1, 4):
        assert_same(f, RNG.normal(size=(8, M)) * 0.5)


def test_single_products_are_no_product_of_rows():
    assert shapes(lambda x: total([tanh(a * b) for a in x[:6] for b in x[6:]]), 12) == []
    assert shapes(lambda x: total([tanh(x[i] * x[i + 1] + x[i]) for i in range(11)]), 12) == []


@st.composite
def ragged(draw):
    """Sums over pairs of some of the vectors x_i, y_j, each over its first few entries: i, j and how many."""
    n, k = draw(st.integers(2, 5)), draw(st.integers(2, 6))
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.integers(1, k))
    causal = draw(st.booleans())
    pairs = [(i, j, k) for i in range(n) for j in range(i + 1)] if causal else []
    return n, k, pairs + draw(st.lists(pair, min_size=1, max_size=20))


@settings(max_examples=40, deadline=None)
@given(ragged(), st.sampled_from([1, 3]), st.integers(0, 2**32 - 1))
def test_any_family_of_sums_means_what_it_meant(family, M, seed):
    n, k, pairs = family

    def f(x):
        left, right = ([x[a + k * i : a + k * i + k] for i in range(n)] for a in (0, n * k))
        more = [dot(column, [v[0] for v in left]) for column in zip(*right, strict=True)]
        return total([tanh(dot(left[i][:size], right[j][:size])) * (1.0 + i) for i, j, size in pairs] + more)

    assert_same(f, np.random.default_rng(seed).normal(size=(2 * n * k, M)))


# The ways to compute.


@pytest.mark.parametrize("shape", [(3, 1, 5, 1), (2, 4, 3, 4), (2, 1, 6, 4), (3, 9, 8, 7), (1, 16, 16, 1)])
@pytest.mark.parametrize("M", [None, 1, 7])
def test_each_way_is_the_matrix_product_of_each_example(shape, M):
    (P, r, k, c), tail = shape, () if M is None else (M,)
    A, B, G = (RNG.normal(size=(*size, *tail)) for size in ((P, r, k), (P, k, c), (P, r, c)))
    S, dA, dB = np.empty(G.shape), np.empty(A.shape), np.empty(B.shape)
    rooms = {}
    room = lambda name, numbers: rooms.setdefault(name, np.empty(100_000))[:numbers]  # noqa: E731
    way = products_of_rows.values(A, B, S, room)
    for call in way.forward:
        call()
    for call in products_of_rows.slopes(way, G, A, B, [(0, dA), (1, dB)], room):
        call()
    np.testing.assert_allclose(S, np.einsum("prk...,pkc...->prc...", A, B), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(dA, np.einsum("prc...,pkc...->prk...", G, B), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(dB, np.einsum("prk...,prc...->pkc...", A, G), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("M", [1, 50])
def test_no_array_holds_all_the_products(M):
    """24 × 24 sums of 16 products: bytes are counted, also of the first run, which prepares."""
    n = 24

    def f(x):
        q, k = ([x[a + 16 * i : a + 16 * i + 16] for i in range(n)] for a in (0, 16 * n))
        return logsumexp([dot(q_t, k_s) for q_t in q for k_s in k])

    machine = machine_of(f, 32 * n)
    assert [step.factors for step in machine.plan.rows.steps if isinstance(step, RowProduct)] == [16 * n * n]
    X = RNG.normal(size=(32 * n, M))
    tracemalloc.start()
    try:
        machine.run(X, np.zeros(0), inputs=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 16 * n * n * M + (200_000 if M == 1 else 0)
    assert peak < 8 * machine.numbers * M + 200_000
