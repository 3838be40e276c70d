"""The gallery: experiments to begin with, each with what it claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Self

import streamlit as st

from content.presets import GALLERY, PRESET, Preset, presets
from pages.shared.begin import begin
from pages.shared.scene import Scene
from server.routes import address, has


@dataclass(frozen=True)
class Gallery(Scene):
    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        if PRESET in query:
            notes.append(f"The gallery has no entry “{query[PRESET][:40]}”. It has these.")
        return self


def render() -> None:
    begin(GALLERY, Gallery, lambda scene: scene)
    for section, entries in groupby(presets(), lambda each: each.section):
        st.html(f'<h2 class="azl-section">{escape(section)}</h2><ul class="azl-gallery">{"".join(map(_card, entries))}</ul>')


def _card(entry: Preset) -> str:
    dark = st.context.theme.type == "dark"
    name = f"gallery/{entry.name}{'.dark' if dark else ''}.jpg"
    picture = f'<img src="{address(name)}" alt="" loading="lazy" width="400" height="250">' if has(name) else ""
    return (
        f'<li><a class="azl-card" href="{escape(entry.link)}" target="_self">{picture}'
        f"<strong>{escape(entry.title)}</strong><span>{escape(entry.claim)}</span></a></li>"
    )
