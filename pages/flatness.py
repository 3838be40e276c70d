"""Flatness: label noise seeks the flattest point of Γ, on every landscape with residuals and on models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

import streamlit as st

from dynamics import Experiment, Noise, landscape, noise
from dynamics.studies.flatness import EXAMPLES, Example, Flatness, of_landscape, of_model
from figures.caption import place
from figures.flatness import ends_panel, trace_panel, verdict
from pages.shared.begin import begin
from pages.shared.controls import control, experiment_controls
from pages.shared.panel import stage_panel
from pages.shared.progress import follow
from pages.shared.scene import Scene, number_of, one_of
from pages.shared.session import move

LANDSCAPE = "landscape"
MOTOR = "motor"
MODELS = (LANDSCAPE, *EXAMPLES)
LARGEST_SEED = 9_999
MOST_STEPS = 2_000_000
RANGES = {"rate": (1e-4, 1.0), "span": (0.01, 1000.0), "delta": (0.01, 100.0), "draws": (0.0, float(LARGEST_SEED))}
NAMES = {"rate": "learning rate", "span": "horizon", "delta": "noise on the label", "draws": "seed"}


@dataclass(frozen=True)
class FlatnessScene(Scene):
    """`experiment` is what is shown if `on` says so; else one of EXAMPLES, with numbers of its own (None: the example's)."""

    on: str = LANDSCAPE
    rate: float | None = None
    span: float | None = None
    delta: float | None = None
    draws: float | None = None

    @property
    def example(self) -> Example:
        return EXAMPLES[self.on]

    @property
    def numbers(self) -> tuple[float, float, float, int]:
        """Learning rate, horizon, δ and seed on a model."""
        example = self.example
        return self.rate or example.learning_rate, self.span or example.horizon, self.delta or 1.0, int(self.draws or 0)

    @property
    def noise(self) -> Noise:
        return self.experiment.noise if self.on == LANDSCAPE else noise("label", scale=self.numbers[2])

    def to_query(self) -> dict[str, str]:
        query = super().to_query()
        if self.on != LANDSCAPE:
            query["on"] = self.on
            query |= {name: repr(getattr(self, name)) for name in RANGES if getattr(self, name) is not None}
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        notes: list[str] = []
        experiment = Experiment.from_query(query, notes)
        on = one_of(query, "on", MODELS, notes, f"The model is one of {', '.join(MODELS)}")
        if on == LANDSCAPE:
            return cls(experiment), notes
        given = {name: number_of(query, name, f"{NAMES[name]} is a number", notes) for name in RANGES}
        for name, value in given.items():
            low, high = RANGES[name]
            if value is not None and not (low <= value <= high and (name != "draws" or value == int(value))):
                notes.append(f"The {NAMES[name]} is between {low:g} and {high:g}; not {value:g}.")
                given[name] = None
        scene = cls(experiment, on, **given)
        if _steps(scene) > MOST_STEPS:
            notes.append(_too_many(scene))
            scene = replace(scene, rate=None, span=None)
        return scene, notes


def render() -> None:
    scene = begin("flatness", FlatnessScene, _controls, _motor_button)
    st.markdown(
        "With label noise SGD goes where Γ is flat: its limit is the flow dY/dt = −(c/4) P ∇tr H, downhill on Γ. "
        "Other noise may do something else: the *motor* turns for ever and minimizes nothing."
    )

    def work(progress: Callable[[float], None], cancel: Callable[[], bool]) -> Iterator[Flatness]:
        if scene.on == LANDSCAPE:
            return of_landscape(scene.experiment, progress=progress, cancel=cancel)
        rate, span, delta, seed = scene.numbers
        return of_model(scene.on, learning_rate=rate, scale=delta, horizon=span, seed=seed, progress=progress, cancel=cancel)

    decides = scene.experiment if scene.on == LANDSCAPE else (scene.on, scene.numbers)
    follow("flatness", ("flatness", decides), work, lambda found, _: _show(scene, found))


def _motor_button(scene: FlatnessScene) -> None:
    if scene.experiment.landscape.name != MOTOR:
        st.button("Where nothing is minimized", key="motor", on_click=_to_motor, help="The motor turns for ever.")


def _to_motor() -> None:
    move(FlatnessScene(Experiment(landscape=landscape(MOTOR))))


def _controls(scene: FlatnessScene) -> FlatnessScene:
    titles = {LANDSCAPE: "Landscape"} | {name: example.title for name, example in EXAMPLES.items()}
    on = st.selectbox("On", MODELS, format_func=lambda name: titles[name], **control("on", scene.on))
    if on == LANDSCAPE:
        return FlatnessScene(experiment_controls(scene.experiment))
    scene = scene if on == scene.on else FlatnessScene(scene.experiment, on)
    st.markdown(scene.example.text)
    rate, span, delta, seed = scene.numbers
    shown = {
        "rate": st.number_input("Learning rate, *η*", *RANGES["rate"], format="%.4g", step=0.001, **control(f"rate.{on}", rate)),
        "span": st.number_input("Horizon, *T*", *RANGES["span"], format="%.4g", step=1.0, **control(f"span.{on}", span)),
        "delta": st.number_input("Label noise, *δ*", *RANGES["delta"], format="%.4g", step=0.1, **control(f"delta.{on}", delta)),
        "draws": float(st.number_input("Seed of starts and noise", 0, LARGEST_SEED, **control(f"draws.{on}", seed))),
    }
    own = {"rate": scene.example.learning_rate, "span": scene.example.horizon, "delta": 1.0, "draws": 0.0}
    scene = FlatnessScene(scene.experiment, on, **{name: None if value == own[name] else value for name, value in shown.items()})
    st.caption(f"{_steps(scene):,.0f} steps a path.")
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
        st.warning(found.sentence)
    st.markdown(verdict(found, scene.noise))
    left, right = st.columns([3, 2])
    with left:
        stage_panel(found, "trace", trace_panel, where, scene.noise, rate)
    with right:
        stage_panel(found, "ends", ends_panel, where, span)
