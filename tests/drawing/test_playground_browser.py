"""The training page in a real browser: its numbers are the engine's, and every control does what it says."""

import contextlib
import io
import json
from itertools import cycle

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.helpers.browsers import Page, set_media
from tinygrad_scalar import MLP
from tinygrad_scalar.activations import ACTIVATIONS
from tinygrad_scalar.checking.compare import compare_gradients
from tinygrad_scalar.drawing import playground
from tinygrad_scalar.losses import LOSSES
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.optimizers import GradientDescent, Momentum

POINT = "[data-point='{}']"


class Opened(Page):
    """A training page in the browser, of a user who likes motion."""

    def open(self, page, width=1280, height=800, prefers_reduced_motion="no-preference", **wishes):
        return super().open(page, width, height, prefers_reduced_motion=prefers_reduced_motion, **wishes)

    def click(self, selector):
        self.find(selector).click()

    def press_with_shift(self, key):
        webdriver.ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(key).key_up(Keys.SHIFT).perform()

    def mouse_at(self, x, y):
        """The mouse, so far from the middle of the plane."""
        return webdriver.ActionChains(self.driver).move_to_element_with_offset(self.find("#plane svg"), x, y)

    def choose(self, selector, value):
        Select(self.find(selector)).select_by_value(value)

    def put(self, selector, value):
        """Set a field as a user does, who leaves it then."""
        self.run(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }));",
            self.find(selector), str(value),
        )  # fmt: skip

    @property
    def theta(self):
        return self.run("return [...opened.training.theta]")

    @property
    def E(self):
        return self.run("return opened.training.E")

    @property
    def examples(self):
        """X and Y of the points it trains on, examples in rows."""
        X, Y = self.run("return [opened.training.X, opened.training.Y]")
        return np.array(X, dtype=float).T, np.array(Y, dtype=float).T

    @property
    def text(self):
        return self.find("#text").get_property("value")


@pytest.fixture
def page(driver, tmp_path):
    page = Opened(driver, tmp_path / "playground.html")
    yield page
    driver.switch_to.default_content()
    assert page.complaints == []


def moons_page(sizes=(4, 1), **how):
    return playground(MLP(2, [*sizes], "tanh", "logistic", rng=3), "moons", "binary_cross_entropy", **how)


ROUTES = """
const [sizes, sigmas, loss, theta, X, Y] = arguments;
const output = sigmas.at(-1);
const shape = { sizes, sigmas, loss, tail: opened.told.tails[`${output}/${loss}/${sizes.at(-1)}`], natural: opened.told.natural[loss] === output };
const t = Float64Array.from(theta);
const graphs = X[0].map((_, m) => scalarGradient(scalarGraph(shape, t, X.map((x) => x[m]), Y.map((y) => y[m]))));
return [meanLoss(shape, t, X, Y), [...gradientsOf(shape, t, X, Y)], graphs.map((g) => [...g])];
"""


@pytest.mark.parametrize("loss", LOSSES)
def test_E_and_both_gradients_of_the_page_are_those_of_the_engine(page, loss):
    page.open(moons_page())
    rng, sigma = np.random.default_rng(4), cycle(ACTIVATIONS)
    keys = [key.split("/") for key in page.run("return Object.keys(opened.told.tails)")]
    pairs = [(output, int(P)) for output, name, P in keys if name == loss]
    assert pairs
    for output, P in [*pairs] * (len(ACTIVATIONS) if len(pairs) < 3 else 1):
        mlp = MLP(2, [3, 2, P], [next(sigma), next(sigma)], output, rng=0)
        theta, X = rng.normal(size=len(mlp.theta)), rng.normal(size=(3, 2))
        low = -1.0 if loss == "max_margin" else 0.0
        Y = np.where(np.eye(max(P, 2))[rng.integers(max(P, 2), size=3)][:, -P:] == 1.0, 1.0, low)
        E, gradient = Objective(mlp, X, Y, loss, route="scalar")(theta)
        found = page.run(ROUTES, mlp.sizes, [None, *mlp.activations], loss, theta.tolist(), X.T.tolist(), Y.T.tolist())
        scale = np.abs(gradient).max() + 1e-300
        assert found[0] == pytest.approx(E, rel=1e-12)
        assert np.abs(np.array(found[1]) - gradient).max() <= 1e-12 * scale, (output, P)
        assert np.abs(np.mean(found[2], axis=0) - gradient).max() <= 1e-12 * scale, (output, P)


