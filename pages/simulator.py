"""The simulator: one experiment, one link, one moving picture."""

from __future__ import annotations

from concurrent.futures import TimeoutError as NotYet
from concurrent.futures import wait
from dataclasses import replace
from threading import Thread

import streamlit as st

from dynamics import Experiment, Outcome, landscape, landscape_names
from figures.caption import number
from figures.simulation import simulation_blob
from pages import runs
from pages.controls import controls, forget
from pages.copying import copy_button
from pages.links import Scene
from pages.player import choice, player

QUIET_SECONDS = 0.3  # a shorter run shows no progress
MAX_BLOBS = 128 * 2**20  # bytes

_blobs: runs.Kept[bytes] = runs.Kept(MAX_BLOBS, len)


def render() -> None:
    scene = _scene()
    heading = st.container(key="heading")
    notes = st.container(key="notes")
    with st.sidebar:
        said = controls(scene)
    try:
        scene = _changed(scene, said)
    except ValueError as error:
        notes.warning(str(error))
    for sentence in st.session_state.notes:
        notes.warning(sentence)
    _write_link(scene)
    with heading:
        gauge = _heading(scene)
    _picture(scene, gauge, notes, st.empty())


def warm_up() -> None:
    """Compile, or load from disk, what the default link needs, and compute it, while the server starts."""

    def work() -> None:
        scene, _ = Scene.from_query({})
        run = runs.request(scene.experiment)
        for name in landscape_names():
            _ = landscape(name).latex
        _blob(scene, run.future.result(), None)

    Thread(target=work, name="warm-up", daemon=True).start()


# The scene: from the link when the link is new, else from the controls.


def _scene() -> Scene:
    link = dict(st.query_params)
    if st.session_state.get("link") != link:
        st.session_state.link = link
        st.session_state.scene, st.session_state.notes = Scene.from_query(link)
        forget()
    return st.session_state.scene


def _changed(scene: Scene, said: dict[str, str]) -> Scene:
    """The scene that the controls say. Raises ValueError, with a sentence, and leaves everything as it was."""
    experiment = Experiment.from_query(said)
    if experiment != scene.experiment or said.get("projection", scene.view.name) != scene.view.name:
        projection = said.get("projection", "") if experiment.landscape.name == scene.experiment.landscape.name else ""
        _show(replace(scene, experiment=experiment, projection=projection))
    return st.session_state.scene


def _show(scene: Scene) -> None:
    st.session_state.scene = scene
    st.session_state.notes = []


def _write_link(scene: Scene) -> None:
    """Only after a change: a link that was opened stays as it is, and the browser's back button leads out of it."""
    opened, _ = Scene.from_query(st.session_state.link)
    if scene == opened:
        return
    link = scene.to_query()
    page = {"view": st.session_state.link["view"]} if "view" in st.session_state.link else {}
    st.query_params.from_dict(page | link)
    st.session_state.link = page | link


# Buttons


def _heading(scene: Scene):
    title, buttons = st.columns([3, 4], vertical_alignment="center")
    with title:
        st.markdown("# After Zero Loss")
        gauge = st.empty()
    with buttons, st.container(key="actions", horizontal=True, horizontal_alignment="right", gap="small"):
        low, _ = Experiment.limits("learning_rate")
        st.button(
            "Halve *η*", key="halve", on_click=_halve, disabled=scene.experiment.learning_rate / 2 < low,
            help="The same with half the learning rate. The present run stays behind it, for comparison.",
        )  # fmt: skip
        if scene.ghost is not None:
            st.button(f"Drop *η* = {number(scene.ghost)}", key="drop", on_click=_drop_ghost, help="Remove the run behind.")
        st.button("Reseed", key="reseed", on_click=_reseed, help="Other randomness; all else stays.")
        st.button("Reset", key="reset", on_click=_reset, help="All that this landscape opens with.")
        copy_button()
    return gauge


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
    for axis, value in zip(scene.view.axes, choice("start"), strict=False):
        start[variables.index(axis)] = float(f"{value:.3g}")
    try:
        _move(replace(scene, experiment=replace(scene.experiment, start=tuple(start))))
    except ValueError as error:
        st.session_state.notes = [str(error)]


def _set_clock() -> None:
    _show(replace(st.session_state.scene, clock=choice("clock")))


def _move(scene: Scene) -> None:
    _show(scene)
    forget()


# The picture


def _picture(scene: Scene, gauge, notes, progress) -> None:
    try:
        outcome = _outcome(scene.experiment, notes, progress)
        ghost = _outcome(scene.ghost_experiment, notes, progress) if scene.ghost_experiment else None
        blob = _blob(scene, outcome, ghost)
    except ValueError as error:
        notes.warning(f"{error} The picture is of the run before." if "shown" in st.session_state else str(error))
        blob, outcome = st.session_state.get("shown", (None, None))
    if outcome is None:
        return
    st.session_state.shown = blob, outcome
    gauge.html(_stability(outcome))
    if blob is not None:
        player(blob, _place_start, _set_clock)


def _blob(scene: Scene, outcome: Outcome, ghost: Outcome | None) -> bytes:
    blob = _blobs.get(scene) if outcome.status != "cancelled" else None
    if blob is None:
        blob = simulation_blob(outcome, scene.view, scene.clock, ghost)
        if "cancelled" not in (outcome.status, ghost and ghost.status):
            _blobs.put(scene, blob)
    return blob


def _outcome(experiment: Experiment, notes, progress) -> Outcome:
    """The outcome of a run, with progress and a way out if it takes long. A change of the controls ends this wait, and the run."""
    outcome = runs.known(experiment)
    if outcome is not None:
        return outcome
    cancelled: runs.Run | None = st.session_state.get("cancelled")
    if cancelled is not None and cancelled.experiment == experiment:
        with notes:
            st.button("Run it again", key="again", on_click=_forget_cancelled)
        try:
            return cancelled.future.result(timeout=2)
        except NotYet:
            raise ValueError("Cancelled.") from None
    run = runs.request(experiment)
    try:
        if wait([run.future], QUIET_SECONDS).not_done:
            with progress.container(key="progress"):
                bar = st.progress(0.0, _left(run))
                st.button("Cancel", key="cancel", on_click=_cancel, args=(run,))
            while wait([run.future], 0.1).not_done:
                bar.progress(min(run.fraction, 1.0), _left(run))
            progress.empty()
        return run.future.result()
    finally:
        run.leave()


def _cancel(run: runs.Run) -> None:
    st.session_state.cancelled = run


def _forget_cancelled() -> None:
    del st.session_state["cancelled"]


def _left(run: runs.Run) -> str:
    seconds = run.seconds_left
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
