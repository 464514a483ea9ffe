"""Training: the loop, what it remembers, what a network is worth afterwards, and how it is kept."""

from .checkpoints import Checkpoint
from .divergence import DivergenceError
from .fit import fit, predict
from .history import History, accuracy
from .lessons import Lesson, Recipe, learn, prepare
from .measures import confusion_matrix, r_squared, recalls, root_mean_squared_error
from .models import Model, load, save
from .races import Race

__all__ = [
    "Checkpoint",
    "DivergenceError",
    "History",
    "Lesson",
    "Model",
    "Race",
    "Recipe",
    "accuracy",
    "confusion_matrix",
    "fit",
    "learn",
    "load",
    "predict",
    "prepare",
    "r_squared",
    "recalls",
    "root_mean_squared_error",
    "save",
]
