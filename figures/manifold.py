"""Γ drawn along a view: by its parametrization where the landscape's file has one, else as `dynamics.sample_manifold` found it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from dynamics import Landscape, manifold_samples
from dynamics.landscapes.landscape import View
from dynamics.manifold.sampling import Manifold
from dynamics.manifold.triangulation import Surface
from figures.traces import Figure, line, packed

MESH_LINES = 13
SLICES = 9  # lines of equal x, and of equal y and z, on a surface that has no parameters
LIFT = 0.004  # of the box, that lines lie above and below the surface they belong to
OUTLINE = 2.4
DOTS = 1.8


def parametrized(landscape: Landscape, view: View) -> list[Figure]:
    """Γ as its pieces are parametrized in the landscape's file."""
    shown: list[Figure] = []
    spatial = len(view.axes) == 3
    for piece in manifold_samples(landscape):
        points = _seen(landscape, view, piece)
        if piece.ndim == 2:
            shown.append(line(points, view, "manifold", "role:manifold", 7 if spatial else 4.5))
        else:
            shown += [_skin(points), _mesh(points, view)] if spatial else [_mesh(points, view)]
    return shown


def found(landscape: Landscape, view: View, manifold: Manifold) -> list[Figure]:
    """Γ as its pieces were found."""
    spatial = len(view.axes) == 3
    shown: list[Figure] = []
    for curve in manifold.curves:
        points = np.concatenate([curve.points, curve.points[:1]]) if curve.closed else curve.points
        shown.append(line(_seen(landscape, view, points), view, "manifold", "role:manifold", 7 if spatial else 4.5))
    for surface in manifold.surfaces:
        places = _seen(landscape, view, surface.vertices)
        shown += _solid(surface, places, view) if spatial else _map(landscape, surface, places, view)
    return shown + [_dots(_seen(landscape, view, cloud), view, manifold) for cloud in manifold.clouds if len(cloud)]


def _seen(landscape: Landscape, view: View, points: np.ndarray) -> np.ndarray:
    seen = landscape.evaluate(view.axes, points)
    seen[~np.isfinite(seen).all(axis=-1)] = np.nan
    if view.kind == "surface":
        seen[..., 2] += 2 * LIFT * (view.box[2][1] - view.box[2][0])
    return seen


# A surface with parameters


