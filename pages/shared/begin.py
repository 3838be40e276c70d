"""How a page begins: its scene from the address, the heading, the sidebar, what is to be said, and the link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import streamlit as st

from exports import Numbers
from pages.shared.heading import heading
from pages.shared.scene import Scene
from pages.shared.sentences import plain
from pages.shared.session import hear, open_link, write_link
from pages.shared.takeaway import takeaway

Kind = TypeVar("Kind", bound=Scene)


@dataclass(frozen=True)
class Begun(Generic[Kind]):
    """The scene to show, whether somebody has just gone to its link, and places for sentences and for the page's state."""

    scene: Kind
    opened: bool
    notes: Any
    state: Any


def begin(
    view: str,
    kind: type[Kind],
    controls: Callable[[Kind], Kind],
    buttons: Callable[[Kind], None] = lambda scene: None,
    *,
    below: Callable[[Kind], Kind] = lambda scene: scene,
    state: Callable[[], str] = lambda: "",
    at_once: Callable[[Any], None] | None = None,
    at_a_point: Callable[[Kind, Mapping[str, str]], Numbers] | None = None,
) -> Begun[Kind]:
    """Begin a page.

    `controls` draws the sidebar, and `below` what stands above the picture; both return the scene that they say, or raise
    ValueError, with a sentence. `buttons` draws the page's own, in the heading, and `state` says what stands beside the name, as
    HTML. `at_once(notes)` shows a link that has just been opened before the controls, which take the browser longer.
    `at_a_point(scene, said)` are the numbers of a page about a point, for a file that also says what is `said`.
    """
    opened = open_link(kind)
    place, beside = heading(view)
    if said := state():
        place.html(said)
    notes = st.container(key="notes")
    if opened and at_once is not None:
        at_once(notes)
    with st.sidebar:
        refused = _listen(controls)
    refused += _listen(below)
    with st.sidebar:
        takeaway(view, st.session_state.scene, at_a_point and partial(at_a_point, st.session_state.scene))
    if told := [plain(sentence) for sentence in refused + st.session_state.notes]:  # one box, however many they are
        notes.warning("\n".join(f"- {sentence}" for sentence in told) if len(told) > 1 else told[0])
    write_link()
    with beside:
        buttons(st.session_state.scene)
    return Begun(st.session_state.scene, opened, notes, place)


def _listen(controls: Callable[[Kind], Kind]) -> list[str]:
    """Hear what the controls say; a sentence if that cannot be."""
    try:
        hear(controls(st.session_state.scene))
    except ValueError as error:
        return [f"{error} Pictures and link stay as they were."]
    return []