def test_what_the_page_starts_with_is_what_python_holds(page):
    mlp = MLP(2, [5, 1], "gelu", "tanh", rng=2)
    X = np.random.default_rng(0).normal(size=(30, 2))
    Y = np.where(X[:, 0] * X[:, 1] > 0, 1.0, -1.0)
    page.open(playground(mlp, (X, Y), "huber", held_out=0.0))
    E, gradient = Objective(mlp, X, Y, "huber")(mlp.theta)
    assert page.theta == mlp.theta.tolist()
    assert page.E == pytest.approx(E, rel=1e-13)
    found = page.run("return [...opened.training.gradient(opened.points.map((_, k) => k))]")
    assert found == pytest.approx(gradient, rel=1e-11, abs=1e-15)
    assert compare_gradients(mlp, X, Y, "huber", ("scalar", "matrix")).agree
    assert (page.find("#at-E").text, page.find("#at-held").text) == (f"{E:.3f}", "none")


@pytest.mark.parametrize(("mu", "l2", "batch"), [(0.0, 0.0, 0), (0.9, 0.0, 10), (0.5, 2.0, 4)])
def test_a_step_and_two_epochs_are_those_of_gradient_descent_and_momentum(page, mu, l2, batch):
    page.open(moons_page())
    page.put("#mu", mu)
    page.put("#l2", l2)
    page.choose("#batch", str(batch))
    X, Y = page.examples
    objective = Objective(MLP(2, [4, 1], "tanh", "logistic"), X, Y, "binary_cross_entropy", l2=l2)
    optimizer = Momentum(0.1, mu) if mu else GradientDescent(0.1)
    theta, size = np.array(page.theta), batch or len(X)
    for epoch in range(2):
        order = page.run("return opened.training.order")
        assert sorted(order) == list(range(len(X)))
        for step, start in enumerate(range(0, len(X), size)):
            theta = optimizer.step(objective.batch(order[start : start + size]), theta)
            if epoch == step == 0:
                page.click("#step")
                assert page.theta == pytest.approx(theta, rel=1e-12, abs=1e-15)
        page.click("#epoch")
        assert page.find("#at-epoch").text == str(epoch + 1 + (not batch))  # with all at once, the step was an epoch
        if not batch:
            return
        assert page.theta == pytest.approx(theta, rel=1e-10)
    assert page.E == pytest.approx(objective(theta)[0], rel=1e-10)


def test_the_slider_goes_back_to_any_epoch_to_the_bit_and_training_goes_on_from_there(page):
    page.open(moons_page())
    seen = [page.theta]
    for _ in range(8):
        page.click("#epoch")
        seen.append(page.theta)
    page.click("#step")
    for epoch in (8, 3, 0, 5):
        page.put("#back", epoch)
        assert page.theta == seen[epoch]
        assert page.find("#at-epoch").text == str(epoch)
    page.click("#epoch")
    assert page.theta == seen[6]
    assert page.find("#back").get_attribute("max") == "6"


def test_the_same_start_is_the_same_and_another_seed_another(page):
    start = MLP(2, [4, 1], rng=3).theta.tolist()
    page.open(moons_page())
    page.click("#epoch")
    after = page.theta
    assert after != start
    page.click("#again")
    assert page.theta == start
    page.click("#epoch")
    assert page.theta == after
    page.click("#reseed")
    other = page.theta
    assert other != start
    page.click("#epoch")
    page.click("#again")
    assert page.theta == other


def test_it_plays_until_it_is_stopped_and_learns(page):
    page.open(moons_page())
    before = page.E
    page.choose("#speed", "0")
    page.click("#play")
    page.until(lambda: int(page.find("#at-epoch").text) >= 30)
    page.press(" ")  # on the button
    assert page.find("#play").text == "pause" or page.run("return opened.playing") is False
    page.until(lambda: page.run("return opened.playing") is False)
    epoch = page.find("#at-epoch").text
    assert page.E < before / 2
    assert page.find("#at-epoch").text == epoch
    assert page.find("#play").text == "play"


def test_the_gradient_of_the_chosen_point_is_shown_twice_and_a_slip_is_seen(page):
    page.open(moons_page())
    assert page.find("#verdict").text.startswith("they agree")
    assert float(page.run("return largestDifference([1, 1], Float64Array.of(2, 0), Float64Array.of(2.5, 0))")) == 0.2
    page.run("witness.tanh.slopes = (x, out) => [1 - out]; opened.draw();")
    assert page.find("#verdict").text == "they differ"


