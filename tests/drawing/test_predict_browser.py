"""The player asks for the next number, in a real browser: right ones in every notation, and each slip by its name."""

import math

import pytest
from selenium.webdriver.common.keys import Keys

from tests.helpers.browsers import Page, set_size
from tests.helpers.graphs import network
from tinygrad_scalar import MLP, Value, losses
from tinygrad_scalar.checking.factors import SUGGESTIONS
from tinygrad_scalar.checking.words import on_a_node
from tinygrad_scalar.drawing import play
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.drawing.text.numbers import number

SLIPS = on_a_node()


class Quiz(Page):
    """A player that asks."""

    def __init__(self, driver, path, E):
        super().__init__(driver, path)
        self.nodes = below(E)
        self.open(play(E)).find("#predict").click()

    def ask(self, node, of=None):
        """Go to where a node's value is asked, or, of the node that hands on, what it gives to `node`."""
        k, j = self.nodes.index(node), -1 if of is None else self.nodes.index(of)
        self.run(
            """const [k, j] = arguments;
            shown.go(shown.stepIn(j >= 0, j >= 0 ? j : k));
            shown.prediction.at = shown.prediction.questions.findIndex(({ node }) => node === k);
            shown.prediction.tries = 0;
            shown.show(shown.now);""",
            k,
            j,
        )
        return self

    def answer(self, x):
        """What the page says about a number, or about a text."""
        field = self.find("#answer")
        field.clear()
        field.send_keys((x if isinstance(x, str) else repr(x)) + Keys.ENTER)
        return self.find("#verdict").text

    @property
    def score(self):
        return self.find("#score").text


@pytest.fixture
def quiz(driver, tmp_path):
    _, E = network()
    quiz = Quiz(driver, tmp_path / "player.html", E)
    yield quiz
    assert quiz.complaints == []


def node(quiz, op, place):
    """The node of an operation, by its place among its like."""
    return [node for node in quiz.nodes if node.op == op][place]


def labelled(quiz, label):
    return next(node for node in quiz.nodes if node.label == label)


def child(quiz, parent):
    return next(node for node in quiz.nodes if parent in node.parents)


def test_all_numbers_can_be_predicted_step_by_step_and_the_score_counts_them(quiz):
    quiz.find("#first").click()
    asked = 0
    for _ in range(200):
        open_ = quiz.run("const q = shown.prediction.question; return q ? [q.node, q.what, q.share?.after ?? shown.live.data[q.node]] : null")  # fmt: skip
        if open_ is None:
            if quiz.run("return shown.now === shown.steps.length - 1"):
                break
            quiz.find("#answer").send_keys(Keys.ENTER)
            continue
        k, what, right = open_
        card = quiz.run("return shown.picture.cards[arguments[0]].shown.map(({ what, text }) => [what, text.textContent])", k)  # fmt: skip
        assert dict(card)[what] in ("?", "·")
        lines = len(quiz.find_all("#steps p"))
        assert bool(lines) == bool(quiz.run("return shown.prediction.at"))
        assert quiz.answer(number(right)) == f"{number(right)} is right."
        asked += 1
        assert quiz.score == f"{asked} of {asked} right at the first try"
        assert len(quiz.find_all("#steps p")) > lines  # the arithmetic stands there now
        assert number(right) in quiz.find("#steps").text
    values = sum(bool(node.parents) for node in quiz.nodes)
    shares = sum(len({parent for parent in node.parents if parent.op != "constant"}) for node in quiz.nodes)
    assert asked == values + shares


@pytest.mark.parametrize("text", ["0.5", ".5", "0,5", "1/2", "5e-1", " 0.5 ", "+0.5", "0.5000", "5·10⁻¹"])
def test_a_right_number_is_right_in_every_notation(driver, tmp_path, text):
    a, b = Value(0.25, "a"), Value(2.0, "b")
    quiz = Quiz(driver, tmp_path / "player.html", a * b)
    assert quiz.ask(quiz.nodes[-1]).answer(text) == f"{text.strip()} is right."


