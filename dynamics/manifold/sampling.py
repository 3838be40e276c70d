"""Γ of any landscape, without a parametrization: its curves, surfaces or points in a box, all pieces that a search of it meets.

Seeds are points of a grid (of a quasi-random sequence, from five dimensions on) from which Newton's method falls onto Γ. Curves are
followed through them, surfaces are sampled around them and triangulated; of more than two dimensions there are points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy.stats import qmc

from dynamics.arrays import numbers_of, point_of, points_of
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import flow_end, hessian_rank
from dynamics.manifold.continuation import Curve, trace_curves
from dynamics.manifold.newton import onto, rank_at
from dynamics.manifold.triangulation import Surface, clipped, edges, maximal_sample, restricted_delaunay, thinned

GRID = {1: 801, 2: 121, 3: 33, 4: 13}  # seeds an axis
DRAWN = 14  # 2^DRAWN seeds, in more dimensions
SEEDS = 48_000  # the most that fall onto Γ, times D², which is what a step costs
FALLS = 1.5  # cells, that a seed may seem to be away from Γ
SURFACE_POINTS = 2_200  # of a surface, to aim at
CLOUD_POINTS = 1_200  # of what has more dimensions, fewer in many variables for the same reason
MOST_VERTICES = 6_000
TOLERATED = 2e-3  # of the edges in the box that have not two triangles
MOST_STEPS = 1_500
SEED = 20_211  # of the jitter that keeps seeds from lying in symmetric places
REACHES = (2.5, 5.0)  # times the farther of the start and the flow's end: how far is searched for what to show
CLEAR = 0.95  # of the way to the faces of what is searched: a Γ that keeps to it is bounded
WINDOW = 1.5  # times the same: what is shown of a Γ without bounds
MARGIN = 0.15  # of its extent, shown around a bounded Γ
NARROW = 0.04  # of a side, beyond a point that was outside
FLAT = 0.25  # of its longest side, at least, is every side of a box
FAR = 8.0  # from where on the origin is no place to look from


@dataclass(frozen=True, eq=False)
class Manifold:
    """Γ in `box` (D, 2). Points are on it to 1e-8 relative to 1 + ‖x‖.

    `dimension` is dim Γ (−1 if nothing was found), `singular` (S, D) where curves end because the rank of H drops there, `complete`
    is False where the work was cut short.
    """

    box: np.ndarray
    dimension: int
    rank: int
    curves: tuple[Curve, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    clouds: tuple[np.ndarray, ...] = ()  # (V, D)
    singular: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    complete: bool = True

    @property
    def points(self) -> np.ndarray:
        """All points, (V, D)."""
        pieces = [curve.points for curve in self.curves] + [surface.vertices for surface in self.surfaces] + list(self.clouds)
        return np.concatenate(pieces) if pieces else np.zeros((0, len(self.box)))


def sample_manifold(landscape: Landscape, start, box=None, *, cancel: Callable[[], bool] | None = None) -> Manifold:
    """Γ in a box (D, 2), by default the one of `manifold_box`. Its rank is that of H where gradient flow from `start` (D,) ends.

    Where the flow ends nowhere on Γ, the rank that most seeds find is taken. Nothing is drawn at random; the work is bounded, and
    cut short once `cancel` answers True. Raises ValueError, with a sentence, for a start or a box that is none.
    """
    start = point_of(start, landscape.dimension)
    box = manifold_box(landscape, start[None]) if box is None else _checked_box(box, landscape.dimension)
    key = landscape, tuple(start.tolist()), tuple(map(tuple, box.tolist()))
    if cancel is None:
        return _sampled_once(*key)
    return _sampled(*key, cancel)


def _checked_box(box, dimension: int) -> np.ndarray:
    sides = numbers_of(box, "Boxes")
    if sides.shape != (dimension, 2) or not (np.isfinite(sides).all() and (sides[:, 0] < sides[:, 1]).all()):
        raise ValueError(f"A box is {dimension} pairs of numbers, the lower one first.")
    return sides


@lru_cache(maxsize=32)
def _sampled_once(landscape: Landscape, start: tuple[float, ...], box: tuple[tuple[float, float], ...]) -> Manifold:
    return _sampled(landscape, start, box, lambda: False)


def _sampled(
    landscape: Landscape, start: tuple[float, ...], box: tuple[tuple[float, float], ...], stopped: Callable[[], bool]
) -> Manifold:
    sides = np.array(box)
    arrival, rank = _arrival(landscape, start)
    if rank == 0:
        rank = _likely_rank(landscape, sides)
    if rank == 0:
        return Manifold(sides, -1, 0)
    dimension = landscape.dimension - rank
    margin = np.linalg.norm(sides[:, 1] - sides[:, 0]) / 12 if dimension == 2 else 0.0
    seeds = _seeds(landscape, rank, sides + margin * np.array([-1.0, 1.0]), arrival)
    if not len(seeds):
        return Manifold(sides, -1, rank)
    if dimension == 0:
        points = seeds[thinned(seeds, 1e-6 * float(np.ptp(sides)))]
        return Manifold(sides, 0, rank, clouds=(points,))
    if dimension == 1:
        traced = trace_curves(landscape, rank, seeds, sides, MOST_STEPS, stopped)
        return Manifold(sides, 1, rank, curves=traced.curves, singular=traced.singular, complete=traced.complete)
    spacing = _spacing(landscape, rank, seeds, sides, stopped)
    if dimension == 2:
        return _surfaces(landscape, rank, seeds, sides, spacing, stopped)
    points, complete = maximal_sample(landscape, rank, seeds, sides, spacing, _wanted(len(sides), dimension), stopped)
    return Manifold(sides, dimension, rank, clouds=(points,), complete=complete)


def manifold_box(landscape: Landscape, points) -> np.ndarray:
    """A box (D, 2) in which to look at Γ: it holds `points` (S, D) and where gradient flow from the first of them ends.

    Where all of Γ that is near is bounded, the box holds it; else it reaches half as far again as the start and the flow's end.
    Raises ValueError, with a sentence, for what are no points.
    """
    points = np.atleast_2d(points_of(points, landscape.dimension))
    low, high = _look_round(landscape, tuple(points[0].tolist()))[0].T
    room = NARROW * (high - low)
    lowest, highest = points.min(axis=0), points.max(axis=0)
    low, high = np.where(lowest < low, lowest - room, low), np.where(highest > high, highest + room, high)
    return np.stack([low, high], axis=-1)


def extent(landscape: Landscape, start) -> np.ndarray:
    """How far the Γ that is near extends along each variable, (D,): the standard deviation of points of it, 0 if none is found."""
    found = _look_round(landscape, tuple(np.asarray(start, dtype=float).tolist()))[1]
    return found.std(axis=0) if len(found) else np.zeros(landscape.dimension)


@lru_cache(maxsize=64)
def _look_round(landscape: Landscape, start: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A box (D, 2) to look at, and points of Γ around it (S, D)."""
    arrival, rank = _arrival(landscape, start)
    given = np.stack([start, start if arrival is None else arrival])
    size = max(1.0, float(np.abs(given).max()))
    centre = np.zeros(len(start))
    if size > FAR:
        centre = given.mean(axis=0)
        size = max(1.0, float(np.abs(given - centre).max()))
    for reach in REACHES:
        search = np.stack([centre - reach * size, centre + reach * size], axis=1)
        found = _seeds(landscape, rank or _likely_rank(landscape, search), search, arrival)
        if len(found) and (np.abs(found - centre) < CLEAR * reach * size).all():
            lowest, highest = np.minimum(given.min(0), found.min(0)), np.maximum(given.max(0), found.max(0))
            room = np.maximum(MARGIN * (highest - lowest), (FLAT * (highest - lowest).max() - (highest - lowest)) / 2)
            return np.stack([lowest - room, highest + room], axis=1), found
    return np.stack([centre - WINDOW * size, centre + WINDOW * size], axis=1), found


