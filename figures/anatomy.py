"""The anatomy's picture: a landscape, and what assets/anatomy/anatomy.js needs to draw the limit's drift at points of Γ."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from dynamics import Experiment
from dynamics.anatomy import Sites, sites
from dynamics.chart import Chart
from dynamics.flow import hessian_rank
from dynamics.landscape import Landscape, View
from figures.caption import noise_text, place, point
from figures.landscape_figure import boxed, landscape_figure, landscape_views
from figures.palette import themes

MOST_SITES, MOST_NUMBERS = 161, 24_000
FINE = 2001  # points at which it is asked whether they are in the view
STEP = 1e-5  # of the difference quotients that say how a view turns


def anatomy_views(landscape: Landscape) -> tuple[View, ...]:
    """Views in which directions of the landscape's space are directions: not the loss as height."""
    return tuple(view for view in landscape_views(landscape) if "loss" not in "".join(view.axes)) or landscape_views(landscape)[:1]


def anatomy_picture(experiment: Experiment, chosen: np.ndarray, chart: Chart | None, view: View) -> bytes:
    """JSON for the point `chosen` (D,) of Γ, and where Γ is a curve for points to both sides of it. Numbers are exact."""
    landscape = experiment.landscape
    view = boxed(landscape, view, chosen[None])
    points, index = _neighbours(landscape, chosen, chart, view)
    found = sites(landscape, experiment.noise, points)
    return json.dumps(
        {
            "figure": landscape_figure(landscape, view, chosen, chosen[None]),
            "palette": themes(),
            "variables": landscape.variables,
            "sites": _packed(found, landscape, view),
            "index": index,
            "curve": chart is not None,
            "closed": chart is not None and chart.closed,
            "parts": experiment.parts,
            "noise": experiment.noise.kind,
            "label": landscape.has_residuals,
            "size": min(high - low for low, high in view.box),
            "caption": _caption(experiment, chosen),
            "alt": f"{view.title} of {place(landscape)}, with the frame of H, the noise covariance as an ellipse and the parts of "
            f"the drift as arrows at {point(chosen)}.",
        }
    ).encode()


def _neighbours(landscape: Landscape, chosen: np.ndarray, chart: Chart | None, view: View) -> tuple[np.ndarray, int]:
    """Points of Γ that can be dragged to, evenly spread, `chosen` among them; and its index."""
    if chart is None:
        return chosen[None], 0
    dimension = landscape.dimension
    count = min(MOST_SITES, MOST_NUMBERS // (3 * dimension * dimension * (dimension + 1) // 2))
    here = float(chart.arc_length(chosen))
    low, high = (here, here + chart.length) if chart.closed else _stretch(chart, here, view)
    step = (high - low) / count
    back = int((here - low) / step) if step > 0 else 0
    forth = int((high - here) / step * (1 - 1e-9)) if step > 0 else 0  # once round a closed curve is where it began
    points = chart.points(here + step * np.arange(-back, forth + 1))
    points[back] = chosen
    return points, back


def _stretch(chart: Chart, here: float, view: View) -> tuple[float, float]:
    """The stretch of an open curve around the arc length `here` that is in the view and on which H keeps its rank."""
    s = here + chart.length * np.linspace(-1, 1, FINE)
    points = chart.points(s)
    seen = chart.landscape.evaluate(view.axes, points)
    low, high = np.array(view.box).T
    fits = ((seen >= low) & (seen <= high)).all(axis=-1) & (hessian_rank(chart.landscape.hessian(points)) == points.shape[-1] - 1)
    fits &= (s >= chart.origin) & (s <= chart.origin + chart.length)
    middle, misses = FINE // 2, np.flatnonzero(~fits)
    first = max(misses[misses < middle], default=-1) + 1
    last = min(misses[misses > middle], default=FINE) - 1
    return float(s[first]), float(s[last])


def _packed(found: Sites, landscape: Landscape, view: View) -> list[dict[str, Any]]:
    places = landscape.evaluate(view.axes, found.points)
    steps = STEP * np.eye(landscape.dimension)
    ahead, behind = (landscape.evaluate(view.axes, found.points[:, None] + sign * steps) for sign in (1, -1))
    turns = ((ahead - behind) / (2 * STEP)).swapaxes(-1, -2)  # (S, A, D)
    names = ("points", "eigenvalues", "normals", "tangents", "covariances", "maps")
    columns = [getattr(found, name).tolist() for name in names] + [places.tolist(), turns.tolist()]
    keys = ("point", "eigenvalues", "normals", "tangents", "covariance", "maps", "place", "view")
    return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def _caption(experiment: Experiment, chosen: np.ndarray) -> str:
    where = place(experiment.landscape)
    return (
        f"{where[0].upper()}{where[1:]} at {point(chosen)} on Γ, {noise_text(experiment.noise)}. The ellipse is the noise covariance "
        "Σ at one standard deviation; its bars are Σ∥ along Γ and Σ⊥ across, its tilt against them is Σ⊥∥. Arrows are the parts of "
        "the limit’s drift per unit of slow time, computed without sampling."
    )
