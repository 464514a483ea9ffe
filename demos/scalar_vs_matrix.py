"""One network, twice: as a graph of scalars and as the text's matrices. Every δ is the same number on both sides."""

import numpy as np

from tinygrad_scalar import MLP
from tinygrad_scalar.checking import compare_gradients
from tinygrad_scalar.losses import half_squared_error
from tinygrad_scalar.matrix import MatrixMLP

mlp = MLP(2, [3, 1], "tanh", rng=1)
matrix = MatrixMLP.from_scalar(mlp)
x, y = np.array([0.5, -1.0]), np.array([1.0])

# The scalar side: one forward pass, one backward pass. δ_i^(ℓ) is the gradient left at the node z_i^(ℓ).
trace = mlp.trace(x)
loss = half_squared_error(y, trace.a[-1])
loss.backward()

# The matrix side: the δ equations, on a batch of one example, a column.
Z, A = matrix.forward(x[:, None])
Delta = matrix.deltas(Z, A, y[:, None], "half_squared_error")

print(f"{'':8}{'δ, chain rule':>24}{'δ, matrix equations':>24}")
for l in (1, 2):
    for i, z in enumerate(trace.z[l]):
        print(f"δ_{i + 1}^({l})  {z.grad:24.17f}{Delta[l][i, 0]:24.17f}")
        assert abs(z.grad - Delta[l][i, 0]) < 1e-15

# And for a batch, with every weight and bias, and central differences as a third witness:
X = np.random.default_rng(0).normal(size=(30, 2))
Y = np.sin(X[:, :1]) * X[:, 1:]
print()
print(compare_gradients(mlp, X, Y, "half_squared_error"))
