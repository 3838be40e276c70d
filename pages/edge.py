"""The edge of stability: gradient descent where the valley is too sharp for it, and its central flow, which is no slow limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import streamlit as st

from dynamics.settings import Setting
from dynamics.studies.edge import SETTINGS, AtTheEdge, at_the_edge
from figures.edge import angle_panel, path_panel, spread_panel, summary
from pages.shared.begin import begin
from pages.shared.component import for_all
from pages.shared.controls import study_controls
from pages.shared.panel import panel
from pages.shared.scene import StudyScene


@dataclass(frozen=True)
class EdgeOfStability(StudyScene):
    of_study: ClassVar[Mapping[str, Setting]] = SETTINGS
    usual: ClassVar[str] = "The usual setting"

    setting: AtTheEdge = field(default_factory=AtTheEdge)


def render() -> None:
    scene = begin("edge", EdgeOfStability, _controls).scene
    found = at_the_edge(scene.setting)
    st.markdown(summary(found))
    left, right = st.columns(2)
    with left, for_all():
        panel(path_panel(found), "path")
    with right, for_all():
        panel(angle_panel(found), "angle")
        panel(spread_panel(found), "spread")
    st.markdown(
        "**A constraint, and no slow limit.** Full-batch descent has no noise. Here the loss still falls, on the fast clock "
        "τ = kη, and the sharpness is kept at 2/η by the oscillation across the valley; after a long time that swells and fades in "
        "bursts, over which the flow averages. On Γ, where ∇L = 0 and ηλ₁ < 2, the central flow stands still: what moves SGD there "
        "is another thing, and takes 1/η times as long. The flow is that of J. Cohen et al., "
        "[Understanding Optimization in Deep Learning with Central Flows](https://arxiv.org/abs/2410.24206); the closed form on "
        "this loss is derived here."
    )


def _controls(scene: EdgeOfStability) -> EdgeOfStability:
    st.markdown(
        "The loss *L* = ½(1 + *x*² + *w*²)*y*² − *εx* is a valley along *y* = 0 that gets sharper outwards, and falls that way. "
        "Gradient descent goes out until its step is too long for the valley. What does it do then?"
    )
    chosen: dict[str, Any] = {}
    study_controls(SETTINGS, scene.setting, chosen)(*SETTINGS)
    return replace(scene, setting=AtTheEdge(**chosen))
