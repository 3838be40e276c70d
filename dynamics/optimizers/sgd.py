"""SGD: x ← x − η (∇L(x) + ξ) (theory section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import casadi as ca

from dynamics.landscapes.landscape import Landscape
from dynamics.limit.limiting import Limiting
from dynamics.noise import Noise
from dynamics.optimizers.base import NOTHING, Optimizer, Step
from dynamics.optimizers.finite_rate import LabelNoiseAtFiniteRate


@dataclass(frozen=True, kw_only=True)
class StochasticGradientDescent(Optimizer):
    """Its limit is that of Li, Wang, Arora 2022 at t = kη² (theory section 3)."""

    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = "SGD"
    through_flow: ClassVar[bool] = True

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        return at.x - at.learning_rate * at.stochastic_gradient(), NOTHING

    def effective_rate(self, learning_rate: float) -> float:
        return learning_rate

    def at_finite_rate(self, landscape: Landscape, noise: Noise, rank: int) -> Limiting | None:
        return LabelNoiseAtFiniteRate.under(noise, landscape)


SGD = StochasticGradientDescent()
