"""One cell of a sweep: a seeded task for a worker."""

from __future__ import annotations

from time import monotonic

import numpy as np

from dynamics.engine.blas import one_thread
from dynamics.models.label_noise import label_noise_flow
from dynamics.models.linear import OverparametrizedLinear, overparametrized_linear
from dynamics.models.oracles import minimum_l1, minimum_l2
from dynamics.models.problems import sparse_problem
from dynamics.models.training import descend, train
from dynamics.noise import LabelNoise
from dynamics.sweeps.grid import Cell, Settings
from dynamics.sweeps.results import Found


@one_thread()
def compute(cell: Cell, settings: Settings) -> Found:
    """All seeds of a cell. Seed s draws the same problem for every method."""
    started = monotonic()
    errors = tuple(recovery_error(cell, settings, seed) for seed in range(settings.seeds))
    return Found(cell, errors, sum(error <= settings.tolerance for error in errors), monotonic() - started)


def recovery_error(cell: Cell, settings: Settings, seed: int) -> float:
    """‖w − w*‖/‖w*‖ of the method's w; infinite where it diverged."""
    design, targets, truth = sparse_problem(
        d=cell.dimension, n=cell.samples, sparsity=cell.sparsity, law=settings.law, seed=seed
    )  # fmt: skip
    if cell.method == "l1":
        found = minimum_l1(design, targets)
    elif cell.samples > cell.dimension:
        found = minimum_l2(design, targets)  # the one vector that fits: every method ends there
    else:
        model = overparametrized_linear(design, targets)
        found = model.coefficients(_end(model, cell.method, settings, seed))
    error = float(np.linalg.norm(found - truth) / np.linalg.norm(truth))
    return error if np.isfinite(error) else float("inf")


def _end(model: OverparametrizedLinear, method: str, settings: Settings, seed: int) -> np.ndarray:
    """Where the method ends, (D,)."""
    start = np.full(model.dimension, settings.initialization)
    if method == "flow":
        return label_noise_flow(model, start, [np.inf], settings.scale)[-1]
    if method == "gd":
        return descend(model, start)
    noise = LabelNoise(scale=settings.scale)
    trained = train(model, start, learning_rate=settings.learning_rate, steps=settings.steps, noise=noise, seed=seed, frames=2)
    return trained.points[-1] if trained.status == "diverged" else descend(model, trained.points[-1])
