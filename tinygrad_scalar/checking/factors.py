"""What a wrong gradient of any function looks like: which entries differ, by what factor, and what that suggests.

>>> right = np.array([1.0, -2.0, 0.0])
>>> print(suspicion(-right, right, right, 1e-10, (3,)))
all entries are -1 times what they should be: the sign is turned, as in y − a for a − y?
>>> print(suspicion(right + [0.0, 4.0, 0.0], right, right, 1e-10, (3,)))
1 entry of 3, gradient[1], is -1 times what it should be: the sign is turned, as in y − a for a − y?
"""

import numpy as np

from ..arrays import Array, Integers

CANCELLED = 1e-14  # exact numbers may differ by this much of the largest of them, where terms cancel
IN_SINGLE = 1e-5  # what numbers of float32 may be off by after some sums
SHOWN = 3  # places that are named
SUGGESTIONS = {
    2.0: "a ½ is forgotten, or something is added up twice?",
    0.5: "the 2 of a square is forgotten, or there is a ½ too many?",
    -1.0: "the sign is turned, as in y − a for a − y?",
    -2.0: "the sign is turned, and a ½ forgotten?",
    -0.5: "the sign is turned, and the 2 of a square forgotten?",
    0.0: "never written, or overwritten?",
}


def suspicion(given: Array, right: Array, x: Array, tolerance: float, shape: tuple[int, ...]) -> str:
    """Which entries of a flat gradient are wrong, and what explains them all; `right` is nan where it is not known."""
    known = np.isfinite(right)
    if not np.isfinite(given[known]).all():
        return f"{place(int(np.flatnonzero(known & ~np.isfinite(given))[0]), shape)} is not finite"
    floor = CANCELLED * np.abs(right[known]).max(initial=0.0)

    def wrong(found: Array) -> Integers:
        apart = np.abs(found - right) > tolerance * (np.abs(found) + np.abs(right)) + floor
        return np.flatnonzero(known & apart)

    k = wrong(given)
    if not k.size:
        return "no entry differs by more than rounding"
    if (given == given.astype(np.float32)).all() and (np.abs(given - right)[k] <= IN_SINGLE * np.abs(right[k])).all():
        return "it is right to single precision alone: compute it in float64"
    ratios = given[k] / right[k]
    r = float(np.median(ratios))
    if (np.abs(ratios - r) <= 4 * tolerance * max(abs(r), 1.0)).all():
        whole = np.setdiff1d(np.flatnonzero(known & (right != 0.0)), k).size == 0 and k.size > 1
        are, they = ("are", "they") if k.size > 1 else ("is", "it")
        where = "all entries" if whole else _places(k, shape, int(known.sum()))
        return f"{where} {are} {r:.6g} times what {they} should be{_suggestion(r, tolerance)}"
    where = _places(k, shape, int(known.sum()))
    if len(shape) == 2 and known.all() and not wrong(given.reshape(shape[::-1]).T.reshape(-1)).size:
        return "it is transposed, or laid out column by column"
    if known.all() and not wrong(given[np.argsort(given)][np.argsort(np.argsort(right))]).size:
        return f"the right numbers stand in another order: {where} differ"
    added = given - right
    size = float((added[known] @ x[known]) / (x[known] @ x[known]))
    if size and not wrong(given - size * x).size:
        return f"all entries are off by {size:.6g} x: a penalty ½ λ ‖x‖² that f does not have, or has and they do not?"
    where += " differ" if k.size > 1 else " differs"
    return f"{where}, by no single factor: {', '.join(f'{ratio:.4g}' for ratio in ratios[:SHOWN])}{_more(k)}"


def place(k: int, shape: tuple[int, ...]) -> str:
    """gradient[2], gradient[0, 1]: entry k as code has it."""
    return f"gradient{[int(i) for i in np.unravel_index(k, shape)]}"


def _places(k: Integers, shape: tuple[int, ...], n: int) -> str:
    named = ", ".join(place(int(i), shape) for i in k[:SHOWN])
    return f"{k.size} {'entry' if k.size == 1 else 'entries'} of {n}, {named}{_more(k)},"


def _more(k: Integers) -> str:
    return ", …" if k.size > SHOWN else ""


def _suggestion(r: float, tolerance: float) -> str:
    for factor, words in SUGGESTIONS.items():
        if abs(r - factor) <= 4 * tolerance:
            return f": {words}"
    for n, words in ((r, "a sum over {} in place of a mean?"), (1.0 / r, "a mean over {} in place of a sum?")):
        if 2.5 < n < 1e6 and abs(n - round(n)) <= 4 * tolerance * n:
            return f": {words.format(round(n))}"
    return ""
