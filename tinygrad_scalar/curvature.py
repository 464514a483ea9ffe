"""How the gradient turns when θ moves: the Rop, in closed form beside the δ equations.

The Rop (Pearlmutter 1994) is the derivative of a quantity along a direction in θ: RQ = d/dt Q(θ + t v) at t = 0. Of ∇E
it is the Hessian times v, exactly and without the Hessian, for about the price of one gradient more. With V and v for
the parts of the direction that move W and b, and RA^(0) = 0 since the examples stay where they are:

- forward: RZ^(ℓ) = V A^(ℓ-1) + W RA^(ℓ-1) + v 1ᵀ, and RA^(ℓ) = σ′ ⊗ RZ^(ℓ);
- backward: RΔ^(ℓ-1) = σ′ ⊗ (Vᵀ Δ^(ℓ) + Wᵀ RΔ^(ℓ)) + σ″ ⊗ RZ^(ℓ-1) ⊗ (Wᵀ Δ^(ℓ));
- gradients: R∂E/∂W = (RΔ Aᵀ + Δ RAᵀ)/M, and R∂E/∂b = (RΔ 1)/M.

**Gauss–Newton** is the same with Δ set to 0 in the backward part (Schraudolph 2002). What is left is Jᵀ H J, the
Hessian of E for a network that is replaced by its tangent. Where a cross-entropy meets its own activation, J is the
Jacobian of z^(L) and H = ∂²ℒ/∂z²: diag(a ⊗ (1 − a)) under logistic, (Σy)(diag(a) − a aᵀ) under softmax. For all other
pairs J is the Jacobian of a^(L) and H = diag(d²ℒ/da²): Jᵀ J for the half squared error. Where ℒ curves upwards only, as
all of `losses` do for the targets they are made for, Jᵀ H J is positive semi-definite; the Hessian need not be.

Everything here is as pure as `matrix`: JAX can transform it, and complex numbers pass.
"""

from functools import cached_property
from typing import Any

import numpy as np

from . import losses
from .losses import OF_Z, Loss
from .matrix import MatrixMLP
from .slopes import ddloss, ddsigma, dloss, dsigma


