"""The scene of a browser session: taken from the address when somebody went there, else from the controls, and written back.

It lives in `st.session_state.scene`, and sentences about it in `st.session_state.notes`. `st.session_state.link` is the address
that it was last taken from or written to.
"""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

from pages.shared.controls import forget, touch
from pages.shared.scene import Scene

Kind = TypeVar("Kind", bound=Scene)


def open_link(kind: type[Scene]) -> bool:
    """Take the scene from the address if somebody has gone there: the first, one typed, or one of the browser's history."""
    link = dict(st.query_params)
    touched = st.session_state.pop("touched", False)
    ours = type(st.session_state.get("scene")) is kind
    if ours and (touched or st.session_state.get("link") == link):
        return False
    st.session_state.link = link
    st.session_state.scene, st.session_state.notes = kind.from_query(link)
    st.session_state.pop("shown", None)
    forget()
    return True


def hear(scene: Scene) -> None:
    """Make the scene what the controls say."""
    if scene != st.session_state.scene:
        st.session_state.scene = scene
        st.session_state.notes = []


def move(scene: Scene) -> None:
    """From a callback: make the scene another one, and let the controls show it."""
    touch()
    st.session_state.scene = scene
    st.session_state.notes = []
    forget()


def write_link() -> None:
    """Only after a change: a link that was opened stays as it is, and the browser's back button leads out of it."""
    scene: Scene = st.session_state.scene
    shown = dict(st.query_params)
    if type(scene).from_query(shown)[0] == scene:
        return
    page = {"view": shown["view"]} if "view" in shown else {}
    st.session_state.link = page | scene.to_query()
    st.query_params.from_dict(st.session_state.link)


def go(view: str) -> None:
    """From a callback: to another page, with the same experiment."""
    st.query_params.from_dict({"view": view} | st.session_state.scene.experiment.to_query())
