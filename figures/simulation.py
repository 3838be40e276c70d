"""An outcome as the player's bytes: where the particles are in a view, the time series, the still picture, and the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dynamics import Experiment, Landscape, Optimizer, Outcome, manifold_box
from dynamics.landscapes.landscape import View
from dynamics.observables import QUANTITIES, SUMMARIES
from dynamics.optimizers import SGD
from figures.about import about_experiment
from figures.blob import BUDGET, encode
from figures.caption import alternative_text, caption
from figures.glossary import meaning
from figures.landscape_figure import boxed, landscape_figure
from figures.palette import themes
from figures.prediction import Mark

MAX_PARTICLES = 400_000  # of an ensemble in all frames: what a phone plays and a link carries

CLOCKS = ("slow", "fast", "logarithmic")


def with_next(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, Outcome | None]]:
    """Of those that are shown beside each other, each with the one whose axes it shares: the next, and of the last the first."""
    following = [*outcomes[1:], outcomes[0]] if len(outcomes) > 1 else [None]
    return list(zip(outcomes, following, strict=True))


def simulation_blob(
    outcome: Outcome,
    view: View,
    clock: str = "slow",
    ghost: Outcome | None = None,
    beside: Outcome | None = None,
    *,
    whole: Outcome | None = None,
    marks: Sequence[Mark] = (),
    particles: int = MAX_PARTICLES,
    budget: int = BUDGET,
) -> bytes:
    """The bytes that the player plays.

    `ghost` is the run before, of the same landscape, shown at this run's slow times. `beside` is shown in a picture of its own,
    which has the same axes. Of a run that is shown in part, `whole` decides the axes. `marks` are what was predicted.
    At most the first `particles` paths of each are drawn, as finely as a `budget` in bytes allows.
    """
    experiment, landscape, optimizer = outcome.experiment, outcome.experiment.landscape, outcome.experiment.optimizer
    start = np.array(experiment.start)
    drawn = min(experiment.paths, particles, max(1, MAX_PARTICLES // len(outcome.times)))
    view, region = picture_box(whole or outcome, view, beside)
    header = {
        "box": view.box,
        "figure": landscape_figure(landscape, view, start, outcome.flow.points, region),
        "palette": themes(),
        "about": about_experiment(experiment),
        "learning_rate": experiment.learning_rate,
        "clock": clock,
        "clocks": {"slow": optimizer.clock, "fast": optimizer.fast_clock},
        "names": {"sgd": optimizer.label[0].upper() + optimizer.label[1:]}
        | ({"limit": "Limiting flow"} if not optimizer.diffuses else {}),
        "edge": _edge(experiment),
        "caption": caption(outcome, ghost, drawn),
        "alt": alternative_text(outcome, view),
        "status": {"kind": str(outcome.status), "sentence": outcome.status.brief},
        "start": landscape.evaluate(view.axes, start).tolist(),
        "pickable": pickable(landscape, view),
        "panels": series_panels(),
        "meanings": meanings(optimizer),
        "marks": [mark.told() for mark in marks],
    }
    clouds = {"sgd": outcome.sgd[:, :drawn], "limit": outcome.limit[:, :drawn]}
    arrays = {
        "times": outcome.times,
        "steps": outcome.steps.astype(np.float32),
        "fast": optimizer.fast_times(outcome.steps, experiment.learning_rate, experiment.steps).astype(np.float32),
        "sgd_frozen": outcome.sgd_frozen[:drawn],
        "limit_frozen": outcome.limit_frozen[:drawn],
    }
    for name, observable in outcome.observables.items():
        arrays |= _series(name, "sgd", observable.sgd) | _series(name, "limit", observable.limit)
        if observable.finite is not None:
            arrays[f"series.{name}.finite.mean"] = observable.finite.mean.astype(np.float32)
    if ghost is not None:
        frames = np.searchsorted(ghost.times, outcome.times * (1 + 1e-12), side="right") - 1
        clouds["ghost"] = ghost.sgd[:, :drawn][frames]
        arrays["ghost_frozen"] = _frozen_at(ghost, outcome.times)[:drawn]
        for name, observable in ghost.observables.items():
            arrays |= _series(name, "ghost", observable.sgd, frames)
    positions = {who: _seen(landscape, view, points) for who, points in clouds.items()}
    return encode(header, positions, arrays, budget=budget)


MEANINGS = {
    "sgd": "sgd", "limit": "limiting_sde", "flow": "gradient_flow", "manifold": "manifold", "steps": "steps", "fast": "fast_time",
    "slow": "slow_time", "loss": "loss", "distance": "distance", "trace_hessian": "trace", "sharpness": "sharpness",
}  # fmt: skip


def meanings(optimizer: Optimizer = SGD) -> dict[str, str]:
    """What the player's legend, numbers and panels say on a closer look."""
    said = {name: meaning(term) for name, term in MEANINGS.items()} | {
        "trails": "Where each path has just been.",
        "ghost": f"{optimizer.label} at the learning rate of the run before, at the same slow times.",
        "finite": "The limit with the correction of first order in the learning rate: where the steps of weak noise should be.",
    }
    if optimizer.name != SGD.name:
        said |= {"sgd": f"{optimizer.title}.", "slow": f"The clock on which it moves along Γ: t = {optimizer.clock}."}
        said |= {"fast": f"The clock on which it falls to Γ: τ = {optimizer.fast_clock}."}
    return said


