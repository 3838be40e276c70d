"""Gradient descent at the edge of stability and its central flow: panels, and what is to be seen in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.settings import in_words as number
from dynamics.studies.edge import AtTheEdge, Edge
from figures.panel import Panel


def setting_text(setting: AtTheEdge) -> str:
    rate, tilt, angle = (number(value) for value in (setting.learning_rate, setting.tilt, setting.angle))
    return f"η = {rate}, ε = {tilt}, from φ₀ = {angle}; {setting.steps:,} steps"


def summary(found: Edge) -> str:
    """Where descent and flow have come to."""
    if found.left_at is not None:
        return (
            f"**Descent leaves** at τ = {number(found.left_at, 3)}: the tilt is too steep for the oscillation to hold it at the "
            "edge. Take a smaller ε."
        )
    (x, _, w), exact = found.descent[-1], found.angle[-1]
    reached = float(np.hypot(x, w))
    return (
        f"At the end descent stands at φ = {number(float(np.arctan2(w, x)), 4)}, the central flow at {number(float(exact), 4)}; "
        f"descent’s radius is {number(reached, 4)}; the sharpness is 2/η at radius {number(found.setting.radius, 4)}."
    )


def path_panel(found: Edge) -> Panel:
    """The slide along the circle on which the sharpness is 2/η, from above."""
    turn, radius = np.linspace(0, np.pi / 2, 100), found.setting.radius
    data = [
        _trace(radius * np.cos(turn), radius * np.sin(turn), "sharpness = 2/η", "role:warning", "dash"),
        _trace(found.flow[:, 0], found.flow[:, 2], "central flow", "role:limit", "solid", width=5),
        _trace(found.descent[:, 0], found.descent[:, 2], "gradient descent", "role:sgd", "dot", width=2.5),
    ]
    layout = {"xaxis": {"title": {"text": "x"}, "constrain": "domain"}, "yaxis": {"title": {"text": "w"}, "scaleanchor": "x"}}
    return Panel(
        {"data": data, "layout": layout},
        "It slides along the edge",
        f"Seen from above the valley: descent’s (x, w) and the central flow’s, and the circle where the sharpness 1 + x² + w² is "
        f"2/η. {setting_text(found.setting)}.",
        f"Paths of gradient descent and of its central flow along the edge of stability. {_plain(summary(found))}",
        height=460,
    )


def angle_panel(found: Edge) -> Panel:
    """φ against time: descent, central flow, closed form."""
    descent, flow = (np.arctan2(points[:, 2], points[:, 0]) for points in (found.descent, found.flow))
    data = [
        _trace(found.times, flow, "central flow", "role:limit", "solid", width=5),
        _trace(found.times, found.angle, "closed form", "role:ink", "dash"),
        _trace(found.times, descent, "gradient descent", "role:sgd", "dot", width=2.5),
    ]
    return Panel(
        {"data": data, "layout": _over_time("φ")},
        "How fast",
        f"The angle on the circle. In closed form tan(φ/2) = tan(φ₀/2) exp(−ετ/R). {setting_text(found.setting)}.",
        f"The angle against fast time. {_plain(summary(found))}",
        height=360,
    )


def spread_panel(found: Edge) -> Panel:
    """y² of the oscillation against what the constraint needs."""
    data = [
        _trace(found.times, found.spread, "σ² of the central flow", "role:limit", "solid", width=5),
        _trace(found.times, found.squares, "mean y² of gradient descent", "role:sgd", "dot", width=2.5),
    ]
    return Panel(
        {"data": data, "layout": _over_time("y²")},
        "How wide it swings",
        "The mean of y² over two steps, and the least σ² that keeps the sharpness at 2/η: (ε/R) cos φ. "
        f"{setting_text(found.setting)}.",
        "The width of the oscillation across the valley against fast time, of descent and as the central flow has it.",
        height=360,
    )


def _trace(x: Any, y: Any, name: str, colour: str, dash: str, width: float = 2.0) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "x": np.asarray(x), "y": np.asarray(y), "name": name,
        "line": {"color": colour, "dash": dash, "width": width},
    }  # fmt: skip


def _over_time(title: str) -> dict[str, Any]:
    return {"xaxis": {"title": {"text": "fast time τ = kη"}}, "yaxis": {"title": {"text": title}}}


def _plain(text: str) -> str:
    return text.replace("**", "")
