"""Steps of the gradient's direction: normalized gradient descent, and gradient descent on √L."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import casadi as ca
import numpy as np

from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import Coefficients
from dynamics.limit.limiting import Site, flow_coefficients
from dynamics.optimizers.base import NOTHING, UNIT_VECTOR, Optimizer, Step, direction
from dynamics.optimizers.sam import along_top, where_sharpest_meet
from dynamics.optimizers.terms import Term, own


@dataclass(frozen=True, kw_only=True)
class Oscillating(Optimizer):
    """What those share that never come to rest on Γ, but on an orbit of period two along v₁, of width about η (Arora, Li, Panigrahi
    2022)."""

    diffuses: ClassVar[bool] = False
    uses_noise: ClassVar[bool] = False
    goes_by_direction: ClassVar[bool] = True

    @property
    def stable(self) -> float:
        """Its steps are no longer than η, or than η √(λ₁/2), however sharp Γ is."""
        return float("inf")

    @property
    def assumption(self) -> str:
        return "The orbit of period two across Γ lies along v₁, the direction of the largest eigenvalue."

    def warning_along(self, landscape: Landscape, times: np.ndarray, path: np.ndarray) -> str:
        return where_sharpest_meet(landscape, times, path)


@dataclass(frozen=True, kw_only=True)
class Normalized(Oscillating):
    """x ← x − η ∇L/‖∇L‖: dY/dt = −¼ P∇ln λ₁ at t = kη² (Arora, Li, Panigrahi 2022)."""

    name: ClassVar[str] = "normalized"
    title: ClassVar[str] = "Normalized gradient descent"
    short: ClassVar[str] = "normalized GD"
    own_terms: ClassVar[tuple[Term, ...]] = (own("Descent of ln λ₁", "−¼ P∇ln λ₁", r"-\tfrac14 P\,\nabla\ln\lambda_1"),)
    descends: ClassVar[str] = "ln λ₁"

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        return at.x - at.learning_rate * direction(at.gradient()), NOTHING

    def coefficients(self, site: Site) -> Coefficients:
        return flow_coefficients(-along_top(site) / (4 * site.frame.largest))


@dataclass(frozen=True, kw_only=True)
class SquareRootLoss(Oscillating):
    """x ← x − η ∇√L: dY/dt = −⅛ P∇λ₁ at t = kη² (Arora, Li, Panigrahi 2022)."""

    name: ClassVar[str] = "sqrt_loss"
    title: ClassVar[str] = "Gradient descent on √L"
    short: ClassVar[str] = "GD on √L"
    own_terms: ClassVar[tuple[Term, ...]] = (own("Descent of λ₁", "−⅛ P∇λ₁", r"-\tfrac18 P\,\nabla\lambda_1"),)
    descends: ClassVar[str] = "λ₁"

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        return at.x - at.learning_rate / (2 * ca.sqrt(at.landscape.loss) + UNIT_VECTOR) * at.gradient(), NOTHING

    def coefficients(self, site: Site) -> Coefficients:
        return flow_coefficients(-along_top(site) / 8)
