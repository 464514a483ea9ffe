"""Backward passes of students: the textbook's, written once more, with one slip planted in it; and right ones in float32.

`python -m tests.helpers.students` plants every slip in many networks and counts how often `diagnose` names it.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from tinygrad_scalar.checking import diagnose
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import Objective


def _logistic(z):
    return 1 / (1 + np.exp(-np.clip(z, -80, 80)))


SIGMA = {  # σ and σ′, in the precision of z
    "identity": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "logistic": (_logistic, lambda z: _logistic(z) * (1 - _logistic(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "softplus": (lambda z: np.logaddexp(z, 0 * z), _logistic),
    "softmax": (lambda z: np.exp(z - z.max(axis=0)) / np.exp(z - z.max(axis=0)).sum(axis=0), None),
}
OUTPUTS = [
    ("identity", "half_squared_error"),
    ("logistic", "half_squared_error"),
    ("tanh", "half_squared_error"),
    ("logistic", "binary_cross_entropy"),
    ("softmax", "cross_entropy"),
]


@dataclass
class Task:
    """A network, its examples (in columns) and its loss."""

    W: list
    b: list
    sigmas: list
    X: np.ndarray
    Y: np.ndarray
    loss: str

    @property
    def L(self):
        return len(self.W) - 1

    @property
    def M(self):
        return self.X.shape[1]

    def network(self):
        return MatrixMLP(self.W[1:], self.b[1:], self.sigmas[1:])

    def rounded(self, dtype):
        """The same numbers in another precision."""
        cast = lambda parts: [None, *(part.astype(dtype) for part in parts[1:])]  # noqa: E731
        return replace(self, W=cast(self.W), b=cast(self.b), X=self.X.astype(dtype), Y=self.Y.astype(dtype))


def task(rng, most=4):
    """A small random network, mostly of one activation, with inputs that are not normalised."""
    L, M = int(rng.integers(1, 4)), int(rng.integers(1, 7))
    output, loss = OUTPUTS[rng.integers(len(OUTPUTS))]
    hidden = ["tanh", "tanh", "logistic", "relu", "softplus"][rng.integers(5)]
    sizes = [int(d) for d in rng.integers(1, most + 1, size=L + 1)]
    sizes[L] = max(sizes[L], 2) if output == "softmax" else sizes[L]
    W = [None] + [rng.normal(size=(sizes[l], sizes[l - 1])) for l in range(1, L + 1)]
    b = [None] + [rng.normal(size=sizes[l]) for l in range(1, L + 1)]
    X = rng.normal(size=(sizes[0], M)) + rng.normal(size=(sizes[0], 1))
    labels = np.eye(sizes[L])[rng.integers(sizes[L], size=M)].T if sizes[L] > 1 else rng.integers(2, size=(1, M))
    Y = labels.astype(float) if loss != "half_squared_error" or rng.integers(2) else rng.normal(size=(sizes[L], M))
    return Task(W, b, [None, *[hidden] * (L - 1), output], X, Y, loss)


@dataclass
class Pass:
    """How a student goes about it: everything right, but for what is changed."""

    slope: object = None  # (σ's name, Z, A) → what stands for σ′ in the layers `at`
    at: tuple = ()
    carry: object = None  # (l, W, Delta, σ′ of l − 1) → Δ^(ℓ−1), on the way down from these layers:
    steps: tuple = ()
    no_bias: tuple = ()  # layers whose z has none
    short: tuple = ()  # layers whose z leaves out the last input
    mute: tuple = ()  # layers whose last neuron is left out altogether
    beside: str = "a"  # what Δ is multiplied with above the first layer: a or z of the layer below
    of_example: object = None  # the weight of each example
    rate: float = 0.0  # the weights above are updated by that much before the δ below
    afterwards: object = field(default=lambda task, dW, db: (dW, db))

    def gradient(self, task):
        """(dW, db) as this student computes them."""
        W, b, L, M = [None, *map(np.array, task.W[1:])], task.b, task.L, task.M
        Z, A = [None], [task.X]
        for l in range(1, L + 1):
            rows = slice(None, -1) if l in self.short else slice(None)
            bias = 0 * b[l] if l in self.no_bias else b[l]
            Z.append(W[l][:, rows] @ A[-1][rows] + bias[:, None])
            A.append(SIGMA[task.sigmas[l]][0](Z[l]))
            A[l] = _zeroed(-1)(A[l]) if l in self.mute else A[l]
        slope = [None] * (L + 1)
        for l in range(1, L + 1):
            if task.sigmas[l] != "softmax":
                slope[l] = SIGMA[task.sigmas[l]][1](Z[l])
                if l in self.at:
                    slope[l] = self.slope(task.sigmas[l], Z[l], A[l])
                slope[l] = _zeroed(-1)(slope[l]) if l in self.mute else slope[l]
        D, dW, db = [None] * (L + 1), [None] * (L + 1), [None] * (L + 1)
        s = np.ones(M, dtype=task.X.dtype) if self.of_example is None else self.of_example
        for l in range(L, 0, -1):
            if l == L:
                D[l] = A[L] - task.Y if "entropy" in task.loss else (A[L] - task.Y) * slope[L]
            elif l + 1 in self.steps:
                D[l] = self.carry(l + 1, W, D, slope[l])
            else:
                D[l] = (W[l + 1].T @ D[l + 1]) * slope[l]
            below = Z[l - 1] if self.beside == "z" and l > 1 else A[l - 1]
            dW[l], db[l] = (s * D[l]) @ below.T / M, (s * D[l]).sum(axis=1) / M
            W[l] = W[l] - self.rate * dW[l] if self.rate else W[l]
        return self.afterwards(task, dW, db)


def _changed(part, where, how):
    return [None if x is None else how(x) if l in where else x for l, x in enumerate(part)]


def _zeroed(index):
    def how(x):
        x = x.copy()
        x[index] = 0
        return x

    return how


def plants(task, rng):
    """Every slip that this network has room for: what it is called, words that must be in the diagnosis, the pass."""
    yield from _slope_plants(task)
    yield from _carry_plants(task)
    yield from _sum_plants(task, rng)
    yield from _late_plants(task)


def _slope_plants(task):
    L, sigmas = task.L, task.sigmas
    own = tuple(range(1, L + 1)) if "entropy" not in task.loss else tuple(range(1, L))
    wrong_slopes = {
        "σ′ is missing": ("σ′ is missing", lambda name, Z, A: np.ones_like(Z)),
        "σ′ at a": ("taken at a", lambda name, Z, A: SIGMA[name][1](A)),
        "1 − z²": ("1 − z²", lambda name, Z, A: 1 - Z**2),
        "a(1 − a) for tanh": ("a(1 − a)", lambda name, Z, A: A * (1 - A)),
        "1 − a² for logistic": ("1 − a²", lambda name, Z, A: 1 - A**2),
    }
    only = {"1 − z²": "tanh", "a(1 − a) for tanh": "tanh", "1 − a² for logistic": "logistic"}
    for name, (words, slope) in wrong_slopes.items():
        fits = tuple(l for l in own if sigmas[l] == only.get(name, sigmas[l]))
        for at in {fits, fits[:1], fits[-1:]} - {()}:
            yield name, words, Pass(slope=slope, at=at)


def _carry_plants(task):
    L, sigmas = task.L, task.sigmas
    steps = tuple(range(2, L + 1))
    carries = {
        "W not transposed": ("is not transposed on the way", lambda l, W, D, s: (W[l] @ D[l]) * s, True),
        "no W": ("is not carried past W", lambda l, W, D, s: D[l] * s, True),
        "σ′ before Wᵀ": ("before Wᵀ", lambda l, W, D, s: W[l].T @ (D[l] * SIGMA[sigmas[l]][1](_z(task)[l])), False),
        "σ′ twice": ("applied twice", lambda l, W, D, s: (W[l].T @ D[l]) * s * s, False),
        "last neuron left out below": ("last neuron", lambda l, W, D, s: (W[l][:-1].T @ D[l][:-1]) * s, False),
    }
    for name, (words, carry, square) in carries.items():
        fits = tuple(l for l in steps if not square or task.W[l].shape[0] == task.W[l].shape[1])
        fits = tuple(l for l in fits if name != "σ′ before Wᵀ" or sigmas[l] not in ("softmax", "identity"))
        for at in {fits, fits[:1]} - {()}:
            yield name, words, Pass(carry=carry, steps=at)


def _sum_plants(task, rng):
    L, M, P = task.L, task.M, len(task.Y)
    hidden, every = tuple(range(1, L)), tuple(range(1, L + 1))
    for l in every:
        yield "no bias in z", "b^(", Pass(no_bias=(l,))
        if task.W[l].shape[1] > 1:
            yield "last input left out of z", "last", Pass(short=(l,))
    if L > 1:
        yield "weights updated too early", "updated before", Pass(rate=float(rng.choice([0.01, 0.1, 0.5])))
        yield "z for a", "z^(", Pass(beside="z")
        yield "last neuron left out altogether", "last neuron", Pass(mute=hidden[:1])
    running = np.arange(M, 0, -1.0)
    last = (np.arange(M) == M - 1) * 1.0
    for name, words, s in (
        ("not set to 0 between examples", "not set to 0", running),
        ("last example alone", "only the last example", last * M),
        ("last example left out", "last example is left out", 1.0 - last),
        ("last example left out, M − 1", "last example is left out", (1.0 - last) * M / max(M - 1, 1)),
        ("M − 1 for M", "M − 1", np.full(M, M / max(M - 1, 1))),
        ("sum for mean", "the sum over the examples", np.full(M, float(M))),
    ):
        if M > 1:
            yield name, words, Pass(of_example=s)
    for factor, words in ((2.0, "a factor 2"), (0.5, "a factor ½"), (-1.0, "a sign"), (1.0 / P, "1/P")):
        if factor != 1.0:
            yield f"factor {words}", words, Pass(of_example=np.full(M, factor))


def _late_plants(task):
    every = tuple(range(1, task.L + 1))
    for l in every:
        late = lambda how_W, how_b, at=(l,): Pass(  # noqa: E731
            afterwards=lambda task, dW, db: (_changed(dW, at, how_W), _changed(db, at, how_b))
        )
        yield "db missing", "missing gradient (0)", late(lambda x: x, lambda x: 0 * x)
        yield "last neuron gets none", "last neuron", late(_zeroed(-1), _zeroed(-1))
        yield "last column of dW missing", "last column", late(_zeroed((slice(None), -1)), lambda x: x)
        if task.W[l].shape[0] == task.W[l].shape[1]:
            yield "dW transposed", "is transposed", late(lambda x: x.T, lambda x: x)
    if sum(map(len, task.b[1:])) > 2:  # λ is read off one
        penalty = lambda task, dW, db: (dW, [None, *(db[l] + 0.3 * task.b[l] for l in every)])  # noqa: E731
        yield "penalty on the biases", "penalty on the biases", Pass(afterwards=penalty)


def _z(task):
    Z, A = [None], task.X
    for l in range(1, task.L + 1):
        Z.append(task.W[l] @ A + task.b[l][:, None])
        A = SIGMA[task.sigmas[l]][0](Z[l])
    return Z


def data_plants(task):
    """Slips in what the pass is given: other inputs, other targets. The student's own pass is right."""
    X, Y, M, P = task.X, task.Y, task.M, len(task.Y)
    mean, scale = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True)
    if M > 2:
        yield "inputs normalised", "standardised", replace(task, X=(X - mean) / scale)
        yield "targets shifted", "shifted", replace(task, Y=np.roll(Y, 1, axis=1))
    yield "inputs divided by 255", "255", replace(task, X=X / 255)
    yield "inputs not divided by 255", "255", replace(task, X=X * 255)
    if set(np.unique(Y)) <= {0.0, 1.0}:
        yield "targets ±1", "±1", replace(task, Y=2 * Y - 1)
        if P > 1:
            yield "classes rolled", "rolled", replace(task, Y=np.roll(Y, 1, axis=0))


