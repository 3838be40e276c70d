"""The moving picture: assets/player/player.js as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from dynamics.experiment import MAX_COORDINATE
from figures.simulation import CLOCKS
from pages.shared.component import picture

KEY = "player"

_alone, _grouped = (picture("player/player.js", "blob", raw=True, spatial=True, group=group) for group in ("", "together"))


def player(
    blob: bytes, on_start: Callable[[], None], on_clock: Callable[[], None], key: str = KEY, *, together: bool = False
) -> None:
    """Play `blob`. `on_start` and `on_clock` find what was chosen in `choice`. All players `together` go by one clock."""
    show = _grouped if together else _alone

    def heard(name: str, then: Callable[[], None]) -> None:
        if can_be_said(name, choice(name, key)):
            then()

    show(
        key=key, blob=blob, on_start_change=partial(heard, "start", on_start), on_clock_change=partial(heard, "clock", on_clock),
    )  # fmt: skip


def can_be_said(name: str, value: Any) -> bool:
    """Whether a player says this: a message may be anybody's."""
    if name == "clock":
        return isinstance(value, str) and value in CLOCKS
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(each, int | float) and not isinstance(each, bool) and abs(each) <= MAX_COORDINATE for each in value)
    )


def choice(name: str, key: str = KEY):
    return st.session_state[key][name]
