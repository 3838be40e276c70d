"""Langevin dynamics: gradient descent with isotropic noise of its own, which makes the law e^{−L/θ}."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.randomness import Draw
from dynamics.noise import IsotropicNoise, Noise
from dynamics.optimizers.base import NOTHING, Optimizer, Step
from dynamics.settings import Number

TEMPERATURE = Number(
    name="temperature", title="temperature", symbol="θ", minimum=1e-6, maximum=1.0, default=0.05,
    meaning="How much noise there is, in units of the loss. The limit is for small θ, its clock is kηθ: try half as much.",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Langevin(Optimizer):
    """x ← x − η∇L + √(2ηθ) ζ, ζ normal: the limit of SGD with Σ = 2I, at t = kηθ (derived here).

    A step's kick has the covariance 2ηθ I, as if SGD of the rate η had Σ = 2θ/η I, so that kη² Σ = 2I kηθ. Across Γ its law is the
    Gaussian of covariance θH⁻¹, to leading order; on Γ it comes to rest in Laplace's approximation of e^{−L/θ}, whose density with
    respect to the volume of Γ is proportional to |H|₊^{−½}, the product of the eigenvalues that are not zero.
    """

    name: ClassVar[str] = "langevin"
    title: ClassVar[str] = "Langevin dynamics"
    short: ClassVar[str] = "Langevin"
    settings: ClassVar = (TEMPERATURE,)
    slides: ClassVar = ("temperature",)
    clock: ClassVar[str] = "kηθ"
    uses_noise: ClassVar[bool] = False
    through_flow: ClassVar[bool] = True

    temperature: float = TEMPERATURE.default

    def goes_down(self, noise: Noise) -> str:
        return ""

    def limit_noise(self, noise: Noise) -> Noise:
        return IsotropicNoise(scale=math.sqrt(2))

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return (Draw("normal", landscape.dimension),)

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        return at.x - at.learning_rate * at.gradient() + ca.sqrt(2 * at.learning_rate * at.own[0]) * at.kicks, NOTHING

    def slow_time(self, learning_rate: float) -> float:
        return learning_rate * self.temperature

    def effective_rate(self, learning_rate: float) -> float:
        """θ H⁻¹ = θ 𝓛⁻¹(2I)."""
        return self.temperature

    def finer(self, ratio: float) -> Self:
        return replace(self, temperature=min(max(self.temperature * ratio, TEMPERATURE.minimum), TEMPERATURE.maximum))

    @property
    def assumption(self) -> str:
        return "θ goes to 0 with η; then on Γ the density 1/√|H|₊ is at rest, |H|₊ the product of H’s eigenvalues that are not 0."
