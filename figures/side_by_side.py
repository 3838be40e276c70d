"""Several optimizers side by side: what becomes of each, in a sentence and in tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dynamics import Experiment
from dynamics.optimizers import OPTIMIZERS
from dynamics.settings import in_words as number
from dynamics.studies.side_by_side import Measured


def sentence(found: Sequence[Measured]) -> str:
    """Where each has taken a measure from the one start: all of `found` are of the same."""
    going = [each for each in found if np.isfinite(each.steps)]
    ends = [f"{_estimate(each.steps, each.steps_error)} under **{each.optimizer.label}**" for each in going]
    if not ends:
        return "None of them has paths left to compare."
    measure, horizon = found[0].measure.name, number(found[0].experiment.horizon)
    told = f"On Γ at the start {measure} is {number(found[0].before, 4)}; at slow time {horizon} it is "
    told += f"{', '.join(ends[:-1])} and {ends[-1]}" if len(ends) > 1 else ends[0]
    apart = {np.sign(each.limit - each.before) for each in found if np.isfinite(each.limit) and _moved(each)}
    return told + (": their limits part ways." if len(apart) > 1 else ".")


def _moved(each: Measured) -> bool:
    return abs(each.limit - each.before) > 1e-3 * abs(each.before)


def table(found: Sequence[Measured]) -> str:
    """A row for each, in Markdown: its clock, what it flows down, and that quantity: before, of its steps, of its limit."""
    rows = [
        "| optimizer | η | slow time *t* | steps | its limit flows down | at the start | its steps, at *T* | its limit, at *T* |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in found:
        made, experiment = each.optimizer, each.experiment
        down = made.goes_down(experiment.noise) or "nothing alone"
        shown = "" if down == each.measure.name else f"{each.measure.name} = "
        rows.append(
            f"| {made.heading} | {number(experiment.learning_rate, 3)} | {made.clock} | {experiment.steps:,} | {down} | "
            f"{shown}{number(each.before, 4)} | {_estimate(each.steps, each.steps_error)} | "
            f"{_estimate(each.limit, each.limit_error)} |"
        )
    lost = [f"{each.optimizer.label}: {each.lost:,} paths are lost and not counted." for each in found if each.lost]
    return "\n".join([*rows, "", "Of Φ(*x*), ± one standard error where it shows in the digits. " + " ".join(lost)])


def known_optimizers(experiment: Experiment) -> str:
    """What is known of each optimizer's limit, under this experiment's noise, in Markdown."""
    rows = ["| optimizer | slow time *t* | its limit | the limit flows down | assumes |", "|---|---|---|---|---|"]
    for made in (each() for each in OPTIMIZERS.values()):
        kind = "an SDE" if made.diffuses else "a flow"
        down = made.goes_down(experiment.noise) or "nothing alone: the noise decides"
        rows.append(f"| {made.title} | {made.clock} | {kind} | {down} | {made.assumption or 'η → 0'} |")
    return "\n".join(rows)


def _estimate(value: float, error: float) -> str:
    if not np.isfinite(value):
        return "–"
    return number(value, 4) if error < 5e-4 * abs(value) else f"{number(value, 4)} ± {number(error, 1)}"
