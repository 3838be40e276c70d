"""An experiment carried out: gradient flow to Γ, SGD, the limiting SDE from where the flow ends, and what to plot of both."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import numpy as np
from scipy.spatial import cKDTree

from dynamics import observables
from dynamics.engine.budget import LIMIT_STEPS
from dynamics.engine.ensemble import POLL_SECONDS, Ensemble, Progress, run_ensemble, threads_available
from dynamics.experiment import Experiment
from dynamics.landscapes.catalogue import manifold_samples
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import Flow, gradient_flow, limit_map_with_outcome, rank_on_manifold, zero_loss_end
from dynamics.limit.schemes import SCHEMES
from dynamics.limit.schemes.base import RANK_CHANGED, Pace, Problem
from dynamics.observables import Observable, Summary, absent, summarize
from dynamics.outcome import Outcome, Status
from dynamics.sgd import sgd_stepper
from dynamics.stability import STABLE, all_but_rare, largest_met

FAST_FRAMES = 0.25  # of the frames, for the fast phase
ARRIVED = 1e-2  # the fast phase ends when gradient flow has covered all but this part of its way, and half as long again
OBSERVED_COST = 15.0  # of measuring a point, in steps of SGD
KNOWN_POINTS = 4_000
MOMENTS = 32  # at which the limit's paths are looked at to say why SGD diverged
MOST_SEEN = 2_000  # of the limit's paths, likewise


def simulate(
    experiment: Experiment,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    workers: int | None = None,
) -> Outcome:
    """Carry out an experiment.

    `progress` hears the fraction done, a few times a second and from this thread; `cancel` is asked as often, and once it answers
    True the outcome so far comes back with status "cancelled". `workers` threads (all cores by default) do not change the result.

    Trouble is a status of the outcome. Raises ValueError only if gradient flow cannot be followed from the start at all.
    """
    landscape, workers = experiment.landscape, workers or threads_available()
    watch = Progress(math.inf, progress, cancel)  # until it is known how much there is to do
    flow, problem, missing = arrival(experiment, watch)
    steps = frame_steps(experiment, _fast_steps(experiment, flow))
    times = steps * experiment.learning_rate**2
    frames, paths, dimension = len(steps), experiment.paths, landscape.dimension

    scheme, pace = SCHEMES[experiment.scheme], limit_pace(experiment)
    limit_cost = scheme.cost * experiment.cost.limit_steps
    watch.total = paths * (steps[-1] + 2 * frames * OBSERVED_COST + (limit_cost if problem else 0))

    sgd = run_ensemble(
        partial(sgd_stepper, landscape, experiment.noise, np.array(experiment.start), experiment.learning_rate, experiment.seed),
        steps, paths, dimension, watch, threads=workers,
    )  # fmt: skip
    if problem:
        limit = run_ensemble(
            partial(scheme.stepper, problem, pace), times, paths, dimension, watch, limit_cost, workers
        )  # fmt: skip
    else:
        nobody = np.full(paths, -1, dtype=np.int64)
        limit = Ensemble(np.full_like(sgd.points, np.nan), nobody, nobody, frames)

    sgd_frozen, limit_frozen = _frozen_frames(sgd, steps), _frozen_frames(limit, times)
    return Outcome(
        experiment=experiment,
        steps=steps,
        times=times,
        sgd=sgd.points,
        limit=limit.points,
        sgd_frozen=sgd_frozen,
        limit_frozen=limit_frozen,
        flow=flow,
        observables=_observed(experiment, problem, sgd.points, sgd_frozen, limit.points, limit_frozen, watch, workers),
        status=_status(experiment, sgd, limit, limit_frozen, steps, missing, watch.stopped),
        stability=experiment.learning_rate * float(landscape.sharpness(problem.start)) if problem else None,
        rank=problem.rank if problem else None,
    )


def arrival(experiment: Experiment, watch: Progress) -> tuple[Flow, Problem | None, str]:
    """Gradient flow, and the limit's problem where it ends on Γ; else why there is none."""
    landscape, start = experiment.landscape, np.array(experiment.start)

    def unwanted() -> bool:
        watch.poll()
        return watch.stopped

    try:
        flow = gradient_flow(landscape, start, cancel=unwanted)
    except ValueError as error:
        return Flow(np.zeros(1), start[None]), None, str(error)
    try:
        end = zero_loss_end(landscape, flow)
        rank = rank_on_manifold(landscape, end)
        end = limit_map_with_outcome(landscape, start, rank)[0]
        if not np.isfinite(end).all():
            raise ValueError("Gradient flow slows down where the Hessian loses rank: there is no limit to compare with.")
    except ValueError as error:
        return flow, None, str(error)
    return flow, Problem(landscape, experiment.noise, end, rank, experiment.seed, experiment.parts), ""


