"""What is known of each loss beyond its value: one row a loss, read by all who treat losses differently.

Of a loss of one's own nothing is known (an empty `Facts()`), and nothing but its value is asked. To let the rest of the
package know more, give `FACTS` a row under the function's name.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class Facts(NamedTuple):
    """Which targets a loss is made for, which output it belongs to, and what its formula allows."""

    targets: str = ""  # "numbers", "probabilities" (each output its own), "distributions" (Σ y = 1) or "signs" (−1, 1)
    output: str = ""  # the activation that it belongs to: there it has a form `of_z`, and δ^L is a − y
    analytic: bool = False  # whether its formula holds for complex numbers too
    squares: float = 0.0  # c, if ℒ = ½ c ‖a − y‖²
    kink: Callable[[Any, Any], Any] | None = None  # of (y, a), entry by entry: what is 0 where ℒ has a kink

    @property
    def proper(self) -> bool:
        """Whether its mean is least where the outputs are the true probabilities, so that they may be read as such."""
        return bool(self.output or self.squares)


# fmt: off
FACTS = {
    "half_squared_error":   Facts("numbers",       "",         analytic=True, squares=1.0),
    "squared_error":        Facts("numbers",       "",         analytic=True, squares=2.0),
    "absolute_error":       Facts("numbers",       "",         kink=lambda y, a: a - y),
    "huber":                Facts("numbers",       "",         kink=lambda y, a: abs(a - y) - 1.0),
    "binary_cross_entropy": Facts("probabilities", "logistic", analytic=True),
    "cross_entropy":        Facts("distributions", "softmax",  analytic=True),
    "max_margin":           Facts("signs",         "",         kink=lambda y, a: 1.0 - y * a),
}
# fmt: on
