"""The experiment with large learning rates: the test loss and the coefficients that are left as panels, and theirs beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dynamics.studies.large_steps import Curve, setting
from figures.caption import number
from figures.panel import Panel

DASHES = {"small": "dash", "tenth": "dot", "third": "dashdot", "half": "solid"}


def loss_panel(curves: Sequence[Curve]) -> Panel:
    """The loss on fresh inputs against steps, on a logarithmic axis."""
    given = setting()
    return Panel(
        {"data": _bands(curves, "losses"), "layout": _layout("test loss", {"type": "log", "exponentformat": "power", "dtick": 1})},
        "Test loss",
        f"½ E (⟨z, w⟩ − y)² over {given.test_samples:,} fresh inputs; {given.features} features, {given.samples} samples, "
        f"{given.ones} coefficients in the truth; start u = {number(given.initial)}, v = 0. Lines: medians of those of "
        f"{given.paths} paths that have not diverged; bands: from the lowest to the highest. Vertical lines: drops of the "
        "learning rate.",
        "Test loss against steps of SGD at one small and three large learning rates that drop at different times.",
        height=380,
    )


def count_panel(curves: Sequence[Curve]) -> Panel:
    """How many coefficients are left, against steps."""
    given = setting()
    return Panel(
        {"data": _bands(curves, "counts"), "layout": _layout("coefficients left", {"range": [0, 1.05 * given.features]})},
        "Coefficients that are left",
        f"How many of the {given.features} coefficients w = u∘v are larger than 10⁻⁵⁰. At a large learning rate they die out; once "
        "it has dropped no more do.",
        "Number of coefficients above a tiny threshold against steps, for the same runs.",
        height=380,
    )


def source(draws: int) -> str:
    """Whose experiment, and on which data and samples."""
    samples = "the data and the samples" if draws == 0 else "other samples of the data"
    return f"{setting().reference}: a diagonal linear network, on {samples} that the authors’ program draws."


def comparison_table(curves: Sequence[Curve], done: bool, draws: int = 0) -> str:
    """Markdown; `draws` are those of the curves."""
    given = setting()
    ours = "Ours" if done else f"Ours, at step {int(curves[0].steps[-1]):,}"
    ours += ", on their samples" if draws == 0 else ", on other samples"
    rows = [
        f"| Learning rate | What | Published | {ours} | {given.paths} seeds: median (range) |",
        "|---|---|---|---|---|",
    ]
    for curve in curves:
        count, counts = _value(curve.counts[-1, 0]), _spread(curve.counts[-1])
        rows.append(
            f"| {curve.run.title} | test loss | {number(curve.run.published_loss, 3)} | {_value(curve.losses[-1, 0])} | "
            f"{_spread(curve.losses[-1])} |"
        )
        rows.append(f"| {curve.run.title} | coefficients left | {curve.run.published_count} | {count} | {counts} |")
    return "\n".join(rows)


def _value(value: float) -> str:
    return number(float(value), 3) if np.isfinite(value) else "diverged"


def _spread(values: np.ndarray) -> str:
    alive = np.sort(values[np.isfinite(values)])
    if not len(alive):
        return "all diverged"
    lost = len(values) - len(alive)
    told = f"; {lost} diverged" if lost else ""
    return f"{number(float(np.median(alive)), 3)} ({number(float(alive[0]), 2)} to {number(float(alive[-1]), 3)}{told})"


def _bands(curves: Sequence[Curve], what: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = []
    for curve in curves:
        values = getattr(curve, what)
        shown = np.isfinite(values).any(axis=1) & (curve.steps > 0)  # at the start w = 0
        steps, values = curve.steps[shown], values[shown]
        low, high = np.nanmin(values, axis=1), np.nanmax(values, axis=1)
        data.append({
            "type": "scatter", "mode": "lines", "x": np.concatenate([steps, steps[::-1]]), "y": np.concatenate([high, low[::-1]]),
            "fill": "toself", "fillcolor": f"role:{curve.run.role}@0.15", "line": {"width": 0}, "showlegend": False,
            "hoverinfo": "skip",
        })  # fmt: skip
        data.append({
            "type": "scatter", "mode": "lines", "name": curve.run.title, "x": steps, "y": np.nanmedian(values, axis=1),
            "line": {"color": f"role:{curve.run.role}", "width": 2.5, "dash": DASHES[curve.run.name]},
            "hovertemplate": "step %{x:,}: %{y:.3g}<extra></extra>",
        })  # fmt: skip
    return data


def _layout(title: str, axis: dict[str, Any]) -> dict[str, Any]:
    given = setting()
    return {
        "xaxis": {"title": {"text": "steps"}, "range": [0, given.steps], "nticks": 6},
        "yaxis": {"title": {"text": title}} | axis,
        "shapes": [
            {
                "type": "line", "x0": run.drop, "x1": run.drop, "yref": "paper", "y0": 0, "y1": 1,
                "line": {"color": f"role:{run.role}", "width": 1, "dash": "dot"},
            }
            for run in given.runs
            if run.drop
        ],
    }  # fmt: skip
