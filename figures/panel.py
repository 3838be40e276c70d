"""A panel: a Plotly figure that is still, or moves slowly, with its title, its caption and words for who cannot see it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from figures.about import PAPER, VERSION
from figures.jsonable import jsonable
from figures.palette import themes

DIGITS = 6  # no picture can tell from more


@dataclass(frozen=True)
class Frames:
    """Moments of a panel, which opens at the moment `opens`, by default the last.

    `values` are their labels, `updates` what changes: {"trace": index, "key": "y", "values": one list a moment}.
    """

    name: str
    values: Sequence[str]
    updates: Sequence[dict[str, Any]]
    opens: int | None = None


@dataclass(frozen=True)
class Panel:
    """`figure` is {"data", "layout"} with colours by role ("role:sgd", "role:limit@0.3"); fonts and backgrounds are the page's."""

    figure: dict[str, Any]
    title: str
    caption: str
    alt: str
    height: int = 420  # pixels at most
    fills: bool = False  # a page's main picture: as tall as the window has room for, caption and all
    frames: Frames | None = None
    pickable: str = ""  # what a click on it does, as a sentence; where nobody hears it, it is neither said nor done

    def encode(self) -> bytes:
        """The bytes that assets/panel/panel.js reads: JSON, with null for what is not finite and arrays as lists."""
        fields = {name: getattr(self, name) for name in ("figure", "title", "caption", "alt", "height", "fills", "pickable")}
        frames = None if self.frames is None else vars(self.frames)
        fields |= {"frames": frames, "palette": themes(), "about": {"version": VERSION, "theory": PAPER}}
        return json.dumps(jsonable(fields, DIGITS), allow_nan=False).encode()
