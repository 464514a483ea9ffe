"""The δ equations of the text, in its letters and its order: the matrix side, and an independent witness.

Examples stand in **columns**: X is d_0 × M, Z^(ℓ), A^(ℓ) and Δ^(ℓ) are d_ℓ × M, W^(ℓ) is d_ℓ × d_{ℓ-1}, b^(ℓ) has d_ℓ
entries. Lists are indexed by ℓ = 1…L; index 0 is None, but A[0] = X. Δ is the derivative of each example's own ℒ_m,
**without** 1/M; ∂E/∂W and ∂E/∂b are means over the examples.

This side shares no derivative with the scalar engine: its σ, σ′ and dℒ/da are written by hand in `slopes`, and only
the number E comes from `losses`. If both sides read one table, their agreement would prove nothing. Functions are pure
in W, b, X and Y and use the array namespace of their input, so JAX can transform them and complex numbers pass through.
"""

import copy
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from . import losses
from .losses import OF_Z, Loss
from .slopes import dloss, dsigma, sigma


def output_delta(loss: Loss, activation: str, Z: Any, A: Any, Y: Any) -> Any:
    """Δ^(L) = ∂ℒ_m/∂Z^(L), one column per example, eq. cahinrule5: (A − Y) ⊗ σ′(Z) for the half squared error.

    Cross-entropy meets its own activation: σ′ cancels, and Δ^(L) = A − Y is left (A Σy − Y where Σy is not 1).
    Any other loss under softmax needs the whole Jacobian: ∂a_k/∂z_i = a_k ([k = i] − a_i).
    """
    if (losses.name(loss), activation) in OF_Z:
        return A - Y if activation == "logistic" else A * Y.sum(axis=0) - Y
    dA = dloss(losses.name(loss), Y, A)
    if activation == "softmax":
        return A * (dA - (dA * A).sum(axis=0))
    return dA * dsigma(activation, Z, A)


def augment(W: Any, b: Any) -> Any:
    """(b W), d_ℓ × (1 + d_{ℓ-1}): the bias inside the weight matrix, eq. input-matrix1."""
    return np.column_stack([b, W])


def with_ones(A: Any) -> Any:
    """(1ᵀ; A): a row of ones above the activations, so that (b W)(1ᵀ; A) = W A + b 1ᵀ."""
    return np.vstack([np.ones((1, A.shape[1])), A])


