"""Many slips planted in many small networks: each is named, alone or among those that are alike there."""

from collections import Counter

import numpy as np
import pytest

from tests.helpers.students import SIGMA, Pass, Task, blamed, distance, judged, one_step_later, task, told


def test_a_planted_slip_is_named_and_no_other_in_its_place():
    verdicts = [(verdict, name, found) for name, verdict, found, _ in judged(np.random.default_rng(0), 6)]
    assert len(verdicts) > 150
    assert [row for row in verdicts if row[0] != "named"] == []


@pytest.mark.slow
def test_of_a_thousand_planted_slips_hardly_one_is_unclear_or_named_wrongly():
    counts = Counter(verdict for _, verdict, *_ in judged(np.random.default_rng(7), 30))
    assert counts["named"] > 1000
    assert counts["unclear"] + counts["wrongly named"] <= 0.002 * counts["named"]


FEW_OR_MANY = pytest.mark.parametrize("tasks", [30, pytest.param(150, marks=pytest.mark.slow)])


@FEW_OR_MANY
def test_right_gradients_in_single_precision_are_not_blamed(tasks):
    assert list(blamed(np.random.default_rng(1), tasks)) == []


@FEW_OR_MANY
def test_a_slip_in_single_precision_is_named_all_the_same(tasks):
    rng = np.random.default_rng(4)
    for _ in range(tasks):
        one = task(rng, most=5)
        for how, words in ((Pass(of_example=np.full(one.M, np.float32(-1.0))), "a sign, −1, in every entry"),
                           (Pass(carry=lambda l, W, D, s: W[l].T @ D[l], steps=tuple(range(2, one.L + 1))), "σ′ is missing in")):  # fmt: skip
            gradient, exact = how.gradient(one.rounded(np.float32)), how.gradient(one)
            found, right = told(one, gradient)
            if distance(one, exact, right) > 1e-2 and np.abs(right).max() > 1e-2:  # not all of it is rounding
                assert any(words in slip.sentence for slip in found.slips), (found, one)


def width_one(activation="tanh"):
    """x → a neuron → a neuron, two examples: hardly anything can be told apart."""
    W, b = [None, np.array([[0.7]]), np.array([[-1.3]])], [None, np.array([0.2]), np.array([0.4])]
    return Task(
        W, b, [None, activation, "identity"], np.array([[0.5, -1.0]]), np.array([[1.0, 0.0]]), "half_squared_error"
    )


def test_where_a_small_network_makes_slips_alike_all_that_fit_are_named():
    one = width_one()
    found, _ = told(one, Pass(carry=lambda l, W, D, s: (W[l][:-1].T @ D[l][:-1]) * s, steps=(2,)).gradient(one))
    said = [slip.sentence for slip in found.slips]
    assert "the last neuron of layer 2 is left out of the sum Wᵀ δ in δ^(1)" in said
    assert "δ is not carried past layer 2: nothing arrives below" in said
    assert "the last neuron of layer 1 gets no gradient" in said
    assert found.guess.startswith("it looks like one of these, alike on these examples: ")
    found, _ = told(one, Pass(of_example=np.full(2, 2.0)).gradient(one))
    assert "a factor 2, which is also a factor M = 2" in found.guess
    assert "M/(M − 1) = 2/1" in found.guess


def test_the_number_that_a_slip_was_made_with_is_read_off():
    rng = np.random.default_rng(3)
    one = next(t for t in (task(rng) for _ in range(100)) if t.L == 3 and t.sigmas[1] == "tanh" and t.M > 3)
    found, _ = told(one, Pass(rate=0.37).gradient(one))
    assert (
        found.guess == "it looks like this: the weights above are updated before the δ below is computed, with η = 0.37"
    )
    found, _ = told(*one_step_later(one, 0.37))
    assert "the gradient of the step before is still in it, not set to 0 (η = 0.37 led from there)" in found.guess


@pytest.mark.parametrize(("rate", "named"), [(9.0, True), (11.0, False)])
def test_a_step_that_no_training_takes_explains_nothing(rate, named):
    found, _ = told(width_one(), Pass(rate=rate).gradient(width_one()))
    assert any("updated before" in slip.sentence for slip in found.slips) is named


