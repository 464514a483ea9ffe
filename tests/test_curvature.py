"""The Rop: second derivatives of the matrix side, against Values, the complex step and JAX."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.networks import INSIDE, OUTPUTS, OWN, batch, network
from tinygrad_scalar import MLP, hessian, losses, nn, slopes
from tinygrad_scalar.checking.witnesses import ANALYTIC, in_jax
from tinygrad_scalar.curvature import Curvature
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import Objective

EVERY = pytest.mark.parametrize(
    ("activation", "loss"), [(activation, loss) for activation in nn.ACTIVATIONS for loss in losses.LOSSES]
)
RNG = np.random.default_rng(0)
WEIGHTS = np.array([0.5, 1.0, 2.0])


def cases(activation, loss, sizes=(2, 2)):
    """For every output that the loss can have: the network, and the objective on three examples."""
    for output in INSIDE.get(loss, OUTPUTS):
        mlp = network(2, list(sizes), activation, output)
        X, Y = batch(2, sizes[-1], 3, loss)
        yield output, mlp, Objective(mlp, X, Y, loss, l2=0.7, sample_weight=WEIGHTS, route="matrix")


def close(found, expected, rtol):
    """Equal up to rtol of the largest entry."""
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=rtol * max(1.0, float(np.abs(expected).max())))


def by_columns(product, n):
    """The matrix of a linear map."""
    return np.column_stack([product(e) for e in np.eye(n)])


@EVERY
def test_the_rop_gives_the_hessian_that_the_rules_give_when_they_are_applied_to_values(activation, loss):
    for output, mlp, objective in cases(activation, loss):
        by_values = Objective(mlp, objective.X, objective.Y, loss, route="scalar", l2=0.7, sample_weight=WEIGHTS)
        theta, v = mlp.theta, RNG.normal(size=len(mlp.theta))
        H = by_values.hessian(theta)
        assert np.abs(H).max() > 1e-3, output
        close(objective.hessian(theta), H, 1e-11)
        close(objective.hvp(theta, v), by_values.hvp(theta, v), 1e-11)


@pytest.mark.parametrize("loss", [loss for loss in losses.LOSSES if losses.facts(loss).analytic])
@pytest.mark.parametrize("activation", sorted(ANALYTIC - {"softmax"}))
def test_the_rop_is_the_complex_step_of_the_gradient(activation, loss):
    for output, mlp, objective in cases(activation, loss, (3, 2, 2)):
        if output not in ANALYTIC:
            continue
        v = RNG.normal(size=len(mlp.theta))
        at = objective.network.with_theta(mlp.theta + 1e-30j * v)
        _, dW, db = at.gradients(objective.X.T, objective.Y.T, loss, WEIGHTS)
        expected = at.flat(dW, db).imag / 1e-30
        close(Curvature(objective.network, objective.X.T, objective.Y.T, loss, WEIGHTS).hvp(v), expected, 1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("loss", losses.LOSSES)
def test_the_rop_is_the_jvp_of_jax_grad(loss):
    """For every output; the activations take turns in the hidden layer, since JAX is slow to start on each."""
    jnp = jax.numpy
    sigmas, of_a, of_z = in_jax(jax, jnp)
    turn = list(losses.LOSSES).index(loss)
    with jax.enable_x64(True):
        for output in INSIDE.get(loss, OUTPUTS):
            activation = nn.ACTIVATIONS[(turn + OUTPUTS.index(output)) % len(nn.ACTIVATIONS)]
            mlp = network(2, [2, 2], activation, output)
            objective = Objective(mlp, *batch(2, 2, 3, loss), loss, l2=0.7, sample_weight=WEIGHTS, route="matrix")
            X, Y, net = objective.X.T, objective.Y.T, objective.network

            def E(theta, output=output, net=net, X=X, Y=Y):
                at, A = net.with_theta(theta), X
                for l in (1, 2):
                    Z = jnp.matmul(at.W[l], A, precision="highest") + at.b[l][:, None]
                    A = sigmas[net.activations[l]](Z)
                each = of_z[loss, output](Y, Z) if (loss, output) in of_z else of_a[loss](Y, A)
                return (WEIGHTS * each).sum() / 3 + 0.7 / 6 * sum((at.W[l] ** 2).sum() for l in (1, 2))

            v = RNG.normal(size=len(mlp.theta))
            rop = jax.jit(lambda theta, v, E=E: jax.jvp(jax.grad(E), (theta,), (v,))[1])
            expected = rop(jnp.asarray(mlp.theta), jnp.asarray(v))
            close(objective.hvp(mlp.theta, v), np.asarray(expected), 1e-11)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_network_any_weights_any_frozen_layers(data):
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    d, M = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    activations = [data.draw(st.sampled_from(nn.ACTIVATIONS)) for _ in sizes[1:]]
    loss = data.draw(st.sampled_from(list(losses.LOSSES)))
    output = data.draw(st.sampled_from(OWN.get(loss, OUTPUTS)))
    mlp = MLP(d, sizes, activations, output, rng=data.draw(st.integers(0, 99)))
    for l in data.draw(st.sets(st.integers(1, len(sizes)))):
        mlp.freeze(l)
    X, Y = batch(d, sizes[-1], M, loss, data.draw(st.integers(0, 99)))
    how = {
        "l1": data.draw(st.sampled_from([0.0, 0.5])),
        "l2": data.draw(st.sampled_from([0.0, 2.0])),
        "sample_weight": data.draw(st.sampled_from([None, [0.5 + m for m in range(M)]])),
    }
    matrix, scalar = (Objective(mlp, X, Y, loss, route=route, **how) for route in ("matrix", "scalar"))
    theta = matrix.network.theta
    v = np.linspace(-1.0, 1.0, len(theta))
    if not len(theta):  # everything is frozen
        assert (matrix.hessian(theta).shape, matrix.hvp(theta, v).shape) == ((0, 0), (0,))
        return
    close(matrix.hessian(theta), scalar.hessian(theta), 1e-10)
    close(matrix.hvp(theta, v), scalar.hvp(theta, v), 1e-10)


@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
def test_at_kinks_both_sides_take_the_same_second_derivative(activation):
    for loss, y in (
        ("absolute_error", 0.0),
        ("huber", 1.0),
        ("huber", -1.0),
        ("max_margin", 1.0),
        ("half_squared_error", 1.0),
    ):
        for w in (0.0, 1.0):  # z = 0 in the first layer, and at the output r = 0, ±1 or a hinge for one of the two
            net = MatrixMLP(
                [[[1.0]], [[w]]], [[-1.0], [1.0 if loss == "max_margin" else 0.0]], [activation, "identity"]
            )
            matrix, scalar = (Objective(net, [[1.0]], [[y]], loss, route=route) for route in ("matrix", "scalar"))
            np.testing.assert_allclose(matrix.hessian(net.theta), scalar.hessian(net.theta), rtol=1e-13, atol=1e-15)


def test_at_kinks_the_conventions_are_the_stated_ones():
    Z = np.array([[0.0]])
    assert {name: float(slopes.ddsigma(name, Z, slopes.sigma(name, Z))[0, 0]) for name in ("relu", "leaky_relu", "elu")} == {
        "relu": 0.0, "leaky_relu": 0.0, "elu": 1.0,
    }  # fmt: skip
    r = np.array([[-1.5, -1.0, 0.0, 1.0, 1.5]])
    assert slopes.ddloss("huber", 0.0 * r, r).tolist() == [[0.0, 1.0, 1.0, 1.0, 0.0]]
    assert not slopes.ddloss("absolute_error", 0.0 * r, r).any()
    assert not slopes.ddloss("max_margin", 0.0 * r + 1.0, r).any()


@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
def test_the_second_derivative_of_an_activation_stays_finite_far_out(activation):
    Z = np.array([[-800.0, -50.0, 50.0, 800.0]])
    curvature = slopes.ddsigma(activation, Z, slopes.sigma(activation, Z))
    np.testing.assert_allclose(curvature, np.zeros((1, 4)), atol=1e-15)


@pytest.mark.parametrize("z", [-800.0, 800.0])
@pytest.mark.parametrize(
    ("loss", "output"),
    [
        *((loss, output) for loss in ("half_squared_error", "huber", "max_margin") for output in OUTPUTS),
        ("binary_cross_entropy", "logistic"),
        ("cross_entropy", "softmax"),
    ],
)
def test_where_every_neuron_is_saturated_all_second_derivatives_stay_finite_and_agree(loss, output, z):
    for activation in nn.ACTIVATIONS:
        mlp = MLP(1, [2, 2], activation, output, rng=3)
        for layer in mlp.layers:
            for neuron in layer.neurons:
                neuron.b.data = z
        matrix, scalar = (Objective(mlp, [[0.5]], [[1.0, 0.0]], loss, route=route) for route in ("matrix", "scalar"))
        H = matrix.hessian(mlp.theta)
        assert np.isfinite(H).all(), activation
        close(H, scalar.hessian(mlp.theta), 1e-11)
        assert np.isfinite(matrix.gauss_newton(mlp.theta, np.ones(10))).all()
        assert np.isfinite(matrix.gauss_newton_diagonal(mlp.theta)).all()


def gauss_newton_by_values(objective):
    """Jᵀ H J with J by one backward sweep for each output of the graph of scalars, and H by the rules on Values."""
    mlp, loss, G = MLP.from_matrix(objective.network), objective.loss, 0.0
    at_z = (losses.name(loss), mlp.activations[-1]) in losses.OF_Z
    for x, y, s in zip(objective.X.tolist(), objective.Y.tolist(), objective.s, strict=True):
        trace = mlp.trace(x)
        outputs, J = (trace.z if at_z else trace.a)[-1], []
        for output in outputs:
            mlp.zero_grad()
            output.backward()
            J.append([p.grad for p in mlp.parameters()])
        of = loss.of_z if at_z else loss
        H = np.array(hessian(lambda *o, of=of, y=y: of(y, o))(*[output.data for output in outputs]))
        G = G + s / objective.M * np.array(J).T @ H @ np.array(J)
    weights = [[np.ones_like(W) for W in objective.network.W[1:]], [np.zeros_like(b) for b in objective.network.b[1:]]]
    return G + np.diag(objective.l2 / objective.M * objective.network.flat(*([None, *part] for part in weights)))


@EVERY
def test_gauss_newton_is_the_jacobian_of_the_outputs_around_the_hessian_of_the_loss(activation, loss):
    for output, mlp, objective in cases(activation, loss, (2, 3, 2)):
        G, theta = gauss_newton_by_values(objective), mlp.theta
        found = by_columns(lambda v, o=objective, at=theta: o.gauss_newton(at, v), len(theta))
        close(found, G, 1e-11)
        close(objective.gauss_newton_diagonal(theta), np.diag(G), 1e-11)
        assert np.linalg.eigvalsh(found).min() > -1e-10 * np.abs(found).max(), output


def test_the_curvature_of_cross_entropy_by_the_pre_activations_is_diag_p_minus_p_p_transposed_times_the_sum_of_the_target():
    net = MatrixMLP([np.zeros((3, 1))], [[0.3, -0.2, 1.0]], ["softmax"])  # ∂z/∂b = 1, so G in b is H itself
    curvature = Curvature(net, np.zeros((1, 1)), np.array([[0.5], [2.0], [0.0]]), "cross_entropy")
    p = curvature.A[1][:, 0]
    G = by_columns(curvature.gauss_newton, 6)
    np.testing.assert_allclose(G[3:, 3:], 2.5 * (np.diag(p) - np.outer(p, p)), rtol=1e-14)
    np.testing.assert_allclose(curvature.gauss_newton_diagonal(), np.diag(G), rtol=1e-14)
    np.testing.assert_allclose(curvature.hessian(), G, rtol=1e-14)  # one layer: z is linear in θ, nothing is left out


def test_gauss_newton_is_the_hessian_where_the_network_is_linear_or_the_fit_is_perfect():
    X, Y = batch(2, 2, 5, "squared_error")
    linear = Objective(network(2, [2], "tanh", "identity"), X, Y, "squared_error", l2=0.3, route="matrix")
    deep = network(2, [3, 2], "tanh", "logistic")
    perfect = Objective(
        deep, X, [[a.data for a in deep(x)] for x in X.tolist()], "squared_error", l2=0.3, route="matrix"
    )
    for objective in (linear, perfect):
        theta, v = objective.network.theta, RNG.normal(size=len(objective.network.theta))
        np.testing.assert_allclose(objective.gauss_newton(theta, v), objective.hvp(theta, v), rtol=1e-10, atol=1e-13)
    elsewhere = Objective(deep, X, Y, "squared_error", l2=0.3, route="matrix")
    theta = deep.theta
    assert np.abs(elsewhere.gauss_newton(theta, np.ones(17)) - elsewhere.hvp(theta, np.ones(17))).max() > 0.01


@pytest.mark.parametrize("loss", ["half_squared_error", "squared_error"])
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("l2", [0.0, 0.7])
def test_half_the_sum_of_the_squared_residuals_is_e_and_their_jacobian_gives_gradient_and_gauss_newton(
    loss, output, l2
):
    mlp = network(2, [3, 2], "tanh", output)
    mlp.freeze(1) if output == "relu" else None
    X, Y = batch(2, 2, 3, loss)
    objective = Objective(mlp, X, Y, loss, l2=l2, sample_weight=WEIGHTS, route="matrix")
    theta = objective.network.theta
    r, J = objective.residuals(theta)
    E, gradient = objective(theta)
    weights = (6 if output == "relu" else 12) if l2 else 0
    assert (r.shape, J.shape) == ((6 + weights,), (6 + weights, len(theta)))
    assert r @ r / 2 == pytest.approx(E, rel=1e-13)
    np.testing.assert_allclose(J.T @ r, gradient, rtol=1e-11, atol=1e-14)
    v = RNG.normal(size=len(theta))
    np.testing.assert_allclose(J.T @ (J @ v), objective.gauss_newton(theta, v), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose((J * J).sum(axis=0), objective.gauss_newton_diagonal(theta), rtol=1e-11, atol=1e-13)
    a = np.array([[a.data for a in mlp(x)] for x in X.tolist()])
    scale = np.sqrt((2.0 if loss == "squared_error" else 1.0) * WEIGHTS / 3)
    np.testing.assert_allclose(r[:6], (scale[:, None] * (a - Y)).ravel(), rtol=1e-13)


@pytest.mark.parametrize("output", sorted(set(OUTPUTS) & ANALYTIC))
def test_each_row_of_the_jacobian_is_the_complex_step_of_its_residual(output):
    net = MatrixMLP.from_scalar(network(2, [3, 2], "softplus", output))
    X, Y = (part.T for part in batch(2, 2, 3, "squared_error"))
    _, J = Curvature(net, X, Y, "squared_error", WEIGHTS).residuals()
    for j, e in enumerate(np.eye(len(net.theta))):
        r, _ = Curvature(net.with_theta(net.theta + 1e-30j * e), X, Y, "squared_error", WEIGHTS).residuals()
        np.testing.assert_allclose(J[:, j], r.imag / 1e-30, rtol=1e-11, atol=1e-15)


@pytest.mark.slow
def test_the_rop_takes_jax_arrays_under_jit_and_complex_numbers_for_the_third_derivative():
    net = MatrixMLP.from_scalar(network(2, [3, 2], "gelu", "softmax"))
    X, Y = (part.T for part in batch(2, 2, 4, "squared_error"))
    theta, (v, w) = net.theta, RNG.normal(size=(2, len(net.theta)))
    third = Curvature(net.with_theta(theta + 1e-30j * w), X, Y, "squared_error").hvp(v).imag / 1e-30
    with jax.enable_x64(True):

        def product(theta, X, Y, v):
            curvature = Curvature(net.with_theta(theta), X, Y, "squared_error")
            return (
                curvature.hvp(v),
                curvature.gauss_newton(v),
                curvature.gauss_newton_diagonal(),
                *curvature.residuals(),
            )

        found = jax.jit(product)(*map(jax.numpy.asarray, (theta, X, Y, v)))
        for a, b in zip(found, product(theta, X, Y, v), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)
        _, by_jax = jax.jvp(lambda at: Curvature(net.with_theta(at), X, Y, "squared_error").hvp(v), (theta,), (w,))
        np.testing.assert_allclose(third, by_jax, rtol=1e-10, atol=1e-13)


def test_a_penalty_curves_the_weights_alone_and_l1_not_at_all():
    mlp = network(2, [2, 1], "tanh", "identity")
    X, Y = batch(2, 1, 4, "huber")
    theta = mlp.theta
    plain, l1, l2 = (
        Objective(mlp, X, Y, "huber", **how, route="matrix").hessian(theta) for how in ({}, {"l1": 3.0}, {"l2": 8.0})
    )
    assert np.array_equal(l1, plain)
    np.testing.assert_allclose(l2 - plain, np.diag([2.0, 2, 2, 2, 0, 0, 2, 2, 0]), atol=1e-14)
    half = Objective(mlp, X, Y, "huber", l2=8.0, route="matrix").batch([0, 1]).hessian(theta)
    np.testing.assert_allclose(
        half - Objective(mlp, X, Y, "huber", route="matrix").batch([0, 1]).hessian(theta), l2 - plain, atol=1e-14
    )


def test_products_leave_their_inputs_as_they_are_and_give_fresh_arrays():
    mlp = network(2, [2, 2], "tanh", "softmax")
    objective = Objective(mlp, *batch(2, 2, 3, "cross_entropy"), "cross_entropy", l2=1.0, route="matrix")
    theta, v = mlp.theta, np.ones(12)
    kept = [part.copy() for part in (theta, v, objective.X, objective.Y)]
    calls = (objective.gauss_newton_diagonal, lambda at: objective.hvp(at, v), lambda at: objective.gauss_newton(at, v))
    for call in calls:
        first = call(theta)
        expected = first.copy()
        first[:] = 7.0
        assert np.array_equal(call(theta), expected)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (theta, v, objective.X, objective.Y), strict=True))


def sine_network():
    return MatrixMLP([np.ones((2, 2))], [np.ones(2)], ["sine"])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda o: o.hvp(o.network.theta, np.ones(3)), r"the direction has shape \(3,\), θ has \(12,\)"),
        (lambda o: o.gauss_newton(o.network.theta, np.ones((12, 1))), r"the direction has shape \(12, 1\), θ has \(12,\)"),
        (lambda o: o.hvp(np.ones(3), np.ones(12)), r"theta has shape \(3,\), the network expects \(12,\)"),
        (lambda o: o.residuals(o.network.theta), "the loss cross_entropy is not a sum of squares; half_squared_error and squared_error have residuals"),
        (lambda o: Curvature(o.network, o.X.T, o.Y, "huber"), r"the targets Y have shape \(3, 2\), the outputs \(2, 3\)"),
        (lambda o: Objective(o.network, o.X, o.Y, "squared_error", l1=0.5, route="matrix").residuals(o.network.theta), "residuals want l1 = 0, it is 0.5"),
        (lambda o: Objective(o.network, o.X, o.Y, "squared_error", sample_weight=[1, 1, -2], route="matrix").residuals(o.network.theta), "the smallest is -2.0"),
        (lambda o: Objective(o.network, o.X, o.Y, "huber", route="scalar").gauss_newton(o.network.theta, np.ones(12)), "the scalar route gives no Gauss–Newton curvature; route='matrix' does"),
        (lambda o: Objective(o.network, o.X, o.Y, "huber", route="scalar").gauss_newton_diagonal(o.network.theta), "route='matrix' does"),
        (lambda o: Objective(o.network, o.X, o.Y, "huber", route="scalar").residuals(o.network.theta), "route='matrix' does"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_a_sentence(wrong, says):
    objective = Objective(
        network(2, [2, 2], "tanh", "softmax"), *batch(2, 2, 3, "cross_entropy"), "cross_entropy", route="matrix"
    )
    with pytest.raises(ValueError, match=says):
        wrong(objective)


def test_an_activation_or_loss_without_second_derivatives_says_where_they_go(monkeypatch):
    def quartic(y, a):
        return sum((a_i - y_i) ** 4 for y_i, a_i in zip(y, a, strict=True))

    monkeypatch.setitem(slopes.ACTIVATIONS, "sine", (lambda xp, Z: xp.sin(Z), lambda xp, Z, A: xp.cos(Z)))
    monkeypatch.setitem(slopes.DLOSS, "quartic", lambda xp, Y, A: 4.0 * (A - Y) ** 3)
    net = MatrixMLP([[[0.5]], [[2.0]]], [[0.1], [0.2]], ["sine", "identity"])
    objective = Objective(net, [[1.0]], [[0.5]], quartic, route="matrix")
    with pytest.raises(ValueError, match="no σ″ of 'sine'; put it into slopes.DDSIGMA"):
        Objective(net, [[1.0]], [[0.5]], "huber", route="matrix").hessian(net.theta)
    with pytest.raises(ValueError, match="no d²ℒ/da² of 'quartic'; put it into slopes.DDLOSS"):
        objective.gauss_newton_diagonal(net.theta)
    monkeypatch.setitem(slopes.DDSIGMA, "sine", lambda xp, Z, A: -A)
    monkeypatch.setitem(slopes.DDLOSS, "quartic", lambda xp, Y, A: 12.0 * (A - Y) ** 2)
    expected = hessian(lambda w, b, w2, b2: (w2 * (w + b).sin() + b2 - 0.5) ** 4)(*net.theta)
    np.testing.assert_allclose(objective.hessian(net.theta), expected, rtol=1e-12)


def test_the_picture_of_a_spectrum_counts_what_curves_upwards_what_downwards_and_what_is_flat(tmp_path):
    from tinygrad_scalar.drawing import draw_spectrum

    mlp = network(2, [4, 1], "relu", "logistic")
    mlp.layers[0].neurons[0].b.data = -100.0  # a dead neuron: nothing that leads to it or from it can move E
    objective = Objective(mlp, *batch(2, 1, 20, "binary_cross_entropy"), "binary_cross_entropy", route="matrix")
    spectrum = np.linalg.eigvalsh(objective.hessian(mlp.theta))
    gauss_newton = np.linalg.eigvalsh(by_columns(lambda v: objective.gauss_newton(mlp.theta, v), 17))
    draw_spectrum(spectrum, tmp_path / "a.svg", gauss_newton=gauss_newton, title="a & b")
    draw_spectrum(spectrum[::-1], tmp_path / "b.svg", gauss_newton=gauss_newton, title="a & b")
    picture = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert picture == (tmp_path / "b.svg").read_text(encoding="utf-8")
    small = 1e-6 * np.abs(spectrum).max()
    counts = [(spectrum > small).sum(), (abs(spectrum) <= small).sum(), (spectrum < -small).sum()]
    assert min(counts) > 0
    for count, kind in zip(counts, ("curving upwards", "flat, within", "curving downwards"), strict=True):
        assert f">{count} {kind}" in picture
    assert "Gauss–Newton</text>" in picture
    assert "a &amp; b" in picture


@pytest.mark.parametrize("spectrum", [[0.0], [0.0, 0.0], [-3.0, -1e-9], [1e300, 1e-300, -1e300], [1e-270], [5e-324]])
def test_any_finite_spectrum_can_be_drawn(spectrum, tmp_path):
    from tinygrad_scalar.drawing import draw_spectrum

    draw_spectrum(spectrum, tmp_path / "spectrum.png", gauss_newton=np.abs(spectrum))
    assert (tmp_path / "spectrum.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("spectrum", "gauss_newton", "says"),
    [
        ([], None, r"one row of numbers, got an array of shape \(0,\)"),
        (np.eye(2), None, r"one row of numbers, got an array of shape \(2, 2\)"),
        ([1.0, np.nan, np.inf], None, "2 of the eigenvalues, 3 in all, are not finite"),
        ([1.0, 2.0], [1.0], "the Hessian has 2 eigenvalues, Gauss–Newton 1"),
    ],
)
def test_what_is_no_spectrum_is_refused(spectrum, gauss_newton, says, tmp_path):
    from tinygrad_scalar.drawing import draw_spectrum

    with pytest.raises(ValueError, match=says):
        draw_spectrum(spectrum, tmp_path / "none.svg", gauss_newton=gauss_newton)
    assert not list(tmp_path.iterdir())
