"""How a page of panels begins: its scene from the address, the heading, the sidebar, what is to be said, and the link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from pages.shared.heading import heading
from pages.shared.scene import Scene
from pages.shared.session import hear, open_link, write_link

Kind = TypeVar("Kind", bound=Scene)


def begin(
    view: str, kind: type[Kind], controls: Callable[[Kind], Kind], buttons: Callable[[Kind], None] = lambda scene: None
) -> Kind:
    """The scene to show.

    `controls` draws the sidebar and returns the scene that it says, or raises ValueError, with a sentence. `buttons` draws the
    page's own, in the heading.
    """
    open_link(kind)
    _, place = heading(view)
    with place:
        buttons(st.session_state.scene)
    notes = st.container(key="notes")
    with st.sidebar:
        try:
            hear(controls(st.session_state.scene))
        except ValueError as error:
            notes.warning(f"{error} Pictures and link stay as they were.")
    for sentence in st.session_state.notes:
        notes.warning(sentence)
    write_link()
    return st.session_state.scene
