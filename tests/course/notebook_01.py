"""What notebook 1 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def network():
    assert L == 2
    assert d == [2, 3, 2]
    assert [(matrix.W[l].shape, matrix.b[l].shape) for l in (1, 2)] == [((3, 2), (3,)), ((2, 3), (2,))]


def counting():
    assert w.label == "w_{3,2}^{(1)}"
    assert w.data == matrix.W[1][2, 1] == -2
    assert len(mlp.parameters()) == 3 * 3 + 2 * 4
    by_layer = [part.ravel() for l in range(1, L + 1) for part in (matrix.W[l], matrix.b[l])]
    assert np.array_equal(mlp.theta, np.concatenate(by_layer))


def neuron():
    assert neuron(x).data == a == 2


def nodes():
    assert a_2.op == "relu"
    assert z_2 is trace.z[1][1]
    assert z_2.op == "total"  # Σ
    assert [term.op for term in z_2.parents] == ["mul", "mul", ""]  # "" is a leaf: the bias
    assert z_2.parents[2] is mlp.layers[0].neurons[1].b


def layer():
    assert z1.tolist() == [3, 2, -2] == [z.data for z in trace.z[1]]
    assert a1.tolist() == [3, 2, 0] == [a.data for a in trace.a[1]]


def forward():
    assert activation.tolist() == [0, 2] == [a.data for a in mlp(x)]


def bending():
    assert W_one.shape == (2, 2)
    assert np.array_equal([a.data for a in straight(x)], W_one @ x + b_one)
    assert not np.array_equal(W_one @ x + b_one, activation)


def batch():
    assert X[:, 0].tolist() == x
    for m in range(M):  # each column is the forward pass of its own example
        one = mlp.trace(X[:, m])
        for l in range(1, L + 1):
            assert Z[l].shape == A[l].shape == (d[l], M)
            assert np.array_equal(Z[l][:, m], [z.data for z in one.z[l]])
            assert np.array_equal(A[l][:, m], [a.data for a in one.a[l]])


def broadcasting():
    assert silent.shape == right[:, :3].shape  # the shape is right
    assert not np.allclose(silent, right[:, :3])  # the numbers are not


def rows():
    assert X_rows.shape == (M, d[0])
    assert Z_rows.shape == (M, d[1])
    assert np.array_equal(Z_rows.T, right)


def augmented():
    assert b_W.shape == (d[1], d[0] + 1)
    assert one_X.shape == (d[0] + 1, M)
    assert np.array_equal(b_W[:, 0], bias)
    assert np.array_equal(one_X[0], np.ones(M))


def augmented_network():
    assert np.array_equal(activation, A[L])


def loss():
    assert E == 0.5 * ((Y - A[L]) ** 2).sum() / M == 2
    assert E == matrix.gradients(X, Y, "half_squared_error")[0]
    assert 2 * E == np.mean([squared_error(Y[:, m], A[L][:, m]) for m in range(M)])
