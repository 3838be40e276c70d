"""What a player says, as a callback: another clock, another start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from dynamics import Experiment
from pages.shared.controls import touch
from pages.shared.player import KEY, choice
from pages.shared.scene import Picture, start_at
from pages.shared.session import move


def set_clock(key: str = KEY) -> None:
    touch()
    st.session_state.scene = replace(st.session_state.scene, clock=choice("clock", key))


def place_start(experiment: Experiment, then: Callable[[tuple[float, ...]], Any], key: str = KEY) -> None:
    """A click on the picture of this experiment: the two coordinates that it shows; the others stay. `then` makes the scene, or
    raises ValueError, with a sentence."""
    scene: Picture = st.session_state.scene
    try:
        moved = then(start_at(experiment, scene.view, choice("start", key)))
    except ValueError as error:
        st.session_state.notes = [str(error)]
        return
    move(moved)
