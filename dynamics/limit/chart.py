"""Γ as a curve in arc length s.

Nodes are found by a step along the tangent and Newton's method back onto Γ. A step is as long as the tangent turns little, the
Hessian's smallest non-zero eigenvalue changes little along it, and Newton's method starts where that eigenvalue is still what it is
on Γ: then no other arm of Γ lies in between, and a point where the Hessian loses rank is neither stepped over nor reached, but
approached by ever shorter steps until the curve ends there. A spline through the nodes, of degree 7, has an arc length that Gauss
quadrature gives; a second spline through the nodes is in that arc length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline
from scipy.spatial import cKDTree

from dynamics.arrays import numbers_of, point_of, points_of
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import flow_end, hessian_rank
from dynamics.settings import Number

NODES = 600  # of a closed curve, or of each arm of an open one, at least
DEGREE = 7
CELLS = 1024
MOST_CELLS = 8192  # of a closed curve that is longer than two arms of an open one
GAUSS_NODES, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(8)
MAX_NODES = 8_000  # of an arm
REACH = 8.0  # of an arm of an open curve, in units of 1 + ‖point‖
BEYOND = 64.0  # reaches that are searched for where a curve closes,
SEARCHING = 2_000  # with so many steps at most
TURN = 0.9995  # cosine of the most that a tangent turns in a step
CHANGE = 1.5  # factor by which the smallest non-zero eigenvalue may change in a step
OFF = 1.25  # the same between Γ and where Newton's method starts
SHORTEST = 1e-8  # step, relative to the reach, at which a curve is said to end
LOST = 1e-10  # smallest non-zero eigenvalue, relative to the largest, at which the rank is lost
NEWTON = 8
ON_CHART = 1e-5  # distance of a point of Γ from the chart, relative to 1 + ‖point‖, up to which it is on it
ASKED_REACH = Number(name="reach", title="reach of a chart", minimum=1e-6, maximum=1e6)
ASKED_CELLS = Number(name="cells", title="number of a chart’s cells", minimum=2, maximum=100_000, whole=True)
SINGULAR, EDGE, REACHED, CLOSED = "singular", "edge", "reach", "closed"


@dataclass(frozen=True, eq=False)
class Chart:
    """A curve Γ by arc length s, of total `length`; s = 0 at the point it was asked for, in the middle of a closed curve.

    `grid` (S,) are the centres of S equal cells that cover it: where densities are tabulated. `ends` are what the lower and the
    upper end are: "closed" (there is none), "reach" (Γ goes on, but is not followed), "singular" (the Hessian loses rank there,
    and with it the theory ends) or "edge" (the loss is not smooth, or not defined, there).
    """

    landscape: Landscape
    length: float
    closed: bool
    origin: float  # arc length at the lower end
    grid: np.ndarray
    curve: BSpline
    ends: tuple[str, str]

    @property
    def cell(self) -> float:
        """Length of a cell of `grid`."""
        return self.length / len(self.grid)

    def points(self, s) -> np.ndarray:
        """Points of Γ at arc lengths s (...): (..., D). A closed curve goes round; an open one ends at its ends."""
        return self.curve(self._within(s))

    def tangents(self, s) -> np.ndarray:
        """Unit tangents in the direction of growing s, (..., D)."""
        tangent = self.curve.derivative()(self._within(s))
        return tangent / np.linalg.norm(tangent, axis=-1, keepdims=True)

    def arc_length(self, Y) -> np.ndarray:
        """The arc length of the point of the curve that is nearest to each Y (..., D), (...). NaN where Y is not finite."""
        Y = points_of(Y, self.landscape.dimension)
        flat = Y.reshape(-1, Y.shape[-1])
        found = np.full(len(flat), np.nan)
        finite = np.isfinite(flat).all(axis=-1)
        s = self._known[self._tree.query(flat[finite])[1]]
        low, high = self.origin, self.origin + self.length
        for _ in range(4):
            offset = flat[finite] - self.points(s)
            # Newton's step for offset · tangent = 0; beyond the centre of curvature, where it would turn round, a plain one.
            slope = np.maximum(1 - (offset * self.curve.derivative(2)(self._within(s))).sum(axis=-1), 0.2)
            s = s + np.clip((offset * self.tangents(s)).sum(axis=-1) / slope, -self.cell, self.cell)
            if not self.closed:
                s = np.clip(s, low, high)
        found[finite] = low + np.mod(s - low, self.length) if self.closed else s
        return found.reshape(Y.shape[:-1])

    def place(self, where) -> float:
        """An arc length, given as it is or as a point of Γ (D,). Raises ValueError, with a sentence, for what is neither."""
        given = numbers_of(where, "A place on Γ is an arc length or a point: these")
        s = float(self.arc_length(point_of(given, self.landscape.dimension)) if given.ndim else given)
        if not np.isfinite(s):
            raise ValueError("A place on Γ is an arc length or a point, in finite numbers.")
        return s

    def arc_length_on(self, Y) -> tuple[np.ndarray, np.ndarray]:
        """The arc lengths of points Y of Γ (..., D), (...), NaN where there is none, and which of Y are not on this curve: on
        another piece of Γ, or beyond where it was followed."""
        s = self.arc_length(Y)
        with np.errstate(invalid="ignore"):
            away = np.linalg.norm(Y - self.points(np.nan_to_num(s)), axis=-1)
            elsewhere = away > ON_CHART * (1 + np.linalg.norm(Y, axis=-1))
        return np.where(elsewhere, np.nan, s), elsewhere

    @cached_property
    def _known(self) -> np.ndarray:
        """Four arc lengths a cell: close arms are told apart down to an eighth of a cell."""
        count = 4 * len(self.grid)
        return self.origin + self.length / count * (np.arange(count) + 0.5)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points(self._known))

    def _within(self, s) -> np.ndarray:
        s = np.asarray(s, dtype=float)
        if self.closed:
            return np.mod(s, self.length)  # where the spline is at home
        return np.clip(s, self.origin, self.origin + self.length)


def manifold_chart(landscape: Landscape, point, *, reach: float | None = None, cells: int | None = None) -> Chart:
    """The curve Γ through the point of Γ where gradient flow from `point` (D,) ends.

    An open curve is followed for the arc length `reach` both ways (8 (1 + ‖point‖) by default), or until the Hessian loses rank.
    `cells` of the grid are 1024 by default, and so many on a longer closed curve that they are no longer there, up to 8192. Raises
    ValueError, with a sentence, where Γ is not a curve or the Hessian loses rank at that point.
    """
    reach = None if reach is None else ASKED_REACH.checked(reach)
    cells = None if cells is None else int(ASKED_CELLS.checked(cells))
    return _chart(landscape, tuple(point_of(point, landscape.dimension).tolist()), reach, cells)


@lru_cache(maxsize=32)
def _chart(landscape: Landscape, point: tuple[float, ...], reach: float | None, cells: int | None) -> Chart:
    origin = flow_end(landscape, point)
    rank = int(hessian_rank(landscape.hessian(origin)))
    if rank == 0:
        raise ValueError("Γ cannot be followed from here: the Hessian vanishes where gradient flow ends.")
    if rank != landscape.dimension - 1:
        raise ValueError(
            f"Γ is not a curve here: the Hessian has rank {rank} in {landscape.dimension} dimensions, so Γ has dimension "
            f"{landscape.dimension - rank}."
        )
    start = _onto(landscape, origin)
    if start is None:
        raise ValueError("Γ cannot be followed from here: the Hessian loses rank where gradient flow ends.")
    reach = REACH * (1 + float(np.linalg.norm(start.point))) if reach is None else reach
    nodes, ends, zero = _nodes(landscape, start, reach)
    if len(nodes) <= DEGREE:
        raise ValueError("Γ cannot be followed from here: the loss is not smooth, or loses rank, where gradient flow ends.")
    curve, s = _arc_length_spline(nodes, ends[0] == CLOSED)
    offset = s[zero]
    curve = BSpline(curve.t - offset, curve.c, curve.k, extrapolate=curve.extrapolate)
    length = float(s[-1])
    if cells is None:
        cells = int(np.clip(CELLS * length / (2 * reach), CELLS, MOST_CELLS)) if ends[0] == CLOSED else CELLS
    low = -length / 2 if ends[0] == CLOSED else -offset
    return Chart(landscape, length, ends[0] == CLOSED, low, low + length / cells * (np.arange(cells) + 0.5), curve, ends)


@dataclass(frozen=True, eq=False)
class _Node:
    """A point of Γ, a unit vector of ker H, and the least and the largest eigenvalue of H that are not 0."""

    point: np.ndarray
    tangent: np.ndarray
    smallest: float
    largest: float
    entered: float  # `smallest` where Newton's method started
    bend: np.ndarray | float = 0.0  # change of the tangent per length, as far as known

    def towards(self, direction: np.ndarray) -> _Node:
        return self if self.tangent @ direction >= 0 else replace(self, tangent=-self.tangent)


def _onto(landscape: Landscape, point: np.ndarray) -> _Node | None:
    """The point of Γ at which Newton's method from `point` ends; None where it does not, or the rank is lost."""
    entered, size = None, np.inf
    with np.errstate(all="ignore"):
        for _ in range(NEWTON):
            hessian, gradient = landscape.hessian(point), landscape.gradient(point)
            if not (np.isfinite(hessian).all() and np.isfinite(gradient).all()):
                return None
            values, vectors = np.linalg.eigh(hessian)
            order = np.argsort(np.abs(values))  # off Γ the tangent's eigenvalue is near 0, and may be below it
            values, vectors = values[order], vectors[:, order]
            smallest, largest = float(values[1:].min()), float(values[-1])
            if not smallest > LOST * largest:
                return None
            entered = smallest if entered is None else entered
            step = vectors[:, 1:] @ ((vectors[:, 1:].T @ gradient) / values[1:])
            before, size = size, float(np.linalg.norm(step))
            if not size < before and size > 1e-10 * (1 + np.linalg.norm(point)):
                return None
            point = point - step
            rest = size**3 / before**2 if np.isfinite(before) else size  # what quadratic convergence leaves to go
            if rest <= 1e-14 * (1 + np.linalg.norm(point)) or (size >= before / 2 and np.isfinite(before)):
                return _Node(point, vectors[:, 0], smallest, largest, entered)
    return None