def test_python_code_of_the_page_runs_and_gives_the_same_E(page):
    page.open(moons_page())
    page.put("#l2", 0.5)
    page.click("#epoch")
    E, theta = page.E, page.theta
    page.click("#as-python")
    printed, names = io.StringIO(), {}
    with contextlib.redirect_stdout(printed):
        exec(page.text, names)
    assert names["mlp"].theta.tolist() == theta
    assert float(printed.getvalue()) == pytest.approx(E, rel=1e-13)
    page.press(Keys.ESCAPE)
    page.click("#as-json")
    assert json.loads(page.text)["theta"] == theta


def test_a_link_opens_the_page_as_it_was(page):
    page.open(moons_page())
    page.put("#eta", 0.03)
    page.click("#more")
    page.choose("#sigma", "softplus")
    page.run(f'document.querySelector("{POINT.format(7)}").focus()')
    page.press_with_shift(Keys.ARROW_LEFT)
    page.click("#epoch")
    expected = page.theta, page.E, [point.tolist() for point in page.examples]
    page.click("#as-link")
    address = page.text
    page.go(address)
    assert (page.theta, page.E, [point.tolist() for point in page.examples]) == expected
    assert page.run("return [opened.settings.eta, opened.sizes, opened.chosen]") == [0.03, [2, 4, 4, 1], 7]


@pytest.mark.parametrize(
    "change",
    [
        "theta=AAAA",
        "sizes=2-4-4-1",
        "sizes=2-9999-1",
        "loss=max_margin",
        "topic=given",
        "topic=curve",
        "eta=x",
        "theta=%%%",
    ],
)
def test_a_link_that_does_not_fit_starts_the_page_as_it_was_made(page, change):
    page.open(moons_page())
    start = page.theta
    page.click("#as-link")
    name = change.partition("=")[0]
    parts = page.text.partition("#")[2].split("&")
    page.go("#" + "&".join(change if part.startswith(f"{name}=") else part for part in parts))
    assert page.theta == start
    assert page.find("#words").text == "The link does not fit this page, which stays as it is."
    assert page.find("#verdict").text.startswith("they agree")


def test_a_link_carries_points_that_were_changed_and_no_others(page):
    page.open(moons_page())
    page.put("#share", 0.5)
    page.click("#as-link")
    assert "points=" not in page.text
    page.press(Keys.ESCAPE)
    page.run("opened.addPoint([0, 1], null)")
    page.click("#as-link")
    assert "points=" in page.text


def test_points_are_added_painted_dragged_and_erased(page):
    page.open(moons_page(held_out=0.0))

    def tool(value):
        page.run("document.querySelector(`#tools [value=${arguments[0]}]`).click()", value)

    tool("class1")
    page.mouse_at(-180, 180).click().perform()
    assert page.run("return [opened.points.length, opened.training.M, opened.points.at(-1).target]") == [201, 201, 1]
    x, y = page.run("return opened.points.at(-1).x")
    left, bottom = page.run("return opened.plane.range.map(([low]) => low)")
    assert left < x < left + 0.5
    assert bottom < y < bottom + 0.5
    tool("class0")
    page.mouse_at(-180, 180).click().perform()
    assert page.run("return [opened.points.length, opened.points.at(-1).target]") == [201, 0]
    tool("choose")
    page.mouse_at(-180, 180).click_and_hold().move_by_offset(40, -30).release().perform()
    moved = page.run("return opened.points.at(-1).x")
    assert moved[0] > x
    assert moved[1] > y
    tool("erase")
    page.mouse_at(-140, 150).click().perform()
    assert page.run("return opened.points.length") == 200


def test_points_obey_the_keyboard(page):
    page.open(moons_page())
    page.run(f'document.querySelector("{POINT.format(0)}").focus()')
    x, y = page.run("return opened.points[0].x")
    page.press_with_shift(Keys.ARROW_UP)
    moved = page.run("return opened.points[0].x")
    assert moved[1] > y
    assert moved[0] == pytest.approx(x, abs=2e-3)
    page.press("2")
    assert page.run("return opened.points[0].target") == 1
    page.press(Keys.PAGE_DOWN)
    assert page.run("return [opened.chosen, document.activeElement.dataset.point]") == [1, "1"]
    page.press(Keys.ARROW_RIGHT)
    assert page.run("return opened.points[opened.chosen].x[0] > opened.points[1].x[0]")
    page.press("+")
    assert page.run("return [opened.points.length, document.activeElement.dataset.point]") == [201, "200"]
    page.press(Keys.DELETE)
    assert page.run("return opened.points.length") == 200


