"""A training, told in words: how far it is, and how good the model is on the rows held out."""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arguments import counted
from ..training.history import History, told
from ..training.lessons import Lesson
from ..training.measures import confusion_matrix, recalls, root_mean_squared_error
from .terminal import say


def plain_progress(epochs: int) -> Callable[[History], None]:
    """A line for every tenth of the epochs: what a progress bar is in a pipe."""

    def report(history: History) -> None:
        if len(history) % max(epochs // 10, 1) == 0:
            share = f"  accuracy {history.accuracy[-1]:.4f}" if np.isfinite(history.accuracy[-1]) else ""
            say(f"epoch {len(history):4}/{epochs}  E {told(history.E[-1])}{share}")

    return report


def settings(lesson: Lesson) -> str:
    """The optimiser and its settings as they are used, and what E is."""
    recipe, M = lesson.recipe, len(lesson.rows)
    letters = {"learning_rate": "η", "momentum": "μ"}
    given = {letter: getattr(recipe, name) for name, letter in letters.items()}
    numbers = [f"{letter} = {f'{x:g}' if isinstance(x, float) else x}" for letter, x in given.items() if x]
    batch = f"batches of {recipe.batch_size}" if recipe.batch_size else f"all {counted(M, 'example')} at once"
    penalty = f" + (λ/2M) Σ w², λ = {recipe.l2:g}" if recipe.l2 else ", λ = 0"
    words = ", ".join([recipe.optimizer, *numbers, batch, counted(recipe.epochs, "epoch")])
    return f"{words}; E = the {'' if lesson.sample_weight is None else 'weighted '}mean {lesson.model.loss}{penalty}"


def verdict(lesson: Lesson) -> str:
    """How the model does on the examples held out."""
    data, answers = lesson.data, lesson.answers()
    targets = data.targets[lesson.held_out]
    if not data.classes:
        error = root_mean_squared_error(targets, answers)
        fit = "undefined for equal targets" if np.isnan(lesson.score()) else told(lesson.score())
        return f"held-out R² {fit}, root mean squared error {error:.4g} ({data.target})"
    lines = [f"held-out accuracy {lesson.score():.4f}"]
    counts, sizes = confusion_matrix(targets, answers, len(data.classes)), np.bincount(data.labels)
    if sizes.max() > 1.5 * sizes.min():
        found = recalls(counts)
        shares = few([f"{name} {share:.4f}" for name, share in zip(data.classes, found, strict=True)])
        lines.append(f"balanced accuracy {found.mean():.4f}, the mean over the classes of the share found: {shares}")
        if lesson.sample_weight is None:
            lines.append(f"the classes have {sizes.min()} to {sizes.max()} examples; --balance makes them count alike")
    if lesson.sample_weight is not None:
        lines.append(f"E and its gradient are means with sample weights, {span(lesson.sample_weight)}")
    return "\n".join(lines) + f"\n\n{table(counts, data.classes)}"


def table(counts: Any, classes: Sequence[str]) -> str:
    """A confusion matrix as text; a dot is a zero. Long names are cut, and more than 20 classes are too wide to print.

    >>> print(table(np.array([[3, 0], [1, 2]]), ["no", "yes"]))
    true \\ predicted   no  yes
                  no    3    ·
                 yes    1    2
    """
    if len(classes) > 20:
        return f"the confusion matrix of {len(classes)} classes is too wide to print"
    classes = [textwrap.shorten(name, 16, placeholder="…") for name in classes]
    width = max(5, *(len(name) + 1 for name in classes))
    lines = ["true \\ predicted".rjust(16) + "".join(name.rjust(width) for name in classes)]
    for name, row in zip(classes, counts.tolist(), strict=True):
        lines.append(name.rjust(16) + "".join((str(n) if n else "·").rjust(width) for n in row))
    return "\n".join(lines)


def few(names: Sequence[str], most: int = 12) -> str:
    """Names in a row; of many the first ones.

    >>> few(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def span(numbers: Any) -> str:
    """The smallest and the largest of some numbers."""
    return f"{numbers.min():g} to {numbers.max():g}"
