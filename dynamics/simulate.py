"""An experiment carried out: gradient flow to Γ, SGD, the limiting SDE from where the flow ends, and what to plot of both."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from dynamics.ending import ending
from dynamics.engine.budget import LIMIT_STEPS
from dynamics.engine.ensemble import Ensemble, Progress, run_ensemble
from dynamics.engine.turns import threads_available
from dynamics.experiment import Experiment
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import Flow, gradient_flow, limit_map_with_outcome, rank_on_manifold, zero_loss_end
from dynamics.limit.schemes import EXPLICIT, SCHEMES
from dynamics.limit.schemes.base import Pace, Problem
from dynamics.observed import OBSERVED_COST, observed
from dynamics.outcome import Outcome
from dynamics.settings import Number

WORKERS = Number(name="workers", title="number of workers", minimum=1, maximum=1024, whole=True)
FLOW_STEPS = 2e5  # of a limit that only flows, at most: about a second
FAST_FRAMES = 0.25  # of the frames, for the fast phase
ARRIVED = 1e-2  # the fast phase ends when gradient flow has covered all but this part of its way, and half as long again


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

    Trouble is a status of the outcome. Raises ValueError, with a sentence, only for `workers` that are no number of threads.
    """
    landscape, workers = experiment.landscape, int(WORKERS.checked(threads_available() if workers is None else workers))
    watch = Progress(math.inf, progress, cancel)  # until it is known how much there is to do
    flow, problem, missing = arrival(experiment, watch)
    steps = frame_steps(experiment, _fast_steps(experiment, flow))
    optimizer, rate = experiment.optimizer, experiment.learning_rate
    times = optimizer.slow_times(steps, rate, experiment.steps)
    frames, paths, dimension = len(steps), experiment.paths, landscape.dimension
    drawn, spread = paths if experiment.random else 1, paths if optimizer.diffuses else 1

    scheme, pace = SCHEMES[experiment.scheme], limit_pace(experiment)
    limit_cost = scheme.cost * experiment.cost.limit_steps
    watch.total = drawn * steps[-1] + paths * 2 * frames * OBSERVED_COST + (spread * limit_cost if problem else 0)

    step = partial(
        optimizer.stepper, landscape, experiment.noise, np.array(experiment.start), rate, experiment.seed, steps=experiment.steps
    )
    sgd = _while_defined(landscape, run_ensemble(step, steps, drawn, dimension, watch, threads=workers), steps).repeated(paths)
    finite = None
    if problem:
        march = partial(scheme.stepper, problem, pace)
        limit = run_ensemble(march, times, spread, dimension, watch, limit_cost, workers).repeated(paths)
        finite = at_finite_rate(experiment, problem, times, watch)
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
        finite=finite,
        sgd_frozen=sgd_frozen,
        limit_frozen=limit_frozen,
        flow=flow,
        observables=observed(experiment, problem, sgd.points, sgd_frozen, limit.points, limit_frozen, finite, watch, workers),
        status=ending(experiment, sgd, limit, limit_frozen, steps, missing, watch.stopped),
        stability=rate * float(optimizer.sharpness(landscape, experiment.noise, problem.start)) if problem else None,
        rank=problem.rank if problem else None,
    )


def _while_defined(landscape: Landscape, ensemble: Ensemble, steps: np.ndarray) -> Ensemble:
    """The same, whose paths are lost, too, from the first kept step on at which the loss is not defined or no finite number."""
    with np.errstate(all="ignore"):
        gone = ~np.isfinite(landscape.loss(ensemble.points.astype(float)))
    gone[ensemble.reached :] = False
    first = gone.argmax(axis=0)
    sooner = gone.any(axis=0) & ((ensemble.frozen_at < 0) | (steps[first] < ensemble.frozen_at))
    for path in np.flatnonzero(sooner):
        ensemble.points[first[path] :, path] = ensemble.points[first[path], path]
    return replace(ensemble, frozen_at=np.where(sooner, steps[first], ensemble.frozen_at))


def arrival(experiment: Experiment, watch: Progress) -> tuple[Flow, Problem | None, str]:
    """Gradient flow, and the limit's problem where it ends on Γ; else why there is none."""
    landscape, start = experiment.landscape, np.array(experiment.start)

    def unwanted() -> bool:
        watch.poll()
        return watch.stopped

    try:
        metric = experiment.optimizer.metric(landscape, experiment.noise, start)
        flow = gradient_flow(landscape, start, cancel=unwanted, metric=metric)
    except ValueError as error:
        return Flow(np.zeros(1), start[None]), None, str(error)
    try:
        end = zero_loss_end(landscape, flow)
        rank = rank_on_manifold(landscape, end)
        end = limit_map_with_outcome(landscape, start if metric is None else end, rank)[0]
        if not np.isfinite(end).all():
            raise ValueError("Gradient flow slows down where the Hessian loses rank: there is no limit to compare with.")
    except ValueError as error:
        return flow, None, str(error)
    slow = tuple(experiment.optimizer.slow_start(landscape, experiment.noise, start).tolist())
    problem = Problem(
        landscape,
        experiment.limit_noise,
        end,
        rank,
        experiment.seed,
        experiment.parts,
        experiment.optimizer,
        experiment.learning_rate,
        slow,
    )
    return flow, problem, ""


def at_finite_rate(experiment: Experiment, problem: Problem, times: np.ndarray, watch: Progress) -> np.ndarray | None:
    """The limit's path corrected to first order in η at slow times (F,), (F, D) float32; None where none is known to the end."""
    corrected = experiment.optimizer.at_finite_rate(experiment.landscape, experiment.noise, problem.rank)
    if corrected is None:
        return None
    there = replace(problem, limiting=corrected, learning_rate=experiment.learning_rate)
    march = partial(EXPLICIT.stepper, there, limit_pace(experiment))
    found = run_ensemble(march, times, 1, experiment.landscape.dimension, watch, 0.0, 1)
    return None if (found.frozen_at >= 0).any() else found.points[:, 0]


def _fast_steps(experiment: Experiment, flow: Flow) -> int:
    """Steps until gradient flow is close to its end."""
    left = np.linalg.norm(flow.points - flow.points[-1], axis=-1)
    arrived = int(np.argmax(left <= ARRIVED * left[0]))
    return max(1, round(1.5 * flow.times[arrived] / experiment.optimizer.fast_time(experiment.learning_rate)))


def frame_steps(experiment: Experiment, fast_steps: int) -> np.ndarray:
    """The steps k that are kept: F increasing integers from 0 to K, fewer where K + 1 < F."""
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
    """How long the limit's steps may be: neither frames nor paths have a part in it, but the work that is allowed has.

    A flow along a kink of what it flows down, where eigenvalues cross, goes to and fro at the shortest step.
    """
    most = experiment.cost.most_limit_steps if experiment.optimizer.diffuses else FLOW_STEPS
    horizon = max(experiment.horizon, experiment.optimizer.slow_time(experiment.learning_rate))  # there is one step at least
    return Pace(horizon / (LIMIT_STEPS * experiment.substeps), horizon / most)


def _frozen_frames(ensemble: Ensemble, targets: np.ndarray) -> np.ndarray:
    frames = np.searchsorted(targets, ensemble.frozen_at)
    return np.where(ensemble.frozen_at >= 0, frames, -1).astype(np.int32)