@pytest.mark.parametrize("text", ["−0.5", "-0.5", "–0.5", "(−0.5)", "-1/2", "−,5"])
def test_so_is_a_negative_one_with_either_minus(driver, tmp_path, text):
    a, b = Value(-0.25, "a"), Value(2.0, "b")
    quiz = Quiz(driver, tmp_path / "player.html", a * b)
    assert quiz.ask(quiz.nodes[-1]).answer(text) == f"{text} is right."


def test_what_is_no_number_is_asked_again_and_does_not_count(quiz):
    quiz.ask(node(quiz, "tanh", 0))
    for text in ("", "half", "1/2/3", "1.000,5"):
        assert quiz.answer(text) == "Type a number: 0.5, 1/2, −0.5 or 5e-1."
    assert quiz.score == ""


def test_the_number_that_the_printed_ones_give_is_right_as_well(driver, tmp_path):
    a, b = Value(0.4996, "a"), Value(1.4996, "b")  # 0.500 · 1.500 = 0.750, where 0.749 stands
    quiz = Quiz(driver, tmp_path / "player.html", a * b)
    assert number(0.4996 * 1.4996) == "0.749"
    assert quiz.ask(quiz.nodes[-1]).answer("0.75") == "0.75 is right."
    assert quiz.ask(quiz.nodes[-1]).answer("0.749") == "0.749 is right."
    assert quiz.ask(quiz.nodes[-1]).answer("0.748").startswith("Not 0.748")


def test_so_is_what_a_constant_and_a_factor_give_as_the_picture_prints_them(driver, tmp_path):
    a = Value(2.0, "a")
    quiz = Quiz(driver, tmp_path / "player.html", a * 12.3456)
    for answer in ("24.6", "24.691"):  # 2 · 12.3, and all of it
        assert quiz.ask(quiz.nodes[-1]).answer(answer) == f"{answer} is right."
    for answer in ("12.3", "12.346"):  # on the edge stands ×12.3, in the line 12.346
        assert quiz.ask(a, of=quiz.nodes[-1]).answer(answer) == f"{answer} is right."
    assert quiz.ask(a, of=quiz.nodes[-1]).answer("12.4").startswith("Not 12.4")


def test_a_slip_at_sigma_is_named(quiz):
    a = node(quiz, "tanh", 0)
    z, g = a.parents[0], a.grad
    slope = 1 - math.tanh(z.data) ** 2
    quiz.ask(z, of=a)
    assert quiz.answer(g) == f"Not {g!r}. It looks like this: σ′ is missing"
    assert SLIPS["twice"] in quiz.answer(g * slope**2)
    assert SLIPS["at_a"] in quiz.answer(g * (1 - math.tanh(a.data) ** 2))
    assert "σ′ is 1 − z² in place of 1 − a²" in quiz.answer(g * (1 - z.data**2))
    assert SLIPS["exchanged"] in quiz.answer(z.data)
    assert SLIPS["exchanged"] in quiz.answer(a.data * slope)
    assert quiz.answer(g * slope).endswith("is right.")
    quiz.ask(a)
    assert SLIPS["bend"] in quiz.answer(z.data)
    assert SLIPS["exchanged"] in quiz.answer(a.grad)


@pytest.mark.parametrize("factor", [factor for factor in SUGGESTIONS if factor])
def test_a_factor_and_a_sign_are_named_in_the_words_of_the_diagnosis(quiz, factor):
    a = node(quiz, "tanh", 1)
    assert SUGGESTIONS[factor] in quiz.ask(a.parents[0], of=a).answer(factor * a.parents[0].grad)
    assert SUGGESTIONS[factor] in quiz.ask(a).answer(factor * a.data)


