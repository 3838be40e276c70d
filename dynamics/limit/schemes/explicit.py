"""Euler–Maruyama on the explicit coefficients, then a retraction onto Γ (theory section 4).

A kick v along Γ is to end where the geodesic of its length does: at x + v + w + …, with w = ½ II(v, v) in the normal space. That is
the tangent part of the drift (its mean is −½ H† T[Σ_t]), so the retraction brings that part itself. It is Newton's method in the
normal space, with a new frame at every step: it converges quadratically, and from a step whose kick turns by `Pace.turn` it takes
two or three. Where it comes down it has shortened the kick: on a circle it takes v to the angle atan ‖v‖. So the kick is lengthened
by the share ⅓ (2‖w‖/‖v‖)², w as Newton's first step finds it. On curves that is the geodesic to third order, and what is left of a
step's error in the variance of the way is of second order in its length; on a sphere a third is left of what retraction with the
drift's tangent part has.

Without its tangent part the SDE itself leaves Γ: there is no retraction then, to show it. Away from Γ the coefficients are those
of the frame there.
"""

from __future__ import annotations

import math

import casadi as ca
import numpy as np

from dynamics.engine import interpreter
from dynamics.engine.building import built_once
from dynamics.engine.compiled import kernel
from dynamics.engine.ensemble import BOUND
from dynamics.engine.graph import Definition
from dynamics.engine.tape import Tape, compile_tape
from dynamics.limit.coefficients import PARTS
from dynamics.limit.flow import flow_tapes
from dynamics.limit.limiting import OF_SGD, Limiting, site_of
from dynamics.limit.schemes import marching
from dynamics.limit.schemes.base import Pace, Problem, Scheme
from dynamics.limit.schemes.marching import SLICE, Marcher
from dynamics.noise import Noise

RETRACTIONS = 8
LENGTHENED = 4 / 3  # the share by which a kick is, relative to (‖w‖/‖v‖)²;
MOST_LENGTHENED = 0.2  # and at most
RESTED = 1e-5  # length of Newton's last step, relative to 1 + ‖x‖: the square of it is what is left
STRAY = 0.5


@built_once(128)
def coefficient_tape(
    definition: Definition,
    noise: Noise,
    rank: int,
    parts: tuple[str, ...] = PARTS,
    limiting: Limiting = OF_SGD,
) -> Tape:
    """Inputs x (D) and the slow variables (R); outputs: their drift along Γ (S = D + R), P σ (S, m), turning rate of Γ
    (`limit.turning`), λ_min, λ_max."""
    site = site_of(definition, noise, rank, limiting)
    coefficients = limiting.coefficients(site)
    along = coefficients.drift([part for part in parts if part != "tangent"])
    factor = coefficients.tangent_factor
    if coefficients.slow is not None:
        along, factor = ca.vertcat(along, coefficients.slow), ca.vertcat(factor, ca.SX.zeros(site.slow.numel(), factor.size2()))
    outputs = [along, factor, coefficients.turning, site.frame.smallest, site.frame.largest]
    return compile_tape([site.landscape.x, site.slow], site.parameters, outputs, (*site.frame.solved, *coefficients.solved))


class NewtonMarcher(Marcher):
    """A march whose retraction is Newton's method: all of it compiled. Without `returns` paths may leave Γ."""

    def __init__(self, problem: Problem, pace: Pace, block: int, width: int) -> None:
        landscape, noise, self.returns = problem.landscape, problem.noise, "tangent" in problem.parts
        tape = coefficient_tape(landscape.definition, noise.canonical, problem.rank, problem.parts, problem.limiting.canonical)
        super().__init__(
            tape, problem.values, problem.state, width, pace, (problem.seed, block),
            stray=STRAY if self.returns else math.inf,
        )  # fmt: skip
        back = flow_tapes(landscape.definition, problem.rank).newton
        self.newton = back.body, back.outputs, back.bind(landscape.values, width)

    def retract(self, points: np.ndarray, origins: np.ndarray) -> np.ndarray:
        arrived = np.ones(points.shape[1], dtype=np.bool_)
        if self.returns:
            newton(*self.newton, points, origins, arrived)
        return arrived

    def advance(self, targets: np.ndarray, frames: np.ndarray, rules: np.ndarray) -> bool:
        return march(
            self.tape.body, self.tape.outputs, self.work, *self.newton, self.returns, self.walk, targets, frames, rules,
            BOUND, self.stray,
        )  # fmt: skip


