"""A real network: handwritten digits, gradient descent to zero loss, and then label noise along Γ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

import streamlit as st

from dynamics.settings import Setting
from dynamics.studies.network import SETTINGS, OnDigits, OnNetwork, on_network
from figures.network import (
    descent_panel,
    error_panel,
    loss_panel,
    outcomes,
    root_panel,
    steps_panel,
    strained,
    summary,
    trace_panel,
)
from pages.shared.begin import begin
from pages.shared.controls import study_controls
from pages.shared.panel import stage_panel
from pages.shared.progress import follow
from pages.shared.scene import StudyScene


@dataclass(frozen=True)
class RealNetwork(StudyScene):
    of_study: ClassVar[Mapping[str, Setting]] = SETTINGS
    usual: ClassVar[str] = "The usual network"
    about: ClassVar[str] = "This page has optimizers of its own"

    setting: OnDigits = field(default_factory=OnDigits)


def render() -> None:
    scene = begin("network", RealNetwork, _controls).scene
    follow("network", ("real network", scene.setting), partial(on_network, scene.setting), lambda found, _: _show(found))
    st.markdown(
        "**What this does not show.** The loss is the squared error: cross-entropy has no finite minimizer, so there is no Γ to "
        "move along. There is no batch normalization, under which a scale of the weights means nothing and tr H can be made small "
        "by it. Where η comes near 2/λ₁ neither the limit nor its correction holds: there gradient descent itself oscillates. And "
        "tr H is what label noise makes small, not the test error: flatter is often better here, but not always. SAM is run with a "
        "ρ that is not small beside η, and without a prediction. Adam’s limit is for 1 − β₂ ~ η²: with the usual β₂ at a small "
        "learning rate it is another one.\n\n"
        "The images are threes and eights of E. Alpaydin and C. Kaynak, "
        "[Optical Recognition of Handwritten Digits](https://doi.org/10.24432/C50P49), UCI Machine Learning Repository, 1998, as "
        "scikit-learn carries them; CC BY 4.0."
    )


def _controls(scene: RealNetwork) -> RealNetwork:
    setting = scene.setting
    st.markdown(
        "A network of tanh units tells handwritten threes from eights, 64 pixels each. Gradient descent from large weights fits "
        "every image that it is shown. What do noisy labels do from there on?"
    )
    chosen: dict[str, Any] = {}
    ask = study_controls(SETTINGS, setting, chosen)
    left, right = st.columns(2)
    with left:
        ask("samples", "units")
    with right:
        ask("layers", "seed")
    ask("initialization")
    st.divider()
    ask("scale", "learning_rate", "horizon", "paths")
    steps = ", ".join(f"{round(setting.horizon / rate**2):,}" for rate in setting.rates)
    st.caption(f"{setting.dimension:,} parameters; {steps} steps of label noise.")
    return replace(scene, setting=replace(setting, **chosen))


def _show(found: OnNetwork) -> None:
    st.markdown(summary(found))
    if found.lines:
        stage_panel(found, "trace", trace_panel)
    left, right = st.columns(2, gap="small")
    if found.runs:
        with left:
            stage_panel(found, "root", root_panel)
        with right:
            stage_panel(found, "error", error_panel)
            stage_panel(found, "steps", steps_panel)
            stage_panel(found, "loss", loss_panel)
    with left:
        stage_panel(found, "descent", descent_panel)
    if found.runs:
        st.markdown(outcomes(found))
        st.markdown(" ".join(strained(found)))
