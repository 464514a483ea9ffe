"""Agreement, and what is said where there is none."""

import sys
import xml.etree.ElementTree as ET

import jax
import numpy as np
import pytest
import scipy.optimize

from tinygrad_scalar import MLP, slopes
from tinygrad_scalar.checking import compare_gradients, errors_by_step, judge
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.training import fit, predict

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), np.eye(2)[RNG.integers(2, size=6)]


def network(activation="tanh"):
    return MLP(3, [4, 2], activation, "softmax", rng=0)


def said(comparison, route):
    """What one witness said."""
    return next(w for w in comparison.witnesses if w.route == route)


def test_three_lines_compare_all_routes():
    comparison = compare_gradients(network(), X, Y, "cross_entropy")
    assert comparison.agree
    assert comparison.verdict == "scalar, replay, matrix, central, complex, jax agree"
    assert max(comparison.errors["matrix"]) < 1e-14
    assert max(comparison.errors["central"]) < 1e-7
    assert max(comparison.errors["complex"] + comparison.errors["jax"]) < 1e-14
    assert [w.verdict for w in comparison.witnesses] == ["agrees", "agrees", "excellent", "agrees", "agrees"]


def test_the_table_has_a_line_per_witness_with_e_each_layer_and_the_verdict():
    lines = str(compare_gradients(network(), X, Y, "cross_entropy", ("scalar", "matrix", "central"))).splitlines()
    assert lines[1].split() == ["E", "layer", "1", "layer", "2"]
    assert [line.strip().split("  ")[0] for line in lines[3:7]] == [
        "matrix : scalar",
        "central : scalar",
        "z scalar : matrix",
        "δ scalar : matrix",
    ]
    assert len({len(line) for line in lines[1:7]}) == 1
    assert max(map(len, lines)) <= 80


def plant(monkeypatch, **slopes_by_name):
    for name, slope in slopes_by_name.items():
        monkeypatch.setitem(slopes.ACTIVATIONS, name, (slopes.ACTIVATIONS[name][0], slope))


def test_a_wrong_slope_is_found_and_the_worst_entry_named_in_both_spellings_with_both_numbers(monkeypatch):
    plant(monkeypatch, tanh=lambda xp, Z, A: 1.0 - A)
    comparison = compare_gradients(network(), X, Y, "cross_entropy")
    assert not comparison.agree
    assert comparison.errors["matrix"][0] > 1e-3 > 1e-14 > comparison.errors["matrix"][1]  # layer 2 is still right
    assert max(comparison.errors["central"]) < 1e-7  # E is right, so central differences side with the scalars
    assert max(comparison.errors["δ"]) > 1e-3 > 1e-14 > max(comparison.errors["z"])
    worst = comparison.worst
    l, i = worst.layer, int(worst.index.split("[")[2].split(",")[0].rstrip("]"))
    assert worst.index.startswith(("W[1][", "b[1]["))
    assert worst.name.startswith((f"w_{{{i + 1},", f"b_{{{i + 1}}}"))
    assert worst.name.endswith(f"^{{({l})}}")
    assert f"scalar {worst.reference:.6g}, matrix {worst.candidate:.6g}" in comparison.verdict


@pytest.mark.parametrize("factor", [2.0, 0.5, -1.0, 1.0 + 1e-8])
def test_a_wrong_factor_however_small_in_the_output_delta_is_found(monkeypatch, factor):
    right = slopes.DLOSS["half_squared_error"]
    monkeypatch.setitem(slopes.DLOSS, "half_squared_error", lambda *x: factor * right(*x))
    assert not compare_gradients(network(), X, Y, "half_squared_error", ("scalar", "matrix")).agree


def test_a_missing_bias_gradient_is_found(monkeypatch):
    gradients = MatrixMLP.gradients

    def without(self, *args, **kwargs):
        E, dW, db = gradients(self, *args, **kwargs)
        return E, dW, [None, *(0 * b for b in db[1:])]

    monkeypatch.setattr(MatrixMLP, "gradients", without)
    comparison = compare_gradients(network(), X, Y, "cross_entropy")
    assert not comparison.agree
    assert comparison.worst.index.startswith("b[")