HOVER = "document.querySelector(arguments[0]).dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))"


def test_without_points_it_says_so_and_does_nothing(page):
    page.open(playground(MLP(2, [2, 1], rng=0), (np.eye(2), [0.0, 1.0]), "half_squared_error", held_out=0.0))
    page.run("opened.removePoint(0); opened.removePoint(0);")
    assert "There is no point to learn from" in page.find("#trouble").text
    theta = page.theta
    page.click("#step")
    page.click("#play")
    assert page.theta == theta
    assert (page.find("#check").is_displayed(), page.find("#plane-words").text) == (False, "")
    assert not page.find("#as-python").is_enabled()
    page.run(HOVER, ".neuron")
    assert page.find("#formula").text == ""
    page.run("opened.addPoint([0, 1], null)")
    assert not page.find("#trouble").is_displayed()
    assert page.find("#words").text.startswith("added point 1, x₁ 0, x₂ 1")
    page.run(HOVER, ".neuron")
    assert page.find("#formula").text != ""


def test_where_there_are_no_numbers_there_is_no_difference_of_0(page):
    page.open(playground(MLP(1, [4, 1], "tanh", rng=0), "curve", "squared_error"))
    page.run("opened.training.begin(new Float64Array(13).fill(NaN)); opened.draw()")
    assert page.find("#apart").text == "nan"
    assert page.find("#verdict").text == "no numbers: the training has diverged"


def test_a_training_that_diverges_is_said_and_one_can_go_back(page):
    page.open(playground(MLP(1, [4, 1], "relu", rng=0), "curve", "squared_error"))
    page.click("#epoch")
    page.put("#eta", 1e9)
    page.choose("#speed", "0")
    page.click("#play")
    page.until(lambda: page.find("#trouble").is_displayed())
    assert "The training has diverged in epoch" in page.find("#trouble").text
    assert page.find("#play").text == "play"
    left = "[...document.querySelectorAll('#curve svg text')].map((t) => t.getBoundingClientRect().left - t.ownerSVGElement.getBoundingClientRect().left)"
    assert min(page.run(f"return {left}")) >= 0  # powers of ten have room at the axis
    page.put("#back", 1)
    assert not page.find("#trouble").is_displayed()
    page.put("#eta", 0.01)
    page.click("#epoch")
    assert np.isfinite(page.E)


def test_a_training_that_diverges_within_an_epoch_is_kept_as_far_as_it_came(page):
    page.open(playground(MLP(1, [4, 1], "relu", rng=0), "curve", "squared_error"))
    page.choose("#batch", "1")
    for _ in range(4):
        page.click("#epoch")
    page.put("#eta", 1e9)
    page.click("#epoch")
    assert "The training has diverged in epoch 5:" in page.find("#trouble").text
    assert page.run("return [opened.training.epoch, opened.training.kept.length]") == [5, 6]
    page.put("#back", 4)
    assert not page.find("#trouble").is_displayed()


def test_the_start_stays_the_start_when_points_change_after_a_step(page):
    page.open(moons_page())
    start = page.theta
    page.click("#step")
    after = page.theta
    page.run("opened.addPoint([0, 1], null)")
    assert page.theta == after
    E = page.run("return opened.training.kept[0].E")
    page.put("#back", 0)
    assert page.theta == start
    assert page.E == E  # of the points as they are now


FRAMES = """
const [done] = arguments;
const drawTrained = opened.drawTrained.bind(opened);
let drawn = 0;
opened.drawTrained = () => { drawn += 1; drawTrained(); };
opened.play(true);
opened.play(false);
opened.play(true);
const seen = [];
const count = () => { seen.push(drawn); drawn = 0; if (seen.length < 5) requestAnimationFrame(count); else { opened.play(false); done(seen); } };
requestAnimationFrame(count);
"""


def test_a_training_that_is_stopped_and_played_again_is_played_once(page):
    page.open(moons_page())
    assert max(page.driver.execute_async_script(FRAMES)) == 1


