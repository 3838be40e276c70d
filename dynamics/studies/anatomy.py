"""The limit's drift taken apart at one point of Γ (theory section 3): what the anatomy page draws and fills into the formula."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.integrate import cumulative_simpson

from dynamics.experiment import Experiment
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.arc_length import arc_length_coefficients
from dynamics.limit.chart import Chart, manifold_chart
from dynamics.limit.drift import LimitDrift, limit_drift, on_manifold
from dynamics.limit.flow import RANK_TOLERANCE, hessian_rank
from dynamics.limit.limiting import Acting
from dynamics.noise import Noise

ROUNDING = 1e-9  # a drift along Γ that is none: so well the chart is known


@dataclass(frozen=True, eq=False)
class Anatomy:
    """At a point of Γ: the frame of H, Σ split by it, and the drift with the tensors that make it. D dimensions, rank r."""

    point: np.ndarray  # (D,)
    eigenvalues: np.ndarray  # (r,) of H, from the largest down
    normals: np.ndarray  # (r, D), unit, to the eigenvalues
    tangents: np.ndarray  # (D − r, D), orthonormal
    covariance: np.ndarray  # Σ (D, D)
    parallel: np.ndarray  # Σ∥ = PΣP
    orthogonal: np.ndarray  # Σ⊥ = QΣQ
    mixed: np.ndarray  # Σ⊥∥ = QΣP
    spread: np.ndarray  # 𝓛⁻¹Σ⊥, η⁻¹ times the covariance of x − Y
    contractions: dict[str, np.ndarray]  # T[Σ∥], T[H†Σ⊥∥], T[𝓛⁻¹Σ⊥], each (D,), by the part that they make of SGD's drift
    drift: LimitDrift  # SGD's

    @property
    def pseudo_inverse(self) -> np.ndarray:
        """H†, (D, D)."""
        return self.normals.T @ (self.normals / self.eigenvalues[:, None])


def anatomy(landscape: Landscape, noise: Noise, point) -> Anatomy:
    """The drift's anatomy at a point of Γ (D,), computed by dense linear algebra: independent of the tapes of `limit_drift`.

    Raises ValueError, with a sentence, if the point is not on Γ.
    """
    point = np.asarray(point, dtype=float)
    drift = limit_drift(landscape, noise, point)
    values, vectors = np.linalg.eigh(landscape.hessian(point))
    normal = values > RANK_TOLERANCE * values[-1]
    eigenvalues, normals, tangents = values[normal][::-1], vectors[:, normal].T[::-1], vectors[:, ~normal].T
    sigma = noise.covariance(landscape, point)
    q = normals.T @ normals
    p = np.eye(len(point)) - q
    pieces = p @ sigma @ p, q @ sigma @ q, q @ sigma @ p
    in_frame = normals @ sigma @ normals.T
    spread = normals.T @ (in_frame / (eigenvalues[:, None] + eigenvalues)) @ normals
    inverse = normals.T @ (normals / eigenvalues[:, None])
    skew = inverse @ pieces[2]
    contractions = {
        "tangent": landscape.third_derivative(point, pieces[0]),
        "mixed": landscape.third_derivative(point, (skew + skew.T) / 2),
        "normal": landscape.third_derivative(point, spread),
    }
    return Anatomy(point, eigenvalues, normals, tangents, sigma, *pieces, spread, contractions, drift)


@dataclass(frozen=True, eq=False)
class Sites:
    """The anatomy at S points of Γ at once, with the drift as the linear function of Σ that it is where the point is fixed.

    part p of the drift at point s = Σ_m maps[s, p, m] Σ_m, where m goes over the entries (i, j ≥ i) of Σ, row by row, and p over
    drift.PARTS. Along a curve neighbouring points have neighbouring frames.
    """

    points: np.ndarray  # (S, D)
    eigenvalues: np.ndarray  # (S, r) of H, from the largest down
    normals: np.ndarray  # (S, r, D)
    tangents: np.ndarray  # (S, D − r, D)
    covariances: np.ndarray  # (S, D, D)
    maps: np.ndarray  # (S, 3, D(D + 1)/2, D)


def sites(landscape: Landscape, noise: Noise, points) -> Sites:
    """Sites at points of Γ (S, D) where the Hessian has one rank. Raises ValueError, with a sentence, like `limit_drift`."""
    points, rank = on_manifold(landscape, points)
    if rank == landscape.dimension:
        raise ValueError("Γ is a single point here: there is nothing to drift along.")
    values, vectors = np.linalg.eigh(landscape.hessian(points))
    frames = vectors.swapaxes(-1, -2)[:, ::-1]  # the largest eigenvalue first, the tangents last
    for before, frame in pairwise(frames):
        frame *= np.where((before * frame).sum(axis=-1) < 0, -1.0, 1.0)[:, None]
    eigenvalues, normals, tangents = values[:, ::-1][:, :rank], frames[:, :rank], frames[:, rank:]

    def upright(matrix: np.ndarray) -> np.ndarray:
        return matrix.swapaxes(-1, -2)

    def contracted(matrix: np.ndarray) -> np.ndarray:
        """T[M] for M (S, m, D, D), symmetrized."""
        return landscape.third_derivative(points[:, None], (matrix + upright(matrix)) / 2)

    p, inverse = upright(tangents) @ tangents, upright(normals) @ (normals / eigenvalues[..., None])
    basis = _symmetric_basis(landscape.dimension)
    n, q = normals[:, None], p[:, None]
    spread = upright(n) @ ((n @ basis @ upright(n)) / (eigenvalues[:, None, :, None] + eigenvalues[:, None, None, :])) @ n
    parts = (
        -contracted(q @ basis @ q) @ inverse / 2,
        -contracted(inverse[:, None] @ basis @ q) @ p,
        -contracted(spread) @ p / 2,
    )
    return Sites(points, eigenvalues, normals, tangents, noise.covariance(landscape, points), np.stack(parts, axis=1))


def _symmetric_basis(dimension: int) -> np.ndarray:
    """E with Σ = Σ_m E_m Σ_m over the entries (i, j ≥ i) of a symmetric Σ, (m, D, D)."""
    rows, columns = np.triu_indices(dimension)
    basis = np.zeros((len(rows), dimension, dimension))
    basis[np.arange(len(rows)), rows, columns] = basis[np.arange(len(rows)), columns, rows] = 1.0
    return basis


def tidy_covariance(matrix) -> tuple[tuple[str, ...], ...]:
    """A covariance (D, D) as the formulas of a constant one, with few digits and yet positive semidefinite.

    The columns of a factor are rounded to four digits of the largest; the sum of their products is exact.
    """
    values, vectors = np.linalg.eigh(np.asarray(matrix, dtype=float))
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    largest = np.abs(factor).max()
    decimals = 4 - math.ceil(math.log10(largest)) if largest else 0
    factor = np.round(factor, decimals)
    product = np.round(factor @ factor.T, max(2 * decimals, 0)) + 0.0
    return tuple(tuple(f"{entry:.12g}" for entry in row) for row in product)


@dataclass(frozen=True, eq=False)
class Potential:
    """The drift b(s) along a curve Γ, and the effective potential U with b = −U' where there is one.

    `values` (S,) on chart.grid, 0 at its least. On a closed curve U comes back to itself only if the circulation ∮ b ds is 0: then,
    and only then, the drift has a potential. `error` is the quadrature's.
    """

    drift: np.ndarray  # (S,)
    values: np.ndarray  # (S,): −∫ b ds from the grid's start, whether or not it closes
    circulation: float  # ∮ b ds; 0 on an open curve
    error: float

    @property
    def exists(self) -> bool:
        return abs(self.circulation) <= 10 * self.error


def drift_terms(experiment: Experiment, points) -> dict[str, np.ndarray]:
    """The parts (..., D) of the drift of an experiment's limit at points of Γ (..., D), by the names of its optimizer's terms.

    Raises ValueError, with a sentence, as `Optimizer.limit_drift` does.
    """
    optimizer = experiment.optimizer
    drift = optimizer.limit_drift(experiment.landscape, experiment.noise, points, experiment.learning_rate)
    return {term.name: getattr(drift, term.name) for term in optimizer.terms}


def effective_potential(landscape: Landscape, noise: Acting, chart: Chart) -> Potential:
    """Integrate the drift along Γ. On a closed curve the trapezoidal rule, which converges faster than any power for smooth b."""
    drift = arc_length_coefficients(landscape, noise, chart, chart.grid).drift
    drift = np.where(np.abs(drift) > ROUNDING, drift, 0.0)
    values = -cumulative_simpson(drift, dx=chart.cell, initial=0.0)
    circulation, error = 0.0, 0.0
    if chart.closed:
        circulation = float(drift.sum() * chart.cell)
        error = abs(circulation - float(drift[::2].sum() * 2 * chart.cell)) + 1e-9 * float(np.abs(drift).sum() * chart.cell)
    return Potential(drift, values - values.min(), circulation, error)


def curve_through(landscape: Landscape, start, point) -> Chart | None:
    """Γ as a curve through its point `point` (D,), with s = 0 at Φ(start) if that is on it; None where Γ is no curve."""
    if int(hessian_rank(landscape.hessian(point))) != landscape.dimension - 1:
        return None
    try:
        chart = manifold_chart(landscape, start)
        if not chart.arc_length_on(point)[1]:
            return chart
    except ValueError:
        pass  # the start leads nowhere, or to where Γ is no curve
    return manifold_chart(landscape, point)
