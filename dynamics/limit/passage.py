"""Mean first-passage times of the limit along a curve Γ, from any point to any other.

T with b T' + ½ a² T'' = −1 and T = 0 at the target is that of a chain: from a node the limit first goes to one of the two
neighbouring nodes, with probabilities and after a mean time that are integrals over the two intervals (an exact scheme).
With the scale density e^{−ψ}, ψ' = 2b/a², and the speed density 2e^{ψ}/a², these are

    up = ∫ e^{−ψ},   stay = ∫ 2e^{ψ}/a²,   rise = ∫ 2e^{ψ(z)}/a² ∫_z^end e^{−ψ},   fall = ∫ 2e^{ψ(z)}/a² ∫_start^z e^{−ψ},

by Gauss quadrature where ψ changes little over an interval, else those of constant coefficients. All sums are of positive terms, in
logarithms: neither cancellation nor overflow, however high a barrier or strong a drift. The target is a node, and so is any start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dynamics.arrays import numbers_of
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.arc_length import arc_length_coefficients, ends_of_the_theory, is_drawn_to, noiseless_points
from dynamics.limit.chart import SINGULAR, Chart
from dynamics.limit.limiting import Acting

ORDER = 8
SMOOTH = 2.0  # change of ψ over an interval up to which the quadrature is used; longer intervals are divided
PIECES = 32  # at most
STEEPEST = 300.0  # change of ψ over an interval: beyond, against the drift, there is no way
REFINED = 24  # halvings of the interval next to a singular end
STOPS, REFLECTS, HOLDS = "stops", "reflects", "holds"  # what an end of a stretch does


def _integration_matrix() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gauss nodes and weights on [0, 1], and the matrix that integrates from 0 to each node."""
    nodes, weights = np.polynomial.legendre.leggauss(ORDER)
    vandermonde = np.polynomial.legendre.legvander(nodes, ORDER - 1)
    integrals = np.stack(
        [np.polynomial.legendre.legval(nodes, np.polynomial.legendre.legint(row, lbnd=-1)) for row in np.eye(ORDER)], axis=1
    )
    return (nodes + 1) / 2, weights / 2, integrals @ np.linalg.inv(vandermonde) / 2


NODES, WEIGHTS, INTEGRATE = _integration_matrix()


@dataclass(frozen=True, eq=False)
class _Intervals:
    """The integrals of the module's head, (K,) each; ψ = 0 at an interval's lower end and `change` at its upper one."""

    change: np.ndarray
    up: np.ndarray
    stay: np.ndarray
    rise: np.ndarray
    fall: np.ndarray


def _integrals(landscape: Landscape, noise: Acting, chart: Chart, low: np.ndarray, high: np.ndarray) -> _Intervals:
    h = (high - low)[:, None]
    found = arc_length_coefficients(landscape, noise, chart, low[:, None] + h * NODES)
    drift, variance = found.drift, np.maximum(found.variance, 0.0)
    middle = np.maximum(variance.mean(axis=1), 1e-300)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore"):
        slope = 2 * drift / variance * h
        steep = ~(np.abs(slope).max(axis=1) <= 2 * SMOOTH)
        slope, variance = np.where(steep[:, None], 0.0, slope), np.where(steep[:, None], 1.0, variance)
        psi, change = slope @ INTEGRATE.T, slope @ WEIGHTS
        scale, speed = np.exp(-psi), 2 * np.exp(psi) / variance
        before = (scale @ INTEGRATE.T) * h
        up = (scale @ WEIGHTS) * h[:, 0]
        stay = (speed @ WEIGHTS) * h[:, 0]
        rise = ((speed * (up[:, None] - before)) @ WEIGHTS) * h[:, 0]
        fall = ((speed * before) @ WEIGHTS) * h[:, 0]
        # Constant coefficients: w is the change of ψ, h/b the time that the drift needs.
        b, width = drift.mean(axis=1), h[:, 0]
        w = np.clip(2 * b / middle * width, -STEEPEST, STEEPEST)
        w = np.where(np.abs(w) < 1e-3, 1e-3, w)
        time = 2 * width**2 / np.where(np.abs(2 * b / middle * width) < STEEPEST, middle * w, 2 * b * width)
        falling, rising = -np.expm1(-w) / w, np.expm1(w) / w
        constant = w, width * falling, time * rising * w / width, time * (1 - falling), time * (rising - 1)
    parts = (np.where(steep, other, part) for part, other in zip((change, up, stay, rise, fall), constant, strict=True))
    return _Intervals(*parts)


