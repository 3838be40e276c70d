"""The still part of the picture: a landscape along one of its views, with Γ, gradient flow and nothing that moves.

A figure is a plain dictionary that Plotly reads. Colours are roles ("role:sgd", "role:ink@0.4") that the player resolves for the
theme; `meta` names what a trace stands for.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

import numpy as np

from dynamics import Landscape, manifold_chart, manifold_samples
from dynamics.landscape import View

CONTOUR_SAMPLES = (201, 111)
SURFACE_SAMPLES = (72, 72)
WIDER = 0.5  # contours reach this far beyond the box on the left and right: the picture is wider than the box, at one scale
CONTOUR_LINES = 16
MESH_LINES = 13
EYE = 1.5  # distance of the camera from the vertical axis
ASIDE = 0.35  # radians
CURVE_SAMPLES = 600
LIFT = 0.004  # of the box, that lines lie above and below the surface they belong to

Figure = dict[str, Any]


def landscape_views(landscape: Landscape) -> tuple[View, ...]:
    """The views of a landscape: its file's, else some for a landscape of one's own, whose box is empty until points are known."""
    if landscape.views:
        return landscape.views
    names = landscape.variables
    if landscape.dimension == 1:
        return (View("plane", "The loss along the line", "plane", (names[0], "loss"), (names[0], "L"), ()),)
    if landscape.dimension == 2:
        return (
            View("plane", "Contours of the loss", "contour", names, names, ()),
            View("surface", "The loss as height", "surface", (*names, "log(1 + loss)"), (*names, "log(1 + L)"), ()),
        )
    planes = tuple(
        View(f"{a}-{b}", f"{a} and {b}", "plane", (a, b), (a, b), ()) for a, b in zip(names, names[1:] + names[:1], strict=True)
    )
    return (View("space", f"Space of {', '.join(names[:3])}", "space", names[:3], names[:3], ()), *planes)


def boxed(landscape: Landscape, view: View, points: np.ndarray) -> View:
    """The view with a box that holds `points` (S, D) and, where it has one, its own."""
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
    if view.kind == "surface":
        low[-1] = 0.0
    return replace(view, box=tuple((float(a), float(b)) for a, b in zip(low, high, strict=True)))


def landscape_figure(landscape: Landscape, view: View, start: np.ndarray, flow: np.ndarray) -> Figure:
    """Data and layout of `view`, which has a box, with the gradient flow path `flow` (K, D) from `start` (D,)."""
    spatial = len(view.axes) == 3
    background = {"contour": _contours, "surface": _height}.get(view.kind)
    data = background(landscape, view, start) if background else []
    data += _manifold(landscape, view, flow[-1])
    path = landscape.evaluate(view.axes, flow)
    if len(path) > 1:
        data.append(_line(path, view, "flow", "role:flow", 5 if spatial else 3.2, dash="dash"))
    return {"data": data, "layout": _space_layout(landscape, view) if spatial else _plane_layout(view)}


def _contours(landscape: Landscape, view: View, start: np.ndarray) -> list[Figure]:
    (x0, x1), (y0, y1) = view.box
    wide = ((x0 - WIDER * (x1 - x0), x1 + WIDER * (x1 - x0)), (y0, y1))
    x, y, grid = _grid(landscape, view, wide, CONTOUR_SAMPLES, start)
    with np.errstate(all="ignore"):
        loss = landscape.loss(grid)
    inside = loss[:, (x >= x0) & (x <= x1)]
    top = float(np.quantile(inside[np.isfinite(inside)], 0.9, method="lower")) if np.isfinite(inside).any() else 1.0
    shown = [_shading(x, y, loss, top or 1.0)]
    if _drawn_by_residual(landscape, view):
        shown.append(_zero_line(x, y, landscape.residuals(grid)[..., 0]))
    return shown


def _drawn_by_residual(landscape: Landscape, view: View) -> bool:
    """Γ as the line where the one residual changes its sign: it reaches as far as the contours do."""
    return view.kind == "contour" and landscape.dimension == 2 and len(landscape.definition.residuals) == 1


def _shading(x: np.ndarray, y: np.ndarray, loss: np.ndarray, top: float) -> Figure:
    """Lines of equal √L: near Γ they are evenly spaced, and no steeper than a grid can show."""
    level = np.sqrt(top) / CONTOUR_LINES
    return {
        "type": "contour",
        "x": _packed(x),
        "y": _packed(y),
        "z": _packed(np.sqrt(np.maximum(loss, 0.0))),
        "customdata": _packed(loss),
        "contours": {"start": level, "end": CONTOUR_LINES * level, "size": level},
        "zmin": 0,
        "zmax": CONTOUR_LINES * level,
        "zauto": False,
        "autocontour": False,
        "colorscale": "role:contour",
        "showscale": False,
        "line": {"color": "role:grid", "width": 0.8},
        "hovertemplate": "%{x:.3f}, %{y:.3f}<br>L = %{customdata:.3g}<extra></extra>",
    }


def _zero_line(x: np.ndarray, y: np.ndarray, residual: np.ndarray) -> Figure:
    return {
        "type": "contour",
        "x": _packed(x),
        "y": _packed(y),
        "z": _packed(residual),
        "contours": {"start": 0, "end": 0, "size": 1, "coloring": "none"},
        "autocontour": False,
        "showscale": False,
        "line": {"color": "role:manifold", "width": 4},
        "hoverinfo": "skip",
        "meta": "manifold",
    }


def _height(landscape: Landscape, view: View, start: np.ndarray) -> list[Figure]:
    x, y, grid = _grid(landscape, view, view.box[:2], SURFACE_SAMPLES, start)
    height = landscape.evaluate(view.axes[2:], grid)[..., 0]
    bottom, top = view.box[2]
    step = (top - bottom) / 12
    return [
        {
            "type": "surface",
            "x": _packed(x),
            "y": _packed(y),
            "z": _packed(np.where(height <= top, height, np.nan)),
            "cmin": bottom,
            "cmax": top,
            "colorscale": "role:contour",
            "showscale": False,
            "contours": {"z": {"show": True, "start": bottom + step, "end": top, "size": step, "color": "role:muted", "width": 1}},
            "lighting": {"ambient": 0.85, "diffuse": 0.4, "specular": 0.02, "roughness": 0.9},
            "hoverinfo": "skip",
        }
    ]


def _manifold(landscape: Landscape, view: View, arrival: np.ndarray) -> list[Figure]:
    shown: list[Figure] = []
    spatial = len(view.axes) == 3
    if _drawn_by_residual(landscape, view):
        return shown
    for piece in manifold_samples(landscape) or _curve_through(landscape, arrival):
        points = landscape.evaluate(view.axes, piece)
        points[~np.isfinite(points).all(axis=-1)] = np.nan
        if view.kind == "surface":
            points[..., 2] += 2 * LIFT * (view.box[2][1] - view.box[2][0])
        if piece.ndim == 2:
            shown.append(_line(points, view, "manifold", "role:manifold", 7 if spatial else 4.5))
        else:
            shown += [_skin(points), _mesh(points, view)] if spatial else [_mesh(points, view)]
    return shown


def _curve_through(landscape: Landscape, arrival: np.ndarray) -> list[np.ndarray]:
    """Γ of a landscape of one's own, where it is a curve: the piece on which gradient flow arrives."""
    try:
        chart = manifold_chart(landscape, arrival)
    except ValueError:
        return []
    return [chart.points(np.linspace(chart.origin, chart.origin + chart.length, CURVE_SAMPLES))]


