"""What the theory does not promise: one assumption of the theorem broken on purpose, SGD and the limit shown, and measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from content.catalogue import OPENS_WITH
from dynamics import Experiment
from dynamics.settings import Choice, Number, Setting
from dynamics.studies.assumptions import BREACHES, Breach, Measured, measured
from dynamics.studies.disagreement import disagreement
from figures.assumptions import disagreement_panel, verdict
from figures.caption import number, place
from figures.comparison import differences
from figures.landscape_figure import landscape_views
from figures.simulation import pickable, simulation_blob
from pages.shared.begin import begin
from pages.shared.component import for_all
from pages.shared.controls import control, experiment_controls, touch
from pages.shared.outcomes import outcomes
from pages.shared.panel import stage_panel
from pages.shared.pictures import whole
from pages.shared.player import choice, player
from pages.shared.progress import follow
from pages.shared.scene import CLOCK, Picture, start_at
from pages.shared.sentences import plain
from pages.shared.session import move
from server import blobs

CASES = tuple(BREACHES)
CASE = Choice(
    name="case", title="assumption", heading="Broken on purpose", default=CASES[0],
    options={name: breach.title for name, breach in BREACHES.items()},
    meaning="Which of the theorem’s assumptions does not hold. Try each, and look for the first sign that SGD leaves the limit.",
)  # fmt: skip
DEGREE = Number(
    name="degree",
    title="degree",
    meaning="How far it is broken: try the mildest, and look when the disagreement passes chance.",
)


@dataclass(frozen=True)
class Broken(Picture):
    """`experiment` keeps to the theorem; `case` says which assumption is broken, `degree` how far."""

    settings: ClassVar[tuple[Setting, ...]] = (CLOCK, CASE, DEGREE)
    of_landscape: ClassVar[tuple[str, ...]] = ()
    optimizers: ClassVar[bool] = False
    opens_with: ClassVar[Mapping[str, str]] = OPENS_WITH["assumptions"]

    case: str = CASES[0]
    degree: float | None = None

    @property
    def breach(self) -> Breach:
        return BREACHES[self.case]

    @property
    def degree_shown(self) -> float:
        return self.breach.opens if self.degree is None else self.degree

    @property
    def broken(self) -> Experiment:
        """Raises ValueError, with a sentence."""
        return self.breach.broken(self.experiment, self.degree_shown)

    @property
    def runs(self) -> Mapping[str, Experiment]:
        return {"broken": self.broken}

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        try:
            _ = self.broken
        except ValueError as error:
            notes.append(str(error))
            return replace(self, degree=None)
        return self


def render() -> None:
    heads: list[DeltaGenerator] = []  # of the sidebar: what it says is known once the case is

    def controls(scene: Broken) -> Broken:
        heads.append(st.empty())
        return _controls(scene)

    begun = begin("assumptions", Broken, controls, below=_case)
    scene, notes = begun.scene, begun.notes
    words = st.container(key="case-words")
    words.markdown(scene.breach.assumption)
    said, progress = words.empty(), st.empty()
    try:
        if instead := _instead(scene):
            heads[0].markdown(f"**In this case, instead of what stands below:** {instead}.")
        (outcome,) = outcomes([scene.broken], notes, progress)
    except ValueError as error:
        notes.warning(plain(error))
        return
    said.markdown(verdict(disagreement(outcome)))
    view = landscape_views(outcome.experiment.landscape)[0]
    make = partial(simulation_blob, outcome, view, scene.clock)
    with for_all(whole(outcome)):
        player(blobs.made(scene if whole(outcome) else None, make), _place_start, _set_clock)

    def show(found: Measured, _: bool) -> None:
        stage_panel(found, "disagreement", lambda found, breach: disagreement_panel(breach, found), scene.breach)

    with st.container(key="case-measured"):
        key, work = ("assumptions", scene.case, scene.experiment), partial(measured, scene.experiment, scene.breach)
        follow("assumptions", key, work, show)


def _controls(scene: Broken) -> Broken:
    return replace(
        scene, experiment=experiment_controls(scene.experiment, picture=pickable(scene.experiment.landscape, scene.view))
    )


def _instead(scene: Broken) -> str:
    """What the case decides, in words: of the sidebar's experiment all else is carried out."""
    given, broken = scene.experiment, scene.broken
    if broken.landscape != given.landscape:
        return f"landscape {place(broken.landscape)} with its own noise, start and learning rate"
    return "; ".join(f"{title.lower()} {there}" for title, _, there in differences(given, broken))


def _case(scene: Broken) -> Broken:
    """Which assumption, and how far: a scene without `degree` shows what the case opens with."""
    row = st.container(key="case", horizontal=True)  # one line, so that the picture has room
    case = row.segmented_control(
        CASE.label, CASES, format_func=CASE.options.__getitem__, required=True, help=CASE.meaning, width="content",
        **control("case", scene.case),
    )  # fmt: skip
    scene = replace(scene, case=case, degree=None) if case != scene.case else scene
    options = sorted({*scene.breach.degrees, scene.degree_shown})
    degree = row.select_slider(
        f"{scene.breach.symbol}, {scene.breach.meaning}", options, format_func=number, width=260, help=DEGREE.meaning,
        **control(f"degree.{case}", scene.degree_shown),
    )  # fmt: skip
    if degree != scene.degree_shown:
        scene = replace(scene, degree=degree)
    return scene


def _place_start() -> None:
    """A click on the picture moves the start, if it is the experiment's own landscape that is shown."""
    scene: Broken = st.session_state.scene
    touch()
    if scene.broken.landscape != scene.experiment.landscape:
        st.session_state.notes = ["Here the start is set by the slider."]
        return
    start = start_at(scene.experiment, landscape_views(scene.experiment.landscape)[0], choice("start"))
    try:
        move(replace(scene, experiment=replace(scene.experiment, start=start)))
    except ValueError as error:
        st.session_state.notes = [str(error)]


def _set_clock() -> None:
    touch()
    st.session_state.scene = replace(st.session_state.scene, clock=choice("clock"))
