"""Two clocks: fast phase, local analysis and global limit on one axis, for three learning rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import streamlit as st

from dynamics import Experiment
from dynamics.settings import Setting, Text
from dynamics.studies.clocks import DISPLACEMENT, NAMED, TwoClocks, stages
from figures.clocks import clocks_panel, collapse_text, observable_name
from pages.shared.begin import begin
from pages.shared.controls import control, experiment_controls
from pages.shared.panel import stage_panel
from pages.shared.progress import follow
from pages.shared.scene import Scene

OBSERVABLES = (DISPLACEMENT, *NAMED)
OBSERVABLE = Text(
    name="observable",
    title="observable",
    default=DISPLACEMENT,
    meaning="What is plotted, as a mean over all paths. Try a formula of your own in the variables.",
)


@dataclass(frozen=True)
class Clocks(Scene):
    """`observable` is one of OBSERVABLES or a formula."""

    settings: ClassVar[tuple[Setting, ...]] = (OBSERVABLE,)
    optimizers: ClassVar[bool] = True

    observable: str = DISPLACEMENT

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        try:
            _check(self.experiment, self.observable)
        except ValueError as error:
            notes.append(f"{error} The distance from Φ(x₀) is shown instead.")
            return replace(self, observable=DISPLACEMENT)
        return self

    def moved(self, experiment: Experiment) -> Self:
        return replace(self, experiment=experiment, observable=self.observable if self.observable in NAMED else DISPLACEMENT)


def _check(experiment: Experiment, observable: str) -> None:
    """Raises ValueError, with a sentence, for what is no observable."""
    if observable not in OBSERVABLES:
        experiment.landscape.evaluate([observable], experiment.start)


def render() -> None:
    scene = begin("clocks", Clocks, _controls).scene
    key, work = ("two clocks", scene.experiment, scene.observable), partial(stages, scene.experiment, observable=scene.observable)
    follow("clocks", key, work, lambda found, _: _show(found))


def _controls(scene: Clocks) -> Clocks:
    observable = scene.observable

    def own() -> None:
        nonlocal observable
        options = list(dict.fromkeys((*OBSERVABLES, scene.observable)))
        observable = st.selectbox(
            OBSERVABLE.label, options, format_func=observable_name, accept_new_options=True, help=OBSERVABLE.meaning,
            **control("observable", scene.observable),
        )  # fmt: skip

    experiment = experiment_controls(scene.experiment, own, optimizers=True)
    _check(experiment, observable)
    return replace(scene, experiment=experiment, observable=observable)


def _show(found: TwoClocks) -> None:
    st.markdown(collapse_text(found))
    for column, axis in zip(st.columns(2, gap="small"), ("steps", "slow"), strict=True):
        with column:
            stage_panel(found, f"clocks-{axis}", clocks_panel, axis)
