"""What notebook 3 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def network():
    assert E.data == 5
    assert [[z.grad for z in layer] for layer in trace.z[1:]] == [[5, -1, 0], [-1, 3]]


def matrix():
    assert delta1.tolist() == [5, -1, 0]
    assert delta2.tolist() == [-1, 3]
    assert np.array_equal(W[2].T @ delta2, [5, -1, 1])
    assert dW1.shape == W[1].shape
    assert dW2.shape == W[2].shape


def layout():
    assert np.array_equal(row, delta1[:, None].T)
    assert np.array_equal((a1[:, None] @ delta2[None, :]).T, dW2)


def deep():
    for l in range(1, L + 1):
        assert np.allclose([z.grad for z in trace.z[l]], delta[l], rtol=0, atol=1e-15)
        by_scalars = [[w.grad for w in neuron.w] for neuron in mlp.layers[l - 1].neurons]
        assert np.allclose(np.outer(delta[l], a[l - 1]), by_scalars, rtol=1e-13, atol=1e-16)


def paths():
    assert explanation.n_paths == d[2] * d[3]  # the ways through neurons: each goes on to E in one way alone
    assert abs(explanation.derivative - delta[1][0]) < 1e-15


def traps():
    assert wrong.shape == delta[1].shape
    assert not np.allclose(wrong, delta[1], rtol=0.1)
    assert not np.allclose(late, delta[2], rtol=0.01)


def batch():
    for l, expected in enumerate(matrix.deltas(Z, A, Y, "half_squared_error")[1:], start=1):
        assert Delta[l].shape == (d[l], M)
        assert np.allclose(Delta[l], expected, rtol=1e-12, atol=1e-16)
        assert np.allclose(Delta[l], by_graph[l], rtol=1e-12, atol=1e-16)


def outer_products():
    assert len(accumulated) == 29
    assert np.allclose(dW[3], outer, rtol=1e-12, atol=1e-15)
    assert np.allclose(matrix.flat(dW, db), accumulated, rtol=1e-12, atol=1e-15)


def together():
    from itertools import pairwise

    assert all(later < earlier for earlier, later in pairwise(errors))
    assert errors[-1] < errors[0] / 4


def compare():
    assert comparison.agree
    assert max(comparison.errors["matrix"]) < 1e-14


def entropy():
    assert np.allclose(entropy, a_unit[1] - target, rtol=1e-14, atol=1e-15)
    assert np.allclose(squared, (a_unit[1] - target) * slope, rtol=1e-14, atol=1e-15)
