"""Students' code is read: right answers are praised, each planted slip is named, and nothing that code does is raised."""

import math
import sys
import warnings

import numpy as np
import pytest

from tinygrad_scalar import Value, losses, ops, tanh, total
from tinygrad_scalar.checking.slips import BackwardPass, structural
from tinygrad_scalar.exercises import ANSWERS, TASKS, check
from tinygrad_scalar.matrix import MatrixMLP


def told(answer):
    return " ".join(answer.findings)


# Backpropagation by matrices: one backward pass, with slips to be planted.


def backward_pass(slip=None):
    def deltas(W, Z, A, Y):
        L, M = len(W) - 1, Y.shape[1]
        slope = [None, *(1 - np.tanh(z) ** 2 for z in Z[1:])]
        D = [None] * (L + 1)
        D[L] = (A[L] - Y) * (1.0 if slip in ("no σ′ at the output", "no σ′ at all") else slope[L])
        D[L] = D[L] * {"2": 2, "½": 0.5, "sign": -1, "1/M": 1 / M, "M": M, "1/P": 1 / len(Y)}.get(slip, 1)
        for l in range(L, 1, -1):
            back, bend = W[l].T @ D[l], slope[l - 1]
            if slip in ("no σ′", "no σ′ at all") or (slip == "no σ′ in δ^(1)" and l == 2):
                bend = 1.0
            elif slip == "σ′ of the layer above":
                bend = slope[l]
            elif slip == "σ′ at a":
                bend = 1 - np.tanh(A[l - 1]) ** 2
            elif slip == "W not transposed":
                back = W[l] @ D[l]
            elif slip == "no W":
                back = D[l]
            elif slip == "stops":
                back = 0 * back
            elif slip == "sign on each step":
                back = -back
            elif slip == "odd":
                back = back + 0.1
            D[l - 1] = back * bend
        return D

    return deltas


def whole(slip=None, after=lambda dW, db, M: (dW, db)):
    def gradients(W, b, X, Y):
        L, M, Z, A = len(W) - 1, X.shape[1], [None], [X]
        for l in range(1, L + 1):
            Z.append(W[l] @ A[-1] + b[l][:, None])
            A.append(np.tanh(Z[l]))
        D = backward_pass(slip)(W, Z, A, Y)
        dW = [None] + [D[l] @ (Z if slip == "z for a" and l > 1 else A)[l - 1].T / M for l in range(1, L + 1)]
        return after(dW, [None] + [D[l].mean(axis=1) for l in range(1, L + 1)], M)

    return gradients


def every(parts, factor):
    return [None, *(factor * part for part in parts[1:])]


def test_right_answers_are_told_what_has_been_checked():
    answer = check(backward_pass())
    assert answer.right
    assert str(answer).startswith("✓ deltas: every Δ is right on 4 networks")
    assert check(whole()).right
    assert check(
        lambda W, b, X, Y: MatrixMLP(W[1:], b[1:], ["tanh"] * len(b[1:])).gradients(X, Y, "half_squared_error")[1:]
    ).right


