"""Gauss–Newton's step size: the learning rate over the trace of H."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import casadi as ca
import numpy as np

from dynamics.engine.graph import LandscapeGraph
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import Coefficients, limit_coefficients
from dynamics.limit.limiting import Limiting, Site
from dynamics.noise import Noise
from dynamics.optimizers.base import NOTHING, Optimizer, Step
from dynamics.optimizers.finite_rate import LabelNoiseAtFiniteRate
from dynamics.optimizers.sgd import SGD
from dynamics.optimizers.terms import OF_NOISE, Term


def step_field(jacobian: ca.SX) -> ca.SX:
    """a = 1/tr(JᵀJ/n), which on Γ is 1/tr H."""
    return jacobian.size1() / ca.sumsqr(jacobian)


@dataclass(frozen=True, kw_only=True)
class GaussNewton(Optimizer):
    """x ← x − η a (∇L + ξ), a = 1/tr(JᵀJ/n): the limit of SGD with a²Σ for Σ, that is, a² times as fast (derived here).

    For any smooth a(x) > 0: x′ = −a∇L has the curves of gradient flow, so Φ is the same; and as E ξ = 0 at every x, the mean of a
    step of Φ is ½η²a² ∂²Φ[Σ], to leading order. So 1/λ₁ would do as well, and is the same on one residual; 1/tr H is smooth where
    eigenvalues cross, and needs none.

    On one residual it is Gauss–Newton's method. On several that is x ← x − η (JᵀJ/n)⁺(∇L + ξ), which is no step field: it falls
    onto Γ along other curves. Its noise is normal to Γ, so it does not diffuse, and under label noise, Σ = cH, its limit is
    dY/dt = ¼c P∇tr H⁺, which for one residual is again −¼c P∇λ/λ².
    """

    name: ClassVar[str] = "gauss_newton"
    title: ClassVar[str] = "SGD with Gauss–Newton’s step size"
    short: ClassVar[str] = "Gauss–Newton steps"
    scales: ClassVar[bool] = True

    @property
    def terms(self) -> tuple[Term, ...]:
        """SGD's, a² = 1/(tr H)² times as fast."""
        return tuple(each._replace(text=f"a² · {each.text}", latex=rf"a^2 \cdot {each.latex}") for each in OF_NOISE)

    def goes_down(self, noise: Noise) -> str:
        return SGD.goes_down(noise)

    def check(self, landscape: Landscape, noise: Noise, start: tuple[float, ...], learning_rate: float) -> None:
        if not landscape.has_residuals:
            raise ValueError(
                "Gauss–Newton’s step size is η/tr(JᵀJ/n), and this landscape is given by its loss only: give residuals f_i."
            )
        if not np.asarray(landscape.jacobian(np.array(start))).any():
            raise ValueError(
                "At the start all residuals are flat, and Gauss–Newton’s step has no size there: choose another start."
            )

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        return at.x - at.learning_rate * step_field(at.landscape.jacobian) * at.stochastic_gradient(), NOTHING

    def metric(self, landscape: Landscape, noise: Noise, start: np.ndarray) -> np.ndarray:
        """Of the flow's clock, about: its curves are those of gradient flow."""
        field = len(landscape.definition.residuals) / (landscape.jacobian(start) ** 2).sum(axis=(-2, -1))
        return np.repeat(field[..., None], landscape.dimension, axis=-1)

    def sharpness(self, landscape: Landscape, noise: Noise, X: np.ndarray) -> np.ndarray:
        """λ₁/tr H, at most 1."""
        return landscape.sharpness(X) * self.metric(landscape, noise, X)[..., 0]

    def coefficients(self, site: Site) -> Coefficients:
        return limit_coefficients(site.landscape, site.frame, step_field(site.landscape.jacobian) * site.factor)

    def at_finite_rate(self, landscape: Landscape, noise: Noise, rank: int) -> Limiting | None:
        """Of one residual; with several the step size, too, fluctuates with x, and to the same order."""
        return GaussNewtonAtFiniteRate.under(noise, landscape) if len(landscape.definition.residuals) == 1 else None

    @property
    def assumption(self) -> str:
        return "The step is η/tr H, as Gauss–Newton’s is on one residual; with several its own limit is another one."


@dataclass(frozen=True, kw_only=True)
class GaussNewtonAtFiniteRate(LabelNoiseAtFiniteRate):
    """With ηa for η the covariance across Γ is that of SGD, so that the drift is −½c a² P T[(2 − ηaH)⁻¹]."""

    def field(self, landscape: LandscapeGraph) -> ca.SX:
        return step_field(landscape.jacobian)
