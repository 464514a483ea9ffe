"""Examples in rows: data sets, CSV files, and what is done to numbers before a network sees them."""

from .encoding import Encoding
from .preparation import (
    Standardisation,
    balanced_weights,
    class_numbers,
    named_classes,
    one_hot,
    random_split,
    stratified_split,
)
from .sets import DATA_SETS, DataSet, breast_cancer, diabetes, digits, iris, moons, wine

__all__ = [
    "DATA_SETS",
    "DataSet",
    "Encoding",
    "Standardisation",
    "balanced_weights",
    "breast_cancer",
    "class_numbers",
    "diabetes",
    "digits",
    "iris",
    "moons",
    "named_classes",
    "one_hot",
    "random_split",
    "stratified_split",
    "wine",
]