def test_a_key_that_is_held_plays_once(page):
    page.open(moons_page())
    held = "for (const repeat of [false, true, true, true]) document.body.dispatchEvent(new KeyboardEvent('keydown', { key: ' ', repeat, bubbles: true }))"
    page.run(held)
    assert page.run("return opened.playing") is True
    page.run("opened.play(false)")


BRIGHTNESS = """
const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
copy.drawImage(document.getElementById("outputs"), 0, 0);
const { data } = copy.getImageData(0, 0, 51, 51);
return data.reduce((sum, v) => sum + v) / data.length;
"""


def test_a_page_read_in_the_dark_is_printed_on_white(page):
    page.open(playground(MLP(2, [3, 3], "tanh", rng=0), "three", "squared_error"), prefers_color_scheme="dark")
    third = "return getComputedStyle(document.querySelector('.point.third:not(.held)')).fill"
    dark = page.run(BRIGHTNESS)
    assert page.run(third) == "rgb(53, 199, 159)"
    set_media(page.driver, "print", prefers_color_scheme="dark")
    page.until(lambda: page.run(BRIGHTNESS) > 1.5 * dark)
    assert page.run(third) == "rgb(0, 120, 90)"


def test_a_setting_that_is_no_number_is_marked_and_not_taken(page):
    page.open(moons_page())
    for wrong in ("", "-1"):
        page.put("#eta", wrong)
        assert page.find("#eta").get_attribute("aria-invalid") == "true"
    page.put("#mu", 1.5)
    assert page.run("return [opened.settings.eta, opened.settings.mu]") == [0.1, 0.9]
    page.put("#eta", "0.25")
    assert page.find("#eta").get_attribute("aria-invalid") == "false"
    page.put("#eta", "")
    page.choose("#topic", "xor")  # every setting is shown anew
    assert [page.find("#eta").get_property("value"), page.find("#eta").get_attribute("aria-invalid")] == [
        "0.25",
        "false",
    ]


EVERY_PAIR = """
const options = (id) => [...document.getElementById(id).options].map((option) => option.value);
const choose = (id, value) => {
  document.getElementById(id).value = value;
  document.getElementById(id).dispatchEvent(new Event("change"));
};
const seen = [];
for (const topic of options("topic")) {
  choose("topic", topic);
  for (const output of options("output")) {
    choose("output", output);
    for (const loss of options("loss")) {
      choose("loss", loss);
      opened.still(() => opened.training.step());
      seen.push([topic, output, loss, document.getElementById("verdict").textContent, opened.training.E]);
    }
  }
}
return seen;
"""


def test_every_set_every_output_and_every_loss_trains_and_agrees(page):
    page.open(moons_page())
    seen = page.run(EVERY_PAIR)
    assert len({topic for topic, *_ in seen}) == 6
    assert len(seen) > 100
    assert [row for row in seen if not row[3].startswith("they agree") or row[4] is None] == []


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_every_activation_trains_and_agrees(page, sigma):
    page.open(moons_page())
    page.choose("#sigma", sigma)
    page.click("#epoch")
    assert page.find("#verdict").text.startswith("they agree")
    assert page.run("return opened.training.shape.sigmas") == [None, sigma, "logistic"]


def test_layers_and_neurons_come_and_go(page):
    page.open(moons_page())
    page.click("[aria-label='layer 1: one neuron more']")
    page.click("#more")
    page.click("[aria-label='layer 2: one neuron less']")
    assert page.run("return opened.sizes") == [2, 5, 4, 1]
    assert len(page.find_all("#picture-of-network .neuron")) == 12
    page.click("#epoch")
    assert page.find("#verdict").text.startswith("they agree")
    page.click("#fewer")
    page.click("#fewer")
    assert page.run("return opened.sizes") == [2, 1]
    assert not page.find("#fewer").is_enabled()
    page.click("#epoch")
    assert page.find("#verdict").text.startswith("they agree")


def test_a_neuron_tells_its_formula_with_its_numbers_by_mouse_and_by_keys(page):
    page.open(moons_page())
    page.run("document.querySelector('.neuron[tabindex=\"0\"]').focus()")
    first = page.find("#formula").text
    assert "tanh(" in first
    page.press(Keys.ARROW_RIGHT)
    assert page.find("#formula").text != first
    assert "logistic(" in page.find("#formula").text
    page.run(HOVER, '[data-l="2"][data-j="1"]')
    assert page.find("#formula").text.replace("\n", "").startswith("w(2)1,2=")


