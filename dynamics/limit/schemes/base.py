"""The face of an integrator of dY = P σ dW + drift dt on Γ, and what it promises.

- A step's length depends on the state at its start and on steps that are over, never on what the step itself will bring: a choice
  that looks ahead would bias the law.
- A step that does not find back to Γ is not lost: its Brownian increment is split by a Brownian bridge, and both halves are tried.
- Every path has random numbers of its own, and those that fill in frames are apart from those of the steps. So frames, threads and
  other paths change what is kept, never where a path goes.
- A path is lost only with an alarm: RANK_CHANGED where H loses rank, so that the SDE itself ends; LEFT_MANIFOLD where no step,
  however short, finds back, or where the coefficients do not exist; 0 beyond every bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dynamics.engine.ensemble import Stepper
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import PARTS
from dynamics.noise import Noise

RANK_CHANGED, LEFT_MANIFOLD = 1, 2  # the alarms, as a Stepper's `failure` numbers them
RANK_FLOOR = 1e-10  # of the longest step, within which λ_min vanishes: H loses rank


@dataclass(frozen=True)
class Problem:
    """The limiting SDE from a point of Γ: `start` (D,), `rank` of H there.

    Without all `parts` of its drift it is another SDE, which shows what the missing part does.
    """

    landscape: Landscape
    noise: Noise
    start: np.ndarray
    rank: int
    seed: int
    parts: tuple[str, ...] = PARTS


@dataclass(frozen=True)
class Pace:
    """How long steps may be, `longest` and `shortest` in slow time. Each rule but these two is off where it is infinite.

    A step's error in the variance of the way along Γ is its turn squared, relatively; so what matters is the mean over the path.
    For a given mean the fewest steps are those of length ∝ 1/√(turning rate): `turn` bounds that mean, as far as the path has come,
    and `sharpest` each single step, which may be larger where Γ turns sharply but for a short while.
    """

    longest: float
    shortest: float = 0.0
    turn: float = 0.08  # of Γ along the noise of a path's steps, standard deviation in radians
    sharpest: float = 0.25  # of Γ along the noise of one step, the same
    change: float = 0.1  # of the drift along Γ in a step, as a share of it
    rank: float = 0.5  # of log λ_min in a step, standard deviation: so that no path jumps over a point where H loses rank

    @staticmethod
    def fixed(step: float) -> Pace:
        """Steps of one length, for measuring orders."""
        return Pace(step, step, math.inf, math.inf, math.inf, math.inf)


@dataclass(frozen=True)
class Scheme:
    """An integrator. Strong order: E‖Y_h − Y‖ = O(h^strong); weak order: E f(Y_h) − E f(Y) = O(h^weak)."""

    name: str
    title: str
    strong_order: float
    weak_order: float
    cost: float  # of a path-step, in steps of SGD: for telling the time left
    stepper: Callable[[Problem, Pace, int, int], Stepper]  # (problem, pace, block, width); its targets are slow times
