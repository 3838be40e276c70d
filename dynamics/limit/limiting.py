"""What decides the limiting dynamics on Γ beside landscape and noise: for SGD nothing, for another optimizer its own terms.

The limit's integrators know this face only; optimizers, which stand above them, derive from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import casadi as ca
import numpy as np

from dynamics.engine.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.limit.coefficients import Coefficients, limit_coefficients
from dynamics.limit.frame import Frame, normal_frame
from dynamics.noise.base import Noise


class Site(NamedTuple):
    """A point of Γ as graphs, for what an optimizer makes of it."""

    landscape: LandscapeGraph
    frame: Frame
    noise: Noise
    noise_values: ca.SX
    slow: ca.SX  # (R,) the slow variables
    own: ca.SX  # the limiting dynamics' own values

    @property
    def factor(self) -> ca.SX:
        """σ, (D, m)."""
        return self.noise.factor(self.landscape, self.noise_values)

    @property
    def parameters(self) -> ca.SX:
        """Of a tape over x and `slow`: the landscape's, the noise's, the limiting dynamics' own."""
        return ca.vertcat(self.landscape.p, self.noise_values, self.own)


@dataclass(frozen=True, kw_only=True)
class Limiting:
    """The limiting SDE of SGD (theory section 3). Whoever derives from it keeps to this:

    1. What a slider moves, or the learning rate, is in `limit_values`, as many as `own_values`; `canonical` is without it.
    2. `coefficients` are graphs over what a `Site` has, per unit of slow time.
    3. Their drift is along Γ but for its tangent part, which the way back to Γ brings: a part of that along Γ belongs to `own`.
    4. Variables that move as slowly as the point are `slow_rows` more, from `slow_start` on.
    """

    diffuses: ClassVar[bool] = True  # with some noises; else the limit is a flow, and all its paths are one
    own_values: ClassVar[int] = 0

    @property
    def canonical(self) -> Self:
        return self

    def limit_values(self, learning_rate: float) -> tuple[float, ...]:
        return ()

    def slow_rows(self, dimension: int) -> int:
        return 0

    def slow_start(self, landscape, noise: Noise, start: np.ndarray) -> np.ndarray:
        """The slow variables (..., R) of a run that begins at `start` (..., D)."""
        return np.zeros((*np.shape(start)[:-1], 0))

    def coefficients(self, site: Site) -> Coefficients:
        return limit_coefficients(site.landscape, site.frame, site.factor)


OF_SGD = Limiting()


@dataclass(frozen=True)
class Limit:
    """What moves along Γ: a limiting dynamics under a gradient noise, at the learning rate that may be part of it."""

    noise: Noise
    limiting: Limiting
    learning_rate: float


Acting = Noise | Limit  # a noise alone: the limit is SGD's


def site_of(definition: Definition, noise: Noise, rank: int, limiting: Limiting) -> Site:
    """Symbols for all that a point of Γ, of this rank of H, has. Raises ValueError if the noise cannot act there."""
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values, own = ca.SX.sym("values", len(noise.values)), ca.SX.sym("own", limiting.own_values)
    slow = ca.SX.sym("slow", limiting.slow_rows(landscape.dimension))
    return Site(landscape, normal_frame(landscape, rank), noise, values, slow, own)


def flow_coefficients(drift: ca.SX) -> Coefficients:
    """Of a limit that only flows, by `drift` (D,) along Γ."""
    nothing = ca.SX.zeros(drift.shape)
    return Coefficients(nothing, nothing, nothing, nothing, drift)
