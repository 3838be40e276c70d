"""The simulator: one experiment, one link, one moving picture."""

import streamlit as st


def render() -> None:
    st.title("After Zero Loss")
