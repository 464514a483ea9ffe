"""E(θ) and ∇E(θ): one interface over every way to compute them.

Optimisers, gradient checks and the training loop know a network only as `objective(theta) -> (E, gradient)`, so each of
them is written once and serves all routes:

- "scalar": the graph of Values, example by example, differentiated by its backward sweep;
- "replay": the same graph, recorded once for one example and run for all of them;
- "matrix": the δ equations.

E(θ) = (1/M) Σ_m s_m ℒ_m + (l2/2M) Σ w² + (l1/M) Σ |w|, with sample weights s (1 if not given). The penalties take the
weights and no biases, and sgn(0) = 0; their M is the size of the training set, also in a batch of it.

Second derivatives are exact: by the rules applied to Values on the scalar route, by the Rop (`curvature`) on the matrix
route, which also gives Gauss–Newton products and residuals.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import losses, slopes
from .arrays import Array
from .curvature import Curvature
from .derivatives import hessian, hvp, value_and_grad
from .losses import Loss
from .matrix import MatrixMLP
from .nn import MLP
from .replay.replay import Replay, record
from .value import Value, as_value, pause_gc, total

ROUTES = ("scalar", "replay", "matrix")


class Objective:
    """E of a network on a data set, as a function of θ.

    Parameters
    ----------
    network : MLP or MatrixMLP
        Its architecture and its frozen layers count; a private copy is used, so the network itself is never touched.
        That copy serves one thread at a time; an objective's deep copy may go to another.
    X : array, M × d_0
        Examples in rows.
    Y : array, M × d_L
        Targets in rows; M numbers will do for a network with one output.
    loss : str or callable
        ℒ(y, a), see `losses`.
    route : "scalar", "replay" or "matrix"
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
        X: npt.ArrayLike,
        Y: npt.ArrayLike,
        loss: str | Loss,
        *,
        route: str = "matrix",
        l1: float = 0.0,
        l2: float = 0.0,
        sample_weight: npt.ArrayLike | None = None,
    ) -> None:
        if route not in ROUTES:
            raise ValueError(f"unknown route {route!r}; there are {', '.join(ROUTES)}")
        self.route, self.loss, self.l1, self.l2 = route, losses.find(loss), l1, l2
        if l1 < 0.0 or l2 < 0.0:
            raise ValueError(f"penalties are not negative, got l1 = {l1} and l2 = {l2}")
        matrix = network if isinstance(network, MatrixMLP) else MatrixMLP.from_scalar(network)
        self.network = MatrixMLP(matrix.W[1:], matrix.b[1:], matrix.activations[1:], matrix.frozen)
        self._scalar = MLP.from_matrix(self.network) if route != "matrix" else None
        self._replays: dict[str, Replay] = {}  # shared by all batches
        self.X, self.Y = examples(self.network, X, Y)
        self.M = len(self.X)
        self.s = np.ones(self.M) if sample_weight is None else np.array(sample_weight, dtype=float)
        self._bound: dict[str, Any] = {}  # the replays on this batch
        if self.s.shape != (self.M,):
            raise ValueError(f"there are {self.M} examples, sample_weight has shape {self.s.shape}")
        for part in (self.X, self.Y, self.s):
            part.flags.writeable = False

    def __repr__(self) -> str:
        penalties = "".join(f", {name}={size}" for name, size in (("l1", self.l1), ("l2", self.l2)) if size)
        what = f"{self.network!r}, {len(self.X)} examples, {losses.name(self.loss)}"
        return f"Objective({what}, route={self.route!r}{penalties})"

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_replays": {}, "_bound": {}}  # a copy records anew

    def batch(self, rows: Sequence[int] | npt.NDArray[np.integer[Any]]) -> "Objective":
        """The same objective on some of its examples; the penalties keep the M of the whole."""
        part = copy.copy(self)
        part.X, part.Y, part.s = self.X[rows], self.Y[rows], self.s[rows]
        part._bound, part._replays = {}, self._replays
        return part

    @np.errstate(all="ignore")
    def __call__(self, theta: npt.ArrayLike) -> tuple[float, Array]:
        """E and ∇E at θ, a float and a fresh float64 array of θ's length."""
        if np.iscomplexobj(theta):
            raise TypeError("the gradient is computed in real numbers; objective.value takes a complex θ")
        network = self.at(theta)
        if self.route == "replay":
            return self._on_batch("E")(theta)  # type: ignore[no-any-return]
        if self._scalar:
            return self._by_scalars(network.theta)
        E, dW, db = network.gradients(self.X.T, self.Y.T, self.loss, self.s)
        for l in range(1, network.L + 1):
            if self.l2:
                dW[l] = dW[l] + self.l2 / self.M * network.W[l]
            if self.l1:
                dW[l] = dW[l] + self.l1 / self.M * np.sign(network.W[l])
        return float(E + self._penalty(network)), network.flat(dW, db)

    @np.errstate(all="ignore")
    def value(self, theta: npt.ArrayLike) -> float:
        """E alone at θ, by a forward pass of the matrix network on every route; a complex θ gives a complex E.

        On the scalar route a loss of one's own is asked example by example, on Values, which it may well insist on.
        """
        network, own = self.at(theta), self._scalar is not None and self.loss not in losses.LOSSES.values()
        Z, A = self.forward(theta)
        each = self._losses_of_values(Z[-1], A[-1]) if own else network.losses(Z, A, self.Y.T, self.loss)
        return (self.s @ each / len(self.X) + self._penalty(network)).item()  # type: ignore[no-any-return]

    def forward(self, theta: npt.ArrayLike) -> tuple[list[Any], list[Any]]:
        """Z and A of all layers at θ, d_ℓ × M; by scalars only where the matrix side does not know an activation."""
        network = self.at(theta)
        if self._scalar is None or set(network.activations[1:]) <= {*slopes.ACTIVATIONS, "softmax"}:
            return network.forward(self.X.T)
        self._scalar.theta = network.theta
        traces = [self._scalar.trace(x) for x in self.X.tolist()]
        Z, A = ([_columns([getattr(t, k)[l] for t in traces]) for l in range(network.L + 1)] for k in "za")
        return Z, A

    def at(self, theta: npt.ArrayLike) -> MatrixMLP:
        """The matrix network with the parameters θ."""
        theta = np.asarray(theta)
        return self.network.with_theta(theta if theta.dtype.kind == "c" else theta.astype(float, copy=False))

    def hvp(self, theta: npt.ArrayLike, v: npt.ArrayLike) -> Array:
        """The product of the Hessian of E at θ with v, exactly: by the Rop, or by the rules applied to Values."""
        if self.route == "matrix":
            return self._curvature(theta).hvp(np.asarray(v, dtype=float))  # type: ignore[no-any-return]
        x, direction = self.at(theta).theta.tolist(), np.asarray(v, dtype=float).tolist()
        if len(x) != len(direction):
            raise ValueError(f"the vector has {len(direction)} entries, theta has {len(x)}")
        if self.route == "replay":
            return self._on_batch("∇E·v")(x + direction)[1][: len(x)]  # type: ignore[no-any-return]
        return np.array([hvp(f)(x, direction) for f in self._terms()]).sum(axis=0)  # type: ignore[no-any-return]

    def hessian(self, theta: npt.ArrayLike) -> Array:
        """The Hessian of E at θ, exactly."""
        if self.route == "matrix":
            return self._curvature(theta).hessian()  # type: ignore[no-any-return]
        x = self.at(theta).theta.tolist()
        if self.route == "replay":
            return np.array([self.hvp(theta, v) for v in np.eye(len(x))]).reshape(len(x), len(x))
        return np.array([hessian(f)(*x) for f in self._terms()]).sum(axis=0)  # type: ignore[no-any-return]

    def gauss_newton(self, theta: npt.ArrayLike, v: npt.ArrayLike) -> Array:
        """The product of the Gauss–Newton matrix of E at θ with v; what that is for each loss, `curvature` says."""
        return self._curvature(theta).gauss_newton(np.asarray(v, dtype=float))  # type: ignore[no-any-return]

    def gauss_newton_diagonal(self, theta: npt.ArrayLike) -> Array:
        """The diagonal of the Gauss–Newton matrix of E at θ, exactly, by d_L backward passes."""
        return self._curvature(theta).gauss_newton_diagonal()  # type: ignore[no-any-return]

    def residuals(self, theta: npt.ArrayLike) -> tuple[Array, Array]:
        """r and J = ∂r/∂θ with E = ½ rᵀ r, for squared errors; an L2 penalty is a residual for each weight."""
        if self.l1:
            raise ValueError(f"an L1 penalty is not a sum of squares: residuals want l1 = 0, it is {self.l1}")
        if self.s.min() < 0.0:
            raise ValueError(f"residuals want weights of examples from 0, the smallest is {self.s.min()}")
        return self._curvature(theta).residuals()

    def _penalty(self, network: MatrixMLP) -> Any:
        weights = [network.W[l] for l in range(1, network.L + 1) if l not in network.frozen]
        squares = self.l2 / (2 * self.M) * sum((W * W).sum() for W in weights) if self.l2 else 0.0
        return squares + (self.l1 / self.M * sum(abs(W).sum() for W in weights) if self.l1 else 0.0)

    # The scalar route: the same E, in terms that are Values.

    def _by_scalars(self, theta: Array) -> tuple[float, Array]:
        mlp = self._scalar
        assert mlp is not None
        mlp.theta = theta
        mlp.zero_grad()
        E = 0.0
        with pause_gc():
            for term in self._terms():
                value = as_value(term(*mlp.parameters()))
                value.backward()
                E += value.data
        return E, np.array([p.grad for p in mlp.parameters()])

    def _losses_of_values(self, Z: Any, A: Any) -> Array:
        output, examples = self.network.activations[-1], zip(Z.T.tolist(), A.T.tolist(), self.Y.tolist(), strict=True)
        each = [losses.evaluate(self.loss, output, y, [*map(Value, z)], [*map(Value, a)]) for z, a, y in examples]
        return np.array([as_value(loss).data for loss in each])

    def _terms(self) -> list[Any]:
        """E as a sum of functions of θ's Values: one per example, and one for the penalty."""

        def example(m: int) -> Any:
            return lambda *parameters: self._example(parameters, X[m], Y[m], s[m] / len(X))

        X, Y, s = self.X.tolist(), self.Y.tolist(), self.s.tolist()
        return [example(m) for m in range(len(X))] + ([self._scalar_penalty] if self.l1 or self.l2 else [])

    def _example(self, parameters: Sequence[Value], x: Sequence[Any], y: Sequence[Any], s: Any) -> Any:
        trace = self._rewired(parameters).trace(x)
        return losses.evaluate(self.loss, trace.network.activations[-1], y, trace.z[-1], trace.a[-1]) * s

    def _scalar_penalty(self, *parameters: Value) -> Any:
        mlp = self._rewired(parameters)
        layers = [layer for l, layer in enumerate(mlp.layers, start=1) if l not in mlp.frozen]
        weights = [w for layer in layers for neuron in layer.neurons for w in neuron.w]
        squares = total([w * w for w in weights]) * (self.l2 / (2 * self.M)) if self.l2 else 0.0
        return squares + (total([abs(w) for w in weights]) * (self.l1 / self.M) if self.l1 else 0.0)

    def _rewired(self, parameters: Sequence[Value]) -> MLP:
        """The private network, with these Values for its parameters."""
        assert self._scalar is not None
        rest = iter(parameters)
        for l, layer in enumerate(self._scalar.layers, start=1):
            if l not in self._scalar.frozen:
                for neuron in layer.neurons:
                    neuron.w = [next(rest) for _ in neuron.w]
                for neuron in layer.neurons:
                    neuron.b = next(rest)
        return self._scalar

    # The replay route: one recording with x, y and s as inputs serves all batches, another one all products H·v.

    def _in_columns(self) -> Array:
        """Inputs, targets and weights, one example a column."""
        return np.vstack([self.X.T, self.Y.T, self.s])

    def _on_batch(self, what: str) -> Any:
        """A replay on this batch; bound to it once, unless X, Y or s were made writeable."""
        if any(part.flags.writeable for part in (self.X, self.Y, self.s)):
            return self._recorded(what).on(self._in_columns())
        if what not in self._bound:
            self._bound[what] = self._recorded(what).on(self._in_columns())
        return self._bound[what]

    def _recorded(self, what: str) -> Replay:
        """E, or ∇E·v with the entries of v as further parameters, as functions of one example."""
        if what not in self._replays:
            labels = [p.label for p in MLP.from_matrix(self.network).parameters()]
            theta = [Value(x, label) for x, label in zip(self.network.theta.tolist(), labels, strict=True)]
            v = [Value(1.0, f"v of {label}") for label in labels] if what != "E" else []
            d, own = self.X.shape[1], copy.copy(self)  # recorded Values must not stay in this objective's network
            own._scalar = MLP.from_matrix(self.network)

            def f(inputs: list[Value]) -> Any:
                def E(*parameters: Value) -> Any:
                    loss = own._example(parameters, inputs[:d], inputs[d:-1], inputs[-1])
                    return loss + own._scalar_penalty(*parameters) if self.l1 or self.l2 else loss

                if not v:
                    return E(*theta)
                gradient = value_and_grad(E)(*theta)[1]
                return total([g * v_i for g, v_i in zip(gradient if len(v) > 1 else [gradient], v, strict=True)])

            self._replays[what] = record(f, self._in_columns()[:, 0].tolist(), [*theta, *v])
        return self._replays[what]

    def _curvature(self, theta: npt.ArrayLike) -> Curvature:
        if self.route != "matrix":
            raise ValueError(f"the {self.route} route gives no Gauss–Newton curvature; route='matrix' does")
        return Curvature(self.at(theta), self.X.T, self.Y.T, self.loss, self.s, self.l2 / self.M)


def _columns(nodes: list[list[Value]]) -> Array:
    return np.array([[v.data for v in example] for example in nodes]).T


def examples(network: MatrixMLP, X: npt.ArrayLike, Y: npt.ArrayLike) -> tuple[Array, Array]:
    """Fresh float64 arrays X (M × d_0) and Y (M × d_L) that fit the network, or a sentence that says what does not."""
    X, Y = np.array(X, dtype=float), np.array(Y, dtype=float)
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
