"""The δ equations of the text, in its letters and its order: the matrix side, and an independent witness.

Examples stand in **columns**: X is d_0 × M, Z^(ℓ), A^(ℓ) and Δ^(ℓ) are d_ℓ × M, W^(ℓ) is d_ℓ × d_{ℓ-1}, b^(ℓ) has d_ℓ
entries. Lists are indexed by ℓ = 1…L; index 0 is None, but A[0] = X. Δ is the derivative of each example's own ℒ_m,
**without** 1/M; ∂E/∂W and ∂E/∂b are means over the examples.

This side shares no derivative with the scalar engine: its σ, σ′ and dℒ/da are written by hand in `slopes`, and only
the number E comes from `losses`. If both sides read one table, their agreement would prove nothing. Functions are pure
in W, b, X and Y and use the array namespace of their input, so JAX can transform them and complex numbers pass through.
"""

import copy
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from . import losses
from .losses import OF_Z, Loss
from .slopes import dloss, dsigma, sigma

Layers = list[Any]  # of one thing, by ℓ


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
    return dA if activation == "identity" else dA * dsigma(activation, Z, A)


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
            raise ValueError(f"L layers need L W, b and σ, got {len(weights)}, {len(biases)}, {len(activations)}")
        self.L = len(weights)
        self.W: Layers = [None, *map(_array, weights)]
        self.b: Layers = [None, *map(_array, biases)]
        self.activations: Layers = [None, *activations]
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
    def forward(self, X: Any) -> tuple[Layers, Layers]:
        """Z and A of all layers for a batch X of shape d_0 × M, eq. input-matrix1."""
        return self._forward(X)

    def _forward(self, X: Any) -> tuple[Layers, Layers]:
        if X.ndim != 2 or X.shape[0] != self.W[1].shape[1]:
            raise ValueError(f"layer 1 expects {self.W[1].shape[1]} inputs, one a row, got X of shape {X.shape}")
        Z, A = [None], [X]
        for l in range(1, self.L + 1):
            Z.append(self.W[l] @ A[l - 1] + self.b[l][:, None])
            A.append(sigma(self.activations[l], Z[l]))
        return Z, A

    @np.errstate(all="ignore")
    def deltas(self, Z: Layers, A: Layers, Y: Any, loss: str | Loss) -> Layers:
        """Δ^(ℓ) = ∂ℒ_m/∂Z^(ℓ) of all layers, d_ℓ × M, for targets Y of shape d_L × M."""
        Delta_L = output_delta(losses.find(loss), self.activations[-1], Z[-1], A[-1], _targets(Y, A[-1]))
        return self.backward(Z, A, Delta_L)

    @np.errstate(all="ignore")
    def backward(self, Z: Layers, A: Layers, Delta_L: Any) -> Layers:
        """Δ^(ℓ) of all layers from a Δ^(L), whatever quantity that is the derivative of."""
        return [None, *reversed([Delta for _, Delta in self._sweep(Z, A, Delta_L)])]

    def _sweep(self, Z: Layers, A: Layers, Delta: Any) -> Iterator[tuple[int, Any]]:
        for l in range(self.L, 0, -1):
            yield l, Delta
            if l > 1:  # eq. matrixBackprop; σ′ belongs to the layer below
                Delta = (self.W[l].T @ Delta) * dsigma(self.activations[l - 1], Z[l - 1], A[l - 1])

    @np.errstate(all="ignore")
    def gradients(self, X: Any, Y: Any, loss: str | Loss, sample_weight: Any = None) -> tuple[Any, Layers, Layers]:
        """E, ∂E/∂W and ∂E/∂b of all layers: eq. finalbackprop3 with the mean, and the bias gradient missing there.

        E = (1/M) Σ_m s_m ℒ_m with sample weights s (1 if not given): (1/M) Δ Aᵀ and (1/M) Δ 1. All Δ are linear in
        Δ^(L), so s_m/M meets them once, there.
        """
        Z, A = self._forward(X)
        loss, output, Y = losses.find(loss), self.activations[-1], _targets(Y, A[-1])
        share = (1.0 if sample_weight is None else sample_weight) / X.shape[1]
        one = X.__array_namespace__().ones(X.shape[1], dtype=X.dtype)
        E = (share * losses.evaluate(loss, output, Y, Z[-1], A[-1])) @ one
        dW, db = [None] * (self.L + 1), [None] * (self.L + 1)
        for l, Delta in self._sweep(Z, A, share * output_delta(loss, output, Z[-1], A[-1], Y)):
            dW[l], db[l] = Delta @ A[l - 1].T, Delta @ one
        return E, dW, db

    @np.errstate(all="ignore")
    def losses(self, Z: Layers, A: Layers, Y: Any, loss: str | Loss) -> Any:
        """ℒ_m of each example, M entries."""
        return losses.evaluate(losses.find(loss), self.activations[-1], _targets(Y, A[-1]), Z[-1], A[-1])

    def flat(self, W: Layers, b: Layers) -> Any:
        """Derivatives by layer in the order of θ: for ℓ = 1…L by W^(ℓ) row by row, then by b^(ℓ); no frozen layers."""
        return self._entries(W, b) if self.tied is None else self.sum_tied(self._entries(W, b))

    def sum_tied(self, derivatives: Any) -> Any:
        """Derivatives by θ, of those by each entry of W and b: where entries share a parameter, it gets their sum."""
        if self.tied is None:
            return derivatives
        sums = np.zeros((self.n_parameters, *derivatives.shape[1:]), derivatives.dtype)
        np.add.at(sums, self.tied, derivatives)
        return sums

    def _entries(self, W: Layers, b: Layers) -> Any:
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
