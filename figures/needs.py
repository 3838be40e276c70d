"""Which parts of its drift the limit needs to be SGD's: the verdict, and the runs that show it."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.limit.coefficients import PARTS
from dynamics.studies.needs import Course, Trials, left_out
from figures.anatomy import axes, line
from figures.caption import noise_words, number, point
from figures.finite import finite_line, finite_words
from figures.panel import Panel

DASHES = {"tangent": "dash", "mixed": "dot", "normal": "longdashdot"}


def verdict(trials: Trials) -> str:
    """Which parts SGD needs, in a sentence or two, with the numbers."""
    whole = trials.limits.get(PARTS)
    if whole is None or not trials.complete:
        return "Leaving out each part of the drift in turn…"
    if not np.isfinite(trials.sgd.along[-1]):
        return f"{trials.status.told} Nothing can be said of the parts."
    who = trials.experiment.optimizer.label
    if not trials.experiment.optimizer.has_parts:
        return (
            f"The limit of {who} only flows, and has no parts of a noise to leave out: it goes {_measured(whole)} along Γ, {who} "
            f"{_measured(trials.sgd)}. (Means at the end ± one standard error.)"
        )
    needed = [part for part in PARTS if trials.needs(part)]
    words = []
    for part in needed:
        without = trials.limits[left_out(part)]
        if trials.leaves(without):
            words.append(
                f"without the **{part}** part the limit leaves Γ: it ends {number(without.distance[-1], 2)} from it, {who} "
                f"{number(trials.sgd.distance[-1], 2)}"
            )
        else:
            words.append(
                f"without the **{part}** part the limit goes {_measured(without)} along Γ, {who} {_measured(trials.sgd)}, the "
                f"whole limit {_measured(whole)}"
            )
    spare = [part for part in PARTS if trials.needs(part) is False]
    text = "; ".join(words)
    said = f"{text[0].upper()}{text[1:]}. " if words else ""
    if spare:
        which = f"the {' or the '.join(spare)}" if len(spare) < len(PARTS) else "a"
        said += f"Leaving out {which} part makes no difference that shows here. "
    for part in PARTS:
        if trials.needs(part) is None:
            lost = _lost({who: trials.sgd, "the whole limit": whole, "the limit without it": trials.limits[left_out(part)]})
            said += f"Of the {part} part nothing can be said: {lost}, and they could decide it. "
    return said.rstrip() + " (Means at the end ± one standard error.)"


def _lost(courses: dict[str, Course]) -> str:
    return " and ".join(f"{course.lost:,} paths of {who} are lost" for who, course in courses.items() if course.lost)


def _measured(course: Course) -> str:
    error = number(course.error[-1], 1) if course.error[-1] > 1e-4 else ""
    end = course.along[-1]
    return number(end if abs(end) > 1e-6 else 0.0, 3) + (f" ± {error}" if error else "")


def along_panel(trials: Trials) -> Panel:
    """How far along Γ SGD and the limits have gone."""
    chosen, who = trials.experiment.parts, trials.experiment.optimizer.label
    parts = trials.experiment.optimizer.has_parts
    on, out = (" with the parts that are on", ", with the parts that are on, and with each part left out") if parts else ("", "")
    bands = [_band(trials.times, trials.sgd, "role:sgd@0.2"), _band(trials.times, trials.limits[chosen], "role:limit@0.2")]
    what = "arc length gone" if trials.on_curve else "way gone along the drift"
    finite = [] if trials.finite is None else [finite_line(trials.times, trials.finite)]
    return Panel(
        {"data": bands + _lines(trials, "along") + finite, "layout": axes(f"{what}, mean", _clock(trials))},
        f"{_question(trials)} Along Γ",
        f"{_setting(trials)} Lines are means over the paths; bands, for {who} and for the limit{on}, are two standard errors to "
        f"both sides. {finite_words(trials.experiment.optimizer, trials.experiment.noise, trials.finite is not None)}".rstrip(),
        f"Mean way along Γ against slow time, for {who} and for the limit{out}.",
        height=380,
    )


def distance_panel(trials: Trials) -> Panel:
    """How far from Γ they are."""
    return Panel(
        {"data": _lines(trials, "distance"), "layout": axes("distance to Γ, mean", _clock(trials))},
        f"{_question(trials)} Off Γ",
        f"Mean distance to Γ. {_about_limits(trials)}",
        f"Mean distance to Γ against slow time, for {trials.experiment.optimizer.label} and for its limit.",
        height=380,
    )


def _question(trials: Trials) -> str:
    optimizer = trials.experiment.optimizer
    return f"Which part does {optimizer.label} need?" if optimizer.has_parts else f"Does {optimizer.label} go with its limit?"


def _clock(trials: Trials) -> str:
    return f"slow time t = {trials.experiment.optimizer.clock}"


def _about_limits(trials: Trials) -> str:
    optimizer = trials.experiment.optimizer
    if not optimizer.has_parts:
        return "The limit stays on Γ."
    fluctuates = optimizer.effective_rate(trials.experiment.learning_rate) is not None
    line = f"its line is {optimizer.label}’s fluctuation about it to leading order" if fluctuates else "there it has no line"
    return (
        f"A limit with its tangent part stays on Γ; {line}. Without the tangent part the limit leaves Γ wherever there is noise "
        "along a curved Γ, and its line is its own."
    )


def _lines(trials: Trials, name: str) -> list[dict[str, Any]]:
    chosen = trials.experiment.parts
    data = []
    for part in PARTS:
        without = trials.limits.get(left_out(part))
        if without is not None and left_out(part) != chosen:
            values = getattr(without, name)
            data.append(line(trials.times, values, f"limit without {part}", f"role:drift_{part}", 2.5, DASHES[part]))
    if chosen != PARTS and PARTS in trials.limits:
        data.append(line(trials.times, getattr(trials.limits[PARTS], name), "limit, all parts", "role:ink", 2))
    who, parts = trials.experiment.optimizer.label, trials.experiment.optimizer.has_parts
    on = "all parts" if chosen == PARTS else " and ".join(chosen) + " only" if chosen else "no part"
    data.append(line(trials.times, getattr(trials.limits[chosen], name), f"limit, {on}" if parts else "limit", "role:limit", 3.5))
    data.append(line(trials.times, getattr(trials.sgd, name), who, "role:sgd", 3.5, "4px,3px"))
    return data


def _band(times: np.ndarray, course: Course, colour: str) -> dict[str, Any]:
    above, below = course.along + 2 * course.error, course.along - 2 * course.error
    return {
        "type": "scatter", "mode": "lines", "x": np.concatenate([times, times[::-1]]), "y": np.concatenate([above, below[::-1]]),
        "fill": "toself", "fillcolor": colour, "line": {"width": 0, "color": colour}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _setting(trials: Trials) -> str:
    experiment = trials.experiment
    lost = f" {trials.lost:,} paths of {experiment.optimizer.label} diverged and are not counted." if trials.lost else ""
    return (
        f"{experiment.paths:,} paths each from {point(experiment.start)}, η = {number(experiment.learning_rate)}, "
        f"{noise_words(experiment)}.{lost}"
    )
