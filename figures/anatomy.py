"""The anatomy's picture: a landscape, and what assets/anatomy/anatomy.js needs to draw the limit's drift at points of Γ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from dynamics import Experiment, limit_map, manifold_box
from dynamics.landscapes.landscape import Landscape, View
from dynamics.limit.chart import Chart
from dynamics.limit.flow import hessian_rank
from dynamics.optimizers import Optimizer
from dynamics.optimizers.terms import OF_NOISE, Term
from dynamics.studies.anatomy import Anatomy, Potential, Sites, drift_terms, sites
from figures.about import PAPER, VERSION
from figures.caption import noise_words, number, place, point
from figures.landscape_figure import boxed, landscape_figure, landscape_views
from figures.palette import themes
from figures.panel import Panel
from figures.traces import Figure

MOST_SITES, MOST_NUMBERS = 161, 24_000
FINE = 2001  # points at which it is asked whether they are in the view
FARTHER = 1.12
WRITTEN_OUT = 5  # dimensions whose matrices are still written
STEP = 1e-5  # of the difference quotients that say how a view turns


def anatomy_views(landscape: Landscape) -> tuple[View, ...]:
    """Views in which directions of the landscape's space are directions: not the loss as height."""
    return tuple(view for view in landscape_views(landscape) if "loss" not in "".join(view.axes)) or landscape_views(landscape)[:1]


def anatomy_picture(experiment: Experiment, chosen: np.ndarray, chart: Chart | None, view: View) -> bytes:
    """JSON for the point `chosen` (D,) of Γ, and where Γ is a curve for points to both sides of it. Numbers are exact."""
    landscape = experiment.landscape
    region = None if landscape.manifold else _region(experiment, chosen)
    view = boxed(landscape, view, chosen[None], region)
    optimizer = experiment.optimizer
    points, index = _neighbours(landscape, chosen, chart, view)
    own, whole = None, True
    if not optimizer.through_flow:
        own = np.stack(list(drift_terms(experiment, points).values()), axis=1)  # (S, parts, D)
        known = np.isfinite(own).all(axis=(1, 2))
        first, last = _around(known, index)
        points, own, index, whole = points[first:last], own[first:last], index - first, bool(known.all())
    packed = _packed(sites(landscape, experiment.limit_noise, points), landscape, view)
    if own is not None:
        packed = [each | {"drift": drift} for each, drift in zip(packed, own.tolist(), strict=True)]
    return json.dumps(
        {
            "figure": _still(landscape_figure(landscape, view, chosen, chosen[None], region, np.array(experiment.start))),
            "palette": themes(),
            "title": f"{landscape.title}: the drift at a point of Γ",
            "about": {"version": VERSION, "theory": PAPER},
            "variables": landscape.variables,
            "sites": packed,
            "index": index,
            "curve": chart is not None,
            "closed": chart is not None and chart.closed and whole,
            "parts": experiment.parts,
            "terms": None if own is None else [_term(each) for each in optimizer.terms],
            "diffuses": optimizer.diffuses,
            "free": optimizer.through_flow and optimizer.uses_noise,
            "remark": _remark(experiment),
            "noise": experiment.noise.kind,
            "label": landscape.has_residuals,
            "size": float(np.prod([high - low for low, high in view.box]) ** (1 / len(view.box))),
            "caption": _caption(experiment, chosen),
            "alt": f"{view.title} of {place(landscape)}, with the frame of H, the noise covariance as an ellipse and the parts of "
            f"the drift as arrows at {point(chosen)}.",
        }
    ).encode()


def _region(experiment: Experiment, chosen: np.ndarray) -> np.ndarray:
    """The box (D, 2) of the start's picture, which stays while the point moves in it."""
    low, high = manifold_box(experiment.landscape, np.array(experiment.start)).T
    return np.stack([np.minimum(low, chosen), np.maximum(high, chosen)], axis=-1)