def test_a_forgotten_path_is_named(quiz):
    x = labelled(quiz, "x_1")
    products = [node for node in quiz.nodes if x in node.parents]
    shares = [product.grad * product.parents[0].data for product in products]
    assert sum(shares) == pytest.approx(x.grad)
    last = quiz.run("return shown.turns ?? shown.live.turns.filter((t) => t.shares.some((s) => s.parent === arguments[0])).at(-1).node", quiz.nodes.index(x))  # fmt: skip
    quiz.ask(x, of=quiz.nodes[last])
    for share in shares:
        assert SLIPS["path"] in quiz.answer(share)


def test_a_forgotten_term_is_named(quiz):
    z = node(quiz, "total", 0)
    for term in z.parents:
        assert SLIPS["term"] in quiz.ask(z).answer(z.data - term.data)


def test_a_neighbours_weight_is_named(quiz):
    product = child(quiz, labelled(quiz, "w_{1,1}^{(1)}"))
    w, x = product.parents
    for other in ("w_{1,2}^{(1)}", "w_{2,1}^{(1)}"):
        assert SLIPS["neighbour"] in quiz.ask(product).answer(labelled(quiz, other).data * x.data)
    g = product.grad
    quiz.ask(w, of=product)
    assert SLIPS["neighbour"] in quiz.answer(g * labelled(quiz, "x_2").data)
    assert SLIPS["itself"] in quiz.answer(g * w.data)
    assert SLIPS["local"] in quiz.answer(g)


def test_a_number_that_no_slip_gives_is_said_to_be_so_and_the_first_try_counts(quiz):
    a = node(quiz, "tanh", 0)
    quiz.ask(a)
    assert quiz.answer("17.123") == "Not 17.123, and no single slip gives it."
    assert quiz.score == "0 of 1 right at the first try"
    assert quiz.answer(a.data).endswith("is right.")
    assert quiz.score == "0 of 1 right at the first try"


def test_the_number_can_be_shown_and_counts_as_asked(quiz):
    a = node(quiz, "tanh", 0)
    quiz.ask(a)
    assert number(a.data) not in quiz.find("#steps").text
    quiz.find("#reveal").click()
    assert f"= {number(a.data)}" in quiz.find("#steps").text.replace("=", "= ").replace("  ", " ")
    assert quiz.score == "0 of 1 right at the first try"


def test_nothing_on_the_page_gives_the_number_away_and_all_is_there_again_afterwards(quiz):
    a = node(quiz, "tanh", 0)
    quiz.ask(a)
    told = quiz.run("return document.body.innerText + [...document.querySelectorAll('[aria-label]')].map((one) => one.ariaLabel).join()")  # fmt: skip
    assert number(a.data) not in told
    assert number(a.data) not in quiz.find("#words").get_property("textContent")
    assert not quiz.find("#equations").is_displayed()
    quiz.find("#predict").click()
    assert quiz.find("#equations").is_displayed()
    assert not quiz.find("#asking").is_displayed()
    assert number(a.data) in quiz.find("#steps").text


@pytest.mark.parametrize("sigma", ["logistic", "softplus", "relu", "elu"])
def test_every_slip_at_every_sigma_of_other_rows_is_named_or_gives_the_right_number(driver, tmp_path, sigma):
    mlp = MLP(2, [2, 1], sigma, rng=3)
    E = losses.half_squared_error([Value(1.0, "y")], mlp([Value(0.7, "x_1"), Value(-1.2, "x_2")]))
    E.backward()
    quiz = Quiz(driver, tmp_path / "player.html", E)
    a = node(quiz, sigma, 0)
    said = quiz.ask(a.parents[0], of=a).answer(a.grad)
    assert SLIPS["missing"] in said or (number(a.grad) == number(a.parents[0].grad) and said.endswith("is right."))


@pytest.mark.parametrize("width", [400, 1024])
def test_the_form_fits_the_window(quiz, width):
    set_size(quiz.driver, width, 768)
    quiz.ask(node(quiz, "tanh", 0))
    for name in ("answer", "check", "reveal"):
        quiz.run("arguments[0].scrollIntoView()", quiz.find(f"#{name}"))
        box = quiz.find(f"#{name}").rect
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert quiz.run("return document.documentElement.scrollWidth <= innerWidth")
