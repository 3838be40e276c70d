"""Gradient flow and its limit map Φ(x) = lim φ(x, τ) (theory section 1).

How Φ is computed to 1e-9. Each point follows x' = −∇L with SciPy's DOP853 tableau and a step size of its own until its Newton
displacement d from Γ is below `LANDING`; plain Newton from there would leave the flow line's end point by O(d²). So the landing
uses Φ(y + d) = y + P d + ½ ∂²Φ[d dᵀ] + O(d³) (theory section 3) at the Newton foot y, and one more Newton step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import casadi as ca
import numpy as np
from scipy.integrate import DOP853, LSODA, OdeSolution

from dynamics.arrays import point_of, points_of
from dynamics.engine import interpreter
from dynamics.engine.blas import one_thread
from dynamics.engine.building import built_once
from dynamics.engine.compiled import kernel
from dynamics.engine.graph import Definition, landscape_graph
from dynamics.engine.tape import Tape, compile_tape
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.coefficients import second_derivative_of_limit_map
from dynamics.limit.frame import normal_frame

LANDING = 1e-4  # relative to 1 + ‖x‖
RESTED = 0.01  # of LANDING: Newton's last step, which is O(LANDING³) where ∇²L keeps its rank
RELATIVE_TOLERANCE = 1e-11
MAX_STEPS = 20_000
BOUND = 1e8
AWAY = 1e5  # relative to 1 + ‖start‖: gradient flow that gets there does not come back
ZERO_LOSS = 1e-12  # a foot point with a larger loss, relative to the loss scale, is not on Γ
VANISHING = 1e-6  # of the loss at the start: what is left of a loss that goes to 0 too slowly
RANK_TOLERANCE = 1e-6
POLL_SECONDS = 0.03
WIDTH = 64

LANDED, WENT_AWAY, TOO_SLOW, POSITIVE_LOSS = range(4)
REASONS = {
    WENT_AWAY: "gradient flow leaves every bounded region or the domain of the loss",
    TOO_SLOW: "gradient flow has not come to rest: it slows down as it does where ∇²L loses rank",
    POSITIVE_LOSS: "gradient flow ends at a point where the loss is not zero",
}

_A = np.ascontiguousarray(DOP853.A[:12, :12])
_B = np.ascontiguousarray(DOP853.B)
_E3 = np.ascontiguousarray(DOP853.E3)
_E5 = np.ascontiguousarray(DOP853.E5)


@dataclass(frozen=True)
class FlowTapes:
    gradient: Tape  # x -> ∇L
    newton: Tape  # x -> x − H†∇L, ‖H†∇L‖, smallest and largest selected eigenvalue, L
    landing: Tape  # (y, d) -> Φ(y + d) to second order


@built_once(128)
def flow_tapes(definition: Definition, rank: int) -> FlowTapes:
    """For landscapes of `rank` of H on Γ. Uniform inputs: the landscape's parameters."""
    landscape = landscape_graph(definition)
    displacement = ca.SX.sym("d", landscape.dimension)
    frame = normal_frame(landscape, rank)
    step = frame.pseudo_inverse(landscape.gradient)
    landed = landscape.x + frame.tangent(displacement) + second_derivative_of_limit_map(landscape, frame, displacement)
    return FlowTapes(
        gradient=compile_tape([landscape.x], landscape.p, [landscape.gradient]),
        newton=compile_tape(
            [landscape.x],
            landscape.p,
            [landscape.x - step, ca.norm_2(step), frame.smallest, frame.largest, landscape.loss],
            frame.solved,
        ),
        landing=compile_tape([landscape.x, displacement], landscape.p, [landed], frame.solved),
    )


