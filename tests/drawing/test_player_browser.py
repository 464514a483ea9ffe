"""The player in a real browser: every number at every step, every control, and nothing that it should not do."""

import json

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.helpers.graphs import network
from tests.helpers.players import computed
from tests.helpers.texts import HOSTILE
from tinygrad_scalar import Value, exp
from tinygrad_scalar.drawing import play
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.drawing.text.numbers import number, short
from tinygrad_scalar.value import CONSTANT

HANGS = 120  # seconds; only a page that hangs reaches them


class Page:
    """A page in the browser."""

    def __init__(self, driver, path):
        self.driver, self.path = driver, path

    def until(self, holds):
        """Wait until something holds; only a page that hangs reaches the limit."""
        WebDriverWait(self.driver, HANGS).until(lambda _: holds())

    def open(self, player, width=1400, height=900, **media):
        self.player = player
        player.save(self.path)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = {"prefers-color-scheme": "light", "prefers-reduced-motion": "reduce"} | {
            name.replace("_", "-"): value for name, value in media.items()
        }
        features = [{"name": name, "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get_log("browser"), self.driver.get_log("performance")
        self.driver.get(self.path.as_uri())
        return self

    @property
    def steps(self):
        return self.run("return shown.steps")

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    @property
    def at(self):
        return int(self.find("#slider").get_property("value"))

    @property
    def cards(self):
        """The value and the gradient that each card shows now, by its key."""
        return self.run(
            """const id = document.querySelector("#picture > svg").id;
            return Object.fromEntries([...document.querySelectorAll("#picture .card")].map((card) => [
              card.id.slice(id.length),
              ["value", "gradient"].map((kind) => card.querySelector(`text.f-${kind}`)?.textContent ?? null)]));"""
        )

    @property
    def complaints(self):
        return self.driver.get_log("browser")


@pytest.fixture
def page(driver, tmp_path):
    page = Page(driver, tmp_path / "player.html")
    yield page
    assert page.complaints == []


def test_at_every_step_every_card_shows_what_the_engine_holds_then(page):
    _, E = network()
    nodes = below(E)
    keys = {node: f"n{k}" for k, node in enumerate(nodes, start=1)}
    page.open(play(E))
    expected = {
        keys[node]: [short(node.data) if node.op == CONSTANT else "·", None if node.op == CONSTANT else "·"]
        for node in nodes
    }
    for k, node in enumerate(nodes):
        if not node.parents and node.op != CONSTANT:
            expected[f"n{k + 1}"][0] = number(node.data)
    begins = False
    for k, step in enumerate(page.steps):
        if step["backward"] and not begins:
            expected[f"n{len(nodes)}"][1], begins = "1.000", True
        for turn in step["turns"]:
            if not step["backward"]:
                expected[f"n{turn['node'] + 1}"][0] = number(nodes[turn["node"]].data)
            for share in turn["shares"]:
                expected[f"n{share['parent'] + 1}"][1] = number(share["after"])
        assert page.at == k
        assert page.cards == expected
        page.press(Keys.ARROW_RIGHT)
    for node in nodes:  # and at the end, what backward() has left in each node
        if node.op != CONSTANT:
            assert page.cards[keys[node]] == [number(node.data), number(node.grad)]


def test_each_step_shows_its_own_arithmetic_its_node_its_edges_and_tells_it_to_screen_readers(page):
    _, E = network()
    page.open(play(E))
    steps, words = page.steps, computed(page.driver, E).words
    for k, step in enumerate(steps):
        assert page.find("#steps > li").get_property("value") == k + 1
        assert page.find("#words").get_property("textContent").endswith(words[k])
        lit = page.run("return [...document.querySelectorAll('#picture .card.now')].map((card) => card.id)")
        turns = [turn["node"] for turn in step["turns"]] or [len(below(E)) - 1] * step["backward"]
        assert [key.removeprefix(page.player.told["picture"]) for key in lit] == [f"n{node + 1}" for node in turns]
        flows = page.run("return [...document.querySelectorAll('#picture .link.flow')].map((link) => link.id)")
        shares = [len(share["places"]) for turn in step["turns"] for share in turn["shares"]]
        parents = [len(below(E)[turn["node"]].parents) for turn in step["turns"]]
        assert len(flows) == sum(shares if step["backward"] else parents)
        page.press(Keys.ARROW_RIGHT)


def test_keys_and_buttons_move_by_one_and_to_the_ends(page):
    _, E = network()
    page.open(play(E))
    last = len(page.steps) - 1
    for step_on, step_back, home, end in (
        (lambda: page.press(Keys.ARROW_RIGHT), lambda: page.press(Keys.ARROW_LEFT), lambda: page.press(Keys.HOME), lambda: page.press(Keys.END)),
        *[[page.find(f"#{name}").click for name in ("next", "previous", "first", "last")]],
    ):  # fmt: skip
        step_on()
        step_on()
        assert page.at == 2
        step_back()
        assert page.at == 1
        end()
        assert page.at == last
        assert not page.find("#next").is_enabled()
        home()
        assert page.at == 0
        assert not page.find("#previous").is_enabled()
    page.find("#backward").click()
    assert page.find("#where").text == "backward 1/16"
    assert page.find("#backward").get_attribute("aria-pressed") == "true"
    page.find("#forward").click()
    assert page.at == 0


def test_an_address_can_name_a_step(page):
    _, E = network()
    page.open(play(E))
    page.driver.get("about:blank")
    page.driver.get(f"{page.path.as_uri()}#20")
    assert page.at == 19
    page.driver.get("about:blank")
    page.driver.get(f"{page.path.as_uri()}#nonsense")
    assert page.at == 0


def test_the_slider_goes_anywhere_and_says_where(page):
    _, E = network()
    page.open(play(E))
    slider = page.find("#slider")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert page.at == 1
    assert page.find("#where").text == "forward 2/16"
    slider.send_keys(Keys.END)
    assert page.find("#where").text == "backward 16/16"
    assert slider.get_attribute("aria-valuetext") == "backward 16/16"
    page.press(Keys.SPACE)
    assert page.at in (0, 1, 31)


def test_space_plays_and_pauses_and_the_speed_counts(page):
    _, E = network()
    page.open(play(E))
    page.find("#speed").send_keys("4")
    page.run("document.activeElement.blur()")
    page.press(Keys.SPACE)
    assert page.find("#play").get_attribute("aria-label") == "pause"
    page.until(lambda: page.at >= 3)
    page.press(Keys.SPACE)
    stopped = page.at
    assert page.find("#play").get_attribute("aria-label") == "play"
    page.run("return new Promise(done => setTimeout(done, 900))")  # several steps' worth
    assert page.at == stopped
    page.press(Keys.END)
    page.find("#previous").click()
    page.find("#play").click()
    page.until(lambda: page.at == 31 and page.find("#play").get_attribute("aria-label") == "play")
    page.find("#play").click()  # from the end it begins again
    assert page.at < 3
    page.find("#play").click()


def test_a_click_on_a_node_leads_to_its_step_and_a_second_one_to_the_other_pass(page):
    _, E = network()
    page.open(play(E))
    steps, picture = page.steps, page.player.told["picture"]
    z = next(k for k, node in enumerate(below(E)) if node.op == "total")
    card = page.find(f"#{picture}n{z + 1}")
    forward, backward = (
        next(
            k
            for k, step in enumerate(steps)
            if step["backward"] is way and any(turn["node"] == z for turn in step["turns"])
        )
        for way in (False, True)
    )
    card.click()
    assert page.at == forward
    card.click()
    assert page.at == backward
    page.press(Keys.HOME)
    card.send_keys(Keys.ENTER)
    assert page.at == forward
    page.find("#backward").click()
    w = next(k for k, node in enumerate(below(E)) if node.label == "w_{1,2}^{(1)}")
    leaf = page.find(f"#{picture}n{w + 1}")
    leaf.click()
    assert w in [share["parent"] for share in steps[page.at]["turns"][0]["shares"]]
    leaf.click()
    assert page.at == 0
    x = next(f"n{k}" for k, node in enumerate(below(E), start=1) if node.label == "x_2")
    page.find("#backward").click()
    page.find(f"#{picture}{x}").click()  # used twice: to the step that completes its gradient
    assert page.cards[x][1] == "−0.059"


def test_the_matrix_equation_stands_beside_the_steps_of_its_layer_and_can_be_put_away(page):
    _, E = network()
    page.open(play(E))
    page.run("shown.show(5)")  # after the four products the first Σ
    shown = page.find("#written").text.split()
    z = below(E)
    totals = [number(node.data) for node in z if node.op == "total"][:2]
    assert all(text in shown for text in totals)
    marked = page.run("return [...document.querySelectorAll('#written .equation .on')].map((cell) => cell.textContent)")  # fmt: skip
    assert marked == [totals[0], "−0.520", "0.090", "0.500", "−1.000", "−0.130"]
    page.find("#matrix").click()
    assert not page.find("#equations").is_displayed()
    page.find("#matrix").click()
    assert page.find("#equations").is_displayed()
    page.press(Keys.END)
    page.run("shown.show(shown.firstBackward)")
    assert page.find("#none").is_displayed()


def background(page, selector="body"):
    return page.run("return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", selector)


def test_it_is_dark_where_the_system_is_and_where_the_reader_wants_it(page):
    _, E = network()
    player = play(E)

    def paper():
        return page.run("return getComputedStyle(document.querySelector('#picture svg > rect')).fill")

    page.open(player)
    light = background(page)
    assert (light, paper()) == ("rgb(255, 255, 255)", "rgb(255, 255, 255)")
    page.find("#theme").click()
    assert background(page) == paper() == "rgb(17, 22, 29)"
    page.open(player, prefers_color_scheme="dark")
    assert background(page) == paper() == "rgb(17, 22, 29)"
    page.find("#theme").click()
    assert background(page) == paper() == light


def test_motion_stops_where_the_reader_wants_none(page):
    _, E = network()
    animation = "return getComputedStyle(document.querySelector('.link.flow path')).animationName"
    for wish, name in (("reduce", "none"), ("no-preference", "flow")):
        page.open(play(E), prefers_reduced_motion=wish)
        page.press(Keys.ARROW_RIGHT)
        assert page.run(animation) == name


@pytest.mark.parametrize("width", [320, 400, 720, 1024])
def test_it_fits_a_narrow_window_and_brings_the_node_into_view(page, width):
    _, E = network()
    page.open(play(E), width=width, height=800)
    for k in range(len(page.steps)):
        page.run("shown.show(arguments[0])", k)
        assert page.run("return document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight")  # fmt: skip
        inside = """const card = document.querySelector(".card.now"); if (!card) return true;
          const [a, b] = [card.getBoundingClientRect(), document.querySelector("#picture").getBoundingClientRect()];
          return a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1"""
        assert page.run(inside), k
    for name in ("first", "previous", "play", "next", "last", "slider", "speed", "matrix", "theme"):
        box = page.find(f"#{name}").rect
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 800
        assert box["width"] >= 30


def test_a_hostile_label_appears_as_text_and_runs_nothing(page):
    a = Value(2.0, HOSTILE)
    E = exp(a * Value(3.0, "<b>bold</b>"))
    E.label = "]]><svg onload=alert(3)>"
    page.open(play(E))
    page.press(Keys.ARROW_RIGHT)
    assert page.run("return document.scripts.length") == 2
    assert page.run("return document.images.length") == 0
    assert page.run("return document.querySelectorAll('b, #steps svg').length") == 0
    assert "</script><script>alert(" in page.find("#steps").text
    assert "<b>bold</b>" in page.find("#steps").text
    page.press(Keys.END)
    assert "]]><svg onload=alert(3)>" in page.find("#steps").text


def test_it_asks_the_network_for_nothing(page):
    _, E = network()
    page.open(play(E))
    page.press(Keys.END, Keys.HOME, Keys.SPACE, Keys.SPACE)
    events = [json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:")] == [page.path.as_uri()]


def test_injected_markup_could_not_run_either(page):
    """The policy allows the page's own script, by its fingerprint, and no other."""
    page.open(play(Value(2.0, "a") * 3.0))
    page.run("const s = document.createElement('script'); s.textContent = 'window.hit = 1'; document.body.append(s)")
    page.run("document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.hit = 2\">x</b>')")
    page.run("document.querySelector('b').click()")
    assert page.run("return window.hit ?? 0") == 0
    assert all("Content Security Policy" in entry["message"] for entry in page.complaints)


def test_in_a_notebooks_sandboxed_frame_it_plays_as_well(page):
    _, E = network()
    player = play(E)
    page.open(player)
    page.path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{player._repr_html_()}", encoding="utf-8")
    page.driver.get(page.path.as_uri())
    page.driver.switch_to.frame(page.find("iframe"))
    page.find("#last").click()
    assert page.find("#where").text == "backward 16/16"
    page.driver.switch_to.default_content()


def test_on_paper_all_steps_are_there_and_the_controls_are_not(page):
    _, E = network()
    page.open(play(E), prefers_color_scheme="dark")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not page.find("footer").is_displayed()
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.at == len(page.steps) - 1
    assert page.run("return [...document.querySelectorAll('#steps > li')].filter((li) => li.getClientRects().length).length") == len(page.steps)  # fmt: skip
    assert background(page) == "rgb(255, 255, 255)"
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.at == 0
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_nodes_can_be_reached_and_named_without_a_mouse(page):
    _, E = network()
    page.open(play(E))
    names = page.run("return [...document.querySelectorAll('.card')].map((card) => card.getAttribute('aria-label'))")
    assert len(names) == 28
    assert "w₁,₁⁽¹⁾, value −0.520" in names
    assert "z₁⁽¹⁾" in names
    page.press(Keys.END)
    names = page.run("return [...document.querySelectorAll('.card')].map((card) => card.getAttribute('aria-label'))")
    assert "z₁⁽¹⁾, value −0.480, gradient 0.875" in names
    unnamed = page.run("return [...document.querySelectorAll('button, input, select, [tabindex]')].filter((one) => !(one.ariaLabel || one.title || one.labels?.length || one.textContent.trim())).length")  # fmt: skip
    assert unnamed == 0
