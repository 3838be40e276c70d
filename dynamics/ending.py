"""How a run ended, in a sentence with its numbers, its reason, and what to try."""

from __future__ import annotations

from functools import partial

import numpy as np

from dynamics.engine.ensemble import Ensemble
from dynamics.experiment import Experiment
from dynamics.limit.schemes.base import RANK_CHANGED
from dynamics.optimizers.stability import all_but_rare, comfortable, largest_met
from dynamics.settings import in_words
from dynamics.status import Status

MOMENTS = 32  # at which the limit's paths are looked at to say why SGD diverged
MOST_SEEN = 2_000  # of the limit's paths, likewise


def ending(
    experiment: Experiment,
    sgd: Ensemble,
    limit: Ensemble,
    limit_frozen: np.ndarray,
    steps: np.ndarray,
    missing: str,
    stopped: bool,
) -> Status:
    """What became of the paths; `missing` says why there is no limit, or nothing, and `stopped` that the run was cancelled."""
    if stopped:
        reached = min(sgd.reached, limit.reached)
        step = int(steps[max(reached - 1, 0)])
        return Status("cancelled", step, 0, f"Cancelled: complete up to step {step:,} of {experiment.steps:,}.", "Run it again.")
    total = experiment.paths
    lost = sgd.frozen_at >= 0
    if lost.any():
        return _diverged(experiment, sgd, limit, lost, missing)
    if missing:
        hint = "" if "another start" in missing else "Try another start, or a loss that reaches 0 there."
        return Status("left_manifold", 0, total, missing, hint)
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
    if experiment.optimizer.ends:
        return Status(
            "left_manifold", step, count,
            f"{_paths(count, total)} of the limit reached a point where {experiment.optimizer.ends} (first at step {step:,}): "
            "there the theory’s assumption fails.",
            "Shorten the horizon, or choose a noise that every coordinate has.",
        )  # fmt: skip
    what, remedy = "limiting flow", "Take a shorter horizon."
    if experiment.optimizer.diffuses:
        what, remedy = "limiting SDE", "Take less noise, or a shorter horizon."
    return Status(
        "left_manifold", step, count,
        f"{_paths(count, total)} of the {what} left the zero-loss manifold (first at step {step:,}).", remedy,
    )  # fmt: skip


def _diverged(experiment: Experiment, sgd: Ensemble, limit: Ensemble, lost: np.ndarray, missing: str) -> Status:
    landscape, step, count = experiment.landscape, int(sgd.frozen_at[lost].min()), int(lost.sum())
    optimizer, who, stable = experiment.optimizer, experiment.optimizer.label, comfortable(experiment.optimizer.stable)
    calmer = f", or take {optimizer.calmer}" if optimizer.calmer else ""
    last = sgd.points[-1, lost].astype(float)
    with np.errstate(all="ignore"):
        overflowed = np.isposinf(landscape.loss(last)) | (np.abs(last).max(axis=-1) >= 1e3)
        defined = np.isfinite(landscape.loss(last)) & np.isfinite(landscape.gradient(last)).all(axis=-1)
        outside = ~defined & ~overflowed
        undefined = ~np.isfinite(experiment.noise.covariance(landscape, last)).all(axis=(-2, -1)) & ~outside
        sharpness = partial(optimizer.sharpness, landscape, experiment.noise)
        at_start = float(np.nanmax([sharpness(np.array(experiment.start)), 0.0]))
        moments = limit.points[:: max(1, len(limit.points) // MOMENTS), :MOST_SEEN].astype(float)
        along = all_but_rare(largest_met(sharpness(moments)))
        arrival = experiment.learning_rate * float(sharpness(moments[0, 0])) if moments.size and not missing else np.nan
        negative = bool((landscape.loss(last) < 0).any())
    if optimizer.uses_noise and 2 * undefined.sum() >= count:
        return Status(
            "diverged", step, count,
            f"{_paths(count, experiment.paths)} of {who} reached a point where the noise covariance is not positive semidefinite "
            f"(first at step {step:,}).",
            "Choose a covariance that is one everywhere, for example by squares.",
        )  # fmt: skip
    if 2 * outside.sum() >= count:
        return Status(
            "diverged", step, count,
            f"{_paths(count, experiment.paths)} of {who} left the domain where the loss is defined (first at step {step:,}).",
            f"Lower the learning rate{calmer}, or start elsewhere.",
        )  # fmt: skip
    product, farther = experiment.learning_rate * at_start, experiment.learning_rate * along
    if optimizer.uses_noise and experiment.noise.law == "student" and max(product, farther) <= stable and not missing:
        return Status(
            "diverged", step, count,
            f"{_paths(count, experiment.paths)} of {who} diverged after a large draw of Student's t (first at step {step:,}).",
            "Take more degrees of freedom or less noise.",
        )  # fmt: skip
    reason, remedy = "", f"Halve the learning rate{calmer}."
    if missing:
        remedy = "" if "Choose" in missing else "Choose another start."
    if max(product, farther) > stable:
        first, there, most = (in_words(value, 2) for value in (product, arrival, farther))
        where = f"At the start the learning rate times the sharpness is {first}"
        if np.isfinite(arrival) and there != first:
            where += f" (at Φ(x₀), on Γ, {there})"
        if farther > max(product, stable) and most != first:
            where += f", and farther along Γ, where the limit goes, it reaches {most}"
        thrown = experiment.random and max(product, farther) <= 2 * stable
        nearly = f", and not far below it {'the' if optimizer.uses_noise else 'its own'} noise throws paths off" if thrown else ""
        reason = f"{where}. More than {in_words(2 * stable, 3)} is unstable{nearly}."
        remedy = f"Take a learning rate of at most {in_words(stable / max(at_start, along), 2)}."
    if missing and negative:
        remedy = "Choose a loss that is never negative, or another start."
    reason = f"{missing} {reason}".strip()
    return Status(
        "diverged", step, count,
        f"{_paths(count, experiment.paths)} of {who} diverged (first at step {step:,}). {reason}".rstrip(),
        remedy, reason,
    )  # fmt: skip


def _paths(count: int, total: int) -> str:
    if count == total:
        return "All paths" if total > 1 else "The path"
    return f"{count:,} of {total:,} paths"
