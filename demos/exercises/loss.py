"""Answer key for the exercises on losses, and what typical wrong answers are told."""

from tinygrad_scalar.exercises import TASKS, check
from tinygrad_scalar.ops import namespace

print(TASKS["half_squared_error"], end="\n\n")


def half_squared_error(y, a):
    return 0.5 * sum((a_i - y_i) ** 2 for y_i, a_i in zip(y, a, strict=True))


def squared_error(y, a):
    return sum((a_i - y_i) ** 2 for y_i, a_i in zip(y, a, strict=True))


def absolute_error(y, a):
    return sum(abs(a_i - y_i) for y_i, a_i in zip(y, a, strict=True))


def huber(y, a):
    xp = namespace(*a)
    return sum(
        xp.where(abs(a_i - y_i) > 1, abs(a_i - y_i) - 0.5, 0.5 * (a_i - y_i) ** 2)
        for y_i, a_i in zip(y, a, strict=True)
    )


def max_margin(y, a):
    xp = namespace(*a)
    return sum(xp.relu(1 - y_i * a_i) for y_i, a_i in zip(y, a, strict=True))


def y_log_a(y, a):
    xp = namespace(a)
    return y * xp.log(xp.where(y == 0, 1.0, a))  # 0 log 0 is 0


def cross_entropy(y, a):
    return -sum(y_log_a(y_i, a_i) for y_i, a_i in zip(y, a, strict=True))


def binary_cross_entropy(y, a):
    return -sum(y_log_a(y_i, a_i) + y_log_a(1 - y_i, 1 - a_i) for y_i, a_i in zip(y, a, strict=True))


for loss in (
    half_squared_error,
    squared_error,
    absolute_error,
    huber,
    max_margin,
    cross_entropy,
    binary_cross_entropy,
):
    answer = check(loss)
    print(answer)
    assert answer.right


# Wrong answers.


def mean(y, a):
    return half_squared_error(y, a) / len(y)


def swapped(a, y):
    xp = namespace(*a, *y)
    return -sum(y_i * xp.log(a_i) for y_i, a_i in zip(y, a, strict=True))


def of_data(y, a):
    return 0.5 * sum((a_i.data - y_i) ** 2 for y_i, a_i in zip(y, a, strict=True))


def branching(y, a):
    loss = 0
    for y_i, a_i in zip(y, a, strict=True):
        r = abs(a_i - y_i)
        loss += r - 0.5 if r > 1 else 0.5 * r * r
    return loss


def half_of_it_constant(y, a):
    return 0.5 * sum((a_i - y_i) * (a_i.data - y_i) for y_i, a_i in zip(y, a, strict=True))


def bare_logarithm(y, a):
    xp = namespace(*a)
    return -sum(y_i * xp.log(a_i) for y_i, a_i in zip(y, a, strict=True))


WRONG = [
    ("half_squared_error", squared_error, "it is twice the right one: is a ½ missing?"),
    ("squared_error", half_squared_error, "it is half the right one: a ½ too many?"),
    ("half_squared_error", mean, "it is the right one divided by P = 3"),
    ("binary_cross_entropy", cross_entropy, "it is the cross_entropy"),
    ("cross_entropy", swapped, "the target is the first argument, the output the second"),
    ("cross_entropy", bare_logarithm, "where y is 0, y log a is 0 whatever a is"),
    ("half_squared_error", of_data, "of Values gives a float; a Value is wanted"),
    ("half_squared_error", half_of_it_constant, "your ℒ is right, but its ∂ℒ/∂a_1 is"),
    ("huber", branching, "with Values it is right, but huber(y, a) of rows of matrices stops with ValueError"),
]
for name, function, words in WRONG:
    answer = check(function, name)
    print(f"\n{answer}")
    assert not answer.right
    assert any(words in finding for finding in answer.findings), words
