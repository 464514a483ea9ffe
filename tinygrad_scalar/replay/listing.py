"""A schedule in words: which nodes became a matrix product, and what is computed with what, line by line."""

import numpy as np

from ..arrays import Integers
from ..ops import OPS
from .recording import COMPARISONS
from .schedule import Group, Product, RowProduct, Schedule, Section, Step

LINES = 200  # of a section that are printed


def listing(plan: Schedule) -> str:
    """The program, as text that a learner can read.

    W and b are the weights and biases of a product, Z its rows, A what an operation with one operand makes of Z;
    V numbers all other rows, C all other columns. θ[a:b] counts from 0, as code does; M is the number of examples.
    """
    n, p = plan.n_inputs, plan.n_parameters
    columns, names = _names(plan.columns, "C"), _names(plan.rows, "V")
    lines = [f"{n} input{'s' * (n != 1)} X, {p} parameter{'s' * (p != 1)} θ, M examples in columns"]
    if plan.columns.steps:
        lines.append("once for each θ:")
        lines += _section(plan, plan.columns, columns, columns)
    if plan.rows.steps:
        lines.append("for each batch:")
        lines += _section(plan, plan.rows, names, columns)
    terms = [] if plan.result is None else [f"mean of {_rows(np.array([plan.result]), plan.rows, names)}"]
    terms += [_columns(np.array([i]), plan, columns) for i in plan.result_columns]
    lines.append(f"E = {' + '.join(terms)}")
    lines.append("backward, the steps in reverse order; of a product Z = W @ A + b: dW = Δ @ A.T, and W.T @ Δ to A")
    return "\n".join(lines)


def _names(section: Section, letter: str) -> list[str]:
    """A name for each step; A is called as the Z it is made of."""
    names: list[str] = []
    products = others = 0
    made_of: dict[tuple[int, int], int] = {}
    for step in section.steps:
        source = None
        if isinstance(step, Group) and step.classes == "r":
            source = made_of.get((int(step.operands[0, 0]), int(step.operands[-1, 0]) + 1))
        if isinstance(step, Product):
            products += 1
            made_of[step.start, step.stop] = products
            names.append(f"Z{products}")
        elif source and f"A{source}" not in names:
            names.append(f"A{source}")
        else:
            others += 1
            names.append(f"{letter}{others}")
    return names


def _section(plan: Schedule, section: Section, names: list[str], columns: list[str]) -> list[str]:
    lines = []
    for step, name in zip(section.steps[:LINES], names, strict=False):
        size = step.stop - step.start
        width = "×M" if section is plan.rows else ""
        if isinstance(step, Product):
            lines.append(_product(step, name, plan, names, columns))
            continue
        if isinstance(step, RowProduct):
            lines.append(_row_product(step, name, plan, names))
            continue
        if isinstance(step, Group):
            rows = step.operands.ravel()
            if len(step.classes) > 3 and set(step.classes) == {"r"} and section is plan.rows:
                what = f"{step.op}({_rows(rows, section, names)}), {len(step.classes)} each"
            else:
                what = f"{step.op}({', '.join(_operands(step, plan, section, names, columns))})"
        else:
            what = f"a strand of {len(step.ops)} nodes, a few a level"
        lines.append(f"  {f'{name} = {what}':<40} {f'{size}{width}':<16} from {size} {_symbol(step)}")
    if len(section.steps) > LINES:
        lines.append(f"  … and {len(section.steps) - LINES} more steps")
    return lines


def _operands(step: Group, plan: Schedule, section: Section, names: list[str], columns: list[str]) -> list[str]:
    found = []
    for i, letter in enumerate(step.classes):
        places = step.operands[:, i]
        in_rows = letter == "r" and section is plan.rows
        found.append(_rows(places, section, names) if in_rows else _columns(places, plan, columns))
    return found if len(found) < 4 else [found[0], "…", found[-1]]


def _symbol(step: Step) -> str:
    if not isinstance(step, Group):
        return "nodes"
    return COMPARISONS[step.op][0] if step.op in COMPARISONS else OPS[step.op].symbol


def _product(step: Product, name: str, plan: Schedule, names: list[str], columns: list[str]) -> str:
    P, r, k = step.weights.shape
    k -= step.biased
    number = name[1:]
    n = step.positions
    A = _rows(step.rows(step.biased), plan.rows, names)
    formula = f"{name} = W{number} @ {A}" + (f" + b{number}" if step.biased else "")
    shape = f"{f'{P} of ' if P > 1 else ''}{r}×{k} · {k}×{'M' if n == 1 else f'({n}·M)'}"
    W = _columns(step.weights[:, :, step.biased :].ravel(), plan, columns)
    where = f"W{number} = {W}" + (
        f", b{number} = {_columns(step.weights[:, :, 0].ravel(), plan, columns)}" if step.biased else ""
    )
    zeros = "" if step.exact else ", zeros filled in"
    shared = f"; one W for {n} positions" if n > 1 else ""
    return f"  {formula:<40} {shape:<16} from {P * r * n} Σ and {step.factors} ×{zeros}; {where}{shared}"


def _row_product(step: RowProduct, name: str, plan: Schedule, names: list[str]) -> str:
    """A and B by the steps that they stand in, in whatever order."""
    (P, r, c), k = step.shape, step.left.shape[2]
    A, B = (_rows(np.setdiff1d(rows, list(plan.rows.pads)), plan.rows, names) for rows in (step.left, step.right))
    shape = f"{f'{P} of ' if P > 1 else ''}{r}×{k} · {k}×{c}, for each of M"
    zeros = "" if step.exact else ", zeros filled in"
    return f"  {f'{name} = {A} @ {B}':<40} {shape} from {len(step.entries)} Σ and {step.factors} ×{zeros}"


def _rows(rows: Integers, section: Section, names: list[str]) -> str:
    """Rows by the name of the step they stand in, or of the inputs: all of them in order, a part, or here and there."""
    blocks = [
        (1, section.leaves, "X"),
        *((s.start, s.stop, name) for s, name in zip(section.steps, names, strict=True)),
    ]
    for start, stop, name in blocks:
        if start <= rows.min() and rows.max() < stop:
            return _part(rows - start, stop - start, name)
    return "scattered rows"


def _part(places: Integers, size: int, name: str) -> str:
    first, last = int(places[0]), int(places[-1])
    if (places == first).all() and size > 1:
        return f"{name}[{first}]"
    if not np.array_equal(places, np.arange(first, last + 1)):
        return f"rows of {name}"
    return name if last - first + 1 == size else f"{name}[{first}:{last + 1}]"


def _columns(places: Integers, plan: Schedule, names: list[str]) -> str:
    p, leaves = plan.n_parameters, plan.columns.leaves
    if p <= places.min() and places.max() < leaves:
        numbers = np.unique(plan.constants[places - p])
        return f"{numbers[0]:g}" if len(numbers) == 1 else "constants"
    blocks = [(0, p, "θ"), *((s.start, s.stop, name) for s, name in zip(plan.columns.steps, names, strict=True))]
    for start, stop, name in blocks:
        if start <= places.min() and places.max() < stop:
            return _part(places - start, stop - start, name)
    return "scattered columns"