@lru_cache(maxsize=64)
def _arrival(landscape: Landscape, start: tuple[float, ...]) -> tuple[np.ndarray | None, int]:
    """Where gradient flow from the start ends, and the rank of H there; None and 0 if that is not on Γ."""
    try:
        end = flow_end(landscape, start)
        rank = int(hessian_rank(landscape.hessian(end)))
        landed, reached = onto(landscape, end[None], rank)
    except (ValueError, np.linalg.LinAlgError):
        return None, 0
    return (landed[0], rank) if rank and reached[0] else (None, 0)


def _likely_rank(landscape: Landscape, box: np.ndarray) -> int:
    """The rank of H at most of the points where seeds fall onto Γ; 0 if none does."""
    ranks = rank_at(landscape, _fallen(landscape, None, box))
    return int(np.bincount(ranks).argmax()) if len(ranks) else 0


def _seeds(landscape: Landscape, rank: int, box: np.ndarray, arrival: np.ndarray | None) -> np.ndarray:
    """Points of Γ in the box where H has the rank, (S, D), the arrival first."""
    if rank == 0:
        return np.zeros((0, len(box)))
    landed = _fallen(landscape, rank, box)
    landed = landed[rank_at(landscape, landed) == rank]
    landed = landed[thinned(landed, 0.5 * _places(box)[1])]
    return landed if arrival is None else np.concatenate([arrival[None], landed])


