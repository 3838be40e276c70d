"""The normal frame of Γ as a graph: eigenvalues and unit normals of H = ∇²L, by Jacobi rotations without branches.

In residual form H = JᵀJ/n on Γ (theory section 3), so the eigenproblem is solved on the smaller of JJᵀ/n (n × n) and JᵀJ/n (D × D).
Off Γ this is the Gauss–Newton matrix, whose step leads back to Γ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca

from dynamics.graph import LandscapeGraph

# Sweeps of cyclic Jacobi that reach rounding (quadratic convergence); measured on random matrices with clustered spectra.
SWEEPS = {1: 0, 2: 1, 3: 5, 4: 6, 5: 6, 6: 7}
MANY_SWEEPS = 8


def symmetric_eigen(matrix: ca.SX, vectors: bool = True) -> tuple[ca.SX, Any]:
    """Eigenvalues (m,) and eigenvectors (m, m; columns) of a symmetric graph, unordered."""
    m = matrix.size1()
    a = ca.SX(matrix)
    u = ca.SX(ca.DM.eye(m)) if vectors else None
    for _ in range(SWEEPS.get(m, MANY_SWEEPS)):
        for p in range(m - 1):
            for q in range(p + 1, m):
                difference, twice = a[q, q] - a[p, p], 2 * a[p, q]
                denominator = difference + ca.copysign(ca.sqrt(difference * difference + twice * twice), difference)
                t = twice / (denominator + (denominator == 0))
                c = 1 / ca.sqrt(1 + t * t)
                s = t * c
                shift = t * a[p, q]
                app, aqq = a[p, p] - shift, a[q, q] + shift
                row_p, row_q = c * a[p, :] - s * a[q, :], s * a[p, :] + c * a[q, :]
                a[p, :], a[q, :] = row_p, row_q
                a[:, p], a[:, q] = row_p.T, row_q.T
                a[p, p], a[q, q], a[p, q], a[q, p] = app, aqq, 0, 0
                if u is not None:
                    column_p, column_q = c * u[:, p] - s * u[:, q], s * u[:, p] + c * u[:, q]
                    u[:, p], u[:, q] = column_p, column_q
    return ca.diag(a), u


@dataclass(frozen=True)
class Frame:
    """The `rank` largest eigenvalues of H and their unit normals, as graphs over x.

    Slots beyond the rank hold inverse 0 and a zero normal, so that sums over all slots are sums over the normal space.
    """

    eigenvalues: ca.SX  # (m,)
    selected: ca.SX  # (m,), 1 or 0
    inverse: ca.SX  # (m,), 1/λ or 0
    normals: ca.SX  # (m, D), rows

    def pseudo_inverse(self, vector: ca.SX) -> ca.SX:
        """H† v."""
        return self.normals.T @ (self.inverse * (self.normals @ vector))

    def tangent(self, vector: ca.SX) -> ca.SX:
        """P v; also of the columns of a matrix."""
        return vector - self.normals.T @ (self.normals @ vector)

    @property
    def smallest(self) -> ca.SX:
        """The smallest selected eigenvalue."""
        return ca.mmin(self.eigenvalues + (1 - self.selected) * 1e300)

    @property
    def largest(self) -> ca.SX:
        return ca.mmax(self.eigenvalues)


def normal_matrix(landscape: LandscapeGraph) -> ca.SX:
    """The small symmetric matrix whose non-zero eigenvalues are those of H on Γ."""
    if landscape.residuals is None:
        return landscape.hessian
    jacobian = landscape.jacobian
    n, dimension = jacobian.shape
    return jacobian @ jacobian.T / n if n <= dimension else jacobian.T @ jacobian / n


def normal_frame(landscape: LandscapeGraph, rank: ca.SX) -> Frame:
    """The frame at x; `rank` (a uniform input) is how many eigenvalues are not zero."""
    eigenvalues, u = symmetric_eigen(normal_matrix(landscape))
    m = eigenvalues.numel()
    selected = []
    for a in range(m):
        larger = sum((eigenvalues[b] > eigenvalues[a] if b > a else eigenvalues[b] >= eigenvalues[a]) for b in range(m) if b != a)
        selected.append(ca.SX(larger) < rank)
    mask = ca.vertcat(*selected)
    safe = ca.if_else(mask, eigenvalues, 1)
    if landscape.residuals is not None and landscape.residuals.numel() <= landscape.dimension:
        n = landscape.residuals.numel()
        normals = ca.diag(mask / ca.sqrt(n * safe)) @ (u.T @ landscape.jacobian)
    else:
        normals = ca.diag(mask) @ u.T
    return Frame(eigenvalues, mask, mask / safe, normals)
