"""Limits with the correction of first order in the learning rate, where it is known in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.limit.coefficients import Coefficients
from dynamics.limit.limiting import Limiting, Site, flow_coefficients


@dataclass(frozen=True, kw_only=True)
class LabelNoiseAtFiniteRate(Limiting):
    """SGD under label noise: −(c/4) ∇tr H becomes (c/2η) P ∇tr ln(1 − ηH/2) (Damian, Ma, Lee 2021).

    That is the drift −(c/2) P T[(2 − ηH)⁻¹] on the range of H, with c = δ²: the stationary covariance of x − Y across Γ solves
    HX + XH − ηHXH = ηcH, whose solution is ηc (2 − ηH)⁻¹ (theory section 5).
    """

    diffuses: ClassVar[bool] = False
    own_values: ClassVar[int] = 1

    def limit_values(self, learning_rate: float) -> tuple[float, ...]:
        return (learning_rate,)

    def field(self, landscape: LandscapeGraph) -> ca.SX:
        """What each step is multiplied by."""
        return ca.SX(1)

    def coefficients(self, site: Site) -> Coefficients:
        frame, scale, field = site.frame, site.noise_values[0], self.field(site.landscape)
        spread = frame.normals.T @ ca.diag(1 / (2 - site.own[0] * field * frame.eigenvalues)) @ frame.normals
        return flow_coefficients(-((field * scale) ** 2) / 2 * frame.tangent(site.landscape.third_derivative(spread)))


@dataclass(frozen=True, kw_only=True)
class SamAtFiniteRate(Limiting):
    """SAM where Γ has codimension 1: −½ P∇λ becomes −2/(2 − ηλ)² P∇λ.

    Its orbit of period two about Γ has the half-width w = ηρλ/(2 − ηλ): there the gradient is taken at ±(w + ρ) = ±2ρ/(2 − ηλ)
    along v₁, and ½ T[v₁v₁ᵀ] times the square of that is what each step adds along Γ.
    """

    diffuses: ClassVar[bool] = False
    own_values: ClassVar[int] = 1

    def limit_values(self, learning_rate: float) -> tuple[float, ...]:
        return (learning_rate,)

    def coefficients(self, site: Site) -> Coefficients:
        frame, top = site.frame, site.frame.normals[0, :].T
        pull = frame.tangent(site.landscape.third_derivative(top @ top.T))
        return flow_coefficients(-2 / (2 - site.own[0] * frame.largest) ** 2 * pull)
