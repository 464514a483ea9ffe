"""What notebook 10 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def sixteen_points():
    assert 3 * unseen[0.01] < min(unseen[0.0], unseen[1.0])  # but not between them
    assert seen[0.0] < 0.2**2 / 2  # it has learned the errors too


def three_sets():
    assert accuracy(luckiest, few) > accuracy(luckiest, test) + 0.05


def noisy_labels():
    assert (given != data.labels[training]).sum() == 40


def noisy_claims():
    assert held_out[-1] > 1.5 * held_out[best]  # and worse at what it was not
    assert history.accuracy[-1] > 0.95  # it knows wrong labels by heart: at most 80 % are right
    assert history.validation_accuracy[-1] < history.validation_accuracy[best]


def early_stopping():
    assert len(short) == int(np.argmin(short.validation_E)) + 10
    assert np.isclose(kept.value(kept.network.theta), min(short.validation_E), rtol=1e-12)  # it went back


def penalties_claims():
    assert np.isclose(with_l2(theta)[0] - E(theta)[0], lam / (2 * M) * (w**2).sum(), rtol=1e-10)
    assert np.isclose(with_l1(theta)[0] - E(theta)[0], lam / M * np.abs(w).sum(), rtol=1e-10)
    assert np.allclose(step(with_l1, theta), usual - eta * lam / M * np.sign(w), rtol=1e-10, atol=1e-15)


def choose_l2():
    assert final[chosen].validation_accuracy[-1] > final[0.0].validation_accuracy[-1] + 0.05
    assert final[chosen].accuracy[-1] < final[0.0].accuracy[-1]  # it gave some of the wrong labels up


def sparse_weights():
    assert small["no penalty"] < 0.1
    assert small["L1"] > 0.5
    assert small["L1"] > small["L2"]


def grid():
    assert (table.argmin(axis=1) == penalties.index(chosen)).all()  # the two settings hardly depend on each other
    assert table[0].min() > table[2:, 1].max() + 0.2  # four neurons are too few
    assert abs(table[3, 1] - table[2, 1]) < max(starts) - min(starts)
    assert starts[0] == table[2, 1] == final[1.0].validation_E[-1]


def dropout():
    reached = {p: accuracy(one, validation) for p, one in dropped.items()}
    learned = [(predict(one, X[training]).argmax(axis=1) == given).mean() for one in dropped.values()]
    assert learned == sorted(learned, reverse=True)  # the less stays, the fewer labels are learned
    assert learned[0] > 0.95
    assert reached[kept_share] > reached[1.0] + 0.05
    assert kept_share not in (1.0, 0.1)  # in the middle
    mlp = MLP(3, [2, 2], "tanh", output="softmax", rng=0)  # the recorded loss without masks is the library's
    x, y = [0.2, -0.4, 0.6], [0.0, 1.0]
    z = mlp.layers[1].weigh(mlp.layers[0](x))
    ours = logsumexp(z) - total([y_i * z_i for y_i, z_i in zip(y, z, strict=True)])
    assert np.isclose(ours.data, Objective(mlp, [x], [y], "cross_entropy")(mlp.theta)[0], rtol=1e-12)
    r = (np.random.default_rng(0).random(100_000) < 0.3) / 0.3
    assert abs(r.mean() - 1) < 0.02


def test_once():
    worst, early, penalised, thinned = reports.values()
    errors = {name: np.sqrt(score * (1 - score) / len(test)) for name, score in reports.items()}
    assert min(early, penalised, thinned) > worst + 3 * max(errors.values())
    assert abs(early - penalised) < max(errors.values())
