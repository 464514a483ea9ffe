"""The pictures of the README: python demos/draw_graphs.py FOLDER (without one, a temporary folder)."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import draw_backprop, draw_graph, explain, play
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

player = play(E_1)
player.save(folder / "player.html")
print(f"\n{player}: {len(player.html.encode()) / 1000:.0f} kB")

browser = shutil.which("chromium")
if browser:
    inner = [node for node in below(E_1) if node.parents]
    w = neuron.layers[0].neurons[0].w[1]
    product = next(k for k, node in enumerate(inner[::-1], start=1) if any(parent is w for parent in node.parents))
    step = 1 + len(inner) + 1 + product  # both passes begin with a step of their own
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [browser, *flags, f"--user-data-dir={profile}", "--window-size=1280,760", "--force-device-scale-factor=1.5",
             "--virtual-time-budget=2000", f"--screenshot={folder / 'player.png'}",
             f"{(folder / 'player.html').resolve().as_uri()}#{step}"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
print("wrote", ", ".join(sorted(path.name for path in folder.iterdir())))
