"""Exact densities of the limit where Γ is a curve (theory section 4).

In arc length the limiting SDE is ds = b(s) dt + a(s) dW with b = tangent · drift and a² = tangentᵀ Σ tangent, and its density
solves ∂p/∂t = −∂J/∂s, J = (b − ½(a²)') p − ½ a² p'. Finite volumes with exponentially fitted fluxes (Scharfetter–Gummel): mass
moves only between neighbours, so it is kept to rounding, and every rate is positive, so the density is. Second order in the cell.
In time SciPy's Radau with the exact sparse Jacobian. No sampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.integrate import solve_ivp
from scipy.sparse.linalg import spsolve

from dynamics.chart import Chart
from dynamics.evaluation import limit_parts
from dynamics.landscape import Landscape
from dynamics.noise import Noise

RELATIVE_TOLERANCE = 1e-7
TAIL = 0.01  # of the mean density: a stationary density that is larger at the ends of an open curve goes on beyond them


@dataclass(frozen=True, eq=False)
class Coefficients:
    """b and a² of ds = b dt + a dW at arc lengths s."""

    drift: np.ndarray
    variance: np.ndarray


def arc_length_coefficients(landscape: Landscape, noise: Noise, chart: Chart, s) -> Coefficients:
    """The limiting SDE in arc length, at arc lengths s (...)."""
    tangents, points = chart.tangents(s), chart.points(s)
    tangential, mixed, normal, factor = limit_parts(landscape, noise, landscape.dimension - 1, points)
    drift = ((tangential + mixed + normal) * tangents).sum(axis=-1)
    return Coefficients(drift, ((factor * tangents[..., None]).sum(axis=-2) ** 2).sum(axis=-1))


def generator_matrix(landscape: Landscape, noise: Noise, chart: Chart) -> sp.csc_matrix:
    """A (S, S) with dp/dt = A p for the cells' densities p: columns sum to 0, off-diagonal entries are not negative."""
    cells, h = len(chart.grid), chart.cell
    out_right, out_left = _rates(landscape, noise, chart)
    here = np.arange(len(out_right))
    there = (here + 1) % cells
    rows = np.concatenate([there, here, here, there])
    columns = np.concatenate([here, there, here, there])
    rates = np.concatenate([out_right, out_left, -out_right, -out_left])
    return sp.coo_matrix((rates / h, (rows, columns)), shape=(cells, cells)).tocsc()


def _rates(landscape: Landscape, noise: Noise, chart: Chart) -> tuple[np.ndarray, np.ndarray]:
    """The flux through the face between cells i and i + 1 is right[i] p[i] − left[i] p[i + 1]. Open: S − 1 faces; closed: S."""
    h = chart.cell
    faces = chart.grid + h / 2 if chart.closed else chart.grid[:-1] + h / 2
    at_centres = arc_length_coefficients(landscape, noise, chart, chart.grid).variance
    at_faces = arc_length_coefficients(landscape, noise, chart, faces)
    following = np.roll(at_centres, -1) if chart.closed else at_centres[1:]
    slope = (following - at_centres[: len(faces)]) / h
    diffusion = np.maximum(at_faces.variance / 2, 1e-14 * np.max(np.abs(at_faces.drift), initial=1e-300) * h)
    velocity = at_faces.drift - slope / 2
    peclet = velocity * h / diffusion
    return diffusion / h * _bernoulli(-peclet), diffusion / h * _bernoulli(peclet)


def _bernoulli(w: np.ndarray) -> np.ndarray:
    """w / (eʷ − 1)."""
    small = np.abs(w) < 1e-6
    with np.errstate(over="ignore"):
        return np.where(small, 1 - w / 2, w / np.expm1(np.where(small, 1.0, w)))


def fokker_planck(landscape: Landscape, noise: Noise, chart: Chart, start, times) -> np.ndarray:
    """The density of the limit in arc length at slow times `times` (F,), from a point mass: (F, S) on chart.grid.

    `start` is an arc length, or a point of Γ (D,). Open ends of the chart reflect. Raises ValueError for times that do not increase
    from 0 or more.
    """
    times = np.atleast_1d(np.asarray(times, dtype=float))
    if not (np.isfinite(times).all() and times[0] >= 0 and (np.diff(times) > 0).all()):
        raise ValueError("The times of a density increase, from 0 or more.")
    start = np.asarray(start, dtype=float)
    origin = float(chart.arc_length(start)) if start.ndim else float(start)
    density = _point_mass(chart, origin)
    if times[-1] == 0:
        return density[None]
    if not diffuses(landscape, noise, chart):
        return np.array([_point_mass(chart, s) for s in carried(landscape, noise, chart, origin, times)])
    matrix = generator_matrix(landscape, noise, chart)
    solution = solve_ivp(
        lambda _, p: matrix @ p, (0.0, times[-1]), density, method="Radau", jac=matrix, t_eval=times,
        rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE / chart.length * 1e-2, first_step=1e-6 * times[-1],
    )  # fmt: skip
    return np.maximum(solution.y.T, 0.0)


