"""The simulator: one experiment, one link, one moving picture."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from threading import Thread
from time import sleep

import streamlit as st

from dynamics import Experiment, Optimizer, Outcome, landscape, landscape_names
from exports import players_html, script
from exports.about import about
from exports.notebook import notebook_text
from figures.about import SIMULATOR, about_page
from figures.caption import number
from figures.landscape_figure import landscape_views
from figures.simulation import pickable
from pages.shared.begin import begin
from pages.shared.component import for_all
from pages.shared.controls import experiment_controls, projection_control
from pages.shared.outcomes import outcomes
from pages.shared.pictures import blob_of, whole
from pages.shared.player import player
from pages.shared.scene import Picture
from pages.shared.sentences import plain
from pages.shared.session import move
from pages.shared.steering import place_start, set_clock
from pages.shared.strain import strained, tell
from pages.shared.takeaway import app_address, download, finished, numbers_of_runs
from server import runs

HEAD_START = 0.03  # seconds
UNKNOWN = '<p class="gauge"><span>η·λ<sub>max</sub> at Φ(<i>x</i>₀) = …</span></p>'  # what keeps the gauge's place


def render() -> None:
    begun = begin("simulator", Picture, _controls, _buttons, state=_gauge, at_once=_at_once)
    if not begun.opened:
        _picture(begun.notes)
    begun.state.html(_gauge())


def _at_once(notes) -> None:
    sleep(HEAD_START)
    _picture(notes)


def _gauge() -> str:
    return st.session_state.shown[1] if "shown" in st.session_state else UNKNOWN


def warm_up() -> None:
    """Compile, or load from disk, what the default link needs, and compute it, while the server starts."""

    def work() -> None:
        scene, _ = Picture.from_query({})
        run = runs.simulation(scene.experiment)
        for name in landscape_names():
            _ = landscape(name).latex
        blob_of(scene, run.future.result())

    Thread(target=work, name="warm-up", daemon=True).start()


def _controls(scene: Picture) -> Picture:
    projection = scene.projection

    def view() -> None:
        nonlocal projection
        projection = projection_control(scene.experiment.landscape, scene.view)
        if scene.ghost is not None:  # not in the heading, where it would move the picture
            st.button(
                f"Drop the run with *η* = {number(scene.ghost)}", key="drop", on_click=_drop_ghost, help="Remove the run behind.",
            )  # fmt: skip

    experiment = experiment_controls(
        scene.experiment, view, picture=pickable(scene.experiment.landscape, scene.view), optimizers=True
    )
    if projection not in {view.name for view in landscape_views(experiment.landscape)}:
        projection = ""
    said = replace(scene, experiment=experiment, projection=projection)
    with st.popover("Take away", key="takeaway"):
        _downloads(said)
    return said


# Buttons


def _buttons(scene: Picture) -> None:
    low, _ = Experiment.limits("learning_rate")
    st.button(
        "Halve *η*", key="halve", on_click=_halve, disabled=scene.experiment.learning_rate / 2 < low,
        help="The same with half the learning rate. The present run stays behind it, for comparison.",
    )  # fmt: skip
    st.button("Reseed", key="reseed", on_click=_reseed, help="Other randomness; all else stays.")
    st.button("Reset", key="reset", on_click=_reset, help="All that this landscape opens with.")


def _downloads(scene: Picture) -> None:
    """Each file is made when it is asked for, of the run that the page shows, and of the one behind it."""
    name, experiment = scene.experiment.landscape.name, scene.experiment
    said = about_page(SIMULATOR, scene.to_query(), experiment.seed)

    def page() -> str:
        found = [finished(each) for each in scene.experiments]
        return players_html(
            experiment.landscape.title, [blob_of(scene, *found)], about(found[0]) | said, scene.view.kind, app_address()
        )

    download("A page that plays", f"{name}.html", page, "One file, with the network off.")
    download(
        "Notebook, Jupyter", f"{name}.ipynb", lambda: notebook_text(experiment), "Carries the experiment out again, in Jupyter."
    )
    download("Program, Python", f"{name}.py", lambda: script(experiment), "The same as a program.")
    numbers_of_runs(name, lambda: dict(zip(("run", "behind"), scene.experiments, strict=False)), said)


def _halve() -> None:
    scene: Picture = st.session_state.scene
    rate = scene.experiment.learning_rate
    try:
        move(replace(scene, experiment=replace(scene.experiment, learning_rate=rate / 2), ghost=rate))
    except ValueError as error:
        st.session_state.notes = [str(error)]


def _drop_ghost() -> None:
    move(replace(st.session_state.scene, ghost=None))


def _reseed() -> None:
    scene: Picture = st.session_state.scene
    _, high = Experiment.limits("seed")
    move(replace(scene, experiment=replace(scene.experiment, seed=(scene.experiment.seed + 1) % int(high))))


def _reset() -> None:
    scene: Picture = st.session_state.scene
    landscape = scene.experiment.landscape
    if landscape.name == "custom":
        experiment = Experiment(landscape=landscape, start=scene.experiment.start)
    else:
        experiment = Experiment(landscape=landscape.name)
    move(Picture(experiment))


def _place_start() -> None:
    scene: Picture = st.session_state.scene
    place_start(scene.experiment, lambda start: replace(scene, experiment=replace(scene.experiment, start=start)))


# The picture


def _picture(notes) -> None:
    progress, place = st.empty(), st.container()
    scene: Picture = st.session_state.scene
    of_the_link = False
    try:
        outcome, *ghost = outcomes(scene.experiments, notes, progress)
        st.session_state.shown = blob_of(scene, outcome, *ghost), _stability(outcome), strained(outcome)
        of_the_link = whole(outcome, *ghost)
    except ValueError as error:
        notes.warning(plain(error) + (" The picture is of the run before." if "shown" in st.session_state else ""))
    if "shown" in st.session_state:
        with place, for_all(of_the_link):
            player(st.session_state.shown[0], _place_start, set_clock)
        with place:
            tell(st.session_state.shown[2])


def _where(optimizer: Optimizer) -> str:
    scaled = f", with H as {optimizer.label} scales it" if optimizer.scales else ""
    return f"At the point of Γ below the start{scaled}."


def _stability(outcome: Outcome) -> str:
    """η·λ_max at Φ(start) against 2, or what another optimizer has instead, beyond which it is unstable there."""
    if outcome.stability is None:
        return '<p class="gauge">no zero-loss point below the start</p>'
    value, optimizer = outcome.stability, outcome.experiment.optimizer
    if not isfinite(optimizer.stable):
        return f'<p class="gauge"><span>{optimizer.label}: stable at any sharpness</span></p>'
    state = "unstable" if value > optimizer.stable else "stable"
    bound, share = number(optimizer.stable, 3), value / optimizer.stable
    return (
        f'<p class="gauge {state}" title="{_where(optimizer)} Above {bound}, {optimizer.label} is unstable there.">'
        f"<span>η·λ<sub>max</sub> at Φ(<i>x</i>₀) = <b>{number(value, 3)}</b> of {bound}</span>"
        f'<i><i style="width: {min(share, 1):.1%}"></i></i></p>'
    )
