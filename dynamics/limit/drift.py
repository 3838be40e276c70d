"""The limiting SDE's drift and diffusion at points of Γ (theory section 3; Li, Wang, Arora 2022, section 5)."""

from __future__ import annotations

from dataclasses import dataclass

import casadi as ca
import numpy as np

from dynamics.arrays import points_of
from dynamics.engine.building import built_once
from dynamics.engine.evaluation import evaluate_tape
from dynamics.engine.graph import Definition
from dynamics.engine.tape import Tape, compile_tape
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import hessian_rank
from dynamics.limit.limiting import OF_SGD, Limit, Limiting, site_of
from dynamics.noise import Noise

OFF_MANIFOLD = 1e-4  # relative to 1 + ‖y‖: the coefficients change by as much, relatively, when the point moves as far


@dataclass(frozen=True)
class LimitDrift:
    """The parts of the limit's drift, each (..., D), per unit of slow time: three of the noise, and the optimizer's own."""

    tangent: np.ndarray  # tangent-noise compensation  −½ H† T[Σ∥]
    mixed: np.ndarray  # mixed regularization        −P T[H† Σ⊥∥]
    normal: np.ndarray  # normal regularization       −½ P T[𝓛⁻¹ Σ⊥]
    own: np.ndarray | float = 0.0  # SGD has none

    @property
    def total(self) -> np.ndarray:
        return self.tangent + self.mixed + self.normal + self.own


def limit_drift(landscape: Landscape, noise: Noise, Y) -> LimitDrift:
    """The drift ½ ∂²Φ(Y)[Σ(Y)] of the limiting SDE at points Y (..., D) of Γ, in its three parts; NaN where Σ is no covariance.

    Raises ValueError, with a sentence, if Y is not on Γ or the Hessian's rank is not the same at every point of Y.
    """
    Y, rank = on_manifold(landscape, Y)
    return LimitDrift(*limit_parts(landscape, noise, rank, Y)[:3])


def limit_diffusion(landscape: Landscape, noise: Noise, Y) -> np.ndarray:
    """The symmetric square root of PΣP at points Y (..., D) of Γ, (..., D, D). Raises ValueError like `limit_drift`."""
    Y, rank = on_manifold(landscape, Y)
    factor = limit_parts(landscape, noise, rank, Y)[3]
    u, singular, _ = np.linalg.svd(factor, full_matrices=False)
    return (u * singular[..., None, :]) @ np.swapaxes(u, -1, -2)


def turning(landscape: Landscape, noise: Noise, rank: int, Y) -> np.ndarray:
    """How fast Γ turns under the limit's diffusion: the angle's variance per unit of slow time, (...), at points Y (..., D) of Γ.

    On a curve of curvature κ it is κ² tr Σ∥, and the tangent part of the drift has length ½ κ tr Σ∥.
    """
    tangent, _, _, factor = limit_parts(landscape, noise, rank, Y)
    variance = (factor**2).sum(axis=(-2, -1))
    return np.divide(4 * (tangent**2).sum(axis=-1), variance, out=np.zeros_like(variance), where=variance > 0)


def on_manifold(landscape: Landscape, Y) -> tuple[np.ndarray, int]:
    """Y as an array, and the one rank of ∇²L along it."""
    Y = points_of(Y, landscape.dimension)
    points = Y.reshape(-1, landscape.dimension)
    if not np.isfinite(points).all():
        raise ValueError("A point has a coordinate that is not a number.")
    if len(points) == 0:
        return Y, 1
    hessians = landscape.hessian(points)
    sharpness = np.linalg.norm(hessians, 2, axis=(-2, -1))
    # Close to Γ, ‖∇L‖ is at most λ_max times the distance to Γ.
    off = np.linalg.norm(landscape.gradient(points), axis=-1) > OFF_MANIFOLD * sharpness * (1 + np.linalg.norm(points, axis=-1))
    if off.any():
        point = np.round(points[int(off.argmax())], 6).tolist()
        raise ValueError(f"The limit lives on the zero-loss manifold, and {point} is not on it: map it there by limit_map first.")
    ranks = hessian_rank(hessians)
    if ranks.max() == 0:
        raise ValueError("The Hessian vanishes there: the theory needs a positive rank.")
    if ranks.min() != ranks.max():
        raise ValueError(
            f"The Hessian's rank goes from {ranks.min()} to {ranks.max()} along these points: the theory needs one positive rank."
        )
    return Y, int(ranks[0])


def drift_of(landscape: Landscape, noise: Noise, limiting: Limiting, learning_rate: float, slow: np.ndarray, Y) -> LimitDrift:
    """The drift of another limiting dynamics at points Y (..., D) of Γ, where its slow variables are `slow` (..., R).

    Raises ValueError like `limit_drift`.
    """
    Y, rank = on_manifold(landscape, Y)
    return parts_of(landscape, Limit(noise, limiting, learning_rate), rank, Y, slow)[0]


def parts_of(landscape: Landscape, limit: Limit, rank: int, Y: np.ndarray, slow: np.ndarray) -> tuple[LimitDrift, np.ndarray]:
    """The drift's parts and the factor of the diffusion (..., D, m) of a limit at points of Γ with slow variables (..., R)."""
    limiting, noise, d = limit.limiting, limit.noise, landscape.dimension
    tape, columns = _drift_tape(landscape.definition, noise.canonical, rank, limiting.canonical)
    values = (*landscape.values, *noise.values, *limiting.limit_values(limit.learning_rate))
    flat = evaluate_tape(tape, np.concatenate([Y, slow], axis=-1), values)
    *parts, factor = np.split(flat, [d, 2 * d, 3 * d, 4 * d], axis=-1)
    return LimitDrift(*parts), factor.reshape(*flat.shape[:-1], d, columns)


@built_once(128)
def _drift_tape(definition: Definition, noise: Noise, rank: int, limiting: Limiting) -> tuple[Tape, int]:
    site = site_of(definition, noise, rank, limiting)
    parts = limiting.coefficients(site)
    own = ca.SX.zeros(site.landscape.x.shape) if parts.own is None else parts.own
    outputs = [parts.tangent, parts.mixed, parts.normal, own, parts.tangent_factor.T]
    solved = (*site.frame.solved, *parts.solved)
    return compile_tape([site.landscape.x, site.slow], site.parameters, outputs, solved), parts.tangent_factor.size2()


@built_once(128)
def _limit_tape(definition: Definition, noise: Noise, rank: int) -> tuple[Tape, int]:
    site = site_of(definition, noise, rank, OF_SGD)
    parts = OF_SGD.coefficients(site)
    outputs = [parts.tangent, parts.mixed, parts.normal, parts.tangent_factor.T]
    return compile_tape([site.landscape.x], site.parameters, outputs, site.frame.solved), parts.tangent_factor.size2()


def limit_parts(
    landscape: Landscape, noise: Noise, rank: int, Y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The drift's tangent, mixed and normal part, each (..., D), and P σ (..., D, m) at points of Γ."""
    tape, columns = _limit_tape(landscape.definition, noise.canonical, rank)
    flat = evaluate_tape(tape, Y, (*landscape.values, *noise.values))
    d = landscape.dimension
    tangent, mixed, normal, factor = np.split(flat, [d, 2 * d, 3 * d], axis=-1)
    return tangent, mixed, normal, factor.reshape(*flat.shape[:-1], d, columns)
