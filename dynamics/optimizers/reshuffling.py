"""Random reshuffling: an epoch takes each of n noise fields once, in a new order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import casadi as ca

from dynamics.engine.building import built_once
from dynamics.engine.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.engine.randomness import Draw
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import Coefficients
from dynamics.limit.limiting import Site, flow_coefficients
from dynamics.noise import LabelNoise, Noise
from dynamics.noise.base import one_hot
from dynamics.optimizers.base import NOTHING, Optimizer, Step
from dynamics.optimizers.measures import TRACE
from dynamics.optimizers.terms import Term, own


@dataclass(frozen=True, kw_only=True)
class Reshuffling(Optimizer):
    """x ← x − η (∇L + ξ_i), i without replacement: no diffusion, dY/dt = −½ P mean_i (∂ξ_i) ξ_i at t = kη² (derived here).

    As Beneventano 2312.16143 and Smith et al. 2021 find. The fields are ±√m σ_a for the m columns σ_a of the noise's factor,
    whose covariance is Σ; of label noise, that is each label's ±δ once. For gradient fields the drift is −¼ P∇tr Σ; for constant
    ones Y stands still.
    """

    name: ClassVar[str] = "reshuffling"
    title: ClassVar[str] = "Random reshuffling"
    short: ClassVar[str] = "reshuffling"
    own_terms: ClassVar[tuple[Term, ...]] = (
        own("Change of the fields", "−½ P mean (∂ξ)ξ", r"-\tfrac12 P\,\overline{(\partial\xi)\,\xi}"),
    )
    diffuses: ClassVar[bool] = False

    def goes_down(self, noise: Noise) -> str:
        """Of other noise ¼ tr Σ, if its fields are gradients, which is not known of them."""
        return TRACE.name if isinstance(noise, LabelNoise) else ""

    def draws(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return self.kicks(landscape, noise)

    def kicks(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        return (Draw("order", 1, samples=2 * _columns(landscape.definition, noise.canonical)),)

    def check(self, landscape: Landscape, noise: Noise, start: tuple[float, ...], learning_rate: float) -> None:
        if getattr(noise, "memory", 0.0):
            raise ValueError("Random reshuffling draws without replacement, so its noise has no memory to set: take ρ = 0.")

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        factor = at.noise.factor(at.landscape, at.noise_values)
        columns = factor.size2()
        chosen = ca.SX(one_hot(at.kicks[0], 2 * columns))
        field = math.sqrt(columns) * (factor @ (chosen[:columns] - chosen[columns:]))
        return at.x - at.learning_rate * (at.gradient() + field), NOTHING

    def coefficients(self, site: Site) -> Coefficients:
        columns = ca.horzsplit(site.factor)
        bent = reduce(ca.plus, (ca.jtimes(column, site.landscape.x, column) for column in columns))
        return flow_coefficients(-site.frame.tangent(bent) / 2)

    @property
    def assumption(self) -> str:
        return "The number of fields is fixed while η goes to 0, so that an epoch takes no slow time."


@built_once(128)
def _columns(definition: Definition, noise: Noise) -> int:
    """m, the columns of the noise's factor."""
    landscape = landscape_graph(definition)
    return noise.factor(landscape, ca.SX.sym("values", len(noise.values))).size2()