def test_central_differences_find_a_slip_that_both_exact_routes_share(monkeypatch):
    from tinygrad_scalar.ops import OPS, Op

    row = OPS["tanh"]
    monkeypatch.setitem(OPS, "tanh", Op(row.symbol, row.value, lambda xp, out, x: (1.0 - out,)))
    plant(monkeypatch, tanh=lambda xp, Z, A: 1.0 - A)
    comparison = compare_gradients(network(), X, Y, "cross_entropy")
    assert said(comparison, "matrix").agrees
    assert said(comparison, "central").verdict == "a bug"
    assert not comparison.agree


@pytest.mark.slow
def test_a_step_across_a_kink_is_recognised_and_set_apart():
    mlp = MLP(1, [1, 1], "relu", rng=0)
    mlp.theta = [1.0, -1.0, 2.0, 0.0]  # z^(1) = 1·x − 1 is 0 at x = 1
    comparison = compare_gradients(mlp, [[1.0]], [[3.0]], "half_squared_error")
    central = said(comparison, "central")
    assert (central.kinks, comparison.agree) == (2, True)
    assert central.gradient[0] != 0.0  # a central difference over the kink is the mean of both sides
    assert "set apart 2 entries at a kink" in str(comparison)
    off = compare_gradients(mlp, [[1.1]], [[3.0]], "half_squared_error")
    assert (said(off, "central").kinks, off.agree) == (0, True)


@pytest.mark.parametrize(
    ("loss", "theta", "how"),
    [
        ("absolute_error", [1.0, 2.0], {}),
        ("max_margin", [1.0, -2.0 / 3.0], {}),
        ("half_squared_error", [0.0, 1.0], {"l1": 1.0}),
    ],
)
def test_kinks_of_losses_and_of_the_l1_penalty_are_recognised(loss, theta, how):
    mlp = MLP(1, [1], rng=0)
    mlp.theta = theta
    comparison = compare_gradients(mlp, [[1.0]], [[3.0]], loss, **how)
    assert said(comparison, "central").kinks >= 1
    assert comparison.agree


def test_a_well_trained_network_raises_no_false_alarm():
    mlp = network()
    fit(mlp, X, Y, loss="cross_entropy", epochs=400, batch_size=None, rng=0)
    comparison = compare_gradients(mlp, X, Y, "cross_entropy")
    assert comparison.agree, str(comparison)
    assert compare_gradients(mlp, X[:1], Y[:1], "cross_entropy").agree


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 20.0])
@pytest.mark.parametrize("activation", ["tanh", "logistic", "relu"])
def test_tiny_and_saturated_gradients_raise_no_false_alarm(activation, scale):
    mlp = network(activation)
    mlp.theta = scale * RNG.normal(size=len(mlp.theta))
    assert compare_gradients(mlp, X, Y, "cross_entropy").agree
    assert compare_gradients(mlp, 1e-8 * X, Y, "squared_error").agree


def test_a_gradient_that_is_not_finite_does_not_agree():
    mlp = MLP(1, [1], rng=0)
    mlp.theta = [1e200, 0.0]
    comparison = compare_gradients(mlp, [[1e200]], [[0.0]], "squared_error", ("scalar", "matrix"))
    assert not comparison.agree
    assert "not finite" in comparison.verdict


def test_penalties_sample_weights_and_frozen_layers_are_compared_too():
    mlp, how = network(), {"l1": 0.3, "l2": 0.7, "sample_weight": np.arange(1.0, 7.0)}
    assert compare_gradients(mlp, X, Y, "cross_entropy", **how).agree
    mlp.freeze(1)
    comparison = compare_gradients(mlp, X, Y, "cross_entropy", **how)
    assert comparison.agree
    assert comparison.errors["matrix"][0] == 0.0
    assert comparison.worst.layer == 2
    mlp.freeze(2)
    assert compare_gradients(mlp, X, Y, "cross_entropy", **how).agree


def test_verdicts_have_the_usual_limits():
    assert [judge(10.0**k) for k in (-8, -6, -4, -2)] == ["excellent", "probably fine", "suspicious", "a bug"]


@pytest.mark.parametrize("routes", [("scalar",), ("scalar", "scalar"), ("scalar", "jacks")])
def test_routes_that_compare_nothing_are_refused(routes):
    with pytest.raises(ValueError, match="name two or more of the routes scalar, replay, matrix, central"):
        compare_gradients(network(), X, Y, "cross_entropy", routes)