DELTAS = [  # the slip, which Δ is the first that is wrong, and what it looks like
    ("no σ′", "Δ^(3) is right and Δ^(2) is the first that is wrong", "σ′ is missing in δ^(2), and likewise in δ^(1)"),
    ("no σ′ in δ^(1)", "Δ^(2) is right and Δ^(1) is the first that is wrong", "σ′ is missing in δ^(1)"),
    ("no σ′ at the output", "your Δ^(3), the output's, is wrong", "σ′ is missing in δ^(3)"),
    ("no σ′ at all", "your Δ^(3), the output's, is wrong", "σ′ is missing in every δ"),
    ("σ′ of the layer above", "Δ^(2) is the first that is wrong", "σ′ of layer 3 in place of that of layer 2 in δ^(2); mend"),
    ("σ′ at a", "Δ^(2) is the first that is wrong", "σ′ is taken at a instead of z in δ^(2), and likewise in δ^(1)"),
    ("W not transposed", "Δ^(2) is the first that is wrong", "W^(3) is not transposed on the way to δ^(2), and likewise"),
    ("no W", "Δ^(2) is the first that is wrong", "δ is not carried past W^(3): δ^(2) is δ^(3) ⊗ σ′, and likewise"),
    ("stops", "Δ^(2) is the first that is wrong", "δ is not carried past layer 3: nothing arrives below"),
    ("sign on each step", "Δ^(2) is the first that is wrong", "a sign, −1, in layer 2"),
    ("sign", "your Δ^(3), the output's, is wrong", "a sign, −1, in every entry"),
    ("2", "your Δ^(3), the output's, is wrong", "a factor 2 in every entry (is it added to an earlier one, which was not set to 0?); ℒ has the ½"),
    ("½", "your Δ^(3), the output's, is wrong", "a factor ½ in every entry; ℒ has the ½"),
    ("1/M", "your Δ^(3), the output's, is wrong", "a factor 1/M = 1/7 (the mean taken twice) in every entry; Δ is the deri"),
    ("M", "your Δ^(3), the output's, is wrong", "a factor M = 7 "),
    ("1/P", "your Δ^(3), the output's, is wrong", "a factor 1/P = 1/4 "),
    ("odd", "Δ^(2) is the first that is wrong", "unclear: no single slip explains it; layer 3 right, 1, 2 wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("slip", "where", "looks"), DELTAS)
def test_a_slip_in_the_deltas_is_named_with_the_first_layer_that_is_wrong(slip, where, looks):
    answer = check(backward_pass(slip))
    assert not answer.right
    assert where in answer.findings[0]
    assert looks in answer.findings[0]


def test_both_numbers_of_the_worst_delta_are_printed():
    assert "yours 0.903849, right 0.451924; " in told(check(backward_pass("2")))


GRADIENTS = [
    (whole("no σ′"), "σ′ is missing in δ^(2), and likewise in δ^(1)"),
    (whole("no σ′ at all"), "σ′ is missing in every δ"),
    (whole("W not transposed"), "W^(3) is not transposed on the way to δ^(2)"),
    (whole("z for a"), "with sizes 4 → 4 → 4 → 4 and M = 7 your gradients differ most at w_{2,2}^{(2)} = W[2][1, 1]: reference 0.14882, candidate"),
    (whole("z for a"), "z^(1) in place of a^(1) in ∂E/∂W^(2), and likewise in ∂E/∂W^(3)"),
    (whole("odd"), "unclear: no single slip explains it; layer 3 right, 1, 2 wrong; the exercise deltas reads each Δ by itself"),
    (whole("2"), "a factor 2 in every entry"),
    (whole(after=lambda dW, db, M: (every(dW, M), every(db, M))), "the sum over the examples in place of the mean) in every entry"),
    (whole(after=lambda dW, db, M: (dW, every(db, M))), "the sum over the examples in place of the mean) in the biases"),
    (whole(after=lambda dW, db, M: (every(dW, M), db)), "the sum over the examples in place of the mean) in the weights"),
    (whole(after=lambda dW, db, M: (every(dW, -1), every(db, -1))), "a sign, −1, in every entry"),
    (whole(after=lambda dW, db, M: (dW, every(db, 0))), "a missing gradient (0) in the biases"),
    (whole(after=lambda dW, db, M: ([None, *(part.T for part in dW[1:])], db)), "∂E/∂W is transposed in every layer"),
    (whole(after=lambda dW, db, M: (db, dW)), "dW[1] has shape (4,), it should have the shape of W^(ℓ) = (4, 4)"),
    (whole(after=lambda dW, db, M: dW), "gives 4 things; it should end with return dW, db"),
    (whole(after=lambda dW, db, M: (dW[1:], db)), "dW has 3 entries and an ndarray at index 0; it should have 4"),
    (whole(after=lambda dW, db, M: (dW, [None, *(part[:, None] for part in db[1:])])), "db[1] has shape (4, 1)"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "words"), GRADIENTS)
def test_a_slip_in_the_gradients_is_named(function, words):
    answer = check(function)
    assert not answer.right
    assert words in answer.findings[0]


def test_a_function_that_fits_two_layers_only_is_told_on_which_networks_it_is_right():
    def gradients(W, b, X, Y):
        dW, db = whole()(W, b, X, Y)
        return [None, *dW[-2:]], [None, *db[-2:]]

    answer = check(gradients)
    assert "dW has 3 entries; it should have 4" in told(answer)
    assert answer.findings[-1] == "on 1 of 4 networks it is right"


def test_the_networks_of_the_exercises_tell_all_classical_slips_apart():
    from tinygrad_scalar.exercises.backpropagation import NETWORKS, objective_of

    right = BackwardPass(objective_of(*NETWORKS[0]))
    slips = [slip for slip in structural(right) if not np.allclose(slip.gradient, right.data, rtol=1e-6)]
    assert len(slips) > 60
    for i, one in enumerate(slips):
        for other in slips[:i]:
            if one.sentence.split(",")[0] != other.sentence.split(",")[0] and not one.family == other.family != "":
                assert not np.allclose(one.gradient, other.gradient, rtol=1e-6), (one, other)


def changing(name, how):
    def deltas(W, Z, A, Y):
        result = backward_pass()(W, Z, A, Y)
        how({"W": W, "Z": Z, "A": A, "Y": Y}[name])
        return result

    return deltas


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (changing("W", lambda W: W[2].__isub__(0.1)), "changes W[2], which it was given"),
        (changing("W", lambda W: W.pop()), "changes W, which it was given"),
        (changing("Z", lambda Z: Z.__setitem__(1, [Value(1.0)])), "changes Z[1]"),
        (changing("A", lambda A: A[0].fill(0.0)), "changes A[0]"),
        (changing("Y", lambda Y: Y.sort()), "changes Y, which it was given"),
    ],
)
def test_arrays_that_were_given_are_to_be_left_alone(function, words):
    assert words in told(check(function))


