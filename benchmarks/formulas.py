"""From the text of a formula never seen before to its first simulated steps: parsing, derivatives, tapes, Φ, SGD and the limit.

The formulas are those of the built-in landscapes in two and three dimensions, each with a factor of its own.
"""

from __future__ import annotations

from itertools import cycle, islice
from time import perf_counter

import numpy as np

import dynamics
from benchmarks.measure import Timing
from dynamics.flow import rank_on_manifold
from dynamics.schemes import SCHEMES, Pace
from dynamics.schemes.base import Problem
from dynamics.sgd import sgd_stepper

FORMULAS = 30
PATHS = 100

SGD, FLOW, LIMIT, TOTAL = "text to first SGD step", "gradient flow and Φ", "limit's first step", "all three"
PARTS = (SGD, FLOW, LIMIT, TOTAL)


def measured() -> dict[str, Timing]:
    """Times of each part, over FORMULAS formulas."""
    small = [landscape for landscape in map(dynamics.landscape, dynamics.landscape_names()) if landscape.dimension <= 3]
    first_steps(small[0], 0.5)  # loads the kernels
    factors = np.random.default_rng(0).uniform(0.9, 1.1, FORMULAS).tolist()
    times = [first_steps(model, factor) for model, factor in zip(islice(cycle(small), FORMULAS), factors, strict=True)]
    return {part: Timing(tuple(row)) for part, row in zip(PARTS, np.transpose(times), strict=True)}


def first_steps(model: dynamics.Landscape, factor: float) -> tuple[float, float, float, float]:
    """Seconds of each part for one landscape given as text."""
    residuals = [f"{factor!r} * ({residual})" for residual in model.definition.residuals]
    start, noise = np.array(model.start), dynamics.noise("isotropic")
    begun = perf_counter()
    landscape = dynamics.Landscape.from_residuals(residuals, model.variables, model.parameter_values)
    _one_step(sgd_stepper(landscape, noise, start, 1e-4, 0, 0, PATHS), 1)
    stepped = perf_counter()
    dynamics.gradient_flow(landscape, start)
    end = dynamics.limit_map(landscape, start)
    arrived = perf_counter()
    rank = rank_on_manifold(landscape, end)
    _one_step(SCHEMES["explicit"].stepper(Problem(landscape, noise, end, rank, 0), Pace.fixed(1e-4), 0, PATHS), 1e-4)
    done = perf_counter()
    return stepped - begun, arrived - stepped, done - arrived, done - begun


def _one_step(stepper, target: float) -> None:
    for _ in stepper.carry(np.array([target]), np.empty((1, PATHS, 3), np.float32)):
        pass
    assert (stepper.frozen_at < 0).all()
