"""Random weights break the symmetry: neurons that start equal stay equal.

An initializer draws one weight: `initializer(rng, fan_in, fan_out) -> float`, with fan_in inputs and fan_out neurons in
the layer. Biases start at zero. The standard deviations are chosen so that activations (LeCun, He) or a compromise of
activations and δ (Glorot) keep their size from layer to layer.

>>> rng = random.Random(0)
>>> weights = [he(rng, 50, 10) for _ in range(5000)]
>>> round((sum(w * w for w in weights) / 5000) ** 0.5, 2), (2 / 50) ** 0.5
(0.2, 0.2)
"""

import random
from collections.abc import Callable
from math import sqrt
from typing import Any

Initializer = Callable[[random.Random, int, int], float]
Init = str | Initializer  # a name or the function itself


def zeros(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """0: all neurons of a layer stay equal for ever."""
    return 0.0


def constant(value: float) -> Initializer:
    """The same number everywhere, with the same defect as zeros: `initializer=constant(0.5)`."""
    return lambda rng, fan_in, fan_out: value


def lecun_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Uniform with variance 1/fan_in (LeCun, Bottou, Orr & Müller 1998, Efficient BackProp)."""
    return rng.uniform(-1.0, 1.0) * sqrt(3.0 / fan_in)


def lecun_normal(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Normal with variance 1/fan_in (LeCun, Bottou, Orr & Müller 1998, Efficient BackProp)."""
    return rng.gauss(0.0, sqrt(1.0 / fan_in))


def glorot_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Uniform on ±√(6/(fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16)."""
    return rng.uniform(-1.0, 1.0) * sqrt(6.0 / (fan_in + fan_out))


def glorot_normal(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Normal with variance 2/(fan_in + fan_out) (Glorot & Bengio 2010, eq. 12)."""
    return rng.gauss(0.0, sqrt(2.0 / (fan_in + fan_out)))


def he_uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Uniform with variance 2/fan_in, for relu and its kin (He, Zhang, Ren & Sun 2015)."""
    return rng.uniform(-1.0, 1.0) * sqrt(6.0 / fan_in)


def he(rng: random.Random, fan_in: int, fan_out: int) -> float:
    """Normal with variance 2/fan_in, for relu and its kin (He, Zhang, Ren & Sun 2015, eq. 10)."""
    return rng.gauss(0.0, sqrt(2.0 / fan_in))


_ALL: list[Any] = [zeros, lecun_uniform, lecun_normal, glorot_uniform, glorot_normal, he_uniform, he]
INITIALIZERS: dict[str, Initializer] = {f.__name__: f for f in _ALL} | {"lecun": lecun_normal, "he_normal": he}


def find(initializer: Init) -> Initializer:
    """The initializer of that name; a function is returned as it is."""
    if callable(initializer):
        return initializer
    if initializer not in INITIALIZERS:
        raise ValueError(
            f"unknown initializer {initializer!r}; there are {', '.join(INITIALIZERS)} and constant(value)"
        )
    return INITIALIZERS[initializer]