def test_a_wrong_e_is_found(monkeypatch):
    gradients = MatrixMLP.gradients
    monkeypatch.setattr(MatrixMLP, "gradients", lambda *a, **k: (2 * (r := gradients(*a, **k))[0], *r[1:]))
    comparison = compare_gradients(network(), X, Y, "cross_entropy")
    assert not comparison.agree
    assert "matrix differs, already in E" in comparison.verdict


@pytest.mark.slow
def test_a_slip_in_a_vanishing_gradient_is_found(monkeypatch):
    deep = MLP(2, [3] * 15 + [1], "logistic", rng=0)
    assert compare_gradients(deep, X[:, :2], Y[:, :1], "squared_error").agree
    gradients = MatrixMLP.gradients

    def doubled(self, *args, **how):
        E, dW, db = gradients(self, *args, **how)
        return E, [None, 2 * dW[1], *dW[2:]], [None, 2 * db[1], *db[2:]]

    monkeypatch.setattr(MatrixMLP, "gradients", doubled)
    comparison = compare_gradients(deep, X[:, :2], Y[:, :1], "squared_error")
    assert not comparison.agree
    assert comparison.worst.layer == 1


def test_with_an_l1_penalty_the_biases_that_start_at_0_are_still_judged(monkeypatch):
    gradients = MatrixMLP.gradients

    def biases_doubled(*args, **kwargs):
        E, dW, db = gradients(*args, **kwargs)
        return E, dW, [None, *(2 * b for b in db[1:])]

    monkeypatch.setattr(MatrixMLP, "gradients", biases_doubled)
    comparison = compare_gradients(network(), X, Y, "cross_entropy", ("matrix", "central"), l1=0.1)
    assert comparison.witnesses[0].verdict == "a bug"


def test_where_nothing_can_be_judged_nothing_is_said_to_agree():
    mlp = MLP(3, [3, 1], "relu", initializer="zeros", rng=0)
    comparison = compare_gradients(mlp, X, np.zeros((6, 1)), "absolute_error", ("matrix", "central"))
    assert (comparison.agree, comparison.verdict) == (False, "nothing could be judged")
    assert "–" in str(comparison)
    assert (
        compare_gradients(mlp, X, np.zeros((6, 1)), "absolute_error").verdict
        == "scalar, replay, matrix, jax agree; central could not judge; complex skipped"
    )


def test_examples_that_rounding_puts_on_both_sides_of_a_kink_are_left_out():
    mlp = MLP(3, [4, 1], rng=3)
    inputs = np.random.default_rng(0).normal(size=(20, 3))
    targets = predict(mlp, inputs)
    comparison = compare_gradients(mlp, inputs, targets, "absolute_error", ("scalar", "matrix"))
    assert comparison.agree
    assert comparison.on_a_kink > 0
    assert f"left out {comparison.on_a_kink} examples" in str(comparison)


@pytest.mark.slow
def test_truncation_on_large_inputs_is_not_taken_for_a_slip():
    mlp = MLP(1, [2, 1], "tanh", rng=0)
    mlp.theta = mlp.theta * 1e-4
    assert compare_gradients(mlp, [[1e4], [2e4]], [[1.0], [0.0]], "half_squared_error").agree
    mlp.theta = np.full(7, 1e12)
    assert compare_gradients(mlp, [[1e-12]], [[1.0]], "half_squared_error").agree


def test_a_loss_of_ones_own_is_checked_without_the_matrix_side():
    def quartic(y, a):
        return sum((a_i - y_i) ** 4 for y_i, a_i in zip(y, a, strict=True))

    comparison = compare_gradients(network(), X, Y, quartic, ("scalar", "central", "complex", "jax"))
    assert comparison.verdict == "scalar, central agree; complex, jax skipped"
    assert "complex skipped: the loss another quartic is not analytic" not in str(comparison)
    assert "complex skipped: the loss quartic is not analytic, or not known to be" in str(comparison)
    assert "jax skipped: its forward pass does not know quartic" in str(comparison)
    comparison = compare_gradients(MLP(3, [4, 2], "sin", rng=0), X, Y, quartic, ("scalar", "central"))
    assert comparison.agree