class Curvature:
    """The second derivatives of E(θ) = (1/M) Σ_m s_m ℒ_m at the network's own θ.

    The forward and the backward pass run once, each product costs one Rop more. Vectors are flat, in the order of θ.

    Parameters
    ----------
    network : MatrixMLP
        Its frozen layers have no part in θ, in a direction and in what comes out.
    X, Y : arrays, d_0 × M and d_L × M
        Examples in columns.
    loss : str or callable
        One of `losses`, or a function of that name in `slopes.DLOSS` and `slopes.DDLOSS`.
    sample_weight : array of M numbers, optional
        s_m, 1 if not given.

    >>> network = MatrixMLP([[[1.0]], [[2.0]]], [[0.0], [0.0]], ["tanh", "identity"])
    >>> curvature = Curvature(network, np.array([[0.5]]), np.array([[1.0]]), "half_squared_error")
    >>> H, direction = curvature.hessian(), np.arange(4.0)
    >>> bool(np.allclose(H, H.T)), bool(np.allclose(H @ direction, curvature.hvp(direction)))
    (True, True)
    >>> r, J = curvature.residuals()
    >>> bool(np.allclose(J.T @ J @ direction, curvature.gauss_newton(direction)))
    True
    """

    def __init__(self, network: MatrixMLP, X: Any, Y: Any, loss: str | Loss, sample_weight: Any = None) -> None:
        self.network, self.Y, self.loss = network, Y, losses.find(loss)
        self._loss_name, self._output_name = losses.name(self.loss), network.activations[network.L]
        self._own = (self._loss_name, self._output_name) in OF_Z  # the cross-entropy and its own activation
        self.M, self.s = X.shape[1], 1.0 if sample_weight is None else sample_weight
        self.Z, self.A = network.forward(X)
        if Y.shape != self.A[-1].shape:
            raise ValueError(f"the targets Y have shape {Y.shape}, the outputs {self.A[-1].shape}")
        self._layers = range(1, network.L + 1)

    @np.errstate(all="ignore")
    def hvp(self, direction: Any) -> Any:
        """The Hessian of E times a direction."""
        (V, v), W, A, L = self._split(direction), self.network.W, self.A, self.network.L
        RZ, RA = self._forward(V, v)
        Delta, turn = self._backward
        RDelta = [*[None] * L, self.s * (self._output(RA[L]) + self._output_turn(RZ[L], RA[L]))]
        for l in range(L, 1, -1):
            RDelta[l - 1] = self._slopes[l - 1] * (V[l].T @ Delta[l] + W[l].T @ RDelta[l]) + turn[l - 1] * RZ[l - 1]
        RdW = [None, RDelta[1] @ A[0].T / self.M]
        RdW += [(RDelta[l] @ A[l - 1].T + Delta[l] @ RA[l - 1].T) / self.M for l in range(2, L + 1)]
        return self._flat(RdW, RDelta)

    def hessian(self) -> Any:
        """The Hessian of E, n × n for n parameters, by n products."""
        xp, n = self._namespace, self.network.n_parameters
        return xp.stack([self.hvp(e) for e in xp.eye(n)]) if n else xp.eye(0)

    @np.errstate(all="ignore")
    def gauss_newton(self, direction: Any) -> Any:
        """Jᵀ H J times a direction: J by the Rop, H at the output, Jᵀ by the δ equations."""
        _, RA = self._forward(*self._split(direction))
        RDelta = self.network.backward(self.Z, self.A, self.s * self._output(RA[-1]))
        RdW = [None, *(RDelta[l] @ self.A[l - 1].T / self.M for l in self._layers)]
        return self._flat(RdW, RDelta)

    @np.errstate(all="ignore")
    def gauss_newton_diagonal(self) -> Any:
        """The diagonal of Jᵀ H J, exactly, by one backward pass for each of the d_L outputs.

        H = Σ_k c_k h_k h_kᵀ, one term for each output. With h_k for Δ^(L) the δ equations give each example's part of
        Jᵀ h_k, and the diagonal sums their squares, c_k times each: (c_k ⊗ Δ ⊗ Δ)(A ⊗ A)ᵀ.
        """
        if self.network.tied is not None:  # the square of a sum, and not the sum of squares
            return np.array([self.gauss_newton(e) @ e for e in np.eye(self.network.n_parameters)])
        diagonal = 0.0
        for c, h in self._factors():
            Delta = self.network.backward(self.Z, self.A, h)
            D = [None, *(self.s * c * Delta[l] ** 2 for l in self._layers)]
            diagonal = diagonal + self._flat([None, *(D[l] @ (self.A[l - 1] ** 2).T / self.M for l in self._layers)], D)
        return diagonal

    @np.errstate(all="ignore")
    def residuals(self) -> tuple[Any, Any]:
        """r and J = ∂r/∂θ such that E = ½ rᵀ r, ∇E = Jᵀ r, and Jᵀ J is the Gauss–Newton matrix; squared errors only.

        √(s_m/M) (a_k − y_k) for each example m and, within it, each output k (times √2 without the ½). J has a row for
        each residual and a column for each parameter.
        """
        xp, A, n, c = self._namespace, self.A, self.network.n_parameters, losses.facts(self.loss).squares
        if not c:
            known = " and ".join(name for name, loss in losses.LOSSES.items() if losses.facts(loss).squares)
            raise ValueError(f"the loss {self._loss_name} is not a sum of squares; {known} have residuals")
        scale = (c * self.s / self.M * xp.ones(self.M)) ** 0.5
        free = [l for l in self._layers if l not in self.network.frozen]
        rows = []  # for each output, its derivative by every parameter: n × M
        for h in self._output_slopes():
            Delta = self.network.backward(self.Z, A, h)
            parts = [part for l in free for part in (Delta[l][:, None] * A[l - 1][None], Delta[l])]
            entries = xp.concat([xp.zeros((0, self.M)), *(xp.reshape(part, (-1, self.M)) for part in parts)])
            rows.append(scale * self.network.sum_tied(entries))
        r = xp.reshape((scale * (A[-1] - self.Y)).T, (-1,))
        J = xp.reshape(xp.permute_dims(xp.stack(rows), (2, 0, 1)), (len(r), n))
        return r, J

    # The parts of the Rop, and what H is made of.

    def _forward(self, V: list[Any], v: list[Any]) -> tuple[list[Any], list[Any]]:
        """RZ and RA of all layers; RA^(0) is 0 and never formed."""
        RZ: list[Any] = [None]
        RA: list[Any] = [None]
        for l in self._layers:
            RZ.append(V[l] @ self.A[l - 1] + (self.network.W[l] @ RA[l - 1] if l > 1 else 0.0) + v[l][:, None])
            RA.append(self._bend(l, RZ[l]))
        return RZ, RA

    def _bend(self, l: int, R: Any) -> Any:
        """∂A/∂Z times R, column by column: σ′ ⊗ R, or the Jacobian of softmax, which is symmetric."""
        A = self.A[l]
        return A * (R - (A * R).sum(axis=0)) if self._slopes[l] is None else self._slopes[l] * R

    def _output(self, RA: Any) -> Any:
        """The Gauss–Newton part of RΔ^(L): H in z^(L), times RZ^(L)."""
        if not self._own:
            return self._bend(self.network.L, ddloss(self._loss_name, self.Y, self.A[-1]) * RA)
        return RA if self._output_name == "logistic" else RA * self.Y.sum(axis=0)  # of Δ = A − Y, or A Σy − Y

    def _output_turn(self, RZ: Any, RA: Any) -> Any:
        """The rest of RΔ^(L), where dA = dℒ/da meets an output that is not linear."""
        A = self.A[-1]
        if self._own:
            return 0.0
        dA = dloss(self._loss_name, self.Y, A)
        if self._output_name == "softmax":  # Δ = A ⊗ (dA − Σ dA ⊗ A)
            return RA * (dA - (dA * A).sum(axis=0)) - A * (dA * RA).sum(axis=0)
        return ddsigma(self._output_name, self.Z[-1], A) * RZ * dA  # Δ = dA ⊗ σ′

    def _output_slopes(self) -> list[Any]:
        """∂a_k/∂z^(L) for each output k, d_L × M."""
        return [self._bend(self.network.L, e) for e in self._unit_columns()]

    def _factors(self) -> list[tuple[Any, Any]]:
        """c_k (M numbers) and h_k (d_L × M) for each output k: H of each example, by its z^(L), is Σ_k c_k h_k h_kᵀ."""
        A, Y = self.A[-1], self.Y
        if not self._own:
            return list(zip(ddloss(self._loss_name, Y, A), self._output_slopes(), strict=True))
        if self._output_name == "logistic":
            return list(zip(self._slopes[-1], self._unit_columns(), strict=True))
        return [(c, e - A) for c, e in zip(A * Y.sum(axis=0), self._unit_columns(), strict=True)]

    def _unit_columns(self) -> list[Any]:
        """e_k for each output k, once for each example: d_L × M."""
        xp, P = self._namespace, len(self.A[-1])
        return [xp.broadcast_to(e[:, None], self.A[-1].shape) for e in xp.eye(P)]

    @cached_property
    def _backward(self) -> tuple[list[Any], list[Any]]:
        """s ⊗ Δ^(ℓ) of all layers, and σ″ ⊗ (Wᵀ Δ) of the hidden ones."""
        net, Z, A = self.network, self.Z, self.A
        Delta = [None, *(self.s * Delta_l for Delta_l in net.deltas(Z, A, self.Y, self.loss)[1:])]
        sigmas, W, hidden = net.activations, net.W, self._layers[:-1]
        turn = [None, *(ddsigma(sigmas[l], Z[l], A[l]) * (W[l + 1].T @ Delta[l + 1]) for l in hidden)]
        return Delta, turn

    @cached_property
    def _slopes(self) -> list[Any]:
        """σ′(Z^(ℓ)); None for a softmax, which has a Jacobian instead."""
        layers = zip(self.network.activations[1:], self.Z[1:], self.A[1:], strict=True)
        return [None, *(None if name == "softmax" else dsigma(name, Z, A) for name, Z, A in layers)]

    @property
    def _namespace(self) -> Any:
        return self.Z[-1].__array_namespace__()

    def _split(self, direction: Any) -> tuple[list[Any], list[Any]]:
        """V and v, the parts of a direction by layer; frozen layers do not move."""
        if direction.shape != (self.network.n_parameters,):
            raise ValueError(f"the direction has shape {direction.shape}, θ has ({self.network.n_parameters},)")
        at, frozen = self.network.with_theta(direction), self.network.frozen
        V, v = ([None, *(0.0 * part[l] if l in frozen else part[l] for l in self._layers)] for part in (at.W, at.b))
        return V, v

    def _flat(self, dW: list[Any], Delta: list[Any]) -> Any:
        """The flat vector of dW and of (1/M) Δ 1."""
        return self.network.flat(dW, [None, *(Delta[l].sum(axis=1) / self.M for l in self._layers)])
