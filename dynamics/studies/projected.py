"""SGD seen through Φ: what the theorem speaks of is not x but Φ(x), where gradient flow from x would end (theory section 2)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from dynamics.engine.ensemble import BOUND, Progress, run_ensemble
from dynamics.engine.randomness import BLOCK
from dynamics.engine.turns import each
from dynamics.experiment import Experiment
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import LANDED, POSITIVE_LOSS, TOO_SLOW, WENT_AWAY, limit_map_with_outcome

FLOW_COST = 400.0  # of Φ, in steps of SGD
PART = 512  # points that a thread maps at once
FARTHER = 2.0  # times as far off as those that are left span: there a lost path may be
OVERFLOWED = 1e-3 * BOUND  # a coordinate beyond it at the last finite point

# Why a path has no place on Γ. The codes of the last three are those of `flow`, after the others.
KEPT, DIVERGED, OUTSIDE, NO_COVARIANCE, ELSEWHERE = range(5)
NO_LIMIT_MAP = 5
CAUSES = {
    DIVERGED: "diverged",
    OUTSIDE: "left the domain where the loss is defined",
    NO_COVARIANCE: "reached a point where the noise covariance is not positive semidefinite",
    ELSEWHERE: "came back to Γ off the curve that was followed from the limit’s start",
    NO_LIMIT_MAP + WENT_AWAY: "never came back to Γ: gradient flow from them leaves every bounded region or the loss’s domain",
    NO_LIMIT_MAP + TOO_SLOW: "never came back to Γ: gradient flow from them slows down as it does where the Hessian loses rank",
    NO_LIMIT_MAP + POSITIVE_LOSS: "never came back to Γ: gradient flow from them ends where the loss is not zero",
}


@dataclass(frozen=True, eq=False)
class Projected:
    """Φ(x) at M times of N paths, and which of them have none."""

    points: np.ndarray  # (M, N, D), NaN all along a path that is lost
    cause: np.ndarray  # (N,) KEPT, or one of CAUSES

    @property
    def kept(self) -> np.ndarray:
        return self.cause == KEPT


def counted(cause: np.ndarray) -> Counter[int]:
    """How many paths are lost to each of CAUSES."""
    return Counter(int(each) for each in cause if each != KEPT)


def lost_sentence(lost: Counter[int], paths: int) -> str:
    """“3 of 960 paths diverged, 1 left the domain …”, the most frequent cause first; "" if none is lost."""
    parts = [f"{count:,} {'of ' + format(paths, ',') + ' paths ' if index == 0 else ''}{CAUSES[cause]}"
             for index, (cause, count) in enumerate(lost.most_common())]  # fmt: skip
    return ", ".join(parts)


def how_lost(experiment: Experiment, points: np.ndarray) -> np.ndarray:
    """Why the optimizer's paths stopped that were last seen at `points` (N, D): DIVERGED, OUTSIDE or NO_COVARIANCE, (N,)."""
    landscape, noise = experiment.landscape, experiment.noise
    with np.errstate(all="ignore"):
        overflowed = np.isposinf(landscape.loss(points)) | (np.abs(points).max(axis=-1) >= OVERFLOWED)
        outside = ~np.isfinite(landscape.gradient(points)).all(axis=-1) & ~overflowed
        undefined = ~np.isfinite(noise.covariance(landscape, points)).all(axis=(-2, -1)) & ~overflowed
    return np.where(outside, OUTSIDE, np.where(undefined & experiment.optimizer.uses_noise, NO_COVARIANCE, DIVERGED))


def projected_sgd(experiment: Experiment, rank: int, times: np.ndarray, first: int, paths: int, watch: Progress) -> Projected:
    """Φ(x) of SGD's paths `first`, …, at slow times `times` (M,) > 0. A path that is lost at one of the times is lost.

    `rank` is that of the Hessian on Γ, and `first` a multiple of BLOCK: so paths can be added later. `watch` counts
    steps + FLOW_COST a path.
    """
    landscape, rate = experiment.landscape, experiment.learning_rate
    optimizer, total = experiment.optimizer, experiment.steps
    steps = optimizer.steps_at(times, rate, total)
    start = np.array(experiment.start)

    def stepper(block: int, width: int):
        return optimizer.stepper(
            landscape, experiment.noise, start, rate, experiment.seed, first // BLOCK + block, width, steps=total
        )

    drawn = paths if experiment.random else 1
    ensemble = run_ensemble(stepper, steps, drawn, landscape.dimension, watch).repeated(paths)
    points = ensemble.points.astype(float)
    cause = np.full(paths, KEPT)
    stopped = (ensemble.frozen_at >= 0) | ~np.isfinite(points).all(axis=(0, 2))
    if stopped.any():
        cause[stopped] = how_lost(experiment, points[-1, stopped])
    # The last time first: a path that has no Φ there, which may take long to find out, need not be asked about the others.
    for moment in (slice(len(times) - 1, len(times)), slice(0, len(times) - 1)):
        kept = np.flatnonzero(cause == KEPT)
        mapped, outcome = _mapped(landscape, rank, points[moment, kept], watch)
        points[moment, kept] = mapped
        worst = outcome.max(axis=0, initial=LANDED)
        cause[kept] = np.where(worst == LANDED, KEPT, NO_LIMIT_MAP + worst)
    points[:, cause != KEPT] = np.nan
    watch.add(FLOW_COST * paths)
    watch.poll()
    return Projected(points, cause)


def _mapped(landscape: Landscape, rank: int, points: np.ndarray, watch: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Φ of points (M, N, D), and what became of each, (M, N); on threads."""
    flat = points.reshape(-1, points.shape[-1])
    result, outcome = np.full_like(flat, np.nan), np.full(len(flat), WENT_AWAY)

    def work(part: np.ndarray) -> None:
        if len(part) and not watch.stopped:
            result[part], outcome[part] = limit_map_with_outcome(landscape, flat[part], rank)

    each(work, np.array_split(np.arange(len(flat)), max(1, len(flat) // PART)), watch.poll)
    return result.reshape(points.shape), outcome.reshape(points.shape[:-1])
