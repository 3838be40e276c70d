"""Γ as a curve in arc length s.

Nodes are found by a step along the tangent and Newton's method back onto Γ. A spline through them, of degree 7, has an arc length
that Gauss quadrature gives; a second spline through the nodes is in that arc length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline
from scipy.spatial import cKDTree

from dynamics.flow import LANDED, flow_end, hessian_rank, limit_map_with_outcome
from dynamics.landscape import Landscape

NODES = 600  # of a closed curve, or of each arm of an open one, at least
DEGREE = 7
CELLS = 1024
GAUSS_NODES, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(8)
MAX_NODES = 20_000
REACH = 8.0  # of an arm of an open curve, in units of 1 + ‖point‖


@dataclass(frozen=True, eq=False)
class Chart:
    """A curve Γ by arc length s: from −`before` to `after` if open, of total `length`; s = 0 at the point it was asked for.

    `grid` (S,) are the centres of S equal cells that cover it: where densities are tabulated.
    """

    landscape: Landscape
    length: float
    closed: bool
    origin: float  # arc length at the lower end
    grid: np.ndarray
    curve: BSpline

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
        Y = np.asarray(Y, dtype=float)
        flat = Y.reshape(-1, Y.shape[-1])
        found = np.full(len(flat), np.nan)
        finite = np.isfinite(flat).all(axis=-1)
        s = self.grid[self._tree.query(flat[finite])[1]]
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

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points(self.grid))

    def _within(self, s) -> np.ndarray:
        s = np.asarray(s, dtype=float)
        if self.closed:
            return self.origin + np.mod(s - self.origin, self.length)
        return np.clip(s, self.origin, self.origin + self.length)


def manifold_chart(landscape: Landscape, point, *, reach: float | None = None, cells: int = CELLS) -> Chart:
    """The curve Γ through the point of Γ where gradient flow from `point` (D,) ends.

    An open curve is followed for the arc length `reach` both ways (8 (1 + ‖point‖) by default). Raises ValueError, with a sentence,
    where Γ is not a curve or the Hessian's rank changes along it.
    """
    return _chart(landscape, tuple(float(value) for value in point), reach, cells)


@lru_cache(maxsize=32)
def _chart(landscape: Landscape, point: tuple[float, ...], reach: float | None, cells: int) -> Chart:
    origin = flow_end(landscape, point)
    rank = int(hessian_rank(landscape.hessian(origin)))
    if rank != landscape.dimension - 1:
        raise ValueError(
            f"Γ is not a curve here: the Hessian has rank {rank} in {landscape.dimension} dimensions, so Γ has dimension "
            f"{landscape.dimension - rank}."
        )
    origin = _onto(landscape, origin[None], rank)[0]
    reach = REACH * (1 + float(np.linalg.norm(origin))) if reach is None else reach
    forth, closed = _follow(landscape, origin, rank, reach, +1.0)
    if not closed:
        back, _ = _follow(landscape, origin, rank, reach, -1.0)
        if np.linalg.norm(forth[1:] - back[-1], axis=-1).min() < reach / NODES:  # the arms have met beyond the origin
            forth, closed = _follow(landscape, origin, rank, 2.5 * reach, +1.0)
    if closed:
        nodes, zero = np.concatenate([forth, origin[None]]), 0
    else:
        nodes, zero = np.concatenate([back[:0:-1], forth]), len(back) - 1
    curve, s = _arc_length_spline(nodes, closed)
    offset = s[zero]
    curve = BSpline(curve.t - offset, curve.c, curve.k, extrapolate=curve.extrapolate)
    length = float(s[-1])
    grid = -offset + length / cells * (np.arange(cells) + 0.5)
    return Chart(landscape, length, closed, -offset, grid, curve)


def _onto(landscape: Landscape, points: np.ndarray, rank: int) -> np.ndarray:
    landed, outcome = limit_map_with_outcome(landscape, points, rank)
    if (outcome != LANDED).any():
        raise ValueError("Γ could not be followed: the Hessian loses rank along it.")
    return landed


def _tangent(landscape: Landscape, point: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """The unit vector of ker H that points along `towards`."""
    kernel = np.linalg.eigh(landscape.hessian(point))[1][:, 0]
    return kernel if kernel @ towards >= 0 else -kernel


def _follow(landscape: Landscape, origin: np.ndarray, rank: int, reach: float, sign: float) -> tuple[np.ndarray, bool]:
    """Nodes from `origin` on; whether the curve came back to it. Steps are short against the curvature."""
    first = np.linalg.eigh(landscape.hessian(origin))[1][:, 0]
    first *= sign * np.sign(first[np.argmax(np.abs(first))])
    nodes, tangent, travelled = [origin], first, 0.0
    step = longest = reach / NODES
    while travelled < reach and len(nodes) < MAX_NODES:
        while True:
            trial = _onto(landscape, (nodes[-1] + step * tangent)[None], rank)[0]
            turned = _tangent(landscape, trial, tangent)
            if turned @ tangent > 0.9995 or step < 1e-6 * reach:
                break
            step /= 2
        chord = float(np.linalg.norm(trial - nodes[-1]))
        if len(nodes) > 8:
            gap = origin - nodes[-1]
            behind = gap @ tangent
            if 0 < behind <= 1.5 * step and np.linalg.norm(gap - behind * tangent) < 0.1 * step and first @ tangent > 0.9:
                return np.array(nodes if behind > 0.5 * step else nodes[:-1]), True
        nodes.append(trial)
        travelled += chord
        if turned @ tangent > 0.9999:
            step = min(longest, 1.3 * step)
        tangent = turned
    return np.array(nodes), False


def _arc_length_spline(nodes: np.ndarray, closed: bool) -> tuple[BSpline, np.ndarray]:
    """A spline through `nodes` (M, D) in arc length, and the arc lengths of the nodes (M,)."""
    ends = "periodic" if closed else None
    u = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(nodes, axis=0), axis=-1))])
    rough = make_interp_spline(u, nodes, k=DEGREE, bc_type=ends)
    middle, half = (u[1:] + u[:-1]) / 2, np.diff(u) / 2
    speed = np.linalg.norm(rough.derivative()(middle[:, None] + half[:, None] * GAUSS_NODES), axis=-1)
    s = np.concatenate([[0.0], np.cumsum(half * (speed @ GAUSS_WEIGHTS))])
    return make_interp_spline(s, nodes, k=DEGREE, bc_type=ends), s
