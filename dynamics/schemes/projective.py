"""Y ← Φ(Y + √h σ(Y) ζ): kick, then let gradient flow carry back (theory section 4).

Needs no derivative of Φ and stays on Γ: independent of the explicit scheme's coefficients, which it is there to check.
"""

from __future__ import annotations

import math

import casadi as ca
import numpy as np

from dynamics.building import built_once
from dynamics.ensemble import BOUND, TapeStepper
from dynamics.flow import LANDED, Descent
from dynamics.graph import Definition, landscape_graph
from dynamics.noise import Draw, Noise
from dynamics.randomness import LIMIT
from dynamics.schemes.base import LEFT_MANIFOLD, Problem, Scheme
from dynamics.tape import Tape, compile_tape

TOLERANCE = 1e-7


@built_once(128)
def _kick_tape(definition: Definition, noise: Noise) -> tuple[Tape, int]:
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values, step = ca.SX.sym("values", len(noise.values)), ca.SX.sym("h")
    factor = noise.factor(landscape, values)
    draws = ca.SX.sym("draws", factor.size2())
    kicked = landscape.x + ca.sqrt(step) * (factor @ draws)
    return compile_tape([landscape.x, draws], ca.vertcat(landscape.p, values, step), [kicked]), draws.numel()


class ProjectiveStepper(TapeStepper):
    """A kick by the tape, a descent to Γ, step after step."""

    def __init__(self, problem: Problem, block: int, width: int) -> None:
        landscape, noise = problem.landscape, problem.noise
        tape, size = _kick_tape(landscape.definition, noise.canonical)
        parameters = (*landscape.values, *noise.values)
        draws = (Draw("normal", size),)
        super().__init__(tape, parameters, problem.start, width, draws, (problem.seed, LIMIT, block))
        self.descent = Descent(landscape, problem.rank, tolerance=TOLERANCE)

    def advance(self, steps: int) -> None:
        for _ in range(steps):
            before = self.points.copy()
            super().advance(1)
            lost = np.zeros(self.width, dtype=bool)
            for start in range(0, self.width, self.descent.width):
                columns = slice(start, start + self.descent.width)
                block = np.ascontiguousarray(self.points[:, columns])
                lost[columns] = self.descent(block) != LANDED
                self.points[:, columns] = block
            lost |= ~(np.abs(self.points) <= BOUND).all(axis=0)
            newly = lost & (self.frozen_at < 0)
            self.frozen_at[newly], self.failure[newly] = self.steps, LEFT_MANIFOLD
            stopped = self.frozen_at >= 0
            self.points[:, stopped] = before[:, stopped]


PROJECTIVE = Scheme(
    name="projective",
    title="kick and gradient flow",
    strong_order=0.5,
    weak_order=1.0,
    cost=100.0,
    turn=math.inf,
    stepper=ProjectiveStepper,
)
