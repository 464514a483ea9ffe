"""Examples in rows: data sets, CSV files, and what is done to numbers before a network sees them."""

from .sets import (
    DATA_SETS,
    DataSet,
    Standardisation,
    balanced_weights,
    breast_cancer,
    class_numbers,
    diabetes,
    digits,
    iris,
    moons,
    one_hot,
    random_split,
    stratified_split,
    wine,
)

__all__ = [
    "DATA_SETS",
    "DataSet",
    "Standardisation",
    "balanced_weights",
    "breast_cancer",
    "class_numbers",
    "diabetes",
    "digits",
    "iris",
    "moons",
    "one_hot",
    "random_split",
    "stratified_split",
    "wine",
]