def _skin(points: np.ndarray) -> Figure:
    """A surface Γ, filled."""
    return {
        "type": "surface",
        **{name: _packed(points[..., i]) for i, name in enumerate("xyz")},
        "surfacecolor": _packed(np.ones(points.shape[:2])),
        "cmin": 0,
        "cmax": 1,
        "colorscale": "role:contour",
        "showscale": False,
        "lighting": {"ambient": 0.7, "diffuse": 0.6, "specular": 0.03, "roughness": 0.9},
        "hoverinfo": "skip",
        "meta": "manifold",
    }


def _mesh(points: np.ndarray, view: View) -> Figure:
    """A surface Γ as lines along its two parameters, in one trace: a row of NaN ends a line."""
    spatial = len(view.axes) == 3
    sheets = [points + LIFT * side * _normals(points, view) for side in (-1, 1)] if spatial else [points]
    rows = [np.unique(np.linspace(0, size - 1, MESH_LINES).astype(int)) for size in points.shape[:2]]
    lines = [line for sheet in sheets for line in (*sheet[rows[0]], *sheet[:, rows[1]].swapaxes(0, 1))]
    gap = np.full((1, points.shape[-1]), np.nan)
    joined = np.concatenate([part for line in lines for part in (line, gap)])
    return _line(joined, view, "manifold", "role:manifold", 2 if spatial else 1) | {"opacity": 0.45}