def _step(landscape: Landscape, node: _Node, length: float) -> _Node | None:
    """The node a step on; None where the step is too long, as the module says."""
    ahead = node.point + length * node.tangent + length**2 / 2 * node.bend
    found = _onto(landscape, ahead)
    if found is None:
        return None
    found = found.towards(node.tangent)
    found = replace(found, bend=(found.tangent - node.tangent) / length)
    smooth = (
        found.tangent @ node.tangent > TURN
        and 1 / CHANGE < found.smallest / node.smallest < CHANGE
        and 1 / OFF < found.entered / found.smallest < OFF
        and np.linalg.norm(found.point - ahead) < 0.1 * length
        and abs(float(landscape.loss(found.point))) < 1e-10 * found.largest * length**2
    )
    return found if smooth else None


def _nodes(landscape: Landscape, start: _Node, reach: float) -> tuple[np.ndarray, tuple[str, str], int]:
    """Nodes (M, D) along Γ, what its ends are, and which node is the start. A closed curve ends where it starts."""
    first = start.tangent * np.sign(start.tangent[np.argmax(np.abs(start.tangent))])
    start = start.towards(first)
    forth, upper = _follow(landscape, start, reach, reach / NODES)
    if upper == CLOSED:
        return np.concatenate([forth, forth[:1]]), (CLOSED, CLOSED), 0
    back, lower = _follow(landscape, start.towards(-first), reach, reach / NODES)
    if upper == lower == REACHED:
        # It may close farther on: long steps look for that, and where they find it the curve is followed as any other.
        around, found = _follow(landscape, start, BEYOND * reach, reach / 20, SEARCHING)
        if found == CLOSED:
            length = float(np.linalg.norm(np.diff(around, axis=0), axis=-1).sum())
            around, found = _follow(landscape, start, 1.1 * length, min(reach / 20, length / NODES))
            if found == CLOSED:
                return np.concatenate([around, around[:1]]), (CLOSED, CLOSED), 0
    return np.concatenate([back[:0:-1], forth]), (lower, upper), len(back) - 1


