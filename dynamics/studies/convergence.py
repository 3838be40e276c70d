"""The theorem, measured: does the law of Φ(x_η(t/η²)) tend to that of the limiting SDE as η → 0 (theory section 2)?

SGD runs at a ladder of learning rates; its points are carried to Γ by Φ, and one number of them, the observable, is compared with
the limit's: exactly where Γ is a curve (Fokker–Planck), else with an ensemble of the limiting SDE. The verdict (`verdict`) rests on
the first two moments: by the theory their difference from the limit's is c₁η + c₂η² + …, so what a polynomial fit leaves at η = 0
must be 0. Each learning rate has randomness of its own, so that the errors of their differences are independent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.engine.randomness import BLOCK
from dynamics.experiment import Experiment, checked_rates
from dynamics.landscapes.landscape import Landscape
from dynamics.limit.chart import REACH, Chart, manifold_chart
from dynamics.limit.coefficients import PARTS
from dynamics.limit.fokker_planck import carried, diffuses, fokker_planck
from dynamics.limit.schemes import SCHEMES
from dynamics.limit.schemes.base import LEFT_MANIFOLD, RANK_CHANGED, Problem
from dynamics.settings import Number
from dynamics.simulate import arrival, at_finite_rate, limit_pace
from dynamics.studies import laws
from dynamics.studies.along import Along, along_manifold
from dynamics.studies.laws import MOST_POINTS, Distances, Law, SpaceDistance, energy_in_space
from dynamics.studies.projected import ELSEWHERE, FARTHER, FLOW_COST, counted, projected_sgd
from dynamics.studies.verdict import VERDICTS, Evidence, fitted, judged, percent, signed

RUNGS = 4
FIRST_PATHS = 6 * BLOCK
MOST_PATHS = 128 * BLOCK
MOST_PATH_STEPS = 3e8  # of a ladder's first stage: about three seconds
MOMENTS = 8  # times at which laws are compared; the distances are those at the last
ACCURACY = 0.1  # of the scale: how finely the verdict resolves what is left at η = 0
ASKED_ACCURACY = Number(name="accuracy", title="accuracy of a verdict", minimum=1e-3, maximum=1.0)
STILL = 1e-3  # of the observable: what moves less is taken to stand still
CARRIED = 3.0  # a mean that moves by more than so many standard deviations: the limit is carried rather than spread
FEWEST = 8  # paths that make a law
TAILS = (0.005, 0.995)  # between which a law lies, for the range of all of them
NARROWEST = 2.0  # of the scale: a lost path may be so far off, even where the laws span less
BEYOND = 1e-3  # of the density may reach the ends of a chart that is open
LONGEST = 8  # times its usual reach, for a chart that the density outgrows
ROUNDING = 1e-9  # the least standard error, of 1 + the difference
APART = 1 << 12  # blocks between the randomness of two learning rates

__all__ = ["VERDICTS", "Convergence", "Rung", "convergence", "ladder", "ladder_cost", "percent", "signed", "stages"]


@dataclass(frozen=True, eq=False)
class Rung:
    """SGD at one learning rate: the observable's law at each time, and its distances from the limit's at the last."""

    learning_rate: float
    steps: int
    paths: int
    causes: Counter[int]  # of the paths that are lost: how many to each of projected.CAUSES
    laws: tuple[Law, ...]
    gap: np.ndarray  # (2,) mean and variance at the last time, minus the limit's
    gap_errors: np.ndarray  # (2,)
    distances: Distances
    standard_errors: Distances
    floor: Distances  # the mean distance that as many paths show when the laws are equal
    space: SpaceDistance | None  # between Φ(x) and the limit's points in R^D; None along a curve, where the observable says all

    @property
    def lost(self) -> int:
        """Paths that diverged, or have no Φ."""
        return sum(self.causes.values())


@dataclass(frozen=True, eq=False)
class Convergence:
    """A ladder compared with the limit. Arrays over learning rates are (K,), from the largest down."""

    experiment: Experiment
    observable: str
    times: np.ndarray  # (M,) slow times
    limit: tuple[Law, ...]  # at each time; none where its paths are lost altogether
    exact: bool  # the limit's law is a density, not an ensemble
    rungs: tuple[Rung, ...]  # those with paths enough left to have a law
    along: Along  # what the limit's paths meet
    scale: float  # what an error is measured by: the limit's spread, or how far its mean or SGD's moves
    unit: str  # which of the two, in words
    extrapolated: np.ndarray  # (2,) mean and variance at η → 0 by the fit, minus the limit's
    extrapolated_errors: np.ndarray  # (2,) their standard errors
    verdict: str  # one of VERDICTS
    reason: str
    paths_needed: int  # that would settle it
    finite: Mapping[float, np.ndarray] = field(default_factory=dict)  # by η: along the limit corrected to first order in it, (M,)

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
        if distance == "kolmogorov":  # two laws that have no place in common are 1 apart, however far they are
            clear &= found < 1 - 1e-9
        if clear.sum() < 2:
            return float("nan"), float("nan")
        net = np.sqrt(found[clear] ** 2 - floor[clear] ** 2)
        return _log_slope(self.learning_rates[clear], net, error[clear] * found[clear] / net)

    def weak_slope(self) -> tuple[float, float]:
        """The slope on log–log axes of the weak error, and its standard error.

        Of the mean's difference or the variance's, whichever is clearer, over the rungs where it is more than 3 standard errors;
        NaN with fewer than two of them.
        """
        if len(self.rungs) < 2:
            return float("nan"), float("nan")
        gaps = np.array([rung.gap for rung in self.rungs])
        errors = np.array([rung.gap_errors for rung in self.rungs])
        column = int(np.argmax(np.median(np.abs(gaps) / errors, axis=0)))
        gap, error = np.abs(gaps[:, column]), errors[:, column]
        clear = gap > 3 * error
        if clear.sum() < 2:
            return float("nan"), float("nan")
        return _log_slope(self.learning_rates[clear], gap[clear], error[clear])


def _log_slope(rates: np.ndarray, values: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """Of log values against log rates, weighted by the errors' inverse squares; and its standard error.

    About weighted means, so that weights of any sizes do no harm.
    """
    weight = (values / errors) ** 2
    share = weight / weight.sum()
    x, y = np.log(rates) - share @ np.log(rates), np.log(values) - share @ np.log(values)
    spread = float(share @ x**2)
    return float(share @ (x * y)) / spread, float(1 / np.sqrt(weight.sum() * spread))


def ladder(experiment: Experiment, rungs: int = RUNGS) -> tuple[float, ...]:
    """η, η/2, η/4, …: as many as are affordable, at least 3, from a larger η down where the experiment's own is costly."""
    rates = [experiment.learning_rate / 2.0**rung for rung in range(rungs)]
    while ladder_cost(experiment, rates, FIRST_PATHS) > MOST_PATH_STEPS:
        rates = rates[:-1] if len(rates) > 3 else [2 * rate for rate in rates]
    return tuple(rates)


