"""The moving picture: assets/player/player.js as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shared.component import picture

KEY = "player"

_alone, _grouped = (picture("player/player.js", "blob", raw=True, spatial=True, group=group) for group in ("", "together"))


def player(
    blob: bytes, on_start: Callable[[], None], on_clock: Callable[[], None], key: str = KEY, *, together: bool = False
) -> None:
    """Play `blob`. `on_start` and `on_clock` find what was chosen in `choice`. All players `together` go by one clock."""
    show = _grouped if together else _alone
    show(key=key, blob=blob, on_start_change=on_start, on_clock_change=on_clock)


def choice(name: str, key: str = KEY):
    return st.session_state[key][name]
