"""What a run strains of its optimizer's assumptions, and the way to where that is measured."""

from __future__ import annotations

import streamlit as st

from dynamics import Outcome
from dynamics.studies.exact import ExactDensity
from figures.about import link


def strained(found: Outcome | ExactDensity) -> str:
    """In Markdown, or nothing. What is strained is said just above."""
    if not found.warning:
        return ""
    there = link("convergence", found.experiment.to_query())
    return f"[How far off the limit is with these settings, measured]({there})"


def tell(sentence: str) -> None:
    """Below a picture."""
    if sentence:
        st.caption(sentence)
