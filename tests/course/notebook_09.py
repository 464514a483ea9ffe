"""What notebook 9 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def by_hand():
    assert np.allclose(H, by_hand, rtol=1e-14)
    assert np.isclose(grad(grad(lambda x: f(x, y)))(x), by_hand[0][0], rtol=1e-14)


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
        assert (np.abs(c) < 1e-12 * c.max()).sum() == 9


def flat_directions():
    assert np.isclose(objective.value(before + 50 * flat), objective.value(before), rtol=1e-12)
    assert np.allclose(objective.hvp(before, flat), 0, atol=1e-15)


def gauss_newton():
    assert shares[1][0] < shares[0][0]
    assert shares[1][1] < 0.1 * shares[0][1]
    for theta in (before, after):
        G = gauss_newton(theta)
        assert np.linalg.eigvalsh(G).min() > -1e-14 * np.linalg.norm(G)
        assert np.allclose(np.diag(G), objective.gauss_newton_diagonal(theta), rtol=1e-10, atol=1e-15)


def levenberg():
    assert np.isclose(0.5 * r @ r, curve.value(theta), rtol=1e-14)
    assert np.allclose(J.T @ r, curve(theta)[1], atol=1e-15)
    assert np.allclose(J.T @ (J @ theta), curve.gauss_newton(theta, theta), atol=1e-14)
    assert E_lm < 0.1 * E_gd


def power_method():
    assert np.linalg.norm(objective(minimum)[1]) < 1e-6
    assert abs(c[0]) < 1e-12 < 1e-4 < c[1]  # one is flat, all others curve upwards
    assert np.isclose(c_max, c[-1], rtol=1e-8)
    assert distance(1.9 / c_max) < 0.1 < 10 < distance(2.1 / c_max)


def momentum_factor():
    assert np.isclose(eta * c_min, (1 - np.sqrt(mu)) ** 2, rtol=1e-12)  # both ends are reached at once
    assert np.allclose(by_momentum[1:-1], np.sqrt(mu), rtol=1e-9)
    assert np.isclose(by_descent.max(), (kappa - 1) / (kappa + 1), rtol=1e-12)


def measured():
    assert momentum < 0.86  # √μ = 0.818, and a little more: at the two ends the eigenvalues coincide
    assert np.isclose(descent, (kappa - 1) / (kappa + 1), atol=1e-3)
