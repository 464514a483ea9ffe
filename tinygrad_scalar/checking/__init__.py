"""Are two gradients the same? If not, which slip is it?"""

from .compare import ROUTES, compare_gradients, errors_by_step
from .comparison import EXACT, Comparison, judge
from .diagnosis import Diagnosis, diagnose
from .functions import check_gradients
from .witnesses import central_differences

__all__ = [
    "EXACT",
    "ROUTES",
    "Comparison",
    "Diagnosis",
    "central_differences",
    "check_gradients",
    "compare_gradients",
    "diagnose",
    "errors_by_step",
    "judge",
]
