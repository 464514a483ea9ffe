"""What notebook 3 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def paths():
    assert abs(explanation.derivative - delta) < 1e-15


def traps():
    assert wrong.shape == delta[1].shape
    assert not np.allclose(wrong, delta[1], rtol=0.1)
    assert not np.allclose(late, delta[2], rtol=0.01)


def outer_products():
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
