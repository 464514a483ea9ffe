"""How well the default training does, beside scikit-learn on the same splits: `python -m tests.benchmarks.bars`.

Five splits of 75 to 25, stratified, with the seeds 0 to 4 (`python -m tests.benchmarks.bars 40` takes 40, 0 to 39); both sides get the same numbers, standardised by the training rows.
scikit-learn's networks have its default settings (for the digits 30 hidden units, so that both are of one size) and
train until they converge. ± is the standard error of a mean over the splits.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_scalar.data import DATA_SETS
from tinygrad_scalar.training.lessons import Lesson, learn, prepare

BARS = {"digits": 0.97, "iris": 0.95, "wine": 0.98, "breast-cancer": 0.975, "diabetes": None}


def rivals(name: str, seed: int) -> dict[str, Any]:
    """scikit-learn's estimators for a data set."""
    from sklearn.linear_model import RidgeCV  # here and not above: its many objects would shift the engine's timings
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    if name == "diabetes":
        return {
            "MLPRegressor": MLPRegressor(max_iter=10_000, random_state=seed),
            "Ridge": RidgeCV(np.logspace(-2, 3, 20)),
        }
    hidden = (30,) if name == "digits" else (100,)
    return {f"MLPClassifier{hidden}": MLPClassifier(hidden, max_iter=10_000, random_state=seed)}


def score(lesson: Lesson, estimator: Any) -> float:
    """The accuracy, or R², of an estimator on the lesson's own rows."""
    X, y = lesson.X, lesson.data.targets if lesson.data.classes else lesson.Y[:, 0]  # R² is the same in all units
    estimator.fit(X[lesson.rows], y[lesson.rows])
    if hasattr(estimator, "n_iter_"):
        assert estimator.n_iter_ < estimator.max_iter, "scikit-learn's network has not converged"
    return float(estimator.score(X[lesson.held_out], y[lesson.held_out]))


@dataclass(frozen=True)
class Row:
    """Scores of both sides on the same splits."""

    name: str
    rival: str
    ours: list[float]
    theirs: list[float]

    @property
    def within(self) -> bool:
        """Whether our mean is at most one standard error (of theirs) below theirs, or above it."""
        return float(np.mean(self.ours)) >= np.mean(self.theirs) - standard_error(self.theirs)

    @property
    def reached(self) -> bool:
        """Whether our mean reaches the bar, if there is one."""
        bar = BARS[self.name]
        return bar is None or float(np.mean(self.ours)) >= bar

    def __str__(self) -> str:
        bar = BARS[self.name]
        difference = np.mean(self.ours) - np.mean(self.theirs)
        return (
            f"{self.name:14}{_mean(self.ours):18}{'' if bar is None else f'{bar:.3f}':8}{_mean(self.theirs):18}"
            f"{self.rival:22}{difference:+.4f}  {'yes' if self.within else 'NO'}"
        )


def standard_error(scores: Sequence[float]) -> float:
    """Of their mean."""
    return float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 0.0


def _mean(scores: Sequence[float]) -> str:
    return f"{np.mean(scores):.4f} ± {standard_error(scores):.4f}"


def measure(name: str, seeds: Sequence[int] = range(5)) -> list[Row]:
    """Train both sides on each split."""
    ours, theirs = [], {rival: [] for rival in rivals(name, 0)}  # type: dict[str, list[float]]
    for seed in seeds:
        lesson = prepare(DATA_SETS[name](), rng=seed)
        learn(lesson, progress=False)
        ours.append(lesson.score())
        for rival, estimator in rivals(name, seed).items():
            theirs[rival].append(score(lesson, estimator))
    return [Row(name, rival, ours, scores) for rival, scores in theirs.items()]


def main(n: int = 5) -> int:
    """Print the table for n splits; exit code 1 if a bar is missed."""
    print(f"{'':14}{'tinygrad_scalar':18}{'bar':8}{'scikit-learn':40}{'difference'}  within one standard error")
    rows = [row for name in BARS for row in measure(name, range(n))]
    print(*rows, sep="\n")
    return int(not all(row.reached and row.within for row in rows))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
