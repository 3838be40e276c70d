"""A question of a lecture: assets/ask/ask.js as a Streamlit component."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.shared.component import component

_component = component("ask/ask.js", "question")
KEY = "asked"


def ask(question: dict[str, Any], on_answer: Callable[[], None]) -> None:
    """Ask it, or tell what was answered. `on_answer` finds what somebody commits to in `given`."""
    part = question["name"].rpartition(".")[2]
    _component(key=f"{KEY}.{part}", data=json.dumps(question).encode(), on_answer_change=on_answer)


def given() -> tuple[str, Any]:
    """The question that has just been answered, by name, and the answer."""
    for part in ("ask", "seen"):
        said = st.session_state.get(f"{KEY}.{part}", {}).get("answer")
        if said:
            return str(said["name"]), said["answer"]
    return "", None
