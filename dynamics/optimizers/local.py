"""Local SGD: K workers, who average after every H steps of their own."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import casadi as ca
import numpy as np

from dynamics.engine.graph import LandscapeGraph
from dynamics.engine.randomness import Draw
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import Coefficients
from dynamics.limit.limiting import Site
from dynamics.noise import LabelNoise, Noise
from dynamics.optimizers.base import Optimizer, Step
from dynamics.optimizers.measures import AVERAGED, TRACE, Measure, averaged
from dynamics.optimizers.terms import Term, own
from dynamics.settings import Number

WORKERS = Number(
    name="workers", title="number of workers", heading="Workers", symbol="K", minimum=1, maximum=16, whole=True, step=1, default=4,
    meaning="Each has the K-fold covariance, so that their average has Σ. With one worker it is SGD; try 2 and 8.",
)  # fmt: skip
LOCAL_STEPS = Number(
    name="local_steps", title="number of local steps", heading="Local steps", symbol="H", minimum=1, maximum=100_000, whole=True,
    step=1, default=8,
    meaning="Steps between two averagings. What counts is α = ηH: the larger, the stronger the drift, up to K times. Try 1 and 64.",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LocalSgd(Optimizer):
    """SGD's limit at t = kη² and the drift −½(K−1) P T[Ψ], Ψ_ij = Σ_ij ψ(α(λ_i + λ_j))/(λ_i + λ_j) in H's eigenbasis without its
    tangent block, ψ(z) = (z − 1 + e^{−z})/z, α = ηH (Gu, Lyu, Huang, Arora 2023; this form derived here).
    """

    name: ClassVar[str] = "local_sgd"
    title: ClassVar[str] = "Local SGD"
    short: ClassVar[str] = "local SGD"
    settings: ClassVar = (WORKERS, LOCAL_STEPS)
    slides: ClassVar = ("local_steps",)
    own_values: ClassVar[int] = 2
    own_terms: ClassVar[tuple[Term, ...]] = (own("Difference of the workers", "−½(K−1) P T[Ψ]", r"-\tfrac{K-1}2 P\, T[\Psi]"),)

    workers: int = WORKERS.default
    local_steps: int = LOCAL_STEPS.default

    def goes_down(self, noise: Noise) -> str:
        """Under label noise −(c/4) P∇tr[H + (K−1) F(2αH)/2α] is its drift, for F′ = ψ."""
        return (AVERAGED if self.workers > 1 else TRACE.name) if isinstance(noise, LabelNoise) else ""

    def measure(self, noise: Noise, learning_rate: float) -> Measure | None:
        averages = self.goes_down(noise) == AVERAGED
        return averaged(self.workers, learning_rate * self.local_steps) if averages else super().measure(noise, learning_rate)

    @property
    def gradients(self) -> float:  # type: ignore[override]
        return float(self.workers)

    def limit_values(self, learning_rate: float) -> tuple[float, ...]:
        return (self.workers - 1.0, learning_rate * self.local_steps)

    def finer(self, ratio: float) -> Self:
        return replace(self, local_steps=min(max(round(self.local_steps / ratio), 1), int(LOCAL_STEPS.maximum)))

    def rows(self, dimension: int) -> int:
        return self.workers * dimension + 1

    def begin(self, landscape: Landscape, noise: Noise, start: np.ndarray, learning_rate: float, steps: int) -> np.ndarray:
        return np.concatenate([np.tile(start, 1 + self.workers), [0.0]])

    def draws(self, landscape: LandscapeGraph, noise: Noise) -> tuple[Draw, ...]:
        """Each worker's own; with memory all repeat together."""
        one = noise.draws(landscape)
        repeats = tuple(draw for draw in one if draw.kind == "repeat")
        return (*(draw for draw in one if draw.kind != "repeat"),) * self.workers + repeats

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        """x is the average; the state is each worker's point, and the steps since they were one."""
        dimension, each = at.x.numel(), at.draws.numel() // self.workers
        points = []
        for worker in range(self.workers):
            place = at.state[worker * dimension : (worker + 1) * dimension]
            drawn = at.stochastic_gradient(draws=at.draws[worker * each : (worker + 1) * each])
            gradient = at.gradient() + math.sqrt(self.workers) * (drawn - at.gradient())
            points.append(place - at.learning_rate * at.landscape.at(gradient, place))
        mean = sum(points[1:], points[0]) / self.workers
        count = at.state[-1] + 1
        averages = count >= at.own[0] - 0.5
        kept = [ca.if_else(averages, mean, point) for point in points]
        return mean, ca.vertcat(*kept, ca.if_else(averages, 0, count))

    def coefficients(self, site: Site) -> Coefficients:
        frame, factor, (others, alpha) = site.frame, site.factor, ca.vertsplit(site.own)
        r, m = frame.eigenvalues.numel(), factor.size2()
        components, tangent = frame.normals @ factor, frame.tangent(factor)
        sums = ca.repmat(frame.eigenvalues, 1, r) + ca.repmat(frame.eigenvalues.T, r, 1)
        normal = frame.normals.T @ (components @ components.T * _psi(alpha * sums) / sums) @ frame.normals
        weighted = components * ca.repmat(_psi(alpha * frame.eigenvalues) / frame.eigenvalues, 1, m)
        mixed = frame.normals.T @ weighted @ tangent.T
        drift = -others / 2 * frame.tangent(site.landscape.third_derivative(normal + mixed + mixed.T))
        return replace(super().coefficients(site), own=drift)

    @property
    def assumption(self) -> str:
        return "α = ηH is fixed while η goes to 0; Σ is the covariance of the averaged noise."

    @property
    def remark(self) -> str:
        return "One worker has nobody to average with: this is SGD, and so is its limit." if self.workers == 1 else ""


def _psi(z: ca.SX) -> ca.SX:
    """(z − 1 + e^{−z})/z, which is 0 at 0."""
    return ca.if_else(z > 0, 1 + ca.expm1(-z) / z, 0)
