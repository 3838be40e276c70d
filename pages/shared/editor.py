"""A field for formulas on a page: assets/bench/editor.js as a Streamlit component."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from dynamics.landscapes.remedies import Fix
from pages.shared.component import component

_component = component("bench/editor.js", "content", remembers=True)


@dataclass(frozen=True)
class Mark:
    """What is wrong at a place of a text, counted from 0; `line` None is no place in it. Each of `fixes` can be had by a button."""

    line: int | None
    column: int
    sentence: str
    advice: str = ""
    fixes: tuple[Fix, ...] = ()


@dataclass
class Text:
    """What stands in a field. `revision` counts the changes by another hand than the typing one, `heard` numbers what was typed."""

    text: str
    revision: int = 0
    heard: int = 0

    def rewrite(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.revision += 1


def editor(
    text: Text, problems: Sequence[Mark], key: str, on_typed: Callable[[], None], *, label: str, hint: str = "",
    placeholder: str = "", rows: int = 4, quiet: bool = False,
) -> None:  # fmt: skip
    """Show the field. `typed` says what has been typed, to `on_typed`. With `quiet` the label is only read aloud."""
    words = {"label": label, "hint": hint, "placeholder": placeholder, "rows": rows, "quiet": quiet}
    content = asdict(text) | words | {"problems": [asdict(problem) for problem in problems]}
    _component(key=key, data=json.dumps(content).encode(), on_typed_change=on_typed)


def typed(text: Text, key: str, most: int) -> None:
    """From a callback: take what was typed into the field, no more than `most` characters of it."""
    sent = st.session_state[key]["typed"]
    text.text, text.heard = str(sent["text"])[:most], int(sent["number"])