def one_step_later(task, rate=0.2):
    """A step of gradient descent, and the gradient there with that of the step before still in it."""
    dW, db = Pass().gradient(task)
    W, b = (
        [None, *(p - rate * g for p, g in zip(part[1:], grad[1:], strict=True))]
        for part, grad in ((task.W, dW), (task.b, db))
    )
    there = replace(task, W=W, b=b)
    added = [
        [None, *(x + y for x, y in zip(new[1:], old[1:], strict=True))]
        for new, old in zip(Pass().gradient(there), (dW, db), strict=True)
    ]
    return there, tuple(added)


def told(task, gradient):
    """The diagnosis of a gradient (dW, db) of this task."""
    network = task.network()
    _, right = Objective(network, task.X.T, task.Y.T, task.loss, route="scalar")(network.theta)
    return diagnose(right, gradient, network, task.X.T, task.Y.T, task.loss), right


def distance(task, gradient, right):
    """How far a gradient is from the right one, in parts of its largest entry."""
    return np.abs(task.network().flat(*gradient) - right).max() / np.abs(right).max()


def judged(rng, n):
    """For n networks each planted slip that shows: its name, and "named", "unclear" or "wrongly named"."""
    for _ in range(n):
        one = task(rng)
        planted = [(name, words, one, how.gradient(one)) for name, words, how in plants(one, rng)]
        planted += [(name, words, one, Pass().gradient(other)) for name, words, other in data_plants(one)]
        planted.append(("step before not set to 0", "not set to 0", *one_step_later(one)))
        for name, words, at, gradient in planted:
            found, right = told(at, gradient)
            if not np.isfinite(right).all() or not distance(at, gradient, right) > 1e-6:
                continue
            if found is None or not found.slips:
                yield name, "unclear", found, at
            else:
                fits = any(words in slip.sentence for slip in found.slips)
                yield name, "named" if fits else "wrongly named", found, at


def blamed(rng, n):
    """Right gradients in float32 that are blamed all the same."""
    for _ in range(n):
        one = task(rng, most=6)
        for part in (*one.W[1:], *one.b[1:]):
            part *= rng.choice([1.0, 3.0])  # some saturate
        gradient = Pass().gradient(one.rounded(np.float32))
        found, _ = told(one, gradient)
        if found is not None and all(np.isfinite(part).all() for part in (*gradient[0][1:], *gradient[1][1:])):
            yield found


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    counts = {}
    for name, verdict, *_ in judged(np.random.default_rng(0), n):
        counts.setdefault(name, Counter())[verdict] += 1
    verdicts = ("named", "unclear", "wrongly named")
    print(f"{'':34}", *(f"{verdict:>14}" for verdict in verdicts))
    for name, row in (*counts.items(), ("all", sum(counts.values(), Counter()))):
        print(f"{name:34}", *(f"{row[verdict]:14}" for verdict in verdicts))
    print(
        f"right gradients in float32 that are blamed: {len(list(blamed(np.random.default_rng(1), 10 * n)))} of {10 * n}"
    )
