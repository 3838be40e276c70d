"""Label noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.randomness import Draw
from dynamics.noise.base import law_setting, one_hot
from dynamics.noise.free import FREEDOM, MEMORY, ScaledNoise, scale_setting
from dynamics.settings import Choice, in_words

BATCH = Choice(
    name="batch", title="batch of label noise", heading="Each step takes the gradient of",
    options={1: "One sample", "full": "All samples"}, default=1,
    meaning="Of which samples each step takes the gradient. Try the other: the limit is the same.",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LabelNoise(ScaledNoise):
    """δ = scale on the label of one uniformly drawn sample i: ξ = −δ ε ∇f_i, Σ = (δ²/n) JᵀJ = δ² H on Γ (theory section 3).

    `batch=1` takes the gradient of the same sample, `batch="full"` the full gradient.
    """

    kind: ClassVar[str] = "label"
    title: ClassVar[str] = "Label noise"
    settings: ClassVar = (
        law_setting("label", "rademacher", "gaussian", "student"), scale_setting("Noise on the label", "δ", "the label"),
        BATCH, FREEDOM, MEMORY,
    )  # fmt: skip
    needs_residuals: ClassVar[bool] = True
    law: str = "rademacher"
    batch: int | str = 1

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        n = landscape.residuals.numel()
        return self._remembered(Draw("sample", 1, samples=n), self._unit_draw(1))

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        chosen = one_hot(draws[0], landscape.residuals.numel())
        label = values[0] * draws[1]
        if self.batch == "full":
            return landscape.gradient - landscape.jacobian.T @ (chosen * label)
        return landscape.jacobian.T @ (chosen * (landscape.residuals - label))

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        return values[0] / math.sqrt(landscape.residuals.numel()) * landscape.jacobian.T

    @property
    def words(self) -> str:
        gradient = "the full gradient" if self.batch == "full" else "one sample a step"
        return f"label noise δ = {in_words(self.scale)} on {gradient}{self._law_in_words}"
