"""The face of an integrator of dY = P σ dW + drift dt on Γ, and the rules for whoever writes one.

1. A step's length depends on the state at its start and on steps that are over, never on what the step itself will bring: a choice
   that looks ahead would bias the law.
2. A step ends on Γ. One that does not find back is not lost: its Brownian increment is split by a Brownian bridge, and both halves
   are tried.
3. Every path has random numbers of its own, and those that fill in frames are apart from those of the steps. So frames, threads
   and other paths change what is kept, never where a path goes.
4. A path is lost only with an alarm: RANK_CHANGED where H loses rank, so that the SDE itself ends; LEFT_MANIFOLD where no step,
   however short, finds back, or where the coefficients do not exist; 0 beyond every bound. It stays at the last point it held.
5. A frame shows the path at the frame's time, not at the nearest step's: by a bridge, or by a shorter step.
6. Without some of `parts` the drift is the sum of the others, and nothing else changes. A scheme that cannot do without says so
   where an Experiment is made (`experiment._check_parts`).
7. Noise of rank zero, D − r = 1 and D − r = D − 1 are no special cases; nothing is divided by what may be 0.
8. `strong_order` and `weak_order` are what tests/dynamics/test_schemes.py measures; `cost` is what a path-step takes, in steps
   of SGD.
9. What a slider moves (parameters, scales) is an input of the tape, never part of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dynamics.engine.ensemble import Stepper
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import PARTS
from dynamics.limit.limiting import OF_SGD, Limiting
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
    limiting: Limiting = OF_SGD
    learning_rate: float = 0.0  # for those limits that have one in them
    slow: tuple[float, ...] = ()  # where the limit's slow variables (R,) start

    @property
    def state(self) -> np.ndarray:
        """What a path starts from: the point, and the slow variables."""
        return np.concatenate([self.start, self.slow])

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers of its tape."""
        return (*self.landscape.values, *self.noise.values, *self.limiting.limit_values(self.learning_rate))


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
