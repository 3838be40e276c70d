"""The normal frame of Γ as a graph: the non-zero eigenvalues of H = ∇²L and their unit normals.

In residual form H = JᵀJ/n on Γ (theory section 3), so the eigenproblem is solved on the smaller of JJᵀ/n (n × n) and JᵀJ/n (D × D).
Off Γ this is the Gauss–Newton matrix, whose step leads back to Γ.
"""

from __future__ import annotations

from dataclasses import dataclass

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.tape import Eigen, symmetric_eigen


@dataclass(frozen=True)
class Frame:
    """The r largest eigenvalues of H at a point and their unit normals, as graphs; `solved` is what their tape solves."""

    eigenvalues: ca.SX  # (r,), from the largest down
    normals: ca.SX  # (r, D), rows
    solved: tuple[Eigen, ...]

    def pseudo_inverse(self, vector: ca.SX) -> ca.SX:
        """H† v."""
        return self.normals.T @ ((self.normals @ vector) / self.eigenvalues)

    def tangent(self, vector: ca.SX) -> ca.SX:
        """P v; also of the columns of a matrix."""
        return vector - self.normals.T @ (self.normals @ vector)

    @property
    def smallest(self) -> ca.SX:
        return self.eigenvalues[-1]

    @property
    def largest(self) -> ca.SX:
        return self.eigenvalues[0]


def normal_matrix(landscape: LandscapeGraph) -> ca.SX:
    """The small symmetric matrix whose non-zero eigenvalues are those of H on Γ."""
    if landscape.residuals is None:
        return landscape.hessian
    jacobian = landscape.jacobian
    n, dimension = jacobian.shape
    return jacobian @ jacobian.T / n if n <= dimension else jacobian.T @ jacobian / n


def normal_frame(landscape: LandscapeGraph, rank: int, at: ca.SX | None = None) -> Frame:
    """The frame of the `rank` eigenvalues that are not zero, at x or at another point."""
    point = landscape.x if at is None else at
    eigenvalues, vectors, solved = symmetric_eigen(landscape.at(normal_matrix(landscape), point))
    eigenvalues, vectors = eigenvalues[:rank], vectors[:, :rank]
    if landscape.residuals is not None and landscape.residuals.numel() <= landscape.dimension:
        n = landscape.residuals.numel()
        scale = ca.repmat(1 / ca.sqrt(n * eigenvalues), 1, landscape.dimension)
        return Frame(eigenvalues, scale * (vectors.T @ landscape.at(landscape.jacobian, point)), solved)
    return Frame(eigenvalues, vectors.T, solved)
