"""Exact densities: where Γ is a curve, the law of the limit without sampling, and SGD's histogram on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

import streamlit as st

from dynamics import Experiment, landscape
from dynamics.landscapes.catalogue import curve_names
from dynamics.studies.exact import ExactDensity, NoCurve, exact_density
from figures.densities import coefficients_panel, density_panel, facts, passage_panel
from pages.shared.begin import begin
from pages.shared.controls import experiment_controls, touch
from pages.shared.panel import panel, stage_panel
from pages.shared.progress import follow
from pages.shared.scene import Scene, number_of
from pages.shared.session import move

OPENS_WITH = {"landscape": "valley_gaussian"}  # a link that names no landscape


@dataclass(frozen=True)
class Densities(Scene):
    """`target` is the arc length whose first-passage time is shown; None is a place that suits the curve."""

    target: float | None = None

    def to_query(self) -> dict[str, str]:
        return super().to_query() | ({} if self.target is None else {"target": repr(self.target)})

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        notes: list[str] = []
        given = query if {"landscape", "residuals", "loss"} & set(query) else OPENS_WITH | dict(query)
        experiment = Experiment.from_query(given, notes)
        return cls(experiment, number_of(query, "target", "target is an arc length", notes)), notes

    def moved(self, experiment: Experiment) -> Self:
        return replace(self, experiment=experiment, target=None)


def render() -> None:
    scene = begin("densities", Densities, _controls)

    def work(progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[ExactDensity]:
        return exact_density(scene.experiment, progress=progress, cancel=cancel)

    key = ("exact density", scene.experiment)
    follow("densities", key, work, lambda found, _: _show(scene, found), lambda error: _instead(scene, error))


def _instead(scene: Densities, error: ValueError) -> None:
    """Where Γ is no curve, landscapes whose Γ is one."""
    if not isinstance(error, NoCurve):
        return
    st.markdown("On each of these landscapes Γ is a curve:")
    with st.container(horizontal=True, key="curves"):
        for name in curve_names():
            st.button(landscape(name).title, key=f"curve-{name}", on_click=_choose, args=(scene, name))


def _choose(scene: Densities, name: str) -> None:
    move(scene.moved(Experiment.from_query({"landscape": name})))


def _controls(scene: Densities) -> Densities:
    return replace(scene, experiment=experiment_controls(scene.experiment))


def _show(scene: Densities, found: ExactDensity) -> None:
    st.markdown(" ".join(facts(found)))
    stage_panel(found, "density", density_panel)
    left, right = st.columns(2)
    target = _target(scene, found)
    passage = passage_panel(found, target)
    with left:
        stage_panel(found, "coefficients", coefficients_panel)
    if passage is not None:
        with right:
            panel(passage, "passage", _pick)


def _target(scene: Densities, found: ExactDensity) -> float:
    """Half-way round a closed curve; on an open one where the stationary density, or the last one, has its other side."""
    chart = found.chart
    if chart.closed:
        wanted = found.start + chart.length / 2 if scene.target is None else scene.target
        return chart.origin + (wanted - chart.origin) % chart.length
    wanted = 2 * float(found.centre[-1]) - found.start if scene.target is None else scene.target
    return min(max(wanted, chart.origin), chart.origin + chart.length)


def _pick() -> None:
    touch()
    x, _ = st.session_state["passage"]["pick"]
    move(replace(st.session_state.scene, target=float(f"{x:.3g}")))