def ladder_cost(experiment: Experiment, learning_rates: Sequence[float], paths: int) -> float:
    """Path-steps of SGD."""
    return float(sum(experiment.at_rate(rate).steps for rate in learning_rates)) * paths


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
    variable. Raises ValueError, with a sentence, where there is no limit to compare with, or for fewer than 3 different
    learning rates.
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
    rates = checked_rates(learning_rates) if learning_rates is not None else ladder(experiment)
    accuracy = float(ASKED_ACCURACY.checked(accuracy))
    if len(rates) < 3:
        raise ValueError("A ladder needs at least 3 different learning rates, to see how the difference shrinks.")
    question = _Question.of(experiment, observable)
    samples = [_Sample() for _ in rates]
    limit_sample = _Sample()
    paths, target = 0, FIRST_PATHS
    along = along_manifold(experiment, question.problem, Progress(0.0, None, cancel))
    finite = {rate: values for rate in rates if (values := question.finite_values(rate)) is not None}
    while True:
        watch = Progress((target - paths) * sum(experiment.at_rate(rate).steps + FLOW_COST for rate in rates), progress, cancel)
        if not question.exact:
            limit_sample = limit_sample.with_more(*question.limit_values(paths, 2 * target - 2 * paths, watch))
        for index, rate in enumerate(rates):
            samples[index] = samples[index].with_more(*question.sgd_values(index, rate, paths, target - paths, watch))
        if watch.stopped:
            return
        paths = target
        result = replace(_compared(question, rates, paths, samples, limit_sample, along, accuracy), finite=finite)
        yield result
        settled = result.verdict != "not enough paths"
        if settled or paths >= MOST_PATHS or ladder_cost(experiment, rates, 2 * paths) > 20 * MOST_PATH_STEPS:
            return
        target = 2 * paths


