"""Exact densities of the limit along a curve Γ, beside the histogram of SGD: panels."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.limit.chart import EDGE, REACHED, SINGULAR
from dynamics.studies.exact import ExactDensity
from dynamics.studies.projected import lost_sentence
from figures.caption import noise_words, number, place, point
from figures.finite import finite_line, finite_words
from figures.panel import Frames, Panel

BINS = 40
CLOSE_UP = 0.25  # of a closed curve: where less is to be seen, it alone is shown
SHOWN = 2e-3  # of a density's maximum: less is not worth a place on the axis
UNBOUNDED = 0.03  # of a curve with an end of the theory, at either side, whose drift need not fit into the picture
WHOLE = 0.999  # mass of a density: SGD is compared with the limit as long as the theory has not ended for more of it
ENDS = {
    SINGULAR: "the Hessian loses rank, as where Γ crosses itself or has a cusp",
    EDGE: "the loss is not smooth, or not defined",
}


def density_panel(found: ExactDensity) -> Panel:
    """The density at each moment, with SGD's histogram, the stationary density and where it started."""
    who, clock = found.experiment.optimizer.label, found.experiment.optimizer.clock
    chart, moments = found.chart, len(found.times)
    low, high = _range(found)
    edges = _edges(found)
    histogram, error, _ = found.histogram(edges)
    shown = (chart.grid >= low) & (chart.grid <= high)
    s = chart.grid[shown]
    top = _top(found, histogram)
    data: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    if found.paths:
        bars = f"{who}, {found.paths:,} paths" if found.experiment.random else who
        data.append(
            {
                "type": "bar", "name": bars, "x": (edges[1:] + edges[:-1]) / 2, "y": histogram[-1],
                "width": np.diff(edges), "marker": {"color": "role:sgd@0.35", "line": {"color": "role:sgd", "width": 1}},
                "error_y": {"type": "data", "array": error[-1], "color": "role:sgd", "thickness": 1, "width": 0},
                "hovertemplate": "s = %{x:.3g}: %{y:.3g}<extra>Φ(x)</extra>",
            }
        )  # fmt: skip
        updates += [
            {"trace": 0, "key": "y", "values": histogram},
            {"trace": 0, "key": "error_y.array", "values": error},
        ]
    when = f", {settles.split(',')[0]}" if (settles := found.experiment.optimizer.settles) else ""
    if found.diffuses:
        updates.append({"trace": len(data), "key": "y", "values": found.density[:, shown]})
        data.append(_line(s, found.density[-1, shown], f"limit{when}, exact", "role:limit", width=3))
    else:
        spikes = np.repeat(_wrapped(found, found.centre)[:, None], 2, axis=1)
        updates.append({"trace": len(data), "key": "x", "values": spikes})
        data.append(_line(spikes[-1], [0, top], f"limit{when}, a point", "role:limit", width=3))
        if found.finite is not None:
            corrected = np.repeat(_wrapped(found, found.finite)[:, None], 2, axis=1)
            updates.append({"trace": len(data), "key": "x", "values": corrected})
            data.append(finite_line(corrected[-1], [0, top]))
    if found.simulated.size and found.diffuses:
        outline = found.outline(edges)
        steps = np.concatenate([outline, outline[:, -1:]], axis=1)
        updates.append({"trace": len(data), "key": "y", "values": steps})
        drawn = _line(edges, steps[-1], f"limit at {slow_words(found)}, simulated", "role:limit@0.7", width=1.5)
        drawn["line"]["shape"] = "hv"
        data.append(drawn)
    elif found.simulated.size:
        own = np.repeat(_wrapped(found, found.simulated[:, 0])[:, None], 2, axis=1)
        updates.append({"trace": len(data), "key": "x", "values": own})
        data.append(_line(own[-1], [0, top], f"limit at {slow_words(found)}, a point", "role:limit@0.7", width=1.5))
    if found.stationary is not None:
        data.append(_line(s, found.stationary[shown], f"stationary density{when}", "role:ink", width=2, dash="dash"))
    data.append(_line([found.start] * 2, [0, top], "Φ(x₀)", "role:muted", width=1.5, dash="dot"))
    layout = {
        "xaxis": {"title": {"text": "arc length s along Γ"}, "range": [low, high]},
        "yaxis": {"title": {"text": "density"}, "range": [0, top]},
        "bargap": 0,
    }
    return Panel(
        {"data": data, "layout": layout},
        f"Where the limit is, exactly, and where {who} is",
        _caption(found),
        f"The density along Γ at slow times up to {number(found.times[-1])}: the limit's as a line, that of the steps as bars.",
        height=480,
        frames=Frames(f"slow time t = {clock}", [number(time, 3) for time in found.times], updates, opens=moments - 1),
    )


def target_on(found: ExactDensity, wanted: float | None = None) -> float:
    """The arc length whose first-passage time is shown: the one that is wanted, put onto the curve.

    Else half-way round a closed curve, and on an open one where the stationary density, or the last one, has its other side.
    """
    chart = found.chart
    if chart.closed:
        target = found.start + chart.length / 2 if wanted is None else wanted
        return chart.origin + (target - chart.origin) % chart.length
    target = 2 * float(found.centre[-1]) - found.start if wanted is None else wanted
    return min(max(target, chart.origin), chart.origin + chart.length)