@dataclass(frozen=True, eq=False)
class _Stretch:
    """Nodes (K + 1,) along Γ between two ends, and T at them."""

    nodes: np.ndarray
    times: np.ndarray


@dataclass(frozen=True, eq=False)
class FirstPassage:
    """T as a function of where the limit starts: `times(s)` (...) for arc lengths s (...), inf where it may never get there.

    On a curve with singular ends that the limit reaches, T is the mean time until it is at the target or at such an end.
    """

    landscape: Landscape
    noise: Acting
    chart: Chart
    target: float
    stretches: tuple[_Stretch, ...]

    def __call__(self, s) -> np.ndarray:
        s = np.asarray(s, dtype=float)
        flat = s.ravel()
        if self.chart.closed:
            flat = self.target + np.mod(flat - self.target, self.chart.length)
        else:
            flat = np.clip(flat, self.chart.origin, self.chart.origin + self.chart.length)
        found = np.full(flat.shape, np.inf)
        for stretch in self.stretches:
            inside = (flat >= stretch.nodes[0]) & (flat <= stretch.nodes[-1])
            found[inside] = np.minimum(found[inside], self._within(stretch, flat[inside]))
        return found.reshape(s.shape)

    def _within(self, stretch: _Stretch, s: np.ndarray) -> np.ndarray:
        """The limit leaves the interval between two nodes at one of them, after a mean time: as from a node between them."""
        if not np.isfinite(stretch.times).all():
            return np.where(s == self.target, 0.0, np.inf)
        above = np.clip(np.searchsorted(stretch.nodes, s), 1, len(stretch.nodes) - 1)
        low, high = stretch.nodes[above - 1], stretch.nodes[above]
        below_s = _integrals(self.landscape, self.noise, self.chart, low, s)
        above_s = _integrals(self.landscape, self.noise, self.chart, s, high)
        to_low, to_high = np.exp(below_s.change) * below_s.up, above_s.up
        goes_up = to_low / (to_low + to_high)
        goes_down = to_high / (to_low + to_high)
        leaves = goes_up * above_s.rise + goes_down * below_s.fall
        return leaves + goes_up * stretch.times[above] + goes_down * stretch.times[above - 1]


def first_passage(landscape: Landscape, noise: Acting, chart: Chart, target) -> FirstPassage:
    """The mean first-passage time to `target`, an arc length or a point of Γ (D,), from anywhere on the chart."""
    s = chart.place(target)
    low, high = chart.origin, chart.origin + chart.length
    s = low + float(np.mod(s - low, chart.length)) if chart.closed else min(max(s, low), high)
    held = [point.s for point in noiseless_points(landscape, noise, chart) if point.sign == 0]
    if chart.closed:
        marks = [s, *sorted(s + np.mod(place - s, chart.length) for place in held), s + chart.length]
        kinds = [STOPS, *[HOLDS] * len(held), STOPS]
    else:
        ends = [STOPS if end else REFLECTS for end in ends_of_the_theory(landscape, noise, chart)]
        places = {low: ends[0], high: ends[1]} | dict.fromkeys(held, HOLDS) | {s: STOPS}
        marks = sorted(places)
        kinds = [places[mark] for mark in marks]
    stretches = tuple(
        _stretch(landscape, noise, chart, (marks[k], marks[k + 1]), (kinds[k], kinds[k + 1])) for k in range(len(marks) - 1)
    )
    return FirstPassage(landscape, noise, chart, s, stretches)


