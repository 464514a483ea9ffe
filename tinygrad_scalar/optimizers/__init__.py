"""All optimisers: each takes E and its gradient at θ and says where to go next.

`optimizer.step(objective, theta) -> theta`, with `objective(theta) -> (E, gradient)`. A step returns a new array and
leaves θ as it is; it may call the objective as often as it needs. `optimizer.state` is what it remembers, to be looked
at, saved and set; `optimizer.reset()` makes it forget. `base` says how to write one of your own.

| | learns from | on batches |
|---|---|---|
| `GradientDescent`, `Momentum`, `RMSProp`, `Adam`, `AdamW` | the gradient | yes |
| `RProp` | its signs | no |
| `IDBD` | the gradient, and the diagonal of the Gauss–Newton matrix | yes |
| `OnlineLBFGS` | two gradients of the same batch | yes |
| `SciPy(method)` | the gradient; some methods H v, the Hessian or the residuals | no |
| `Newton` | the Hessian | large ones |
| `LevenbergMarquardt` | the residuals and their Jacobian | large ones |

`named("adam")` makes one by its name. `Clipped(optimizer, max_norm)` shortens gradients. A learning rate is a number or
a schedule t -> learning rate: `constant`, `step_decay`, `exponential`, `inverse_time`, `cosine`.

>>> import numpy as np
>>> def bowl(theta):
...     return 0.5 * (theta[0] ** 2 + 10 * theta[1] ** 2), np.array([theta[0], 10 * theta[1]])
>>> for optimizer in (GradientDescent(0.1), Momentum(0.1, 0.5), RProp(), OnlineLBFGS()):
...     theta = np.array([1.0, 1.0])
...     for _ in range(50):
...         theta = optimizer.step(bowl, theta)
...     print(type(optimizer).__name__, bowl(theta)[0] < 1e-4)
GradientDescent True
Momentum True
RProp True
OnlineLBFGS True
"""

from ..arrays import Array
from .adaptation import IDBD, RProp
from .base import Optimizer, State
from .first_order import Adam, AdamW, Clipped, GradientDescent, Momentum, RMSProp
from .names import OPTIMIZERS, named
from .quasi_newton import OnlineLBFGS
from .schedules import Rate, Schedule, constant, cosine, exponential, inverse_time, step_decay
from .scipy_methods import SciPy
from .second_order import LevenbergMarquardt, Newton

__all__ = [
    "IDBD",
    "OPTIMIZERS",
    "Adam",
    "AdamW",
    "Array",
    "Clipped",
    "GradientDescent",
    "LevenbergMarquardt",
    "Momentum",
    "Newton",
    "OnlineLBFGS",
    "Optimizer",
    "RMSProp",
    "RProp",
    "Rate",
    "Schedule",
    "SciPy",
    "State",
    "constant",
    "cosine",
    "exponential",
    "inverse_time",
    "named",
    "step_decay",
]
