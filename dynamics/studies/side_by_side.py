"""Several optimizers from one start under one slow clock: what each flows down, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dynamics.experiment import Experiment
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.flow import limit_map_with_outcome
from dynamics.optimizers import Optimizer
from dynamics.outcome import Outcome

FEW = 400  # paths that are measured at the end


def _root_of_diagonal(landscape: Landscape, X: np.ndarray) -> np.ndarray:
    diagonal = np.diagonal(landscape.hessian(X), axis1=-2, axis2=-1)
    return np.sqrt(np.maximum(diagonal, 0.0)).sum(axis=-1)


MEASURES: dict[str, Callable[[Landscape, np.ndarray], np.ndarray]] = {
    "tr H": Landscape.trace_hessian,
    "λ₁": Landscape.sharpness,
    "ln λ₁": lambda landscape, X: np.log(landscape.sharpness(X)),
    "tr √Diag(H)": _root_of_diagonal,
}
USUAL = "tr H"


@dataclass(frozen=True, eq=False)
class Measured:
    """A quantity of Φ(x) at the start, and of steps and limit at the horizon, with standard errors; NaN where there is none."""

    experiment: Experiment
    measure: str  # one of MEASURES
    before: float
    steps: float
    steps_error: float
    limit: float
    limit_error: float
    lost: int  # paths of either that have no such quantity

    @property
    def optimizer(self) -> Optimizer:
        return self.experiment.optimizer


def experiments_beside(experiment: Experiment, others: Sequence[Optimizer]) -> list[Experiment]:
    """The experiment, and the same with each of the others at a learning rate that compares. Raises ValueError, with a sentence."""
    rate = experiment.learning_rate / experiment.optimizer.comparable_rate(1.0)
    return [experiment, *(replace(experiment, optimizer=each, learning_rate=each.comparable_rate(rate)) for each in others)]


def measure_of(experiment: Experiment) -> str:
    """What its optimizer flows down, where that is one of MEASURES; else the trace of H."""
    goes_down = experiment.optimizer.goes_down(experiment.noise)
    return goes_down if goes_down in MEASURES else USUAL


def measured(outcome: Outcome, measure: str) -> Measured:
    """Where a run has got to in this measure, seen through Φ."""
    landscape = outcome.experiment.landscape
    if outcome.rank is None:
        nothing = float("nan")
        return Measured(outcome.experiment, measure, nothing, nothing, nothing, nothing, nothing, outcome.experiment.paths)

    def of(points: np.ndarray, frozen: np.ndarray) -> tuple[float, float, int]:
        going = points[-1, frozen < 0][:FEW].astype(float)
        mapped = limit_map_with_outcome(landscape, going, outcome.rank or 0)[0]
        values = MEASURES[measure](landscape, mapped[np.isfinite(mapped).all(axis=-1)])
        lost = min(points.shape[1], FEW) - len(values)
        if not len(values):
            return float("nan"), float("nan"), lost
        return float(values.mean()), float(values.std() / np.sqrt(len(values))), lost

    before = limit_map_with_outcome(landscape, outcome.limit[0, :1].astype(float), outcome.rank)[0]
    steps, steps_error, steps_lost = of(outcome.sgd, outcome.sgd_frozen)
    limit, limit_error, limit_lost = of(outcome.limit, outcome.limit_frozen)
    start = float(MEASURES[measure](landscape, before)[0])
    return Measured(outcome.experiment, measure, start, steps, steps_error, limit, limit_error, steps_lost + limit_lost)
