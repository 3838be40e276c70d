"""The words of the field, as they are used here."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import streamlit as st

from dynamics.settings import Choice, Setting
from figures.glossary import Term, glossary
from pages.shared.begin import begin
from pages.shared.scene import Scene

TERM = Choice(
    name="term",
    title="term",
    options={"": "All"} | {name: term.title for name, term in glossary().items()},
    default="",
    meaning="What is looked up.",
)


@dataclass(frozen=True)
class Looked(Scene):
    """`term` is what somebody looks up, "" for nothing in particular."""

    settings: ClassVar[tuple[Setting, ...]] = (TERM,)

    term: str = ""


def render() -> None:
    scene = begin("glossary", Looked, lambda scene: scene).scene
    if scene.term:
        with st.container(key="looked-up", border=True):
            _entry(glossary()[scene.term])
    with st.container(key="reading"):
        for group, terms in groupby(glossary().items(), lambda each: each[1].group):
            st.markdown(f"## {group}")
            for name, term in terms:
                if name != scene.term:
                    _entry(term)


def _entry(term: Term) -> None:
    symbol = f", {term.symbol}" if term.symbol else ""
    source = f" *({term.source})*" if term.source else ""
    formula = f"\n\n$\\displaystyle {term.formula}$" if term.formula else ""
    st.markdown(f"**{term.title}{symbol}.** {term.meaning}{source}{formula}")
