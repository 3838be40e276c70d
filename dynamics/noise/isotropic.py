"""Isotropic noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import casadi as ca

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.randomness import Draw
from dynamics.noise.base import law_setting
from dynamics.noise.free import FREEDOM, MEMORY, STRENGTH, ScaledNoise, scale_setting
from dynamics.settings import in_words


@dataclass(frozen=True, kw_only=True)
class IsotropicNoise(ScaledNoise):
    """Σ = scale² I."""

    kind: ClassVar[str] = "isotropic"
    title: ClassVar[str] = "Isotropic noise"
    settings: ClassVar = (
        law_setting("isotropic", *STRENGTH),
        scale_setting("Standard deviation", "s", "the gradient"),
        FREEDOM,
        MEMORY,
    )

    def draws(self, landscape: LandscapeGraph) -> tuple[Draw, ...]:
        return self._remembered(self._unit_draw(landscape.dimension))

    def stochastic_gradient(self, landscape: LandscapeGraph, values: ca.SX, draws: ca.SX) -> ca.SX:
        return landscape.gradient + values[0] * draws

    def factor(self, landscape: LandscapeGraph, values: ca.SX) -> ca.SX:
        return values[0] * ca.SX.eye(landscape.dimension)

    @property
    def words(self) -> str:
        return f"isotropic noise, Σ = s²I, s = {in_words(self.scale)}{self._law_in_words}"
