"""What a page's panels show, as one table: a row each point that is drawn, whatever the panel is of."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np

from exports.numbers import Column, Numbers

PRECISION = "six significant digits, as the pictures have them"
AXES = ("x", "y", "z")
TEXTS = {
    "panel": "title of the picture", "curve": "what is drawn there", "moment": "which moment of a picture that moves",
    "x_label": "what the axis says at x, where it says no number", "y_label": "the same of y",
}  # fmt: skip
VALUES = {
    "x": "across: “panels” says what of each picture", "y": "up, the same", "z": "in depth or as a colour, the same",
    "error": "half the length of the bar of error about y",
}  # fmt: skip

Row = dict[str, Any]  # of one curve at one moment: texts, and arrays of one length


def shown(panels: Iterable[bytes], about: dict[str, str]) -> Numbers:
    """A table of encoded panels (figures/panel.py): numbers are NaN and texts empty where a curve has none."""
    read = [json.loads(panel) for panel in panels]
    rows = [row for panel in read for row in _rows(panel)]
    lengths = [len(row["x"]) for row in rows]

    def column(key: str, missing: Any, meaning: str, unit: str) -> dict[str, Column]:
        if not any(key in row for row in rows):
            return {}
        parts = [np.broadcast_to(np.array(row.get(key, missing), dtype=object), n) for row, n in zip(rows, lengths, strict=True)]
        values = np.concatenate(parts)
        return {key: Column(values.astype(float) if unit else values.astype(str), meaning, unit)}

    columns: dict[str, Column] = {}
    for key, meaning in TEXTS.items():
        columns |= column(key, "", meaning, "")
    for key, meaning in VALUES.items():
        columns |= column(key, np.nan, meaning, "1")
    axes = {_title(panel): f"{_axes(panel)} {panel['caption']}".strip() for panel in read}
    return Numbers(about | {"precision": PRECISION, "panels": json.dumps(axes, ensure_ascii=False)}, columns)


def _title(panel: dict[str, Any]) -> str:
    return panel["title"] or panel["alt"]


def _axes(panel: dict[str, Any]) -> str:
    titles = {axis: _axis(panel, axis).get("title", {}).get("text") for axis in AXES}
    told = "; ".join(f"{axis}: {title}" for axis, title in titles.items() if title)
    return f"{told}." if told else ""


def _axis(panel: dict[str, Any], axis: str) -> dict[str, Any]:
    layout, name = panel["figure"]["layout"], f"{axis}axis"
    return layout.get(name) or layout.get("scene", {}).get(name) or {}


def _rows(panel: dict[str, Any]) -> Iterator[Row]:
    for moment, traces in _moments(panel):
        for trace in traces:
            points = _points(trace)
            if points is not None:
                yield {"panel": _title(panel), "curve": _name(trace), **moment, **points, **_labels(panel, points)}


def _moments(panel: dict[str, Any]) -> Iterator[tuple[Row, list[dict[str, Any]]]]:
    """What stands still once, what moves at each moment."""
    traces, frames = panel["figure"]["data"], panel["frames"]
    moving = {update["trace"] for update in frames["updates"]} if frames else set()
    yield {}, [trace for i, trace in enumerate(traces) if i not in moving]
    for at, label in enumerate(frames["values"] if frames else []):
        now = {i: deepcopy(traces[i]) for i in moving}
        for update in frames["updates"]:
            *path, last = update["key"].split(".")
            part = now[update["trace"]]
            for step in path:
                part = part.setdefault(step, {})
            part[last] = update["values"][at]
        yield {"moment": f"{frames['name']} = {label}"}, [now[i] for i in sorted(now)]


def _name(trace: dict[str, Any]) -> str:
    return trace.get("name") or trace.get("meta") or ("band" if trace.get("fill") == "toself" else trace["type"])


def _points(trace: dict[str, Any]) -> Row | None:
    """The points of a curve, or of a grid of values, each axis (K,)."""
    axes = {axis: _array(trace[axis]) for axis in AXES if trace.get(axis) is not None}
    if not {"x", "y"} <= set(axes):
        return None
    if "z" in axes and axes["z"].ndim == 2 and axes["x"].ndim == 1:
        axes["x"], axes["y"] = np.meshgrid(axes["x"], axes["y"])
    points: Row = {axis: values.ravel() for axis, values in axes.items()}
    bar = trace.get("error_y") or {}
    if bar.get("array") is not None and bar.get("symmetric", True):
        points["error"] = _array(bar["array"])
    return points


def _array(values: Any) -> np.ndarray:
    if isinstance(values, dict):
        shape = [int(side) for side in values.get("shape", "-1").split(",")]
        return np.frombuffer(b64decode(values["bdata"]), dtype=f"<{values['dtype']}").reshape(shape)
    array = np.array(values, dtype=object)
    return array if any(isinstance(each, str) for each in array.ravel()) else array.astype(float)


def _labels(panel: dict[str, Any], points: Row) -> Row:
    """Texts on an axis. Where texts stand for places themselves, the number is which of them it is."""
    found: Row = {}
    for axis in ("x", "y"):
        told = _axis(panel, axis)
        values = points[axis]
        if values.dtype == object:
            found |= {f"{axis}_label": values, axis: np.arange(len(values))}
        elif told.get("ticktext") and told.get("type") != "log":
            names = dict(zip(map(float, _array(told["tickvals"])), told["ticktext"], strict=True))
            found[f"{axis}_label"] = np.array([str(names.get(value, "")) for value in values], dtype=object)
    return found
