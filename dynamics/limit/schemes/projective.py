"""Y ← Φ(Y + √h σ(Y) ζ): kick, then let gradient flow carry back (theory section 4).

Needs no derivative of Φ and stays on Γ: independent of the explicit scheme's coefficients, which it is there to check. Only how
long its steps are is taken from them.
"""

from __future__ import annotations

from dataclasses import replace

import casadi as ca
import numpy as np

from dynamics.engine.building import built_once
from dynamics.engine.graph import Definition, landscape_graph
from dynamics.engine.tape import Tape, compile_tape
from dynamics.limit.coefficients import limit_coefficients
from dynamics.limit.flow import LANDED, Descent
from dynamics.limit.frame import normal_frame
from dynamics.limit.schemes.base import Pace, Problem, Scheme
from dynamics.limit.schemes.marching import Marcher
from dynamics.noise import Noise

TOLERANCE = 1e-7
CHANGE = 0.2  # of Pace.change: a drift that is not corrected wants shorter steps


@built_once(128)
def kick_tape(definition: Definition, noise: Noise, rank: int) -> Tape:
    """Inputs x (D); outputs as of `explicit.coefficient_tape`, with σ instead of P σ."""
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values = ca.SX.sym("values", len(noise.values))
    frame, factor = normal_frame(landscape, rank), noise.factor(landscape, values)
    coefficients = limit_coefficients(landscape, frame, factor)
    along = coefficients.drift(["mixed", "normal"])
    outputs = [along, factor, coefficients.turning, frame.smallest, frame.largest]
    return compile_tape([landscape.x], ca.vertcat(landscape.p, values), outputs, frame.solved)


class FlowMarcher(Marcher):
    """A march whose retraction is gradient flow."""

    def __init__(self, problem: Problem, pace: Pace, block: int, width: int) -> None:
        landscape, noise = problem.landscape, problem.noise
        tape = kick_tape(landscape.definition, noise.canonical, problem.rank)
        pace = replace(pace, change=CHANGE * pace.change)
        super().__init__(
            tape, (*landscape.values, *noise.values), problem.start, width, pace, (problem.seed, block), drifts=False,
        )  # fmt: skip
        self.descent = Descent(landscape, problem.rank, tolerance=TOLERANCE)

    def retract(self, points: np.ndarray, origins: np.ndarray) -> np.ndarray:
        landed = np.zeros(points.shape[1], dtype=np.bool_)
        for start in range(0, points.shape[1], self.descent.width):
            columns = slice(start, start + self.descent.width)
            block = np.ascontiguousarray(points[:, columns])
            landed[columns] = self.descent(block) == LANDED
            points[:, columns] = block
        return landed


PROJECTIVE = Scheme(
    name="projective",
    title="kick and gradient flow",
    strong_order=0.5,
    weak_order=1.0,
    cost=100.0,
    stepper=FlowMarcher,
)
