"""The theorem, measured: does the law of Φ(x_η(t/η²)) tend to that of the limiting SDE as η → 0 (theory section 2)?

SGD runs at a ladder of learning rates; its points are carried to Γ by Φ, and one number of them, the observable, is compared with
the limit's: exactly where Γ is a curve (Fokker–Planck), else with an ensemble of the limiting SDE. The verdict rests on the first
two moments: by the theory their difference from the limit's is c₁η + c₂η² + …, so what a polynomial fit leaves at η = 0 must be 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dynamics import laws
from dynamics.chart import Chart, manifold_chart
from dynamics.densities import carried, diffuses, fokker_planck
from dynamics.drift import PARTS
from dynamics.ensemble import Progress, run_ensemble
from dynamics.experiment import Experiment
from dynamics.laws import MOST_POINTS, Distances, Law, SpaceDistance, energy_in_space
from dynamics.projected import FLOW_COST, projected_sgd
from dynamics.randomness import BLOCK
from dynamics.schemes import SCHEMES
from dynamics.schemes.base import Problem
from dynamics.simulate import arrival, limit_ladder

RUNGS = 4
FIRST_PATHS = 6 * BLOCK
MOST_PATHS = 128 * BLOCK
MOST_PATH_STEPS = 3e8  # of a ladder's first stage: about three seconds
MOMENTS = 8  # times at which laws are compared; the distances are those at the last
SIGMAS = 4.0
ACCURACY = 0.1  # of the scale: how finely the verdict resolves what is left at η = 0
STILL = 1e-3  # of the observable: what moves less is taken to stand still
MOST_LOST = 0.01  # of the paths: the rest would be a law of the survivors
REMAINDER = 0.02  # of the scale: what the fit's neglected orders may leave

VERDICTS = ("agrees", "not enough paths", "learning rate too large", "disagrees")


@dataclass(frozen=True, eq=False)
class Rung:
    """SGD at one learning rate: the observable's law at each time, and its distances from the limit's at the last."""

    learning_rate: float
    steps: int
    paths: int
    lost: int  # paths that diverged, or have no Φ
    laws: tuple[Law, ...]
    gap: np.ndarray  # (2,) mean and variance at the last time, minus the limit's
    gap_errors: np.ndarray  # (2,)
    distances: Distances
    standard_errors: Distances
    floor: Distances  # the mean distance that as many paths show when the laws are equal
    space: SpaceDistance | None  # between Φ(x) and the limit's points in R^D; None along a curve, where the observable says all


@dataclass(frozen=True, eq=False)
class Convergence:
    """A ladder compared with the limit. Arrays over learning rates are (K,), from the largest down."""

    experiment: Experiment
    observable: str
    times: np.ndarray  # (M,) slow times
    limit: tuple[Law, ...]  # at each time
    exact: bool  # the limit's law is a density, not an ensemble
    rungs: tuple[Rung, ...]
    scale: float  # what an error is measured by: the limit's spread, or how far its mean or SGD's moves
    extrapolated: np.ndarray  # (2,) mean and variance at η → 0 by the fit, minus the limit's
    extrapolated_errors: np.ndarray  # (2,) their standard errors
    verdict: str  # one of VERDICTS
    reason: str
    paths_needed: int  # that would settle it

    @property
    def learning_rates(self) -> np.ndarray:
        return np.array([rung.learning_rate for rung in self.rungs])

    @property
    def distances(self) -> np.ndarray:
        """Wasserstein-1 distance at the last time."""
        return self.measured("wasserstein")

    @property
    def standard_errors(self) -> np.ndarray:
        """Bootstrap standard errors of `distances`."""
        return np.array([rung.standard_errors.wasserstein for rung in self.rungs])

    @property
    def slope(self) -> float:
        """The exponent of η in the weak error: 1 by the theory's expansion. NaN where the paths are too few to see the error."""
        return self.weak_slope()[0]

    def measured(self, distance: str) -> np.ndarray:
        """Any of laws.NAMES, (K,)."""
        return np.array([getattr(rung.distances, distance) for rung in self.rungs])

    def fitted_slope(self, distance: str) -> tuple[float, float]:
        """The slope of a distance on log–log axes and its standard error, over the rungs that stand clear of the floor.

        The floor is taken off in squares. NaN where fewer than two rungs stand clear. Towards a limit without diffusion ½ is to be
        expected: SGD's spread about it is O(√η).
        """
        found = self.measured(distance)
        error = np.array([getattr(rung.standard_errors, distance) for rung in self.rungs])
        floor = np.array([getattr(rung.floor, distance) for rung in self.rungs])
        clear = found > floor + 2 * error
        if clear.sum() < 2:
            return float("nan"), float("nan")
        net = np.sqrt(found[clear] ** 2 - floor[clear] ** 2)
        return _log_slope(self.learning_rates[clear], net, error[clear] * found[clear] / net)

    def weak_slope(self) -> tuple[float, float]:
        """The slope on log–log axes of the weak error, and its standard error.

        Of the mean's difference or the variance's, whichever is clearer, over the rungs where it is more than 3 standard errors;
        NaN with fewer than two of them.
        """
        gaps = np.array([rung.gap for rung in self.rungs])
        errors = np.array([rung.gap_errors for rung in self.rungs])
        column = int(np.argmax(np.median(np.abs(gaps) / errors, axis=0)))
        gap, error = np.abs(gaps[:, column]), errors[:, column]
        clear = gap > 3 * error
        if clear.sum() < 2:
            return float("nan"), float("nan")
        return _log_slope(self.learning_rates[clear], gap[clear], error[clear])


