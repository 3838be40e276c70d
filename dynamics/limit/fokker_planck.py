"""Exact densities of the limit where Γ is a curve (theory section 4).

In arc length the limiting SDE is ds = b(s) dt + a(s) dW, and its density solves ∂p/∂t = −∂J/∂s, J = (b − ½(a²)') p − ½ a² p'.
Finite volumes with exponentially fitted fluxes (Scharfetter–Gummel): mass moves only between neighbours, so it is kept to rounding,
and every rate is positive, so the density is. Second order in the cell. In time SciPy's Radau with the exact sparse Jacobian. No
sampling. Ends to which the curve is followed reflect. At a singular end that the limit reaches mass is let go, as the theory ends.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.integrate import solve_ivp

from dynamics.arrays import times_of
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.arc_length import arc_length_coefficients, diffuses, ends_of_the_theory
from dynamics.limit.chart import Chart
from dynamics.limit.limiting import Acting

RELATIVE_TOLERANCE = 1e-7


def generator_matrix(landscape: Landscape, noise: Acting, chart: Chart) -> sp.csc_matrix:
    """A (S, S) with dp/dt = A p for the cells' densities p: off-diagonal entries are not negative, and columns sum to 0, but for
    those of cells at an end of the theory that the limit reaches.
    """
    cells, h = len(chart.grid), chart.cell
    out_right, out_left = face_rates(landscape, noise, chart)
    here = np.arange(len(out_right))
    there = (here + 1) % cells
    rows = np.concatenate([there, here, here, there])
    columns = np.concatenate([here, there, here, there])
    rates = np.concatenate([out_right, out_left, -out_right, -out_left])
    matrix = sp.coo_matrix((rates / h, (rows, columns)), shape=(cells, cells)).tocsc()
    lost = np.zeros(cells)
    lower, upper = ends_of_the_theory(landscape, noise, chart)
    if lower:
        lost[0] = _rate_out(landscape, noise, chart, chart.origin, 1)
    if upper:
        lost[-1] = _rate_out(landscape, noise, chart, chart.origin + chart.length, -1)
    return (matrix - sp.diags(lost / h)).tocsc()


def _rate_out(landscape: Landscape, noise: Acting, chart: Chart, end: float, side: int) -> float:
    """The flux out of the curve's end, per density in the cell beside it, whose centre is half a cell away."""
    half = chart.cell / 2
    at = arc_length_coefficients(landscape, noise, chart, end + side * half * np.array([0.25, 0.5, 0.75]))
    diffusion = max(float(at.variance[1]) / 2, 1e-14 * max(abs(float(at.drift[1])), 1e-300) * half)
    velocity = -side * (float(at.drift[1]) - float(at.variance[2] - at.variance[0]) / half * side)
    return diffusion / half * float(_bernoulli(np.array(-velocity * half / diffusion)))


def face_rates(landscape: Landscape, noise: Acting, chart: Chart) -> tuple[np.ndarray, np.ndarray]:
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


def fokker_planck(landscape: Landscape, noise: Acting, chart: Chart, start, times) -> np.ndarray:
    """The density of the limit in arc length at slow times `times` (F,), from a point mass: (F, S) on chart.grid.

    `start` is an arc length, or a point of Γ (D,). Ends of the chart reflect where Γ goes on; what mass is missing has reached an
    end of the theory (`ends_of_the_theory`) before. Raises ValueError, with a sentence, for times that do not
    increase from 0 or more, and for a start that is neither.
    """
    times = times_of(times, "a density")
    origin = chart.place(start)
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


def carried(landscape: Landscape, noise: Acting, chart: Chart, start: float, times) -> np.ndarray:
    """Arc lengths (F,) to which the drift alone carries `start`: the limit where it has no diffusion, as under label noise.

    An end of the chart that it gets to holds it.
    """
    times = np.asarray(times, dtype=float)
    low, high = (-np.inf, np.inf) if chart.closed else (chart.origin, chart.origin + chart.length)

    def drift(_: float, s: np.ndarray) -> np.ndarray:
        return np.where((s >= low) & (s <= high), arc_length_coefficients(landscape, noise, chart, s).drift, 0.0)

    solution = solve_ivp(drift, (0.0, times[-1]), [start], method="LSODA", t_eval=times, rtol=1e-10, atol=1e-12)
    return np.clip(solution.y[0], low, high)


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