def mean_first_passage_time(landscape: Landscape, noise: Acting, chart: Chart, target, start=None) -> np.ndarray:
    """The mean slow time until the limit first reaches `target`, an arc length or a point of Γ (D,).

    From the arc lengths `start` (...): (...); from the cells of chart.grid (S,) if it is None. inf where it may never get there.
    Raises ValueError, with a sentence, for a target that is neither.
    """
    return first_passage(landscape, noise, chart, target)(chart.grid if start is None else numbers_of(start, "Arc lengths"))


def _stretch(landscape: Landscape, noise: Acting, chart: Chart, ends: tuple[float, float], kinds: tuple[str, str]) -> _Stretch:
    drawn = [
        kind == HOLDS and is_drawn_to(landscape, noise, chart, place, side)
        for kind, place, side in zip(kinds, ends, (1, -1), strict=True)
    ]
    nodes = _nodes(landscape, noise, chart, *ends)
    if STOPS not in kinds or any(drawn):
        return _Stretch(nodes, np.full(len(nodes), np.inf))
    over = _integrals(landscape, noise, chart, nodes[:-1], nodes[1:])
    with np.errstate(divide="ignore", over="ignore"):
        psi = np.concatenate([[0.0], np.cumsum(over.change)])
        scale, speed = np.log(over.up) - psi[:-1], np.log(over.stay) + psi[:-1]
        rise, fall = np.log(over.rise), np.log(over.fall)
        below, beyond = _sums(scale), _sums(scale[::-1])[::-1]
        fallen = _sums(np.logaddexp(below[:-1] + speed, fall))
        risen = _sums(np.logaddexp(beyond[1:] + speed, rise)[::-1])[::-1]
        if kinds == (STOPS, STOPS):
            logarithm = np.logaddexp(beyond + fallen, below + risen) - below[-1]
        elif kinds[0] == STOPS:
            logarithm = np.logaddexp(below + _sums(speed[::-1])[::-1], fallen)
        else:
            logarithm = np.logaddexp(beyond + _sums(speed), risen)
        return _Stretch(nodes, np.exp(logarithm))


def _sums(logarithms: np.ndarray) -> np.ndarray:
    """Logarithms of the sums of the first 0, 1, … terms."""
    return np.concatenate([[-np.inf], np.logaddexp.accumulate(logarithms)])


def _nodes(landscape: Landscape, noise: Acting, chart: Chart, low: float, high: float) -> np.ndarray:
    """From `low` to `high`, at most a cell apart; closer where the drift is strong, and towards singular ends."""
    pieces = max(1, int(np.ceil((high - low) / chart.cell - 1e-9)))
    nodes = np.linspace(low, high, pieces + 1)
    halvings = 0.5 ** np.arange(REFINED, 0, -1)
    if chart.ends[0] == SINGULAR and low == chart.origin:
        nodes = np.concatenate([nodes[:1], low + (nodes[1] - low) * halvings, nodes[1:]])
    if chart.ends[1] == SINGULAR and high == chart.origin + chart.length:
        nodes = np.concatenate([nodes[:-1], high - (high - nodes[-2]) * halvings[::-1], nodes[-1:]])
    widths = np.diff(nodes)
    at = arc_length_coefficients(landscape, noise, chart, (nodes[:-1] + nodes[1:]) / 2)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        needed = np.ceil(np.abs(2 * at.drift / at.variance) * widths / SMOOTH)
    parts = np.clip(np.nan_to_num(needed, nan=PIECES, posinf=PIECES), 1, PIECES).astype(int)
    first = np.repeat(nodes[:-1], parts)
    within = np.concatenate([np.arange(part) for part in parts]) / np.repeat(parts, parts)
    return np.append(first + within * np.repeat(widths, parts), nodes[-1])