def test_penalties_and_weights_reach_every_witness():
    comparison = compare_gradients(network(), X, Y, "cross_entropy", l2=0.7, sample_weight=np.arange(1.0, 7.0))
    assert comparison.verdict == "scalar, replay, matrix, central, complex, jax agree"
    comparison = compare_gradients(network(), X, Y, "cross_entropy", l1=0.7)
    assert comparison.verdict == "scalar, replay, matrix, central, jax agree; complex skipped"
    assert "complex skipped: the L1 penalty is not analytic" in str(comparison)


def test_a_complex_step_through_relu_is_skipped_with_the_reason_and_nothing_else_suffers():
    comparison = compare_gradients(network("relu"), X, Y, "cross_entropy")
    assert comparison.verdict == "scalar, replay, matrix, central, jax agree; complex skipped"
    assert "complex skipped: the activation relu is not analytic" in str(comparison)
    assert all(np.isnan(comparison.errors["complex"]))
    assert comparison.worst is not None


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_forward_mode_is_one_more_witness_where_it_is_named(activation):
    routes = ("scalar", "matrix", "forward")
    how = {"l1": 0.3, "l2": 0.7, "sample_weight": np.arange(1.0, 7.0)}
    comparison = compare_gradients(network(activation), X, Y, "cross_entropy", routes, **how)
    assert comparison.verdict == "scalar, matrix, forward agree"
    assert max(comparison.errors["forward"]) < 1e-15
    frozen = network(activation)
    frozen.freeze(1)
    frozen.freeze(2)
    assert compare_gradients(frozen, X, Y, "cross_entropy", routes).agree


def test_forward_mode_finds_a_wrong_slope_of_the_matrix_side(monkeypatch):
    plant(monkeypatch, tanh=lambda xp, Z, A: 1.0 - A)
    assert not compare_gradients(network(), X, Y, "cross_entropy", ("matrix", "forward")).agree


def test_forward_mode_asks_for_as_many_entries_as_it_may_and_refuses_where_two_are_too_many(monkeypatch):
    def ask(visits):
        monkeypatch.setattr("tinygrad_scalar.checking.compare.VISITS", visits)
        return compare_gradients(network(), X, Y, "cross_entropy", ("matrix", "forward"))

    sweep = len(network().theta) * len(X)
    comparison = ask(5 * sweep)
    assert comparison.agree
    assert np.isfinite(comparison.witnesses[0].gradient).sum() == 5
    assert f"forward: asked for every {comparison.witnesses[0].unasked + 1}-th entry alone" in str(comparison)
    comparison = ask(2 * sweep - 1)
    assert comparison.verdict == "nothing could be judged"
    assert "take fewer examples" in str(comparison)


