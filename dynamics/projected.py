"""SGD seen through Φ: what the theorem speaks of is not x but Φ(x), where gradient flow from x would end (theory section 2)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dynamics.ensemble import Progress, run_ensemble, threads_available
from dynamics.experiment import Experiment
from dynamics.flow import LANDED, limit_map_with_outcome
from dynamics.landscape import Landscape
from dynamics.randomness import BLOCK
from dynamics.sgd import sgd_stepper

FLOW_COST = 400.0  # of Φ, in steps of SGD
PART = 512  # points that a thread maps at once


def projected_sgd(experiment: Experiment, rank: int, times: np.ndarray, first: int, paths: int, watch: Progress) -> np.ndarray:
    """Φ(x) of SGD's paths `first`, …, at slow times `times` (M,) > 0: (M, paths, D), NaN where a path diverged or has no Φ.

    `rank` is that of the Hessian on Γ, and `first` a multiple of BLOCK: so paths can be added later. `watch` counts
    steps + FLOW_COST a path.
    """
    landscape, rate = experiment.landscape, experiment.learning_rate
    steps = np.maximum(1, np.round(times / rate**2)).astype(np.int64)
    start = np.array(experiment.start)

    def stepper(block: int, width: int):
        return sgd_stepper(landscape, experiment.noise, start, experiment.seed, first // BLOCK + block, width)

    ensemble = run_ensemble(stepper, steps, np.full(len(steps), rate), paths, landscape.dimension, watch)
    points = ensemble.points.astype(float)
    points[:, ensemble.frozen_at >= 0] = np.nan
    mapped = _mapped(landscape, rank, points, watch)
    watch.add(FLOW_COST * paths)
    return mapped


def _mapped(landscape: Landscape, rank: int, points: np.ndarray, watch: Progress) -> np.ndarray:
    """Φ of points (M, N, D), NaN where there is none; on threads."""
    flat = points.reshape(-1, points.shape[-1])
    finite = np.flatnonzero(np.isfinite(flat).all(axis=-1))
    result = np.full_like(flat, np.nan)

    def work(part: np.ndarray) -> None:
        if len(part) and not watch.stopped:
            landed, outcome = limit_map_with_outcome(landscape, flat[part], rank)
            result[part] = np.where((outcome == LANDED)[:, None], landed, np.nan)

    with ThreadPoolExecutor(threads_available()) as pool:
        for _ in pool.map(work, np.array_split(finite, max(1, len(finite) // PART))):
            watch.poll()
    return result.reshape(points.shape)
