"""Losses, once for Values, floats and rows of a matrix."""

import math

import numpy as np
import pytest
from scipy.special import huber, log_softmax, xlogy

from tinygrad_scalar import MLP, Value, losses, slopes
from tinygrad_scalar.loss_facts import FACTS, Facts
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.optimizers import GradientDescent

RNG = np.random.default_rng(0)
Y, A = RNG.uniform(size=(3, 5)), RNG.uniform(0.05, 0.95, size=(3, 5))
EXPECTED = {
    "half_squared_error": lambda y, a: 0.5 * ((y - a) ** 2).sum(axis=0),
    "squared_error": lambda y, a: ((y - a) ** 2).sum(axis=0),
    "absolute_error": lambda y, a: np.abs(y - a).sum(axis=0),
    "huber": lambda y, a: huber(1.0, y - a).sum(axis=0),
    "binary_cross_entropy": lambda y, a: -(xlogy(y, a) + xlogy(1 - y, 1 - a)).sum(axis=0),
    "cross_entropy": lambda y, a: -xlogy(y, a).sum(axis=0),
    "max_margin": lambda y, a: np.maximum(0, 1 - y * a).sum(axis=0),
}


@pytest.mark.parametrize("name", losses.LOSSES)
def test_a_loss_is_the_same_for_values_floats_and_rows_of_a_matrix(name):
    loss = losses.find(name)
    for scale in (1.0, 4.0):
        a = A if "entropy" in name else scale * (A - 0.5)
        expected = EXPECTED[name](Y, a)
        np.testing.assert_allclose(loss(Y, a), expected, rtol=1e-14)
        for m in range(5):
            y_m, a_m = Y[:, m].tolist(), a[:, m].tolist()
            assert loss(y_m, a_m) == pytest.approx(expected[m], rel=1e-14)
            assert loss(y_m, list(map(Value, a_m))).data == pytest.approx(expected[m], rel=1e-14)


def test_the_cross_entropies_from_z_are_those_from_a_and_stable_at_any_z():
    z = RNG.normal(size=(3, 5))
    np.testing.assert_allclose(
        losses.binary_cross_entropy.of_z(Y, z), losses.binary_cross_entropy(Y, 1 / (1 + np.exp(-z))), rtol=1e-12
    )
    p = np.exp(z) / np.exp(z).sum(axis=0)
    np.testing.assert_allclose(losses.cross_entropy.of_z(Y, z), losses.cross_entropy(Y, p), rtol=1e-12)
    far = [800.0, -800.0, 0.0]
    assert losses.binary_cross_entropy.of_z([1.0, 0.0, 0.0], far) == pytest.approx(math.log(2.0))
    assert losses.binary_cross_entropy.of_z([0.0, 1.0, 0.0], far) == pytest.approx(1600.0 + math.log(2.0))
    assert losses.cross_entropy.of_z([0.0, 1.0, 0.0], far) == pytest.approx(1600.0)
    np.testing.assert_allclose(losses.cross_entropy.of_z(Y, 100 * z), -(Y * log_softmax(100 * z, axis=0)).sum(axis=0))


def test_what_is_certain_and_right_costs_nothing():
    assert losses.cross_entropy([0.0, 1.0], [0.0, 1.0]) == 0.0
    assert losses.binary_cross_entropy([0.0, 1.0], [0.0, 1.0]) == 0.0
    assert losses.cross_entropy([1.0, 0.0], [0.0, 1.0]) == math.inf


def test_squared_error_is_twice_the_half_and_no_loss_divides_by_the_outputs():
    assert losses.squared_error([1.0, 1.0], [0.0, 0.0]) == 2.0
    assert losses.half_squared_error([1.0, 1.0], [0.0, 0.0]) == 1.0


@pytest.mark.parametrize("name", losses.LOSSES)
def test_targets_of_another_length_are_refused(name):
    with pytest.raises(ValueError, match="the target has 1 entries, the output 2"):
        losses.find(name)([1.0], [0.5, 0.5])


