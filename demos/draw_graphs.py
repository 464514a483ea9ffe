"""The pictures of the README: python demos/draw_graphs.py FOLDER (without one, a temporary folder)."""

import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import draw_backprop, draw_graph, explain, play, playground, worksheet
from tinygrad_scalar.drawing.graphs.graph import below
from tinygrad_scalar.losses import half_squared_error, squared_error

folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
folder.mkdir(parents=True, exist_ok=True)

mlp = MLP(2, [2, 1], "tanh", "tanh")
mlp.theta = [-0.52, 0.09, 0.21, 0.25, -0.13, -0.43, -0.97, 0.67, -0.24]
x = [Value(0.5, "x_1"), Value(-1.0, "x_2")]
trace = mlp.trace(x)
E = half_squared_error([Value(1.0, "y")], trace.a[-1])
E.label = "E"
E.backward()

neuron = MLP(2, [1], "tanh", "tanh")
neuron.theta = [-0.52, 0.09, -0.13]
E_1 = squared_error([Value(1.0, "y")], neuron([Value(0.5, "x_1"), Value(-1.0, "x_2")]))
E_1.label = "E"
E_1.backward()
draw_graph(E_1).save(folder / "graph.svg")  # every number of both passes, of no more than a page is wide
draw_backprop(trace, 1, 1).save(folder / "backprop.svg")  # one δ, and where it comes from
print(explain(E, x[0]))  # one derivative, as the sum over all paths

pages = {
    "player": play(E_1),
    "playground": playground(MLP(2, [6, 1], "tanh", "logistic", rng=0), "moons", "binary_cross_entropy"),
    "worksheet": worksheet(E_1, tidy=True, seed=2),
}
for name, page in pages.items():
    page.save(folder / f"{name}.html")
    print(f"\n{page}: {len(page.html.encode()) / 1000:.0f} kB")


def photograph(name, size, place="", act="", until="return true"):
    """A page as a browser shows it: opened at a place, acted on, and waited for."""
    from selenium import webdriver
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1.5"):
        options.add_argument(flag)
    with tempfile.TemporaryDirectory() as profile:
        options.add_argument(f"--user-data-dir={profile}")
        driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        driver.set_window_size(*size)
        driver.get((folder / f"{name}.html").resolve().as_uri() + place)
        driver.execute_script(act)
        WebDriverWait(driver, 60).until(lambda driver: driver.execute_script(until))
        driver.save_screenshot(str(folder / f"{name}.png"))
        driver.quit()


if shutil.which("chromium") and shutil.which("chromedriver") and find_spec("selenium"):
    inner = [node for node in below(E_1) if node.parents]
    w = neuron.layers[0].neurons[0].w[1]
    product = next(k for k, node in enumerate(inner[::-1], start=1) if any(parent is w for parent in node.parents))
    photograph("player", (1280, 760), f"#{1 + len(inner) + 1 + product}")  # both passes begin with a step of their own
    epoch = "return Number(document.body.innerText.match(/epoch\\s+(\\d+)/)[1]) >= 60"
    photograph("playground", (1280, 900), act="document.getElementById('play').click()", until=epoch)
    photograph("worksheet", (1000, 900))
print("wrote", ", ".join(sorted(path.name for path in folder.iterdir())))
