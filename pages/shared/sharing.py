"""The buttons that every page has: its link, the other ways to share it, the presenter's view."""

from __future__ import annotations

import json

import streamlit as st

from content.presets import presets
from figures.about import PAPER, VERSION
from pages.shared.component import component
from pages.shared.scene import Scene

_component = component("hall/share.js", "share")
CITATION = f"{PAPER}. Shown by {VERSION}:"


def share_buttons(view: str, scene: Scene) -> None:
    """What the controls will change on this page is not known yet: the browser is told for which address the entry's name holds."""
    data = {"citation": CITATION, "preset": entry_of(view, scene), "of": st.query_params.to_dict()}
    _component(key="share", data=json.dumps(data).encode(), width="content")


_entries: dict[str, dict[Scene, str]] = {}


def entry_of(view: str, scene: Scene) -> str:
    """The name of the gallery's entry that is this page's scene, or ""; of two that show the same the first."""
    if view not in _entries:
        shown = ((type(scene).from_query(dict(each.query))[0], each.name) for each in reversed(presets()) if each.view == view)
        _entries[view] = dict(shown)
    return _entries[view].get(scene, "")
