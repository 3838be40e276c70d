"""The theorem measured: laws at a ladder of learning rates beside the limit's, and how fast their difference shrinks."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.studies.convergence import Convergence, percent, signed
from dynamics.studies.laws import Law
from figures.caption import noise_words, number, place, point
from figures.finite import finite_line, finite_words
from figures.panel import Frames, Panel

BINS = 36
ROUNDING = 1e-12  # of the scale: a difference that is none
TICKS = 10  # of an axis, at most
CLOSE = 1.5  # decades, in which powers of ten alone are too few
NARROW = 0.25  # of SGD's variance: a limit that is almost one point beside it
LEVELS = (0.05, 0.5, 0.95)
RUNGS = (
    ("solid", "circle"), ("longdash", "square"), ("dash", "diamond"), ("dashdot", "cross"), ("dot", "x"), ("longdashdot", "star"),
)  # fmt: skip  # what tells the learning rates apart in greyscale: line and marker
DISTANCES = {
    "wasserstein": ("Wasserstein-1", "role:sgd", "circle", "solid"),
    "kolmogorov": ("Kolmogorov–Smirnov", "role:drift_tangent", "square", "dash"),
    "energy": ("energy", "role:flow", "diamond", "dashdot"),
}
MOMENTS = (("mean", "role:sgd", "circle", "solid"), ("variance", "role:drift_tangent", "square", "dash"))
VERDICTS = {
    "agrees": "{who}’s law tends to the limit’s",
    "not enough paths": "Not enough paths to tell",
    "learning rate too large": "The learning rates are too large to tell",
    "disagrees": "{who}’s law does not tend to this limit’s",
    "lost paths": "Paths are lost, and no law is judged on the others",
    "rank changes": "The limit ends where the Hessian loses rank",
}


def _who(found: Convergence) -> str:
    return found.experiment.optimizer.label


def _clock(found: Convergence) -> str:
    return f"slow time t = {found.experiment.optimizer.clock}"


def setting(found: Convergence) -> str:
    experiment = found.experiment
    words = f"{place(experiment.landscape)}, {noise_words(experiment)}, from {point(experiment.start)}"
    return words[0].upper() + words[1:]


def density_panel(found: Convergence, extrapolated: bool) -> Panel:
    """The observable's density at each time: a step line a learning rate, and the limit's.

    With `extrapolated`, also twice the finest one's less the next one's: the first-order bias in η falls out.
    """
    edges = _edges(found)
    middle = (edges[1:] + edges[:-1]) / 2
    many = len(found.times)
    lines: list[tuple[dict[str, Any], list[np.ndarray]]] = []
    for index, rung in enumerate(found.rungs):
        rows = [law.histogram(edges) for law in rung.laws]
        dash, _ = RUNGS[index % len(RUNGS)]
        shade = 0.35 + 0.65 * (index + 1) / len(found.rungs)
        line = {"color": f"role:sgd@{shade:.2f}", "width": 2, "dash": dash, "shape": "hvh"}
        lines.append((_line(middle, rows[-1], f"{_who(found)}, η = {number(rung.learning_rate, 3)}", line), rows))
    if extrapolated and len(found.rungs) >= 2:
        finest, next_ = found.rungs[-1], found.rungs[-2]
        ratio = next_.learning_rate / finest.learning_rate
        rows = [
            (ratio * one.histogram(edges) - other.histogram(edges)) / (ratio - 1)
            for one, other in zip(finest.laws, next_.laws, strict=True)
        ]
        line = {"color": "role:ink", "width": 2, "dash": "dot", "shape": "hvh"}
        lines.append((_line(middle, rows[-1], "extrapolated to η = 0", line), rows))
    rows = [law.histogram(edges) for law in found.limit]
    name = "limit, exact" if found.exact else f"limit, {len(found.limit[-1].values):,} paths"
    lines.append((_line(middle, rows[-1], name, {"color": "role:limit", "width": 3.5, "shape": "hvh"}), rows))
    counts = [f"{rung.paths:,}" + (f" ({rung.lost:,} more lost)" if rung.lost else "") for rung in found.rungs]
    counted = f"{counts[0]} each" if len(set(counts)) == 1 else ", ".join(counts)
    largest = max(float(np.max(rows[many // 2 :])) for _, rows in lines)
    return Panel(
        {
            "data": [line for line, _ in lines],
            "layout": {
                "xaxis": {"title": {"text": found.observable}, "range": [edges[0], edges[-1]]},
                "yaxis": {"title": {"text": "density"}, "range": [0, 1.1 * largest]},
            },
        },
        "Laws along Γ",
        f"Density of {found.observable} of Φ(x), in {BINS} bins. {setting(found)}. Paths: {counted}, for η = "
        f"{', '.join(number(rung.learning_rate, 3) for rung in found.rungs)}. The limit’s is "
        + ("the solution of the Fokker–Planck equation, in the same bins." if found.exact else "that of its simulated paths."),
        f"Densities of {found.observable} for {_who(found)} at {len(found.rungs)} learning rates and for the limit.",
        frames=Frames(
            "slow time t", [number(time, 3) for time in found.times],
            [{"trace": index, "key": "y", "values": rows} for index, (_, rows) in enumerate(lines)],
        ),
    )  # fmt: skip


def quantile_panel(found: Convergence) -> Panel:
    """Median and 5–95 % band against slow time, of the finest and the coarsest learning rate and of the limit."""
    data: list[dict[str, Any]] = []
    shown = [found.rungs[-1], found.rungs[0]] if len(found.rungs) > 1 else list(found.rungs)
    times = found.times

    def band(laws: tuple[Law, ...], colour: str) -> dict[str, Any]:
        low, _, high = np.array([law.quantiles(LEVELS) for law in laws]).T
        return {
            "type": "scatter", "mode": "lines", "x": np.concatenate([times, times[::-1]]), "y": np.concatenate([high, low[::-1]]),
            "fill": "toself", "fillcolor": f"{colour}@0.15", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
        }  # fmt: skip

    data.append(band(found.limit, "role:limit"))
    data.append(band(shown[0].laws, "role:sgd"))
    for rung, dash in zip(shown, ("dash", "dot"), strict=False):
        for level in LEVELS:
            values = [float(law.quantiles(level)) for law in rung.laws]
            name = f"{_who(found)}, η = {number(rung.learning_rate, 3)}"
            line = _line(times, values, name, {"color": "role:sgd", "width": 2, "dash": dash})
            data.append(line | {"showlegend": level == 0.5})
    for level in LEVELS:
        values = [float(law.quantiles(level)) for law in found.limit]
        line = _line(times, values, "limit", {"color": "role:limit", "width": 3})
        data.append(line | {"showlegend": level == 0.5})
    corrected = [rung.learning_rate for rung in shown if rung.learning_rate in found.finite]
    data += [finite_line(times, found.finite[rate], rate) for rate in corrected]
    said = finite_words(found.experiment.optimizer, found.experiment.noise, len(corrected))
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {"title": {"text": _clock(found)}},
                "yaxis": {"title": {"text": found.observable}},
            },
        },
        "Quantiles in slow time",
        f"5, 50 and 95 % quantiles of {found.observable} of Φ(x) at {len(times)} slow times: the largest and the smallest learning "
        f"rate with {shown[0].paths:,} paths, and the limit. {setting(found)}. {said}".rstrip(),
        f"Quantiles of {found.observable} against slow time.",
    )


def distance_panel(found: Convergence) -> Panel:
    """Distances between the laws at the last time, against η, with their bootstrap errors and their floors."""
    rates = found.learning_rates
    data: list[dict[str, Any]] = []
    slopes = []
    for name, (title, colour, symbol, dash) in DISTANCES.items():
        errors = np.array([getattr(rung.standard_errors, name) for rung in found.rungs])
        floors = np.array([getattr(rung.floor, name) for rung in found.rungs])
        data.append(_measured(rates, found.measured(name), errors, title, colour, symbol, dash))
        data.append(_floor(rates, floors, colour, first=name == "wasserstein"))
        slope, error = found.fitted_slope(name)
        if np.isfinite(slope):
            slopes.append(f"{title} {number(slope, 3)} ± {number(error, 2)}")
    spaces = [rung.space for rung in found.rungs if rung.space is not None]
    if len(spaces) == len(rates) and spaces:
        title, colour = "energy, in space", "role:ink"
        values, errors, floors = (
            np.array([getattr(each, name) for each in spaces]) for name in ("energy", "standard_error", "floor")
        )
        data.append(_measured(rates, values, errors, title, colour, "star", "longdash"))
        data.append(_floor(rates, floors, colour, first=False))
    nothing = "No distance stands clear of its floor twice: there is no slope to fit."
    about = f"Fitted slopes: {'; '.join(slopes)}." if slopes else nothing
    if found.rungs and found.limit[-1].variance < NARROW * found.rungs[-1].laws[-1].variance:
        about += (
            " Here the limit is almost one point, and however near the paths come to it, most may lie on one side: "
            "Kolmogorov–Smirnov, which counts paths and not how far off they are, need not fall."
        )
    return Panel(
        {"data": data, "layout": _log_log("distance of the laws", rates, data)},
        f"Distances at t = {number(found.times[-1], 3)}",
        f"Between the law of {found.observable} of Φ(x) and the limit’s, ± one bootstrap standard error, over "
        f"{found.rungs[-1].paths if found.rungs else 0:,} paths. Dotted: what as many paths show when the laws are equal. {about}",
        f"Distances between the laws of {_who(found)} and of the limit against the learning rate, on logarithmic axes.",
    )


def weak_panel(found: Convergence, extrapolated: bool) -> Panel:
    """The differences of mean and variance from the limit's, against η, and what is left of them at η → 0."""
    rates = found.learning_rates
    units = np.array([found.scale, found.scale**2])
    data: list[dict[str, Any]] = []
    left = []
    for column, (name, colour, symbol, dash) in enumerate(MOMENTS):
        gaps = np.array([rung.gap[column] for rung in found.rungs]) / units[column]
        errors = np.array([rung.gap_errors[column] for rung in found.rungs]) / units[column]
        if len(gaps) and np.abs(gaps).max() < ROUNDING:
            left.append(f"the {name} is the limit’s, to rounding")
            continue
        data.append(_measured(rates, np.abs(gaps), errors, f"|{name}|", colour, symbol, dash))
        rest, error = found.extrapolated[column] / units[column], found.extrapolated_errors[column] / units[column]
        if np.isfinite(rest):
            left.append(f"{name} {signed(rest)} ± {percent(error)}")
        if extrapolated and len(rates) >= 2:
            ratio = rates[:-1] / rates[1:]
            better = (ratio * gaps[1:] - gaps[:-1]) / (ratio - 1)
            better_errors = np.hypot(ratio * errors[1:], errors[:-1]) / (ratio - 1)
            data.append(
                _measured(rates[1:], np.abs(better), better_errors, f"|{name}|, extrapolated", colour, f"{symbol}-open", "dashdot")
            )
    largest = max((float(np.nanmax(trace["y"])) for trace in data), default=1.0)
    first_order = largest * rates / rates[0]
    data.append(
        {
            "type": "scatter", "mode": "lines", "name": "slope 1", "x": rates, "y": first_order, "hoverinfo": "skip",
            "line": {"color": "role:muted", "width": 1.5, "dash": "dot"},
        }
    )  # fmt: skip
    slope, error = found.weak_slope()
    fitted = f"Fitted slope {number(slope, 3)} ± {number(error, 2)}; the theory says 1. " if np.isfinite(slope) else ""
    rest = f"A fit in powers of η leaves at η → 0: {'; '.join(left)}." if left else ""
    richardson = " Open marks: two learning rates combined so that the first order falls out." if extrapolated else ""
    return Panel(
        {"data": data, "layout": _log_log("relative difference", rates, data)},
        "Weak error",
        f"Mean and variance of {found.observable}, {_who(found)}’s less the limit’s, ± one standard error, in units of "
        f"{found.unit} ({number(found.scale, 3)}). {fitted}{rest}{richardson}",
        "Differences of mean and variance against the learning rate, on logarithmic axes.",
    )


