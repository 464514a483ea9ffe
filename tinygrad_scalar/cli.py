"""The command line: train a scalar network on real data, and check that its gradients are right."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .checking import compare_gradients
from .data import DATA_SETS, Standardisation, confusion_matrix, one_hot, stratified_split
from .initializers import random_source
from .losses import LOSSES
from .matrix import MatrixMLP
from .nn import ACTIVATIONS, MLP
from .objective import ROUTES
from .optimizers import Momentum
from .training import DivergenceError, History, accuracy, fit, predict

EPOCHS = {"digits": 40, "moons": 100}  # by default; the scalar route takes seconds where the others take milliseconds
SIGMAS = f"of the hidden layers: {', '.join(ACTIVATIONS)}"
NAMES = f"one of {', '.join(sorted(LOSSES))}"
FAREWELL = "exit codes: 0 all is well; 1 the gradients do not agree, or training diverged; 2 the command can't be done"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except DivergenceError as error:
        print(f"tinygrad-scalar: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError, ImportError) as error:
        print(f"tinygrad-scalar: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tinygrad-scalar: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tinygrad-scalar", description=__doc__, epilog=FAREWELL)
    parser.add_argument("--version", action="version", version=f"tinygrad_scalar {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train",
        help="train a network on a data set",
        description="Build a network from scalar operations, show that its scalar and its matrix gradient agree on "
        "real examples, train it, and test it on held-out examples. Loss curve, model and history go to a folder.",
        epilog=FAREWELL,
    )
    train.add_argument("data", choices=sorted(DATA_SETS), help="the data set")
    train.add_argument("--hidden", type=_sizes, default=[32], metavar="N,N,…", help="neurons in each hidden layer (32)")
    train.add_argument("--activation", choices=ACTIVATIONS, default="tanh", metavar="σ", help=f"{SIGMAS} (%(default)s)")
    train.add_argument(
        "--epochs", type=_count, metavar="N", help="how often each example is seen (digits 40, moons 100)"
    )
    train.add_argument("--batch-size", type=_count, default=32, metavar="N", help="examples per step (%(default)s)")
    train.add_argument("--learning-rate", type=float, default=0.05, metavar="η", help="step size (%(default)s)")
    train.add_argument("--momentum", type=float, default=0.9, metavar="μ", help="share of the last step (%(default)s)")
    train.add_argument("--l2", type=float, default=1.0, metavar="λ", help="adds (λ/2M) Σ w² to E (%(default)s)")
    train.add_argument("--route", choices=ROUTES, default="matrix", help="what computes the gradients (%(default)s)")
    train.add_argument(
        "--seed", type=int, default=0, metavar="N", help="same seed, same numbers, to the bit (%(default)s)"
    )
    train.add_argument("--out", type=Path, metavar="FOLDER", help="where the files go (a new folder under runs/)")
    train.set_defaults(run=_train)

    check = commands.add_parser(
        "check",
        help="compare the gradients of all routes on a small network",
        description="Compute the gradient of a random network by scalars, by matrices and by central differences, "
        "and compare them entry by entry. The exit code says whether they agree.",
        epilog=FAREWELL,
    )
    check.add_argument("--sizes", type=_sizes, default=[3, 5, 2], metavar="N,N,…", help="d_0, d_1, …, d_L (3,5,2)")
    check.add_argument("--activation", choices=ACTIVATIONS, default="tanh", metavar="σ", help=f"{SIGMAS} (%(default)s)")
    check.add_argument(
        "--output", choices=(*ACTIVATIONS, "softmax"), metavar="σ", help="of the output (what suits the loss)"
    )
    check.add_argument(
        "--loss", choices=sorted(LOSSES), default="cross_entropy", metavar="ℒ", help=f"{NAMES} (%(default)s)"
    )
    check.add_argument("--examples", type=_count, default=5, metavar="N", help="how many random examples (%(default)s)")
    check.add_argument("--seed", type=int, default=0, metavar="N", help="decides weights and examples (%(default)s)")
    check.set_defaults(run=_check)
    return parser


def _sizes(text: str) -> list[int]:
    return [_count(part) for part in text.split(",")]


def _count(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _train(arguments: argparse.Namespace) -> int:
    from .drawing import draw_curves
    from .models import Model, save

    rng = random_source(arguments.seed)
    data = DATA_SETS[arguments.data]()
    rows, held_out = stratified_split(data.labels, 0.25, rng=rng)
    standardisation = Standardisation.of(data.X[rows])
    X, Y, loss = standardisation(data.X), one_hot(data.labels, len(data.classes)), "cross_entropy"
    mlp = MLP(X.shape[1], [*arguments.hidden, len(data.classes)], arguments.activation, "softmax", rng=rng)
    n_nodes = sum(2 * i * o + 3 * o for i, o in zip(mlp.sizes, mlp.sizes[1:], strict=False))
    print(f"{data.name}: {len(rows)} examples to train on, {len(held_out)} held out, {len(data.classes)} classes")
    print(f"{mlp}: {len(mlp.parameters())} parameters, a graph of about {n_nodes} scalar nodes per example\n")

    comparison = compare_gradients(mlp, X[rows[:20]], Y[rows[:20]], loss, ("scalar", "matrix"), l2=arguments.l2)
    print(f"on {min(20, len(rows))} real examples: {comparison}\n")
    if not comparison.agree:
        return 1

    start, epochs = time.perf_counter(), arguments.epochs or EPOCHS[data.name]
    history = fit(
        mlp,
        X[rows],
        Y[rows],
        loss=loss,
        optimizer=Momentum(arguments.learning_rate, arguments.momentum),
        epochs=epochs,
        batch_size=arguments.batch_size,
        route=arguments.route,
        l2=arguments.l2,
        progress=True if sys.stderr.isatty() else _plain(epochs),
        rng=rng,
    )
    seconds = time.perf_counter() - start
    outputs = predict(mlp, X[held_out])
    share = accuracy(outputs, Y[held_out], loss)
    counts = confusion_matrix(data.labels[held_out], outputs.argmax(axis=1), len(data.classes))
    print(f"trained by the {arguments.route} route in {seconds:.1f} s: E {history.E[0]:.4f} → {history.E[-1]:.4f}")
    print(f"held-out accuracy {share:.4f}\n\n{_table(counts, data.classes)}\n")

    folder = _folder(arguments.out, data.name)
    draw_curves(history, folder / "loss.svg", title=f"{data.name}, {len(mlp.parameters())} parameters")
    history.save(folder / "history.csv")
    save(folder / "model.npz", Model(MatrixMLP.from_scalar(mlp), standardisation, data.classes, loss))
    print(f"wrote loss.svg, history.csv and model.npz to {folder}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    rng = random_source(arguments.seed)
    suits = {"cross_entropy": "softmax", "binary_cross_entropy": "logistic"}
    output = arguments.output or suits.get(arguments.loss, "identity")
    if len(arguments.sizes) < 2:
        raise ValueError("--sizes takes two numbers at least: the inputs and the outputs")
    d, *sizes = arguments.sizes
    mlp = MLP(d, sizes, arguments.activation, output, rng=rng)
    X = np.array([[rng.gauss(0.0, 1.0) for _ in range(d)] for _ in range(arguments.examples)])
    classes = np.array([rng.randrange(max(sizes[-1], 2)) for _ in range(arguments.examples)])
    Y = one_hot(classes, sizes[-1]) if sizes[-1] > 1 else classes[:, None].astype(float)
    if arguments.loss == "max_margin":
        Y = 2.0 * Y - 1.0
    print(f"{mlp}, {arguments.loss}, {arguments.examples} random examples\n")
    comparison = compare_gradients(mlp, X, Y, arguments.loss)
    print(comparison)
    return 0 if comparison.agree else 1


def _plain(epochs: int) -> Any:
    """A line for every tenth of the epochs: what a progress bar is in a pipe."""

    def report(history: History) -> None:
        if len(history) % max(epochs // 10, 1) == 0:
            print(
                f"epoch {len(history):4}/{epochs}  E {history.E[-1]:.4f}  accuracy {history.accuracy[-1]:.4f}",
                flush=True,
            )

    return report


def _table(counts: Any, classes: Sequence[str]) -> str:
    """The confusion matrix as text; a dot is a zero."""
    width = max(5, *(len(name) + 1 for name in classes))
    lines = ["true \\ predicted".rjust(16) + "".join(name.rjust(width) for name in classes)]
    for name, row in zip(classes, counts.tolist(), strict=True):
        lines.append(name.rjust(16) + "".join((str(n) if n else "·").rjust(width) for n in row))
    return "\n".join(lines)


def _folder(out: Path | None, name: str) -> Path:
    """The folder asked for, or a new one under runs/."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        return out
    Path("runs").mkdir(exist_ok=True)
    for k in range(1, 10_000):
        folder = Path("runs") / f"{name}-{k:03}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise ValueError("runs/ is full; name a folder with --out")
