"""From the text of a formula never seen before to its first simulated steps: parsing, derivatives, tapes, Φ, SGD and the limit.

The formulas are those of the built-in landscapes in two and three dimensions, and losses in twelve, each with a factor of its own.
"""

from __future__ import annotations

from itertools import cycle, islice
from time import perf_counter

import numpy as np

import dynamics
from benchmarks.measure import Timing
from dynamics.limit.flow import rank_on_manifold
from dynamics.limit.schemes import SCHEMES, Pace
from dynamics.limit.schemes.base import Problem
from dynamics.optimizers.sgd import SGD

FORMULAS, IN_TWELVE = 30, 8
PATHS = 100

FIRST_STEP, FLOW, LIMIT, TOTAL = "text to first SGD step", "gradient flow and Φ", "limit's first step", "all three"
PARTS = (FIRST_STEP, FLOW, LIMIT, TOTAL)


def measured() -> dict[str, Timing]:
    """Times of each part, over FORMULAS formulas in two and three variables."""
    small = [landscape for landscape in map(dynamics.landscape, dynamics.landscape_names()) if landscape.dimension <= 3]
    first_steps(small[0], 0.5)  # loads the kernels
    return _timed([*islice(cycle(small), FORMULAS)])


def measured_in_twelve() -> dict[str, Timing]:
    """The same of losses in twelve variables: a sphere, and a chain of products."""
    names = tuple(f"x{index}" for index in range(1, 13))
    square = " + ".join(f"{name}^2" for name in names)
    chain = " + ".join(f"({one}*{other} - 1)^2" for one, other in zip(names[::2], names[1::2], strict=True))
    losses = [dynamics.Landscape.from_loss(loss, names) for loss in (f"({square} - 1)^2/2", f"({chain})/2")]
    return _timed([*islice(cycle(losses), IN_TWELVE)])


def _timed(models: list[dynamics.Landscape]) -> dict[str, Timing]:
    factors = np.random.default_rng(0).uniform(0.9, 1.1, len(models)).tolist()
    times = [first_steps(model, factor) for model, factor in zip(models, factors, strict=True)]
    return {part: Timing(tuple(row)) for part, row in zip(PARTS, np.transpose(times), strict=True)}


def first_steps(model: dynamics.Landscape, factor: float) -> tuple[float, float, float, float]:
    """Seconds of each part for one landscape given as text."""
    formulas = [f"{factor!r} * ({text})" for text in model.definition.residuals or (model.definition.loss,)]
    start, noise = np.array(model.start or np.full(model.dimension, 1.1)), dynamics.noise("isotropic")
    begun = perf_counter()
    if model.has_residuals:
        landscape = dynamics.Landscape.from_residuals(formulas, model.variables, model.parameter_values)
    else:
        landscape = dynamics.Landscape.from_loss(formulas[0], model.variables, model.parameter_values)
    _one_step(SGD.stepper(landscape, noise, start, 1e-4, 0, 0, PATHS), 1, model.dimension)
    stepped = perf_counter()
    dynamics.gradient_flow(landscape, start)
    end = dynamics.limit_map(landscape, start)
    arrived = perf_counter()
    rank = rank_on_manifold(landscape, end)
    stepper = SCHEMES["explicit"].stepper(Problem(landscape, noise, end, rank, 0), Pace.fixed(1e-4), 0, PATHS)
    _one_step(stepper, 1e-4, model.dimension)
    done = perf_counter()
    return stepped - begun, arrived - stepped, done - arrived, done - begun


def _one_step(stepper, target: float, dimension: int) -> None:
    for _ in stepper.carry(np.array([target]), np.empty((1, PATHS, dimension), np.float32)):
        pass
    assert (stepper.frozen_at < 0).all()
