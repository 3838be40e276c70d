"""The coefficients of the limiting SDE as graphs (theory section 3; Li, Wang, Arora 2022, section 5).

dY = P σ dW − ½ H† T[Σ∥] dt − P T[H† Σ⊥∥] dt − ½ P T[𝓛⁻¹ Σ⊥] dt
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.tape import Eigen
from dynamics.limit.frame import Frame

PARTS = ("tangent", "mixed", "normal")  # of the drift, in the formula's order


@dataclass(frozen=True)
class Coefficients:
    """Drift parts (D,) and tangent factor P σ (D, m) as graphs over x.

    `own` is what an optimizer adds along Γ to what the noise does; `slow` (R,) is the drift of variables that move as slowly as the
    point, where there are any.
    """

    tangent: ca.SX
    mixed: ca.SX
    normal: ca.SX
    tangent_factor: ca.SX
    own: ca.SX | None = None
    slow: ca.SX | None = None
    solved: tuple[Eigen, ...] = ()  # besides those of the frame

    @property
    def turning(self) -> ca.SX:
        """How fast Γ turns under the limit's diffusion (`limit.turning`)."""
        variance = ca.sumsqr(self.tangent_factor)
        return ca.if_else(variance > 0, 4 * ca.sumsqr(self.tangent) / variance, 0)

    def drift(self, parts: Iterable[str]) -> ca.SX:
        """The sum of some of PARTS, and of what is the optimizer's own."""
        chosen = [getattr(self, part) for part in PARTS if part in parts] + [self.own] * (self.own is not None)
        return reduce(ca.plus, chosen or [ca.SX.zeros(self.tangent.shape)])


def limit_coefficients(landscape: LandscapeGraph, frame: Frame, factor: ca.SX) -> Coefficients:
    """The limit's coefficients where the gradient noise has covariance σσᵀ, σ = `factor` (D, m)."""
    normal_components = frame.normals @ factor  # (r, m): coordinates of Q σ in the frame
    tangent_factor = frame.tangent(factor)
    parallel = tangent_factor @ tangent_factor.T
    mixed = frame.normals.T @ (normal_components / ca.repmat(frame.eigenvalues, 1, factor.size2())) @ tangent_factor.T
    return Coefficients(
        tangent=-frame.pseudo_inverse(landscape.third_derivative(parallel)) / 2,
        mixed=-frame.tangent(landscape.third_derivative((mixed + mixed.T) / 2)),
        normal=-frame.tangent(landscape.third_derivative(lyapunov(frame, normal_components @ normal_components.T))) / 2,
        tangent_factor=tangent_factor,
    )


def lyapunov(frame: Frame, covariance: ca.SX) -> ca.SX:
    """𝓛⁻¹(S): the X = QXQ with HX + XH = S, for S given in the coordinates of the frame (r, r)."""
    r = covariance.size1()
    sums = ca.repmat(frame.eigenvalues, 1, r) + ca.repmat(frame.eigenvalues.T, r, 1)
    return frame.normals.T @ (covariance / sums) @ frame.normals


def second_derivative_of_limit_map(landscape: LandscapeGraph, frame: Frame, displacement: ca.SX) -> ca.SX:
    """½ ∂²Φ[d dᵀ], (D,): the same three terms, for one displacement d from Γ."""
    parts = limit_coefficients(landscape, frame, displacement)
    return parts.tangent + parts.mixed + parts.normal
