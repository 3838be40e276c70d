"""The moving picture: assets/player/player.js as a Streamlit component, by way of assets/hall/player.js."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shared.component import component

KEY = "player"

_component, _grouped = (component("hall/player.js", "blob", raw=True, spatial=True, group=group) for group in ("", "together"))


def player(
    blob: bytes, on_start: Callable[[], None], on_clock: Callable[[], None], key: str = KEY, *, together: bool = False
) -> None:
    """Play `blob`. `on_start` and `on_clock` find what was chosen in `choice`. All players `together` go by one clock."""
    component = _grouped if together else _component
    component(key=key, data=blob, on_start_change=on_start, on_clock_change=on_clock)


def choice(name: str, key: str = KEY):
    return st.session_state[key][name]
