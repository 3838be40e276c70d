"""Panels on a page: assets/panel/panel.js as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import streamlit as st

from figures.panel import Panel
from pages.shared.component import picture
from server import blobs

_panel = picture("panel/panel.js", "panel")


def stage_panel(found: object, key: str, make: Callable[..., Panel], *arguments: Hashable) -> None:
    """The panel `make(found, *arguments)` of a stage of a run, encoded once for all who follow it."""
    panel(blobs.stage(found, (key, arguments), lambda: make(found, *arguments)), key)


def panel(content: Panel | bytes, key: str, on_pick: Callable[[], None] | None = None) -> None:
    """Show a panel, or the bytes of one; new content under the same key changes it in place.

    `on_pick` finds the point that was clicked in `st.session_state[key]["pick"]`.
    """
    blob = content.encode() if isinstance(content, Panel) else content
    st.session_state.setdefault("panels", {})[key] = blob  # what can be taken away
    if on_pick is None:
        _panel(key=key, blob=blob)
    else:
        _panel(key=key, blob=blob, on_pick_change=on_pick)
