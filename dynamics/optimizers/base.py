"""The face of an optimizer, and its paths as a tape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import casadi as ca
import numpy as np

from dynamics.engine.building import built_once
from dynamics.engine.ensemble import TapeStepper
from dynamics.engine.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.engine.randomness import SGD
from dynamics.engine.tape import Tape, compile_tape
from dynamics.landscapes.landscape import Landscape
from dynamics.noise import Noise


@dataclass(frozen=True)
class Optimizer:
    """What moves x in a step, from a stochastic gradient. An optimizer is one file; whoever writes one keeps to this:

    1. `step` is a graph in x, the learning rate and the step's own draws: it looks neither ahead nor back.
    2. Its noise comes from `noise.stochastic_gradient` alone, so that every noise, law and memory works with it.
    3. Numbers that a slider moves are inputs of the tape (`values` of the noise, the learning rate), never part of it.
    4. `slow_time` says how far a step goes on the clock of the limit: the limit runs to the horizon T on that clock.
    5. Beyond `stable` / λ_max as learning rate it leaves a quadratic valley without noise.
    6. What is not finite freezes the path at the last point it held, and is counted: `step` hides nothing.
    """

    name: ClassVar[str]
    stable: ClassVar[float]  # of η λ_max

    def step(self, landscape: LandscapeGraph, noise: Noise, values: ca.SX, draws: ca.SX, learning_rate: ca.SX) -> ca.SX:
        """x after one step, (D,)."""
        raise NotImplementedError

    def slow_time(self, learning_rate: float) -> float:
        """Slow time of one step."""
        raise NotImplementedError

    def stepper(
        self, landscape: Landscape, noise: Noise, start: np.ndarray, learning_rate: float, seed: int, block: int, width: int
    ) -> TapeStepper:
        """A block of `width` paths from `start` (D,)."""
        tape = _step_tape(self, landscape.definition, noise.canonical)
        draws = noise.draws(landscape_graph(landscape.definition))
        parameters = (*landscape.values, *noise.values, learning_rate)
        return TapeStepper(tape, parameters, start, width, draws, (seed, SGD, block))


@built_once(128)
def _step_tape(optimizer: Optimizer, definition: Definition, noise: Noise) -> Tape:
    landscape = landscape_graph(definition)
    noise.check(landscape)
    values, learning_rate = ca.SX.sym("values", len(noise.values)), ca.SX.sym("eta")
    draws = ca.SX.sym("draws", sum(draw.size for draw in noise.draws(landscape)))
    step = optimizer.step(landscape, noise, values, draws, learning_rate)
    return compile_tape([landscape.x, draws], ca.vertcat(landscape.p, values, learning_rate), [step])