def test_without_jax_its_row_says_skipped(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    comparison = compare_gradients(network(), X, Y, "cross_entropy")
    assert comparison.verdict == "scalar, replay, matrix, central, complex agree; jax skipped"
    assert "jax skipped: JAX is not installed: pip install 'tinygrad_scalar[jax]'" in str(comparison)


@pytest.mark.parametrize("route", ["complex", "jax"])
def test_a_slip_that_both_routes_share_is_found_by_each_outside_witness_alone(monkeypatch, route):
    from tinygrad_scalar.ops import OPS, Op

    row = OPS["tanh"]
    monkeypatch.setitem(OPS, "tanh", Op(row.symbol, row.value, lambda xp, out, x: (1.0 - 1.000001 * out * out,)))
    comparison = compare_gradients(network(), X, Y, "cross_entropy", ("scalar", route))
    assert not comparison.agree
    assert comparison.witnesses[0].verdict == "differs"


def test_the_table_is_markdown_and_html_too():
    comparison = compare_gradients(network("relu"), X, Y, "cross_entropy")
    lines = [line for line in comparison.markdown().splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 5 + 2
    assert len({line.count("|") for line in lines}) == 1
    assert lines[1] == "|" + "---:|" * len(comparison.rows()[0])
    page = ET.fromstring(f"<div>{comparison._repr_html_().replace('<br>', '<br/>')}</div>")
    table = [[cell.text or "" for cell in row] for row in page.iter("tr")]
    assert table == comparison.rows()
    assert "".join(page.find("p").itertext()).startswith(f"✓ {comparison.verdict}")


def test_a_name_with_markup_in_it_stays_text():
    def quartic(y, a):
        return sum((a_i - y_i) ** 4 for y_i, a_i in zip(y, a, strict=True))

    quartic.__name__ = "<b>a|b"
    comparison = compare_gradients(network(), X, Y, quartic, ("scalar", "central", "jax"))
    assert "<b>" not in comparison._repr_html_()
    assert "\\<b\\>a\\|b" in comparison.markdown()


def test_the_error_over_the_step_is_a_v_and_can_be_drawn(tmp_path):
    from tinygrad_scalar.drawing import draw_steps

    steps, errors = errors_by_step(network(), X, Y, "cross_entropy")
    best = int(errors.argmin())
    assert 1e-6 <= steps[best] <= 1e-4
    slopes_of_log = np.diff(np.log(errors)) / np.diff(np.log(steps))
    truncation = slopes_of_log[(steps[:-1] >= 1e-3) & (steps[1:] <= 1e-1 * 1.01)]
    np.testing.assert_allclose(truncation, 2.0, atol=0.05)
    assert np.log(errors[0] / errors[best]) / np.log(steps[0] / steps[best]) == pytest.approx(-1.0, abs=0.25)
    for name in ("v.svg", "v.png"):
        draw_steps(steps, errors, tmp_path / name)
    said = "".join(ET.parse(tmp_path / "v.svg").getroot().itertext())
    assert "truncation ∝ ε²" in said
    assert "rounding ∝ 1/ε" in said
    assert (tmp_path / "v.png").stat().st_size > 10_000
    with pytest.raises(ValueError, match="no step above 0 has an error above 0"):
        draw_steps([1e-3], [0.0], tmp_path / "none.svg")


@pytest.mark.slow
def test_a_trained_network_whose_output_cancels_to_0_raises_no_false_alarm():
    inputs, targets = np.random.default_rng(1).normal(size=(3, 4)), [[0.0], [0.0], [1.0]]
    for seed in range(4):
        mlp = MLP(4, [8, 1], rng=seed)
        objective = Objective(mlp, inputs, targets, "half_squared_error")
        trained = scipy.optimize.minimize(objective, mlp.theta, jac=True, method="BFGS", options={"gtol": 1e-8})
        mlp.theta = trained.x
        comparison = compare_gradients(mlp, inputs, targets, "half_squared_error")
        assert comparison.agree, str(comparison)


def test_the_reference_is_the_first_exact_route_named():
    assert compare_gradients(network(), X, Y, "cross_entropy", ("matrix", "scalar")).reference == "matrix"
    assert compare_gradients(network(), X, Y, "cross_entropy", iter(("central", "matrix"))).reference == "matrix"


def test_a_wrong_reference_is_blamed_itself(monkeypatch):
    right = slopes.DLOSS["half_squared_error"]
    monkeypatch.setitem(slopes.DLOSS, "half_squared_error", lambda *x: 2.0 * right(*x))
    comparison = compare_gradients(network(), X, Y, "half_squared_error", ("matrix", "central"))
    assert "the candidate is right; of the reference, it looks like this: a factor 2" in comparison.verdict


def test_of_a_large_network_every_nth_entry_is_asked(monkeypatch):
    monkeypatch.setattr("tinygrad_scalar.checking.compare.ASKED", 10)
    comparison = compare_gradients(network(), X, Y, "cross_entropy", ("scalar", "central", "complex"))
    assert comparison.agree
    assert "central: asked for every 3-th entry alone" in str(comparison)
    assert np.isfinite(comparison.witnesses[0].gradient).sum() == 9
    plant(monkeypatch, tanh=lambda xp, Z, A: 1.0 - A)
    assert not compare_gradients(network(), X, Y, "cross_entropy", ("matrix", "central", "complex")).agree


def test_an_old_jax_is_skipped_with_its_version(monkeypatch):
    monkeypatch.delattr(jax, "enable_x64")
    comparison = compare_gradients(network(), X, Y, "cross_entropy")
    assert f"jax skipped: JAX {jax.__version__} is too old" in str(comparison)


def test_the_kink_of_any_row_used_as_activation_is_known():
    assert compare_gradients(MLP(3, [4, 2], "abs", rng=0), 1e-6 * X, Y, "squared_error", ("scalar", "central")).agree


def test_a_linear_network_has_no_truncation_to_draw(tmp_path):
    from tinygrad_scalar.drawing import draw_steps

    draw_steps(*errors_by_step(MLP(3, [2], rng=0), X, Y, "half_squared_error"), tmp_path / "v.svg")
    draw_steps([1e-5], [1e-9], tmp_path / "one.svg")
