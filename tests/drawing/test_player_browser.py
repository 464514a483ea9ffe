"""The player in a real browser: every number at every step, every control, and nothing that it should not do."""

import json

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.helpers import browsers
from tests.helpers.graphs import network
from tests.helpers.players import computed
from tests.helpers.texts import HOSTILE
from tinygrad_scalar import MLP, Value, exp, log, losses, sqrt, tanh
from tinygrad_scalar.drawing import play
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.drawing.text.numbers import number, short
from tinygrad_scalar.value import CONSTANT


class Page(browsers.Page):
    """A player in the browser."""

    def open(self, player, *size, **how):
        self.player = player
        return super().open(player, *size, **how)

    @property
    def steps(self):
        return self.run("return shown.steps")

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
    page.go("#20")
    assert page.at == 19
    page.go("#nonsense")
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
    bold = page.run("return [...document.querySelectorAll('#written .name b')].map((letter) => letter.textContent)")
    assert bold == ["Z", "W", "X", "b"]
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
    browsers.set_media(page.driver, "print", prefers_color_scheme="dark")
    assert not page.find("footer").is_displayed()
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.at == len(page.steps) - 1
    assert page.run("return [...document.querySelectorAll('#steps > li')].filter((li) => li.getClientRects().length).length") == len(page.steps)  # fmt: skip
    assert background(page) == "rgb(255, 255, 255)"
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.at == 0
    browsers.set_media(page.driver)


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


# Every leaf can be changed.


@pytest.fixture
def live(page):
    """The page of a 2-2-1 network, and how the engine's numbers would be with other leaves."""
    _, E = network()
    page.open(play(E))
    page.names = {node.label: f"n{k}" for k, node in enumerate(below(E), start=1) if node.label}
    page.card = lambda label: page.find(f"#{page.player.told['picture']}{page.names[label]}")
    page.number = lambda label: page.run("return shown.live.data[arguments[0]]", int(page.names[label][1:]) - 1)
    page.E = lambda: page.run("return shown.live.E")
    return page


def engine(x_1=0.5, w=None):
    mlp, _ = network()
    if w is not None:
        mlp.layers[0].neurons[0].w[0].data = w
    return losses.half_squared_error([1.0], mlp([Value(x_1), Value(-1.0)])).data


def test_a_number_is_typed_where_it_stands_and_all_follows_at_once(live):
    card = live.card("x_1")
    card.send_keys("0.")
    field = live.find("#editor")
    assert field.is_displayed()
    field.send_keys("75")
    assert live.E() == pytest.approx(engine(x_1=0.75), rel=1e-12)
    assert live.cards[live.names["x_1"]][0] == "0.750"
    field.send_keys(Keys.ENTER)
    assert not field.is_displayed()
    assert live.run("return document.activeElement.id") == card.get_attribute("id")
    card.send_keys("9")
    live.find("#editor").send_keys(Keys.ESCAPE)
    assert live.number("x_1") == 0.75
    card.send_keys("-")
    assert live.find("#editor").get_attribute("aria-invalid") == "true"
    live.find("#editor").send_keys(",5", Keys.TAB)
    assert live.number("x_1") == -0.5
    card.send_keys("-")
    live.find("#editor").send_keys(Keys.ESCAPE)
    card.send_keys(Keys.F2)  # what was impossible is gone
    assert live.find("#editor").get_attribute("aria-invalid") == "false"
    live.find("#editor").send_keys(Keys.ESCAPE)
    live.find("#number").clear()
    live.find("#number").send_keys("-", Keys.TAB)
    live.find("#restart").click()
    assert live.find("#number").get_attribute("aria-invalid") == "false"


