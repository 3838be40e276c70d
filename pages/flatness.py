"""Flatness: label noise seeks the flattest point of Γ, and what other optimizers seek there; on models, label noise alone."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import streamlit as st

from dynamics import Experiment, Noise, landscape, noise
from dynamics.settings import Choice, Setting
from dynamics.studies.flatness import EXAMPLES, OF_A_MODEL, Example, Flatness, numbers_on, of_landscape, of_model
from figures.caption import place
from figures.flatness import ends_panel, trace_panel, verdict
from pages.shared.begin import begin
from pages.shared.controls import experiment_controls, setting_control
from pages.shared.panel import stage_panel
from pages.shared.progress import follow
from pages.shared.scene import Scene
from pages.shared.sentences import plain
from pages.shared.session import move

LANDSCAPE = "landscape"
MOTOR = "motor"
MOST_STEPS = 2_000_000
ON = Choice(
    name="on", title="model", heading="On", default=LANDSCAPE,
    options={LANDSCAPE: "Landscape"} | {name: example.title for name, example in EXAMPLES.items()},
    meaning="A landscape with a picture, or a model with many parameters. Try a model.",
)  # fmt: skip


@dataclass(frozen=True)
class FlatnessScene(Scene):
    """`experiment` is what is shown if `on` says so; else one of EXAMPLES, with numbers of its own (None: the example's)."""

    settings: ClassVar[tuple[Setting, ...]] = (ON, *OF_A_MODEL.values())
    optimizers: ClassVar[bool] = True

    on: str = LANDSCAPE
    rate: float | None = None
    span: float | None = None
    delta: float | None = None
    draws: int | None = None

    @property
    def example(self) -> Example:
        return EXAMPLES[self.on]

    @property
    def numbers(self) -> tuple[float, float, float, int]:
        """Learning rate, horizon, δ and seed on a model."""
        return numbers_on(self.on, vars(self))

    @property
    def seed(self) -> float:
        return self.experiment.seed if self.on == LANDSCAPE else self.numbers[3]

    @property
    def noise(self) -> Noise:
        return self.experiment.noise if self.on == LANDSCAPE else noise("label", scale=self.numbers[2])

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        if self.on == LANDSCAPE:
            return replace(self, rate=None, span=None, delta=None, draws=None)
        if _steps(self) > MOST_STEPS:
            notes.append(_too_many(self))
            return replace(self, rate=None, span=None)
        return self


def render() -> None:
    scene = begin("flatness", FlatnessScene, _controls, _motor_button).scene
    if scene.on == LANDSCAPE:
        decides: Hashable = scene.experiment
        work = partial(of_landscape, scene.experiment)
    else:
        rate, span, delta, seed = scene.numbers
        decides = (scene.on, scene.numbers)
        work = partial(of_model, scene.on, learning_rate=rate, scale=delta, horizon=span, seed=seed)
    follow("flatness", ("flatness", decides), work, lambda found, _: _show(scene, found))


def _motor_button(scene: FlatnessScene) -> None:
    if scene.experiment.landscape.name != MOTOR:
        st.button("Where nothing is minimized", key="motor", on_click=_to_motor, help="The motor turns for ever.")


def _to_motor() -> None:
    move(FlatnessScene(Experiment(landscape=landscape(MOTOR))))


def _controls(scene: FlatnessScene) -> FlatnessScene:
    on = setting_control(ON, scene.on)
    if on == LANDSCAPE:
        return FlatnessScene(experiment_controls(scene.experiment, optimizers=True))
    scene = scene if on == scene.on else FlatnessScene(scene.experiment, on)
    st.markdown(scene.example.text)
    own = {"rate": scene.example.learning_rate, "span": scene.example.horizon, "delta": 1.0, "draws": 0}
    shown = {
        setting.name: setting_control(setting, now, f"{setting.name}.{on}")
        for setting, now in zip(OF_A_MODEL.values(), scene.numbers, strict=True)
    }
    scene = FlatnessScene(scene.experiment, on, **{name: None if value == own[name] else value for name, value in shown.items()})
    st.caption(f"{_steps(scene):,.0f} steps a path, of SGD with label noise: models have no other optimizer’s step here.")
    if _steps(scene) > MOST_STEPS:
        raise ValueError(_too_many(scene))
    return scene


def _steps(scene: FlatnessScene) -> float:
    rate, span, _, _ = scene.numbers
    return span / rate**2


def _too_many(scene: FlatnessScene) -> str:
    return f"These are {_steps(scene):,.0f} steps; at most {MOST_STEPS:,} are taken here. Shorten the horizon or raise η."


def _show(scene: FlatnessScene, found: Flatness) -> None:
    on_landscape = scene.on == LANDSCAPE
    where = place(scene.experiment.landscape) if on_landscape else scene.on
    rate, span = (scene.experiment.learning_rate, scene.experiment.horizon) if on_landscape else scene.numbers[:2]
    if found.sentence:
        st.warning(plain(found.sentence))
    st.markdown(verdict(found, scene.noise))
    left, right = st.columns([3, 2])
    with left:
        stage_panel(found, "trace", trace_panel, where, scene.noise, rate)
    with right:
        stage_panel(found, "ends", ends_panel, where, span)
