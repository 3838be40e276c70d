"""Surfaces of Γ, in any codimension: a maximal blue-noise sample, joined by the restricted Delaunay triangulation.

Three points of the sample make a triangle where a point of Γ is equally far from them and no other is nearer (H. Edelsbrunner and
N. R. Shah, Triangulating topological spaces, 1997): a rule that is the same seen from each corner, needs neither signs nor a
parametrization, and gives Γ's topology where the sample is dense against the distance between its sheets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.spatial import cKDTree

from dynamics.landscapes.landscape import Landscape
from dynamics.manifold.newton import onto, tangents_and_stiffness

DIRECTIONS = 9  # candidates around a point
OUTWARDS = (1.02, 1.45)  # their distances, in spacings
ROUNDS = 60
GOLDEN = np.pi * (3 - np.sqrt(5))
WIDEST = 1.4  # circumradius of a triangle, in spacings: in a maximal sample it is at most about 1.2
FLAT = 1e-9  # area of a triangle, squared and relative to its sides
CENTRING = 5  # corrections of an equidistant point


@dataclass(frozen=True, eq=False)
class Surface:
    """A triangulated piece of Γ: vertices (V, D), triangles (T, 3) of their numbers."""

    vertices: np.ndarray
    triangles: np.ndarray


def thinned(points: np.ndarray, spacing: float, kept: np.ndarray | None = None) -> np.ndarray:
    """Which of `points` (N, D) to keep so that all are `spacing` from each other and from `kept` (M, D): (N,), the first first."""
    chosen = np.ones(len(points), dtype=bool)
    if kept is not None and len(kept) and len(points):
        chosen = cKDTree(kept).query(points, distance_upper_bound=spacing)[0] >= spacing
    index = np.flatnonzero(chosen)
    if len(index) < 2:
        return chosen
    pairs = cKDTree(points[index]).query_pairs(spacing, output_type="ndarray")
    pairs = pairs[np.argsort(pairs.max(axis=1), kind="stable")]
    alive = [True] * len(index)
    for earlier, later in zip(pairs.min(axis=1).tolist(), pairs.max(axis=1).tolist(), strict=True):
        if alive[earlier]:
            alive[later] = False
    chosen[index[~np.array(alive)]] = False
    return chosen


def maximal_sample(
    landscape: Landscape, rank: int, seeds: np.ndarray, box: np.ndarray, spacing: float, most: int, stopped: Callable[[], bool]
) -> tuple[np.ndarray, bool]:
    """Points of Γ in the box, `spacing` apart, to which none can be added where they reach: (V, D), and whether that is so.

    It grows from the seeds along tangents; at most `most` points.
    """
    dimension = seeds.shape[1] - rank
    points = seeds[thinned(seeds, spacing)][:most]
    front = points
    for turn in range(ROUNDS):
        if not len(front) or len(points) >= most or stopped():
            break
        frames, _ = tangents_and_stiffness(landscape, front, rank)
        directions = _directions(dimension, turn, len(front))
        reach = np.linspace(*OUTWARDS, directions.shape[1])[None, :, None] * spacing
        guesses = (front[:, None] + reach * (directions @ frames)).reshape(-1, front.shape[1])
        low, high = box.T
        guesses = guesses[((guesses >= low - spacing) & (guesses <= high + spacing)).all(axis=-1)]
        guesses = guesses[cKDTree(points).query(guesses, distance_upper_bound=0.8 * spacing)[0] >= 0.8 * spacing]
        landed, reached = onto(landscape, guesses, rank, longest=spacing)
        reached &= (np.linalg.norm(landed - guesses, axis=-1) < spacing) & ((landed >= low) & (landed <= high)).all(axis=-1)
        landed = landed[reached]
        front = landed[thinned(landed, spacing, points)][: most - len(points)]
        points = np.concatenate([points, front])
    return points, not len(front)


def _directions(dimension: int, turn: int, count: int) -> np.ndarray:
    """Unit directions in a tangent space, (count, DIRECTIONS, dimension), turned from point to point."""
    if dimension == 2:
        angle = 2 * np.pi / DIRECTIONS * np.arange(DIRECTIONS) * 4 + GOLDEN * (np.arange(count)[:, None] + 0.37 * turn)
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    drawn = np.random.Generator(np.random.PCG64(turn)).normal(size=(count, DIRECTIONS, dimension))
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def restricted_delaunay(landscape: Landscape, rank: int, points: np.ndarray, spacing: float) -> np.ndarray:
    """The triangles (T, 3) of a maximal sample (V, D) of a surface Γ."""
    triangles = _candidates(points, spacing)
    if not len(triangles):
        return triangles
    tree = cKDTree(points)
    centre, radius = _circumcentres(points, triangles)
    possible = radius < WIDEST * spacing
    triangles, centre, radius = triangles[possible], centre[possible], radius[possible]
    roughly = tree.query(centre)[0] > 0.7 * radius
    triangles, centre = triangles[roughly], centre[roughly]
    corners = points[triangles]
    sides = corners[:, 1:] - corners[:, :1]
    squares = (corners**2).sum(axis=-1)
    for _ in range(CENTRING):
        centre, reached = onto(landscape, centre, rank, longest=spacing)
        centre[~reached] = np.nan
        frame, _ = tangents_and_stiffness(landscape, centre, rank)
        system = sides @ frame.swapaxes(-1, -2)
        uneven = (squares[:, 1:] - squares[:, :1]) / 2 - (sides @ centre[..., None])[..., 0]
        centre = centre + (_solved(system, uneven)[:, None] @ frame)[:, 0]
    finite = np.isfinite(centre).all(axis=-1)
    triangles, centre = triangles[finite], centre[finite]
    radius = np.linalg.norm(points[triangles[:, 0]] - centre, axis=-1)
    return triangles[tree.query(centre)[0] >= radius * (1 - 1e-7)]


def _candidates(points: np.ndarray, spacing: float) -> np.ndarray:
    """Triples of points that are near each other, each once."""
    neighbours: list[list[int]] = [[] for _ in points]
    for a, b in cKDTree(points).query_pairs(2 * WIDEST * spacing, output_type="ndarray").tolist():
        neighbours[min(a, b)].append(max(a, b))
    triples = [(a, b, c) for a, around in enumerate(neighbours) for b, c in combinations(sorted(around), 2)]
    found = np.array(triples, dtype=np.int64).reshape(-1, 3)
    return found[np.linalg.norm(points[found[:, 1]] - points[found[:, 2]], axis=-1) < 2 * WIDEST * spacing]


def _circumcentres(points: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres (T, D) and radii (T,) in the planes of the triangles."""
    a, b, c = points[triangles].swapaxes(0, 1)
    u, v = b - a, c - a
    uu, vv, uv = (u * u).sum(-1), (v * v).sum(-1), (u * v).sum(-1)
    area = 2 * (uu * vv - uv * uv)
    with np.errstate(all="ignore"):
        offset = ((vv * (uu - uv))[:, None] * u + (uu * (vv - uv))[:, None] * v) / area[:, None]
        radius = np.where(area > FLAT * uu * vv, np.linalg.norm(offset, axis=-1), np.inf)
    return a + offset, radius