def _fallen(landscape: Landscape, rank: int | None, box: np.ndarray) -> np.ndarray:
    """Points of Γ in the box that Newton's method finds, (S, D)."""
    places, cell = _places(box)
    with np.errstate(all="ignore"):
        loss, gradient = landscape.loss(places), landscape.gradient(places)
        # Of a quadratic valley this is at most the distance to its floor, by Cauchy and Schwarz.
        away = 2 * np.abs(loss) / np.linalg.norm(gradient, axis=-1)
    away[loss == 0] = 0.0
    order = np.argsort(away, kind="stable")
    order = order[away[order] < FALLS * cell]
    chosen = order[:: 1 + len(order) * len(box) ** 2 // SEEDS]
    landed, reached = onto(landscape, places[chosen], rank, longest=2 * cell)
    landed = landed[reached]
    return landed[((landed >= box[:, 0]) & (landed <= box[:, 1])).all(axis=-1)]


def _places(box: np.ndarray) -> tuple[np.ndarray, float]:
    """Where seeds are dropped (N, D), and half the diagonal of the cell that each stands for."""
    dimension, sides = len(box), box[:, 1] - box[:, 0]
    if dimension in GRID:
        count = GRID[dimension]
        lines = [np.linspace(low, high, count) for low, high in box]
        grid = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, dimension)
        jitter = np.random.Generator(np.random.PCG64(SEED)).uniform(-0.25, 0.25, grid.shape)
        return grid + jitter * sides / (count - 1), float(np.linalg.norm(sides)) / (count - 1) / 2
    drawn = qmc.Sobol(dimension, scramble=True, rng=np.random.Generator(np.random.PCG64(SEED))).random_base2(DRAWN)
    return box[:, 0] + sides * drawn, float(np.linalg.norm(sides)) / 2 ** (DRAWN / dimension) / 2


def _wanted(variables: int, dimension: int) -> int:
    return SURFACE_POINTS if dimension == 2 else min(CLOUD_POINTS, SEEDS // variables**2)


def _spacing(landscape: Landscape, rank: int, seeds: np.ndarray, box: np.ndarray, stopped: Callable[[], bool]) -> float:
    """The distance between neighbours at which Γ in the box has about as many points as are wanted."""
    dimension = len(box) - rank
    wanted = _wanted(len(box), dimension)
    spacing = float(np.linalg.norm(box[:, 1] - box[:, 0])) / 12
    points, _ = maximal_sample(landscape, rank, seeds, box, spacing, wanted, stopped)
    return spacing * (len(points) / wanted) ** (1 / dimension)


def _surfaces(
    landscape: Landscape, rank: int, seeds: np.ndarray, box: np.ndarray, spacing: float, stopped: Callable[[], bool]
) -> Manifold:
    """A triangulation, made finer while it is not that of a surface."""
    wide = box + 2 * spacing * np.array([-1.0, 1.0])
    best, most = None, 1.0
    while True:
        points, complete = maximal_sample(landscape, rank, seeds, wide, spacing, MOST_VERTICES, stopped)
        triangles = restricted_delaunay(landscape, rank, points, spacing)
        amiss = _amiss(points, triangles, box)
        if best is None or amiss < most:
            best, most = (points, triangles, complete), amiss
        spacing /= 1.5
        if amiss <= TOLERATED or 2.25 * len(points) > MOST_VERTICES or stopped():
            break
    points, triangles, complete = best
    surface = clipped(landscape, rank, Surface(points, triangles), box)
    if not len(surface.triangles):
        return Manifold(box, 2, rank, clouds=(points,), complete=complete)
    return Manifold(box, 2, rank, surfaces=(surface,), complete=complete)


def _amiss(points: np.ndarray, triangles: np.ndarray, box: np.ndarray) -> float:
    """The share of edges in the box that have not two triangles."""
    if not len(triangles):
        return 1.0
    pairs, count = edges(triangles)
    inside = ((points[pairs] >= box[:, 0]) & (points[pairs] <= box[:, 1])).all(axis=(1, 2))
    return float((count[inside] != 2).mean()) if inside.any() else 0.0
