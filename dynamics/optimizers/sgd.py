"""SGD: x ← x − η (∇L(x) + ξ) (theory section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.noise import Noise
from dynamics.optimizers.base import Optimizer


@dataclass(frozen=True)
class StochasticGradientDescent(Optimizer):
    name: ClassVar[str] = "sgd"
    stable: ClassVar[float] = 2.0

    def step(self, landscape: LandscapeGraph, noise: Noise, values: ca.SX, draws: ca.SX, learning_rate: ca.SX) -> ca.SX:
        return landscape.x - learning_rate * noise.stochastic_gradient(landscape, values, draws)

    def slow_time(self, learning_rate: float) -> float:
        return learning_rate**2


SGD = StochasticGradientDescent()
