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
from pages.controls import controls, forget, touch
from pages.copying import copy_button
from pages.links import Scene
from pages.player import choice, player

QUIET_SECONDS = 0.3  # a shorter run shows no progress
HEAD_START = 0.03  # seconds
MAX_BLOBS = 128 * 2**20  # bytes

_blobs: runs.Kept[bytes] = runs.Kept(MAX_BLOBS, len)


def render() -> None:
    """A link that has just been opened says all: its picture is sent before the controls, which take the browser longer."""
    opened = _open_link()
    gauge, buttons = _heading()
    notes, progress, picture = st.container(key="notes"), st.empty(), st.container()
    if opened:
        sleep(HEAD_START)
        _picture(notes, progress, picture)
    with st.sidebar:
        said = controls(st.session_state.scene)
    try:
        _hear(said)
    except ValueError as error:
        notes.warning(f"{error} Picture and link stay as they were.")
    for sentence in st.session_state.notes:
        notes.warning(sentence)
    _write_link(st.session_state.scene)
    with buttons:
        _buttons(st.session_state.scene)
    if not opened:
        _picture(notes, progress, picture)
    if "shown" in st.session_state:
        gauge.html(_stability(st.session_state.shown[1]))


def warm_up() -> None:
    """Compile, or load from disk, what the default link needs, and compute it, while the server starts."""

    def work() -> None:
        scene, _ = Scene.from_query({})
        run = runs.request(scene.experiment)
        for name in landscape_names():
            _ = landscape(name).latex
        _blob(scene, run.future.result())

    Thread(target=work, name="warm-up", daemon=True).start()


# The scene: from the link when the link is new, else from the controls.


def _open_link() -> bool:
    """Take the scene from the address if somebody has gone there: the first, one typed, or one of the browser's history."""
    link = dict(st.query_params)
    touched = st.session_state.pop("touched", False)
    if st.session_state.get("link") == link or (touched and "scene" in st.session_state):
        return False
    st.session_state.link = link
    st.session_state.scene, st.session_state.notes = Scene.from_query(link)
    forget()
    return True


def _hear(said: dict[str, str]) -> None:
    """Make the scene what the controls say. Raises ValueError, with a sentence, and leaves everything as it was."""
    scene: Scene = st.session_state.scene
    experiment = Experiment.from_query(said)
    projection = said.get("projection", scene.view.name)
    if projection not in {view.name for view in landscape_views(experiment.landscape)}:
        projection = ""
    heard = replace(scene, experiment=experiment, projection=projection)
    if heard != scene:
        st.session_state.scene = heard
        st.session_state.notes = []


def _write_link(scene: Scene) -> None:
    """Only after a change: a link that was opened stays as it is, and the browser's back button leads out of it."""
    shown = dict(st.query_params)
    if Scene.from_query(shown)[0] == scene:
        return
    page = {"view": shown["view"]} if "view" in shown else {}
    st.session_state.link = page | scene.to_query()
    st.query_params.from_dict(st.session_state.link)


# Buttons


def _heading():
    """The name; places for the stability hint and for buttons; and the button that copies the link.

    It is the page's first component. With HEAD_START Streamlit has prepared for it what the player needs too; without, the browser
    holds the player back for 0.3 s, as it does with everything that it had to prepare.
    """
    with st.container(key="head", horizontal=True, vertical_alignment="center"):
        st.html("<h1>After Zero Loss</h1>", width="content")
        gauge = st.empty()
        if "shown" in st.session_state:
            gauge.html(_stability(st.session_state.shown[1]))
        with st.container(key="actions", horizontal=True, horizontal_alignment="right", width="content"):
            buttons = st.container(key="buttons", horizontal=True, width="content")
            copy_button()
    return gauge, buttons


def _buttons(scene: Scene) -> None:
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
    scene: Scene = st.session_state.scene
    rate = scene.experiment.learning_rate
    try:
        _move(replace(scene, experiment=replace(scene.experiment, learning_rate=rate / 2), ghost=rate))
    except ValueError as error:
        st.session_state.notes = [str(error)]


def _drop_ghost() -> None:
    _move(replace(st.session_state.scene, ghost=None))


def _reseed() -> None:
    scene: Scene = st.session_state.scene
    _, high = Experiment.limits("seed")
    _move(replace(scene, experiment=replace(scene.experiment, seed=(scene.experiment.seed + 1) % int(high))))


