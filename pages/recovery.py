"""Sparse recovery: label-noise SGD and gradient descent from one start, live (section 6 of the paper)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

import streamlit as st

from dynamics.settings import Choice, Setting
from dynamics.studies.recovery import SETTINGS, STARTS, Recovered, Recovery, recover
from figures.caption import number
from figures.recovery import CLOCKS, measure_panel, stems_panel, summary
from pages.shared.begin import begin
from pages.shared.controls import control, study_controls
from pages.shared.panel import stage_panel
from pages.shared.progress import follow
from pages.shared.scene import StudyScene
from pages.shared.sentences import plain
from pages.shared.session import move

MEASURES = ("test_error", "loss", "trace_hessian", "l1_norm", "from_l1", "from_l2")


CLOCK = Choice(
    name="clock",
    title="clock",
    heading="Time axis",
    options=CLOCKS,
    default="logarithmic",
    meaning="What the curves are drawn against. Try slow time, in which SGD and its limit are one.",
)


@dataclass(frozen=True)
class Sparse(StudyScene):
    settings: ClassVar[tuple[Setting, ...]] = (CLOCK,)
    of_study: ClassVar[Mapping[str, Setting]] = SETTINGS
    usual: ClassVar[str] = "The usual problem"

    setting: Recovery = field(default_factory=Recovery)
    clock: str = CLOCK.default


def render() -> None:
    scene = begin("recovery", Sparse, _controls).scene
    key, work = ("sparse recovery", scene.setting), partial(recover, scene.setting)
    follow("recovery", key, work, lambda found, _: _show(scene, found))


def _controls(scene: Sparse) -> Sparse:
    setting = scene.setting
    st.markdown(
        "A sparse vector *w*\\* with κ ones, *n* samples of *d* features, and the model *w* = *u*∘*u* − *v*∘*v*: many more "
        "parameters than samples. Both runs start at *u* = *v* = α·1 and reach zero loss. Which of them finds *w*\\*?"
    )
    chosen: dict[str, Any] = {}
    ask = study_controls(SETTINGS, setting, chosen)
    left, right = st.columns(2)
    with left:
        ask("features", "sparsity")
    with right:
        ask("samples", "seed")
    ask("law")
    st.divider()
    for title, preset in STARTS.items():
        pressed = setting.initialization == preset[0]
        st.button(title, on_click=_start, args=preset, type="primary" if pressed else "secondary", width="stretch")
    ask("initialization", "scale", "learning_rate", "horizon")
    seconds = "less than a second" if setting.seconds < 1 else f"about {number(setting.seconds, 2)} s"
    st.caption(f"{setting.steps:,} steps: {seconds}.")
    clock = st.segmented_control(
        CLOCK.label, list(CLOCKS), format_func=CLOCKS.__getitem__, required=True, help=CLOCK.meaning,
        **control("clock", scene.clock),
    )  # fmt: skip
    return replace(scene, setting=replace(setting, **chosen), clock=clock)


def _start(initialization: float, rate: float, horizon: float) -> None:
    scene: Sparse = st.session_state.scene
    setting = replace(scene.setting, initialization=initialization, learning_rate=rate, horizon=horizon)
    move(replace(scene, setting=setting))


def _show(scene: Sparse, found: Recovered) -> None:
    st.markdown(summary(found))
    for run in (found.sgd, found.gd):
        if run.status == "diverged":
            st.warning(plain(run.status.told))
    stage_panel(found, "stems", stems_panel)
    for column, measures in zip(st.columns(3, gap="small"), (MEASURES[:2], MEASURES[2:4], MEASURES[4:]), strict=True):
        with column:
            for measure in measures:
                stage_panel(found, f"measure-{measure}", measure_panel, measure, scene.clock)