# Losses.


@pytest.mark.parametrize("name", losses.LOSSES)
def test_our_own_losses_are_right_and_every_other_is_wrong_in_their_place(name):
    for other, loss in losses.LOSSES.items():
        answer = check(loss, name)
        assert answer.right == (other == name)
        if other != name:
            assert "your ℒ is" in told(answer)


def pairs(y, a):
    return zip(y, a, strict=True)


LOSSES = [
    ("half_squared_error", lambda y, a: sum((p - q) ** 2 for q, p in pairs(y, a)), "twice the right one: is a ½ missing?"),
    ("squared_error", losses.half_squared_error, "half the right one: a ½ too many?"),
    ("huber", lambda y, a: losses.huber(y, a) / len(y), "the right one divided by P = 3: ℒ sums over the outputs"),
    ("cross_entropy", lambda y, a: -losses.cross_entropy(y, a), "the right one with its sign changed"),
    ("cross_entropy", lambda y, a: -sum(p * ops.namespace(q).log(q) for q, p in pairs(y, a)), "the target is the first"),
    ("binary_cross_entropy", losses.cross_entropy, "it is the cross_entropy"),
    ("cross_entropy", lambda y, a: -sum(q * ops.namespace(p).log(p) for q, p in pairs(y, a)), "where y is 0, y log a is 0"),
    ("half_squared_error", lambda y, a: 0.5 * sum((p.data - q) ** 2 for q, p in pairs(y, a)), "gives a float; a Value is wanted"),
    ("squared_error", lambda y, a: sum((p - q) * (p.data - q) for q, p in pairs(y, a)), "your ℒ is right, but its ∂ℒ/∂a_1"),
    ("max_margin", lambda y, a: sum((1 - q * p if q * p <= 1 else 0 * p) for q, p in pairs(y, a)), "at the kink the derivative 0"),
    ("absolute_error", lambda y, a: sum((p - q if p > q else q - p) for q, p in pairs(y, a)), "at the kink the derivative 0"),
    ("huber", lambda y, a: sum((r * r * 0.5 if abs(r) < 1 else abs(r) - 0.5) for r in [p - q for q, p in pairs(y, a)]), "with Values it is right, but huber(y, a) of rows of matrices stops with ValueError"),
    ("half_squared_error", lambda y, a: 0.5 * sum((p - q) ** 2 for q, p in pairs(y, a)) if isinstance(a[0], Value) else 1.0, "with Values it is right, but half_squared_error(y, a) of rows of matrices has shape ()"),
    ("half_squared_error", lambda y, a: 0.5 * sum((p - q) ** 2 for q, p in pairs(y, a)) * (1.0 if isinstance(a[0], Value) else 2.0), "of rows of matrices gives ("),
    ("half_squared_error", lambda y, a: 0.5 * ((a - y) ** 2).sum(), "stops with TypeError: unsupported operand type(s) for -: 'list' and 'list' (line"),
    ("half_squared_error", lambda y, a: None, "gives None (is a return missing?)"),
    ("half_squared_error", lambda y, a: a[0] * math.nan, "your ℒ is nan, it should be"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "loss", "words"), LOSSES)
