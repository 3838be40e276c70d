"""What is flowed down against slow time with its floor, and where it ends against where it starts."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.noise import LabelNoise, Noise
from dynamics.optimizers.measures import LOGARITHM, TRACE
from dynamics.studies.convergence import percent
from dynamics.studies.flatness import EXAMPLES, Flatness
from figures.caption import number
from figures.finite import finite_line, finite_words
from figures.panel import Panel

ZERO = 1e-12
ON_ONE_SAMPLE = (
    "A model’s correction to first order in η is known for steps on the full gradient; these are on one sample, so no dotted line "
    "is drawn."
)
NEAR = 0.02  # of the floor: as close to it as a caption calls it reached


def trace_panel(found: Flatness, where: str, noise: Noise, learning_rate: float) -> Panel:
    """The measure along the optimizer, seen on Γ, and along the limit."""
    name, who, clock = found.measure.name, found.optimizer.label, found.optimizer.clock
    on_model = where in EXAMPLES
    data: list[dict[str, Any]] = []
    if found.sgd is not None:
        if found.paths > 1:
            data.append(_band(found.times, found.sgd.low, found.sgd.high, "role:sgd@0.2"))
        data.append(_line(f"{who}, seen on Γ", found.times, found.sgd.mean, "role:sgd", "solid"))
    if found.optimizer.diffuses and not isinstance(found.optimizer.limit_noise(noise), LabelNoise):
        data.append(_band(found.times, found.limit.low, found.limit.high, "role:limit@0.2"))
    data.append(_line("limit", found.times, found.limit.mean, "role:limit", "dash"))
    if found.finite is not None:
        data.append(finite_line(found.times, found.finite))
    if found.floor is not None:
        ends = [found.times[0], found.times[-1]]
        data.append(_line(_floor_name(found), ends, [found.floor.value] * 2, "role:manifold", "dot"))
    seen = "where Gauss–Newton carries it onto Γ" if on_model else "at Φ(x)"
    band = f"range of {found.paths} paths" if on_model else f"5–95 % of {found.paths} paths"
    drawn = f"line the mean, band the {band}" if found.paths > 1 else "it has one path"
    acting = noise.words if found.optimizer.uses_noise else "without gradient noise"
    with_settings = "" if who == "SGD" else f"{found.optimizer.words}, "
    begins = who[0].upper() + who[1:]
    caption = (
        f"{name} on Γ against slow time t = {clock}, {_place(where)}, {with_settings}{acting}, learning rate "
        f"η = {number(learning_rate)}. {begins}, seen {seen}: {drawn}. The floor is the least {name} on Γ "
        + ("by convex programming." if where in ("linear", "diagonal") else "that constrained optimization (SLSQP) finds.")
    )
    if found.optimizer.slow_rows(1):
        caption += f" {begins} does not fall to Γ as gradient flow does, so that its line begins elsewhere than the limit’s."
    corrected = ON_ONE_SAMPLE if on_model else finite_words(found.optimizer, noise, found.finite is not None)
    caption = " ".join(filter(None, (caption, corrected, found.measure.remark)))
    floor = f", floor {_value(found.floor.value)}" if found.floor else ""
    alt = f"{name} {_place(where)}: {_course(found).replace('**', '')}{floor}."
    shown = [trace["y"] for trace in data]
    layout = {"xaxis": {"title": {"text": f"slow time t = {clock}"}}, "yaxis": {"title": {"text": name}, "range": _range(*shown)}}
    return Panel({"data": data, "layout": layout}, f"{name} along {who} and along the limit", caption, alt, height=600, fills=True)


def ends_panel(found: Flatness, where: str, horizon: float) -> Panel:
    """A point a start: what the measure was on Γ, and what it is at the end."""
    ends, name, who = found.ends, found.measure.name, found.optimizer.label
    axis = _range(ends.starts, ends.limit, ends.sgd, [found.floor.value] if found.floor else [])
    data: list[dict[str, Any]] = [
        _line("unchanged", axis, axis, "role:muted", "dash", width=2),
        _marks(f"{who}, seen on Γ", ends.starts, ends.sgd, {"symbol": "circle", "size": 9, "color": "role:sgd"}),
        _marks(
            "limit", ends.starts, ends.limit,
            {"symbol": "circle-open", "size": 14, "color": "role:limit", "line": {"width": 3, "color": "role:limit"}},
        ),
    ]  # fmt: skip
    if found.floor is not None:
        data.append(_line(_floor_name(found), axis, [found.floor.value] * 2, "role:manifold", "dot"))
    done = int(np.isfinite(ends.limit).sum())
    spread = "starts drawn anew" if where in EXAMPLES else "starts drawn around the first"
    caption = (
        f"{name} at slow time {number(horizon)} against {name} where the limit begins on Γ, from {done} of {len(ends.starts)} "
        f"starts ({spread}). Below the dashed line it has fallen."
    )
    if ends.left_out:
        caption += f" {ends.left_out} more were tried: from them there is no way down to Γ, or no limit."
    if without := int((np.isfinite(ends.limit) & ~np.isfinite(ends.sgd)).sum()):
        caption += f" From {without} of them paths of {who} are lost, and there is no mean."
    lower = int((ends.limit < ends.starts).sum())
    layout = {
        "xaxis": {"title": {"text": f"{name} at the start"}, "range": axis},
        "yaxis": {"title": {"text": f"{name} at the end"}, "range": axis},
    }
    alt = f"{name} at the end against {name} at the start: lower from {lower} of {done} starts."
    return Panel({"data": data, "layout": layout}, "From several starts", caption, alt, height=600, fills=True)


def verdict(found: Flatness, noise: Noise) -> str:
    """What has been seen, in a sentence or two."""
    name, who, down = found.measure.name, found.optimizer.label, found.optimizer.goes_down(noise)
    last = float(found.limit.mean[-1])
    course = _course(found)
    change = course[0].upper() + course[1:]
    if np.isnan(last):
        return f"{change}."
    if found.floor is None:
        nowhere = f" The search for the {_floor_name(found)} did not come to an end."
        return f"{change}.{nowhere if found.searched else ''}"
    floor = found.floor.value
    change += f"; the {_floor_name(found)} that was found {'has' if found.measure is TRACE else 'is'} **{_value(floor)}**."
    if not down:
        whose = "its limit" if who == "SGD" else f"the limit of {who}"
        this = "This noise" if found.optimizer.uses_noise else "Its own noise"
        return f"{change} {this} is not label noise: nothing says that {whose} minimizes tr H, or anything."
    if last - floor <= NEAR * (1 if found.measure is LOGARITHM else abs(floor)):
        return f"{change} It is reached, to {percent(NEAR)}."
    under = "Under label noise the" if found.optimizer.uses_noise else "The"
    return (
        f"{change} {under} limit of {who} flows downhill in {name} on Γ{found.measure.when}: to the least there, or to one that is "
        "least in its surroundings."
    )


def _floor_name(found: Flatness) -> str:
    return "flattest point of Γ" if found.measure is TRACE else f"least {found.measure.name} on Γ"


def _course(found: Flatness) -> str:
    first, last = float(found.limit.mean[0]), float(found.limit.mean[-1])
    if np.isnan(first):
        return "there is no limit from this start"
    end = "where the first path is lost" if np.isnan(last) else _value(last)
    return f"along the limit {found.measure.name} goes from **{_value(first)}** to **{end}**"


def _value(value: float) -> str:
    return number(value if abs(value) > ZERO else 0.0, 3)


def _place(where: str) -> str:
    return f"model “{EXAMPLES[where].title}”" if where in EXAMPLES else f"on {where}"


def _range(*values: Any) -> list[float]:
    """What all finite values span, from zero on unless some are below it or all are close together against it."""
    all_of = np.concatenate([np.ravel(each) for each in values])
    finite = all_of[np.isfinite(all_of)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if max(abs(low), abs(high)) < ZERO:
        return [-1.0, 1.0]
    room = 0.08 * (high - low)
    return [low - room, high + room] if low < -ZERO or 0.5 * high < low < 0.999 * high else [0.0, 1.08 * high]


def _line(name: str, x: Any, y: Any, colour: str, dash: str, width: int = 3) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y,
        "line": {"color": colour, "width": width, "dash": dash}, "hovertemplate": "%{y:.3g}<extra>" + name + "</extra>",
    }  # fmt: skip


def _band(x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> dict[str, Any]:
    shown = np.isfinite(low) & np.isfinite(high)
    return {
        "type": "scatter", "mode": "lines", "x": np.concatenate([x[shown], x[shown][::-1]]),
        "y": np.concatenate([high[shown], low[shown][::-1]]), "fill": "toself", "fillcolor": colour, "line": {"width": 0},
        "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip


def _marks(name: str, x: np.ndarray, y: np.ndarray, marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": x, "y": y, "marker": marker,
        "hovertemplate": "from %{x:.3g} to %{y:.3g}<extra>" + name + "</extra>",
    }  # fmt: skip
