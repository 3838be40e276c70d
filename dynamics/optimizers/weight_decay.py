"""Weight decay ωη a step: x ← x − η (∇L + ξ + ηωx)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import casadi as ca

from dynamics.limit.coefficients import Coefficients
from dynamics.limit.limiting import Site
from dynamics.noise import LabelNoise, Noise
from dynamics.optimizers.base import NOTHING, Optimizer, Step
from dynamics.optimizers.measures import DECAYED, Measure, decayed
from dynamics.optimizers.terms import Term, own
from dynamics.settings import Number

DECAY = Number(
    name="decay", title="weight decay", symbol="ω", minimum=0.0, maximum=100.0, step=0.1, default=0.5,
    meaning="Each step shrinks x by η²ω: so it acts on the same slow clock as the noise. In units of 1/slow time; try 0 and 2.",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WeightDecay(Optimizer):
    """The limit of SGD and the drift −ωPY (derived here): a decay that is fixed as η → 0 would act on a clock of its own, before
    the noise does."""

    name: ClassVar[str] = "weight_decay"
    title: ClassVar[str] = "SGD with weight decay"
    short: ClassVar[str] = "weight decay"
    settings: ClassVar = (DECAY,)
    slides: ClassVar = ("decay",)
    own_values: ClassVar[int] = 1
    own_terms: ClassVar[tuple[Term, ...]] = (own("Weight decay", "−ω P x", r"-\omega P x"),)

    decay: float = DECAY.default

    def goes_down(self, noise: Noise) -> str:
        return DECAYED if isinstance(noise, LabelNoise) else ""

    def measure(self, noise: Noise, learning_rate: float) -> Measure | None:
        return decayed(noise.scale**2, self.decay) if isinstance(noise, LabelNoise) else None

    def limit_values(self, learning_rate: float) -> tuple[float, ...]:
        return self.values

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        return at.x - at.learning_rate * (at.stochastic_gradient() + at.learning_rate * at.own[0] * at.x), NOTHING

    def effective_rate(self, learning_rate: float) -> float:
        return learning_rate

    def coefficients(self, site: Site) -> Coefficients:
        return replace(super().coefficients(site), own=-site.own[0] * site.frame.tangent(site.landscape.x))

    @property
    def assumption(self) -> str:
        return "The decay of a step is ωη², so that it is as slow as the noise."
