"""An experiment whose Γ is a curve: the limit's exact density along it, beside SGD seen through Φ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from dynamics.engine.ensemble import Progress, run_ensemble
from dynamics.engine.randomness import BLOCK
from dynamics.experiment import Experiment
from dynamics.limit.arc_length import Coefficients, arc_length_coefficients, diffuses, ends_of_the_theory
from dynamics.limit.chart import Chart, manifold_chart
from dynamics.limit.fokker_planck import carried, fokker_planck
from dynamics.limit.passage import FirstPassage, first_passage
from dynamics.limit.schemes import SCHEMES
from dynamics.limit.schemes.base import Problem
from dynamics.limit.stationary import Stationary, stationary_law
from dynamics.simulate import arrival, at_finite_rate, limit_pace
from dynamics.studies.projected import FLOW_COST, counted, projected_sgd

MOMENTS = 32
LIMIT_PATHS = 16 * BLOCK  # of a limit that is simulated
FIRST_PATHS = 2 * BLOCK
MOST_PATHS = 32 * BLOCK
MOST_PATH_STEPS = 4e8


class NoCurve(ValueError):
    """Γ is no curve."""


@dataclass(frozen=True, eq=False)
class ExactDensity:
    """In arc length s along Γ, at M moments. `sgd` has NaN where a path is lost or elsewhere."""

    experiment: Experiment
    chart: Chart
    start: float  # arc length of Φ(x₀)
    times: np.ndarray  # (M,) slow times
    coefficients: Coefficients  # on chart.grid
    diffuses: bool  # whether the limit is random; if not it is the point `centre`
    density: np.ndarray  # (M, S) on chart.grid
    centre: np.ndarray  # (M,) mean of the density, on a closed curve that of the angle
    law: Stationary  # on chart.grid, or why there is none
    stops: tuple[bool, bool]  # whether the limit gets to the lower and the upper end, and the theory ends there
    sgd: np.ndarray  # (M, N) arc lengths of Φ(x)
    simulated: np.ndarray  # (M, P) arc lengths of paths of the limit, NaN likewise: of one with slow variables, else there are none
    elsewhere: np.ndarray  # (M, N): Φ(x) is not on the chart, but on another piece of Γ, or beyond where the curve is followed
    causes: Counter[int]  # of the paths that are lost: how many to each of projected.CAUSES
    finite: np.ndarray | None = None  # (M,) arc length of the limit corrected to first order in η, where that is known

    @property
    def paths(self) -> int:
        return self.sgd.shape[1]

    @property
    def warning(self) -> str:
        """The sentence that says what its optimizer's limit assumes and these numbers strain, or nothing."""
        chosen = self.experiment
        return chosen.optimizer.warning(chosen.landscape, self.chart.points(self.start), chosen.learning_rate)

    @property
    def stationary(self) -> np.ndarray | None:
        """(S,)"""
        return self.law.density

    @property
    def current(self) -> float | None:
        """Of the stationary density: turns per slow time."""
        return self.law.current

    @property
    def inside(self) -> np.ndarray:
        """The probability (M,) that the limit has not yet reached an end of the theory."""
        return np.minimum(self.density.sum(axis=1) * self.chart.cell, 1.0)

    @property
    def lost(self) -> np.ndarray:
        """How many paths of SGD (M,) have diverged or have no Φ."""
        return (~np.isfinite(self.sgd) & ~self.elsewhere).sum(axis=1)

    def first_passage(self, target: float) -> FirstPassage | None:
        """Mean slow time to reach the arc length `target`, from anywhere; None for a limit that is not random."""
        if not self.diffuses:
            return None
        return first_passage(self.experiment.landscape, self.experiment.limit, self.chart, target)

    def histogram(self, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """SGD's density in the bins (M, B), its standard error, and the limit's mean density in them.

        Paths that are lost or elsewhere are in no bin, but counted: the histogram's total is the share of all paths that it shows.
        """
        edges = np.asarray(edges)
        widths = np.diff(edges)
        share = _shares(self.sgd, edges)
        error = np.sqrt(np.maximum(share * (1 - share), 0.0) / max(self.paths, 1))
        low = self.chart.origin
        at = np.concatenate([[low], low + self.chart.cell * np.arange(1, len(self.chart.grid) + 1)])
        below = np.concatenate([np.zeros((len(self.times), 1)), np.cumsum(self.density, axis=1) * self.chart.cell], axis=1)
        expected = np.diff(np.array([np.interp(edges, at, row) for row in below]), axis=1)
        return share / widths, error / widths, expected / widths

    def outline(self, edges: np.ndarray) -> np.ndarray:
        """The density of the simulated limit in the bins, (M, B)."""
        return _shares(self.simulated, edges) / np.diff(edges)


def exact_density(
    experiment: Experiment,
    moments: int = MOMENTS,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[ExactDensity]:
    """The densities at once, then stage by stage more paths of the optimizer beside them.

    Of a limit with slow variables the place on Γ alone is no Markov process. The density is that of the limit in which they settle
    at once: the same Itô coefficients with the slow variables where they would settle, and no term more, as they have no noise of
    their own. The limit itself is simulated. Raises ValueError, with a sentence, where Γ is not a curve (NoCurve), gradient flow
    from the start does not reach it, or the limit is not defined all along Γ.
    """
    landscape, limit = experiment.landscape, experiment.limit
    _, problem, missing = arrival(experiment, Progress(0.0, None, cancel))
    if problem is None:
        raise ValueError(missing)
    rank = problem.rank
    if rank != landscape.dimension - 1:
        kind = "a point" if rank == landscape.dimension else f"a manifold of dimension {landscape.dimension - rank}"
        raise NoCurve(f"Γ is {kind} here. Densities are computed along a curve: choose a landscape whose Γ is one.")
    chart = manifold_chart(landscape, problem.start)
    times = experiment.horizon * np.arange(1, moments + 1) / moments
    random = diffuses(landscape, limit, chart)
    if random:
        _check_defined(experiment, chart, np.concatenate([chart.grid, chart.grid[:-1] + chart.cell / 2]))
        density = fokker_planck(landscape, limit, chart, 0.0, times)
        centre = _centres(chart, density)
    else:
        centre = carried(landscape, limit, chart, 0.0, times)
        _check_defined(experiment, chart, centre)
        density = fokker_planck(landscape, limit, chart, 0.0, times)
    corrected = at_finite_rate(experiment, problem, times, Progress(0.0, None, cancel))
    finite = None if corrected is None else chart.arc_length(corrected.astype(float))
    found = ExactDensity(
        experiment, chart, 0.0, times, arc_length_coefficients(landscape, limit, chart, chart.grid), random, density, centre,
        stationary_law(landscape, limit, chart), ends_of_the_theory(landscape, limit, chart),
        np.empty((moments, 0)), np.empty((moments, 0)), np.empty((moments, 0), dtype=bool), Counter(), finite,
    )  # fmt: skip
    yield found
    if problem.slow:
        found = replace(found, simulated=_simulated(experiment, problem, chart, times, random, progress, cancel))
        yield found
    paths, target = 0, FIRST_PATHS
    while target <= MOST_PATHS and (paths == 0 or target * experiment.steps <= MOST_PATH_STEPS):
        watch = Progress((target - paths) * (experiment.steps + FLOW_COST), progress, cancel)
        mapped = projected_sgd(experiment, rank, times, paths, target - paths, watch)
        if watch.stopped:
            return
        s, elsewhere = chart.arc_length_on(mapped.points)
        found = replace(
            found, sgd=np.concatenate([found.sgd, s], axis=1), elsewhere=np.concatenate([found.elsewhere, elsewhere], axis=1),
            causes=found.causes + counted(mapped.cause),
        )  # fmt: skip
        yield found
        if not experiment.random:
            return  # all paths are one
        paths, target = target, 2 * target


def _check_defined(experiment: Experiment, chart: Chart, places: np.ndarray) -> None:
    """Raise ValueError, with a sentence, if the limit has no drift at the start or one of these arc lengths, or is lost (NaN)."""
    lost = bool(np.isnan(places).any())
    places = np.concatenate([[0.0], places[np.isfinite(places)]])
    found = arc_length_coefficients(experiment.landscape, experiment.limit, chart, places)
    missing = ~(np.isfinite(found.drift) & np.isfinite(found.variance))
    if not missing.any() and not lost:
        return
    nearest = min(places[missing], key=abs) if missing.any() else places[-1]
    where = f"At s = {nearest:.3g} along Γ" if missing.any() else "On its way along Γ"
    label, ends = experiment.optimizer.label, experiment.optimizer.ends
    why, remedy = "its drift is no finite number", "start elsewhere"
    if not np.isfinite(experiment.limit_noise.covariance(experiment.landscape, chart.points(nearest))).all():
        why, remedy = "Σ is not positive semidefinite", "choose a covariance that is one all along Γ, for example by squares"
    elif ends:
        why, remedy = ends, "choose a noise that has some in every coordinate all along Γ"
    raise ValueError(
        f"{where} the limit of {label} ends: there {why}. To see densities, {remedy}; paths of the limit, up "
        "to there, are on the page of optimizers."
    )


def _simulated(
    experiment: Experiment, problem: Problem, chart: Chart, times: np.ndarray, random: bool,
    progress: Callable[[float], None] | None, cancel: Callable[[], bool] | None,
) -> np.ndarray:  # fmt: skip
    """Arc lengths (M, P) of paths of the limit; NaN where one is lost."""
    paths = LIMIT_PATHS if random else 1
    march = partial(SCHEMES["explicit"].stepper, problem, limit_pace(experiment))
    ensemble = run_ensemble(march, times, paths, experiment.landscape.dimension, Progress(paths, progress, cancel))
    points = ensemble.points.astype(float)
    points[:, ensemble.frozen_at >= 0] = np.nan
    return chart.arc_length_on(points)[0]


def _shares(places: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Of arc lengths (M, N) the shares in the bins, (M, B)."""
    counts = np.array([np.histogram(row[np.isfinite(row)], edges)[0] for row in places]).reshape(len(places), len(edges) - 1)
    return counts / max(places.shape[1], 1)


def _centres(chart: Chart, density: np.ndarray) -> np.ndarray:
    """Means of densities (M, S)."""
    if not chart.closed:
        return density @ chart.grid / np.maximum(density.sum(axis=1), 1e-300)
    turned = density @ np.exp(2j * np.pi * chart.grid / chart.length)
    return np.angle(turned) * chart.length / (2 * np.pi)
