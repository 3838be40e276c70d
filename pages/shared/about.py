"""The landscape in words and its formula, under the picture: on a phone the sidebar that says them is folded away."""

import streamlit as st

from dynamics import Landscape
from dynamics.landscapes.latex import broken


def about(landscape: Landscape) -> None:
    """assets/theme.css shows it where the sidebar is folded."""
    with st.container(key="about"):
        st.markdown(f"**{landscape.title}.** {landscape.text}".rstrip())
        st.markdown(formula(landscape))


def formula(landscape: Landscape) -> str:
    """Markdown, set in as many lines as the column needs."""
    return "  \n".join(f"${row}$" for row in broken(landscape.latex))