def test_a_click_on_the_number_opens_it_and_one_on_the_head_leads_to_the_step(live):
    text = live.card("w_{1,1}^{(1)}").find_element(By.CSS_SELECTOR, "text.f-value")
    text.click()
    field = live.find("#editor")
    assert field.get_property("value") == "-0.52"
    assert live.run("return document.activeElement.id") == "editor"
    field.send_keys("0.25", Keys.ENTER)
    assert live.E() == pytest.approx(engine(w=0.25), rel=1e-12)
    constant = next(f"n{k + 1}" for k, node in enumerate(live.player.told["graph"]) if node["constant"])
    live.find(f"#{live.player.told['picture']}{constant}").click()
    live.find("#editor").send_keys("1", Keys.ENTER)
    assert live.E() == pytest.approx(2.0 * engine(w=0.25), rel=1e-12)


def test_arrow_keys_change_a_leaf_by_steps_and_do_not_turn_the_page(live):
    card = live.card("x_1")
    for key, x in ((Keys.ARROW_UP, 0.6), (Keys.ARROW_UP, 0.7), (Keys.ARROW_DOWN, 0.6), (Keys.PAGE_UP, 1.6), (Keys.PAGE_DOWN, 0.6), (Keys.SHIFT + Keys.ARROW_DOWN, 0.59)):  # fmt: skip
        card.send_keys(key)
        assert live.number("x_1") == x
    assert live.at == 0
    assert live.E() == pytest.approx(engine(x_1=0.59), rel=1e-12)
    card.send_keys(Keys.SPACE)
    assert live.at > 0  # a focused card is a button


def test_a_drag_sideways_changes_a_leaf_and_one_undo_takes_it_back(live):
    webdriver.ActionChains(live.driver).click_and_hold(live.card("x_1")).move_by_offset(30, 2).move_by_offset(20, 0).release().perform()  # fmt: skip
    assert live.number("x_1") == pytest.approx(1.0, abs=1e-12)
    assert live.at == 0
    assert live.E() == pytest.approx(engine(x_1=1.0), rel=1e-12)
    live.find("#undo").click()
    assert live.number("x_1") == 0.5
    assert not live.find("#undo").is_enabled()


def test_undo_takes_back_a_change_also_after_one_that_was_given_up_or_a_look_at_a_field(live):
    live.card("x_1").send_keys(Keys.ARROW_UP)
    live.card("x_1").send_keys("7", Keys.ESCAPE)
    live.find("#number").click()
    live.find("#eta").click()
    live.find("#number").click()
    assert live.number("x_1") == 0.6
    live.find("#undo").click()
    assert live.number("x_1") == 0.5


@pytest.mark.parametrize(("text", "x"), [("1/4", 0.25), ("2,5", 2.5), ("(−0.5)", -0.5), ("5·10⁻¹", 0.5), ("0x10", 0.5)])  # fmt: skip
def test_a_leaf_takes_numbers_as_the_questions_do(live, text, x):
    live.card("x_1").send_keys(Keys.F2)
    live.run("const e = document.querySelector('#editor'); e.value = arguments[0]; e.dispatchEvent(new Event('input'))", text)  # fmt: skip
    assert live.number("x_1") == x
    assert live.find("#editor").get_attribute("aria-invalid") == str(text == "0x10").lower()


def test_a_result_that_has_a_name_keeps_it_in_every_rule_and_sentence(page):
    x, y = Value(2.0, "x"), Value(3.0, "y")
    z = y * log(x)
    z.label = 'z "$&"'
    page.open(play(z))
    assert page.find("#steps").text.endswith("the others held.")
    assert 'dz "$&"/dv: the derivative of z "$&" with respect to v' in page.find("#steps").text
    assert page.find(".rule").text.split("\n") == ['θ ← θ − η ∂z "$&"/∂θ', 'z "$&" = 2.079']
    assert page.find("#descend").get_attribute("title") == 'θ ← θ − η ∂z "$&"/∂θ'
    assert page.find("#curve svg").get_attribute("aria-label") == 'z "$&" after each change: 1 values'
    assert not page.run("return /\\bE\\b/.test(document.body.innerText)")
    assert page.run("return document.querySelectorAll('#curve circle').length") == 1
    page.run("shown.live.set(1, 0); shown.show(0)")
    assert page.run("return document.querySelectorAll('#curve circle').length") == 0, "−∞ is no point"


