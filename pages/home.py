"""The front page: what this is, in two sentences, over a picture that moves."""

from __future__ import annotations

import streamlit as st

from content.catalogue import DEFAULT
from dynamics.settings import number_text
from pages.shared.begin import begin
from pages.shared.component import for_all
from pages.shared.outcomes import outcomes
from pages.shared.pictures import blob_of, whole
from pages.shared.player import choice, player
from pages.shared.scene import Picture, start_at
from pages.shared.sentences import plain
from pages.shared.session import go

PAPER = "https://arxiv.org/abs/2110.06914"


def render() -> None:
    begun = begin("home", Picture, lambda scene: scene)
    with st.container(key="welcome", horizontal=True, vertical_alignment="center"):
        st.markdown(
            "**Stochastic gradient descent does not stop when the training loss reaches zero.** Its noise goes on to move it along "
            "Γ, the set of all parameters that fit perfectly: here SGD (discs) falls onto Γ, and then drifts along it as the "
            f"limiting stochastic differential equation (rings) of [Li, Wang and Arora, ICLR 2022]({PAPER}) says."
        )
        with st.container(key="ways", horizontal=True, width="content"):
            st.button("Take a lecture", key="to.lecture", type="primary", on_click=go, args=("lecture",))
            st.button("Browse the gallery", key="to.presets", on_click=go, args=("presets",))
            st.button("Open the laboratory", key="to.simulator", on_click=go, args=(DEFAULT,))
    progress, place = st.empty(), st.container()
    try:
        found = outcomes(begun.scene.experiments, begun.notes, progress)
    except ValueError as error:
        begun.notes.warning(plain(error))
        return
    with place, for_all(whole(*found)):
        player(blob_of(begun.scene, *found), _open_start, lambda: None)


def _open_start() -> None:
    """A click on the picture: the laboratory, with the start there."""
    scene: Picture = st.session_state.scene
    start = ",".join(map(number_text, start_at(scene.experiment, scene.view, choice("start"))))
    st.query_params.from_dict({"view": DEFAULT} | scene.experiment.to_query() | {"start": start})
