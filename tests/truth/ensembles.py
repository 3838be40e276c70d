"""Where SGD and the limit are after a slow time: independent paths, none of which may fail."""

from __future__ import annotations

from functools import partial

import numpy as np

from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import limit_map, rank_on_manifold
from dynamics.limit.schemes import SCHEMES, Pace
from dynamics.limit.schemes.base import Problem
from dynamics.noise import Noise
from dynamics.optimizers.sgd import SGD


def sgd(landscape: Landscape, noise: Noise, start, learning_rate: float, horizon: float, paths: int, seed: int = 0) -> np.ndarray:
    """SGD after round(T/η²) steps from `start`, (N, D)."""
    stepper = partial(SGD.stepper, landscape, noise, np.asarray(start, dtype=float), learning_rate, seed)
    return _carried(stepper, round(horizon / learning_rate**2), paths, landscape.dimension)


def limit(
    landscape: Landscape, noise: Noise, start, horizon: float, steps: int, paths: int, scheme: str = "explicit", seed: int = 0
) -> np.ndarray:
    """The limiting SDE at slow time T from Φ(start), by at least `steps` steps of a scheme, (N, D)."""
    point = limit_map(landscape, start)
    rank = rank_on_manifold(landscape, point)
    problem = Problem(landscape, noise, point, rank, seed)
    return _carried(partial(SCHEMES[scheme].stepper, problem, Pace(horizon / steps)), horizon, paths, landscape.dimension)


def _carried(stepper, target: float, paths: int, dimension: int) -> np.ndarray:
    ensemble = run_ensemble(stepper, np.array([target]), paths, dimension, Progress(0, None, None))
    assert (ensemble.frozen_at < 0).all(), f"{(ensemble.frozen_at >= 0).sum()} of {paths} paths failed"
    return ensemble.points[-1].astype(float)