def _still(figure: Figure) -> Figure:
    """Cheap to paint, without hovering, and in space seen from farther off: the picture is narrower than the simulator's."""
    for trace in figure["data"]:
        trace.pop("customdata", None)
        if trace.pop("hovertemplate", None):
            trace["hoverinfo"] = "skip"
        if trace["type"] == "contour" and trace.get("meta") != "manifold":
            trace["contours"]["coloring"] = "heatmap"  # one image, where filled bands would be painted anew beneath what moves
    if "scene" in figure["layout"]:
        eye = figure["layout"]["scene"]["camera"]["eye"]
        figure["layout"]["scene"]["camera"]["eye"] = {axis: FARTHER * value for axis, value in eye.items()}
    return figure


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
    points = limit_map(landscape, chart.points(here + step * np.arange(-back, forth + 1)))  # the chart is a spline near Γ
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


def _around(known: np.ndarray, index: int) -> tuple[int, int]:
    """The longest stretch around an index in which all is known, as a slice. Raises ValueError where it is not known itself."""
    if not known[index]:
        raise ValueError("The limit of this optimizer has ended at this point: its coefficients are not defined there.")
    gaps = np.flatnonzero(~known)
    return int(max(gaps[gaps < index], default=-1)) + 1, int(min(gaps[gaps > index], default=len(known)))


def _term(term: Term) -> dict[str, str]:
    """SGD's parts are typeset in the browser."""
    return {"name": term.name, "title": term.title, "text": "" if term in OF_NOISE else term.text}


def _remark(experiment: Experiment) -> str:
    """What is to be known of another optimizer's covariance and drift, in a sentence."""
    optimizer = experiment.optimizer
    name = optimizer.label[0].upper() + optimizer.label[1:]
    if not optimizer.diffuses:
        without = "the draws of an epoch cancel along Γ" if optimizer.uses_noise else "the gradient noise has no part in it"
        return f"{name} does not diffuse: its limit is a flow, and {without}."
    if not optimizer.uses_noise:
        return f"{name} has noise of its own, Σ = 2I, which cannot be turned here."
    if optimizer.slow_rows(1):
        return f"The second moment of {name} is where it would settle at the point, v = diag Σ; z = √S⁻¹ x with S = diag(1/√v)."
    return "" if optimizer.through_flow else "These parts are for the Σ of the controls, which is not turned here."


def _caption(experiment: Experiment, chosen: np.ndarray) -> str:
    where, optimizer = place(experiment.landscape), experiment.optimizer
    who = "" if optimizer.name == "sgd" else f"{optimizer.words}, "
    ellipse = (
        "The ellipse is the noise covariance Σ at one standard deviation; its bars are Σ∥ along Γ and Σ⊥ across, its tilt against "
        "them is Σ⊥∥. "
    )
    clock = "slow time" if optimizer.name == "sgd" else f"slow time t = {optimizer.clock}"
    return (
        f"{where[0].upper()}{where[1:]} at {point(chosen)} on Γ, {who}{noise_words(experiment)}. "
        f"{ellipse if optimizer.diffuses else ''}Arrows are the parts of the limit’s drift per unit of {clock}, computed without "
        "sampling."
    )


def potential_panel(potential: Potential, chart: Chart, chosen: np.ndarray) -> Panel:
    """The effective potential along a curve Γ, or, where there is none, the drift that goes round."""
    here = float(chart.arc_length(chosen))
    if chart.closed and here > chart.origin + (1 - 1e-6) * chart.length:
        here = chart.origin  # where the curve closes
    values, name = (potential.values, "effective potential U") if potential.exists else (potential.drift, "drift b(s)")
    at = float(np.interp(here, chart.grid, values))
    data = [
        line(chart.grid, values, name, "role:limit", 3),
        {
            "type": "scatter", "mode": "markers", "name": "the point", "x": [here], "y": [at],
            "marker": {"symbol": "diamond", "size": 13, "color": "role:ink"}, "hoverinfo": "skip",
        },
    ]  # fmt: skip
    if not potential.exists:
        mean = potential.circulation / chart.length
        data.append(line([chart.grid[0], chart.grid[-1]], [mean, mean], "its mean round Γ", "role:ink", 2, "dash"))
    low, high = _stretch_of_interest(potential, chart, here)
    inside = values[(chart.grid >= low) & (chart.grid <= high)]
    room = 0.06 * float(np.ptp(inside)) or 1.0
    layout = axes(name) | {"xaxis": {"title": {"text": "arc length s along Γ"}, "range": [low, high]}}
    layout["yaxis"]["range"] = [float(inside.min()) - room, float(inside.max()) + room]
    return Panel(
        {"data": data, "layout": layout},
        "Along the whole of Γ",
        potential_sentence(potential, chart),
        f"The {name} against arc length along Γ, with the point marked.",
        height=380,
    )


