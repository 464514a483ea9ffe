"""The race: the same start, the same number of gradients, and what comes of it."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize

from tinygrad_scalar.drawing import draw_race
from tinygrad_scalar.training.races import (
    PROBLEMS,
    RACERS,
    Absent,
    Problem,
    Race,
    quadratic,
    remarks,
    rosenbrock,
    table,
)


@pytest.fixture(scope="module")
def digits():
    """The laps of those whose order is known, on the digits in full batch."""
    race = Race(PROBLEMS["digits"](), 50)
    rates = {"gradient descent": 3.0, "iRProp+": None, "L-BFGS": None}
    return {name: race.lap(name, RACERS[name][0], rate) for name, rate in rates.items()}


@pytest.mark.slow
def test_on_the_digits_irprop_and_l_bfgs_are_far_ahead_of_gradient_descent(digits):
    E = {name: lap.E[-1] for name, lap in digits.items()}
    assert E["gradient descent"] > 0.01
    assert E["iRProp+"] < 0.0002
    assert E["L-BFGS"] < 2e-5


def test_no_racer_spends_more_than_its_gradients():
    class Counting:
        def __init__(self, objective):
            self.objective, self.n = objective, 0

        def __call__(self, theta):
            self.n += 1
            return self.objective(theta)

        def __getattr__(self, name):
            return getattr(self.objective, name)

    for make in (quadratic, rosenbrock):
        problem = make()
        for name, (optimizer, rated) in RACERS.items():
            counting = Counting(problem.objective)
            Race(Problem("", counting, problem.start, problem.outputs), 20).lap(
                name, optimizer, 0.01 if rated else None
            )
            assert counting.n <= 22, name  # and E of the start, twice


def test_a_lap_is_the_lowest_e_so_far_and_repeats_to_the_bit():
    laps = list(Race(rosenbrock(), 30).run())
    for lap in laps:
        assert len(lap.E) == 31
        assert lap.E[0] == pytest.approx(12.1)
        assert all(later <= earlier for earlier, later in zip(lap.E, lap.E[1:], strict=False))
    assert laps == list(Race(rosenbrock(), 30).run())
    assert {lap.name for lap in laps} >= {"Newton", "Levenberg–Marquardt", "BFGS", "Adam", "iRProp+"}


@pytest.mark.parametrize("make", [quadratic, rosenbrock])
def test_the_problems_have_the_derivatives_that_they_say(make):
    problem = make()
    rng, E = np.random.default_rng(0), problem.objective
    theta = problem.start + 0.1 * rng.normal(size=len(problem.start))
    assert scipy.optimize.check_grad(lambda t: E(t)[0], lambda t: E(t)[1], theta) < 1e-4
    H = np.array([(E(theta + 1e-6 * e)[1] - E(theta - 1e-6 * e)[1]) / 2e-6 for e in np.eye(len(theta))])
    np.testing.assert_allclose(E.hessian(theta), H, rtol=1e-6, atol=1e-6)
    v = rng.normal(size=len(theta))
    np.testing.assert_allclose(E.hvp(theta, v), E.hessian(theta) @ v, rtol=1e-12)


def test_who_cannot_move_is_left_out():
    names = {lap.name for lap in Race(quadratic(), 20).run()}
    assert "Newton" not in names  # its Hessian costs 50
    assert "Levenberg–Marquardt" not in names  # there are no residuals
    assert {lap.name for lap in Race(quadratic(), 60).run()} >= {"Newton"}


def test_the_table_is_sorted_and_the_picture_names_every_racer(tmp_path):
    laps = list(Race(rosenbrock(), 20).run())
    lines = table(laps, 20).splitlines()
    assert lines[0].split() == ["optimiser", "rate", "E", "after", "2", "E", "after", "10", "E", "after", "20"]
    last = [float(line.split()[-1]) for line in lines[1:]]
    assert last == sorted(last)
    draw_race(laps, tmp_path / "race.svg")
    said = "".join(ET.parse(tmp_path / "race.svg").getroot().itertext())
    assert all(lap.name in said for lap in laps)
    with pytest.raises(ValueError, match="no lap to draw"):
        draw_race([], tmp_path / "none.svg")
    with pytest.raises(ValueError, match="gradients is a whole number from 1"):
        Race(rosenbrock(), 0)


def test_who_is_absent_says_why_and_each_lap_is_told_before_it_begins():
    told = []
    results = list(Race(PROBLEMS["moons"](), 20).results(lambda name, rate: told.append((name, rate))))
    assert [result.name for result in results] == list(RACERS)
    assert len(told) == sum(8 if rated else 1 for _, rated in RACERS.values())
    absent = {result.name: result.why for result in results if isinstance(result, Absent)}
    assert absent["Newton"] == "one Hessian costs 82 gradients, and there are 20"
    assert "not a sum of squares" in absent["Levenberg–Marquardt"]
    said = remarks(results, 20)
    assert said[0].endswith("Each had 20 gradients: the search cost 160, a method without a rate 20")
    assert said[1:] == [f"{name} is missing: {why}" for name, why in absent.items()]
    assert remarks([lap for lap in results if not isinstance(lap, Absent) and lap.tried == 1], 20) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Levenberg–Marquardt", "the residuals with their Jacobian cost 4 gradients, and there are 1"),
        ("Newton", "one Hessian costs 2 gradients, and there are 1"),
        ("IDBD", "the Gauss–Newton diagonal costs 4 gradients, and there are 1"),
    ],
)
def test_what_costs_more_than_there_is_is_named_with_its_price(name, says):
    problem = replace(rosenbrock(), outputs=4)
    assert Race(problem, 1).lap(name, RACERS[name][0], None) == Absent(name, says)
