"""What notebook 8 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def one_step():
    assert np.isclose(E, 0.5 * start @ bowl.H @ start, rtol=1e-14)
    assert np.array_equal(g, bowl.H @ start)
    assert np.array_equal(GradientDescent(0.1).step(bowl, start), start - 0.1 * g)


def closed_form():
    assert np.allclose(path(GradientDescent(eta), bowl, start, t)[-1], predicted, rtol=1e-12, atol=1e-14)


def stability():
    assert E_end[0.17] < E_end[0.02] < bowl(start)[0]  # small steps are safe and slow
    assert E_end[0.204] > bowl(paths[0.204][1])[0]  # 2/10 is passed: it climbs


def momentum():
    assert plain > 5 * heavy


def surface_film():
    for name, thetas in walks.items():  # the corners of the picture are exact
        assert np.isclose(surface(shadows[name][0]), objective.value(theta_0), rtol=1e-12)
        assert np.isclose(surface(shadows[name][-1]), objective.value(thetas[-1]), rtol=1e-10)
    assert objective.value(ends[1]) < objective.value(ends[0])


def batch_noise():
    assert round(float(np.linalg.norm(whole)), 2) == 0.66
    scaled = [noise[B] * np.sqrt(B) for B in noise]
    assert max(scaled) < 1.1 * min(scaled)


def batch_sizes():
    assert by_batch[4][-1] < by_batch[20][-1] < by_batch[200][-1]
    assert np.abs(np.diff(by_batch[4][20:])).mean() > 5 * np.abs(np.diff(by_batch[20][20:])).mean()


def shuffling():
    assert E_order["shuffled"] < 0.9 * E_order["in order"]
    assert all(len(set(noisy.labels[rows])) == 1 for rows in np.split(by_class, 10))


def rate_curve():
    assert etas[0] < best_rate < etas[-1]
    assert by_rate[0] > 1.3 * min(by_rate) < by_rate[-1]


def schedules():
    assert np.std(last["cosine"]) < 0.3 * np.std(last["fixed"])
    assert np.mean(last["cosine"]) < np.mean(last["fixed"])
    assert len(early) < 300
    assert len(early) == int(np.argmin(early.validation_E)) + 20


def first_steps():
    assert abs(g[0]) != abs(g[1])
    assert np.allclose(RMSProp(0.01, decay=0.9).step(bowl, start), start - 0.01 / np.sqrt(0.1) * np.sign(g), atol=1e-8)
    assert np.allclose(Adam(0.01).step(bowl, start), start - 0.01 * np.sign(g), atol=1e-8)


def rprop():
    assert same_bits
    assert not np.allclose(path(Momentum(0.05), bowl, start, 50), path(Momentum(0.05), bent, start, 50))
    assert bowl(path(RProp(), bowl, start, 100)[-1])[0] < 1e-6


def idbd():
    assert learnt < 0.6 * min(fixed)
    assert alphas[-1, :5].min() > 5 * alphas[-1, 5:].max()  # it has found out which inputs matter


def newton():
    assert E_after_one < 1e-25
    assert error[last] < 10 * error[last - 1] ** 2


def lbfgs():
    assert np.allclose(inverse_hessian_product(S, Y, Y[-1]), S[-1], rtol=1e-10)


def valley_film():
    E_valley = {name: Valley()(way[-1])[0] for name, way in ways.items()}
    assert max(E for name, E in E_valley.items() if name != "gradient descent") < 1e-9 < E_valley["gradient descent"]


def race_quadratic():
    assert min(laps, key=lambda name: laps[name].E[-1]) == "L-BFGS"
    assert laps["Nesterov"].E[-1] < 0.01 * laps["gradient descent"].E[-1]
    assert laps["momentum"].E[-1] < laps["gradient descent"].E[-1]


def race_rosenbrock():
    assert laps["momentum"].E[-1] < laps["gradient descent"].E[-1]
    assert max(laps["BFGS"].E[-1], laps["L-BFGS"].E[-1]) < 1e-15 < laps["gradient descent"].E[-1]


def race_moons():
    n = len(moons_problem().start)
    assert n == 82
    assert laps["Newton"].E[n] == laps["Newton"].E[0]  # after 82 gradients it has one Hessian and has not moved
    assert min(laps, key=lambda name: laps[name].E[-1]) == "L-BFGS"
    assert laps["momentum"].E[-1] < laps["gradient descent"].E[-1]
