"""Three ways to E(θ) and its derivatives, with one interface; they share nothing but the numbers they are handed.

A route knows the shape of a network and a loss. It is handed θ and the examples: X (M × d_0) and Y (M × d_L) in rows,
and their weights s. It keeps no θ and changes no network, so several threads may ask it at the same time. What it
answers for is E(θ) = (1/M) Σ_m s_m ℒ_m; penalties are the `objective`'s.

- "scalar": the graph of Values, example by example, differentiated by its backward sweep;
- "replay": the same graph, recorded once for one example and run for all of them;
- "matrix": the δ equations, and the only one with Gauss–Newton products and residuals.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from . import losses, slopes
from .arrays import Array, twin
from .curvature import Curvature
from .derivatives import hessian, hvp, value_and_grad
from .losses import Loss
from .matrix import MatrixMLP
from .nn import MLP
from .replay.replay import Replay, record
from .value import Value, as_value, pause_gc, total


class Route:
    """What all have: the forward pass of the matrix network; it takes no derivative, and complex numbers pass."""

    name = ""

    def __init__(self, network: MatrixMLP, loss: Loss, mlp: MLP | None = None) -> None:
        self.network, self.loss = network, loss
        if mlp:
            self.mlp = mlp

    @cached_property
    def mlp(self) -> MLP:
        """The network of scalars, made when it is first asked for."""
        return MLP.from_matrix(self.network)

    def batch(self) -> "Route":
        """The route that is to be handed other examples."""
        return self

    def forward(self, theta: Array, X: Array) -> tuple[list[Any], list[Any]]:
        """Z and A of all layers at θ, d_ℓ × M."""
        return self.network.with_theta(theta).forward(X.T)

    def losses(self, theta: Array, X: Array, Y: Array) -> Array:
        """ℒ_m of each example."""
        return self.network.losses(*self.forward(theta, X), Y.T, self.loss)  # type: ignore[no-any-return]

    def __call__(self, theta: Array, X: Array, Y: Array, s: Array) -> tuple[float, Array]:
        """E and ∇E at θ, a float and a fresh array of θ's length."""
        raise NotImplementedError

    def hvp(self, theta: Array, v: Array, X: Array, Y: Array, s: Array) -> Array:
        """The product of the Hessian of E at θ with v, exactly."""
        raise NotImplementedError

    def hessian(self, theta: Array, X: Array, Y: Array, s: Array) -> Array:
        """The Hessian of E at θ, exactly."""
        n = len(theta)
        return np.array([self.hvp(theta, v, X, Y, s) for v in np.eye(n)]).reshape(n, n)

    def curvature(self, theta: Array, X: Array, Y: Array, s: Array) -> Curvature:
        """What gives Gauss–Newton products and residuals."""
        raise ValueError(f"the {self.name} route gives no Gauss–Newton curvature; route='matrix' does")


class MatrixRoute(Route):
    """The δ equations, and the Rop for second derivatives."""

    name = "matrix"

    def __call__(self, theta: Array, X: Array, Y: Array, s: Array) -> tuple[float, Array]:
        E, dW, db = self.network.with_theta(theta).gradients(X.T, Y.T, self.loss, s)
        return float(E), self.network.flat(dW, db)

    def hvp(self, theta: Array, v: Array, X: Array, Y: Array, s: Array) -> Array:
        return self.curvature(theta, X, Y, s).hvp(v)  # type: ignore[no-any-return]

    def hessian(self, theta: Array, X: Array, Y: Array, s: Array) -> Array:
        return self.curvature(theta, X, Y, s).hessian()  # type: ignore[no-any-return]

    def curvature(self, theta: Array, X: Array, Y: Array, s: Array) -> Curvature:
        return Curvature(self.network.with_theta(theta), X.T, Y.T, self.loss, s)