@dataclass(frozen=True, eq=False)
class _Sample:
    """Values of the observable (M, N) so far, points at the last time (≤ MOST_POINTS, D), and how many paths have none, and why."""

    values: np.ndarray | None = None
    points: np.ndarray | None = None
    lost: Counter[int] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        return 0 if self.values is None else self.values.shape[1]

    def with_more(self, values: np.ndarray, points: np.ndarray, lost: Counter[int]) -> _Sample:
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
        chart = _curve(landscape, problem)
        if observable is None and chart is None:
            observable = landscape.variables[0]
        question = _Question(experiment, observable, times, problem, chart)
        # The density is that of the whole limit, of optimizers that share SGD's.
        exact = chart is not None and experiment.parts == PARTS and experiment.optimizer.through_flow
        return question._with_densities() if exact else question

    def _with_densities(self) -> _Question:
        """With the exact laws: on a longer chart where they outgrow an open one, and without them where no chart is long enough."""
        assert self.chart is not None
        landscape, noise, chart = self.experiment.landscape, self.experiment.limit_noise, self.chart
        random = diffuses(landscape, noise, chart)
        if not random:
            s = carried(landscape, noise, chart, float(chart.arc_length(self.problem.start)), self.times)
            within = bool(((s > chart.origin + chart.cell) & (s < chart.origin + chart.length - chart.cell)).all())
        else:
            density = fokker_planck(landscape, noise, chart, self.problem.start, self.times)
            within = bool(chart.cell * (density[:, 0] + density[:, -1]).max() < BEYOND / len(chart.grid))
            # What is missing has got to where the theory ends.
            within = within and bool((density.sum(axis=1) * chart.cell > 1 - BEYOND).all())
        if not (within or chart.closed):
            longer = _curve(landscape, self.problem, chart.length) if "reach" in chart.ends else None
            most = LONGEST * 2 * REACH * (1 + float(np.linalg.norm(self.problem.start)))
            if longer is not None and 1.5 * chart.length < longer.length < most:
                return replace(self, chart=longer)._with_densities()
            return self
        if not random:
            question = replace(self, centre=float(s[-1]))
            values = question._observed(chart.points(s))
            return replace(question, exact=tuple(Law.of(values[index : index + 1]) for index in range(len(s))))
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
        # A limit without its tangent part leaves Γ: it has the arc length of the nearest point.
        s = self.chart.arc_length_on(points)[0] if self.experiment.parts == PARTS else self.chart.arc_length(points)
        if not self.chart.closed:
            return s
        half = self.chart.length / 2
        return self.centre + np.mod(s - self.centre + half, self.chart.length) - half

    def finite_values(self, learning_rate: float) -> np.ndarray | None:
        """The observable along the limit corrected to first order in this learning rate, (M,), where that is known."""
        path = at_finite_rate(self.experiment.at_rate(learning_rate), self.problem, self.times, Progress(0.0, None, None))
        return None if path is None else self._observed(path.astype(float))

    def sgd_values(
        self, index: int, learning_rate: float, first: int, paths: int, watch: Progress
    ) -> tuple[np.ndarray, np.ndarray, Counter[int]]:
        """Of Φ of SGD's paths `first`, … that exist throughout: the observable (M, N'), the last points; how many have none.

        `index` is that of the learning rate in its ladder.
        """
        experiment = self.experiment.at_rate(learning_rate)
        mapped = projected_sgd(experiment, self.problem.rank, self.times, index * APART * BLOCK + first, paths, watch)
        kept = mapped.points[:, mapped.kept]
        values, on = self._on_chart(self._observed(kept))
        return values, kept[-1, on], counted(mapped.cause) + Counter({ELSEWHERE: int((~on).sum())})

    def limit_values(self, first: int, paths: int, watch: Progress) -> tuple[np.ndarray, np.ndarray, Counter[int]]:
        """The same of the limit; what it has lost is counted by the scheme's alarms."""
        scheme, pace = SCHEMES[self.experiment.scheme], limit_pace(self.experiment)

        def stepper(block: int, width: int):
            return scheme.stepper(self.problem, pace, 2 * first // BLOCK + block, width)

        ensemble = run_ensemble(stepper, self.times, paths, self.experiment.landscape.dimension, watch, cost=0.0)
        kept = ensemble.frozen_at < 0
        points = ensemble.points[:, kept].astype(float)
        values, on = self._on_chart(self._observed(points))
        return values, points[-1, on], Counter(ensemble.failure[~kept].tolist()) + Counter({LEFT_MANIFOLD: int((~on).sum())})

    def _on_chart(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of observed values (M, N) those of paths that have an arc length throughout, (M, N'), and which these are (N,)."""
        on = np.ones(values.shape[1], dtype=bool) if self.observable is not None else np.isfinite(values).all(axis=0)
        return values[:, on], on


def _curve(landscape: Landscape, problem: Problem, reach: float | None = None) -> Chart | None:
    """Γ in arc length, if it is a curve that can be followed."""
    if problem.rank != landscape.dimension - 1:
        return None
    try:
        return manifold_chart(landscape, problem.start, reach=reach)
    except ValueError:  # the rank is lost somewhere along it: the limit's paths will tell whether they go there
        return None


def _compared(
    question: _Question,
    rates: Sequence[float],
    paths: int,
    samples: Sequence[_Sample],
    limit_sample: _Sample,
    along: Along,
    accuracy: float,
) -> Convergence:
    """All that is said of the samples so far."""
    experiment, observable = question.experiment, question.observable or "arc length along Γ"
    if question.exact:
        limit_paths, rank_changed, left_manifold = along.paths, along.rank_changed, 0
    else:
        gone = limit_sample.lost
        limit_paths, rank_changed = limit_sample.kept + sum(gone.values()), gone[RANK_CHANGED]
        left_manifold = sum(gone.values()) - rank_changed
    limit: tuple[Law, ...] = question.exact
    if not limit and limit_sample.values is not None and limit_sample.kept >= FEWEST:
        limit = tuple(Law.of(row) for row in limit_sample.values)
    rungs, scale, unit = _rungs(question, rates, samples, limit, limit_sample) if limit else ((), 1.0, "")
    fit = None
    if len(rungs) == len(rates):
        gaps, units = np.array([rung.gap for rung in rungs]), np.array([scale, scale**2])
        errors = np.array([_moment_errors(rung.laws[-1], rung.paths) for rung in rungs])
        errors = np.maximum(errors, ROUNDING * (1 + np.abs(gaps)))
        shared = 0.0 if question.exact else _moment_errors(limit[-1], limit_sample.kept)
        fit = fitted(np.array(rates), gaps / units, errors / units, shared / units)
    strained = _strained(question, rates[0], rungs, scale, unit)
    evidence = Evidence(
        experiment, rates, paths, [sample.lost for sample in samples], limit_paths, rank_changed, left_manifold, along,
        max(FARTHER * _range(limit, rungs) / scale, NARROWEST), fit, accuracy, unit, strained, bool(_warning(question, rates[-1])),
    )  # fmt: skip
    verdict, reason, needed = judged(evidence)
    absent = np.full(2, np.nan)
    left, left_errors = (absent, absent) if fit is None else (fit.left * units, fit.errors * units)
    return Convergence(
        experiment, observable, question.times, limit, bool(question.exact), rungs, along, scale, unit, left, left_errors,
        verdict, reason, needed,
    )  # fmt: skip


def _strained(question: _Question, rate: float, rungs: tuple[Rung, ...], scale: float, unit: str) -> str:
    """What the largest learning rate strains, and how far off the mean is there; empty where it strains nothing."""
    said = _warning(question, rate)
    if not said or not rungs or rungs[0].learning_rate != rate:
        return said
    return f"At η = {rate:g} the mean is off by {signed(rungs[0].gap[0] / scale)} of {unit}. {said}"


def _warning(question: _Question, rate: float) -> str:
    experiment = question.experiment.at_rate(rate)
    return experiment.optimizer.warning(experiment.landscape, question.problem.start, rate)


def _rungs(
    question: _Question, rates: Sequence[float], samples: Sequence[_Sample], limit: tuple[Law, ...], limit_sample: _Sample
) -> tuple[tuple[Rung, ...], float, str]:
    """The learning rates that have a law, the scale, and what the scale is."""
    random = np.random.Generator(np.random.SFC64(np.random.SeedSequence(question.experiment.seed, spawn_key=(3,))))
    limit_count = np.inf if question.exact else len(limit[-1].values)
    start = float(question._observed(question.problem.start[None])[0])
    means = [float(sample.values[-1].mean()) for sample in samples if sample.values is not None and sample.kept]
    moved = max(abs(mean - start) for mean in (limit[-1].mean, *means[-1:]))
    spread = limit[-1].variance ** 0.5
    scale, unit = (spread, "the limit’s spread") if CARRIED * spread >= moved else (moved, "the way that the mean goes")
    scale = max(scale, STILL * (1 + abs(start)))
    rungs = []
    for rate, sample in zip(rates, samples, strict=True):
        values = sample.values
        if values is None or sample.points is None or sample.kept < FEWEST:
            continue
        row = tuple(Law.of(at_time) for at_time in values)
        boot = laws.bootstrap(row[-1], limit[-1], random)
        null = laws.null(sample.kept, limit[-1], random)
        gap, error = _moment_gaps(row[-1], limit[-1], sample.kept, limit_count)
        rungs.append(
            Rung(
                rate, question.experiment.at_rate(rate).steps, sample.kept, sample.lost, row, gap, error,
                laws.distances(row[-1], limit[-1]),
                Distances(*(max(getattr(boot, name).std(ddof=1), 1e-9 * scale) for name in laws.NAMES)),
                Distances(*(getattr(null, name).mean() for name in laws.NAMES)),
                None if limit_sample.points is None else energy_in_space(sample.points, limit_sample.points, random),
            )
        )  # fmt: skip
    return tuple(rungs), scale, unit


def _range(limit: tuple[Law, ...], rungs: tuple[Rung, ...]) -> float:
    """What the laws span at the last time."""
    ends = np.array([law.quantiles(TAILS) for law in [*limit[-1:], *(rung.laws[-1] for rung in rungs)]])
    return float(ends.max() - ends.min()) if len(ends) else 1.0


def _moment_gaps(sample: Law, limit: Law, size: int, limit_size: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of SGD minus the limit's, and standard errors, each (2,)."""

    unbiased = sample.variance * size / (size - 1)
    gap = np.array([sample.mean - limit.mean, unbiased - limit.variance])
    error = np.hypot(_moment_errors(sample, size), _moment_errors(limit, limit_size))
    return gap, np.maximum(error, ROUNDING * (1 + np.abs(gap)))


def _moment_errors(law: Law, size: float) -> np.ndarray:
    """Standard errors of the mean and the variance of a sample of `size` with this law, (2,)."""
    variance_of_squares = max(float((law.values - law.mean) ** 4 @ law.weights) - law.variance**2, 0.0)
    return np.sqrt(np.array([law.variance, variance_of_squares]) / size)