@kernel
def march(code, outputs, work, back_code, back_outputs, back_work, returns, walk, targets, frames, rules, bound, stray):
    """SLICE steps of every path, as `Marcher.advance`."""
    end = targets[-1]
    underway = np.empty(len(walk.time), dtype=np.int64)
    for _ in range(SLICE):
        count = 0
        for i in range(len(walk.time)):
            underway[count] = i
            count += walk.frozen_at[i] < 0.0 and walk.time[i] < end
        if count == 0:
            return False
        kicked = np.empty((walk.x.shape[0], count))
        going = marching.kick(code, outputs, work, walk, underway[:count], kicked, rules, end, True)
        if going < count:
            marching.hold(walk, frames)
        landed, arrived = kicked[:, :going].copy(), np.ones(going, dtype=np.bool_)
        if returns:
            newton(back_code, back_outputs, back_work, landed, walk.x[:, underway[:going]], arrived)
        inside = marching.judge(walk, underway[:going], kicked, landed, arrived, targets, bound, stray)
        if inside > 0:
            spots, place, frame = marching.within(walk, underway[:going], targets, inside, True)
            reached = np.ones(inside, dtype=np.bool_)
            if returns:
                newton(back_code, back_outputs, back_work, spots, walk.x[:, underway[place]], reached)
            marching.keep_within(walk, underway, landed, targets, frames, spots, reached, place, frame)
        marching.move_on(walk, underway[:going], landed, targets, frames)
    return True


@kernel
def newton(code, outputs, work, points, origins, arrived):
    """Carry the first D rows of points (≥ D, n), kicked from `origins` (≥ D, n), to Γ by x ← x − H†∇L with the frame at x, in
    place, until a step is short; after the first one the kick is lengthened.

    `arrived` (n,) says which have come to rest. The columns that are not yet there stand at the front of `work`.
    """
    dimension, width = len(outputs) - 4, work.shape[1]
    left = np.empty(width, dtype=np.int64)
    longer, kick, size = np.zeros(width), np.zeros(width), np.zeros(width)
    for start in range(0, points.shape[1], width):
        count = min(width, points.shape[1] - start)
        for j in range(count):
            left[j] = start + j
            kick[j] = 0.0
        for d in range(dimension):
            for j in range(count):
                kick[j] += (points[d, start + j] - origins[d, start + j]) ** 2
        for iteration in range(RETRACTIONS):
            if count == 0:
                break
            for d in range(dimension):
                for j in range(count):
                    work[d, j] = points[d, left[j]]
            interpreter.run(code, work, count)
            steps = work[outputs[dimension]]
            for j in range(count):
                longer[j], size[j] = 0.0, 0.0
                if iteration == 0 and kick[j] > 0.0:
                    longer[j] = min(MOST_LENGTHENED, LENGTHENED * steps[j] ** 2 / kick[j])
            for d in range(dimension):
                for j in range(count):
                    i = left[j]
                    points[d, i] = work[outputs[d], j] + longer[j] * (points[d, i] - origins[d, i])
                    size[j] += points[d, i] ** 2
            remaining = 0
            for j in range(count):
                i = left[j]
                arrived[i] = steps[j] <= RESTED * (1.0 + np.sqrt(size[j]))
                if not arrived[i] and np.isfinite(steps[j]) and np.isfinite(size[j]):
                    left[remaining] = i
                    remaining += 1
            count = remaining


EXPLICIT = Scheme(
    name="explicit",
    title="Euler–Maruyama with retraction",
    strong_order=0.5,
    weak_order=1.0,
    cost=8.0,
    stepper=NewtonMarcher,
)
