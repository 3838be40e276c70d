"""Limits with the correction of first order in the learning rate, where it is known in closed form.

Where steps of this learning rate are not stable on Γ there is none: the covariance never settles, and no number comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import Coefficients, lyapunov
from dynamics.limit.limiting import Limiting, Site, flow_coefficients
from dynamics.noise import LabelNoise, Noise


@dataclass(frozen=True, kw_only=True)
class LabelNoiseAtFiniteRate(Limiting):
    """SGD under label noise: −(c/4) ∇tr H becomes (c/2η) P ∇tr ln(1 − ηH/2) (Damian, Ma, Lee 2021).

    That is the drift −(c/2) P T[(2 − ηH)⁻¹] on the range of H, with c = δ²: the stationary covariance X of x − Y across Γ solves
    HX + XH − ηHXH = ηcH, whose solution is ηc (2 − ηH)⁻¹ (theory section 5).

    That is first order in η for weak noise: moments of x − Y beyond the second add a share of about ηc to the drift, which is
    left out.

    It holds for steps on the full gradient. One on a sample's own gradient g_i multiplies x − Y by 1 − ηg_ig_iᵀ, so that
    HX + XH = η [cH + (1/n) Σ d_i g_ig_iᵀ] with d_i = g_iᵀXg_i: n linear equations for d, (1 − ηM) d = (ηc/2) diag(JJᵀ) with
    M_ij = (1/n) g_iᵀ 𝓛⁻¹[g_jg_jᵀ] g_i (derived here). With one sample both are the same.
    """

    diffuses: ClassVar[bool] = False
    own_values: ClassVar[int] = 1
    single: bool = False  # a step takes the gradient of one sample

    @classmethod
    def under(cls, noise: Noise, landscape: Landscape) -> Self | None:
        """That of steps under this noise; None where it is no label noise, has a memory, or no variance."""
        if not isinstance(noise, LabelNoise) or noise.memory or (noise.law == "student" and noise.freedom <= 2):
            return None
        return cls(single=noise.batch != "full" and len(landscape.definition.residuals) > 1)

    def limit_values(self, learning_rate: float) -> tuple[float, ...]:
        return (learning_rate,)

    def field(self, landscape: LandscapeGraph) -> ca.SX:
        """What each step is multiplied by."""
        return ca.SX(1)

    def coefficients(self, site: Site) -> Coefficients:
        frame, field = site.frame, self.field(site.landscape)
        speed, rate = (field * site.noise_values[0]) ** 2, field * site.own[0]
        spread = self._of_samples(site, rate) if self.single else _of_full_gradient(site, rate)
        return flow_coefficients(-speed / 2 * frame.tangent(site.landscape.third_derivative(spread)))

    def _of_samples(self, site: Site, rate: ca.SX) -> ca.SX:
        """X/ηc where each step is on one sample."""
        frame, n = site.frame, site.landscape.residuals.numel()
        columns = frame.normals @ site.landscape.jacobian.T  # (r, n): each sample's gradient in the frame
        r = columns.size1()
        products = [columns[:, i] @ columns[:, i].T / n for i in range(n)]
        sums = ca.repmat(frame.eigenvalues, 1, r) + ca.repmat(frame.eigenvalues.T, r, 1)
        mixing = ca.vertcat(*(ca.horzcat(*(n * ca.sum1(ca.sum2(one * other / sums)) for other in products)) for one in products))
        factor = ca.chol(ca.SX.eye(n) - rate * mixing)  # no number where steps are not stable
        forced = rate / 2 * ca.sum1(columns**2).T
        share = ca.solve(factor, ca.solve(factor.T, forced))
        return lyapunov(frame, ca.diag(frame.eigenvalues) + sum(share[i] * products[i] for i in range(n)))


def _of_full_gradient(site: Site, rate: ca.SX) -> ca.SX:
    """X/ηc = (2 − ηH)⁻¹ on the range of H."""
    frame = site.frame
    return frame.normals.T @ ca.diag(_inverse_of_gap(2 - rate * frame.eigenvalues)) @ frame.normals


def _inverse_of_gap(gap: ca.SX) -> ca.SX:
    """1/gap where it is positive; else no number, for steps are not stable there."""
    return ca.exp(-ca.log(gap))


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
        return flow_coefficients(-2 * _inverse_of_gap(2 - site.own[0] * frame.largest) ** 2 * pull)