def test_the_check_of_a_saturated_leaf_says_that_it_is_too_small_to_resolve(page):
    w = Value(18.0, "w")
    page.open(play(tanh(w) + w * 0.0))  # its slope is 9e-16, and that of the difference exactly 0
    assert page.find("#difference").text == "0.00000000"
    assert page.find("#apart").text == "too small to resolve"
    page.card = page.find(f"#{page.player.told['picture']}n1")
    page.card.send_keys("1", Keys.ENTER)
    assert (
        float(page.find("#apart").text.replace("·10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        < 1e-8
    )


def test_the_panel_changes_a_chosen_leaf_and_checks_its_gradient_by_central_differences(live):
    _, E = network()
    w = next(node for node in below(E) if node.label == "w_{1,2}^{(1)}")
    live.card("w_{1,2}^{(1)}").send_keys("")  # focus
    assert live.find("#leaf").get_property("value") == str(int(live.names["w_{1,2}^{(1)}"][1:]) - 1)

    def said(name):
        return float(live.find(f"#{name}").text.replace("−", "-"))

    assert said("gradient") == pytest.approx(w.grad, rel=1e-8)
    apart = {}
    for epsilon in ("0.1", "1e-5", "1e-14"):
        live.run("const e = document.querySelector('#epsilon'); e.value = arguments[0]; e.dispatchEvent(new Event('change'))", epsilon)  # fmt: skip
        apart[epsilon] = abs(said("difference") - w.grad)
    assert apart["1e-5"] < 1e-9 < 1e-4 < min(apart["0.1"], apart["1e-14"])  # too large a step, too small a step
    field = live.find("#number")
    field.clear()
    field.send_keys("2", Keys.ARROW_UP)
    assert live.number("w_{1,2}^{(1)}") == 2.1
    live.run("const leaf = document.querySelector('#leaf'); leaf.value = arguments[0]; leaf.dispatchEvent(new Event('change'))", int(live.names["x_2"][1:]) - 1)  # fmt: skip
    assert live.find("#number").get_property("value") == "-1"


def test_steps_down_the_gradient_lower_E_and_can_be_taken_back(live):
    start = live.E()
    eta = live.find("#eta")
    eta.clear()
    eta.send_keys("0.2")
    live.find("#descend").click()
    first = live.E()
    live.find("#descend10").click()
    assert start > first > live.E()
    assert len(live.find("#curve polyline").get_attribute("points").split()) == 12
    assert live.find("#loss").text == f"E = {number(live.E())}"
    for _ in range(10):
        live.find("#undo").click()
    assert live.E() == first
    live.find("#restart").click()
    assert live.E() == start
    for none in ("", "nan", "inf"):
        eta.clear()
        eta.send_keys(none)
        live.find("#descend").click()
        assert (live.E(), eta.get_attribute("aria-invalid")) == (start, "true")
    live.find("#learning").click()
    assert not live.find("#learn").is_displayed()


def test_the_address_holds_the_numbers_and_the_step_and_a_link_reproduces_them(live):
    live.card("x_1").send_keys(Keys.ARROW_UP)
    live.card("x_2").send_keys(Keys.PAGE_DOWN)
    live.press(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    expected = f"#3&{live.names['x_1']}=0.6&{live.names['x_2']}=-2"
    live.until(lambda: set(live.run("return location.hash").split("&")) == set(expected.split("&")))
    E, link = live.E(), live.driver.current_url
    live.go(link)
    assert (live.at, live.number("x_1"), live.number("x_2"), live.E()) == (2, 0.6, -2, E)
    live.run("location.hash = '#5'")
    live.until(lambda: live.at == 4)
    assert live.number("x_1") == 0.5
    for nonsense in ("#-3&n0=4&n999=1&n1=&by=&by=neurons&example=9&n1=x&=&&", "#NaN&x"):
        live.go(nonsense)
        assert live.at == 0
        assert live.E() == pytest.approx(engine(), rel=1e-12)


def test_infinity_and_nan_are_shown_and_the_node_is_named_where_they_arose(page):
    x = Value(2.0, "x")
    page.open(play(log(x) * 0.0 + x))
    card = page.find(f"#{page.player.told['picture']}n1")
    assert not page.find("#trouble").is_displayed()
    card.send_keys("0", Keys.ENTER)
    assert page.find("#trouble").text.startswith("v1 = log(0.000) = −∞ is the first number that is not finite")
    page.press(Keys.END)
    assert page.cards["n2"] == ["−∞", "0.000"]
    assert page.cards["n5"] == ["nan", "1.000"]
    card.send_keys(Keys.F2)
    page.find("#editor").send_keys("nan", Keys.ENTER)
    assert page.find("#trouble").text.startswith("x is no finite number")
    card.send_keys("3", Keys.ENTER)
    assert not page.find("#trouble").is_displayed()
    page.open(play(sqrt(Value(0.0, "x")) * 2.0))
    assert "is the first derivative that is no finite number" in page.find("#trouble").text


def test_examples_are_chosen_in_the_page(page):
    mlp, _ = network()
    X, y = [[0.5, -1.0], [2.0, 1.0], [0.0, 0.25]], [1.0, 0.0, 0.5]
    page.open(play(mlp, X, y, "half_squared_error"))
    field = page.find("#example")
    assert page.find("#of").text == "of 3"
    field.send_keys(Keys.ARROW_UP, Keys.ARROW_UP)
    assert page.run("return shown.live.E") == pytest.approx(losses.half_squared_error([0.5], mlp([Value(v) for v in X[2]])).data)  # fmt: skip
    page.until(lambda: page.run("return location.hash") == "#1&example=3")
    page.go("#4&example=2")
    assert page.run("return [shown.now, shown.live.example]") == [3, 1]
    assert page.find("#example").get_property("value") == "2"
    right = page.find("#example").value_of_css_property("color")
    page.find("#example").send_keys("9")  # there is no example 29
    assert page.run("return shown.live.example") == 1
    assert page.find("#example").value_of_css_property("color") != right


def test_steps_go_by_node_by_neuron_and_by_layer_and_the_place_is_kept(page):
    _, E = network()
    page.open(play(E))
    page.run("shown.show(shown.steps.length - 1)")
    for by, n, title in (
        ("neuron", 6 + 1 + 7, "layer 1, neuron 1"),
        ("layer", 5 + 1 + 6, "layer 1"),
        ("node", 32, "×"),
    ):
        Select(page.find("#by")).select_by_value(by)
        assert page.run("return [shown.live.by, shown.steps.length]") == [by, n]
        assert page.at == n - 1
        assert page.find("#steps h2").text.startswith(title)
        assert [page.cards[f"n{k}"][1] for k, node in enumerate(below(E), start=1) if node.op != CONSTANT] == [
            number(node.grad) for node in below(E) if node.op != CONSTANT
        ]
    Select(page.find("#by")).select_by_value("neuron")
    page.find("#first").click()
    page.find("#next").click()
    assert len(page.run("return [...document.querySelectorAll('.card.now')]")) == 4  # two products, Σ and tanh
    assert "tanh(−0.480) = −0.446" in page.find("#steps").text
    page.until(lambda: "by=neuron" in page.run("return location.hash"))


def test_the_picture_zooms_fits_and_is_dragged(page):
    _, E = network()
    page.open(play(E), width=1024, height=768)

    def width():
        return page.run("return document.querySelector('#picture > svg').getBoundingClientRect().width")

    assert page.run("return 12.5 * shown.zoom.scale") >= 14  # pixels of a card's numbers
    start = width()
    page.find("#larger").click()
    assert width() == pytest.approx(1.25 * start, rel=1e-3)
    page.find("#smaller").click()
    assert width() == pytest.approx(start, rel=1e-3)
    page.press("+")
    assert width() > start
    page.press("0")
    inner = page.run("const p = document.querySelector('#picture'); return [p.scrollWidth <= p.clientWidth, p.scrollHeight <= p.clientHeight]")  # fmt: skip
    assert inner == [True, True]
    page.press("-")
    page.run("document.querySelector('#picture').dispatchEvent(new WheelEvent('wheel', {ctrlKey: true, deltaY: -400, clientX: 500, clientY: 300, bubbles: true, cancelable: true}))")  # fmt: skip
    assert width() > start
    before = page.run("return document.querySelector('#picture').scrollLeft")
    ground = page.find("#picture")
    webdriver.ActionChains(page.driver).move_to_element_with_offset(ground, 0, 180).click_and_hold().move_by_offset(-60, 0).release().perform()  # fmt: skip
    assert page.run("return document.querySelector('#picture').scrollLeft") == pytest.approx(before + 60, abs=2)


def test_two_fingers_zoom_and_one_drags_a_leaf(live):
    scale = live.run("return shown.zoom.scale")

    def touch(kind, *points):
        live.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(points)]})  # fmt: skip

    live.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    touch("touchStart", (500, 300), (600, 300))
    touch("touchMove", (480, 300), (620, 300))
    touch("touchMove", (450, 300), (650, 300))
    touch("touchEnd")
    live.until(lambda: live.run("return shown.zoom.scale") == pytest.approx(2 * scale, rel=0.05))
    live.find("#fit").click()
    box = live.run("const b = arguments[0].getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]", live.card("x_1"))  # fmt: skip
    touch("touchStart", tuple(box))
    for step in (10, 20, 40):
        touch("touchMove", (box[0] + step, box[1]))
    touch("touchEnd")
    live.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    live.until(lambda: live.number("x_1") == pytest.approx(0.9, abs=0.05))


