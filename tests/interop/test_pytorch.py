"""What PyTorch has trained gives the same outputs here, and the other way round."""

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.checking import diagnose
from tinygrad_scalar.interop import NoCounterpart, from_torch, to_torch
from tinygrad_scalar.objective import Objective

torch = pytest.importorskip("torch", reason="PyTorch is not part of the extra `test`: pip install torch")
nn = torch.nn
ACTIVATIONS = ["identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "softplus", "swish", "gelu"]


@pytest.mark.parametrize("output", ["identity", "logistic", "softmax"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_there_and_back_is_the_same_network(activation, output):
    mlp = MLP(3, [4, 2], activation, output, rng=0)
    mlp.freeze(1)
    network = to_torch(mlp)
    back, x = from_torch(network), [0.3, -1.2, 2.0]
    assert back.activations == mlp.activations
    assert back.frozen == {1}
    assert back.theta.tolist() == mlp.theta.tolist()
    theirs = network(torch.tensor([x], dtype=torch.float64)).detach().numpy()[0]
    np.testing.assert_allclose([a.data for a in mlp(x)], theirs, rtol=0, atol=1e-12)  # sums in another order


def test_a_network_in_single_precision_keeps_its_numbers():
    network = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 1, bias=False)))
    mlp = from_torch(network)
    assert mlp.layers[1].neurons[0].w[0].data == network[1][1].weight[0, 0].item()
    theirs = network(torch.tensor([0.5, -1.0])).item()
    assert mlp([0.5, -1.0])[0].data == pytest.approx(theirs, abs=1e-6)  # PyTorch rounds to 24 bits on the way


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (lambda: nn.GELU(), "approximate='tanh'"),
        (lambda: nn.LeakyReLU(0.2), "negative_slope=0.01"),
        (lambda: nn.ELU(0.5), "alpha=1.0"),
        (lambda: nn.Softmax(0), "dim=-1"),
        (lambda: nn.BatchNorm1d(3), "BatchNorm1d"),
        (lambda: nn.Dropout(), "Dropout"),
        (lambda: nn.Conv1d(1, 1, 1), "Conv1d"),
        (lambda: nn.Sequential(nn.ReLU(), nn.Tanh()), "bends once"),
        (lambda: nn.Linear(3, 3, dtype=torch.complex128), "complex128"),
        (lambda: nn.Linear(2, 3), "must be 3 × 3"),
    ],
)
def test_what_has_no_counterpart_is_named(part, words):
    with pytest.raises(NoCounterpart, match=words):
        from_torch(nn.Sequential(nn.Linear(2, 3), part()))


def test_an_activation_that_pytorch_lacks_and_shared_weights_are_named():
    with pytest.raises(NoCounterpart, match="'sin' of layer 1"):
        to_torch(MLP(2, [2, 1], "sin"))
    shared = nn.Linear(2, 2)
    with pytest.raises(NoCounterpart, match="share"):
        from_torch(nn.Sequential(shared, nn.Tanh(), shared))
    with pytest.raises(TypeError, match=r"nn\.Sequential, not Linear"):
        from_torch(shared)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("slip", ["", "factor"])
def test_gradients_as_pytorch_gives_them_are_diagnosed(precision, slip):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    dtype = getattr(torch, precision)
    network = to_torch(MLP(3, [4, 1], rng=0)).to(dtype)
    mlp = from_torch(network)
    E = ((network(torch.tensor(X, dtype=dtype)) - torch.tensor(Y, dtype=dtype)) ** 2 / 2).mean()
    (E * (8 if slip else 1)).backward()
    gradient = Objective(mlp, X, Y, "half_squared_error")(mlp.theta)[1]
    found = diagnose(gradient, [p.grad for p in network.parameters()], mlp, X, Y, "half_squared_error")
    assert found is None if not slip else "M = 8" in found.guess
