"""Minibatch noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.randomness import Draw
from dynamics.noise.base import Noise, law_setting, one_hot
from dynamics.settings import Number

BATCH = Number(
    name="batch", title="batch size", minimum=1, maximum=10_000, step=1, whole=True, default=1,
    meaning="How many residuals a step draws, uniformly with replacement. Try any: on Γ all are 0, and none makes noise there.",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MinibatchNoise(Noise):
    """`batch` residuals drawn uniformly with replacement; Σ = 0 on Γ, so the limit stands still (theory section 3).

    Law "sampling" is the sampling itself; the others put Gaussian or ±1 weights on the same covariance.
    """

    kind: ClassVar[str] = "minibatch"
    title: ClassVar[str] = "Minibatch sampling"
    settings: ClassVar = (law_setting("minibatch", "sampling", "gaussian", "rademacher"), BATCH)
    face: ClassVar[tuple[str, ...]] = ("batch",)
    remark: ClassVar[str] = "On Γ every sample is fitted: this noise vanishes there, and the limit stands still."
    needs_residuals: ClassVar[bool] = True
    law: str = "sampling"
    batch: int = 1

    @property
    def values(self) -> tuple[float, ...]:
        return (float(self.batch),)

    @property
    def canonical(self) -> Noise:
        return replace(self, batch=min(self.batch, 2))

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        n = landscape.residuals.numel()
        if self.law != "sampling":
            return (self._unit_draw(n),)
        if self.batch == 1:
            return (Draw("sample", 1, samples=n),)
        return (Draw("counts", n, samples=n, batch=self.batch),)

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        if self.law != "sampling":
            return landscape.gradient + self.factor(landscape, values) @ draws
        weights = one_hot(draws, landscape.residuals.numel()) if self.batch == 1 else draws / values[0]
        return landscape.jacobian.T @ (weights * landscape.residuals)

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        n = landscape.residuals.numel()
        per_sample = landscape.jacobian.T @ ca.diag(landscape.residuals)
        return (per_sample - ca.repmat(landscape.gradient, 1, n)) / ca.sqrt(values[0] * n)

    @property
    def words(self) -> str:
        return f"batches of {self.batch:,} residual{'s' * (self.batch > 1)}{self._law_in_words}"
