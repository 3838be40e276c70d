"""The experiment of *Shape Matters*: its curves as a panel, and the table of theirs beside ours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dynamics.studies.shape_matters import Curve, setting
from figures.caption import number
from figures.panel import Panel

DASHES = {"gd": "dash", "minibatch": "dot", "label": "solid", "isotropic": "solid"}
WIDTHS = {"isotropic": 7}  # gradient descent runs on top of it


def error_panel(curves: Sequence[Curve]) -> Panel:
    """The distance to the truth against steps, both on logarithmic axes."""
    given = setting()
    data = []
    for curve in sorted(curves, key=lambda curve: -WIDTHS.get(curve.run.name, 0)):
        steps = np.maximum(curve.steps, 1)  # step 0 at the left edge
        if curve.run.paths > 1:
            shown = np.isfinite(curve.errors).any(axis=1)
            low, high = np.nanmin(curve.errors[shown], axis=1), np.nanmax(curve.errors[shown], axis=1)
            data.append({
                "type": "scatter", "mode": "lines", "x": np.concatenate([steps[shown], steps[shown][::-1]]),
                "y": np.concatenate([high, low[::-1]]), "fill": "toself", "fillcolor": f"role:{curve.run.role}@0.2",
                "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip",
            })  # fmt: skip
        data.append({
            "type": "scatter", "mode": "lines", "name": curve.run.title, "x": steps, "y": curve.median,
            "line": {"color": f"role:{curve.run.role}", "width": WIDTHS.get(curve.run.name, 3), "dash": DASHES[curve.run.name]},
            "hovertemplate": "step %{x:,}: %{y:.3g}<extra></extra>",
        })  # fmt: skip
    drops = [step for run in given.runs for step in run.drops]
    several = next(run for run in given.runs if run.paths > 1)
    caption = (
        f"‖v∘v − w*‖² against steps, learning rate {number(given.learning_rate)}; {given.features} features, {given.samples} "
        f"samples, {given.ones} ones in w*, start v = {number(given.initial)}. Under label noise the learning rate is divided by "
        f"10 at the dotted lines, {' and '.join(f'{step:,}' for step in drops)} steps. Minibatch noise: median and range of "
        f"{several.paths} paths; the other curves are one path each."
    )
    ends = "; ".join(f"{curve.run.title} {_ours(curve)}" for curve in curves)
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {"type": "log", "title": {"text": "steps"}, "range": [0, np.log10(given.steps) + 0.02], "dtick": 1},
                "yaxis": {
                    "type": "log", "title": {"text": "distance, ‖v∘v − w*‖²"}, "range": [-3.6, 2.6], "dtick": 1,
                    "exponentformat": "power",
                },
                "shapes": [
                    {
                        "type": "line", "x0": step, "x1": step, "yref": "paper", "y0": 0, "y1": 1,
                        "line": {"color": "role:muted", "width": 1, "dash": "dot"},
                    }
                    for step in drops
                ],
            },
        },
        "Distance to the sparse truth",
        caption,
        f"Distance to the truth against steps for four kinds of noise. Now: {ends}.",
        height=600,
        fills=True,
    )  # fmt: skip


def comparison_table(curves: Sequence[Curve], done: bool) -> str:
    """Markdown."""
    ours = "Ours" if done else f"Ours, at step {int(curves[0].steps[-1]):,}"
    rows = [f"| Noise | Published | {ours} |", "|---|---|---|"]
    rows += [f"| {curve.run.title} | {_published(curve)} | {_ours(curve)} |" for curve in curves]
    return "\n".join(rows)


def _published(curve: Curve) -> str:
    low, high = curve.run.published
    return f"≈ {number(low)}" if low == high else f"≈ {number(low)} to {number(high)}"


def _ours(curve: Curve) -> str:
    final = curve.final
    if not len(final):
        return "diverged"
    if curve.run.paths == 1:
        return number(float(final[0]), 3)
    lost = f"; {curve.diverged} of {curve.run.paths} diverged" if curve.diverged else ""
    return f"{number(float(curve.median[-1]), 3)} (from {number(float(final[0]), 2)} to {number(float(final[-1]), 3)}{lost})"
