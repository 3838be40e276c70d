"""An experiment whose Γ is a curve: the limit's exact density along it, beside SGD seen through Φ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from dynamics.engine.ensemble import Progress
from dynamics.engine.randomness import BLOCK
from dynamics.experiment import Experiment
from dynamics.limit.arc_length import Coefficients, arc_length_coefficients, diffuses, ends_of_the_theory
from dynamics.limit.chart import Chart, manifold_chart
from dynamics.limit.fokker_planck import carried, fokker_planck
from dynamics.limit.passage import FirstPassage, first_passage
from dynamics.limit.stationary import Stationary, stationary_law
from dynamics.simulate import arrival, at_finite_rate
from dynamics.studies.projected import FLOW_COST, counted, projected_sgd

MOMENTS = 32
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
    elsewhere: np.ndarray  # (M, N): Φ(x) is not on the chart, but on another piece of Γ, or beyond where the curve is followed
    causes: Counter[int]  # of the paths that are lost: how many to each of projected.CAUSES
    finite: np.ndarray | None = None  # (M,) arc length of the limit corrected to first order in η, where that is known

    @property
    def paths(self) -> int:
        return self.sgd.shape[1]

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
        widths, count = np.diff(edges), self.paths
        found = np.array([np.histogram(row[np.isfinite(row)], edges)[0] for row in self.sgd]).reshape(len(self.times), len(widths))
        share = found / max(count, 1)
        error = np.sqrt(np.maximum(share * (1 - share), 0.0) / max(count, 1))
        low = self.chart.origin
        at = np.concatenate([[low], low + self.chart.cell * np.arange(1, len(self.chart.grid) + 1)])
        below = np.concatenate([np.zeros((len(self.times), 1)), np.cumsum(self.density, axis=1) * self.chart.cell], axis=1)
        expected = np.diff(np.array([np.interp(edges, at, row) for row in below]), axis=1)
        return share / widths, error / widths, expected / widths


def exact_density(
    experiment: Experiment,
    moments: int = MOMENTS,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Iterator[ExactDensity]:
    """The densities at once, then stage by stage more paths of the optimizer beside them.

    Raises ValueError, with a sentence, where Γ is not a curve (NoCurve), gradient flow from the start does not reach it, or the
    limit has slow variables besides.
    """
    landscape, limit = experiment.landscape, experiment.limit
    if experiment.optimizer.slow_rows(landscape.dimension):
        raise ValueError(
            f"The limit of {experiment.optimizer.label} has slow variables besides its place on Γ, so that a density along the "
            "curve alone does not follow from itself. Choose another optimizer, or follow this one by paths on the page of "
            "optimizers."
        )
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
    density = fokker_planck(landscape, limit, chart, 0.0, times)
    centre = _centres(chart, density) if random else carried(landscape, limit, chart, 0.0, times)
    corrected = at_finite_rate(experiment, problem, times, Progress(0.0, None, cancel))
    finite = None if corrected is None else chart.arc_length(corrected.astype(float))
    found = ExactDensity(
        experiment, chart, 0.0, times, arc_length_coefficients(landscape, limit, chart, chart.grid), random, density, centre,
        stationary_law(landscape, limit, chart), ends_of_the_theory(landscape, limit, chart),
        np.empty((moments, 0)), np.empty((moments, 0), dtype=bool), Counter(), finite,
    )  # fmt: skip
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


def _centres(chart: Chart, density: np.ndarray) -> np.ndarray:
    """Means of densities (M, S)."""
    if not chart.closed:
        return density @ chart.grid / np.maximum(density.sum(axis=1), 1e-300)
    turned = density @ np.exp(2j * np.pi * chart.grid / chart.length)
    return np.angle(turned) * chart.length / (2 * np.pi)
