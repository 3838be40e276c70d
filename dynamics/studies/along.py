"""What the limit's paths meet along Γ: how sharp it is there, how far SGD fluctuates about it, and whether the rank stays.

The theorem is about η → 0, and these numbers say how small η must be. Across Γ SGD multiplies its distance by 1 − ηλ at each step
(theory section 5), so η λ_max beyond 2 throws it off; and its fluctuation, of mean square η tr 𝓛⁻¹Σ⊥ to leading order, must be
small against Γ's radius of curvature. Both are taken where the paths go, not where they start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.engine.randomness import BLOCK
from dynamics.experiment import Experiment
from dynamics.limit.coefficients import PARTS
from dynamics.limit.drift import turning
from dynamics.limit.schemes import SCHEMES
from dynamics.limit.schemes.base import RANK_CHANGED, Problem
from dynamics.noise import noise
from dynamics.observables import fluctuation
from dynamics.optimizers.stability import all_but_rare, comfortable, largest_met
from dynamics.simulate import limit_pace

PATHS = 2 * BLOCK
MOMENTS = 32
APART = 1 << 20  # blocks: this randomness is nobody else's
STRAIGHT = 0.12  # mean square of the fluctuation, in squares of the radius of curvature: on the unit circle η ≤ 0.24


@dataclass(frozen=True, eq=False)
class Along:
    """Arrays are over the limit's paths, (N,): the largest value that each has met up to the horizon."""

    sharpness: np.ndarray  # λ_max
    bend: np.ndarray  # κ² tr 𝓛⁻¹Σ⊥: times η, the fluctuation's mean square in squares of the radius of curvature
    rank_changed: int  # paths that reached a point where H loses rank
    stable: float = 2.0  # η λ_max, beyond which the optimizer leaves a valley

    @property
    def paths(self) -> int:
        return len(self.sharpness)

    @property
    def sharpest(self) -> float:
        """λ_max that all but RARE of the paths stay below."""
        return all_but_rare(self.sharpness)

    @property
    def most_bent(self) -> float:
        return all_but_rare(self.bend)

    @property
    def comfortable(self) -> float:
        return comfortable(self.stable)

    @property
    def largest_learning_rate(self) -> float:
        """The largest η that is small along Γ, in both respects."""
        return float(min(self.comfortable / max(self.sharpest, 1e-300), STRAIGHT / max(self.most_bent, 1e-300)))

    def beyond(self, learning_rate: float) -> float:
        """The share of the paths that pass a point where η λ_max is more than what is stable."""
        return float((learning_rate * self.sharpness > self.stable).mean())


def along_manifold(experiment: Experiment, problem: Problem, watch: Progress) -> Along:
    """Follow some paths of the limit to the experiment's horizon."""
    landscape, rank = problem.landscape, problem.rank
    whole = replace(problem, parts=PARTS)
    times = experiment.horizon * np.arange(MOMENTS + 1) / MOMENTS
    pace = limit_pace(experiment)

    def stepper(block: int, width: int):
        return SCHEMES["explicit"].stepper(whole, pace, APART + block, width)

    ensemble = run_ensemble(stepper, times, PATHS, landscape.dimension, watch, cost=0.0)
    points = ensemble.points.astype(float)
    with np.errstate(all="ignore"):
        sharpness = experiment.optimizer.sharpness(landscape, experiment.noise, points)
        _, variance, _ = fluctuation(landscape, problem.noise, rank, points)
        curvature = turning(landscape, noise("isotropic"), rank, points) / max(landscape.dimension - rank, 1)
    rate = experiment.learning_rate
    bend = largest_met(variance * curvature) * (experiment.optimizer.effective_rate(rate) or 0.0) / rate
    return Along(largest_met(sharpness), bend, int((ensemble.failure == RANK_CHANGED).sum()), experiment.optimizer.stable)
