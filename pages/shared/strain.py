"""What a run strains of its optimizer's assumptions, and the way to where that is measured."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from dynamics import Outcome


def strained(outcome: Outcome) -> str:
    """In Markdown, or nothing."""
    if not outcome.warning:
        return ""
    return f"{outcome.warning} [How far off it is, measured](?{urlencode({'view': 'convergence'} | outcome.experiment.to_query())})"


def tell(sentence: str) -> None:
    """Below a picture."""
    if sentence:
        st.caption(sentence)