def test_an_unknown_loss_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError, match="unknown loss 'mse'; did you mean squared_error\\? There are half_squared_error"
    ):
        losses.find("mse")


def test_a_loss_of_ones_own_is_differentiated_as_it_stands_and_the_matrix_side_says_what_it_lacks():
    def quartic(y, a):
        return losses.squared_error(y, a) ** 2

    mlp = MLP(1, [1], rng=0)
    mlp.theta = [2.0, 0.0]
    E, gradient = Objective(mlp, [[1.0]], [[0.0]], quartic, route="scalar")(mlp.theta)
    assert (E, gradient.tolist()) == (16.0, [32.0, 32.0])
    with pytest.raises(ValueError, match="no dℒ/da of 'quartic'; put it into slopes.DLOSS"):
        Objective(mlp, [[1.0]], [[0.0]], quartic, route="matrix")(mlp.theta)


def test_a_loss_under_the_name_of_one_of_ours_is_not_mistaken_for_it():
    def cross_entropy(y, a):
        return sum((a_i - y_i) ** 2 for y_i, a_i in zip(y, a, strict=True))

    mlp = MLP(1, [2], output="softmax", rng=0)
    E, _ = Objective(mlp, [[1.0]], [[1.0, 0.0]], cross_entropy, route="scalar")(mlp.theta)
    assert E == pytest.approx(Objective(mlp, [[1.0]], [[1.0, 0.0]], "squared_error")(mlp.theta)[0], rel=1e-14)
    with pytest.raises(ValueError, match="no dℒ/da of 'another cross_entropy'"):
        Objective(mlp, [[1.0]], [[1.0, 0.0]], cross_entropy, route="matrix")(mlp.theta)


def test_operands_may_mix_numpy_scalars_and_values():
    mixed = [np.float64(0.5), Value(0.25)]
    assert losses.huber([1.0, 0.0], mixed).data == losses.huber([1.0, 0.0], [0.5, 0.25])
    assert losses.absolute_error([Value(1.0), Value(0.0)], np.array([0.5, 0.5])).data == 1.0


M, P = 5, 3
FACTORS = {  # the E: ℒ of one example, the weight of each example, the factor of δ^(L), that of E, ∂E/∂W and the Hessian
    "(1/M) Σ ½‖y − a‖², the text's δ": (losses.half_squared_error, 1.0, 1.0, 1.0),
    "(1/M) Σ ‖y − a‖², the text's E": (losses.squared_error, 1.0, 2.0, 2.0),
    "Σ ½‖y − a‖², a sum over the examples": (losses.half_squared_error, M, 1.0, M),
    "(1/M) Σ (1/P) ‖y − a‖², a mean over the outputs too": (lambda y, a: losses.squared_error(y, a) / P, 1.0, 2 / P, 2 / P),
    "(1/M) Σ (1/P) ½‖y − a‖²": (lambda y, a: losses.half_squared_error(y, a) / P, 1.0, 1 / P, 1 / P),
}  # fmt: skip


