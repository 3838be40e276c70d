"""Sparse recovery: the coefficients as stems against the truth, and what is measured of the runs, on one clock."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.studies.recovery import MEASURES, Recovered, Recovery
from figures.caption import number
from figures.panel import Frames, Panel

STEMS = 120  # coefficients shown, at most
CLOCKS = {"logarithmic": "steps k", "slow": "slow time t = kη²"}
RUNS = {  # name, colour, line, marker
    "sgd": ("label-noise SGD", "role:sgd", "solid", "circle"),
    "gd": ("gradient descent", "role:flow", "dash", "square-open"),
    "flow": ("limit of label-noise SGD", "role:limit", "longdash", "diamond-open"),
}
SHORT = {"sgd": "SGD", "gd": "descent", "flow": "limit"}  # in the legends of small panels
REACHES = (("1/η", -1.0), ("η<sup>−1.6</sup>", -1.6), ("η<sup>−2</sup>", -2.0))
LAWS = {"boolean": "±1 data", "gaussian": "Gaussian data", "correlated": "correlated Gaussian data"}
ABOUT = {
    "test_error": "E⟨z, w − w*⟩² over fresh samples z.",
    "loss": "(1/4n) Σ (⟨z, w⟩ − y)².",
    "trace_hessian": "What label noise makes small along Γ. The limit is that of η → 0; a model’s correction to first order "
    "in η is known for steps on the full gradient, and these are on one sample.",
    "l1_norm": "The sum of all |w|; the truth’s is κ.",
    "from_l1": "To the interpolator of least Σ s|w|, s a feature’s mean square, by linear programming.",
    "from_l2": "To the interpolator of least ‖w‖₂.",
}
TICKS = 5  # of a logarithmic axis, about
FLOOR = 1e-16  # what is smaller is drawn there, on logarithmic axes


def setting_text(setting: Recovery) -> str:
    return (
        f"d = {setting.features:,}, n = {setting.samples:,}, κ = {setting.sparsity:,}, {LAWS[setting.law]}, "
        f"δ = {number(setting.scale)}, η = {number(setting.learning_rate)}, u = v = {number(setting.initialization)}, "
        f"seed {setting.seed}"
    )


def stems_panel(found: Recovered) -> Panel:
    """Coefficients at each moment, those of the truth first."""
    shown = _order(found)
    x = np.arange(1, len(shown) + 1)
    data: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "markers", "name": "truth w*", "x": x, "y": found.truth[shown],
            "marker": {"symbol": "line-ew-open", "size": 13, "color": "role:ink", "line": {"width": 2.5}},
            "hovertemplate": "w* = %{y:.3g}<extra></extra>",
        }
    ]  # fmt: skip
    updates = []
    for offset, name in ((-0.18, "sgd"), (0.18, "gd")):
        title, colour, _, symbol = RUNS[name]
        values = getattr(found, name).coefficients[:, shown]
        updates.append({"trace": len(data), "key": "y", "values": values})
        updates.append({"trace": len(data), "key": "error_y.arrayminus", "values": values})
        data.append(
            {
                "type": "scatter", "mode": "markers", "name": title, "x": x + offset, "y": values[-1],
                "marker": {"symbol": symbol, "size": 7, "color": colour},
                "error_y": _stem(values[-1], colour), "hovertemplate": "%{y:.3g}<extra>" + title + "</extra>",
            }
        )  # fmt: skip
    ones = found.setting.sparsity
    for title, values, symbol in (("ℓ1 oracle", found.l1, "x-thin-open"), ("ℓ2 oracle", found.l2, "diamond-open")):
        data.append(
            {
                "type": "scatter", "mode": "markers", "name": title, "x": x, "y": values[shown], "visible": "legendonly",
                "marker": {"symbol": symbol, "size": 9, "color": "role:drift_tangent"},
                "hovertemplate": "%{y:.3g}<extra>" + title + "</extra>",
            }
        )  # fmt: skip
    left = found.setting.features - len(shown)
    more = f" The {left:,} others, all zero in the truth, are not drawn." if left else ""
    late = np.concatenate([run.coefficients[-1:] for run in (found.sgd, found.gd)])
    top = 1.15 * max(1.0, float(np.quantile(np.abs(late), 1.0)))
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {"title": {"text": f"coefficient, the {ones} of the truth first"}, "range": [0, len(shown) + 1]},
                "yaxis": {"title": {"text": "w"}, "range": [-0.45 * top, top]},
            },
        },
        "Coefficients against the truth",
        f"w = u∘u − v∘v after each moment’s steps; bars mark w*; press an oracle in the legend to see it. "
        f"One run each: {setting_text(found.setting)}.{more}",
        "Stems of the coefficients of label-noise SGD and of gradient descent beside those of the truth.",
        frames=Frames("step k", [f"{step:,}" for step in found.steps], updates),
    )


def measure_panel(found: Recovered, measure: str, clock: str) -> Panel:
    """One of MEASURES against `clock`, one of CLOCKS, with the three reaches as vertical lines."""
    logarithmic = clock == "logarithmic"
    x = np.maximum(found.steps, 0.5) if logarithmic else found.times
    rate, end = found.setting.learning_rate, found.setting.horizon
    falls = measure in ("test_error", "loss", "from_l1")
    data: list[dict[str, Any]] = []
    for name, (title, colour, dash, _) in RUNS.items():
        if name == "flow" and measure == "loss":
            continue  # it is on Γ
        values = getattr(found, name).measures[measure]
        data.append(
            {
                "type": "scatter", "mode": "lines", "name": SHORT[name], "x": x,
                "y": np.maximum(values, FLOOR) if falls else values, "line": {"color": colour, "width": 2.5, "dash": dash},
                "hovertemplate": "%{y:.3g}<extra>" + title + "</extra>",
            }
        )  # fmt: skip
    shapes, labels = [], []
    for label, power in REACHES:
        at = rate**power if logarithmic else rate ** (power + 2)
        if at > (end / rate**2 if logarithmic else end):
            continue
        shapes.append(
            {
                "type": "line", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1,
                "line": {"color": "role:muted", "width": 1, "dash": "dot"},
            }
        )  # fmt: skip
        labels.append(
            {
                "text": label, "yref": "paper", "x": np.log10(at) if logarithmic else at, "y": 0.02, "xanchor": "left",
                "yanchor": "bottom", "showarrow": False, "font": {"size": 13, "color": "role:muted"},
            }
        )  # fmt: skip
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {
                    "title": {"text": CLOCKS[clock]}, "type": "log" if logarithmic else "linear", "exponentformat": "power",
                    "range": [np.log10(0.5), np.log10(end / rate**2)] if logarithmic else [0, end], "nticks": 6,
                },
                "yaxis": {
                    "title": {"text": ""}, "rangemode": "normal" if falls else "tozero",
                    **(_decades(data) if falls else {"nticks": 6}),
                },
                "shapes": shapes,
                "annotations": labels,
                "margin": {"l": 48, "t": 10},
            },
        },
        MEASURES[measure][0].upper() + MEASURES[measure][1:] if MEASURES[measure][0].isalpha() else MEASURES[measure],
        ABOUT[measure],
        f"{MEASURES[measure]} of label-noise SGD, of gradient descent and of the limit against {CLOCKS[clock]}.",
        height=270,
    )  # fmt: skip


def _decades(data: list[dict[str, Any]]) -> dict[str, Any]:
    """A logarithmic axis with a tick at few powers of ten."""
    drawn = np.concatenate([trace["y"] for trace in data])
    drawn = drawn[np.isfinite(drawn)]
    span = float(np.log10(drawn.max() / drawn.min())) if len(drawn) else 0.0
    return {"type": "log", "exponentformat": "power", "dtick": max(1, np.ceil(span / TICKS))}


def summary(found: Recovered) -> str:
    """What one sees, from the numbers."""
    sgd, gd = ({name: float(values[-1]) for name, values in run.measures.items()} for run in (found.sgd, found.gd))
    size = float(found.truth @ found.truth)
    step = int(found.steps[-1])
    parts = [f"After {step:,} steps, slow time {number(float(found.times[-1]), 3)}:"]
    for name, values in (("label-noise SGD", sgd), ("gradient descent", gd)):
        parts.append(f"{name} has the test error {number(values['test_error'], 2)}" + (", and" if values is sgd else "."))
    if not found.done:
        return " ".join(parts)
    good = sgd["test_error"] < 0.05 * size
    bad = gd["test_error"] > 0.25 * size
    if good and bad:
        nearest = "the minimum-ℓ2 interpolator" if gd["from_l2"] < gd["from_l1"] else "neither oracle"
        parts.append(f"**SGD has recovered the sparse truth; gradient descent has not**: it ended near {nearest}.")
    elif good:
        parts.append("**Both have recovered it**: from so small a start gradient descent is sparse too. Raise α.")
    elif bad:
        parts.append("**Neither has recovered it yet**: give SGD a longer horizon, or more samples.")
    return " ".join(parts)


def _order(found: Recovered) -> np.ndarray:
    """The truth's own first."""
    return np.argsort(found.truth == 0, kind="stable")[:STEMS]


def _stem(values: np.ndarray, colour: str) -> dict[str, Any]:
    return {
        "type": "data", "symmetric": False, "array": np.zeros_like(values), "arrayminus": values, "color": colour, "thickness": 1.5,
        "width": 0,
    }  # fmt: skip
