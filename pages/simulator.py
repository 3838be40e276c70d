"""The simulator: one experiment, one link, one moving picture."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import replace
from threading import Thread
from time import sleep

import streamlit as st

from dynamics import Experiment, Outcome, landscape, landscape_names
from figures.caption import number
from figures.landscape_figure import landscape_views
from figures.simulation import simulation_blob
from pages import runs
from pages.controls import experiment_controls, projection_control, touch
from pages.heading import heading
from pages.links import Picture
from pages.player import choice, player
from pages.progress import time_left
from pages.session import hear, move, open_link, write_link

QUIET_SECONDS = 0.3  # a shorter run shows no progress
HEAD_START = 0.03  # seconds
MAX_BLOBS = 128 * 2**20  # bytes

_blobs: runs.Kept[bytes] = runs.Kept(MAX_BLOBS, len)


def render() -> None:
    """A link that has just been opened says all: its picture is sent before the controls, which take the browser longer."""
    opened = open_link(Picture)
    gauge, buttons = heading("simulator")
    if "shown" in st.session_state:
        gauge.html(_stability(st.session_state.shown[1]))
    notes, progress, picture = st.container(key="notes"), st.empty(), st.container()
    if opened:
        sleep(HEAD_START)
        _picture(notes, progress, picture)
    with st.sidebar:
        try:
            hear(_controls(st.session_state.scene))
        except ValueError as error:
            notes.warning(f"{error} Picture and link stay as they were.")
    for sentence in st.session_state.notes:
        notes.warning(sentence)
    write_link()
    with buttons:
        _buttons(st.session_state.scene)
    if not opened:
        _picture(notes, progress, picture)
    if "shown" in st.session_state:
        gauge.html(_stability(st.session_state.shown[1]))


def warm_up() -> None:
    """Compile, or load from disk, what the default link needs, and compute it, while the server starts."""

    def work() -> None:
        scene, _ = Picture.from_query({})
        run = runs.simulation(scene.experiment)
        for name in landscape_names():
            _ = landscape(name).latex
        _blob(scene, run.future.result())

    Thread(target=work, name="warm-up", daemon=True).start()


def _controls(scene: Picture) -> Picture:
    projection = scene.projection

    def view() -> None:
        nonlocal projection
        projection = projection_control(scene.experiment.landscape, scene.view)

    experiment = experiment_controls(scene.experiment, view)
    if projection not in {view.name for view in landscape_views(experiment.landscape)}:
        projection = ""
    return replace(scene, experiment=experiment, projection=projection)


# Buttons


def _buttons(scene: Picture) -> None:
    low, _ = Experiment.limits("learning_rate")
    st.button(
        "Halve *η*", key="halve", on_click=_halve, disabled=scene.experiment.learning_rate / 2 < low,
        help="The same with half the learning rate. The present run stays behind it, for comparison.",
    )  # fmt: skip
    if scene.ghost is not None:
        st.button(f"Drop *η* = {number(scene.ghost)}", key="drop", on_click=_drop_ghost, help="Remove the run behind.")
    st.button("Reseed", key="reseed", on_click=_reseed, help="Other randomness; all else stays.")
    st.button("Reset", key="reset", on_click=_reset, help="All that this landscape opens with.")


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
        experiment = Experiment(landscape=landscape.name)  # type: ignore[arg-type]
    move(Picture(experiment))


def _place_start() -> None:
    """A click on the picture: the two coordinates that it shows; the others stay."""
    scene: Picture = st.session_state.scene
    variables = scene.experiment.landscape.variables
    start = list(scene.experiment.start)
    for axis, value in zip(scene.view.axes[:2], choice("start"), strict=True):
        start[variables.index(axis)] = float(f"{value:.3g}")
    try:
        move(replace(scene, experiment=replace(scene.experiment, start=tuple(start))))
    except ValueError as error:
        st.session_state.notes = [str(error)]


def _set_clock() -> None:
    touch()
    st.session_state.scene = replace(st.session_state.scene, clock=choice("clock"))


# The picture


def _picture(notes, progress, place) -> None:
    scene: Picture = st.session_state.scene
    wanted = [scene.experiment] + ([scene.ghost_experiment] if scene.ghost_experiment else [])
    try:
        outcome, *ghost = _outcomes(wanted, notes, progress)
        st.session_state.shown = _blob(scene, outcome, *ghost), outcome
    except ValueError as error:
        notes.warning(f"{error} The picture is of the run before." if "shown" in st.session_state else str(error))
    if "shown" in st.session_state:
        with place:
            player(st.session_state.shown[0], _place_start, _set_clock)


def _blob(scene: Picture, outcome: Outcome, ghost: Outcome | None = None) -> bytes:
    cancelled = "cancelled" in (outcome.status, ghost.status if ghost else "")
    blob = None if cancelled else _blobs.get(scene)
    if blob is None:
        blob = simulation_blob(outcome, scene.view, scene.clock, ghost)
        if not cancelled:
            _blobs.put(scene, blob)
    return blob


def _outcomes(experiments: list[Experiment], notes, progress) -> list[Outcome]:
    """What they come to, with progress and a way out if it takes long. A changed control ends this wait, and the runs."""
    stopped: dict[Experiment, runs.Run[Outcome]] = st.session_state.get("stopped", {})
    if any(experiment in stopped for experiment in experiments):
        notes.button("Run it again", key="again", on_click=_start_again)
    known = {experiment: runs.known(experiment) for experiment in experiments}
    wanted = {experiment: stopped.get(experiment) for experiment, outcome in known.items() if outcome is None}
    begun = [experiment for experiment, run in wanted.items() if run is None]
    wanted |= {experiment: runs.simulation(experiment) for experiment in begun}
    try:
        _wait({experiment: run for experiment, run in wanted.items() if run}, progress)
        found = {experiment: run.future.result() for experiment, run in wanted.items() if run}
    finally:
        for experiment in begun:
            wanted[experiment].leave()  # type: ignore[union-attr]
    return [known[experiment] or found[experiment] for experiment in experiments]


def _wait(pending: dict[Experiment, runs.Run[Outcome]], progress) -> None:
    futures = [run.future for run in pending.values()]
    if not wait(futures, QUIET_SECONDS).not_done:
        return
    with progress.container(key="progress", horizontal=True, vertical_alignment="center"):
        bar = st.empty()
        st.button("Cancel", key="cancel", on_click=_stop, args=(pending,))
    while wait(futures, 0.1).not_done:
        fraction = sum(run.fraction for run in pending.values()) / len(pending)
        left = max((run.seconds_left for run in pending.values()), key=lambda seconds: seconds or 0.0)
        bar.progress(min(fraction, 1.0), time_left(left))
    progress.empty()


def _stop(pending: dict[Experiment, runs.Run[Outcome]]) -> None:
    """These runs were left when the button was pressed; what they have reached so far is shown."""
    touch()
    st.session_state.stopped = pending


def _start_again() -> None:
    touch()
    del st.session_state["stopped"]


def _stability(outcome: Outcome) -> str:
    """η·λ_max at Φ(start) against 2, beyond which SGD is unstable there."""
    if outcome.stability is None:
        return '<p class="gauge">no zero-loss point below the start</p>'
    value = outcome.stability
    state = "unstable" if value > 2 else "stable"
    return (
        f'<p class="gauge {state}" title="At the point of Γ below the start. Above 2, SGD is unstable there.">'
        f"<span>η·λ<sub>max</sub> = <b>{number(value, 3)}</b> of 2</span>"
        f'<i><i style="width: {min(value / 2, 1):.1%}"></i></i></p>'
    )
