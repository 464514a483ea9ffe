"""What notebook 8 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def one_step():
    assert np.isclose(E, 0.5 * start @ bowl.H @ start, rtol=1e-14)
    assert np.array_equal(g, bowl.H @ start)
    assert np.array_equal(GradientDescent(0.1).step(bowl, start), start - 0.1 * g)


def closed_form():
    assert np.allclose(path(GradientDescent(eta), bowl, start, t)[-1], predicted, rtol=1e-12, atol=1e-14)


def stability():
    assert E_end[0.204] > bowl(paths[0.204][1])[0]  # 2/10 is passed: it climbs


def momentum():
    assert plain > 5 * heavy


def first_steps():
    from tinygrad_scalar.optimizers import RMSProp

    assert abs(g[0]) != abs(g[1])
    assert np.allclose(RMSProp(0.01, decay=0.9).step(bowl, start), start - 0.01 / np.sqrt(0.1) * np.sign(g), atol=1e-8)
    assert np.allclose(Adam(0.01).step(bowl, start), start - 0.01 * np.sign(g), atol=1e-8)


def units():
    assert bowl(far)[0] > 1e20


def rprop():
    assert not np.allclose(path(Momentum(0.05), bowl, start, 50), path(Momentum(0.05), bent, start, 50))
    assert bowl(path(RProp(), bowl, start, 100)[-1])[0] < 1e-6


def idbd():
    assert learnt < 0.6 * fixed.min()


def newton():
    assert E_after_one < 1e-25
    assert error[last] < 10 * error[last - 1] ** 2


def lbfgs():
    from tinygrad_scalar.optimizers.quasi_newton import inverse_hessian_product

    assert np.allclose(inverse_hessian_product(S, Y, Y[-1]), S[-1], rtol=1e-10)


def online():
    assert counted.calls == 2 * 30
    assert many(walk[-1])[0] < 0.05 * many(plain[-1])[0]


def race_quadratic():
    assert min(laps, key=lambda name: laps[name].E[-1]) == "L-BFGS"
    assert laps["Nesterov"].E[-1] < 0.01 * laps["gradient descent"].E[-1]
    assert laps["momentum"].E[-1] < laps["gradient descent"].E[-1]


def race_rosenbrock():
    assert laps["momentum"].E[-1] < laps["gradient descent"].E[-1]
    assert max(laps["BFGS"].E[-1], laps["L-BFGS"].E[-1]) < 1e-15 < laps["gradient descent"].E[-1]


def race_moons():
    assert n == 82
    assert min(laps, key=lambda name: laps[name].E[-1]) == "L-BFGS"
    assert laps["momentum"].E[-1] < laps["gradient descent"].E[-1]
