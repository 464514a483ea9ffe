"""The optimisers by name, as the command line and `fit` take them: what each is, and which settings it has.

>>> named("adam")
Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)
>>> named("rprop", learning_rate=0.01)
Traceback (most recent call last):
ValueError: rprop takes no learning_rate; that is for gradient-descent, momentum, nesterov, rmsprop, adam, online-l-bfgs
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from ..arguments import chosen, meant
from .adaptation import RProp
from .base import Optimizer
from .first_order import Adam, GradientDescent, Momentum, RMSProp
from .quasi_newton import OnlineLBFGS
from .scipy_methods import SciPy


class Named(NamedTuple):
    """How an optimiser is made, with its own defaults for the settings that it `takes`.

    `batch_size` is one of them, of the training: without it the optimiser needs all examples at once.
    """

    make: Callable[..., Optimizer]
    takes: tuple[str, ...] = ("learning_rate", "batch_size")


OPTIMIZERS = {
    "gradient-descent": Named(GradientDescent),
    "momentum": Named(Momentum, ("learning_rate", "momentum", "batch_size")),
    "nesterov": Named(partial(Momentum, nesterov=True), ("learning_rate", "momentum", "batch_size")),
    "rmsprop": Named(RMSProp),
    "adam": Named(Adam),
    "rprop": Named(RProp, ()),
    "online-l-bfgs": Named(OnlineLBFGS),
    "l-bfgs": Named(partial(SciPy, "L-BFGS-B"), ()),
    "cg": Named(partial(SciPy, "CG"), ()),
    "newton-cg": Named(partial(SciPy, "Newton-CG"), ()),
}


def named(name: str, **settings: Any) -> Optimizer:
    """A new optimiser of that name with these settings, and its own defaults for those that are not given.

    Raises
    ------
    ValueError
        If there is none of that name, or it does not take one of the settings.
    """
    check_settings(name, settings)
    return OPTIMIZERS[name].make(**settings)


def check_settings(name: str, settings: Any) -> None:
    """Refuse a name that is none, and settings that the optimiser of that name does not take."""
    takes = chosen(name, OPTIMIZERS, "optimizer").takes
    for setting in settings:
        if setting not in takes:
            if guess := meant(setting, takes):
                raise ValueError(f"{name} takes no {setting}; did you mean {guess}?")
            why = ": it needs all examples at once" if setting == "batch_size" else ""
            takers = ", ".join(other for other, choice in OPTIMIZERS.items() if setting in choice.takes)
            raise ValueError(f"{name} takes no {setting}{why}; that is for {takers}")
