"""What is plotted of a run against time: every observable, over the paths of SGD and of the limit, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy.spatial import cKDTree

from dynamics import observables
from dynamics.engine.blas import one_thread
from dynamics.engine.ensemble import Progress
from dynamics.engine.turns import each
from dynamics.experiment import Experiment
from dynamics.landscapes.catalogue import manifold_samples
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.schemes.base import Problem
from dynamics.observables import SUMMARIES, Observable, Summary, absent, summarize

OBSERVED_COST = 15.0  # of measuring a point, in steps of SGD
KNOWN_POINTS = 4_000


@one_thread()
def observed(
    experiment: Experiment,
    problem: Problem | None,
    sgd: np.ndarray,
    sgd_frozen: np.ndarray,
    limit: np.ndarray,
    limit_frozen: np.ndarray,
    finite: np.ndarray | None,
    watch: Progress,
    workers: int,
) -> dict[str, Observable]:
    """The observables by name, of ensembles `sgd` and `limit` (F, N, D) whose paths froze at frames `*_frozen` (N,), and of
    one path `finite` (F, D)."""
    landscape, rank = experiment.landscape, problem.rank if problem else None
    rate = experiment.optimizer.effective_rate(experiment.learning_rate) or np.nan
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
        measure = partial(observables.limit_observables, landscape, experiment.limit_noise, problem.rank, rate)
        of_limit = _summaries(measure, limit, limit_frozen, watch, workers)
    of_finite = {} if finite is None else _of_one(landscape, finite)
    return {name: Observable(of_sgd[name], of_limit[name], of_finite.get(name)) for name in observables.NAMES}


def _of_one(landscape: Landscape, path: np.ndarray) -> dict[str, Summary]:
    with np.errstate(all="ignore"):
        measured = observables.of_points(landscape, path.astype(float))
    return {name: Summary(values, values, values) for name, values in measured.items()}


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

    parts = each(summaries, slices, watch.poll, workers)
    watch.poll()
    return {name: _joined([part[name] for part in parts]) for name in observables.NAMES}


def _joined(parts: Sequence[Summary]) -> Summary:
    return Summary(*(np.concatenate([getattr(part, field) for part in parts]) for field in SUMMARIES))