class MatrixMLP:
    """The same network as `nn.MLP`, as matrices.

    Parameters
    ----------
    weights : L arrays, the ℓ-th d_ℓ × d_{ℓ-1}
    biases : L arrays, the ℓ-th of d_ℓ entries
    activations : L names, the last one may be "softmax"
    frozen : layers (from 1) that are left out of θ and of its gradient
    tied : for each entry of W and b, in the order of θ, its place in θ; where none is shared, None

    >>> network = MatrixMLP([[[1.0, -1.0]], [[2.0]]], [[0.5], [0.0]], ["tanh", "identity"])
    >>> X, Y = np.array([[0.5, 1.0], [1.0, 0.5]]), np.array([[0.0, 1.0]])     # two examples, in columns
    >>> Z, A = network.forward(X)
    >>> E, dW, db = network.gradients(X, Y, "half_squared_error")
    >>> Z[1], dW[1].shape, db[2].shape
    (array([[0., 1.]]), (1, 2), (1,))
    """

    def __init__(
        self, weights: Any, biases: Any, activations: Sequence[str], frozen: Collection[int] = (), tied: Any = None
    ) -> None:
        if not len(weights) == len(biases) == len(activations) > 0:
            raise ValueError(
                f"L layers need L weights, biases, σ, got {len(weights)}, {len(biases)}, {len(activations)}"
            )
        self.L = len(weights)
        self.W: list[Any] = [None, *map(_array, weights)]
        self.b: list[Any] = [None, *map(_array, biases)]
        self.activations: list[Any] = [None, *activations]
        self.frozen = set(frozen)
        self.tied = None if tied is None else np.array(tied)
        for l in range(1, self.L + 1):
            if self.W[l].ndim != 2 or self.b[l].shape != self.W[l].shape[:1]:
                raise ValueError(f"layer {l} has weights of shape {self.W[l].shape}, biases of shape {self.b[l].shape}")
            if l > 1 and self.W[l].shape[1] != self.W[l - 1].shape[0]:
                raise ValueError(f"layer {l} expects {self.W[l].shape[1]} inputs, got {self.W[l - 1].shape[0]}")
        if "softmax" in activations[:-1]:
            raise ValueError("softmax belongs to the output layer")
        if not self.frozen <= set(range(1, self.L + 1)):
            raise ValueError(f"the layers are 1 to {self.L}, frozen are {sorted(self.frozen)}")

    @classmethod
    def from_scalar(cls, mlp: Any) -> "MatrixMLP":
        """The matrices of a scalar network, bit for bit; `MLP.from_matrix` goes back."""
        place = {parameter: k for k, parameter in enumerate(mlp.parameters())}
        tied = [place[p] for p in mlp.entries()] if len(place) < len(mlp.entries()) else None
        weights = [[[w.data for w in neuron.w] for neuron in layer.neurons] for layer in mlp.layers]
        biases = [[neuron.b.data for neuron in layer.neurons] for layer in mlp.layers]
        return cls(weights, biases, mlp.activations, mlp.frozen, tied)

    @np.errstate(all="ignore")
    def forward(self, X: Any) -> tuple[list[Any], list[Any]]:
        """Z and A of all layers for a batch X of shape d_0 × M, eq. input-matrix1."""
        if X.ndim != 2 or X.shape[0] != self.W[1].shape[1]:
            raise ValueError(f"layer 1 expects {self.W[1].shape[1]} inputs, one a row, got X of shape {X.shape}")
        Z: list[Any] = [None]
        A: list[Any] = [X]
        for l in range(1, self.L + 1):
            Z.append(self.W[l] @ A[l - 1] + self.b[l][:, None])
            A.append(sigma(self.activations[l], Z[l]))
        return Z, A

    def deltas(self, Z: list[Any], A: list[Any], Y: Any, loss: str | Loss) -> list[Any]:
        """Δ^(ℓ) = ∂ℒ_m/∂Z^(ℓ) of all layers, d_ℓ × M, for targets Y of shape d_L × M."""
        return self.backward(Z, A, self.output_delta(Z, A, Y, loss))

    @np.errstate(all="ignore")
    def output_delta(self, Z: list[Any], A: list[Any], Y: Any, loss: str | Loss) -> Any:
        """Δ^(L) = ∂ℒ_m/∂Z^(L), d_L × M."""
        L = self.L
        return output_delta(losses.find(loss), self.activations[L], Z[L], A[L], _targets(Y, A[L]))

    @np.errstate(all="ignore")
    def backward(self, Z: list[Any], A: list[Any], Delta_L: Any) -> list[Any]:
        """Δ^(ℓ) of all layers from a Δ^(L), whatever quantity that is the derivative of."""
        W, Delta = self.W, [*[None] * self.L, Delta_L]
        for l in range(self.L, 1, -1):  # eq. matrixBackprop; σ′ belongs to the layer below
            Delta[l - 1] = (W[l].T @ Delta[l]) * dsigma(self.activations[l - 1], Z[l - 1], A[l - 1])
        return Delta

    @np.errstate(all="ignore")
    def gradients(
        self, X: Any, Y: Any, loss: str | Loss, sample_weight: Any = None
    ) -> tuple[Any, list[Any], list[Any]]:
        """E, ∂E/∂W and ∂E/∂b of all layers: eq. finalbackprop3 with the mean, and the bias gradient missing there.

        E = (1/M) Σ_m s_m ℒ_m with sample weights s (1 if not given): (1/M) Δ Aᵀ and (1/M) Δ 1. All Δ are linear in
        Δ^(L), so s_m/M meets them once, there.
        """
        Z, A = self.forward(X)
        share = (1.0 if sample_weight is None else sample_weight) / X.shape[1]
        E = (share * self.losses(Z, A, Y, loss)).sum()
        Delta = self.backward(Z, A, share * self.output_delta(Z, A, Y, loss))
        dW = [None, *(Delta[l] @ A[l - 1].T for l in range(1, self.L + 1))]
        db = [None, *(Delta[l].sum(axis=1) for l in range(1, self.L + 1))]
        return E, dW, db

    @np.errstate(all="ignore")
    def losses(self, Z: list[Any], A: list[Any], Y: Any, loss: str | Loss) -> Any:
        """ℒ_m of each example, M entries."""
        L = self.L
        return losses.evaluate(losses.find(loss), self.activations[L], _targets(Y, A[L]), Z[L], A[L])

    def flat(self, W: list[Any], b: list[Any]) -> Any:
        """Derivatives by layer in the order of θ: for ℓ = 1…L by W^(ℓ) row by row, then by b^(ℓ); no frozen layers."""
        return self.sum_tied(self._entries(W, b))

    def sum_tied(self, derivatives: Any) -> Any:
        """Derivatives by θ, of those by each entry of W and b: where entries share a parameter, it gets their sum."""
        if self.tied is None:
            return derivatives
        sums = np.zeros((self.n_parameters, *derivatives.shape[1:]), derivatives.dtype)
        np.add.at(sums, self.tied, derivatives)
        return sums

    def _entries(self, W: list[Any], b: list[Any]) -> Any:
        parts = [part.reshape(-1) for l in range(1, self.L + 1) if l not in self.frozen for part in (W[l], b[l])]
        return parts[0].__array_namespace__().concat(parts) if parts else np.zeros(0)

    def with_theta(self, theta: Any) -> "MatrixMLP":
        """The network at another θ; nothing is copied but views of θ, so it costs next to nothing."""
        if theta.shape != (self.n_parameters,):
            raise ValueError(f"theta has shape {theta.shape}, the network expects ({self.n_parameters},)")
        W, b, start, theta = list(self.W), list(self.b), 0, theta if self.tied is None else theta[self.tied]
        for l in range(1, self.L + 1):
            if l not in self.frozen:
                for part in (W, b):
                    part[l] = theta[start : start + part[l].size].reshape(part[l].shape)
                    start += part[l].size
        other = copy.copy(self)
        other.W, other.b = W, b
        return other

    @property
    def n_parameters(self) -> int:
        """The length of θ."""
        entries = sum(self.W[l].size + self.b[l].size for l in range(1, self.L + 1) if l not in self.frozen)
        return entries if self.tied is None else int(self.tied.max()) + 1

    @property
    def first(self) -> Any:
        """Where each parameter stands, for the first time, among the entries of W and b in the order of θ."""
        return slice(None) if self.tied is None else np.unique(self.tied, return_index=True)[1]

    @property
    def theta(self) -> Any:
        """θ as a fresh flat array; setting it writes fresh arrays W and b."""
        return self._entries(self.W, self.b)[self.first]

    @theta.setter
    def theta(self, theta: Any) -> None:
        other = self.with_theta(np.array(theta, dtype=float))
        self.W, self.b = other.W, other.b

    def __repr__(self) -> str:
        sizes, sigmas = [b.shape[0] for b in self.b[1:]], self.activations
        return f"MatrixMLP({self.W[1].shape[1]}, {sizes}, {sigmas[1:-1]}, output={sigmas[-1]!r})"


def _array(x: Any) -> Any:
    """An array of another library, which is immutable, as it is; else a fresh one of floats (or of complex numbers)."""
    if hasattr(x, "__array_namespace__") and not isinstance(x, np.ndarray):
        return x
    x = np.array(x)
    return x if x.dtype.kind in "fc" else x.astype(float)


def _targets(Y: Any, A: Any) -> Any:
    if Y.shape != A.shape:
        raise ValueError(f"the targets Y have shape {Y.shape}, the outputs {A.shape}")
    return Y
