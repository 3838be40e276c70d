"""What the limit along a curve Γ settles to: a stationary density with its current, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.sparse.linalg import spsolve

from dynamics.landscapes.landscape import Landscape
from dynamics.limit.arc_length import NoiselessPoint, arc_length_coefficients, diffuses, ends_of_the_theory, noiseless_points
from dynamics.limit.chart import REACHED, Chart
from dynamics.limit.fokker_planck import face_rates, generator_matrix
from dynamics.limit.limiting import Acting

TAIL = 0.01  # of the mean density: a stationary density that is larger at the ends of an open curve goes on beyond them
RESTS = 1e-13  # a drift that is rounding
NOTHING = 1e-300  # in place of a rate of 0


@dataclass(frozen=True, eq=False)
class Stationary:
    """`density` (S,) on chart.grid and its `current`, in turns per slow time; or None and the `reason`, a sentence.

    `gathers` are the arc lengths to which a limit without noise is drawn.
    """

    density: np.ndarray | None
    current: float | None
    reason: str = ""
    gathers: tuple[float, ...] = ()


def stationary_law(landscape: Landscape, noise: Acting, chart: Chart) -> Stationary:
    """What the limit on the chart settles to."""
    if not diffuses(landscape, noise, chart):
        return _without_noise(landscape, noise, chart)
    reason = _no_density(landscape, noise, chart)
    if reason:
        return Stationary(None, None, reason)
    right, left = face_rates(landscape, noise, chart)
    if chart.closed:
        matrix = generator_matrix(landscape, noise, chart).tolil()
        matrix[0] = 1.0
        total = np.zeros(len(chart.grid))
        total[0] = 1 / chart.cell
        density = np.maximum(spsolve(matrix.tocsc(), total), 0.0)
        return Stationary(density, float(np.mean(right * density - left * np.roll(density, -1))))
    logarithm = np.concatenate([[0.0], np.cumsum(np.log(np.maximum(right, NOTHING)) - np.log(np.maximum(left, NOTHING)))])
    density = np.exp(logarithm - logarithm.max())
    density /= density.sum() * chart.cell
    ends = density[[0, -1]] * np.array([end == REACHED for end in chart.ends])
    if ends.max() > TAIL / chart.length:
        return Stationary(None, None, "There is no stationary density: mass goes off along the curve, beyond where it is followed.")
    return Stationary(density, 0.0)


def stationary_density(landscape: Landscape, noise: Acting, chart: Chart) -> np.ndarray | None:
    """The density (S,) that stays, or None: where mass gathers in points, goes off along an open curve, or to a singular point."""
    return stationary_law(landscape, noise, chart).density


def probability_current(landscape: Landscape, noise: Acting, chart: Chart) -> float | None:
    """The stationary density's current: turns per slow time round a closed curve, 0 on an open one. None without a density."""
    return stationary_law(landscape, noise, chart).current


def _without_noise(landscape: Landscape, noise: Acting, chart: Chart) -> Stationary:
    drift = arc_length_coefficients(landscape, noise, chart, chart.grid).drift
    if np.abs(drift).max() < RESTS:
        return Stationary(None, None, "The limit has neither noise nor drift along Γ: it stays where it starts.")
    direction = np.sign(drift)
    if chart.closed and np.ptp(direction) == 0:
        round_trip = float((1 / np.abs(drift)).sum() * chart.cell)
        return Stationary(1 / (np.abs(drift) * round_trip), float(direction[0]) / round_trip)
    following = np.roll(direction, -1) if chart.closed else direction[1:]
    inward = np.flatnonzero((direction[: len(following)] > 0) & (following <= 0))

    def at(s: float) -> float:
        return float(arc_length_coefficients(landscape, noise, chart, s).drift)

    gathers = tuple(
        float(s + chart.cell if at(s + chart.cell) >= 0 else brentq(at, s, s + chart.cell, xtol=1e-12)) for s in chart.grid[inward]
    )
    words = []
    if gathers:
        words.append(f"gathers at {_places(gathers)}")
    if not chart.closed and (direction[0] < 0 or direction[-1] > 0):
        words.append("goes off along the curve")
    where = " or ".join(words) or "stays where it starts"
    return Stationary(None, None, f"There is no stationary density: without noise along Γ mass {where}.", gathers)


def _no_density(landscape: Landscape, noise: Acting, chart: Chart) -> str:
    """A sentence, where a limit with noise has no one stationary density; else an empty one."""
    if any(ends_of_the_theory(landscape, noise, chart)):
        return (
            "There is no stationary density: sooner or later the limit reaches an end of the curve, where the Hessian loses rank, "
            "and there the theory ends."
        )
    points = noiseless_points(landscape, noise, chart)
    held = tuple(point.s for point in points if point.sign == 0)
    if held:
        return (
            f"There is no one stationary density: at {_places(held)} noise and drift along Γ both vanish, so the limit does not "
            "cross such a point, and mass gathers there or stays on the side where it starts."
        )
    if _stretches_kept(points, chart) > 1:
        return (
            f"There is no one stationary density: the noise along Γ vanishes at {_places(tuple(point.s for point in points))}, and "
            "the limit crosses these points one way only, into stretches that it does not leave."
        )
    return ""


def _stretches_kept(points: tuple[NoiselessPoint, ...], chart: Chart) -> int:
    """Between how many neighbours the limit is kept in; a closed curve that is one-way all round counts as one."""
    signs = [point.sign for point in points]
    if not chart.closed:
        signs = [1, *signs, -1]
    kept = sum(one > 0 > following for one, following in zip(signs, signs[1:] + signs[:1], strict=True))
    return max(kept, 1)


def _places(arc_lengths: tuple[float, ...]) -> str:
    shown = ", ".join(f"{s:.3g}" for s in arc_lengths[:4]).replace("-", "−")
    return f"s = {shown}" + (", …" if len(arc_lengths) > 4 else "")
