"""Learning rates over five decades: whatever is drawn is defined, and whatever is lost is counted and named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from dynamics import Experiment, Optimizer, Outcome, gradient_flow, landscape, optimizer
from dynamics.observables import NAMES, SUMMARIES
from figures.blob import decode
from figures.panel import Panel
from figures.simulation import simulation_blob

DECADES = 6  # below ten times the stability bound
PER_DECADE = 2
BEYOND = 10.0  # the largest learning rate, in units of the bound
STEPS = 300  # that a run takes, where the ranges of η and T allow it
PATHS, FRAMES = 6, 12
NO_NUMBER = re.compile(r"\b(nan|inf|None)\b(?! of)")
NO_NOISE = re.compile(r"less noise|or the noise|the noise throws")


def sharpness(name: str) -> float:
    """λ_max where gradient flow from the landscape's start ends."""
    chosen = landscape(name)
    return float(chosen.sharpness(gradient_flow(chosen, np.array(chosen.start)).points[-1]))


def learning_rates(name: str, made: Optimizer, per_decade: int = PER_DECADE) -> np.ndarray:
    """From five decades below its stability bound there to ten times it, or twice 2/λ_max where it has none."""
    stable = made.stable if np.isfinite(made.stable) else 2.0
    largest = np.log10(BEYOND * stable / sharpness(name))
    return np.logspace(largest - DECADES, largest, DECADES * per_decade + 1)


def experiment(name: str, optimizer_name: str, rate: float, **others: Any) -> Experiment:
    """A short run. Raises ValueError, with a sentence."""
    made = optimizer(optimizer_name)
    low, high = Experiment.limits("horizon")
    horizon = min(max(STEPS * made.slow_time(rate), low), high)
    given: dict[str, Any] = {"horizon": horizon, "paths": PATHS, "frames": FRAMES} | others
    return Experiment(landscape=name, optimizer=made, learning_rate=rate, **given)


def undefined_in_run(outcome: Outcome) -> Iterator[str]:
    """What the player would be given that is not a number, and what is lost that nobody is told of."""
    chosen = outcome.experiment
    for view in chosen.landscape.views:
        header, arrays = decode(simulation_blob(outcome, view))
        for name, values in arrays.items():
            if np.isinf(values).any():
                yield f"{name} is infinite"
            if name in ("times", "fast", "steps") and not (np.isfinite(values).all() and (np.diff(values) > 0).all()):
                yield f"{name} does not rise from number to number"
        yield from _nothing_in(header, "header")
        status = header["status"]
        yield from undefined_in_words(status["sentence"], header["caption"], header["alt"])
        if (arrays["sgd_frozen"] >= 0).any() and status["kind"] != "diverged":
            yield f"paths of the steps are lost, and the picture says “{status['kind']}”"
        if (arrays["limit_frozen"] >= 0).any() and status["kind"] == "ok":
            yield "paths of the limit are lost, and the picture says nothing"
        if outcome.rank is None and status["kind"] == "ok":
            yield "there is no limit, and the picture says nothing"
    yield from _lost(outcome)


def _lost(outcome: Outcome) -> Iterator[str]:
    """What is lost and not counted, and what is nowhere and not lost."""
    status, paths = outcome.status, outcome.experiment.paths
    lost = int((outcome.sgd_frozen >= 0).sum())
    if lost and status == "diverged" and (status.paths != lost or _count(lost, paths) not in status.sentence):
        yield f"{lost} paths are lost, and the sentence is “{status.told}”"
    frames = np.arange(len(outcome.times))[:, None]
    for who, frozen in (("sgd", outcome.sgd_frozen), ("limit", outcome.limit_frozen)):
        alive = (frozen < 0) | (frames < frozen)
        if (who == "sgd" or outcome.rank is not None) and not np.isfinite(getattr(outcome, who)[alive]).all():
            yield f"{who}: a path is nowhere before it is lost"
        for name, part in product(NAMES, SUMMARIES) if who == "sgd" else ():
            values = getattr(outcome.observables[name].sgd, part)[alive.any(axis=1)]
            if name != "distance" and not np.isfinite(values).all():
                yield f"{part} of {name} is absent while there are paths"
    if not outcome.experiment.random and NO_NOISE.search(f"{status.told} {status.reason}"):
        yield f"noise is blamed where there is none: “{status.told}”"


def undefined_in_panel(panel: Panel) -> Iterator[str]:
    yield from undefined_in_words(panel.title, panel.caption, panel.alt)
    yield from _nothing_in(panel.figure["layout"], "layout")
    for trace in panel.figure["data"]:
        for key in ("x", "y", "z"):
            values = np.asarray(trace.get(key, []))
            if values.dtype.kind == "f" and np.isinf(values).any():
                yield f"{trace.get('name')}: {key} is infinite"


def undefined_in_words(*texts: str) -> Iterator[str]:
    yield from (f"a sentence has no number: “{text}”" for text in texts if NO_NUMBER.search(text))


def _nothing_in(value: Any, where: str) -> Iterator[str]:
    """Numbers of a header or a layout that are missing: ranges, places, sizes."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in ("data", "edge", "key"):
                yield from _nothing_in(each, f"{where}.{key}")
    elif isinstance(value, list | tuple | np.ndarray):
        for index, each in enumerate(value):
            yield from _nothing_in(each, f"{where}[{index}]")
    elif value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        yield f"{where} is {value}"


def _count(count: int, total: int) -> str:
    if count == total:
        return "All paths" if total > 1 else "The path"
    return f"{count:,} of {total:,} paths"