class ScalarRoute(Route):
    """The graph of Values, example by example; the rules applied to Values for second derivatives."""

    name = "scalar"

    def __call__(self, theta: Array, X: Array, Y: Array, s: Array) -> tuple[float, Array]:
        parameters, E = [Value(x) for x in theta.tolist()], 0.0
        mlp = self.mlp.with_parameters(parameters)
        with pause_gc():
            for example in _examples(X, Y, s):
                value = as_value(self._of_example(mlp, *example))
                value.backward()
                E += value.data
        return E, np.array([p.grad for p in parameters])

    def hvp(self, theta: Array, v: Array, X: Array, Y: Array, s: Array) -> Array:
        products = [hvp(term)(theta.tolist(), v.tolist()) for term in self.terms(X, Y, s)]
        return np.array(products).sum(axis=0)  # type: ignore[no-any-return]

    def hessian(self, theta: Array, X: Array, Y: Array, s: Array) -> Array:
        return np.array([hessian(term)(*theta.tolist()) for term in self.terms(X, Y, s)]).sum(axis=0)  # type: ignore[no-any-return]

    def forward(self, theta: Array, X: Array) -> tuple[list[Any], list[Any]]:
        """By scalars only where the matrix side does not know an activation."""
        if set(self.network.activations[1:]) <= {*slopes.ACTIVATIONS, "softmax"}:
            return super().forward(theta, X)
        mlp = self.mlp.with_parameters([Value(x) for x in theta.tolist()])
        traces = [mlp.trace(x) for x in X.tolist()]
        Z, A = ([_columns([getattr(t, k)[l] for t in traces]) for l in range(len(mlp.sizes))] for k in "za")
        return Z, A

    def losses(self, theta: Array, X: Array, Y: Array) -> Array:
        """A loss of one's own is asked example by example, on Values, which it may well insist on."""
        if self.loss in losses.LOSSES.values():
            return super().losses(theta, X, Y)
        Z, A = self.forward(theta, X)
        examples = zip(Z[-1].T.tolist(), A[-1].T.tolist(), Y.tolist(), strict=True)
        return np.array([as_value(self._loss(y, [*map(Value, z)], [*map(Value, a)])).data for z, a, y in examples])

    def terms(self, X: Array, Y: Array, s: Array) -> list[Callable[..., Any]]:
        """E as a sum of functions of θ's Values, one per example."""

        def term(*example: Any) -> Callable[..., Any]:
            return lambda *parameters: self._of_example(self.mlp.with_parameters(parameters), *example)

        return [term(*example) for example in _examples(X, Y, s)]

    def _of_example(self, mlp: MLP, x: Sequence[Any], y: Sequence[Any], s_m: Any) -> Any:
        trace = mlp.trace(x)
        return self._loss(y, trace.z[-1], trace.a[-1]) * s_m

    def _loss(self, y: Sequence[Any], z: Sequence[Any], a: Sequence[Any]) -> Any:
        return losses.evaluate(self.loss, self.network.activations[-1], y, z, a)


class ReplayRoute(ScalarRoute):
    """The graph of one example, with x, y and s for its inputs, recorded once for all batches; another one for H v."""

    name = "replay"

    def __init__(self, network: MatrixMLP, loss: Loss, mlp: MLP | None = None) -> None:
        super().__init__(network, loss, mlp)
        self._recorded: dict[str, Replay] = {}
        self._bound: dict[str, Any] = {}  # the replays on these examples

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_recorded": {}, "_bound": {}}  # a copy records anew

    def batch(self) -> "ReplayRoute":
        part = twin(self)
        part._recorded, part._bound = self._recorded, {}
        return part

    def __call__(self, theta: Array, X: Array, Y: Array, s: Array) -> tuple[float, Array]:
        return self._on("E", X, Y, s)(theta)  # type: ignore[no-any-return]

    def hvp(self, theta: Array, v: Array, X: Array, Y: Array, s: Array) -> Array:
        return self._on("∇E·v", X, Y, s)(np.concatenate([theta, v]))[1][: len(theta)]  # type: ignore[no-any-return]

    def hessian(self, theta: Array, X: Array, Y: Array, s: Array) -> Array:
        return Route.hessian(self, theta, X, Y, s)

    def _on(self, what: str, *examples: Array) -> Any:
        """A replay on these examples; bound to them once, unless they can be written to."""
        fixed = not any(part.flags.writeable for part in examples)
        if fixed and what in self._bound:
            return self._bound[what]
        columns = np.concatenate([part.T if part.ndim == 2 else part[None] for part in examples])
        if what not in self._recorded:
            self._recorded[what] = self._record(what, columns[:, 0].tolist(), examples[0].shape[1])
        bound = self._recorded[what].on(columns)
        if fixed:
            self._bound[what] = bound
        return bound

    def _record(self, what: str, example: list[float], d: int) -> Replay:
        """E, or ∇E·v with the entries of v as further parameters, as functions of one example."""
        theta = [Value(p.data, p.label) for p in self.mlp.parameters()]
        v = [Value(1.0, f"v of {p.label}") for p in theta] if what != "E" else []

        def f(inputs: list[Value]) -> Any:
            def E(*parameters: Value) -> Any:
                return self._of_example(self.mlp.with_parameters(parameters), inputs[:d], inputs[d:-1], inputs[-1])

            if not v:
                return E(*theta)
            gradient = value_and_grad(E)(*theta)[1]
            return total([g * v_i for g, v_i in zip(gradient if len(v) > 1 else [gradient], v, strict=True)])

        try:
            return record(f, example, [*theta, *v])
        except TypeError as error:
            error.add_note("the scalar route runs each example on Values that have numbers: route='scalar'")
            raise


def _examples(X: Array, Y: Array, s: Array) -> list[tuple[list[float], list[float], float]]:
    """x, y and s_m/M of each example."""
    return list(zip(X.tolist(), Y.tolist(), (s / len(X)).tolist(), strict=True))


def _columns(nodes: list[list[Value]]) -> Array:
    return np.array([[v.data for v in example] for example in nodes]).T


ROUTES: dict[str, type[Route]] = {route.name: route for route in (ScalarRoute, ReplayRoute, MatrixRoute)}
