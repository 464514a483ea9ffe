"""Derivatives as functions: grad, hessian, hvp, jvp, jacobian, of any function of Values, as often as you like.

The backward sweep of `value` computes numbers. Here the same rules are applied to Values instead, so that a gradient is
itself a graph and has a gradient: `grad(grad(f))` is exact, and so is the Hessian.

The chain rule can also be walked from the inputs up. *Reverse mode* hands each node's ∂result/∂node down to its
parents: one sweep gives one result's derivatives by all inputs. *Forward mode* carries the motion of the inputs up: one
sweep gives the derivatives of all results along one direction v. Both read the same local derivatives of one graph.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .arguments import as_float
from .ops import OPS, Namespace, floats
from .value import Value, as_value, total, under_way, values


def topological(result: Value, inputs: Sequence[Value] = ()) -> list[Value]:
    """The computed nodes below `result`, each after its parents; leaves and all that lies beyond `inputs` left out.

    A leaf that is itself the result is listed nowhere: it has no parents to hand a gradient to.
    """
    return _below([result], inputs)


def _below(results: Sequence[Value], inputs: Sequence[Value]) -> list[Value]:
    """The same below several results."""
    order: list[Value] = []
    seen: set[Value] = set(inputs)
    stack: list[Any] = [*results]
    while stack:
        node = stack.pop()
        if node is None:  # all that the next node needs is placed
            order.append(stack.pop())
        elif node.parents and node not in seen:
            seen.add(node)
            stack += (node, None)
            stack += node.parents
    return order


@contextmanager
def _opened(x: Sequence[Any]) -> Iterator[list[Value]]:
    """Fresh inputs at x, known as inputs while f runs: one number may stand for two variables.

    An input at a Value is its alias, a Σ of one: the same number, and part of the same graph.
    """
    for v in x:
        if isinstance(v, (list, tuple)) or getattr(v, "shape", ()) != ():
            raise TypeError(f"each argument is one number, not {type(v).__name__}; write grad(f)(*x) for f(x1, x2)")
    inputs = [total([v]) if isinstance(v, Value) else Value(v) for v in x]
    token = under_way.set(under_way.get() | frozenset(inputs))
    try:
        yield inputs
    finally:
        under_way.reset(token)


def _namespace(results: Sequence[Any], inputs: Sequence[Value], *points: Sequence[Any]) -> Namespace:
    """Where to differentiate: among Values if one was given, or if an outer derivative or a recording asks."""
    if any(hasattr(result, "__apply__") for result in results):
        return values
    if any(isinstance(x, Value) for point in points for x in point):
        return values
    outer = under_way.get()
    if outer:
        nodes = [result for result in results if isinstance(result, Value)]
        waiting = {id(v) for v in outer}  # by identity: a comparison in a recording has no hash
        if any(id(v) in waiting for node in [*_below(nodes, inputs), *nodes] for v in (node, *node.parents)):
            return values
    return floats


def _pullback(result: Any, inputs: Sequence[Value], xp: Namespace) -> list[Any]:
    """∂result/∂input for each input, as floats (xp = floats) or as Values, leaving every `.grad` alone."""
    close = as_value if xp is values else float
    if not isinstance(result, Value):
        as_value(result)  # a number depends on nothing; anything else is refused
        return [close(0.0) for _ in inputs]
    if xp is floats:
        as_float(result.data)  # an array in some leaf's .data is refused
    depends, order = {id(x) for x in inputs}, []  # by identity: a comparison in a recording has no hash
    for node in topological(result, inputs):
        if any(id(parent) in depends for parent in node.parents):
            depends.add(id(node))
            order.append(node)
    adjoint: dict[Value, Any] = {result: 1.0}
    for node in reversed(order):
        g = adjoint.pop(node)
        for parent, local in _edges(node, xp):
            if id(parent) in depends:
                adjoint[parent] = adjoint[parent] + g * local if parent in adjoint else g * local
    return [close(adjoint.get(x, 0.0)) for x in inputs]


def _pushforward(results: Sequence[Any], inputs: Sequence[Value], v: dict[int, Any], xp: Namespace) -> list[Any]:
    """Σ_k ∂result/∂input_k v_k for each result: what moves is carried up, each node after its parents.

    v holds the inputs that move, by their number. One that stands still is not multiplied by 0, for 0 × ∞ is nan.
    """
    close = as_value if xp is values else float
    moved = {id(inputs[k]): v_k for k, v_k in v.items()}  # by identity: a comparison in a recording has no hash
    nodes = [as_value(result) for result in results]
    for node in _below(nodes, inputs):
        if any(id(parent) in moved for parent in node.parents):
            terms = [local * moved[id(parent)] for parent, local in _edges(node, xp) if id(parent) in moved]
            moved[id(node)] = xp.total(*terms) if len(terms) > 1 else terms[0]
    return [close(moved.get(id(node), 0.0)) for node in nodes]


def _edges(node: Value, xp: Namespace) -> Iterator[tuple[Value, Any]]:
    """Each parent of a node with ∂node/∂parent, a number or a Value: the row of the table."""
    arguments = (node, *node.parents) if xp is values else (node.data, *[parent.data for parent in node.parents])
    return zip(node.parents, OPS[node.op].partials(xp, *arguments), strict=True)


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]:
    """The function that gives (f, ∇f) at its arguments; see `grad`.

    >>> value_and_grad(lambda x, y: x * y)(2.0, 3.0)
    (6.0, (3.0, 2.0))
    """

    def evaluate(*x: Any, **options: Any) -> tuple[Any, Any]:
        chosen = range(len(x)) if argnums is None else argnums if isinstance(argnums, Sequence) else [argnums]
        if not x or any(not -len(x) <= k < len(x) for k in chosen):
            raise TypeError(
                f"a derivative is by arguments given by position, those by name are handed on; there are {len(x)}"
                + ("" if argnums is None else f", argnums is {argnums}")
            )
        arguments, free = list(x), [x[k] for k in chosen]
        with _opened(free) as inputs:
            for k, v in zip(chosen, inputs, strict=True):
                arguments[k] = v
            result = f(*arguments, **options)
        xp = _namespace([result], inputs, free)
        derivatives, value = _pullback(result, inputs, xp), as_value(result)
        one = len(x) == 1 if argnums is None else not isinstance(argnums, Sequence)
        return value if xp is values else value.data, derivatives[0] if one else tuple(derivatives)

    return evaluate


def grad(f: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Any]:
    """The derivative of f(*Values) -> Value, as a function of the same arguments.

    One argument: a number; several: a tuple. Called with floats it returns floats, with Values it returns Values, whose
    graph can be differentiated again; so does a call with floats inside another derivative, if f uses the outer one's
    variables. It leaves every `.grad` alone.

    Parameters
    ----------
    argnums : int or sequence of int, optional
        The arguments to differentiate by, from 0: an int gives a number, a sequence a tuple. The others, and all that
        are given by name, are handed on as they are.

    >>> grad(lambda x: x**3)(2.0), grad(grad(lambda x: x**3))(2.0), grad(grad(grad(lambda x: x**3)))(2.0)
    (12.0, 12.0, 6.0)
    >>> grad(lambda x, n: x**n, argnums=0)(2.0, 3)
    12.0
    """
    return lambda *x, **options: value_and_grad(f, argnums)(*x, **options)[1]


def hessian(f: Callable[..., Any]) -> Callable[..., list[list[Any]]]:
    """The matrix of second derivatives of f(*Values) -> Value, as a list of rows: the rules applied to Values, twice.

    >>> hessian(lambda x, y: x**2 * y)(2.0, 3.0)
    [[6.0, 4.0], [4.0, 0.0]]
    """

    def rows(*x: Any) -> list[list[Any]]:
        with _opened(x) as inputs:
            result = f(*inputs)
        xp = _namespace([result], inputs, x)
        return [_pullback(g, inputs, xp) for g in _pullback(result, inputs, values)]

    return rows


def hvp(f: Callable[..., Any]) -> Callable[[Sequence[Any], Sequence[Any]], list[Any]]:
    """The product of the Hessian of f at x with a vector v, without the Hessian: ∇(∇f · v), reverse over reverse.

    Forward over reverse, `jvp(grad(f))(x, v)[1]`, gives the same and costs a little more: for 131 parameters 30,000
    calls of functions, where this makes 27,000.

    >>> hvp(lambda x, y: x**2 * y)([2.0, 3.0], [1.0, 10.0])
    [46.0, 4.0]
    """

    def product(x: Sequence[Any], v: Sequence[Any]) -> list[Any]:
        _same_length("hvp", x, v)
        with _opened(x) as inputs:
            result = f(*inputs)
        xp = _namespace([result], inputs, x, v)
        gradient = _pullback(result, inputs, values)
        return _pullback(total([g * w for g, w in zip(gradient, v, strict=True)]), inputs, xp)

    return product


def _same_length(name: str, x: Any, v: Any) -> None:
    if not (hasattr(x, "__len__") and hasattr(v, "__len__")):
        raise TypeError(f"{name}(f) takes two sequences, the point and the vector: {name}(f)([x1, x2], [v1, v2])")
    if len(x) != len(v):
        raise ValueError(f"the vector has {len(v)} entries, the point has {len(x)}")


def jvp(f: Callable[..., Any]) -> Callable[[Sequence[Any], Sequence[Any]], tuple[Any, Any]]:
    """f at x and its derivative along v, J v, by forward mode: one sweep up, whatever the number of results.

    f takes as many Values as x has entries and gives one Value, or several in a list; then value and derivative are
    lists. As `grad`, it gives floats for floats and Values for Values, may be nested with the others in any order, and
    leaves every `.grad` alone.

    >>> jvp(lambda x, y: x**2 * y)([2.0, 3.0], [1.0, 10.0])
    (12.0, 52.0)
    >>> jvp(lambda r, s: [r + s, r * s])([2.0, 3.0], [1.0, 0.0])
    ([5.0, 6.0], [1.0, 3.0])
    >>> jvp(grad(lambda x, y: x**2 * y))([2.0, 3.0], [1.0, 10.0])[1]   # forward over reverse: the Hessian times v
    [46.0, 4.0]
    """

    def push(x: Sequence[Any], v: Sequence[Any]) -> tuple[Any, Any]:
        _same_length("jvp", x, v)
        inputs, results, one, xp = _graph(f, x, v)
        moving = {k: v_k if isinstance(v_k, Value) else as_float(v_k) for k, v_k in enumerate(v)}
        moving = {k: v_k for k, v_k in moving.items() if isinstance(v_k, Value) or v_k != 0.0}
        derivatives = _pushforward(results, inputs, moving, xp)
        found = [result if xp is values else as_float(result.data) for result in results]
        return (found[0], derivatives[0]) if one else (found, derivatives)

    return push


def jacobian(f: Callable[..., Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """The matrix J of ∂f_i/∂x_k of f(*Values) -> list of Values, as a list of rows; of one Value, a single row.

    By columns, forward, if there are fewer variables than results; else by rows, in reverse.

    >>> jacobian(lambda r, s: [r + s, r * s, r**2])([2.0, 3.0])
    [[1.0, 1.0], [3.0, 2.0], [4.0, 0.0]]
    >>> jacobian(lambda x, y: x**2 * y)([2.0, 3.0])
    [12.0, 4.0]
    """

    def rows(x: Sequence[Any]) -> list[Any]:
        if not hasattr(x, "__len__"):
            raise TypeError("jacobian(f) takes one sequence, the point: jacobian(f)([x1, x2])")
        inputs, results, one, xp = _graph(f, x)
        if len(inputs) < len(results):
            columns = [_pushforward(results, inputs, {k: 1.0}, xp) for k in range(len(inputs))]
            return [[column[i] for column in columns] for i in range(len(results))]
        matrix = [_pullback(result, inputs, xp) for result in results]
        return matrix[0] if one else matrix

    return rows


def _graph(
    f: Callable[..., Any], x: Sequence[Any], *vectors: Sequence[Any]
) -> tuple[list[Value], list[Value], bool, Namespace]:
    """Fresh inputs at x, the results of f, whether it gave one and no list, and where to differentiate."""
    with _opened(x) as inputs:
        result = f(*inputs)
    one = not isinstance(result, (list, tuple))
    results = [as_value(r) for r in ([result] if one else result)]
    return inputs, results, one, _namespace(results, inputs, x, *vectors)