def _follow(landscape: Landscape, start: _Node, reach: float, longest: float, most: int = MAX_NODES) -> tuple[np.ndarray, str]:
    """Nodes from `start` on along its tangent, and what ends them."""
    shortest = SHORTEST * reach
    nodes, node, travelled, step = [start.point], start, 0.0, longest
    # A first step has none before it that has seen what is near: shorter ones look.
    while step > shortest and any(_step(landscape, start, step / part) is None for part in (1, 3, 9, 27)):
        step /= 2
    while len(nodes) < most:
        step = min(step, max(reach - travelled, 0.3 * step))
        trial = _step(landscape, node, step)
        while trial is None and step > shortest:
            step /= 2
            trial = _step(landscape, node, step)
        if trial is None:
            return np.array(nodes), _end(landscape, np.array(nodes[-8:]), node)
        if len(nodes) > 8 and _closes(landscape, node, start, step):
            near = np.linalg.norm(start.point - node.point) < 0.3 * np.linalg.norm(nodes[-1] - nodes[-2])
            return np.array(nodes[:-1] if near else nodes), CLOSED
        travelled += float(np.linalg.norm(trial.point - node.point))
        nodes.append(trial.point)
        if travelled > reach - 0.3 * step:
            break
        if trial.tangent @ node.tangent > 0.9999:
            step = min(longest, 1.3 * step)
        node = trial
    return np.array(nodes), REACHED


