"""What notebook 9 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def three_routes():
    assert H["scalar"].shape == (27, 27)
    assert np.allclose(H["scalar"], H["matrix"], rtol=0, atol=1e-14)
    assert np.allclose(H["scalar"], H["replay"], rtol=0, atol=1e-14)
    assert np.allclose(H["scalar"], H["scalar"].T, rtol=0, atol=1e-15)


def rop():
    assert np.allclose(Hv, H["scalar"] @ direction, rtol=0, atol=1e-13)
    assert np.allclose(Hv, objective.hvp(theta, direction), rtol=0, atol=1e-14)


def complex_step():
    assert np.allclose(witness, Hv, rtol=0, atol=1e-14)


def eigenvalues():
    for c in spectra.values():
        assert (c > 0.1 * c.max()).sum() <= 10  # less than a quarter of the directions are steep
        assert c.min() < 0  # and there are directions in which E curves downwards
        assert (np.abs(c) < 1e-12 * c.max()).sum() >= 9  # what is this?


def flat_directions():
    assert np.isclose(objective.value(before + 50 * flat), objective.value(before), rtol=1e-12)
    assert np.allclose(objective.hvp(before, flat), 0, atol=1e-15)


def gauss_newton():
    assert shares[1][0] < shares[0][0]
    assert shares[1][1] < 0.1 * shares[0][1]


def levenberg():
    assert np.isclose(0.5 * r @ r, curve.value(theta), rtol=1e-14)
    assert np.allclose(J.T @ r, curve(theta)[1], atol=1e-15)
    assert np.allclose(J.T @ (J @ theta), curve.gauss_newton(theta, theta), atol=1e-14)
    assert E_lm < 0.1 * E_gd


def power_method():
    assert np.isclose(c_max, c[-1], rtol=1e-8)
    assert distance(1.9 / c_max) < 0.1 < 10 < distance(2.1 / c_max)


def measured():
    assert np.isclose(descent, (kappa - 1) / (kappa + 1), atol=1e-3)
