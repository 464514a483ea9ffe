"""The cross-entropies where outputs saturate: in hand-written loops, in recordings, and at infinity."""

import math

import mpmath
import numpy as np
import pytest

from tinygrad_scalar import MLP, Value, logistic, losses
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.replay import record

PAIRS = [("binary_cross_entropy", "logistic"), ("cross_entropy", "softmax")]
INF = math.inf


def wide(output, weight=500.0):
    """A network whose outputs are 0 and 1 to the last digit."""
    return MLP(2, [3], output=output, initializer=lambda rng, n_in, n_out: weight * rng.uniform(-1.0, 1.0), rng=0)


def by_hand(mlp, loss, x, y):
    """E and ∇E as a loop of one's own gets them: one example, no Objective."""
    mlp.zero_grad()
    E = losses.find(loss)(y, mlp(x))
    E.backward()
    return E.data, [p.grad for p in mlp.parameters()]


def test_a_hand_written_loop_gets_through_a_saturated_output():
    mlp = MLP(1, [1], output="logistic", initializer=lambda rng, n_in, n_out: 37.0)
    assert by_hand(mlp, "binary_cross_entropy", [1.0], [0.0]) == (37.0, [1.0, 1.0])


@pytest.mark.parametrize("weight", [0.1, 37.0, 500.0])
@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_a_loss_of_outputs_that_their_own_activation_made_is_that_of_the_objective(loss, output, weight):
    mlp, x = wide(output, weight), [1.0, -2.0]
    for y in [*np.eye(3).tolist(), [0.2, 0.5, 0.3]]:
        E, gradient = by_hand(mlp, loss, x, y)
        expected = Objective(mlp, [x], [y], loss, route="scalar")(mlp.theta)
        assert (E, gradient) == (expected[0], expected[1].tolist())  # the same graph: to the last bit
        assert np.isfinite([E, *gradient]).all()


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_a_recording_takes_the_stable_form_too(loss, output):
    mlp, x, y = wide(output), [1.0, -2.0], [0.0, 1.0, 0.0]
    given = losses.find(loss)
    replay = record(lambda v: given(v[2:], mlp(v[:2])), x + y, mlp.parameters())
    X = np.array([x + y, [-3.0, 1.0, 1.0, 0.0, 0.0]]).T
    E, gradient = replay(X)
    expected = Objective(mlp, X[:2].T, X[2:].T, loss)(mlp.theta)
    assert E == pytest.approx(expected[0], rel=1e-14)  # rounding of one mean
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-12, atol=1e-300)
    assert "log(" not in replay.program()


def test_what_no_activation_made_is_taken_as_it_is():
    y, z = [1.0, 0.0], [Value(0.5), Value(-1.0)]
    p = [z[0].logistic(), 1.0 - z[1].logistic()]  # the second is computed
    losses.binary_cross_entropy(y, p).backward()
    assert p[0].grad == pytest.approx(-1.0 / p[0].data, rel=1e-15)
    odd = [z[0].exp(), (z[1] - z[0]).exp()]  # no shared lse
    losses.cross_entropy(y, odd).backward()
    assert odd[0].grad == pytest.approx(-1.0 / odd[0].data, rel=1e-15)
    apart = [(z[0] - Value(1.0)).exp(), (z[1] - Value(1.0)).exp()]  # two different nodes
    losses.cross_entropy(y, apart).backward()
    assert apart[0].grad == pytest.approx(-1.0 / apart[0].data, rel=1e-15)


def test_some_of_the_outputs_of_a_softmax_will_do():
    mlp = MLP(2, [3], output="softmax", rng=0)
    a = mlp([1.0, -2.0])
    assert losses.cross_entropy([1.0], a[1:2]).data == pytest.approx(-math.log(a[1].data), rel=1e-14)
    assert losses.cross_entropy([0.5, 0.5], a[:0:-1]).data == pytest.approx(
        -0.5 * math.log(a[2].data * a[1].data), rel=1e-14
    )


class Own(Value):
    """A Value of one's own counts like any other."""


