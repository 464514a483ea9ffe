"""What notebook 11 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def data():
    assert data.X.shape == (1797, 64)
    assert (data.X.min(), data.X.max()) == (0, 16)
    assert sorted(set(data.labels.tolist())) == list(range(10))


def prepare():
    assert (len(lesson.rows), len(lesson.held_out)) == (1347, 450)
    assert not set(lesson.rows) & set(lesson.held_out)
    assert np.allclose(lesson.X[lesson.rows].mean(axis=0), 0, atol=1e-12)


def agreement():
    assert comparison.agree


def training():
    assert accuracy >= 0.975


def dead_pixels():
    assert np.allclose(W_with[:, dead], w * W_start[:, dead], rtol=1e-10)  # fading, and nothing else
    assert (W_with**2).sum() < (W_bare**2).sum()
    assert np.array_equal(W_bare[:, dead], W_start[:, dead])  # never touched
    assert dead.sum() == 3


def plane():
    by_hand = whole.W[3] @ A[2] + whole.b[3][:, None]
    assert (by_hand.argmax(axis=0) == A[3].argmax(axis=0)).all()  # the last layer alone, on the two numbers
    assert A[2].shape == (2, 450)
    assert (A[3].argmax(axis=0) == labels).mean() > 0.8


def confusion():
    assert np.trace(counts) / counts.sum() == accuracy


def mistakes():
    assert len(wrong) == counts.sum() - np.trace(counts)
    assert if_wrong < if_right - 0.1


def input_gradient():
    assert np.isclose(E.data, -np.log(p[m, truth[m]]), rtol=1e-9)
    assert np.allclose(slope, W[0].T @ delta_1, atol=1e-12)  # the δ equations, carried on to layer 0


def cause():
    assert (data.X[lesson.held_out][m, pixel], inked) == (1.0, 1)
    assert data.X[lesson.rows][:, pixel].max() == 1.0
    assert np.isclose(lesson.X[lesson.held_out][m, pixel], np.sqrt(len(lesson.rows) - 1), rtol=1e-9)
    assert outputs.argmax() == truth[m] != answers[m]


def mnist():
    assert X.shape == (5000, 784)
    assert (np.bincount(labels) == 500).all()


def mnist_training():
    assert len(mnist.parameters()) == 784 * 32 + 32 + 32 * 10 + 10
    assert accuracy > 0.9
