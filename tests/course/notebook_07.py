"""What notebook 7 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def wine():
    assert rank == {"zeros": [0, 0, 0], "constant": [1, 1, 1], "glorot": [8, 8, 3]}
    assert accuracy["zeros"] < 0.5 < accuracy["constant"] < accuracy["glorot"]


def one_layer():
    assert abs(mean_square["z1"] / (2 * mean_square["a0"]) - 1) < 0.05  # d · Var(w) = 2
    assert abs(mean_square["a1"] / (mean_square["z1"] / 2) - 1) < 0.05  # relu keeps half
    assert abs((Delta[1] ** 2).mean() / (d * (2 / d) * 0.5 * (Delta[2] ** 2).mean()) - 1) < 0.05  # the law for δ


def ten_layers_claims():
    a, delta = spread["relu", "he"]
    assert 0.5 < a[10] / a[1] < 2  # He for relu: as large at the end as at the start, in both directions
    assert 0.5 < delta[0] < 2
    a, delta = spread["relu", "lecun_normal"]
    assert 2**-6 < a[10] < 2**-4  # LeCun for relu: √½ a layer, 2⁻⁵ in ten layers
    assert 2**-6 < delta[0] < 2**-4
    a, delta = spread["tanh", "glorot_normal"]
    assert a[10] > 0.2  # Glorot for tanh: shrinks slowly, as tanh is below the identity
    assert delta[0] > 0.2
    assert spread["tanh", "too_small"][0][10] < 1e-6  # gone
    assert spread["tanh", "too_small"][1][0] < 1e-5
    assert spread["relu", "too_large"][0][10] > 1e3  # exploded, up and down
    assert spread["relu", "too_large"][1][0] > 500
    a, delta = spread["tanh", "too_large"]
    assert max(a[1:]) < 1 < 10 < delta[0]  # tanh cannot explode upwards; its neurons saturate, and δ explodes


def bound():
    for activation, steepest in (("logistic", 0.25), ("tanh", 1.0)):
        network = stack(glorot_normal, activation)
        Z, A = network.forward(inputs)
        Delta = network.backward(Z, A, top)
        for l in range(10, 1, -1):
            stretch = steepest * np.linalg.norm(network.W[l], 2)
            ratio = np.linalg.norm(Delta[l - 1], axis=0) / np.linalg.norm(Delta[l], axis=0)
            assert (ratio <= stretch * (1 + 1e-12)).all()
        assert Delta[1].std() < 1e-5 if activation == "logistic" else Delta[1].std() > 0.1


def train_claims():
    assert histories["logistic"].gradient_norms[0][0] < 1e-3 * histories["logistic"].gradient_norms[0][-1]
    assert histories["tanh"].gradient_norms[0][0] > 0.1 * histories["tanh"].gradient_norms[0][-1]
    assert histories["logistic"].accuracy[-1] < 0.6  # no better than a coin
    assert histories["tanh"].accuracy[-1] > 0.95


def boundaries():
    answers = np.array([networks["logistic"](x)[0].data for x in crescents.X])
    assert len(set(answers > 0.5)) == 1  # one answer for all


def units():
    scaled = X[training]
    assert np.abs(scaled.mean(axis=0)).max() < 1e-12
    assert np.abs(scaled.std(axis=0) - 1).max() < 1e-12
    assert np.abs(X[held_out].mean(axis=0)).max() > 0.01  # near mean 0, not at it


def raw_against_scaled():
    assert wines["scaled"].validation_accuracy[-1] > 0.95 > 0.7 > wines["raw"].validation_accuracy[-1]
    for name, given, least, most in (("raw", data.X, 0.9, 1.0), ("scaled", X, 0.0, 0.5)):
        _, A = learn("glorot_uniform", given)[0].forward(given[training].T)
        assert least <= (np.abs(A[1]) > 0.99).mean() <= most, name


def condition():
    assert condition["scaled"] < 100
    assert condition["raw"] > 1e5 * condition["scaled"]
    assert 50 < steps["scaled"] < 200
    assert 5e8 < steps["raw"] < 2e9


def gradient_ranks():
    dW, db = gradients["zeros"]
    assert all((dW[l] == 0).all() for l in (1, 2, 3))
    assert (db[1] == 0).all()
    assert (db[2] == 0).all()
    assert (db[3] != 0).all()
    dW, _ = gradients["constant"]
    assert np.abs(dW[1]).max() > 1e-3
    assert np.allclose(dW[1], dW[1][0], rtol=1e-10, atol=1e-16)  # each row is the first row
    assert np.allclose(dW[2], dW[2][0, 0], rtol=1e-10, atol=1e-16)  # eight equal rows of eight equal numbers
    assert ranks(gradients["glorot"][0][1:]) == [8, 8, 2]