def _log_slope(rates: np.ndarray, values: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """Of log values against log rates, weighted by the errors' inverse squares; and its standard error."""
    weight = values / errors
    design = np.stack([np.ones(len(rates)), np.log(rates)], -1)
    normal = np.linalg.inv((design * weight[:, None] ** 2).T @ design)
    return float((normal @ (design.T @ (weight**2 * np.log(values))))[1]), float(np.sqrt(normal[1, 1]))


def ladder(experiment: Experiment, rungs: int = RUNGS) -> tuple[float, ...]:
    """η, η/2, η/4, …: as many as are affordable, at least 3, from a larger η down where the experiment's own is costly."""
    rates = [experiment.learning_rate / 2.0**rung for rung in range(rungs)]
    while ladder_cost(experiment, rates, FIRST_PATHS) > MOST_PATH_STEPS:
        rates = rates[:-1] if len(rates) > 3 else [2 * rate for rate in rates]
    return tuple(rates)


def ladder_cost(experiment: Experiment, learning_rates: Sequence[float], paths: int) -> float:
    """Path-steps of SGD."""
    return float(sum(round(experiment.horizon / rate**2) for rate in learning_rates)) * paths


def convergence(
    experiment: Experiment,
    learning_rates: Sequence[float] | None = None,
    *,
    observable: str | None = None,
    accuracy: float = ACCURACY,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Convergence:
    """Compare SGD at a ladder of learning rates with the limit, adding paths until the verdict is as sharp as `accuracy`.

    `observable` is a formula in the landscape's variables; the arc length along Γ by default where Γ is a curve, else the first
    variable. Raises ValueError, with a sentence, where there is no limit to compare with, or fewer than 3 learning rates.
    """
    done = list(stages(experiment, learning_rates, observable=observable, accuracy=accuracy, progress=progress, cancel=cancel))
    if not done:
        raise ValueError("The comparison was cancelled before its first stage was done.")
    return done[-1]


def stages(
    experiment: Experiment,
    learning_rates: Sequence[float] | None = None,
    *,
    observable: str | None = None,
    accuracy: float = ACCURACY,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[Convergence]:
    """`convergence` stage by stage, each with twice the paths: something to show from the first one on."""
    rates = tuple(sorted(learning_rates, reverse=True)) if learning_rates is not None else ladder(experiment)
    if len(rates) < 3:
        raise ValueError("A ladder needs at least 3 learning rates, to see how the difference shrinks.")
    question = _Question.of(experiment, observable)
    samples = [_Sample() for _ in rates]
    limit_sample = _Sample()
    paths, target = 0, FIRST_PATHS
    while True:
        watch = Progress((target - paths) * sum(experiment.horizon / rate**2 + FLOW_COST for rate in rates), progress, cancel)
        if not question.exact:
            limit_sample = limit_sample.with_more(*question.limit_values(paths, 2 * target - 2 * paths, watch))
        for index, rate in enumerate(rates):
            samples[index] = samples[index].with_more(*question.sgd_values(rate, paths, target - paths, watch))
        if watch.stopped:
            return
        paths = target
        result = _compared(question, rates, paths, samples, limit_sample, accuracy)
        yield result
        settled = result.verdict != "not enough paths"
        if settled or paths >= MOST_PATHS or ladder_cost(experiment, rates, 2 * paths) > 20 * MOST_PATH_STEPS:
            return
        target = 2 * paths


@dataclass(frozen=True, eq=False)
class _Sample:
    """Values of the observable (M, N) so far, points at the last time (≤ MOST_POINTS, D), and how many paths have none."""

    values: np.ndarray | None = None
    points: np.ndarray | None = None
    lost: int = 0

    def with_more(self, values: np.ndarray, points: np.ndarray, lost: int) -> _Sample:
        if self.values is None or self.points is None:
            return _Sample(values, points[:MOST_POINTS], lost)
        joined = np.concatenate([self.points, points])[:MOST_POINTS]
        return _Sample(np.concatenate([self.values, values], axis=1), joined, self.lost + lost)


@dataclass(frozen=True, eq=False)
class _Question:
    """What is compared: the observable at the times, from one start."""

    experiment: Experiment
    observable: str | None
    times: np.ndarray
    problem: Problem
    chart: Chart | None
    centre: float = 0.0
    exact: tuple[Law, ...] = field(default=())

    @staticmethod
    def of(experiment: Experiment, observable: str | None) -> _Question:
        landscape = experiment.landscape
        _, problem, missing = arrival(experiment, Progress(0.0, None, None))
        if problem is None:
            raise ValueError(missing)
        if problem.rank == landscape.dimension:
            raise ValueError("Γ is a point here: there is no law along it to compare.")
        times = experiment.horizon * np.arange(1, MOMENTS + 1) / MOMENTS
        if observable is not None:
            landscape.evaluate([observable], problem.start)
        chart = manifold_chart(landscape, problem.start) if problem.rank == landscape.dimension - 1 else None
        if observable is None and chart is None:
            observable = landscape.variables[0]
        question = _Question(experiment, observable, times, problem, chart)
        # The density is that of the whole limit.
        return question._with_densities() if chart is not None and experiment.parts == PARTS else question

    def _with_densities(self) -> _Question:
        assert self.chart is not None
        chart, setting = self.chart, (self.experiment.landscape, self.experiment.noise, self.chart)
        if not diffuses(*setting):
            s = carried(*setting, float(chart.arc_length(self.problem.start)), self.times)
            question = replace(self, centre=float(s[-1]))
            values = question._observed(chart.points(s))
            return replace(question, exact=tuple(Law.of(values[index : index + 1]) for index in range(len(s))))
        density = fokker_planck(*setting, self.problem.start, self.times)
        centre = 0.0
        if self.observable is None and chart.closed:
            turned = np.exp(2j * np.pi * chart.grid / chart.length) @ density[-1]
            centre = float(np.angle(turned)) * chart.length / (2 * np.pi)
        question = replace(self, centre=centre)
        values = question._observed(chart.points(chart.grid))
        return replace(question, exact=tuple(Law.of(values, row) for row in density))

    def _observed(self, points: np.ndarray) -> np.ndarray:
        """The observable at points of Γ (N, D), (N,)."""
        if self.observable is not None:
            return self.experiment.landscape.evaluate([self.observable], points)[..., 0]
        assert self.chart is not None
        s = self.chart.arc_length(points)
        if not self.chart.closed:
            return s
        half = self.chart.length / 2
        return self.centre + np.mod(s - self.centre + half, self.chart.length) - half

    def sgd_values(self, learning_rate: float, first: int, paths: int, watch: Progress) -> tuple[np.ndarray, np.ndarray, int]:
        """Of Φ of SGD's paths `first`, … that exist throughout: the observable (M, N'), the last points; how many have none."""
        experiment = replace(self.experiment, learning_rate=learning_rate)
        mapped = projected_sgd(experiment, self.problem.rank, self.times, first, paths, watch)
        kept = np.isfinite(mapped).all(axis=(0, 2))
        return self._observed(mapped[:, kept]), mapped[-1, kept], int((~kept).sum())

    def limit_values(self, first: int, paths: int, watch: Progress) -> tuple[np.ndarray, np.ndarray, int]:
        steps, sizes = limit_ladder(self.experiment, self.problem, self.times)
        scheme = SCHEMES[self.experiment.scheme]

        def stepper(block: int, width: int):
            return scheme.stepper(self.problem, 2 * first // BLOCK + block, width)

        ensemble = run_ensemble(stepper, steps, sizes, paths, self.experiment.landscape.dimension, watch, cost=0.0)
        kept = ensemble.frozen_at < 0
        points = ensemble.points[:, kept].astype(float)
        return self._observed(points), points[-1], int((~kept).sum())


def _compared(
    question: _Question, rates: Sequence[float], paths: int, samples: Sequence[_Sample], limit_sample: _Sample, accuracy: float
) -> Convergence:
    """All that is said of the samples so far."""
    random = np.random.Generator(np.random.SFC64(np.random.SeedSequence(question.experiment.seed, spawn_key=(3,))))
    limit = question.exact or tuple(Law.of(row) for row in limit_sample.values)  # type: ignore[union-attr]
    limit_count = np.inf if question.exact else len(limit[-1].values)
    start = float(question._observed(question.problem.start[None])[0])
    means = [float(sample.values[-1].mean()) for sample in samples if sample.values is not None and sample.values.shape[1]]
    moved = max(abs(mean - start) for mean in (limit[-1].mean, *means[-1:]))
    scale = max(limit[-1].variance ** 0.5, moved, STILL * (1 + abs(start)))
    rungs, gaps, errors = [], [], []
    for rate, sample in zip(rates, samples, strict=True):
        values = sample.values
        if values is None or sample.points is None or values.shape[1] < 8:
            continue
        row = tuple(Law.of(at_time) for at_time in values)
        size = values.shape[1]
        boot = laws.bootstrap(row[-1], limit[-1], random)
        null = laws.null(size, limit[-1], random)
        gap, error = _moment_gaps(row[-1], limit[-1], size, limit_count)
        gaps.append(gap)
        errors.append(error)
        rungs.append(
            Rung(
                rate, max(1, round(question.experiment.horizon / rate**2)), size, sample.lost, row, gap, error,
                laws.distances(row[-1], limit[-1]),
                Distances(*(getattr(boot, name).std(ddof=1) for name in laws.NAMES)),
                Distances(*(getattr(null, name).mean() for name in laws.NAMES)),
                None if limit_sample.points is None else energy_in_space(sample.points, limit_sample.points, random),
            )
        )  # fmt: skip
    left, left_errors, linear = _extrapolated(np.array([rung.learning_rate for rung in rungs]), np.array(gaps), np.array(errors))
    units = np.array([scale, scale**2])
    verdict, reason, needed = _verdict(rungs, rates, left / units, left_errors / units, linear / units, accuracy, paths)
    observable = question.observable or "arc length along Γ"
    return Convergence(
        question.experiment, observable, question.times, limit, bool(question.exact), tuple(rungs), scale, left, left_errors,
        verdict, reason, needed,
    )  # fmt: skip


def _moment_gaps(sample: Law, limit: Law, size: int, limit_size: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of SGD minus the limit's, and standard errors, each (2,)."""

    def variance_of_variance(law: Law) -> float:
        return max(float((law.values - law.mean) ** 4 @ law.weights) - law.variance**2, 0.0)

    unbiased = sample.variance * size / (size - 1)
    gap = np.array([sample.mean - limit.mean, unbiased - limit.variance])
    error = np.array(
        [
            np.sqrt(sample.variance / size + limit.variance / limit_size),
            np.sqrt(variance_of_variance(sample) / size + variance_of_variance(limit) / limit_size),
        ]
    )
    return gap, np.maximum(error, 1e-9 * (1 + np.abs(gap)))


def _extrapolated(rates: np.ndarray, gaps: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What polynomial fits in η (weighted, of degree K − 2 ≤ 2) of gaps (K, 2) leave at η = 0, its errors, and the linear fit's."""
    left, left_errors, linear = np.full(2, np.nan), np.full(2, np.nan), np.full(2, np.nan)
    if len(rates) < 3:
        return left, left_errors, linear
    for column in range(2):
        weight = 1 / errors[:, column]
        for degree in (1, min(2, len(rates) - 2)):
            design = np.vander(rates / rates[0], degree + 1, increasing=True)
            inverse = np.linalg.pinv(design * weight[:, None])
            at_zero = float(inverse[0] @ (weight * gaps[:, column]))
            if degree == 1:
                linear[column] = at_zero
            left[column], left_errors[column] = at_zero, float(np.linalg.norm(inverse[0]))
    return left, left_errors, linear


def _verdict(
    rungs: Sequence[Rung],
    rates: Sequence[float],
    left: np.ndarray,
    errors: np.ndarray,
    linear: np.ndarray,
    accuracy: float,
    paths: int,
) -> tuple[str, str, int]:
    """In units of the scale: what is left at η = 0, its errors, what a linear fit leaves."""
    lost = dict.fromkeys(rates, paths) | {rung.learning_rate: rung.lost for rung in rungs}
    lossy = [rate for rate in rates if lost[rate] > MOST_LOST * paths]
    if lossy:
        rate = min(lossy)
        return (
            "learning rate too large",
            f"At η = {rate:g}, {lost[rate]:,} of {paths:,} paths diverged or never came back to Γ. Take smaller learning rates.",
            paths,
        )
    resolution = float(SIGMAS * errors.max())
    needed = int(np.ceil(paths * max(1.0, (resolution / accuracy) ** 2)))
    excess = np.abs(left) - SIGMAS * errors - REMAINDER
    worst = int(np.argmax(excess))
    name = ("mean", "variance")[worst]
    if excess[worst] > 0:
        if abs(left[worst] - linear[worst]) > max(abs(left[worst]), 3 * REMAINDER):
            return (
                "learning rate too large",
                f"The {name}’s difference is still curved in η: linear and quadratic fits leave {signed(linear[worst])} and "
                f"{signed(left[worst])} of the limit’s spread. Take smaller learning rates.",
                needed,
            )
        return (
            "disagrees",
            f"The {name}’s difference does not vanish with η: {signed(left[worst])} ± {percent(errors[worst])} of the limit’s "
            f"spread is left at η → 0, more than {SIGMAS:g} standard errors and {percent(REMAINDER)} for higher orders.",
            needed,
        )
    if resolution > accuracy:
        return (
            "not enough paths",
            f"What is left at η → 0 is known to ± {percent(resolution)} of the limit’s spread; about {needed:,} paths would tell "
            f"to ± {percent(accuracy)}.",
            needed,
        )
    return (
        "agrees",
        f"At η → 0 the mean differs from the limit’s by {signed(left[0])} ± {percent(errors[0])} of the limit’s spread and the "
        f"variance by {signed(left[1])} ± {percent(errors[1])} of its square: within {SIGMAS:g} standard errors and "
        f"{percent(REMAINDER)} for higher orders.",
        needed,
    )


def percent(share: float, sign: str = "") -> str:
    """Two digits that count."""
    return f"{float(f'{100 * share:.2g}'):{sign}g} %".replace("-", "−")


def signed(share: float) -> str:
    return percent(share, "+")
