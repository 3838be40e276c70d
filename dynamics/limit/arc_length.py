"""The limiting SDE along a curve Γ in arc length, ds = b(s) dt + a(s) dW, and where it is held or ends.

b = tangent · drift and a² = tangentᵀ Σ tangent. Where an end is singular, or a² = b = 0 at a point, what becomes of the limit hangs
on the exponent lim 2br/a², r the distance to that place and b counted away from it: below 1 it gets there, or ever closer (Feller).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from dynamics.landscapes.landscape import Landscape
from dynamics.limit.chart import EDGE, SINGULAR, Chart
from dynamics.limit.drift import limit_parts, parts_of
from dynamics.limit.limiting import Acting, Limit

NO_NOISE = 1e-12  # a², relative to tr Σ: rounding
VANISHES = 1e-12  # a² at a point, relative to its largest
STILL = 1e-6  # b at a point, relative to what b and a² are elsewhere
NEAR = 1e-4  # where the exponent at a place is taken, relative to the length


@dataclass(frozen=True, eq=False)
class Coefficients:
    """b and a² of ds = b dt + a dW at arc lengths s."""

    drift: np.ndarray
    variance: np.ndarray


def arc_length_coefficients(landscape: Landscape, noise: Acting, chart: Chart, s) -> Coefficients:
    """The limiting SDE in arc length, at arc lengths s (...). Slow variables of a limit are where they would settle."""
    tangents, points, rank = chart.tangents(s), chart.points(s), landscape.dimension - 1
    if isinstance(noise, Limit):
        parts, factor = parts_of(landscape, noise, rank, points, noise.limiting.slow_start(landscape, noise.noise, points))
        total = parts.total
    else:
        tangential, mixed, normal, factor = limit_parts(landscape, noise, rank, points)
        total = tangential + mixed + normal
    return Coefficients((total * tangents).sum(axis=-1), ((factor * tangents[..., None]).sum(axis=-2) ** 2).sum(axis=-1))


def diffuses(landscape: Landscape, noise: Acting, chart: Chart) -> bool:
    """Whether the limit is random: a² > 0 somewhere, beyond rounding."""
    variance = arc_length_coefficients(landscape, noise, chart, chart.grid).variance
    given = noise.noise if isinstance(noise, Limit) else noise
    total = np.trace(given.covariance(landscape, chart.points(chart.grid)), axis1=-2, axis2=-1)
    return bool((variance > NO_NOISE * total).any())


def is_drawn_to(landscape: Landscape, noise: Acting, chart: Chart, place: float, side: int) -> bool:
    """Whether the limit from the side of growing s (+1), or of falling s (−1), gets to the arc length `place`, or ever closer."""
    near = arc_length_coefficients(landscape, noise, chart, place + side * NEAR * chart.length)
    away = 2 * side * float(near.drift) * NEAR * chart.length
    return away < (1 - 1e-3) * float(near.variance) if near.variance > 0 else away < 0


def ends_of_the_theory(landscape: Landscape, noise: Acting, chart: Chart) -> tuple[bool, bool]:
    """Whether the limit gets to the chart's lower and upper end, and the theory ends there."""
    places = (chart.origin, 1), (chart.origin + chart.length, -1)
    reached = (
        end in (SINGULAR, EDGE) and is_drawn_to(landscape, noise, chart, *place)
        for end, place in zip(chart.ends, places, strict=True)
    )  # fmt: skip
    lower, upper = reached
    return lower, upper


@dataclass(frozen=True)
class NoiselessPoint:
    """An arc length where a² = 0, with the drift's sign there: 0 where the limit is held, else it crosses only that way."""

    s: float
    sign: int


def noiseless_points(landscape: Landscape, noise: Acting, chart: Chart) -> tuple[NoiselessPoint, ...]:
    """Where a random limit has a² = 0, in the order of s. Of a stretch without noise, its cells' centres."""
    found = arc_length_coefficients(landscape, noise, chart, chart.grid)
    variance, largest = found.variance, float(found.variance.max())
    size = max(float(np.abs(found.drift).max()), largest / chart.length)
    before, after = np.roll(variance, 1), np.roll(variance, -1)
    if not chart.closed:
        before[0], after[-1] = -np.inf, -np.inf
    candidates = np.flatnonzero((variance <= before) & (variance <= after) & (variance < 1e-2 * largest))
    points: list[NoiselessPoint] = []
    for s in chart.grid[candidates]:
        at = minimize_scalar(
            lambda offset, s=s: float(arc_length_coefficients(landscape, noise, chart, s + offset).variance),
            bounds=(-chart.cell, chart.cell), method="bounded", options={"xatol": 1e-9 * chart.cell},
        )  # fmt: skip
        if at.fun <= VANISHES * largest and not any(abs(s + at.x - point.s) < chart.cell / 2 for point in points):
            drift = float(arc_length_coefficients(landscape, noise, chart, s + at.x).drift)
            points.append(NoiselessPoint(float(s + at.x), int(np.sign(drift)) if abs(drift) > STILL * size else 0))
    return tuple(points)