def _fast_steps(experiment: Experiment, flow: Flow) -> int:
    """SGD steps until gradient flow is close to its end."""
    left = np.linalg.norm(flow.points - flow.points[-1], axis=-1)
    arrived = int(np.argmax(left <= ARRIVED * left[0]))
    return max(1, round(1.5 * flow.times[arrived] / experiment.learning_rate))


def frame_steps(experiment: Experiment, fast_steps: int) -> np.ndarray:
    """The SGD steps k that are kept: F increasing integers from 0 to K, fewer where K + 1 < F."""
    last, frames = experiment.steps, experiment.frames
    match experiment.schedule:
        case "uniform":
            wanted = np.linspace(0, last, frames)
        case "logarithmic":
            wanted = np.concatenate([[0], np.geomspace(last, 1, frames - 1)[::-1]])
        case _:
            fast_frames = max(1, round(FAST_FRAMES * frames))
            fast = min(fast_steps, last * FAST_FRAMES)  # never denser in the slow phase than in the fast one
            slow = np.linspace(last, fast, frames - fast_frames)[::-1]
            wanted = np.concatenate([np.linspace(0, fast, fast_frames, endpoint=False), slow])
    if last + 1 <= frames:
        return np.arange(last + 1)
    return _distinct(np.round(wanted).astype(np.int64), last)


def _distinct(steps: np.ndarray, last: int) -> np.ndarray:
    """Increasing integers as close to `steps` as their number allows."""
    index = np.arange(len(steps))
    rising = np.maximum.accumulate(steps - index) + index
    return np.minimum(rising, last - index[::-1])


def limit_pace(experiment: Experiment) -> Pace:
    """How long the limit's steps may be: neither frames nor paths have a part in it, but the work that is allowed has."""
    return Pace(experiment.horizon / (LIMIT_STEPS * experiment.substeps), experiment.horizon / experiment.cost.most_limit_steps)


def _frozen_frames(ensemble: Ensemble, targets: np.ndarray) -> np.ndarray:
    frames = np.searchsorted(targets, ensemble.frozen_at)
    return np.where(ensemble.frozen_at >= 0, frames, -1).astype(np.int32)


def _observed(
    experiment: Experiment,
    problem: Problem | None,
    sgd: np.ndarray,
    sgd_frozen: np.ndarray,
    limit: np.ndarray,
    limit_frozen: np.ndarray,
    watch: Progress,
    workers: int,
) -> dict[str, Observable]:
    landscape, rank = experiment.landscape, problem.rank if problem else None
    leaves = "tangent" not in experiment.parts
    known = _known_points(landscape, limit[:0] if leaves else limit)
    of_sgd = _summaries(partial(observables.sgd_observables, landscape, rank, known=known), sgd, sgd_frozen, watch, workers)
    if problem is None:
        of_limit = {name: absent(len(limit)) for name in observables.NAMES}
    elif leaves:  # its own loss and distance: SGD's fluctuation about Γ says nothing of a path that is not on Γ
        of_limit = _summaries(
            partial(observables.sgd_observables, landscape, rank, known=known), limit, limit_frozen, watch, workers
        )
    else:
        measure = partial(observables.limit_observables, landscape, experiment.noise, problem.rank, experiment.learning_rate)
        of_limit = _summaries(measure, limit, limit_frozen, watch, workers)
    return {name: Observable(of_sgd[name], of_limit[name]) for name in observables.NAMES}


