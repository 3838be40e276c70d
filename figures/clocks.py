"""Two clocks: the same curves against steps, where they spread out, and against slow time, where they become one."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.observables import QUANTITIES
from dynamics.optimizers.base import SLOW_CLOCK
from dynamics.studies.clocks import DISPLACEMENT, Curve, TwoClocks
from figures.caption import noise_words, number, place, point
from figures.finite import finite_line, finite_words
from figures.panel import Panel

AXES = {"steps": "steps k", "slow": "slow time t = {clock}"}
NAMES = {DISPLACEMENT: "distance from Φ(x₀)"} | {quantity.name: quantity.words for quantity in QUANTITIES}
LOOKS = (("solid", "circle", 1.0), ("dash", "square", 0.75), ("dot", "diamond", 0.5))
MARKS = {"1/η": ("1/η", "triangle-up"), "η^−1.6": ("η<sup>−1.6</sup>", "square"), "η^−2": ("η<sup>−2</sup>", "star")}


REACHED = (
    " Triangles: 1/η steps, when the fast phase ends; squares: η⁻¹·⁶, how far the local analysis of Blanc et al. (2020) reaches; "
    "stars: η⁻², the reach of the theorem."
)


def observable_name(observable: str) -> str:
    return NAMES.get(observable, observable)


def clocks_panel(found: TwoClocks, axis: str) -> Panel:
    """The mean of the observable, ± one standard error, against `axis`, one of AXES; each curve's three reaches are marked."""
    data: list[dict[str, Any]] = []
    optimizer = found.experiment.optimizer
    along, reaches = AXES[axis].format(clock=optimizer.clock), MARKS if optimizer.clock == SLOW_CLOCK else {}
    for index, curve in enumerate(found.curves):
        dash, _, shade = LOOKS[index % len(LOOKS)]
        data += _curve(curve, axis, f"{optimizer.label}, η = {number(curve.learning_rate, 3)}", f"role:sgd@{shade}", dash)
    if found.limit is not None and axis == "slow":
        data += _curve(found.limit, axis, "limit", "role:limit", "longdash")
        lines = [finite_line(_along(each, axis), each.mean, each.learning_rate) for each in found.finite]
        data += [line | {"name": "limit at each η", "showlegend": index == 0} for index, line in enumerate(lines)]
    for name in reaches:
        data.append(_reach(found, axis, name))
    shown = [x for curve in found.curves for x in _along(curve, axis)[np.isfinite(curve.mean)]]
    positive = [x for x in shown if x > 0]
    low, high = np.log10(min(positive)), np.log10(max(positive))
    rates = ", ".join(number(curve.learning_rate, 3) for curve in found.curves)
    experiment = found.experiment
    what = observable_name(found.observable)
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {
                    "title": {"text": along},
                    "type": "log",
                    "range": [low, high + 0.03],
                    "dtick": 1,
                    "exponentformat": "power",
                },
                "yaxis": {"title": {"text": what}},
            },
        },
        "In steps: each η at its own pace" if axis == "steps" else "In slow time: one curve",
        f"Mean {what} of {experiment.paths:,} paths, ± one standard error, for η = {rates}. {place(experiment.landscape)}, "
        f"{noise_words(experiment)}, from {point(experiment.start)}." + (REACHED if reaches else "") + _corrected(found, axis),
        f"{what} against {along} for three learning rates.",
        height=460,
        fills=True,
    )


def _corrected(found: TwoClocks, axis: str) -> str:
    if found.limit is None or axis != "slow":
        return ""
    return f" {finite_words(found.experiment.optimizer, found.experiment.noise, len(found.finite))}".rstrip()


def collapse_text(found: TwoClocks) -> str:
    """How far apart in slow time the curves are that have lost no path; which ones have, and how many."""
    who = found.experiment.optimizer.label
    words = [f"At η = {number(curve.learning_rate, 3)}: {_lost(curve, who)}" for curve in found.curves if curve.lost]
    if found.limit is not None and found.limit.lost:
        words.append(_lost(found.limit, "the limit"))
    lost = " ".join(words)
    sound = [curve for curve in found.curves if not curve.lost]
    if len(sound) < 2:
        return lost
    coarse, fine = sound[0], sound[-1]
    last = min(coarse.times[-1], fine.times[-1])
    times = np.linspace(0.1, 1.0, 10) * last
    one, error = coarse.at(times)
    other, other_error = fine.at(times)
    moved = float(np.nanmax(other) - np.nanmin(other)) or 1.0
    gap, noise = float(np.nanmax(np.abs(one - other))), np.hypot(error, other_error)
    within = f", ± {number(float(np.nanmax(noise)), 2)}," if np.isfinite(noise).any() else " (a single path has no standard error),"
    ratio = (coarse.learning_rate / fine.learning_rate) ** 2
    return (
        f"{lost} In steps the curve of η = {number(fine.learning_rate, 3)} is {number(ratio)} times as long as that of "
        f"η = {number(coarse.learning_rate, 3)}. In slow time they differ by at most {number(gap, 2)} over the last nine tenths"
        f"{within} while the curve itself moves by {number(moved, 2)}."
    ).lstrip()


def _lost(curve: Curve, who: str) -> str:
    sentence = curve.status.sentence
    if who not in sentence.replace("limiting SDE", "limit"):  # the status tells of SGD, or of the limit where SGD loses none
        sentence = f"{curve.lost:,} of {curve.paths:,} paths of {who} are lost."
    return f"{sentence} The curve ends where the first of them does."


def _along(curve: Curve, axis: str) -> np.ndarray:
    """Half a step stands for the start: a logarithmic axis has no 0."""
    steps = np.maximum(curve.steps, 0.5)
    return steps if axis == "steps" else np.maximum(curve.times, 0.5 * curve.step_time)


def _curve(curve: Curve, axis: str, name: str, colour: str, dash: str) -> list[dict[str, Any]]:
    x = _along(curve, axis)
    alive = np.isfinite(curve.mean) & np.isfinite(curve.error)
    x, mean, error = x[alive], curve.mean[alive], curve.error[alive]
    role = colour.split("@")[0]
    band = {
        "type": "scatter", "mode": "lines",
        "x": np.concatenate([x, x[::-1]]), "y": np.concatenate([mean + error, (mean - error)[::-1]]),
        "fill": "toself", "fillcolor": f"{role}@0.15", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip
    line = {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": mean, "line": {"color": colour, "width": 2.5, "dash": dash},
        "hovertemplate": "%{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
    }  # fmt: skip
    return [band, line]


def _reach(found: TwoClocks, axis: str, name: str) -> dict[str, Any]:
    title, symbol = MARKS[name]
    x, y = [], []
    for curve in found.curves:
        mark = next(mark for mark in curve.marks if mark.name == name)
        if mark.time <= curve.times[-1] * (1 + 1e-9):
            x.append(mark.steps if axis == "steps" else mark.time)
            y.append(float(curve.at(mark.time)[0]))
    return {
        "type": "scatter", "mode": "markers", "name": title, "x": x, "y": y,
        "marker": {"symbol": symbol, "size": 12, "color": "role:ink", "line": {"color": "role:paper", "width": 1.5}},
        "hovertemplate": title + ": %{x:.3g}<extra></extra>",
    }  # fmt: skip
