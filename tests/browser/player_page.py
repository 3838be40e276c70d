"""A page with nothing but a player: what tests/browser/test_player.py opens. `python -m tests.browser.player_page 8610`."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from figures.blob import encode
from figures.palette import themes
from figures.simulation import series_panels

ASSETS = Path(__file__).parents[2] / "assets"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="common.css">
<link rel="stylesheet" href="player/player.css"><link rel="stylesheet" href="save/save.css">
<style>:root { color-scheme: light dark } body { margin: 1rem; font-family: "IBM Plex Sans", "DejaVu Sans", sans-serif }</style>
<div id="player"></div><script src="plotly.js"></script>
<script type="module">
  import { mount } from "./player/player.js";
  const load = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
  window.sent = [];
  window.show = async (name) => window.player.update({ blob: await load(`${name}.azl`) });
  const first = await load("RUN.azl");
  const send = (...message) => window.sent.push(message);
  window.player = mount(document.getElementById("player"), { blob: first, send, plotly: window.later ?? window.Plotly });
</script>"""


def serve(runs: dict[str, bytes], port: int = 0) -> ThreadingHTTPServer:
    """Serve `/?run=name`, a page that plays `runs[name]`, until `.shutdown()`; port 0 is any that is free."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            name = url.path.strip("/")
            if not name:
                run = parse_qs(url.query).get("run", [next(iter(runs))])[0]
                self.answer("text/html", PAGE.replace("RUN", run).encode())
            elif name == "plotly.js":
                self.answer("text/javascript", files("plotly").joinpath("package_data/plotly.min.js").read_bytes())
            elif name.endswith(".azl"):
                self.answer("application/octet-stream", runs[name.removesuffix(".azl")])
            else:
                kind = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}[Path(name).suffix]
                self.answer(kind, (ASSETS / name).read_bytes())

        def answer(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def hyperbola(paths: int = 300, frames: int = 400, axes: int = 2, **changes: Any) -> bytes:
    """SGD with label noise on L = (xy - 1)²/2 and its limit, small and vectorised: a run that looks like the real ones."""
    learning_rate, horizon, rng = 0.1, 2.0, np.random.default_rng(0)
    steps = round(horizon / learning_rate**2)
    recorded = np.unique(np.rint(np.geomspace(1, steps + 1, frames)).astype(int) - 1)
    recorded = np.unique(np.concatenate([recorded, np.rint(np.linspace(0, steps, frames - len(recorded))).astype(int)]))
    point = np.tile([2.4, 1.6], (paths, 1))
    places = []
    for step in range(steps + 1):
        if step in set(recorded):
            places.append(point.copy())
        residual = point.prod(axis=1) - 1 + rng.choice([-1.0, 1.0], paths)
        point = point - learning_rate * residual[:, None] * point[:, ::-1]
    sgd = np.array(places)
    times = recorded * learning_rate**2
    difference = (2.4**2 - 1.6**2) * np.exp(-times)
    root = np.sqrt((difference + np.sqrt(difference**2 + 4)) / 2)
    limit = np.repeat(np.stack([root, 1 / root], axis=-1)[:, None], paths, axis=1)
    return run(sgd, limit, times, learning_rate, axes, **changes)


def loss(points: np.ndarray) -> np.ndarray:
    return (points[..., 0] * points[..., 1] - 1) ** 2 / 2


def run(sgd: np.ndarray, limit: np.ndarray, times: np.ndarray, learning_rate: float, axes: int, **changes: Any) -> bytes:
    box = [[-0.5, 3.0], [-0.5, 3.0], [0.0, 4.0]][:axes]
    clouds = {"sgd": sgd, "limit": limit}
    arrays: dict[str, Any] = clocks(times, learning_rate)
    for who, points in clouds.items():
        arrays[f"{who}_frozen"] = np.full(points.shape[1], -1)
        squares = (points**2).sum(axis=-1)
        observables = {
            "loss": loss(points),
            "distance": np.abs(points.prod(axis=-1) - 1) / np.sqrt(squares),
            "trace_hessian": squares,
            "sharpness": squares,
        }
        for name, values in observables.items():
            arrays[f"series.{name}.{who}.mean"] = values.mean(axis=1)
            for side, quantile in {"low": 0.05, "high": 0.95}.items():
                arrays[f"series.{name}.{who}.{side}"] = np.quantile(values, quantile, axis=1)
    if axes == 3:
        clouds = {who: np.concatenate([points, loss(points)[..., None]], axis=-1) for who, points in clouds.items()}
    header = {
        "box": box,
        "figure": contours(box) if axes == 2 else surface(box),
        "palette": themes(),
        "learning_rate": learning_rate,
        "clock": "slow",
        "clocks": {"slow": "kη²", "fast": "kη"},
        "caption": "300 paths of SGD from (2.4, 1.6) with learning rate η = 0.1 and label noise δ = 1 fall onto xy = 1 "
        "and drift along it, towards the balanced point (1, 1), as the limiting SDE says.",
        "alt": "Contours of the loss with moving particles near the curve xy = 1.",
        "status": {"kind": "ok", "sentence": ""},
        "start": [2.4, 1.6, 4.03][:axes],
        "pickable": True,
        "panels": series_panels(),
    }
    arrays |= changes.pop("arrays", {})
    return encode(header | changes, clouds, arrays)


def clocks(times: np.ndarray, learning_rate: float) -> dict[str, np.ndarray]:
    """The moments of SGD on each clock."""
    steps = np.rint(times / learning_rate**2)
    return {
        name: values.astype(np.float32) for name, values in {"times": times, "steps": steps, "fast": times / learning_rate}.items()
    }


def contours(box: list[list[float]]) -> dict[str, Any]:
    x, y = (np.linspace(*side, 120) for side in box)
    curve = np.linspace(0.3, 3.5, 200)
    heights = np.log10(loss(np.stack(np.meshgrid(x, y), axis=-1)) + 1e-3)
    axis = {"gridcolor": "role:grid", "zeroline": False, "linecolor": "role:grid"}
    return {
        "data": [
            {"type": "contour", "x": x, "y": y, "z": heights, "colorscale": "role:contour", "showscale": False,
             "line": {"color": "role:grid", "width": 1}, "hovertemplate": "x %{x:.2f}, y %{y:.2f}<extra></extra>"},
            {"type": "scatter", "mode": "lines", "x": curve, "y": 1 / curve, "meta": "manifold", "hoverinfo": "skip",
             "line": {"color": "role:manifold", "width": 3}},
            {"type": "scatter", "mode": "lines", "x": [2.4, 1.35], "y": [1.6, 0.74], "meta": "flow", "hoverinfo": "skip",
             "line": {"color": "role:flow", "width": 2.5, "dash": "dash"}},
        ],
        "layout": {
            "xaxis": axis | {"title": {"text": "x"}, "range": box[0]},
            "yaxis": axis | {"title": {"text": "y"}, "range": box[1]},
        },
    }  # fmt: skip


def surface(box: list[list[float]]) -> dict[str, Any]:
    x, y = (np.linspace(*side, 60) for side in box[:2])
    heights = loss(np.stack(np.meshgrid(x, y), axis=-1))
    curve = np.linspace(0.34, 2.9, 100)
    axis = {"gridcolor": "role:grid", "backgroundcolor": "role:paper", "color": "role:ink"}
    return {
        "data": [
            {"type": "surface", "x": x, "y": y, "z": np.where(heights > box[2][1], np.nan, heights),
             "colorscale": "role:contour", "showscale": False, "hoverinfo": "skip"},
            {"type": "scatter3d", "mode": "lines", "x": curve, "y": 1 / curve, "z": 0 * curve, "meta": "manifold",
             "hoverinfo": "skip", "line": {"color": "role:manifold", "width": 6}},
        ],
        "layout": {
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "scene": {
                "xaxis": axis | {"title": {"text": "x"}, "range": box[0]},
                "yaxis": axis | {"title": {"text": "y"}, "range": box[1]},
                "zaxis": axis | {"title": {"text": "loss"}, "range": box[2]},
                "aspectratio": {"x": 1, "y": 1, "z": 0.7},
                "camera": {"eye": {"x": 0.9, "y": 1.3, "z": 0.9}},
            },
        },
    }  # fmt: skip


if __name__ == "__main__":
    shown = {"flat": hyperbola(), "spatial": hyperbola(axes=3), "large": hyperbola(paths=500, frames=600)}
    print(json.dumps({name: len(blob) for name, blob in shown.items()}))
    serve(shown, int(sys.argv[1]))
    input("Enter ends it. ")