def _reset() -> None:
    scene: Scene = st.session_state.scene
    landscape = scene.experiment.landscape
    if landscape.name == "custom":
        experiment = Experiment(landscape=landscape, start=scene.experiment.start)
    else:
        experiment = Experiment(landscape=landscape.name)  # type: ignore[arg-type]
    _move(Scene(experiment))


def _place_start() -> None:
    """A click on the picture: the two coordinates that it shows; the others stay."""
    scene: Scene = st.session_state.scene
    variables = scene.experiment.landscape.variables
    start = list(scene.experiment.start)
    for axis, value in zip(scene.view.axes[:2], choice("start"), strict=True):
        start[variables.index(axis)] = float(f"{value:.3g}")
    try:
        _move(replace(scene, experiment=replace(scene.experiment, start=tuple(start))))
    except ValueError as error:
        st.session_state.notes = [str(error)]


def _set_clock() -> None:
    touch()
    st.session_state.scene = replace(st.session_state.scene, clock=choice("clock"))


def _move(scene: Scene) -> None:
    touch()
    st.session_state.scene = scene
    st.session_state.notes = []
    forget()


# The picture


def _picture(notes, progress, place) -> None:
    scene: Scene = st.session_state.scene
    wanted = [scene.experiment] + ([scene.ghost_experiment] if scene.ghost_experiment else [])
    try:
        outcome, *ghost = _outcomes(wanted, notes, progress)
        st.session_state.shown = _blob(scene, outcome, *ghost), outcome
    except ValueError as error:
        notes.warning(f"{error} The picture is of the run before." if "shown" in st.session_state else str(error))
    if "shown" in st.session_state:
        with place:
            player(st.session_state.shown[0], _place_start, _set_clock)


def _blob(scene: Scene, outcome: Outcome, ghost: Outcome | None = None) -> bytes:
    cancelled = "cancelled" in (outcome.status, ghost.status if ghost else "")
    blob = None if cancelled else _blobs.get(scene)
    if blob is None:
        blob = simulation_blob(outcome, scene.view, scene.clock, ghost)
        if not cancelled:
            _blobs.put(scene, blob)
    return blob


def _outcomes(experiments: list[Experiment], notes, progress) -> list[Outcome]:
    """What they come to, with progress and a way out if it takes long. A changed control ends this wait, and the runs."""
    stopped: dict[Experiment, runs.Run] = st.session_state.get("stopped", {})
    if any(experiment in stopped for experiment in experiments):
        notes.button("Run it again", key="again", on_click=_start_again)
    known = {experiment: runs.known(experiment) for experiment in experiments}
    wanted = {experiment: stopped.get(experiment) for experiment, outcome in known.items() if outcome is None}
    begun = [experiment for experiment, run in wanted.items() if run is None]
    wanted |= {experiment: runs.request(experiment) for experiment in begun}
    try:
        _wait([run for run in wanted.values() if run], progress)
        found = {experiment: run.future.result() for experiment, run in wanted.items() if run}
    finally:
        for experiment in begun:
            wanted[experiment].leave()  # type: ignore[union-attr]
    return [known[experiment] or found[experiment] for experiment in experiments]


def _wait(pending: list[runs.Run], progress) -> None:
    futures = [run.future for run in pending]
    if not wait(futures, QUIET_SECONDS).not_done:
        return
    with progress.container(key="progress", horizontal=True, vertical_alignment="center"):
        bar = st.empty()
        st.button("Cancel", key="cancel", on_click=_stop, args=(pending,))
    while wait(futures, 0.1).not_done:
        fraction = sum(run.fraction for run in pending) / len(pending)
        bar.progress(min(fraction, 1.0), _left(max((run.seconds_left for run in pending), key=lambda left: left or 0.0)))
    progress.empty()


def _stop(pending: list[runs.Run]) -> None:
    """These runs were left when the button was pressed; what they have reached so far is shown."""
    touch()
    st.session_state.stopped = {run.experiment: run for run in pending}


def _start_again() -> None:
    touch()
    del st.session_state["stopped"]


def _left(seconds: float | None) -> str:
    if seconds is None:
        return "Simulating. The first run after installation compiles the loops: some seconds, once."
    minutes, rest = divmod(round(seconds), 60)
    return f"Simulating: {f'{minutes} min {rest:02d} s' if minutes else f'{rest} s'} left"


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
