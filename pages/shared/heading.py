"""What every page begins with: the name, the other pages, places for its own buttons, and the button that copies the link."""

import streamlit as st

from content.catalogue import GROUPS, INTROS, TITLES, group_of
from pages.shared.session import go
from pages.shared.sharing import share_buttons


def heading(view: str):
    """Places for what the page says of its state, and for its buttons.

    The buttons of the link are the page's first component. With simulator.HEAD_START Streamlit has prepared for it what the player
    needs too; without, the browser holds the player back for 0.3 s, as it does with everything that it had to prepare.
    """
    with st.container(key="head", horizontal=True, vertical_alignment="center"):
        st.html("<h1>After Zero Loss</h1>", width="content")
        state = st.empty()
        with st.container(key="actions", horizontal=True, horizontal_alignment="right", width="content"):
            buttons = st.container(key="buttons", horizontal=True, width="content")
            share_buttons(view, st.session_state.scene)
    if not st.context.is_embedded:  # in a frame of somebody's page
        with st.container(key="pages", horizontal=True, gap="small", vertical_alignment="center"):
            _navigation(view)
    if view in INTROS:
        st.container(key="intro").markdown(INTROS[view])
    return state, buttons


def _navigation(view: str) -> None:
    """The groups of pages, and beside them the pages of the group that is open."""
    group = group_of(view)
    st.session_state.group, st.session_state.page = group, view
    st.segmented_control(
        "Part", list(GROUPS), key="group", on_change=_open_group, label_visibility="collapsed", required=True, wrap=False,
    )  # fmt: skip
    st.segmented_control(
        "Page", list(GROUPS[group]), key="page", format_func=lambda name: TITLES[name], on_change=_turn,
        label_visibility="collapsed", required=True, wrap=False,
    )  # fmt: skip


def _open_group() -> None:
    go(next(iter(GROUPS[st.session_state.group])))


def _turn() -> None:
    go(st.session_state.page)
