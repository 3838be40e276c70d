"""The still part of the picture: a landscape along one of its views, with Γ, gradient flow and nothing that moves.

A figure is a plain dictionary that Plotly reads. Colours are roles ("role:sgd", "role:ink@0.4") that the player resolves for the
theme; `meta` names what a trace stands for.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from dynamics import Landscape, manifold_box, sample_manifold
from dynamics.landscapes.landscape import View
from dynamics.landscapes.latex import spelled
from dynamics.manifold.sampling import extent
from figures.manifold import found, parametrized
from figures.traces import Figure, line, packed

CONTOUR_SAMPLES = (201, 111)
SURFACE_SAMPLES = (72, 72)
WIDER = 0.65  # contours reach this far beyond the box on the left and right: the picture is wider than the box, at one scale
CONTOUR_LINES = 16
ASIDE, ABOVE = 0.35, 0.525  # radians, from where the camera looks
FIELD = np.tan(np.pi / 8)  # of Plotly's camera, half of it at the distance 1
FILLED, WIDER_THAN_TALL = 0.9, 1.25  # of the field, up and down, that the box may take; sideways, in a window of this shape


def landscape_views(landscape: Landscape) -> tuple[View, ...]:
    """The views of a landscape: its file's, else some for a landscape of one's own, whose box is empty until points are known."""
    if landscape.views:
        return landscape.views
    names = landscape.variables
    told = {name: spelled(name) for name in names}
    if landscape.dimension == 1:
        return (View("plane", "The loss along the line", "plane", (names[0], "loss"), (told[names[0]], "L"), ()),)
    if landscape.dimension == 2:
        flat = tuple(told.values())
        return (
            View("plane", "Contours of the loss", "contour", names, flat, ()),
            View("surface", "The loss as height", "surface", (*names, "log(1 + loss)"), (*flat, "log(1 + L)"), ()),
        )
    telling = names if landscape.dimension == 3 else _telling(landscape)
    around = list(zip(names, names[1:] + names[:1], strict=True))
    pairs = around if {telling[:2], telling[1::-1]} & set(around) else [telling[:2], *around]
    planes = (View(f"{a}-{b}", f"{told[a]} and {told[b]}", "plane", (a, b), (told[a], told[b]), ()) for a, b in pairs)
    axes = tuple(told[name] for name in telling[:3])
    return (View("space", f"Space of {', '.join(axes)}", "space", telling[:3], axes, ()), *planes)


def _telling(landscape: Landscape) -> tuple[str, ...]:
    """Three variables in which Γ extends farthest: what shows most of it."""
    spread = extent(landscape, landscape.start or np.zeros(landscape.dimension))
    order = np.argsort(-np.round(spread, 2), kind="stable")[:3]
    return tuple(landscape.variables[i] for i in order)


def boxed(landscape: Landscape, view: View, points: np.ndarray, region: np.ndarray | None = None) -> View:
    """The view with a box that holds `points` (S, D) and its own; where it has none, what it shows of the box `region` (D, 2)."""
    seen = landscape.evaluate(view.axes, points)
    seen = seen[np.isfinite(seen).all(axis=-1)]
    if view.box:
        low, high = np.array(view.box).T
        low, high = np.minimum(low, seen.min(axis=0, initial=np.inf)), np.maximum(high, seen.max(axis=0, initial=-np.inf))
        sides = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
        return replace(view, box=tuple(sides))
    low, high = seen.min(axis=0), seen.max(axis=0)
    width = np.maximum(high - low, 0.5)
    if view.kind == "contour":
        width[:] = width.max()  # one scale on both axes
    middle = (low + high) / 2
    low, high = middle - 0.75 * width, middle + 0.75 * width
    if region is not None:
        low, high = _held(landscape, view, seen, region, low, high)
    if view.kind == "surface":
        low[-1] = 0.0
    return replace(view, box=tuple((float(a), float(b)) for a, b in zip(low, high, strict=True)))


def _held(
    landscape: Landscape, view: View, seen: np.ndarray, region: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The ends of a box: of the axes that are variables, what holds the region and the points that are seen."""
    low, high = low.copy(), high.copy()
    for i, axis in enumerate(view.axes):
        if axis in landscape.variables:
            bottom, top = region[landscape.variables.index(axis)]
            low[i], high[i] = min(bottom, seen[:, i].min()), max(top, seen[:, i].max())
    if view.kind == "contour":  # one scale on both axes
        middle, width = (low + high) / 2, (high - low).max()
        low, high = middle - width / 2, middle + width / 2
    return low, high