def _edge(experiment: Experiment) -> dict[str, Any] | None:
    """The sharpness beyond which the optimizer leaves a valley, and its formula; None where there is no such."""
    stable = experiment.optimizer.stable
    if not np.isfinite(stable) or experiment.optimizer.scales:
        return None
    return {"at": stable / experiment.learning_rate, "label": experiment.optimizer.stability_bound}


def picture_box(outcome: Outcome, view: View, beside: Outcome | None = None) -> tuple[View, np.ndarray | None]:
    """The view with the box that its picture has, and the box (D, 2) in which Γ is looked for, where it is not known."""
    extents = [(each.experiment.landscape, _extent(each, view)) for each in (outcome, beside) if each is not None]
    landscape = outcome.experiment.landscape
    region = None if landscape.manifold else _region(extents)
    return boxed(landscape, view, np.concatenate([points for _, points in extents]), region), region


def series_panels() -> list[dict[str, Any]]:
    """The panels beside the picture, one for each quantity."""
    return [{"name": each.name, "title": each.title, "falls": each.falls, "edge": each.edge} for each in QUANTITIES]


def pickable(landscape: Landscape, view: View) -> bool:
    """Whether a point of the first two axes says where to start: they are two of the variables, and all that the picture shows."""
    return view.kind != "space" and all(axis in landscape.variables for axis in view.axes[:2])


def _extent(outcome: Outcome, view: View) -> np.ndarray:
    """Points that the picture must hold, first the start: gradient flow; where the view has no box, all but paths that stray or
    leave the surroundings of Γ."""
    still = np.concatenate([[outcome.experiment.start], outcome.flow.points])
    if view.box:
        return still
    moving = np.concatenate([outcome.sgd, outcome.limit], axis=1)[:: 1 + len(outcome.times) // 40].reshape(-1, still.shape[1])
    moving = moving[np.isfinite(moving).all(axis=-1)].astype(float)
    if not len(moving):
        return still
    around = manifold_box(outcome.experiment.landscape, still).T
    side = around[1] - around[0]
    low, high = np.clip(np.quantile(moving, [0.01, 0.99], axis=0), around[0] - side, around[1] + side)
    return np.concatenate([still, moving[((moving >= low) & (moving <= high)).all(axis=-1)]])


def _region(extents: list[tuple[Landscape, np.ndarray]]) -> np.ndarray:
    """The box (D, 2) that holds where Γ is looked at in each picture."""
    boxes = np.stack([manifold_box(landscape, points) for landscape, points in extents])
    return np.stack([boxes[..., 0].min(axis=0), boxes[..., 1].max(axis=0)], axis=-1)


def _seen(landscape: Landscape, view: View, points: np.ndarray) -> np.ndarray:
    """Coordinates (F, N, A) of points (F, N, D) along the view's axes."""
    if all(axis in landscape.variables for axis in view.axes):
        return points[..., [landscape.variables.index(axis) for axis in view.axes]]
    with np.errstate(all="ignore"):
        return landscape.evaluate(view.axes, points.astype(float))


def _series(name: str, who: str, summary, frames: np.ndarray | slice = slice(None)) -> dict[str, Any]:
    with np.errstate(over="ignore"):
        parts = {part: getattr(summary, part)[frames].astype(np.float32) for part in SUMMARIES}
    return {f"series.{name}.{who}.{part}": np.where(np.isinf(values), np.nan, values) for part, values in parts.items()}


def _frozen_at(ghost: Outcome, times: np.ndarray) -> np.ndarray:
    """The frame among `times` from which each path of the ghost is frozen."""
    frozen = ghost.sgd_frozen
    frames = np.searchsorted(times, ghost.times[np.maximum(frozen, 0)])
    return np.where((frozen >= 0) & (frames < len(times)), frames, -1).astype(np.int32)