def diffuses(landscape: Landscape, noise: Noise, chart: Chart) -> bool:
    """Whether the limit is random: a² > 0 somewhere, beyond rounding."""
    variance = arc_length_coefficients(landscape, noise, chart, chart.grid).variance
    total = np.trace(noise.covariance(landscape, chart.points(chart.grid)), axis1=-2, axis2=-1)
    return bool((variance > 1e-12 * total).any())


def carried(landscape: Landscape, noise: Noise, chart: Chart, start: float, times) -> np.ndarray:
    """Arc lengths (F,) to which the drift alone carries `start`: the limit where it has no diffusion, as under label noise."""
    times = np.asarray(times, dtype=float)

    def drift(_: float, s: np.ndarray) -> np.ndarray:
        return arc_length_coefficients(landscape, noise, chart, s).drift

    solution = solve_ivp(drift, (0.0, times[-1]), [start], method="LSODA", t_eval=times, rtol=1e-10, atol=1e-12)
    return solution.y[0]


def _point_mass(chart: Chart, s: float) -> np.ndarray:
    """Mass 1 at s, shared by the two nearest cells so that its mean is s."""
    cells = len(chart.grid)
    position = (s - chart.grid[0]) / chart.cell
    position = np.mod(position, cells) if chart.closed else np.clip(position, 0, cells - 1)
    below = int(np.floor(position))
    share = position - below
    density = np.zeros(cells)
    density[below % cells] += (1 - share) / chart.cell
    density[(below + 1) % cells] += share / chart.cell
    return density


def stationary_density(landscape: Landscape, noise: Noise, chart: Chart) -> np.ndarray | None:
    """The density (S,) that stays, or None: where mass gathers in points, or escapes to the ends of an open curve."""
    coefficients = arc_length_coefficients(landscape, noise, chart, chart.grid)
    flows_round = chart.closed and np.ptp(np.sign(coefficients.drift)) == 0
    if not (flows_round or (coefficients.variance > 0).all()):
        return None
    if chart.closed:
        matrix = generator_matrix(landscape, noise, chart).tolil()
        matrix[0] = 1.0
        right = np.zeros(len(chart.grid))
        right[0] = 1 / chart.cell
        return np.maximum(spsolve(matrix.tocsc(), right), 0.0)
    right, left = _rates(landscape, noise, chart)
    logarithm = np.concatenate([[0.0], np.cumsum(np.log(right) - np.log(left))])
    density = np.exp(logarithm - logarithm.max())
    density /= density.sum() * chart.cell
    return None if max(density[0], density[-1]) > TAIL / chart.length else density


def probability_current(landscape: Landscape, noise: Noise, chart: Chart) -> float | None:
    """The stationary density's current: turns per slow time round a closed curve, 0 on an open one. None without a density."""
    density = stationary_density(landscape, noise, chart)
    if density is None:
        return None
    if not chart.closed:
        return 0.0
    right, left = _rates(landscape, noise, chart)
    return float(np.mean(right * density - left * np.roll(density, -1)))


def mean_first_passage_time(landscape: Landscape, noise: Noise, chart: Chart, target) -> np.ndarray:
    """The mean slow time (S,) until the limit from each cell of chart.grid first reaches `target`, an arc length or a point."""
    target = np.asarray(target, dtype=float)
    s = float(chart.arc_length(target)) if target.ndim else float(target)
    cells = len(chart.grid)
    index = int(np.floor((s - chart.origin) / chart.cell))
    index = index % cells if chart.closed else min(max(index, 0), cells - 1)
    backward = generator_matrix(landscape, noise, chart).T.tolil()
    backward[index] = 0.0
    backward[index, index] = 1.0
    right = -np.ones(cells)
    right[index] = 0.0
    return spsolve(backward.tocsc(), right)
