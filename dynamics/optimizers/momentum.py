"""Momentum: m ← βm + g, x ← x − ηm; Nesterov's looks ahead: x ← x − η (g + βm)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import casadi as ca
import numpy as np

from dynamics.landscapes.landscape import Landscape
from dynamics.optimizers.base import Optimizer, Step
from dynamics.settings import Number, Switch, in_words

BETA = Number(
    name="beta", title="momentum", symbol="β", minimum=0.0, maximum=0.999, step=0.1, default=0.9,
    meaning="The share of the last step that goes on. The limit stays, its clock runs faster by 1/(1 − β)²: try 0 and 0.9.",
)  # fmt: skip
NESTEROV = Switch(
    name="nesterov", title="Nesterov's form", heading="Nesterov’s form", default=False,
    meaning="Take the gradient’s step after the momentum’s. The limit is the same; try it near the largest stable η.",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Momentum(Optimizer):
    """The limit of SGD at t = kη²/(1−β)² (Wang, Malladi, Wang, Lyu, Li 2307.15196).

    By z = x − ηβm/(1−β), which does plain steps of the rate η̄ = η/(1−β) with the same gradients.
    """

    name: ClassVar[str] = "momentum"
    title: ClassVar[str] = "SGD with momentum"
    short: ClassVar[str] = "momentum"
    settings: ClassVar = (BETA, NESTEROV)
    slides: ClassVar = ("beta",)
    clock: ClassVar[str] = "kη²/(1−β)²"
    fast_clock: ClassVar[str] = "kη/(1−β)"
    through_flow: ClassVar[bool] = True

    beta: float = BETA.default
    nesterov: bool = NESTEROV.default

    def rows(self, dimension: int) -> int:
        return dimension

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        gradient, beta = at.stochastic_gradient(), at.own[0]
        velocity = beta * at.state + gradient
        return at.x - at.learning_rate * (gradient + beta * velocity if self.nesterov else velocity), velocity

    def comparable_rate(self, learning_rate: float) -> float:
        return learning_rate * (1 - self.beta)

    @property
    def stability_bound(self) -> str:
        return "2(1+β)/(1+2β)η" if self.nesterov else "2(1+β)/η"

    @property
    def stable(self) -> float:
        """Where the two modes of a quadratic valley reach −1."""
        return 2 * (1 + self.beta) / (1 + 2 * self.beta if self.nesterov else 1)

    @property
    def rings(self) -> float:
        """Of ηλ: above it the modes of a quadratic valley are complex, about ¼ (1 − β)² for β near 1."""
        return ((1 - self.beta) / (1 + self.beta)) ** 2 if self.nesterov else (1 - math.sqrt(self.beta)) ** 2

    def slow_time(self, learning_rate: float) -> float:
        return self.effective_rate(learning_rate) ** 2

    def fast_time(self, learning_rate: float) -> float:
        return self.effective_rate(learning_rate)

    def effective_rate(self, learning_rate: float) -> float:
        return learning_rate / (1 - self.beta)

    @property
    def assumption(self) -> str:
        return "β is fixed while η goes to 0: ηλ must be small against (1 − β)²."

    def warning(self, landscape: Landscape, point: np.ndarray, learning_rate: float) -> str:
        product, room = learning_rate * float(landscape.sharpness(point)), (1 - self.beta) ** 2
        if product <= self.rings or self.beta == 0:
            return ""
        return (
            f"The limit assumes ηλ ≪ (1 − β)²; here ηλ = {in_words(product, 2)} and (1 − β)² = {in_words(room, 2)}, so across Γ "
            "momentum rings, and the limit may be far from what it does. Take a smaller learning rate or less momentum."
        )