def test_a_slip_in_a_loss_is_named(name, loss, words):
    answer = check(loss, name)
    assert not answer.right
    assert words in told(answer)


# Engines: a right one, and others that are wrong in one place.


class Engine:
    def __init__(self, data, parents=(), locals_=()):
        self.data, self.grad, self.parents, self.locals = data, 0.0, parents, locals_

    def of(self, other):
        return other if isinstance(other, Engine) else type(self)(other)

    def __add__(self, other):
        other = self.of(other)
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = self.of(other)
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def exp(self):
        return type(self)(math.exp(self.data), (self,), (math.exp(self.data),))

    def order(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, placed = stack.pop()
            if placed:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack += [(node, True), *((parent, False) for parent in node.parents)]
        return order

    def backward(self):
        order = self.order()
        for node in order:
            node.grad *= not node.parents
        self.grad += 1.0
        self.sweep(order[::-1])

    def sweep(self, order):
        for node in order:
            for parent, local in zip(node.parents, node.locals, strict=True):
                parent.grad += node.grad * local


class Overwriting(Engine):
    def sweep(self, order):
        for node in order:
            for parent, local in zip(node.parents, node.locals, strict=True):
                parent.grad = node.grad * local


class OverwritingOnTheWay(Engine):
    def sweep(self, order):
        for node in order:
            for parent, local in zip(node.parents, node.locals, strict=True):
                parent.grad = node.grad * local + (0.0 if parent.parents else parent.grad)


class Set(Engine):
    def sweep(self, order):
        for node in order:
            for parent, local in dict(zip(node.parents, node.locals, strict=True)).items():
                parent.grad += node.grad * local


class Unsorted(Engine):
    def order(self):
        order, seen, queue = [], {self}, [self]
        while queue:
            order.append(node := queue.pop(0))
            queue += [parent for parent in dict.fromkeys(node.parents) if parent not in seen]
            seen.update(node.parents)
        return order[::-1]


class Recursive(Engine):
    def backward(self, first=True):
        self.grad = 1.0 if first else self.grad
        for parent, local in zip(self.parents, self.locals, strict=True):
            parent.grad += self.grad * local
            parent.backward(first=False)


class EveryPath(Engine):
    def backward(self, above=1.0):
        self.grad += above
        for parent, local in zip(self.parents, self.locals, strict=True):
            parent.backward(above * local)


class Stale(Engine):
    def backward(self):
        self.grad = 1.0
        self.sweep(self.order()[::-1])


class Clearing(Engine):
    def backward(self):
        for node in self.order():
            node.grad = 0.0
        super().backward()


class ByValue(Engine):
    def __eq__(self, other):
        return self.data == other.data

    def __hash__(self):
        return hash(self.data)


class NoNumbers(Engine):
    def of(self, other):
        return other


class NotReflected(Engine):
    __radd__ = __rmul__ = None


class ReflectedWrong(Engine):
    def __rmul__(self, other):
        return type(self)(self.data * other, (self,), (1.0,))


class LocalOnly(Engine):
    def sweep(self, order):
        for node in order:
            for parent, local in zip(node.parents, node.locals, strict=True):
                parent.grad += local


class OneSided(Engine):
    def __add__(self, other):
        return type(self)(self.data + self.of(other).data, (self,), (1.0,))


class OfTheInput(Engine):
    def exp(self):
        return type(self)(math.exp(self.data), (self,), (self.data,))


class Linear(Engine):
    exp = None


class StartsAtOne(Engine):
    def __init__(self, *given):
        super().__init__(*given)
        self.grad = 1.0


ENGINES = [
    (OneSided, "for a + b at a = 2, b = 3 your ∂/∂b is 0, the chain rule gives 1: a sum hands its gradient on to both"),
    (OfTheInput, "for a.exp() at a = 0.5 your ∂/∂a is 0.5, the chain rule gives 1.64872: the derivative of exp(a) is exp(a)"),
    (LocalOnly, "for (a * b) * c at a = 2, b = 3, c = 5 your ∂/∂a is 3, the chain rule gives 15: the local derivative is"),
    (Overwriting, "for a * b + a at a = 2, b = 3 your ∂/∂a is 3, the chain rule gives 4: a gradient is overwritten"),
    (OverwritingOnTheWay, "for b + b with b = a + a at a = 1 your ∂/∂a is 2, the chain rule gives 4"),
    (Set, "for a + a at a = 1 your ∂/∂a is 1, the chain rule gives 2: a stands twice and counts twice"),
    (Unsorted, "with b = a * a at a = 1.5 your ∂/∂a is"),
    (Recursive, "for b + b with b = a + a at a = 1 your ∂/∂a is 6, the chain rule gives 4: a node hands its gradient on once"),
    (EveryPath, "needs more than 20,000 calls: it walks each of the 2⁴⁰ paths; visit each node once"),
    (Stale, "after a second backward(), your ∂/∂a is 32, twice the first one is 24: the nodes on the way still hold"),
    (Clearing, "after a second backward(), your ∂/∂a is 12, twice the first one is 24: leaves accumulate"),
    (ByValue, "two nodes with the same number are two nodes"),
    (NoNumbers, "for a + 2 at a = 3 your engine stops with AttributeError: 'int' object has no attribute 'data' (line"),
    (NotReflected, "for 2 + a at a = 3 your engine stops with TypeError"),
    (NotReflected, "define __radd__"),
    (ReflectedWrong, "for 2 * a at a = 3 your ∂/∂a is 1, the chain rule gives 2"),
    (Recursive, "a chain of 5,000 sums stops with RecursionError"),
    (Linear, "it has neither tanh() nor exp()"),
    (StartsAtOne, "StartsAtOne(2.0).grad is 1, a new node has 0"),
]  # fmt: skip


def test_a_right_engine_is_praised_and_so_is_ours():
    assert check(Engine).right
    assert check(Value).right
    assert "a chain of 5,000 nodes" in str(check(Engine))


@pytest.mark.parametrize(("engine", "words"), ENGINES)
def test_an_engine_that_falls_into_a_trap_is_told_which(engine, words):
    answer = check(engine)
    assert not answer.right
    assert words in told(answer)


def test_an_engine_that_stops_at_once_is_told_so_once():
    class Unhashable(Engine):
        __hash__ = None

    (finding,) = check(Unhashable).findings
    assert finding.startswith("for a + b at a = 2, b = 3 your engine stops with TypeError: ")
    assert "unhashable" in finding


def test_an_engine_in_single_precision_is_told_the_digits_that_differ():
    class Single(Engine):
        def exp(self):
            e = float(np.exp(np.float32(self.data)))
            return type(self)(e, (self,), (e,))

    assert "your .data is 1.6487212, it should be 1.6487213" in told(check(Single))


def test_micrograd_with_a_tanh_falls_into_its_two_known_traps():
    from micrograd.engine import Value as Micro

    class WithTanh(Micro):
        def tanh(self):
            return self * 0.0 + math.tanh(self.data)  # its gradient is wrong, and found first

    assert "for a.tanh() at a = 0.5 your ∂/∂a is 0, the chain rule gives 0.786448" in told(check(WithTanh))
    told_of_micrograd = check(Micro)
    assert "after a second backward(), your ∂/∂a is 32" in told(told_of_micrograd)
    assert "a chain of 5,000 sums stops with RecursionError" in told(told_of_micrograd)
    assert len(told_of_micrograd.findings) == 3  # and the tanh that it does not have


def test_a_profiler_that_was_running_goes_on():
    def profiler(frame, event, argument):
        return None

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        check(Engine)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)