def landscape_figure(
    landscape: Landscape,
    view: View,
    start: np.ndarray,
    flow: np.ndarray,
    region: np.ndarray | None = None,
    origin: np.ndarray | None = None,
) -> Figure:
    """Data and layout of `view`, which has a box, with the gradient flow path `flow` (K, D) from `start` (D,).

    `region` (D, 2) is where a Γ without a parametrization is looked for, by default `manifold_box`; along the view's own axes it
    reaches as far as the view's box. `origin` (D,) is the start it is looked for from, by default where the flow ends.
    """
    spatial = len(view.axes) == 3
    background = {"contour": _contours, "surface": _height}.get(view.kind)
    data = background(landscape, view, start) if background else []
    data += _gamma(landscape, view, start, flow[-1] if origin is None else origin, region)
    path = landscape.evaluate(view.axes, flow)
    if len(path) > 1:
        data.append(line(path, view, "flow", "role:flow", 5 if spatial else 3.2, dash="dash"))
    data = [_naming(trace, view) for trace in data]
    return {"data": data, "layout": _space_layout(landscape, view, start) if spatial else _plane_layout(view)}


def _naming(trace: Figure, view: View) -> Figure:
    """The trace with what is said of a point of it: its coordinates by name. Lines and points let what is behind them speak."""
    extra = {"contour": "<br>L = %{customdata:.3g}", "surface": "", "mesh3d": ""}.get(trace["type"])
    if extra is None or "z" not in trace or trace.get("contours", {}).get("coloring") == "none":
        return trace
    named = [f"{label} = %{{{axis}:.3f}}" for label, axis in zip(view.labels, "xyz", strict=False)]
    return {key: value for key, value in trace.items() if key != "hoverinfo"} | {
        "hovertemplate": ("<b>Γ</b><br>" if "meta" in trace else "") + ", ".join(named) + extra + "<extra></extra>"
    }


def _contours(landscape: Landscape, view: View, start: np.ndarray) -> list[Figure]:
    x0, x1 = view.box[0]
    x, y, grid = _grid(landscape, view, _wide(view), CONTOUR_SAMPLES, start)
    with np.errstate(all="ignore"):
        loss = landscape.loss(grid)
    inside = loss[:, (x >= x0) & (x <= x1)]
    top = float(np.quantile(inside[np.isfinite(inside)], 0.9, method="lower")) if np.isfinite(inside).any() else 1.0
    return [_shading(x, y, loss, top or 1.0)]


def _wide(view: View) -> tuple[tuple[float, float], ...]:
    """The view's box, of contours as far as they are drawn."""
    if view.kind != "contour":
        return view.box
    (x0, x1), *others = view.box
    return (x0 - WIDER * (x1 - x0), x1 + WIDER * (x1 - x0)), *others


def _shading(x: np.ndarray, y: np.ndarray, loss: np.ndarray, top: float) -> Figure:
    """Lines of equal √L: near Γ they are evenly spaced, and no steeper than a grid can show."""
    level = np.sqrt(top) / CONTOUR_LINES
    return {
        "type": "contour",
        "x": packed(x),
        "y": packed(y),
        "z": packed(np.sqrt(np.maximum(loss, 0.0))),
        "customdata": packed(loss),
        "contours": {"start": level, "end": CONTOUR_LINES * level, "size": level},
        "zmin": 0,
        "zmax": CONTOUR_LINES * level,
        "zauto": False,
        "autocontour": False,
        "colorscale": "role:contour",
        "showscale": False,
        "line": {"color": "role:grid", "width": 0.8},
    }


def _zero_line(landscape: Landscape, view: View, start: np.ndarray) -> list[Figure]:
    """Γ on a plane as the line where the one residual changes its sign."""
    if view.kind != "contour" or landscape.dimension != 2 or len(landscape.definition.residuals) != 1:
        return []
    x, y, grid = _grid(landscape, view, _wide(view), CONTOUR_SAMPLES, start)
    line = {
        "type": "contour",
        "x": packed(x),
        "y": packed(y),
        "z": packed(landscape.residuals(grid)[..., 0]),
        "contours": {"start": 0, "end": 0, "size": 1, "coloring": "none"},
        "autocontour": False,
        "showscale": False,
        "line": {"color": "role:manifold", "width": 4},
        "hoverinfo": "skip",
        "meta": "manifold",
    }
    return [line]


def _height(landscape: Landscape, view: View, start: np.ndarray) -> list[Figure]:
    x, y, grid = _grid(landscape, view, view.box[:2], SURFACE_SAMPLES, start)
    height = landscape.evaluate(view.axes[2:], grid)[..., 0]
    bottom, top = view.box[2]
    step = (top - bottom) / 12
    return [
        {
            "type": "surface",
            "x": packed(x),
            "y": packed(y),
            "z": packed(np.where(height <= top, height, np.nan)),
            "cmin": bottom,
            "cmax": top,
            "colorscale": "role:contour",
            "showscale": False,
            "contours": {"z": {"show": True, "start": bottom + step, "end": top, "size": step, "color": "role:muted", "width": 1}},
            "lighting": {"ambient": 0.85, "diffuse": 0.4, "specular": 0.02, "roughness": 0.9},
            "hoverinfo": "skip",
        }
    ]


