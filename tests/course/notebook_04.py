"""What notebook 4 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def graph_count():
    assert count["mul"] == 2 * 3 + 3 * 1 + 1  # a × for each weight; ½ · r² in the loss
    assert count["total"] == 3 + 1  # a Σ for each neuron
    assert count["tanh"] == 3
    assert len(nodes) == 36


def find():
    assert np.array_equal(W1, matrix.W[1])
    assert np.array_equal(W2, matrix.W[2])


def one():
    assert "Z1 = W1 @ X + b1" in one.program()
    assert "1×2 · 2×M" in one.program()


def layer():
    assert "Z1 = W1 @ X + b1" in replay.program()
    assert "4×3 · 3×M" in replay.program()


def layer_check():
    assert abs(mean - A.sum(axis=0).mean()) < 1e-14
    assert np.allclose(gradient[:12].reshape(4, 3), Delta @ X.T / 7, rtol=1e-12, atol=1e-15)
    assert np.allclose(gradient[12:], Delta.mean(axis=1), rtol=1e-12, atol=1e-15)


def network():
    for line in ("Z1 = W1 @ X[0:2] + b1", "A1 = tanh(Z1)", "Z2 = W2 @ A1 + b2"):
        assert line in replay.program()
    assert "from 3 Σ and 6 ×" in replay.program()
    assert "from 1 Σ and 3 ×" in replay.program()


def network_check():
    assert abs(E_replay - E_matrix) < 1e-14
    assert np.allclose(by_replay, by_scalars, rtol=1e-12, atol=1e-15)
    assert np.allclose(by_replay, by_matrix, rtol=1e-12, atol=1e-15)


def sharing():
    assert "1×2 · 2×(4·M)" in slide.program()
    assert np.allclose(gradient, [1 + 2 + 3 + 4, 2 + 3 + 4 + 5, 4], rtol=1e-14, atol=0)


def guard():
    assert value == 4.0
    assert gradient[0] == 2.0
    try:
        branch([[1.0, -3.0]])
    except ValueError:
        return
    raise AssertionError("the second example takes the other branch")


def train():
    assert np.allclose(trained["scalar"], trained["replay"], rtol=1e-10, atol=1e-12)
    assert np.allclose(trained["scalar"], trained["matrix"], rtol=1e-10, atol=1e-12)
