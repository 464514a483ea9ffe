"""A descent as a film: where the walkers are at each time, and who sees them move."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tests.helpers.browsers import set_media
from tinygrad_scalar.drawing import draw_descent

SVG = "{http://www.w3.org/2000/svg}"
WAYS = {"slow": [[-2.0, 1.0], [-1.0, 0.5], [-0.5, 0.25]], "fast <b>": [[-2.0, 1.0], [0.0, 0.0]]}


def bowl(theta):
    return float(theta @ theta)


def middle(driver, walker):
    """Where the walker's dot is, in the SVG's own pixels."""
    return driver.execute_script(
        "const svg = document.querySelector('svg'), own = svg.getBoundingClientRect();"
        f"const dot = document.getElementById(svg.id + 'walker{walker}').getBoundingClientRect();"
        "const scale = svg.viewBox.baseVal.width / own.width;"
        "return [scale * (dot.left + dot.width / 2 - own.left), scale * (dot.top + dot.height / 2 - own.top)]"
    )


def test_a_descent_stands_still_at_its_end_where_nothing_can_move(tmp_path):
    picture = draw_descent(bowl, WAYS, title="a bowl & 2 walkers")
    root = ET.fromstring(picture.svg)
    ids = {element.get("id", "").removeprefix(root.get("id")) for element in root.iter()}
    assert {"way0", "walker0", "way1", "walker1"} <= ids
    said = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert {"slow", "fast <b>", "a bowl & 2 walkers"} <= set(said)
    rules = "".join(style.text for style in root.iter(f"{SVG}style"))
    assert rules.count("@supports") == 2, "all rules of motion are skipped by who knows no variables"
    for kind in ("png", "pdf", "svg"):
        picture.save(tmp_path / f"still.{kind}")
    assert draw_descent(bowl, WAYS, tmp_path / "again.svg", title="a bowl & 2 walkers").svg == picture.svg


def test_walkers_are_at_their_steps_at_the_same_time_and_come_to_rest(driver, tmp_path):
    picture = draw_descent(bowl, WAYS, limits=[(-2.5, 0.5), (-0.5, 1.5)], seconds=4.0)
    picture.save(tmp_path / "film.html")
    set_media(driver, prefers_reduced_motion="no-preference")
    driver.get((tmp_path / "film.html").as_uri())
    assert driver.get_log("browser") == []

    def at(seconds):
        driver.execute_script(
            "for (const m of document.querySelector('#film svg').getAnimations({subtree: true}))"
            f"{{ m.pause(); m.currentTime = {1000 * seconds}; }}"
        )
        return np.array([middle(driver, 0), middle(driver, 1)])

    start, half, end = at(0.0), at(2.0), at(4.0)
    np.testing.assert_allclose(start[0], start[1], atol=0.3)
    np.testing.assert_allclose(half[0], start[0] + (end[1] - start[0]) / 2, atol=0.3)  # after 1 step of 2: (−1, 0.5)
    np.testing.assert_allclose(half[1], end[1], atol=0.3)  # one step takes as long for both: this one has arrived
    np.testing.assert_allclose(end[0], start[0] + 0.75 * (end[1] - start[0]), atol=0.3)  # (−0.5, 0.25)
    np.testing.assert_allclose(at(4.3), end, atol=0.3)


def test_the_film_stops_by_its_button_and_goes_where_the_slider_is(driver, tmp_path):
    draw_descent(bowl, WAYS, tmp_path / "film.html")
    set_media(driver, prefers_reduced_motion="no-preference")
    driver.get((tmp_path / "film.html").as_uri())
    states = "return document.querySelector('#film svg').getAnimations({subtree: true}).map(m => m.playState)"
    assert set(driver.execute_script(states)) == {"running"}
    driver.find_element("id", "stop").click()
    assert set(driver.execute_script(states)) == {"paused"}
    assert driver.find_element("id", "stop").text == "play"
    driver.execute_script(
        "const t = document.getElementById('time'); t.value = 500; t.dispatchEvent(new Event('input'))"
    )
    there = middle(driver, 0)
    assert there == middle(driver, 0)
    driver.find_element("id", "stop").click()
    assert set(driver.execute_script(states)) == {"running"}


@pytest.mark.parametrize(("motion", "moving"), [("reduce", 0), ("no-preference", 4)])
def test_who_asks_for_reduced_motion_sees_none(driver, tmp_path, motion, moving):
    draw_descent(bowl, WAYS, tmp_path / "film.svg")
    draw_descent(bowl, WAYS, tmp_path / "film.html")
    set_media(driver, prefers_reduced_motion=motion)
    driver.get((tmp_path / "film.svg").as_uri())
    running = "document.documentElement.getAnimations({subtree: true}).filter(m => m.playState == 'running').length"
    assert driver.execute_script(f"return {running}") == moving
    driver.get((tmp_path / "film.html").as_uri())
    assert driver.execute_script(f"return {running}") == moving, "the page begins as the reader wants it"
    set_media(driver, prefers_reduced_motion="no-preference")


def test_in_a_notebook_the_page_lies_upon_the_image(driver, tmp_path):
    """A notebook that is not trusted drops the frame, and the image is left."""
    html = draw_descent(bowl, WAYS)._repr_html_()
    assert len(re.findall("<img ", html)) == len(re.findall("<iframe ", html)) == 1
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><body>{html}", encoding="utf-8")
    driver.get((tmp_path / "notebook.html").as_uri())
    frame, image = (
        driver.execute_script(
            f"const r = document.querySelector('{tag}').getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]"
        )
        for tag in ("iframe", "img")
    )
    assert frame[0] <= image[0]
    assert frame[1] <= image[1]
    assert frame[2] >= image[2]
    assert frame[3] >= image[3] + 50.0, "and there is room for the button"


def test_ways_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match="colours for 1 to 10 walkers, got 0"):
        draw_descent(bowl, {})
    for way in ([1.0, 2.0], [[1.0, np.nan]], np.zeros((0, 2)), [[1.0, 2.0, 3.0]]):
        with pytest.raises(ValueError, match="the way of 'mine' is an array of n × 2 finite numbers"):
            draw_descent(bowl, {"mine": way})


def test_a_surface_without_a_finite_number_is_refused():
    with pytest.raises(ValueError, match="finite nowhere"):
        draw_descent(lambda theta: float("nan"), WAYS)


def test_on_axes_of_yours_nothing_moves():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    picture = draw_descent(bowl, WAYS, ax=axes)
    assert len(axes.lines) == 4
    assert "animation" not in picture.svg
    assert picture._repr_html_() is None


def test_a_long_way_is_thinned_and_ends_where_it_ends():
    way = np.column_stack([np.linspace(-2.0, 0.0, 10_000), np.zeros(10_000)])
    assert len(draw_descent(bowl, {"long": way}).svg) < 200_000
