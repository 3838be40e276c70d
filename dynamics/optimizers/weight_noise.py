"""Noise in the gradient's argument: perturbed weights, and anti-correlated perturbations of the steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.randomness import Draw
from dynamics.limit.coefficients import Coefficients
from dynamics.limit.limiting import Site, flow_coefficients
from dynamics.noise import Noise
from dynamics.optimizers.base import NOTHING, Optimizer, Step
from dynamics.optimizers.terms import Term, own
from dynamics.settings import Number

RADIUS = Number(
    name="radius", title="radius", symbol="ρ", minimum=1e-6, maximum=1.0, default=0.01,
    meaning="How far off the gradient is taken, in the units of x. The limit is for small ρ, its clock is kηρ²: try half as much.",
)  # fmt: skip


DOWN_THE_TRACE = own("Descent of tr H", "−½ P∇tr H", r"-\tfrac12 P\,\nabla\operatorname{tr} H")


@dataclass(frozen=True, kw_only=True)
class OfRadius(Optimizer):
    """What those share that take the gradient at a distance ρ: the clock kηρ², and a limit that flows down a sharpness."""

    settings: ClassVar = (RADIUS,)
    slides: ClassVar = ("radius",)
    clock: ClassVar[str] = "kηρ²"
    diffuses: ClassVar[bool] = False
    uses_noise: ClassVar[bool] = False
    gradients: ClassVar[float] = 2.0

    radius: float = RADIUS.default

    def slow_time(self, learning_rate: float) -> float:
        return learning_rate * self.radius**2

    def finer(self, ratio: float) -> Self:
        return replace(self, radius=min(max(self.radius * ratio, RADIUS.minimum), RADIUS.maximum))


def down_the_trace(site: Site) -> Coefficients:
    """−½ P ∇tr H = −½ P T[I] on Γ."""
    identity = ca.SX.eye(site.landscape.dimension)
    return flow_coefficients(-site.frame.tangent(site.landscape.third_derivative(identity)) / 2)


@dataclass(frozen=True, kw_only=True)
class WeightNoise(OfRadius):
    """x ← x − η ∇L(x + ρζ), ζ normal. E ∇L(x + ρζ) = ∇L + ½ρ² T[I], so dY/dt = −½ P∇tr H at t = kηρ² (derived here)."""

    name: ClassVar[str] = "weight_noise"
    title: ClassVar[str] = "Weight noise"
    short: ClassVar[str] = "weight noise"
    own_terms: ClassVar[tuple[Term, ...]] = (DOWN_THE_TRACE,)
    descends: ClassVar[str] = "tr H"
    gradients: ClassVar[float] = 1.0

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return (Draw("normal", landscape.dimension),)

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        return at.x - at.learning_rate * at.gradient(at.x + at.own[0] * at.kicks), NOTHING

    def coefficients(self, site: Site) -> Coefficients:
        return down_the_trace(site)

    @property
    def assumption(self) -> str:
        return "ρ goes to 0 with η, and η is so small that the kicks’ own randomness, of size ηρ, averages out."


@dataclass(frozen=True, kw_only=True)
class AntiCorrelated(OfRadius):
    """x ← x − η∇L + ξ′ − ξ with ξ = ρζ: each step takes back the perturbation of the last (Orvieto et al. 2022).

    y = x − ξ does y ← y − η∇L(y + ξ): weight noise. So dY/dt = −½ P∇tr H at t = kηρ².
    """

    name: ClassVar[str] = "anti_pgd"
    title: ClassVar[str] = "Anti-correlated perturbed gradient descent"
    short: ClassVar[str] = "anti-PGD"
    own_terms: ClassVar[tuple[Term, ...]] = (DOWN_THE_TRACE,)
    descends: ClassVar[str] = "tr H"
    gradients: ClassVar[float] = 1.0

    def rows(self, dimension: int) -> int:
        return dimension

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return (Draw("normal", landscape.dimension),)

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        kick = at.own[0] * at.kicks
        return at.x - at.learning_rate * at.gradient() + kick - at.state, kick

    def coefficients(self, site: Site) -> Coefficients:
        return down_the_trace(site)

    @property
    def assumption(self) -> str:
        return "ρ goes to 0 with η, and η is so small that the kicks’ own randomness averages out."
