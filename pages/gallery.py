"""Gallery: a published experiment, run again here, with its table beside ours."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import ClassVar

import streamlit as st

from dynamics.settings import Setting
from dynamics.studies.shape_matters import DRAWS, Curve, setting, shape_matters
from figures.gallery import comparison_table, error_panel
from pages.shared.begin import begin
from pages.shared.controls import setting_control
from pages.shared.panel import panel
from pages.shared.progress import follow
from pages.shared.scene import PublishedScene
from pages.shared.sentences import plain


class Gallery(PublishedScene):
    settings: ClassVar[tuple[Setting, ...]] = (DRAWS,)


def render() -> None:
    begun = begin("gallery", Gallery, _controls)
    seed = begun.scene.draws
    try:
        given = setting()
    except ValueError as error:
        begun.notes.warning(plain(error))
        return
    st.markdown(
        f"## {given.title}\n"
        f"{given.reference}: the quadratically parametrized model, on the data that the authors' program draws from its seed "
        f"{given.data_seed}."
    )

    follow("gallery", ("shape matters", seed), partial(shape_matters, seed=seed), _show)


def _controls(scene: Gallery) -> Gallery:
    st.markdown(
        "Four runs from one start, on the same data. Only their noise differs: none, that of minibatches, that of labels, "
        "and an isotropic one. All reach zero loss, or nearly. Only label noise finds the sparse truth."
    )
    st.latex(r"L(v) = \frac{1}{4n} \sum_i \left(\langle z_i, v \circ v \rangle - y_i\right)^2")
    draws = setting_control(DRAWS, scene.draws)
    with suppress(ValueError):  # the page says why it cannot be read
        given = setting()
        st.caption(f"{given.steps:,} steps of {sum(run.paths for run in given.runs):,} paths with {given.features:,} weights.")
    return replace(scene, draws=draws)


def _show(curves: tuple[Curve, ...], done: bool) -> None:
    left, right = st.columns([3, 2])
    with left:
        panel(error_panel(curves), "errors")
    with right:
        st.markdown(comparison_table(curves, done))
        st.markdown(
            "Gradient descent has no chance in it: on the same data it ends at the same place. Minibatch noise fades with the "
            "loss, so where it stops depends on its draws; some seeds diverge, for with δ = 1 this learning rate is at the edge of "
            "stability. The authors' program takes 1,200,000 steps of isotropic noise; here every run takes 300,000."
        )