def test_what_is_told_of_a_weight_stays_as_long_as_the_weight(page):
    page.open(moons_page())
    page.run(HOVER, '[data-l="2"][data-j="3"]')
    page.click("[aria-label='layer 1: one neuron more']")
    assert page.find("#formula").text.replace("\n", "").startswith("w(2)1,4=")
    assert page.find(".edge.shown").get_attribute("data-j") == "3"
    for _ in range(2):
        page.click("[aria-label='layer 1: one neuron less']")
    assert page.find("#formula").text.startswith("Point at a neuron or a weight")
    page.run(HOVER, '[data-l="1"][data-j="1"]')
    page.choose("#topic", "curve")
    page.click("#epoch")
    assert page.find("#formula").text.startswith("Point at a neuron or a weight")


def test_a_point_opens_as_a_player_at_this_theta(page):
    page.open(moons_page())
    page.click("#epoch")
    E = page.run("return opened.scalar.data.at(-1)")
    theta = page.theta
    page.click("#open")
    page.driver.switch_to.frame(page.find("#frame iframe"))
    page.until(lambda: page.run("return typeof opened !== 'undefined' && Boolean(opened.live)"))
    nodes = page.run(
        "return [opened.live.data.at(-1), document.querySelectorAll('#picture .card').length, opened.live.graph.length]"
    )
    assert nodes[0] == E
    assert nodes[1] == nodes[2]
    shown = page.run(
        "return opened.live.graph.flatMap((node, k) => (node.role === 'parameter' ? [opened.live.data[k]] : []))"
    )
    assert sorted(shown) == sorted(theta)
    page.click("#last")
    assert page.find("#where").text.startswith("backward")
    assert page.find("#written .matrix") is not None


@pytest.mark.parametrize("output", ["softmax", "tanh"])
def test_a_player_opens_for_every_kind_of_output(page, output):
    page.open(playground(MLP(2, [3, 3], "relu", output, rng=0), "three", "huber"))
    page.click("#open")
    page.driver.switch_to.frame(page.find("#frame iframe"))
    page.until(lambda: page.run("return typeof opened !== 'undefined' && Boolean(opened.live)"))
    page.run("opened.go(opened.steps.length - 1)")
    assert page.find("#where").text.startswith("backward")


def test_the_page_works_in_the_sandboxed_frame_of_a_notebook(page):
    html = moons_page()._repr_html_()
    page.path.write_text(f"<!DOCTYPE html><title>notebook</title>{html}", encoding="utf-8")
    page.driver.get_log("browser")
    page.driver.get(page.path.as_uri())
    page.driver.switch_to.frame(page.find("iframe"))
    page.click("#epoch")
    assert page.find("#at-epoch").text == "1"
    page.click("#as-link")
    assert "no address of its own" in page.find("#export-words").text
    page.press(Keys.ESCAPE)
    page.click("#open")
    page.driver.switch_to.frame(page.find("#frame iframe"))
    page.until(lambda: page.run("return typeof opened !== 'undefined' && Boolean(opened.live)"))


def test_it_asks_for_nothing(page):
    page.open(moons_page())
    page.click("#epoch")
    page.click("#open")
    asked = [json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance")]
    asked = {
        entry["params"]["request"]["url"].partition("#")[0]
        for entry in asked
        if entry["method"] == "Network.requestWillBeSent"
    }
    assert asked <= {page.path.as_uri(), "about:blank"}


CUT = """
const whole = document.getElementById("picture-of-network").getBoundingClientRect();
return [...document.querySelectorAll(".neuron text")].filter((text) => {
  const box = text.getBoundingClientRect();
  return box.left < whole.left || box.right > whole.right || box.top < whole.top || box.bottom > whole.bottom;
}).map((text) => text.textContent);
"""


@pytest.mark.parametrize(("width", "height"), [(400, 800), (1024, 625), (1024, 768), (1280, 800)])
def test_nothing_is_wider_than_the_window_and_no_number_is_cut(page, width, height):
    page.open(playground(MLP(2, [6, 3], "tanh", "softmax", rng=0), "three", "cross_entropy"), width, height)
    page.click("#epoch")
    page.run("opened.edit(() => Object.assign(opened.points[0], { x: [-0.9, -0.2] }), 0)")  # an output near 0
    assert page.run("return document.documentElement.scrollWidth") <= width
    assert page.run(
        "const { scrollWidth, clientWidth } = document.getElementById('settings'); return scrollWidth <= clientWidth"
    )
    assert page.run(CUT) == []
