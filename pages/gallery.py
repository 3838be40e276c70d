"""Gallery: a published experiment, run again here, with its table beside ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

import streamlit as st

from dynamics.studies.shape_matters import Curve, setting, shape_matters
from figures.gallery import comparison_table, error_panel
from pages.shared.controls import control
from pages.shared.heading import heading
from pages.shared.panel import panel
from pages.shared.progress import follow
from pages.shared.scene import Scene, number_of
from pages.shared.session import hear, open_link, write_link

LARGEST_SEED = 9_999


@dataclass(frozen=True)
class Gallery(Scene):
    """The experiment is carried along for the other pages; `draws` is the seed of the noise."""

    draws: int = 0

    def to_query(self) -> dict[str, str]:
        return super().to_query() | ({"draws": str(self.draws)} if self.draws else {})

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        scene, notes = super().from_query(query)
        draws = number_of(query, "draws", f"seed of the noise is a whole number from 0 to {LARGEST_SEED:,}", notes) or 0
        if draws != int(draws) or not 0 <= draws <= LARGEST_SEED:
            notes.append(f"The seed of the noise is a whole number from 0 to {LARGEST_SEED:,}; not {draws:g}.")
            draws = 0
        return replace(scene, draws=int(draws)), notes


def render() -> None:
    open_link(Gallery)
    heading("gallery")
    given = setting()
    with st.sidebar:
        st.markdown(
            "Four runs from one start, on the same data. Only their noise differs: none, that of mini-batches, that of labels, "
            "and an isotropic one. All reach zero loss, or nearly. Only label noise finds the sparse truth."
        )
        st.latex(r"L(v) = \frac{1}{4n} \sum_i \left(\langle z_i, v \circ v \rangle - y_i\right)^2")
        draws = st.number_input("Seed of the noise", 0, LARGEST_SEED, **control("draws", st.session_state.scene.draws))
        hear(replace(st.session_state.scene, draws=int(draws)))
    for sentence in st.session_state.notes:
        st.warning(sentence)
    write_link()
    seed = st.session_state.scene.draws
    st.markdown(
        f"### {given.title}\n"
        f"{given.reference}: the quadratically parametrized model, on the data that the authors' program draws from its seed "
        f"{given.data_seed}."
    )

    def work(progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[tuple[Curve, ...]]:
        return shape_matters(seed=seed, progress=progress, cancel=cancel)

    follow("gallery", ("shape matters", seed), work, _show)


def _show(curves: tuple[Curve, ...], done: bool) -> None:
    left, right = st.columns([3, 2])
    with left:
        panel(error_panel(curves), "errors")
    with right:
        st.markdown(comparison_table(curves, done))
        st.markdown(
            "Gradient descent has no chance in it: on the same data it ends at the same place. Mini-batch noise fades with the "
            "loss, so where it stops depends on its draws; some seeds diverge, for with δ = 1 this learning rate is at the edge of "
            "stability. The authors' program takes 1,200,000 steps of isotropic noise; here every run takes 300,000."
        )
