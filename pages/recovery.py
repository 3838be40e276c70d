"""Sparse recovery: label-noise SGD and gradient descent from one start, live (section 6 of the paper)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import streamlit as st

from dynamics.models.problems import LAWS
from dynamics.studies.recovery import LIMITS, WHOLE, Recovered, Recovery, recover
from figures.recovery import CLOCKS, measure_panel, stems_panel, summary
from pages.shared.begin import begin
from pages.shared.controls import control
from pages.shared.panel import stage_panel
from pages.shared.progress import follow
from pages.shared.scene import Scene, number_of, one_of
from pages.shared.session import move

KEYS = {  # of a link
    "features": "d", "samples": "n", "sparsity": "sparsity", "scale": "delta", "learning_rate": "eta", "initialization": "alpha",
    "horizon": "time", "seed": "draws",
}  # fmt: skip
STARTS = {  # α, η, T
    "Small start, rich regime": (0.01, 1e-3, 20.0),
    "α = 1": (1.0, 1e-3, 20.0),
    "Large start, kernel regime": (3.0, 3e-4, 12.0),
}
MEASURES = ("test_error", "loss", "trace_hessian", "l1_norm", "from_l1", "from_l2")


@dataclass(frozen=True)
class Sparse(Scene):
    """The experiment is carried along for the other pages."""

    setting: Recovery = field(default_factory=Recovery)
    clock: str = "logarithmic"

    def to_query(self) -> dict[str, str]:
        default = Recovery()
        query = super().to_query()
        for name, key in KEYS.items():
            if getattr(self.setting, name) != getattr(default, name):
                query[key] = number_text(getattr(self.setting, name))
        if self.setting.law != default.law:
            query["data"] = self.setting.law
        return query | ({} if self.clock == "logarithmic" else {"clock": self.clock})

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        scene, notes = super().from_query(query)
        setting = scene.setting
        law = one_of(query, "data", list(LAWS), notes, f"The law of the data is one of {', '.join(LAWS)}")
        chosen: dict[str, Any] = {"law": law}
        for name, key in KEYS.items():
            low, high, title = LIMITS[name]
            value = number_of(query, key, f"{title} is a number", notes)
            if value is None:
                continue
            clamped = min(max(value, low), high)
            clamped = round(clamped) if name in WHOLE else clamped
            if clamped != value:
                notes.append(f"The {title} must be between {low:g} and {high:g}; not {value:g}.")
            chosen[name] = clamped
        try:
            setting = replace(setting, **chosen)
        except ValueError as error:
            notes.append(f"{error} The usual problem is shown instead.")
        clock = one_of(query, "clock", list(CLOCKS), notes, f"The clock is one of {', '.join(CLOCKS)}")
        return replace(scene, setting=setting, clock=clock), notes


def number_text(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))


def render() -> None:
    scene = begin("recovery", Sparse, _controls)

    def work(progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[Recovered]:
        return recover(scene.setting, progress=progress, cancel=cancel)

    follow("recovery", ("sparse recovery", scene.setting), work, lambda found, _: _show(scene, found))


def _controls(scene: Sparse) -> Sparse:
    setting = scene.setting
    st.markdown(
        "A sparse vector *w*\\* with κ ones, *n* samples of *d* features, and the model *w* = *u*∘*u* − *v*∘*v*: many more "
        "parameters than samples. Both runs start at *u* = *v* = α·1 and reach zero loss. Which of them finds *w*\\*?"
    )
    chosen: dict[str, Any] = {}
    left, right = st.columns(2)
    with left:
        chosen["features"] = st.number_input("Features, *d*", 2, 10_000, step=50, **control("d", setting.features))
        chosen["sparsity"] = st.number_input("Sparsity, *κ*", 1, 1_000, **control("sparsity", setting.sparsity))
    with right:
        chosen["samples"] = st.number_input("Samples, *n*", 1, 2_000, step=5, **control("n", setting.samples))
        chosen["seed"] = st.number_input("Seed", 0, 9_999, **control("draws", setting.seed))
    chosen["law"] = st.selectbox("Data", list(LAWS), format_func=lambda law: LAWS[law], **control("data", setting.law))
    st.divider()
    for title, preset in STARTS.items():
        pressed = setting.initialization == preset[0]
        st.button(title, on_click=_start, args=preset, type="primary" if pressed else "secondary", width="stretch")
    chosen["initialization"] = st.number_input(
        "Initialization scale, *α*", 1e-3, 100.0, format="%.4g", **control("alpha", setting.initialization)
    )
    chosen["scale"] = st.number_input(
        "Noise on the label, *δ*", 0.01, 100.0, step=0.1, format="%.4g", **control("delta", setting.scale)
    )
    chosen["learning_rate"] = st.number_input(
        "Learning rate, *η*", 1e-5, 0.1, step=1e-4, format="%.4g", **control("eta", setting.learning_rate)
    )
    chosen["horizon"] = st.number_input(
        "Horizon in slow time, *T*", 0.01, 1e3, step=5.0, format="%.4g", **control("time", setting.horizon)
    )
    st.caption(f"{setting.steps:,} steps.")
    clock = st.segmented_control(
        "Time axis", list(CLOCKS), format_func=lambda clock: CLOCKS[clock], required=True, **control("clock", scene.clock)
    )
    return replace(scene, setting=replace(setting, **chosen), clock=clock)


def _start(initialization: float, rate: float, horizon: float) -> None:
    scene: Sparse = st.session_state.scene
    setting = replace(scene.setting, initialization=initialization, learning_rate=rate, horizon=horizon)
    move(replace(scene, setting=setting))


def _show(scene: Sparse, found: Recovered) -> None:
    st.markdown(summary(found))
    for run in (found.sgd, found.gd):
        if run.status == "diverged":
            st.warning(run.status.told)
    stage_panel(found, "stems", stems_panel)
    for column, measures in zip(st.columns(3, gap="small"), (MEASURES[:2], MEASURES[2:4], MEASURES[4:]), strict=True):
        with column:
            for measure in measures:
                stage_panel(found, f"measure-{measure}", measure_panel, measure, scene.clock)
