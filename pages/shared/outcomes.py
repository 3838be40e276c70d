"""Outcomes of experiments, waited for: with progress and a way out if it takes long."""

from __future__ import annotations

from concurrent.futures import wait

import streamlit as st

from dynamics import Experiment, Outcome
from pages.shared.controls import touch
from pages.shared.progress import QUIET_SECONDS, time_left
from server import pace, runs


def outcomes(experiments: list[Experiment], notes, progress) -> list[Outcome]:
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
    with pace.aside():
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
