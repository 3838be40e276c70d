"""The anatomy: at a point of Γ, Σ taken apart in the frame of H, and the parts of the limit's drift that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
import streamlit as st

from dynamics import Experiment, limit_map, noise
from dynamics.landscapes.landscape import View
from dynamics.limit.chart import Chart
from dynamics.settings import Numbers as Point
from dynamics.settings import Setting
from dynamics.studies.anatomy import anatomy, curve_through, drift_terms, effective_potential, tidy_covariance
from dynamics.studies.needs import Trials, trials
from exports import Numbers, at_a_point
from figures.anatomy import anatomy_picture, anatomy_views, formulas, potential_panel, terms_in_numbers
from figures.needs import along_panel, distance_panel, verdict
from pages.shared.begin import begin
from pages.shared.component import for_all, picture
from pages.shared.controls import control, experiment_controls, touch
from pages.shared.panel import panel, stage_panel
from pages.shared.progress import follow
from pages.shared.scene import PROJECTION, Scene
from pages.shared.sentences import plain
from pages.shared.session import move
from server import blobs

KEY = "anatomy"
DIGITS = 6  # of a point in a link; Φ puts it back onto Γ

_anatomy = picture("anatomy/anatomy.js", "content", spatial=True)


POINT = Point(
    name="point",
    title="point",
    meaning="The point of Γ that is looked at. Try to drag it to where the drift vanishes.",
)


@dataclass(frozen=True)
class AnatomyScene(Scene):
    """`point` is mapped onto Γ by Φ; None is Φ of the experiment's start. `projection` is one of the landscape's views."""

    settings: ClassVar[tuple[Setting, ...]] = (POINT, PROJECTION)
    optimizers: ClassVar[bool] = True
    of_landscape: ClassVar[tuple[str, ...]] = ("point", "projection")

    point: tuple[float, ...] | None = None
    projection: str = ""  # "" is the first view

    def __post_init__(self) -> None:
        if self.projection == anatomy_views(self.experiment.landscape)[0].name:
            object.__setattr__(self, "projection", "")

    @property
    def view(self) -> View:
        views = anatomy_views(self.experiment.landscape)
        return next((view for view in views if view.name == self.projection), views[0])

    @property
    def on_manifold(self) -> np.ndarray:
        """The point of Γ, (D,). Raises ValueError, with a sentence, where gradient flow does not lead to Γ."""
        return limit_map(self.experiment.landscape, np.array(self.experiment.start if self.point is None else self.point))

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        scene, known = self, [view.name for view in anatomy_views(self.experiment.landscape)]
        if scene.projection and scene.projection not in known:
            notes.append(f"The anatomy of this landscape has no projection “{scene.projection[:40]}”; it has {', '.join(known)}.")
            scene = replace(scene, projection="")
        if scene.point is not None:
            size = scene.experiment.landscape.dimension
            try:
                if len(scene.point) != size:
                    raise ValueError("wrong dimension")
                _ = scene.on_manifold
            except ValueError:
                given = query["point"][:40]
                notes.append(f"The point is {size} numbers from which gradient flow leads to Γ; not “{given}”.")
                scene = replace(scene, point=None)
        return scene


def render() -> None:
    begun = begin("anatomy", AnatomyScene, _controls, at_a_point=_numbers)
    scene = begun.scene
    try:
        chosen = scene.on_manifold
        chart = curve_through(scene.experiment.landscape, scene.experiment.start, chosen)
        _picture(scene, chosen, chart)
    except ValueError as error:
        begun.notes.warning(plain(error))
        return
    experiment = scene.experiment
    with st.expander("The formula with its numbers"):
        for formula in _formulas(experiment, chosen):
            st.latex(formula)
    if chart is not None and not experiment.optimizer.slow_rows(1):
        potential = effective_potential(experiment.landscape, experiment.limit, chart)
        with for_all():
            panel(potential_panel(potential, chart, chosen), "potential")
    try:
        started = replace(experiment, start=tuple(chosen.tolist()), scheme="explicit")
    except ValueError as error:
        begun.notes.warning(plain(error))
        return
    _run(started, chart)


def _formulas(experiment: Experiment, chosen: np.ndarray) -> list[str]:
    if experiment.optimizer.through_flow:
        return formulas(anatomy(experiment.landscape, experiment.limit_noise, chosen))
    return terms_in_numbers(experiment.optimizer, drift_terms(experiment, chosen))


def _numbers(scene: AnatomyScene, said: Mapping[str, str]) -> Numbers:
    experiment, point = scene.experiment, scene.on_manifold
    found = anatomy(experiment.landscape, experiment.limit_noise, point)
    return at_a_point(found, experiment.landscape.variables, said, experiment.optimizer, drift_terms(experiment, point))


def _controls(scene: AnatomyScene) -> AnatomyScene:
    views = {view.name: view for view in anatomy_views(scene.experiment.landscape)}
    chosen: list[str] = []

    def projection() -> None:
        if len(views) > 1:
            shown = control("projection", scene.view.name)
            chosen.append(
                st.selectbox(
                    PROJECTION.label, list(views), format_func=lambda name: views[name].title, help=PROJECTION.meaning, **shown,
                )
            )  # fmt: skip

    experiment = experiment_controls(scene.experiment, projection, optimizers=True)
    return replace(scene, experiment=experiment, projection=chosen[0] if chosen else "")


def _picture(scene: AnatomyScene, chosen: np.ndarray, chart: Chart | None) -> None:
    experiment = replace(scene.experiment, paths=1)
    key = ("anatomy", experiment, tuple(chosen), scene.view)
    with for_all():
        _anatomy(
            key=KEY,
            blob=blobs.made(key, lambda: anatomy_picture(experiment, chosen, chart, scene.view)),
            on_point_change=_set_point,
            on_pick_change=_pick,
            on_noise_change=_set_noise,
            on_parts_change=_set_parts,
        )


def _run(experiment: Experiment, chart: Chart | None) -> None:
    """The optimizer and its limit, which start at the point."""

    def show(found: Trials, _: bool) -> None:
        st.markdown(verdict(found))
        left, right = st.columns(2)
        with left:
            stage_panel(found, "along", along_panel)
        with right:
            stage_panel(found, "distance", distance_panel)

    follow("anatomy-run", ("anatomy", experiment), partial(trials, experiment, chart), show)


def _sent(name: str) -> Any:
    return st.session_state[KEY][name]


def _set_point() -> None:
    _move_to(_sent("point"))


def _pick() -> None:
    """A click beside the curve: on the plane, or of a surface Γ. What the view does not show stays as it is."""
    scene: AnatomyScene = st.session_state.scene
    variables = scene.experiment.landscape.variables
    point = scene.on_manifold.copy()
    for axis, value in zip(scene.view.axes, _sent("pick"), strict=False):
        if axis not in variables:
            touch()
            st.session_state.notes = ["A click in this view does not say which point is meant: use the arrow keys or another view."]
            return
        point[variables.index(axis)] = value
    _move_to(point)


def _move_to(point) -> None:
    touch()
    scene: AnatomyScene = st.session_state.scene
    rounded = tuple(float(f"{value:.{DIGITS}g}") + 0.0 for value in point)
    moved = replace(scene, point=rounded)
    try:
        landed = moved.on_manifold
    except ValueError as error:
        st.session_state.notes = [str(error)]
        return
    move(replace(scene, point=tuple(float(f"{value:.{DIGITS}g}") + 0.0 for value in landed)))


def _set_noise() -> None:
    sent: dict[str, Any] = dict(_sent("noise"))
    kind = sent.pop("kind")
    given = {"matrix": tidy_covariance(sent["matrix"])} if kind == "covariance" else {"scale": float(sent["scale"])}
    _experiment(noise=noise(kind, **given))


def _set_parts() -> None:
    _experiment(parts=tuple(_sent("parts")), scheme="explicit")  # the one that has parts


def _experiment(**changes: Any) -> None:
    touch()
    scene = st.session_state.scene
    try:
        move(replace(scene, experiment=replace(scene.experiment, **changes)))
    except ValueError as error:
        st.session_state.notes = [str(error)]