# Which exercise it is, and code that does anything at all.


def test_an_exercise_is_recognised_by_name_by_parameters_and_by_being_a_class():
    def deltas(*given):
        return backward_pass()(*given)

    def mine(W, b, X, Y):
        return whole()(W, b, X, Y)

    assert check(deltas).exercise == "deltas"
    assert check(mine).exercise == "gradients"
    assert check(Engine).exercise == "engine"
    assert check(losses.huber).exercise == "huber"
    assert check(lambda y, a: losses.huber(y, a), "huber").right
    assert check(lambda data: Engine(data), "engine").right


@pytest.mark.parametrize("odd", [lambda q: q, len, print, np.sin, lambda y, a: 0.0])
def test_a_function_that_is_no_exercise_is_told_which_there_are(odd):
    assert all(name in told(check(odd)) for name in TASKS)


@pytest.mark.parametrize("odd", [None, 3, [None, np.ones(2)], "deltas"])
def test_what_is_no_function_is_told_to_be_none(odd):
    assert "check takes your function itself" in told(check(odd))


def test_an_unknown_exercise_is_a_sentence():
    assert "there is no exercise 'delta', did you mean 'deltas'? There are deltas, gradients, engine, " in told(
        check(len, "delta")
    )


def test_every_task_says_what_to_write_without_labels_of_equations():
    assert {"deltas", "gradients", "engine", *losses.LOSSES, *ANSWERS} < set(TASKS)
    assert "(W^(ℓ))ᵀ carries Δ^(ℓ)" in TASKS["deltas"]
    assert "with the 1/M of E" in TASKS["gradients"]
    assert not [name for name, task in TASKS.items() if "eq. " in task]
    for name in losses.LOSSES:
        assert f"{name}(y, a)" in TASKS[name]
        assert "{" not in TASKS[name].replace("{ℓ-1}", "")


