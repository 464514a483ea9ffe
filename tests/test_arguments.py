"""What every room asks of its arguments."""

import random

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar.arguments import random_source, whole_number
from tinygrad_scalar.data import moons, random_split
from tinygrad_scalar.drawing import draw_network
from tinygrad_scalar.optimizers import OnlineLBFGS, SciPy
from tinygrad_scalar.training import Checkpoint, fit
from tinygrad_scalar.training.races import PROBLEMS, Race

X, Y = [[0.0], [1.0]], [0.0, 1.0]
COUNTS = {  # who takes a whole number, and one that it takes
    "inputs": (lambda n: MLP(n, [1]), 2),
    "neurons": (lambda n: MLP(1, [n]), 2),
    "freeze": (lambda n: MLP(1, [2, 1]).freeze(n), 2),
    "epochs": (lambda n: fit(MLP(1, [1]), X, Y, loss="huber", epochs=n), 1),
    "batch_size": (lambda n: fit(MLP(1, [1]), X, Y, loss="huber", epochs=1, batch_size=n), 1),
    "memory": (lambda n: OnlineLBFGS(memory=n), 5),
    "max_iterations": (lambda n: SciPy(max_iterations=n), 5),
    "moons": (moons, 4),
    "random_split": (random_split, 4),
    "every": (lambda n: Checkpoint("run.npz", every=n), 2),
    "race": (lambda n: Race(PROBLEMS["quadratic"](), n), 2),
    "tallest": (lambda n: draw_network(MLP(1, [1]), tallest=n), 3),
}


@pytest.mark.parametrize("who", COUNTS)
def test_a_whole_number_may_be_numpys_and_is_neither_a_bool_nor_a_float(who):
    ask, n = COUNTS[who]
    ask(n)
    ask(np.int64(n))
    for wrong in (True, np.True_, 2.5, float(n), str(n), np.array([n])):
        with pytest.raises(ValueError, match="is a whole number from|there is no layer|needs a list of one layer"):
            ask(wrong)


def test_a_whole_number_comes_back_as_an_int():
    assert type(whole_number(np.int64(3), "n")) is int


def test_the_same_seed_gives_the_same_numbers_whatever_made_it():
    expected = random.Random(7).random()
    assert random_source(7).random() == random_source(np.int64(7)).random() == expected
    assert random_source(random.Random(7)).random() == expected
    one, two = (random_source(np.random.default_rng(7)).random() for _ in range(2))
    assert one == two
    for wrong in (True, 7.0, "seed", np.random):
        with pytest.raises(TypeError, match="rng is an int, a random.Random or a NumPy Generator, not"):
            random_source(wrong)
