"""Answer key for `n_paths`, `squares`, `batches` and `for_delta`, and what typical wrong answers are told."""

import numpy as np

from tinygrad_scalar.exercises import TASKS, check


def n_paths(result, leaf):
    order, seen, stack = [], set(), [(result, False)]
    while stack:
        node, parents_placed = stack.pop()
        if parents_placed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack += [(node, True), *((parent, False) for parent in node.parents)]
    ways = dict.fromkeys(order, 0) | {leaf: 0, result: 1}
    for node in reversed(order):
        for parent in node.parents:
            ways[parent] += ways[node]  # the backward pass, with every local derivative 1
    return ways[leaf]


def squares(u, x):
    shared = [x_j * x_j for x_j in x]  # nodes that both neurons use
    return sum(sum(u_ij * s_j for u_ij, s_j in zip(row, shared, strict=True)).tanh() for row in u)


def batches(M, size, rng):
    rows = rng.permutation(M)
    return [rows[k : k + size] for k in range(0, M, size)]


def for_delta(rng, fan_in, fan_out):
    return rng.gauss(0.0, (2 / fan_out) ** 0.5)  # down through W, δ² is a sum over the fan_out neurons above


for function in (n_paths, squares, batches, for_delta):
    print(TASKS[function.__name__], end="\n\n")
    answer = check(function)
    print(answer, end="\n\n")
    assert answer.right


# Wrong answers.


def walked(result, leaf):
    return 1 if result is leaf else sum(walked(parent, leaf) for parent in result.parents)


def with_a_set(result, leaf):
    return 1 if result is leaf else sum(with_a_set(parent, leaf) for parent in set(result.parents))


def squares_of_their_own(u, x):
    return sum(sum(u_ij * (x_j * x_j) for u_ij, x_j in zip(row, x, strict=True)).tanh() for row in u)


def no_squares(u, x):
    return sum(sum(u_ij * x_j for u_ij, x_j in zip(row, x, strict=True)).tanh() for row in u)


def of_variance(variance):
    return lambda rng, fan_in, fan_out: rng.gauss(0.0, variance(fan_in, fan_out) ** 0.5)


WRONG = [
    ("n_paths", walked, "it walks the paths one by one; visit each node once"),
    ("n_paths", with_a_set, "a parent that stands twice counts twice"),
    ("n_paths", lambda result, leaf: len(result.parents), "gives 2, there is 1"),
    ("n_paths", lambda result, leaf: None, "is a return missing?"),
    ("squares", squares_of_their_own, "each neuron has squares of its own"),
    ("squares", no_squares, "x_j is to be squared"),
    ("squares", lambda u, x: squares(u, x).data, "a Value is wanted"),
    ("batches", lambda M, size, rng: [rng.integers(M, size=size) for _ in range(0, M, size)], "draw without"),
    ("batches", lambda M, size, rng: batches(M, size, rng)[: M // size], "the last batch may be shorter"),
    ("batches", lambda M, size, rng: batches(M, size, np.random.default_rng(0)), "the same order at every call"),
    ("batches", lambda M, size, rng: np.array_split(np.arange(M), -(-M // size)), "it should have [3, 3, 3, 1]"),
    ("batches", lambda M, size, rng: [np.arange(M)[k : k + size] for k in range(0, M, size)], "shuffle them"),
    ("batches", lambda M, size, rng: [np.array([M])], "no array of row numbers from 0 to 9"),
    ("for_delta", of_variance(lambda below, above: 2 / below), "that is He's 2/fan_in"),
    ("for_delta", of_variance(lambda below, above: 2 / (below + above)), "that is Glorot's"),
    ("for_delta", of_variance(lambda below, above: 1 / above), "twice as much is needed"),
    ("for_delta", of_variance(lambda below, above: 4 / above**2), "the root of the variance"),
    ("for_delta", lambda rng, fan_in, fan_out: abs(rng.gauss(0.0, 0.1)), "with mean 0, are wanted"),
]
for name, function, words in WRONG:
    answer = check(function, name)
    print(answer, end="\n\n")
    assert not answer.right
    assert any(words in finding for finding in answer.findings), words