@kernel
def descend(gradient_code, gradient_rows, gradient_work, newton_code, newton_rows, newton_work, landing_code, landing_rows,
            landing_work, A, B, E3, E5, x, width, relative_tolerance, landing, max_steps, bound, outcome):  # fmt: skip
    """Carry the columns of x (D, width) along gradient flow to Γ, in place; outcome[i] is LANDED or why not."""
    dimension = x.shape[0]
    stages = np.empty((13, dimension, width))
    trial = np.empty((dimension, width))
    h = np.empty(width)
    running = np.ones(width, dtype=np.bool_)
    left = width
    for i in range(width):
        outcome[i] = TOO_SLOW
    _gradient(gradient_code, gradient_rows, gradient_work, x, stages[0], width)
    for i in range(width):
        size, slope = 0.0, 0.0
        for d in range(dimension):
            size += x[d, i] ** 2
            slope += stages[0, d, i] ** 2
        h[i] = 0.01 * (1.0 + np.sqrt(size)) / (np.sqrt(slope) + 1e-12)
        h[i] = min(h[i], 1e3)
    left = _settle(newton_code, newton_rows, newton_work, x, width, landing, bound, running, outcome)
    for _ in range(max_steps):
        if left == 0:
            break
        for stage in range(1, 13):
            for d in range(dimension):
                for i in range(width):
                    trial[d, i] = 0.0
                for s in range(stage):
                    a = A[stage, s] if stage < 12 else B[s]
                    if a != 0.0:
                        for i in range(width):
                            trial[d, i] += a * stages[s, d, i]
                for i in range(width):
                    trial[d, i] = x[d, i] + h[i] * trial[d, i]
            _gradient(gradient_code, gradient_rows, gradient_work, trial, stages[stage], width)
        for i in range(width):
            if not running[i]:
                continue
            error3, error5 = 0.0, 0.0
            for d in range(dimension):
                e3, e5 = 0.0, 0.0
                for s in range(13):
                    e3 += E3[s] * stages[s, d, i]
                    e5 += E5[s] * stages[s, d, i]
                scale = relative_tolerance * (0.1 + max(abs(x[d, i]), abs(trial[d, i])))
                error3 += (e3 / scale) ** 2
                error5 += (e5 / scale) ** 2
            total = error5 + 0.01 * error3
            error = 0.0 if total == 0.0 else h[i] * error5 / np.sqrt(total * dimension)
            if error < 1.0:
                for d in range(dimension):
                    x[d, i] = trial[d, i]
                    stages[0, d, i] = stages[12, d, i]
                h[i] *= min(10.0, 0.9 * max(error, 1e-10) ** -0.125)
            elif error >= 1.0:
                h[i] *= max(0.2, 0.9 * error**-0.125)
            else:
                h[i] *= 0.2
            if h[i] < 1e-14:
                running[i] = False
                outcome[i] = WENT_AWAY
        left = _settle(newton_code, newton_rows, newton_work, x, width, landing, bound, running, outcome)
    _land(newton_code, newton_rows, newton_work, landing_code, landing_rows, landing_work, x, width, landing, outcome)


@kernel
def _gradient(code, rows, work, x, slope, width):
    """slope = −∇L(x)."""
    dimension = x.shape[0]
    for d in range(dimension):
        for i in range(width):
            work[d, i] = x[d, i]
    interpreter.run(code, work, width)
    for d in range(dimension):
        for i in range(width):
            slope[d, i] = -work[rows[d], i]


@kernel
def _newton(code, rows, work, x, width):
    for d in range(x.shape[0]):
        for i in range(width):
            work[d, i] = x[d, i]
    interpreter.run(code, work, width)


@kernel
def _settle(code, rows, work, x, width, landing, bound, running, outcome):
    """Stop the paths that are close enough to Γ or beyond the bound; return how many run on."""
    dimension = x.shape[0]
    _newton(code, rows, work, x, width)
    left = 0
    for i in range(width):
        if not running[i]:
            continue
        size = 0.0
        for d in range(dimension):
            size += x[d, i] ** 2
        size = np.sqrt(size)
        distance, smallest, loss = work[rows[dimension], i], work[rows[dimension + 1], i], work[rows[dimension + 3], i]
        if not size <= bound:
            running[i] = False
            outcome[i] = WENT_AWAY
        elif smallest > 0.0 and distance <= landing * (1.0 + size):
            running[i] = False
            # Close to Γ the loss is at most ½ λ_max d²; more of it means a critical point of positive loss.
            near = abs(loss) <= 4.0 * (0.5 * work[rows[dimension + 2], i] * distance**2) + 1e-14
            outcome[i] = LANDED if near else POSITIVE_LOSS
        else:
            left += 1
    return left


