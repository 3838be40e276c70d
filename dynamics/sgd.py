"""SGD as a tape: x ← x − η (∇L(x) + ξ) (theory section 1)."""

from __future__ import annotations

import casadi as ca
import numpy as np

from dynamics.engine.building import built_once
from dynamics.engine.ensemble import TapeStepper
from dynamics.engine.graph import Definition, landscape_graph
from dynamics.engine.randomness import SGD
from dynamics.engine.tape import Tape, compile_tape
from dynamics.landscapes.landscape import Landscape
from dynamics.noise import Noise


@built_once(128)
def _step_tape(definition: Definition, noise: Noise) -> Tape:
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values, learning_rate = ca.SX.sym("values", len(noise.values)), ca.SX.sym("eta")
    draws = ca.SX.sym("draws", sum(draw.size for draw in noise.draws(landscape)))
    step = landscape.x - learning_rate * noise.stochastic_gradient(landscape, values, draws)
    return compile_tape([landscape.x, draws], ca.vertcat(landscape.p, values, learning_rate), [step])


def sgd_stepper(
    landscape: Landscape, noise: Noise, start: np.ndarray, learning_rate: float, seed: int, block: int, width: int
) -> TapeStepper:
    """A block of `width` SGD paths from `start` (D,)."""
    tape = _step_tape(landscape.definition, noise.canonical)
    draws = noise.draws(landscape_graph(landscape.definition))
    parameters = (*landscape.values, *noise.values, learning_rate)
    return TapeStepper(tape, parameters, start, width, draws, (seed, SGD, block))
