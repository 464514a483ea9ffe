"""The pictures of the README: python demos/draw_graphs.py FOLDER (without one, a temporary folder)."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tinygrad_scalar import MLP, Value
from tinygrad_scalar.drawing import draw_backprop, draw_graph, explain, play
from tinygrad_scalar.losses import half_squared_error

folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
folder.mkdir(parents=True, exist_ok=True)

mlp = MLP(2, [2, 1], "tanh", "tanh")
mlp.theta = [-0.52, 0.09, 0.21, 0.25, -0.13, -0.43, -0.97, 0.67, -0.24]
x = [Value(0.5, "x_1"), Value(-1.0, "x_2")]
trace = mlp.trace(x)
E = half_squared_error([Value(1.0, "y")], trace.a[-1])
E.label = "E"
E.backward()

draw_graph(E).save(folder / "graph.svg")  # every number of both passes
draw_backprop(trace, 1, 1).save(folder / "backprop.svg")  # one δ, and where it comes from
print(explain(E, x[0]))  # one derivative, as the sum over all paths

player = play(E)
player.save(folder / "player.html")
print(f"\n{player}: {len(player.html.encode()) / 1000:.0f} kB")

browser = shutil.which("chromium")
if browser:
    step = max(k for k, step in enumerate(player.steps, start=1) if any(share.parent is x[1] for share in step.shares))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [browser, *flags, f"--user-data-dir={profile}", "--window-size=1440,720", "--virtual-time-budget=2000",
             f"--screenshot={folder / 'player.png'}", f"{(folder / 'player.html').resolve().as_uri()}#{step}"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
print("wrote", ", ".join(sorted(path.name for path in folder.iterdir())))
