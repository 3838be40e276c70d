"""The limit's integrator against steps of one length, where both are equally right about a mean that is known.

On the sphere all steps are alike, and E x = Φ(x₀)₁ exp(−T/r²) is exact; on the thin ellipse Γ turns 700 times as fast at its ends
as along its sides, and the Fokker–Planck equation gives E x².
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

import dynamics
from benchmarks.fixed_steps import fixed_steps
from benchmarks.measure import Timing, interleaved
from dynamics.engine.ensemble import Ensemble, Progress, run_ensemble
from dynamics.limit.schemes import SCHEMES, Pace
from dynamics.limit.schemes.base import Problem

HORIZON = 1.0
REPEATS = 5
ENGINE, RIVAL = "this engine, steps of each path's own", "steps of one length, frozen frame"


@dataclass(frozen=True)
class Case:
    """A mean E observable(Y(T)), and rivals' settings at which their errors are about as large."""

    name: str
    problem: Problem
    observable: Callable[[np.ndarray], np.ndarray]  # points (N, D) to values (N,)
    exact: float
    pace: Pace
    steps: int  # of the rival
    paths: int  # for the errors
    timed: int  # for the times


@dataclass(frozen=True)
class Result:
    """Bias and its standard error on the paths that were not lost, how many were, and seconds for `case.timed` paths."""

    bias: float
    error: float
    lost: int
    timing: Timing


def sphere() -> Case:
    landscape = dynamics.landscape("sphere")
    start = dynamics.limit_map(landscape, landscape.start)
    exact = start[0] * math.exp(-HORIZON / float(start @ start))
    problem = Problem(landscape, dynamics.noise("isotropic"), start, 1, 0)
    return Case("sphere, E x", problem, lambda points: points[:, 0], exact, Pace.fixed(HORIZON / 32), 192, 400_000, 16_000)


def ellipse() -> Case:
    landscape = dynamics.Landscape.from_residuals(["(x**2/9 + 9*y**2 - 1)/4"], ["x", "y"])
    noise = dynamics.noise("isotropic")
    start = dynamics.limit_map(landscape, np.array([1.0, 0.4]))
    chart = dynamics.manifold_chart(landscape, start)
    density = dynamics.fokker_planck(landscape, noise, chart, start, [HORIZON])[-1]
    x = chart.curve(chart.grid)[:, 0]
    exact = float(np.sum(density * x**2) / np.sum(density))
    problem = Problem(landscape, noise, start, 1, 0)
    pace = Pace(HORIZON / 20, turn=0.16)
    return Case("thin ellipse, E x²", problem, lambda points: points[:, 0] ** 2, exact, pace, 25_600, 16_000, 2_000)


def adaptive(case: Case, paths: int) -> Ensemble:
    stepper = partial(SCHEMES["explicit"].stepper, case.problem, case.pace)
    return run_ensemble(stepper, np.array([HORIZON]), paths, len(case.problem.start), Progress(1.0, None, None))


def fixed(case: Case, paths: int) -> Ensemble:
    return fixed_steps(case.problem, HORIZON, case.steps, paths)


def measured(case: Case) -> dict[str, Result]:
    """Each rival's error and time."""
    rivals = {ENGINE: partial(adaptive, case), RIVAL: partial(fixed, case)}
    timings = interleaved({name: partial(run, case.timed) for name, run in rivals.items()}, REPEATS)
    return {name: _result(case, run(case.paths), timings[name]) for name, run in rivals.items()}


def _result(case: Case, ensemble: Ensemble, timing: Timing) -> Result:
    kept = ensemble.frozen_at < 0
    values = case.observable(ensemble.points[-1, kept].astype(float))
    error = float(np.std(values)) / math.sqrt(len(values))
    return Result(float(np.mean(values)) - case.exact, error, int(np.sum(~kept)), timing)


def rows() -> list[list[str]]:
    """A row a case and rival: µs a path, ratio to the engine's, bias ± standard error, paths lost."""
    table = []
    for case in (sphere(), ellipse()):
        results = measured(case)
        for name, result in results.items():
            ratio = result.timing.median / results[ENGINE].timing.median
            lost = f"{result.lost:,} of {case.paths:,}"
            bias = f"{result.bias:+.4f} ± {result.error:.4f}"
            table.append([f"{case.name}: {name}", result.timing.per(case.timed, 1e-6), f"{ratio:.1f}", bias, lost])
    return table
