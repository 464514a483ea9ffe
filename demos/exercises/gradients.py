"""Answer key for the exercise `gradients`, and what typical wrong answers are told."""

import numpy as np

from tinygrad_scalar.exercises import TASKS, check

print(TASKS["gradients"], end="\n\n")


def gradients(W, b, X, Y):
    L, M = len(W) - 1, X.shape[1]
    A = [X]
    for l in range(1, L + 1):
        A.append(np.tanh(W[l] @ A[l - 1] + b[l][:, None]))  # eq. input-matrix1
    dW, db = [None] * (L + 1), [None] * (L + 1)
    Delta = (A[L] - Y) * (1 - A[L] ** 2)  # eq. cahinrule5
    for l in range(L, 0, -1):
        dW[l] = Delta @ A[l - 1].T / M  # eq. finalbackprop3, with the 1/M of E
        db[l] = Delta.sum(axis=1) / M
        if l > 1:
            Delta = (W[l].T @ Delta) * (1 - A[l - 1] ** 2)  # eq. matrixBackprop
    return dW, db


answer = check(gradients)
print(answer)
assert answer.right


# Wrong answers: the right gradients, with one thing done to them afterwards that is often done on the way.


def every(parts, change):
    return [None, *(change(part) for part in parts[1:])]


def summed(W, b, X, Y):
    dW, db = gradients(W, b, X, Y)
    return every(dW, lambda part: X.shape[1] * part), every(db, lambda part: X.shape[1] * part)


def bias_summed(W, b, X, Y):
    dW, db = gradients(W, b, X, Y)
    return dW, every(db, lambda part: X.shape[1] * part)


def bias_forgotten(W, b, X, Y):
    dW, db = gradients(W, b, X, Y)
    return dW, every(db, lambda part: 0 * part)


def downhill(W, b, X, Y):
    dW, db = gradients(W, b, X, Y)
    return every(dW, lambda part: -part), every(db, lambda part: -part)


def transposed(W, b, X, Y):
    dW, db = gradients(W, b, X, Y)
    return every(dW, lambda part: part.T), db


def columns(W, b, X, Y):
    dW, db = gradients(W, b, X, Y)
    return dW, every(db, lambda part: part[:, None])


def last_example(W, b, X, Y):
    dW, db = gradients(W, b, X[:, -1:], Y[:, -1:])  # = in place of += in a loop over the examples
    return every(dW, lambda part: part / X.shape[1]), every(db, lambda part: part / X.shape[1])


def updating(W, b, X, Y):
    dW, db = gradients(W, b, X, Y)
    for l in range(1, len(W)):
        W[l] -= 0.1 * dW[l]  # the text's side note: first all δ, then the weights; and here, no step at all
    return dW, db


def without_a_return(W, b, X, Y):
    gradients(W, b, X, Y)


WRONG = {
    summed: "the sum over the examples in place of the mean) in every entry",
    bias_summed: "the sum over the examples in place of the mean) in the biases",
    bias_forgotten: "a missing gradient (0) in the biases",
    downhill: "a sign, −1,",
    transposed: "∂E/∂W is transposed in every layer",
    columns: "db[1] has shape (4, 1), it should have the shape of b^(ℓ) = (4,)",
    last_example: "only the last example counts: = in place of +=",
    updating: "changes W[1], which it was given",
    without_a_return: "None (is a return missing?)",
}
for function, words in WRONG.items():
    answer = check(function)
    print(f"\n{answer}")
    assert not answer.right
    assert any(words in finding for finding in answer.findings), words
