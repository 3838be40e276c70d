"""What all still pictures share: a Plotly figure as a dictionary, arrays as Plotly takes them, a line along a view."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from dynamics.landscapes.landscape import View

Figure = dict[str, Any]


def line(points: np.ndarray, view: View, meta: str, colour: str, width: float, dash: str = "solid") -> Figure:
    """A line through points (K, A) in the coordinates of the view; a row of NaN interrupts it."""
    return {
        "type": {2: "scatter", 3: "scatter3d"}[len(view.axes)],
        "mode": "lines",
        **{name: packed(points[:, i]) for i, name in zip(range(points.shape[-1]), "xyz", strict=False)},
        "line": {"color": colour, "width": width, "dash": dash},
        "hoverinfo": "skip",
        "meta": meta,
    }


def packed(values: np.ndarray, dtype: str = "<f4") -> Figure:
    """An array as Plotly takes it in base64: a fifth of the text of a list, and exact to float32."""
    with np.errstate(over="ignore"):
        array = np.array(values, dtype=dtype, order="C")
    if array.dtype.kind == "f":
        array[~np.isfinite(array)] = np.nan  # nothing is drawn there
    content: Figure = {"dtype": dtype[1:], "bdata": b64encode(array.tobytes()).decode()}
    return content | ({"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else {})
