"""scikit-learn's networks: its coefs_ are d_{l-1} × d_l, the transposes of W."""

from typing import Any

import numpy as np

from ..arrays import Array
from ..nn import MLP
from .agreement import NoCounterpart, agreeing


def from_sklearn(model: Any) -> MLP:
    """The network of a fitted MLPClassifier or MLPRegressor.

    The loss that belongs to it: a classifier of two classes or of several labels has a logistic output and
    "binary_cross_entropy", one of more classes a softmax and "cross_entropy" (on one-hot targets, in the order of
    `model.classes_`); a regressor an identity and "half_squared_error" (with P outputs scikit-learn reports a P-th of
    it). A regressor with loss="poisson" has exp at its output; its loss has no counterpart.

    Parameters
    ----------
    model : sklearn.neural_network.MLPClassifier or MLPRegressor
        After `fit`; coefficients in float32 are taken as they are, and multiplied in float64 on both sides.

    Raises
    ------
    NoCounterpart
        A ValueError: where an output differs by more than 1e-12 of the largest.
    TypeError, ValueError
        For what is no such model, and for one that is not fitted.

    >>> from sklearn.neural_network import MLPRegressor
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    >>> from_sklearn(MLPRegressor(hidden_layer_sizes=[3], activation="tanh", solver="lbfgs", random_state=0).fit(X, y))
    MLP(2, [3, 1], ['tanh'], output='identity')
    """
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    if not isinstance(model, (MLPClassifier, MLPRegressor)):
        raise TypeError(f"from_sklearn takes an MLPClassifier or an MLPRegressor, not {type(model).__name__}")
    if not hasattr(model, "coefs_"):
        raise ValueError("the model has no weights yet: fit it first, model.fit(X, y)")
    hidden = [model.activation] * (len(model.coefs_) - 1)
    try:
        mlp = MLP.from_arrays([W.T for W in model.coefs_], model.intercepts_, [*hidden, model.out_activation_])
    except ValueError as error:
        raise NoCounterpart(f"this model has no counterpart here: {error}") from None
    names = getattr(model, "feature_names_in_", None)

    def outputs(X: Array) -> Array:
        if names is not None:  # fitted on a table with names, it wants them again
            import pandas

            X = pandas.DataFrame(X, columns=names)
        if isinstance(model, MLPRegressor):
            return np.reshape(model.predict(X), (len(X), -1))
        A = np.asarray(model.predict_proba(X))
        return A[:, 1:] if model.out_activation_ == "logistic" and model.n_outputs_ == 1 else A

    agreeing(mlp, outputs)
    return mlp
