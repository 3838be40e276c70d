"""The lecturer's side of a room for the class, in a browser session: what is asked there, and what has been answered.

The browser keeps the room's key in a cookie, so that a page that is loaded anew finds its room again.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import streamlit as st

from pages.shared.component import component
from pages.shared.controls import touch
from server.room import room
from server.room.store import store

log = logging.getLogger(__name__)
COOKIE = "after_zero_loss_room"
FOUND = "room.found"  # in the session's state

_component = component("room/lecturer.js", "desk")


def look() -> None:
    """Find the room that this session's lecturer has open, once a run of the page: it goes on with what is found here."""
    kept = st.session_state.get("room")
    if kept is None:
        kept = st.context.cookies.get(COOKIE, "")
    st.session_state[FOUND] = None
    if not kept:
        return
    try:
        found = room.lecturers(store(), str(kept))
    except OSError as error:
        log.warning("%s", error)
        return
    st.session_state[FOUND] = found
    st.session_state.room = "" if found is None else str(found)


def current() -> room.Key | None:
    """The room that `look` has found; none while it cannot be reached, and the lecture goes on without."""
    return st.session_state.get(FOUND)


def open_room() -> None:
    """From a callback. What was answered here before is forgotten: the class has not seen it."""
    touch()
    try:
        st.session_state.room = str(room.open_room(store()))
    except ValueError as error:
        st.session_state.notes = [str(error)]
        return
    except OSError as error:
        log.warning("%s", error)
        st.session_state.notes = ["Rooms cannot be opened now: this server has no place for them. The lecture goes on without."]
        return
    st.session_state.pop("answers", None)


def close_room() -> None:
    """From a callback."""
    touch()
    found = current()
    try:
        if found is not None:
            store().end(found.code)
    except OSError as error:
        log.warning("%s", error)
        st.session_state.notes = ["The room cannot be reached now, and so not be closed. It ends by itself after three hours."]
    st.session_state.room = ""


def ask(found: room.Key, asked: room.Asked) -> None:
    """Show it on the phones."""
    try:
        room.show(store(), found, asked)
    except OSError as error:
        _lose(error)


def shown(found: room.Key, name: str) -> bool:
    try:
        return room.revealed(store(), found, name)
    except OSError as error:
        _lose(error)
        return False


def answers(found: room.Key, name: str) -> list[Any]:
    try:
        return room.answers(store(), found.code, name)
    except OSError as error:
        _lose(error)
        return []


def _lose(error: OSError) -> None:
    """The store has failed since `look`: this run of the page goes on without a room, and says so."""
    log.warning("%s", error)
    if current() is not None:
        st.session_state[FOUND] = None
        st.warning("The room cannot be reached now. The lecture goes on without it.")


def desk(found: room.Key | None, **told: str) -> None:
    """How the class joins, and how many have answered; and for the window of the speaker's notes what is `told`."""
    content = {"code": found and found.code, "kept": str(found or ""), "cookie": COOKIE, "seconds": int(room.SECONDS), "told": told}
    _component(key="desk", data=json.dumps(content).encode())