def _known_points(landscape: Landscape, limit: np.ndarray) -> cKDTree | None:
    """Points of Γ from its parametrization and from the limit's paths, to start the search for the nearest one."""
    visited = limit.reshape(-1, limit.shape[-1]).astype(float)
    visited = visited[:: 1 + len(visited) // KNOWN_POINTS]
    pieces = [piece.reshape(-1, landscape.dimension) for piece in manifold_samples(landscape)]
    points = np.concatenate([visited, *pieces])
    points = points[np.isfinite(points).all(axis=-1)]
    return cKDTree(points) if len(points) else None


def _summaries(
    measure: Callable[[np.ndarray], dict[str, np.ndarray]], points: np.ndarray, frozen: np.ndarray, watch: Progress, workers: int
) -> dict[str, Summary]:
    """Each observable over the paths that are still on their way, frame by frame; slices of frames on threads."""
    frames, paths = points.shape[:2]
    per_slice = max(1, 4096 // paths)
    slices = [slice(start, start + per_slice) for start in range(0, frames, per_slice)]

    def summaries(part: slice) -> dict[str, Summary]:
        if watch.stopped:
            return {name: absent(len(points[part])) for name in observables.NAMES}
        here = points[part].astype(float)
        here[(frozen >= 0) & (np.arange(frames)[part, None] >= frozen)] = np.nan
        with np.errstate(all="ignore"):
            measured = {name: summarize(values) for name, values in measure(here).items()}
        watch.add(here.shape[0] * paths * OBSERVED_COST)
        return measured

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(summaries, part) for part in slices]
        while wait(futures, timeout=POLL_SECONDS).not_done:
            watch.poll()
        parts = [future.result() for future in futures]
    watch.poll()
    return {name: _joined([part[name] for part in parts]) for name in observables.NAMES}


def _joined(parts: Sequence[Summary]) -> Summary:
    return Summary(*(np.concatenate([getattr(part, field) for part in parts]) for field in ("mean", "low", "high")))


def _status(
    experiment: Experiment,
    sgd: Ensemble,
    limit: Ensemble,
    limit_frozen: np.ndarray,
    steps: np.ndarray,
    missing: str,
    stopped: bool,
) -> Status:
    if stopped:
        reached = min(sgd.reached, limit.reached)
        step = int(steps[max(reached - 1, 0)])
        return Status("cancelled", step, 0, f"Cancelled: complete up to step {step:,} of {experiment.steps:,}.", "Run it again.")
    total = experiment.paths
    lost = sgd.frozen_at >= 0
    if lost.any():
        return _diverged(experiment, sgd, limit, lost, missing)
    if missing:
        return Status("left_manifold", 0, total, missing, "Try another start, or a loss that reaches 0 there.")
    lost = limit_frozen >= 0
    if not lost.any():
        return Status("ok")
    step = int(steps[limit_frozen[lost].min()])
    rank_changed = limit.failure[lost] == RANK_CHANGED
    count = int(lost.sum())
    if 2 * rank_changed.sum() >= count:
        return Status(
            "rank_changed", step, count,
            f"{_paths(count, total)} of the limiting SDE reached a point where the Hessian loses rank (first at step {step:,}): "
            "there the theory's assumption fails.",
            "Shorten the horizon, or start farther from that point.",
        )  # fmt: skip
    return Status(
        "left_manifold", step, count,
        f"{_paths(count, total)} of the limiting SDE left the zero-loss manifold (first at step {step:,}).",
        "Take less noise, or a shorter horizon.",
    )  # fmt: skip


def _diverged(experiment: Experiment, sgd: Ensemble, limit: Ensemble, lost: np.ndarray, missing: str) -> Status:
    landscape, step, count = experiment.landscape, int(sgd.frozen_at[lost].min()), int(lost.sum())
    last = sgd.points[-1, lost].astype(float)
    with np.errstate(all="ignore"):
        overflowed = np.isposinf(landscape.loss(last)) | (np.abs(last).max(axis=-1) >= 1e3)
        outside = ~np.isfinite(landscape.gradient(last)).all(axis=-1) & ~overflowed
        undefined = ~np.isfinite(experiment.noise.covariance(landscape, last)).all(axis=(-2, -1)) & ~outside
        at_start = float(np.nanmax(np.append(landscape.sharpness(np.array(experiment.start)), 0.0)))
        moments = limit.points[:: max(1, len(limit.points) // MOMENTS), :MOST_SEEN].astype(float)
        along = all_but_rare(largest_met(landscape.sharpness(moments)))
    if 2 * undefined.sum() >= count:
        return Status(
            "diverged", step, count,
            f"{_paths(count, experiment.paths)} of SGD reached a point where the noise covariance is not positive semidefinite "
            f"(first at step {step:,}).",
            "Choose a covariance that is one everywhere, for example by squares.",
        )  # fmt: skip
    if 2 * outside.sum() >= count:
        return Status(
            "diverged", step, count,
            f"{_paths(count, experiment.paths)} of SGD left the domain where the loss is defined (first at step {step:,}).",
            "Lower the learning rate or the noise, or start elsewhere.",
        )  # fmt: skip
    product, farther = experiment.learning_rate * at_start, experiment.learning_rate * along
    if experiment.noise.law == "student" and max(product, farther) <= STABLE and not missing:
        return Status(
            "diverged", step, count,
            f"{_paths(count, experiment.paths)} of SGD diverged after a large draw of Student's t (first at step {step:,}).",
            "Take more degrees of freedom or less noise.",
        )  # fmt: skip
    reason, remedy = "", "Halve the learning rate, or take less noise."
    if max(product, farther) > STABLE:
        where = f"At the start the learning rate times the sharpness is {product:.2g}"
        if farther > max(product, STABLE):
            where += f", and farther along Γ, where the limit goes, it reaches {farther:.2g}"
        nearly = "" if max(product, farther) > 2 else ", and not far below it the noise throws paths off"
        reason = f"{where}. More than 2 is unstable{nearly}."
        remedy = f"Take a learning rate of at most {STABLE / max(at_start, along):.2g}."
    reason = f"{missing} {reason}".strip()
    return Status(
        "diverged", step, count,
        f"{_paths(count, experiment.paths)} of SGD diverged (first at step {step:,}). {reason}".rstrip(),
        "Choose a loss that is never negative, or another start." if missing else remedy, reason,
    )  # fmt: skip


def _paths(count: int, total: int) -> str:
    if count == total:
        return "All paths" if total > 1 else "The path"
    return f"{count:,} of {total:,} paths"