@pytest.mark.parametrize("convention", FACTORS)
def test_what_a_half_a_mean_over_examples_and_a_mean_over_outputs_do(convention):
    loss, weight, factor_of_delta, c = FACTORS[convention]
    mlp = MLP(2, [3, P], "tanh", "logistic", rng=1)
    X, Y = RNG.normal(size=(M, 2)), RNG.uniform(size=(M, P))

    def objective(loss, l2=0.7, sample_weight=None):
        return Objective(mlp, X, Y, loss, route="scalar", l2=l2, sample_weight=sample_weight)

    for x, y in zip(X, Y, strict=True):  # δ^(L) is the derivative of the example's own ℒ: no M in it
        trace = mlp.trace(x)
        loss(y.tolist(), trace.a[2]).backward()
        a = np.array([a.data for a in trace.a[2]])
        delta = [z.grad for z in trace.z[2]]
        np.testing.assert_allclose(delta, factor_of_delta * (a - y) * a * (1 - a), rtol=1e-12, atol=1e-16)

    plain, other = objective("half_squared_error"), objective(loss, 0.7 * c, [weight] * M)  # the penalty takes c too
    theta = mlp.theta
    (E, gradient), (E_other, gradient_other) = plain(theta), other(theta)
    assert E_other == pytest.approx(c * E, rel=1e-12)
    np.testing.assert_allclose(gradient_other, c * gradient, rtol=1e-11, atol=1e-16)
    np.testing.assert_allclose(other.hessian(theta), c * plain.hessian(theta), rtol=1e-10, atol=1e-14)

    theta_other = theta
    for _ in range(5):  # gradient descent walks the same way if η takes 1/c
        theta = GradientDescent(0.3).step(plain, theta)
        theta_other = GradientDescent(0.3 / c).step(other, theta_other)
    np.testing.assert_allclose(theta_other, theta, rtol=1e-11)
    steps = [np.linalg.solve(o.hessian(theta), o(theta)[1]) for o in (plain, other)]  # Newton's asks for no change
    np.testing.assert_allclose(steps[1], steps[0], rtol=1e-9)

    if c != 1.0:  # with the same λ the penalty weighs 1/c of what it did
        alone = objective(loss, 0.7, [weight] * M)(theta)[1]
        expected = c * objective("half_squared_error", 0.7 / c)(theta)[1]
        np.testing.assert_allclose(alone, expected, rtol=1e-11, atol=1e-16)


def test_a_cross_entropy_of_rows_is_finite_at_any_pre_activation():
    z = np.array([[800.0, -800.0, 0.0], [-800.0, -800.0, 800.0]])
    y = np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(losses.cross_entropy.of_z(y, z), [0.0, np.log(2.0), 800.0], rtol=1e-13)


def test_every_loss_has_a_row_of_facts():
    assert list(FACTS) == list(losses.LOSSES)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_what_the_table_says_of_a_loss_is_true(name):
    loss, facts = losses.find(name), losses.facts(name)
    assert (facts.output != "") == hasattr(loss, "of_z") == ((name, facts.output) in losses.OF_Z)
    assert facts.analytic == (facts.kink is None)
    wide = 4.0 * A  # some of them further than 1 from Y
    with np.errstate(invalid="ignore"):
        of_squares = np.allclose(
            loss(Y, wide), 0.5 * (facts.squares or 1.0) * ((wide - Y) ** 2).sum(axis=0), rtol=1e-14
        )
    assert of_squares == bool(facts.squares)
    if facts.analytic:
        by_steps = np.array([loss(Y, A + 1e-30j * e[:, None]).imag / 1e-30 for e in np.eye(3)])
        np.testing.assert_allclose(by_steps, slopes.dloss(name, Y, A), rtol=1e-13)
    else:  # where it is 0 there is a kink, of ℒ or of its slope: to both sides the (second) difference is another
        kink, far = facts.kink, {"absolute_error": (0.5, 0.5), "huber": (0.5, 1.5), "max_margin": (1.0, 1.0)}[name]
        assert kink(*far) == 0.0
        y, (a, h) = [far[0]], (far[1], 1e-3)
        ahead, behind = (loss(y, [a + s * 2 * h]) - 2 * loss(y, [a + s * h]) + loss(y, [a]) for s in (1, -1))
        corner = loss(y, [a + h]) - 2 * loss(y, [a]) + loss(y, [a - h])
        assert abs(ahead - behind) > 0.5 * h * h or corner > 0.5 * h


def test_of_a_loss_of_ones_own_nothing_is_taken_for_known():
    def huber(y, a):
        return losses.huber(y, a)

    assert losses.facts(huber) == Facts() != losses.facts("huber")