def potential_sentence(potential: Potential, chart: Chart) -> str:
    """Whether the drift has a potential, with the proof."""
    if not potential.drift.any():
        return "The drift is zero all along Γ: no point of it is preferred."
    if not chart.closed:
        return "Γ is an open curve, so the drift has an effective potential: b(s) = −U′(s), and U = 0 where it is least."
    circulation = f"∮ b ds = {_rounded(potential.circulation, potential.error)}"
    if potential.exists:
        return (
            f"Γ is closed, and the drift has an effective potential, b(s) = −U′(s): round Γ the circulation is {circulation}, "
            "zero within the error of the quadrature."
        )
    return (
        f"The drift has no potential: round the closed Γ the circulation is {circulation}, and that of any −U′ is zero. There is "
        "no function on Γ that the drift descends."
    )


def _rounded(value: float, error: float) -> str:
    return f"{number(0.0 if abs(value) <= error else value, 7)} ± {number(error, 1)}"


def _stretch_of_interest(potential: Potential, chart: Chart, here: float) -> tuple[float, float]:
    """All of a closed curve; of an open one what is around the point and the start."""
    low, high = chart.origin, chart.origin + chart.length
    if chart.closed:
        return low, high
    reach = max(3.0, 1.6 * abs(here))
    return max(low, min(0.0, here) - reach), min(high, max(0.0, here) + reach)


def terms_in_numbers(optimizer: Optimizer, parts: Mapping[str, np.ndarray]) -> list[str]:
    """LaTeX, a line for each part of an optimizer's drift: the formula, and what comes out."""
    return [f"{term.latex} = {_matrix(parts[term.name][:, None])}" for term in optimizer.terms]


def formulas(found: Anatomy) -> list[str]:
    """LaTeX, a line for each part of SGD's drift: the formula, its tensors as numbers, and what comes out."""
    projector, inverse = found.tangents.T @ found.tangents, found.pseudo_inverse
    lines = (
        (r"-\tfrac12 H^\dagger\, T[\Sigma_\parallel]", r"-\tfrac12", inverse, "tangent"),
        (r"-P\, T[H^\dagger \Sigma_{\perp\parallel}]", "-", projector, "mixed"),
        (r"-\tfrac12 P\, T[\mathcal{L}^{-1} \Sigma_\perp]", r"-\tfrac12", projector, "normal"),
    )
    written = []
    for formula, factor, matrix, part in lines:
        vector, result = found.contractions[part], getattr(found.drift, part)
        between = f"{factor} {_matrix(matrix)}{_matrix(vector[:, None])} = " if len(vector) <= WRITTEN_OUT else ""
        written.append(f"{formula} = {between}{_matrix(result[:, None])}")
    return written


def _matrix(entries: np.ndarray) -> str:
    rows = (" & ".join(_latex_number(value) for value in row) for row in entries)
    return r"\begin{pmatrix}" + r"\\".join(rows) + r"\end{pmatrix}"


def _latex_number(value: float) -> str:
    return "0" if abs(value) < 5e-10 else f"{value:.3g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.1e}"


def line(x, y, name: str, colour: str, width: float, dash: str = "solid") -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": {"color": colour, "width": width, "dash": dash},
        "hovertemplate": "%{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
    }  # fmt: skip


def axes(y: str, x: str = "slow time t") -> dict[str, Any]:
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}