@kernel
def _land(newton_code, newton_rows, newton_work, code, rows, work, x, width, landing, outcome):
    """Φ of points that are close to Γ. Where ∇²L vanishes on Γ, Newton's method still moves after all these steps."""
    dimension = x.shape[0]
    foot = x.copy()
    for _ in range(3):
        _newton(newton_code, newton_rows, newton_work, foot, width)
        for d in range(dimension):
            for i in range(width):
                foot[d, i] = newton_work[newton_rows[d], i]
    for d in range(dimension):
        for i in range(width):
            work[d, i] = foot[d, i]
            work[dimension + d, i] = x[d, i] - foot[d, i]
    interpreter.run(code, work, width)
    for d in range(dimension):
        for i in range(width):
            foot[d, i] = work[rows[d], i]
    _newton(newton_code, newton_rows, newton_work, foot, width)
    for i in range(width):
        if outcome[i] == LANDED:
            size = 0.0
            for d in range(dimension):
                x[d, i] = newton_work[newton_rows[d], i]
                size += x[d, i] ** 2
            if not newton_work[newton_rows[dimension], i] <= RESTED * landing * (1.0 + np.sqrt(size)):
                outcome[i] = TOO_SLOW


class Descent:
    """Bound tapes for carrying blocks of at most `width` points to Γ; one per thread."""

    def __init__(self, landscape: Landscape, rank: int, width: int = WIDTH, tolerance: float = RELATIVE_TOLERANCE) -> None:
        tapes = flow_tapes(landscape.definition, rank)
        self.width, self.tolerance = width, tolerance
        self.arguments = [
            part
            for tape in (tapes.gradient, tapes.newton, tapes.landing)
            for part in (tape.body, tape.outputs, tape.bind(landscape.values, width))
        ]

    def __call__(self, columns: np.ndarray) -> np.ndarray:
        """Replace columns (D, ≤ width) by their Φ; return what became of each."""
        outcome = np.empty(columns.shape[1], dtype=np.int64)
        descend(
            *self.arguments, _A, _B, _E3, _E5, columns, columns.shape[1], self.tolerance, LANDING, MAX_STEPS, BOUND, outcome
        )  # fmt: skip
        return outcome


