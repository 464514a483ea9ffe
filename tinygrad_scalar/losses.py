"""A loss ℒ(y, a) says how wrong one example is; E is its mean over the examples.

Each loss is written once, over a sequence of outputs: of Values, of floats, or of the rows of a matrix (one entry per
example; the result is then a row of losses). No loss divides by the number of outputs P. The two cross-entropies have a
page of their own, and a second form, `of_z(y, z)`, from the pre-activations, stable at any z; every route uses it when
the output activation is the one the loss belongs to (logistic, softmax).

**The ½, once.** The text's E has 1/M and no ½, its δ^L a ½ and no 1/M. Here `half_squared_error` is ½‖y*−a‖², with
δ^L = (a − y*) ⊗ σ′(z) as the text derives it, and `squared_error` is ‖y*−a‖², the text's E, with a δ^L twice as large.

**What a factor does.** E times c multiplies ∂E/∂W and the Hessian by c and leaves the minimum where it is; the same way
is walked with the step size η/c and the penalty cλ, and Newton's step does not change. δ is the derivative of one ℒ_m,
so it takes the factors within ℒ, not those of the sum over examples:

====================================  ================  ==========  =================
E                                     δ^L               c           step size
====================================  ================  ==========  =================
(1/M) Σ ½‖y*−a‖²: half_squared_error  (a − y*) ⊗ σ′     1           η
(1/M) Σ ‖y*−a‖²: squared_error        2 (a − y*) ⊗ σ′   2           η/2
Σ ½‖y*−a‖²: no mean over examples     (a − y*) ⊗ σ′     M           η/M
(1/M) Σ (1/P) ‖y*−a‖²: mean of P too  (2/P)(a−y*) ⊗ σ′  2/P         ηP/2
====================================  ================  ==========  =================

**To add a loss**, write a function of (y, a) like these and pass it wherever a loss is asked for; the scalar side
differentiates it as it stands. For the matrix side add its dℒ/da to `slopes.DLOSS`, under the function's name; what
else is known of a loss stands in `loss_facts`.

>>> half_squared_error([1.0, 0.0], [0.5, 0.5]), squared_error([1.0, 0.0], [0.5, 0.5])
(0.25, 0.5)
"""

from collections.abc import Callable, Sequence
from typing import Any

from .arguments import chosen
from .cross_entropies import binary_cross_entropy, cross_entropy, summed
from .loss_facts import FACTS, Facts

Loss = Callable[[Any, Any], Any]


def half_squared_error(y: Sequence[Any], a: Sequence[Any]) -> Any:
    """½‖y − a‖² for one example: the loss behind the text's δ^L (eq. cahinrule5)."""
    return 0.5 * squared_error(y, a)


def squared_error(y: Sequence[Any], a: Sequence[Any]) -> Any:
    """‖y − a‖² for one example: the text's E (eq. mse) is its mean."""
    return summed(lambda xp, y, a: xp.square(a - y), y, a)


def absolute_error(y: Sequence[Any], a: Sequence[Any]) -> Any:
    """Σ |a_i − y_i| for one example; where they are equal the derivative is 0."""
    return summed(lambda xp, y, a: xp.abs(a - y), y, a)


def huber(y: Sequence[Any], a: Sequence[Any]) -> Any:
    """Σ ½r² where |r| ≤ 1, |r| − ½ beyond, with r = a_i − y_i (Huber 1964)."""

    def one(xp: Any, y: Any, a: Any) -> Any:
        r = a - y
        return xp.where(xp.abs(r) > 1, xp.abs(r) - 0.5, 0.5 * xp.square(r))

    return summed(one, y, a)


def max_margin(y: Sequence[Any], a: Sequence[Any]) -> Any:
    """Σ max(0, 1 − y_i a_i) for one example, targets ±1: the hinge; at its kink the derivative is 0."""
    return summed(lambda xp, y, a: xp.relu(1.0 - y * a), y, a)


OF_Z = {(known, row.output) for known, row in FACTS.items() if row.output}  # where every route uses the second form

LOSSES: dict[str, Loss] = {
    f.__name__: f
    for f in (half_squared_error, squared_error, absolute_error, huber, binary_cross_entropy, cross_entropy, max_margin)
}


def find(loss: str | Loss) -> Loss:
    """The loss of that name; a function is returned as it is."""
    return loss if callable(loss) else chosen(loss, LOSSES, "loss")


def name(loss: Loss) -> str:
    """What a loss is known by; a function of one's own under the name of one of ours is not mistaken for it."""
    own = getattr(loss, "__name__", "") or repr(loss)
    return own if LOSSES.get(own, loss) is loss else f"another {own}"


def facts(loss: str | Loss) -> Facts:
    """What is known of a loss: its row, or an empty one for a function of one's own."""
    return FACTS.get(name(find(loss)), Facts())


def evaluate(loss: Loss, output: str, y: Sequence[Any], z: Sequence[Any], a: Sequence[Any]) -> Any:
    """ℒ of the output layer's z and a = σ(z), σ named by `output`: from z where the loss has that form, else from a."""
    if (name(loss), output) in OF_Z:
        return loss.of_z(y, z, a)  # type: ignore[attr-defined]
    return loss(y, a)