def _gamma(landscape: Landscape, view: View, start: np.ndarray, origin: np.ndarray, region: np.ndarray | None) -> list[Figure]:
    if landscape.manifold:  # a parametrization may end before the contours do
        return _zero_line(landscape, view, start) or parametrized(landscape, view)
    region = np.array(manifold_box(landscape, np.stack([start, origin])) if region is None else region)
    for axis, side in zip(view.axes, _wide(view), strict=True):
        if axis in landscape.variables:
            region[landscape.variables.index(axis)] = side
    manifold = sample_manifold(landscape, origin, region)
    whole = found(landscape, view, manifold) if manifold.complete else []
    return whole or _zero_line(landscape, view, start) or found(landscape, view, manifold)


def _plane_layout(view: View) -> Figure:
    def axis(i: int) -> Figure:
        return {
            "title": {"text": view.labels[i], "standoff": 6},
            "range": list(view.box[i]),
            "gridcolor": "role:grid",
            "linecolor": "role:grid",
            "zeroline": False,
            "showgrid": view.kind != "contour",
            "nticks": 8,
        }

    x, y = axis(0), axis(1)
    widths = [high - low for low, high in view.box]
    if view.kind == "contour" or (view.labels[1] != "L" and max(widths) < 1.1 * min(widths)):
        x |= {"constrain": "range"}
        y |= {"scaleanchor": "x", "constrain": "range"}
    return {"xaxis": x, "yaxis": y}


def _space_layout(landscape: Landscape, view: View, start: np.ndarray) -> Figure:
    sides = np.array([high - low for low, high in view.box])
    flat = np.array([*(sides[:2] / sides[:2].max()), 0.62])
    ratio = 1.1 * (flat if view.kind == "surface" else np.clip(sides / sides.max(), 0.35, 1.0))
    scene: Figure = {
        "aspectmode": "manual",
        "aspectratio": dict(zip("xyz", ratio.tolist(), strict=True)),
        "camera": {"eye": _eye(landscape, view, start, ratio), "center": {"x": 0, "y": 0, "z": -0.12}},
    }
    for i, name in enumerate(("xaxis", "yaxis", "zaxis")):
        scene[name] = {
            "title": {"text": view.labels[i]},
            "range": list(view.box[i]),
            "showbackground": False,
            "gridcolor": "role:grid",
            "zerolinecolor": "role:grid",
            "linecolor": "role:grid",
            "color": "role:ink",
            "nticks": 5,
            "showspikes": False,
        }
    return {"scene": scene, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}}


def _eye(landscape: Landscape, view: View, start: np.ndarray, ratio: np.ndarray) -> dict[str, float]:
    """On the side of the landscape's own start, a little beside it: what happens first is in front. So far off that the whole box,
    whose sides are `ratio`, is seen.

    Where the landscape has no start, in the start's quarter of the first two axes, so that the camera stays when the start moves a
    little.
    """
    low, high = np.array(view.box)[:2].T
    aside = landscape.evaluate(view.axes[:2], np.array(landscape.start or start)) - (low + high) / 2
    if not landscape.start:
        aside = np.where(aside < 0, -1.0, 1.0) * (high - low)
    angle = float(np.arctan2(*(aside / (high - low))[::-1]) - ASIDE)
    forth, right, up = np.array(
        [
            [np.cos(angle) * np.cos(ABOVE), np.sin(angle) * np.cos(ABOVE), np.sin(ABOVE)],
            [-np.sin(angle), np.cos(angle), 0.0],
            [-np.cos(angle) * np.sin(ABOVE), -np.sin(angle) * np.sin(ABOVE), np.cos(ABOVE)],
        ]
    )
    corners = np.array(list(product((-0.5, 0.5), repeat=3))) * ratio
    wanted = np.maximum(np.abs(corners @ right) / WIDER_THAN_TALL, np.abs(corners @ up)) / (FILLED * FIELD) + corners @ forth
    return dict(zip("xyz", (float(wanted.max()) * forth).tolist(), strict=True))


def _grid(
    landscape: Landscape, view: View, box: tuple, samples: tuple[int, int], start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (C,), y (R,) and the points (R, C, D) with these two coordinates and the others as at `start`."""
    x, y = (np.linspace(low, high, count) for (low, high), count in zip(box, samples, strict=True))
    grid = np.tile(np.asarray(start, dtype=float), (len(y), len(x), 1))
    grid[..., landscape.variables.index(view.axes[0])] = x
    grid[..., landscape.variables.index(view.axes[1])] = y[:, None]
    return x, y, grid