def _solved(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    """2 × 2 systems; NaN where they are singular."""
    (a, b), (c, d) = system[:, 0].T, system[:, 1].T
    determinant = a * d - b * c
    with np.errstate(all="ignore"):
        x = (d * right[:, 0] - b * right[:, 1]) / determinant
        y = (a * right[:, 1] - c * right[:, 0]) / determinant
    return np.stack([x, y], axis=-1)


def edges(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges (E, 2) of triangles (T, 3), and how many triangles each has (E,)."""
    pairs = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return np.unique(pairs, axis=0, return_counts=True)


def euler_characteristic(surface: Surface) -> int:
    """V − E + F, over the vertices that a triangle has."""
    return len(np.unique(surface.triangles)) - len(edges(surface.triangles)[0]) + len(surface.triangles)


def oriented(triangles: np.ndarray) -> np.ndarray:
    """The triangles (T, 3) with corners in such an order that neighbours run along their edge in opposite directions.

    Where a surface has but one side, some do not.
    """
    sides = triangles[:, [[0, 1], [1, 2], [2, 0]]]
    forward = (sides[..., 0] < sides[..., 1]).ravel()
    _, edge = np.unique(np.sort(sides.reshape(-1, 2), axis=1), axis=0, return_inverse=True)
    order = np.argsort(edge.reshape(-1), kind="stable")
    same = np.flatnonzero(np.diff(edge.reshape(-1)[order]) == 0)
    neighbours: list[list[tuple[int, bool]]] = [[] for _ in triangles]
    for a, b in zip(order[same].tolist(), order[same + 1].tolist(), strict=True):
        against = bool(forward[a] == forward[b])
        neighbours[a // 3].append((b // 3, against))
        neighbours[b // 3].append((a // 3, against))
    turned = np.zeros(len(triangles), dtype=bool)
    seen = [False] * len(triangles)
    for first in range(len(triangles)):
        waiting = [] if seen[first] else [first]
        seen[first] = True
        while waiting:
            here = waiting.pop()
            for there, against in neighbours[here]:
                if not seen[there]:
                    seen[there] = True
                    turned[there] = turned[here] ^ against
                    waiting.append(there)
    result = triangles.copy()
    result[turned] = result[turned][:, ::-1]
    return result


def clipped(landscape: Landscape, rank: int, surface: Surface, box: np.ndarray) -> Surface:
    """The part of a surface in the box, cut along its faces; what is cut lies on Γ and on the face."""
    vertices, triangles = surface.vertices, surface.triangles
    held = np.zeros(vertices.shape, dtype=bool)
    for axis, (low, high) in enumerate(box):
        for bound, sign in ((low, 1.0), (high, -1.0)):
            vertices, triangles, held = _cut(landscape, rank, vertices, triangles, held, axis, bound, sign)
    used, renumbered = np.unique(triangles, return_inverse=True)
    return Surface(vertices[used], oriented(renumbered.reshape(-1, 3)))


def _cut(
    landscape: Landscape, rank: int, vertices: np.ndarray, triangles: np.ndarray, held: np.ndarray, axis: int, bound: float,
    sign: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Keep the side of one face. Triangles are turned so that the corner that differs from the two others comes first."""
    height = sign * (vertices[:, axis] - bound)
    inside = height[triangles] >= 0
    count = inside.sum(axis=1)
    mixed = triangles[(count == 1) | (count == 2)]
    if not len(mixed):
        return vertices, triangles[count == 3], held
    odd = inside[(count == 1) | (count == 2)]
    lone = np.argmax(odd == (odd.sum(axis=1) == 1)[:, None], axis=1)
    a, b, c = (mixed[np.arange(len(mixed)), (lone + k) % 3] for k in range(3))
    both = np.concatenate([np.stack([a, b], axis=1), np.stack([a, c], axis=1)])
    pairs, where = np.unique(np.sort(both, axis=1), axis=0, return_inverse=True)
    first, second = vertices[pairs[:, 0]], vertices[pairs[:, 1]]
    share = height[pairs[:, 0]] / (height[pairs[:, 0]] - height[pairs[:, 1]])
    guess = first + share[:, None] * (second - first)
    fixed = held[pairs[:, 0]] & held[pairs[:, 1]]
    fixed[:, axis] = True
    guess[:, axis] = bound
    size = float(np.linalg.norm(second - first, axis=-1).max())
    landed, reached = onto(landscape, guess, rank, (~fixed).astype(float), longest=size)
    reached &= np.linalg.norm(landed - guess, axis=-1) < size
    numbers = len(vertices) + np.arange(len(pairs))
    ab, ac = numbers[where.reshape(-1)].reshape(2, -1)
    single = odd.sum(axis=1) == 1
    made = np.concatenate([
        np.stack([a, ab, ac], 1)[single], np.stack([ab, b, ac], 1)[~single], np.stack([b, c, ac], 1)[~single],
    ])  # fmt: skip
    lost = np.concatenate([np.zeros(len(vertices), dtype=bool), ~reached])
    made = made[~lost[made].any(axis=1)]
    return np.concatenate([vertices, landed]), np.concatenate([triangles[count == 3], made]), np.concatenate([held, fixed])
