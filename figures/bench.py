"""The bench's picture: the landscape that is being typed, Γ, and gradient flow from the start."""

from __future__ import annotations

import numpy as np

from dynamics import Experiment, gradient_flow
from figures.caption import KINDS, place, point
from figures.landscape_figure import Figure, boxed, landscape_figure, landscape_views
from figures.panel import Panel
from figures.simulation import pickable

HEIGHT = 380  # pixels


def ground_panel(experiment: Experiment, cancel=None) -> Panel:
    """The landscape along its first view, without anything that moves. A click places the start where a point says where that is.

    Raises ValueError, with a sentence, if gradient flow does not come to rest or is cancelled.
    """
    landscape, start = experiment.landscape, np.array(experiment.start)
    flow = gradient_flow(landscape, start, cancel=cancel).points
    view = boxed(landscape, landscape_views(landscape)[0], np.concatenate([[start], flow, _around(start, flow[-1])]))
    figure = landscape_figure(landscape, view, start, flow)
    figure["layout"]["showlegend"] = False
    figure["data"].append(_mark(landscape.evaluate(view.axes, start)))
    return Panel(
        figure,
        title="",
        caption="Thick: Γ, where the loss is zero. Dashed: gradient flow from the start, the ring, to Φ(x₀).",
        alt=f"{KINDS[view.kind]} of {place(landscape)} along {', '.join(view.labels)}, with gradient flow from {point(start)}.",
        height=HEIGHT,
        pickable="Click for another start." if pickable(landscape, view) else "",
    )


def _around(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Places about Φ(x₀), as far as it is from the start, and half as far as from the origin, whatever is more."""
    reach = max(float(abs(start - end).max()), 0.5 * float(abs(end).max()), 0.5)
    steps = reach * np.eye(len(end))
    return np.concatenate([end + steps, end - steps])


def _mark(place: np.ndarray) -> Figure:
    spatial = len(place) == 3
    return {
        "type": "scatter3d" if spatial else "scatter",
        "mode": "markers",
        **{name: [float(value)] for name, value in zip("xyz", place, strict=False)},
        "marker": {"color": "role:flow", "size": 6 if spatial else 12, "symbol": "circle-open", "line": {"width": 3}},
        "hoverinfo": "skip",
    }
