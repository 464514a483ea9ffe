"""The scalar engine as one usually writes it, in 40 lines: a node keeps its parents and its local slopes.

`python -m tests.benchmarks.usual WORK M REPEATS` times it in a process of its own, and prints E, ∇E and seconds.
"""

import json
import math
import sys
import time
from typing import Any

import numpy as np


class Number:
    """A number that remembers its parents, and what it changes with them."""

    __slots__ = ("data", "grad", "parents", "slopes")

    def __init__(self, data: float, parents: Any = (), slopes: Any = ()) -> None:
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other: Any) -> "Number":
        other = other if isinstance(other, Number) else Number(other)
        return Number(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> "Number":
        other = other if isinstance(other, Number) else Number(other)
        return Number(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> "Number":
        return Number(self.data**n, (self,), (n * self.data ** (n - 1.0),))

    def __truediv__(self, other: Any) -> "Number":
        return self * other**-1.0

    def __sub__(self, other: Any) -> "Number":
        return self + other * -1.0

    __radd__, __rmul__ = __add__, __mul__

    def exp(self) -> "Number":
        return Number(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self) -> "Number":
        return Number(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> "Number":
        return Number(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def tanh(self) -> "Number":
        t = math.tanh(self.data)
        return Number(t, (self,), (1.0 - t * t,))

    def backward(self) -> None:
        """Set the gradients of all below."""
        order, seen = [], set()

        def visit(node: Number) -> None:
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                parent.grad += slope * node.grad


def main() -> None:
    """Time a work's first examples."""
    from . import shared
    from .works import Operations

    ops = Operations(sum, Number.tanh, Number.relu, Number.exp, Number.log)
    sys.setrecursionlimit(1_000_000)
    name, M, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    work, seconds = shared.WORKS[name](M), []
    for _ in range(repeats):
        start = time.process_time()
        theta = np.array([Number(number) for number in work.theta.tolist()])
        E = sum(work.loss(ops, theta, x) for x in work.X.T) * (1.0 / M)
        E.backward()
        seconds.append(time.process_time() - start)
    print(json.dumps({"E": E.data, "gradient": [number.grad for number in theta], "seconds": min(seconds)}))


if __name__ == "__main__":
    main()
