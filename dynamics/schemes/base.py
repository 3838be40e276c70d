"""The face of an integrator of dY = P σ dW + drift dt on Γ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dynamics.drift import PARTS
from dynamics.ensemble import Stepper
from dynamics.landscape import Landscape
from dynamics.noise import Noise

RANK_CHANGED, LEFT_MANIFOLD = 1, 2  # the alarms, as a Stepper's `failure` numbers them


@dataclass(frozen=True)
class Problem:
    """The limiting SDE from a point of Γ: `start` (D,), `rank` of H there and its `smallest` non-zero eigenvalue.

    Without all `parts` of its drift it is another SDE, which shows what the missing part does.
    """

    landscape: Landscape
    noise: Noise
    start: np.ndarray
    rank: int
    smallest: float
    seed: int
    parts: tuple[str, ...] = PARTS


@dataclass(frozen=True)
class Scheme:
    """An integrator. Strong order: E‖Y_h − Y‖ = O(h^strong); weak order: E f(Y_h) − E f(Y) = O(h^weak)."""

    name: str
    title: str
    strong_order: float
    weak_order: float
    cost: float  # of a path-step, in steps of SGD: for telling the time left
    turn: float  # by which Γ may turn along a step's noise (standard deviation, in radians)
    stepper: Callable[[Problem, int, int], Stepper]  # (problem, block, width)
