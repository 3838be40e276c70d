"""The distance to Γ: from x to the nearest point of Γ, which is not Φ(x).

The nearest point y solves f(y) = 0, P(y)(x − y) = 0. The foot-point iteration y ← y + P(y)(x − y) − H†∇L(y) solves both at once; it
contracts where the distance is small against Γ's radius of curvature. Elsewhere (the fast phase) it starts from the nearest of
known points of Γ and goes down by steps that are halved until they shorten the distance.
"""

from __future__ import annotations

import casadi as ca
import numpy as np
from scipy.spatial import cKDTree

from dynamics.building import built_once
from dynamics.evaluation import evaluate_tape
from dynamics.frame import normal_frame
from dynamics.graph import Definition, LandscapeGraph, landscape_graph
from dynamics.landscape import Landscape
from dynamics.tape import Tape, compile_tape

ITERATIONS = 5
CLOSE = 0.5  # the tangential part of x − y after Newton's step, relative to ‖x − y‖, up to which the iteration is trusted
SETTLED = 1e-3  # relative change of the foot point; the distance errs by half its square
MAX_DESCENT = 60


def _corrections(landscape: LandscapeGraph, rank: int, point: ca.SX, target: ca.SX) -> tuple[ca.SX, ca.SX]:
    """H†∇L(y) and P(y)(x − y) at y = `point` for x = `target`."""
    if landscape.residuals is not None and rank == landscape.residuals.numel():
        jacobian = landscape.at(landscape.jacobian, point)
        gram = jacobian @ jacobian.T
        away = ca.solve(gram, ca.horzcat(landscape.at(landscape.residuals, point), jacobian @ (target - point)))
        normal = jacobian.T @ away
        return normal[:, 0], target - point - normal[:, 1]
    frame = normal_frame(landscape, ca.SX(rank))
    offset = ca.SX.sym("offset", landscape.dimension)
    step, tangent = frame.pseudo_inverse(landscape.gradient), frame.tangent(offset)
    return landscape.at(step, point), ca.substitute(landscape.at(tangent, point), offset, target - point)


@built_once(128)
def _foot_tapes(definition: Definition, rank: int) -> tuple[Tape, Tape]:
    """x -> ‖x − y‖, trust (≤ 0 = trusted); and (y, x) -> y + P(x − y), its Newton step."""
    landscape = landscape_graph(definition)
    x, y = landscape.x, ca.SX.sym("y", landscape.dimension)
    newton, tangential = _corrections(landscape, rank, y, x)
    correct = ca.Function("correct", [y, x, landscape.p], [newton, tangential])
    foot = x
    for iteration in range(1 + ITERATIONS):
        step, along = correct(foot, x, landscape.p)
        change = along - step
        if iteration == 1:
            sideways = ca.sumsqr(along) - CLOSE**2 * ca.sumsqr(x - foot)
        foot = foot + change
    squared = ca.sumsqr(x - foot) + 1e-20 * (1 + ca.sumsqr(x))
    unsettled = ca.sumsqr(change) - SETTLED**2 * squared
    # Newton's step also rests at critical points of positive loss.
    loss, trace = landscape.at(landscape.loss, foot), landscape.at(ca.trace(landscape.hessian), foot)
    above = loss - SETTLED**2 / 2 * ca.fmax(trace, 0) * squared
    near = compile_tape([x], landscape.p, [ca.norm_2(x - foot), ca.fmax(ca.fmax(sideways, unsettled), above)])
    return near, compile_tape([y, x], landscape.p, [tangential, newton])


def distance_to_manifold(landscape: Landscape, rank: int, X, known: cKDTree | None = None) -> np.ndarray:
    """The distance from each point of X (..., D) to Γ, (...); NaN where it was not found.

    `known` holds points of Γ spread along it; without them only the iteration from x itself is tried.
    """
    X = np.asarray(X, dtype=float)
    near, _ = _foot_tapes(landscape.definition, rank)
    with np.errstate(all="ignore"):
        found = evaluate_tape(near, X, landscape.values)
        distance = found[..., 0]
        far = ~(found[..., 1] <= 0.0) & np.isfinite(X).all(axis=-1)
        distance[~(found[..., 1] <= 0.0)] = np.nan
        if far.any() and known is not None:
            distance[far] = _from_known(landscape, rank, X[far], known)
    return distance


def _from_known(landscape: Landscape, rank: int, X: np.ndarray, known: cKDTree) -> np.ndarray:
    _, corrections = _foot_tapes(landscape.definition, rank)
    best, index = known.query(X)
    foot = known.data[index]
    scale = np.ones(len(X))
    active = np.arange(len(X))
    for _ in range(MAX_DESCENT):
        here = foot[active]
        along = evaluate_tape(corrections, np.concatenate([here, X[active]], -1), landscape.values)[:, : X.shape[1]]
        trial = here + scale[active, None] * along
        for _ in range(2):
            trial -= evaluate_tape(corrections, np.concatenate([trial, X[active]], -1), landscape.values)[:, X.shape[1] :]
        length = np.linalg.norm(X[active] - trial, axis=-1)
        shorter = length < best[active]
        gain = best[active] - length
        moved = active[shorter]
        foot[moved], best[moved] = trial[shorter], length[shorter]
        scale[active[~shorter]] /= 2
        settled = np.where(shorter, gain < SETTLED**2 * length, scale[active] < 1e-3)
        active = active[~settled]
        if len(active) == 0:
            break
    return best