def _closes(landscape: Landscape, node: _Node, start: _Node, step: float) -> bool:
    """Whether `start` lies within a step ahead, on the same arm."""
    gap = start.point - node.point
    ahead = float(gap @ node.tangent)
    if not (0 < ahead <= 1.2 * step and np.linalg.norm(gap - ahead * node.tangent) < 0.1 * step):
        return False
    for _ in range(2):
        here = _step(landscape, node, ahead)
        if here is None:
            return False
        ahead += float((start.point - here.point) @ here.tangent)
    here = _step(landscape, node, ahead)
    return here is not None and float(np.linalg.norm(here.point - start.point)) < 1e-4 * step


def _end(landscape: Landscape, nodes: np.ndarray, last: _Node) -> str:
    """Why the steps became too short: the smallest eigenvalue falls towards the end, or anything else."""
    before = np.linalg.eigvalsh(landscape.hessian(nodes[0]))[1]
    return SINGULAR if last.smallest < before / CHANGE or last.smallest < 1e3 * LOST * last.largest else EDGE


def _arc_length_spline(nodes: np.ndarray, closed: bool) -> tuple[BSpline, np.ndarray]:
    """A spline through `nodes` (M, D) in arc length, and the arc lengths of the nodes (M,)."""
    ends = "periodic" if closed else None
    u = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(nodes, axis=0), axis=-1))])
    rough = make_interp_spline(u, nodes, k=DEGREE, bc_type=ends)
    middle, half = (u[1:] + u[:-1]) / 2, np.diff(u) / 2
    speed = np.linalg.norm(rough.derivative()(middle[:, None] + half[:, None] * GAUSS_NODES), axis=-1)
    s = np.concatenate([[0.0], np.cumsum(half * (speed @ GAUSS_WEIGHTS))])
    return make_interp_spline(s, nodes, k=DEGREE, bc_type=ends), s
