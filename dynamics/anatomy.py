"""The limit's drift taken apart at one point of Γ (theory section 3): what the anatomy page draws and fills into the formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import cumulative_simpson

from dynamics.chart import Chart
from dynamics.densities import arc_length_coefficients
from dynamics.flow import RANK_TOLERANCE
from dynamics.landscape import Landscape
from dynamics.limit import LimitDrift, limit_drift
from dynamics.noise import Noise


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
    contractions: dict[str, np.ndarray]  # T[Σ∥], T[H†Σ⊥∥], T[𝓛⁻¹Σ⊥], each (D,), by the part that they make
    drift: LimitDrift

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


def effective_potential(landscape: Landscape, noise: Noise, chart: Chart) -> Potential:
    """Integrate the drift along Γ. On a closed curve the trapezoidal rule, which converges faster than any power for smooth b."""
    drift = arc_length_coefficients(landscape, noise, chart, chart.grid).drift
    values = -cumulative_simpson(drift, dx=chart.cell, initial=0.0)
    circulation, error = 0.0, 0.0
    if chart.closed:
        circulation = float(drift.sum() * chart.cell)
        error = abs(circulation - float(drift[::2].sum() * 2 * chart.cell)) + 1e-9 * float(np.abs(drift).sum() * chart.cell)
    return Potential(drift, values - values.min(), circulation, error)
