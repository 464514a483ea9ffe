"""What notebook 7 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def wine():
    assert rank == {"zeros": [0, 0, 0], "constant": [1, 1, 1], "glorot": [8, 8, 3]}
    assert accuracy["zeros"] < 0.5 < accuracy["constant"] < accuracy["glorot"]


def one_layer():
    assert abs((Delta[1] ** 2).mean() / (d * (2 / d) * 0.5 * (Delta[2] ** 2).mean()) - 1) < 0.05  # the law for δ


def ten_layers_claims():
    assert spread["tanh", "too_small"][0][10] < 1e-6  # gone
    assert spread["tanh", "too_small"][1][0] < 1e-5
    assert spread["relu", "too_large"][0][10] > 1e3  # exploded, up and down
    assert spread["relu", "too_large"][1][0] > 500
    assert max(a[1:]) < 1 < 10 < delta[0]  # tanh cannot explode upwards; its neurons saturate, and δ explodes


def train_claims():
    assert histories["logistic"].gradient_norms[0][0] < 1e-3 * histories["logistic"].gradient_norms[0][-1]
    assert histories["tanh"].gradient_norms[0][0] > 0.1 * histories["tanh"].gradient_norms[0][-1]
    assert histories["tanh"].accuracy[-1] > 0.95


def units():
    assert np.abs(scaled.mean(axis=0)).max() < 1e-12
    assert np.abs(scaled.std(axis=0) - 1).max() < 1e-12


def raw_against_scaled():
    assert wines["scaled"].validation_accuracy[-1] > 0.95 > 0.7 > wines["raw"].validation_accuracy[-1]


def condition():
    assert condition["scaled"] < 100
    assert condition["raw"] > 1e5 * condition["scaled"]


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
