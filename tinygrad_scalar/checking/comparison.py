"""Gradients side by side: what each witness said, how far it is from the reference, and what that means.

>>> entry = Entry(2, "w_{1,4}^{(2)}", "W[2][0, 3]", 6.0, 5.2, 0.8)
>>> print(entry)
w_{1,4}^{(2)} = W[2][0, 3]
"""

import html
from dataclasses import dataclass, field

import numpy as np

from ..arrays import Array, Integers
from ..matrix import MatrixMLP

PROBABLY_FINE = 1e-5  # central differences further off than this are doubtful
EXACT = 1e-10  # exact routes in float64 agree to this, relative to the size of the terms


def judge(error: float) -> str:
    """What a relative error of central differences means.

    >>> [judge(error) for error in (1e-9, 1e-6, 1e-4, 1e-2)]
    ['excellent', 'probably fine', 'suspicious', 'a bug']
    """
    verdicts = ((1e-7, "excellent"), (PROBABLY_FINE, "probably fine"), (1e-3, "suspicious"))
    return next((verdict for limit, verdict in verdicts if error < limit), "a bug")


@dataclass(frozen=True)
class Entry:
    """One entry of the gradient on which two routes were compared."""

    layer: int
    name: str  # as the text writes it: w_{1,4}^{(2)}
    index: str  # as code writes it: W[2][0, 3]
    reference: float
    candidate: float
    error: float

    def __str__(self) -> str:
        return f"{self.name} = {self.index}"

    def numbers(self, reference: str, candidate: str) -> str:
        """Both numbers, and their ratio."""
        quotient = self.candidate / self.reference if self.reference else float("nan")
        ratio = "" if quotient != quotient else f" (ratio {quotient:.4g})"
        return f"{reference} {self.reference:.6g}, {candidate} {self.candidate:.6g}{ratio}"


def entries(network: MatrixMLP) -> list[tuple[int, str, str]]:
    """Layer, name and index of each entry of θ."""
    names = []
    for l in range(1, network.L + 1):
        if l not in network.frozen:
            rows, columns = network.W[l].shape
            for i in range(rows):
                names += [(l, f"w_{{{i + 1},{j + 1}}}^{{({l})}}", f"W[{l}][{i}, {j}]") for j in range(columns)]
            names += [(l, f"b_{{{i + 1}}}^{{({l})}}", f"b[{l}][{i}]") for i in range(rows)]
    return names if network.tied is None else [names[k] for k in network.first]


def layer_of_entries(network: MatrixMLP) -> Integers:
    """The layer of each entry of θ."""
    return np.array([layer for layer, _, _ in entries(network)], dtype=np.intp)


def worst_entry(network: MatrixMLP, reference: Array, candidate: Array, error: Array) -> Entry | None:
    """The entry with the largest error that is not nan, if there is one."""
    if np.isnan(error).all():
        return None
    k = int(np.nanargmax(error))
    return Entry(*entries(network)[k], float(reference[k]), float(candidate[k]), float(error[k]))


@dataclass(eq=False, repr=False)
class Witness:
    """What one route says, measured against the reference route.

    `errors` has the largest relative error of each layer, from ℓ = 1: nan where no entry of the layer could be judged,
    inf where a number was not finite. `E_error` is that of E, nan for a route that gives no E of its own. `refusal`
    says why a route could not be asked, `diagnosis` what its error looks like.
    """

    route: str
    gradient: Array | None
    errors: list[float]
    worst: Entry | None = None
    E_error: float = float("nan")
    kinks: int = 0
    too_small: int = 0
    unasked: int = 0  # entries of a large network that lie between two asked ones
    refusal: str = ""
    diagnosis: str = ""

    def __repr__(self) -> str:
        return f"Witness({self.route!r}, {self.verdict!r}, error={self.error:.1e})"

    @property
    def error(self) -> float:
        """The largest of all errors; nan if nothing was judged."""
        return float(np.fmax.reduce([self.E_error, *self.errors]))

    @property
    def verdict(self) -> str:
        """The judgement on the largest error."""
        if self.refusal:
            return "skipped"
        if np.isnan(self.error):
            return "not judged"
        if np.isinf(self.error):
            return "not finite"
        if self.route == "central":
            return judge(self.error)
        return "agrees" if self.error <= EXACT else "differs"

    @property
    def agrees(self) -> bool:
        """Whether the gradient was judged, and nothing speaks against it."""
        return self.verdict in ("agrees", "excellent", "probably fine")

    @property
    def silent(self) -> bool:
        """Whether it could say nothing at all."""
        return self.verdict in ("not judged", "skipped")


