"""What scikit-learn has trained gives the same outputs here."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

from tinygrad_scalar import MLP
from tinygrad_scalar.checking import diagnose
from tinygrad_scalar.interop import NoCounterpart, from_sklearn
from tinygrad_scalar.objective import Objective

rng = np.random.default_rng(3)
X = rng.normal(size=(30, 3))
TARGETS = {
    "one number": (MLPRegressor, X[:, 0] * X[:, 1], "identity"),
    "two numbers": (MLPRegressor, X[:, :2] ** 2, "identity"),
    "two classes": (MLPClassifier, X[:, 0] > 0, "logistic"),
    "three classes": (MLPClassifier, np.digitize(X[:, 0], [-0.5, 0.5]), "softmax"),
    "two labels": (MLPClassifier, (X[:, :2] > 0).astype(int), "logistic"),
}


def fitted(kind, Y, **options):
    return kind(hidden_layer_sizes=[5, 4], solver="lbfgs", max_iter=5, max_fun=8, random_state=0, **options).fit(X, Y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("what", TARGETS)
def test_a_model_of_scikit_learn_gives_its_outputs_here(what, activation):
    kind, Y, output = TARGETS[what]
    model = fitted(kind, Y, activation=activation)
    mlp = from_sklearn(model)
    assert mlp.activations == [activation, activation, output]
    theirs = model.predict(X[:3]) if kind is MLPRegressor else model.predict_proba(X[:3])
    for x, other in zip(X[:3], theirs, strict=True):
        ours = [a.data for a in mlp(x)]
        other = np.ravel(other)[1:] if what == "two classes" else np.ravel(other)
        np.testing.assert_allclose(ours, other, rtol=0, atol=1e-12)  # sums in another order


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_model_that_computes_something_else_is_not_handed_over():
    class Shifted(MLPRegressor):
        def predict(self, X):
            return super().predict(X) + 1e-9

    with pytest.raises(NoCounterpart, match="the outputs differ by"):
        from_sklearn(fitted(Shifted, X[:, 0]))


def test_what_is_no_fitted_network_is_told_what_to_do():
    with pytest.raises(TypeError, match="an MLPClassifier or an MLPRegressor, not LinearRegression"):
        from_sklearn(LinearRegression())
    with pytest.raises(ValueError, match="fit it first"):
        from_sklearn(MLPRegressor())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_gradients_in_the_layout_of_scikit_learn_are_diagnosed(precision):
    Y = X[:, :2] ** 2
    mlp = from_sklearn(fitted(MLPRegressor, Y, activation="tanh"))
    objective = Objective(mlp, X, Y, "half_squared_error", route="scalar")
    gradient = objective(mlp.theta)[1]
    parts = objective.network.with_theta(gradient)
    coefficients, intercepts = [W.T.astype(precision) for W in parts.W[1:]], [b.astype(precision) for b in parts.b[1:]]
    assert diagnose(gradient, (coefficients, intercepts), mlp, X, Y, "half_squared_error") is None
    doubled = ([2 * W for W in coefficients], [2 * b for b in intercepts])
    assert "factor" in diagnose(gradient, doubled, mlp, X, Y, "half_squared_error").guess


def test_outputs_compared_with_all_targets_are_named():
    Y, mlp = X[:, :1] ** 2, MLP(3, [4, 1], rng=0)
    gradient = Objective(mlp, X, Y, "squared_error")(mlp.theta)[1]
    slip = Objective(mlp, np.repeat(X, 30, axis=0), np.tile(Y, (30, 1)), "squared_error")(mlp.theta)[1]  # M × M of them
    assert "M × M" in diagnose(gradient, slip, mlp, X, Y, "squared_error").guess