def verdict_text(found: Convergence) -> tuple[str, str]:
    """The verdict in a headline, and its reason."""
    label = _who(found)
    return VERDICTS[found.verdict].format(who=label[0].upper() + label[1:]), found.reason


def _edges(found: Convergence) -> np.ndarray:
    """Bins that hold all but a thousandth of every law in the second half of the times."""
    half = len(found.times) // 2
    laws = [law for rung in found.rungs for law in rung.laws[half:]] + list(found.limit[half:])
    ends = np.array([law.quantiles((0.001, 0.999)) for law in laws])
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    room = 0.02 * (high - low) or 0.5 * (abs(low) or 1.0)
    return np.linspace(low - room, high + room, BINS + 1)


def _line(x, y, name: str, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": line,
        "hovertemplate": "%{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
    }  # fmt: skip


def _measured(x, y, errors, name: str, colour: str, symbol: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": y,
        "error_y": {"type": "data", "array": errors, "color": colour, "thickness": 1.5, "width": 4},
        "line": {"color": colour, "width": 2, "dash": dash}, "marker": {"color": colour, "size": 9, "symbol": symbol},
        "hovertemplate": "η = %{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
    }  # fmt: skip


def _floor(x, y, colour: str, *, first: bool) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": "if the laws were equal", "x": x, "y": y, "showlegend": first,
        "line": {"color": colour, "width": 1, "dash": "dot"}, "hoverinfo": "skip",
    }  # fmt: skip


def _log_log(title: str, rates: np.ndarray, data: list[dict[str, Any]]) -> dict[str, Any]:
    drawn = np.concatenate([np.asarray(trace["y"], float) for trace in data]) if data else np.ones(1)
    drawn = np.log10(drawn[np.isfinite(drawn) & (drawn > 0)])
    span = float(np.ptp(drawn)) if len(drawn) else 0.0
    ticks: dict[str, Any] = {"dtick": max(1, int(np.ceil(span / TICKS)))}
    if len(drawn) and span < CLOSE:  # perhaps without a power of ten
        powers = 10.0 ** np.arange(np.floor(drawn.min()) - 1, np.ceil(drawn.max()) + 2)
        marks = np.outer(powers, (1, 2, 5) if span > CLOSE / 4 else (1, 1.5, 2, 3, 4, 5, 6, 8)).ravel()
        ticks = {"tickvals": marks, "ticktext": [number(mark, 2) for mark in marks]}
    return {
        "xaxis": {
            "title": {"text": "learning rate η"}, "type": "log", "tickvals": rates, "ticktext": [number(rate, 3) for rate in rates],
        },
        "yaxis": {"title": {"text": title}, "type": "log", "exponentformat": "power", **ticks},
    }  # fmt: skip