@dataclass(eq=False, repr=False)
class Comparison:
    """The gradients of several routes side by side; print it, or ask `agree`, `errors`, `worst` and `verdict`."""

    reference: str
    witnesses: list[Witness]
    nodes: dict[str, list[float]] = field(default_factory=dict)  # "z" and "δ": scalar against matrix, by layer
    on_a_kink: int = 0  # examples left out: rounding puts them on different sides of a kink
    title: str = "largest relative error of E, and of the gradient by layer"
    needed: str = ""  # a route without whose answer nothing is proven
    heads: tuple[str, ...] = ()  # of the last columns of errors, if they are not E and the layers
    f_x: float = 0.0  # the value of a function that was checked: where it is not finite, there is no derivative

    def __repr__(self) -> str:
        if not self.agree:  # what an assertion shows when it fails
            return f"<Comparison: {self.verdict}>"
        return f"Comparison({self.reference!r}, {self.witnesses!r})"

    def __bool__(self) -> bool:
        """True if the gradients agree: `assert compare_gradients(…)`."""
        return self.agree

    @property
    def errors(self) -> dict[str, list[float]]:
        """By route the largest relative error of each layer, from ℓ = 1; also of "z" and "δ", if both were computed."""
        return {witness.route: witness.errors for witness in self.witnesses} | self.nodes

    @property
    def agree(self) -> bool:
        """Whether a witness agrees with the reference, and none that could judge speaks against it."""
        judged = [w for w in self.witnesses if not w.silent]
        if self._needed_is_silent or not np.isfinite(self.f_x):
            return False
        nodes = all(e <= EXACT for row in self.nodes.values() for e in row)
        return bool(judged) and all(w.agrees for w in judged) and nodes

    @property
    def _needed_is_silent(self) -> bool:
        return any(w.silent and w.route == self.needed for w in self.witnesses)

    @property
    def worst(self) -> Entry | None:
        """The worst entry of the first witness that disagrees, else of the one with the largest error."""
        return max(self.witnesses, key=lambda w: (not w.silent and not w.agrees, np.nan_to_num(w.error))).worst

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        if not np.isfinite(self.f_x):
            return f"f is {self.f_x} at x: it has no derivative there"
        silent = [w.route for w in self.witnesses if w.silent]
        if len(silent) == len(self.witnesses):
            return "nothing could be judged"
        against = [self._against(w) for w in self.witnesses if not w.agrees and not w.silent]
        if against:
            return "the gradients do not agree:" + (" " if len(against) == 1 else "\n- ") + "\n- ".join(against)
        if self._needed_is_silent:
            return f"all entries of {self.needed} are at a kink, or as small as rounding: nothing is proven here"
        apart = [name for name, row in self.nodes.items() if any(not e <= EXACT for e in row)]
        if apart:
            return f"the gradients agree, but not {' and '.join(apart)} of every neuron"
        agreeing = [self.reference, *(w.route for w in self.witnesses if not w.silent)]
        said = f"{', '.join(agreeing)} agree"
        for verdict, words in (("not judged", "could not judge"), ("skipped", "skipped")):
            if routes := [w.route for w in self.witnesses if w.verdict == verdict]:
                said += f"; {', '.join(routes)} {words}"
        return said

    def _against(self, witness: Witness) -> str:
        said, entry = f"{witness.route} {witness.verdict}", witness.worst
        if witness.E_error > EXACT:
            said += ", already in E"
        elif entry is not None:
            said += f" at {entry}: {entry.numbers(self.reference, witness.route)}"
        return f"{said}; {witness.diagnosis}" if witness.diagnosis else said

    def rows(self) -> list[list[str]]:
        """The table, headings first: a line per witness with the error of E, of each layer, and the verdict."""
        lines = [(f"{w.route} : {self.reference}", [w.E_error, *w.errors], w.verdict) for w in self.witnesses]
        for name, row in self.nodes.items():
            agrees = all(e <= EXACT for e in row)
            lines.append((f"{name} scalar : matrix", [float("nan"), *row], "agrees" if agrees else "differs"))
        heads = self.heads or ("E", *(f"layer {l}" for l in range(1, len(lines[0][1]))))
        cells = [["–" if np.isnan(e) else f"{e:.1e}" for e in errors[-len(heads) :]] for _, errors, _ in lines]
        rows = [[name, *row, said] for (name, _, said), row in zip(lines, cells, strict=True)]
        return [["", *heads, ""], *rows]

    def notes(self) -> list[str]:
        """What was skipped or set apart, and why."""
        notes = [f"{w.route} skipped: {w.refusal}" for w in self.witnesses if w.refusal]
        notes += [
            f"{w.route}: set apart {w.kinks} entries at a kink and {w.too_small} too small to resolve"
            for w in self.witnesses
            if w.kinks or w.too_small
        ]
        notes += [f"{w.route}: asked for every {w.unasked + 1}-th entry alone" for w in self.witnesses if w.unasked]
        if self.on_a_kink:
            notes.append(f"left out {self.on_a_kink} examples that lie on a kink to within rounding")
        return notes

    def __str__(self) -> str:
        rows = self.rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([self.title, lines[0], "─" * len(lines[0]), *lines[1:], *self.notes(), self.verdict])

    def markdown(self) -> str:
        """The same table in Markdown."""
        head, *rows = (f"| {' | '.join(row)} |" for row in self.rows())
        rule = f"|{'---:|' * len(self.rows()[0])}"
        return "\n\n".join(
            [f"{self.title}:", "\n".join([head, rule, *rows]), *map(_plain, [*self.notes(), self.verdict])]
        )

    def _repr_html_(self) -> str:
        head, *rows = self.rows()
        cell = '<td style="text-align: right">{}</td>'
        body = "".join(f"<tr>{''.join(cell.format(html.escape(c)) for c in row)}</tr>" for row in rows)
        heads = "".join(f'<th style="text-align: right">{html.escape(c)}</th>' for c in head)
        notes = "".join(f"<br><small>{html.escape(note)}</small>" for note in self.notes())
        return (
            f"<table><caption>{self.title}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>{'✓' if self.agree else '✗'} <strong>{html.escape(self.verdict)}</strong>{notes}</p>"
        )


def _plain(text: str) -> str:
    """Text whose underscores, stars and the like Markdown leaves alone."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>|" else character for character in text)