def test_a_large_network_is_shown_by_neuron_and_stays_live(page):
    mlp = MLP(2, [25, 2], "tanh", "softmax", rng=0)
    page.open(play(mlp, [[0.5, -0.25], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], "cross_entropy"))
    assert page.run("return shown.live.by") == "neuron"
    page.press(Keys.END)
    x = Value(0.5, "x")
    E = losses.evaluate(losses.find("cross_entropy"), "softmax", [1.0, 0.0], (trace := mlp.trace([x, Value(-0.25)])).z[-1], trace.a[-1])  # fmt: skip
    E.backward()
    key = next(card["key"] for card in page.player.told["cards"] if card["name"]["words"] == "x₁")
    assert page.cards[key] == ["0.500", number(x.grad)]
    before = page.run("return [...document.querySelectorAll('.link path')].map((p) => p.getAttribute('stroke-width'))")
    page.find("#descend10").click()
    after = page.run("return [...document.querySelectorAll('.link path')].map((p) => p.getAttribute('stroke-width'))")
    assert before != after
    page.find(f"#{page.player.told['picture']}{key}").send_keys("2", Keys.ENTER)
    assert page.cards[key][0] == "2.000"


def test_right_to_left_labels_do_not_disturb_numbers(page):
    E = Value(2.0, "שלום") * Value(-3.0, "b")
    page.open(play(E))
    page.press(Keys.ARROW_RIGHT)
    xs = page.run(
        """const row = document.querySelector("#steps p"), range = document.createRange();
        return [...row.querySelectorAll(".value")].map((one) => { range.selectNodeContents(one); return range.getBoundingClientRect().x; });"""
    )
    assert xs == sorted(xs)
    assert page.find("#steps p").text.endswith("= 2.000 · (−3.000) = −6.000")
