"""The landscape in words and its formula, under the picture: on a phone the sidebar that says them is folded away."""

import streamlit as st

from dynamics import Landscape


def about(landscape: Landscape) -> None:
    """assets/theme.css shows it where the sidebar is folded."""
    with st.container(key="about"):
        st.markdown(f"**{landscape.title}.** {landscape.text}".rstrip())
        st.latex(landscape.latex)