def test_an_answer_shows_the_same_in_a_session_and_in_print_and_wraps_its_lines():
    answer = check(backward_pass("W not transposed"))
    assert repr(answer) == str(answer)
    assert all(len(line) <= 110 for line in str(answer).splitlines())
    assert " ".join(str(answer).split()).count(" ".join(answer.findings[0].split())) == 1


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError


class NoArray:
    def __array__(self, *how, **more):
        raise KeyError("no")


class Unreadable:
    data = 2.0

    def __init__(self, data):
        pass

    @property
    def grad(self):
        raise OSError("gone")


class TakesTwo:
    def __init__(self, data, label):
        self.data, self.grad = data, 0.0


class TextGradient(Engine):
    def backward(self):
        for node in self.order():
            node.grad = "much"


class ArrayGradient(Engine):
    def backward(self):
        for node in self.order():
            node.grad = np.ones(2)


class NoBackward:
    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def __add__(self, other):
        return None


def endless():
    return endless()


def stop(error):
    raise error


RESULTS = {
    "None": lambda: None,
    "a number": lambda: 3,
    "text": lambda: "abc",
    "nothing": list,
    "too few": lambda: [None],
    "Nones": lambda: [None] * 4,
    "numbers": lambda: [None, 1.0, 2.0, 3.0],
    "a dictionary": lambda: {1: np.ones((4, 7))},
    "a generator": lambda: (x for x in "abc"),
    "an array": lambda: np.ones((4, 4, 7)),
    "complex": lambda: [None, *np.ones((3, 4, 7), dtype=complex)],
    "texts": lambda: [None, "a", "b", "c"],
    "ragged": lambda: [None, [[1.0], [1.0, 2.0]], None, None],
    "Values": lambda: [None, *[[[Value(1.0)] * 7] * 4] * 3],
    "giants": lambda: [None, *[[[10**400] * 7] * 4] * 3],
    "nan": lambda: [None, *np.full((3, 4, 7), np.nan)],
    "inf": lambda: [None, *np.full((3, 4, 7), np.inf)],
    "no arrays": lambda: [None, NoArray(), NoArray(), NoArray()],
    "a pair": lambda: (None, None),
    "a pair of lists": lambda: ([None] * 4, [None] * 4),
    "a pair of dictionaries": lambda: ({}, {}),
    "division": lambda: 1 / 0,
    "a missing name": lambda: undefined,  # noqa: F821
    "recursion": endless,
    "exit": lambda: sys.exit(1),
    "an error without words": lambda: stop(Unspeakable()),
    "an error of many lines": lambda: stop(ValueError("a\n" * 500)),
    "an assertion": lambda: stop(AssertionError()),
    "a warning": lambda: warnings.warn("beware", stacklevel=1),
    "an overflow": lambda: [None, *np.full((3, 4, 7), 1e200) ** 2],
    "the end": lambda: next(iter([])),
}