def _skin(points: np.ndarray) -> Figure:
    """A surface Γ, filled."""
    return {
        "type": "surface",
        **{name: packed(points[..., i]) for i, name in enumerate("xyz")},
        "surfacecolor": packed(np.ones(points.shape[:2])),
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
    return _thin([each for sheet in sheets for each in (*sheet[rows[0]], *sheet[:, rows[1]].swapaxes(0, 1))], view)


def _normals(points: np.ndarray, view: View) -> np.ndarray:
    """Unit normals of a surface in units of the box; 0 where the parametrization folds."""
    sides = np.array([high - low for low, high in view.box])
    along_u, along_v = np.gradient(points / sides, axis=(0, 1))
    return sides * _unit(np.cross(along_u, along_v))


# A surface of triangles


def _solid(surface: Surface, places: np.ndarray, view: View) -> list[Figure]:
    """In space: filled, with lines of equal coordinates on both of its sides."""
    sides = np.array([high - low for low, high in view.box])
    normals = sides * _corner_normals(places / sides, surface.triangles)
    cuts = [
        cut
        for axis, (low, high) in enumerate(view.box)
        for level in np.linspace(low, high, SLICES + 2)[1:-1]
        for cut in slices(surface.triangles, places[:, axis] - level)
    ]
    lines = [cut(places) + LIFT * side * _unit(cut(normals / sides)) * sides for cut in cuts for side in (-1, 1)]
    skin: Figure = {
        "type": "mesh3d",
        **{name: packed(places[:, i]) for i, name in enumerate("xyz")},
        **{name: packed(surface.triangles[:, i], "<i4") for i, name in enumerate("ijk")},
        "intensity": packed(np.ones(len(places))),
        "cmin": 0,
        "cmax": 1,
        "colorscale": "role:contour",
        "showscale": False,
        "lighting": {"ambient": 0.85, "diffuse": 0.6, "specular": 0.03, "roughness": 0.9},
        "hoverinfo": "skip",
        "meta": "manifold",
    }
    return [skin, _thin(lines, view)] if lines else [skin]


def _map(landscape: Landscape, surface: Surface, places: np.ndarray, view: View) -> list[Figure]:
    """On a plane: lines of equal height, as on a map, of the variables that the plane does not show; and the outline."""
    hidden = [i for i, name in enumerate(landscape.variables) if name not in view.axes]
    heights = surface.vertices[:, sorted(hidden, key=lambda i: -np.ptp(surface.vertices[:, i]))[:2]].T
    lines = [
        cut(places)
        for height in heights
        for level in np.linspace(height.min(), height.max(), SLICES + 4)[1:-1]
        for cut in slices(surface.triangles, height - level)
    ]
    shown = [_thin(lines, view)] if lines else []
    outline = _outline(surface, places)
    if len(outline):
        joined = np.insert(places[outline], 2, np.nan, axis=1).reshape(-1, places.shape[1])
        shown.append(line(joined, view, "manifold", "role:manifold", OUTLINE))
    return shown


def _outline(surface: Surface, places: np.ndarray) -> np.ndarray:
    """Edges (E, 2) where the surface ends, or folds over as it is seen on the plane."""
    a, b, c = places[surface.triangles].swapaxes(0, 1)
    facing = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] > 0
    pairs = np.sort(surface.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edge, index, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    towards = np.bincount(index.reshape(-1), np.repeat(facing, 3), len(edge))
    return edge[(count == 1) | ((towards > 0) & (towards < count))]


class Slice:
    """A line along which a height is zero on triangles: its points lie on edges (K, 2), at `share` (K,) of the way."""

    def __init__(self, edges: np.ndarray, share: np.ndarray) -> None:
        self.edges, self.share = edges, share[:, None]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Values (V, A) of the corners, along the line: (K, A)."""
        return (1 - self.share) * values[self.edges[:, 0]] + self.share * values[self.edges[:, 1]]


def slices(triangles: np.ndarray, height: np.ndarray) -> list[Slice]:
    """The lines along which `height` (V,), given at the corners, is zero on triangles (T, 3)."""
    above = height > 0
    crossed = triangles[above[triangles].any(axis=1) & ~above[triangles].all(axis=1)]
    ends: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for corners in crossed.tolist():
        pair = [
            (min(a, b), max(a, b))
            for a, b in ((corners[0], corners[1]), (corners[1], corners[2]), (corners[2], corners[0]))
            if above[a] != above[b]
        ]
        ends[pair[0]].append(pair[1])
        ends[pair[1]].append(pair[0])
    lines: list[Slice] = []
    for first in [*(edge for edge, next_to in ends.items() if len(next_to) == 1), *ends]:
        here: tuple[int, int] | None = first
        walked: list[tuple[int, int]] = []
        while here is not None:
            walked.append(here)
            onwards = ends[here]
            here = onwards.pop() if onwards else None
            if here is not None:
                ends[here].remove(walked[-1])
        if len(walked) > 1:
            edges = np.array(walked)
            low, high = height[edges].T
            lines.append(Slice(edges, low / (low - high)))
    return lines


def _corner_normals(places: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = places[triangles].swapaxes(0, 1)
    facing = np.cross(b - a, c - a)
    normals = np.stack([np.bincount(triangles.ravel(), np.repeat(facing[:, i], 3), len(places)) for i in range(3)], axis=-1)
    return _unit(normals)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-12)


# Lines and points


def _thin(lines: list[np.ndarray], view: View) -> Figure:
    """Many lines in one trace."""
    spatial = len(view.axes) == 3
    gap = np.full((1, len(view.axes)), np.nan)
    joined = np.concatenate([part for each in lines for part in (each, gap)])
    return line(joined, view, "manifold", "role:manifold", 2 if spatial else 1) | {"opacity": 0.45}


def _dots(points: np.ndarray, view: View, manifold: Manifold) -> Figure:
    """Points of a Γ of more than two dimensions, or of none."""
    spatial = len(view.axes) == 3
    isolated = manifold.dimension == 0
    size = 9.0 if isolated else DOTS
    return {
        "type": "scatter3d" if spatial else "scatter",
        "mode": "markers",
        **{name: packed(points[:, i]) for i, name in zip(range(points.shape[-1]), "xyz", strict=False)},
        "marker": {"color": "role:manifold", "size": size, "line": {"width": 0}},
        "opacity": 1.0 if isolated else 0.4,
        "hoverinfo": "skip",
        "meta": "manifold",
    }