KINDS = {"floats": lambda v: v, "Values": lambda v: list(map(Own, v)), "rows": lambda v: np.array(v)[:, None]}
LIMITS = [  # the loss, y, z, and the limit of ℒ as z goes there
    ("binary_cross_entropy", [1.0], [INF], 0.0),
    ("binary_cross_entropy", [0.0], [-INF], 0.0),
    ("binary_cross_entropy", [0.0], [INF], INF),
    ("binary_cross_entropy", [1.0], [-INF], INF),
    ("binary_cross_entropy", [0.3], [INF], INF),
    ("binary_cross_entropy", [0.3], [-INF], INF),
    ("binary_cross_entropy", [1.0, 0.0], [INF, 0.0], math.log(2.0)),
    ("cross_entropy", [0.0, 1.0, 0.0], [-INF, 0.0, 0.0], math.log(2.0)),
    ("cross_entropy", [1.0, 0.0], [-INF, 0.0], INF),
    ("cross_entropy", [1.0, 0.0], [INF, 0.0], 0.0),
    ("cross_entropy", [0.0, 1.0], [INF, 0.0], INF),
    ("cross_entropy", [0.5, 0.5], [INF, 0.0], INF),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("loss", "y", "z", "limit"), LIMITS)
def test_from_z_at_infinity_a_cross_entropy_is_its_limit(kind, loss, y, z, limit):
    y = y if kind == "Values" else KINDS[kind](y)
    with np.errstate(invalid="ignore"):
        found = losses.find(loss).of_z(y, KINDS[kind](z))
    assert np.ravel(found.data if kind == "Values" else found)[0] == limit


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("loss", "y"), [("binary_cross_entropy", [0.0, 1.0]), ("cross_entropy", [0.0, 1.0])])
def test_what_is_not_a_number_is_no_limit_and_stays_nan(kind, loss, y):
    y = y if kind == "Values" else KINDS[kind](y)
    for z in ([math.nan, 0.0], [0.0, math.nan], [math.nan, INF]):
        with np.errstate(invalid="ignore"):
            found = losses.find(loss).of_z(y, KINDS[kind](z))
        assert np.isnan(found.data if kind == "Values" else found).all()


@pytest.mark.parametrize(("y", "z", "slope"), [(1.0, INF, 0.0), (0.0, INF, 1.0), (0.0, -INF, 0.0), (1.0, -INF, -1.0)])
def test_and_its_slope_is_the_limit_of_the_slope(y, z, slope):
    node = Value(z)
    losses.binary_cross_entropy([y], [node.logistic()]).backward()
    assert node.grad == slope


@pytest.mark.parametrize("z", [-745.0, -40.0, -3.0, 0.0, 3.0, 40.0, 745.0])
@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_from_z_they_are_right_to_the_digits_that_the_largest_term_allows(y, z):
    with mpmath.workdps(700):
        e = mpmath.exp(mpmath.mpf(z))
        binary = float(mpmath.log(1 + e) - mpmath.mpf(y) * mpmath.mpf(z))
    assert losses.binary_cross_entropy.of_z([y], [z]) == pytest.approx(binary, rel=1e-15, abs=2e-16 * max(1.0, abs(z)))
    two = losses.cross_entropy.of_z([y, 1.0 - y], [z, 0.0])  # the same: softmax of (z, 0) is (σ(z), 1 − σ(z))
    assert two == pytest.approx(binary, rel=1e-15, abs=2e-16 * max(1.0, abs(z)))


def test_a_target_below_0_counts_like_any_other():
    y, a = [-0.5, 1.5], [0.2, 0.8]
    assert losses.cross_entropy(y, a) == pytest.approx(0.5 * math.log(0.2) - 1.5 * math.log(0.8), rel=1e-15)
    expected = -sum(y_i * math.log(a_i) + (1 - y_i) * math.log(1 - a_i) for y_i, a_i in zip(y, a, strict=True))
    assert losses.binary_cross_entropy(y, a) == pytest.approx(expected, rel=1e-15)
    assert losses.binary_cross_entropy.of_z([-0.5], [-INF]) == -INF
    assert losses.cross_entropy([0.0, -1.0], [1.0, 0.0]) == -INF


@pytest.mark.parametrize(
    ("y", "a", "says"),
    [
        (2, [0.2, 0.3, 0.5], "not 2; a class becomes zeros and a 1, see data.one_hot"),
        (np.int64(2), np.ones((3, 5)), r"not np.int64\(2\); a class becomes zeros and a 1"),
        (1.0, [0.5], "the target has an entry for each output, it is not 1.0; put it into a list"),
        ([1.0], Value(0.5), r"the output has an entry for each output, it is not Value\(0.5"),
        (np.array(1.0), [0.5], "the target has .* put it into a list"),
    ],
)
@pytest.mark.parametrize("name", losses.LOSSES)
def test_a_single_number_in_the_place_of_a_list_is_refused_in_a_sentence(name, y, a, says):
    with pytest.raises(TypeError, match=says):
        losses.find(name)(y, a)


def test_from_the_number_a_alone_what_is_lost_stays_lost():
    assert losses.binary_cross_entropy([0.0], [logistic(40.0)]) == INF
