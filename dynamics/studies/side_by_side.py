"""Several optimizers from one start under one slow clock: what each flows down, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from dynamics.experiment import Experiment
from dynamics.limit.flow import limit_map_with_outcome
from dynamics.optimizers import Optimizer, optimizer
from dynamics.optimizers.measures import TRACE, Measure
from dynamics.outcome import Outcome
from dynamics.settings import Setting

MOST = 3  # beside the first
FEW = 400  # paths that are measured at the end


class Optimizers(Setting):
    """Some optimizers with their settings: in a link “adam,kappa=5;sam”."""

    def checked(self, value: Any) -> tuple[Optimizer, ...]:
        chosen = tuple(_read(each) if isinstance(each, str) else each for each in value)
        if len(chosen) > MOST:
            raise ValueError(f"At most {MOST} optimizers are shown beside the first.")
        return chosen

    def written(self, value: Sequence[Optimizer]) -> str:
        return ";".join(map(_written, value)) or "none"

    def read(self, text: str) -> Any:
        return () if text == "none" else text.split(";")


def _written(made: Optimizer) -> str:
    return ",".join([made.name, *(f"{key.removeprefix('optimizer.')}={text}" for key, text in list(made.to_query().items())[1:])])


def _read(text: str) -> Optimizer:
    name, *said = text.split(",")
    pairs = dict(part.partition("=")[::2] for part in said)
    return type(optimizer(name.strip())).of_query({f"optimizer.{key}": value for key, value in pairs.items()})


BESIDE = Optimizers(
    name="beside", title="optimizers beside the first", heading="Beside it", default=(optimizer("adam", kappa=5),),
    meaning="Up to three more, from the same start, at a learning rate that compares: try SAM, which needs no noise at all.",
)  # fmt: skip


_ARRIVED: WeakKeyDictionary[Outcome, tuple[np.ndarray, np.ndarray, np.ndarray]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Measured:
    """A quantity of Φ(x) at the start, and of steps and limit at the horizon, with standard errors; NaN where there is none."""

    experiment: Experiment
    measure: Measure
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


def measure_of(experiment: Experiment) -> Measure:
    """What its optimizer flows down, where that is one quantity; else the trace of H."""
    return experiment.optimizer.measure(experiment.noise, experiment.learning_rate) or TRACE


def measured(outcome: Outcome, measure: Measure = TRACE) -> Measured:
    """Where a run has got to in this measure, seen through Φ."""
    landscape = outcome.experiment.landscape
    if outcome.rank is None:
        nothing = float("nan")
        return Measured(outcome.experiment, measure, nothing, nothing, nothing, nothing, nothing, outcome.experiment.paths)

    def of(mapped: np.ndarray) -> tuple[float, float, int]:
        values = measure.value(landscape, mapped[np.isfinite(mapped).all(axis=-1)])
        lost = min(outcome.experiment.paths, FEW) - len(values)
        if not len(values):
            return float("nan"), float("nan"), lost
        return float(values.mean()), float(values.std() / np.sqrt(len(values))), lost

    before, sgd, of_limit = _arrived(outcome)
    (steps, steps_error, steps_lost), (limit, limit_error, limit_lost) = of(sgd), of(of_limit)
    start = float(measure.value(landscape, before)[0])
    return Measured(outcome.experiment, measure, start, steps, steps_error, limit, limit_error, steps_lost + limit_lost)


def _arrived(outcome: Outcome) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Φ of the start, and of the last points of a few paths of steps and limit: found once a run, whatever is measured."""
    if outcome not in _ARRIVED:
        ends = outcome.sgd[-1, outcome.sgd_frozen < 0][:FEW], outcome.limit[-1, outcome.limit_frozen < 0][:FEW]
        before, sgd, limit = (
            limit_map_with_outcome(outcome.experiment.landscape, points.astype(float), outcome.rank or 0)[0]
            for points in (outcome.limit[0, :1], *ends)
        )
        _ARRIVED[outcome] = before, sgd, limit
    return _ARRIVED[outcome]
