"""What notebook 6 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def half():
    assert np.allclose(with_half, (A[2] - Y.T) * slope, rtol=1e-14, atol=0)  # (a − y*) ⊗ σ′(z)
    assert np.allclose(without, 2 * (A[2] - Y.T) * slope, rtol=1e-14, atol=0)


def mean_claims():
    assert np.allclose(dW[2], Delta[2] @ A[1].T / M, rtol=1e-14, atol=1e-16)
    assert np.allclose(db[2], Delta[2].sum(axis=1) / M, rtol=1e-14, atol=1e-16)
    assert np.isclose(twice(theta)[0], objective(theta)[0], rtol=1e-14)
    assert np.allclose(twice(theta)[1], objective(theta)[1], rtol=1e-12, atol=1e-16)


def same_path():
    assert np.linalg.norm(reference - theta) > 0.1  # it has gone somewhere
    assert np.allclose(path("squared_error", eta / 2, 2 * lam), reference, rtol=1e-10)
    assert np.allclose(path(mean_over_outputs, eta * P / 2, 2 * lam / P), reference, rtol=1e-10)
    assert not np.allclose(path("squared_error", eta, lam), reference, rtol=1e-2)  # the untuned one goes elsewhere


def surprise():
    assert abs(a[np.argmin(mean)] - 0.3) < 1e-12


def two_factors():
    assert loss.data == binary_cross_entropy([1.0], [a.data])
    assert abs(a.grad * slope - z.grad) < 1e-15
    assert abs(z.grad - (a.data - 1)) < 1e-15


def every_pair():
    assert apart["cross-entropy"] < 1e-12
    assert apart["half squared error"] < 1e-15


def delta_curves():
    assert abs(loudest - 2 / 3) < 0.01
    assert (a * a * (1 - a)).max() < 4 / 27 + 1e-12  # and that is 4/27
    assert a[-1] * a[-1] * (1 - a[-1]) < 4e-4 < 0.99 < a[-1]  # at z = 8: a whisper, and a shout


def one_unit_learns():
    assert outputs["half_squared_error"][0] == outputs["binary_cross_entropy"][0] > 0.98  # the same start
    assert until["half_squared_error"] > 10 * until["binary_cross_entropy"] > 0


def tumours():
    assert first["half_squared_error", 0.1] == first["half_squared_error", 0.4] == 0  # not within 200 steps
    assert 0 < first["binary_cross_entropy", 0.1] < 100


def fair():
    assert min(ends.values()) > 0.97


def of_z():
    assert naive == np.inf
    assert loss.data == 800.0
    assert z.grad == logistic(z_0) - y


def softmax_delta():
    assert abs(sum(z_k.grad for z_k in z)) < 1e-15
    assert all(abs(z_k.grad - (p_k.data - y_k)) < 1e-15 for z_k, p_k, y_k in zip(z, p, y, strict=True))


def softmax_claims():
    assert np.allclose(probabilities(z + 1000.0), probabilities(z), rtol=1e-12)
    assert np.isclose(probabilities(z[:2])[0], 1 / (1 + np.exp(-(z[0] - z[1]))), rtol=1e-14)
    assert np.allclose(by_likelihood, (A[1] - right)[:, 0], rtol=1e-14, atol=0)
    assert np.allclose(by_squares, jacobian @ (A[1] - right)[:, 0], rtol=1e-9, atol=1e-17)
    assert np.abs(by_likelihood).max() > 0.99
    assert np.abs(by_squares).max() < 3e-5


def middles():
    assert np.isclose(middle(squared_error), targets.mean())  # the mean: 14 pulls as hard as it is far away
    assert np.isclose(middle(absolute_error), np.median(targets))  # the median: 14 is just one vote
    assert np.median(targets) < middle(huber) < targets.mean()  # between them