def limit_map_with_outcome(landscape: Landscape, X: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Φ(X) (..., D) and what became of each point (...): LANDED, or NaN coordinates and another code."""
    X = np.asarray(X, dtype=float)
    columns = np.array(X.reshape(-1, landscape.dimension).T, order="C")
    descent = Descent(landscape, rank)
    outcome = np.empty(columns.shape[1], dtype=np.int64)
    for start in range(0, columns.shape[1], WIDTH):
        block = np.ascontiguousarray(columns[:, start : start + WIDTH])
        outcome[start : start + WIDTH] = descent(block)
        columns[:, start : start + WIDTH] = block
    columns[:, outcome != LANDED] = np.nan
    return columns.T.reshape(X.shape), outcome.reshape(X.shape[:-1])


def limit_map(landscape: Landscape, X) -> np.ndarray:
    """Φ(X), (..., D): where gradient flow from each point ends, to about 1e-9.

    Raises ValueError, with a sentence, if gradient flow from some point does not end on the zero-loss manifold.
    """
    X = points_of(X, landscape.dimension)
    points = X.reshape(-1, landscape.dimension)
    if not len(points):
        return X
    rank = rank_on_manifold(landscape, flow_end(landscape, points[0]))
    limits, outcome = limit_map_with_outcome(landscape, X, rank)
    if (outcome != LANDED).any():
        worst = int(np.argmax(outcome.ravel() != LANDED))
        raise ValueError(f"There is no Φ at {np.round(points[worst], 4).tolist()}: {REASONS[int(outcome.ravel()[worst])]}.")
    return limits


@dataclass(frozen=True)
class Flow:
    """Gradient flow from one point: `times` (K,) fast time τ, `points` (K, D)."""

    times: np.ndarray
    points: np.ndarray


@one_thread()
def gradient_flow(
    landscape: Landscape,
    start,
    samples: int = 200,
    cancel: Callable[[], bool] | None = None,
    max_steps: int = MAX_STEPS,
    metric: np.ndarray | None = None,
) -> Flow:
    """Gradient flow from `start` (D,) until it rests, by SciPy's LSODA, sampled evenly in the square root of fast time.

    With a `metric` S (D,) it is x' = −S∇L, the flow of an optimizer that scales each coordinate. `cancel` is asked whenever
    POLL_SECONDS have passed. Raises ValueError, with a sentence, if the flow does not come to rest or is cancelled.
    """
    start = point_of(start, landscape.dimension)
    scale = 1.0 + float(np.linalg.norm(start))

    first = landscape.gradient(start)
    if not np.isfinite(first).all():
        raise ValueError("The loss is not defined at the start point.")
    stiffness = max(float(landscape.sharpness(start)), float(np.linalg.norm(first)) / scale, 1e-6)
    rest = 1e-9 * stiffness * scale
    if np.linalg.norm(first) <= rest:
        return Flow(np.zeros(1), start[None])
    scales = np.ones(len(start)) if metric is None else metric
    solver = LSODA(
        lambda _, x: -scales * landscape.gradient(x), 0.0, start, 1e6 / (stiffness * scales.min()), rtol=1e-9, atol=1e-11,
        jac=lambda _, x: -scales[:, None] * landscape.hessian(x),
    )  # fmt: skip
    times, pieces, reason = [0.0], [], TOO_SLOW
    asked = time.monotonic()
    with np.errstate(all="ignore"):
        for _ in range(max_steps):
            if cancel is not None and time.monotonic() > asked + POLL_SECONDS:
                asked = time.monotonic()
                if cancel():
                    raise ValueError("Gradient flow was cancelled.")
            solver.step()
            if solver.status == "failed" or solver.t == times[-1] or not np.abs(solver.y).max() <= AWAY * scale:
                reason = WENT_AWAY  # also in finite time, where the steps shrink to nothing
                break
            times.append(solver.t)
            pieces.append(solver.dense_output())
            slope = np.linalg.norm(landscape.gradient(solver.y))
            if slope <= rest:
                rest = min(rest, 1e-9 * max(float(landscape.sharpness(solver.y)), 1e-6) * scale)  # Γ can be softer than the start
                if slope <= rest:
                    reason = LANDED
                    break
            if solver.status == "finished":
                break
    if reason != LANDED:
        raise ValueError(f"There is no Φ at the start point: {REASONS[reason]}.")
    at = times[-1] * np.linspace(0.0, 1.0, samples) ** 2
    return Flow(at, OdeSolution(times, pieces)(at).T)


def flow_end(landscape: Landscape, start) -> np.ndarray:
    """Where `gradient_flow` rests, (D,). Raises ValueError if it does not, or if the loss there is not zero."""
    return zero_loss_end(landscape, gradient_flow(landscape, start, samples=2))


def zero_loss_end(landscape: Landscape, flow: Flow) -> np.ndarray:
    """Where a flow rests, (D,). Raises ValueError if the loss there is not zero."""
    start, end = flow.points[0], flow.points[-1]
    stiffness, loss = max(float(landscape.sharpness(end)), 1e-12), abs(float(landscape.loss(end)))
    if loss > ZERO_LOSS * max(1.0, stiffness) * (1 + end @ end):
        if loss < VANISHING * abs(float(landscape.loss(start))):
            raise ValueError(f"There is no Φ at the start point: {REASONS[TOO_SLOW]}.")
        raise ValueError(
            f"There is no zero-loss point here: {REASONS[POSITIVE_LOSS]} (L = {float(landscape.loss(end)):.3g}). "
            "Choose another start, or a loss that reaches 0."
        )
    return end


def hessian_rank(hessian) -> np.ndarray:
    """The numerical rank of Hessians (..., D, D) at points of Γ, (...) int: D − dim Γ."""
    eigenvalues = np.linalg.eigvalsh(hessian)
    largest = eigenvalues[..., -1]
    return np.where(largest > 1e-12, (eigenvalues > RANK_TOLERANCE * largest[..., None]).sum(axis=-1), 0)


def rank_on_manifold(landscape: Landscape, point) -> int:
    """The rank of ∇²L at a point of Γ (D,). Raises ValueError where the Hessian vanishes."""
    rank = int(hessian_rank(landscape.hessian(point)))
    if rank == 0:
        raise ValueError("The Hessian vanishes where gradient flow ends: the theory needs a positive rank.")
    return rank
