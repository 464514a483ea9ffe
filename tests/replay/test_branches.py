"""A branch of Python on a Value is a guard, and numbers that would take the other branch are refused."""

import itertools
import math

import numpy as np
import pytest

from tests.helpers.replays import assert_same, eagerly
from tinygrad_scalar import MLP, Value, losses, nn, tanh
from tinygrad_scalar.replay import record

RNG = np.random.default_rng(0)


def test_a_branch_is_a_guard_and_names_the_comparison_the_example_and_the_numbers():
    w = Value(1.0, "w_{1,2}")

    def f(x):
        return x[0] * w if x[0] * 2.0 > w else -x[0]

    replay = record(f, [3.0], [w])
    assert replay.guards == ["a computed × > w_{1,2} is true"]
    assert replay([[3.0, 4.0]])[0] == 3.5
    with pytest.raises(
        ValueError, match=r"example 2 \(column 1\) .* a computed × > w_\{1,2\} was true .* false here, with -2 and 1"
    ):
        replay([[3.0, -1.0, -2.0]])
    with pytest.raises(ValueError, match=r"example 1 .* with 6 and 7 .*test_branches.py, line"):
        replay([[3.0, 4.0]], theta=[7.0])
    assert replay([[3.0, 4.0]])[0] == 3.5  # and it still works


def test_a_guard_on_parameters_alone_speaks_of_theta():
    w = Value(1.0, "w")
    replay = record(lambda x: x[0] if w > 0 else -x[0], [3.0], [w])
    with pytest.raises(
        ValueError, match="θ takes another branch .*w > 0 was true there and is false here, with -1 and 0"
    ):
        replay([[1.0]], theta=[-1.0])


@pytest.mark.parametrize(
    ("f", "good", "bad"),
    [
        (lambda x: max(x[0], x[1]), [2.0, 1.0], [1.0, 2.0]),
        (lambda x: sorted(x)[0] * 3.0, [1.0, 2.0], [2.0, 1.0]),
        (lambda x: x[0] if x[0] > 0 and not x[1] > 0 else x[1], [1.0, -1.0], [1.0, 1.0]),
        (lambda x: x[0] if 0.0 <= x[0] else x[1], [0.0, 1.0], [-1.0, 1.0]),
        (lambda x: x[0] if 0.0 <= x[0] else x[1], [1.0, 1.0], [math.nan, 1.0]),
        (lambda x: x[1] if not x[0] < 0 else x[0], [math.nan, 1.0], [-1.0, 1.0]),
        (lambda x: x[int(x[0] > x[1])], [1.0, 2.0], [2.0, 1.0]),
        (lambda x: [x[0], x[1]][x[0] > x[1]], [1.0, 2.0], [2.0, 1.0]),
        (lambda x: x[0] if (x[0] > 0) > (x[1] > 0) else x[1], [1.0, -1.0], [1.0, 1.0]),
    ],
)
def test_every_way_to_branch_is_guarded(f, good, bad):
    replay = record(f, good)
    assert replay.guards
    X = np.array([good, good]).T
    assert replay(X)[0] == pytest.approx(eagerly(f, X, ())[0], nan_ok=True)
    for X in (np.array([bad]).T, np.array([good, bad, good]).T):
        with pytest.raises(ValueError, match="another branch"):
            replay(X)


def test_a_nan_that_takes_the_recorded_branch_is_no_reason_to_stop():
    replay = record(lambda x: x[0] if x[0] < 0.0 else x[0] * 2.0, [1.0])
    assert math.isnan(replay([[math.nan]])[0])


def test_what_only_a_guard_needs_has_no_gradient():
    w = Value(2.0)
    f = lambda x: x[0] * w if (w * x[0]).log() < 100.0 else x[0]  # noqa: E731
    replay = record(f, [1.0], [w])
    X = np.array([[1.0, 2.0]])
    np.testing.assert_allclose(replay(X)[1], [1.5])


def test_a_function_that_branches_on_its_own_result_refuses_the_other_branch():
    b = Value(0.0)
    replay = record(lambda x: r if (r := x[0] * x[0] + b) > 0.5 else -r, [1.0], [b])
    assert replay([[1.0, 2.0]])[0] == 2.5
    with pytest.raises(ValueError, match=r"example 2 .* is false here, with 0\.01"):
        replay([[1.0, 0.1]])

    w = Value(1.0)
    hinge = record(lambda x: max(1.0 + (-x[1]) * (w * x[0] + b), 0.0), [0.5, 1.0], [w, b])
    assert hinge([[0.5], [1.0]])[0] == 0.5
    with pytest.raises(ValueError, match="another branch"):
        hinge([[0.5, 3.0], [1.0, 1.0]])


def test_what_a_guard_makes_of_the_result_leaves_the_result_alone():
    w = Value(2.0)

    def sums(x):
        y = x[0] + x[1] * w
        return y if y + 100.0 > 0 else -y

    def products_of_weights(x):
        y = w * x[0]
        return y if y + w * x[1] + 100.0 > 0 else -y

    for f in (sums, products_of_weights):
        assert_same(f, RNG.normal(size=(2, 5)), [w])


def test_a_neuron_that_only_a_guard_looks_at_hands_nothing_to_its_weights():
    w = [Value(v) for v in (0.5, 0.5, 2.0, 3.0)]

    def f(x):
        looked_at = w[2] * x[0] + w[3] * x[1]
        y = tanh(w[0] * x[0] + w[1] * x[1])
        return y if looked_at > -1.0 else -y

    replay = record(f, [1.0, 1.0], w)
    np.testing.assert_array_equal(replay([[math.inf, 1.0], [1.0, 1.0]])[1][2:], [0.0, 0.0])


def test_the_packages_own_losses_and_activations_need_no_guard():
    for activation, loss in itertools.product(nn.ACTIVATIONS, losses.LOSSES):
        mlp = MLP(2, [2, 1], activation, "logistic", rng=0)
        mlp_loss = losses.LOSSES[loss]
        replay = record(lambda v, mlp=mlp, loss=mlp_loss: loss(v[2:], mlp(v[:2])), [0.5, 1.0, 1.0], mlp.parameters())
        assert replay.guards == []


@pytest.mark.parametrize(
    "f",
    [
        lambda w, x: w * x[0] if (x[0] > 0) == (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) != (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) in [x[1] > 0] else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) & (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) | (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if True ^ (x[1] > 0) else -w * x[0],
        lambda w, x: w * x[0] if str(x[0] > 0) == "True" else -w * x[0],
        lambda w, x: w * x[0] if f"{x[0] > 0}" == "True" else -w * x[0],
        lambda w, x: w * x[0] if len({bool(v > 0) for v in x}) == 1 else -w * x[0],
        lambda w, x: w * x[0] if (x[0] > 0) == True else -w * x[0],  # noqa: E712
    ],
)
def test_whatever_is_asked_of_two_conditions_is_a_guard(f):
    w = Value(2.0)
    for example in ([1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]):
        replay = record(lambda x: f(w, x), example, [w])
        assert replay.guards
        E, _ = replay(np.array([example]).T)
        assert E == f(w, [*map(Value, example)]).data
        with pytest.raises(ValueError, match="another branch"):
            replay(-np.array([example]).T * [[1.0], [-1.0]] if len(replay.guards) > 1 else -np.array([example]).T)


def test_a_condition_is_no_key_of_a_set():
    with pytest.raises(TypeError, match="no key of a set or dict"):
        record(lambda x: x[0] if len({v > 0 for v in x}) == 1 else x[1], [1.0, 2.0])
