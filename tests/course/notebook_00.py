"""What notebook 0 says, held: each function runs after the cell it is named for, on the notebook's own names."""


def or_and():
    assert says(1, 1, -0.5) == OR
    assert says(1, 1, -1.5) == AND


def best_line():
    assert right.max() == 3


def hidden():
    assert [int(a1 - a2 - 0.5 > 0) for a1, a2 in a.T] == XOR
    assert a[:, 1].tolist() == a[:, 2].tolist() == [1, 0]


def network_drawn():
    assert [round(network(x)[0].data) for x in X] == XOR


def nudges():
    from tinygrad_scalar.objective import Objective

    network.theta = theta
    E_too, gradient = Objective(network, X, np.reshape(XOR, (4, 1)), "squared_error")(theta)
    assert np.isclose(E_too, E(theta), rtol=1e-14)
    assert np.allclose(slopes, gradient, rtol=0, atol=1e-3)


def learn():
    assert history[-1] < 0.01
    assert [round(network(x)[0].data) for x in X] == XOR
