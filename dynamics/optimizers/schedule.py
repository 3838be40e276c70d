"""SGD whose learning rate changes as it goes: what counts for the limit is Σ η_k², in whatever order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import casadi as ca
import numpy as np

from dynamics.landscapes.landscape import Landscape
from dynamics.noise import Noise
from dynamics.optimizers.base import Optimizer, Step
from dynamics.settings import Choice

SPAN = 99.0  # 1/√k falls to a tenth: η_k = η/√(1 + SPAN k/K)
CYCLES = 5  # of a cyclic rate, each up from LOWEST to 1 and down again
LOWEST = 0.1
RESOLUTION = 20_001  # places at which the elapsed share of the slow time is known

KIND = Choice(
    name="kind", title="schedule of the learning rate", heading="Learning rate over the run",
    options={"cosine": "Cosine, down to 0", "inverse_sqrt": "1/√k, down to a tenth", "cyclic": "Five cycles"}, default="cosine",
    meaning="How the learning rate goes over the run; η is the largest. Try each: the limit stays, slow time is Ση².",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Schedule(Optimizer):
    """The limit of SGD at t = Σ η_k² (derived here).

    η_k = η s(k/K) over K steps. Each step goes at the rate in its middle.
    """

    name: ClassVar[str] = "schedule"
    title: ClassVar[str] = "SGD with a learning-rate schedule"
    short: ClassVar[str] = "schedule"
    settings: ClassVar = (KIND,)
    clock: ClassVar[str] = "Σ η²"
    fast_clock: ClassVar[str] = "Σ η"
    through_flow: ClassVar[bool] = True

    kind: str = KIND.default

    def rows(self, dimension: int) -> int:
        return 2

    def begin(self, landscape: Landscape, noise: Noise, start: np.ndarray, learning_rate: float, steps: int) -> np.ndarray:
        middle = 0.5 / max(steps, 1)
        if self.kind == "inverse_sqrt":
            return np.concatenate([start, [middle, 0.0]])
        return np.concatenate([start, [math.cos(self._turns * middle), math.sin(self._turns * middle)]])

    def step_values(self, learning_rate: float, steps: int) -> tuple[float, ...]:
        share = 1 / max(steps, 1)
        return (share, 0.0) if self.kind == "inverse_sqrt" else (math.cos(self._turns * share), math.sin(self._turns * share))

    def step(self, at: Step) -> tuple[ca.SX, ca.SX]:
        """The state is the share of the run that is over, at the middle of the step, or cosine and sine of the angle that it stands
        for, which turns by a rotation: a cosine would cost more than all else."""
        first, second = ca.vertsplit(at.state)
        one, other = ca.vertsplit(at.own)
        if self.kind == "inverse_sqrt":
            shape, state = 1 / ca.sqrt(1 + SPAN * first), ca.vertcat(first + one, second)
        else:
            shape, state = self._of_cosine(first), ca.vertcat(first * one - second * other, first * other + second * one)
        return at.x - at.learning_rate * shape * at.stochastic_gradient(), state

    @property
    def _turns(self) -> float:
        """The angle over the whole run."""
        return math.pi if self.kind == "cosine" else 2 * math.pi * CYCLES

    def _of_cosine(self, cosine):
        return (1 + cosine) / 2 if self.kind == "cosine" else LOWEST + (1 - LOWEST) * (1 - cosine) / 2

    def _shape(self, share: np.ndarray) -> np.ndarray:
        """s at shares of the run."""
        return 1 / np.sqrt(1 + SPAN * share) if self.kind == "inverse_sqrt" else self._of_cosine(np.cos(self._turns * share))

    @property
    def mean_square(self) -> float:
        """∫₀¹ s², of the three shapes."""
        match self.kind:
            case "cosine":
                return 3 / 8
            case "inverse_sqrt":
                return math.log(1 + SPAN) / SPAN
            case _:
                middle, swing = (1 + LOWEST) / 2, (1 - LOWEST) / 2
                return middle**2 + swing**2 / 2

    def slow_time(self, learning_rate: float) -> float:
        return self.mean_square * learning_rate**2

    def _elapsed(self, power: int = 2) -> tuple[np.ndarray, np.ndarray]:
        """Shares u of the run, and ∫₀ᵘ s² for each as a share of the whole, or ∫₀ᵘ s as it is."""
        share = np.linspace(0.0, 1.0, RESOLUTION)
        elapsed = np.concatenate([[0.0], np.cumsum(self._shape((share[1:] + share[:-1]) / 2) ** power)])
        return share, elapsed / (elapsed[-1] if power == 2 else RESOLUTION - 1)

    def slow_times(self, steps: np.ndarray, learning_rate: float, total: int) -> np.ndarray:
        return np.interp(steps / max(total, 1), *self._elapsed()) * self.slow_time(learning_rate) * total

    def fast_times(self, steps: np.ndarray, learning_rate: float, total: int) -> np.ndarray:
        return np.interp(steps / max(total, 1), *self._elapsed(1)) * learning_rate * total

    def steps_at(self, times: np.ndarray, learning_rate: float, total: int) -> np.ndarray:
        share, elapsed = self._elapsed()
        whole = self.slow_time(learning_rate) * total
        return np.maximum(1, np.round(np.interp(times / whole, elapsed, share) * total)).astype(np.int64)
