"""Replay: a scalar function, recorded once for one example, runs for a whole batch in a few NumPy calls.

>>> from tinygrad_scalar import MLP
>>> from tinygrad_scalar.losses import half_squared_error
>>> mlp = MLP(2, [3, 1], rng=0)
>>> replay = record(lambda v: half_squared_error(v[2:], mlp(v[:2])), [0.5, -1.0, 1.0], mlp.parameters())
>>> X = np.array([[0.5, 1.0], [-1.0, 1.0], [1.0, 0.0]])       # two examples, in columns: x_1, x_2 and y
>>> E, gradient = replay(X)                                    # means over the examples
>>> gradient.shape
(13,)
>>> E, gradient, dX = replay(X, mlp.theta * 0.5, inputs=True)  # at another θ, and with the derivatives by the inputs
>>> dX.shape
(3, 2)
"""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Any, NoReturn

import numpy as np

from ..arrays import Array, ArrayLike
from ..value import Value, pause_gc
from .graph import tabulate
from .listing import listing
from .machine import BranchError, Machine
from .recording import trace
from .schedule import schedule


class Replay:
    """A recorded function as a program of NumPy calls. `record` makes it.

    Calls from several threads wait for each other. Buffers are reused; what is handed out is fresh at each call.
    """

    def __init__(self, f: Callable[[list[Value]], Any], example: Sequence[Any], parameters: Sequence[Value]) -> None:
        self.parameters = tuple(parameters)
        with pause_gc():
            self._recording = trace(f, example, self.parameters)
            self._outcomes = [guard.holds for guard in self._recording.guards]
            self._machine = Machine(schedule(tabulate(self._recording)), self._outcomes)
        self._lock = Lock()

    @property
    def guards(self) -> list[str]:
        """The comparisons on which the function branched, as they came out: "input 1 > 0 is true"."""
        return [f"{guard.text} is {str(guard.holds).lower()}" for guard in self._recording.guards]

    def __call__(self, X: ArrayLike, theta: ArrayLike | None = None, *, inputs: bool = False) -> Any:
        """E and ∇E, means over the examples.

        Parameters
        ----------
        X : array, inputs × M
            One row per input, one column per example.
        theta : array, optional
            The parameters' numbers; without it they are read from the parameters' `.data`.
        inputs : bool
            Whether to give dX too: ∂(that example's value)/∂x, the shape of X.

        Raises
        ------
        ValueError
            For sizes that do not fit; and when an example or θ takes another branch than the recorded one.
        """
        return self._run(self._batch(X), theta, inputs=inputs)

    def on(self, X: ArrayLike) -> Callable[..., Any]:
        """The same for one batch: a function (theta=None, *, inputs=False) of its own copy of X, copied only once.

        >>> w = Value(2.0, "w")
        >>> E = record(lambda x: w * x[0], [1.0], [w]).on([[1.0, 3.0]])
        >>> E(), E([5.0])
        ((4.0, array([2.])), (10.0, array([2.])))
        """
        return partial(self._run, self._batch(X).copy(), kept=True)

    def _run(self, X: Array, theta: ArrayLike | None = None, *, inputs: bool = False, kept: bool = False) -> Any:
        numbers = self._theta(theta)
        with self._lock, np.errstate(all="ignore"):
            try:
                answer = self._machine.run(X, numbers, inputs, kept) or self._exact().run(X, numbers, inputs, kept)
            except BranchError as error:
                raise ValueError(self._say(error)) from None
        assert answer is not None
        return answer if inputs else answer[:2]

    def _batch(self, X: ArrayLike) -> Array:
        X, n = _real(X, "X"), self._recording.n_inputs
        if X.ndim != 2 or X.shape[0] != n:
            raise ValueError(f"X has one row per input and one column per example, {n} × M; got shape {X.shape}")
        if X.shape[1] == 0:
            raise ValueError(f"X has no examples, a mean needs one at least; got shape {X.shape}")
        return X

    def _theta(self, theta: ArrayLike | None) -> Array:
        p = len(self.parameters)
        if theta is None:
            return np.array([parameter.data for parameter in self.parameters], dtype=float)
        theta = _real(theta, "theta")
        if theta.shape != (p,):
            raise ValueError(f"theta has shape {theta.shape}, the recording has {p} parameters")
        return theta

    def _exact(self) -> Machine:
        """The machine without zeros that fill up a matrix; it takes over for good, once one has met an inf or nan."""
        self._machine = Machine(schedule(tabulate(self._recording), padded=False), self._outcomes)
        return self._machine

    def _say(self, error: BranchError) -> str:
        guard = self._recording.guards[error.guard]
        who = "θ takes" if error.example is None else f"example {error.example + 1} (column {error.example}) takes"
        was, now = ("true", "false") if guard.holds else ("false", "true")
        return (
            f"{who} another branch than the recorded example: {guard.text} was {was} there and is {now} here, "
            f"with {error.x:g} and {error.y:g} ({guard.place}); choose with where(condition, a, b), or record again"
        )

    def program(self) -> str:
        """The schedule as text: what became a matrix product, with shapes and where it came from, and all other steps.

        >>> w = [Value(0.5, "w_1"), Value(-0.5, "w_2"), Value(0.1, "b")]
        >>> neuron = record(lambda x: (w[0] * x[0] + w[1] * x[1] + w[2]).tanh(), [1.0, 2.0], w)
        >>> print(neuron.program())
        2 inputs X, 3 parameters θ, M examples in columns
        for each batch:
          Z1 = W1 @ X + b1                         1×2 · 2×M        from 1 Σ and 2 ×; W1 = θ[0:2], b1 = θ[2]
          A1 = tanh(Z1)                            1×M              from 1 tanh
        E = mean of A1
        backward, the steps in reverse order; of a product Z = W @ A + b: dW = Δ @ A.T, and W.T @ Δ to A
        """
        return listing(self._machine.plan)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Replay is neither copied nor pickled; record the function again")

    def __repr__(self) -> str:
        return f"<Replay of {self._recording.n_inputs} inputs, {len(self.parameters)} parameters>"


def _real(x: ArrayLike, name: str) -> Array:
    if np.iscomplexobj(x):
        raise TypeError(
            f"{name} is complex; a replay computes with real numbers, a complex step goes by objective.value"
        )
    return np.asarray(x, dtype=float)


def record(f: Callable[[list[Value]], Any], example: Sequence[Any], parameters: Sequence[Value] = ()) -> Replay:
    """Record f(list of Values) -> Value, on the numbers of one example.

    Parameters
    ----------
    f : callable
        Is called once. It may use all operations on Values. Where it branches on a comparison of Values, the branch
        becomes a guard: the replay refuses numbers that would take the other one. Reading `.data` is refused.
        What f draws at random or reads elsewhere is drawn and read once. Write `if x > 0`, not `if (x > 0) is True`.
        Sums are added in the schedule's order, and what depends on θ alone is differentiated once for all examples: a
        partial sum may overflow here and not there, two numbers that are equal but for rounding may compare the other
        way, and a zero may have lost its sign.
    example : sequence of numbers
        One per input of f.
    parameters : sequence of Values
        The leaves that E is differentiated by, in the order of θ. Other leaves that f uses are constants.

    Returns
    -------
    Replay

    >>> w = Value(2.0, "w")
    >>> replay = record(lambda x: w * x[0] if x[0] > 0 else -x[0], [3.0], [w])
    >>> replay([[1.0, 3.0]])
    (4.0, array([2.]))
    >>> replay.guards
    ['input 1 > 0 is true']
    """
    return Replay(f, example, parameters)
