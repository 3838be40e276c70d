"""Exact densities: where Γ is a curve, the law of the limit without sampling, and SGD's histogram on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import streamlit as st

from content.catalogue import OPENS_WITH
from dynamics import Experiment, landscape
from dynamics.landscapes.catalogue import curve_names
from dynamics.settings import Number, Setting
from dynamics.studies.exact import ExactDensity, NoCurve, exact_density
from figures.densities import coefficients_panel, density_panel, facts, passage_panel, target_on
from pages.shared.begin import begin
from pages.shared.controls import experiment_controls, touch
from pages.shared.panel import panel, stage_panel
from pages.shared.progress import follow
from pages.shared.scene import Scene
from pages.shared.session import move
from pages.shared.strain import strained, tell

TARGET = Number(
    name="target",
    title="target",
    what="an arc length",
    meaning="The place, in arc length along Γ, to which the mean time is shown. Try a click on the picture, which moves it.",
)


@dataclass(frozen=True)
class Densities(Scene):
    """`target` is the arc length whose first-passage time is shown; None is a place that suits the curve."""

    settings: ClassVar[tuple[Setting, ...]] = (TARGET,)
    of_landscape: ClassVar[tuple[str, ...]] = ("target",)
    optimizers: ClassVar[bool] = True
    opens_with: ClassVar[Mapping[str, str]] = OPENS_WITH["densities"]

    target: float | None = None


def render() -> None:
    scene = begin("densities", Densities, _controls).scene
    key, work = ("exact density", scene.experiment), partial(exact_density, scene.experiment)
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
    return replace(scene, experiment=experiment_controls(scene.experiment, optimizers=True))


def _show(scene: Densities, found: ExactDensity) -> None:
    st.markdown(" ".join(facts(found)))
    tell(strained(found))
    stage_panel(found, "density", density_panel)
    left, right = st.columns(2)
    passage = passage_panel(found, target_on(found, scene.target))
    with left:
        stage_panel(found, "coefficients", coefficients_panel)
    if passage is not None:
        with right:
            panel(passage, "passage", _pick)


def _pick() -> None:
    touch()
    x, _ = st.session_state["passage"]["pick"]
    move(replace(st.session_state.scene, target=float(f"{x:.3g}")))
