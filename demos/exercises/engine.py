"""Answer key for the exercise `engine`, 40 lines, and what engines are told that fell into one of the known traps."""

import math
from unittest import mock

from tinygrad_scalar.exercises import TASKS, check

print(TASKS["engine"], end="\n\n")


class Value:
    def __init__(self, data, parents=(), partials=()):
        self.data, self.grad = data, 0.0
        self.parents, self.partials = parents, partials  # ∂self/∂parent, one for each parent, repeats kept

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), (1 - t * t,))

    def backward(self):
        order = self.parents_first()
        for node in order:
            if node.parents:
                node.grad = 0.0  # nodes on the way start anew, leaves accumulate
        self.grad += 1.0
        for node in reversed(order):
            for parent, local in zip(node.parents, node.partials, strict=True):
                parent.grad += node.grad * local

    def parents_first(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, parents_placed = stack.pop()
            if parents_placed:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((parent, False) for parent in node.parents)
        return order


answer = check(Value)
print(answer)
assert answer.right


# Wrong answers: the key with one method written as it often is.


def overwriting(self):
    self.grad = 1.0
    for node in reversed(self.parents_first()):
        for parent, local in zip(node.parents, node.partials, strict=True):
            parent.grad = node.grad * local


def without_repeats(self):
    self.grad = 1.0
    for node in reversed(self.parents_first()):
        for parent, local in dict(zip(node.parents, node.partials, strict=True)).items():
            parent.grad += node.grad * local


def locally(self):
    for node in reversed(self.parents_first()):
        for parent, local in zip(node.parents, node.partials, strict=True):
            parent.grad += local


def recursive(self, first=True):
    if first:
        self.grad = 1.0
    for parent, local in zip(self.parents, self.partials, strict=True):
        parent.grad += self.grad * local
        parent.backward(first=False)


def along_every_path(self, above=1.0):
    self.grad = above if self.parents else self.grad + above
    for parent, local in zip(self.parents, self.partials, strict=True):
        parent.backward(above * local)


def stale(self):  # as in micrograd: nodes on the way keep what the last call left
    self.grad = 1.0
    for node in reversed(self.parents_first()):
        for parent, local in zip(node.parents, node.partials, strict=True):
            parent.grad += node.grad * local


def clearing(self):
    order = self.parents_first()
    for node in order:
        node.grad = 0.0
    self.grad = 1.0
    for node in reversed(order):
        for parent, local in zip(node.parents, node.partials, strict=True):
            parent.grad += node.grad * local


def visiting(self):
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(self)
    return order


def nodes_only(self, other):
    return Value(self.data * other.data, (self, other), (other.data, self.data))


def each_its_own(self, other):
    other = other if isinstance(other, Value) else Value(other)
    return Value(self.data * other.data, (self, other), (self.data, other.data))


def of_the_input(self):
    return Value(math.tanh(self.data), (self,), (1 - self.data**2,))


WRONG = [
    ("__mul__", each_its_own, "for a * b at a = 2, b = 3 your ∂/∂a is 2, the chain rule gives 3: the derivative of a"),
    ("tanh", of_the_input, "for a.tanh() at a = 0.5 your ∂/∂a is 0.75, the chain rule gives 0.786448: the derivative"),
    ("backward", locally, "for (a * b) * c at a = 2, b = 3, c = 5 your ∂/∂a is 3, the chain rule gives 15: the local"),
    ("backward", overwriting, "for a * b + a at a = 2, b = 3 your ∂/∂a is 3, the chain rule gives 4: a gradient is"),
    ("backward", without_repeats, "for a + a at a = 1 your ∂/∂a is 1, the chain rule gives 2: a stands twice"),
    ("backward", recursive, "for b + b with b = a + a at a = 1 your ∂/∂a is 6, the chain rule gives 4: a node hands"),
    ("backward", along_every_path, "it walks each of the 2⁴⁰ paths; visit each node once"),
    ("backward", stale, "after a second backward(), your ∂/∂a is 32, twice the first one is 24: the nodes on the way"),
    ("backward", clearing, "after a second backward(), your ∂/∂a is 12, twice the first one is 24: leaves accumulate"),
    ("parents_first", visiting, "a chain of 5,000 sums stops with RecursionError"),
    ("__mul__", nodes_only, "for a * 2 at a = 3 your engine stops with AttributeError: 'int' object has no attribute"),
]
for method, function, words in WRONG:
    with mock.patch.object(Value, method, function):
        answer = check(Value)
    print(f"\n{answer}")
    assert not answer.right
    assert any(words in finding for finding in answer.findings), words
