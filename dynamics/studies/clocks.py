"""Two clocks: SGD at several learning rates, from first step to last, in steps k and in slow time t = kη² (theory section 1).

In O(1/η) steps SGD falls to Γ along gradient flow; in O(1/η²) steps it drifts along Γ, and there the curves of all learning rates
become one when the clock is slow time. A local analysis, valid for η^-1.6 steps, ends at slow time η^0.4, which goes to 0 with η.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dynamics.experiment import Experiment, checked_rates
from dynamics.observables import QUANTITIES
from dynamics.outcome import Outcome
from dynamics.simulate import simulate
from dynamics.status import Status

RATES = 3
MOST_PATH_STEPS = 2e8  # of all learning rates: about two seconds
REACHES = {"1/η": -1.0, "η^−1.6": -1.6, "η^−2": -2.0}  # the fast phase's, the local analysis', the limit's
DISPLACEMENT = "displacement"
NAMED = {quantity.name: quantity.of_point for quantity in QUANTITIES if quantity.of_point is not None}


@dataclass(frozen=True)
class Mark:
    """How far a power of η reaches, in SGD steps and in slow time."""

    name: str
    steps: float
    time: float


@dataclass(frozen=True, eq=False)
class Curve:
    """The mean of the observable over all paths and its standard error, (F,); NaN once a path is lost."""

    learning_rate: float
    steps: np.ndarray  # (F,) SGD steps k, evenly spread in their logarithm from the second on
    times: np.ndarray  # (F,) slow time
    mean: np.ndarray
    error: np.ndarray
    status: Status
    lost: int  # paths, by the end
    paths: int
    step_time: float  # slow time of a step

    @property
    def marks(self) -> tuple[Mark, ...]:
        rate = self.learning_rate
        return tuple(Mark(name, rate**power, rate**power * self.step_time) for name, power in REACHES.items())

    def at(self, times) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard error at slow times, by interpolation."""
        return np.interp(times, self.times, self.mean), np.interp(times, self.times, self.error)


@dataclass(frozen=True, eq=False)
class TwoClocks:
    """A curve for each learning rate, from the largest down, and the limit's; fewer if cancelled."""

    experiment: Experiment
    observable: str  # DISPLACEMENT, a name of NAMED, or a formula
    curves: tuple[Curve, ...]
    limit: Curve | None  # on the frames of the smallest learning rate that was done; None where there is no limit
    cancelled: bool
    finite: tuple[Curve, ...] = ()  # the limit corrected to first order in η, at those learning rates where that is known


def learning_rates_for(experiment: Experiment) -> tuple[float, ...]:
    """η, η/2, η/4: larger ones where these are costly."""
    rates = [experiment.learning_rate / 2.0**k for k in range(RATES)]
    while sum(experiment.at_rate(rate).steps for rate in rates) * experiment.paths > MOST_PATH_STEPS:
        rates = [2 * rate for rate in rates]
    return tuple(rates)


def two_clocks(
    experiment: Experiment,
    learning_rates: Sequence[float] | None = None,
    *,
    observable: str | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> TwoClocks:
    """Run SGD at each of the learning rates (`learning_rates_for` by default) to the experiment's horizon.

    `observable` is "trace_hessian", "sharpness" or a formula in the landscape's variables, in which `loss` is the loss; by default
    the displacement ‖x − Φ(start)‖, which falls in the fast phase and rises in the slow one. `progress` and `cancel` are as in
    `simulate`.

    Raises ValueError, with a sentence, for a formula that is not one, a learning rate out of range, or a displacement where there
    is no Φ.
    """
    rates = learning_rates_for(experiment) if learning_rates is None else checked_rates(learning_rates)
    if not rates:
        raise ValueError("There is no learning rate to run at.")
    runs = [replace(experiment.at_rate(rate), schedule="logarithmic") for rate in rates]
    observable = observable or DISPLACEMENT
    if observable != DISPLACEMENT and observable not in NAMED:
        experiment.landscape.evaluate([observable], np.array(experiment.start))
    total, done, curves, finite, limit = sum(run.path_steps for run in runs), 0.0, [], [], None
    for run in runs:
        outcome = simulate(run, progress=_part(progress, done / total, run.path_steps / total), cancel=cancel)
        curves.append(_curve(outcome, observable, outcome.sgd, outcome.sgd_frozen))
        done += run.path_steps
        if outcome.status == "cancelled":
            return TwoClocks(experiment, observable, tuple(curves), limit, True)
        limit = None if outcome.rank is None else _curve(outcome, observable, outcome.limit, outcome.limit_frozen)
        if outcome.finite is not None:
            finite.append(_curve(outcome, observable, outcome.finite[:, None], np.array([-1])))
    return TwoClocks(experiment, observable, tuple(curves), limit, False, tuple(finite))


def stages(
    experiment: Experiment,
    *,
    observable: str | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[TwoClocks]:
    """`two_clocks` as one stage; none if it is cancelled."""
    found = two_clocks(experiment, observable=observable, progress=progress, cancel=cancel)
    if found.curves and not found.cancelled:
        yield found


def _part(progress: Callable[[float], None] | None, done: float, share: float) -> Callable[[float], None] | None:
    return (lambda fraction: progress(done + share * fraction)) if progress else None


def _curve(outcome: Outcome, observable: str, points: np.ndarray, frozen: np.ndarray) -> Curve:
    values = _values(outcome, observable, points.astype(float))
    lost = (frozen >= 0) & (np.arange(len(values))[:, None] >= frozen) | ~np.isfinite(values)
    values[lost.any(axis=-1)] = np.nan
    paths = len(frozen)
    mean = values.mean(axis=-1)
    error = values.std(axis=-1, ddof=1) / np.sqrt(paths) if paths > 1 else np.full(len(values), np.nan)
    count = int(lost.any(axis=0).sum())
    rate, optimizer = outcome.experiment.learning_rate, outcome.experiment.optimizer
    return Curve(rate, outcome.steps, outcome.times, mean, error, outcome.status, count, paths, optimizer.slow_time(rate))


def _values(outcome: Outcome, observable: str, points: np.ndarray) -> np.ndarray:
    """The observable at points (F, N, D), (F, N)."""
    landscape = outcome.experiment.landscape
    if observable == DISPLACEMENT:
        if outcome.rank is None and outcome.status != "cancelled":
            raise ValueError(outcome.status.told)
        return np.linalg.norm(points - outcome.flow.points[-1], axis=-1)
    with np.errstate(all="ignore"):
        if observable in NAMED:
            return NAMED[observable](landscape, points)
        return landscape.evaluate([observable], points)[..., 0]