@pytest.mark.parametrize("exercise", TASKS)
def test_nothing_that_a_function_gives_or_raises_is_raised(exercise):
    for result, give in RESULTS.items():
        answer = check(lambda *given, give=give: give(), exercise)
        assert not answer.right, result
        assert answer.findings
        assert all(isinstance(finding, str) and finding for finding in answer.findings)
        assert str(answer).startswith(f"✗ {exercise}: not yet.")


@pytest.mark.parametrize(
    ("exercise", "result", "words"),
    [
        ("forward", [["a"] * 5] * 2, "gives holds a str_; real numbers are wanted"),
        ("forward", [[1.0] * 5, [1.0] * 4], "gives is a list that makes no array"),
        ("batches", [np.arange(3), [[1], [2, 3]]], "holds a list at index 1 that is no array of row numbers from 0"),
        ("batches", [np.arange(3), None], "holds None at index 1 that is no array of row numbers"),
        ("batches", [np.arange(3), NoArray()], "holds a NoArray at index 1 that is no array of row numbers"),
        ("for_delta", float("nan"), "has a mean of nan"),
        ("squares", Value(float("nan")), "at x = (0.5, −1, 2) is nan, it should be"),
    ],
)
def test_numbers_that_are_none_are_told_where_they_are(exercise, result, words):
    assert words in told(check(lambda *given: result, exercise))


