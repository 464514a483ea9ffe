"""What notebook 1 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def network():
    assert L == 2
    assert d == [3, 4, 2]


def counting():
    assert w.label == "w_{2,3}^{(1)}"
    assert w.data == matrix.W[1][1, 2]
    assert len(mlp.parameters()) == 4 * 4 + 2 * 5
    by_layer = [part.ravel() for l in range(1, L + 1) for part in (matrix.W[l], matrix.b[l])]
    assert np.array_equal(mlp.theta, np.concatenate(by_layer))


def neuron():
    assert abs(neuron(x).data - a) < 1e-15


def nodes():
    assert a_2.op == "tanh"
    assert z_2 is trace.z[1][1]
    assert [term.op for term in z_2.parents] == ["mul", "mul", "mul", ""]  # "" is a leaf: the bias
    assert z_2.parents[3] is mlp.layers[0].neurons[1].b


def layer():
    assert z1.shape == a1.shape == (d[1],)
    assert np.allclose(z1, [z.data for z in trace.z[1]], rtol=1e-14, atol=1e-15)
    assert np.allclose(a1, [a.data for a in trace.a[1]], rtol=1e-14, atol=1e-15)


def forward():
    assert np.allclose(activation, [a.data for a in mlp(x)], rtol=1e-14, atol=1e-15)


def bending():
    assert W_one.shape == (2, 3)
    assert np.allclose([a.data for a in straight(x)], W_one @ x + b_one, rtol=1e-12, atol=1e-15)


def broadcasting():
    assert silent.shape == right[:, :4].shape  # the shape is right
    assert not np.allclose(silent, right[:, :4])  # the numbers are not


def rows():
    assert X_rows.shape == (M, d[0])
    assert Z_rows.shape == (M, d[1])
    assert np.allclose(Z_rows.T, right, rtol=1e-14, atol=1e-15)


def augmented_network():
    assert np.allclose(activation, A[L], rtol=1e-13, atol=1e-15)


def loss():
    from tinygrad_scalar.losses import squared_error

    assert abs(E - 0.5 * ((Y - A[L]) ** 2).sum() / M) < 1e-14
    assert abs(E - E_matrix) < 1e-14
    assert abs(2 * E - np.mean([squared_error(Y[:, m], A[L][:, m]) for m in range(M)])) < 1e-14
