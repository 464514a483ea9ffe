"""E(θ) and ∇E(θ): one interface over every way to compute them.

Optimisers, gradient checks and the training loop know a network only as `objective(theta) -> (E, gradient)`, so each of
them is written once and serves all routes: "scalar", "replay" and "matrix", see `routes`. Here is what they have in
common, the data and the penalties:

E(θ) = (1/M) Σ_m s_m ℒ_m + (l2/2M) Σ w² + (l1/M) Σ |w|, with sample weights s (1 if not given). The penalties take the
weights and no biases, and sgn(0) = 0; their M is the size of the training set, also in a batch of it.

Second derivatives are exact: by the rules applied to Values on the scalar route, by the Rop (`curvature`) on the matrix
route, which also gives Gauss–Newton products and residuals.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from . import losses
from .arguments import floats
from .arrays import Array, ArrayLike, twin
from .curvature import Curvature
from .losses import Loss
from .matrix import MatrixMLP
from .nn import MLP
from .routes import ROUTES as KINDS
from .routes import MatrixRoute, ScalarRoute
from .value import total

ROUTES = tuple(KINDS)


class Objective:
    """E of a network on a data set, as a function of θ.

    Parameters
    ----------
    network : MLP or MatrixMLP
        Its architecture and its frozen layers count; a private copy is used, so the network itself is never touched.
        Several threads may ask one objective.
    X : array, M × d_0
        Examples in rows.
    Y : array, M × d_L
        Targets in rows; M numbers will do for a network with one output.
    loss : str or callable
        ℒ(y, a), see `losses`.
    route : "scalar", "replay" or "matrix", optional
        What computes the derivatives. Without one, an MLP is differentiated by its own graph (replay), a MatrixMLP by
        its equations (matrix); Gauss–Newton products and residuals are then the matrix route's, which alone has them.
        A replay records at the first call. It takes targets and weights of the examples as further inputs, so that a
        loss of one's own that branches on a number (and not with `where`) makes a guard, see `replay`.
    l1, l2 : float
        Penalties on the weights.
    sample_weight : array of M numbers, optional
        s_m, the weight of each example.

    >>> objective = Objective(MLP(2, [3, 1], rng=0), [[0.0, 1.0], [1.0, 1.0]], [1.0, 0.0], "half_squared_error")
    >>> E, gradient = objective(np.zeros(13))
    >>> E, gradient.shape, gradient[-1]
    (0.25, (13,), np.float64(-0.5))
    """

    def __init__(
        self,
        network: MLP | MatrixMLP,
        X: ArrayLike,
        Y: ArrayLike,
        loss: str | Loss,
        *,
        route: str | None = None,
        l1: float = 0.0,
        l2: float = 0.0,
        sample_weight: ArrayLike | None = None,
    ) -> None:
        if route is not None and route not in KINDS:
            raise ValueError(f"unknown route {route!r}; there are {', '.join(KINDS)}")
        self.route = route or ("matrix" if isinstance(network, MatrixMLP) else "replay")
        self.loss, self.l1, self.l2 = losses.find(loss), l1, l2
        if l1 < 0.0 or l2 < 0.0:
            raise ValueError(f"penalties are not negative, got l1 = {l1} and l2 = {l2}")
        matrix = network if isinstance(network, MatrixMLP) else MatrixMLP.from_scalar(network)
        self.network = MatrixMLP(matrix.W[1:], matrix.b[1:], matrix.activations[1:], matrix.frozen, matrix.tied)
        self._route = KINDS[self.route](self.network, self.loss)
        self._curved = self._route if route else MatrixRoute(self.network, self.loss)
        self.X, self.Y = examples(self.network, X, Y)
        self.M = len(self.X)
        self.s = np.ones(self.M) if sample_weight is None else np.array(sample_weight, dtype=float)
        if self.s.shape != (self.M,):
            raise ValueError(f"there are {self.M} examples, sample_weight has shape {self.s.shape}")
        for part in (self.X, self.Y, self.s):
            part.flags.writeable = False

    def __repr__(self) -> str:
        penalties = "".join(f", {name}={size}" for name, size in (("l1", self.l1), ("l2", self.l2)) if size)
        what = f"{self.network!r}, {len(self.X)} examples, {losses.name(self.loss)}"
        return f"Objective({what}, route={self.route!r}{penalties})"

    def batch(self, rows: Sequence[int] | npt.NDArray[np.integer[Any]]) -> "Objective":
        """The same objective on some of its examples; the penalties keep the M of the whole."""
        part, rows = twin(self), np.asarray(rows)
        part.X, part.Y, part.s, part._route = self.X[rows], self.Y[rows], self.s[rows], self._route.batch()
        return part

    def by(self, route: str) -> "Objective":
        """The same E on the same examples, by another route."""
        other = twin(self)
        other.route, other._route = route, KINDS[route](self.network, self.loss, self._route.mlp)
        other._curved = other._route
        return other

    @np.errstate(all="ignore")
    def __call__(self, theta: ArrayLike) -> tuple[float, Array]:
        """E and ∇E at θ, a float and a fresh float64 array of θ's length."""
        if np.iscomplexobj(theta):
            raise TypeError("the gradient is computed in real numbers; objective.value takes a complex θ")
        at = self._theta(theta)
        E, gradient = self._route(at, self.X, self.Y, self.s)
        if not (self.l1 or self.l2):
            return E, gradient
        w = self._penalised(at)
        if self.l2:
            gradient = gradient + self._ridge * w
        if self.l1:
            gradient = gradient + self.l1 / self.M * self._weights * np.sign(w)
        return E + float(self._penalty(w)), gradient

    @np.errstate(all="ignore")
    def value(self, theta: ArrayLike) -> float:
        """E alone at θ, by a forward pass of the matrix network on every route; a complex θ gives a complex E.

        On the scalar and the replay route a loss of one's own is asked example by example, on Values, which it may
        well insist on.
        """
        at = self._theta(theta)
        each = self._route.losses(at, self.X, self.Y)
        return (self.s @ each / len(self.X) + self._penalty(self._penalised(at))).item()  # type: ignore[no-any-return]

    def of_values(self, *theta: Any) -> Any:
        """E of θ's entries as Values, penalties and all, by the graph of every example: what `jvp` wants."""
        terms = ScalarRoute(self.network, self.loss, self._route.mlp).terms(self.X, self.Y, self.s)
        return total([term(*theta) for term in terms]) + self._penalty(self._penalised(np.array(theta, dtype=object)))

    def forward(self, theta: ArrayLike) -> tuple[list[Any], list[Any]]:
        """Z and A of all layers at θ, d_ℓ × M; by scalars only where the matrix side does not know an activation."""
        return self._route.forward(self._theta(theta), self.X)

    def at(self, theta: ArrayLike) -> MatrixMLP:
        """The matrix network with the parameters θ."""
        return self.network.with_theta(self._theta(theta))

    def hvp(self, theta: ArrayLike, v: ArrayLike) -> Array:
        """The product of the Hessian of E at θ with v, exactly: by the Rop, or by the rules applied to Values."""
        v = self._direction(v)
        return self._route.hvp(self._theta(theta), v, self.X, self.Y, self.s) + self._ridge * v

    def hessian(self, theta: ArrayLike) -> Array:
        """The Hessian of E at θ, exactly."""
        return self._route.hessian(self._theta(theta), self.X, self.Y, self.s) + np.diag(self._ridge)

    def gauss_newton(self, theta: ArrayLike, v: ArrayLike) -> Array:
        """The product of the Gauss–Newton matrix of E at θ with v; what that is for each loss, `curvature` says."""
        v = self._direction(v)
        return self._curvature(theta).gauss_newton(v) + self._ridge * v  # type: ignore[no-any-return]

    def gauss_newton_diagonal(self, theta: ArrayLike) -> Array:
        """The diagonal of the Gauss–Newton matrix of E at θ, exactly, by d_L backward passes."""
        return self._curvature(theta).gauss_newton_diagonal() + self._ridge  # type: ignore[no-any-return]

    def residuals(self, theta: ArrayLike) -> tuple[Array, Array]:
        """r and J = ∂r/∂θ with E = ½ rᵀ r, for squared errors; an L2 penalty is a residual for each weight."""
        if self.l1:
            raise ValueError(f"an L1 penalty is not a sum of squares: residuals want l1 = 0, it is {self.l1}")
        if self.s.min() < 0.0:
            raise ValueError(f"residuals want weights of examples from 0, the smallest is {self.s.min()}")
        r, J = self._curvature(theta).residuals()
        roots = np.diag(np.sqrt(self._ridge))[self._ridge > 0.0]
        return np.concatenate([r, roots @ self._theta(theta)]), np.concatenate([J, roots])

    def _theta(self, theta: ArrayLike) -> Any:
        """θ as an array of floats, or of complex numbers, of the right length."""
        theta = np.asarray(theta)
        theta = theta if theta.dtype.kind == "c" else theta.astype(float, copy=False)
        if theta.shape != (self.network.n_parameters,):
            raise ValueError(f"theta has shape {theta.shape}, the network expects ({self.network.n_parameters},)")
        return theta

    def _direction(self, v: ArrayLike) -> Array:
        v = np.asarray(v, dtype=float)
        if v.shape != (self.network.n_parameters,):
            raise ValueError(f"the direction has shape {v.shape}, θ has ({self.network.n_parameters},)")
        return v

    def _curvature(self, theta: ArrayLike) -> Curvature:
        return self._curved.curvature(self._theta(theta), self.X, self.Y, self.s)

    @cached_property
    def _weights(self) -> Array:
        """1 for each weight in θ, 0 for each bias: what the penalties take."""
        W, b, layers = self.network.W, self.network.b, range(1, self.network.L + 1)
        ones, zeros = [None, *(np.ones(W[l].shape) for l in layers)], [None, *(np.zeros(b[l].shape) for l in layers)]
        return self.network.flat(ones, zeros)  # type: ignore[no-any-return]

    def _penalised(self, theta: Any) -> Any:
        """θ, with 0 for each bias, even for one that is not finite."""
        return np.where(self._weights > 0.0, theta, 0.0)

    @property
    def _ridge(self) -> Array:
        """The second derivative of the penalties, which is diagonal."""
        return self.l2 / self.M * self._weights

    def _penalty(self, w: Any) -> Any:
        """Of the penalised entries of θ."""
        squares = self.l2 / (2 * self.M) * (self._weights @ (w * w)) if self.l2 else 0.0
        return squares + (self.l1 / self.M * (self._weights @ abs(w)) if self.l1 else 0.0)


def examples(network: MatrixMLP, X: ArrayLike, Y: ArrayLike) -> tuple[Array, Array]:
    """Fresh float64 arrays X (M × d_0) and Y (M × d_L) that fit the network, or a sentence that says what does not."""
    X, Y = floats(X, "X"), floats(Y, "Y")
    d, P = network.W[1].shape[1], network.W[network.L].shape[0]
    if Y.ndim == 1 and P == 1:
        Y = Y[:, None]
    if X.ndim != 2 or Y.ndim != 2:
        hint = "; data.one_hot makes targets of class numbers" if Y.ndim == 1 and P > 1 else ""
        raise ValueError(
            f"X and Y hold one example a row, M × {d} and M × {P}; got shapes {X.shape} and {Y.shape}{hint}"
        )
    if len(X) != len(Y) or not len(X):
        raise ValueError(f"X has {len(X)} examples, Y has {len(Y)}")
    if X.shape[1] != d:
        raise ValueError(f"layer 1 expects {d} inputs, got {X.shape[1]}")
    if Y.shape[1] != P:
        raise ValueError(f"layer {network.L} has {P} outputs, the targets have {Y.shape[1]}")
    return X, Y
