"""Optimizers: several from one start on one landscape, under one slow clock, each with its own limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import streamlit as st

from content.catalogue import OPENS_WITH
from dynamics import Experiment, Optimizer, Outcome
from dynamics.optimizers import OPTIMIZERS
from dynamics.settings import Setting
from dynamics.studies.side_by_side import BESIDE, MOST, experiments_beside, measure_of, measured
from figures.landscape_figure import landscape_views
from figures.side_by_side import known_optimizers, sentence, table
from figures.simulation import pickable, simulation_blob
from pages.shared.begin import begin
from pages.shared.component import for_all
from pages.shared.controls import control, experiment_controls, projection_control, setting_control
from pages.shared.outcomes import outcomes
from pages.shared.pictures import whole
from pages.shared.player import player
from pages.shared.scene import CLOCK, PROJECTION, Picture
from pages.shared.sentences import plain
from pages.shared.steering import place_start, set_clock
from pages.shared.strain import strained, tell
from server import blobs


@dataclass(frozen=True)
class SideBySide(Picture):
    """The experiment with its own optimizer, and with those `beside` it."""

    settings: ClassVar[tuple[Setting, ...]] = (PROJECTION, CLOCK, BESIDE)
    of_landscape: ClassVar[tuple[str, ...]] = ("projection",)
    opens_with: ClassVar[Mapping[str, str]] = OPENS_WITH["optimizers"]

    beside: tuple[Optimizer, ...] = BESIDE.default

    @property
    def experiments(self) -> list[Experiment]:
        return experiments_beside(self.experiment, self.beside)

    @property
    def runs(self) -> Mapping[str, Experiment]:
        """By the optimizer's name; one that there is twice is so with its place."""
        named: dict[str, Experiment] = {}
        for place, experiment in enumerate(self.experiments, 1):
            name = experiment.optimizer.name.replace("-", "_")
            named[f"{name}_{place}" if name in named else name] = experiment
        return named

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        able = []
        for made in self.beside:
            try:
                experiments_beside(self.experiment, [made])
                able.append(made)
            except ValueError as error:
                notes.append(f"{made.title} is left out. {error}")
        return Picture.sound(replace(self, beside=tuple(able)), query, notes)


def render() -> None:
    begun = begin("optimizers", SideBySide, _controls)
    _pictures(begun.scene, begun.notes, st.empty())


def _controls(scene: SideBySide) -> SideBySide:
    projection, beside = scene.projection, scene.beside

    def own() -> None:
        nonlocal projection, beside
        beside = _beside(scene)
        projection = projection_control(scene.experiment.landscape, scene.view)

    picks = pickable(scene.experiment.landscape, scene.view)
    experiment = experiment_controls(scene.experiment, own, picture=picks, optimizers=True)
    if projection not in {view.name for view in landscape_views(experiment.landscape)}:
        projection = ""
    said = replace(scene, experiment=experiment, projection=projection, beside=beside)
    _ = said.experiments
    return said


def _beside(scene: SideBySide) -> tuple[Optimizer, ...]:
    known = {made.name: made for made in scene.beside}
    names = st.multiselect(
        BESIDE.heading, list(OPTIMIZERS), format_func=lambda name: OPTIMIZERS[name].title, max_selections=MOST, help=BESIDE.meaning,
        **control("beside", list(known)),
    )  # fmt: skip
    made = []
    for name in names:
        each = known.get(name) or OPTIMIZERS[name]()
        values = {
            setting.name: setting_control(setting, getattr(each, setting.name), f"beside.{name}.{setting.name}")
            for setting in each.settings
        }
        made.append(replace(each, **values))
    return tuple(made)


def _pictures(scene: SideBySide, notes, progress) -> None:
    wanted = scene.experiments
    try:
        found = dict(zip(dict.fromkeys(wanted), outcomes(list(dict.fromkeys(wanted)), notes, progress), strict=True))
    except ValueError as error:
        notes.warning(plain(error))
        return
    shown = [found[experiment] for experiment in wanted]
    st.markdown(sentence([measured(outcome) for outcome in shown]))
    across = 2 if len(shown) in (2, 4) else len(shown)
    for row in range(0, len(shown), across):
        for index, column in enumerate(st.columns(across, gap="small"), row):
            with column:
                _picture(scene, index, shown)
    st.markdown(table([measured(outcome, measure_of(outcome.experiment)) for outcome in shown]))
    with st.expander("All optimizers: what is known of their limits"):
        st.markdown(known_optimizers(scene.experiment))


def _picture(scene: SideBySide, index: int, shown: Sequence[Outcome]) -> None:
    outcome, other = shown[index], shown[(index + 1) % len(shown)]
    st.markdown(f"**{outcome.experiment.optimizer.heading}**")
    make = partial(simulation_blob, outcome, scene.view, scene.clock, beside=other)
    blob = blobs.made((scene, index) if whole(*shown) else None, make)
    with for_all(whole(*shown)):
        player(blob, partial(_place_start, index), partial(set_clock, _key(index)), _key(index), together=True)
    tell(strained(outcome))


def _key(index: int) -> str:
    return f"player.{index}"


def _place_start(index: int) -> None:
    """A click on one of the pictures: all start there."""
    scene: SideBySide = st.session_state.scene

    def there(start: tuple[float, ...]) -> SideBySide:
        moved = replace(scene, experiment=replace(scene.experiment, start=start))
        _ = moved.experiments
        return moved

    place_start(scene.experiment, there, _key(index))
