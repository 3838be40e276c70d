"""Phase diagrams of sparse recovery: the probability over a grid of problem sizes, with the theory's curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dynamics.models.oracles import weak_threshold
from dynamics.sweeps.grid import METHODS, Cell, Sweep
from dynamics.sweeps.results import Found
from figures.caption import number
from figures.panel import Panel

SCALE = "role:probability"  # from none to all, light to dark on light, dark to light on dark
CONSTANT = 1.0  # C of n = C κ ln d: at these sizes it leads along the transition


def cost_sentence(sweep: Sweep) -> str:
    """What there is to compute."""
    settings, cells = sweep.settings, sweep.cells
    features = max(cell.dimension for cell in cells)
    steps = f", {settings.steps:,} steps of SGD each" if any(cell.method == "sgd" for cell in cells) else ""
    return f"{len(cells):,} cells of {settings.seeds:,} problems with at most {features:,} features{steps}."


def phase_panel(sweep: Sweep, found: Mapping[Cell, Found], method: str) -> Panel:
    """Recovery over (κ, n), or over (d, n) where the sweep has one sparsity. Cells that are not there yet stay empty."""
    cells = [cell for cell in sweep.cells if cell.method == method]
    over = "sparsity" if len({cell.sparsity for cell in cells}) > 1 else "dimension"
    across = sorted({getattr(cell, over) for cell in cells})
    samples = sorted({cell.samples for cell in cells})
    share = np.full((len(samples), len(across)), np.nan)
    told = [["" for _ in across] for _ in samples]
    between: list[dict[str, Any]] = []
    for cell in cells:
        if cell in found:
            one = found[cell]
            row, column = samples.index(cell.samples), across.index(getattr(cell, over))
            share[row, column] = one.recovered / len(one.errors)
            told[row][column] = f"{one.recovered} of {len(one.errors)} at {_at(cell)}"
            if 0 < one.recovered < len(one.errors):
                between.append(_count(column, row, one.recovered))
    x, y = np.arange(len(across)), np.arange(len(samples))
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap", "x": x, "y": y, "z": share, "text": told, "zmin": 0, "zmax": 1,
            "colorscale": SCALE, "xgap": 1, "ygap": 1, "hovertemplate": "recovered %{text}<extra></extra>",
            "colorbar": {"title": {"text": "recovered"}, "tickformat": ".0%", "thickness": 14},
        }
    ]  # fmt: skip
    sizes = [(cells[0].dimension, value) if over == "sparsity" else (value, cells[0].sparsity) for value in across]
    for name, curve, dash in (
        ("n = κ ln d", [CONSTANT * kappa * np.log(d) for d, kappa in sizes], "solid"),
        ("ℓ1 weak threshold", [weak_threshold(kappa, d) for d, kappa in sizes], "dash"),
        ("n = d", [d for d, _ in sizes], "dot"),
    ):
        data += _theory(name, x, np.interp(curve, samples, y, np.nan, np.nan), dash)
    fixed = f"d = {cells[0].dimension:,}" if over == "sparsity" else f"κ = {cells[0].sparsity}"
    done = sum(cell in found for cell in cells)
    seeds = sweep.settings.seeds
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {
                    "title": {"text": "sparsity κ" if over == "sparsity" else "features d"}, "tickvals": x,
                    "ticktext": [f"{value:,}" for value in across], "tickangle": 0, "showgrid": False,
                },
                "yaxis": {"title": {"text": "samples n"}, "tickvals": y, "ticktext": samples, "showgrid": False},
                "annotations": between,
            },
        },
        f"{METHODS[method][0].upper()}{METHODS[method][1:]}, {fixed}",
        f"Share of {seeds} seeded problems ({sweep.settings.law} data) in which ‖w − w*‖ ≤ {number(sweep.settings.tolerance)}‖w*‖ "
        f"at the end, from u = v = {number(sweep.settings.initialization)}; a share of ½ is known to "
        f"± {number(0.5 / np.sqrt(seeds), 2)}, one standard error. Numbers: how many of the {seeds}, where "
        f"it is neither none nor all. {done:,} of {len(cells):,} cells are there. Curves end where "
        "they leave the grid.",
        f"A table of recovery shares of {METHODS[method]} over {over} and the number of samples.",
        height=520,
        fills=True,
    )  # fmt: skip


def _at(cell: Cell) -> str:
    return f"d = {cell.dimension:,}, κ = {cell.sparsity:,}, n = {cell.samples:,}"


def _count(column: int, row: int, recovered: int) -> dict[str, Any]:
    """A number on a cell, above the theory's curves."""
    return {
        "x": column, "y": row, "text": str(recovered), "showarrow": False, "borderpad": 1, "bgcolor": "role:paper@0.85",
        "font": {"size": 14, "color": "role:ink"},
    }  # fmt: skip


def _theory(name: str, x: np.ndarray, y: np.ndarray, dash: str) -> list[dict[str, Any]]:
    """A curve with a rim, so that it is seen on every shade in both themes."""
    look = {"type": "scatter", "mode": "lines", "x": x, "y": y, "hovertemplate": name + "<extra></extra>"}
    return [
        look | {"line": {"color": "role:paper", "width": 6}, "showlegend": False, "hoverinfo": "skip"},
        look | {"name": name, "line": {"color": "role:ink", "width": 3, "dash": dash}},
    ]