def _normals(points: np.ndarray, view: View) -> np.ndarray:
    """Unit normals of a surface in units of the box; 0 where the parametrization folds."""
    sides = np.array([high - low for low, high in view.box])
    along_u, along_v = np.gradient(points / sides, axis=(0, 1))
    normal = np.cross(along_u, along_v)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    return sides * np.divide(normal, length, out=np.zeros_like(normal), where=length > 1e-12)


def _line(points: np.ndarray, view: View, meta: str, colour: str, width: float, dash: str = "solid") -> Figure:
    kind = {2: "scatter", 3: "scatter3d"}[len(view.axes)]
    return {
        "type": kind,
        "mode": "lines",
        **{name: _packed(points[:, i]) for i, name in zip(range(points.shape[-1]), "xyz", strict=False)},
        "line": {"color": colour, "width": width, "dash": dash},
        "hoverinfo": "skip",
        "meta": meta,
    }


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


def _space_layout(landscape: Landscape, view: View) -> Figure:
    sides = np.array([high - low for low, high in view.box])
    flat = np.array([*(sides[:2] / sides[:2].max()), 0.62])
    ratio = flat if view.kind == "surface" else np.clip(sides / sides.max(), 0.35, 1.0)
    scene: Figure = {
        "aspectmode": "manual",
        "aspectratio": dict(zip("xyz", (ratio * 1.1).tolist(), strict=True)),
        "camera": {"eye": _eye(landscape, view), "center": {"x": 0, "y": 0, "z": -0.06}},
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


def _eye(landscape: Landscape, view: View) -> dict[str, float]:
    """On the side of the landscape's own start, a little beside it: what happens first is in front."""
    low, high = np.array(view.box)[:2].T
    aside = np.array([1.0, -1.0])
    if landscape.start:
        aside = landscape.evaluate(view.axes[:2], np.array(landscape.start)) - (low + high) / 2
    angle = np.arctan2(*(aside / (high - low))[::-1]) - ASIDE
    return {"x": float(EYE * np.cos(angle)), "y": float(EYE * np.sin(angle)), "z": 0.87}


def _grid(
    landscape: Landscape, view: View, box: tuple, samples: tuple[int, int], start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (C,), y (R,) and the points (R, C, D) with these two coordinates and the others as at `start`."""
    x, y = (np.linspace(low, high, count) for (low, high), count in zip(box, samples, strict=True))
    grid = np.tile(np.asarray(start, dtype=float), (len(y), len(x), 1))
    grid[..., landscape.variables.index(view.axes[0])] = x
    grid[..., landscape.variables.index(view.axes[1])] = y[:, None]
    return x, y, grid


def _packed(values: np.ndarray) -> Figure:
    """An array as Plotly takes it in base64: a fifth of the text of a list, and exact to float32."""
    array = np.ascontiguousarray(values, dtype="<f4")
    packed: Figure = {"dtype": "f4", "bdata": b64encode(array.tobytes()).decode()}
    return packed | ({"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else {})