def passage_panel(found: ExactDensity, target: float) -> Panel | None:
    """The mean time to reach a point of Γ from everywhere; None where the limit is not random."""
    passage = found.first_passage(target)
    if passage is None:
        return None
    low, high = _range(found)
    low, high = min(low, target), max(high, target)
    shown = found.chart.grid[(found.chart.grid >= low) & (found.chart.grid <= high)]
    s, mean_here = np.union1d(shown, [target, found.start]), float(passage(found.start))
    data = [
        _line(s, passage(s), "mean first-passage time", "role:limit", width=3),
        {
            "type": "scatter", "mode": "markers", "name": "Φ(x₀)", "x": [found.start], "y": [mean_here],
            "marker": {"symbol": "diamond", "size": 11, "color": "role:ink"},
        },
        {
            "type": "scatter", "mode": "markers", "name": "target", "x": [target], "y": [0.0],
            "marker": {"symbol": "x", "size": 11, "color": "role:warning"},
        },
    ]  # fmt: skip
    reflecting = _settled(found) + (" The curve's far ends reflect." if REACHED in found.chart.ends else "")
    until = f"first reaches s = {number(target, 3)}"
    if any(found.stops):
        until += ", or an end where the theory ends,"
    steps = mean_here / found.experiment.optimizer.slow_time(found.experiment.learning_rate)
    here = f"{number(mean_here, 4)}, that is {number(steps, 3)} steps" if np.isfinite(mean_here) else "infinite"
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {"title": {"text": "arc length s along Γ"}, "range": [low, high]},
                "yaxis": {"title": {"text": "mean slow time"}, "rangemode": "tozero"},
            },
        },
        "How long until the limit first gets there",
        f"Mean slow time until the limit {until} from each point of Γ; from Φ(x₀) it is {here}.{reflecting}",
        f"Mean first-passage time to s = {number(target, 3)} against the arc length of the start.",
        height=340,
        pickable="Click to move the target.",
    )


def coefficients_panel(found: ExactDensity) -> Panel:
    """The drift and the squared diffusion of the limit in arc length."""
    low, high = _range(found)
    shown = (found.chart.grid >= low) & (found.chart.grid <= high)
    s = found.chart.grid[shown]
    drift, variance = found.coefficients.drift[shown], found.coefficients.variance[shown]
    data = [
        _line(s, drift, "drift b(s)", "role:limit", width=3),
        _line(s, variance, "squared diffusion a(s)²", "role:ink", width=2, dash="dash"),
    ]
    layout: dict[str, Any] = {"xaxis": {"title": {"text": "arc length s along Γ"}, "range": [low, high]}}
    unbounded = ""
    if {SINGULAR, EDGE} & set(found.chart.ends):
        # Next to such an end the drift grows beyond every bound, and would leave nothing else to see.
        middle = np.concatenate([np.quantile(drift, [UNBOUNDED, 1 - UNBOUNDED]), variance, [0.0]])
        bottom, top = float(middle.min()), float(middle.max())
        room = 0.08 * (top - bottom)
        if drift.min() < bottom - room or drift.max() > top + room:
            layout["yaxis"] = {"range": [bottom - room, top + room]}
            unbounded = " Towards an end of the theory the drift goes beyond what is drawn."
    return Panel(
        {
            "data": data,
            "layout": layout,
        },
        "The limiting SDE in arc length",
        "ds = b(s) dt + a(s) dW: the limit's drift and diffusion along the tangent of Γ, tabulated on "
        f"{len(found.chart.grid):,} cells of length {number(found.chart.cell, 3)}.{_settled(found)}{unbounded}",
        "Drift and squared diffusion of the limit against arc length.",
        height=340,
    )


def facts(found: ExactDensity) -> list[str]:
    """What is to be said in sentences."""
    chart, who = found.chart, found.experiment.optimizer.label
    low, high = chart.origin, chart.origin + chart.length
    sentences = [
        f"Γ is a closed curve of length {number(chart.length, 5)}."
        if chart.closed
        else f"Γ is an open curve; it is followed from s = {number(low, 3)} to {number(high, 3)}."
    ]
    for kind, why in ENDS.items():
        ends = [number(s, 3) for s, end in zip((low, high), chart.ends, strict=True) if end == kind]
        if ends:
            sentences.append(f"At s = {' and '.join(ends)} {why}: the curve, its density and the theory end there.")
    if any(found.stops) and found.diffuses:
        gone = 1 - float(found.inside[-1])
        sentences.append(
            f"By t = {number(found.times[-1])} the limit has got to such an end with probability {number(gone, 3)}: so much is "
            "missing from its density."
        )
    if not found.diffuses:
        whose = "The noise has no part along Γ" if found.experiment.optimizer.diffuses else f"The limit of {who} is a flow"
        sentences.append(f"{whose}: the limit is not random, its density is a moving point.")
    if found.stationary is None:
        sentences.append(found.law.reason)
    elif found.current is not None and chart.closed:
        still = abs(found.current) < 1e-9
        sentences.append(
            "The stationary density has no current: in equilibrium as much goes one way as the other."
            if still
            else f"The stationary density has the current {number(found.current, 5)} turns per slow time: the limit goes round."
        )
    return [*sentences, found.warning] if found.warning else sentences


