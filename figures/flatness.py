"""tr H against slow time with its floor, and where it ends against where it starts."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.noise import LabelNoise, Noise
from dynamics.studies.flatness import EXAMPLES, Flatness
from figures.caption import number
from figures.panel import Panel

NEAR = 0.02  # of the floor: as close to it as a caption calls it reached


def trace_panel(found: Flatness, where: str, noise: Noise, learning_rate: float) -> Panel:
    """tr H along SGD, seen on Γ, and along the limit."""
    data: list[dict[str, Any]] = []
    if found.sgd is not None:
        data.append(_band(found.times, found.sgd.low, found.sgd.high, "role:sgd@0.2"))
        data.append(_line("SGD, seen on Γ", found.times, found.sgd.mean, "role:sgd", "solid"))
    if not isinstance(noise, LabelNoise):
        data.append(_band(found.times, found.limit.low, found.limit.high, "role:limit@0.2"))
    data.append(_line("limit", found.times, found.limit.mean, "role:limit", "dash"))
    if found.floor is not None:
        ends = [found.times[0], found.times[-1]]
        data.append(_line("flattest point of Γ", ends, [found.floor.value] * 2, "role:manifold", "dot"))
    on_model = where in EXAMPLES
    seen = "where Gauss–Newton carries it onto Γ" if on_model else "at Φ(x)"
    band = f"range of {found.paths} paths" if on_model else f"5–95 % of {found.paths} paths"
    caption = (
        f"tr H on Γ against slow time t = kη², {_place(where)}, {noise.words}, learning rate η = {number(learning_rate)}. "
        f"SGD is seen {seen}: line the mean, band the {band}. The floor is the least tr H on Γ "
        + ("by convex programming." if where in ("linear", "diagonal") else "that constrained optimization (SLSQP) finds.")
    )
    floor = f", floor {number(found.floor.value, 3)}" if found.floor else ""
    alt = f"tr H {_place(where)}: {_course(found).replace('**', '')}{floor}."
    shown = [trace["y"] for trace in data]
    layout = {"xaxis": {"title": {"text": "slow time t = kη²"}}, "yaxis": {"title": {"text": "tr H"}, "range": _range(*shown)}}
    return Panel({"data": data, "layout": layout}, "tr H along SGD and its limit", caption, alt, height=600, fills=True)


def ends_panel(found: Flatness, where: str, horizon: float) -> Panel:
    """A point a start: what tr H was on Γ, and what it is at the end."""
    ends = found.ends
    axis = _range(ends.starts, ends.limit, ends.sgd, [found.floor.value] if found.floor else [])
    data: list[dict[str, Any]] = [
        _line("unchanged", axis, axis, "role:muted", "dash", width=2),
        _marks("SGD, seen on Γ", ends.starts, ends.sgd, {"symbol": "circle", "size": 9, "color": "role:sgd"}),
        _marks(
            "limit", ends.starts, ends.limit,
            {"symbol": "circle-open", "size": 14, "color": "role:limit", "line": {"width": 3, "color": "role:limit"}},
        ),
    ]  # fmt: skip
    if found.floor is not None:
        data.append(_line("flattest point of Γ", axis, [found.floor.value] * 2, "role:manifold", "dot"))
    done = int(np.isfinite(ends.limit).sum())
    spread = "starts drawn anew" if where in EXAMPLES else "starts drawn around the first"
    caption = (
        f"tr H at slow time {number(horizon)} against tr H where gradient flow reaches Γ, from {done} of {len(ends.starts)} starts "
        f"({spread}). Below the dashed line Γ became flatter."
    )
    if ends.left_out:
        caption += f" {ends.left_out} more were tried: gradient flow does not lead from them to Γ."
    if without := int((np.isfinite(ends.limit) & ~np.isfinite(ends.sgd)).sum()):
        caption += f" From {without} of them paths of SGD are lost, and there is no mean."
    lower = int((ends.limit < ends.starts).sum())
    layout = {
        "xaxis": {"title": {"text": "tr H at the start"}, "range": axis},
        "yaxis": {"title": {"text": "tr H at the end"}, "range": axis},
    }
    alt = f"tr H at the end against tr H at the start: lower from {lower} of {done} starts."
    return Panel({"data": data, "layout": layout}, "From several starts", caption, alt, height=600, fills=True)


def verdict(found: Flatness, noise: Noise) -> str:
    """What has been seen, in a sentence or two."""
    last = float(found.limit.mean[-1])
    course = _course(found)
    change = course[0].upper() + course[1:]
    if np.isnan(last):
        return f"{change}."
    if found.floor is None:
        nowhere = " The search for the flattest point of Γ did not come to an end."
        return f"{change}.{nowhere if found.searched else ''}"
    floor = found.floor.value
    change += f"; the flattest point of Γ that was found has **{number(floor, 3)}**."
    if not isinstance(noise, LabelNoise):
        return f"{change} This noise is not label noise: nothing says that its limit minimizes tr H, or anything."
    if last <= (1 + NEAR) * floor:
        return f"{change} It is reached, to {NEAR:.0%}."
    return f"{change} Label noise flows downhill on Γ: to a flattest point, or to one that is flattest in its surroundings."


def _course(found: Flatness) -> str:
    first, last = float(found.limit.mean[0]), float(found.limit.mean[-1])
    if np.isnan(first):
        return "there is no limit from this start"
    end = "where the first path is lost" if np.isnan(last) else number(last, 3)
    return f"along the limit tr H goes from **{number(first, 3)}** to **{end}**"


def _place(where: str) -> str:
    return f"model “{EXAMPLES[where].title}”" if where in EXAMPLES else f"on {where}"


def _range(*values: Any) -> list[float]:
    """What all finite values span, from zero on unless they are close together against it."""
    all_of = np.concatenate([np.ravel(each) for each in values])
    finite = all_of[np.isfinite(all_of)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    room = 0.08 * (high - low)
    return [low - room, high + room] if 0.5 * high < low < 0.999 * high else [0.0, 1.08 * high]


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
