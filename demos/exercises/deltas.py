"""Answer key for the exercise `deltas`, and what typical wrong answers are told. Its task: print(TASKS["deltas"])."""

from tinygrad_scalar.exercises import TASKS, check

print(TASKS["deltas"], end="\n\n")


def deltas(W, Z, A, Y):
    L = len(W) - 1
    Delta = [None] * (L + 1)
    Delta[L] = (A[L] - Y) * (1 - A[L] ** 2)  # eq. cahinrule5: tanh′(z) = 1 − tanh(z)² = 1 − a²
    for l in range(L, 1, -1):
        Delta[l - 1] = (W[l].T @ Delta[l]) * (1 - A[l - 1] ** 2)  # eq. matrixBackprop
    return Delta


answer = check(deltas)
print(answer)
assert answer.right


# Wrong answers. Each is the key with Δ^(L) or the step from Δ^(ℓ) to Δ^(ℓ-1) written as it often is.


def output(A, Y):
    return (A[-1] - Y) * (1 - A[-1] ** 2)


def step(l, W, A, Delta):
    return (W[l].T @ Delta[l]) * (1 - A[l - 1] ** 2)


def linear_output(A, Y):
    return A[-1] - Y


def uphill(A, Y):
    return -output(A, Y)


def doubled(A, Y):
    return 2 * output(A, Y)


def mean(A, Y):
    return output(A, Y) / Y.shape[1]


def straight(l, W, A, Delta):
    return W[l].T @ Delta[l]


def layer_above(l, W, A, Delta):
    return (W[l].T @ Delta[l]) * (1 - A[l] ** 2)


def not_transposed(l, W, A, Delta):
    return (W[l] @ Delta[l]) * (1 - A[l - 1] ** 2)


def without_W(l, W, A, Delta):
    return Delta[l] * (1 - A[l - 1] ** 2)


def wrong_deltas(output=output, step=step):
    def deltas(W, Z, A, Y):
        L = len(W) - 1
        Delta = [None] * L + [output(A, Y)]
        for l in range(L, 1, -1):
            Delta[l - 1] = step(l, W, A, Delta)
        return Delta

    return deltas


WRONG = {
    "σ′ is missing in δ^(2), and likewise in δ^(1)": wrong_deltas(step=straight),
    "σ′ is missing in δ^(3)": wrong_deltas(output=linear_output),
    "σ′ is missing in every δ": wrong_deltas(linear_output, straight),
    "σ′ of layer 3 in place of that of layer 2": wrong_deltas(step=layer_above),
    "W^(3) is not transposed": wrong_deltas(step=not_transposed),
    "δ is not carried past W^(3)": wrong_deltas(step=without_W),
    "a sign, −1,": wrong_deltas(output=uphill),
    "a factor 2 in every entry": wrong_deltas(output=doubled),
    "no mean is taken": wrong_deltas(output=mean),
}
for words, function in WRONG.items():
    answer = check(function)
    print(f"\n{answer}")
    assert not answer.right
    assert any(words in finding for finding in answer.findings), words
