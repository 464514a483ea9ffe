"""The pages as axe-core judges them, which tests what screen readers, keyboards and eyes need.

`npm install axe-core` brings it; the variable AXE names its axe.min.js, or it lies in node_modules here.
"""

import os
from pathlib import Path

import pytest

from tests.helpers.browsers import set_media, set_size
from tinygrad_scalar import MLP
from tinygrad_scalar.drawing import play, playground, worksheet
from tinygrad_scalar.losses import half_squared_error

AXE = Path(os.environ.get("AXE", "node_modules/axe-core/axe.min.js"))
NETWORK = MLP(2, [3, 1], "tanh", "logistic", rng=1)
PAGES = {
    "player": lambda: play(NETWORK, [[0.5, -1.0], [1.0, 1.0]], [1.0, 0.0], "binary_cross_entropy"),
    "playground": lambda: playground(NETWORK, "moons", "binary_cross_entropy"),
    "worksheet": lambda: worksheet(half_squared_error([1.0], NETWORK([0.5, -1.0])), tidy=True, seed=1),
}


@pytest.mark.slow
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not here: npm install axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(driver, tmp_path, name, width, scheme):
    page = tmp_path / "page.html"
    PAGES[name]().save(page)
    set_size(driver, width, 800)
    set_media(driver, prefers_color_scheme=scheme)
    try:
        driver.get(page.as_uri())
        driver.execute_script(AXE.read_text(encoding="utf-8"))
        found = driver.execute_async_script(
            "const done = arguments[0]; axe.run().then((results) => done(results.violations));"
        )
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        set_media(driver)
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in serious] == []
