"""An optimiser looks at E and its gradient at θ, says where to go next, and remembers a little for the next time.

`optimizer.step(objective, theta) -> theta`, with `objective(theta) -> (E, gradient)`. A step returns a new array and
leaves θ as it is; it may call the objective as often as it needs. What it remembers is its `state`, a dict of arrays
and numbers; the settings are attributes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

import numpy as np

from ..arguments import kindly
from ..arrays import Array, ArrayLike

State = dict[str, Any]
_T = TypeVar("_T")


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def with_settings(cls: type[_T]) -> type[_T]:
    """The class as a dataclass of settings, two of which are never equal, and which knows what others call them."""
    cls = dataclass(eq=False)(cls)
    cls.__init__ = kindly(cls.__init__)  # type: ignore[method-assign]
    return cls


@dataclass(eq=False)
class Optimizer(ABC):
    """What all optimisers share: a step, and a state that can be looked at, forgotten, saved and set.

    To write one of your own, say what it remembers before its first step (`fresh`), and how θ and that state become the
    next θ and the next state (`update`); the names in the state are the last arguments of `update`.

    >>> @dataclass(eq=False)
    ... class SignDescent(Optimizer):
    ...     def fresh(self, theta):
    ...         return {"t": 0}
    ...
    ...     def update(self, objective, theta, t):
    ...         E, g = objective(theta)
    ...         return theta - np.sign(g) / (1 + t), {"t": t + 1}
    >>> optimizer = SignDescent()
    >>> optimizer.step(lambda theta: (theta @ theta, 2 * theta), [3.0, -2.0]), optimizer.state
    (array([ 2., -1.]), {'t': 1})
    """

    _state: State = field(init=False, repr=False, default_factory=dict)

    @abstractmethod
    def fresh(self, theta: Array) -> State:
        """The state before the first step, at θ."""

    @abstractmethod
    def update(self, objective: Any, theta: Array, *args: Any, **kwargs: Any) -> tuple[Array, State]:
        """The next θ and the next state, both new."""

    def step(self, objective: Any, theta: ArrayLike) -> Array:
        """The next θ.

        Parameters
        ----------
        objective : callable
            `objective(theta) -> (E, gradient)`; some optimisers ask it for more, and say so.
        theta : array of n numbers
            Where to start; it is left as it is.

        Returns
        -------
        array of n numbers
            A new array. If the objective raises, the state stays what it was before the step.

        Raises
        ------
        ValueError
            If θ is not a flat vector, or has another length than the one the state belongs to; if the gradient has not
            θ's shape, or the objective lacks what the optimiser asks for.
        """
        theta = flat(theta)
        state = self._state or self.fresh(theta)
        for name, value in state.items():
            if np.ndim(value) and value.shape[-1] != theta.size:
                raise ValueError(
                    f"{type(self).__name__} remembers {name} for {value.shape[-1]} parameters, θ has {theta.size}; "
                    "reset() makes it forget"
                )
        there, state = self.update(objective, theta, **state)
        if there.shape != theta.shape:
            raise ValueError(
                f"the gradient has one number per parameter; with this one, {theta.shape} became {there.shape}"
            )
        self._state = state
        return there

    def reset(self) -> None:
        """Forget everything: the next step is a first step."""
        self._state = {}

    @property
    def state(self) -> State:
        """What the next step depends on besides θ and the settings, by name; {} before the first step.

        A state set on an optimiser with the same settings continues bit for bit. Numbers may come as arrays without
        axes, as `np.load` returns them.
        """
        return {name: np.copy(value) if np.ndim(value) else value for name, value in self._state.items()}

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        ours = {name: np.ndim(value) for name, value in self.fresh(np.zeros(1)).items()}
        if state and {name: np.ndim(value) for name, value in state.items()} != ours:
            raise ValueError(
                f"the state of {type(self).__name__} is {_inventory(ours)}; "
                f"this one is {_inventory({name: np.ndim(value) for name, value in state.items()})}"
            )
        self._state = {
            name: np.array(value, dtype=float) if np.ndim(value) else np.asarray(value).item()
            for name, value in state.items()
        }


def flat(theta: ArrayLike) -> Array:
    """A float64 copy of θ, if it is one flat vector."""
    theta = np.array(theta, dtype=float)
    if theta.ndim != 1:
        raise ValueError(f"θ is one flat vector of numbers, it has shape {theta.shape}")
    return theta


def _inventory(axes: Mapping[str, int]) -> str:
    kinds = {0: "a number", 1: "a vector", 2: "a matrix"}
    return ", ".join(f"{name} ({kinds.get(n, f'{n} axes')})" for name, n in axes.items()) or "empty"


def ability(objective: Any, name: str, who: str) -> Callable[..., Any]:
    """The objective's method of that name, or a sentence that says who needs it."""
    method: Callable[..., Any] | None = getattr(objective, name, None)
    if method is None:
        raise ValueError(f"{who} needs an objective with {name}, and this one has none")
    return method