def _caption(found: ExactDensity) -> str:
    experiment = found.experiment
    setting = f"{place(experiment.landscape)}, {noise_words(experiment)}, from {point(experiment.start)}."
    line = "the solution of the Fokker–Planck equation, without sampling" if found.diffuses else "where the drift carries the point"
    words = [f"{setting[0].upper()}{setting[1:]} Line: {line}."]
    if settles := experiment.optimizer.settles:
        words = [f"{words[0][:-1]}, of the limit for {settles}: only there is the place on Γ a diffusion by itself."]
        if found.simulated.size:
            paths = found.simulated.shape[1]
            many = f"{paths:,} paths of it, simulated" if found.diffuses else "one path of it"
            words.append(f"Thin line: the limit with its own {slow_words(found)}, {many}.")
    if not found.diffuses:
        words += filter(None, [finite_words(experiment.optimizer, experiment.noise, found.finite is not None)])
    if found.paths:
        edges = _edges(found)
        histogram, error, expected = found.histogram(edges)
        widths = np.diff(edges)
        distance = float(np.abs(histogram[-1] - expected[-1]) @ widths) / 2
        lost, elsewhere = int(found.lost[-1]), int(found.elsewhere[-1].sum())
        rate = number(experiment.learning_rate)
        many = f"Bars: Φ(x) of {found.paths:,} paths of {experiment.optimizer.label}, η = {rate}, ± one standard error."
        words.append(many if experiment.random else f"Bar: Φ(x) of the one path of {experiment.optimizer.label}, η = {rate}.")
        if found.diffuses and not lost and not elsewhere and found.inside[-1] > WHOLE:
            noise_floor = float(np.sqrt(2 / np.pi) * error[-1] @ widths) / 2
            words.append(
                f"At the end their total variation distance from the line, over the bins, is {number(distance, 2)}; so many paths "
                f"of the limit itself would show about {number(noise_floor, 2)}."
            )
        if found.diffuses and found.inside[-1] <= WHOLE:
            words.append("The steps go on where the theory has ended, so their distance from the line says nothing.")
        if lost:
            words.append(f"{lost_sentence(found.causes, found.paths)}: the bars are of the others, as a share of all.")
        if elsewhere:
            words.append(
                f"At the end Φ(x) of {elsewhere:,} of {found.paths:,} paths is on another piece of Γ, or beyond where this one is "
                "followed."
            )
    else:
        words.append("The steps are on their way.")
    return " ".join(words)


def _settled(found: ExactDensity) -> str:
    settles = found.experiment.optimizer.settles
    return f" For {settles}." if settles else ""


def slow_words(found: ExactDensity) -> str:
    """The setting that decides how fast slow variables settle."""
    optimizer = found.experiment.optimizer
    return ", ".join(setting.in_words(getattr(optimizer, setting.name)) for setting in optimizer.settings[:1])


def _edges(found: ExactDensity) -> np.ndarray:
    return np.linspace(*_range(found), BINS + 1)


def _range(found: ExactDensity) -> tuple[float, float]:
    """Where there is something to see."""
    chart = found.chart
    low, high = chart.origin, chart.origin + chart.length
    late = found.density[len(found.density) // 8 :]
    seen = chart.grid[(late > SHOWN * late.max(axis=1, keepdims=True)).any(axis=0)]
    marks = [found.start, *seen[[0, -1]]] if len(seen) else [low, high]
    if found.stationary is not None and not chart.closed:
        likely = chart.grid[found.stationary > 0.02 * found.stationary.max()]
        marks += [likely.min(), likely.max()]
    there = found.sgd[-1][np.isfinite(found.sgd[-1])] if found.paths else found.sgd[-1]
    if len(there):
        marks += list(np.quantile(there, [0.002, 0.998]))
    span = max(marks) - min(marks)
    if chart.closed and span > CLOSE_UP * chart.length:
        return low, high
    room = 0.06 * span + 4 * chart.cell
    return max(low, min(marks) - room), min(high, max(marks) + room)


def _top(found: ExactDensity, histogram: np.ndarray) -> float:
    """The density axis: the early, narrow densities may leave it above."""
    half = len(found.times) // 2
    tallest = [float(histogram[half:].max()) if found.paths else 0.0]
    if found.diffuses:
        tallest.append(float(found.density[half:].max()))
    if found.stationary is not None:
        tallest.append(float(found.stationary.max()))
    return 1.15 * max(tallest) or 1.0


def _wrapped(found: ExactDensity, s: np.ndarray) -> np.ndarray:
    chart = found.chart
    return chart.origin + np.mod(s - chart.origin, chart.length) if chart.closed else s


def _line(x, y, name: str, colour: str, width: float, dash: str = "solid") -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": {"color": colour, "width": width, "dash": dash},
        "hovertemplate": "s = %{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
    }  # fmt: skip