@pytest.mark.parametrize(
    ("again", "words"),
    [
        (lambda u, x: Value(x[0].data), "while it is recorded, stops with TypeError: while a function is recorded"),
        (lambda u, x: 1 / 0, "while it is recorded, stops with ZeroDivisionError"),
        (lambda u, x: None, "squares(u, x), while it is recorded, gives None (is a return missing?)"),
        (lambda u, x: [x[0]], "squares(u, x) cannot be recorded: the function gives one Value, not a list"),
        (lambda u, x: "much", "squares(u, x) cannot be recorded: a Value holds one real number, not str"),
    ],
)
def test_what_a_recording_cannot_take_is_told_and_not_raised(again, words):
    answers = iter(
        [lambda u, x: total(tanh(total(w * v * v for w, v in zip(row, x, strict=True))) for row in u), again]
    )
    assert words in told(check(lambda u, x: next(answers)(u, x), "squares"))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("None", "Delta is None (is a return missing?); a list is wanted, indexed by ℓ = 1…3, with None at index 0"),
        ("Nones", "Delta[1] is None; real numbers are wanted"),
        ("numbers", "Delta[1] has shape (), it should have d_ℓ × M = (4, 7)"),
        ("a dictionary", "Delta is a dict; a list is wanted"),
        ("too few", "Delta has 1 entry; it should have 4"),
        ("complex", "Delta[1] holds a complex128; real numbers are wanted"),
        ("texts", "Delta[1] is a str; real numbers are wanted"),
        ("ragged", "Delta[1] is a list that makes no array"),
        ("Values", "Delta[1] holds a Value; real numbers are wanted"),
        ("nan", "Delta[1] is not finite: it is nan at index (0, 0)"),
        ("recursion", "stops with RecursionError: maximum recursion depth exceeded"),
        ("an error without words", "stops with tests.exercises.test_check.Unspeakable: <exception str() failed>"),
    ],
)
def test_a_result_of_the_wrong_kind_is_told_what_it_is_and_what_is_wanted(result, words):
    assert words in told(check(lambda W, Z, A, Y: RESULTS[result]()))


def test_examples_in_rows_are_said_to_lie_transposed():
    rows = lambda W, Z, A, Y: [None, *(D.T for D in backward_pass()(W, Z, A, Y)[1:])]  # noqa: E731
    assert "Delta[1] has shape (7, 4), it should have d_ℓ × M = (4, 7); it lies transposed" in told(check(rows))


@pytest.mark.parametrize("wrong", [1, 2])
@pytest.mark.parametrize("result", RESULTS)
def test_nothing_that_a_function_gives_in_one_layer_is_raised(wrong, result):
    def deltas(W, Z, A, Y):
        D = backward_pass()(W, Z, A, Y)
        D[min(wrong, len(D) - 1)] = RESULTS[result]()
        return D

    assert not check(deltas).right


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (Unreadable, "Unreadable(2.0).grad stops with OSError: gone"),
        (TakesTwo, "TakesTwo(2.0) stops with TypeError"),
        (TextGradient, "your ∂/∂a is a str, not a number"),
        (ArrayGradient, "your ∂/∂a is an ndarray, not a number"),
        (NoBackward, "stops with AttributeError: 'NoneType' object has no attribute 'backward'"),
        (type("Empty", (), {}), "Empty(2.0) stops with TypeError"),
        (object, "object(2.0) stops with TypeError"),
        (float, "float(2.0).data stops with AttributeError"),
    ],
)
def test_nothing_that_an_engine_does_is_raised(engine, words):
    assert words in told(check(engine))


def test_an_exception_is_told_with_the_line_of_the_students_own_file():
    def deltas(W, Z, A, Y):
        return W[3] @ A[0].T

    (first, *_) = check(deltas).findings
    assert "stops with ValueError: matmul: " in first
    assert first.endswith(f"(line {deltas.__code__.co_firstlineno + 1}: return W[3] @ A[0].T)")


def test_a_function_that_is_given_is_told_by_its_name():
    def largest_eigenvalue(Hv, n):
        return abs(Hv(np.eye(n)[0]) @ np.eye(n)[0])

    assert "largest_eigenvalue(Hv, 3)" in told(check(largest_eigenvalue))
    assert "nudge(cube, 2, 0.001)" in told(check(lambda f, x, h: f(x), "nudge"))


def test_gradients_in_single_precision_are_right():
    single = whole(after=lambda dW, db, M: ([None, *(part.astype(np.float32) for part in dW[1:])], db))
    assert check(single).right
