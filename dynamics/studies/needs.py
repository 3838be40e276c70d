"""Which parts of its drift the limit needs to be SGD's: both from a point of Γ, the limit with each part left out in turn.

What is compared is how far along Γ the paths have gone, and how far from Γ they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from dynamics.experiment import Experiment
from dynamics.limit.chart import Chart
from dynamics.limit.coefficients import PARTS
from dynamics.outcome import Outcome
from dynamics.simulate import simulate
from dynamics.status import Status
from dynamics.studies.projected import FARTHER

FRAMES, PATHS = 41, 1000  # of the runs; more paths if the experiment has more
SURE = 4.0  # standard errors
AWAY = 2.0  # times SGD's distance to Γ: a limit so far from it has left it


@dataclass(frozen=True, eq=False)
class Course:
    """Where the paths of an ensemble are at the slow times of the trials, (F,) each."""

    along: np.ndarray  # mean
    error: np.ndarray  # its standard error
    distance: np.ndarray  # mean distance to Γ; of a limit on Γ what SGD's fluctuation about it is to leading order in η
    lost: int  # paths, whose place is not in the means
    span: float  # of all places where the others have been


@dataclass(frozen=True, eq=False)
class Trials:
    """SGD, and the limit with those parts that have been tried so far."""

    experiment: Experiment
    times: np.ndarray  # (F,)
    on_curve: bool  # `along` is arc length; else the way in the direction of the drift at the point
    sgd: Course
    status: Status  # of SGD's run
    limits: dict[tuple[str, ...], Course]
    finite: np.ndarray | None = None  # how far along Γ the limit corrected to first order in η has gone, (F,), where that is known

    @property
    def lost(self) -> int:
        """Paths of SGD that diverged."""
        return self.sgd.lost

    @property
    def complete(self) -> bool:
        """Whether all that is needed has been tried."""
        return set(tried(self.experiment)) <= self.limits.keys()

    def needs(self, part: str) -> bool | None:
        """Whether SGD is farther from the limit without `part` than from the whole one.

        None while that is not known, and where the paths that are lost could decide it.
        """
        whole, without = self.limits.get(PARTS), self.limits.get(left_out(part))
        if whole is None or without is None:
            return None
        if self.leaves(without):
            return True
        (low, high), (whole_low, whole_high) = self._gap(without), self._gap(whole)
        if low > SURE + whole_high:
            return True
        return False if high <= SURE + whole_low else None

    def leaves(self, limit: Course) -> bool:
        """Whether a limit has left Γ at the end, even if its lost paths were on it; not known where SGD has lost paths."""
        kept = 1 - limit.lost / self.experiment.paths
        return not self.lost and bool(kept * limit.distance[-1] > AWAY * self.sgd.distance[-1] + 1e-9)

    def _gap(self, limit: Course) -> tuple[float, float]:
        """The least and the largest that it can be between SGD and a limit at the end, along Γ, in standard errors."""
        error = float(np.hypot(self.sgd.error[-1], limit.error[-1])) + 1e-9
        gap = float(abs(self.sgd.along[-1] - limit.along[-1]))
        shift = (self.sgd.lost + limit.lost) / self.experiment.paths * FARTHER * max(self.sgd.span, limit.span)
        return max(gap - shift, 0.0) / error, (gap + shift) / error


def tried(experiment: Experiment) -> tuple[tuple[str, ...], ...]:
    """The parts that the limits are to have: all, then with each left out; a limit that only flows has none to leave out."""
    return (PARTS, *map(left_out, PARTS)) if experiment.optimizer.has_parts else (PARTS,)


def left_out(part: str) -> tuple[str, ...]:
    """PARTS without one."""
    return tuple(each for each in PARTS if each != part)


def trials(
    experiment: Experiment,
    chart: Chart | None,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[Trials]:
    """Run `experiment`, which starts on Γ, with its own parts, then with all, then with each left out.

    `chart` is Γ if it is a curve.
    """
    experiment = replace(experiment, frames=FRAMES, paths=max(PATHS, experiment.paths), schedule="uniform", scheme="explicit")
    if not experiment.optimizer.has_parts:
        experiment = replace(experiment, parts=PARTS)
    coordinate = _coordinate(experiment, chart)
    found: Trials | None = None
    wanted = list(dict.fromkeys([experiment.parts, *tried(experiment)]))
    for index, parts in enumerate(wanted):

        def advance(fraction: float, index: int = index) -> None:
            if progress:
                progress((index + fraction) / len(wanted))

        outcome = simulate(replace(experiment, parts=parts), progress=advance, cancel=cancel)
        if outcome.status == "cancelled":
            return
        limit = _course(outcome, "limit", coordinate)
        if found is None:
            sgd = _course(outcome, "sgd", coordinate)
            finite = None if outcome.finite is None else coordinate(outcome.finite[:, None].astype(float))[:, 0]
            found = Trials(experiment, outcome.times, chart is not None, sgd, outcome.status, {parts: limit}, finite)
        else:
            found = replace(found, limits=found.limits | {parts: limit})
        yield found


def _coordinate(experiment: Experiment, chart: Chart | None) -> Callable[[np.ndarray], np.ndarray]:
    """From points (F, N, D) to how far along Γ they are from the start (F, N)."""
    start = np.array(experiment.start)
    if chart is None:
        drift = experiment.optimizer.limit_drift(experiment.landscape, experiment.noise, start, experiment.learning_rate).total
        kernel = np.linalg.eigh(experiment.landscape.hessian(start))[1][:, 0]
        speed = np.linalg.norm(drift)
        direction = drift / speed if speed > 1e-9 else kernel
        return lambda points: (points - start) @ direction

    def along(points: np.ndarray) -> np.ndarray:
        s = chart.arc_length(points) - chart.arc_length(start)
        if not chart.closed:
            return s
        s = np.concatenate([np.zeros_like(s[:1]), s])  # the first frame too is near s = 0, not near its double
        return np.unwrap(s, axis=0, period=chart.length)[1:]

    return along


def _course(outcome: Outcome, who: str, coordinate: Callable[[np.ndarray], np.ndarray]) -> Course:
    points, frozen = getattr(outcome, who).astype(float), getattr(outcome, f"{who}_frozen")
    gone = coordinate(points[:, frozen < 0])
    frames, alive = gone.shape
    lost = len(frozen) - alive
    if alive < 2:
        absent = np.full(frames, np.nan)
        return Course(absent, absent, absent, lost, float("nan"))
    distance = getattr(outcome.observables["distance"], who).mean
    return Course(gone.mean(axis=1), gone.std(axis=1) / np.sqrt(alive), distance, lost, float(np.ptp(gone)))
