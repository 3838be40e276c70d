"""The disagreement of SGD with its limit where an assumption is broken: a panel and a sentence."""

from __future__ import annotations

import numpy as np

from dynamics.studies.assumptions import Breach, Measured
from dynamics.studies.convergence import percent
from dynamics.studies.disagreement import CONFIDENCE, Disagreement
from figures.caption import number, place
from figures.panel import Panel


def disagreement_panel(breach: Breach, measured: Measured) -> Panel:
    """The energy distance at each degree, and what chance alone would show."""
    degrees = [f"{breach.symbol} = {number(degree)}" for degree in breach.degrees]
    missing = len(degrees) - len(measured.found)
    distances = [found.distance for found in measured.found] + [np.nan] * missing
    chance = [found.by_chance for found in measured.found] + [np.nan] * missing
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": "SGD against its limit", "x": degrees, "y": distances,
            "line": {"color": "role:sgd", "width": 3}, "marker": {"size": 10, "color": "role:sgd"},
            "hovertemplate": "%{x}: %{y:.3g}<extra></extra>",
        },
        {
            "type": "scatter", "mode": "lines", "name": f"one law: {percent(CONFIDENCE)} are below", "x": degrees, "y": chance,
            "line": {"color": "role:muted", "width": 2, "dash": "dash"}, "hovertemplate": "%{x}: %{y:.3g}<extra>chance</extra>",
        },
    ]  # fmt: skip
    experiment = measured.outcomes[-1].experiment
    lost = [f"{_lost(found)} at {name}" for name, found in zip(degrees, measured.found, strict=False) if _lost(found)]
    last = f"{breach.symbol} = {number(breach.degrees[len(measured.found) - 1])}"  # which the caption is not about
    noise = experiment.noise.words.replace(last, f"{breach.symbol} as on the axis")
    words = [
        f"Energy distance, in units of length, between Φ(x) of {experiment.paths:,} paths of SGD and as many of the limit at "
        f"T = {number(experiment.horizon)}: {place(experiment.landscape)}, {noise}.",
        f"The dashed line is what paths of one law show in {percent(CONFIDENCE)} of all deals of the same paths; what the mildest "
        "case shows above it is the error of a finite learning rate, which falls with η.",
    ]
    if lost:
        words.append(f"Not in the distance, because they diverged, have no Φ or left Γ: {', '.join(lost)}.")
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {"type": "category", "categoryarray": degrees, "range": [-0.3, len(degrees) - 0.7]},
                "yaxis": {"title": {"text": "energy distance"}, "rangemode": "tozero"},
            },
        },
        "Measured disagreement",
        " ".join(words),
        f"Energy distance between SGD and its limit for {', '.join(degrees)}.",
        height=320,
    )


def verdict(found: Disagreement) -> str:
    """What has been measured at one degree, in a sentence."""
    if found.thrown_off:
        return (
            f"**SGD and the limit disagree**: {_lost(found)}. Equal laws would lose as many of both, up to chance; where the lost "
            "paths are does not matter to that."
        )
    if np.isnan(found.distance):
        return f"There is nothing to compare: {_lost(found) if found.has_limit else 'there is no limit'}."
    if 2 * found.limit_lost > found.paths:
        return (
            f"**There is hardly a limit left to compare with, and SGD goes on**: {_lost(found)}. A disagreement would be judged on "
            "the few that are left, so none is."
        )
    left = f"the energy distance of those left is {number(found.distance, 3)}"
    if found.seen is None:
        return (
            f"**Nothing can be said**: {_lost(found)}. Where they are nobody knows: {left} and can change by "
            f"{number(found.shift, 2)}, and chance would show up to {number(found.by_chance, 3)}."
        )
    lost = f" {_lost(found)}: that changes it by at most {number(found.shift, 2)}." if _lost(found) else ""
    if found.seen:
        times = found.distance / found.by_chance
        return (
            f"**SGD and the limit disagree**: their energy distance is {number(found.distance, 3)}, {number(times, 2)} times what "
            f"chance would show.{lost}"
        )
    return (
        f"**No disagreement is seen**: their energy distance is {number(found.distance, 3)}, and {found.compared:,} paths of one "
        f"law would show up to {number(found.by_chance, 3)}.{lost}"
    )


def _lost(found: Disagreement) -> str:
    """Who is lost, and to what; "" if nobody."""
    words = []
    if found.lost:
        words.append(f"{found.lost:,} of {found.paths:,} paths of SGD diverged or have no Φ")
    if found.limit_lost:
        words.append(f"{found.limit_lost:,} of {found.paths:,} paths of the limit are lost")
    return " and ".join(words)