@pytest.mark.parametrize(
    ("activation", "words", "slope"),
    [
        ("tanh", "σ′ is 1 − z² in place of 1 − a² in δ^(1)", lambda name, Z, A: 1 - Z**2),
        ("tanh", "σ′ is taken at a instead of z in δ^(1)", lambda name, Z, A: 1 - np.tanh(A) ** 2),
        ("tanh", "σ′ is a(1 − a), which is that of the logistic function, in δ^(1)", lambda name, Z, A: A * (1 - A)),
        ("logistic", "σ′ is 1 − a², which is that of tanh, in δ^(1)", lambda name, Z, A: 1 - A**2),
        ("logistic", "σ′ is z(1 − z) in place of a(1 − a) in δ^(1)", lambda name, Z, A: Z * (1 - Z)),
        ("softplus", "σ′ is that of relu in δ^(1)", lambda name, Z, A: (Z > 0) * 1.0),
    ],
)
def test_another_function_in_the_place_of_sigma_prime_is_told_by_its_formula(activation, words, slope):
    rng = np.random.default_rng(5)
    W = [None, rng.normal(size=(4, 3)), rng.normal(size=(2, 4))]
    one = Task(W, [None, np.zeros(4), np.zeros(2)], [None, activation, "identity"], rng.normal(size=(3, 6)),
               rng.normal(size=(2, 6)), "half_squared_error")  # fmt: skip
    found, _ = told(one, Pass(slope=slope, at=(1,)).gradient(one))
    assert found.guess == f"it looks like this: {words}"


# What each tolerance is worth: a tenth or ten times as much would say the wrong thing.


def saturated(z, slope, dtype=float):
    """The diagnosis of x → tanh at this z → identity, where the hidden neuron's σ′ is taken to be `slope`."""
    W, b = [None, np.array([[z]]), np.ones((1, 1))], [None, np.zeros(1), np.zeros(1)]
    one = Task(W, b, [None, "tanh", "identity"], np.ones((1, 1)), np.full((1, 1), -100.0), "half_squared_error")
    dW, db = Pass(slope=lambda *_: np.array([[slope]]), at=(1,)).gradient(one)
    return told(
        one, ([None, *(part.astype(dtype) for part in dW[1:])], [None, *(part.astype(dtype) for part in db[1:])])
    )[0]


@pytest.mark.parametrize("z", np.linspace(12.0, 18.0, 61))
def test_the_slope_of_a_saturated_neuron_is_known_to_a_few_roundings_of_1_and_not_better(z):
    assert saturated(z, 1.0 / np.cosh(z) ** 2) is None  # the table has 1 − a², this is the same without cancellation


def test_an_error_of_many_roundings_in_a_saturated_neuron_is_found():
    assert saturated(15.0, 0.0) is not None  # σ′ = 3.7e-13, thousands of roundings of 1
    assert saturated(6.8, 0.0, np.float32) is not None  # σ′ = 5e-6, 40 roundings in single precision
    assert saturated(8.5, 0.0, np.float32) is None  # σ′ = 1.7e-7, one or two: a is 1 there
    assert saturated(8.5, 0.0) is not None  # not so in double precision


@pytest.mark.parametrize(("off", "named"), [(5e-7, True), (5e-6, False)])
def test_a_factor_has_the_name_of_a_number_within_a_millionth(off, named):
    one = task(np.random.default_rng(2))
    gradient = Pass(of_example=np.full(one.M, 3.0 * (1 + off))).gradient(one)
    found, _ = told(one, tuple([None, *(part / 1.5 for part in half[1:])] for half in gradient))  # 2 (1 + off)
    assert any("a factor 2" in slip.sentence for slip in found.slips) is named


@pytest.mark.parametrize(("off", "named"), [(5e-4, True), (5e-3, False)])
def test_in_single_precision_within_a_thousandth(off, named):
    rng = np.random.default_rng(8)
    one = next(t for t in (task(rng) for _ in range(100)) if t.L == 2 and t.M > 3)
    gradient = Pass(of_example=np.full(one.M, 2.0 * (1 + off))).gradient(one)
    rounded = tuple(
        [None, *(part * (1 + 1e-7 * rng.normal(size=part.shape)) for part in half[1:])] for half in gradient
    )
    found, _ = told(one, rounded)
    assert any("a factor 2" in slip.sentence for slip in found.slips) is named


def test_the_students_own_slopes_are_right():
    for sigma, slope in SIGMA.values():
        if slope is not None:
            z = np.array([-2.0, -0.3, 0.4, 1.7])
            np.testing.assert_allclose(slope(z), (sigma(z + 1e-6) - sigma(z - 1e-6)) / 2e-6, rtol=1e-8)
