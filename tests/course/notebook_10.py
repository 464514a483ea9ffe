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


def test_once():
    assert early > worst + 3 * error
    assert penalised > worst + 3 * error
