"""`simulate` as the page calls it, for every built-in landscape at its default size, and where the time goes."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from unittest.mock import patch

import dynamics
from benchmarks.measure import Timing

REPEATS = 5
module = importlib.import_module("dynamics.simulate")

FLOW, SGD, LIMIT, OBSERVABLES, TOTAL = "flow and Φ", "SGD", "limit", "observables", "in all"
PARTS = (FLOW, SGD, LIMIT, OBSERVABLES, TOTAL)


def measured() -> dict[str, dict[str, Timing]]:
    """Times by landscape and part; every repeat with a seed of its own, the landscapes in turn."""
    experiments = [dynamics.Experiment(landscape=dynamics.landscape(name)) for name in dynamics.landscape_names()]
    times: dict[str, list[tuple[float, ...]]] = {experiment.landscape.name: [] for experiment in experiments}
    for repeat in range(-1, REPEATS):  # the first makes the tapes
        for experiment in experiments:
            parts = _timed(replace(experiment, seed=repeat + 1))
            if repeat >= 0:
                times[experiment.landscape.name].append(parts)
    return {
        name: {part: Timing(column) for part, column in zip(PARTS, zip(*rows, strict=True), strict=True)}
        for name, rows in times.items()
    }


def _timed(experiment: dynamics.Experiment) -> tuple[float, ...]:
    seconds: list[float] = []

    def clocked(function: Callable) -> Callable:
        def run(*arguments, **options):
            started = perf_counter()
            result = function(*arguments, **options)
            seconds.append(perf_counter() - started)
            return result

        return run

    stages = {stage: clocked(getattr(module, stage)) for stage in ("arrival", "run_ensemble", "observed")}
    with patch.dict(vars(module), stages):
        started = perf_counter()
        dynamics.simulate(experiment)
        return *seconds, perf_counter() - started
