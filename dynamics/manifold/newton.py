"""Newton's method onto Γ for many points at once, and the frame of Γ at them, as arrays.

Each step takes the frame anew: x ← x − H†∇L, with H = JᵀJ/n in residual form (theory section 3). It ends at a point of Γ near by,
which is neither Φ nor the nearest one: enough to draw Γ, and free of graphs that have to be built for a formula.
"""

from __future__ import annotations

import numpy as np

from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import hessian_rank

ITERATIONS = 12
RESTED = 1e-10  # length of the last step, relative to 1 + ‖x‖
ZERO_LOSS = 1e-12  # relative to the loss scale: a larger loss is that of a critical point
SMALL = 1e-3
SINGULAR = 1e-300


def newton_step(landscape: Landscape, X: np.ndarray, rank: int | None, free: np.ndarray | None = None) -> np.ndarray:
    """H†∇L at points X (N, D), from the `rank` largest eigenvalues of H: (N, D), NaN where it is not defined.

    Where no rank is known, from those that are not SMALL against the largest. `free` (N, D) says which coordinates may move; the
    others are held, as on a face of a box.
    """
    with np.errstate(all="ignore"):
        if landscape.has_residuals and len(landscape.definition.residuals) == rank:
            jacobian = landscape.jacobian(X) if free is None else landscape.jacobian(X) * free[:, None]
            step = _least_change(jacobian, landscape.residuals(X))
        else:
            gradient = landscape.gradient(X) if free is None else landscape.gradient(X) * free
            values, vectors = _eigen(_normal_matrix(landscape, X, free))
            least = values[:, -rank] if rank else SMALL * values[:, -1]
            along = np.where(values >= least[:, None], (gradient[:, None] @ vectors)[:, 0] / values, 0.0)
            step = (vectors @ np.where(least > 0, along.T, np.nan).T[..., None])[..., 0]
    step[~np.isfinite(step).all(axis=-1)] = np.nan
    return step


def onto(
    landscape: Landscape, X: np.ndarray, rank: int | None, free: np.ndarray | None = None, longest: float = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """Points of Γ near X (N, D): (N, D), and which of them were reached (N,). Steps are cut at the length `longest`."""
    points = np.array(X, dtype=float)
    reached = np.zeros(len(points), dtype=bool)
    active = np.arange(len(points))
    for _ in range(ITERATIONS):
        if not len(active):
            break
        step = newton_step(landscape, points[active], rank, None if free is None else free[active])
        length = np.linalg.norm(step, axis=-1)
        with np.errstate(all="ignore"):
            points[active] -= step * np.minimum(1.0, longest / np.maximum(length, SINGULAR))[:, None]
        rested = length <= RESTED * (1 + np.linalg.norm(points[active], axis=-1))
        reached[active[rested]] = True
        active = active[~rested & np.isfinite(length)]
    reached[reached] = _on_zero_loss(landscape, points[reached])
    return points, reached


def tangents_and_stiffness(landscape: Landscape, X: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """At points of Γ (N, D): orthonormal tangents (N, D − rank, D), and the root of the smallest normal eigenvalue of H (N,)."""
    values, vectors = _eigen(_normal_matrix(landscape, X))
    return vectors[..., : X.shape[-1] - rank].swapaxes(-1, -2), np.sqrt(np.maximum(values[:, -rank], 0.0))


def orientation(landscape: Landscape, point: np.ndarray, tangent: np.ndarray) -> float:
    """The sign of det [J; t] on a curve Γ given by D − 1 residuals, which changes where the curve crosses itself; 0 of others."""
    if not landscape.has_residuals or len(landscape.definition.residuals) != len(point) - 1:
        return 0.0
    return float(np.linalg.slogdet(np.concatenate([landscape.jacobian(point), tangent[None]]))[0])


def rank_at(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    """The numerical rank of H at points of Γ (N, D), (N,) int; 0 where it is not defined."""
    matrix = _normal_matrix(landscape, X)
    return hessian_rank(np.where(np.isfinite(matrix).all(axis=(-2, -1), keepdims=True), matrix, 0.0))


def _normal_matrix(landscape: Landscape, X: np.ndarray, free: np.ndarray | None = None) -> np.ndarray:
    with np.errstate(all="ignore"):
        if landscape.has_residuals:
            jacobian = landscape.jacobian(X) if free is None else landscape.jacobian(X) * free[:, None]
            return jacobian.swapaxes(-1, -2) @ jacobian / jacobian.shape[-2]
        hessian = landscape.hessian(X)
        return hessian if free is None else hessian * free[:, None] * free[..., None]


def _eigen(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and vectors of symmetric matrices (N, D, D), upwards; NaN where a matrix is not finite."""
    finite = np.isfinite(matrix).all(axis=(-2, -1))
    if finite.all():
        values, vectors = np.linalg.eigh(matrix)
        return values, vectors
    values, vectors = np.full(matrix.shape[:-1], np.nan), np.full(matrix.shape, np.nan)
    values[finite], vectors[finite] = np.linalg.eigh(matrix[finite])
    return values, vectors


def _least_change(jacobian: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    """J†f for J (N, r, D) of full rank r: the shortest step that brings the residuals (N, r) to zero, to first order."""
    if residuals.shape[-1] == 1:
        normal = jacobian[:, 0]
        return normal * (residuals / (normal**2).sum(axis=-1, keepdims=True))
    gram = jacobian @ jacobian.swapaxes(-1, -2)
    regular = np.isfinite(gram).all(axis=(-2, -1)) & (np.abs(np.linalg.det(gram)) > SINGULAR)
    step = np.full(jacobian.shape[::2], np.nan)
    solved = np.linalg.solve(gram[regular], residuals[regular, :, None])
    step[regular] = (jacobian[regular].swapaxes(-1, -2) @ solved)[..., 0]
    return step


def _on_zero_loss(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    trace = np.maximum(landscape.trace_hessian(X), 1.0)
    return np.abs(landscape.loss(X)) <= ZERO_LOSS * trace * (1 + (X**2).sum(axis=-1))
