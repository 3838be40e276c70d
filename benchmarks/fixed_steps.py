"""A rival of the limit's integrator: steps of one length for all paths, and a retraction in the frame of the point before.

Euler–Maruyama, then three corrections −H†∇L with H† held fixed: a chord iteration. A path that does not find back to Γ is lost.
"""

from __future__ import annotations

from functools import partial

import casadi as ca
import numpy as np

from dynamics.engine.building import built_once
from dynamics.engine.ensemble import Ensemble, Progress, TapeStepper, run_ensemble
from dynamics.engine.graph import Definition, landscape_graph
from dynamics.engine.randomness import LIMIT, Draw
from dynamics.engine.tape import Tape, compile_tape
from dynamics.limit.coefficients import PARTS, limit_coefficients
from dynamics.limit.frame import normal_frame
from dynamics.limit.schemes.base import Problem
from dynamics.noise import Noise

RETRACTIONS = 3
OFF_MANIFOLD = 1e-3  # a last correction larger than this, relative to 1 + ‖x‖, means that Γ was lost


@built_once(128)
def _step_tape(definition: Definition, noise: Noise, rank: int) -> tuple[Tape, int]:
    landscape = landscape_graph(definition)
    values, step = ca.SX.sym("values", len(noise.values)), ca.SX.sym("h")
    frame = normal_frame(landscape, rank)
    coefficients = limit_coefficients(landscape, frame, noise.factor(landscape, values))
    draws = ca.SX.sym("draws", coefficients.tangent_factor.size2())
    point = landscape.x + step * coefficients.drift(PARTS) + ca.sqrt(step) * (coefficients.tangent_factor @ draws)
    for _ in range(RETRACTIONS):
        correction = frame.pseudo_inverse(landscape.at(landscape.gradient, point))
        point = point - correction
    alarm = ca.sumsqr(correction) - OFF_MANIFOLD**2 * (1 + ca.sumsqr(point))
    tape = compile_tape([landscape.x, draws], ca.vertcat(landscape.p, values, step), [point, alarm], frame.solved)
    return tape, draws.numel()


def fixed_steps(problem: Problem, horizon: float, steps: int, paths: int) -> Ensemble:
    """`paths` paths at slow time `horizon`, after `steps` steps."""
    run = partial(_stepper, problem, horizon / steps)
    return run_ensemble(run, np.array([steps]), paths, len(problem.start), Progress(1.0, None, None))


def _stepper(problem: Problem, step: float, block: int, width: int) -> TapeStepper:
    landscape, noise = problem.landscape, problem.noise
    tape, size = _step_tape(landscape.definition, noise.canonical, problem.rank)
    parameters = (*landscape.values, *noise.values, step)
    return TapeStepper(tape, parameters, problem.start, width, (Draw("normal", size),), (problem.seed, LIMIT, block))
